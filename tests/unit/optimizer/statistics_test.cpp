// Statistics that the planner lacks: which scans ask for them, what is suggested, and how it is reported.
#include "advise/statistics/advise_statistics.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_oracle.hpp"
#include "report/index_report.hpp"
#include "report/statistics_report.hpp"

namespace steward::advise {
namespace {

using model::StatisticsKind;

// A scan of orders (a million rows) by `queryid` with these columns compared, and its rows.
void AddScan(Workload& w, std::int64_t queryid, const std::vector<int>& equal, double estimated, double measured,
             int scan_no = 1) {
  for (const int attnum : equal)
    AddPredicate(w, queryid, attnum, PredicateRole::kFilter, PredicateKind::kEquality).scan_no = scan_no;
  Predicate& whole = AddPredicate(w, queryid, 5, PredicateRole::kOutput, PredicateKind::kNone);
  whole.scan_no = scan_no;
  whole.estimated_selectivity = estimated / 1e6;
  whole.actual_selectivity = measured / 1e6;
  whole.executions = 22;
}

Workload Correlated() {
  Workload w = Shop();
  AddStatement(w, 1, 10, 1000);
  AddScan(w, 1, {1, 2}, 24, 1200);
  return w;
}

TEST(Statistics, ColumnsComparedTogetherGetExtendedOnes) {
  const auto found = AdviseStatistics(Correlated());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, StatisticsKind::kExtended);
  EXPECT_EQ(found[0].ddl,
            "CREATE STATISTICS public.orders_a_b_stats (dependencies, ndistinct, mcv) ON a, b FROM public.orders; "
            "ANALYZE public.orders;");
  EXPECT_EQ(found[0].undo_ddl, "DROP STATISTICS public.orders_a_b_stats;");
  EXPECT_EQ(found[0].confidence, model::Confidence::kHigh);
  EXPECT_EQ(found[0].rows.measured, 1200);
  EXPECT_EQ(found[0].rows.runs, 22);
  ASSERT_EQ(found[0].statements.size(), 1U);
  EXPECT_EQ(found[0].total_exec_time, 1000);
}

TEST(Statistics, TooManyRowsExpectedIsAsWrongAsTooFew) {
  Workload w = Shop();
  AddStatement(w, 1, 10, 1000);
  AddScan(w, 1, {1, 2}, 1200, 3);
  EXPECT_EQ(AdviseStatistics(w).size(), 1U);
}

TEST(Statistics, NothingIsSaidOfEstimatesThatAreAboutRightOrOfFewRows) {
  Workload w = Shop();
  AddStatement(w, 1, 10, 1000);
  AddScan(w, 1, {1, 2}, 200, 1200, 1);
  AddScan(w, 1, {1, 2}, 1, 90, 2);
  EXPECT_TRUE(AdviseStatistics(w).empty());
}

TEST(Statistics, WhatExistsIsNotSuggestedAndItsNameIsTaken) {
  Workload w = Correlated();
  w.statistics.push_back({10, "public", "orders_a_b_stats", {1}, true});
  EXPECT_NE(AdviseStatistics(w)[0].ddl.find("public.orders_a_b_stats1 "), std::string::npos);
  w.statistics[0].attnums = {1, 2, 3};
  w.statistics[0].for_conditions = false;  // ndistinct alone says nothing of conditions
  EXPECT_EQ(AdviseStatistics(w).size(), 1U);
  w.statistics[0].for_conditions = true;
  EXPECT_TRUE(AdviseStatistics(w).empty());
}

TEST(Statistics, WiderOnesServeNarrowerScans) {
  Workload w = Correlated();
  AddStatement(w, 2, 10, 500);
  AddScan(w, 2, {1, 2, 3}, 5, 1000);
  const auto found = AdviseStatistics(w);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].columns, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(found[0].statements.size(), 2U);
  EXPECT_EQ(found[0].statements[0].queryid, 1) << "the most time first";
  EXPECT_EQ(found[0].rows.measured, 1000) << "of the worst scan";
}

TEST(Statistics, OtherConditionsLowerTheConfidence) {
  Workload w = Correlated();
  AddPredicate(w, 1, 3, PredicateRole::kFilter, PredicateKind::kRange);
  const auto found = AdviseStatistics(w);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].confidence, model::Confidence::kMedium);
  EXPECT_EQ(found[0].columns.size(), 2U);
  EXPECT_EQ(found[0].caveats.size(), 1U);
}

