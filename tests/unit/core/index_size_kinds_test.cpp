// Size models of hash, BRIN, GIN and GiST against page counts of indexes that were really built: PostgreSQL 15, 100,000
// rows on 10,000 pages, fresh CREATE INDEX.
#include "core/index_size_kinds.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace steward::core {
namespace {

constexpr double kRows = 100000;
constexpr double kPages = 10000;

double RelativeError(std::uint64_t pages, double built) {
  return static_cast<double>(pages) / built - 1;
}

TEST(IndexSizeKinds, HashHasAPageABucket) {
  EXPECT_EQ(EstimateHashPages({kRows, kRows, kRows, 75}), 514u);
  EXPECT_EQ(EstimateHashPages({kRows, kRows, kRows, 50}), 514u);
  EXPECT_EQ(EstimateHashPages({0, 0, 1, 75}), 4u);
  // From 512 buckets on they double in four steps.
  EXPECT_EQ(EstimateHashPages({0, 513 * 307, 1, 75}), 2u + 640u);
}

TEST(IndexSizeKinds, HashBucketsThatAreNotSplitYetOverflow) {
  // 896 buckets of 1,024: the rows of the other 128 are with those they will be split from.
  EXPECT_EQ(EstimateHashPages({250000, 250000, 250000, 75}), 1026u);
}

TEST(IndexSizeKinds, HashMakesBucketsForTheWholeTable) {
  EXPECT_EQ(EstimateHashPages({kRows / 37, kRows, kRows / 37, 75}), 514u);
}

TEST(IndexSizeKinds, HashOfFewValuesOverflows) {
  EXPECT_NEAR(RelativeError(EstimateHashPages({kRows, kRows, 1000, 75}), 549), 0, 0.03);
  EXPECT_NEAR(RelativeError(EstimateHashPages({kRows, kRows, 37, 75}), 737), 0, 0.01);
}

TEST(IndexSizeKinds, BrinHasASummaryARange) {
  EXPECT_EQ(EstimateBrinPages({kPages, 128, 16}), 3u);
  EXPECT_EQ(EstimateBrinPages({kPages, 4, 16}), 12u);
  EXPECT_EQ(EstimateBrinPages({kPages, 1, 16}), 44u);
  EXPECT_EQ(EstimateBrinPages({kPages, 2, 94}), 72u);
  EXPECT_EQ(EstimateBrinPages({0, 128, 16}), 3u);
}

TEST(IndexSizeKinds, GinListsRowsOfAKeyAndPlantsTreesForMany) {
  // Arrays of three numbers: 50 values for 2,000 rows each, 450 for 220, 4,500 for 20.
  const std::vector<GinKeys> numbers = {{4500, 20, 4}, {450, 220, 4}, {50, 2000, 4}};
  EXPECT_NEAR(RelativeError(EstimateGinPages(numbers, kPages), 209), 0, 0.15);
  const std::vector<GinKeys> tags = {{2000, 250, 8}};
  EXPECT_NEAR(RelativeError(EstimateGinPages(tags, kPages), 312), 0, 0.15);
  EXPECT_GE(EstimateGinPages({}, 0), 2u);
}

TEST(IndexSizeKinds, GistPagesAreFullerWhereRowsComeInNoOrder) {
  EXPECT_NEAR(RelativeError(EstimateGistPages({kRows, 32, 0, 90}), 891), 0, 0.15);
  EXPECT_NEAR(RelativeError(EstimateGistPages({kRows, 14, 0, 90}), 578), 0, 0.15);
  EXPECT_NEAR(RelativeError(EstimateGistPages({kRows, 8, 1, 90}), 549), 0, 0.15);
  EXPECT_NEAR(RelativeError(EstimateGistPages({kRows, 16, 1, 90}), 769), 0, 0.15);
  EXPECT_EQ(EstimateGistPages({0, 8, 0, 90}), 1u);
}

}  // namespace
}  // namespace steward::core
