// What is printed, as a whole, and what is saved.
#include "report/prepared_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "advise/prepared/advise_prepared.hpp"
#include "advise/prepared/drivers.hpp"
#include "advise/prepared/pooler.hpp"
#include "unit/optimizer/golden.hpp"
#include "unit/optimizer/prepared/prepared_workloads.hpp"

namespace steward::report {
namespace {

model::PreparedAdvice Shop(const std::optional<advise::PoolerFacts>& pooler) {
  model::PreparedStatement stop = test::Skewed(-14);
  stop.generic_plan_calls = stop.calls;
  model::PreparedStatement partitions = test::Extended(15);
  partitions.choice = test::ChoiceOf(830, {test::ValueOf("common", 8.3, 8.4), test::ValueOf("drawn", 8.3, 8.3)});
  partitions.choice->prunes = true;
  partitions.calls = partitions.extended_calls = partitions.plans = 500;
  model::PreparedStatement utility = test::Extended(16);
  utility.not_plannable = "utility";
  return advise::AdvisePrepared(test::PreparedWorkloadOf({test::Simple(), test::Skewed(), stop, partitions, utility}),
                                advise::JudgePooler(pooler), {});
}

PreparedReportContext Context(model::PoolerVerdict verdict) {
  PreparedReportContext context;
  for (const auto& one : advise::DriversFor(true, verdict)) context.drivers_on.emplace_back(one.driver, one.text);
  for (const auto& one : advise::DriversFor(false, verdict)) context.drivers_off.emplace_back(one.driver, one.text);
  return context;
}

TEST(PreparedReportTest, Text) {
  PreparedReportContext context = Context(model::PoolerVerdict::kSupported);
  context.run_id = 3;
  context.muted = 1;
  test::ExpectGolden("prepared_report.txt", PreparedText(Shop(advise::PoolerFacts{124, "1.24", "transaction", 200}), context));
}

TEST(PreparedReportTest, TextBehindAPoolerThatIsTooOld) {
  PreparedReportContext context = Context(model::PoolerVerdict::kTooOld);
  context.not_saved = "this server is a standby";
  test::ExpectGolden("prepared_report_too_old.txt", PreparedText(Shop(advise::PoolerFacts{118, "1.18", "transaction", std::nullopt}), context));
}

TEST(PreparedReportTest, Json) {
  test::ExpectGolden("prepared_report.json", PreparedJson(Shop(std::nullopt), Context(model::PoolerVerdict::kNone)));
}

TEST(PreparedReportTest, MeasuredAndRejectedSuggestionsAreShown) {
  model::PreparedAdvice advice = Shop(std::nullopt);
  model::PreparedMeasurement measured;
  measured.simple = {0.3, 0.29, 0.31};
  measured.custom = {0.25, 0.24, 0.26};
  measured.generic = {0.1, 0.09, 0.12};
  measured.rounds = 40;
  measured.values = 6;
  measured.saved = 0.2;
  measured.saved_low = 0.18;
  measured.saved_high = 0.22;
  measured.worst_ratio = 0.9;
  measured.decided = true;
  advice.measured = true;
  advice.suggestions[1].measured = measured;
  advice.suggestions[1].status = "verified";
  advice.rejected.push_back(advice.suggestions[2]);
  advice.rejected.back().rejected_because = "it saves nothing";
  advice.rejected.back().status = "rejected";
  const std::string text = PreparedText(advice, {});
  EXPECT_NE(text.find("measured: simple 300 us"), std::string::npos) << text;
  EXPECT_NE(text.find("rejected: it saves nothing"), std::string::npos);
  EXPECT_EQ(text.find("predicted, not measured"), std::string::npos);
  EXPECT_EQ(text.find("decides"), std::string::npos);
  advice.suggestions[1].measured->decided = false;
  EXPECT_NE(PreparedText(advice, {}).find("decides"), std::string::npos);
  const auto document = nlohmann::json::parse(PreparedRunDocument(advice, {}, "0.1.0"));
  EXPECT_EQ(document["suggestions"].size(), advice.suggestions.size() + 1);
  EXPECT_EQ(document["suggestions"][1]["status"], "verified");
  EXPECT_EQ(document["suggestions"].back()["status"], "rejected");
}

TEST(PreparedReportTest, TheRunDocumentHasTheColumnsOfTheView) {
  const auto document = nlohmann::json::parse(PreparedRunDocument(Shop(std::nullopt), Context(model::PoolerVerdict::kNone), "0.1.0"));
  EXPECT_EQ(document["kind"], "prepared");
  const auto& stop = document["suggestions"][0];
  EXPECT_EQ(stop["details"]["action"], "stop_preparing");
  EXPECT_EQ(stop["details"]["queryid"], "-14");
  EXPECT_TRUE(stop["details"]["saved_time_per_call"].is_null());
  EXPECT_TRUE(stop["details"]["prepare_sql"].is_null());
  EXPECT_DOUBLE_EQ(stop["details"]["worst_cost_ratio"].get<double>(), 100);
  EXPECT_EQ(stop["evidence"]["drivers"]["pgjdbc"], "prepareThreshold=0");
  for (const char* column : {"userid", "dbid", "query", "calls_per_hour", "simple_calls", "extended_calls", "generic_plan_calls",
                             "custom_plan_calls", "mean_plan_time", "mean_exec_time", "saved_time_per_hour", "generic_cost", "custom_cost",
                             "pooler_note"})
    EXPECT_TRUE(stop["details"].contains(column)) << column;
}

TEST(DriversTest, EachCanAndCanNot) {
  for (const bool on : {true, false}) EXPECT_EQ(advise::DriversFor(on, model::PoolerVerdict::kNone).size(), 7u);
  const auto through = advise::DriversFor(true, model::PoolerVerdict::kSupported);
  EXPECT_NE(through[2].text.find("PgBouncer 1.22"), std::string::npos);
}

}  // namespace
}  // namespace steward::report
