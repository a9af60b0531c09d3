// Advice without pg_steward: reading pg_stat_statements, planning texts, costs and sizes.
#include <gtest/gtest.h>

#include <memory>

#include "collect/hypopg_workload.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "whatif/explained_plan.hpp"
#include "whatif/hypopg_oracle.hpp"
#include "whatif/hypopg_sizes.hpp"

namespace steward {
namespace {

using test::FakeDatabase;
using test::OneRow;

db::Result Statements(const std::vector<std::string>& texts) {
  std::vector<db::Result::Values> rows;
  for (std::size_t i = 0; i < texts.size(); ++i)
    rows.push_back({"10", std::to_string(i + 1), "app", texts[i], "4", "8", "0", "1", "2", "3"});
  return {{"userid", "queryid", "role", "query", "calls", "total_exec_time", "total_plan_time", "rows", "shared_blks_hit",
           "shared_blks_read"},
          rows};
}

const collect::HypopgSource kSource{"public", "1.10", "tools", "1.3.1", true, false};

TEST(HypopgWorkloadTest, TellsWhatHasAPlan) {
  FakeDatabase database;
  database.On("public.pg_stat_statements",
              Statements({"SELECT 1", "  /* a */ -- b\n (select $1)", "CREATE TABLE t (a int)", "<insufficient privilege>",
                          "PREPARE x AS SELECT 1", "with a as (select 1) select * from a", "", "/* never ends"}));
  std::vector<std::string> reasons;
  for (const model::Statement& statement : collect::ReadForeignStatements(database, kSource)) {
    reasons.push_back(statement.not_costable);
    EXPECT_FALSE(statement.costable);  // until it was planned
    EXPECT_DOUBLE_EQ(statement.mean_exec_time, 2);
  }
  EXPECT_EQ(reasons, (std::vector<std::string>{"", "", "utility", "no text", "utility", "", "no text", "utility"}));
}

TEST(HypopgWorkloadTest, AnOldVersionIsRefusedWithTheCommand) {
  FakeDatabase database;
  database.On("pg_roles", db::Result({"userid", "path"}, {}));
  db::PlanningFacts facts(database, "");
  for (const char* version : {"1.8", "1.4"}) {
    collect::HypopgSource old = kSource;
    old.statements_version = version;
    try {
      collect::ReadHypopgWorkload(database, old, facts, [](double) {});
      ADD_FAILURE() << "not refused";
    } catch (const db::Error& error) {
      EXPECT_EQ(error.hint(), "Run: ALTER EXTENSION pg_stat_statements UPDATE;");
    }
  }
}

TEST(HypopgWorkloadTest, FindsTheExtensionsWithTheirSchemas) {
  FakeDatabase database;
  database.On("pg_extension", db::Result({"name", "version", "schema", "loaded"}, {{"hypopg", "1.4.0", "\"T\"", "t"},
                                                                                  {"pg_stat_statements", "1.12", "s", "t"}}));
  collect::HypopgSource source = collect::ReadHypopgSource(database);
  EXPECT_TRUE(source.Complete());
  EXPECT_FALSE(source.steward);
  EXPECT_EQ(source.Name(), "pg_stat_statements 1.12 + hypopg 1.4.0");
  EXPECT_EQ(source.hypopg_schema, "\"T\"");
  source.statements_loaded = false;
  EXPECT_FALSE(source.Complete());
}

// A server that plans: what it explains is up to the test.
class PlanningTest : public testing::Test {
 protected:
  PlanningTest() {
    database_.On("rolsuper AND EXISTS", OneRow({{"unsafe", "f"}}));
    database_.On("pg_stat_statements.track", db::Result({}, {}));
    database_.On("set_config('search_path'", db::Result({"c"}, {{"x"}}));
    database_.On("PREPARE pgsteward AS", db::Result({}, {}));
    database_.On("cardinality(parameter_types)", OneRow({{"parameters", "2"}}));
    database_.On("pg_db_role_setting", db::Result({"userid", "path"}, {{"10", "shop, public"}}));
    database_.On("tools.hypopg_reset()", db::Result({"r"}, {{""}}));
    database_.On("EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE pgsteward(NULL, NULL)",
                 OneRow({{"QUERY PLAN", R"([{"Plan": {"Node Type": "Seq Scan", "Schema": "shop", "Total Cost": 12.5,
                   "Plans": [{"Index Name": "<9>btree_t_a"}, {"Index Name": "t_b", "Workers Planned": 2}]}}])"}}));
    facts_ = std::make_unique<db::PlanningFacts>(database_, "tools.hypopg_reset");
    database_.asked.clear();
  }

