// When INCLUDE columns earn their place: the selection's last step, against the made-up oracle.
#include "advise/index/advise_indexes.hpp"
#include "advise/index/candidates.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// One statement: equality on a, returning d.
Workload LookUp() {
  Workload w = Shop();
  AddStatement(w, 1, 100, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 1, 4, PredicateRole::kOutput, PredicateKind::kNone);
  return w;
}

// Planner units without an index, with (a), with (a) INCLUDE (d).
PlanFunction Plans(double none, double plain, double covering) {
  return [=](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (Has(present, "orders(a) INCLUDE (d)")) return used = {"orders(a) INCLUDE (d)"}, covering;
    if (Has(present, "orders(a)")) return used = {"orders(a)"}, plain;
    return none;
  };
}

std::vector<std::string> Suggested(const Workload& w, PlanFunction plans) {
  FakeOracle oracle(std::move(plans));
  std::vector<std::string> names;
  for (const model::IndexSuggestion& s : AdviseIndexes(w, oracle, {}).suggestions) names.push_back(Name(s.definition));
  return names;
}

model::ExistingIndex Primary() {
  model::ExistingIndex primary;
  primary.name = "orders_pkey";
  primary.primary = primary.pinned = true;
  primary.definition.relid = 10;
  primary.definition.unique = true;
  primary.definition.keys = {{1, "a", "a", "", "", false, false}};
  return primary;
}

TEST(CoveringIndex, GivesWayToAPlainOneThatServesNearlyAsWell) {
  EXPECT_EQ(Suggested(LookUp(), Plans(1800, 23, 4.5)), std::vector<std::string>{"orders(a)"});
}

TEST(CoveringIndex, StaysWhereItSavesMuch) {
  EXPECT_EQ(Suggested(LookUp(), Plans(1800, 900, 40)), std::vector<std::string>{"orders(a) INCLUDE (d)"});
}

TEST(CoveringIndex, ThePrimaryKeyGetsNoTwinForAFewPagesACall) {
  Workload w = LookUp();
  w.indexes.push_back(Primary());
  EXPECT_EQ(Suggested(w, Plans(8.44, 8.44, 4.44)), std::vector<std::string>{});
  EXPECT_EQ(Suggested(w, Plans(60, 60, 52)), std::vector<std::string>{});
}

TEST(CoveringIndex, ThePrimaryKeyGetsATwinForALargeGain) {
  Workload w = LookUp();
  w.indexes.push_back(Primary());
  EXPECT_EQ(Suggested(w, Plans(5000, 5000, 300)), std::vector<std::string>{"orders(a) INCLUDE (d)"});
}

TEST(CoveringIndex, ThePrimaryKeyIsNotExtendedByKeyColumns) {
  Workload w = LookUp();
  AddPredicate(w, 1, 2, PredicateRole::kGroup, PredicateKind::kNone).position = 1;
  w.indexes.push_back(Primary());
  std::vector<std::string> names;
  for (const auto& index : GenerateCandidates(w, {&w.statements[0]}, {}).definitions) names.push_back(Name(index));
  EXPECT_FALSE(Has(names, "orders(a, b)"));
  EXPECT_TRUE(Has(names, "orders(b)"));
  w.indexes[0].definition.unique = false;
  names.clear();
  for (const auto& index : GenerateCandidates(w, {&w.statements[0]}, {}).definitions) names.push_back(Name(index));
  EXPECT_TRUE(Has(names, "orders(a, b)"));
}

// The plain index of the first test, built: the covering form is not suggested after it.
TEST(CoveringIndex, DoesNotFollowThePlainOneOnceThatIsBuilt) {
  Workload w = LookUp();
  w.indexes.push_back(Primary());
  w.indexes[0].primary = w.indexes[0].pinned = w.indexes[0].definition.unique = false;
  EXPECT_EQ(Suggested(w, Plans(48, 48, 4.6)), std::vector<std::string>{});
  EXPECT_EQ(Suggested(LookUp(), Plans(1700, 48, 4.6)), std::vector<std::string>{"orders(a)"});
}

// (a, b) serves statement 2 and, nearly as well as a covering index on (a), statement 1.
TEST(CoveringIndex, GivesWayToALongerOneThatIsChosenAnyway) {
  Workload w = LookUp();
  AddStatement(w, 2, 100, 1000);
  AddPredicate(w, 2, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 2, 2, PredicateRole::kFilter, PredicateKind::kRange);
  const auto plans = [](std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (queryid == 1) {
      if (Has(present, "orders(a) INCLUDE (d)")) return used = {"orders(a) INCLUDE (d)"}, 5.0;
      if (Has(present, "orders(a)")) return used = {"orders(a)"}, 30.0;
      if (Has(present, "orders(a, b)")) return used = {"orders(a, b)"}, 32.0;
      return 1000.0;
    }
    if (Has(present, "orders(a, b)")) return used = {"orders(a, b)"}, 10.0;
    return 1000.0;
  };
  EXPECT_EQ(Suggested(w, plans), std::vector<std::string>{"orders(a, b)"});
}

}  // namespace
}  // namespace steward::advise
