// Recommended sizes on throughput curves that were measured with saturating clients: what they lose against the best size.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "advise/pool/advise_pool.hpp"
#include "unit/optimizer/pool/pool_workloads.hpp"

namespace steward::advise {
namespace {

struct Point {
  double size;
  double lost;  // percent of the best throughput, of the smoothed curve
};

struct Curve {
  const char* name;
  test::Measured measured;
  int users;
  std::vector<Point> points;
  double most_lost;  // that the recommended size may lose
};

// Linear between measured sizes on a logarithmic scale.
double Lost(const Curve& curve, double size) {
  if (size <= curve.points.front().size) return curve.points.front().lost;
  for (std::size_t i = 1; i < curve.points.size(); ++i) {
    const Point& a = curve.points[i - 1];
    const Point& b = curve.points[i];
    if (size <= b.size) return a.lost + (b.lost - a.lost) * std::log(size / a.size) / std::log(b.size / a.size);
  }
  return curve.points.back().lost;
}

const std::vector<Curve>& Curves() {
  static const std::vector<Curve> curves = {
      {"select, 50", test::Select(), 50, {{2, 14}, {4, 5}, {5, 2}, {8, 0}, {9, 0}, {20, 4}, {40, 15}}, 3},
      {"select, 500", test::Select(), 500, {{2, 2}, {4, 0}, {5, 0}, {8, 2}, {20, 12}, {40, 26}}, 5},
      {"TPC-B, 50", test::TpcB(), 50, {{2, 39}, {5, 14}, {8, 6}, {9, 5}, {18, 0}, {20, 0}, {40, 5}}, 3},
      {"TPC-B, 500", test::TpcB(), 500, {{2, 64}, {5, 34}, {8, 17}, {13, 5}, {20, 0}, {21, 0}, {40, 8}}, 7},
      {"mixed, 50", test::Mixed(), 50, {{2, 41}, {5, 21}, {8, 13}, {18, 5}, {20, 4}, {40, 1}, {50, 0}}, 4},
      {"mixed, 500", test::Mixed(), 500, {{2, 34}, {5, 16}, {8, 10}, {16, 5}, {20, 4}, {40, 1}, {64, 0}}, 4},
      {"hold, 50", test::Hold(), 50, {{2, 97}, {5, 91}, {8, 85}, {20, 60}, {40, 20}, {48, 5}, {50, 0}}, 3},
  };
  return curves;
}

class RegretTest : public testing::TestWithParam<std::size_t> {};

TEST_P(RegretTest, TheRecommendedSizeLosesLittle) {
  const Curve& curve = Curves()[GetParam()];
  model::PoolDemand demand;
  demand.users = curve.users;
  const model::PoolAdvice advice = AdvisePool(test::PoolWorkloadOf({curve.measured}), demand);
  ASSERT_EQ(advice.pools.size(), 1U);
  const double size = static_cast<double>(advice.pools[0].size);
  RecordProperty(curve.name, std::to_string(advice.pools[0].size) + " connections lose " + std::to_string(Lost(curve, size)) + " %");
  EXPECT_LE(Lost(curve, size), curve.most_lost) << curve.name << ": " << size << " connections";
  // What was promised was kept at some size by all but these two.
  const bool infeasible = std::string(curve.name) == "TPC-B, 500" || std::string(curve.name) == "mixed, 500";
  EXPECT_EQ(advice.feasibility.feasible, !infeasible) << curve.name;
  EXPECT_EQ(advice.feasibility.most_users.has_value(), infeasible);
  EXPECT_LT(advice.feasibility.most_users.value_or(0), 500);
  EXPECT_GT(advice.feasibility.most_users.value_or(100), 50);
}

INSTANTIATE_TEST_SUITE_P(Curves, RegretTest, testing::Range<std::size_t>(0, Curves().size()));

}  // namespace
}  // namespace steward::advise
