// Foreign keys without an index: which, with what evidence, and how sure.
#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "advise/index/foreign_keys.hpp"
#include "unit/optimizer/fake_oracle.hpp"

namespace steward::advise {
namespace {

using model::Confidence;
using model::UnindexedForeignKey;

model::IndexKey Column(int attnum, const char* name) {
  return {attnum, name, name, "", "", false, false};
}

// orders (a) refers to customers, orders (b, c) to places.
Workload Keys() {
  Workload w = Shop();
  w.tables[0].size = std::int64_t{100} << 20;
  for (const auto& [relid, name] : {std::pair<model::Oid, const char*>{20, "customers"}, {30, "places"}}) {
    model::Table table;
    table.relid = relid;
    table.schema = table.schema_sql = "public";
    table.name = name;
    table.name_sql = std::string("public.") + name;
    table.stats_since = 1000;
    w.tables.push_back(table);
  }
  w.foreign_keys = {{"orders_a_fkey", 10, 20, {Column(1, "a")}, "cascade"},
                    {"orders_bc_fkey", 10, 30, {Column(2, "b"), Column(3, "c")}, "no action"}};
  return w;
}

std::vector<UnindexedForeignKey> Find(const Workload& w, const std::vector<model::IndexSuggestion>& suggestions = {}) {
  return FindUnindexedForeignKeys(w, Partitions(w), suggestions);
}

std::vector<std::string> Named(const std::vector<UnindexedForeignKey>& keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.push_back(key.constraint + ":" + Word(key.confidence));
  return names;
}

using Names = std::vector<std::string>;

TEST(Finds, AnyOrderOfTheFirstColumnsWillDo) {
  Workload w = Shop();
  const std::vector<model::IndexKey> key = {Column(1, "a"), Column(2, "b")};
  EXPECT_TRUE(Finds(AddIndex(w, "i", {1, 2}).definition, key));
  EXPECT_TRUE(Finds(AddIndex(w, "i", {2, 1, 3}).definition, key));
  EXPECT_FALSE(Finds(AddIndex(w, "i", {1}).definition, key));
  EXPECT_FALSE(Finds(AddIndex(w, "i", {1, 3, 2}).definition, key));
  EXPECT_FALSE(Finds(AddIndex(w, "i", {1, 1}).definition, key));
  model::IndexDefinition index = AddIndex(w, "i", {1}).definition;
  index.method = "hash";
  EXPECT_TRUE(Finds(index, {Column(1, "a")}));
  index.method = "gin";
  EXPECT_FALSE(Finds(index, {Column(1, "a")}));
  index.method = "btree";
  index.predicate = "(a IS NOT NULL)";
  EXPECT_TRUE(Finds(index, {Column(1, "a")}));
  index.predicate = "(a > 7)";
  EXPECT_FALSE(Finds(index, {Column(1, "a")}));
  index.predicate = "";
  index.keys[0].collation = "\"C\"";
  EXPECT_FALSE(Finds(index, {Column(1, "a")}));
  index.keys = {{0, "a", "(a)", "", "", false, false}};
  EXPECT_FALSE(Finds(index, {Column(1, "a")}));
}

TEST(ForeignKeys, WithoutASignOfUseTheyAreOfLowConfidence) {
  const auto keys = Find(Keys());
  ASSERT_EQ(Named(keys), (Names{"orders_a_fkey:low", "orders_bc_fkey:low"}));
  EXPECT_EQ(keys[0].ddl, "CREATE INDEX CONCURRENTLY orders_a_idx ON public.orders USING btree (a);");
  EXPECT_EQ(keys[0].undo_ddl, "DROP INDEX CONCURRENTLY public.orders_a_idx;");
  EXPECT_EQ(keys[1].ddl, "CREATE INDEX CONCURRENTLY orders_b_c_idx ON public.orders USING btree (b, c);");
  EXPECT_EQ(keys[0].on_delete, "cascade");
  EXPECT_EQ(keys[0].table_size, std::int64_t{100} << 20);
  EXPECT_NE(keys[0].id, keys[1].id);
}

TEST(ForeignKeys, AnIndexThatExistsOrIsSuggestedServes) {
  Workload w = Keys();
  AddIndex(w, "cb", {3, 2, 1});
  EXPECT_EQ(Named(Find(w)), (Names{"orders_a_fkey:low"}));
  model::IndexSuggestion suggestion;
  suggestion.definition.relid = 10;
  suggestion.definition.keys = {Column(1, "a"), Column(5, "e")};
  EXPECT_EQ(Named(Find(w, {suggestion})), Names{});
  w.indexes[0].valid = false;
  EXPECT_EQ(Named(Find(w, {suggestion})), (Names{"orders_bc_fkey:low"}));
}

TEST(ForeignKeys, DeletesThereAreEvidence) {
  Workload w = Keys();
  w.tables[2].deleted = 5;
  const auto keys = Find(w);
  EXPECT_EQ(Named(keys), (Names{"orders_bc_fkey:medium", "orders_a_fkey:low"}));
  EXPECT_EQ(keys[0].deletes, 5);
  EXPECT_DOUBLE_EQ(keys[0].stats_since, 1000);
}

TEST(ForeignKeys, JoinsByAllItsColumnsAreEvidence) {
  Workload w = Keys();
  AddStatement(w, 1, 10, 100);
  AddPredicate(w, 1, 2, PredicateRole::kJoin, PredicateKind::kEquality).other_relid = 30;
  EXPECT_EQ(Find(w)[1].join_statements, 0);
  AddPredicate(w, 1, 3, PredicateRole::kJoin, PredicateKind::kEquality).other_relid = 30;
  auto keys = Find(w);
  EXPECT_EQ(Named(keys), (Names{"orders_bc_fkey:medium", "orders_a_fkey:low"}));
  EXPECT_EQ(keys[0].join_statements, 1);
  for (auto& predicate : w.predicates) predicate.other_relid = 20;  // with another table
  EXPECT_EQ(Named(Find(w)), (Names{"orders_a_fkey:low", "orders_bc_fkey:low"}));
}

// As src/backend/utils/adt/ri_triggers.c writes them; a person's DELETE is none.
TEST(ForeignKeys, CapturedLookupsMakeItSure) {
  Workload w = Keys();
  AddStatement(w, 1, 10, 100);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  w.statements[0].query = "DELETE FROM orders WHERE a = $1";
  EXPECT_EQ(Find(w)[0].lookup_calls, 0);
  w.statements[0].query = "DELETE FROM ONLY \"public\".\"orders\" WHERE $1 OPERATOR(pg_catalog.=) \"a\"";
  const auto keys = Find(w);
  EXPECT_EQ(Named(keys), (Names{"orders_a_fkey:high", "orders_bc_fkey:low"}));
  EXPECT_EQ(keys[0].lookup_calls, 10);
  EXPECT_DOUBLE_EQ(keys[0].lookup_exec_time, 100);
}

TEST(ForeignKeys, TinyExcludedAndLockedTablesAreLeftAlone) {
  Workload w = Keys();
  w.tables[0].size = kTinyTable - 1;
  EXPECT_EQ(Named(Find(w)), Names{});
  w.tables[0].size = kTinyTable;
  EXPECT_EQ(Find(w).size(), 2U);
  w.tables[0].locked = true;
  EXPECT_EQ(Named(Find(w)), Names{});
  w.tables[0].locked = false;
  w.tables[0].catalog = true;
  EXPECT_EQ(Named(Find(w)), Names{});
}

TEST(ForeignKeys, OneIndexForTwoKeysIsSaidOnce) {
  Workload w = Keys();
  w.foreign_keys.push_back(w.foreign_keys[0]);
  w.foreign_keys.back().name = "orders_a_fkey1";
  w.foreign_keys.back().referenced = 30;
  w.tables[2].deleted = 7;
  const auto keys = Find(w);
  ASSERT_EQ(Named(keys), (Names{"orders_bc_fkey:medium", "orders_a_fkey1:medium"}));
  EXPECT_EQ(keys[1].caveats, (Names{"serves foreign key orders_a_fkey too"}));
}

TEST(ForeignKeys, AnIndexOnOneOfTwoColumnsMayDo) {
  Workload w = Keys();
  AddIndex(w, "orders_c_idx", {3});
  EXPECT_EQ(Find(w)[1].caveats, (Names{"orders_c_idx starts with c, which may do where few rows share its value"}));
}

TEST(ForeignKeys, OfPartitionsEachMustBeServed) {
  Workload w = Keys();
  w.tables[0].kind = 'p';
  w.tables[0].size = 0;
  for (const model::Oid relid : {40U, 50U}) {
    model::Table part = w.tables[0];
    part.relid = relid;
    part.kind = 'r';
    part.parent = 10;
    part.size = kTinyTable;
    part.name = "orders_" + std::to_string(relid);
    part.name_sql = "public." + part.name;
    w.tables.push_back(part);
  }
  AddIndex(w, "one", {1}).definition.relid = 40;
  const auto keys = Find(w);
  ASSERT_EQ(Named(keys), (Names{"orders_a_fkey:low", "orders_bc_fkey:low"}));
  EXPECT_EQ(keys[0].table_size, 2 * kTinyTable);
  EXPECT_EQ(keys[0].ddl, "CREATE INDEX orders_a_idx ON public.orders USING btree (a);");
  ASSERT_FALSE(keys[0].caveats.empty());
  EXPECT_NE(keys[0].caveats[0].find("blocks writes"), std::string::npos);
  AddIndex(w, "other", {1}).definition.relid = 50;
  EXPECT_EQ(Named(Find(w)), (Names{"orders_bc_fkey:low"}));
}

TEST(AdviseIndexes, FillsInTheSizesOfForeignKeysIndexes) {
  Workload w = Keys();
  FakeOracle oracle([](auto, const auto&, auto&) { return 1.0; });
  oracle.bytes_of["orders(a)"] = 12345;
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.foreign_keys.size(), 2U);
  EXPECT_EQ(advice.foreign_keys[0].size, 12345);
}

}  // namespace
}  // namespace steward::advise
