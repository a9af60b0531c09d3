// The load of what a server captured: what goes in, what is left out and said, and the file form.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "cli/arguments.hpp"
#include "cli/captured_load.hpp"
#include "cli/load_session.hpp"
#include "db/error.hpp"
#include "load/captured.hpp"
#include "unit/optimizer/fake_database.hpp"
#include "unit/optimizer/refusal.hpp"

namespace steward::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

CapturedStatement Sent(const std::string& role, double calls, const std::vector<std::string>& texts) {
  return {role, "SELECT n FROM t WHERE id = $1", calls, texts, ""};
}

CapturedStatement NotSent(const std::string& role, double calls, const std::string& query, const std::string& why) {
  return {role, query, calls, {}, why};
}

std::string ValueOf(const ClassSettings& one, const std::string& key) {
  for (const Setting& setting : one.settings)
    if (setting.key == key) return setting.value;
  return "none";
}

TEST(PlanCaptured, AClassArrivesAsItDid) {
  const CapturedPlan plan = PlanCaptured({"shop", 100, {{"app", "web", 3000, 25}, {"app", "", 1000, 400}},
                                          {Sent("app", 3000, {" SELECT n\n   FROM t\n  WHERE id = '1'::integer", "SELECT n FROM t WHERE id = '2'::integer"}),
                                           Sent("app", 1000, {"SELECT 1"}), NotSent("app", 70, "SET application_name = $1", "no text")}});
  EXPECT_TRUE(plan.left_out.empty());
  ASSERT_EQ(plan.classes.size(), 2U);
  const ClassSettings& web = plan.classes[0];
  EXPECT_EQ(web.name, "app/web");
  EXPECT_EQ(ValueOf(web, "database"), "shop");
  EXPECT_EQ(ValueOf(web, "user"), "app");
  EXPECT_EQ(ValueOf(web, "application_name"), "web");
  EXPECT_EQ(ValueOf(web, "rate"), "30");
  EXPECT_EQ(ValueOf(web, "app_pool"), "25");
  EXPECT_EQ(ValueOf(web, "sql_1"), "SELECT n FROM t WHERE id = '1'::integer");
  EXPECT_EQ(ValueOf(web, "weight_1"), "1500");
  EXPECT_EQ(ValueOf(web, "weight_2"), "1500");
  EXPECT_EQ(ValueOf(web, "weight_3"), "1000");
  EXPECT_EQ(plan.classes[1].name, "app");
  EXPECT_EQ(ValueOf(plan.classes[1], "rate"), "10");
  EXPECT_EQ(ValueOf(plan.classes[1], "app_pool"), "100");
}

TEST(PlanCaptured, WritesAreLeftOutWithTheirShareOfTheRate) {
  const CapturedPlan plan = PlanCaptured(
      {"shop", 10, {{"app", "web", 100, 0}}, {Sent("app", 75, {"SELECT 1"}), NotSent("app", 25, "UPDATE t SET n = $1", "it writes")}});
  ASSERT_EQ(plan.classes.size(), 1U);
  EXPECT_EQ(ValueOf(plan.classes[0], "rate"), "7.5");
  EXPECT_EQ(ValueOf(plan.classes[0], "app_pool"), "10");
  ASSERT_EQ(plan.left_out.size(), 1U);
  EXPECT_FALSE(plan.left_out[0].whole);
  EXPECT_THAT(plan.left_out[0].reasons, ElementsAre(Pair("it writes", 0.25)));
  EXPECT_EQ(ToText(plan.left_out[0]), "25 % of the calls of class \"app/web\" are left out: it writes (25 %)");
}

// As TPC-B: what its transactions hold a connection for is not one SELECT of them.
TEST(PlanCaptured, TransactionsOfSeveralStatementsAreLeftOut) {
  const std::vector<CapturedStatement> statements = {NotSent("app", 100, "BEGIN", "no text"), NotSent("app", 300, "UPDATE t SET n = $1", "it writes"),
                                                     Sent("app", 100, {"SELECT 1"}), NotSent("app", 100, "/* x */ END", "no text")};
  const CapturedPlan plan = PlanCaptured({"shop", 10, {{"app", "web", 100, 0}}, statements});
  EXPECT_TRUE(plan.classes.empty());
  ASSERT_EQ(plan.left_out.size(), 1U);
  EXPECT_TRUE(plan.left_out[0].whole);
  EXPECT_EQ(ToText(plan.left_out[0]), "class \"app/web\" is left out: several statements a transaction (100 %)");
  // Without BEGIN in sight.
  EXPECT_TRUE(PlanCaptured({"shop", 10, {{"app", "web", 100, 0}}, {statements[1], statements[2]}}).classes.empty());
  // Beside 400 that are statements of their own: of 800 calls half are.
  std::vector<CapturedStatement> more = statements;
  more.push_back(Sent("app", 400, {"SELECT 2"}));
  const CapturedPlan mixed = PlanCaptured({"shop", 10, {{"app", "web", 500, 0}}, more});
  ASSERT_EQ(mixed.classes.size(), 1U);
  EXPECT_EQ(ValueOf(mixed.classes[0], "rate"), "25");  // 40 a second, of which 5 in 8 may be sent
  EXPECT_THAT(mixed.left_out[0].reasons, ElementsAre(Pair("several statements a transaction", 0.5), Pair("it writes", 0.1875)));
}

