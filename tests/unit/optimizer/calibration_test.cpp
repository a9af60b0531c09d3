// The search for a pool's size on synthetic throughput curves with noise, of the shapes that were measured.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "load/calibration.hpp"
#include "normal.hpp"

namespace steward::load {
namespace {

// Throughput of n connections: a universal scalability law, and one that only time limits.
double Select(int n) { return 15'000.0 * n / (1 + 0.40 * (n - 1) + 0.0009 * n * (n - 1)); }
double TpcB(int n) { return 800.0 * n / (1 + 0.24 * (n - 1) + 0.0012 * n * (n - 1)); }
double Hold(int n) { return std::min(n, 60) * 48.0; }

struct Bench {
  std::function<double(int)> curve;
  double noise = 0.03;
  int clients = 60;
  double slo_ms = 1e9;
  int disturbed_every = 0;
  int probes = 0;

  Probe Run(int size, Random& random) {
    const double factor = 1 + noise * (2 * random.Uniform() - 1);
    const double throughput = curve(size) * factor;
    const double p95_ms = 2000.0 * clients / throughput;
    ++probes;
    const bool disturbed = disturbed_every > 0 && probes % disturbed_every == 0;
    return {size, disturbed ? throughput / 2 : throughput, p95_ms, 0, p95_ms < slo_ms, disturbed};
  }
};

model::CalibrationResult Search(Bench& bench, CalibrationOptions options) {
  Calibration calibration(options);
  Random random(options.seed + 99);
  while (const auto size = calibration.Next()) {
    calibration.Add(bench.Run(*size, random));
    EXPECT_LT(bench.probes, 200) << "it does not end";
    if (bench.probes >= 200) break;
  }
  return calibration.Result();
}

double Regret(const std::function<double(int)>& curve, int size, int most) {
  double best = 0;
  for (int n = 1; n <= most; ++n) best = std::max(best, curve(n));
  return 1 - curve(size) / best;
}

TEST(Calibration, LosesLittleOnEveryShapeAndFromEveryStart) {
  const std::pair<const char*, std::function<double(int)>> curves[] = {{"select", Select}, {"tpcb", TpcB}, {"hold", Hold}};
  for (const auto& [name, curve] : curves)
    for (const int original : {5, 20, 40})
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Bench bench{curve};
        const auto result = Search(bench, {.original = original, .most = 90, .rounds = 8, .seed = seed});
        EXPECT_LT(Regret(curve, result.chosen, 90), 0.08) << name << " from " << original << ", seed " << seed << ": " << result.chosen;
        EXPECT_LE(bench.probes, 60) << name;
      }
}

// What is lost in the mean over many searches on a machine that gets faster all the time, with probes whose spread is
// `spread`. Of the curve, as measured for TPC-B with 500 clients, 7 connections serve 5 % less than 14.
double MeanLoss(double spread) {
  const auto curve = [](int n) { return 1500.0 * n / (1 + 0.28 * (n - 1) + 0.0045 * n * (n - 1)); };
  constexpr int kSearches = 200;
  double lost = 0;
  for (std::uint64_t seed = 1; seed <= kSearches; ++seed) {
    Calibration calibration({.original = 20, .most = 200, .rounds = 6, .seed = seed});
    Random random(seed + 999);
    for (int probes = 0; probes < 200; ++probes) {
      const auto size = calibration.Next();
      if (!size) break;
      const double speed = (1 + 0.01 * probes) * std::exp(spread * Normal(random));
      calibration.Add({*size, curve(*size) * speed, 10, 0, true, false});
    }
    lost += Regret(curve, calibration.Result().chosen, 200) / kSearches;
  }
  return lost;
}

TEST(Calibration, LosesLittleWhereTheMachineGetsFaster) { EXPECT_LT(MeanLoss(0.03), 0.02); }

TEST(Calibration, LosesLittleWhereProbesAreNoisyToo) { EXPECT_LT(MeanLoss(0.125), 0.03); }

TEST(Calibration, PrefersTheSmallerOfEquals) {
  Bench bench{[](int) { return 1000.0; }, 0.01};
  const auto result = Search(bench, {.original = 16, .most = 64, .rounds = 8, .seed = 3});
  EXPECT_LE(result.chosen, 4);
  EXPECT_TRUE(result.proven);
}

TEST(Calibration, GrowsBeyondItsGridWhereConnectionsAreHeld) {
  Bench bench{Hold};
  const auto result = Search(bench, {.original = 4, .most = 90, .rounds = 8, .seed = 1});
  EXPECT_GE(result.chosen, 50);
}

TEST(Calibration, NeverLeavesItsBounds) {
  Bench bench{Hold};
  const auto result = Search(bench, {.original = 20, .most = 30, .rounds = 6, .seed = 1});
  EXPECT_EQ(result.chosen, 30);
  for (const auto& size : result.sizes) EXPECT_LE(size.size, 30);
}

TEST(Calibration, ASizeThatBreaksAPromiseIsNotChosenForItsThroughput) {
  // All serve the same, as an open load does; only from 12 on in time.
  Calibration calibration({.original = 16, .most = 64, .rounds = 8, .seed = 1});
  int probes = 0;
  while (const auto size = calibration.Next()) {
    calibration.Add({*size, 500, *size >= 12 ? 20.0 : 300.0, 0, *size >= 12, false});
    ASSERT_LT(++probes, 200);
  }
  const auto result = calibration.Result();
  EXPECT_GE(result.chosen, 12);
  EXPECT_LE(result.chosen, 13);
  EXPECT_TRUE(result.slo_feasible);
}

TEST(Calibration, FindsPromisesThatNeedMoreThanItsGrid) {
  // An open load: all serve the same, and only from 100 on in time.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Calibration calibration({.original = 20, .most = 200, .rounds = 6, .seed = seed});
    Random random(seed);
    int probes = 0;
    while (const auto size = calibration.Next()) {
      calibration.Add({*size, 500 * (1 + 0.01 * Normal(random)), 20, 0, *size >= 100, false});
      ASSERT_LT(++probes, 200);
    }
    const auto result = calibration.Result();
    EXPECT_TRUE(result.slo_feasible) << seed;
    EXPECT_GE(result.chosen, 100) << seed;
  }
}

TEST(Calibration, IsNotProvenWhereASmallerSizeMayDoAsWell) {
  int proven = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Bench bench{[](int) { return 1000.0; }, 0.3};
    const auto result = Search(bench, {.original = 16, .most = 64, .rounds = 6, .seed = seed});
    proven += result.proven && result.chosen > result.sizes.front().size ? 1 : 0;
    if (!result.proven) {
      EXPECT_NE(result.why.find("probably"), std::string::npos);
    }
  }
  EXPECT_LE(proven, 5);
}

