// Counting in a slot and merging differences: what is merged in any number of steps is what was counted.
#include "core/statement_counters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace steward::core {
namespace {

constexpr uint32_t kEpoch = 7;

TEST(StatementCounters, MergingInStepsGivesTheSumsAndExtremesOfAll) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<uint64_t> duration(100, 50'000'000);
  std::vector<uint64_t> all;
  SlotCounters now{};
  SlotCounters merged{};
  StatementTotals totals{};
  for (int i = 0; i < 5000; i++) {
    all.push_back(duration(random));
    CountExecution(&now, all.back(), kEpoch);
    if (random() % 7 == 0) {
      AddDelta(now, merged, kEpoch, &totals);
      merged = now;
    }
  }
  AddDelta(now, merged, kEpoch, &totals);

  const uint64_t sum = std::accumulate(all.begin(), all.end(), uint64_t{0});
  EXPECT_EQ(totals.count[kCalls], all.size());
  EXPECT_EQ(totals.count[kExecNs], sum);
  EXPECT_EQ(totals.exec.min, *std::min_element(all.begin(), all.end()));
  EXPECT_EQ(totals.exec.max, *std::max_element(all.begin(), all.end()));
  EXPECT_EQ(std::accumulate(totals.latency, totals.latency + kLatencyBuckets, uint64_t{0}), all.size());

  const double mean = static_cast<double>(sum) / static_cast<double>(all.size());
  double squares = 0;
  for (const uint64_t ns : all) squares += (static_cast<double>(ns) - mean) * (static_cast<double>(ns) - mean);
  const double exact = std::sqrt(squares / static_cast<double>(all.size()));
  EXPECT_NEAR(StandardDeviation(all.size(), sum, totals.exec_squares) / exact, 1.0, 1e-9);
}

TEST(StatementCounters, APlanKeepsItsPlaceAndAFifthFindsNone) {
  SlotCounters slot{};
  for (uint64_t plan = 11; plan <= 14; plan++) PlaceOf(&slot, plan)->calls++;
  PlaceOf(&slot, 12)->calls++;
  EXPECT_EQ(slot.plans[1].planid, 12U);
  EXPECT_EQ(slot.plans[1].calls, 2U);
  EXPECT_EQ(PlaceOf(&slot, 15), nullptr);
}

TEST(StatementCounters, LatenciesOfAnEarlierEpochAreMergedToo) {
  SlotCounters now{};
  SlotCounters merged{};
  StatementTotals totals{};
  CountExecution(&now, 1'000'000, kEpoch);
  CountExecution(&now, 5'000, kEpoch + 1);  // the extremes began anew and leave the first bucket out
  AddDelta(now, merged, kEpoch + 1, &totals);
  EXPECT_EQ(std::accumulate(totals.latency, totals.latency + kLatencyBuckets, uint64_t{0}), 2U);
  EXPECT_EQ(totals.latency[LatencyBucket(1'000'000)], 1U);
}

TEST(StatementCounters, SlotsOfSeveralBackendsAddUp) {
  StatementTotals totals{};
  for (uint64_t backend = 1; backend <= 3; backend++) {
    SlotCounters slot{};
    CountExecution(&slot, backend * 1000, kEpoch);
    CountPlanning(&slot, backend * 10, kEpoch);
    AddDelta(slot, SlotCounters{}, kEpoch, &totals);
  }
  EXPECT_EQ(totals.count[kCalls], 3U);
  EXPECT_EQ(totals.count[kPlans], 3U);
  EXPECT_EQ(totals.exec.min, 1000U);
  EXPECT_EQ(totals.exec.max, 3000U);
  EXPECT_EQ(totals.plan.min, 10U);
  EXPECT_EQ(totals.plan.max, 30U);
}

TEST(StatementCounters, ExtremesOfBeforeAResetDoNotComeBack) {
  SlotCounters slot{};
  CountExecution(&slot, 900'000, kEpoch);
  const SlotCounters drained = slot;  // the reset drains, then drops the totals
  CountExecution(&slot, 5'000, kEpoch + 1);
  StatementTotals totals{};
  AddDelta(slot, drained, kEpoch + 1, &totals);
  EXPECT_EQ(totals.count[kCalls], 1U);
  EXPECT_EQ(totals.count[kExecNs], 5'000U);
  EXPECT_EQ(totals.exec.max, 5'000U);
}

TEST(StatementCounters, SlotBucketsMayWrapBetweenDrains) {
  SlotCounters slot{};
  SlotCounters drained{};
  StatementTotals totals{};
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 16384; i++) CountExecution(&slot, 2'000'000, kEpoch);
    AddDelta(slot, drained, kEpoch, &totals);
    drained = slot;
  }
  EXPECT_EQ(totals.latency[LatencyBucket(2'000'000)], 163'840U);
}

TEST(StatementCounters, TheLastFailureIsKeptAndOthersDoNotEraseIt) {
  SlotCounters slot{};
  slot.count[kFailedCalls] = 1;
  slot.last_sqlstate = 42;
  StatementTotals totals{};
  AddDelta(slot, SlotCounters{}, kEpoch, &totals);
  SlotCounters other{};
  CountExecution(&other, 10, kEpoch);
  AddDelta(other, SlotCounters{}, kEpoch, &totals);
  EXPECT_EQ(totals.last_sqlstate, 42);
}

TEST(StatementCounters, OneCallHasNoDeviation) { EXPECT_EQ(StandardDeviation(1, 1000, 1e6), 0.0); }

// H18: rounding may make the variance slightly negative; it must not become NaN.
TEST(StatementCounters, EqualDurationsHaveNoDeviation) {
  const uint64_t ns = 123'456'789;
  const auto square = static_cast<double>(ns) * static_cast<double>(ns);
  const double deviation = StandardDeviation(1'000'000, ns * 1'000'000, square * 1e6);
  EXPECT_FALSE(std::isnan(deviation));
  EXPECT_LT(deviation, static_cast<double>(ns) * 1e-3);
}

}  // namespace
}  // namespace steward::core
