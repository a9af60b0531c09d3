// What EXPLAIN says of a plan becomes predicates.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "collect/deparsed_text.hpp"
#include "collect/plan_predicates.hpp"

namespace steward::collect {
namespace {

using model::Predicate;
using model::PredicateKind;
using model::PredicateRole;
using nlohmann::json;
using Shape = DeparsedClause::Shape;

TEST(DeparsedTextTest, TakesConjunctionsApart) {
  const DeparsedClause clause = ParseCondition("((o.created > $2) AND (o.status = ANY (ARRAY[$3, $4])) AND (NOT o.paid))");
  ASSERT_EQ(clause.shape, Shape::kAnd);
  ASSERT_EQ(clause.parts.size(), 3U);
  EXPECT_EQ(clause.parts[0].comparison, ">");
  EXPECT_EQ(clause.parts[0].left.column, (DeparsedColumn{"o", "created"}));
  EXPECT_TRUE(clause.parts[0].right.columns.empty());
  EXPECT_TRUE(clause.parts[1].any);
  EXPECT_EQ(clause.parts[2].shape, Shape::kBoolean);
  EXPECT_TRUE(clause.parts[2].negated);
}

TEST(DeparsedTextTest, NamesMayHoldAnything) {
  const DeparsedClause clause = ParseCondition(R"(("a AND ""b".") = $1" = 'it''s AND (1'::text))");
  ASSERT_EQ(clause.shape, Shape::kComparison);
  EXPECT_EQ(clause.left.column, (DeparsedColumn{"a AND \"b", ") = $1"}));
  EXPECT_EQ(clause.right.literal, "it''s AND (1");
}

TEST(DeparsedTextTest, CastsAndExpressions) {
  const DeparsedClause cast = ParseCondition("((c.email)::text = $1)");
  EXPECT_EQ(cast.left.column, (DeparsedColumn{"c", "email"}));
  EXPECT_EQ(cast.left.cast, "text");
  const DeparsedClause lower = ParseCondition("(lower((c.email)::text) OPERATOR(pg_catalog.=) $1)");
  EXPECT_EQ(lower.comparison, "=");
  EXPECT_FALSE(lower.left.column);
  EXPECT_EQ(lower.left.expression, "lower((email)::text)");
  EXPECT_EQ(ParseCondition("(date_trunc($1, o.created) = $2)").left.expression, "");
  EXPECT_EQ(ParseCondition("(o.total = (SubPlan 1))").right.expression, "");
}

TEST(DeparsedTextTest, WhatIsNotUnderstoodIsOther) {
  for (const char* text : {"", "(", ")", "((", "o.a =", "= o.a", "'", "\"", "(o.a IS DISTINCT FROM $1)", "E'\\",
                           "CASE WHEN (o.a AND o.b) THEN true ELSE false END", "NOT", "(a OR)", "$", "o."})
    EXPECT_NE(ParseCondition(text).shape, Shape::kComparison) << text;
  EXPECT_EQ(ParseCondition("(o.a IS NULL)").shape, Shape::kNullTest);
  EXPECT_TRUE(ParseCondition("(o.a IS NOT NULL)").negated);
  EXPECT_NE(ParseCondition(std::string(100000, '(') + "o.a = 1" + std::string(100000, ')')).shape, Shape::kAnd);
  std::string deep = "(o.a = 1)";
  for (int i = 0; i < 3000; ++i) deep = "(o.b OR (o.c AND " + deep + "))";
  EXPECT_EQ(ParseCondition(deep).shape, Shape::kOr);
}

TEST(DeparsedTextTest, Keys) {
  EXPECT_TRUE(ParseKey("o.created DESC").descending);
  EXPECT_TRUE(ParseKey("o.created DESC").nulls_first);
  EXPECT_FALSE(ParseKey("o.created DESC NULLS LAST").nulls_first);
  EXPECT_TRUE(ParseKey("o.created NULLS FIRST").nulls_first);
  EXPECT_EQ(ParseKey("o.created NULLS FIRST").side.column, (DeparsedColumn{"o", "created"}));
}

class PlanPredicatesTest : public testing::Test {
 protected:
  PlanPredicatesTest() {
    tables_ = {Make(1, "orders", {"id", "customer", "status", "created", "total"}), Make(2, "customers", {"id", "email", "name"}),
               Make(11, "events_1", {"day", "kind"}), Make(12, "events_2", {"kind", "day"})};
    tables_[2].parent = tables_[3].parent = 10;
    names_ = std::make_unique<PlanNames>(tables_);
    names_->Add(2, 2, {1000, 0.5, {"text"}});
  }

