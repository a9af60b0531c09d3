// What a load is described by: classes and their scripts.
#include <gmock/gmock.h>

#include "load/plan.hpp"

namespace steward::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Texts(const Script& script) {
  std::vector<std::string> texts;
  for (const ScriptStatement& statement : script.statements) texts.push_back(statement.parameterized);
  return texts;
}

std::string ErrorOf(const std::vector<Setting>& settings) {
  try {
    ReadClass("main", settings);
  } catch (const PlanError& error) {
    return error.what();
  }
  return "none";
}

TEST(Script, DrawsItsParametersWithinTheirRange) {
  const Script script = ParseScript("SELECT * FROM t WHERE a = :random(1,10) AND b = :random(-5, 5)");
  ASSERT_EQ(script.statements.size(), 1U);
  EXPECT_EQ(script.statements[0].parameterized, "SELECT * FROM t WHERE a = $1 AND b = $2");
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const auto values = DrawValues(script, random);
    EXPECT_TRUE(values[0] >= 1 && values[0] <= 10 && values[1] >= -5 && values[1] <= 5);
  }
  EXPECT_EQ(Render(script.statements[0], {3, -2}), "SELECT * FROM t WHERE a = 3 AND b = -2");
}

TEST(Script, ANamedParameterIsTheSameInEveryStatement) {
  const Script script = ParseScript("UPDATE a SET n = 1 WHERE id = :random(1,9,id); SELECT n FROM a WHERE id = :id");
  EXPECT_THAT(Texts(script), ElementsAre("BEGIN", "UPDATE a SET n = 1 WHERE id = $1", "SELECT n FROM a WHERE id = $1", "COMMIT"));
  EXPECT_EQ(script.ranges.size(), 1U);
}

TEST(Script, ATransactionOfItsOwnIsLeftAlone) {
  EXPECT_THAT(Texts(ParseScript("begin; SELECT 1; end;")), ElementsAre("begin", "SELECT 1", "end"));
  EXPECT_THAT(Texts(ParseScript("SELECT 1;")), ElementsAre("SELECT 1"));
}

TEST(Script, WhatIsQuotedIsLeftAlone) {
  for (const char* text : {"SELECT ':x; :random(1,2)'", "SELECT E'it\\'s :x;'", "SELECT $q$ ; :x $q$", "SELECT \":x;\"",
                           "SELECT 1 /* ; :x */", "SELECT now()::date", "SELECT 'it''s :x'"})
    EXPECT_THAT(Texts(ParseScript(text)), ElementsAre(text));
}

TEST(Script, APauseHoldsTheTransactionOpen) {
  const Script script = ParseScript("SELECT 1; \\sleep 300ms; SELECT 2");
  ASSERT_EQ(script.statements.size(), 5U);
  EXPECT_DOUBLE_EQ(script.statements[2].pause_s, 0.3);
  EXPECT_DOUBLE_EQ(script.statements[1].pause_s, 0);
  EXPECT_THROW(ParseScript("SELECT 1; \\sleep"), PlanError);
  EXPECT_THROW(ParseScript("SELECT 1; \\sleep tight"), PlanError);
}

TEST(Script, SaysWhatItCannotRead) {
  for (const char* text : {"", " ; ", "SELECT :x", "SELECT :random(5)", "SELECT :random(9,1)", "SELECT :random(a,b)",
                           "SELECT 'x", "SELECT $$x"})
    EXPECT_THROW(ParseScript(text), PlanError) << text;
}

TEST(Plan, ReadsAClass) {
  const LoadClass load_class = ReadClass(
      "main", {{"database", "shop"}, {"user", "app"}, {"users", "500"}, {"think_time", "200ms"}, {"app_pool", "16"},
               {"acquire_timeout", "1s"}, {"timeout", "1min"}, {"protocol", "extended"}, {"p95", "50ms"},
               {"timeouts", "1%"}, {"sql_a", "SELECT 1"}, {"weight_a", "3"}, {"sql_b", "SELECT 2"}});
  EXPECT_EQ(load_class.users, 500);
  EXPECT_DOUBLE_EQ(load_class.think_time_s, 0.2);
  EXPECT_EQ(load_class.Connections(), 16);
  EXPECT_DOUBLE_EQ(load_class.timeout_s, 60);
  EXPECT_TRUE(load_class.extended);
  EXPECT_DOUBLE_EQ(load_class.slo.p95_ms, 50);
  EXPECT_DOUBLE_EQ(load_class.slo.timeout_ratio, 0.01);
  ASSERT_EQ(load_class.scripts.size(), 2U);
  EXPECT_DOUBLE_EQ(load_class.scripts[0].weight, 3);
}

TEST(Plan, WithoutAPoolOfTheApplicationEachUserHasAConnection) {
  EXPECT_EQ(ReadClass("a", {{"users", "70"}, {"sql", "SELECT 1"}}).Connections(), 70);
  EXPECT_EQ(ReadClass("a", {{"rate", "70"}, {"sql", "SELECT 1"}}).Connections(), 100);
}

TEST(Plan, SaysWhichSettingIsWrong) {
  const Setting sql{"sql", "SELECT 1"};
  EXPECT_THAT(ErrorOf({{"users", "5"}}), HasSubstr("sql is missing"));
  EXPECT_THAT(ErrorOf({sql}), HasSubstr("users or rate is needed"));
  EXPECT_THAT(ErrorOf({sql, {"users", "5"}, {"rate", "5"}}), HasSubstr("and not both"));
  EXPECT_THAT(ErrorOf({sql, {"users", "0"}}), HasSubstr("users"));
  EXPECT_THAT(ErrorOf({sql, {"users", "5"}, {"think_time", "5 parsecs"}}), HasSubstr("think_time"));
  EXPECT_THAT(ErrorOf({sql, {"users", "5"}, {"thinktime", "5"}}), HasSubstr("thinktime is not a setting"));
  EXPECT_THAT(ErrorOf({sql, {"users", "5"}, {"weight_x", "5"}}), HasSubstr("weight_x"));
  EXPECT_THAT(ErrorOf({{"sql_a", "SELECT 1"}, {"weight_a", "0"}, {"users", "5"}}), HasSubstr("weight_a"));
  EXPECT_THAT(ErrorOf({sql, sql, {"users", "5"}}), HasSubstr("given twice"));
  EXPECT_THAT(ErrorOf({{"sql", "SELECT :x"}, {"users", "5"}}), HasSubstr("unknown parameter"));
  EXPECT_EQ(ErrorOf({sql, {"rate", "5/s"}}), "none");
}

TEST(Plan, IsBounded) {
  LoadClass one = ReadClass("one", {{"users", "6000"}, {"sql", "SELECT 1"}});
  LoadClass two = one;
  EXPECT_NO_THROW(CheckPlan({one}));
  EXPECT_THROW(CheckPlan({one, two}), PlanError);  // the same name
  two.name = "two";
  EXPECT_THROW(CheckPlan({one, two}), PlanError);  // 12,000 connections
  two.connections = 16;
  EXPECT_NO_THROW(CheckPlan({one, two}));
  EXPECT_THROW(CheckPlan({}), PlanError);
}

}  // namespace
}  // namespace steward::load
