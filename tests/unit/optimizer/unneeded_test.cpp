// Which existing indexes are not needed, and what keeps them.
#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "advise/index/unneeded.hpp"
#include "unit/optimizer/fake_oracle.hpp"

namespace steward::advise {
namespace {

using model::UnneededAction;
using model::UnneededIndex;
using model::UnneededKind;

constexpr double kDay = 24 * 3600;

// A table large enough to be judged, whose scans have been counted for 40 days.
Workload Counted() {
  Workload w = Shop();
  w.server.collected_at = 100 * kDay;
  w.tables[0].stats_since = 60 * kDay;
  w.tables[0].size = std::int64_t{100} << 20;
  return w;
}

model::ExistingIndex& AddUnused(Workload& w, const std::string& name, const std::vector<int>& columns) {
  model::ExistingIndex& index = AddIndex(w, name, columns);
  index.changed_at = 10 * kDay;
  return index;
}

std::vector<UnneededIndex> Find(const Workload& w, const std::vector<model::Cost>& after = {},
                                const std::map<model::Oid, std::int64_t>& fresh = {},
                                const std::vector<model::IndexSuggestion>& suggestions = {}) {
  return FindUnneeded({w, suggestions, after, fresh});
}

std::vector<std::string> Named(const std::vector<UnneededIndex>& rows) {
  std::vector<std::string> found;
  for (const UnneededIndex& r : rows)
    found.push_back(r.name + ":" + Word(r.kind) + ":" + r.superseded_by + (r.action == UnneededAction::kDrop ? "" : std::string(":") + Word(r.action)));
  return found;
}

using Names = std::vector<std::string>;

// Every row holds to this: something to do or a reason not to.
void ExpectConsistent(const std::vector<UnneededIndex>& rows) {
  for (const UnneededIndex& row : rows) EXPECT_EQ(row.keep_reason.empty(), !row.ddl.empty()) << row.name;
}

TEST(Unneeded, TellsDuplicatesPrefixesAndInvalidOnesAndSparesPinnedOnes) {
  Workload w = Shop();
  model::ExistingIndex& key = AddIndex(w, "pk", {1});
  key.pinned = key.definition.unique = true;
  AddIndex(w, "dup_of_pk", {1});
  AddIndex(w, "ab", {1, 2});
  AddIndex(w, "b", {2});
  AddIndex(w, "b_again", {2});
  AddIndex(w, "broken", {3}).valid = false;
  AddIndex(w, "in_the_making", {3}).valid = false;
  w.indexes.back().pinned = true;
  const auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"dup_of_pk:duplicate:pk", "b_again:duplicate:b", "broken:invalid:"}));
  EXPECT_EQ(rows[0].ddl, "DROP INDEX CONCURRENTLY dup_of_pk;");
  EXPECT_EQ(rows[0].undo_ddl, "CREATE INDEX CONCURRENTLY dup_of_pk ON public.orders USING btree (...);");
  EXPECT_NE(rows[0].id, rows[1].id);
}

TEST(Unneeded, NamesAnIndexThatStays) {
  Workload w = Shop();
  AddIndex(w, "a", {1});
  AddIndex(w, "ab", {1, 2});
  AddIndex(w, "abc", {1, 2, 3});
  EXPECT_EQ(Named(Find(w)), (Names{"a:prefix:abc", "ab:prefix:abc"}));
}

// Of two that keep out different rows neither can go.
TEST(Unneeded, SparesUniqueIndexesThatDiffer) {
  Workload w = Shop();
  AddIndex(w, "plain", {1}).definition.unique = true;
  model::ExistingIndex& strict = AddIndex(w, "strict", {1});
  strict.definition.unique = strict.definition.nulls_not_distinct = true;
  EXPECT_EQ(Named(Find(w)), Names{});
  w.indexes[1].definition.nulls_not_distinct = false;
  EXPECT_EQ(Named(Find(w)), (Names{"strict:duplicate:plain"}));
}

TEST(Unneeded, OfTwoAlikeTheOneThatPlansUseStays) {
  Workload w = Shop();
  AddIndex(w, "first", {1});
  AddIndex(w, "second", {1}).plans = 3;
  EXPECT_EQ(Named(Find(w)), (Names{"first:duplicate:second"}));
  w.indexes[1].plans = 0;
  w.indexes[1].scans = 7;
  EXPECT_EQ(Named(Find(w)), (Names{"first:duplicate:second"}));
}

// Its plans lose nothing, also on a standby: the other one is the same.
TEST(Unneeded, ADuplicateOfAConstraintsIndexGoesThoughPlansUseIt) {
  Workload w = Shop();
  AddIndex(w, "pk", {1}).pinned = true;
  AddIndex(w, "copy", {1}).plans = 2;
  w.standbys = {"db2"};
  const auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"copy:duplicate:pk"}));
  ASSERT_EQ(rows[0].caveats.size(), 1U);
  EXPECT_EQ(rows[0].caveats[0], "2 captured plans use it and would use pk instead, which is as good");
  EXPECT_EQ(rows[0].plans_using, 2);
}

