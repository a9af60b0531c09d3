// Behaviour of core/cron: expressions and their errors, next due times, daylight saving, blackout windows.
#include "core/cron.hpp"

#include <gtest/gtest.h>

#include <random>

namespace steward::core {
namespace {

CivilTime Next(const char* text, CivilTime after) {
  const CronParse parsed = ParseCron(text);
  EXPECT_EQ(parsed.error, "") << text;
  return NextCron(parsed.schedule, after).value_or(CivilTime{});
}

void Expect(CivilTime actual, CivilTime expected) {
  EXPECT_TRUE(actual == expected) << actual.year << "-" << actual.month << "-" << actual.day << " " << actual.hour
                                  << ":" << actual.minute;
}

TEST(CivilTime, CountsMinutesAndDaysOfTheWeek) {
  EXPECT_EQ(MinutesOf({1970, 1, 1, 0, 0}), 0);
  EXPECT_EQ(MinutesOf({2000, 3, 1, 0, 1}), 11017 * 1440 + 1);
  EXPECT_EQ(WeekdayOf({1970, 1, 1, 0, 0}), 4);
  EXPECT_EQ(WeekdayOf({2026, 11, 26, 12, 0}), 4);
  EXPECT_EQ(WeekdayOf({1969, 12, 28, 23, 59}), 0);
  std::mt19937 rng(21);
  for (int i = 0; i < 10000; i++) {
    const std::int64_t minutes = static_cast<std::int64_t>(rng() % 2'000'000'000) - 1'000'000'000;
    EXPECT_EQ(MinutesOf(CivilOf(minutes)), minutes);
  }
}

TEST(NextCron, IsAfterTheGivenMinute) {
  Expect(Next("* * * * *", {2026, 11, 26, 12, 0}), {2026, 11, 26, 12, 1});
  Expect(Next("0 3 * * *", {2026, 11, 26, 3, 0}), {2026, 11, 27, 3, 0});
  Expect(Next("59 23 31 12 *", {2026, 12, 31, 23, 59}), {2027, 12, 31, 23, 59});
}

TEST(NextCron, KnowsListsRangesAndSteps) {
  Expect(Next("5,35 * * * *", {2026, 11, 26, 12, 6}), {2026, 11, 26, 12, 35});
  Expect(Next("*/20 9-17 * * *", {2026, 11, 26, 17, 40}), {2026, 11, 27, 9, 0});
  Expect(Next("10-30/10 * * * *", {2026, 11, 26, 12, 20}), {2026, 11, 26, 12, 30});
  Expect(Next("50/5 * * * *", {2026, 11, 26, 12, 51}), {2026, 11, 26, 12, 55});
}

TEST(NextCron, KnowsNamesAndBothSundays) {
  Expect(Next("0 0 * Feb *", {2026, 11, 26, 0, 0}), {2027, 2, 1, 0, 0});
  Expect(Next("0 0 * * MON-fri", {2026, 11, 27, 0, 0}), {2026, 11, 30, 0, 0});
  Expect(Next("0 0 * * 7", {2026, 11, 26, 0, 0}), {2026, 11, 29, 0, 0});
  Expect(Next("0 0 * * sun", {2026, 11, 26, 0, 0}), {2026, 11, 29, 0, 0});
  Expect(Next("0 0 * * 5-7", {2026, 11, 28, 0, 0}), {2026, 11, 29, 0, 0});
}

TEST(NextCron, TakesEitherDayWhereBothAreRestricted) {
  Expect(Next("0 0 13 * fri", {2026, 11, 26, 0, 0}), {2026, 11, 27, 0, 0});
  Expect(Next("0 0 28 * fri", {2026, 11, 27, 0, 0}), {2026, 11, 28, 0, 0});
  Expect(Next("0 0 */2 * fri", {2026, 11, 26, 0, 0}), {2026, 11, 27, 0, 0});  // the 27th is a Friday and odd
  Expect(Next("0 0 */2 * fri", {2026, 11, 27, 0, 0}), {2026, 12, 11, 0, 0});
}

TEST(NextCron, FindsLeapDays) {
  Expect(Next("0 0 29 2 *", {2026, 11, 26, 0, 0}), {2028, 2, 29, 0, 0});
  Expect(Next("0 0 29 2 *", {2096, 3, 1, 0, 0}), {2104, 2, 29, 0, 0});
}

TEST(NextCron, KnowsShorthands) {
  Expect(Next("@hourly", {2026, 11, 26, 12, 0}), {2026, 11, 26, 13, 0});
  Expect(Next("@daily", {2026, 11, 26, 12, 0}), {2026, 11, 27, 0, 0});
  Expect(Next("@midnight", {2026, 11, 26, 12, 0}), {2026, 11, 27, 0, 0});
  Expect(Next("@weekly", {2026, 11, 26, 12, 0}), {2026, 11, 29, 0, 0});
  Expect(Next("@monthly", {2026, 11, 26, 12, 0}), {2026, 12, 1, 0, 0});
  Expect(Next("@yearly", {2026, 11, 26, 12, 0}), {2027, 1, 1, 0, 0});
  Expect(Next(" @Annually ", {2026, 11, 26, 12, 0}), {2027, 1, 1, 0, 0});
}

TEST(ParseCron, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ParseCron("60 * * * *").error, "minute \"60\": expected 0 to 59");
  EXPECT_EQ(ParseCron("* 24 * * *").error, "hour \"24\": expected 0 to 23");
  EXPECT_EQ(ParseCron("* * 0 * *").error, "day of month \"0\": expected 1 to 31");
  EXPECT_EQ(ParseCron("* * * foo *").error, "month \"foo\": expected 1 to 12 or a name such as jan");
  EXPECT_EQ(ParseCron("* * * * 8").error, "day of week \"8\": expected 0 to 7 or a name such as sun");
  EXPECT_EQ(ParseCron("5-1 * * * *").error, "minute \"5-1\": the range ends before it begins");
  EXPECT_EQ(ParseCron("*/0 * * * *").error, "minute \"*/0\": the step must be a number from 1");
  EXPECT_EQ(ParseCron("1,,2 * * * *").error, "minute \"\": expected 0 to 59");
  EXPECT_EQ(ParseCron("-5 * * * *").error, "minute \"-5\": expected 0 to 59");
  EXPECT_EQ(ParseCron("99999999999 * * * *").error, "minute \"99999999999\": expected 0 to 59");
  EXPECT_EQ(ParseCron("* * *").error, "expected 5 fields (minute, hour, day of month, month, day of week), not 3");
  EXPECT_EQ(ParseCron("").error, "expected 5 fields (minute, hour, day of month, month, day of week), not 0");
  EXPECT_EQ(ParseCron("@noon").error, "\"@noon\" is no schedule; @hourly, @daily, @weekly, @monthly, @yearly are");
  EXPECT_EQ(ParseCron("0 0 31 2,4 *").error, "day of month \"31\": no such day in month \"2,4\"");
}

TEST(ParseCron, SurvivesRandomText) {
  std::mt19937 rng(22);
  const std::string_view alphabet = "0123459*/-, @jansun\t";
  for (int i = 0; i < 3000; i++) {
    std::string text;
    for (auto k = rng() % 25; k > 0; k--) text += alphabet[rng() % alphabet.size()];
    const CronParse parsed = ParseCron(text);
    if (parsed.error.empty()) {
      EXPECT_TRUE(NextCron(parsed.schedule, {2026, 1, 1, 0, 0}).has_value()) << text;
    }
  }
}

// A zone at UTC+1 whose clocks go from 2:00 to 3:00 on 2026-03-29 and from 3:00 back to 2:00 on 2026-10-25.
constexpr CivilTime kSpring{2026, 3, 29, 2, 0};
constexpr CivilTime kAutumn{2026, 10, 25, 2, 0};

Micros Utc(const CivilTime& local, int hours) {
  return (MinutesOf(local) - hours * 60) * kMinute;
}

LocalInstants Zone(const CivilTime& local) {
  const std::int64_t at = MinutesOf(local);
  if (at < MinutesOf(kSpring)) return {Utc(local, 1), {}};
  if (at < MinutesOf(kSpring) + 60) return {Utc(kSpring, 1), {}};
  if (at < MinutesOf(kAutumn)) return {Utc(local, 2), {}};
  if (at < MinutesOf(kAutumn) + 60) return {Utc(local, 2), Utc(local, 1)};
  return {Utc(local, 1), {}};
}

Micros NextInstant(const char* text, const CivilTime& local, Micros now) {
  return NextCronInstant(ParseCron(text).schedule, local, now, Zone);
}

TEST(NextCronInstant, RunsATimeThatDoesNotComeAfterTheGapAndOnce) {
  const Micros after_gap = Utc(kSpring, 1);
  EXPECT_EQ(NextInstant("30 2 * * *", {2026, 3, 29, 1, 59}, after_gap - kMinute), after_gap);
  EXPECT_EQ(NextInstant("30 2 * * *", {2026, 3, 29, 3, 0}, after_gap), Utc({2026, 3, 30, 2, 30}, 2));
  EXPECT_EQ(NextInstant("0 3 * * *", {2026, 3, 29, 1, 59}, after_gap - kMinute), after_gap);
}

TEST(NextCronInstant, RunsATimeThatComesTwiceTheFirstTimeOnly) {
  const Micros first = Utc({2026, 10, 25, 2, 30}, 2);
  EXPECT_EQ(NextInstant("30 2 * * *", {2026, 10, 25, 2, 29}, first - kMinute), first);
  EXPECT_EQ(NextInstant("30 2 * * *", {2026, 10, 25, 2, 30}, first), Utc({2026, 10, 26, 2, 30}, 1));
  EXPECT_EQ(NextInstant("30 2 * * *", {2026, 10, 25, 2, 10}, first + 40 * kMinute), Utc({2026, 10, 26, 2, 30}, 1));
}

TEST(NextCronInstant, GoesOnThroughTheRepeatedHourWhenEveryHourFits) {
  Micros now = Utc({2026, 10, 25, 1, 50}, 2);
  for (int i = 0; i < 20; i++) {
    const bool summer = now < Utc({2026, 10, 25, 3, 0}, 2);
    const Micros next = NextInstant("*/10 * * * *", CivilOf(now / kMinute + (summer ? 120 : 60)), now);
    EXPECT_EQ(next, now + 10 * kMinute);
    now = next;
  }
}

std::bitset<7> Days(std::initializer_list<int> days) {
  std::bitset<7> result;
  for (int day : days) result.set(static_cast<std::size_t>(day));
  return result;
}

TEST(NextBlackout, IsTheWindowThatContainsTheTimeOrTheNext) {
  const std::vector<BlackoutWindow> windows{{Days({1, 2, 3, 4, 5}), 9 * 60, 17 * 60}};
  auto stretch = NextBlackout(windows, {2026, 11, 26, 12, 30});
  ASSERT_TRUE(stretch && stretch->inside && !stretch->always);
  Expect(stretch->end, {2026, 11, 26, 17, 0});
  stretch = NextBlackout(windows, {2026, 11, 26, 17, 0});
  ASSERT_TRUE(stretch && !stretch->inside);
  Expect(stretch->begin, {2026, 11, 27, 9, 0});
  Expect(stretch->end, {2026, 11, 27, 17, 0});
  stretch = NextBlackout(windows, {2026, 11, 28, 12, 0});  // a Saturday
  ASSERT_TRUE(stretch && !stretch->inside);
  Expect(stretch->begin, {2026, 11, 30, 9, 0});
}

TEST(NextBlackout, WrapsMidnightAndTheWeek) {
  const std::vector<BlackoutWindow> windows{{Days({6}), 22 * 60, 6 * 60}};
  auto stretch = NextBlackout(windows, {2026, 11, 29, 5, 59});  // a Sunday
  ASSERT_TRUE(stretch && stretch->inside);
  Expect(stretch->end, {2026, 11, 29, 6, 0});
  EXPECT_FALSE(NextBlackout(windows, {2026, 11, 28, 21, 59})->inside);
  EXPECT_FALSE(NextBlackout(windows, {2026, 11, 28, 5, 0})->inside);
}

TEST(NextBlackout, JoinsWindowsThatTouch) {
  const std::vector<BlackoutWindow> windows{{Days({4}), 8 * 60, 12 * 60}, {Days({4}), 12 * 60, 0}, {Days({5}), 0, 60}};
  Expect(NextBlackout(windows, {2026, 11, 26, 9, 0})->end, {2026, 11, 27, 1, 0});
}

TEST(NextBlackout, KnowsNoneAndAlways) {
  EXPECT_FALSE(NextBlackout({}, {2026, 11, 26, 9, 0}).has_value());
  EXPECT_FALSE(NextBlackout({{{}, 0, 60}}, {2026, 11, 26, 9, 0}).has_value());
  EXPECT_TRUE(NextBlackout({{Days({0, 1, 2, 3, 4, 5, 6}), 0, 0}}, {2026, 11, 26, 9, 0})->always);
}

}  // namespace
}  // namespace steward::core
