// The division of a budget of connections.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "advise/pool/pool_sizing.hpp"

namespace steward::advise::pool {
namespace {

TEST(AllocateTest, NobodyGetsMoreThanWantedNorTheBudgetIsExceeded) {
  const std::vector<Claim> claims = {{30, 5, 1, 10, 1}, {20, 2, 0.2, 10, 4}, {4, 1, 0.01, 100, 1}};
  for (int budget = 3; budget < 70; ++budget) {
    const std::vector<int> sizes = Allocate(claims, budget);
    EXPECT_LE(std::accumulate(sizes.begin(), sizes.end(), 0), std::max(budget, 3));
    for (std::size_t i = 0; i < claims.size(); ++i) {
      EXPECT_GE(sizes[i], 1);
      EXPECT_LE(sizes[i], claims[i].wanted);
    }
  }
  EXPECT_EQ(Allocate(claims, 100), (std::vector<int>{30, 20, 4}));
}

TEST(AllocateTest, TheNextOneGoesWhereItHelpsMost) {
  const std::vector<int> sizes = Allocate({{20, 1, 1, 5, 1}, {20, 1, 1, 1, 1}}, 12);
  EXPECT_GT(sizes[0], sizes[1]);
  EXPECT_EQ(sizes[0] + sizes[1], 12);
}

}  // namespace
}  // namespace steward::advise::pool
