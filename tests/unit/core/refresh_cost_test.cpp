// Behaviour of core/refresh_cost: what is learned from runs, and which method is chosen.
#include "core/refresh_cost.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace steward::core {
namespace {

Learned After(std::initializer_list<double> values) {
  Learned learned;
  for (double value : values) Learn(value, &learned);
  return learned;
}

MethodCost Taking(Micros duration) {
  MethodCost cost;
  for (int i = 0; i < 5; i++) Learn(static_cast<double>(duration), &cost.duration);
  return cost;
}

TEST(Learn, AveragesTheFirstRunsAndThenFollows) {
  EXPECT_DOUBLE_EQ(After({4}).mean, 4);
  EXPECT_DOUBLE_EQ(After({4, 8, 6}).mean, 6);
  EXPECT_DOUBLE_EQ(After({10, 10, 10, 10, 10, 20}).mean, 12);
  Learned learned = After({10});
  for (int i = 0; i < 50; i++) Learn(20, &learned);
  EXPECT_NEAR(learned.mean, 20, 0.01);
  EXPECT_NEAR(learned.deviation, 0, 0.01);
}

TEST(Learn, KeepsTheMeanAbsoluteDeviation) {
  EXPECT_DOUBLE_EQ(After({10}).deviation, 0);
  EXPECT_DOUBLE_EQ(After({10, 14}).deviation, 4);
  Learned learned;
  for (int i = 0; i < 100; i++) Learn(i % 2 == 0 ? 90 : 110, &learned);
  EXPECT_NEAR(learned.deviation, 10, 2);
}

TEST(Learn, IgnoresWhatIsNoMeasurement) {
  Learned learned = After({10});
  Learn(-1, &learned);
  Learn(std::numeric_limits<double>::quiet_NaN(), &learned);
  Learn(std::numeric_limits<double>::infinity(), &learned);
  EXPECT_EQ(learned.runs, 1);
  EXPECT_DOUBLE_EQ(learned.mean, 10);
}

TEST(HasDrifted, SeesMoreThanThreeDeviations) {
  const Learned learned{5, 100, 20};
  EXPECT_FALSE(HasDrifted(160, learned));
  EXPECT_TRUE(HasDrifted(161, learned));
  EXPECT_TRUE(HasDrifted(39, learned));
}

TEST(HasDrifted, NeedsFiveRunsAndATenth) {
  EXPECT_FALSE(HasDrifted(1000, {4, 100, 1}));
  EXPECT_FALSE(HasDrifted(109, {5, 100, 0}));
  EXPECT_TRUE(HasDrifted(111, {5, 100, 0}));
}

TEST(PredictDuration, AddsAMargin) {
  MethodCost cost;
  EXPECT_EQ(PredictDuration(cost, 7 * kSecond), 7 * kSecond);
  cost.duration = {1, 1000, 0};
  EXPECT_EQ(PredictDuration(cost, 0), 1100);
  cost.duration = {5, 1000, 200};
  EXPECT_EQ(PredictDuration(cost, 0), 1600);
  cost.duration = {5, 1e300, 0};
  EXPECT_EQ(PredictDuration(cost, 0), kLongestPeriod);
}

TEST(ChooseMethod, SkipsWhatIsClean) {
  MethodQuestion question;
  question.dirty = false;
  question.populated = false;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kSkip);
}

TEST(ChooseMethod, IsPlainWhereConcurrentlyCannotBe) {  // W11
  MethodQuestion question;
  question.reads_per_second = 1000;
  question.populated = false;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.populated = true;
  question.can_concurrently = false;
  question.plain_lock_timeouts = 9;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
}

// Twice as dear concurrently, and nobody there who reads.
MethodQuestion CheaperPlain() {
  MethodQuestion question;
  question.plain = Taking(kSecond);
  question.concurrently = Taking(2 * kSecond);
  return question;
}

TEST(ChooseMethod, IsPlainOnlyWhereNobodyIsExpectedToWait) {
  MethodQuestion question = CheaperPlain();
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.reads_per_second = 0.08;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.reads_per_second = 0.1;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
  question.reads_per_second = 0;
  question.readers_waited = 0.2;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
}

TEST(ChooseMethod, IsNotPlainWhereItIsToTellWhetherRowsChanged) {
  MethodQuestion question = CheaperPlain();
  question.has_dependents = true;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
}

TEST(ChooseMethod, TakesTheCheaperWhereNobodyReads) {
  MethodQuestion question = CheaperPlain();
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.concurrently = Taking(kSecond / 2);
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
}

TEST(ChooseMethod, CountsWalAsCost) {
  MethodQuestion question = CheaperPlain();
  Learn(90e6, &question.plain.wal);
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.plain.wal = {};
  Learn(110e6, &question.plain.wal);
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
}

TEST(ChooseMethod, TriesPlainOnceConcurrentlyIsKnownToTakeLong) {
  MethodQuestion question;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
  question.concurrently = Taking(kSecond / 20);
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
  question.concurrently = Taking(kSecond / 5);
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.concurrently.duration.runs = 4;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
}

TEST(ChooseMethod, LeavesItToConcurrentlyAfterLockTimeouts) {  // W13
  MethodQuestion question = CheaperPlain();
  question.plain_lock_timeouts = 2;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kPlain);
  question.plain_lock_timeouts = 3;
  EXPECT_EQ(ChooseMethod(question), RefreshMethod::kConcurrently);
}

TEST(LockWait, IsShortForPlainWhileThereIsTime) {  // W13
  constexpr Micros kNow = 1000 * kSecond;
  EXPECT_EQ(LockWait(RefreshMethod::kConcurrently, kSecond, kNever, 0, kNow), 5 * kSecond);
  EXPECT_EQ(LockWait(RefreshMethod::kPlain, kSecond, kNever, 0, kNow), kSecond / 10);
  EXPECT_EQ(LockWait(RefreshMethod::kPlain, kSecond / 50, kNever, 0, kNow), kSecond / 50);
  EXPECT_EQ(LockWait(RefreshMethod::kPlain, kSecond, kNow + kSecond + 1, 0, kNow), kSecond / 10);
  EXPECT_EQ(LockWait(RefreshMethod::kPlain, kSecond, kNow + kSecond, 0, kNow), kSecond);
  EXPECT_EQ(LockWait(RefreshMethod::kPlain, kSecond, kNow - kSecond, 0, kNow), kSecond);
  EXPECT_EQ(LockWait(RefreshMethod::kPlain, kSecond, kNever, 3, kNow), kSecond);
}

}  // namespace
}  // namespace steward::core
