// The histogram of history: its buckets are sums of the fine ones, its sparse form loses nothing, and quantiles of
// merged intervals are those of all durations together.
#include "core/coarse_latency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace steward::core {
namespace {

using Counts = std::array<uint64_t, kCoarseBuckets>;

std::vector<int32_t> Pack(const Counts& counts) {
  std::vector<int32_t> packed(static_cast<size_t>(PackedLength(counts.data())));
  PackLatency(counts.data(), packed.data());
  return packed;
}

TEST(CoarseLatency, EveryFineBucketLiesWithinItsCoarseOne) {
  for (int fine = 0; fine < kLatencyBuckets; fine++) {
    const int coarse = CoarseBucket(fine);
    EXPECT_GE(LatencyBucketLow(fine), CoarseBucketLow(coarse));
    if (fine + 1 < kLatencyBuckets) {
      EXPECT_LE(LatencyBucketLow(fine + 1), CoarseBucketLow(coarse + 1));
    }
  }
  EXPECT_EQ(CoarseBucket(0), 0);
  EXPECT_EQ(CoarseBucket(kLatencyBuckets - 1), kCoarseBuckets - 1);
}

TEST(CoarseLatency, CoarseningKeepsEveryCount) {
  std::vector<uint32_t> fine(kLatencyBuckets);
  for (size_t i = 0; i < fine.size(); i++) fine[i] = static_cast<uint32_t>(i + 1);
  std::vector<uint32_t> coarse(kCoarseBuckets, 99);
  CoarsenLatency(fine.data(), coarse.data());
  EXPECT_EQ(coarse[0], 1U);
  EXPECT_EQ(coarse[1], 2U + 3U);
  EXPECT_EQ(coarse[kCoarseBuckets - 1], static_cast<uint32_t>(kLatencyBuckets));
}

TEST(CoarseLatency, TheSparseFormTakesOneNumberForABucketThatIsNotEmpty) {
  Counts counts{};
  counts[0] = 1;
  counts[57] = 16'777'215;
  counts[kCoarseBuckets - 1] = 7;
  EXPECT_EQ(Pack(counts), (std::vector<int32_t>{1, (57 << 24) + 16'777'215, ((kCoarseBuckets - 1) << 24) + 7}));
  EXPECT_TRUE(Pack(Counts{}).empty());
}

TEST(CoarseLatency, TheSparseFormLosesNothing) {
  std::mt19937_64 random(3);
  Counts counts{};
  for (uint64_t& count : counts) count = random() % 3 == 0 ? random() % 100'000'000 : 0;  // up to six numbers a bucket
  const std::vector<int32_t> packed = Pack(counts);
  Counts back{};
  ASSERT_TRUE(AddPackedLatency(packed.data(), static_cast<int>(packed.size()), back.data()));
  EXPECT_EQ(back, counts);
  ASSERT_TRUE(AddPackedLatency(packed.data(), static_cast<int>(packed.size()), back.data()));
  for (int i = 0; i < kCoarseBuckets; i++) EXPECT_EQ(back[static_cast<size_t>(i)], 2 * counts[static_cast<size_t>(i)]);
}

TEST(CoarseLatency, NumbersThatAreNoBucketAreRefused) {
  Counts counts{};
  for (const int32_t wrong : {-1, (kCoarseBuckets << 24) + 1, INT32_MAX, INT32_MIN})
    EXPECT_FALSE(AddPackedLatency(&wrong, 1, counts.data())) << wrong;
}

TEST(CoarseLatency, QuantilesOfMergedIntervalsAreThoseOfAllDurations) {
  std::mt19937_64 random(42);
  std::vector<uint64_t> sorted;
  Counts merged{};
  for (int interval = 0; interval < 12; interval++) {
    std::lognormal_distribution<double> duration(std::log(1e6 * (1 + interval)), 1.2);
    std::vector<uint32_t> fine(kLatencyBuckets);
    for (int i = 0; i < 2000; i++) {
      const auto ns = static_cast<uint64_t>(duration(random));
      sorted.push_back(ns);
      fine[static_cast<size_t>(LatencyBucket(ns))]++;
    }
    std::vector<uint32_t> coarse(kCoarseBuckets);
    CoarsenLatency(fine.data(), coarse.data());
    for (size_t i = 0; i < merged.size(); i++) merged[i] += coarse[i];
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double quantile : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto exact =
        static_cast<double>(sorted[static_cast<size_t>(quantile * static_cast<double>(sorted.size())) - 1]);
    EXPECT_NEAR(CoarseQuantile(merged.data(), quantile) / exact, 1.0, 0.12) << "quantile " << quantile;
  }
}

TEST(CoarseLatency, QuantilesStayWithinTheirBucket) {
  Counts counts{};
  EXPECT_EQ(CoarseQuantile(counts.data(), 0.5), 0.0);
  counts[40] = 1;
  for (const double quantile : {-1.0, 0.0, 0.5, 1.0, 7.0}) {
    EXPECT_GT(CoarseQuantile(counts.data(), quantile), static_cast<double>(CoarseBucketLow(40)));
    EXPECT_LT(CoarseQuantile(counts.data(), quantile), static_cast<double>(CoarseBucketLow(41)));
  }
  counts[kCoarseBuckets - 1] = 99;  // H18: the last bucket has no upper end
  EXPECT_EQ(CoarseQuantile(counts.data(), 0.5), static_cast<double>(uint64_t{1} << 41));
}

}  // namespace
}  // namespace steward::core
