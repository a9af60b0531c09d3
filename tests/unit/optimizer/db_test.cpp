// The database layer without a server: values, arrays, the transaction rule, connection strings.
#include <gtest/gtest.h>

#include "db/connect_options.hpp"
#include "db/pooler.hpp"
#include "db/statement_tag.hpp"
#include "db/transaction.hpp"
#include "unit/optimizer/fake_database.hpp"

namespace steward::db {
namespace {

using test::FakeDatabase;
using test::OneRow;

TEST(ResultTest, ReadsTypedValuesAndNulls) {
  const Result result = OneRow({{"n", "-7"}, {"x", "1.5e3"}, {"b", "t"}, {"none", std::nullopt}, {"a", "{1,2}"}});
  const Row row = result.Only();
  EXPECT_EQ(row.Int("n"), -7);
  EXPECT_DOUBLE_EQ(row.Double("x"), 1500);
  EXPECT_TRUE(row.Bool("b"));
  EXPECT_FALSE(row.OptionalInt("none").has_value());
  EXPECT_EQ(row.IntArray("a"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(row.TextArray("none").empty());
}

TEST(ResultTest, RefusesWhatIsNotOfTheType) {  // S10
  const Result result = OneRow({{"n", "12x"}, {"b", "maybe"}, {"none", std::nullopt}, {"a", "{\"open"}});
  const Row row = result.Only();
  EXPECT_THROW(static_cast<void>(row.Int("n")), Error);
  EXPECT_THROW(static_cast<void>(row.Double("n")), Error);
  EXPECT_THROW(static_cast<void>(row.Bool("b")), Error);
  EXPECT_THROW(static_cast<void>(row.Int("none")), Error);
  EXPECT_THROW(static_cast<void>(row.TextArray("a")), Error);
}

TEST(ArrayTest, LiteralSurvivesParsing) {
  const std::vector<std::string> hard = {"", "NULL", "a,b", "q\"uote", "back\\slash", "{brace}", "line\nbreak"};
  EXPECT_EQ(ParseArray(ArrayLiteral(hard)), hard);
  EXPECT_EQ(ParseArray("{}"), std::vector<std::string>{});
  EXPECT_EQ(ParseArray("{plain,NULL,\"x\"}"), (std::vector<std::string>{"plain", "", "x"}));
  for (const char* broken : {"", "{", "{a", "{\"a", "{a,", "a}", "{\"a\"b}"}) EXPECT_THROW(ParseArray(broken), Error);
}

TEST(TagTest, StandsBehindTheFirstWordOfEachStatement) {
  EXPECT_EQ(TagStatements("BEGIN; SET LOCAL jit = off; SELECT 1"),
            "BEGIN /* pgsteward */; SET /* pgsteward */ LOCAL jit = off; SELECT /* pgsteward */ 1");
  EXPECT_EQ(TagStatements("COMMIT"), "COMMIT /* pgsteward */");
}

TEST(TagTest, LeavesNamesAndLiteralsAlone) {  // E7
  for (const char* quoted : {R"("a; DROP TABLE b; --")", R"("q""; B")", R"('it''s; C')", R"(E'\'; D')", R"(E'x''\'; E')"}) {
    const std::string rest = std::string(" INDEX ON ") + quoted;
    EXPECT_EQ(TagStatements("CREATE" + rest + "; SELECT 1"), "CREATE /* pgsteward */" + rest + "; SELECT /* pgsteward */ 1");
  }
  EXPECT_EQ(TagStatements("ANALYZE \"open; A"), "ANALYZE /* pgsteward */ \"open; A");
}

TEST(ErrorTest, SqlstateChoosesTheClass) {
  EXPECT_THROW(Throw({"m", "", "", "42501"}), InsufficientPrivilege);
  EXPECT_THROW(Throw({"m", "", "", "42P01"}), UndefinedObject);
  EXPECT_THROW(Throw({"m", "", "", "55000"}), PrerequisiteMissing);
  EXPECT_THROW(Throw({"m", "", "", "57P01"}), ConnectionError);
  EXPECT_THROW(Throw({"m", "", "", "08006"}), ConnectionError);
  EXPECT_THROW(Throw({"m", "", "", "25006"}), ReadOnlyServer);
}

// F1, S8: read-only, every setting local, and rolled back.
TEST(TransactionTest, SettingsAreLocalAndTheEndIsRollback) {
  FakeDatabase database;
  { const ReadOnlyTransaction transaction(database); }
  ASSERT_EQ(database.asked.size(), 2U);
  const std::string& begin = database.asked.front();
  EXPECT_TRUE(begin.starts_with("BEGIN READ ONLY; "));
  for (std::size_t at = begin.find("SET "); at != std::string::npos; at = begin.find("SET ", at + 1))
    EXPECT_EQ(begin.substr(at, 10), "SET LOCAL ");
  for (const char* setting :
       {"statement_timeout", "lock_timeout", "search_path = pg_catalog", "quote_all_identifiers = off"})
    EXPECT_NE(begin.find(setting), std::string::npos);
  EXPECT_EQ(database.asked.back(), "ROLLBACK");
}

TEST(TransactionTest, WritesOnlyWhatWasCommitted) {
  FakeDatabase database;
  { const WriteTransaction dropped(database); }
  EXPECT_EQ(database.asked.back(), "ROLLBACK");
  {
    WriteTransaction kept(database);
    kept.Commit();
  }
  EXPECT_EQ(database.asked.back(), "COMMIT");
}

TEST(TransactionTest, AFailedBeginIsRolledBack) {
  FakeDatabase database;
  database.Fail("BEGIN", {"no", "", "", "42501"});
  EXPECT_THROW(const ReadOnlyTransaction transaction(database), InsufficientPrivilege);
  EXPECT_EQ(database.asked.back(), "ROLLBACK");
}

TEST(PoolerTest, AnotherProcessIdMeansAPooler) {
  FakeDatabase database;
  database.On("pg_backend_pid", OneRow({{"pid", "4711"}, {"address", std::nullopt}, {"port", "5433"}}));
  EXPECT_FALSE(CheckPooler(database).behind_pooler);
  database.On("pg_backend_pid", OneRow({{"pid", "99"}, {"address", "10.0.0.5"}, {"port", "5433"}}));
  EXPECT_TRUE(CheckPooler(database).behind_pooler);
  EXPECT_EQ(DirectConnectionAdvice(CheckPooler(database)), "-h 10.0.0.5 -p 5433");
}

ConnectOptions WithName(const std::string& dbname) {
  ConnectOptions options;
  options.dbname = dbname;
  return options;
}

// S9: whatever is wrong with a connection string, no message quotes a piece of it.
TEST(ConnectOptionsTest, MessagesNeverQuoteTheConnectionString) {
  for (const char* broken :
       {"postgres://bob:sec%zzret@h/db", "postgres://bob:sec@zzret@h/db", "postgres://bob:sec/zzret@h/db",
        "postgres://bob:sec:x@h:zzret/db", "postgres://bob:zzret@h:54x/db", "host=h password=zzret x",
        "host=h passwrd=zzret", "postgres://h/db?password=zzret&zzret", "postgres://[zzret", "host='zzret"}) {
    try {
      CheckOptions(WithName(broken));
      ADD_FAILURE() << "accepted: " << broken;
    } catch (const SettingsError& error) {
      const std::string all = error.what() + error.detail() + error.hint();
      EXPECT_EQ(all.find("zzret"), std::string::npos) << all;
    }
  }
}

// Where libpq expects a name, it takes a connection string for one, and would quote it.
TEST(ConnectOptionsTest, RefusesAConnectionStringInPlaceOfAName) {
  const auto message = [](const ConnectOptions& options) {
    try {
      CheckOptions(options);
      return std::string("accepted");
    } catch (const SettingsError& error) {
      return error.what() + error.detail() + error.hint();
    }
  };
  const std::string uri = "postgres://bob:zzret@h/db";
  ConnectOptions options;
  options.host = uri;
  EXPECT_EQ(message(options).find("the host name holds a connection string"), 0U) << message(options);
  options = {};
  options.user = "bob:zzret@h";
  EXPECT_EQ(message(options).find("the user name holds"), 0U) << message(options);
  EXPECT_EQ(message(WithName("bob:zzret@h/db")).find("the database name holds"), 0U);
  for (const char* variable : {"PGHOST", "PGUSER", "PGDATABASE", "PGPORT"}) {
    for (const std::string& value : {uri, std::string("host=h password=zzret")}) {
      setenv(variable, value.c_str(), 1);
      EXPECT_EQ(message({}).find(std::string(variable) + " holds"), 0U);
      EXPECT_EQ(message({}).find("zzret"), std::string::npos);
      unsetenv(variable);
    }
  }
  options = {};
  options.host = "::1,db.example.com,/tmp";
  options.user = "password_manager@example.com";
  EXPECT_EQ(message(options), "accepted");
}

TEST(ConnectOptionsTest, NoticesAPasswordOnTheCommandLine) {
  EXPECT_TRUE(CheckOptions(WithName("postgres://bob:secret@h/db")).password_in_arguments);
  EXPECT_TRUE(CheckOptions(WithName("host=h password=secret")).password_in_arguments);
  EXPECT_TRUE(CheckOptions(WithName("postgres://h/db?password=secret")).password_in_arguments);
  EXPECT_FALSE(CheckOptions(WithName("postgres://bob@h,h2:5433/db")).password_in_arguments);
  EXPECT_FALSE(CheckOptions(WithName("postgres://bob@[::1]:5433/db")).password_in_arguments);
  EXPECT_FALSE(CheckOptions(WithName("postgres://%2Ftmp%2Fsock/db")).password_in_arguments);
  EXPECT_FALSE(CheckOptions(WithName("shop")).password_in_arguments);
}

}  // namespace
}  // namespace steward::db
