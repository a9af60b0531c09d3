// Estimates from plans that were taken apart, and reading those plans.
#include <gtest/gtest.h>

#include <cmath>

#include "advise/index/plan_model.hpp"
#include "db/error.hpp"
#include "whatif/plan_json.hpp"

namespace steward::advise {
namespace {

using model::AccessPath;
using model::Configuration;

AccessPath Access(int relation, std::string order, double startup, double total, Configuration candidates = {},
                  std::string outer = "") {
  return {relation, std::move(outer), std::move(order), 0, startup, total, std::move(candidates)};
}

// Relation 1 read in any order, relation 2 by its column 5, of which a tenth is fetched.
model::Cost Base() {
  model::Cost cost;
  cost.plan = model::PlanTemplate{
      10, {{Access(1, "", 0, 100), 0, 1}, {Access(2, "5", 40, 240), 0.9, 0.1}}, {}};
  cost.total = 10 + 100 + 0.9 * 40 + 0.1 * 240;
  cost.accesses = {Access(1, "", 0, 100),         Access(1, "", 0, 30, {0}),      Access(1, "3", 0, 20, {1}),
                   Access(1, "", 0, 1, {2}, "2"), Access(2, "", 0, 1, {3}),       Access(2, "57", 0, 1, {4}),
                   Access(2, "5 7-", 0, 100, {5})};
  return cost;
}

class PlanModelTest : public ::testing::Test {
 protected:
  PlanModelTest() { plans_.Learn(0, Base()); }
  PlanModel plans_{2, 8};
};

TEST_F(PlanModelTest, PutsTheBestAccessPathThatTheSetAllowsInEachPlace) {
  EXPECT_DOUBLE_EQ(plans_.Total(0, {}), Base().total);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {0}), Base().total - 70);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {0, 1}), Base().total - 80);
  EXPECT_EQ(plans_.For(0, {0, 1, 7}).used, Configuration{1});
}

TEST_F(PlanModelTest, APlaceTakesItsOwnParameterisationAndOrderOnly) {
  EXPECT_DOUBLE_EQ(plans_.Total(0, {2}), Base().total) << "needs values of relation 2";
  EXPECT_DOUBLE_EQ(plans_.Total(0, {3}), Base().total) << "in no order";
  EXPECT_DOUBLE_EQ(plans_.Total(0, {4}), Base().total) << "by column 57";
}

TEST_F(PlanModelTest, WeighsStartupAndTheRestApart) {
  EXPECT_DOUBLE_EQ(plans_.Total(0, {5}), 10 + 100 + 0.1 * 100) << "ordered by more is ordered";
}

TEST_F(PlanModelTest, TheCheapestKnownPlanCounts) {
  model::Cost other;
  other.plan = model::PlanTemplate{5, {{Access(1, "", 0, 1, {2}, "2"), 0, 7}, {Access(2, "", 0, 200), 0, 1}}, {}};
  plans_.Learn(0, other);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {}), Base().total) << "the other needs candidate 2";
  EXPECT_DOUBLE_EQ(plans_.Total(0, {2, 3}), 5 + 7 + 1);
  EXPECT_EQ(plans_.For(0, {2, 3}).used, (Configuration{2, 3}));
}

TEST_F(PlanModelTest, AParallelPlanIsWithItsNumberOfWorkersOnly) {
  PlanModel plans(1, 2);
  model::Cost cost;
  const auto scan = [](int workers, double total, Configuration candidates) {
    AccessPath access = Access(1, "", 0, total, std::move(candidates));
    access.workers = workers;
    return access;
  };
  cost.plan = model::PlanTemplate{10, {{scan(2, 50, {}), 0, 1}}, {}};
  cost.accesses = {scan(2, 50, {}), scan(1, 40, {0}), scan(2, 30, {1})};
  plans.Learn(0, cost);
  EXPECT_DOUBLE_EQ(plans.Total(0, {}), 60);
  EXPECT_TRUE(std::isinf(plans.Total(0, {0}))) << "the planner would take the scan with one worker";
  EXPECT_DOUBLE_EQ(plans.Total(0, {0, 1}), 40);
}

TEST_F(PlanModelTest, ACorrectionHoldsForTheSamePlanWithTheSameCandidates) {
  plans_.Correct(0, {0, 3}, Base().total - 50);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {0, 3}), Base().total - 50);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {0, 6}), Base().total - 50);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {1}), Base().total - 80);
  plans_.Correct(0, {1}, Base().total - 90);
  EXPECT_DOUBLE_EQ(plans_.Total(0, {1}), Base().total - 80) << "nothing lowers an estimate but a plan";
}

TEST_F(PlanModelTest, WithoutAPlanItSaysNothing) {
  EXPECT_FALSE(plans_.Knows(1));
  EXPECT_TRUE(std::isinf(plans_.Total(1, {0})));
}

TEST_F(PlanModelTest, RanksTheBestOfEachWayOfReadingFirst) {
  std::vector<bool> allowed(8, true);
  EXPECT_EQ(plans_.Ways(0, allowed), 6U);
  EXPECT_EQ(plans_.Ranked(0, allowed).size(), 6U);
  model::Cost more;
  more.accesses = {Access(1, "", 0, 25, {6})};
  plans_.Learn(0, more);
  EXPECT_EQ(plans_.Ways(0, allowed), 6U);
  EXPECT_EQ(plans_.Ranked(0, allowed).back(), 0U) << "6 reads relation 1 at less cost than 0";
  allowed[6] = false;
  EXPECT_EQ(plans_.Ranked(0, allowed).size(), 6U);
}

TEST(PlanJsonTest, ReadsWhatTheServerSays) {
  const auto plan = whatif::ParsePlanTemplate(
      R"({"internal": 1.5, "slots": [[10001, "10002", "5 7-", 2, 0, 3, 0.25, 8.5, [2]]], "opaque_relids": [16400]})",
      {7, 9});
  EXPECT_EQ(plan.internal, 1.5);
  EXPECT_EQ(plan.opaque, std::vector<model::Oid>{16400});
  ASSERT_EQ(plan.slots.size(), 1U);
  EXPECT_EQ(plan.slots[0].total_weight, 3);
  EXPECT_EQ(plan.slots[0].access.relation, 10001);
  EXPECT_EQ(plan.slots[0].access.outer, "10002");
  EXPECT_EQ(plan.slots[0].access.order, "5 7-");
  EXPECT_EQ(plan.slots[0].access.workers, 2);
  EXPECT_EQ(plan.slots[0].access.total_cost, 8.5);
  EXPECT_EQ(plan.slots[0].access.candidates, Configuration{9});
  EXPECT_EQ(whatif::ParseAccesses(R"([[1, "", "", 0, 0, 4, [2, 1]]])", {7, 9})[0].candidates, (Configuration{7, 9}));
}

TEST(PlanJsonTest, WhatIsOfAnotherFormIsAnError) {
  for (const char* broken : {"", "{", "[]", R"({"internal": "x", "slots": []})", R"({"internal": 1, "slots": [[1]]})"})
    EXPECT_THROW(static_cast<void>(whatif::ParsePlanTemplate(broken, {})), db::Error) << broken;
  EXPECT_THROW(static_cast<void>(whatif::ParseAccesses(R"([[1, "", "", 0, 0, 4, [3]]])", {7, 9})), db::Error)
      << "a candidate that was not asked for";
}

}  // namespace
}  // namespace steward::advise