TEST(Unneeded, APrefixThatPlansUseIsWatched) {
  Workload w = Shop();
  AddIndex(w, "a", {1}).plans = 1;
  AddIndex(w, "ab", {1, 2});
  const auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"a:prefix:ab:watch"}));
  EXPECT_EQ(rows[0].keep_reason, "1 captured plan uses it, ab would serve but is larger");
  ExpectConsistent(rows);
}

// RELIABILITY C7: old statistics, no scan, nothing else that needs it.
TEST(Unneeded, UnusedIsWhatNobodyScannedForLongEnough) {
  Workload w = Counted();
  AddUnused(w, "a", {1});
  AddUnused(w, "b", {2}).scans = 1;
  const auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"a:unused:"}));
  EXPECT_EQ(rows[0].confidence, model::Confidence::kHigh);
  EXPECT_DOUBLE_EQ(rows[0].stats_since, 60 * kDay);
  w.indexes[0].changed_at = 0;
  EXPECT_EQ(Find(w)[0].confidence, model::Confidence::kMedium);
  EXPECT_EQ(Find(w)[0].action, UnneededAction::kDrop);
}

TEST(Unneeded, YoungOrUnknownStatisticsMeanWatching) {
  Workload w = Counted();
  AddUnused(w, "a", {1});
  w.tables[0].stats_since = 91 * kDay;
  EXPECT_EQ(Find(w)[0].keep_reason, "0 scans in 9 d; statistics must be 30 d old");
  EXPECT_EQ(Find(w)[0].action, UnneededAction::kWatch);
  w.tables[0].stats_since = 100 * kDay - 7200;
  EXPECT_EQ(Find(w)[0].keep_reason, "0 scans in 2 hours; statistics must be 30 d old");
  w.tables[0].stats_since = 0;
  EXPECT_EQ(Find(w)[0].keep_reason, "since when scans are counted is not known; statistics must be 30 d old");
  w.tables[0].stats_since = 60 * kDay;
  w.indexes[0].changed_at = 95 * kDay;
  EXPECT_EQ(Find(w)[0].keep_reason, "0 scans in the 5 d since it was built or changed, which must be 30 d");
  w.indexes[0].changed_at = 70 * kDay;
  EXPECT_EQ(Find(w)[0].action, UnneededAction::kDrop);
  ExpectConsistent(Find(w));
}

TEST(Unneeded, StandbysThatCannotBeSeenMeanWatching) {
  Workload w = Counted();
  AddUnused(w, "a", {1});
  AddIndex(w, "b", {2}).scans = 9;
  AddIndex(w, "bc", {2, 3}).scans = 9;
  w.standbys = {"db2 (10.0.0.2)", "slot db3 (not connected)"};
  auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"a:unused::watch", "b:prefix:bc:watch"}));
  EXPECT_EQ(rows[0].keep_reason, "scans on standbys db2 (10.0.0.2), slot db3 (not connected) cannot be seen from here");
  w.standbys.clear();
  w.server.standby = true;
  rows = Find(w);
  EXPECT_EQ(rows[0].keep_reason,
            "this server is a standby: scans on the primary and on other standbys cannot be seen from here");
  EXPECT_EQ(rows[1].action, UnneededAction::kWatch);
  ExpectConsistent(rows);
}

TEST(Unneeded, AStandbyThatWasSeenHoldsNothingBack) {
  Workload w = Counted();
  AddUnused(w, "a", {1}).standby_scans = 0;
  w.standbys = {"db2"};
  w.seen_standbys = {{"db2:5432", 100 * kDay, 60 * kDay, 0}};
  auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"a:unused:"}));
  EXPECT_EQ(rows[0].standbys_seen, 1U);
  EXPECT_EQ(rows[0].standby_scans, 0);
  w.indexes[0].standby_scans = 3;  // used there
  EXPECT_EQ(Named(Find(w)), Names{});
}

