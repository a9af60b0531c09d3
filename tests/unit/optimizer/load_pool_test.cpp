// What a load sees and sets of PgBouncer's pools.
#include <gmock/gmock.h>

#include "db/error.hpp"
#include "load/pool_size.hpp"
#include "load/pooler_watch.hpp"
#include "load/sampler.hpp"

namespace steward::load {
namespace {

using testing::ElementsAre;

db::Result ShowPools(int active_of_a, int active_of_b) {
  return {{"database", "user", "cl_active", "cl_waiting", "sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"},
          {{"shop", "a", "9", "0", std::to_string(active_of_a), "1", "0", "0", "0"},
           {"shop", "b", "0", "2", std::to_string(active_of_b), "0", "0", "0", "0"},
           {"shop", "looks_up_passwords", "0", "0", "0", "1", "0", "0", "0"}}};
}

TEST(PoolLooks, EachUserOfADatabaseHasAPoolOfItsOwn) {
  PoolLooks looks;
  looks.AddPools(ShowPools(5, 1));
  looks.AddPools(ShowPools(4, 0));
  auto use = looks.Use("shop", "a");
  ASSERT_TRUE(use);
  EXPECT_DOUBLE_EQ(use->mean_busy, 4.5);
  EXPECT_EQ(use->max_busy, 5);
  EXPECT_EQ(use->connections, 5);
  use->size = 5;
  EXPECT_DOUBLE_EQ(use->utilization(), 0.9);
  EXPECT_DOUBLE_EQ(looks.Use("shop", "b")->mean_busy, 0.5);
  EXPECT_FALSE(looks.Use("shop", "c"));
}

TEST(PoolLooks, WhatTheServerHidesIsNotTakenForIdle) {
  PoolLooks looks;
  const std::vector<std::string> columns = {"datname", "usename", "busy", "connections", "hidden"};
  looks.AddSessions({columns, {{"shop", "a", "2", "4", "0"}}});
  looks.AddSessions({columns, {}});
  ASSERT_TRUE(looks.Use("shop", "a"));
  EXPECT_DOUBLE_EQ(looks.Use("shop", "a")->mean_busy, 1);
  EXPECT_EQ(looks.Use("shop", "a")->connections, 4);
  looks.AddSessions({columns, {{"shop", "a", "0", "4", "4"}}});
  EXPECT_FALSE(looks.Use("shop", "a"));
}

TEST(PoolerWatch, KnowsSizesAndWhomAnEntryForces) {
  PoolerWatch watch([](const std::string&) -> db::Result {
    return {{"name", "database", "force_user", "pool_size"}, {{"shop", "shop_2024", "app", "5"}, {"other", "other", std::nullopt, "7"}}};
  });
  watch.Read();
  ASSERT_NE(watch.Find("shop"), nullptr);
  EXPECT_EQ(watch.Find("shop")->pool_size, 5);
  EXPECT_EQ(watch.Find("shop")->dbname, "shop_2024");
  EXPECT_EQ(watch.Find("shop")->forced_user, "app");
  EXPECT_EQ(watch.Find("other")->forced_user, "");
  EXPECT_EQ(watch.Find("unknown"), nullptr);
}

TEST(PoolerWatch, AConsoleThatFailsSaysNothing) {
  PoolerWatch watch([](const std::string&) -> db::Result { throw db::ConnectionError({"no answer", "", "", ""}); });
  watch.Read();
  EXPECT_EQ(watch.problem(), "no answer");
  EXPECT_EQ(watch.Find("shop"), nullptr);
}

// A console with one setting, which notes what it is told.
struct FakeConsole {
  int size = 20;
  int own_size = 0;  // of database "shop"; 0: none
  bool deaf = false;
  std::vector<std::string> commands;

  db::Result Ask(const std::string& command) {
    if (command == "SHOW CONFIG") return {{"key", "value"}, {{"default_pool_size", std::to_string(size)}}};
    if (command == "SHOW DATABASES") return {{"name", "pool_size"}, {{"shop", std::to_string(own_size > 0 ? own_size : size)}}};
    commands.push_back(command);
    if (command.starts_with("SET ") && !deaf) size = std::stoi(command.substr(command.find('=') + 1));
    return {};
  }
  PoolSize::Ask Function() {
    return [this](const std::string& command) { return Ask(command); };
  }
};

TEST(PoolSize, IsPutBackHoweverItEnds) {
  FakeConsole console;
  {
    PoolSize size(console.Function(), {"shop"});
    EXPECT_EQ(size.original(), 20);
    size.Set(40);
    size.Set(5);
    EXPECT_EQ(console.size, 5);
  }
  EXPECT_EQ(console.size, 20);
  EXPECT_THAT(console.commands,
              ElementsAre("SET default_pool_size=40", "SET default_pool_size=5", "RECONNECT \"shop\"", "SET default_pool_size=20"));
}

TEST(PoolSize, WhatIsNotTakenOverIsAnError) {
  FakeConsole console;
  PoolSize size(console.Function(), {"shop"});
  console.deaf = true;
  EXPECT_THROW(size.Set(40), db::Error);
}

TEST(PoolSize, ADatabaseWithASizeOfItsOwnCannotBeCalibrated) {
  FakeConsole console;
  console.own_size = 7;
  EXPECT_THROW(PoolSize(console.Function(), {"shop"}), db::Error);
  console.own_size = 20;  // the same by chance: found when the default changes
  PoolSize size(console.Function(), {"shop"});
  EXPECT_THROW(size.Set(40), db::Error);
  size.Restore();
  EXPECT_EQ(console.size, 20);
}

}  // namespace
}  // namespace steward::load
