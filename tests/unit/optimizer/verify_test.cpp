// Which indexes stay by what was measured: decided on times that a fake gives.
#include "advise/index/verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

namespace steward::advise {
namespace {

using model::Measurement;
using model::TrialSet;

// Each statement's plans in the order of the planner's liking: the first whose indexes are all there is taken.
struct FakePlan {
  TrialSet uses;
  double time;
  bool timed_out = false;
};

class FakeMeasurer : public model::Measurer {
 public:
  std::vector<std::vector<FakePlan>> statements;
  std::map<std::size_t, std::string> errors;
  std::function<double()> machine = [] { return 1.0; };  // how slow it is just now
  std::map<TrialSet, int> runs;
  std::map<TrialSet, int> slow_runs;  // how many of a plan's first runs take three times as long

  Measurement Plan(std::size_t statement, const TrialSet& kept) override {
    if (errors.count(statement) > 0) return Failed(statement);
    const FakePlan& plan = Chosen(statement, kept);
    return {0, plan.time, false, plan.uses, ""};
  }
  Measurement Run(std::size_t statement, const TrialSet& kept) override {
    if (errors.count(statement) > 0) return Failed(statement);
    const FakePlan& plan = Chosen(statement, kept);
    const bool slow = ++runs[plan.uses] <= slow_runs[plan.uses];
    return {plan.time * machine() * (slow ? 3 : 1), plan.time, plan.timed_out, plan.uses, ""};
  }

 private:
  Measurement Failed(std::size_t statement) {
    Measurement failed;
    failed.error = errors[statement];
    return failed;
  }
  const FakePlan& Chosen(std::size_t statement, const TrialSet& kept) {
    return *std::find_if(statements[statement].begin(), statements[statement].end(), [&](const FakePlan& plan) {
      return std::includes(kept.begin(), kept.end(), plan.uses.begin(), plan.uses.end());
    });
  }
};

VerifyResult Verify(FakeMeasurer& measurer, std::size_t indexes, std::vector<std::vector<std::size_t>> helps = {}) {
  helps.resize(indexes);
  const VerifyInput input{measurer, std::vector<double>(measurer.statements.size(), 1.0), helps,
                          std::vector<bool>(indexes, true), [](const std::string&, double) {}};
  return VerifyIndexes(input);
}

TEST(VerifyTest, WhatHelpsStays) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 10}, {{}, 100}}, {{{1}, 50}, {{}, 100}}, {{{}, 70}}};
  const VerifyResult result = Verify(measurer, 2);
  EXPECT_EQ(result.kept, (TrialSet{0, 1}));
  EXPECT_TRUE(result.rejected.empty());
  EXPECT_DOUBLE_EQ(result.statements[0].time_before, 100);
  EXPECT_DOUBLE_EQ(result.statements[0].time_after, 10);
  EXPECT_EQ(result.statements[1].used, (TrialSet{1}));
  EXPECT_FALSE(result.statements[2].affected);
}

TEST(VerifyTest, WhatSlowsAStatementGoesThoughItHelpsAnother) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 10}, {{}, 100}}, {{{0}, 121}, {{}, 100}}};
  const VerifyResult result = Verify(measurer, 1);
  EXPECT_TRUE(result.kept.empty());
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_EQ(result.rejected[0].statement, 1U);
  EXPECT_DOUBLE_EQ(result.rejected[0].slowdown, 1.21);
  EXPECT_DOUBLE_EQ(result.statements[1].time_after, 100);
}

TEST(VerifyTest, AFifthSlowerIsAllowed) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 10}, {{}, 100}}, {{{0}, 119}, {{}, 100}}};
  EXPECT_EQ(Verify(measurer, 1).kept, (TrialSet{0}));
}

TEST(VerifyTest, WhatSavesNothingGoes) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 10}, {{}, 100}}, {{{1}, 99.5}, {{}, 100}}};
  const VerifyResult result = Verify(measurer, 2);
  EXPECT_EQ(result.kept, (TrialSet{0}));
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_EQ(result.rejected[0].index, 1U);
  EXPECT_DOUBLE_EQ(result.rejected[0].time_with, 99.5);
  EXPECT_DOUBLE_EQ(result.rejected[0].time_without, 100);
}

TEST(VerifyTest, WhatNoPlanUsesGoes) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 10}, {{}, 100}}};
  const VerifyResult result = Verify(measurer, 2);
  EXPECT_EQ(result.kept, (TrialSet{0}));
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_DOUBLE_EQ(result.rejected[0].time_without, 0);
}

// Of the two indexes in a slow plan the one goes without which the statement is fast.
TEST(VerifyTest, TheRightOneOfTwoGoes) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0, 1}, 300}, {{0}, 20}, {{1}, 250}, {{}, 100}}, {{{1}, 90}, {{}, 100}}};
  const VerifyResult result = Verify(measurer, 2);
  EXPECT_EQ(result.kept, (TrialSet{0}));
  EXPECT_DOUBLE_EQ(result.statements[0].time_after, 20);
}

