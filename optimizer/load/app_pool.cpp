// See app_pool.hpp.
#include "load/app_pool.hpp"

#include <algorithm>

namespace steward::load {

std::optional<int> AppPool::Acquire(const ArrivalClock::Arrival& request) {
  if (idle_.empty()) {
    waiting_.push_back(request);
    return std::nullopt;
  }
  const int connection = idle_.front();
  idle_.pop_front();
  return connection;
}

std::optional<ArrivalClock::Arrival> AppPool::Release(int connection) {
  if (waiting_.empty()) {
    idle_.push_back(connection);
    return std::nullopt;
  }
  const ArrivalClock::Arrival request = waiting_.front();
  waiting_.pop_front();
  return request;
}

bool AppPool::Remove(int connection) {
  const auto found = std::find(idle_.begin(), idle_.end(), connection);
  if (found == idle_.end()) return false;
  idle_.erase(found);
  return true;
}

std::vector<ArrivalClock::Arrival> AppPool::Expire(Nanoseconds now) {
  std::vector<ArrivalClock::Arrival> expired;
  while (!waiting_.empty() && next_deadline() <= now) {
    expired.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return expired;
}

}  // namespace steward::load
