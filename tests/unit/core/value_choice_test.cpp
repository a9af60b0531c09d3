// Tests of core/value_choice: how draws are shared out, medians, skew and the ends of ranges.
#include "core/value_choice.hpp"

#include <gtest/gtest.h>

namespace steward::core {
namespace {

TEST(ValueChoice, TypicalValuesKeepAThirdOfTheDraws) {
  EXPECT_EQ(ExtremesAmong(6, 10), 4);
  EXPECT_EQ(ExtremesAmong(16, 100), 11);
  EXPECT_EQ(ExtremesAmong(6, 2), 2);
  EXPECT_EQ(ExtremesAmong(6, 0), 0);
}

TEST(ValueChoice, FewDrawsAreAllExtremes) {
  EXPECT_EQ(ExtremesAmong(1, 4), 1);
  EXPECT_EQ(ExtremesAmong(2, 4), 2);
}

TEST(ValueChoice, MedianIsNotMovedByOneSlowRun) {
  double odd[] = {3, 1, 1000, 2, 2.5};
  EXPECT_DOUBLE_EQ(Median(odd, 5), 2.5);
  double even[] = {4, 1, 2, 3};
  EXPECT_DOUBLE_EQ(Median(even, 4), 2.5);
  double one[] = {7};
  EXPECT_DOUBLE_EQ(Median(one, 1), 7);
}

TEST(ValueChoice, SkewIsAtLeastOneAndNothingWhereAShareIsUnknown) {
  EXPECT_DOUBLE_EQ(Skew(0.9, 0.001), 900);
  EXPECT_DOUBLE_EQ(Skew(0.1, 0.2), 1);
  EXPECT_DOUBLE_EQ(Skew(0.9, 0), 1);
  EXPECT_DOUBLE_EQ(Skew(0, 0.1), 1);
}

TEST(ValueChoice, RangeEndsEncloseTheShareOfRows) {
  for (const bool wide : {true, false}) {
    const RangeEnds both = EndsOfRange(wide, true, true);
    EXPECT_NEAR(both.upper - both.lower, both.share, 1e-12);
    const RangeEnds above = EndsOfRange(wide, true, false);
    EXPECT_NEAR(1 - above.lower, above.share, 1e-12);
    const RangeEnds below = EndsOfRange(wide, false, true);
    EXPECT_NEAR(below.upper, below.share, 1e-12);
  }
  EXPECT_GT(EndsOfRange(true, true, true).share, 0.9);
  EXPECT_LT(EndsOfRange(false, true, true).share, 0.01);
}

}  // namespace
}  // namespace steward::core
