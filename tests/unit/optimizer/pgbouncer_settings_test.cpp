// The table of PgBouncer's settings and a file as PgBouncer would load it (pgbouncer/settings).
#include "pgbouncer/settings.hpp"

#include <gtest/gtest.h>

namespace steward::pgbouncer {
namespace {

PgBouncerFile Load(const std::string& text, std::optional<int> version = std::nullopt) {
  return LoadPgBouncerFile(ReadIni("p.ini", [&](const std::string&) { return text; }), version);
}

std::vector<std::string> Problems(const std::string& text, std::optional<int> version = std::nullopt) {
  std::vector<std::string> messages;
  for (const FileProblem& problem : Load(text, version).problems)
    messages.push_back(ToText(problem.place) + " " + problem.message);
  return messages;
}

std::string ErrorOf(const std::string& text) {
  try {
    Load(text);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

using Strings = std::vector<std::string>;

TEST(PgBouncerSettings, VersionsAreReadFromWhatTheConsoleSays) {
  EXPECT_EQ(ParseVersion("PgBouncer 1.18.0"), 118);
  EXPECT_EQ(ParseVersion("1.26"), 126);
  for (const char* text : {"", "PgBouncer", "1", "1.", "x.1", "1000.1", "1.123"}) EXPECT_FALSE(ParseVersion(text)) << text;
  EXPECT_EQ(VersionText(121), "1.21");
}

TEST(PgBouncerSettings, DefaultsDependOnTheRelease) {
  const SettingSpec& prepared = *FindSetting("max_prepared_statements");
  EXPECT_FALSE(DefaultOf(prepared, 118));
  EXPECT_FALSE(DefaultOf(prepared, std::nullopt));
  EXPECT_EQ(DefaultOf(prepared, 121), "0");
  EXPECT_EQ(DefaultOf(prepared, 123), "0");
  EXPECT_EQ(DefaultOf(prepared, 124), "200");
  EXPECT_EQ(DefaultOf(*FindSetting("server_tls_sslmode"), 118), "disable");
  EXPECT_EQ(DefaultOf(*FindSetting("server_tls_sslmode"), 120), "prefer");
  EXPECT_EQ(DefaultOf(*FindSetting("default_pool_size"), std::nullopt), "20");
  EXPECT_EQ(DefaultOf(*FindSetting("track_extra_parameters"), 125), "IntervalStyle");
  EXPECT_EQ(DefaultOf(*FindSetting("track_extra_parameters"), 126), "");
  EXPECT_EQ(DefaultOf(*FindSetting("suspend_timeout"), 125), "10");
  EXPECT_FALSE(DefaultOf(*FindSetting("suspend_timeout"), 126));
  EXPECT_FALSE(DefaultOf(*FindSetting("auth_file"), 118));
  EXPECT_FALSE(FindSetting("listen_backlog")->reloadable);
  EXPECT_TRUE(FindSetting("default_pool_size")->reloadable);
  EXPECT_EQ(FindSetting("pool_size"), nullptr);
}

TEST(PgBouncerSettings, NumbersAreReadWithBaseZero) {
  EXPECT_EQ(ParseNumber("0x10"), 16);
  EXPECT_EQ(ParseNumber("010"), 8);
  EXPECT_EQ(ParseNumber("-1"), -1);
  for (const char* text : {"", "1 ", "10s", "1.5", "08", "x"}) EXPECT_FALSE(ParseNumber(text)) << text;
}

TEST(PgBouncerSettings, ValuesOfEachKindAreChecked) {
  using enum SettingSpec::Kind;
  EXPECT_TRUE(IsValid(kSeconds, "0.4") && IsValid(kPoolMode, "Transaction") && IsValid(kTlsMode, "verify-full"));
  EXPECT_TRUE(IsValid(kText, "") && IsValid(kAuthType, "scram-sha-256"));
  EXPECT_FALSE(IsValid(kSeconds, "1s") || IsValid(kSeconds, "-1") || IsValid(kSeconds, ""));
  EXPECT_FALSE(IsValid(kPoolMode, "tx") || IsValid(kTlsMode, "on") || IsValid(kAuthType, "scram"));
}

TEST(PgBouncerSettings, TheLastValueCountsAndPasswordsAreForgotten) {
  const PgBouncerFile file = Load(
      "[databases]\na = host=h password=secret pool_size=3 reserve_pool=2\na = host=other port=5433\n* =\n"
      "[users]\nu = max_user_connections=4\n[pgbouncer]\nmax_client_conn = 10\nmax_client_conn = 0x20\n");
  EXPECT_EQ(file.settings.at("max_client_conn").value, "0x20");
  EXPECT_EQ(ToText(file.settings.at("max_client_conn").place), "p.ini:9");
  ASSERT_EQ(file.databases.size(), 2U);
  EXPECT_EQ(file.databases[0].Text("host"), "other");
  EXPECT_FALSE(file.databases[0].Number("pool_size"));
  EXPECT_EQ(file.users.at(0).Number("max_user_connections"), 4);
  EXPECT_TRUE(file.problems.empty());
  EXPECT_FALSE(Load("[databases]\na = host=h password=secret\n[pgbouncer]\n").databases[0].Text("password"));
  EXPECT_EQ(Load("[databases]\na = reserve_pool=2\n[pgbouncer]\n").databases[0].Number("reserve_pool_size"), 2);
}

TEST(PgBouncerSettings, ASecondMainSectionSetsBackToDefaults) {
  const PgBouncerFile file =
      Load("[pgbouncer]\nmax_client_conn = 10\nauth_file = /x\n[databases]\n[pgbouncer]\nlisten_port = 1\n");
  EXPECT_EQ(file.settings.count("max_client_conn"), 0U);
  EXPECT_EQ(file.settings.count("auth_file"), 1U);  // has no default
  ASSERT_EQ(file.problems.size(), 1U);
  EXPECT_EQ(file.problems[0].kind, FileProblem::Kind::kRepeatedSection);
  EXPECT_EQ(file.problems[0].message,
            "a second [pgbouncer] sets what stands before it back to the defaults: max_client_conn");
}

TEST(PgBouncerSettings, WhatPgBouncerDoesNotKnowIsNamed) {
  EXPECT_EQ(Problems("[pgbouncer]\ndefault_poolsize = 4\n"),
            (Strings{"p.ini:2 there is no setting default_poolsize; did you mean default_pool_size?"}));
  EXPECT_EQ(Problems("[pgbouncer]\nmax_prepared_statements = 4\n", 118),
            (Strings{"p.ini:2 max_prepared_statements is known from 1.21 on"}));
  EXPECT_EQ(Problems("[pgbouncer]\nmax_prepared_statements = 4\n", 121), Strings{});
  EXPECT_EQ(Problems("[pgbouncer]\nsuspend_timeout = 4\n", 125), Strings{});
  EXPECT_EQ(Problems("[pgbouncer]\nsuspend_timeout = 4\n", 126), (Strings{"p.ini:2 suspend_timeout is known up to 1.25 only"}));
  EXPECT_EQ(Problems("[databases]\n'a b' = host=h\n[pgbouncer]\n", 124), (Strings{"p.ini:2 names in quotes are read from 1.25 on"}));
  EXPECT_EQ(Problems("[databases]\n'a b' = host=h\n[pgbouncer]\n", 125), Strings{});
  EXPECT_EQ(Problems("[databases]\na = poolsize=3\n[pgbouncer]\n", 118),
            (Strings{"p.ini:2 a of [databases] has a poolsize, which PgBouncer 1.18 does not know; did you mean pool_size?"}));
  EXPECT_EQ(Problems("[users]\nu = pool_size=3\n[pgbouncer]\n", 122).size(), 1U);
  EXPECT_EQ(Problems("[users]\nu = pool_size=3\n[pgbouncer]\n", 123).size(), 0U);
  EXPECT_EQ(Problems("[peers]\n1 = host=h\n[pgbouncer]\n", 118), (Strings{"p.ini:1 section [peers] is known from 1.19 on"}));
}

TEST(PgBouncerSettings, ValuesThatPgBouncerRefusesAreNamedUnquoted) {
  EXPECT_EQ(Problems("[pgbouncer]\nquery_wait_timeout = secret\n"),
            (Strings{"p.ini:2 query_wait_timeout has a value that PgBouncer does not accept"}));
  EXPECT_EQ(Problems("[databases]\na = port=secret pool_mode=x\n[pgbouncer]\n"),
            (Strings{"p.ini:2 a of [databases] has a port that PgBouncer does not accept",
                     "p.ini:2 a of [databases] has a pool_mode that PgBouncer does not accept"}));
}

TEST(PgBouncerSettings, AFileThatWasCutOffIsNamed) {
  EXPECT_EQ(Problems("[pgbouncer]\nmax_client_conn = 1"),
            (Strings{"p.ini:2 the last line has no line break: the file may have been cut off"}));
  EXPECT_EQ(ErrorOf("[databases]\na = host=h\n"), "could not read p.ini:2: the file ends without a section [pgbouncer]");
  EXPECT_EQ(ErrorOf(""), "could not read p.ini:1: the file ends without a section [pgbouncer]");
  EXPECT_EQ(ErrorOf("[PgBouncer]\n"), "could not read p.ini:1: PgBouncer knows no section [PgBouncer]");
}

}  // namespace
}  // namespace steward::pgbouncer