TEST(PlanCaptured, AClassOfWhichNothingIsKnownIsNamed) {
  const CapturedPlan plan = PlanCaptured({"shop", 10, {{"app", "web", 100, 0}, {"idle", "", 0, 0}}, {}});
  EXPECT_TRUE(plan.classes.empty());
  ASSERT_EQ(plan.left_out.size(), 1U);
  EXPECT_EQ(ToText(plan.left_out[0]), "class \"app/web\" is left out: none of its statements is known (100 %)");
}

TEST(PlanCaptured, WhatAScriptWouldMisreadIsLeftOut) {
  const auto kept = [](const std::string& text) {
    return !PlanCaptured({"shop", 10, {{"app", "web", 10, 0}}, {Sent("app", 10, {text})}}).classes.empty();
  };
  EXPECT_TRUE(kept("SELECT a FROM t WHERE b = ':x; -- :random(1,2)'::text"));
  EXPECT_TRUE(kept("SELECT a FROM t WHERE b = E'it\\\\''s'::text"));
  EXPECT_FALSE(kept("SELECT a FROM t WHERE b = 'two\nlines'::text"));
  EXPECT_FALSE(kept("SELECT a[1:random(1,2)] FROM t"));
  EXPECT_FALSE(kept("SELECT a[1:b] FROM t"));
  EXPECT_FALSE(kept("SELECT 1; DELETE FROM t"));
  EXPECT_FALSE(kept("SELECT '" + std::string(70'000, 'x') + "'"));
  const CapturedPlan plan = PlanCaptured({"shop", 10, {{"app", "web", 10, 0}}, {Sent("app", 8, {"SELECT 1", "SELECT 'a\nb'"}), Sent("app", 2, {"SELECT 'a\nb'"})}});
  ASSERT_EQ(plan.classes.size(), 1U);
  EXPECT_EQ(ValueOf(plan.classes[0], "weight_1"), "8");
  EXPECT_THAT(plan.left_out[0].reasons, ElementsAre(Pair("its text does not go into a script", 0.2)));
}

TEST(PlanCaptured, NamesFitTheFile) {
  const CapturedPlan plan = PlanCaptured({"shop", 10, {{"app", "a]b", 10, 0}, {"app", "a_b", 10, 0}, {"app", "two\nlines", 10, 0}, {"app", " x", 10, 0}},
                                          {Sent("app", 40, {"SELECT 1"})}});
  ASSERT_EQ(plan.classes.size(), 2U);
  EXPECT_EQ(plan.classes[0].name, "app/a_b");
  EXPECT_EQ(plan.classes[1].name, "app/a_b 2");
  EXPECT_EQ(ValueOf(plan.classes[0], "application_name"), "a]b");
  ASSERT_EQ(plan.left_out.size(), 2U);
  EXPECT_THAT(ToText(plan.left_out[0]), HasSubstr("its names do not go into a file"));
}

TEST(CapturedFile, IsReadAsItWasDriven) {
  const CapturedPlan plan = PlanCaptured(
      {"shop", 100, {{"app", "web; # [1] = 'x'", 1000, 30}, {"boss", "", 50, 0}},
       {Sent("app", 600, {"SELECT 'a;b'", "SELECT E'\\\\x'"}), Sent("app", 400, {"SELECT \"%include\" FROM t"}), Sent("boss", 50, {"TABLE t"})}});
  std::string path = "/tmp/steward_captured_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << ToIni(plan.classes);
  cli::LoadOptions options;
  options.file = path;
  const std::vector<LoadClass> back = cli::ReadClasses(options);
  std::remove(path.c_str());
  const std::vector<LoadClass> driven = cli::ToLoad(plan.classes);
  ASSERT_EQ(back.size(), 2U);
  ASSERT_EQ(driven.size(), 2U);
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].name, driven[i].name);
    EXPECT_EQ(back[i].database, "shop");
    EXPECT_EQ(back[i].user, driven[i].user);
    EXPECT_EQ(back[i].application_name, driven[i].application_name);
    EXPECT_DOUBLE_EQ(back[i].rate, driven[i].rate);
    EXPECT_EQ(back[i].connections, driven[i].connections);
    ASSERT_EQ(back[i].scripts.size(), driven[i].scripts.size());
    for (std::size_t n = 0; n < back[i].scripts.size(); ++n) {
      EXPECT_EQ(back[i].scripts[n].statements[0].pieces, driven[i].scripts[n].statements[0].pieces);
      EXPECT_DOUBLE_EQ(back[i].scripts[n].weight, driven[i].scripts[n].weight);
    }
  }
  EXPECT_EQ(back[0].application_name, "web; # [1] = 'x'");
  EXPECT_EQ(back[0].scripts[1].statements[0].pieces[0], "SELECT E'\\\\x'");
}

}  // namespace
}  // namespace steward::load

