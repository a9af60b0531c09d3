// Intervals: what is taken in any number of steps is what was counted, and the statements with the most time get the
// rows.
#include "core/history_counters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace steward::core {
namespace {

StatementTotals Grown(StatementTotals totals, uint64_t by) {
  for (int i = 0; i < kCounterCount; i++) totals.count[i] += by + static_cast<uint64_t>(i);
  for (uint32_t& bucket : totals.latency) bucket += static_cast<uint32_t>(by);
  return totals;
}

// What happened since `base`, which moves on.
HistoryCounters Take(const StatementTotals& totals, HistoryCounters* base) {
  HistoryCounters now;
  TakeHistoryCounters(totals, &now);
  HistoryCounters delta = now;
  SubtractHistory(*base, &delta);
  *base = now;
  return delta;
}

TEST(HistoryCounters, TakeTheCountersTheyAreNamedAfter) {
  StatementTotals totals{};
  for (int i = 0; i < kCounterCount; i++) totals.count[i] = static_cast<uint64_t>(1000 + i);
  HistoryCounters counters;
  TakeHistoryCounters(totals, &counters);
  EXPECT_EQ(counters.count[kHistoryCalls], totals.count[kCalls]);
  EXPECT_EQ(counters.count[kHistoryExecNs], totals.count[kExecNs]);
  EXPECT_EQ(counters.count[kHistoryPlanNs], totals.count[kPlanNs]);
  EXPECT_EQ(counters.count[kHistorySharedRead], totals.count[kSharedRead]);
  EXPECT_EQ(counters.count[kHistoryTempWriteNs], totals.count[kTempWriteNs]);
  EXPECT_EQ(counters.count[kHistoryWalBytes], totals.count[kWalBytes]);
  EXPECT_EQ(counters.count[kHistoryCanceledCalls], totals.count[kCanceledCalls]);
  EXPECT_EQ(counters.count[kHistoryCpuNs], totals.count[kCpuNs]);
  EXPECT_EQ(counters.count[kHistoryCpuExecNs], totals.count[kCpuExecNs]);
}

TEST(HistoryCounters, WhatIsAddedSinceIsWhatATakingWouldAdd) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; round++) {
    StatementTotals before{};
    for (int i = 0; i < round % 5; i++) before.latency[random() % kLatencyBuckets] += 1 + static_cast<uint32_t>(random() % 3);
    if (round % 5 > 0) before = Grown(before, round % 2 == 0 ? 0 : 3);
    StatementTotals after = Grown(before, 0);
    for (int i = 0; i < 4; i++) after.latency[random() % kLatencyBuckets]++;
    HistoryCounters base;
    TakeHistoryCounters(before, &base);
    HistoryCounters rest{};
    rest.count[kHistoryRows] = 5;
    rest.latency[3] = 7;
    HistoryCounters expected = rest;
    AddHistorySince(base, after, &rest);
    AddHistory(Take(after, &base), &expected);
    EXPECT_EQ(memcmp(&rest, &expected, sizeof rest), 0) << round;
  }
}

TEST(HistoryCounters, IntervalsAddUpToTheTotals) {
  StatementTotals totals{};
  HistoryCounters base{};
  HistoryCounters sum{};
  for (uint64_t i = 1; i < 20; i++) {
    totals = Grown(totals, i);
    if (i % 3 == 0) AddHistory(Take(totals, &base), &sum);
  }
  AddHistory(Take(totals, &base), &sum);
  EXPECT_EQ(memcmp(&sum, &base, sizeof sum), 0);
  EXPECT_FALSE(HasHistory(totals, base));
  EXPECT_EQ(TimeSince(totals, base), 0U);
}

TEST(HistoryCounters, CpuTimeIsThatOfTheSampleForAllExecutions) {
  HistoryCounters counters{};
  counters.count[kHistoryExecNs] = 1000;
  EXPECT_LT(CpuTime(counters), 0);
  counters.count[kHistoryCpuNs] = 30;
  counters.count[kHistoryCpuExecNs] = 40;
  EXPECT_DOUBLE_EQ(CpuTime(counters), 750);
}

// An interval whose transaction fails gives back what it took: the next one has it.
TEST(HistoryCounters, WhatIsGivenBackIsTakenAgain) {
  HistoryCounters base{};
  StatementTotals totals = Grown(StatementTotals{}, 5);
  const HistoryCounters failed = Take(totals, &base);
  totals = Grown(totals, 7);
  SubtractHistory(failed, &base);
  const HistoryCounters delta = Take(totals, &base);
  EXPECT_EQ(delta.count[kHistoryCalls], totals.count[kCalls]);
  EXPECT_EQ(delta.latency[3], 2U * 12U);
}

TEST(HistoryCounters, BucketCountsMayWrapAround) {
  StatementTotals totals{};
  totals.latency[1] = UINT32_MAX - 1;
  HistoryCounters base;
  TakeHistoryCounters(totals, &base);
  totals.latency[1] += 10;
  EXPECT_EQ(Take(totals, &base).latency[1], 10U);
}

TEST(HistoryCounters, AnyCallPlanningOrFailureIsHistory) {
  for (const Counter counter : {kCalls, kPlans, kFailedCalls, kCanceledCalls}) {
    StatementTotals totals{};
    totals.count[counter] = 1;
    EXPECT_TRUE(HasHistory(totals, HistoryCounters{}));
  }
}

TEST(KeepTop, TheStatementsWithTheMostTimeComeFirst) {
  std::mt19937 random(5);
  std::vector<RankedStatement> statements(3000);
  for (uint32_t i = 0; i < 3000; i++) statements[i] = {random() % 900, i};
  std::vector<RankedStatement> sorted = statements;
  const auto heavier = [](const RankedStatement& a, const RankedStatement& b) {
    return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.index < b.index;
  };
  std::sort(sorted.begin(), sorted.end(), heavier);
  ASSERT_EQ(KeepTop(statements.data(), 3000, 500), 500);
  std::sort(statements.begin(), statements.begin() + 500, heavier);
  for (size_t i = 0; i < 500; i++) EXPECT_EQ(statements[i].index, sorted[i].index);
}

TEST(KeepTop, FewerAreAllKept) {
  std::vector<RankedStatement> statements = {{1, 0}, {2, 1}};
  EXPECT_EQ(KeepTop(statements.data(), 2, 500), 2);
  EXPECT_EQ(KeepTop(statements.data(), 0, 500), 0);
}

}  // namespace
}  // namespace steward::core
