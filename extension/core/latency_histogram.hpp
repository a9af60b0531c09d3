// A log-linear histogram of durations: eight equal buckets an octave, so that a quantile read from it is at most about
// 8 % off. Owns the bucket layout and the reading of quantiles; who counts, and in which width, is the caller's business.
#pragma once

#include <bit>
#include <cstdint>

namespace steward::core {

inline constexpr int kLatencyFirstOctave = 10;  // the first octave begins at 2^10 ns, about a microsecond
inline constexpr int kLatencyOctaves = 31;      // the last one ends at 2^41 ns, about 37 minutes
inline constexpr int kLatencyBucketsPerOctave = 8;

/// Bucket 0 holds what is shorter than the first octave, the last one what is longer than the last.
inline constexpr int kLatencyBuckets = 1 + kLatencyOctaves * kLatencyBucketsPerOctave + 1;

/// The bucket that counts a duration of `ns` nanoseconds. Fit for a hot path: exponent and first three bits of the mantissa of a
/// double are octave and part, and below 2^53 it is exact.
[[nodiscard]] constexpr int LatencyBucket(uint64_t ns) {
  static_assert(kLatencyBucketsPerOctave == 8);
  constexpr int kBias = 1023;
  const auto bits = std::bit_cast<uint64_t>(static_cast<double>(static_cast<int64_t>(ns))) >> (52 - 3);
  const int bucket = static_cast<int>(bits) - (kBias + kLatencyFirstOctave) * kLatencyBucketsPerOctave + 1;
  if (static_cast<unsigned>(bucket) < static_cast<unsigned>(kLatencyBuckets)) [[likely]]
    return bucket;
  return ns < (uint64_t{1} << kLatencyFirstOctave) ? 0 : kLatencyBuckets - 1;
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
