// A log-linear histogram of durations: eight equal buckets an octave, so that a quantile read from it is at most about
// 8 % off. Owns the bucket layout and the reading of quantiles; who counts, and in which width, is the caller's business.
#pragma once

#include <cstdint>

namespace steward::core {

inline constexpr int kLatencyFirstOctave = 10;  // the first octave begins at 2^10 ns, about a microsecond
inline constexpr int kLatencyOctaves = 31;      // the last one ends at 2^41 ns, about 37 minutes
inline constexpr int kLatencyBucketsPerOctave = 8;

/// Bucket 0 holds what is shorter than the first octave, the last one what is longer than the last.
inline constexpr int kLatencyBuckets = 1 + kLatencyOctaves * kLatencyBucketsPerOctave + 1;

/// The bucket that counts a duration of `ns` nanoseconds. A leading-zero count and a shift: fit for a hot path.
[[nodiscard]] constexpr int LatencyBucket(uint64_t ns) {
  if (ns < (uint64_t{1} << kLatencyFirstOctave)) return 0;
  const int octave = 63 ^ __builtin_clzll(ns);
  if (octave >= kLatencyFirstOctave + kLatencyOctaves) return kLatencyBuckets - 1;
  const int part = static_cast<int>((ns >> (octave - 3)) & (kLatencyBucketsPerOctave - 1));
  return 1 + (octave - kLatencyFirstOctave) * kLatencyBucketsPerOctave + part;
}

/// The shortest duration, in nanoseconds, that `bucket` counts; its upper end is LatencyBucketLow(bucket + 1).
[[nodiscard]] constexpr uint64_t LatencyBucketLow(int bucket) {
  if (bucket <= 0) return 0;
  const int index = bucket - 1;
  const int octave = kLatencyFirstOctave + index / kLatencyBucketsPerOctave;
  const auto part = static_cast<uint64_t>(index % kLatencyBucketsPerOctave);
  return (kLatencyBucketsPerOctave + part) << (octave - 3);
}

/// The `quantile` (0..1) in nanoseconds of the durations counted in `counts[kLatencyBuckets]`, interpolated within its
/// bucket and held between `min_ns` and `max_ns`, the extremes seen. 0 when nothing was counted.
[[nodiscard]] double LatencyQuantile(const uint32_t* counts, double quantile, uint64_t min_ns, uint64_t max_ns);

}  // namespace steward::core
