// What the search does with few planner calls: it must stay useful, within its limit, and say that it stopped.
#include "advise/index/advise_indexes.hpp"
#include "advise/index/cost_book.hpp"

#include <gtest/gtest.h>

#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// Forty statements of the same weight, each comparing two of five columns: an index that starts with either helps.
Workload ManyStatements() {
  Workload w = Shop();
  for (int s = 0; s < 40; s++) {
    AddStatement(w, s, 1, 100);
    AddPredicate(w, s, s % 5 + 1, PredicateRole::kFilter, PredicateKind::kEquality);
    AddPredicate(w, s, (s + 1 + s / 5 % 4) % 5 + 1, PredicateRole::kFilter, PredicateKind::kEquality);
  }
  return w;
}

double PlanByFirstColumn(std::int64_t queryid, const std::vector<std::string>& present,
                         std::vector<std::string>& used) {
  const char first = static_cast<char>('a' + queryid % 5);
  const char second = static_cast<char>('a' + (queryid + 1 + queryid / 5 % 4) % 5);
  double best = 1000;
  for (const std::string& name : present) {
    double cost = 1000;
    if (name[7] == first || name[7] == second) cost = name.size() > 9 ? 20 : 30;
    if (cost >= best) continue;
    best = cost;
    used = {name};
  }
  return best;
}

model::IndexAdvice Advise(std::int64_t max_planner_calls, std::int64_t budget) {
  FakeOracle oracle(PlanByFirstColumn);
  IndexOptions options;
  options.max_planner_calls = max_planner_calls;
  options.budget = budget;
  return AdviseIndexes(ManyStatements(), oracle, options);
}

TEST(SearchLimit, FewPlannerCallsStillGiveNearlyTheBestSet) {
  const model::IndexAdvice free = Advise(1000000, 4'000'000);
  ASSERT_TRUE(free.warnings.empty());
  ASSERT_LT(free.cost_after, 0.1 * free.cost_before);
  const model::IndexAdvice limited = Advise(200, 4'000'000);
  EXPECT_LT(limited.cost_after, 0.1 * limited.cost_before);
  EXPECT_LE(limited.size, 4'000'000);
  EXPECT_TRUE(limited.search_stopped);
  ASSERT_EQ(limited.warnings.size(), 1U);
  EXPECT_NE(limited.warnings[0].find("stopped planning after 200 plannings"), std::string::npos);
  EXPECT_LE(limited.planner_calls, 200 + 2 * 40) << "the final set is planned exactly, beyond the limit";
}

TEST(SearchLimit, WithoutABudgetTheSetIsReducedToo) {
  const model::IndexAdvice limited = Advise(200, 0);
  EXPECT_LT(limited.cost_after, 0.1 * limited.cost_before);
  EXPECT_LE(limited.suggestions.size(), 6U) << "not every index that some plan uses";
}

TEST(SearchLimit, StatementsBeyondAQuarterOfTheCallsAreNotCostedTheLightestFirst) {
  Workload w = ManyStatements();
  for (auto& statement : w.statements) statement.total_exec_time = 100.0 + static_cast<double>(statement.queryid);
  FakeOracle oracle(PlanByFirstColumn);
  IndexOptions options;
  options.max_planner_calls = 80;
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, options);
  EXPECT_EQ(advice.statements_costed, 20);
  EXPECT_EQ(advice.not_costed.at("beyond the 20 heaviest"), 20);
  EXPECT_LE(advice.planner_calls, 80 + 2 * 20);
}

TEST(SearchLimit, CandidatesBeyondTheMostAreCutAndItIsSaid) {
  FakeOracle oracle(PlanByFirstColumn);
  IndexOptions options;
  options.candidates.max_in_all = 3;
  const model::IndexAdvice advice = AdviseIndexes(ManyStatements(), oracle, options);
  EXPECT_EQ(oracle.seen.size(), 3U);
  EXPECT_TRUE(advice.search_stopped);
  ASSERT_EQ(advice.warnings.size(), 1U);
}

class CostBookTest : public ::testing::Test {
 protected:
  // Candidates (a), (a, b), (c); one statement whose plans use the first candidate present.
  CostBookTest() {
    const auto key = [](int column, const char* name) {
      return model::IndexKey{column, name, name, "", "", false, false};
    };
    definitions_.resize(3);
    for (auto& definition : definitions_) {
      definition.relid = 10;
      definition.table_name = "orders";
    }
    definitions_[0].keys = {key(1, "a")};
    definitions_[1].keys = {key(1, "a"), key(2, "b")};
    definitions_[2].keys = {key(3, "c")};
    model_ = std::make_unique<FakeModel>(
        std::vector<std::int64_t>{1}, definitions_,
        [](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
          if (present.empty()) return 100.0;
          used = {present.front()};
          return 50.0;
        },
        8192);
    book_ = std::make_unique<CostBook>(*model_, definitions_, relevant_);
    book_->FetchExact({{0, {}}});
  }

  std::vector<IndexDefinition> definitions_;
  const std::vector<std::vector<std::size_t>> relevant_ = {{0, 1, 2}};
  std::unique_ptr<FakeModel> model_;
  std::unique_ptr<CostBook> book_;
};

TEST_F(CostBookTest, AtTheLimitTheCostIsThatOfTheCheapestKnownPlanThatTheSetAllows) {
  book_->LimitTo(2);
  book_->Fetch({{0, {0}}, {0, {2}}});
  EXPECT_EQ(model_->PlannerCalls(), 2) << "the first one wanted only";
  EXPECT_TRUE(book_->Stopped());
  EXPECT_EQ(book_->Total(0, {0, 2}), 50);
  EXPECT_EQ(book_->Total(0, {1}), 50) << "(a, b) serves as (a) does";
  EXPECT_EQ(book_->Total(0, {2}), 100) << "nothing is known of (c)";
}

TEST_F(CostBookTest, AKnownPlanSettlesTheSetsBetweenItsIndexesAndItsOwn) {
  book_->LimitTo(100);
  book_->Fetch({{0, {0, 1, 2}}});
  book_->Fetch({{0, {0}}, {0, {0, 2}}});
  EXPECT_EQ(model_->PlannerCalls(), 2);
  EXPECT_FALSE(book_->Stopped());
  book_->FetchExact({{0, {0}}});
  EXPECT_EQ(model_->PlannerCalls(), 3);
}

}  // namespace
}  // namespace steward::advise
