// The oracle behind steward.whatif: what it asks, and what it makes of the answers.
#include <gtest/gtest.h>

#include "unit/optimizer/fake_database.hpp"
#include "whatif/batch_size.hpp"
#include "whatif/server_oracle.hpp"

namespace steward::whatif {
namespace {

using test::FakeDatabase;

model::IndexDefinition Candidate(const char* column) {
  model::IndexDefinition definition;
  definition.table_sql = "public.t";
  definition.keys = {{1, column, column, "", "", false, false}};
  return definition;
}

const std::vector<std::string> kCostColumns = {"request",  "total_cost", "candidates_used", "existing_used", "method",
                                               "sqlstate", "error",      "plan_template",   "accesses",
                                               "workers",  "plan"};

class ServerOracleTest : public ::testing::Test {
 protected:
  ServerOracleTest() {
    statements_[0].userid = 10;
    statements_[0].queryid = -7;
    statements_[1].queryid = 8;
    database_.On("whatif_index_size",
                 db::Result({"candidate", "pages", "tree_height", "index_size", "error"},
                            {{"1", "1", "0", "8192", std::nullopt},
                             {"3", std::nullopt, std::nullopt, std::nullopt, "column \"c\" does not exist"}}));
    model_ = ServerOracle(database_, [this] {
               return now_;
             }).Prepare({&statements_[0], &statements_[1]}, {Candidate("a"), Candidate("b"), Candidate("c")});
  }

  // Answers every request, a tenth of a second each; notes how many there were.
  void AnswerEach(std::string error_state = "") {
    database_.OnCall("FROM steward.whatif(", [this, error_state](const db::Parameters& parameters) {
      const auto count = db::ParseArray(*parameters[3]).size();
      now_ += 0.1 * static_cast<double>(count);
      batches_.push_back(count);
      std::vector<db::Result::Values> rows;
      for (std::size_t i = 1; i <= count; ++i)
        if (error_state.empty())
          rows.push_back(
              {std::to_string(i), "1", "{}", "{}", "generic", std::nullopt, std::nullopt, std::nullopt, std::nullopt, "0", std::nullopt});
        else
          rows.push_back({std::to_string(i), std::nullopt, std::nullopt, std::nullopt, std::nullopt, error_state, "x",
                          std::nullopt, std::nullopt, std::nullopt, std::nullopt});
      return db::Result(kCostColumns, rows);
    });
  }

  FakeDatabase database_;
  double now_ = 0;
  std::vector<std::size_t> batches_;
  model::Statement statements_[2];
  std::unique_ptr<model::CostModel> model_;
};

TEST_F(ServerOracleTest, SizesHaveOneEntryACandidate) {
  ASSERT_EQ(model_->Sizes().size(), 3U);
  EXPECT_EQ(model_->Sizes()[0].bytes, 8192);
  EXPECT_EQ(model_->Sizes()[0].error, "");
  EXPECT_NE(model_->Sizes()[1].error, "");
  EXPECT_EQ(model_->Sizes()[2].error, "column \"c\" does not exist");
}

TEST_F(ServerOracleTest, SendsOnlyWhatTheRequestsNeedAndMapsBack) {
  db::Parameters sent;
  database_.OnCall("FROM steward.whatif(", [&](const db::Parameters& parameters) {
    sent = parameters;
    return db::Result(kCostColumns,
                      {{"2", "12.5", "{1}", "{16401}", "shapes", std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                        "2", "[{\"Index Name\": \"candidate 1\"}]"},
                       {"1", std::nullopt, std::nullopt, std::nullopt, std::nullopt, "02000", "no text",
                        std::nullopt, std::nullopt, std::nullopt, std::nullopt}});
  });
  const std::vector<model::Cost> costs = model_->CostAll({{1, {}}, {0, {1}}});
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].error, "no text");
  EXPECT_DOUBLE_EQ(costs[1].total, 12.5);
  EXPECT_EQ(costs[1].used, model::Configuration{1});
  EXPECT_EQ(costs[1].existing_used, std::vector<model::Oid>{16401});
  EXPECT_EQ(costs[1].method, model::CostMethod::kShapes);
  EXPECT_EQ(costs[1].workers, 2);
  EXPECT_EQ(costs[1].explained, "[{\"Index Name\": \"candidate 1\"}]") << "by position";
  ASSERT_EQ(sent.size(), 11U);
  EXPECT_EQ(sent[0], "{0,10}");
  EXPECT_EQ(sent[1], "{8,-7}");
  EXPECT_EQ(sent[2], "{\"CREATE INDEX ON public.t USING btree (b)\"}");
  EXPECT_EQ(sent[3], "{1,2}");
  EXPECT_EQ(sent[4], "{\"\",\"1\"}");
  EXPECT_EQ(sent[5], "4") << "drawings";
  EXPECT_EQ(sent[6], "{\"\",\"\"}") << "nothing is probed";
  EXPECT_EQ(sent[7], "f") << "nor taken apart";
  EXPECT_EQ(sent[8], "{NULL}") << "the server did not size the second candidate";
  EXPECT_EQ(sent[9], "{NULL}");
  model_->CostAll({{0, {0}}});
  EXPECT_EQ(sent[8], "{1}") << "but the first";
  EXPECT_EQ(sent[9], "{0}");
  EXPECT_EQ(model_->PlannerCalls(), 3);
}

