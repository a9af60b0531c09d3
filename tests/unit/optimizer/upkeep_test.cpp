// Writes count against an index.
#include "advise/index/upkeep.hpp"

#include <gtest/gtest.h>

#include "advise/index/advise_indexes.hpp"
#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

// A week of 1,000 look-ups that an index on a makes 1,000 units cheaper each: a million units.
Workload LookedUp() {
  Workload w = Shop();
  w.tables[0].stats_since = w.server.collected_at - 24 * 3600;
  AddStatement(w, 1, 1000, 100);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  return w;
}

IndexDefinition On(const char* method) {
  IndexDefinition index;
  index.relid = 10;
  index.method = method;
  return index;
}

std::size_t Suggested(const Workload& w, Weight weight) {
  FakeOracle oracle([](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (!Has(present, "orders(a)")) return 1010.0;
    used = {"orders(a)"};
    return 10.0;
  });
  IndexOptions options;
  options.weight = weight;
  return AdviseIndexes(w, oracle, options).suggestions.size();
}

TEST(Upkeep, IsTheEntriesWrittenDuringTheWindowAtTheRateSeen) {
  Workload w = LookedUp();
  w.tables[0].inserted = 1000;
  w.tables[0].updated = 500;
  w.tables[0].hot_updated = 400;
  const Partitions partitions(w);
  EXPECT_DOUBLE_EQ(Upkeep(w.server, partitions, On("btree")), 7 * 1100);
  EXPECT_DOUBLE_EQ(Upkeep(w.server, partitions, On("gin")), 5 * 7 * 1100);
  EXPECT_LT(Upkeep(w.server, partitions, On("brin")), 7 * 110);
}

TEST(Upkeep, AFreshLoadIsNoRate) {
  Workload w = LookedUp();
  w.tables[0].inserted = 1000000;
  w.tables[0].stats_since = w.server.collected_at - 600;
  EXPECT_EQ(Upkeep(w.server, Partitions(w), On("btree")), 0);
  w.tables[0].stats_since = 0;
  EXPECT_EQ(Upkeep(w.server, Partitions(w), On("btree")), 0) << "since when is not known";
}

TEST(Upkeep, AnIndexThatCostsMoreThanItSavesIsNotSuggested) {
  for (const Weight weight : {Weight::kTime, Weight::kCalls}) {
    Workload w = LookedUp();
    w.tables[0].inserted = 10000;  // 70,000 in the window
    EXPECT_EQ(Suggested(w, weight), 1U);
    w.tables[0].inserted = 200000;  // 1,400,000
    EXPECT_EQ(Suggested(w, weight), 0U);
  }
}

}  // namespace
}  // namespace steward::advise
