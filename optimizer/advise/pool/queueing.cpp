// See queueing.hpp.
#include "advise/pool/queueing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace steward::advise::pool {

double ErlangC(int servers, double offered) {
  if (offered <= 0) return 0;
  if (offered >= servers) return 1;
  double inverse_b = 1;  // of Erlang B, which it keeps in range
  for (int k = 1; k <= servers; ++k) inverse_b = 1 + inverse_b * k / offered;
  const double b = 1 / inverse_b;
  const double utilization = offered / servers;
  return b / (1 - utilization * (1 - b));
}

double MeanWait(int servers, double rate, double service_ms, double service_cv2) {
  const double offered = rate * service_ms;
  if (offered >= servers) return std::numeric_limits<double>::infinity();
  return ErlangC(servers, offered) * service_ms / (servers - offered) * (1 + service_cv2) / 2;
}

namespace {

// Throughput of a birth-death chain of `count` customers: j of them at a station of rate(j), the others think.
template <typename Rate>
double BirthDeath(int count, double think_ms, Rate rate) {
  if (think_ms <= 0) return rate(count);
  double log_weight = 0;
  double peak = 0;
  std::vector<double> logs{0};
  for (int j = 0; j < count; ++j) {
    log_weight += std::log((count - j) / think_ms / rate(j + 1));
    logs.push_back(log_weight);
    peak = std::max(peak, log_weight);
  }
  double sum = 0;
  double flow = 0;
  for (int j = 0; j <= count; ++j) {
    const double weight = std::exp(logs[static_cast<std::size_t>(j)] - peak);
    sum += weight;
    if (j > 0) flow += weight * rate(j);
  }
  return flow / sum;
}

// With `lock_wait_ms` as one more delay.
double ThroughputWith(const SaturatedPool& pool, int connections, double lock_wait_ms) {
  const double delay = pool.delay_ms + lock_wait_ms;
  if (pool.cpu_ms <= 0) return delay > 0 ? connections / delay : 0;
  return BirthDeath(connections, delay, [&pool](int running) {
    return pool.others.Left(pool.cores, running) / (pool.cpu_ms + pool.overhead_ms * (running - 1));
  });
}

}  // namespace

double RepairmanThroughput(int users, double think_ms, int servers, double service_ms) {
  return BirthDeath(users, think_ms, [&](int there) { return std::min(there, servers) / service_ms; });
}

double SaturatedPool::Throughput(int connections) const {
  if (locks <= 0 || lock_share <= 0) return ThroughputWith(*this, connections, 0);
  // Who asks for a lock finds what the others leave there (Schweitzer's approximation of mean value analysis).
  const auto too_small = [&](double wait) {
    const double throughput = ThroughputWith(*this, connections, wait);
    const double held = lock_share * (connections / throughput - wait);
    const double there = throughput * (wait + held) / locks;
    return throughput * held >= locks || held * there * (connections - 1) / connections > wait;
  };
  double low = 0;
  double high = (cpu_ms + overhead_ms * connections + delay_ms) * connections * (1 + (others.always + others.along) / cores);
  constexpr int kHalvings = 40;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (too_small(middle) ? low : high) = middle;
  }
  return ThroughputWith(*this, connections, high);
}

int SaturatedPool::Smallest(double share, int limit) const {
  constexpr int kDense = 64;  // above, every sixteenth part is enough to see where the best is
  double best = 0;
  for (int n = 1; n <= limit; n += n < kDense ? 1 : n / 16) best = std::max(best, Throughput(n));
  int low = 0;  // throughput grows until the best is reached: the smallest is before it
  for (int n = 1; n <= limit; n += n < kDense ? 1 : n / 16) {
    if (Throughput(n) < share * best) {
      low = n;
      continue;
    }
    int high = n;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (Throughput(middle) < share * best ? low : high) = middle;
    }
    return high;
  }
  return limit;
}

double SaturatedPool::Knee() const {
  return cpu_ms > 0 ? cores * (1 + delay_ms / cpu_ms) : std::numeric_limits<double>::infinity();
}

}  // namespace steward::advise::pool
