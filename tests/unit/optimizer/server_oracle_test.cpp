// The oracle behind steward.whatif: what it asks, and what it makes of the answers.
#include <gtest/gtest.h>

#include "unit/optimizer/fake_database.hpp"
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

const std::vector<std::string> kCostColumns = {"request",       "total_cost", "candidates_used",
                                               "existing_used", "method",     "error"};

class ServerOracleTest : public ::testing::Test {
 protected:
  ServerOracleTest() {
    statements_[0].userid = 10;
    statements_[0].queryid = -7;
    statements_[1].queryid = 8;
    database_.On("whatif_index_size",
                 db::Result({"candidate", "index_size", "error"},
                            {{"1", "8192", std::nullopt}, {"3", std::nullopt, "column \"c\" does not exist"}}));
    model_ = ServerOracle(database_).Prepare({&statements_[0], &statements_[1]},
                                             {Candidate("a"), Candidate("b"), Candidate("c")});
  }

  FakeDatabase database_;
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
    return db::Result(kCostColumns, {{"2", "12.5", "{1}", "{16401}", "shapes", std::nullopt},
                                     {"1", std::nullopt, std::nullopt, std::nullopt, std::nullopt, "no text"}});
  });
  const std::vector<model::Cost> costs = model_->CostAll({{1, {}}, {0, {1}}});
  ASSERT_EQ(costs.size(), 2U);
  EXPECT_EQ(costs[0].error, "no text");
  EXPECT_DOUBLE_EQ(costs[1].total, 12.5);
  EXPECT_EQ(costs[1].used, model::Configuration{1});
  EXPECT_EQ(costs[1].existing_used, std::vector<model::Oid>{16401});
  EXPECT_EQ(costs[1].method, model::CostMethod::kShapes);
  ASSERT_EQ(sent.size(), 5U);
  EXPECT_EQ(sent[0], "{0,10}");
  EXPECT_EQ(sent[1], "{8,-7}");
  EXPECT_EQ(sent[2], "{\"CREATE INDEX ON public.t USING btree (b)\"}");
  EXPECT_EQ(sent[3], "{1,2}");
  EXPECT_EQ(sent[4], "{\"\",\"1\"}");
  EXPECT_EQ(model_->PlannerCalls(), 2);
}

TEST_F(ServerOracleTest, AnswersThatAreMissingOrForeignAreErrors) {
  database_.On("FROM steward.whatif(", db::Result(kCostColumns, {}));
  EXPECT_NE(model_->CostAll({{0, {0}}})[0].error, "");
  database_.On("FROM steward.whatif(", db::Result(kCostColumns, {{"1", "1", "{2}", "{}", "generic", std::nullopt}}));
  EXPECT_THROW(model_->CostAll({{0, {0}}}), db::Error);  // S10: an index that was not asked for
}

TEST_F(ServerOracleTest, CutsLongListsIntoBatches) {
  database_.On("FROM steward.whatif(", db::Result(kCostColumns, {}));
  model_->CostAll(std::vector<model::CostRequest>(1001, {0, {0}}));
  EXPECT_EQ(database_.Asked("FROM steward.whatif("), 3);
  EXPECT_EQ(model_->PlannerCalls(), 1001);
}

}  // namespace
}  // namespace steward::whatif
