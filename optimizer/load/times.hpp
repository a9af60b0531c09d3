// The distribution of one kind of time over a window, ended or still running.
#pragma once

#include <array>
#include <cstdint>

#include "core/latency_histogram.hpp"
#include "load/arrivals.hpp"
#include "model/load_result.hpp"

namespace steward::load {

/// Quantiles are at most about 8 % off: the histogram's buckets.
class Times {
 public:
  void Add(Nanoseconds time);
  /// A time that has not ended: it is `age` at least.
  void AddUnfinished(Nanoseconds age);
  model::LoadTimes Summary() const;
  std::uint64_t count() const { return count_; }

 private:
  double Quantile(double share) const;
  bool CanBeHigher(double share) const;

  std::array<std::uint32_t, core::kLatencyBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t least_ = UINT64_MAX;
  std::uint64_t most_ = 0;
  std::array<std::uint32_t, core::kLatencyBuckets> unfinished_{};  // of those in counts_
};

}  // namespace steward::load
