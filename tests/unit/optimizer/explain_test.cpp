// Why candidates were not chosen, and how that is reported, against a made-up oracle.
#include "advise/index/explain.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/arguments.hpp"
#include "fake_oracle.hpp"
#include "report/explain_report.hpp"
#include "report/plan_text.hpp"

namespace steward::advise {
namespace {

// Statement 1 (most of the time) compares a and b, statement 2 compares c. (a) helps 1 much, (a, b) a little more, (b) less,
// (c) helps 2.
class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() : workload_(Shop()), oracle_([this](std::int64_t queryid, const std::vector<std::string>& present,
                                                    std::vector<std::string>& used) {
    double cost = 1000;
    for (const auto& [name, with] : plans_[queryid])
      if (Has(present, name) && with < cost) {
        cost = with;
        used = {name};
      }
    return cost;
  }) {
    plans_[1] = {{"orders(a)", 100.0}, {"orders(a, b)", 99.5}, {"orders(b)", 500.0}};
    plans_[2] = {{"orders(c)", 900.0}};
    AddStatement(workload_, 1, 10, 1000);
    AddStatement(workload_, 2, 10, 100);
    AddPredicate(workload_, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality).estimated_selectivity = 0.001;
    AddPredicate(workload_, 1, 2, PredicateRole::kFilter, PredicateKind::kEquality).estimated_selectivity = 0.01;
    AddPredicate(workload_, 2, 3, PredicateRole::kFilter, PredicateKind::kRange);
    workload_.tables[0].size = 100 << 20;
  }
  std::string IdOf(int attnum) {
    model::IndexDefinition index;
    index.relid = 10;
    index.table_name = "orders";
    index.table_sql = "public.orders";
    const model::Column& column = workload_.tables[0].columns[static_cast<std::size_t>(attnum - 1)];
    index.keys = {{attnum, column.name, column.name_sql, "", "", false, false}};
    return model::SuggestionId("index", "shop", index);
  }
  // Reasons by the keys of the candidate.
  std::map<std::string, std::string> Reasons(std::int64_t queryid, const ExplainOptions& options) {
    Explainer explainer(workload_, oracle_, options);
    std::map<std::string, std::string> reasons;
    const std::vector<model::StatementAccount> accounts = explainer.OfStatement(queryid);
    for (const auto& candidate : accounts.at(0).candidates)
      reasons[KeysSql(candidate.definition)] = candidate.reason;
    return reasons;
  }
  Workload workload_;
  std::map<std::int64_t, std::vector<std::pair<std::string, double>>> plans_;
  FakeOracle oracle_;
};

TEST_F(ExplainTest, WhatIsChosenAndWhatItAlreadyServes) {
  ExplainOptions options;
  options.chosen = {IdOf(1)};
  const auto reasons = Reasons(1, options);
  EXPECT_EQ(reasons.at("a"), "suggested");
  EXPECT_EQ(reasons.at("b"), "what is suggested (" + IdOf(1) + ") already saves as much");
  EXPECT_EQ(reasons.at("b, a"), "does not help: no plan is cheaper with it");
  EXPECT_EQ(reasons.at("a, b"), "what is suggested (" + IdOf(1) + ") already saves as much") << "less than one percent";
}

TEST_F(ExplainTest, WhatSavesTooLittleSaysHowMuch) {
  ExplainOptions options;
  options.chosen = {IdOf(1)};
  options.min_share = 0.02;
  EXPECT_EQ(Reasons(2, options).at("c"),
            "below --min-gain: beside what is suggested it saves 0.90 % of the whole, 2.00 % is asked for");
}

TEST_F(ExplainTest, UpkeepCountsAgainstTheGain) {
  workload_.tables[0].stats_since = 1;
  workload_.tables[0].inserted = 1'000'000;
  EXPECT_TRUE(Reasons(2, {}).at("c").starts_with("upkeep exceeds the gain")) << Reasons(2, {}).at("c");
}

TEST_F(ExplainTest, TheBudget) {
  ExplainOptions options;
  options.budget = 500'000;  // a candidate takes 1,000,000 bytes a column
  EXPECT_EQ(Reasons(1, options).at("a"), "over the budget by itself");
  options.budget = 1'500'000;
  options.chosen = {IdOf(1)};
  EXPECT_EQ(Reasons(2, options).at("c"), "does not fit the budget beside what is suggested");
}

TEST_F(ExplainTest, WhatTheSetCoversIsNamed) {
  plans_[1] = {{"orders(a)", 500.0}, {"orders(a, b)", 100.0}};
  model::IndexDefinition wide;
  wide.relid = 10;
  wide.table_name = "orders";
  wide.table_sql = "public.orders";
  wide.keys = {{1, "a", "a", "", "", false, false}, {2, "b", "b", "", "", false, false}};
  ExplainOptions options;
  options.chosen = {model::SuggestionId("index", "shop", wide)};
  EXPECT_EQ(Reasons(1, options).at("a"), "covered by the suggested " + *options.chosen.begin());
}

TEST_F(ExplainTest, WhatSavesMostComesFirstAndCostsAreTold) {
  ExplainOptions options;
  options.chosen = {IdOf(1)};
  Explainer explainer(workload_, oracle_, options);
  const model::StatementAccount account = explainer.OfStatement(1).at(0);
  EXPECT_EQ(account.cost_now, 1000);
  EXPECT_EQ(account.cost_with, 100);
  ASSERT_EQ(account.uses.size(), 1U);
  EXPECT_EQ(account.uses[0].id, IdOf(1));
  EXPECT_EQ(KeysSql(account.candidates[0].definition), "a, b");
  EXPECT_EQ(account.candidates[0].cost_alone, 99.5);
  EXPECT_TRUE(explainer.OfStatement(77).empty());
}

TEST_F(ExplainTest, AStatementThatCannotBeCostedSaysWhy) {
  workload_.statements[1].costable = false;
  workload_.statements[1].not_costable = "utility statement";
  Explainer explainer(workload_, oracle_, {});
  EXPECT_EQ(explainer.OfStatement(2).at(0).not_costed, "utility statement");
}

TEST_F(ExplainTest, ATableSaysHowItIsReadAndWhyThereIsNothing) {
  const auto why = [&] { return Explainer(workload_, oracle_, {}).OfTable(workload_.tables[0]); };
  model::TableAccount account = why();
  EXPECT_EQ(account.statements, 2);
  ASSERT_EQ(account.uses.size(), 3U);
  EXPECT_EQ(account.uses[0].comparison, "=");
  EXPECT_FALSE(account.candidates.empty());
  EXPECT_EQ(account.why_nothing, "no candidate earns its place; each says why");
  plans_.clear();
  EXPECT_EQ(why().why_nothing, "no candidate makes a plan cheaper");
  workload_.tables[0].size = 8192;
  EXPECT_EQ(why().why_nothing, "the table is tiny: reading it whole is as quick as any index");
  workload_.predicates.clear();
  EXPECT_EQ(why().why_nothing, "no captured statement compares, joins, sorts or groups by its columns");
  workload_.tables[0].catalog = true;
  EXPECT_EQ(why().why_nothing, "tables of this schema are not advised on");
}

// Of a table that thousands of statements read, the heaviest are looked at.
TEST_F(ExplainTest, PlanningsAreBounded) {
  workload_.statements.clear();
  workload_.predicates.clear();
  constexpr int kStatements = 600;
  for (int i = 0; i < kStatements; i++) {
    AddStatement(workload_, 100 + i, 10, 1000 - i);
    for (const int attnum : {1, 2, 3}) AddPredicate(workload_, 100 + i, attnum, PredicateRole::kFilter, PredicateKind::kEquality);
  }
  long plannings = 0;
  FakeOracle oracle([&](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>&) {
    plannings++;
    return 1000.0 - 100.0 * static_cast<double>(present.size());
  });
  Explainer explainer(workload_, oracle, {});
  EXPECT_FALSE(explainer.OfTable(workload_.tables[0]).candidates.empty());
  const long judged = 10 * 200;  // candidates that are judged, times statements
  EXPECT_LE(plannings, kStatements + 2000 + 40 + judged);
  EXPECT_GT(plannings, kStatements);
}

TEST_F(ExplainTest, Reports) {
  ExplainOptions options;
  options.chosen = {IdOf(1)};
  workload_.statements[0].query = "SELECT '\x1b[31m' FROM orders WHERE a = $1";
  workload_.statements[0].role = "ann";
  Explainer explainer(workload_, oracle_, options);
  report::Explanation explanation;
  explanation.database = "shop";
  explanation.run_id = 17;
  explanation.statements = explainer.OfStatement(1);
  const std::string text = report::ExplainText(explanation, 10);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("held against run 17"), std::string::npos);
  EXPECT_NE(text.find("1,000 planner units now, 100 with the suggestions"), std::string::npos) << text;
  EXPECT_NE(text.find("\ncandidates (4)\n"), std::string::npos) << text;
  EXPECT_NE(report::ExplainText(explanation, 1).find("3 more not shown (--limit)"), std::string::npos);
  const auto json = nlohmann::json::parse(report::ExplainJson(explanation));
  EXPECT_EQ(json["statements"][0]["queryid"], "1");
  EXPECT_EQ(json["statements"][0]["candidates"].size(), 4U);
  const std::string script = report::ExplainPsql(explanation, 10);
  EXPECT_NE(script.find("ARRAY['CREATE INDEX ON public.orders USING btree (a)']::text[], '{1,1}', ARRAY['', '1'], plans => true"),
            std::string::npos) << script;
}