// Without index 0 the planner turns to index 1, which is worse: both have to go.
TEST(VerifyTest, ASecondSlowPlanIsFoundAsWell) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 150}, {{1}, 200}, {{}, 100}}};
  EXPECT_TRUE(Verify(measurer, 2).kept.empty());
}

TEST(VerifyTest, WhatCannotBeMeasuredIsNotHeldAgainstAnIndex) {
  FakeMeasurer measurer;
  measurer.statements = {{{{}, 100}}, {{{}, 100}}};
  measurer.errors[0] = "the statement writes";
  const VerifyResult result = Verify(measurer, 2, {{0}, {1}});
  EXPECT_EQ(result.kept, (TrialSet{0}));
  EXPECT_EQ(result.statements[0].error, "the statement writes");
}

// A call that would never end is run once, not in each round, and counts as the limit.
TEST(VerifyTest, AnEndlessCallIsRunOnce) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 1}, {{}, 60000, true}}};
  const VerifyResult result = Verify(measurer, 1);
  EXPECT_EQ(result.kept, (TrialSet{0}));
  EXPECT_TRUE(result.statements[0].before_timed_out);
  EXPECT_EQ(measurer.runs[{}], 1);
}

// Times are shares of what the statement takes without indexes in the same rounds.
TEST(VerifyTest, AMachineThatGetsSlowerDoesNotCount) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 80}, {{}, 100}}, {{{1}, 80}, {{}, 100}}, {{{0, 1}, 50}, {{0}, 90}, {{1}, 90}, {{}, 100}}};
  int calls = 0;
  measurer.machine = [&] { return 1.0 + calls++ / 30 * 0.5; };
  EXPECT_EQ(Verify(measurer, 2).kept, (TrialSet{0, 1}));
}

// A slowdown that does not show again was somebody else's load.
TEST(VerifyTest, ASlowdownIsMeasuredTwice) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 60}, {{}, 100}}};
  measurer.slow_runs[{0}] = 5;  // all of the first measurement
  const VerifyResult result = Verify(measurer, 1);
  EXPECT_EQ(result.kept, (TrialSet{0}));
  EXPECT_DOUBLE_EQ(result.statements[0].time_after, 60);
}

// The clock's grain is no slowdown.
TEST(VerifyTest, MicrosecondsAreNothing) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 0.009}, {{}, 0.005}}, {{{0}, 1}, {{}, 5}}};
  EXPECT_EQ(Verify(measurer, 1).kept, (TrialSet{0}));
}

model::IndexAdvice Verified(double time_after, const std::vector<std::string>& suggested,
                            const std::vector<std::string>& rejected) {
  model::IndexAdvice advice;
  model::MeasuredStatement statement;
  statement.calls = 2;
  statement.time_before = 100;
  statement.time_after = time_after;
  advice.verification.emplace().statements.push_back(statement);
  for (const auto& [ids, list] : {std::pair(&suggested, &advice.suggestions), std::pair(&rejected, &advice.rejected)})
    for (const std::string& id : *ids) list->emplace_back().id = id;
  return advice;
}

std::string Ids(const std::vector<model::IndexSuggestion>& suggestions) {
  std::string ids;
  for (const model::IndexSuggestion& suggestion : suggestions) ids += suggestion.id + " ";
  return ids;
}

// An index that stood in the better set and fell in the other is suggested, and not rejected as well: a run that held it
// twice could not be saved.
TEST(VerifyTest, OfTwoVerifiedSetsTheBetterOneStays) {
  const model::IndexAdvice kept = BetterVerified(Verified(40, {"a", "b"}, {"c"}), Verified(50, {"b", "d"}, {"a", "e"}));
  EXPECT_EQ(Ids(kept.suggestions), "a b ");
  EXPECT_EQ(Ids(kept.rejected), "c e ");
  const model::IndexAdvice changed = BetterVerified(Verified(60, {"a", "b"}, {"c"}), Verified(50, {"b", "d"}, {"a", "e"}));
  EXPECT_EQ(Ids(changed.suggestions), "b d ");
  EXPECT_EQ(Ids(changed.rejected), "a e c ");
}

TEST(VerifyTest, WhatWasNotBuiltIsNotOnTrial) {
  FakeMeasurer measurer;
  measurer.statements = {{{{0}, 10}, {{}, 100}}};
  const VerifyInput input{measurer, {1.0}, {{}, {}}, {true, false}, [](const std::string&, double) {}};
  EXPECT_EQ(VerifyIndexes(input).kept, (TrialSet{0}));
}

}  // namespace
}  // namespace steward::advise
