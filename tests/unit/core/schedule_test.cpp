// Behaviour of core/schedule: grids, catch-up, back-off, which database is next (RELIABILITY E12, W5, W6, W17).
#include "core/schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace steward::core {
namespace {

constexpr Micros kT0 = 700'000'000 * kSecond;

TEST(IntervalLength, CountsAMonthAsThirtyDays) {
  EXPECT_EQ(IntervalLength({1, 0, 0}), 30 * kDay);
  EXPECT_EQ(IntervalLength({0, 1, 5}), kDay + 5);
  EXPECT_EQ(IntervalLength({1, -30, 0}), 0);
}

TEST(IntervalLength, SaturatesInsteadOfOverflowing) {  // E12
  EXPECT_EQ(IntervalLength({INT32_MAX, INT32_MAX, INT64_MAX}), INT64_MAX);
  EXPECT_EQ(IntervalLength({INT32_MIN, INT32_MIN, INT64_MIN}), -INT64_MAX);
}

TEST(CheckPeriod, RefusesNothingNegativeTinyAndAbsurd) {  // E12
  EXPECT_EQ(CheckPeriod(0), PeriodFault::kNotPositive);
  EXPECT_EQ(CheckPeriod(-kHour), PeriodFault::kNotPositive);
  EXPECT_EQ(CheckPeriod(-INT64_MAX), PeriodFault::kNotPositive);
  EXPECT_EQ(CheckPeriod(kSecond - 1), PeriodFault::kTooShort);
  EXPECT_EQ(CheckPeriod(kSecond), PeriodFault::kNone);
  EXPECT_EQ(CheckPeriod(366 * kDay), PeriodFault::kNone);
  EXPECT_EQ(CheckPeriod(366 * kDay + 1), PeriodFault::kTooLong);
  EXPECT_EQ(CheckPeriod(INT64_MAX), PeriodFault::kTooLong);
}

TEST(NextDue, StaysOnTheGridHoweverLateTheRunWas) {
  EXPECT_EQ(NextDue(kT0, kMinute, kT0), kT0 + kMinute);
  EXPECT_EQ(NextDue(kT0, kMinute, kT0 + 3), kT0 + kMinute);
  EXPECT_EQ(NextDue(kT0, kMinute, kT0 + kMinute - 1), kT0 + kMinute);
}

TEST(NextDue, DropsMissedRunsSoThatOneIsCaughtUpAtMost) {  // W17
  const Micros now = kT0 + kDay + kSecond;
  const Micros next = NextDue(kT0, kMinute, now);
  EXPECT_GT(next, now);
  EXPECT_LE(next, now + kMinute);
  EXPECT_EQ((next - kT0) % kMinute, 0);
}

TEST(NextDue, IsAlwaysAfterNow) {
  for (Micros late : {Micros{0}, kMinute, 2 * kMinute, 2 * kMinute + 1}) {
    EXPECT_GT(NextDue(kT0, kMinute, kT0 + late), kT0 + late);
  }
}

TEST(DueAnew, BringsBackAScheduleAfterTheClockWasSetBack) {  // W17
  EXPECT_EQ(DueAnew(kT0 + kDay, kMinute, kT0), kT0 + kMinute);
  EXPECT_EQ(DueAnew(kT0 + kDay + 1, kMinute, kT0), kT0 + 1);
  EXPECT_EQ(DueAnew(kT0 + kDay - 1, kMinute, kT0), kT0 + kMinute - 1);
  EXPECT_EQ(DueAnew(kT0 + kSecond, kMinute, kT0), kT0 + kSecond);
  EXPECT_EQ(DueAnew(kT0 - kDay, kMinute, kT0), kT0 - kDay);
}

TEST(RetryAt, DoublesUpToTheCeiling) {  // W6
  EXPECT_EQ(RetryAt({1, kHour, 0, 0.0}, kT0), kT0 + kSecond);
  EXPECT_EQ(RetryAt({2, kHour, 0, 0.0}, kT0), kT0 + 2 * kSecond);
  EXPECT_EQ(RetryAt({5, kHour, 0, 0.0}, kT0), kT0 + 16 * kSecond);
  EXPECT_EQ(RetryAt({1000, kMinute, 0, 0.0}, kT0), kT0 + 10 * kMinute);
  EXPECT_EQ(RetryAt({INT32_MAX, kHour, 0, 0.0}, kT0), kT0 + kHour);
}

TEST(RetryAt, IsSpreadByAFifthAtMost) {
  EXPECT_EQ(RetryAt({5, kHour, 0, 0.5}, kT0), kT0 + 16 * kSecond * 9 / 10);
  EXPECT_GE(RetryAt({5, kHour, 0, 0.999}, kT0), kT0 + 16 * kSecond * 8 / 10);
}

TEST(RetryAt, WaitsAsLongAsTheFailedRunTook) {
  EXPECT_EQ(RetryAt({1, kDay, 20 * kMinute, 0.0}, kT0), kT0 + 20 * kMinute);
  EXPECT_EQ(RetryAt({1, kMinute, kDay, 0.0}, kT0), kT0 + 10 * kMinute);
}

TEST(DefaultTimeout, IsTenPeriodsAndAtLeastAnHour) {
  EXPECT_EQ(DefaultTimeout(kSecond), kHour);
  EXPECT_EQ(DefaultTimeout(kDay), 10 * kDay);
}

TEST(ChooseDatabase, TakesTheOneWaitingLongestForAVisit) {
  const std::vector<DatabaseLoad> loads{
      {kT0 - kHour, kT0 - kSecond, false, false}, {kT0 - 1, kT0 - kMinute, false, false}, {kNever, 0, false, false}};
  EXPECT_EQ(ChooseDatabase(loads.data(), 3, kT0), 1);
}

TEST(ChooseDatabase, SkipsBusyHeldAndFutureOnes) {
  const std::vector<DatabaseLoad> loads{
      {kT0, 0, true, false}, {kT0, 0, false, true}, {kT0 + 1, 0, false, false}, {kNever, 0, false, false}};
  EXPECT_EQ(ChooseDatabase(loads.data(), 4, kT0), -1);
  EXPECT_EQ(ChooseDatabase(loads.data(), 4, kT0 + 1), 2);
  EXPECT_EQ(ChooseDatabase(nullptr, 0, kT0), -1);
}

TEST(ChooseDatabase, VisitsAfterTheClockWasSetBack) {  // W17
  const DatabaseLoad load{kT0 + kMinute, kT0, false, false};
  EXPECT_EQ(ChooseDatabase(&load, 1, kT0 - kDay), 0);
}

TEST(NextVisit, IsTheNearestFutureDeadlineOfAFreeDatabase) {
  const std::vector<DatabaseLoad> loads{{kT0 + 9, 0, false, false},
                                        {kT0 + 5, 0, true, false},
                                        {kT0 + 6, 0, false, true},
                                        {kT0 - 5, 0, false, false},
                                        {kNever, 0, false, false}};
  EXPECT_EQ(NextVisit(loads.data(), 5, kT0), kT0 + 9);
  EXPECT_EQ(NextVisit(loads.data() + 4, 1, kT0), kNever);
}

TEST(Linger, WaitsOnlyForWorkThatIsNear) {
  EXPECT_TRUE(Linger(kT0 + 5 * kSecond, kT0));
  EXPECT_TRUE(Linger(kT0 - 1, kT0));
  EXPECT_FALSE(Linger(kT0 + 6 * kSecond, kT0));
  EXPECT_FALSE(Linger(kNever, kT0));
}

}  // namespace
}  // namespace steward::core