TEST(Unneeded, WhatAStandbySaysMustBeNewAndCountedForLong) {
  Workload w = Counted();
  AddUnused(w, "a", {1}).standby_scans = 0;
  w.standbys = {"db2"};
  w.seen_standbys = {{"db2:5432", 98 * kDay, 60 * kDay, 0}};
  EXPECT_EQ(Find(w)[0].keep_reason, "what standby db2:5432 says is 2 d old");
  w.seen_standbys[0] = {"db2:5432", 100 * kDay, 95 * kDay, 0};
  EXPECT_EQ(Find(w)[0].keep_reason, "standby db2:5432 has counted scans for 5 d; statistics must be 30 d old");
  w.seen_standbys[0].stats_since = 0;
  EXPECT_EQ(Find(w)[0].keep_reason,
            "standby db2:5432 has counted scans for a time not known; statistics must be 30 d old");
  w.seen_standbys[0] = {"db2:5432", 100 * kDay, 60 * kDay, 1};  // another one follows it
  EXPECT_EQ(Find(w)[0].keep_reason, "scans on standbys 1 of 2 (attached: db2) cannot be seen from here");
  w.seen_standbys.push_back({"db3:5432", 100 * kDay, 60 * kDay, 0});
  EXPECT_EQ(Find(w)[0].action, UnneededAction::kDrop);
}

TEST(Unneeded, WhatElseAnIndexIsThereForKeepsIt) {
  Workload w = Counted();
  AddUnused(w, "unique", {1}).definition.unique = true;
  AddUnused(w, "exclusion", {2}).definition.exclusion = true;
  AddUnused(w, "pinned", {3}).pinned = true;
  EXPECT_EQ(Named(Find(w)), Names{});
  AddUnused(w, "expression", {}).definition.keys = {{0, "lower(d)", "(lower(d))", "", "", false, false}};
  AddUnused(w, "used", {5}).plans = 2;
  const auto rows = Find(w);
  EXPECT_EQ(Named(rows), (Names{"expression:unused::keep", "used:unused::keep"}));
  EXPECT_EQ(rows[0].keep_reason,
            "the planner has statistics of lower(d) from it; CREATE STATISTICS could give them without it");
  EXPECT_EQ(rows[1].keep_reason, "2 captured plans use it");
  ExpectConsistent(rows);
}

TEST(Unneeded, TheOnlyIndexOfAForeignKeyIsKept) {
  Workload w = Counted();
  AddUnused(w, "ba", {2, 1});
  model::ForeignKey key;
  key.name = "orders_ab_fkey";
  key.relid = 10;
  key.keys = {{1, "a", "a", "", "", false, false}, {2, "b", "b", "", "", false, false}};
  w.foreign_keys = {key};
  EXPECT_EQ(Named(Find(w)), (Names{"ba:unused::keep"}));
  EXPECT_NE(Find(w)[0].keep_reason.find("foreign key orders_ab_fkey has no other index"), std::string::npos);
  AddUnused(w, "abc", {1, 2, 3}).scans = 1;
  EXPECT_EQ(Named(Find(w)), (Names{"ba:unused:"}));
}

// Else whoever follows both pieces of advice is left without either.
TEST(Unneeded, WhatAUsedIndexIsDroppedForIsNotUnused) {
  Workload w = Counted();
  AddUnused(w, "a", {1}).scans = 5;
  AddUnused(w, "ab", {1, 2});
  EXPECT_EQ(Named(Find(w)), (Names{"a:prefix:ab"}));
  w.indexes[0].scans = 0;
  EXPECT_EQ(Named(Find(w)), (Names{"a:prefix:ab", "ab:unused:"}));
  w.indexes[0].scans = w.indexes[0].plans = 5;  // it stays itself
  EXPECT_EQ(Named(Find(w)), (Names{"a:prefix:ab:watch", "ab:unused:"}));
}

TEST(Unneeded, OfSeveralIndexesOfAForeignKeyOneStays) {
  Workload w = Counted();
  w.foreign_keys = {{"orders_a_fkey", 10, 20, {{1, "a", "a", "", "", false, false}}, "cascade"}};
  AddUnused(w, "ab", {1, 2});
  AddUnused(w, "ac", {1, 3});
  EXPECT_EQ(Named(Find(w)), (Names{"ab:unused:", "ac:unused::keep"}));
  AddUnused(w, "a", {1});
  EXPECT_EQ(Named(Find(w)), (Names{"ab:unused:", "ac:unused::keep", "a:prefix:ab"}));
}

// What has never been scanned may be what the suggested set would read.
TEST(Unneeded, WhatThePlansOfTheSuggestionsUseIsKept) {
  Workload w = Counted();
  const model::Oid a = AddUnused(w, "a", {1}).indexrelid;
  model::Cost cost;
  cost.existing_used = {a};
  model::IndexSuggestion suggestion;
  const auto rows = Find(w, {cost, cost}, {}, {suggestion});
  EXPECT_EQ(rows[0].keep_reason, "2 statements would use it with the suggested indexes in place");
  EXPECT_EQ(rows[0].action, UnneededAction::kKeep);
  EXPECT_EQ(Find(w, {cost})[0].keep_reason, "1 statement would use it");
  cost.error = "could not be planned";
  EXPECT_EQ(Find(w, {cost})[0].action, UnneededAction::kDrop);
}

