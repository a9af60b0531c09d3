// The pure parts of the load driver on a fake clock: when requests are due, who waits for a connection, what is counted,
// and what is made of it.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "load/app_pool.hpp"
#include "load/arrivals.hpp"
#include "load/backoff.hpp"
#include "load/client.hpp"
#include "load/confidence.hpp"
#include "load/slo.hpp"
#include "load/strata.hpp"
#include "load/target.hpp"
#include "load/tally.hpp"
#include "load/times.hpp"

namespace steward::load {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Nanoseconds kMs = 1'000'000;
constexpr Nanoseconds kSecond = 1'000'000'000;

TEST(ArrivalClock, PoissonComesAtItsRateWhateverTheServerDoes) {
  ArrivalClock clock = ArrivalClock::Poisson(200, 7);
  clock.Begin(0);
  int count = 0;
  double gaps = 0;
  double squares = 0;
  Nanoseconds before = 0;
  while (clock.next() < 100 * kSecond) {
    const auto arrival = clock.Take();
    EXPECT_EQ(arrival.user, -1);
    const double gap = static_cast<double>(arrival.intended - before);
    gaps += gap;
    squares += gap * gap;
    before = arrival.intended;
    ++count;
  }
  EXPECT_NEAR(count, 20'000, 600);
  const double mean = gaps / count;
  EXPECT_NEAR(squares / count / mean / mean, 2, 0.1);  // exponential: the second moment is twice the mean's square
}

TEST(ArrivalClock, SameSeedSameInstants) {
  ArrivalClock one = ArrivalClock::Poisson(10, 3);
  ArrivalClock same = ArrivalClock::Poisson(10, 3);
  ArrivalClock other = ArrivalClock::Poisson(10, 4);
  for (ArrivalClock* clock : {&one, &same, &other}) clock->Begin(5);
  EXPECT_EQ(one.next(), same.next());
  EXPECT_NE(one.next(), other.next());
}

TEST(ArrivalClock, AUserThinksOnlyAfterTheAnswer) {
  ArrivalClock clock = ArrivalClock::Users(1, 1, 1);
  clock.Begin(0);
  const auto first = clock.Take();
  EXPECT_EQ(clock.next(), kNever);
  clock.Ended(first.user, first.intended + 40 * kSecond);
  EXPECT_GE(clock.next(), first.intended + 40 * kSecond);
  EXPECT_LT(clock.next(), kNever);
}

TEST(ArrivalClock, UsersWithoutThinkTimeComeBackAtOnce) {
  ArrivalClock clock = ArrivalClock::Users(3, 0, 1);
  clock.Begin(50);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(clock.Take().intended, 50);
  clock.Ended(2, 70);
  EXPECT_EQ(clock.next(), 70);
}

TEST(ArrivalClock, AnotherRunDoesNotMakeUpForThePause) {
  ArrivalClock users = ArrivalClock::Users(2, 0.001, 1);
  users.Begin(0);
  users.Begin(60 * kSecond);
  EXPECT_EQ(users.Take().intended, 60 * kSecond);
  ArrivalClock rate = ArrivalClock::Poisson(1000, 1);
  rate.Begin(0);
  rate.Begin(60 * kSecond);
  EXPECT_GT(rate.next(), 60 * kSecond);
}

TEST(Strata, SharesHoldInEachBlockAndTheOrderIsRandom) {
  Random random(7);
  Strata strata;
  std::vector<std::size_t> first_rare;
  double sum = 0;
  for (int block = 0; block < 50; ++block) {
    int rare = 0;
    for (std::size_t i = 0; i < Strata::kBlock; ++i) {
      const double u = strata.Next(random);
      ASSERT_GE(u, 0);
      ASSERT_LT(u, 1);
      sum += u;
      if (u < 0.02 && ++rare == 1) first_rare.push_back(i);
    }
    EXPECT_EQ(rare, 4);  // drawn one by one: 0 to 9
  }
  EXPECT_NEAR(sum / (50 * Strata::kBlock), 0.5, 0.001);
  EXPECT_GT(*std::max_element(first_rare.begin(), first_rare.end()), 60U);
  EXPECT_LT(*std::min_element(first_rare.begin(), first_rare.end()), 10U);
}

TEST(AppPool, WaitersAreServedInTheirOrder) {
  AppPool pool(1);
  EXPECT_FALSE(pool.Acquire({0, 1}));
  EXPECT_FALSE(pool.Acquire({5, 2}));
  EXPECT_EQ(pool.Release(9)->user, 1);
  EXPECT_EQ(pool.Release(8)->user, 2);
  EXPECT_FALSE(pool.Release(9));
  EXPECT_EQ(pool.Acquire({7, 3}), 9);
}

TEST(AppPool, AWaiterGivesUpAfterTheTimeoutFromItsIntendedStart) {
  AppPool pool(1);
  EXPECT_EQ(pool.next_deadline(), kNever);
  pool.Acquire({100 * kMs, 1});
  pool.Acquire({300 * kMs, 2});
  EXPECT_EQ(pool.next_deadline(), 1100 * kMs);
  EXPECT_TRUE(pool.Expire(1100 * kMs - 1).empty());
  const auto gone = pool.Expire(1200 * kMs);
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone.front().user, 1);
  EXPECT_EQ(pool.Release(4)->user, 2);
}

TEST(AppPool, ABrokenConnectionIsNotHandedOut) {
  AppPool pool(1);
  pool.Release(1);
  pool.Release(2);
  EXPECT_TRUE(pool.Remove(1));
  EXPECT_FALSE(pool.Remove(1));
  EXPECT_EQ(pool.Acquire({0, 0}), 2);
  EXPECT_FALSE(pool.Acquire({0, 1}));
}

TEST(Times, QuantilesAreWithinABucketOfTheTruth) {
  Times times;
  for (int i = 1; i <= 10'000; ++i) times.Add(i * 10'000);  // 0.01 to 100 ms
  const model::LoadTimes summary = times.Summary();
  EXPECT_NEAR(summary.p50_ms, 50, 4);
  EXPECT_NEAR(summary.p95_ms, 95, 8);
  EXPECT_NEAR(summary.p99_ms, 99, 8);
  EXPECT_DOUBLE_EQ(summary.max_ms, 100);
  EXPECT_LE(summary.p95_low_ms, summary.p95_ms);
  EXPECT_GE(summary.p95_high_ms, summary.p95_ms);
  EXPECT_FALSE(summary.at_least);
}

TEST(Times, WhatHasNotEndedIsCountedWithItsAgeAndSaidToBe) {
  Times old;
  for (int i = 0; i < 90; ++i) old.Add(kMs);
  for (int i = 0; i < 10; ++i) old.AddUnfinished(2 * kSecond);
  EXPECT_GT(old.Summary().p95_ms, 1000);
  EXPECT_TRUE(old.Summary().at_least);
  Times few;  // too few to move the quantile, however long they take
  for (int i = 0; i < 1000; ++i) few.Add(50 * kMs);
  few.AddUnfinished(kMs);
  EXPECT_FALSE(few.Summary().at_least);
  Times young;
  for (int i = 0; i < 90; ++i) young.Add(50 * kMs);
  for (int i = 0; i < 10; ++i) young.AddUnfinished(kMs);
  EXPECT_TRUE(young.Summary().at_least);
}

TEST(Confidence, StudentsInterval) {
  const Interval interval = MeanInterval({10, 12, 14});
  EXPECT_DOUBLE_EQ(interval.mean, 12);
  EXPECT_NEAR(interval.high - interval.mean, 4.303 * 2 / std::sqrt(3), 1e-9);
  EXPECT_NEAR(StudentT(100), 1.984, 0.005);
  EXPECT_TRUE(std::isinf(MeanInterval({5}).high));
}

TEST(Tally, ARequestBelongsToTheWindowOfItsIntendedStart) {
  Tally tally;
  tally.Begin(10 * kSecond, 20 * kSecond);
  const auto request = [&](Nanoseconds intended, Nanoseconds ended) {
    tally.Arrived(intended);
    tally.Acquired(intended, intended + kMs);
    tally.Succeeded(intended, intended + kMs, ended);
  };
  request(9 * kSecond, 11 * kSecond);   // before: not its request, but its throughput
  request(12 * kSecond, 13 * kSecond);
  request(19 * kSecond, 21 * kSecond);  // ends after the window: counted all the same
  request(20 * kSecond, 21 * kSecond);
  const model::LoadClassResult result = tally.Result({});
  EXPECT_EQ(result.requests, 2U);
  EXPECT_EQ(result.succeeded, 2U);
  EXPECT_DOUBLE_EQ(result.throughput, 0.2);
  EXPECT_EQ(result.response.count, 2U);
  EXPECT_NEAR(result.response.max_ms, 2000, 1);
  EXPECT_NEAR(result.service.max_ms, 1999, 1);
}

TEST(Tally, TimeoutsCountWithWhatTheyWaitedAndErrorsApart) {
  Tally tally;
  tally.Begin(0, 10 * kSecond);
  for (int i = 0; i < 4; ++i) tally.Arrived(kSecond);
  tally.AcquireTimeout(kSecond, 2 * kSecond);
  tally.Failed(kSecond, 4 * kSecond, Classify("08P01", "query_wait_timeout"));
  tally.Failed(kSecond, kSecond + kMs, Classify("42P01", "relation \"x\" does not exist"));
  tally.Failed(kSecond, kSecond + kMs, Classify("42P01", "relation \"y\" does not exist"));
  const model::LoadClassResult result = tally.Result({});
  EXPECT_EQ(result.acquire_timeouts, 1U);
  EXPECT_EQ(result.query_timeouts, 1U);
  EXPECT_EQ(result.failed, 2U);
  EXPECT_DOUBLE_EQ(result.timeout_ratio(), 0.5);
  EXPECT_EQ(result.response.count, 2U);
  EXPECT_NEAR(result.response.max_ms, 3000, 1);
  ASSERT_EQ(result.errors.size(), 2U);
  EXPECT_EQ(result.errors[1].count, 2U);
}

TEST(Tally, WhatRunsAtTheEndIsAsOldAsItIsByThen) {
  Tally tally;
  tally.Begin(0, 10 * kSecond);
  tally.Arrived(4 * kSecond);
  tally.Arrived(7 * kSecond);
  tally.Cut(9 * kSecond);  // interrupted
  tally.StillWaiting(4 * kSecond, 9 * kSecond);
  tally.StillRunning(7 * kSecond, 8 * kSecond, 9 * kSecond);
  const model::LoadClassResult result = tally.Result({});
  EXPECT_EQ(result.unfinished, 2U);
  EXPECT_NEAR(result.response.max_ms, 5000, 1);
  EXPECT_NEAR(result.service.max_ms, 1000, 1);
}

TEST(Tally, AStatementThatWasCanceledIsATimeout) {
  EXPECT_TRUE(Classify("57014", "canceling statement due to statement timeout").timeout);
  EXPECT_TRUE(Classify("08P01", "query_wait_timeout").timeout);
  EXPECT_FALSE(Classify("08P01", "server conn crashed?").timeout);
}

TEST(Slo, EachPromiseIsNamedWhenItIsNotKept) {
  model::LoadClassResult result;
  result.requests = 100;
  result.succeeded = 80;
  result.acquire_timeouts = 5;
  result.failed = 3;
  result.response = {100, 20, 150, 200, 300, 140, 160, false};
  result.pool = model::PoolUse{10, 10, 8.5, 10};
  EXPECT_THAT(Missed(result), ElementsAre(HasSubstr("P95 150.0 ms"), HasSubstr("timeouts 5.0 %"),
                                          HasSubstr("errors 3.0 %"), HasSubstr("utilization of the pool 85.0 %")));
  result.response.p95_ms = 99;
  result.acquire_timeouts = 4;
  result.failed = 0;
  result.pool->mean_busy = 7;
  EXPECT_TRUE(Missed(result).empty());
  EXPECT_FALSE(Missed({}).empty());  // nothing was asked: nothing was kept
}

TEST(Slo, WhatHasNotEndedCanStillMissThem) {
  model::LoadClassResult result;
  result.requests = 100;
  result.succeeded = 97;
  result.unfinished = 3;
  result.response = {100, 20, 50, 60, 70, 45, 55, false};
  result.slo.error_ratio = 0.1;
  EXPECT_TRUE(Undecided(result).empty());  // 3 timeouts would be too few
  result.query_timeouts = 3;
  result.succeeded = 94;
  EXPECT_THAT(Undecided(result), ElementsAre(HasSubstr("timeouts 3.0 to 6.0 %")));
  EXPECT_TRUE(Missed(result).empty());
  result.response.at_least = true;
  EXPECT_THAT(Undecided(result), ElementsAre(HasSubstr("P95 at least 50.0 ms"), HasSubstr("timeouts")));
  result.response.p95_ms = 200;  // for sure: nothing is open any more
  EXPECT_THAT(Missed(result), ElementsAre(HasSubstr("P95 200.0 ms")));
  EXPECT_TRUE(Undecided(result).empty());
}

TEST(Slo, NothingIsKeptByWhoNeverSucceeds) {
  model::LoadClassResult result;
  result.requests = 1;
  result.unfinished = 1;
  result.response = {1, 1, 1, 1, 1, 1, 1, true};
  EXPECT_THAT(Undecided(result), Contains(HasSubstr("no request has ended")));
  result.unfinished = 0;
  result.failed = 1;
  result.slo.error_ratio = 1.1;
  EXPECT_THAT(Missed(result), ElementsAre("no request succeeded"));
}

TEST(Target, OnlyThisMachineUnlessAnotherIsNamed) {
  EXPECT_TRUE(MayBeLoaded({"/run/postgresql", ""}, ""));
  EXPECT_TRUE(MayBeLoaded({"@abstract", ""}, ""));
  EXPECT_TRUE(MayBeLoaded({"localhost", "127.0.0.1"}, ""));
  EXPECT_TRUE(MayBeLoaded({"::1", "::1"}, ""));
  EXPECT_FALSE(MayBeLoaded({"localhost", "10.0.0.5"}, ""));  // what a name stands for decides
  EXPECT_FALSE(MayBeLoaded({"db1", "10.0.0.5"}, "db2"));
  EXPECT_FALSE(MayBeLoaded({"/run/postgresql", "10.0.0.5"}, ""));  // nor does a directory beside an address
  EXPECT_TRUE(MayBeLoaded({"db1", "10.0.0.5"}, "db1"));
  EXPECT_TRUE(MayBeLoaded({"db1", "10.0.0.5"}, "10.0.0.5"));
}

TEST(Target, TheServerBehindAPoolerIsMeantToo) {
  EXPECT_TRUE(ServerMayBeLoaded("", "", ""));
  EXPECT_TRUE(ServerMayBeLoaded("127.0.0.1", "127.0.0.1", ""));
  EXPECT_TRUE(ServerMayBeLoaded("10.0.0.5", "10.0.0.5", ""));
  EXPECT_FALSE(ServerMayBeLoaded("10.0.0.5", "10.0.0.9", ""));
  EXPECT_FALSE(ServerMayBeLoaded("10.0.0.5", "10.0.0.9", "10.0.0.9"));
  EXPECT_TRUE(ServerMayBeLoaded("10.0.0.5", "10.0.0.9", "10.0.0.5"));
}

TEST(Backoff, GrowsToASecondAndIsSpread) {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(BackoffSeconds(1, random), 0.005);
    EXPECT_LE(BackoffSeconds(1, random), 0.01);
    EXPECT_GE(BackoffSeconds(40, random), 0.5);
    EXPECT_LE(BackoffSeconds(40, random), 1.0);
  }
  EXPECT_NE(BackoffSeconds(5, random), BackoffSeconds(5, random));
}

TEST(Client, ReadsTheSqlstateOfAFailedConnection) {
  EXPECT_EQ(SqlstateOf("connection to server on socket \"/x\" failed: FATAL:  28P01: password authentication failed"),
            "28P01");
  EXPECT_EQ(SqlstateOf("could not send startup packet: Transport endpoint is not connected"), "");
  EXPECT_TRUE(IsPermanent({false, "28P01", ""}));
  EXPECT_TRUE(IsPermanent({false, "08P01", "no such database: shop"}));
  EXPECT_FALSE(IsPermanent({false, "53300", "sorry, too many clients already"}));
  EXPECT_FALSE(IsPermanent({false, "08P01", "no more connections allowed (max_client_conn)"}));
}

}  // namespace
}  // namespace steward::load
