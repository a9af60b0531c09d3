// Which other index than a plain b-tree finds what a predicate looks for.
#include <gtest/gtest.h>

#include "advise/index/search_method.hpp"

namespace steward::advise {
namespace {

using model::PredicateKind;

std::optional<SearchMethod> Method(PredicateKind kind, std::string operator_name, const model::ServerInfo& server = {}) {
  model::Predicate predicate;
  predicate.kind = kind;
  predicate.operator_name = std::move(operator_name);
  return MethodFor(server, predicate);
}

TEST(SearchMethod, ContainmentHasAnIndexByItsType) {
  const auto method = [](const char* name) { return Method(PredicateKind::kContainment, name); };
  EXPECT_EQ(method("pg_catalog.@>(jsonb,jsonb)"), (SearchMethod{"gin", "jsonb_path_ops"}));
  EXPECT_EQ(method("pg_catalog.?(jsonb,text)"), (SearchMethod{"gin", ""})) << "jsonb_path_ops knows no keys";
  EXPECT_EQ(method("pg_catalog.&&(anyarray,anyarray)"), (SearchMethod{"gin", ""}));
  EXPECT_EQ(method("pg_catalog.@@(tsvector,tsquery)"), (SearchMethod{"gin", ""}));
  EXPECT_EQ(method("pg_catalog.@>(anyrange,anyelement)"), (SearchMethod{"gist", ""}));
  EXPECT_EQ(method("pg_catalog.<<=(inet,inet)"), (SearchMethod{"gist", "inet_ops"}));
  EXPECT_EQ(method("pg_catalog.<@(point,box)"), (SearchMethod{"gist", ""}));
  EXPECT_EQ(method("public.@>(hstore,hstore)"), std::nullopt) << "not one of the server's own";
  EXPECT_EQ(method("pg_catalog.@>"), std::nullopt);
  EXPECT_EQ(method(""), std::nullopt);
}

TEST(SearchMethod, PatternsWithoutAFixedBeginningTakeTrigrams) {
  model::ServerInfo server;
  EXPECT_EQ(Method(PredicateKind::kLikeInfix, "pg_catalog.~~(text,text)", server), std::nullopt);
  server.trigram_opclass = "tools.gin_trgm_ops";
  EXPECT_EQ(Method(PredicateKind::kLikeInfix, "pg_catalog.~~*(text,text)", server),
            (SearchMethod{"gin", "tools.gin_trgm_ops"}));
  EXPECT_EQ(Method(PredicateKind::kLikeInfix, "pg_catalog.~~(bytea,bytea)", server), std::nullopt);
}

TEST(SearchMethod, PatternsWithOneTakeABtreeThatComparesBytes) {
  model::ServerInfo server;
  EXPECT_EQ(Method(PredicateKind::kLikePrefix, "pg_catalog.~~(text,text)", server),
            (SearchMethod{"btree", "text_pattern_ops"}));
  server.c_collation = true;
  EXPECT_EQ(Method(PredicateKind::kLikePrefix, "pg_catalog.~~(text,text)", server), std::nullopt)
      << "where the plain one does";
}

TEST(SearchMethod, ComparisonsTakeThePlainBtree) {
  EXPECT_EQ(Method(PredicateKind::kEquality, "pg_catalog.=(integer,integer)"), std::nullopt);
}

}  // namespace
}  // namespace steward::advise
