// The histogram of durations that history keeps: four equal buckets an octave, sums of those of latency_histogram. A
// quantile read from it is usually within 12 % and never more than 25 % off. Owns the buckets, their sparse form in
// tables, and reading quantiles of what was added up.
#pragma once

#include <cstdint>

#include "core/latency_histogram.hpp"

namespace steward::core {

inline constexpr int kCoarseBucketsPerOctave = 4;
/// Bucket 0 and the last one hold what is outside the octaves, as in the fine histogram.
inline constexpr int kCoarseBuckets = 1 + kLatencyOctaves * kCoarseBucketsPerOctave + 1;
static_assert(kLatencyBucketsPerOctave % kCoarseBucketsPerOctave == 0);

/// The bucket that holds the durations of bucket `fine` of the fine histogram.
[[nodiscard]] constexpr int CoarseBucket(int fine) {
  if (fine <= 0) return 0;
  if (fine >= kLatencyBuckets - 1) return kCoarseBuckets - 1;
  return 1 + (fine - 1) / (kLatencyBucketsPerOctave / kCoarseBucketsPerOctave);
}

/// The shortest duration, in nanoseconds, that `bucket` counts; its upper end is CoarseBucketLow(bucket + 1).
[[nodiscard]] constexpr std::uint64_t CoarseBucketLow(int bucket) {
  if (bucket <= 0) return 0;
  return LatencyBucketLow(1 + (bucket - 1) * (kLatencyBucketsPerOctave / kCoarseBucketsPerOctave));
}

/// Sums `fine[kLatencyBuckets]` into `coarse[kCoarseBuckets]`; both wrap around.
void CoarsenLatency(const std::uint32_t* fine, std::uint32_t* coarse);

/// The same on top of what is in `coarse`.
void AddCoarsened(const std::uint32_t* fine, std::uint32_t* coarse);

/// The `quantile` (0..1) in nanoseconds of the durations counted in `counts[kCoarseBuckets]`, interpolated within its
/// bucket; of the last bucket, which has no upper end, the lower one. 0 when nothing was counted.
[[nodiscard]] double CoarseQuantile(const std::uint64_t* counts, double quantile);

// ---- The sparse form: one number for a bucket that is not empty, bucket * 2^24 + count; for a count beyond 2^24 - 1
// several numbers, which add up.
// ------------------------------------------------------------------------------------------

/// How many numbers the sparse form of `counts[kCoarseBuckets]` takes.
[[nodiscard]] std::int64_t PackedLength(const std::uint64_t* counts);

/// Writes the sparse form, PackedLength(counts) numbers.
void PackLatency(const std::uint64_t* counts, std::int32_t* packed);

/// Adds `length` numbers of a sparse form to `counts[kCoarseBuckets]`. False, with `counts` partly changed, when one of
/// them is no such number.
[[nodiscard]] bool AddPackedLatency(const std::int32_t* packed, int length, std::uint64_t* counts);

}  // namespace steward::core
