// Partitioned tables are advised on as one (C3): candidates on the partitioned table, and how its index is built.
#include "advise/index/partitions.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// all_orders: orders, and "old" with one partition of its own. Columns of orders are numbered otherwise than those of
// the others. Two statements read orders and one the oldest.
Workload Partitioned() {
  Workload w = Shop();
  w.tables[0].parent = 20;
  const auto add = [&w](model::Oid relid, const std::string& name, char kind, model::Oid parent) {
    model::Table t = w.tables[0];
    t.relid = relid;
    t.name = name;
    t.name_sql = "public." + name;
    t.kind = kind;
    t.parent = parent;
    std::reverse(t.columns.begin(), t.columns.end());
    for (std::size_t i = 0; i < t.columns.size(); i++) t.columns[i].attnum = static_cast<int>(i) + 1;
    w.tables.push_back(t);
  };
  add(20, "all_orders", 'p', 0);
  add(21, "old", 'p', 20);
  add(22, "oldest", 'r', 21);
  AddStatement(w, 1, 10, 1000);
  AddStatement(w, 2, 10, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 2, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 2, 5, PredicateRole::kFilter, PredicateKind::kEquality).relid = 22;
  return w;
}

double Plan(std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
  if (!Has(present, "all_orders(a)")) return 1000;
  used = {"all_orders(a)"};
  return 10;
}

void AddIndexOnA(Workload& w, model::Oid relid, const std::string& name, int attnum) {
  model::ExistingIndex index;
  index.indexrelid = static_cast<model::Oid>(100 + w.indexes.size());
  index.name = name;
  index.name_sql = "public." + name;
  index.definition.relid = relid;
  index.definition.table_name = w.FindTable(relid)->name;
  index.definition.table_sql = w.FindTable(relid)->name_sql;
  index.definition.keys = {{attnum, "a", "a", "", "", false, false}};
  index.size = 400'000;
  w.indexes.push_back(index);
}

TEST(AdvisePartitions, OneSuggestionServesAllPartitions) {
  const Workload w = Partitioned();
  FakeOracle oracle(Plan);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  EXPECT_EQ(oracle.seen, std::vector<std::string>{"all_orders(a)"});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  const model::IndexSuggestion& s = advice.suggestions[0];
  EXPECT_EQ(s.helped.size(), 2U);
  EXPECT_EQ(s.ddl, "CREATE INDEX all_orders_a_idx ON public.all_orders USING btree (a);");
  EXPECT_EQ(s.undo_ddl, "DROP INDEX public.all_orders_a_idx;");
  EXPECT_EQ(s.build.parents,
            (std::vector<std::string>{"CREATE INDEX all_orders_a_idx ON ONLY public.all_orders USING btree (a);",
                                      "CREATE INDEX old_a_idx ON ONLY public.old USING btree (a);"}));
  EXPECT_EQ(s.build.leaves,
            (std::vector<std::string>{"CREATE INDEX CONCURRENTLY orders_a_idx ON public.orders USING btree (a);",
                                      "CREATE INDEX CONCURRENTLY oldest_a_idx ON public.oldest USING btree (a);"}));
  EXPECT_EQ(s.build.attach,
            (std::vector<std::string>{"ALTER INDEX public.all_orders_a_idx ATTACH PARTITION public.orders_a_idx;",
                                      "ALTER INDEX public.old_a_idx ATTACH PARTITION public.oldest_a_idx;",
                                      "ALTER INDEX public.all_orders_a_idx ATTACH PARTITION public.old_a_idx;"}));
}

TEST(AdvisePartitions, WritesAndSizesAreAddedUp) {
  Workload w = Partitioned();
  w.tables[0].size = 100;
  w.tables[0].inserted = 3;
  w.tables[3].size = 200;
  w.tables[3].inserted = 4;
  w.tables[3].analyzed_at = 0;
  FakeOracle oracle(Plan);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].table_size, 300);
  EXPECT_EQ(advice.suggestions[0].inserted, 7);
  EXPECT_EQ(advice.suggestions[0].confidence, model::Confidence::kLow) << "a partition was never analyzed";
}

