// Which pools follow from files and console, and what of the server holds for them (pgbouncer/facts).
#include <gtest/gtest.h>

#include "unit/optimizer/pool_facts_builder.hpp"

namespace steward::pgbouncer {
namespace {

TEST(PoolFacts, FromTheConsoleAlone) {
  Facts facts;
  facts.console.emplace();
  facts.console->config["default_pool_size"] = {"7", "20", true};
  LiveDatabase database;
  database.name = "app";
  database.dbname = "shop";
  database.pool_size = 7;
  facts.console->databases.push_back(database);
  LivePool pool;
  pool.database = "app";
  pool.user = "web";
  facts.console->pools.push_back(pool);
  const std::vector<Pool> pools = PoolsOf(facts);
  ASSERT_EQ(pools.size(), 1U);
  EXPECT_EQ(pools[0].Name() + " " + pools[0].dbname + " " + pools[0].mode + " " + std::to_string(pools[0].size), "app/web shop session 7");
  EXPECT_EQ(SettingNumber(facts, "default_pool_size"), 7);
  EXPECT_EQ(SettingOrigin(facts, "default_pool_size"), "console");
  EXPECT_EQ(SettingNumber(facts, "max_client_conn"), 100);
}

TEST(PoolFacts, TheUsersLimitsGoBeforeTheDatabases) {
  const std::vector<Pool> pools = PoolsOf(test::FactsBuilder().Ini("a = user=u pool_size=5 reserve_pool=1 pool_mode=session", "pool_mode = transaction",
                                                     "u = pool_size=9 reserve_pool_size=3 pool_mode=statement").Get());
  ASSERT_EQ(pools.size(), 1U);
  EXPECT_EQ(pools[0].size, 9);
  EXPECT_EQ(pools[0].reserve, 3);
  EXPECT_EQ(pools[0].mode, "statement");
}

TEST(PoolFacts, TheFallbackLineServesWhatIsNotListed) {
  const std::vector<Pool> pools =
      PoolsOf(test::FactsBuilder().Ini("a = user=u\n* = host=h", "").App("[w]\ndatabase=b\nuser=x\n[v]\ndatabase=a\n").Get());
  ASSERT_EQ(pools.size(), 2U);
  EXPECT_EQ(pools[0].Name(), "a/u");
  EXPECT_EQ(pools[1].Name(), "b/x");
  EXPECT_EQ(PoolsOf(test::FactsBuilder().Ini("* = host=h", "").Get()).at(0).Name(), "*");
}

TEST(PoolFacts, OverridesOfTheServerByTheirRank) {
  ServerFacts server;
  server.overrides = {{"", "", "x", "all"}, {"", "d", "x", "database"}, {"r", "", "x", "role"}, {"r", "d", "x", "both"}};
  EXPECT_EQ(server.Override("r", "d", "x"), "both");
  EXPECT_EQ(server.Override("r", "e", "x"), "role");
  EXPECT_EQ(server.Override("s", "d", "x"), "database");
  EXPECT_EQ(server.Override("s", "e", "x"), "all");
  EXPECT_FALSE(server.Override("r", "d", "y"));
}

TEST(PoolFacts, TheConsolesLimitsOfUsersCount) {
  Facts facts;
  facts.console.emplace();
  facts.console->user_limits["web"] = 3;
  LiveDatabase database;
  database.name = "app";
  database.force_user = "web";
  database.pool_size = 7;
  facts.console->databases.push_back(database);
  EXPECT_EQ(PoolsOf(facts).at(0).max_user_connections, 3);
}

}  // namespace
}  // namespace steward::pgbouncer
