// Comparing, naming and writing index definitions.
#include "model/index_definition.hpp"

#include <gtest/gtest.h>

namespace steward::model {
namespace {

IndexKey Key(int attnum, const std::string& name, bool descending = false) {
  return {attnum, name, name, "", "", descending, descending};
}

IndexDefinition Index(std::vector<IndexKey> keys) {
  IndexDefinition index;
  index.relid = 1;
  index.table_name = "orders";
  index.table_sql = "public.orders";
  index.keys = std::move(keys);
  return index;
}

TEST(Covers, APrefixIsCoveredByTheLongerIndexOnly) {
  const IndexDefinition one = Index({Key(1, "a")});
  const IndexDefinition two = Index({Key(1, "a"), Key(2, "b")});
  EXPECT_TRUE(Covers(two, one));
  EXPECT_TRUE(Covers(one, one));
  EXPECT_FALSE(Covers(one, two));
  EXPECT_FALSE(Covers(two, Index({Key(2, "b")})));
}

TEST(Covers, ABackwardReadCoversOnlyWhenAllDirectionsTurn) {
  const IndexDefinition down = Index({Key(1, "a", true), Key(2, "b", true)});
  EXPECT_TRUE(Covers(down, Index({Key(1, "a"), Key(2, "b")})));
  EXPECT_TRUE(Covers(down, Index({Key(1, "a")})));
  EXPECT_FALSE(Covers(down, Index({Key(1, "a"), Key(2, "b", true)})));
}

TEST(Covers, OtherTableMethodPredicateOperatorClassOrCollationIsAnotherIndex) {
  const IndexDefinition base = Index({Key(1, "a")});
  IndexDefinition other = base;
  other.relid = 2;
  EXPECT_FALSE(Covers(other, base));
  other = base;
  other.method = "hash";
  EXPECT_FALSE(Covers(other, base));
  other = base;
  other.predicate = "(a > 0)";
  EXPECT_FALSE(Covers(other, base));
  EXPECT_FALSE(Covers(base, other));
  other = base;
  other.keys[0].opclass = "text_pattern_ops";
  EXPECT_FALSE(Covers(other, base));
  other = base;
  other.keys[0].collation = "\"C\"";
  EXPECT_FALSE(Covers(other, base));
}

// Equal keys with another BRIN range or bloom signature are no duplicates; a fill factor makes no other index.
TEST(Covers, StorageOptionsMakeAnotherIndexExceptOfBtreeAndHash) {
  const std::vector<std::pair<std::string, bool>> methods = {
      {"brin", false}, {"bloom", false}, {"btree", true}, {"hash", true}};
  for (const auto& [method, same] : methods) {
    IndexDefinition base = Index({Key(1, "a")});
    base.method = method;
    IndexDefinition other = base;
    other.options = "some=4";
    EXPECT_EQ(Covers(other, base), same) << method;
    EXPECT_EQ(Covers(base, other), same) << method;
    EXPECT_TRUE(Covers(other, other)) << method;
  }
}

TEST(Covers, IncludedColumnsMustBeThere) {
  IndexDefinition covering = Index({Key(1, "a")});
  covering.include = {Key(2, "b")};
  EXPECT_TRUE(Covers(covering, Index({Key(1, "a")})));
  EXPECT_FALSE(Covers(Index({Key(1, "a")}), covering));
  EXPECT_TRUE(Covers(Index({Key(1, "a"), Key(2, "b")}), covering));
}

TEST(Covers, AUniqueIndexIsNotMadeSuperfluousByALongerOne) {
  IndexDefinition unique = Index({Key(1, "a")});
  unique.unique = true;
  EXPECT_FALSE(Covers(Index({Key(1, "a"), Key(2, "b")}), unique));
  EXPECT_TRUE(Covers(unique, Index({Key(1, "a")})));
}

TEST(Covers, AUniqueIndexIsCoveredOnlyByOneThatKeepsOutTheSameAtOnce) {
  IndexDefinition unique = Index({Key(1, "a")});
  unique.unique = true;
  IndexDefinition other = unique;
  other.nulls_not_distinct = true;
  EXPECT_FALSE(Covers(unique, other));
  EXPECT_FALSE(Covers(other, unique));
  other = unique;
  other.immediate = false;
  EXPECT_TRUE(Covers(unique, other));
  EXPECT_FALSE(Covers(other, unique));
  EXPECT_TRUE(Covers(other, Index({Key(1, "a")})));
}

TEST(Covers, IncludedColumnsMustBeThereWhateverTheMethod) {
  IndexDefinition gist = Index({Key(1, "a")});
  gist.method = "gist";
  IndexDefinition covering = gist;
  covering.include = {Key(2, "b")};
  EXPECT_TRUE(Covers(covering, gist));
  EXPECT_FALSE(Covers(gist, covering));
}

TEST(Covers, ExpressionsCompareByTextAndCollation) {
  EXPECT_TRUE(Covers(Index({Key(0, "lower(email)")}), Index({Key(0, "lower(email)")})));
  EXPECT_FALSE(Covers(Index({Key(0, "lower(email)")}), Index({Key(0, "upper(email)")})));
  IndexDefinition collated = Index({Key(0, "lower(email)")});
  collated.keys[0].collation = "\"C\"";
  EXPECT_FALSE(Covers(collated, Index({Key(0, "lower(email)")})));
}

TEST(CreateSql, WritesDirectionsIncludeAndPredicate) {
  IndexDefinition index = Index({Key(1, "status"), Key(2, "created_at", true)});
  index.include = {Key(3, "total")};
  index.predicate = "(status <> 'done')";
  EXPECT_EQ(
      CreateSql(index, "orders_idx", true),
      "CREATE INDEX CONCURRENTLY orders_idx ON public.orders USING btree (status, created_at DESC) INCLUDE (total) "
      "WHERE (status <> 'done')");
}

TEST(CreateSql, NullsAreSpelledOutOnlyWhenNotTheDefault) {
  IndexKey up = Key(1, "a");
  up.nulls_first = true;
  IndexKey down = Key(2, "b", true);
  down.nulls_first = false;
  EXPECT_EQ(KeysSql(Index({up, down})), "a NULLS FIRST, b DESC NULLS LAST");
}

TEST(MakeIndexName, NamesColumnsAndExpressionsAndAvoidsTakenNames) {
  EXPECT_EQ(MakeIndexName(Index({Key(1, "a"), Key(0, "lower(b)")}), {}), "orders_a_lower_b_idx");
  EXPECT_EQ(MakeIndexName(Index({Key(1, "a")}), {"orders_a_idx"}), "orders_a_idx1");
}

// E7: 63 bytes of UTF-8 must not be cut inside a character.
TEST(MakeIndexName, LongNamesAreCutBetweenCharacters) {
  std::string column;
  for (int i = 0; i < 30; i++) column += "\xC3\xA9";  // 60 bytes of e-acute
  const std::string name = MakeIndexName(Index({Key(1, column)}), {});
  EXPECT_LE(name.size(), 63U);
  EXPECT_EQ(name.substr(name.size() - 4), "_idx");
  const std::string body = name.substr(7, name.size() - 11);
  EXPECT_EQ(body.size() % 2, 0U);
}

TEST(QuoteIndexName, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(QuoteIndexName("orders_a_idx"), "orders_a_idx");
  EXPECT_EQ(QuoteIndexName("Orders\"x_idx"), "\"Orders\"\"x_idx\"");
  EXPECT_EQ(QuoteIndexName("1a_idx"), "\"1a_idx\"");
}

TEST(SuggestionId, IsStableAndTellsDefinitionsApart) {
  const std::string id = SuggestionId("index", "shop", Index({Key(1, "a")}));
  EXPECT_EQ(id.size(), 6U);
  EXPECT_EQ(id, SuggestionId("index", "shop", Index({Key(1, "a")})));
  EXPECT_NE(id, SuggestionId("index", "shop", Index({Key(2, "b")})));
  EXPECT_NE(id, SuggestionId("index", "other", Index({Key(1, "a")})));
}

}  // namespace
}  // namespace steward::model
