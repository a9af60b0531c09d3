// Classes of transactions: what is counted, how it is merged, and which class has a row of its own.
#include "core/transaction_classes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <memory>
#include <string>

namespace steward::core {
namespace {

constexpr int64_t kNow = 1000 * kClassKeptUs;

ClassKey Key(int number) { return MakeClassKey(5, 10, ("app " + std::to_string(number)).c_str()); }

Transaction Committed(uint64_t ns) { return {false, true, false, ns, 0, false}; }

ClassSeen Seen(const ClassCounters& counters) {
  ClassSeen seen{};
  SeeAll(counters, &seen);
  return seen;
}

// Counts one transaction of a class straight into the table.
void Count(ClassTable* table, const ClassKey& key, const Transaction& transaction, int64_t at = kNow) {
  ClassCounters counters{};
  StartEpoch(&counters, 1);
  CountTransaction(&counters, transaction);
  AddClassDelta(counters, ClassSeen{}, 1, at, TotalsFor(table, key, at));
}

TEST(TransactionClasses, KeysDifferByDatabaseUserAndName) {
  const ClassKey key = MakeClassKey(5, 10, "app");
  EXPECT_TRUE(SameClass(key, 5, 10, "app"));
  EXPECT_FALSE(SameClass(key, 6, 10, "app"));
  EXPECT_FALSE(SameClass(key, 5, 11, "app"));
  EXPECT_FALSE(SameClass(key, 5, 10, "apps"));
  EXPECT_FALSE(SameClass(key, 5, 10, ""));
}

TEST(TransactionClasses, LongNamesAreCutAndStillFound) {
  const std::string name(200, 'x');
  const ClassKey key = MakeClassKey(5, 10, name.c_str());
  EXPECT_EQ(std::string(key.application_name), std::string(kApplicationNameSize - 1, 'x'));
  EXPECT_TRUE(SameClass(key, 5, 10, name.c_str()));
}

TEST(TransactionClasses, CountsCommitsRollbacksAndFailuresApart) {
  ClassCounters counters{};
  CountTransaction(&counters, {false, true, false, 3000, 1000, false});
  CountTransaction(&counters, {false, false, false, 5000, 0, false});
  CountTransaction(&counters, {false, false, true, 4000, 0, false});
  EXPECT_EQ(counters.count[kCommits], 1U);
  EXPECT_EQ(counters.count[kRollbacks], 2U);
  EXPECT_EQ(counters.count[kFailures], 1U);
  EXPECT_EQ(counters.count[kXactNs], 12000U);
  EXPECT_EQ(counters.count[kIdleNs], 1000U);
  EXPECT_EQ(counters.max_ns, 5000U);
}

TEST(TransactionClasses, CountsSessionCommandsAsNothingElse) {
  ClassCounters counters{};
  CountTransaction(&counters, {true, true, false, 3000, 0, false});
  EXPECT_EQ(counters.count[kSessionCommands], 1U);
  EXPECT_EQ(counters.count[kCommits] + counters.count[kXactNs], 0U);
}

TEST(TransactionClasses, MergesOnlyWhatIsNew) {
  ClassCounters counters{};
  StartEpoch(&counters, 1);
  ClassTotals totals{};
  CountTransaction(&counters, Committed(2000));
  AddClassDelta(counters, ClassSeen{}, 1, kNow, &totals);
  const ClassSeen before = Seen(counters);
  CountTransaction(&counters, Committed(3000));
  AddClassDelta(counters, before, 1, kNow + 7, &totals);
  AddClassDelta(counters, Seen(counters), 1, kNow + 7, &totals);
  EXPECT_EQ(totals.count[kCommits], 2U);
  EXPECT_EQ(totals.count[kXactNs], 5000U);
  EXPECT_EQ(totals.latency[LatencyBucket(2000)], 1U);
  EXPECT_EQ(totals.latency[LatencyBucket(3000)], 1U);
  EXPECT_EQ(totals.max_ns, 3000U);
  EXPECT_EQ(totals.first_seen, kNow);
  EXPECT_EQ(totals.last_seen, kNow + 7);
}

TEST(TransactionClasses, MergesAcrossTheWrapOfTheChanges) {
  ClassCounters counters{};
  counters.changes = ~uint32_t{0};
  const ClassSeen before = Seen(counters);
  for (int i = 0; i < 5; i++) CountTransaction(&counters, Committed(2000));
  ClassTotals totals{};
  AddClassDelta(counters, before, 1, kNow, &totals);
  EXPECT_EQ(totals.latency[LatencyBucket(2000)], 5U);
}

TEST(TransactionClasses, TheLastDurationsStandForAllWhereThereWereMore) {
  ClassCounters counters{};
  for (int i = 0; i < 1000; i++) {
    CountTransaction(&counters, Committed(i % 2 == 0 ? 2000 : 9000));
    CountTransaction(&counters, {true, true, false, 0, 0, false});
  }
  ClassTotals totals{};
  AddClassDelta(counters, ClassSeen{}, 1, kNow, &totals);
  EXPECT_EQ(totals.latency[LatencyBucket(2000)] + totals.latency[LatencyBucket(9000)], 1000U);
  EXPECT_NEAR(totals.latency[LatencyBucket(2000)], 500, 20);
  EXPECT_EQ(totals.count[kXactNs], 500U * (2000 + 9000));
}

TEST(TransactionClasses, SessionCommandsAloneHaveNoDuration) {
  ClassCounters counters{};
  for (int i = 0; i < 300; i++) CountTransaction(&counters, {true, true, false, 0, 0, false});
  ClassTotals totals{};
  AddClassDelta(counters, ClassSeen{}, 1, kNow, &totals);
  for (const uint32_t bucket : totals.latency) ASSERT_EQ(bucket, 0U);
  EXPECT_EQ(totals.count[kSessionCommands], 300U);
}

TEST(TransactionClasses, TheLongestTransactionIsOfTheCurrentEpoch) {
  ClassCounters counters{};
  StartEpoch(&counters, 1);
  CountTransaction(&counters, Committed(9000));
  ClassTotals totals{};
  AddClassDelta(counters, Seen(counters), 2, kNow, &totals);
  EXPECT_EQ(totals.max_ns, 0U);
  StartEpoch(&counters, 2);
  const ClassSeen before = Seen(counters);
  CountTransaction(&counters, Committed(1000));
  AddClassDelta(counters, before, 2, kNow, &totals);
  EXPECT_EQ(totals.max_ns, 1000U);
  EXPECT_EQ(LongestNs(totals), 1000U);
}

TEST(TransactionClasses, TheBucketTellsTheLongestTransactionOfAnOldEpoch) {
  ClassCounters counters{};
  StartEpoch(&counters, 1);
  const ClassSeen before = Seen(counters);
  CountTransaction(&counters, Committed(9000));
  ClassTotals totals{};
  EXPECT_EQ(LongestNs(totals), 0U);
  AddClassDelta(counters, before, 2, kNow, &totals);
  EXPECT_LE(LongestNs(totals), 9000U);
  EXPECT_GE(LongestNs(totals), 8000U);
}

TEST(TransactionClasses, TheDeviationIsThatOfTheDurations) {
  ClassTotals totals{};
  EXPECT_EQ(DeviationNs(totals), 0);
  for (uint64_t us = 1000; us <= 9000; us++) totals.latency[LatencyBucket(us * 1000)]++;
  const double expected = 8e6 / std::sqrt(12.0);  // uniform over 8 ms
  EXPECT_NEAR(DeviationNs(totals), expected, 0.02 * expected);
}

TEST(TransactionClasses, ClassesBeyondTheLimitCountAsOther) {
  const auto table = std::make_unique<ClassTable>();
  for (int i = 0; i < kMaxClasses + 10; i++) Count(table.get(), Key(i), Committed(1000));
  Count(table.get(), Key(0), Committed(1000));
  EXPECT_EQ(table->rows, static_cast<uint32_t>(kMaxClasses));
  EXPECT_EQ(table->row[0].totals.count[kCommits], 2U);
  EXPECT_EQ(table->other.count[kCommits], 10U);
}

TEST(TransactionClasses, ASilentClassMakesRoomAndItsTotalsMoveToOther) {
  const auto table = std::make_unique<ClassTable>();
  for (int i = 0; i < kMaxClasses; i++) Count(table.get(), Key(i), Committed(1000 + i), kNow + i);
  // Class 0 has been heard again, class 1 is the longest silent.
  Count(table.get(), Key(0), Committed(1000), kNow + 1000);
  Count(table.get(), Key(1000), Committed(500), kNow + 1 + kClassKeptUs - 1);
  EXPECT_EQ(table->other.count[kCommits], 1U) << "not silent for long enough";
  Count(table.get(), Key(1000), Committed(500), kNow + 1 + kClassKeptUs);
  EXPECT_EQ(table->row[1].key.application_name, std::string("app 1000"));
  EXPECT_EQ(table->row[1].totals.count[kCommits], 1U);
  EXPECT_EQ(table->other.count[kCommits], 2U);
  EXPECT_EQ(table->other.count[kXactNs], 500U + 1001U);
  EXPECT_EQ(table->other.max_ns, 1001U);
  EXPECT_EQ(table->other.first_seen, kNow + 1);
}

TEST(TransactionClasses, CountsWritingCommitsAndKeepsFeatures) {
  ClassCounters counters{};
  CountTransaction(&counters, {false, true, false, 3000, 0, true});
  CountTransaction(&counters, {false, true, false, 3000, 0, false});
  StartEpoch(&counters, 1);
  counters.features = kUsesListen;
  ClassTotals totals{};
  AddClassDelta(counters, ClassSeen{}, 1, kNow, &totals);
  EXPECT_EQ(totals.count[kWritingCommits], 1U);
  EXPECT_EQ(totals.features, kUsesListen);
}

// A look at the whole table, session by session.
void Look(ClassTable* table, std::initializer_list<SessionSight> sights, int64_t at = kNow) {
  ClassLook look{};
  for (const SessionSight& sight : sights) CountSight(table, &look, sight, at);
  table->looks++;
}

uint64_t SeenAs(const ClassTotals& totals, SessionState state) { return totals.seen[static_cast<int>(state)]; }

TEST(SessionLooks, CountEachStateAndTheMostAtOnce) {
  auto table = std::make_unique<ClassTable>();
  Count(table.get(), Key(1), Committed(1000));
  Look(table.get(), {{Key(1), SessionState::kRunning, false}, {Key(1), SessionState::kLock, false}, {Key(1), SessionState::kIdle, false}});
  Look(table.get(), {{Key(1), SessionState::kRunning, false}, {Key(1), SessionState::kIdle, true}});
  const ClassTotals& totals = table->row[0].totals;
  EXPECT_EQ(table->rows, 1U);
  EXPECT_EQ(table->looks - totals.looks_before, 2U);
  EXPECT_EQ(SeenAs(totals, SessionState::kRunning), 2U);
  EXPECT_EQ(SeenAs(totals, SessionState::kLock), 1U);
  EXPECT_EQ(SeenAs(totals, SessionState::kIdle), 2U);
  EXPECT_EQ(totals.max_busy, 2U);
  EXPECT_EQ(totals.max_sessions, 3U);
  EXPECT_EQ(totals.features, kUsesAdvisoryLock);
}

TEST(SessionLooks, MakeABusyClassKnownFromThatLookOn) {
  auto table = std::make_unique<ClassTable>();
  Look(table.get(), {});
  Look(table.get(), {{Key(1), SessionState::kClient, false}}, kNow + 5);
  ASSERT_EQ(table->rows, 1U);
  const ClassTotals& totals = table->row[0].totals;
  EXPECT_EQ(table->looks - totals.looks_before, 1U);
  EXPECT_EQ(totals.first_seen, kNow + 5);
  EXPECT_EQ(totals.last_seen, kNow + 5);
}

TEST(SessionLooks, LeaveIdleSessionsOfUnknownClassesToOther) {
  auto table = std::make_unique<ClassTable>();
  Look(table.get(), {{Key(1), SessionState::kIdle, false}});
  EXPECT_EQ(table->rows, 0U);
  EXPECT_EQ(SeenAs(table->other, SessionState::kIdle), 1U);
}

TEST(SessionLooks, AClassThatLosesItsRowGoesToOtherWithWhatWasSeen) {
  auto table = std::make_unique<ClassTable>();
  for (int i = 0; i < kMaxClasses; i++) Count(table.get(), Key(i), Committed(1000), kNow + i);
  Look(table.get(), {{Key(0), SessionState::kIo, false}, {Key(0), SessionState::kIo, false}}, kNow);
  const int64_t later = kNow + 2 * kClassKeptUs;
  Look(table.get(), {{Key(kMaxClasses), SessionState::kRunning, false}}, later);
  EXPECT_EQ(SeenAs(table->other, SessionState::kIo), 2U);
  EXPECT_EQ(table->other.max_busy, 2U);
}

TEST(TransactionClasses, FeaturesSeenBeforeAResetDoNotComeBack) {
  ClassCounters counters{};
  StartEpoch(&counters, 1);
  counters.features = kUsesListen;
  CountTransaction(&counters, Committed(1000));
  ClassTotals totals{};
  AddClassDelta(counters, ClassSeen{}, 2, kNow, &totals);
  EXPECT_EQ(totals.features, 0U);
  StartEpoch(&counters, 2);
  AddClassDelta(counters, Seen(counters), 2, kNow, &totals);
  EXPECT_EQ(totals.features, 0U);
}

TEST(SessionLooks, ANewClassTakesNothingFromTheOneWhoseRowItGot) {
  auto table = std::make_unique<ClassTable>();
  for (int i = 0; i < kMaxClasses; i++) Count(table.get(), Key(i), Committed(1000), kNow + i);
  const int64_t later = kNow + 2 * kClassKeptUs;
  Look(table.get(), {{Key(0), SessionState::kIdle, false}, {Key(0), SessionState::kIdle, false}, {Key(kMaxClasses), SessionState::kRunning, false}}, later);
  EXPECT_EQ(TotalsFor(table.get(), Key(kMaxClasses), later)->max_sessions, 1U);
}

}  // namespace
}  // namespace steward::core