  static model::Table Make(model::Oid relid, const char* name, const std::vector<std::string>& columns) {
    model::Table table;
    table.relid = relid;
    table.schema = "shop";
    table.name = name;
    for (const std::string& column : columns) {
      model::Column& added = table.columns.emplace_back();
      added.attnum = static_cast<int>(table.columns.size());
      added.name = column;
    }
    return table;
  }

  static json Scan(const char* table, const char* alias, json rest) {
    rest.update({{"Node Type", "Seq Scan"}, {"Relation Name", table}, {"Schema", "shop"}, {"Alias", alias}});
    return rest;
  }

  std::vector<Predicate> Read(const json& plan) { return PredicatesIn(json::array({{{"Plan", plan}}}), *names_); }

  static const Predicate* Find(const std::vector<Predicate>& list, model::Oid relid, int attnum, PredicateRole role) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const Predicate& p) {
      return p.relid == relid && p.attnum == attnum && p.role == role;
    });
    return found == list.end() ? nullptr : &*found;
  }

  static std::vector<int> Needed(const std::vector<Predicate>& list, model::Oid relid) {
    std::vector<int> needed;
    for (const Predicate& p : list)
      if (p.relid == relid && p.role == PredicateRole::kOutput) needed.push_back(p.attnum);
    std::sort(needed.begin(), needed.end());
    return needed;
  }

  std::vector<model::Table> tables_;
  std::unique_ptr<PlanNames> names_;
};

