// When requests want to start: one clock a class, which no queue and no slow server holds up. Times are nanoseconds of
// one steady clock, passed in.
#pragma once

#include <cstdint>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

#include "load/random.hpp"

namespace steward::load {

using Nanoseconds = std::int64_t;
inline constexpr Nanoseconds kNever = std::numeric_limits<Nanoseconds>::max();

/// A Poisson process, or a number of users. A user's next request is due an exponential think time after the end of
/// the one before, however late that was noticed.
class ArrivalClock {
 public:
  struct Arrival {
    Nanoseconds intended = 0;
    int user = -1;  // -1: of a Poisson process
  };

  static ArrivalClock Poisson(double rate, std::uint64_t seed);
  static ArrivalClock Users(int users, double think_time_s, std::uint64_t seed);

  /// Starts anew at `now`: what would have been due before is not made up for.
  void Begin(Nanoseconds now);
  /// When the next request wants to start; kNever: when a user's request has ended.
  Nanoseconds next() const;
  /// The request that is due at next().
  Arrival Take();
  /// The request of `user` ended at `now`.
  void Ended(int user, Nanoseconds now);

 private:
  explicit ArrivalClock(std::uint64_t seed) : random_(seed) {}
  Nanoseconds Drawn(double mean_s);

  using Due = std::pair<Nanoseconds, int>;
  Random random_;
  double rate_ = 0;
  double think_time_s_ = 0;
  Nanoseconds next_ = 0;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;  // of users that think
  int users_ = 0;
  bool begun_ = false;
};

}  // namespace steward::load
