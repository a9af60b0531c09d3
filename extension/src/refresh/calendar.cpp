// See calendar.hpp. Zones are looked up, which can raise, before anything C++-shaped begins; there only pg_localtime is called,
// which raises nothing.
#include "refresh/calendar.hpp"

#include <algorithm>
#include <string>

#include "core/blackout.hpp"
#include "core/cron.hpp"
#include "pg/guard.hpp"

extern "C" {
#include "pgtime.h"
#include "utils/timestamp.h"
}

namespace steward::refresh {

namespace {

constexpr core::Micros kEpoch = SECS_PER_DAY * (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * core::kSecond;
constexpr core::Micros kLongestShift = 26 * core::kHour;  // between two zones, and some

pg_time_t UnixTime(core::Micros instant) {
  const core::Micros micros = instant + kEpoch;
  return micros / core::kSecond - (micros % core::kSecond < 0 ? 1 : 0);
}

core::Micros InstantOf(std::int64_t unix_seconds) {
  return unix_seconds * core::kSecond - kEpoch;
}

pg_tz* ZoneOf(const char* name) {
  pg_tz* zone = name == nullptr ? nullptr : pg_tzset(name);
  return zone != nullptr ? zone : log_timezone;
}

// Seconds east of Greenwich.
std::int64_t OffsetAt(core::Micros instant, pg_tz* zone) {
  const pg_time_t time = UnixTime(instant);
  const pg_tm* local = pg_localtime(&time, zone);
  return local == nullptr ? 0 : local->tm_gmtoff;
}

core::CivilTime LocalTime(core::Micros instant, pg_tz* zone) {
  const std::int64_t seconds = UnixTime(instant) + OffsetAt(instant, zone);
  return core::CivilOf(seconds / 60 - (seconds % 60 < 0 ? 1 : 0));
}

// The instant at which the zone's offset changes between two that differ, to the second.
core::Micros ChangeBetween(core::Micros before, core::Micros after, pg_tz* zone) {
  const std::int64_t offset = OffsetAt(before, zone);
  while (after - before > core::kSecond) {
    const core::Micros middle = before + (after - before) / 2;
    (OffsetAt(middle, zone) == offset ? before : after) = middle;
  }
  return InstantOf(UnixTime(after));
}

// Of the two offsets around a local time each gives a candidate; one that is right under its own offset is an answer.
core::LocalInstants InstantsOf(const core::CivilTime& local, pg_tz* zone) {
  const std::int64_t seconds = core::MinutesOf(local) * 60;
  const core::Micros before = InstantOf(seconds) - kLongestShift;
  const core::Micros after = InstantOf(seconds) + kLongestShift;
  const core::Micros early = InstantOf(seconds - OffsetAt(before, zone));
  const core::Micros late = InstantOf(seconds - OffsetAt(after, zone));
  const bool early_fits = LocalTime(early, zone) == local;
  const bool late_fits = LocalTime(late, zone) == local;
  if (early_fits && late_fits && early != late) return {std::min(early, late), std::max(early, late)};
  if (early_fits) return {early, {}};
  if (late_fits) return {late, {}};
  return {ChangeBetween(std::min(early, late) - kLongestShift, std::max(early, late) + kLongestShift, zone), {}};
}

core::Micros NextInstant(const char* cron, pg_tz* zone, core::Micros after) {
  const core::CronParse parse = core::ParseCron(cron);
  if (!parse.error.empty()) return core::kNever;
  return core::NextCronInstant(parse.schedule, LocalTime(after, zone), after,
                               [zone](const core::CivilTime& time) { return InstantsOf(time, zone); });
}

void ReadBlackout(core::Micros now, pg_tz* zone, FreshView* view) {
  view->blackout_begin = view->blackout_end = core::kNever;
  if (view->schedule.blackout == nullptr) return;
  const auto stretch =
      core::NextBlackout(core::ParseBlackout(view->schedule.blackout).windows, LocalTime(now, zone));
  if (!stretch) return;
  view->blackout_begin = stretch->inside ? now : InstantsOf(stretch->begin, zone).first;
  view->blackout_end = stretch->always ? core::kNever : InstantsOf(stretch->end, zone).first;
}

using Check = std::string (*)(const char* text);

// Copied before anything is raised: an error jumps over what owns memory.
void Require(const char* text, const char* what, const char* hint, Check check) {
  char* error = pg::Boundary([&]() -> char* {
    const std::string found = check(text);
    return found.empty() ? nullptr : pg::CallPg([&] { return pstrdup(found.c_str()); });
  });
  if (error != nullptr)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid %s \"%s\": %s", what, text, error),
                    errhint("%s", hint)));
}

}  // namespace

void CheckCron(const char* cron) {
  Require(cron, "cron expression", "It has five fields: minute, hour, day of month, month, day of week; for example '*/15 8-18 * * mon-fri'.",
          [](const char* text) { return core::ParseCron(text).error; });
}

void CheckBlackout(const char* blackout) {
  Require(blackout, "blackout", "For example 'mon-fri 09:00-17:30; sat 22:00-02:00'.",
          [](const char* text) { return core::ParseBlackout(text).error; });
}

TimestampTz NextCron(const char* cron, const char* timezone, TimestampTz after) {
  pg_tz* zone = ZoneOf(timezone);
  return pg::Boundary([&] { return NextInstant(cron, zone, after); });
}

void ReadCalendar(core::Micros now, FreshView* view) {
  const ScheduledView& schedule = view->schedule;
  pg_tz* zone = ZoneOf(schedule.timezone);
  pg::Boundary([&] {
    view->period = schedule.every;
    if (schedule.mode == Mode::kCron) {
      const core::Micros next = NextInstant(schedule.cron, zone, schedule.slot);
      view->period = next == core::kNever ? core::kDay : next - schedule.slot;
    }
    ReadBlackout(now, zone, view);
  });
}

}  // namespace steward::refresh
