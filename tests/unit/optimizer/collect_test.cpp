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
      "immediate",  "attached", "options", "exclusion"};
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
                              "fillfactor=70",
                              "t"};
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
