// The latency histogram: bucket layout and the precision of its quantiles.
#include "core/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace steward::core {
namespace {

TEST(LatencyHistogram, EveryBucketBeginsWhereTheOneBeforeEnds) {
  for (int bucket = 1; bucket < kLatencyBuckets; bucket++) {
    const uint64_t low = LatencyBucketLow(bucket);
    EXPECT_EQ(LatencyBucket(low), bucket);
    EXPECT_EQ(LatencyBucket(low - 1), bucket - 1);
  }
}

TEST(LatencyHistogram, ExtremesFallIntoTheOuterBuckets) {
  EXPECT_EQ(LatencyBucket(0), 0);
  EXPECT_EQ(LatencyBucket(1023), 0);
  EXPECT_EQ(LatencyBucket(uint64_t{1} << 41), kLatencyBuckets - 1);
  EXPECT_EQ(LatencyBucket(~uint64_t{0}), kLatencyBuckets - 1);
}

TEST(LatencyHistogram, NoBucketIsWiderThanAnEighthOfItsDurations) {
  for (int bucket = 1; bucket < kLatencyBuckets - 1; bucket++) {
    const auto low = static_cast<double>(LatencyBucketLow(bucket));
    const auto high = static_cast<double>(LatencyBucketLow(bucket + 1));
    EXPECT_LE(high / low, 1.1251);
  }
}

TEST(LatencyHistogram, QuantilesOfRandomDurationsAreWithinEightPercent) {
  std::mt19937_64 random(42);
  std::lognormal_distribution<double> duration(std::log(3e6), 1.5);  // around 3 ms, heavy tail
  std::vector<uint64_t> sorted;
  std::vector<uint32_t> counts(kLatencyBuckets);
  for (int i = 0; i < 20000; i++) {
    const auto ns = static_cast<uint64_t>(duration(random));
    sorted.push_back(ns);
    counts[static_cast<size_t>(LatencyBucket(ns))]++;
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double quantile : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto exact = static_cast<double>(sorted[static_cast<size_t>(quantile * 20000) - 1]);
    const double read = LatencyQuantile(counts.data(), quantile, sorted.front(), sorted.back());
    EXPECT_NEAR(read / exact, 1.0, 0.08) << "quantile " << quantile;
  }
}

TEST(LatencyHistogram, OneDurationIsEveryQuantile) {
  std::vector<uint32_t> counts(kLatencyBuckets);
  counts[static_cast<size_t>(LatencyBucket(1234567))] = 1;
  for (const double quantile : {0.0, 0.5, 0.99, 1.0})
    EXPECT_EQ(LatencyQuantile(counts.data(), quantile, 1234567, 1234567), 1234567.0);
}

TEST(LatencyHistogram, NothingCountedIsZero) {
  const std::vector<uint32_t> counts(kLatencyBuckets);
  EXPECT_EQ(LatencyQuantile(counts.data(), 0.5, 5, 10), 0.0);
}

// H18: durations beyond the last octave are held by the longest one seen.
TEST(LatencyHistogram, OverlongDurationsStayWithinTheExtremes) {
  std::vector<uint32_t> counts(kLatencyBuckets);
  const uint64_t day = 86400ULL * 1000000000ULL;
  counts[static_cast<size_t>(LatencyBucket(day))] = 3;
  const double p99 = LatencyQuantile(counts.data(), 0.99, day, day);
  EXPECT_EQ(p99, static_cast<double>(day));
}

}  // namespace
}  // namespace steward::core