TEST(Calibration, RoundsInWhichNothingWasServedDoNotEndItWithoutAWord) {
  Calibration calibration({.original = 20, .most = 80, .rounds = 6, .seed = 5});
  int probes = 0;
  while (const auto size = calibration.Next()) {
    const bool stalled = probes >= 5 && probes < 10;
    calibration.Add({*size, stalled ? 0.0 : 500.0, 10, 0, true, false});
    ASSERT_LT(++probes, 200);
  }
  EXPECT_GT(probes, 10);
  EXPECT_FALSE(calibration.Result().sizes.empty());
}

TEST(Calibration, SaysWhenNoSizeKeepsThePromises) {
  Bench bench{TpcB, 0.02, 500, 100};
  const auto result = Search(bench, {.original = 20, .most = 80, .rounds = 6, .seed = 2});
  EXPECT_FALSE(result.slo_feasible);
  EXPECT_NE(result.why.find("no size"), std::string::npos);
}

TEST(Calibration, DisturbedProbesDoNotCount) {
  Bench bench{TpcB};
  bench.disturbed_every = 3;
  const auto result = Search(bench, {.original = 20, .most = 90, .rounds = 6, .seed = 4});
  EXPECT_GT(result.discarded, 0);
  EXPECT_LT(Regret(TpcB, result.chosen, 90), 0.08);
}

TEST(Calibration, AMachineThatIsNeverQuietDoesNotHoldItUp) {
  Bench bench{TpcB};
  bench.disturbed_every = 1;
  Search(bench, {.original = 20, .most = 40, .rounds = 3, .seed = 4});
  EXPECT_LT(bench.probes, 100);
}

TEST(Calibration, ASizeThatMakesClientsTimeOutIsTriedOnce) {
  Calibration calibration({.original = 20, .most = 80, .rounds = 6, .seed = 5});
  calibration.Next();
  int small = 0;
  int probes = 0;
  calibration.Add({20, 500, 10, 0, true, false});
  while (const auto size = calibration.Next()) {
    small += *size == 5 ? 1 : 0;
    calibration.Add({*size, 500, 10, *size == 5 ? 0.5 : 0, *size != 5, false});
    ASSERT_LT(++probes, 200);
  }
  EXPECT_EQ(small, 1);
  EXPECT_NE(calibration.Result().chosen, 5);
}

}  // namespace
}  // namespace steward::load
