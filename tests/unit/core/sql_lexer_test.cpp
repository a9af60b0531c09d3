// Token boundaries and the replacing of constants; nothing may fail, whatever the bytes.
#include "core/sql_lexer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace steward::core {
namespace {

SqlText Text(const std::string& text, bool backslash = false) {
  return SqlText{text.data(), static_cast<int>(text.size()), backslash};
}

std::string Redact(const std::string& text, bool backslash = false, int capacity = 4096) {
  std::string buffer(static_cast<size_t>(capacity), '\0');
  TextOutput out{buffer.data(), capacity, 0};
  RedactConstants(Text(text, backslash), &out);
  return buffer.substr(0, static_cast<size_t>(out.length));
}

std::string Replace(const std::string& text, const std::vector<ConstantPlace>& at, int first = 1) {
  std::string buffer(4096, '\0');
  TextOutput out{buffer.data(), 4096, 0};
  ReplaceConstants(Text(text), at.data(), static_cast<int>(at.size()), first, &out);
  return buffer.substr(0, static_cast<size_t>(out.length));
}

TEST(SqlLexer, RedactsEveryFormOfConstant) {
  EXPECT_EQ(Redact("select 1, 2.5e-3, .5, 'a''b', E'a\\'b', b'01', x'FF', U&'\\0041', N'n'"),
            "select $1, $2, $3, $4, $5, $6, $7, $8, N$9");
  EXPECT_EQ(Redact("select $$a 'b'$$, $t$ $$ $t$, 0x1F"), "select $1, $2, $3");
}

TEST(SqlLexer, ReplacesConstantsThatTheParserDropped) {
  EXPECT_EQ(Replace("select a || 'x', 1 from t order by a || 'x', 2, 12345", {{12, 0}, {17, 0}}),
            "select a || $1, $2 from t order by a || $3, 2, $4");
  EXPECT_EQ(Replace("select a1234.b from t where c = .1234 or d = 12.34 or e = 1_000 or f = 1e4 or g = 1234", {}),
            "select a1234.b from t where c = $1 or d = $2 or e = $3 or f = 1e4 or g = 1234");
  EXPECT_EQ(Replace("select 'x'::varchar(10), $$y$$ -- 'z'", {{7, 0}}), "select $1::varchar(10), $2 -- 'z'");
}

TEST(SqlLexer, ReplacesConstantsWhereTheServerSeesThem) {
  EXPECT_EQ(Replace("select N'x' where b = - - 1234 and c = -+ 5", {{8, 0}, {22, 0}, {39, 0}}),
            "select N$1 where b = $2 and c = $3");
}

TEST(SqlLexer, KeepsNamesCommentsAndParameters) {
  EXPECT_EQ(Redact("select \"a 1\", t1.c2, $3 /* 1 /* 2 */ 'x' */ -- '4'\n, 5"),
            "select \"a 1\", t1.c2, $3 /* 1 /* 2 */ 'x' */ -- '4'\n, $4");
}

TEST(SqlLexer, FindsParametersOnlyWhereTheyStand) {
  EXPECT_TRUE(HasParameter(Text("select a from t where b = $12")));
  EXPECT_FALSE(HasParameter(Text("select a$1, \"$1\", '$1' /* $1 */ from t")));
  EXPECT_FALSE(HasParameter(Text("")));
}

TEST(SqlLexer, ContinuedStringsAreOneConstant) {
  EXPECT_EQ(Redact("select 'a'\n  'b', 'c' 'd'"), "select $1, $2 $3");
  EXPECT_EQ(Redact("select 'a' -- comment\n 'b'"), "select $1");
}

TEST(SqlLexer, BackslashesEscapeOnlyWhereTheyShould) {
  EXPECT_EQ(Redact("select 'a\\', 'b'"), "select $1, $2");
  EXPECT_EQ(Redact("select 'a\\', 'b'", true), "select $1$2");
}

TEST(SqlLexer, SlicesOfArraysAreNotNumbersWithADot) { EXPECT_EQ(Redact("a[1..10]"), "a[$1..$2]"); }

TEST(SqlLexer, ReplacesAtOffsetsWithTheSign) {
  EXPECT_EQ(Replace("select -1, a from t where b = - /* x */ 25 and c = 'x'", {{7, 0}, {30, 0}, {51, 0}}),
            "select $1, a from t where b = $2 and c = $3");
}

TEST(SqlLexer, SkipsOffsetsInsideAReplacedConstantAndBeyondTheText) {
  EXPECT_EQ(Replace("select 'abc', 5", {{7, 0}, {9, 0}, {14, 0}, {400, 0}}, 3), "select $3, $4");
  EXPECT_EQ(Replace("select 5", {{-3, 0}, {7, 0}}), "select $1");
}

TEST(SqlLexer, ReplacesAListAsAWhole) {
  const std::string text = "select 7 from t where a in (1, -2, 3) and b = 4";
  EXPECT_EQ(Replace(text, {{7, 0}, {28, 8}, {46, 0}}), "select $1 from t where a in ($2 /*, ... */) and b = $3");
  // Members that have places of their own are part of it, and a text that was cut within it ends there.
  EXPECT_EQ(Replace(text, {{28, 8}, {31, 0}, {46, 0}}), "select 7 from t where a in ($1 /*, ... */) and b = $2");
  EXPECT_EQ(Replace(text.substr(0, 32), {{28, 8}}), "select 7 from t where a in ($1 /*, ... */");
}

TEST(SqlLexer, NeverCutsAParameterNumberWhenTheOutputIsFull) {
  for (int capacity = 0; capacity < 24; capacity++) {
    const std::string cut = Redact("select 11, 'secret', 33", false, capacity);
    EXPECT_EQ(cut.find("secret"), std::string::npos);
    EXPECT_FALSE(cut.ends_with('$')) << cut;
  }
}

// E1, E3: a text cut anywhere shows nothing of a constant and never runs past its end.
TEST(SqlLexer, ACutTextShowsNoPartOfAConstant) {
  const std::string text = "select 'secret1', $q$secret2$q$, E'sec\\'ret3' from t where a = -987654 and b = U&'secret4'";
  for (size_t length = 0; length <= text.size(); length++) {
    const std::string redacted = Redact(text.substr(0, length));
    EXPECT_EQ(redacted.find("secret"), std::string::npos) << redacted;
    EXPECT_EQ(redacted.find("98"), std::string::npos) << redacted;
  }
}

TEST(SqlLexer, TokensOfRandomBytesCoverTheText) {
  std::mt19937 random(3);
  const std::string alphabet = "'\"$aeEuU&xX019.-/*\\ \n\xC3\xA9;";
  for (int round = 0; round < 2000; round++) {
    std::string text;
    for (int i = 0; i < 40; i++) text += alphabet[random() % alphabet.size()];
    int at = 0;
    while (at < static_cast<int>(text.size())) {
      const Token token = NextToken(Text(text), at);
      ASSERT_EQ(token.start, at);
      ASSERT_GT(token.end, at);
      ASSERT_LE(token.end, static_cast<int>(text.size()));
      at = token.end;
    }
    EXPECT_EQ(NextToken(Text(text), at).kind, TokenKind::kEnd);
  }
}

}  // namespace
}  // namespace steward::core
