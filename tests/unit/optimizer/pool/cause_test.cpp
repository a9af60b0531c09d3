// What holds a connection, from what was measured; and which classes go to which pool.
#include "advise/pool/cause.hpp"

#include <gtest/gtest.h>

#include "advise/pool/pool_roles.hpp"
#include "unit/optimizer/pool/pool_workloads.hpp"

namespace steward::advise::pool {
namespace {

using model::HoldSplit;
using model::PoolCause;
using test::Measured;
using test::PoolWorkloadOf;

HoldSplit SplitOf(const Measured& measured) {
  return SplitHold(PoolWorkloadOf({measured}).classes[0]);
}

TEST(HoldSplitTest, WhatRunsBeyondTheCpuUsedWaitsForACore) {
  const HoldSplit split = SplitOf({.hold = 10, .cpu = 2, .client = 1, .running = 7});
  EXPECT_NEAR(split.cpu, 2, 1e-6);
  EXPECT_NEAR(split.queue, 5, 1e-6);
  EXPECT_NEAR(split.client, 1, 1e-6);
  EXPECT_NEAR(split.other, 2, 1e-6);
  EXPECT_NEAR(split.Total(), 10, 1e-9);
}

TEST(HoldSplitTest, EveryWaitGetsItsShare) {
  const HoldSplit split = SplitOf({.hold = 20, .cpu = 2, .wal = 4, .client = 3, .io = 5, .lock = 6});
  EXPECT_NEAR(split.wal, 4, 1e-6);
  EXPECT_NEAR(split.io, 5, 1e-6);
  EXPECT_NEAR(split.lock, 6, 1e-6);
  EXPECT_EQ(split.queue, 0);
  EXPECT_NEAR(split.Total(), 20, 1e-9);
}

TEST(HoldSplitTest, MoreCpuThanSamplesSawRunningIsBelieved) {
  const HoldSplit split = SplitOf({.hold = 10, .cpu = 6, .wal = 8, .running = 2});
  EXPECT_NEAR(split.cpu, 6, 1e-6);
  EXPECT_NEAR(split.wal, 4, 1e-6);
  EXPECT_NEAR(split.Total(), 10, 1e-9);
}

// A session that was woken looks as if it waited on, until it has a core.
TEST(HoldSplitTest, WaitsForACoreHideBehindOtherWaits) {
  // Seven statements: of eight waits seven while the connection is held.
  const HoldSplit split = SplitOf({.hold = 13, .cpu = 1, .statements = 7, .wal = 2, .client = 8, .lock = 2, .core_wait = 4});
  EXPECT_NEAR(split.queue, 3.5, 1e-6);
  EXPECT_NEAR(split.client, 8 - 2.8, 1e-6);
  EXPECT_NEAR(split.wal, 2 - 0.7, 1e-6);
  EXPECT_NEAR(split.lock, 2, 1e-6);
  EXPECT_NEAR(split.Total(), 13, 1e-9);
  // What was seen running is a part of it.
  EXPECT_NEAR(SplitOf({.hold = 13, .cpu = 1, .statements = 7, .client = 8, .running = 3, .core_wait = 4}).queue, 3.5, 1e-6);
  // Never more than there is.
  const HoldSplit all = SplitOf({.hold = 1, .cpu = 0.4, .client = 0.6, .core_wait = 50});
  EXPECT_NEAR(all.queue, 0.6, 1e-6);
  EXPECT_NEAR(all.Total(), 1, 1e-9);
}

// Where few transactions take all the time, it is they that wait: what samples found them at was to run.
TEST(HoldSplitTest, TheWaitBeforeATransactionIsOneOfATypicalOne) {
  const HoldSplit split = SplitOf({.hold = 23, .cpu = 2.6, .stddev = 175, .p50 = 0.15, .io = 0.2, .lwlock = 0.4, .running = 22, .core_wait = 22.4});
  EXPECT_NEAR(split.queue, 20.4, 1e-6);
  EXPECT_NEAR(split.io + split.lwlock, 0, 1e-6);
}

TEST(HoldSplitTest, WaitsForACoreAreKnownWithoutSamples) {
  model::PoolClass one = test::ClassOf({.hold = 10, .cpu = 2, .p50 = 10, .client = 3, .core_wait = 8}, 100);
  one.samples.reset();
  const HoldSplit split = SplitHold(one);
  EXPECT_NEAR(split.queue, 4, 1e-6);
  EXPECT_NEAR(split.other, 2.5, 1e-6);
  EXPECT_EQ(CauseOf(split), PoolCause::kCpu);
}

TEST(HoldSplitTest, WithoutSamplesTheRestIsNotKnown) {
  model::PoolClass one = test::ClassOf({.hold = 10, .cpu = 2, .client = 3}, 100);
  one.samples.reset();
  const HoldSplit split = SplitHold(one);
  EXPECT_FALSE(split.sampled);
  EXPECT_NEAR(split.cpu, 2, 1e-6);
  EXPECT_NEAR(split.client, 3, 1e-6);
  EXPECT_NEAR(split.other, 5, 1e-6);
  EXPECT_EQ(CauseOf(split), PoolCause::kUnknown);
}

TEST(HoldSplitTest, WithoutCpuTimeSamplesSayWhatRan) {
  model::PoolClass one = test::ClassOf({.hold = 10, .cpu = 6, .client = 3}, 100);
  one.cpu_time.reset();
  const HoldSplit split = SplitHold(one);
  EXPECT_NEAR(split.cpu, 6, 1e-3);
  EXPECT_NEAR(split.other, 1, 1e-3);
  EXPECT_NEAR(split.Total(), 10, 1e-6);
}

TEST(HoldSplitTest, NoTransactionHasNoSplit) {
  EXPECT_EQ(CauseOf(SplitHold({})), PoolCause::kUnknown);
  EXPECT_EQ(WhySentence(SplitHold({})), "nothing was measured");
}

TEST(CauseTest, FollowsWhatConnectionsAreHeldFor) {
  EXPECT_EQ(CauseOf(SplitOf({.hold = 10, .cpu = 1, .running = 8})), PoolCause::kCpu);
  EXPECT_EQ(CauseOf(SplitOf({.hold = 10, .cpu = 1, .client = 8})), PoolCause::kHold);
  EXPECT_EQ(CauseOf(SplitOf({.hold = 10, .cpu = 1, .wal = 7})), PoolCause::kHold);
  EXPECT_EQ(CauseOf(SplitOf({.hold = 10, .cpu = 2, .lock = 5})), PoolCause::kLock);
  EXPECT_EQ(CauseOf(SplitOf({.hold = 10, .cpu = 2, .lock = 2, .lwlock = 4})), PoolCause::kLock);
  EXPECT_EQ(CauseOf(SplitOf({.hold = 10, .cpu = 5, .wal = 2, .client = 3})), PoolCause::kMixed);
}

TEST(CauseTest, TheSentenceHasTheLargestFirst) {
  EXPECT_EQ(WhySentence(SplitOf({.hold = 10, .cpu = 2, .client = 7, .lock = 1})), "70 % waiting for the client, 20 % on CPU, 10 % waiting for locks");
}

std::vector<std::string> Names(const model::PoolWorkload& workload, const model::PoolDemand& demand) {
  std::vector<std::string> names;
  for (const PoolGroup& group : GroupClasses(workload, demand)) {
    names.push_back(group.name + ":");
    for (const std::size_t i : group.classes) names.back() += " " + workload.classes[i].application;
  }
  return names;
}

const std::vector<Measured> kThree = {{.application = "web", .rate = 100, .hold = 2},
                                      {.application = "lists", .rate = 200, .hold = 1, .writes = false},
                                      {.application = "reports", .rate = 2, .hold = 90, .cpu = 80, .writes = false}};

TEST(PoolRolesTest, BehaviourTellsMainReadAndAdmin) {
  EXPECT_EQ(Names(PoolWorkloadOf(kThree), {}), (std::vector<std::string>{"main: web", "read: lists", "admin: reports"}));
}

TEST(PoolRolesTest, NamesGoBeforeBehaviour) {
  model::PoolDemand demand;
  demand.main = {"lists"};
  demand.admin = {"w*"};
  demand.read = {"*port*"};
  EXPECT_EQ(Names(PoolWorkloadOf(kThree), demand), (std::vector<std::string>{"main: lists", "read: reports", "admin: web"}));
  demand = {};
  demand.one_pool = true;
  EXPECT_EQ(Names(PoolWorkloadOf(kThree), demand), (std::vector<std::string>{"main: web lists reports"}));
}

TEST(PoolRolesTest, WhereNothingWritesReadersAreMain) {
  EXPECT_EQ(Names(PoolWorkloadOf({{.application = "lists", .writes = false}}), {}), (std::vector<std::string>{"main: lists"}));
}

TEST(PoolRolesTest, SlowButFrequentIsNotAdmin) {
  const auto workload = PoolWorkloadOf({{.application = "quick", .rate = 200, .hold = 0.04}, {.application = "writer", .rate = 80, .hold = 1}});
  EXPECT_EQ(Names(workload, {}), (std::vector<std::string>{"main: quick writer"}));
}

TEST(PoolRolesTest, SomebodyWhoLookedIsNoClass) {
  auto workload = PoolWorkloadOf({{.application = "web", .rate = 1000}, {.application = "psql", .rate = 0.001}});
  EXPECT_EQ(Names(workload, {}), (std::vector<std::string>{"main: web"}));
  workload.classes[0].database = "other";
  EXPECT_EQ(Names(workload, {}), (std::vector<std::string>{"main: psql"}));
  workload.classes[1].transactions = 0;
  EXPECT_TRUE(GroupClasses(workload, {}).empty());
}

TEST(PoolRolesTest, MainIsNeverEmpty) {
  model::PoolDemand demand;
  demand.admin = {"*"};
  EXPECT_EQ(Names(PoolWorkloadOf(kThree), demand), (std::vector<std::string>{"main: web lists reports"}));
}

TEST(PoolRolesTest, PatternsMatchAsGlobs) {
  EXPECT_TRUE(Matches("app", "app"));
  EXPECT_FALSE(Matches("app", "apps"));
  EXPECT_TRUE(Matches("*", ""));
  EXPECT_TRUE(Matches("a*b*c", "aXXbYbc"));
  EXPECT_FALSE(Matches("a*b*c", "aXXbYb"));
  EXPECT_FALSE(Matches("", "a"));
}

}  // namespace
}  // namespace steward::advise::pool
