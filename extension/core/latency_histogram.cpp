// Quantiles of the log-linear histogram. See latency_histogram.hpp.
#include "core/latency_histogram.hpp"

#include <algorithm>

namespace steward::core {

double LatencyQuantile(const uint32_t* counts, double quantile, uint64_t min_ns, uint64_t max_ns) {
  uint64_t total = 0;
  for (int i = 0; i < kLatencyBuckets; i++) total += counts[i];
  if (total == 0) return 0;

  // The rank is that of the smallest duration with at least this share of all durations at or below it.
  const double rank = std::max(1.0, quantile * static_cast<double>(total));
  const auto low_limit = static_cast<double>(min_ns);
  const auto high_limit = static_cast<double>(std::max(min_ns, max_ns));
  double before = 0;
  for (int i = 0; i < kLatencyBuckets; i++) {
    if (counts[i] == 0) continue;
    const auto here = static_cast<double>(counts[i]);
    if (before + here >= rank) {
      const auto low = static_cast<double>(LatencyBucketLow(i));
      const double high = i == kLatencyBuckets - 1 ? high_limit : static_cast<double>(LatencyBucketLow(i + 1));
      const double value = low + (high - low) * (rank - before - 0.5) / here;
      return std::clamp(value, low_limit, high_limit);
    }
    before += here;
  }
  return high_limit;
}

}  // namespace steward::core