  FakeDatabase database_;
  std::unique_ptr<db::PlanningFacts> facts_;
};

TEST_F(PlanningTest, TakesBackBeforeTheTransactionEnds) {  // F1
  {
    db::PlanningTransaction transaction(database_, *facts_, {});
    transaction.Explain("SELECT 1; DROP TABLE t", 10);
  }
  const auto& asked = database_.asked;
  ASSERT_GE(asked.size(), 3U);
  EXPECT_TRUE(asked.front().starts_with("BEGIN READ ONLY; SET LOCAL"));
  EXPECT_EQ(asked[asked.size() - 2], "DEALLOCATE ALL; SELECT tools.hypopg_reset()");
  EXPECT_EQ(asked.back(), "ROLLBACK");
  // A text goes where the protocol takes one statement, never into a script.
  EXPECT_EQ(database_.Asked("PREPARE pgsteward AS SELECT 1; DROP TABLE t"), 1);
}

TEST_F(PlanningTest, AFailedTransactionIsFollowedByTakingBack) {
  int tries = 0;
  database_.OnCall("DEALLOCATE ALL", [&](const db::Parameters&) -> db::Result {
    if (tries++ == 0) db::Throw({"current transaction is aborted", "", "", "25P02"});
    return {};
  });
  { const db::PlanningTransaction transaction(database_, *facts_, {}); }
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(database_.asked[database_.asked.size() - 2], "ROLLBACK");
  EXPECT_TRUE(database_.asked.back().starts_with("DEALLOCATE ALL"));
}

TEST_F(PlanningTest, ASuperuserDoesNotPlanBesideFunctionsOfOthers) {
  database_.On("rolsuper AND EXISTS", OneRow({{"unsafe", "t"}}));
  EXPECT_THROW(db::PlanningTransaction(database_, *facts_, {}), db::InsufficientPrivilege);
  EXPECT_EQ(database_.asked.back(), "ROLLBACK");
  EXPECT_EQ(database_.Asked("PREPARE"), 0);
}

class HypopgOracleTest : public PlanningTest {
 protected:
  HypopgOracleTest() {
    statement_.userid = 10;
    statement_.query = "SELECT $1, $2";
    workload_.tables.emplace_back().relid = 7;
    workload_.tables[0].schema = "shop";
    model::ExistingIndex& existing = workload_.indexes.emplace_back();
    existing.indexrelid = 77;
    existing.name = "t_b";
    existing.definition.relid = 7;
    candidate_.relid = 7;
    candidate_.table_sql = "shop.t";
    candidate_.keys = {{0, "lower(a)", "(lower(a))", "", "", false, false}};
    database_.On("hypopg_create_index", db::Result({"place", "oid", "name"}, {{"1", "9", "<9>btree_t_a"}}));
    database_.On("hypopg_relation_size", db::Result({"oid", "size"}, {{"9", "16384"}}));
    database_.On("pg_amproc", db::Result({"relid"}, {}));
  }

  std::unique_ptr<model::CostModel> Make(const std::vector<model::IndexDefinition>& candidates) {
    oracle_ = std::make_unique<whatif::HypopgOracle>(database_, "tools", workload_, *facts_, [] { return 0.0; });
    return oracle_->Prepare({&statement_}, candidates);
  }