TEST(PlanText, IsWhatExplainWouldPrint) {
  EXPECT_EQ(report::PlanText(R"json([{"Plan": {"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Simple",
      "Startup Cost": 8.3, "Total Cost": 8.31, "Plan Rows": 1, "Plan Width": 8, "Plans": [{"Node Type": "Index Scan",
      "Relation Name": "t", "Alias": "x", "Index Name": "t_a_idx (hypothetical)", "Startup Cost": 0.29, "Total Cost": 8.3,
      "Plan Rows": 12, "Plan Width": 4, "Index Cond": "(a = $1)"}]}}])json", 2),
            "  Aggregate  (cost=8.30..8.31 rows=1 width=8)\n"
            "    ->  Index Scan using t_a_idx (hypothetical) on t x  (cost=0.29..8.30 rows=12 width=4)\n"
            "          Index Cond: (a = $1)\n");
  for (const char* broken : {"", "{", "[1]", "[{}]", "{\"Plan\": 1}"})
    EXPECT_EQ(report::PlanText(broken, 0), "(no plan is shown)\n") << broken;
}

TEST(ExplainCommandLine, TakesQueryIdsWithAMinus) {
  using cli::ParseArguments;
  EXPECT_EQ(ParseArguments({"explain", "-6021889", "--plans", "-p", "5433"}).object, "-6021889");
  EXPECT_EQ(ParseArguments({"explain", "k7f3a2", "--psql"}).object, "k7f3a2");
  EXPECT_TRUE(ParseArguments({"explain", "t", "--plans"}).plans);
  EXPECT_EQ(ParseArguments({"explain", "t", "-p5433"}).connect.port, "5433");
  for (const auto& words : {std::vector<std::string>{"explain"}, {"explain", ""}, {"explain", "a", "b"}, {"advise", "--limit", "-5"}})
    EXPECT_THROW(ParseArguments(words), cli::UsageError) << words.back();
}

}  // namespace
}  // namespace steward::advise
