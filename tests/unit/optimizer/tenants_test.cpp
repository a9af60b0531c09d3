// Schemas alike: what is grouped and what is not, what the search sees, and what is suggested where.
#include "advise/index/tenants.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "advise/index/advise_indexes.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// `count` schemas with a table orders(a, b, c) of `size` bytes; in each, a statement compares column a.
Workload Schemas(int count, std::int64_t size = std::int64_t{8} << 20) {
  Workload w = Shop();
  const model::Table shape = w.tables.front();
  w.tables.clear();
  for (int i = 1; i <= count; i++) {
    model::Table table = shape;
    table.relid = static_cast<model::Oid>(1000 + i);
    table.schema = table.schema_sql = "t" + std::to_string(100 + i);
    table.name_sql = table.schema + ".orders";
    table.size = size;
    w.tables.push_back(table);
    AddStatement(w, i, 10, 100);
    w.statements.back().query = "SELECT * FROM " + table.schema + ".orders WHERE a = $1";
    Predicate& predicate = AddPredicate(w, i, 1, PredicateRole::kFilter, PredicateKind::kEquality);
    predicate.relid = table.relid;
  }
  return w;
}

PlanFunction IndexHelps() {
  return [](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (!Has(present, "orders(a)")) return 1000.0;
    used.push_back("orders(a)");
    return 10.0;
  };
}

TEST(WithoutSchemas, OnlyBeforeNames) {
  const std::set<std::string> schemas = {"t1", "Two words"};
  EXPECT_EQ(WithoutSchemas("SELECT t1.a.x, T1.b FROM \"t1\".\"o\", \"Two words\".p WHERE t1 = xt1.y", schemas),
            "SELECT a.x, b FROM \"o\", p WHERE t1 = xt1.y");
  EXPECT_EQ(WithoutSchemas("SELECT a.t1.b, \"T1\".c, \"x\"\"t1\".d, t1", schemas), "SELECT a.t1.b, \"T1\".c, \"x\"\"t1\".d, t1");
}

TEST(Tenants, StatementsAlikeBecomeOneWithTheirCallsAndTimes) {
  Workload w = Schemas(5);
  w.tables[1].inserted = 7;
  w.tables[4].inserted = 5;
  const Tenants tenants(w);
  ASSERT_TRUE(tenants.Any());
  const Workload& folded = tenants.Folded();
  ASSERT_EQ(folded.statements.size(), 1U);
  EXPECT_EQ(folded.statements[0].calls, 50);
  EXPECT_DOUBLE_EQ(folded.statements[0].total_exec_time, 500);
  EXPECT_DOUBLE_EQ(folded.statements[0].alike_exec_time, 400);
  EXPECT_EQ(folded.statements[0].alike, 5);
  ASSERT_EQ(folded.predicates.size(), 1U);
  EXPECT_EQ(folded.predicates[0].relid, 1001U) << "the first schema's table stands for all";
  EXPECT_EQ(folded.tables[0].inserted, 12);
}

TEST(Tenants, WhatDiffersIsNotGrouped) {
  EXPECT_FALSE(Tenants(Schemas(2)).Any()) << "two are planned one by one";
  Workload types = Schemas(3);
  types.tables[2].columns[4].type = "text";
  EXPECT_FALSE(Tenants(types).Any());
  Workload indexes = Schemas(3);
  AddIndex(indexes, "orders_b", {2}).definition.relid = 1002;
  EXPECT_FALSE(Tenants(indexes).Any());
  Workload texts = Schemas(3);
  texts.statements[1].query = "SELECT b FROM t102.orders WHERE a = $1";
  EXPECT_FALSE(Tenants(texts).Any());
  Workload columns = Schemas(3);
  columns.predicates[1].attnum = 2;
  EXPECT_FALSE(Tenants(columns).Any()) << "a view of the same name may be another";
  Workload partitions = Schemas(3);
  for (model::Table& table : partitions.tables) table.parent = 1;
  EXPECT_FALSE(Tenants(partitions).Any());
  Workload both = Schemas(4);
  AddPredicate(both, 4, 1, PredicateRole::kJoin, PredicateKind::kEquality).relid = 1001;
  EXPECT_EQ(Tenants(both).Folded().statements.size(), 2U) << "one that reads two tenants' tables is none of theirs";
}

TEST(Tenants, PlansDoNotMakeADifference) {
  Workload w = Schemas(3);
  w.predicates[1].role = PredicateRole::kIndex;
  w.predicates[2].scan_no = 9;
  EXPECT_EQ(Tenants(w).Folded().statements.size(), 1U);
}