  model::Workload workload_;
  model::Statement statement_;
  model::IndexDefinition candidate_;
  std::unique_ptr<whatif::HypopgOracle> oracle_;
};

TEST_F(HypopgOracleTest, TellsMadeUpIndexesFromOthers) {
  const auto model = Make({candidate_});
  EXPECT_EQ(model->Sizes()[0].bytes, 16384);
  const auto costs = model->CostAll({{0, {0}}});
  EXPECT_EQ(costs[0].error, "");
  EXPECT_DOUBLE_EQ(costs[0].total, 12.5);
  EXPECT_EQ(costs[0].used, (model::Configuration{0}));
  EXPECT_EQ(costs[0].existing_used, (std::vector<model::Oid>{77}));
  EXPECT_EQ(costs[0].workers, 2);
  EXPECT_EQ(costs[0].method, model::CostMethod::kGeneric);
  EXPECT_FALSE(costs[0].plan.has_value());
  EXPECT_EQ(model->PlannerCalls(), 1);
}

TEST_F(HypopgOracleTest, KindsThatHypopgDoesNotKnowAreNotAskedFor) {
  model::IndexDefinition gin = candidate_;
  gin.method = "gin";
  const auto model = Make({gin, candidate_});
  EXPECT_EQ(model->Sizes()[0].error, "HypoPG does not know gin indexes");
  EXPECT_EQ(model->Sizes()[1].error, "");
}

TEST_F(HypopgOracleTest, AStatementThatFailsCostsItsTransactionOnly) {
  const auto model = Make({});
  int tries = 0;
  database_.OnCall("PREPARE pgsteward AS", [&](const db::Parameters&) -> db::Result {
    if (tries++ == 0) db::Throw({"permission denied for table t", "", "", "42501"});
    return {};
  });
  const auto costs = model->CostAll({{0, {}}, {0, {}}});
  EXPECT_EQ(costs[0].error, "permission denied for table t");
  EXPECT_EQ(costs[1].error, "");
  database_.Fail("PREPARE pgsteward AS", {"terminating connection", "", "", "57P01"});
  EXPECT_THROW(model->CostAll({{0, {}}}), db::ConnectionError);
}

TEST(ExplainedPlanTest, NonsenseIsAnError) {
  EXPECT_THROW((void)whatif::ReadExplained("["), db::Error);
  EXPECT_THROW((void)whatif::ReadExplained(R"(["Utility Statement"])"), db::Error);
  EXPECT_THROW((void)whatif::ReadExplained(R"([{"Plan": {}}])"), db::Error);
}

TEST(HypopgSizesTest, DeduplicatesWhereEqualIsIdentical) {
  model::IndexDefinition index;
  index.relid = 7;
  index.keys = {{1, "a", "a", "", "", false, false}};
  whatif::ColumnSizes columns;
  columns[{7, 1}] = {{4, 0, 4, 0, 1000}, true};
  columns[{7, 2}] = {{4, 0, 4, 0, 1000}, false};
  const std::int64_t deduplicated = whatif::BtreeBytes(index, 1e6, columns).value();
  index.keys[0].attnum = 2;
  const std::int64_t whole = whatif::BtreeBytes(index, 1e6, columns).value();
  EXPECT_NEAR(static_cast<double>(deduplicated), 7e6, 1e6);
  EXPECT_NEAR(static_cast<double>(whole), 22.5e6, 2e6);
  index.keys[0].attnum = 3;  // not known
  EXPECT_FALSE(whatif::BtreeBytes(index, 1e6, columns));
  index.keys[0].attnum = 0;  // an expression
  EXPECT_FALSE(whatif::BtreeBytes(index, 1e6, columns));
  index.keys[0].attnum = 1;
  index.predicate = "a > 1";
  EXPECT_FALSE(whatif::BtreeBytes(index, 1e6, columns));
}

}  // namespace
}  // namespace steward
