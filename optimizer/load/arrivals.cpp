// See arrivals.hpp.
#include "load/arrivals.hpp"

#include <algorithm>

namespace steward::load {

ArrivalClock ArrivalClock::Poisson(double rate, std::uint64_t seed) {
  ArrivalClock clock(seed);
  clock.rate_ = rate;
  return clock;
}

ArrivalClock ArrivalClock::Users(int users, double think_time_s, std::uint64_t seed) {
  ArrivalClock clock(seed);
  clock.users_ = users;
  clock.think_time_s_ = think_time_s;
  return clock;
}

Nanoseconds ArrivalClock::Drawn(double mean_s) {
  return static_cast<Nanoseconds>(random_.Exponential(mean_s) * 1e9);
}

void ArrivalClock::Begin(Nanoseconds now) {
  if (rate_ > 0) next_ = now + Drawn(1 / rate_);
  std::vector<Due> late;
  while (!due_.empty() && due_.top().first < now) {
    late.push_back(due_.top());
    due_.pop();
  }
  for (const Due& due : late) due_.emplace(now, due.second);
  // The first thought of each user: as far along as in a load that has always run.
  for (int user = 0; user < users_ && !begun_; ++user) due_.emplace(now + Drawn(think_time_s_), user);
  begun_ = true;
}

Nanoseconds ArrivalClock::next() const {
  if (rate_ > 0) return next_;
  return due_.empty() ? kNever : due_.top().first;
}

ArrivalClock::Arrival ArrivalClock::Take() {
  if (rate_ > 0) {
    const Arrival arrival{next_, -1};
    next_ += Drawn(1 / rate_);
    return arrival;
  }
  const Due due = due_.top();
  due_.pop();
  return {due.first, due.second};
}

void ArrivalClock::Ended(int user, Nanoseconds now) {
  if (user >= 0) due_.emplace(now + Drawn(think_time_s_), user);
}

}  // namespace steward::load
