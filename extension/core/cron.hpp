// When a five-field cron expression is due, and weekly blackout windows: local civil time in and out. Pure; what a time
// zone makes of a local time is asked of the caller.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schedule.hpp"

namespace steward::core {

/// A minute as a clock on the wall shows it.
struct CivilTime {
  int year;
  int month;  // 1..12
  int day;    // 1..31
  int hour;   // 0..23
  int minute;

  friend auto operator<=>(const CivilTime&, const CivilTime&) = default;
};

/// Minutes since 1970-01-01 00:00 of the same calendar (proleptic Gregorian), and back.
[[nodiscard]] std::int64_t MinutesOf(const CivilTime& time);
[[nodiscard]] CivilTime CivilOf(std::int64_t minutes);

/// 0: Sunday.
[[nodiscard]] int WeekdayOf(const CivilTime& time);

/// A parsed expression. Where both day of month and day of week are restricted (do not begin with *), one that fits is
/// enough; else both must fit.
struct CronSchedule {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;    // 1..31
  std::bitset<13> months;  // 1..12
  std::bitset<7> weekdays;
  bool every_day = false;
  bool every_weekday = false;
};

struct CronParse {
  CronSchedule schedule;
  std::string error;  // empty: none. Else what is wrong, and in which field, as a phrase for a message
};

/// "minute hour day-of-month month day-of-week": *, numbers, names of months and days (jan, sun; any case), lists,
/// ranges and steps ("1-10/3", "*/5"); days of the week 0 to 7, 0 and 7 are Sunday. @hourly, @daily, @midnight,
/// @weekly,
/// @monthly, @yearly, @annually. An expression that fits no day that exists is an error.
[[nodiscard]] CronParse ParseCron(std::string_view text);

/// The first fitting minute after `after`; none within 12 years: nothing (then ParseCron refused the expression).
[[nodiscard]] std::optional<CivilTime> NextCron(const CronSchedule& schedule, const CivilTime& after);

/// What a time zone makes of a local time: the instant it is; where the clocks are set back and it comes twice, both;
/// where they are set forward and it does not come, `first` is the first instant after the gap.
struct LocalInstants {
  Micros first;
  std::optional<Micros> second;
};
using ZoneLookup = std::function<LocalInstants(const CivilTime&)>;

/// The first due instant after `now`, which is `local` in the zone; kNever: none. A local time that does not come is
/// due at the first instant after the gap, one that comes twice is due once, the first time; a schedule that fits every
/// hour goes on through the repeated hour, too.
[[nodiscard]] Micros NextCronInstant(const CronSchedule& schedule, const CivilTime& local, Micros now,
                                     const ZoneLookup& zone);

/// A window on the days on which it begins. `to` before or at `from` is on the day after; equal: 24 hours.
struct BlackoutWindow {
  std::bitset<7> weekdays;  // 0: Sunday
  int from;                 // minutes of the day, 0..1439
  int to;                   // exclusive
};

/// The stretch of blackout that contains a local time or, where none does, the next one, as local times; overlapping
/// and adjoining windows are one stretch. `begin` of one that contains it is the time itself. Nothing: there are no
/// windows. `always`: the windows cover the whole week, `end` means nothing.
struct BlackoutStretch {
  CivilTime begin;
  CivilTime end;  // exclusive
  bool inside;
  bool always;
};
[[nodiscard]] std::optional<BlackoutStretch> NextBlackout(const std::vector<BlackoutWindow>& windows,
                                                          const CivilTime& local);

}  // namespace steward::core
