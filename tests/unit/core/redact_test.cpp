// Covers S3 (constants in plan JSON and predicates) at the level of text.
#include "core/redact.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace steward::core {
namespace {

std::string Sql(std::string text) {
  text.resize(RedactSql(text.data(), text.size()));
  return text;
}

std::string Json(std::string text) {
  text.resize(RedactPlanJson(text.data(), text.size()));
  return text;
}

TEST(RedactSql, ReplacesLiteralsOfEveryForm) {
  EXPECT_EQ(Sql("(card = '1234'::text)"), "(card = ?::text)");
  EXPECT_EQ(Sql("(a > 5) AND (b < 1.5e-10) AND (c = .5)"), "(a > ?) AND (b < ?) AND (c = ?)");
  EXPECT_EQ(Sql("x = 'it''s'"), "x = ?");
  EXPECT_EQ(Sql(R"(x = E'a\'b' AND y = 1)"), "x = ? AND y = ?");
  EXPECT_EQ(Sql("x = B'101' OR x = X'1F' OR y = U&'d' OR z = N'k'"), "x = ? OR x = ? OR y = ? OR z = N?");
  EXPECT_EQ(Sql("x = $$secret$$ OR y = $t$se$cret$t$"), "x = ? OR y = ?");
  EXPECT_EQ(Sql("a = ANY ('{x,\"y z\"}'::text[])"), "a = ANY (?::text[])");
}

TEST(RedactSql, KeepsNamesParametersAndSubplanNumbers) {
  EXPECT_EQ(Sql("t1.col2 = $3"), "t1.col2 = $3");
  EXPECT_EQ(Sql("\"odd 'name' 5\" = 5"), "\"odd 'name' 5\" = ?");
  EXPECT_EQ(Sql("\"a\"\"1\" = 1"), "\"a\"\"1\" = ?");
  EXPECT_EQ(Sql("(x < (SubPlan 12)) AND (hashed SubPlan 2) AND $0"), "(x < (SubPlan 12)) AND (hashed SubPlan 2) AND $0");
  EXPECT_EQ(Sql("(InitPlan 1 (returns $0))"), "(InitPlan 1 (returns $0))");
  EXPECT_EQ(Sql("größe1 = 1"), "größe1 = ?");
  EXPECT_EQ(Sql("SubPlan + 5"), "SubPlan + ?");
}

TEST(RedactSql, RedactsUnterminatedLiteralsToTheEnd) {
  EXPECT_EQ(Sql("x = 'secret"), "x = ?");
  EXPECT_EQ(Sql("x = 'secret''"), "x = ?");
  EXPECT_EQ(Sql("x = $t$secret"), "x = ?");
  EXPECT_EQ(Sql("$"), "$");
  EXPECT_EQ(Sql("\"open"), "\"open");
  EXPECT_EQ(Sql(""), "");
}

TEST(RedactPlanJson, RedactsConditionsAndKeepsNames) {
  EXPECT_EQ(Json(R"j([{"Plan": {"Node Type": "Seq Scan", "Alias": "t 1", "Filter": "(a = 'x')", "Plan Rows": 12}}])j"),
            R"j([{"Plan": {"Node Type": "Seq Scan", "Alias": "t 1", "Filter": "(a = ?)", "Plan Rows": 12}}])j");
  EXPECT_EQ(Json(R"j({"Sort Key": ["a", "(b + 7)"], "Strategy": "Plain 1"})j"),
            R"j({"Sort Key": ["a", "(b + ?)"], "Strategy": "Plain 1"})j");
}

TEST(RedactPlanJson, RedactsWhatItDoesNotKnow) {
  EXPECT_EQ(Json(R"j({"Some New Property": "f('secret')"})j"), R"j({"Some New Property": "f(?)"})j");
}

TEST(RedactPlanJson, StaysValidWithEscapes) {
  const std::string in =
      R"j({"Filter": "(\"Col 1\" = 'a\"b\\c\nd\u0001e') AND (x = E'\\\\') AND (\"q\"\"9\" = 9)", "Plans": [{"Filter": "y = 'z'"}]})j";
  const nlohmann::json out = nlohmann::json::parse(Json(in));
  EXPECT_EQ(out["Filter"], R"j(("Col 1" = ?) AND (x = ?) AND ("q""9" = ?))j");
  EXPECT_EQ(out["Plans"][0]["Filter"], "y = ?");
}

TEST(RedactPlanJson, NeverGrowsOrReadsPastTheEnd) {
  const std::string whole = R"j([{"Plan": {"Filter": "(a = E'\\'x' AND b = $q$1$q$ AND c > 1e+5)", "Node Type": "X"}}])j";
  for (std::size_t cut = 0; cut <= whole.size(); cut++) {
    const std::string out = Json(whole.substr(0, cut));
    EXPECT_LE(out.size(), cut);
    EXPECT_EQ(out.find("1e+5"), std::string::npos);
  }
}

}  // namespace
}  // namespace steward::core
