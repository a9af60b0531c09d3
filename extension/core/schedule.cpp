// See schedule.hpp.
#include "core/schedule.hpp"

#include <algorithm>

namespace steward::core {

namespace {

constexpr Micros kFirstRetry = kSecond;
constexpr Micros kRetryCeiling = 10 * kMinute;
constexpr double kJitter = 0.2;
constexpr Micros kLingerFor = 5 * kSecond;

Micros RetryLimit(Micros every) {
  return std::max(every, kRetryCeiling);
}

}  // namespace

Micros IntervalLength(IntervalParts parts) {
  const __int128 length = (static_cast<__int128>(parts.months) * 30 + parts.days) * kDay + parts.micros;
  if (length > INT64_MAX) return INT64_MAX;
  if (length < -INT64_MAX) return -INT64_MAX;
  return static_cast<Micros>(length);
}

PeriodFault CheckPeriod(Micros every) {
  if (every <= 0) return PeriodFault::kNotPositive;
  if (every < kShortestPeriod) return PeriodFault::kTooShort;
  if (every > kLongestPeriod) return PeriodFault::kTooLong;
  return PeriodFault::kNone;
}

Micros NextDue(Micros due, Micros every, Micros now) {
  if (now < due) return due + every;
  const Micros missed = (now - due) / every;
  return due + (missed + 1) * every;
}

Micros DueAnew(Micros due, Micros every, Micros now) {
  return due - now <= every ? due : due - (due - now - 1) / every * every;
}

Micros RetryAt(const Failure& failure, Micros now) {
  const Micros limit = RetryLimit(failure.every);
  Micros delay = kFirstRetry;
  for (int i = 1; i < failure.consecutive && delay < limit; i++) delay *= 2;
  delay = std::min(delay, limit);
  delay -= static_cast<Micros>(static_cast<double>(delay) * kJitter * std::clamp(failure.randomness, 0.0, 1.0));
  return now + std::max(delay, std::min(failure.duration, limit));
}

Micros DefaultTimeout(Micros every) {
  return std::max(10 * every, kHour);
}

bool IsDue(const DatabaseLoad& load, Micros now) {
  if (load.busy || load.held || load.due == kNever) return false;
  return load.due <= now || now < load.visited;
}

int ChooseDatabase(const DatabaseLoad* loads, int count, Micros now) {
  int best = -1;
  for (int i = 0; i < count; i++) {
    if (!IsDue(loads[i], now)) continue;
    if (best < 0 || loads[i].visited < loads[best].visited) best = i;
  }
  return best;
}

Micros NextVisit(const DatabaseLoad* loads, int count, Micros now) {
  Micros next = kNever;
  for (int i = 0; i < count; i++) {
    if (loads[i].busy || loads[i].held || loads[i].due <= now) continue;
    next = std::min(next, loads[i].due);
  }
  return next;
}

bool Linger(Micros next_due, Micros now) {
  return next_due != kNever && next_due - now <= kLingerFor;
}

}  // namespace steward::core
