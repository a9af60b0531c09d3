// Rows of the server become a workload.
#include <gtest/gtest.h>

#include "collect/read_workload.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward::collect {
namespace {

using test::FakeDatabase;

db::Result::Values StatementRow(const char* queryid, const char* calls, const char* time, const char* p95,
                                const char* costable, const char* reason) {
  const auto value = [](const char* text) { return text == nullptr ? db::Parameter() : db::Parameter(text); };
  return {"10",
          value(queryid),
          "alice",
          queryid == nullptr ? "<insufficient privilege>" : "select 1",
          calls,
          time,
          value(p95),
          "0",
          "1",
          "2",
          "3",
          "0",
          value(costable),
          value(reason),
          value(nullptr)};
}

FakeDatabase WithStatements(std::vector<db::Result::Values> rows) {
  FakeDatabase database;
  database.On("steward.statements", db::Result({"userid", "queryid", "role", "query", "calls", "total_exec_time",
                                                "p95_exec_time", "total_plan_time", "rows", "shared_blks_hit",
                                                "shared_blks_read", "failed_calls", "costable", "reason", "samples"},
                                               std::move(rows)));
  return database;
}

TEST(ReadStatementsTest, AddsUpTopLevelAndNested) {
  FakeDatabase database =
      WithStatements({StatementRow("7", "2", "10", "4", "t", nullptr), StatementRow("7", "8", "20", "9", "t", nullptr),
                      StatementRow("8", "1", "5", nullptr, "f", "utility")});
  const auto statements = ReadStatements(database);
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].calls, 10);
  EXPECT_DOUBLE_EQ(statements[0].mean_exec_time, 3);
  EXPECT_DOUBLE_EQ(statements[0].p95_exec_time, 9);
  EXPECT_TRUE(statements[0].costable);
  EXPECT_EQ(statements[1].not_costable, "utility");
}

TEST(ReadStatementsTest, HiddenStatementsAreCountedNotLost) {  // C12, S2
  FakeDatabase database = WithStatements({StatementRow(nullptr, "2", "10", nullptr, nullptr, nullptr),
                                          StatementRow(nullptr, "3", "10", nullptr, nullptr, nullptr),
                                          StatementRow("9", "1", "5", nullptr, nullptr, nullptr)});
  const auto statements = ReadStatements(database);
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[0].not_costable, "not visible to this role");
  EXPECT_EQ(statements[0].query, "");
  EXPECT_EQ(statements[1].calls, 3);
  EXPECT_EQ(statements[2].not_costable, "no text");
}

TEST(ReadIndexesTest, GathersTheKeysOfEachIndex) {
  const std::vector<std::string> columns = {
      "indexrelid", "relid",    "name",    "name_sql", "table_name", "table_sql",  "method",      "is_unique",
      "is_primary", "valid",    "pinned",  "size",     "scans",      "create_sql", "predicate",   "included",
      "attnum",     "key_name", "key_sql", "opclass",  "collation",  "descending", "nulls_first", "nulls_not_distinct",
      "immediate",  "attached", "options", "exclusion", "last_scan"};
  const auto row = [](const char* oid, const char* included, const char* attnum, const char* key) {
    return db::Result::Values{oid,
                              "16400",
                              "i",
                              "public.i",
                              "t",
                              "public.t",
                              "btree",
                              "f",
                              "f",
                              "t",
                              "f",
                              "8192",
                              "3",
                              "CREATE INDEX ...",
                              "",
                              included,
                              attnum,
                              key,
                              key,
                              "",
                              "",
                              "f",
                              "f",
                              "f",
                              "t",
                              "f",
                              "fillfactor=70", "t", "1790000000.5"};
  };
  FakeDatabase database;
  database.On("FROM pg_index", db::Result(columns, {row("1", "f", "1", "a"), row("1", "f", "0", "((a + 1))"),
                                                    row("1", "t", "3", "c"), row("2", "f", "2", "b")}));
  const auto indexes = ReadIndexes(database, {});
  ASSERT_EQ(indexes.size(), 2U);
  ASSERT_EQ(indexes[0].definition.keys.size(), 2U);
  EXPECT_EQ(indexes[0].definition.keys[1].name, "a + 1");
  EXPECT_EQ(indexes[0].definition.keys[1].sql, "(a + 1)");
  ASSERT_EQ(indexes[0].definition.include.size(), 1U);
  EXPECT_EQ(indexes[1].definition.keys[0].name, "b");
  EXPECT_EQ(indexes[0].definition.options, "fillfactor=70");
  EXPECT_TRUE(indexes[0].definition.exclusion);
  EXPECT_DOUBLE_EQ(indexes[0].last_scan, 1790000000.5);
}

TEST(ReadUpdatesTest, GoToTheTablesThatAreKnown) {
  FakeDatabase database;
  database.On("role = 'update'",
              db::Result({"relid", "attnums", "rows"}, {{"16400", "12 3", "70"}, {"16400", "5", "8"}, {"9", "1", "2"}}));
  std::vector<model::Table> tables(2);
  tables[0].relid = 16399;
  tables[1].relid = 16400;
  ReadUpdates(database, tables);
  EXPECT_TRUE(tables[0].updates.empty());
  EXPECT_EQ(tables[1].updates, (std::vector<model::UpdatedColumns>{{{12, 3}, 70}, {{5}, 8}}));
}

