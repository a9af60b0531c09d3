// Levels and intervals of what was measured in rounds, some of whose cells are empty.
#include <gtest/gtest.h>

#include <cmath>

#include "load/random.hpp"
#include "load/round_fit.hpp"
#include "normal.hpp"

namespace steward::load {
namespace {

TEST(RoundFit, FindsLevelsAndFactorsOfExactData) {
  // Sizes of 100 and 80; rounds of factors 1 and 3; the second size is there in both, the first only in the slow one.
  const RoundFit fit({{1, 0, 100}, {2, 0, 80}, {2, 1, 240}});
  EXPECT_NEAR(fit.Ratio(2, 1).mean, 0.8, 1e-6);
  EXPECT_NEAR(fit.Level(1), 200, 1e-3);  // in a round of mean speed
}

TEST(RoundFit, ASizeThatCameInLateIsNotTakenForBetterBecauseTheMachineWasFaster) {
  std::vector<Observation> observations;
  for (std::size_t round = 0; round < 4; ++round) {
    const double speed = 1 + 0.2 * static_cast<double>(round);
    observations.push_back({10, round, 100 * speed});
    if (round >= 2) observations.push_back({7, round, 90 * speed});
  }
  const RoundFit fit(observations);
  EXPECT_NEAR(fit.Ratio(7, 10).mean, 0.9, 1e-3);
}

// How often, of a thousand, the interval of a size that joined in `joined` over another holds the true ratio.
int Held(std::size_t joined, std::size_t rounds, const std::vector<int>& others) {
  Random random(7);
  int held = 0;
  for (int i = 0; i < 1000; ++i) {
    std::vector<Observation> observations;
    for (std::size_t round = 0; round < rounds; ++round) {
      const double speed = 1 + 0.3 * random.Uniform();
      for (const int size : others) observations.push_back({size, round, 100 * speed * (1 + 0.05 * Normal(random))});
      if (round >= joined) observations.push_back({5, round, 90 * speed * (1 + 0.05 * Normal(random))});
    }
    const Interval interval = RoundFit(observations).Ratio(5, others.front());
    held += interval.low <= 0.9 && 0.9 <= interval.high ? 1 : 0;
  }
  return held;
}

TEST(RoundFit, AnIntervalHoldsTheTruthInNineteenOfTwentyCases) {
  EXPECT_NEAR(Held(0, 4, {20, 10, 40}), 950, 20);
  EXPECT_NEAR(Held(4, 6, {20}), 950, 20);
  EXPECT_NEAR(Held(5, 6, {20, 10}), 950, 20);
}

TEST(RoundFit, NothingIsKnownOfSizesThatNoRoundsConnect) {
  const RoundFit fit({{1, 0, 100}, {2, 0, 90}, {1, 1, 101}, {2, 1, 92}, {1, 3, 99}, {2, 3, 91}, {3, 2, 80}, {4, 2, 70}});
  EXPECT_TRUE(std::isinf(fit.Ratio(3, 1).high));
  EXPECT_EQ(fit.Ratio(3, 1).low, 0);
  EXPECT_TRUE(std::isfinite(fit.Ratio(2, 1).high));
}

TEST(RoundFit, FewerObservationsHaveALargerError) {
  const RoundFit fit({{1, 0, 100}, {1, 1, 110}, {1, 2, 95}, {2, 0, 90}, {2, 1, 80}, {3, 2, 70}});
  EXPECT_GT(fit.Error(3), fit.Error(2));
  EXPECT_GT(fit.Error(2), fit.Error(1));
}

TEST(RoundFit, NothingIsLearnedOfOthersFromWhatIsOutOfTheQuestion) {
  std::vector<Observation> observations = {{1, 0, 100}, {1, 1, 101}, {1, 2, 99}, {2, 0, 90}, {2, 1, 91}, {2, 2, 92}};
  const double before = RoundFit(observations).Error(1);
  for (const double value : {5.0, 60.0, 20.0})
    observations.push_back({3, observations.size() - 6, value, false});
  const RoundFit fit(observations);
  EXPECT_NEAR(fit.Error(1), before, 1e-9);
  EXPECT_LT(fit.Ratio(3, 1).mean, 0.5);
}

TEST(RoundFit, SaysThatItKnowsNothingWhereThereIsNothingToCompare) {
  const RoundFit none({});
  EXPECT_EQ(none.Level(1), 0);
  EXPECT_TRUE(std::isinf(none.Error(1)));
  const RoundFit once({{1, 0, 100}, {2, 0, 90}});
  EXPECT_NEAR(once.Ratio(2, 1).mean, 0.9, 1e-9);
  EXPECT_EQ(once.Ratio(2, 1).low, 0);
  EXPECT_TRUE(std::isinf(once.Ratio(2, 1).high));
  EXPECT_EQ(once.Ratio(1, 1).low, 1);
}

TEST(RoundFit, ASizeThatServedNothingHasALevelOfNothing) {
  const RoundFit fit({{1, 0, 100}, {2, 0, 0}, {1, 1, 110}, {2, 1, 0}, {3, 0, 90}, {3, 1, 100}});
  EXPECT_EQ(fit.Level(2), 0);
  EXPECT_EQ(fit.Ratio(2, 1).high, 0);
  EXPECT_NEAR(fit.Ratio(3, 1).mean, 0.905, 0.01);
}

}  // namespace
}  // namespace steward::load
