// The gap between the set that was chosen and what no set of candidates can beat.
#include "advise/index/lower_bound.hpp"

#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// Two statements, each with an index of its own that saves 90 %.
model::IndexAdvice Advise(std::int64_t budget, bool quick) {
  Workload w = Shop();
  for (const int q : {1, 2}) {
    AddStatement(w, q, 10, 100);
    AddPredicate(w, q, q, PredicateRole::kFilter, PredicateKind::kEquality);
  }
  FakeOracle oracle([](std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
    const std::string mine = queryid == 1 ? "orders(a)" : "orders(b)";
    if (!Has(present, mine)) return 1000.0;
    used.push_back(mine);
    return 100.0;
  });
  IndexOptions options;
  options.budget = budget;
  options.quick = quick;
  return AdviseIndexes(w, oracle, options);
}

TEST(LowerBound, IsReachedWhereEverythingFits) {
  const model::IndexAdvice advice = Advise(0, false);
  EXPECT_DOUBLE_EQ(advice.cost_after, 2000);
  EXPECT_DOUBLE_EQ(advice.cost_lower_bound.value(), 2000);
}

TEST(LowerBound, KnowsNoBudgetForAllTogether) {
  const model::IndexAdvice advice = Advise(1'000'000, false);
  EXPECT_DOUBLE_EQ(advice.cost_after, 11000);
  EXPECT_DOUBLE_EQ(advice.cost_lower_bound.value(), 2000);
  EXPECT_DOUBLE_EQ(Advise(999'999, false).cost_lower_bound.value(), 20000) << "but for each by itself";
}

TEST(LowerBound, IsNotLookedForInAHurry) { EXPECT_FALSE(Advise(0, true).cost_lower_bound.has_value()); }

TEST(LowerBound, NothingIsSaidWhereThereAreTooMany) {
  std::vector<IndexDefinition> definitions(kMostPresent + 1);
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < definitions.size(); i++) {
    definitions[i].keys.push_back({1, "a" + std::to_string(i), "a", "", "", false, false});
    all.push_back(i);
  }
  FakeModel model({1}, definitions, [](auto, const auto&, auto&) { return 1.0; }, 1);
  const std::vector<std::vector<std::size_t>> relevant = {all};
  CostBook book(model, definitions, relevant);
  std::vector<bool> affordable(definitions.size(), true);
  book.Probe(affordable);
  const std::vector<Cost> costs = {Cost{}};
  EXPECT_FALSE(LowerBounds(book, affordable, costs, costs).has_value());
  affordable[0] = false;
  EXPECT_TRUE(LowerBounds(book, affordable, costs, costs).has_value());
}

}  // namespace
}  // namespace steward::advise
