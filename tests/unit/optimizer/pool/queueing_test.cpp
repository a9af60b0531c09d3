// Closed forms against values worked out by hand and against each other.
#include "advise/pool/queueing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace steward::advise::pool {
namespace {

TEST(QueueingTest, ErlangCHasTheTextbookValues) {
  EXPECT_NEAR(ErlangC(1, 0.5), 0.5, 1e-12);      // M/M/1 waits with its utilisation
  EXPECT_NEAR(ErlangC(2, 1), 1.0 / 3, 1e-12);    // 2 a^2 / (2 + a ...) by hand
  EXPECT_NEAR(ErlangC(10, 8), 0.409180, 1e-6);   // tables
  EXPECT_EQ(ErlangC(4, 0), 0);
  EXPECT_EQ(ErlangC(4, 4), 1);
  EXPECT_EQ(ErlangC(4, 9), 1);
  EXPECT_NEAR(ErlangC(1000, 900), ErlangC(1000, 900.0000001), 1e-6);  // no overflow
}

TEST(QueueingTest, MeanWaitGrowsWithVariability) {
  EXPECT_NEAR(MeanWait(1, 0.5, 1), 1, 1e-12);  // rho / (1 - rho) * s
  EXPECT_NEAR(MeanWait(1, 0.5, 1, 0), 0.5, 1e-12);  // M/D/1 waits half as long
  EXPECT_NEAR(MeanWait(1, 0.5, 1, 9), 5, 1e-12);    // Pollaczek-Khinchine
  EXPECT_TRUE(std::isinf(MeanWait(2, 2, 1)));
}

TEST(QueueingTest, RepairmanWithOneUserOrManyServersIsLittlesLaw) {
  EXPECT_NEAR(RepairmanThroughput(1, 9, 1, 1), 0.1, 1e-12);
  EXPECT_NEAR(RepairmanThroughput(20, 9, 20, 1), 2, 1e-12);
  EXPECT_NEAR(RepairmanThroughput(5, 0, 2, 1), 2, 1e-12);
  EXPECT_NEAR(RepairmanThroughput(2, 1, 1, 1), 0.8, 1e-12);  // states 1/5, 2/5, 2/5
  EXPECT_LE(RepairmanThroughput(10000, 5000, 8, 1), 2.0);    // 10,000 users, no underflow
  EXPECT_GT(RepairmanThroughput(10000, 5000, 8, 1), 1.99);
}

SaturatedPool Pool(double cpu_ms, double delay_ms, double competitors = 0) {
  SaturatedPool pool;
  pool.cores = 2;
  pool.cpu_ms = cpu_ms;
  pool.delay_ms = delay_ms;
  pool.others.always = competitors;
  return pool;
}

TEST(SaturatedPoolTest, WithoutCompetitorsItIsTheRepairman) {
  for (const int n : {1, 2, 7, 40})
    EXPECT_NEAR(Pool(0.5, 1.5).Throughput(n), RepairmanThroughput(n, 1.5, 2, 0.5), 1e-12) << n;
}

TEST(SaturatedPoolTest, StaysBelowBothBounds) {
  const SaturatedPool pool = Pool(0.5, 1.5);
  EXPECT_DOUBLE_EQ(pool.Knee(), 8);
  for (int n = 1; n < 60; ++n) {
    EXPECT_LE(pool.Throughput(n), n / 2.0 + 1e-9);
    EXPECT_LE(pool.Throughput(n), 4 + 1e-9);
    EXPECT_GE(pool.Throughput(n + 1), pool.Throughput(n) - 1e-12);
  }
}

TEST(SaturatedPoolTest, ACompetitorLosesTheMoreTheMoreConnectionsRun) {
  const SaturatedPool pool = Pool(1, 0, 2);
  EXPECT_NEAR(pool.Throughput(1), 2.0 / 3, 1e-12);
  EXPECT_NEAR(pool.Throughput(2), 1, 1e-12);
  EXPECT_NEAR(pool.Throughput(18), 1.8, 1e-12);
}

TEST(SaturatedPoolTest, WhoWorksForTransactionsWantsNoCoreWhereNoneRun) {
  const Competition always{1, 0};
  const Competition along{0, 1};
  EXPECT_DOUBLE_EQ(always.Left(2, 2), along.Left(2, 2));
  EXPECT_DOUBLE_EQ(always.Left(2, 8), along.Left(2, 8));
  EXPECT_DOUBLE_EQ(along.Left(4, 1), 1);
  EXPECT_LT(Competition({3.5, 0}).Left(4, 1), 1);
  EXPECT_DOUBLE_EQ(along.Left(2, 0), 0);
  // Nor more than there is to do.
  EXPECT_DOUBLE_EQ(Competition({0, 1, 0.02}).Left(2, 2), 4 / 2.04);
  EXPECT_DOUBLE_EQ(Competition({0, 1, 2}).Left(2, 2), along.Left(2, 2));
}

TEST(SaturatedPoolTest, WithOverheadThereIsABest) {
  SaturatedPool pool = Pool(0.05, 0.01, 1);
  pool.overhead_ms = 0.0005;
  const int smallest = pool.Smallest(0.985, 500);
  EXPECT_GE(smallest, 5);
  EXPECT_LE(smallest, 12);
  EXPECT_LT(pool.Throughput(60), 0.85 * pool.Throughput(smallest));
}

TEST(SaturatedPoolTest, SmallestIsTheFirstThatReachesTheShare) {
  for (const double delay : {0.1, 5.0, 80.0}) {
    const SaturatedPool pool = Pool(0.5, delay);
    double best = 0;
    for (int n = 1; n <= 400; ++n) best = std::max(best, pool.Throughput(n));
    const int smallest = pool.Smallest(0.95, 400);
    EXPECT_GE(pool.Throughput(smallest), 0.949 * best);
    if (smallest > 1) {
      EXPECT_LT(pool.Throughput(smallest - 1), 0.951 * best);
    }
  }
}

// All of a transaction under one lock: no more than one at a time, whatever the pool.
TEST(SaturatedPoolTest, OneHotLockBoundsThroughput) {
  SaturatedPool pool = Pool(0.2, 0.8);
  pool.locks = 1;
  pool.lock_share = 0.5;  // half of 1 ms
  EXPECT_LT(pool.Throughput(50), 2.0);
  EXPECT_GT(pool.Throughput(50), 1.5);
  pool.locks = 20;
  EXPECT_GT(pool.Throughput(50), 5);
}

}  // namespace
}  // namespace steward::advise::pool