TEST(Statistics, OneColumnGetsALargerSampleAndTheOldTargetBack) {
  Workload w = Shop();
  AddStatement(w, 1, 10, 1000);
  AddScan(w, 1, {2}, 24, 1200);
  w.tables[0].columns[1].statistics_target = 50;
  const auto found = AdviseStatistics(w);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, StatisticsKind::kTarget);
  EXPECT_EQ(found[0].ddl, "ALTER TABLE public.orders ALTER COLUMN b SET STATISTICS 1000; ANALYZE public.orders;");
  EXPECT_EQ(found[0].undo_ddl, "ALTER TABLE public.orders ALTER COLUMN b SET STATISTICS 50; ANALYZE public.orders;");
  EXPECT_NE(found[0].caveats[0].find("run ANALYZE public.orders; first"), std::string::npos);
  w.tables[0].columns[1].statistics_target = 1000;
  EXPECT_TRUE(AdviseStatistics(w).empty()) << "there is nothing left to raise";
}

// Of a condition that restricts its scan alone the rows are known without an output.
TEST(Statistics, ALoneConditionNeedsNoOutput) {
  Workload w = Shop();
  AddStatement(w, 1, 10, 1000);
  Predicate& lone = AddPredicate(w, 1, 2, PredicateRole::kFilter, PredicateKind::kRange);
  lone.estimated_selectivity = 0.000024;
  lone.actual_selectivity = 0.0012;
  lone.executions = 1;
  const auto found = AdviseStatistics(w);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, StatisticsKind::kTarget);
}

TEST(Statistics, ATableThatWasNeverAnalyzedIsToBeAnalyzedFirst) {
  Workload w = Correlated();
  AddScan(w, 1, {2}, 24, 1200, 2);
  w.tables[0].analyzed_at = 0;
  const auto found = AdviseStatistics(w);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, StatisticsKind::kAnalyze);
  EXPECT_EQ(found[0].ddl, "ANALYZE public.orders;");
  EXPECT_EQ(found[0].undo_ddl, "");
}

TEST(Statistics, WhatCannotHaveThemIsLeftAlone) {
  Workload w = Correlated();
  w.tables[0].columns[0].btree_indexable = false;
  EXPECT_TRUE(AdviseStatistics(w).empty()) << "one comparable column of two conditions";
  w = Correlated();
  w.tables[0].catalog = true;
  EXPECT_TRUE(AdviseStatistics(w).empty());
}

TEST(Statistics, IdsAreTheSameInEveryRunAndDifferByKind) {
  const std::string id = AdviseStatistics(Correlated())[0].id;
  EXPECT_EQ(id, AdviseStatistics(Correlated())[0].id);
  Workload w = Correlated();
  w.tables[0].analyzed_at = 0;
  EXPECT_NE(id, AdviseStatistics(w)[0].id);
}

TEST(StatisticsReport, TextJsonAndSql) {
  model::IndexAdvice advice;
  advice.statistics = AdviseStatistics(Correlated());
  advice.statistics[0].status = "open";
  advice.statistics[0].table = "evil\x1b[2J";
  const std::string text = report::IndexText(advice, {});
  EXPECT_NE(text.find("\nstatistics (1): estimates that were found wrong"), std::string::npos) << text;
  EXPECT_NE(text.find("evil\\x1b[2J (a, b): rows estimated 24, measured 1,200 (22 instrumented runs) in 1 statement that"),
            std::string::npos) << text;
  const auto json = nlohmann::json::parse(report::IndexJson(advice, {}));
  const auto& item = json["statistics"][0];
  EXPECT_EQ(item["status"], "open");
  EXPECT_EQ(item["kind"], "extended");
  EXPECT_EQ(item["columns"], (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(item["evidence"]["statements"][0]["queryid"], "1");
  const auto saved = nlohmann::json::parse(report::RunDocument(advice, {}, ""));
  EXPECT_EQ(saved["suggestions"][0]["kind"], "statistics");
  EXPECT_EQ(saved["suggestions"][0]["details"]["rows_measured"], 1200);
  EXPECT_NE(report::IndexSql(advice, {}).find("\nCREATE STATISTICS public.orders_a_b_stats "), std::string::npos);
}

TEST(StatisticsReport, OnlyTheFirstAreShown) {
  std::vector<model::StatisticsSuggestion> many(7);
  EXPECT_NE(report::StatisticsText(many).find("   2 more in steward.statistics_suggestions"), std::string::npos);
  EXPECT_EQ(report::StatisticsText({}), "");
}

}  // namespace
}  // namespace steward::advise
