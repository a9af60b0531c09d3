// What is printed, as a whole. The numbers in it are a simulation's: a change to the model changes them.
#include "report/pool_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "advise/pool/advise_pool.hpp"
#include "unit/optimizer/golden.hpp"
#include "unit/optimizer/pool/pool_workloads.hpp"

namespace steward::report {
namespace {

using test::Measured;
using test::PoolWorkloadOf;

model::PoolAdvice Shop() {
  auto workload = PoolWorkloadOf({{.application = "web", .rate = 300, .hold = 2.6, .cpu = 0.6, .stddev = 1.5, .p50 = 2.2, .statements = 5, .wal = 1, .client = 0.6},
                                  {.application = "lists", .rate = 600, .hold = 0.3, .cpu = 0.25, .stddev = 0.2, .p50 = 0.25, .writes = false},
                                  {.application = "reports", .rate = 4, .hold = 110, .cpu = 90, .stddev = 40, .p50 = 100, .running = 105, .writes = false}});
  workload.classes[1].role = "reader";
  workload.classes[2].role = "reporter";
  model::PoolDemand demand;
  demand.users = 2000;
  demand.think_time = 2000;
  demand.instances = 4;
  return advise::AdvisePool(workload, demand);
}

model::PoolAdvice Overload() {
  model::PoolDemand demand;
  demand.users = 500;
  auto workload = PoolWorkloadOf({{.rate = 55, .hold = 260, .cpu = 33, .stddev = 300, .p50 = 120, .running = 255, .writes = false}});
  workload.missing.push_back("something");
  return advise::AdvisePool(workload, demand);
}

TEST(PoolReportTest, Text) {
  PoolReportContext context;
  context.run_id = 3;
  test::ExpectGolden("pool_report.txt", PoolText(Shop(), context));
}

TEST(PoolReportTest, TextWhereNoSizeHelps) {
  PoolReportContext context;
  context.not_saved = "this server is a standby";
  context.workload_file = "pool.json";
  context.muted = 2;
  test::ExpectGolden("pool_report_infeasible.txt", PoolText(Overload(), context));
}

TEST(PoolReportTest, Json) { test::ExpectGolden("pool_report.json", PoolJson(Shop(), {})); }

TEST(PoolReportTest, RunDocumentHasARowASetting) {
  const model::PoolAdvice advice = Shop();
  const auto document = nlohmann::json::parse(PoolRunDocument(advice, "", "0.1.0"));
  EXPECT_EQ(document["kind"], "pool");
  EXPECT_EQ(document["suggestions"].size(), advice.settings.size());
  for (const auto& row : document["suggestions"]) {
    EXPECT_EQ(row["kind"], "pool");
    EXPECT_TRUE(row["details"]["reason"].is_string());
    EXPECT_TRUE(row["evidence"]["feasibility"]["feasible"].get<bool>());
  }
}

TEST(PoolReportTest, NamesCannotWriteToTheTerminal) {
  auto workload = PoolWorkloadOf({{.application = "evil\x1b[31m\nname"}});
  workload.classes[0].role = "ro\x1bse";
  const std::string text = PoolText(advise::AdvisePool(workload, {}), {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("evil\\x1b"), std::string::npos);
}

TEST(PoolReportTest, LinesStayWithinTheTerminal) {
  for (const model::PoolAdvice& advice : {Shop(), Overload()}) {
    std::istringstream lines(PoolText(advice, {}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120U) << line;
  }
}

}  // namespace
}  // namespace steward::report
