// What the model of a pool takes from a workload.
#include "advise/pool/pool_model.hpp"

#include <gtest/gtest.h>

#include "unit/optimizer/pool/pool_workloads.hpp"

namespace steward::advise::pool {
namespace {

PoolModel ModelOf(const model::PoolWorkload& workload) { return MakeModel(workload, GroupClasses(workload, {})); }

// For each second that selects compute, their clients and the kernel do about as long; for a second of scans next to nothing.
TEST(PoolModelTest, WhoWorksForTransactionsHasMoreToDoForShortOnes) {
  const double select = ModelOf(test::PoolWorkloadOf({test::Select()})).System().others.along_each;
  const double mixed = ModelOf(test::PoolWorkloadOf({test::Mixed()})).System().others.along_each;
  EXPECT_NEAR(select, 0.03 / 0.045, 0.01);
  EXPECT_NEAR(mixed, 0.03 / 1.35, 0.001);
  EXPECT_GT(ModelOf(test::PoolWorkloadOf({test::Mixed()})).Saturated(kAllGroups, 0).others.along_each, 1);
}

// CPU that transactions took the longer for running beside others is not somebody else's.
TEST(PoolModelTest, AllOfTheCpuThatWasMeasuredIsTheTransactions) {
  model::PoolWorkload workload = test::PoolWorkloadOf({{.rate = 500, .hold = 40, .cpu = 3.9, .running = 40}});
  workload.host.clients_local = false;
  workload.host.busy_cores = 2;
  const PoolModel model = ModelOf(workload);
  EXPECT_LT(model.classes[0].cpu_ms, 3.9);
  EXPECT_NEAR(model.other_cores, 0.05, 1e-6);
}

}  // namespace
}  // namespace steward::advise::pool
