// See times.hpp.
#include "load/times.hpp"

#include <algorithm>
#include <cmath>

namespace steward::load {

void Times::Add(Nanoseconds time) {
  const auto ns = static_cast<std::uint64_t>(std::max<Nanoseconds>(time, 0));
  ++counts_[static_cast<std::size_t>(core::LatencyBucket(ns))];
  ++count_;
  least_ = std::min(least_, ns);
  most_ = std::max(most_, ns);
}

void Times::AddUnfinished(Nanoseconds age) {
  Add(age);
  ++unfinished_[static_cast<std::size_t>(
      core::LatencyBucket(static_cast<std::uint64_t>(std::max<Nanoseconds>(age, 0))))];
}

// Whether the quantile would be higher by more than its error, had what is unfinished run on forever.
bool Times::CanBeHigher(double share) const {
  std::array<std::uint32_t, core::kLatencyBuckets> ended = counts_;
  std::uint64_t moved = 0;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    moved += unfinished_[i];
    ended[i] -= unfinished_[i];
  }
  ended.back() += static_cast<std::uint32_t>(moved);
  const double highest = core::LatencyQuantile(ended.data(), share, least_, std::uint64_t{1} << 50);
  return highest > 1.15 * Quantile(share) + 1;
}

double Times::Quantile(double share) const {
  return core::LatencyQuantile(counts_.data(), share, least_, most_);
}

model::LoadTimes Times::Summary() const {
  model::LoadTimes times;
  times.count = count_;
  if (count_ == 0) return times;
  times.p50_ms = Quantile(0.50) / 1e6;
  times.p95_ms = Quantile(0.95) / 1e6;
  times.p99_ms = Quantile(0.99) / 1e6;
  times.max_ms = static_cast<double>(most_) / 1e6;
  // Normal approximation of the binomial ranks that hold a quantile.
  const double half = 1.96 * std::sqrt(0.95 * 0.05 / static_cast<double>(count_));
  times.p95_low_ms = Quantile(std::max(0.95 - half, 0.0)) / 1e6;
  times.p95_high_ms = Quantile(std::min(0.95 + half, 1.0)) / 1e6;
  times.at_least = CanBeHigher(0.95);
  return times;
}

}  // namespace steward::load
