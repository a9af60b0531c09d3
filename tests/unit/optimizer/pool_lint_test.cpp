// What `pool lint` reads (console, server, process) and how it prints what it found.
#include <gtest/gtest.h>

#include <map>

#include "cli/arguments.hpp"
#include "db/error.hpp"
#include "pgbouncer/console.hpp"
#include "pgbouncer/process_facts.hpp"
#include "pgbouncer/server_facts.hpp"
#include "report/lint_report.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "unit/optimizer/golden.hpp"
#include "unit/optimizer/pool_facts_builder.hpp"

namespace steward::pgbouncer {
namespace {

using Answers = std::map<std::string, db::Result>;

ConsoleQuery Answering(const Answers& answers) {
  return [answers](const std::string& command) {
    const auto found = answers.find(command);
    if (found == answers.end()) db::Throw({"unsupported command", "", "", "08P01"});
    return found->second;
  };
}

Answers Console118() {
  return {{"SHOW VERSION", {{"version"}, {{"PgBouncer 1.18.0"}}}},
          {"SHOW CONFIG", {{"key", "value", "default", "changeable"},
                           {{"default_pool_size", "5", "20", "yes"}, {"listen_port", "6432", "6432", "no"}, {"auth_file", std::nullopt, std::nullopt, "yes"}}}},
          {"SHOW DATABASES", {{"name", "host", "port", "database", "force_user", "pool_size", "min_pool_size", "reserve_pool", "pool_mode", "max_connections"},
                              {{"app", "db1", "5432", "shop", "u", "7", "2", "3", "transaction", "9"},
                               {"pgbouncer", std::nullopt, "6432", "pgbouncer", "pgbouncer", "2", "0", "0", "statement", "0"}}}},
          {"SHOW POOLS", {{"database", "user", "cl_active", "cl_waiting", "sv_active", "sv_idle", "maxwait", "maxwait_us", "pool_mode"},
                          {{"app", "u", "4", "2", "3", "1", "1", "500000", "transaction"}, {"pgbouncer", "pgbouncer", "1", "0", "0", "0", "0", "0", "statement"}}}},
          {"SHOW STATS_TOTALS", {{"database", "xact_count", "xact_time", "wait_time"}, {{"app", "10", "2000", "300"}}}},
          {"SHOW USERS", {{"name", "pool_mode"}, {{"u", std::nullopt}}}}};
}

TEST(PoolConsole, OfRelease118) {
  const ConsoleFacts facts = ReadConsole(Answering(Console118()), true);
  EXPECT_EQ(facts.version, 118);
  EXPECT_TRUE(facts.local);
  EXPECT_EQ(facts.config.at("default_pool_size").value, "5");
  EXPECT_EQ(facts.config.at("default_pool_size").fallback, "20");
  EXPECT_FALSE(facts.config.at("listen_port").changeable);
  EXPECT_FALSE(facts.config.at("auth_file").fallback);
  ASSERT_EQ(facts.databases.size(), 1U);
  const LiveDatabase& database = facts.databases[0];
  EXPECT_EQ(database.name + " " + database.host + " " + database.dbname + " " + database.force_user + " " + database.pool_mode, "app db1 shop u transaction");
  EXPECT_EQ(database.pool_size, 7);
  EXPECT_EQ(database.min_pool_size, 2);
  EXPECT_EQ(database.reserve_pool_size, 3);
  EXPECT_EQ(database.max_connections, 9);
  ASSERT_EQ(facts.pools.size(), 1U);
  EXPECT_EQ(facts.pools[0].clients, 6);
  EXPECT_EQ(facts.pools[0].waiting, 2);
  EXPECT_EQ(facts.pools[0].servers, 4);
  EXPECT_EQ(facts.pools[0].max_wait_us, 1500000);
  EXPECT_EQ(facts.totals.at(0).transactions, 10);
  EXPECT_EQ(facts.totals.at(0).wait_time, 300);
  EXPECT_TRUE(facts.user_limits.empty());
}

TEST(PoolConsole, OfANewerReleaseByColumnNames) {
  Answers answers = Console118();
  answers["SHOW VERSION"] = {{"version"}, {{"PgBouncer 1.26.1"}}};
  answers["SHOW DATABASES"] = {{"load_balance_hosts", "name", "database", "pool_size", "reserve_pool_size"}, {{"x", "app", "shop", "7", "3"}}};
  answers["SHOW USERS"] = {{"name", "max_user_connections"}, {{"u", "12"}, {"v", "0"}}};
  const ConsoleFacts facts = ReadConsole(Answering(answers), false);
  EXPECT_EQ(facts.version, 126);
  EXPECT_EQ(facts.databases.at(0).reserve_pool_size, 3);
  EXPECT_FALSE(facts.databases.at(0).min_pool_size);
  EXPECT_EQ(facts.user_limits, (std::map<std::string, std::int64_t>{{"u", 12}}));
}

TEST(PoolConsole, SomethingElseIsToldFromAConsole) {
  const auto error_of = [](const Answers& answers) -> std::string {
    try {
      ReadConsole(Answering(answers), true);
    } catch (const db::Error& error) {
      return error.what();
    }
    return "";
  };
  const std::string not_one = "the other end is no admin console of PgBouncer";
  EXPECT_EQ(error_of({{"SHOW VERSION", {{"version"}, {{"Odyssey 1.3"}}}}}), not_one);
  EXPECT_EQ(error_of({{"SHOW VERSION", {{"other"}, {{"PgBouncer 1.18.0"}}}}}), not_one);
  const ConsoleQuery server = [](const std::string&) -> db::Result { db::Throw({"unrecognized configuration parameter", "", "", "42704"}); };
  EXPECT_THROW(
      {
        try {
          ReadConsole(server, true);
        } catch (const db::Error& error) {
          EXPECT_EQ(error.what(), not_one);
          throw;
        }
      },
      db::Error);
}

TEST(PoolProcess, LimitsAreThoseOfTheProcess) {
  EXPECT_EQ(OpenFilesLimit("Limit   Soft   Hard  Units\nMax processes  1 2 p\nMax open files            1024                 20000                files\n"), 1024);
  EXPECT_FALSE(OpenFilesLimit("Max open files            unlimited            unlimited            files\n"));
  EXPECT_THROW(OpenFilesLimit("Max processes 1 2 p\n"), FileError);
}

TEST(PoolProcess, CpuIsReadBehindANameThatMayHoldAnything) {
  EXPECT_EQ(CpuTicks("77 (a) b (c) S 1 77 77 0 -1 4194560 900 0 0 0 120 34 0 0 20 0 1"), 154);
}

TEST(PoolProcess, OthersAreNoPgBouncer) {
  EXPECT_THROW(ReadProcess(1), FileError);
  EXPECT_THROW(ReadProcess(999999999), FileError);
  EXPECT_FALSE(PidFromFile("/nowhere/pid"));
  EXPECT_FALSE(PidFromFile("/proc/self/stat"));
}

TEST(PoolProcess, ThisMachineHasCoresAndMemory) {
  const MachineFacts machine = ReadMachine();
  EXPECT_GT(machine.cores, 0);
  EXPECT_GT(machine.memory, 0);
}

TEST(PoolServer, SettingsAndLimitsAreRead) {
  test::FakeDatabase database;
  database.On("server_version_num",
              test::OneRow({{"version_num", "160004"}, {"max_connections", "100"}, {"superuser_reserved", "3"}, {"reserved", "5"},
                            {"statement_timeout", "1500"}, {"idle_in_transaction_timeout", "0"}, {"work_mem", "4194304"},
                            {"hash_mem_multiplier", "2"}, {"parallel_workers", "2"}, {"shared_buffers", "134217728"},
                            {"track_activities", "t"}, {"compute_query_id", "auto"}, {"preload", std::nullopt}, {"local", "t"}}));
  database.On("FROM pg_roles", {{"rolname", "rolconnlimit", "rolsuper"}, {{"u", "7", "f"}}});
  database.On("FROM pg_database", {{"datname", "datconnlimit"}, {{"d", "-1"}}});
  database.On("FROM pg_db_role_setting", {{"role", "database", "setting"}, {{"u", "", "statement_timeout=5s"}, {"u", "", "bad"}}});
  const ServerFacts facts = ReadServer(database);
  EXPECT_EQ(facts.Usable(), 92);
  EXPECT_DOUBLE_EQ(facts.statement_timeout, 1.5);
  EXPECT_FALSE(facts.preload);
  EXPECT_EQ(facts.roles.at(0).connection_limit, 7);
  EXPECT_EQ(facts.database_limits.at("d"), -1);
  ASSERT_EQ(facts.overrides.size(), 1U);
  EXPECT_EQ(facts.overrides[0].value, "5s");
}

TEST(PoolServer, ClassesOfAnOlderExtensionLackColumns) {
  test::FakeDatabase database;
  database.On("steward.classes", {{"class"}, {{R"({"datname":"d","usename":"u","application_name":"a","transactions":5,"mean_xact_time":2,"total_xact_time":10,"p50_xact_time":null})"},
                                              {R"({"datname":"d","usename":"v","transactions":1,"mean_xact_time":3,"total_xact_time":3,"cpu_time":1.5,"features":["set","load"]})"}}});
  std::string why;
  const auto classes = ReadClasses(database, why);
  ASSERT_TRUE(classes && classes->size() == 2U);
  EXPECT_FALSE((*classes)[0].features || (*classes)[0].cpu_time || (*classes)[0].p50_time);
  EXPECT_EQ((*classes)[1].features, (std::vector<std::string>{"set", "load"}));
  EXPECT_EQ((*classes)[1].cpu_time, 1.5);
  database.Fail("steward.classes", {"relation \"steward.classes\" does not exist", "", "", "42P01"});
  EXPECT_FALSE(ReadClasses(database, why));
  EXPECT_EQ(why, "relation \"steward.classes\" does not exist");
}

model::LintReport Sample() {
  model::LintReport report =
      CheckAll(test::FactsBuilder()
                   .Ini("app = host=db1 user=web password=secret pool_size=98\nrep = dbname=app user=report", "pool_mode = transaction\nserver_round_robin = 1\nquery_wait_timeout = 2\nserver_login_retry = 5")
                   .App("[web\x1b]\ndatabase=app\nuser=web\ninstances=4\npool_size=30\nacquire_timeout=1s\nprepared=protocol\n")
                   .Server()
                   .Get());
  report.sources = {{"pgbouncer", "/etc/pgbouncer/pgbouncer.ini"}, {"application", "app.ini"}};
  report.warnings = {"PgBouncer 1.27 is newer than what this program knows"};
  return report;
}

TEST(PoolLintReport, Text) {
  test::ExpectGolden("pool_lint.txt", report::LintText(Sample()));
  test::ExpectGolden("pool_lint_nothing.txt", report::LintText({}));
}

TEST(PoolLintReport, Json) {
  test::ExpectGolden("pool_lint.json", report::LintJson(Sample()));
}

TEST(PoolLintReport, OnlyAnErrorMakesItFail) {
  model::LintReport report;
  EXPECT_FALSE(report::AnyError(report));
  report.findings.push_back({1, "x", model::LintSeverity::kWarning, "", "", {}, ""});
  EXPECT_FALSE(report::AnyError(report));
  report.findings.push_back({1, "x", model::LintSeverity::kError, "", "", {}, ""});
  EXPECT_TRUE(report::AnyError(report));
}

std::string UsageOf(const std::vector<std::string>& words) {
  try {
    cli::ParseArguments(words);
  } catch (const cli::UsageError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "";
}

TEST(PoolCommand, HasTwoWords) {
  const cli::Arguments arguments =
      cli::ParseArguments({"pool", "lint", "--ini", "p.ini", "--console=port=6432", "--app", "a.ini", "--pid", "12", "-h", "db1", "--format", "json"});
  EXPECT_EQ(arguments.command, cli::Command::kPoolLint);
  EXPECT_FALSE(arguments.opens_session);
  EXPECT_EQ(arguments.pool.ini + " " + arguments.pool.console + " " + arguments.pool.app, "p.ini port=6432 a.ini");
  EXPECT_EQ(arguments.pool.pid, 12);
  EXPECT_EQ(arguments.connect.host, "db1");
  EXPECT_EQ(arguments.format, cli::Format::kJson);
}

TEST(PoolCommand, NamesItsCommands) {
  EXPECT_TRUE(UsageOf({"pool"}).starts_with("unknown pool command | The pool commands are: lint"));
  EXPECT_TRUE(UsageOf({"pool", "lnit"}).starts_with("unknown pool command | The pool commands are: lint"));
  const cli::Arguments arguments = cli::ParseArguments({"pool", "--help"});
  EXPECT_EQ(arguments.family, "pool");
  EXPECT_NE(cli::FamilyHelpText("pool").find("\n  pool lint "), std::string::npos);
  EXPECT_NE(cli::HelpText(cli::Command::kNone).find("\n  pool lint "), std::string::npos);
  EXPECT_NE(cli::HelpText(cli::Command::kPoolLint).find("--ini=FILENAME"), std::string::npos);
}

TEST(PoolCommand, RefusesWhatItCannotUse) {
  EXPECT_EQ(UsageOf({"pool", "lint"}),
            "no configuration of PgBouncer named | Name its file with --ini, its console with --console, or both.");
  EXPECT_TRUE(UsageOf({"pool", "lint", "x", "--ini", "p"}).starts_with("too many command-line arguments"));
  EXPECT_TRUE(UsageOf({"pool", "lint", "--ini", "p", "--pid", "x"}).starts_with("invalid value for option \"--pid\""));
  EXPECT_TRUE(UsageOf({"pool", "lint", "--ini", "p", "--pid", "-3"}).starts_with("invalid value for option \"--pid\""));
  EXPECT_TRUE(UsageOf({"pool", "lint", "--ini", "p", "--budget", "2GB"}).starts_with("unrecognized option \"--budget\""));
  EXPECT_TRUE(UsageOf({"doctor", "--ini", "p"}).starts_with("unrecognized option \"--ini\""));
}

}  // namespace
}  // namespace steward::pgbouncer
