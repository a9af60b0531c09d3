// That parts of pool advice agree with each other, and with what was seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "advise/pool/advise_pool.hpp"
#include "advise/pool/pool_settings.hpp"
#include "advise/pool/pool_sizing.hpp"
#include "unit/optimizer/pool/pool_workloads.hpp"

namespace steward::advise::pool {
namespace {

using model::PoolAdvice;
using model::PoolDemand;
using test::Measured;
using test::PoolWorkloadOf;

const model::PoolSetting& Row(const PoolAdvice& advice, const std::string& pool, const std::string& setting) {
  const auto row = std::find_if(advice.settings.begin(), advice.settings.end(), [&](const model::PoolSetting& one) {
    return one.pool == pool && one.component == "pgbouncer" && one.setting == setting;
  });
  if (row == advice.settings.end()) throw std::logic_error("no setting " + setting);
  return *row;
}

// Reports that queue for their few connections wait longer than what is promised to the others.
TEST(AgreementTest, WhatIsPredictedIsPredictedWithTheTimeoutThatIsAdvised) {
  const auto workload = PoolWorkloadOf({test::TpcB(), {.application = "reports", .rate = 0.6, .hold = 1600, .cpu = 1500, .stddev = 1200, .p50 = 1300, .writes = false}});
  for (const std::optional<std::int64_t> most : {std::optional<std::int64_t>(), std::optional<std::int64_t>(10)}) {
    PoolDemand demand;
    demand.max_connections = most;
    const PoolAdvice advice = AdvisePool(workload, demand);
    const double advised = 1000 * std::strtod(Row(advice, "", "query_wait_timeout").suggested.c_str(), nullptr);
    EXPECT_GT(advised, 1000);
    std::vector<int> sizes;
    for (const model::AdvisedPool& pool : advice.pools) sizes.push_back(static_cast<int>(pool.size));
    const SimulatedOutcomes outcomes = Predict(MakeModel(workload, GroupClasses(workload, demand)), demand, sizes,
                                               {.acquire_timeout_ms = advised, .transactions = 60000, .margin = false});
    ASSERT_EQ(advice.pools.back().name, "admin");
    EXPECT_GT(advice.pools.back().predicted.timeout_ratio, 0);
    EXPECT_EQ(advice.pools.back().predicted.timeout_ratio, outcomes.pools.back().timeout_ratio);
    EXPECT_EQ(advice.pools.back().predicted.wait_p95, outcomes.pools.back().wait_p95);
  }
}

}  // namespace
}  // namespace steward::advise::pool
