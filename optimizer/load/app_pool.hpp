// The application's own pool of connections: who waits for one, in which order, and who gave up. Knows no connection,
// only its number.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "load/arrivals.hpp"

namespace steward::load {

/// A first-in-first-out queue in front of connections, as the pools of applications have one.
class AppPool {
 public:
  explicit AppPool(double acquire_timeout_s) : timeout_(static_cast<Nanoseconds>(acquire_timeout_s * 1e9)) {}

  /// A connection for the request, or none: it then waits.
  std::optional<int> Acquire(const ArrivalClock::Arrival& request);
  /// The connection is free (again): the request that gets it, or none: it is then idle.
  std::optional<ArrivalClock::Arrival> Release(int connection);
  /// An idle connection broke. False where it was not idle.
  bool Remove(int connection);
  /// Those who wanted to start longer than the acquire timeout ago, and leave.
  std::vector<ArrivalClock::Arrival> Expire(Nanoseconds now);
  /// When the next one gives up; kNever: nobody waits.
  Nanoseconds next_deadline() const { return waiting_.empty() ? kNever : waiting_.front().intended + timeout_; }
  const std::deque<ArrivalClock::Arrival>& waiting() const { return waiting_; }
  std::size_t idle() const { return idle_.size(); }

 private:
  Nanoseconds timeout_;
  std::deque<ArrivalClock::Arrival> waiting_;  // by intended start
  std::deque<int> idle_;                       // longest idle first, so that every connection is used
};

}  // namespace steward::load