TEST_F(PlanPredicatesTest, FiltersJoinsAndOrder) {
  const json orders = Scan("orders", "o", {{"Parent Relationship", "Outer"},
                                           {"Filter", "((o.status = ANY ('{a,b}'::text[])) AND (o.total >= $2))"},
                                           {"Output", {"o.id", "o.customer", "o.status", "o.created", "o.total"}}});
  const json customers = Scan("customers", "c", {{"Parent Relationship", "Inner"}, {"Filter", "((c.email)::text = $1)"},
                                                 {"Output", {"c.id"}}});
  const json join = {{"Node Type", "Hash Join"}, {"Join Type", "Inner"}, {"Hash Cond", "(o.customer = c.id)"},
                     {"Parent Relationship", "Outer"}, {"Output", {"o.created"}}, {"Plans", {orders, customers}}};
  const auto found = Read({{"Node Type", "Sort"}, {"Sort Key", {"o.created DESC", "o.id"}}, {"Output", {"o.created"}},
                           {"Plans", {join}}});
  const Predicate* status = Find(found, 1, 3, PredicateRole::kFilter);
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->kind, PredicateKind::kList);
  EXPECT_EQ(Find(found, 1, 5, PredicateRole::kFilter)->kind, PredicateKind::kRange);
  const Predicate* email = Find(found, 2, 2, PredicateRole::kFilter);
  ASSERT_NE(email, nullptr);
  EXPECT_EQ(email->kind, PredicateKind::kEquality);
  EXPECT_DOUBLE_EQ(*email->estimated_selectivity, 0.5 / 1000);
  const Predicate* customer = Find(found, 1, 2, PredicateRole::kJoin);
  ASSERT_NE(customer, nullptr);
  EXPECT_EQ(customer->other_relid, 2U);
  EXPECT_EQ(Find(found, 2, 1, PredicateRole::kJoin)->other_attnum, 2);
  const Predicate* created = Find(found, 1, 4, PredicateRole::kSort);
  ASSERT_NE(created, nullptr);
  EXPECT_TRUE(created->descending && created->nulls_first && created->position == 1);
  EXPECT_EQ(Find(found, 1, 1, PredicateRole::kSort)->position, 2);
  // The scan says every column; what the nodes above and its own conditions ask for counts.
  EXPECT_EQ(Needed(found, 1), (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(Needed(found, 2), (std::vector<int>{1, 2}));
}

TEST_F(PlanPredicatesTest, AScanThatPutsOutAllNeedsWhatIsAskedOfIt) {
  const json scan = Scan("orders", "orders", {{"Parent Relationship", "Outer"}, {"Filter", "(orders.total = $1)"},
                                              {"Output", {"id", "customer", "status", "created", "total"}}});
  const json aggregate = {{"Node Type", "Aggregate"}, {"Group Key", {"orders.customer"}},
                          {"Output", {"customer", "count(*)"}}, {"Filter", "(sum(orders.total) > $2)"}, {"Plans", {scan}}};
  const auto found = Read(aggregate);
  EXPECT_EQ(Needed(found, 1), (std::vector<int>{2, 5}));
  EXPECT_NE(Find(found, 1, 2, PredicateRole::kGroup), nullptr);
  for (const Predicate& predicate : found) EXPECT_EQ(predicate.expression, "");  // an aggregate is no key
  EXPECT_EQ(Needed(Read(scan), 1), (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST_F(PlanPredicatesTest, WhatNeedsTheRowHasNoOutput) {
  const json scan = Scan("orders", "orders", {{"Parent Relationship", "Outer"}, {"Filter", "(orders.id = $1)"},
                                              {"Output", {"$2", "ctid"}}});
  const auto found = Read({{"Node Type", "ModifyTable"}, {"Relation Name", "orders"}, {"Schema", "shop"},
                           {"Alias", "orders"}, {"Plans", {scan}}});
  EXPECT_TRUE(Needed(found, 1).empty());
  EXPECT_NE(Find(found, 1, 1, PredicateRole::kFilter), nullptr);
}

TEST_F(PlanPredicatesTest, AnOrSaysWhatAllItsArmsSay) {
  const auto found = Read(Scan("orders", "o", {{"Filter", "(((o.customer = $1) AND (o.total > 5)) OR (o.customer = $2))"}}));
  EXPECT_EQ(Find(found, 1, 2, PredicateRole::kFilter)->kind, PredicateKind::kList);
  EXPECT_EQ(Find(found, 1, 5, PredicateRole::kFilter)->kind, PredicateKind::kOther);
}

TEST_F(PlanPredicatesTest, ExpressionsPatternsAndCommutedOperators) {
  const auto found = Read(Scan("customers", "c", {{"Filter", "((lower((c.email)::text) = $1) AND ($2 < c.id)"
                                                             " AND (c.name ~~ 'abc%'::text))"}}));
  const Predicate* lower = Find(found, 2, 0, PredicateRole::kFilter);
  ASSERT_NE(lower, nullptr);
  EXPECT_EQ(lower->expression, "lower((email)::text)");
  EXPECT_EQ(Find(found, 2, 1, PredicateRole::kFilter)->operator_name, ">");
  EXPECT_EQ(Find(found, 2, 3, PredicateRole::kFilter)->kind, PredicateKind::kLikePrefix);
  // Nothing is known of a pattern that is a parameter, and a column compared with its own row is no look-up.
  const auto unknown = Read(Scan("customers", "c", {{"Filter", "((c.name ~~ $1) AND (c.id = length(c.name)))"}}));
  EXPECT_EQ(Find(unknown, 2, 3, PredicateRole::kFilter)->kind, PredicateKind::kOther);
  EXPECT_EQ(Find(unknown, 2, 1, PredicateRole::kFilter)->kind, PredicateKind::kOther);
}

TEST_F(PlanPredicatesTest, KeysOfAPartitionedTableAreThoseOfItsPartitions) {
  const json plan = {{"Node Type", "Sort"}, {"Sort Key", {"events.day"}},
                     {"Plans", {{{"Node Type", "Append"}, {"Parent Relationship", "Outer"},
                                 {"Plans", {Scan("events_1", "events_1", {{"Filter", "(events_1.kind = $1)"}}),
                                            Scan("events_2", "events_2", {{"Filter", "(events_2.kind = $1)"}})}}}}}};
  const auto found = Read(plan);
  EXPECT_NE(Find(found, 11, 1, PredicateRole::kSort), nullptr);
  EXPECT_NE(Find(found, 12, 2, PredicateRole::kSort), nullptr);
  EXPECT_NE(Find(found, 12, 1, PredicateRole::kFilter), nullptr);
}

TEST_F(PlanPredicatesTest, IndexesAreNamedWithTheirSchemas) {
  const json bitmap = {{"Node Type", "Bitmap Index Scan"}, {"Index Name", "orders_total_idx"}, {"Index Cond", "(o.total = $1)"}};
  json heap = Scan("orders", "o", {{"Recheck Cond", "(o.total = $1)"}, {"Plans", {bitmap}}});
  const json explained = json::array({{{"Plan", heap}}});
  EXPECT_EQ(IndexesIn(explained), (std::set<std::pair<std::string, std::string>>{{"shop", "orders_total_idx"}}));
  const auto found = PredicatesIn(explained, *names_);
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const Predicate& p) { return p.role == PredicateRole::kIndex; }), 1);
  EXPECT_EQ(TablesIn(explained, *names_), (std::vector<const model::Table*>{&tables_[0]}));
}

TEST_F(PlanPredicatesTest, NonsenseIsNothing) {
  for (const json& plan : {json(), json(5), json{{"Plans", 7}}, json{{"Relation Name", 7}}, Scan("no_table", "x", {{"Filter", "(x.a = 1)"}})})
    EXPECT_TRUE(Read(plan).empty()) << plan;
  EXPECT_TRUE(PredicatesIn(json{{"a", 1}}, *names_).empty());
}

}  // namespace
}  // namespace steward::collect
