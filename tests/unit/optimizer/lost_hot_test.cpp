// Which HOT updates an index would end.
#include "advise/index/lost_hot.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "advise/index/upkeep.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

constexpr double kDay = 24 * 3600;

// A week in which 168,000 rows had b set and 168,000 had c and d: 2,000 an hour, all HOT, counted for a day.
Workload Updated() {
  Workload w = Shop();
  model::Table& orders = w.tables[0];
  orders.stats_since = w.server.collected_at - kDay;
  orders.updated = orders.hot_updated = 48000;
  orders.updates = {{{2}, 168000}, {{3, 4}, 168000}};
  return w;
}

IndexDefinition On(const std::vector<int>& columns) {
  Workload w;
  return AddIndex(w, "i", columns).definition;
}

LostHot Lost(const Workload& w, const IndexDefinition& index) {
  return HotUpdatesLost(w.server, Partitions(w), index);
}

using Strings = std::vector<std::string>;

TEST(LostHot, AreThoseThatSetOneOfItsColumns) {
  const Workload w = Updated();
  const LostHot lost = Lost(w, On({1, 2}));
  EXPECT_DOUBLE_EQ(lost.per_hour.value(), 1000);
  EXPECT_EQ(lost.columns, Strings{"b"});
  EXPECT_DOUBLE_EQ(Lost(w, On({2, 3})).per_hour.value(), 2000);
  EXPECT_EQ(Lost(w, On({4, 3})).columns, (Strings{"c", "d"}));
  EXPECT_EQ(Lost(w, On({1, 5})).per_hour, 0) << "set by no update";
  EXPECT_EQ(Lost(w, On({1, 5})).columns, Strings{});
}

TEST(LostHot, AnyPartOfTheIndexCounts) {
  const Workload w = Updated();
  IndexDefinition index = On({1});
  index.include = On({2}).keys;
  EXPECT_DOUBLE_EQ(Lost(w, index).per_hour.value(), 1000) << "INCLUDE";
  index = On({1});
  index.predicate = "b IS NULL";
  EXPECT_DOUBLE_EQ(Lost(w, index).per_hour.value(), 1000) << "predicate";
  index.predicate = "bb IS NULL";
  EXPECT_EQ(Lost(w, index).per_hour, 0) << "a part of a word is none";
  index = On({1});
  index.keys[0] = {0, "lower(b)", "lower(b)", "", "", false, false};
  EXPECT_DOUBLE_EQ(Lost(w, index).per_hour.value(), 1000) << "expression";
}

TEST(LostHot, BrinEndsNoneFrom16On) {
  Workload w = Updated();
  IndexDefinition brin = On({2});
  brin.method = "brin";
  w.server.version_num = 150020;
  EXPECT_DOUBLE_EQ(Lost(w, brin).per_hour.value(), 1000);
  w.server.version_num = 160000;
  EXPECT_EQ(Lost(w, brin).per_hour, 0);
  EXPECT_DOUBLE_EQ(Lost(w, On({2})).per_hour.value(), 1000) << "a b-tree ends them";
  AddIndex(w, "orders_b_brin", {2}).definition.method = "brin";
  EXPECT_DOUBLE_EQ(Lost(w, On({2})).per_hour.value(), 1000) << "the BRIN index that exists left them HOT";
}

TEST(LostHot, WhatAnIndexEndsAlreadyIsNotLost) {
  Workload w = Updated();
  AddIndex(w, "orders_b_idx", {2});
  EXPECT_EQ(Lost(w, On({2, 1})).per_hour, 0);
  EXPECT_DOUBLE_EQ(Lost(w, On({2, 3})).per_hour.value(), 1000) << "those of c and d";
  EXPECT_EQ(Lost(w, On({2, 3})).columns, Strings{"c"});
}

TEST(LostHot, AreNoMoreThanTheTablesHotUpdates) {
  Workload w = Updated();
  w.tables[0].hot_updated = 12000;  // 500 an hour; half of what was captured sets b
  EXPECT_DOUBLE_EQ(Lost(w, On({2})).per_hour.value(), 250);
  w.tables[0].hot_updated = 0;
  EXPECT_EQ(Lost(w, On({2})).per_hour, 0);
}