TEST_F(ServerOracleTest, ACostThatCannotBeReckonedWithIsAnError) {
  for (const char* cost : {"Infinity", "NaN", "1e300"}) {
    database_.OnCall("FROM steward.whatif(", [cost](const db::Parameters&) {
      return db::Result(kCostColumns, {{"1", cost, "{}", "{}", "shapes", std::nullopt, std::nullopt, std::nullopt,
                                        std::nullopt, "0", std::nullopt}});
    });
    EXPECT_EQ(model_->CostAll({{0, {}}})[0].error, "the cost of its plan is out of range") << cost;
  }
}

TEST_F(ServerOracleTest, PlansAreTakenApartWhenAskedFor) {
  db::Parameters sent;
  database_.OnCall("FROM steward.whatif(", [&](const db::Parameters& parameters) {
    sent = parameters;
    return db::Result(kCostColumns, {{"1", "12.5", "{}", "{}", "shapes", std::nullopt, std::nullopt,
                                      R"({"internal": 2, "slots": []})", R"([[1, "", "", 0, 0, 3, [2]]])", "0", std::nullopt}});
  });
  model::CostRequest request{0, {1}, {2}, true, true};
  const model::Cost cost = model_->CostAll({request})[0];
  EXPECT_EQ(sent[5], "1");
  EXPECT_EQ(sent[6], "{\"2\"}") << "the second candidate of this call";
  EXPECT_EQ(sent[7], "t");
  EXPECT_TRUE(cost.redrawn) << "another drawing from a shape is of other values";
  ASSERT_TRUE(cost.plan.has_value());
  EXPECT_EQ(cost.plan->internal, 2);
  ASSERT_EQ(cost.accesses.size(), 1U);
  EXPECT_EQ(cost.accesses[0].candidates, model::Configuration{2});
  request.one_drawing = false;
  EXPECT_FALSE(model_->CostAll({request})[0].redrawn);
}

TEST_F(ServerOracleTest, AnswersThatAreMissingOrForeignAreErrors) {
  database_.On("FROM steward.whatif(", db::Result(kCostColumns, {}));
  EXPECT_NE(model_->CostAll({{0, {0}}})[0].error, "");
  database_.On("FROM steward.whatif(",
               db::Result(kCostColumns, {{"1", "1", "{2}", "{}", "generic", std::nullopt, std::nullopt, std::nullopt, std::nullopt, "0", std::nullopt}}));
  EXPECT_THROW(model_->CostAll({{0, {0}}}), db::Error);  // S10: an index that was not asked for
}

// DDL on the statements' tables waits for one batch at most.
TEST_F(ServerOracleTest, EachRoundTripIsATransactionOfItsOwnOfAboutASecond) {
  AnswerEach();
  database_.asked.clear();
  model_->CostAll(std::vector<model::CostRequest>(100, {0, {0}}));
  ASSERT_GT(batches_.size(), 5U);
  for (std::size_t i = 1; i < batches_.size(); ++i) EXPECT_LE(batches_[i], 10U) << "batch " << i;
  ASSERT_EQ(database_.asked.size(), 3 * batches_.size());
  for (std::size_t i = 0; i < database_.asked.size(); i += 3) {
    EXPECT_TRUE(database_.asked[i].starts_with("BEGIN READ ONLY; SET LOCAL"));
    EXPECT_NE(database_.asked[i + 1].find("FROM steward.whatif("), std::string::npos);
    EXPECT_EQ(database_.asked[i + 2], "ROLLBACK");
  }
  EXPECT_EQ(model_->PlannerCalls(), 100);
}

TEST_F(ServerOracleTest, WhatALockKeptFromBeingPlannedIsAskedAgainWithMorePatience) {
  AnswerEach("55P03");
  database_.asked.clear();
  EXPECT_EQ(model_->CostAll({{0, {0}}})[0].error, "another session holds a lock on one of its tables");
  EXPECT_EQ(batches_.size(), 3U);
  EXPECT_EQ(database_.Asked("SET LOCAL lock_timeout = 100;"), 1);
  EXPECT_EQ(database_.Asked("SET LOCAL lock_timeout = 500;"), 1);
  EXPECT_EQ(database_.Asked("SET LOCAL lock_timeout = 2000;"), 1);
  batches_.clear();
  AnswerEach("22012");
  model_->CostAll({{0, {0}}});
  EXPECT_EQ(batches_.size(), 1U) << "other errors stay";
  EXPECT_EQ(model_->PlannerCalls(), 2);
}

TEST(BatchSizeTest, GrowsStepByStepAndShrinksAtOnce) {
  BatchSize size;
  const std::size_t first = size.Next();
  size.Took(first, 0.001);
  EXPECT_EQ(size.Next(), 2 * first);
  for (int i = 0; i < 20; ++i) size.Took(size.Next(), 0.001);
  EXPECT_EQ(size.Next(), 4096U);
  size.Took(4096, 40.96);
  EXPECT_EQ(size.Next(), 100U);
  size.Took(10, 100);
  EXPECT_EQ(size.Next(), 1U) << "never none";
}

}  // namespace
}  // namespace steward::whatif