TEST(ReadIndexUseTest, AsksForTimesOnlyWhereTheServerKeepsThem) {
  FakeDatabase database;
  database.On("indexes_used", db::Result({"indexrelid", "plans"}, {{"2", "3"}, {"9", "1"}}));
  database.On("track_commit_timestamp", test::OneRow({{"kept", "f"}}));
  std::vector<model::ExistingIndex> indexes(2);
  indexes[0].indexrelid = 1;
  indexes[1].indexrelid = 2;
  ReadIndexUse(database, indexes);
  EXPECT_EQ(indexes[0].plans, 0);
  EXPECT_EQ(indexes[1].plans, 3);
  EXPECT_EQ(database.Asked("pg_xact_commit_timestamp"), 0);
  database.On("track_commit_timestamp", test::OneRow({{"kept", "t"}}));
  database.On("pg_xact_commit_timestamp", db::Result({"indexrelid", "changed_at"}, {{"1", "1790000000"}, {"2", std::nullopt}}));
  ReadIndexUse(database, indexes);
  EXPECT_DOUBLE_EQ(indexes[0].changed_at, 1790000000);
  EXPECT_DOUBLE_EQ(indexes[1].changed_at, 0);
}

TEST(AddStandbyTest, CountsItsScansAndPlansByIndex) {
  model::Workload primary;
  primary.indexes.resize(2);
  primary.indexes[0].indexrelid = 1;
  primary.indexes[1].indexrelid = 2;
  primary.indexes[0].plans = 1;
  model::Workload standby = primary;
  standby.server.host = "db2";
  standby.server.port = "5432";
  standby.server.collected_at = 1790000000;
  standby.tables.resize(1);
  standby.tables[0].stats_since = 1780000000;
  standby.standbys = {"db3"};
  standby.indexes[0].plans = 2;
  standby.indexes[0].scans = 7;
  standby.indexes[1].indexrelid = 3;  // built since
  AddStandby(standby, primary);
  AddStandby(standby, primary);
  EXPECT_EQ(primary.indexes[0].plans, 5);
  EXPECT_EQ(primary.indexes[0].standby_scans, 14);
  EXPECT_FALSE(primary.indexes[1].standby_scans.has_value());
  ASSERT_EQ(primary.seen_standbys.size(), 2U);
  EXPECT_EQ(primary.seen_standbys[0].name, "db2:5432");
  EXPECT_DOUBLE_EQ(primary.seen_standbys[0].stats_since, 1780000000);
  EXPECT_EQ(primary.seen_standbys[0].followers, 1U);
}

TEST(ReadForeignKeysTest, GathersTheColumnsOfEachKey) {
  FakeDatabase database;
  database.On("pg_constraint",
              db::Result({"id", "name", "relid", "referenced", "on_delete", "attnum", "column_name", "column_sql"},
                         {{"1", "k", "10", "20", "cascade", "2", "b", "b"},
                          {"1", "k", "10", "20", "cascade", "1", "A", "\"A\""},
                          {"2", "k", "10", "30", "no action", "3", "c", "c"}}));
  const auto keys = ReadForeignKeys(database);
  ASSERT_EQ(keys.size(), 2U);
  ASSERT_EQ(keys[0].keys.size(), 2U);
  EXPECT_EQ(keys[0].keys[1].sql, "\"A\"");
  EXPECT_EQ(keys[1].referenced, 30U);
  EXPECT_EQ(keys[1].on_delete, "no action");
}

// A truncating autovacuum or a quick ALTER TABLE is no reason to leave a table out.
TEST(ReadLockedTest, OnlyLocksThatLastCount) {
  FakeDatabase database;
  database.On("pg_sleep", test::OneRow({{"pg_sleep", ""}}));
  int look = 0;
  database.OnCall("pg_locks", [&look](const db::Parameters&) {
    return look++ == 0 ? db::Result({"relid"}, {{"16400"}, {"16401"}}) : db::Result({"relid"}, {{"16401"}, {"16402"}});
  });
  EXPECT_EQ(ReadLocked(database), std::vector<std::int64_t>{16401});
  database.On("pg_locks", db::Result({"relid"}, {}));
  const long before = database.Asked("pg_sleep");
  EXPECT_TRUE(ReadLocked(database).empty());
  EXPECT_EQ(database.Asked("pg_sleep"), before);
}

TEST(ExpressionTest, LosesOnlyParenthesesRoundTheWhole) {
  EXPECT_EQ(WithoutOuterParentheses("((a + b))"), "a + b");
  EXPECT_EQ(WithoutOuterParentheses("(a + b) * (c)"), "(a + b) * (c)");
  EXPECT_EQ(WithoutOuterParentheses("(a || ')'::text)"), "a || ')'::text");
  EXPECT_EQ(WithoutOuterParentheses("(\")\" + b)"), "\")\" + b");
  EXPECT_EQ(WithoutOuterParentheses("lower(a)"), "lower(a)");
  EXPECT_EQ(WithoutOuterParentheses("("), "(");
}

TEST(KeepSchemasTest, LeavesTheOthersOutOfTheAdvice) {
  model::Workload workload;
  workload.tables.resize(2);
  workload.tables[0].schema = "a";
  workload.tables[1].schema = "b";
  KeepSchemas(workload, {"a"}, {});
  EXPECT_FALSE(workload.tables[0].catalog);
  EXPECT_TRUE(workload.tables[1].catalog);
  KeepSchemas(workload, {}, {"a"});
  EXPECT_TRUE(workload.tables[0].catalog);
}

TEST(WordsTest, UnknownOnesOfANewerServerDoNoHarm) {
  EXPECT_EQ(ParsePredicateKind("equality"), model::PredicateKind::kEquality);
  EXPECT_EQ(ParsePredicateKind(""), model::PredicateKind::kNone);
  EXPECT_EQ(ParsePredicateKind("fuzzy"), model::PredicateKind::kOther);
  EXPECT_EQ(ParsePredicateRole("output"), model::PredicateRole::kOutput);
}

}  // namespace
}  // namespace steward::collect
