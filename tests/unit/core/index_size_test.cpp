// The b-tree size model against page counts of indexes that were really built (PostgreSQL 15, fresh CREATE INDEX).
#include "core/index_size.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace steward::core {
namespace {

constexpr double kRows = 600572;  // the larger table below
constexpr IndexColumn kInt{4, 0, 4, 0, 1};

IndexColumn Int(double distinct) {
  return {4, 0, 4, 0, distinct};
}
IndexColumn Date(double distinct) {
  return {4, 0, 4, 0, distinct};
}
IndexColumn FixedChar(double width, double distinct) {
  return {width + 1, 0, 1, 0, distinct};
}

BtreeSize Size(double rows, const std::vector<IndexColumn>& keys, bool deduplicates = true,
               const std::vector<IndexColumn>& included = {}) {
  return EstimateBtreeSize({rows, keys, included, deduplicates, 90});
}

double RelativeError(const BtreeSize& size, double real_bytes) {
  return static_cast<double>(size.pages) * 8192 / real_bytes - 1;
}

TEST(IndexSize, UniqueIntegersFillPagesExactly) {
  // pgbench_accounts_pkey at scale 10: 366 tuples a leaf page, one root above ten inner pages.
  const BtreeSize size = Size(1000000, {Int(1000000)}, false);
  EXPECT_EQ(size.pages, 2745u);
  EXPECT_EQ(size.height, 2);
}

TEST(IndexSize, EmptyTableHasOnlyAMetapage) {
  EXPECT_EQ(Size(0, {kInt}).pages, 1u);
  EXPECT_EQ(Size(0, {kInt}).height, 0);
}

TEST(IndexSize, OneLeafPageIsTheRoot) {
  EXPECT_EQ(Size(25, {Int(25)}).pages, 2u);
  EXPECT_EQ(Size(25, {Int(25)}).height, 0);
}

TEST(IndexSize, DuplicatesShareTheirKeyInPostingLists) {
  EXPECT_NEAR(RelativeError(Size(kRows, {Int(20000)}), 4530176), 0, 0.02);
  EXPECT_NEAR(RelativeError(Size(kRows, {Int(1000)}), 4292608), 0, 0.02);
  EXPECT_NEAR(RelativeError(Size(kRows, {Date(2526)}), 4349952), 0, 0.02);
  EXPECT_NEAR(RelativeError(Size(80000, {Int(1000)}), 565248), 0, 0.05);
  // Exactly four rows a key; the model spreads them as chance does.
  EXPECT_NEAR(RelativeError(Size(80000, {Int(20000)}), 999424), 0, 0.06);
  EXPECT_NEAR(RelativeError(Size(150000, {Int(10000)}), 1277952), 0, 0.05);
  EXPECT_NEAR(RelativeError(Size(150000, {Date(2406)}), 1064960), 0, 0.05);
}

TEST(IndexSize, MultiColumnKeysDeduplicateByTheWholeKey) {
  EXPECT_NEAR(RelativeError(Size(kRows, {Int(20000), Int(79975)}), 6111232), 0, 0.05);
  EXPECT_NEAR(RelativeError(Size(150000, {Int(10000), Int(150000)}), 3391488), 0, 0.03);
  EXPECT_NEAR(RelativeError(Size(150000, {Date(2406), Int(149930), Int(150000)}), 4751360), 0, 0.03);
}

TEST(IndexSize, TypesWhoseEqualValuesLookDifferentDoNotDeduplicate) {
  EXPECT_NEAR(RelativeError(Size(20000, {FixedChar(10, 25)}, false), 647168), 0, 0.03);
  EXPECT_NEAR(RelativeError(Size(kRows, {Int(20000), FixedChar(10, 139000)}, false), 18989056), 0, 0.03);
  const IndexColumn quantity{5, 0, 1, 0, kRows};  // numeric(15,2)
  EXPECT_NEAR(RelativeError(Size(kRows, {Int(150000), quantity}, false), 18964480), 0, 0.03);
}

TEST(IndexSize, WideKeysAreTruncatedInInnerPages) {
  // (part key, part name of 33 bytes on average): the first column is unique, so inner tuples hold it alone.
  const IndexColumn name{33.6, 5, 1, 0, 20000};
  const BtreeSize size = Size(20000, {Int(20000), name});
  EXPECT_NEAR(RelativeError(size, 1212416), 0, 0.05);
  EXPECT_EQ(size.height, 1);
}

TEST(IndexSize, IncludedColumnsStopDeduplicationAndStayOutOfInnerPages) {
  const std::vector<IndexColumn> wide{{120, 0, 1, 0, 1}};
  const BtreeSize with = Size(100000, {Int(100000)}, false, wide);
  const BtreeSize without = Size(100000, {Int(100000)}, false);
  EXPECT_GT(with.pages, 5 * without.pages);
  // Tuples of 136 + 4 bytes, 52 a page: 1924 leaves; 283 narrow pivots an inner page: 7 inner pages, a root, a
  // metapage.
  EXPECT_EQ(with.pages, 1924u + 7 + 1 + 1);
}

TEST(IndexSize, LongRunsEndInShortPostingLists) {
  // 60000 rows of 365 days: a full posting list of 132 rows and one of about 32 a day; 55 pages when built.
  EXPECT_NEAR(static_cast<double>(Size(60000, {Date(365)}).pages), 55, 2);
}

TEST(IndexSize, NullsOfALoneColumnAreOneRun) {
  // 60000 rows, three quarters NULL, the rest unique: 81 pages when built.
  IndexColumn maybe = Int(15001);
  maybe.null_fraction = 0.75;
  EXPECT_NEAR(static_cast<double>(Size(60000, {maybe}).pages), 81, 2);
}

TEST(IndexSize, FractionsOfRowsEndTheLoad) {
  IndexColumn maybe = Int(34);
  maybe.null_fraction = 0.333;
  for (double rows = 1; rows < 3000; rows += 0.7) EXPECT_GE(Size(rows, {maybe}).pages, 2u);
}

TEST(IndexSize, FillFactorScalesTheLeafLevel) {
  const std::vector<IndexColumn> keys{Int(1000000)};
  const BtreeSize full = EstimateBtreeSize({1000000, keys, {}, false, 100});
  const BtreeSize half = EstimateBtreeSize({1000000, keys, {}, false, 50});
  EXPECT_NEAR(static_cast<double>(half.pages) / static_cast<double>(full.pages), 2.0, 0.05);
}

TEST(IndexSize, DistinctInSubsetShrinksSlowlyWhileValuesRepeat) {
  EXPECT_DOUBLE_EQ(DistinctInSubset(100, 10000, 10000), 100);
  EXPECT_NEAR(DistinctInSubset(100, 10000, 5000), 100, 0.01);
  EXPECT_NEAR(DistinctInSubset(10000, 10000, 1000), 1000, 0.01);
  EXPECT_EQ(DistinctInSubset(100, 10000, 0), 0);
}

TEST(IndexSize, NullsTakeNoRoomBesideTheirBitmap) {
  // 250,000 rows, three of four NULL, 1,750 values: one level of inner pages, 216 pages.
  const BtreeSize size = Size(250000, {{4, 0, 4, 0.75, 1751}});
  EXPECT_NEAR(static_cast<double>(size.pages), 216, 3);
  EXPECT_EQ(size.height, 1);
}

}  // namespace
}  // namespace steward::core
