// Limits of a database or a user that go before the settings, in the rules of `pool lint`; and what stands behind names.
#include <gtest/gtest.h>

#include "pgbouncer/rules.hpp"
#include "unit/optimizer/pool_facts_builder.hpp"

namespace steward::pgbouncer {
namespace {

using test::FactsBuilder;
using test::PlainServer;

model::LintReport Checked(int number, const FactsBuilder& builder) {
  model::LintReport report;
  const Facts facts = builder.Get();
  for (const Rule& rule : AllRules())
    if (rule.number == number) {
      Findings findings(rule.number, rule.name, report);
      rule.check(facts, findings);
    }
  return report;
}

std::size_t Found(int number, const FactsBuilder& builder) {
  return Checked(number, builder).findings.size();
}

FactsBuilder Make(const std::string& databases, const std::string& settings, const std::string& users = "") {
  return FactsBuilder().Ini(databases, settings, users);
}

constexpr const char* kWeb = "[web]\ndatabase = app\nuser = web\n";

TEST(PoolLimits, ALineOfADatabaseGoesBeforeTheSettingAndAUsersBeforeThat) {
  const std::vector<Pool> pools =
      PoolsOf(Make("a = user=u query_wait_timeout=5\nb = user=v query_wait_timeout=5\nc = user=w",
                   "query_wait_timeout = 60\nquery_timeout = 30\nidle_transaction_timeout = 20",
                   "u = query_wait_timeout=3 query_timeout=7 idle_transaction_timeout=2\nw = query_timeout=0").Get());
  ASSERT_EQ(pools.size(), 3U);
  EXPECT_EQ(pools[0].query_wait_timeout, 3);
  EXPECT_EQ(pools[0].query_timeout, 7);
  EXPECT_EQ(pools[0].idle_transaction_timeout, 2);
  EXPECT_EQ(pools[1].query_wait_timeout, 5);
  EXPECT_EQ(pools[1].query_timeout, 30);
  EXPECT_EQ(pools[2].query_wait_timeout, 60);
  EXPECT_EQ(pools[2].query_timeout, 30);  // 0: as the setting says
}

TEST(PoolLimits, RulesOfTimeTakeThePoolsOwn) {
  const std::string web = std::string(kWeb) + "acquire_timeout=1s\n";
  EXPECT_EQ(Found(7, Make("app = user=u query_wait_timeout=0.5", "").App(web)), 0U);
  EXPECT_EQ(Found(7, Make("app = user=u query_wait_timeout=2", "query_wait_timeout = 0.5").App(web)), 1U);
  FactsBuilder idle = Make("app = user=u", "pool_mode = transaction", "u = idle_transaction_timeout=60");
  ServerFacts server = PlainServer();
  server.idle_in_transaction_timeout = 0;
  EXPECT_EQ(Found(8, idle.Server(server)), 0U);
  EXPECT_EQ(Found(17, Make("app = user=u query_wait_timeout=1", "reserve_pool_size = 2")), 1U);
  EXPECT_EQ(Found(25, Make("app = user=u", "", "u = query_timeout=1").Server()), 1U);
  EXPECT_EQ(Found(25, Make("app = user=u", "query_timeout = 1", "u = query_timeout=9").Server()), 0U);
  EXPECT_EQ(Found(26, Make("app = user=u query_wait_timeout=15", "")), 1U);
}

TEST(PoolLimits, LookUpsOfPasswordsGoWhereTheyAreSent) {
  EXPECT_EQ(Found(27, Make("a = user=u\nb = user=u", "auth_user = x\nauth_dbname = postgres")), 0U);
  EXPECT_EQ(Found(27, Make("a = user=u auth_user=x auth_dbname=postgres", "")), 0U);
  EXPECT_EQ(Found(27, Make("a = user=u auth_dbname=postgres\nb = user=u", "auth_user = x")), 1U);
  const std::string two = "a = user=u pool_size=48\nb = user=u pool_size=48";  // 96 of 97
  EXPECT_EQ(Found(1, Make(two, "auth_user = x\nauth_dbname = postgres").Server()), 0U);
  EXPECT_EQ(Found(1, Make(two, "auth_user = x").Server()), 1U);
}

TEST(PoolLimits, TheConsoleAloneSaysWhatIsDefaultAndUsersLimits) {
  FactsBuilder builder = FactsBuilder().Running("default_pool_size", "60").Server();
  Facts facts = builder.Get();
  for (const char* name : {"a", "b", "c"}) {
    LiveDatabase database;
    database.name = name;
    database.force_user = "u";
    database.pool_size = std::string(name) == "c" ? 5 : 60;
    facts.console->databases.push_back(database);
  }
  facts.console->user_limits["u"] = 40;
  const std::vector<Pool> pools = PoolsOf(facts);
  ASSERT_EQ(pools.size(), 3U);
  EXPECT_TRUE(pools[0].size_is_default);
  EXPECT_FALSE(pools[2].size_is_default);
  EXPECT_EQ(pools[0].max_user_connections, 40);
}

TEST(PoolLimits, WhereALineForcesAUserThatIsTheRole) {
  const model::LintReport report = Checked(7, Make("app = user=owner", "query_wait_timeout = 1")
      .App(std::string(kWeb) + "acquire_timeout=5s\nrequest_timeout=2s\nstatement_timeout=3s\n"));
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].fix, "ALTER ROLE owner SET statement_timeout = '2000ms';");
  const std::string app = std::string(kWeb) + "[watch]\nrole=monitoring\ndatabase=app\nuser=watch\n";
  EXPECT_EQ(Found(24, Make("app = user=owner", "").App(app).Server()), 1U);
  EXPECT_EQ(Found(24, Make("app =", "").App(app).Server()), 0U);
}

TEST(PoolLimits, TheRestOfAnUnquotedPasswordIsNotRepeated) {
  const Facts facts = Make("a = host=h password=my xyzzy=1 pool_sise=3", "").Get();
  ASSERT_EQ(facts.file->problems.size(), 2U);
  EXPECT_EQ(facts.file->problems[0].message.find("xyzzy"), std::string::npos);
  EXPECT_NE(facts.file->problems[1].message.find("pool_sise"), std::string::npos);
}

}  // namespace
}  // namespace steward::pgbouncer