TEST(AdvisePartitions, WhatAllPartitionsHaveIsNotSuggested) {
  Workload w = Partitioned();
  FakeOracle oracle(Plan);
  AddIndexOnA(w, 10, "own", 1);
  AddIndexOnA(w, 22, "its", 5);
  EXPECT_TRUE(AdviseIndexes(w, oracle, {}).suggestions.empty());
  w.indexes[1].valid = false;
  EXPECT_EQ(AdviseIndexes(w, oracle, {}).suggestions.size(), 1U);
  w.indexes.clear();
  AddIndexOnA(w, 20, "whole", 5);
  EXPECT_TRUE(AdviseIndexes(w, oracle, {}).suggestions.empty());
}

TEST(AdvisePartitions, WhatOnePartitionHasIsAttached) {
  Workload w = Partitioned();
  AddIndexOnA(w, 10, "own", 1);
  FakeOracle oracle(Plan);
  model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].size, 600'000) << "of a million, less what is there";
  EXPECT_EQ(advice.suggestions[0].build.leaves.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].build.attach[0], "ALTER INDEX public.all_orders_a_idx ATTACH PARTITION public.own;");
  EXPECT_EQ(advice.suggestions[0].caveats.back(), "takes in what partitions have of it, and undo drops that too: own");
  w.indexes[0].definition.options = "fillfactor=70";
  EXPECT_EQ(AdviseIndexes(w, oracle, {}).suggestions.at(0).build.leaves.size(), 1U) << "options keep from nothing";
  w.indexes[0].attached = true;  // to something else
  advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].build.leaves.size(), 2U);
}

// On a foreign table there is no index to attach, so that the whole would never be valid.
TEST(AdvisePartitions, WithAForeignPartitionItIsBuiltAtOnce) {
  Workload w = Partitioned();
  w.tables[3].kind = 'f';
  FakeOracle oracle(Plan);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_TRUE(advice.suggestions[0].build.parents.empty());
  EXPECT_EQ(advice.suggestions[0].caveats.size(), 1U);
}

TEST(AdvisePartitions, WhatIsAttachedIsNotToBeDropped) {
  Workload w = Partitioned();
  AddIndexOnA(w, 10, "own", 1);
  AddIndexOnA(w, 10, "longer", 1);
  w.indexes[1].definition.keys.push_back({2, "b", "b", "", "", false, false});
  AddIndexOnA(w, 10, "again", 1);
  FakeOracle oracle(Plan);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].build.attach[0], "ALTER INDEX public.all_orders_a_idx ATTACH PARTITION public.own;");
  ASSERT_EQ(advice.unneeded.size(), 1U);
  EXPECT_EQ(advice.unneeded[0].name, "again");
}

// The server compares no exclusion constraints: ATTACH PARTITION refuses their indexes.
TEST(AdvisePartitions, TheIndexOfAnExclusionConstraintIsNotAttached) {
  Workload w = Partitioned();
  AddIndexOnA(w, 10, "excluded", 1);
  w.indexes[0].definition.exclusion = true;
  FakeOracle oracle(Plan);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].build.leaves.size(), 2U);
  EXPECT_TRUE(advice.suggestions[0].build.existing.empty());
}

TEST(AdvisePartitions, ALockedPartitionLeavesAllOut) {
  Workload w = Partitioned();
  w.tables[3].locked = true;
  FakeOracle oracle(Plan);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  EXPECT_TRUE(advice.suggestions.empty());
  ASSERT_EQ(advice.warnings.size(), 1U);
  EXPECT_NE(advice.warnings[0].find("public.oldest of public.all_orders"), std::string::npos);
}

TEST(AdvisePartitions, WhereTheWholeDoesNotFitTheBudgetPartitionsGetTheirOwn) {
  const Workload w = Partitioned();
  FakeOracle oracle([](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (!Has(present, "orders(a)")) return 1000.0;
    used = {"orders(a)"};
    return 10.0;
  });
  oracle.bytes_of["all_orders(a)"] = 5'000'000;
  IndexOptions options;
  options.budget = 1'500'000;
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, options);
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].ddl, "CREATE INDEX CONCURRENTLY orders_a_idx ON public.orders USING btree (a);");
  ASSERT_EQ(advice.suggestions[0].caveats.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].caveats[0],
            "serves partition orders only: an index of all partitions does not fit the budget");
}

}  // namespace
}  // namespace steward::advise
