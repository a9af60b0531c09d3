// When scheduled work is due: the grid of a schedule, retry back-off, which database a launcher visits next. Pure:
// `now` and randomness are arguments, nothing allocates, nothing waits. Who runs the work, and where schedules are
// stored, is elsewhere.
#pragma once

#include <cstdint>

namespace steward::core {

/// Microseconds: a length, or an instant since a fixed epoch (any, as long as every argument of a call uses the same).
using Micros = std::int64_t;

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;
inline constexpr Micros kHour = 60 * kMinute;
inline constexpr Micros kDay = 24 * kHour;
inline constexpr Micros kNever = INT64_MAX;

/// The shortest and longest period of a schedule.
inline constexpr Micros kShortestPeriod = kSecond;
inline constexpr Micros kLongestPeriod = 366 * kDay;

/// What makes a period unusable.
enum class PeriodFault { kNone, kNotPositive, kTooShort, kTooLong };

/// A calendar interval as PostgreSQL stores it.
struct IntervalParts {
  std::int32_t months;
  std::int32_t days;
  std::int64_t micros;
};

/// The fixed length of an interval, a month being 30 days and a day 24 hours. Never overflows: out of range saturates
/// to
/// +-INT64_MAX, which every check below refuses.
[[nodiscard]] Micros IntervalLength(IntervalParts parts);

/// Whether a schedule may have this period.
[[nodiscard]] PeriodFault CheckPeriod(Micros every);

/// The first instant after `now` on the grid `due + k * every`, k >= 1. However many were missed, only one run is ever
/// caught up: the one that was due.
[[nodiscard]] Micros NextDue(Micros due, Micros every, Micros now);

/// `due` of that grid as stored, asked for anew after the clock was set back to `now`: at most a period away.
[[nodiscard]] Micros DueAnew(Micros due, Micros every, Micros now);

/// A run that failed.
struct Failure {
  int consecutive;    // failures in a row, this one included (>= 1)
  Micros every;       // the schedule's period
  Micros duration;    // how long the failed run took
  double randomness;  // [0, 1): spreads retries that failed together
};

/// When to try again: 1 s doubling with each failure up to max(every, 10 min), shortened by up to a fifth at random,
/// and never sooner than the failed run took, so that a failing job uses at most half of the time.
[[nodiscard]] Micros RetryAt(const Failure& failure, Micros now);

/// How long a run may take when its schedule does not say: ten periods, at least an hour.
[[nodiscard]] Micros DefaultTimeout(Micros every);

/// What a launcher knows of one database.
struct DatabaseLoad {
  Micros due;      // when it wants a visit; kNever: nothing scheduled there
  Micros visited;  // when it was last visited, 0: never
  bool busy;       // a worker is there or on its way
  bool held;       // someone needs it free of workers
};

/// Whether the database should be visited now. A clock that was set back behind the last visit makes it due, too.
[[nodiscard]] bool IsDue(const DatabaseLoad& load, Micros now);

/// The index of the database to visit next, or -1. Among those due the one whose last visit is the longest ago, so that
/// a busy database starves no other.
[[nodiscard]] int ChooseDatabase(const DatabaseLoad* loads, int count, Micros now);

/// The next instant at which a database that is not busy becomes due; kNever when none does.
[[nodiscard]] Micros NextVisit(const DatabaseLoad* loads, int count, Micros now);

/// What one step of one kind of work came to.
struct WorkStep {
  bool ran;         // something was due and was done
  Micros next_due;  // kNever: nothing is scheduled
};

/// Whether a worker with nothing due waits for its next job instead of leaving.
[[nodiscard]] bool Linger(Micros next_due, Micros now);

}  // namespace steward::core