TEST(LostHot, AreNotKnownWithoutAnHourOrWithoutCapturedOnes) {
  Workload w = Updated();
  w.tables[0].stats_since = w.server.collected_at - 3599;
  EXPECT_FALSE(Lost(w, On({2})).per_hour.has_value());
  w.tables[0].stats_since = 0;
  EXPECT_FALSE(Lost(w, On({2})).per_hour.has_value());
  w = Updated();
  w.server.window_start = w.server.window_end - 299;
  EXPECT_FALSE(Lost(w, On({2})).per_hour.has_value());
  w = Updated();
  w.tables[0].updates.clear();
  EXPECT_FALSE(Lost(w, On({2})).per_hour.has_value());
  w.tables[0].updates = {{{1, 2}, 168000}};
  AddIndex(w, "orders_pkey", {1});
  EXPECT_FALSE(Lost(w, On({2})).per_hour.has_value()) << "what is HOT was not captured";
  EXPECT_FALSE(Lost(Workload(), On({2})).per_hour.has_value()) << "no such table";
}

// orders, a partition whose columns are numbered as those of all_orders, and old, whose are not.
Workload Partitioned() {
  Workload w = Updated();
  model::Table all = w.tables[0];
  all.relid = 20;
  all.name = "all_orders";
  all.kind = 'p';
  all.updated = all.hot_updated = 0;
  all.updates = {{{3, 4}, 168000}};
  model::Table old = w.tables[0];
  old.relid = 22;
  old.name = "old";
  old.updates = {{{4}, 168000}};
  std::reverse(old.columns.begin(), old.columns.end());
  for (std::size_t i = 0; i < old.columns.size(); i++) old.columns[i].attnum = static_cast<int>(i) + 1;
  w.tables[0].parent = old.parent = 20;
  w.tables[0].updates.clear();
  w.tables.push_back(all);
  w.tables.push_back(old);
  return w;
}

TEST(LostHot, OfAPartitionedTableAreThoseOfAllPartitions) {
  Workload w = Partitioned();
  IndexDefinition index = On({2});
  index.relid = 20;
  EXPECT_DOUBLE_EQ(Lost(w, index).per_hour.value(), 1000) << "set in old, where it is column 4";
  index = On({3});
  index.relid = 20;
  EXPECT_DOUBLE_EQ(Lost(w, index).per_hour.value(), 1000) << "set through the partitioned table";
  w.tables[2].stats_since = 0;
  EXPECT_FALSE(Lost(w, index).per_hour.has_value()) << "of a partition it is not known";
}

TEST(LostHot, CountInTheUpkeepOfAllIndexesOfTheTable) {
  Workload w = Updated();
  const double hours = 7 * 24;
  EXPECT_DOUBLE_EQ(Upkeep(w.server, Partitions(w), On({5})), 0);
  EXPECT_DOUBLE_EQ(Upkeep(w.server, Partitions(w), On({2})), 1000 * hours);
  AddIndex(w, "orders_pkey", {1});
  AddIndex(w, "orders_e_idx", {5}).definition.method = "gin";
  EXPECT_DOUBLE_EQ(Upkeep(w.server, Partitions(w), On({2})), 1000 * hours * (1 + 1 + 5));
  w.tables[0].updates.clear();
  EXPECT_DOUBLE_EQ(Upkeep(w.server, Partitions(w), On({2})), 0) << "not known";
}

TEST(LostHot, DecideWhetherAnIndexIsSuggested) {
  const auto suggested = [](std::int64_t hot_updated) {
    Workload w = Updated();
    w.tables[0].updated = w.tables[0].hot_updated = hot_updated;
    w.tables[0].updates = {{{2}, 7 * hot_updated}};
    AddStatement(w, 1, 1000, 100);  // a million units a week to gain
    AddPredicate(w, 1, 2, PredicateRole::kFilter, PredicateKind::kEquality);
    FakeOracle oracle([](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
      if (!Has(present, "orders(b)")) return 1010.0;
      used = {"orders(b)"};
      return 10.0;
    });
    return AdviseIndexes(w, oracle, {}).suggestions;
  };
  const auto few = suggested(10000);
  ASSERT_EQ(few.size(), 1U);
  EXPECT_NEAR(few[0].hot_updates_lost_per_hour.value(), 10000 / 24.0, 1e-6);
  EXPECT_EQ(few[0].hot_lost_columns, Strings{"b"});
  EXPECT_EQ(suggested(200000).size(), 0U);
}

}  // namespace
}  // namespace steward::advise