namespace steward::cli {
namespace {

using testing::HasSubstr;

TEST(CapturedArguments, AreOneSourceOfClasses) {
  const Arguments arguments = ParseArguments({"pool", "verify", "--captured", "--server", "dbname=shop", "--write-load", "f"});
  EXPECT_TRUE(arguments.load.captured);
  EXPECT_EQ(arguments.load.write_load, "f");
  EXPECT_EQ(test::Refusal({"pool", "verify", "--captured"}), "option \"--captured\" needs --server");
  EXPECT_EQ(test::Refusal({"pool", "verify", "--captured", "--server", "s", "--load", "f"}), "options \"--captured\" and \"--load\" exclude each other");
  EXPECT_EQ(test::Refusal({"pool", "verify", "--captured", "--server", "s", "--users", "5"}), "option \"--captured\" excludes those that describe one class");
  EXPECT_EQ(test::Refusal({"pool", "verify", "--users", "5", "--sql", "SELECT 1", "--write-load", "f"}), "option \"--write-load\" is for --captured");
  EXPECT_EQ(test::Refusal({"pool", "verify", "--captured", "--server", "s", "--write-load", "f", "--calibrate"}),
            "options \"--calibrate\" and \"--write-load\" exclude each other");
  EXPECT_EQ(test::Refusal({"pool", "verify"}), "no load given");
}

constexpr const char* kUpdate = "12";
constexpr const char* kSecret = "13";

db::Result Statements(const char* first = " SELECT n\n  FROM public.t WHERE (id = $1)") {
  const std::vector<std::string> columns = {"userid", "dbid", "queryid", "role", "query", "calls", "simple_calls", "extended_calls", "generic_plan_calls",
                                            "custom_plan_calls", "plans", "total_plan_time", "total_exec_time", "seconds", "plan_cache_mode", "costable", "reason", "plannable",
                                            "parameter_types", "literals", "compared", "untried"};
  const auto row = [](const char* queryid, const char* role, const char* calls, const char* plannable) -> db::Result::Values {
    return {"10", "5", queryid, role, plannable, calls, calls, "0", "0", "0", calls, "60", "20", "3600", "auto", "t", std::nullopt, plannable, "{integer}", "1", "1", "0"};
  };
  return {columns,
          {row("11", "app", "600", first), row(kUpdate, "app", "300", " UPDATE public.t SET n = $1"),
           row(kSecret, "app", "100", " SELECT n FROM public.secret WHERE (id = $1)"), row("14", "somebody", "900", " SELECT n FROM public.t WHERE (m = $1)")}};
}

test::FakeDatabase Server() {
  test::FakeDatabase database;
  database.On("pg_backend_pid()", test::OneRow({{"pid", "4711"}, {"address", std::nullopt}, {"port", "5432"}}));
  database.On("FROM pg_extension", db::Result({"x"}, {{"1"}}));
  database.On("server_version_num", test::OneRow({{"database", "shop"}, {"version", "15.20"}, {"version_num", "150020"}, {"standby", "f"}, {"now", "1200"}}));
  database.On("FROM pg_attribute", db::Result({"attname"}, {{"max_sessions"}}));
  std::vector<std::pair<std::string, db::Parameter>> one = {
      {"datname", "shop"}, {"usename", "app"}, {"application_name", "web"}, {"transactions", "1000"}, {"commits", "1000"}, {"failures", "0"}};
  for (const char* column : {"total_xact_time", "stddev_xact_time", "p50_xact_time", "p95_xact_time", "p99_xact_time", "max_xact_time", "idle_in_transaction_time",
                             "cpu_time", "core_wait_time", "writing_transactions", "samples", "running_samples", "lock_samples", "lwlock_samples", "io_samples", "wal_samples",
                             "client_samples", "other_samples", "idle_samples", "max_busy", "features"})
    one.emplace_back(column, std::nullopt);
  one.insert(one.end(), {{"max_sessions", "12"}, {"first_seen", "1000"}, {"last_seen", "1100"}});
  database.On("FROM steward.classes", test::OneRow(one));
  database.On("FROM steward.statements", db::Result({"datname", "rolname", "calls", "cpu_time"}, {}));
  database.On("FROM pg_settings", db::Result({"name", "value"}, {}));
  database.On("pg_stat_activity", test::OneRow({{"local", "f"}, {"sessions", "12"}, {"near", "2"}}));
  database.On("'plan_cache_mode'", test::OneRow({{"mode", "auto"}}));
  database.On("AS plannable", Statements());
  database.On("AS trigram_opclass",
              test::OneRow({{"database", "shop"}, {"version", "15.20"}, {"version_num", "150020"}, {"standby", "f"}, {"parameters_captured", "f"},
                            {"sql_ascii", "f"}, {"sees_all_plans", "t"}, {"archiving", "f"}, {"c_collation", "f"}, {"trigram_opclass", std::nullopt},
                            {"collected_at", "1200"}, {"window_start", "1000"}}));
  database.OnCall("steward.measure", [](const db::Parameters& parameters) {
    return test::OneRow({{"error", parameters[1] == kUpdate ? db::Parameter("it writes") : std::nullopt}});
  });
  database.OnCall("plan_choice_values", [](const db::Parameters& parameters) -> db::Result {
    if (parameters[1] == kSecret) db::Throw({"permission denied for the column", "", "", "42501"});
    EXPECT_EQ(parameters[2], "4");
    return {{"kind", "texts"}, {{"drawn", "{1}"}, {"drawn", "{7}"}}};
  });
  return database;
}

TEST(ReadCapturedPlanTest, SendsWhatTheServerLetsThrough) {
  test::FakeDatabase database = Server();
  const load::CapturedPlan plan = ReadCapturedPlan(database);
  ASSERT_EQ(plan.classes.size(), 1U);
  const std::vector<load::LoadClass> classes = ToLoad(plan.classes);
  EXPECT_EQ(classes[0].name, "app/web");
  EXPECT_DOUBLE_EQ(classes[0].rate, 6);  // of 10 a second
  EXPECT_EQ(classes[0].connections, 12);
  ASSERT_EQ(classes[0].scripts.size(), 2U);
  EXPECT_EQ(classes[0].scripts[1].statements[0].pieces[0], "SELECT n FROM public.t WHERE (id = '7'::integer)");
  ASSERT_EQ(plan.left_out.size(), 1U);
  EXPECT_EQ(load::ToText(plan.left_out[0]),
            "40 % of the calls of class \"app/web\" are left out: it writes (30 %), permission denied for the column (10 %)");
  EXPECT_EQ(database.Asked("steward.measure"), 3);  // nothing of a role that has no class
  EXPECT_EQ(database.Asked("BEGIN READ ONLY"), database.Asked("ROLLBACK"));
}

TEST(ReadCapturedPlanTest, LeavesPasswordsAlone) {
  test::FakeDatabase database = Server();
  database.On("AS plannable", Statements(" SELECT rolpassword FROM pg_authid WHERE (rolname = $1)"));
  const load::CapturedPlan plan = ReadCapturedPlan(database);
  EXPECT_TRUE(plan.classes.empty());
  ASSERT_EQ(plan.left_out.size(), 1U);
  EXPECT_EQ(plan.left_out[0].reasons[0].first, "it reads where passwords are kept");
}

TEST(ReadCapturedPlanTest, AsksTheServerAndNotAPooler) {
  test::FakeDatabase database = Server();
  database.On("SELECT pg_catalog.pg_backend_pid()", test::OneRow({{"pid", "1"}, {"address", std::nullopt}, {"port", "5432"}}));
  EXPECT_THROW(ReadCapturedPlan(database), db::SettingsError);
}

TEST(WriteLoadTest, SaysWhatToDoWithTheFile) {
  std::string path = "/tmp/steward_captured_XXXXXX";
  close(mkstemp(path.data()));
  const Outcome outcome = WriteLoad(path, {{"app/web", {{"user", "app"}, {"rate", "5"}, {"sql_1", "SELECT 1"}}}});
  EXPECT_THAT(outcome.text, HasSubstr("classes written: 1; edit them, then: pgsteward pool verify --load " + path));
  LoadOptions options;
  options.file = path;
  EXPECT_EQ(ReadClasses(options)[0].user, "app");
  std::remove(path.c_str());
}

}  // namespace
}  // namespace steward::cli
