// The typed sections of our own ini files (pgbouncer/sections) and the application's pools (pgbouncer/app_file).
#include "pgbouncer/app_file.hpp"

#include <gtest/gtest.h>

#include "pgbouncer/sections.hpp"

namespace steward::pgbouncer {
namespace {

Ini Read(const std::string& text) {
  return ReadIni("app.ini", [&](const std::string&) { return text; });
}
AppFile Parse(const std::string& text) {
  return ParseAppFile(Read(text));
}

// "message | hint"
std::string ErrorOf(const std::string& text) {
  try {
    Parse(text);
  } catch (const FileError& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "";
}

TEST(AppFile, AWholePoolIsRead) {
  const AppFile file = Parse(
      "[pgbouncer]\nprocesses = 2\nversion = 1.21\n"
      "[web]\nrole = read\nthrough = direct\ndatabase = shop\nuser = web\ninstances = 4\npool_size = 30\nminimum_idle = 5\n"
      "acquire_timeout = 250ms\nmax_lifetime = 30min\nkeepalive = 0\nrequest_timeout = 5\nstatement_timeout = 1.5 s\n"
      "firewall_idle = 1h\nburst_period = 1d\nprepared = protocol\nclients = 500\n");
  EXPECT_EQ(file.processes, 2);
  EXPECT_EQ(file.version, "1.21");
  ASSERT_EQ(file.pools.size(), 1U);
  const AppPool& pool = file.pools[0];
  EXPECT_EQ(pool.name + " " + pool.role + " " + *pool.database + " " + *pool.user, "web read shop web");
  EXPECT_EQ(pool.through, AppPool::Through::kDirect);
  EXPECT_EQ(pool.Pooled(), 120);
  EXPECT_EQ(pool.Clients(), 500);
  EXPECT_EQ(pool.minimum_idle, 5);
  EXPECT_DOUBLE_EQ(*pool.acquire_timeout, 0.25);
  EXPECT_DOUBLE_EQ(*pool.max_lifetime, 1800);
  EXPECT_DOUBLE_EQ(*pool.keepalive, 0);
  EXPECT_DOUBLE_EQ(*pool.request_timeout, 5);
  EXPECT_DOUBLE_EQ(*pool.statement_timeout, 1.5);
  EXPECT_DOUBLE_EQ(*pool.firewall_idle, 3600);
  EXPECT_DOUBLE_EQ(*pool.burst_period, 86400);
  EXPECT_EQ(pool.prepared, AppPool::Prepared::kProtocol);
}

TEST(AppFile, WhatIsNotSaidIsMissing) {
  const AppPool pool = Parse("[web]\n").pools.at(0);
  EXPECT_EQ(pool.role, "main");
  EXPECT_EQ(pool.through, AppPool::Through::kPgBouncer);
  EXPECT_FALSE(pool.Pooled() || pool.Clients() || pool.acquire_timeout || pool.database);
  EXPECT_EQ(pool.prepared, AppPool::Prepared::kUnknown);
}

TEST(AppFile, OfAKeyThatStandsTwiceTheLastCounts) {
  EXPECT_EQ(Parse("[web]\npool_size = 3\npool_size = 4\n").pools.at(0).pool_size, 4);
}

TEST(AppFile, UnknownKeysAreNamedWithTheOneMeant) {
  EXPECT_EQ(ErrorOf("[web]\npoolsize = 3\n"),
            "could not read app.ini:2: there is no \"poolsize\" in section [web] | Did you mean \"pool_size\"?");
  EXPECT_EQ(ErrorOf("[pgbouncer]\nx = 3\n"),
            "could not read app.ini:2: there is no \"x\" in section [pgbouncer] | There are: processes, version.");
}

TEST(AppFile, ValuesOfAnotherKindAreRefusedUnquoted) {
  EXPECT_EQ(ErrorOf("[web]\npool_size = 0\n"),
            "could not read app.ini:2: \"pool_size\" is not a whole number of at least 1 | Write digits only.");
  EXPECT_EQ(ErrorOf("[web]\ninstances = 1.5\n"),
            "could not read app.ini:2: \"instances\" is not a whole number of at least 1 | Write digits only.");
  EXPECT_EQ(ErrorOf("[web]\nclients = 99999999999999999999\n"),
            "could not read app.ini:2: \"clients\" is not a whole number of at least 1 | Write digits only.");
  EXPECT_EQ(ErrorOf("[web]\nacquire_timeout = soon\n"),
            "could not read app.ini:2: \"acquire_timeout\" is not a time | Write it as 250ms, 5s, 2min or 1h; 0 is none.");
  EXPECT_EQ(ErrorOf("[web]\nthrough = odyssey\n"),
            "could not read app.ini:2: \"through\" is none of the words it can be | It is one of: pgbouncer, direct, rds_proxy.");
  EXPECT_EQ(ErrorOf("[web]\nmax_connections_percent = nan\n"),
            "could not read app.ini:2: \"max_connections_percent\" is not a number of at least 0 | Write it as 12.5.");
}

TEST(AppFile, ASectionStandsOnce) {
  EXPECT_EQ(ErrorOf("[web]\n[api]\n[web]\n"), "could not read app.ini:3: section [web] stands at app.ini:1 already | ");
}

TEST(AppFile, SpansHaveUnits) {
  EXPECT_EQ(ParseSeconds("1500 ms"), 1.5);
  EXPECT_EQ(ParseSeconds("0"), 0.0);
  for (const char* text : {"", "ms", "-1", "1 week", "1s2", "inf", "1e9", "99999999999"}) EXPECT_FALSE(ParseSeconds(text)) << text;
}

}  // namespace
}  // namespace steward::pgbouncer