TEST(Tenants, TextsThatCannotBeSeenGoByTheirPredicates) {
  Workload w = Schemas(4);
  for (model::Statement& statement : w.statements) statement.query.clear();
  EXPECT_EQ(Tenants(w).Folded().statements.size(), 1U);
  w.predicates[3].operator_name = "<";
  EXPECT_EQ(Tenants(w).Folded().statements.size(), 2U);
}

TEST(Tenants, LargeOnesAreTheirOwnGroup) {
  Workload w = Schemas(6);
  for (int i = 0; i < 3; i++) w.tables[static_cast<std::size_t>(i)].size = std::int64_t{800} << 20;
  EXPECT_EQ(Tenants(w).Folded().statements.size(), 2U);
  for (int i = 0; i < 3; i++) w.tables[static_cast<std::size_t>(i)].size = std::int64_t{80} << 20;
  EXPECT_EQ(Tenants(w).Folded().statements.size(), 1U) << "ten times is one class";
}

TEST(Tenants, TheMiddleOneByTimeStandsForAll) {
  Workload w = Schemas(5);
  for (std::size_t i = 0; i < 5; i++) w.tables[i].size = static_cast<std::int64_t>(10 + i) << 20;
  EXPECT_EQ(Tenants(w).Folded().statements[0].queryid, 3);
  w.statements[4].total_exec_time = 1000;
  EXPECT_EQ(Tenants(w).Folded().statements[0].queryid, 5) << "most of the time goes to the largest";
}

TEST(Tenants, OneSuggestionForAllSchemasAndItsSizeIsTheSum) {
  const Workload w = Schemas(20);
  FakeOracle oracle(IndexHelps());
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  const model::IndexSuggestion& suggestion = advice.suggestions[0];
  EXPECT_EQ(suggestion.ddl, "CREATE INDEX CONCURRENTLY orders_a_idx ON :\"schema\".orders USING btree (a);");
  EXPECT_EQ(suggestion.undo_ddl, "DROP INDEX CONCURRENTLY :\"schema\".orders_a_idx;");
  ASSERT_EQ(suggestion.tenants.size(), 20U);
  EXPECT_EQ(suggestion.tenants[19].ddl, "CREATE INDEX CONCURRENTLY orders_a_idx ON t120.orders USING btree (a);");
  EXPECT_NEAR(static_cast<double>(suggestion.size), 20e6, 20);
  EXPECT_EQ(advice.size, suggestion.size);
  EXPECT_EQ(advice.statements, 20);
  EXPECT_EQ(advice.statements_costed, 20);
  EXPECT_EQ(advice.statements_planned, 1);
  EXPECT_DOUBLE_EQ(advice.exec_time_alike, 1900);
  EXPECT_LE(advice.planner_calls, 20);
}

TEST(Tenants, TheBudgetIsForAllSchemas) {
  const Workload w = Schemas(20);
  FakeOracle oracle(IndexHelps());
  IndexOptions options;
  options.budget = 19'000'000;
  EXPECT_TRUE(AdviseIndexes(w, oracle, options).suggestions.empty());
  options.budget = 21'000'000;
  EXPECT_EQ(AdviseIndexes(w, oracle, options).suggestions.size(), 1U);
}

TEST(Tenants, SchemasWhereTheStatementsDidNotRunGetNothing) {
  Workload w = Schemas(5);
  w.statements.pop_back();
  FakeOracle oracle(IndexHelps());
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].tenants.size(), 4U);
  EXPECT_NEAR(static_cast<double>(advice.suggestions[0].size), 4e6, 4);
  const auto& caveats = advice.suggestions[0].caveats;
  EXPECT_TRUE(std::any_of(caveats.begin(), caveats.end(), [](const std::string& caveat) {
    return caveat == "in 1 more schemas with such a table no statement ran that it helps";
  }));
}

// A statement of its own in one schema that wants what all of them get.
TEST(Tenants, OneSchemasOwnStatementAddsToTheSuggestionForAll) {
  Workload w = Schemas(5);
  AddStatement(w, 50, 10, 100);
  w.statements.back().query = "SELECT count(*) FROM t103.orders WHERE a = $1";
  AddPredicate(w, 50, 1, PredicateRole::kFilter, PredicateKind::kEquality).relid = 1003;
  FakeOracle oracle(IndexHelps());
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].tenants.size(), 5U);
  EXPECT_EQ(advice.suggestions[0].helped.size(), 2U);
}

}  // namespace
}  // namespace steward::advise
