// Texts of pg_stat_statements made such as can be planned again.
#include <gtest/gtest.h>

#include "collect/plannable_text.hpp"

namespace steward::collect {
namespace {

TEST(PlannableTextTest, TypesOfConstantsBecomeCasts) {
  EXPECT_EQ(WithCasts("select date $1"), "select CAST($1 AS date)");
  EXPECT_EQ(WithCasts("a >= date $1 and a < date $2 + interval $3 year"),
            "a >= CAST($1 AS date) and a < CAST($2 AS date) + CAST($3 AS interval year)");
  EXPECT_EQ(WithCasts("a between DATE $1 and Date $2"), "a between CAST($1 AS DATE) and CAST($2 AS Date)");
  EXPECT_EQ(WithCasts("a in (date $1, date $2)"), "a in (CAST($1 AS date), CAST($2 AS date))");
  EXPECT_EQ(WithCasts("interval $1 year to month"), "CAST($1 AS interval year to month)");
  EXPECT_EQ(WithCasts("interval $1 day to second(3)"), "CAST($1 AS interval day to second(3))");
  EXPECT_EQ(WithCasts("interval $1 second (2) as s"), "CAST($1 AS interval second (2)) as s");
  EXPECT_EQ(WithCasts("interval(3) $1"), "CAST($1 AS interval(3))");
  EXPECT_EQ(WithCasts("interval $1 * $2"), "CAST($1 AS interval) * $2");
  EXPECT_EQ(WithCasts("numeric(10,2) $1"), "CAST($1 AS numeric(10,2))");
  EXPECT_EQ(WithCasts("double precision $1"), "CAST($1 AS double precision)");
  EXPECT_EQ(WithCasts("character varying(8) $1"), "CAST($1 AS character varying(8))");
  EXPECT_EQ(WithCasts("national character varying $1"), "CAST($1 AS national character varying)");
  EXPECT_EQ(WithCasts("bit varying $1"), "CAST($1 AS bit varying)");
  EXPECT_EQ(WithCasts("timestamp with time zone $1"), "CAST($1 AS timestamp with time zone)");
  EXPECT_EQ(WithCasts("time(3) without time zone $1"), "CAST($1 AS time(3) without time zone)");
  EXPECT_EQ(WithCasts("myschema.mytype $1"), "CAST($1 AS myschema.mytype)");
  EXPECT_EQ(WithCasts("\"My\".\"select\" $1"), "CAST($1 AS \"My\".\"select\")");
  EXPECT_EQ(WithCasts("geometry(Point, 4326) $1"), "CAST($1 AS geometry(Point, 4326))");
  EXPECT_EQ(WithCasts("date 'x'"), "CAST('x' AS date)");  // beside $n where it is in GROUP BY
}

TEST(PlannableTextTest, WhatIsNotATypeIsLeftAlone) {
  for (const char* text :
       {"select $1", "select date, $1", "select date from t where date > $1 limit $2 offset $3", "select t.date from t",
        "select distinct $1", "select distinct on (a) $1", "select a between $1 and $2 or not $3", "case $1 when $2 then $3 else $4 end",
        "a like $1 escape $2", "substring(a from $1 for $2)", "trim(both $1 from a)", "overlay(a placing $1 from $2 for $3)",
        "a at time zone $1", "a operator(pg_catalog.+) $1", "f(a, $1)", "a in ($1, $2 /*, ... */)", "position($1 in a)",
        "fetch first $1 rows only", "over (order by a rows between $1 preceding and $2 following)", "a is distinct from $1",
        "'date $1'", "-- date $1\nselect $2", "/* date $1 */ select $2", "$q$ date $1 $q$", "\"a date $1\"", "N'x'",
        "a similar to $1", "all $1", "array[$1]", "$1::date", "date", "interval", "interval(", "timestamp with", "a.", ".", "", "$1 day"})
    EXPECT_EQ(WithCasts(text), text);
}

TEST(PlannableTextTest, ExtractIsCalledByName) {
  EXPECT_EQ(WithCasts("extract($1 from a)"), "pg_catalog.extract($1, a)");
  EXPECT_EQ(WithCasts("EXTRACT ( year from date $1)"), "pg_catalog.extract ( 'year', CAST($1 AS date))");
  EXPECT_EQ(WithCasts("extract(a, b)"), "extract(a, b)");
  EXPECT_EQ(WithCasts("extract from t"), "extract from t");
}

TEST(PlannableTextTest, NumbersGetATypeWhereOnlyNumbersFit) {
  EXPECT_EQ(WithNumbers("a between $1 - $2 and $3+$4"),
            "a between CAST($1 AS integer) - CAST($2 AS integer) and CAST($3 AS integer)+CAST($4 AS integer)");
  EXPECT_EQ(WithNumbers("sum(case when a = $1 then $2 else $3 end)"),
            "sum(case when a = $1 then CAST($2 AS integer) else CAST($3 AS integer) end)");
  EXPECT_EQ(WithNumbers("a = any(array[$1, $2])"), "a = any(array[CAST($1 AS integer), CAST($2 AS integer)])");
  EXPECT_EQ(WithNumbers("generate_series($1, $2)"), "generate_series(CAST($1 AS integer), CAST($2 AS integer))");
  for (const char* text : {"a -> $1", "a ->> $1", "a || $1", "a @- $1", "count(*), $1", "f($1, $2)", "a in ($1)", "CAST($1 AS date) - a",
                           "$1::date - a", "a[$1]", "case when a then b else $1::int end"})
    EXPECT_EQ(WithNumbers(text), text);
}

TEST(PlannableTextTest, TextIsForAllArgumentsOfSuchFunctions) {
  EXPECT_EQ(WithText("json_build_object($1, a, $2, $3), upper($4)", 1),
            "json_build_object(CAST($1 AS text), a, CAST($2 AS text), CAST($3 AS text)), upper($4)");
  EXPECT_EQ(WithText("a in ($1, $2) and $3 is null", 3), "a in ($1, $2) and CAST($3 AS text) is null");
  EXPECT_EQ(WithText("select $1", 2), "select $1");
}

TEST(PlannableTextTest, EqualExpressionsHaveEqualConstants) {
  EXPECT_EQ(WithEqualExpressions("select f($1, a), $2 from t group by f('x', a) order by f('x', a) desc nulls last limit $3"),
            "select f('x', a), $1 from t group by f('x', a) order by f('x', a) desc nulls last limit $2");
  EXPECT_EQ(WithEqualExpressions("select f($1, a), g(f($2, A)) from t group by b, f($3, a) having f($4, a) > $5"),
            "select f($1, a), g(f($1, A)) from t group by b, f($1, a) having f($1, a) > $2");
  EXPECT_EQ(WithEqualExpressions("select distinct on (a % 5) $1 from t order by a % $2, b"),
            "select distinct on (a % 5) $1 from t order by a % 5, b");
  EXPECT_EQ(WithEqualExpressions("select f($1, a) from t group by rollup(f($2, a), b)"),
            "select f($1, a) from t group by rollup(f($1, a), b)");
  for (const char* text : {"select round(a, 2), round(a, 3) from t group by round(a, 2), round(a, 3)", "select $1 from t group by 1",
                           "select f($1, a) from t group by f(b, a)", "select a from t group by", "by", "group by (", "order by ,,"})
    EXPECT_EQ(WithEqualExpressions(text), text);
}

// Asked again until nothing changes, as the collector does.
TEST(PlannableTextTest, MendingEnds) {
  const std::string text = "select extract($1 from a), count($2), date $3 + $4, f($5, a) from t group by f($6, a)";
  for (const char* state : {"42601", "42P18", "42803", "42P10", "42725", "42883", "42804"}) {
    std::string now = text;
    for (int turn = 0; turn < 4; ++turn) now = MendedText(now, state, "could not determine data type of parameter $2");
    EXPECT_NE(now, text) << state;
    EXPECT_EQ(MendedText(now, state, ""), now) << state;
  }
  EXPECT_EQ(MendedText(text, "42P01", "$1"), text);
  EXPECT_EQ(MendedText(text, "42P18", "no parameter here"), text);
  EXPECT_EQ(MendedText("select count(CAST($1 AS text))", "42P18", "$1"), "select count(CAST($1 AS text))");
}

}  // namespace
}  // namespace steward::collect