TEST(Unneeded, WhatASuggestionAttachesToItsOwnStays) {
  Workload w = Counted();
  const model::Oid a = AddUnused(w, "a", {1}).indexrelid;
  model::IndexSuggestion suggestion;
  suggestion.build.existing[a] = "a";
  EXPECT_EQ(Named(Find(w, {}, {{a, 1}}, {suggestion})), Names{});
}

// The planner reads a tiny table whole: its indexes are not unused, they wait.
TEST(Unneeded, NothingIsSaidOfTinyTables) {
  Workload w = Counted();
  AddUnused(w, "a", {1});
  w.tables[0].size = kTinyTable - 1;
  EXPECT_EQ(Named(Find(w)), Names{});
  w.tables[0].size = kTinyTable;
  EXPECT_EQ(Named(Find(w)), (Names{"a:unused:"}));
  w.tables[0].catalog = true;
  EXPECT_EQ(Named(Find(w)), Names{});
}

TEST(Unneeded, WhatCannotBeKnownIsSaid) {
  Workload w = Counted();
  AddUnused(w, "a", {1});
  w.server.archiving = true;
  w.server.sees_all_plans = false;
  const auto rows = Find(w);
  EXPECT_EQ(rows[0].caveats, (Names{"standbys that follow by archived WAL alone are not known here",
                                    "plans of other roles are not visible to this one"}));
  EXPECT_EQ(rows[0].confidence, model::Confidence::kMedium);
}

TEST(Unneeded, BloatedIsWhatARebuildMakesMuchSmaller) {
  Workload w = Counted();
  model::ExistingIndex& index = AddIndex(w, "a", {1});
  index.scans = 5;
  index.size = std::int64_t{100} << 20;
  index.pinned = index.definition.unique = true;  // a primary key can be rebuilt all the same
  const model::Oid id = index.indexrelid;
  const auto rows = Find(w, {}, {{id, std::int64_t{40} << 20}});
  EXPECT_EQ(Named(rows), (Names{"a:bloated::reindex"}));
  EXPECT_EQ(rows[0].ddl, "REINDEX INDEX CONCURRENTLY a;");
  EXPECT_EQ(rows[0].undo_ddl, "");
  EXPECT_EQ(rows[0].fresh_size, std::int64_t{40} << 20);
  EXPECT_EQ(Named(Find(w, {}, {{id, std::int64_t{51} << 20}})), Names{});  // less than half
  w.indexes[0].size = std::int64_t{12} << 20;
  EXPECT_EQ(Named(Find(w, {}, {{id, std::int64_t{3} << 20}})), Names{});  // less than 10 MB
  ExpectConsistent(rows);
}

TEST(Unneeded, WhatIsToBeDroppedIsNotRebuilt) {
  Workload w = Counted();
  AddIndex(w, "a", {1}).size = std::int64_t{100} << 20;
  AddIndex(w, "ab", {1, 2}).scans = 1;
  EXPECT_EQ(Named(Find(w, {}, {{w.indexes[0].indexrelid, 1}})), (Names{"a:prefix:ab"}));
}

TEST(Unneeded, OnlyLargeWholeBTreesOfAnalyzedTablesAreMeasured) {
  Workload w = Counted();
  const auto add = [&](const char* name) -> model::ExistingIndex& {
    model::ExistingIndex& index = AddIndex(w, name, {1});
    index.size = kBloatFreed;
    return index;
  };
  add("yes");
  add("small").size = kBloatFreed - 1;
  add("gin").definition.method = "gin";
  add("partial").definition.predicate = "(b > 0)";
  add("exclusion").definition.exclusion = true;
  add("invalid").valid = false;
  EXPECT_EQ(WorthMeasuring(w), std::vector<std::size_t>{0});
  w.tables[0].analyzed_at = 0;
  EXPECT_TRUE(WorthMeasuring(w).empty());
}

TEST(Unneeded, TheLargestComesFirst) {
  Workload w = Counted();
  AddUnused(w, "small", {1}).size = 8192;
  AddUnused(w, "large", {2}).size = 81920;
  EXPECT_EQ(Named(Find(w)), (Names{"large:unused:", "small:unused:"}));
}

TEST(AdviseIndexes, MeasuresWhatCouldBeBloated) {
  Workload w = Counted();
  model::ExistingIndex& index = AddIndex(w, "a", {1});
  index.size = std::int64_t{100} << 20;
  index.scans = 1;
  FakeOracle oracle([](auto, const auto&, auto&) { return 1.0; });
  oracle.bytes_of["(a)"] = std::int64_t{30} << 20;
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.unneeded.size(), 1U);
  EXPECT_EQ(advice.unneeded[0].kind, UnneededKind::kBloated);
  EXPECT_EQ(advice.unneeded[0].fresh_size, std::int64_t{30} << 20);
}

}  // namespace
}  // namespace steward::advise
