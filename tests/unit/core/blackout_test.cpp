// The text of blackout windows: what is read, and what is said of what cannot be.
#include "core/blackout.hpp"

#include <gtest/gtest.h>

namespace steward::core {
namespace {

TEST(Blackout, ReadsDaysAndTimes) {
  const BlackoutParse parse = ParseBlackout(" mon-fri 09:00-17:30; SAT,Sun 22:15 - 02:00 ;");
  ASSERT_EQ(parse.error, "");
  ASSERT_EQ(parse.windows.size(), 2U);
  EXPECT_EQ(parse.windows[0].weekdays.to_string(), "0111110");
  EXPECT_EQ(parse.windows[0].from, 9 * 60);
  EXPECT_EQ(parse.windows[0].to, 17 * 60 + 30);
  EXPECT_EQ(parse.windows[1].weekdays.to_string(), "1000001");
  EXPECT_EQ(parse.windows[1].to, 2 * 60);
}

TEST(Blackout, WithoutDaysMeansEveryDay) {
  const BlackoutParse parse = ParseBlackout("00:00-24:00");
  ASSERT_EQ(parse.windows.size(), 1U);
  EXPECT_TRUE(parse.windows[0].weekdays.all());
  EXPECT_EQ(parse.windows[0].to, 0);
}

TEST(Blackout, RangesOfDaysGoRoundTheWeek) {
  EXPECT_EQ(ParseBlackout("sat-mon 01:00-02:00").windows[0].weekdays.to_string(), "1000011");
}

TEST(Blackout, SaysWhatIsWrong) {
  EXPECT_EQ(ParseBlackout("never").error, "\"never\" has no times");
  EXPECT_EQ(ParseBlackout("mom 09:00-10:00").error, "\"mom\" is no list of days");
  for (const char* times : {"9:00-10:00", "09:00", "09:60-10:00", "24:00-01:00", "25:00-26:00", "09:00-10:00x"})
    EXPECT_EQ(ParseBlackout(times).error, "\"" + std::string(times) + "\" is not a pair of times");
}

TEST(Blackout, NothingIsNoWindow) {
  EXPECT_TRUE(ParseBlackout("").windows.empty());
  EXPECT_EQ(ParseBlackout(" ; ").error, "");
}

}  // namespace
}  // namespace steward::core
