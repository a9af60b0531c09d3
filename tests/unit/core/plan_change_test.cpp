// Why plans changed, from sights as capture writes them; and the format of sights.
#include "core/plan_change.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/plan_sight.hpp"

namespace steward::core {
namespace {

constexpr uint32_t kItems = 100;
constexpr uint32_t kItemsPrice = 201;
constexpr uint32_t kItemsName = 202;
constexpr int64_t kSecond = 1'000'000;

RelationSight Items() {
  RelationSight items{};
  items.relid = kItems;
  items.pages = 100;
  items.analyzed = 1 * kSecond;
  items.statistics_version = 7;
  items.statistics_rows = 3;
  items.extended_statistics = 1;
  return items;
}

// A plan on "items", by default seen first at 10 s with all indexes there and none used.
struct Plan {
  PlanKind kind = PlanKind::kPlain;
  std::string settings;
  bool settings_cut = false;
  RelationSight items = Items();
  std::vector<uint32_t> indexes{kItemsPrice, kItemsName};
  std::vector<SightIndex> used;
  std::string outline = "Seq Scan on items  (cost=0.00..1.00 rows=1)";
  PlanUse use{10 * kSecond, 100 * kSecond, 10};
  bool has_values = true;

  [[nodiscard]] std::string Bytes() const {
    std::string bytes(kMaxSightBytes, '\0');
    SightWriter writer(bytes.data(), kind, {settings, settings_cut}, outline);
    for (const SightIndex& index : used) writer.AddUsedIndex(index.oid, index.name);
    RelationSight facts = items;
    if (facts.indexes != kIndexesUnknown) facts.indexes = static_cast<uint16_t>(indexes.size());
    writer.AddRelation(facts, "items", indexes.data());
    bytes.resize(writer.Finish());
    return bytes;
  }
};

// The plan that follows, first seen at 100 s.
Plan Next() {
  Plan plan;
  plan.use = PlanUse{100 * kSecond, 200 * kSecond, 10};
  return plan;
}

PlanChange Compare(const Plan& before, const Plan& after) {
  const std::string old_bytes = before.Bytes();
  const std::string new_bytes = after.Bytes();
  PlanSight old_sight;
  PlanSight new_sight;
  EXPECT_TRUE(ReadSight(old_bytes, &old_sight));
  EXPECT_TRUE(ReadSight(new_bytes, &new_sight));
  PlanChange change{};
  ExplainChange({old_sight, before.use}, {new_sight, after.use}, after.has_values, &change);
  return change;
}

std::string Explain(const Plan& before, const Plan& after) {
  const PlanChange change = Compare(before, after);
  const std::string detail(change.Detail());
  EXPECT_EQ(detail.substr(0, detail.find(':')), change.cause == PlanCause::kUnknown ? "" : CauseName(change.cause));
  return detail;
}

TEST(PlanChange, IsUnknownWhereNothingDiffers) { EXPECT_EQ(Explain(Plan{}, Next()), ""); }

TEST(PlanChange, NamesAnIndexThatIsGone) {
  Plan before;
  before.used = {{kItemsPrice, "items_price_idx"}};
  Plan after = Next();
  after.indexes = {kItemsName};
  EXPECT_EQ(Explain(before, after), "index: items_price_idx on items, which the old plan used, is gone");
}

TEST(PlanChange, NamesAnIndexThatIsNew) {
  Plan before;
  before.indexes = {};
  Plan after = Next();
  after.used = {{kItemsName, "items_name_idx"}};
  EXPECT_EQ(Explain(before, after), "index: items_name_idx on items, which the new plan uses, is new");
}

TEST(PlanChange, TakesNoIndexForGoneThatIsNotListed) {
  Plan before;
  before.used = {{kItemsPrice, "items_price_idx"}};
  Plan after = Next();
  after.items.indexes = kIndexesUnknown;
  EXPECT_EQ(Explain(before, after), "");
  Plan other = Next();
  other.items.relid = kItems + 1;  // the new plan does not read the table
  other.indexes = {};
  EXPECT_EQ(Explain(before, other), "");
}

TEST(PlanChange, KnowsAnIndexThatWasBuiltAnew) {
  Plan before;
  before.used = {{kItemsPrice, "items_price_idx"}};
  Plan after = Next();
  after.used = {{kItemsName + 1, "items_price_idx"}};
  after.indexes = {kItemsName, kItemsName + 1};
  EXPECT_EQ(Explain(before, after), "index: items_price_idx on items was built anew");
  EXPECT_EQ(Compare(before, after).cause, PlanCause::kRebuilt);
  after.items.pages = 1000;
  EXPECT_EQ(Explain(before, after), "growth: items grew from 100 to 1000 pages; index: items_price_idx on items was built anew");
  before.indexes = {kItemsPrice, kItemsName, kItemsName + 1};  // renamed, when the old one was gone
  EXPECT_EQ(Explain(before, after),
            "index: items_price_idx on items, which the old plan used, is gone; growth: items grew from 100 to 1000 pages");
}

TEST(PlanChange, IsNoneWhereOnlyAnIndexWasBuiltAnew) {
  Plan before;
  before.used = {{kItemsPrice, "items_price_idx"}};
  before.outline = "Sort  (cost=9.00..9.00 rows=3)\n  ->  Index Scan using items_price_idx on items  (cost=1.00..8.00 rows=3)";
  Plan after = Next();
  after.used = {{kItemsName + 1, "items_price_idx"}};
  after.indexes = {kItemsName, kItemsName + 1};
  after.outline = "Sort  (cost=7.00..7.00 rows=3)\n  ->  Index Scan using items_price_idx on items  (cost=1.00..6.00 rows=3)";
  EXPECT_TRUE(Compare(before, after).same_plan);
  Plan other = after;
  other.outline = "Sort  (cost=7.00..7.00 rows=3)\n  ->  Bitmap Heap Scan on items  (cost=1.00..6.00 rows=3)";
  EXPECT_FALSE(Compare(before, other).same_plan);
  other.outline = after.outline + "\n  ->  Seq Scan on items  (cost=0.00..1.00 rows=1)";
  EXPECT_FALSE(Compare(before, other).same_plan);
  before.outline += "\n...";  // what follows may differ
  after.outline += "\n...";
  EXPECT_FALSE(Compare(before, after).same_plan);
  EXPECT_FALSE(Compare(Plan{}, Next()).same_plan);  // that differs by what no outline tells
}

TEST(PlanChange, IgnoresIndexesThatNoPlanUses) {
  Plan after = Next();
  after.indexes = {kItemsName, kItemsName + 1};
  EXPECT_EQ(Explain(Plan{}, after), "");
}

TEST(PlanChange, NamesSettingsWithTheirSource) {
  Plan before;
  before.settings = "enable_seqscan = off\tuser\nrandom_page_cost = 1.1\tconfiguration file\nwork_mem = 8MB\tdatabase\n";
  Plan after = Next();
  after.settings = "random_page_cost = 40\tsession\nwork_mem = 8MB\tsession\nenable_sort = off\tsession\n";
  EXPECT_EQ(Explain(before, after),
            "setting: random_page_cost was 1.1 (configuration file), is 40 (session); "
            "setting: enable_sort was at its default, is off (session); "
            "setting: enable_seqscan was off (user), is at its default");
}

TEST(PlanChange, TakesNoSettingForDefaultThatMayHaveBeenCutOff) {
  Plan before;
  before.settings = "enable_seqscan = off\tuser\nwork_mem = 8MB\tuser\n";
  Plan after = Next();
  after.settings = "enable_sort = off\tsession\nwork_mem = 9MB\tsession\n";
  const std::string changed = "setting: work_mem was 8MB (user), is 9MB (session)";
  const std::string unset = "setting: enable_seqscan was off (user), is at its default";
  const std::string set = "setting: enable_sort was at its default, is off (session)";
  before.settings_cut = true;
  EXPECT_EQ(Explain(before, after), changed + "; " + unset);
  after.settings_cut = true;
  EXPECT_EQ(Explain(before, after), changed);
  before.settings_cut = false;
  EXPECT_EQ(Explain(before, after), set + "; " + changed);
}

TEST(PlanChange, TellsAGenericPlanFromACustomOne) {
  Plan before;
  before.kind = PlanKind::kCustom;
  Plan after = Next();
  after.kind = PlanKind::kGeneric;
  EXPECT_EQ(Explain(before, after), "generic: the old plan was made for given values, the new one is for any");
  before.use.last_seen = 150 * kSecond;  // by other sessions, within their first five executions
  EXPECT_EQ(Explain(before, after),
            "generic: the old plan was made for given values, the new one is for any; "
            "parameters: both plans are used, for different values");
}

TEST(PlanChange, TellsACustomPlanFromAGenericOne) {
  Plan before;
  before.kind = PlanKind::kGeneric;
  Plan after = Next();
  after.kind = PlanKind::kCustom;
  EXPECT_EQ(Explain(before, after), "parameters: the new plan was made for given values, the old one is for any");
}

TEST(PlanChange, BlamesParametersOnlyWhereTheOldPlanIsUsedOn) {
  Plan before;
  before.use.last_seen = 100 * kSecond + kCountedWithinUs;  // counted late, perhaps
  EXPECT_EQ(Explain(before, Next()), "");
  before.use.last_seen++;
  EXPECT_EQ(Explain(before, Next()), "parameters: both plans are used, for different values");
}

TEST(PlanChange, BlamesNoValuesWhereAStatementHasNone) {
  Plan before;
  before.use.last_seen = 150 * kSecond;
  Plan after = Next();
  after.has_values = false;
  EXPECT_EQ(Explain(before, after), "alternating: both plans are used side by side");
  after.items.pages = 1000;
  EXPECT_EQ(Explain(before, after),
            "growth: items grew from 100 to 1000 pages; alternating: both plans are used side by side");
}

TEST(PlanChange, KnowsThatLongExecutionsBeganBeforeTheyWereCounted) {
  Plan before;
  before.use.mean_duration = 30 * kSecond;
  before.use.last_seen = 162 * kSecond;  // begun before the new plan was made, at 100 s
  EXPECT_EQ(Explain(before, Next()), "");
  before.use.last_seen++;
  EXPECT_EQ(Explain(before, Next()), "parameters: both plans are used, for different values");
  before.use.last_seen = 110 * kSecond;
  Plan after = Next();
  after.items.analyzed = 60 * kSecond;  // while an execution with the old plan went on
  after.items.statistics_version = 8;
  EXPECT_EQ(Explain(before, after), "statistics: items was analyzed");
  after.items.analyzed = 38 * kSecond;
  EXPECT_EQ(Explain(before, after), "");
}

TEST(PlanChange, BlamesAnAnalyzeBetweenThePlans) {
  Plan before;
  before.use.last_seen = 50 * kSecond;
  Plan after = Next();
  after.items.analyzed = 60 * kSecond;
  after.items.statistics_version = 8;
  EXPECT_EQ(Explain(before, after), "statistics: items was analyzed");
  before.items.statistics_rows = 0;
  EXPECT_EQ(Explain(before, after), "statistics: items was analyzed for the first time");
}

TEST(PlanChange, DoesNotBlameAnAnalyzeThatTheOldPlanOutlived) {
  Plan before;
  before.use.last_seen = 50 * kSecond;
  Plan after = Next();
  after.items.analyzed = 50 * kSecond - kCountedWithinUs;
  after.items.statistics_version = 8;
  EXPECT_EQ(Explain(before, after), "");
  before.use = PlanUse{10 * kSecond, 11 * kSecond, 1};
  after.items.analyzed = 10 * kSecond;  // the old plan was made with these statistics
  after.items.statistics_version = 7;
  EXPECT_EQ(Explain(before, after), "");
}

TEST(PlanChange, BlamesStatisticsThatAreGone) {
  Plan after = Next();
  after.items.statistics_rows = 0;
  EXPECT_EQ(Explain(Plan{}, after), "statistics: items has lost its statistics");
  after.items.statistics_rows = 2;
  EXPECT_EQ(Explain(Plan{}, after), "statistics: items has lost statistics of some columns");
  after.items.statistics_rows = 3;
  after.items.extended_statistics = 0;
  EXPECT_EQ(Explain(Plan{}, after), "statistics: items has lost extended statistics");
}

TEST(PlanChange, BlamesStatisticsThatDifferWhereNoAnalyzeIsKnown) {
  Plan before;
  before.items.analyzed = 0;  // a standby knows of none
  Plan after = Next();
  after.items.analyzed = 0;
  after.items.statistics_version = 8;
  EXPECT_EQ(Explain(before, after), "statistics: items has other statistics");
}

TEST(PlanChange, BlamesGrowthByTwice) {
  Plan after = Next();
  after.items.pages = 199;
  EXPECT_EQ(Explain(Plan{}, after), "");
  after.items.pages = 200;
  EXPECT_EQ(Explain(Plan{}, after), "growth: items grew from 100 to 200 pages");
  after.items.pages = 0;
  EXPECT_EQ(Explain(Plan{}, after), "growth: items shrank from 100 to 0 pages");
  Plan small;
  small.items.pages = 1;
  after.items.pages = 7;
  EXPECT_EQ(Explain(small, after), "");
}

TEST(PlanChange, ListsTheLikeliestFirst) {
  Plan before;
  before.used = {{kItemsPrice, "items_price_idx"}};
  Plan after = Next();
  after.items.pages = 1000;
  after.items.statistics_rows = 0;
  after.indexes = {kItemsName};
  after.settings = "enable_sort = off\tsession\n";
  EXPECT_EQ(Explain(before, after),
            "index: items_price_idx on items, which the old plan used, is gone; "
            "setting: enable_sort was at its default, is off (session); "
            "statistics: items has lost its statistics; "
            "growth: items grew from 100 to 1000 pages");
}

TEST(PlanChange, LeavesOutWhatDoesNotFit) {
  Plan after = Next();
  for (int i = 0; after.settings.size() < kMaxSettingsBytes - 20; i++)
    after.settings += "a" + std::to_string(i) + " = 1\ts\n";
  const std::string detail = Explain(Plan{}, after);
  EXPECT_LE(detail.size(), kMaxDetailBytes);
  EXPECT_GT(detail.size(), kMaxDetailBytes - 60);
  EXPECT_TRUE(detail.ends_with("is 1 (s)"));
}

TEST(PlanChange, TakesThePlaceOfThePlanUsedLast) {
  const int64_t at = 100 * kSecond;
  EXPECT_TRUE(RatherReplaced({1, 50 * kSecond, 1}, {0, 40 * kSecond, 99}, at));
  // both in use still: the one used more, then the later one
  EXPECT_TRUE(RatherReplaced({0, 99 * kSecond, 9}, {1, 300 * kSecond, 2}, at));
  EXPECT_TRUE(RatherReplaced({1, 99 * kSecond, 2}, {0, 300 * kSecond, 2}, at));
  EXPECT_FALSE(RatherReplaced({0, 300 * kSecond, 2}, {1, 99 * kSecond, 2}, at));
}

TEST(PlanSight, ReadsWhatWasWritten) {
  Plan plan;
  plan.kind = PlanKind::kGeneric;
  plan.settings = "work_mem = 8MB\tsession\n";
  plan.used = {{kItemsPrice, "items_price_idx"}, {kItemsName, "items_name_idx"}};
  const std::string bytes = plan.Bytes();
  PlanSight sight;
  ASSERT_TRUE(ReadSight(bytes, &sight));
  EXPECT_EQ(sight.kind, PlanKind::kGeneric);
  EXPECT_EQ(sight.settings.lines, plan.settings);
  EXPECT_FALSE(sight.settings.cut);
  plan.settings_cut = true;
  const std::string cut = plan.Bytes();
  PlanSight cut_sight;
  ASSERT_TRUE(ReadSight(cut, &cut_sight));
  EXPECT_TRUE(cut_sight.settings.cut);
  EXPECT_EQ(sight.outline, plan.outline);
  ASSERT_EQ(sight.used_indexes, 2);
  EXPECT_EQ(sight.used_index[1].name, "items_name_idx");
  ASSERT_EQ(sight.relations, 1);
  EXPECT_EQ(sight.relation[0].name, "items");
  EXPECT_EQ(sight.relation[0].facts.pages, 100U);
  EXPECT_TRUE(sight.relation[0].HasIndex(kItemsName));
  EXPECT_FALSE(sight.relation[0].HasIndex(kItems));
}

TEST(PlanSight, RefusesWhatIsCutOrLonger) {
  Plan plan;
  plan.used = {{kItemsPrice, "items_price_idx"}};
  const std::string bytes = plan.Bytes();
  PlanSight sight;
  for (size_t length = 0; length < bytes.size(); length++) EXPECT_FALSE(ReadSight(bytes.substr(0, length), &sight)) << length;
  EXPECT_FALSE(ReadSight(bytes + '\0', &sight));
}

TEST(PlanSight, StaysWithinItsBuffer) {
  std::string bytes(kMaxSightBytes, '\0');
  const std::string settings(kMaxSettingsBytes, 's');
  const std::string outline(kMaxOutlineBytes, 'o');
  SightWriter writer(bytes.data(), PlanKind::kPlain, {settings, true}, outline);
  const std::string name(63, 'n');
  for (uint32_t i = 0; i < 100; i++) writer.AddUsedIndex(i, name);
  RelationSight facts{};
  facts.indexes = kMaxListedIndexes;
  const std::vector<uint32_t> indexes(kMaxListedIndexes);
  for (uint32_t i = 0; i < 100; i++) writer.AddRelation(facts, name, indexes.data());
  bytes.resize(writer.Finish());
  PlanSight sight;
  ASSERT_TRUE(ReadSight(bytes, &sight));
  EXPECT_EQ(sight.used_indexes, kMaxSightIndexes);
  EXPECT_GT(sight.relations, 0);
  EXPECT_LE(bytes.size(), kMaxSightBytes);
}

}  // namespace
}  // namespace steward::core
