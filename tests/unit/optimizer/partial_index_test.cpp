// Partial indexes: which are thought of, for which statements, and beside what exists.
#include "advise/index/candidates.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "advise/index/row_conditions.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

Predicate& AddTest(Workload& w, std::int64_t queryid, int attnum, const std::string& operator_name, double share) {
  const PredicateKind kind = operator_name == "IS NULL" ? PredicateKind::kIsNull : PredicateKind::kOther;
  Predicate& predicate = AddPredicate(w, queryid, attnum, PredicateRole::kFilter, kind);
  predicate.operator_name = operator_name;
  predicate.estimated_selectivity = share;
  return predicate;
}

// Equality on a, of rows whose b is NULL.
Workload Open(double share = 0.4) {
  Workload w = Shop();
  AddStatement(w, 1, 100, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddTest(w, 1, 2, "IS NULL", share);
  return w;
}

std::vector<std::string> Names(const Candidates& found, const std::vector<std::size_t>& positions) {
  std::vector<std::string> names;
  for (const std::size_t c : positions) names.push_back(Name(found.definitions[c]));
  return names;
}

// The partial ones among the candidates of the first statement.
std::vector<std::string> Partial(const Workload& w) {
  const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
  std::vector<std::string> names = Names(found, found.own[0]);
  std::erase_if(names, [](const std::string& name) { return name.find(" WHERE ") == std::string::npos; });
  return names;
}

using Strings = std::vector<std::string>;

TEST(PartialIndex, KeepsTheTestedColumnOutOfTheKeys) {
  EXPECT_EQ(Partial(Open()), Strings{"orders(a) WHERE b IS NULL"});
}

TEST(PartialIndex, NeedsRowsToLeaveOut) {
  EXPECT_EQ(Partial(Open(0.9)).size(), 1U);
  EXPECT_EQ(Partial(Open(0.91)), Strings{});
}

TEST(PartialIndex, OfComparedValuesThereIsNone) {
  Workload w = Shop();
  AddStatement(w, 1, 100, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality).operator_name = "pg_catalog.=(text,text)";
  AddPredicate(w, 1, 2, PredicateRole::kFilter, PredicateKind::kNotEqual).operator_name = "pg_catalog.<>(text,text)";
  EXPECT_EQ(Partial(w), Strings{});
}

TEST(PartialIndex, OfTheOneValueThatSamplesShowWhereItIsRare) {
  for (const auto& [share, names] : {std::pair{0.2, Strings{"orders(a) WHERE b = 'open'::text"}}, std::pair{0.21, Strings{}}}) {
    Workload w = Shop();
    AddStatement(w, 1, 100, 1000);
    AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
    Predicate& predicate = AddPredicate(w, 1, 2, PredicateRole::kFilter, PredicateKind::kEquality);
    predicate.value_test_sql = "b = 'open'::text";
    predicate.estimated_selectivity = share;
    EXPECT_EQ(Partial(w), names) << share;
  }
}

TEST(PartialIndex, OfTestsOfAJoinedRowThereIsNone) {
  Workload w = Open();
  w.predicates.back().role = PredicateRole::kJoin;
  EXPECT_EQ(Partial(w), Strings{});
}

TEST(PartialIndex, OrdersTheRowsThatPass) {
  Workload w = Shop();
  AddStatement(w, 1, 100, 1000);
  AddTest(w, 1, 2, "= false", 0.01);
  AddPredicate(w, 1, 3, PredicateRole::kSort, PredicateKind::kNone).position = 1;
  EXPECT_EQ(Partial(w), Strings{"orders(c) WHERE NOT b"});
}

TEST(PartialIndex, WithNothingElseToFindHoldsEqualValues) {
  Workload w = Shop();
  AddStatement(w, 1, 100, 1000);
  AddTest(w, 1, 2, "IS NOT NULL", 0.01);
  EXPECT_EQ(Partial(w), Strings{"orders(b) WHERE b IS NOT NULL"});
}

TEST(PartialIndex, CombinesTestsAsTheServerWritesThem) {
  Workload w = Open();
  AddTest(w, 1, 3, "= true", 0.5);
  EXPECT_EQ(Partial(w), (Strings{"orders(a) WHERE b IS NULL", "orders(b) WHERE c", "orders(a) WHERE c", "orders(b, a) WHERE c",
                                 "orders(a) WHERE (b IS NULL) AND c"}));
}

TEST(PartialIndex, IsOfUseWhereAllItAssumesIsAskedFor) {
  Workload w = Open();
  AddTest(w, 1, 3, "= true", 0.5);
  AddStatement(w, 2, 100, 1000);
  AddTest(w, 2, 2, "IS NULL", 0.4);
  AddStatement(w, 3, 100, 1000);
  AddPredicate(w, 3, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  const Candidates found = GenerateCandidates(w, {&w.statements[0], &w.statements[1], &w.statements[2]}, {});
  const auto has = [&](std::size_t statement, const std::string& name) {
    const Strings names = Names(found, found.relevant[statement]);
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  EXPECT_TRUE(has(0, "orders(a) WHERE (b IS NULL) AND c"));
  EXPECT_TRUE(has(1, "orders(a) WHERE b IS NULL"));
  EXPECT_FALSE(has(1, "orders(a) WHERE (b IS NULL) AND c"));
  EXPECT_TRUE(has(2, "orders(a)"));
  EXPECT_FALSE(has(2, "orders(a) WHERE b IS NULL"));
}

TEST(PartialIndex, ThatExistsIsTakenForWhatItIs) {
  Workload w = Open();
  AddIndex(w, "open_idx", {1}).definition.predicate = "b IS NULL";
  EXPECT_EQ(Partial(w), Strings{});
  const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
  const Strings all = Names(found, found.own[0]);
  EXPECT_EQ(std::count(all.begin(), all.end(), "orders(a)"), 1) << "an index on some rows does not serve for all";
  w.indexes[0].definition.predicate = "b IS NOT NULL";
  EXPECT_EQ(Partial(w), Strings{"orders(a) WHERE b IS NULL"});
}

TEST(PartialIndex, BesideOneOnAllRowsMustBeMuchSmaller) {
  for (const auto& [share, count] : {std::pair{0.4, 0U}, std::pair{0.05, 1U}}) {
    Workload w = Open(share);
    AddIndex(w, "all_idx", {1});
    EXPECT_EQ(Partial(w).size(), count) << share;
  }
}

TEST(PartialIndex, DoesNotExtendAUniqueKey) {
  Workload w = Open();
  AddPredicate(w, 1, 3, PredicateRole::kFilter, PredicateKind::kRange);
  AddIndex(w, "key", {1}).definition.unique = true;
  EXPECT_EQ(Partial(w), Strings{"orders(c) WHERE b IS NULL"});
}

}  // namespace
}  // namespace steward::advise
