// See cron.hpp.
#include "core/cron.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace steward::core {

namespace {

constexpr int kMinutesOfDay = 24 * 60;
constexpr int kMinutesOfWeek = 7 * kMinutesOfDay;
constexpr int kSearchDays = 12 * 366;       // February 29 may be eight years away
constexpr std::int64_t kLookBack = 3 * 60;  // clocks are set by less

struct Field {
  const char* name;
  int least;
  int most;
  std::array<const char*, 12> names;  // of `least`, the next, ..
};

constexpr Field kFields[] = {
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of month", 1, 31, {}},
    {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
};

struct Shorthand {
  const char* name;
  const char* text;
};

constexpr Shorthand kShorthands[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

std::string Lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separators, bool keep_empty) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    if (keep_empty || end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// -1: no number of up to four digits.
int Number(std::string_view text) {
  if (text.empty() || text.size() > 4) return -1;
  int number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

class FieldParser {
 public:
  FieldParser(const Field& field, std::string* error) : field_(field), error_(error) {}

  // Bit n: n fits.
  std::uint64_t Parse(std::string_view text) {
    std::uint64_t bits = 0;
    for (std::string_view item : Split(text, ",", true)) bits |= ParseItem(item);
    return bits;
  }

 private:
  std::uint64_t Fail(std::string_view item, const std::string& why) {
    if (error_->empty()) *error_ = std::string(field_.name) + " \"" + std::string(item) + "\": " + why;
    return 0;
  }

  // -1 after an error.
  int Value(std::string_view text, std::string_view item) {
    int value = Number(text);
    for (std::size_t i = 0; i < field_.names.size() && value < 0; i++) {
      if (field_.names[i] != nullptr && text == field_.names[i]) value = field_.least + static_cast<int>(i);
    }
    if (value >= field_.least && value <= field_.most) return value;
    const bool named = field_.names[0] != nullptr;
    Fail(item, "expected " + std::to_string(field_.least) + " to " + std::to_string(field_.most) +
                   (named ? " or a name such as " + std::string(field_.names[0]) : ""));
    return -1;
  }

  std::uint64_t ParseItem(std::string_view item) {
    const std::size_t slash = item.find('/');
    std::string_view range = item.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
      step = Number(item.substr(slash + 1));
      if (step < 1) return Fail(item, "the step must be a number from 1");
    }
    int first = field_.least;
    int last = field_.most;
    if (range != "*") {
      const std::size_t dash = range.find('-');
      first = Value(range.substr(0, dash), item);
      if (first < 0) return 0;
      if (dash != std::string_view::npos) {
        last = Value(range.substr(dash + 1), item);
        if (last < 0) return 0;
        if (last < first) return Fail(item, "the range ends before it begins");
      } else if (slash == std::string_view::npos) {
        last = first;
      }
    }
    std::uint64_t bits = 0;
    for (int value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
    return bits;
  }

  const Field& field_;
  std::string* error_;
};

bool DayFits(const CronSchedule& schedule, const CivilTime& time) {
  if (!schedule.months[static_cast<std::size_t>(time.month)]) return false;
  const bool day = schedule.days[static_cast<std::size_t>(time.day)];
  const bool weekday = schedule.weekdays[static_cast<std::size_t>(WeekdayOf(time))];
  return schedule.every_day || schedule.every_weekday ? day && weekday : day || weekday;
}

std::bitset<kMinutesOfWeek> WeekOf(const std::vector<BlackoutWindow>& windows) {
  std::bitset<kMinutesOfWeek> week;
  for (const BlackoutWindow& window : windows) {
    const int length = window.to > window.from ? window.to - window.from : window.to + kMinutesOfDay - window.from;
    for (int day = 0; day < 7; day++) {
      if (!window.weekdays[static_cast<std::size_t>(day)]) continue;
      for (int m = 0; m < length; m++) {
        week.set(static_cast<std::size_t>((day * kMinutesOfDay + window.from + m) % kMinutesOfWeek));
      }
    }
  }
  return week;
}

}  // namespace

// Days from and to civil after Howard Hinnant's algorithms: eras of 400 years that begin in March.
std::int64_t MinutesOf(const CivilTime& time) {
  const std::int64_t year = time.year - (time.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (time.month + (time.month > 2 ? -3 : 9)) + 2) / 5 + time.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return (era * 146097 + day_of_era - 719468) * kMinutesOfDay + time.hour * 60 + time.minute;
}

CivilTime CivilOf(std::int64_t minutes) {
  std::int64_t days = (minutes >= 0 ? minutes : minutes - kMinutesOfDay + 1) / kMinutesOfDay;
  const int of_day = static_cast<int>(minutes - days * kMinutesOfDay);
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * from_march + 2) / 5 + 1);
  const int month = static_cast<int>(from_march < 10 ? from_march + 3 : from_march - 9);
  return {static_cast<int>(year_of_era + era * 400) + (month <= 2 ? 1 : 0), month, day, of_day / 60, of_day % 60};
}

int WeekdayOf(const CivilTime& time) {
  const std::int64_t days = MinutesOf({time.year, time.month, time.day, 0, 0}) / kMinutesOfDay;
  return static_cast<int>(((days + 4) % 7 + 7) % 7);
}

CronParse ParseCron(std::string_view text) {
  CronParse result;
  std::string lower = Lower(text);
  std::vector<std::string_view> fields = Split(lower, " \t\n\r", false);
  if (fields.size() == 1 && fields[0].starts_with('@')) {
    const auto* known = std::find_if(std::begin(kShorthands), std::end(kShorthands),
                                     [&](const Shorthand& shorthand) { return fields[0] == shorthand.name; });
    if (known == std::end(kShorthands)) {
      result.error =
          "\"" + std::string(fields[0]) + "\" is no schedule; @hourly, @daily, @weekly, @monthly, @yearly are";
      return result;
    }
    lower = known->text;
    fields = Split(lower, " ", false);
  }
  if (fields.size() != std::size(kFields)) {
    result.error =
        "expected 5 fields (minute, hour, day of month, month, day of week), not " + std::to_string(fields.size());
    return result;
  }
  std::uint64_t bits[std::size(kFields)];
  for (std::size_t i = 0; i < std::size(kFields); i++)
    bits[i] = FieldParser(kFields[i], &result.error).Parse(fields[i]);
  bits[4] |= bits[4] >> 7;  // 7 is Sunday, too
  result.schedule = {bits[0], bits[1], bits[2], bits[3], bits[4] & 127, fields[2][0] == '*', fields[4][0] == '*'};
  if (result.error.empty() && !NextCron(result.schedule, {2000, 1, 1, 0, 0})) {
    result.error =
        "day of month \"" + std::string(fields[2]) + "\": no such day in month \"" + std::string(fields[3]) + "\"";
  }
  return result;
}

std::optional<CivilTime> NextCron(const CronSchedule& schedule, const CivilTime& after) {
  std::int64_t at = MinutesOf(after) + 1;
  for (int day = 0; day < kSearchDays; day++) {
    CivilTime time = CivilOf(at);
    const std::int64_t midnight = at - time.hour * 60 - time.minute;
    if (DayFits(schedule, time)) {
      for (; at < midnight + kMinutesOfDay; at++) {
        time = CivilOf(at);
        if (schedule.hours[static_cast<std::size_t>(time.hour)] &&
            schedule.minutes[static_cast<std::size_t>(time.minute)]) {
          return time;
        }
      }
    }
    at = midnight + kMinutesOfDay;
  }
  return std::nullopt;
}

Micros NextCronInstant(const CronSchedule& schedule, const CivilTime& local, Micros now, const ZoneLookup& zone) {
  Micros next = kNever;
  CivilTime at = CivilOf(MinutesOf(local) - kLookBack);
  for (;;) {
    const std::optional<CivilTime> fitting = NextCron(schedule, at);
    if (!fitting) return next;
    at = *fitting;
    const LocalInstants instants = zone(at);
    if (schedule.hours.all() && instants.second && *instants.second > now) next = std::min(next, *instants.second);
    if (instants.first > now) return std::min(next, instants.first);
  }
}

std::optional<BlackoutStretch> NextBlackout(const std::vector<BlackoutWindow>& windows, const CivilTime& local) {
  const std::bitset<kMinutesOfWeek> week = WeekOf(windows);
  if (week.none()) return std::nullopt;
  if (week.all()) return BlackoutStretch{local, local, true, true};
  const int now = WeekdayOf(local) * kMinutesOfDay + local.hour * 60 + local.minute;
  const auto black = [&](int offset) { return week[static_cast<std::size_t>((now + offset) % kMinutesOfWeek)]; };
  int begin = 0;
  while (!black(begin)) begin++;
  int end = begin;
  while (black(end)) end++;
  const std::int64_t minutes = MinutesOf(local);
  return BlackoutStretch{CivilOf(minutes + begin), CivilOf(minutes + end), begin == 0, false};
}

}  // namespace steward::core
