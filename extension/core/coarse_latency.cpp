// See coarse_latency.hpp.
#include "core/coarse_latency.hpp"

#include <algorithm>
#include <cstring>

namespace steward::core {

namespace {

constexpr int kCountBits = 24;
constexpr std::uint64_t kMostPacked = (std::uint64_t{1} << kCountBits) - 1;
static_assert(kCoarseBuckets <= 128);  // so that every number is positive

constexpr int kBlock = 8;

bool IsEmptyBlock(const std::uint32_t* counts) {
  std::uint64_t pairs[kBlock / 2];
  std::memcpy(pairs, counts, sizeof pairs);
  return (pairs[0] | pairs[1] | pairs[2] | pairs[3]) == 0;
}

}  // namespace

void CoarsenLatency(const std::uint32_t* fine, std::uint32_t* coarse) {
  std::fill(coarse, coarse + kCoarseBuckets, 0U);
  AddCoarsened(fine, coarse);
}

void AddCoarsened(const std::uint32_t* fine, std::uint32_t* coarse) {
  // Nearly all buckets of nearly all statements are empty.
  for (int i = 0; i < kLatencyBuckets;) {
    if (i + kBlock <= kLatencyBuckets && IsEmptyBlock(fine + i)) {
      i += kBlock;
      continue;
    }
    for (const int end = std::min(i + kBlock, kLatencyBuckets); i < end; i++) coarse[CoarseBucket(i)] += fine[i];
  }
}

double CoarseQuantile(const std::uint64_t* counts, double quantile) {
  std::uint64_t total = 0;
  for (int i = 0; i < kCoarseBuckets; i++) total += counts[i];
  if (total == 0) return 0;

  // The rank is that of the smallest duration with at least this share of all durations at or below it.
  const double rank = std::clamp(quantile * static_cast<double>(total), 1.0, static_cast<double>(total));
  double before = 0;
  for (int i = 0; i < kCoarseBuckets - 1; i++) {
    const auto here = static_cast<double>(counts[i]);
    if (counts[i] != 0 && before + here >= rank) {
      const auto low = static_cast<double>(CoarseBucketLow(i));
      const auto high = static_cast<double>(CoarseBucketLow(i + 1));
      return low + (high - low) * (rank - before - 0.5) / here;
    }
    before += here;
  }
  return static_cast<double>(CoarseBucketLow(kCoarseBuckets - 1));
}

std::int64_t PackedLength(const std::uint64_t* counts) {
  std::uint64_t length = 0;
  for (int i = 0; i < kCoarseBuckets; i++) length += (counts[i] + kMostPacked - 1) / kMostPacked;
  return static_cast<std::int64_t>(length);
}

void PackLatency(const std::uint64_t* counts, std::int32_t* packed) {
  for (int i = 0; i < kCoarseBuckets; i++) {
    for (std::uint64_t left = counts[i]; left != 0;) {
      const std::uint64_t part = std::min(left, kMostPacked);
      *packed++ = static_cast<std::int32_t>((static_cast<std::uint64_t>(i) << kCountBits) | part);
      left -= part;
    }
  }
}

bool AddPackedLatency(const std::int32_t* packed, int length, std::uint64_t* counts) {
  for (int i = 0; i < length; i++) {
    if (packed[i] < 0 || (packed[i] >> kCountBits) >= kCoarseBuckets) return false;
    counts[packed[i] >> kCountBits] += static_cast<std::uint64_t>(packed[i]) & kMostPacked;
  }
  return true;
}

}  // namespace steward::core
