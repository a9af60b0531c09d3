// How far a gain is to be believed, and what that does to the order of suggestions.
#include "advise/index/trust.hpp"

#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// Statement 1 on (a) has more time at stake than statement 2 on (b); both cost 1000 and then `after`.
class TrustTest : public ::testing::Test {
 protected:
  TrustTest() : workload_(Shop()), oracle_([this](std::int64_t queryid, const std::vector<std::string>& present,
                                                  std::vector<std::string>& used) {
    const std::string name = queryid == 1 ? "orders(a)" : "orders(b)";
    if (!Has(present, name)) return 1000.0;
    used = {name};
    return after_;
  }) {
    AddStatement(workload_, 1, 10, 2000);
    AddStatement(workload_, 2, 10, 1000);
    AddPredicate(workload_, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
    AddPredicate(workload_, 2, 2, PredicateRole::kFilter, PredicateKind::kEquality);
  }
  std::vector<model::IndexSuggestion> Suggestions() {
    CandidateOptions narrow;
    narrow.max_width = 1;
    IndexOptions options;
    options.candidates = narrow;
    return AdviseIndexes(workload_, oracle_, options).suggestions;
  }
  void Measure(std::size_t predicate, double estimated, double actual) {
    workload_.predicates[predicate].estimated_selectivity = estimated;
    workload_.predicates[predicate].actual_selectivity = actual;
    workload_.predicates[predicate].executions = 42;
  }
  Workload workload_;
  double after_ = 10;
  FakeOracle oracle_;
};

TEST_F(TrustTest, TheMostTimeAtStakeComesFirst) {
  const auto suggestions = Suggestions();
  ASSERT_EQ(suggestions.size(), 2U);
  EXPECT_EQ(suggestions[0].name, "orders_a_idx");
  EXPECT_EQ(suggestions[0].doubt, "");
  EXPECT_FALSE(suggestions[0].rows.has_value());
}

TEST_F(TrustTest, AGainOnMisestimatedRowsRanksBehind) {
  Measure(0, 0.00001, 0.1);
  const auto suggestions = Suggestions();
  ASSERT_EQ(suggestions.size(), 2U);
  EXPECT_EQ(suggestions[0].name, "orders_b_idx");
  EXPECT_EQ(suggestions[1].name, "orders_a_idx");
  EXPECT_EQ(suggestions[1].confidence, model::Confidence::kLow);
  EXPECT_EQ(suggestions[1].doubt, "the rows that its gain rests on are misestimated");
  EXPECT_EQ(suggestions[1].rows->estimated, 10);
  EXPECT_EQ(suggestions[1].rows->measured, 100000);
  EXPECT_EQ(suggestions[1].rows->runs, 42);
}

TEST_F(TrustTest, RowsThatAreAboutRightAreShownAndRaiseNoDoubt) {
  Measure(0, 0.00118, 0.00124);
  const auto suggestions = Suggestions();
  EXPECT_EQ(suggestions[0].name, "orders_a_idx");
  EXPECT_EQ(suggestions[0].rows->estimated, 1180);
  EXPECT_EQ(suggestions[0].doubt, "");
}

TEST_F(TrustTest, ASerialPlanForAParallelOneRanksBehindUnlessItIsMuchCheaper) {
  oracle_.workers_of = {{1, 2}};
  after_ = 400;  // a third of 1000 would be beyond doubt
  auto suggestions = Suggestions();
  ASSERT_EQ(suggestions.size(), 2U);
  EXPECT_EQ(suggestions[1].name, "orders_a_idx");
  EXPECT_NE(suggestions[1].doubt.find("serial where they were parallel"), std::string::npos);
  ASSERT_EQ(suggestions[1].caveats.size(), 1U);
  EXPECT_EQ(suggestions[1].caveats[0], "the plan without it runs in 2 workers and the leader, with it in one process");
  EXPECT_EQ(suggestions[1].helped[0].workers_before, 2);
  EXPECT_EQ(suggestions[1].helped[0].workers_after, 0);

  after_ = 300;
  suggestions = Suggestions();
  EXPECT_EQ(suggestions[0].name, "orders_a_idx");
  EXPECT_EQ(suggestions[0].doubt, "");
  EXPECT_EQ(suggestions[0].caveats.size(), 1U) << "it is said all the same";
}

TEST_F(TrustTest, MisestimatesOnOtherTablesAreACaveat) {
  model::Table customers = workload_.tables[0];
  customers.relid = 11;
  customers.name = "customers";
  workload_.tables.push_back(customers);
  Predicate& joined = AddPredicate(workload_, 1, 5, PredicateRole::kOutput, PredicateKind::kNone);
  joined.relid = 11;
  joined.estimated_selectivity = 0.001;
  joined.actual_selectivity = 0.05;
  const auto suggestions = Suggestions();
  ASSERT_EQ(suggestions.size(), 2U);
  EXPECT_EQ(suggestions[0].name, "orders_a_idx") << "not ranked down";
  EXPECT_EQ(suggestions[0].confidence, model::Confidence::kMedium);
  ASSERT_EQ(suggestions[0].caveats.size(), 1U);
  EXPECT_NE(suggestions[0].caveats[0].find("customers (50x more rows)"), std::string::npos) << suggestions[0].caveats[0];
  EXPECT_TRUE(suggestions[1].caveats.empty());
}

TEST_F(TrustTest, ADoubtfulOnePointsToTheStatisticsThatMendIt) {
  Measure(0, 0.00001, 0.1);
  const auto suggestions = Suggestions();
  EXPECT_EQ(suggestions[0].caveats.size(), 0U);
  ASSERT_EQ(suggestions[1].caveats.size(), 2U);
  EXPECT_NE(suggestions[1].caveats[1].find("ALTER COLUMN a SET STATISTICS 1000"), std::string::npos);
}

TEST(RanksBefore, OfTheDoubtfulTheBetterConfidenceFirst) {
  model::IndexSuggestion sure, medium, low;
  sure.confidence = model::Confidence::kLow;
  medium.confidence = model::Confidence::kMedium;
  low.confidence = model::Confidence::kLow;
  low.exec_time_per_hour = 100;
  medium.doubt = low.doubt = "some";
  EXPECT_TRUE(RanksBefore(sure, medium));
  EXPECT_TRUE(RanksBefore(medium, low));
  EXPECT_FALSE(RanksBefore(low, medium));
  EXPECT_FALSE(RanksBefore(low, low));
}

}  // namespace
}  // namespace steward::advise
