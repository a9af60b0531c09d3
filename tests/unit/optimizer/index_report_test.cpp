// Index advice in its four forms, against golden files.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "report/group_warnings.hpp"
#include "report/index_report.hpp"
#include "report/instants.hpp"
#include "unit/optimizer/golden.hpp"

namespace steward::report {
namespace {

model::IndexKey Key(int attnum, const char* name) {
  model::IndexKey key;
  key.attnum = attnum;
  key.name = key.sql = name;
  return key;
}

model::StatementEffect Effect(std::int64_t queryid, const char* query, double before, double after) {
  model::StatementEffect effect;
  effect.userid = 16385;
  effect.queryid = queryid;
  effect.role = "admin";
  effect.query = query;
  effect.calls = 191520;
  effect.calls_per_hour = 1140;
  effect.mean_exec_time = 24.1;
  effect.p95_exec_time = 88;
  effect.total_exec_time = effect.mean_exec_time * 191520;
  effect.cost_before = before;
  effect.cost_after = after;
  effect.method = model::CostMethod::kStatistics;
  return effect;
}

void Name(model::IndexSuggestion& suggestion, const char* id, const std::string& name, const std::string& schema_sql) {
  suggestion.id = id;
  suggestion.name = name;
  const std::string name_sql = model::QuoteIndexName(name);
  suggestion.ddl = model::CreateSql(suggestion.definition, name_sql, true) + ";";
  suggestion.undo_ddl = "DROP INDEX CONCURRENTLY " + schema_sql + "." + name_sql + ";";
  for (const model::StatementEffect& effect : suggestion.helped) {
    const auto calls = static_cast<double>(effect.calls);
    suggestion.cost_before += calls * effect.cost_before;
    suggestion.cost_after += calls * effect.cost_after;
    suggestion.calls_per_hour += effect.calls_per_hour;
    suggestion.exec_time_per_hour += effect.calls_per_hour * effect.mean_exec_time;
  }
}

model::IndexSuggestion StuckOrders() {
  model::IndexSuggestion suggestion;
  suggestion.confidence = model::Confidence::kHigh;
  suggestion.definition.relid = 16400;
  suggestion.definition.table_name = "orders";
  suggestion.definition.table_sql = "public.orders";
  suggestion.definition.keys = {Key(3, "status"), Key(4, "created_at")};
  suggestion.definition.include = {Key(7, "total")};
  suggestion.definition.predicate = "status <> 'done'";
  suggestion.helped = {
      Effect(-6021889, "SELECT *\n  FROM orders WHERE status <> $1 ORDER BY created_at LIMIT $2", 41200, 310),
      Effect(77, "SELECT count(*) FROM orders WHERE status = $1", 12000, 9.5)};
  suggestion.hurt = {Effect(78, "UPDATE orders SET status = $1 WHERE id = $2", 8.3, 9.1)};
  suggestion.size = 96 << 20;
  suggestion.table_size = 4187593113;
  suggestion.method = model::CostMethod::kStatistics;
  suggestion.inserted = 520000;
  suggestion.updated = 980000;
  suggestion.write_hours = 100;
  suggestion.hot_update_ratio = 0.71;
  suggestion.hot_updates_lost_per_hour = 4200;
  suggestion.hot_lost_columns = {"status", "total\x1b"};
  suggestion.estimated_rows_error = 1.05;
  suggestion.rows = model::RowsCheck{1180, 1240, 42};
  suggestion.covered = {"no existing index starts with (status)"};
  suggestion.replaces = {"orders_status_idx"};
  Name(suggestion, "k7f3a2", "orders_status_created_at_idx", "public");
  return suggestion;
}

// E7: everything that a name can do to a terminal or to a comment.
model::IndexSuggestion HostileNames() {
  model::IndexSuggestion suggestion;
  suggestion.confidence = model::Confidence::kLow;
  suggestion.doubt = "the rows that its gain rests on are misestimated";
  suggestion.caveats = {"rows on evil\n-- DROP TABLE x are misestimated by a factor of 210; run ANALYZE"};
  suggestion.definition.relid = 16401;
  suggestion.definition.table_name = "evil\x1b[2J\n; DROP TABLE x; --";
  suggestion.definition.table_sql = "\"we \"\"ird\".\"evil\x1b[2J\n; DROP TABLE x; --\"";
  suggestion.definition.method = "gin";
  suggestion.definition.keys = {Key(1, "payload")};
  suggestion.definition.keys[0].opclass = "jsonb_path_ops";
  suggestion.helped = {Effect(5, "SELECT '\x1b[31m' /* \xe2\x80\xae */ FROM \"evil\x1b[2J\"", 77400, 4050)};
  suggestion.helped[0].role = "ro\x1b]0;le";
  suggestion.size = 270 << 20;
  Name(suggestion, "p02c9d", "evil$steward$'\\\x1b_idx", "\"we \"\"ird\"");
  return suggestion;
}

std::vector<model::UnneededIndex> Unneeded() {
  using model::UnneededAction;
  using model::UnneededKind;
  model::UnneededIndex prefix;
  prefix.id = "u1aaaa";
  prefix.kind = UnneededKind::kPrefix;
  prefix.action = UnneededAction::kDrop;
  prefix.ddl = "DROP INDEX CONCURRENTLY public.orders_customer_idx;";
  prefix.undo_ddl = "CREATE INDEX CONCURRENTLY orders_customer_idx ON ...;";
  prefix.schema = "public";
  prefix.table = "orders";
  prefix.name = "orders_customer_idx";
  prefix.superseded_by = "orders_customer_created_idx";
  prefix.relid = 16400;
  prefix.indexrelid = 16410;
  prefix.size = 640 << 20;
  prefix.scans = 12;
  prefix.last_scan = 1794754200;
  prefix.stats_since = 1790000000;
  prefix.write_rate = 1500.5;
  model::UnneededIndex bloated = prefix;
  bloated.id = "u2bbbb";
  bloated.kind = UnneededKind::kBloated;
  bloated.action = UnneededAction::kReindex;
  bloated.name = "orders_pkey";
  bloated.superseded_by = "";
  bloated.ddl = "REINDEX INDEX CONCURRENTLY public.orders_pkey;";
  bloated.undo_ddl = "";
  bloated.fresh_size = 200 << 20;
  bloated.caveats = {"the size after a rebuild is an estimate from the table's statistics"};
  model::UnneededIndex watched;
  watched.id = "u3cccc";
  watched.name = "evil\x1b[2J\n-- DROP TABLE x";
  watched.table = "invoices";
  watched.size = 8192;
  watched.keep_reason = "0 scans in 9 d; statistics must be 30 d old";
  model::UnneededIndex kept = watched;
  kept.id = "u4dddd";
  kept.name = "invoices_customer_idx";
  kept.action = UnneededAction::kKeep;
  kept.keep_reason = "3 captured plans use it";
  kept.plans_using = 3;
  return {prefix, bloated, watched, kept};
}

model::UnindexedForeignKey ForeignKey() {
  model::UnindexedForeignKey key;
  key.id = "f1eeee";
  key.confidence = model::Confidence::kHigh;
  key.caveats = {"serves foreign key other_fkey too"};
  key.definition.relid = 16400;
  key.definition.table_name = "orders";
  key.definition.table_sql = "public.orders";
  key.definition.keys = {Key(9, "customer_id")};
  key.ddl = "CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders USING btree (customer_id);";
  key.undo_ddl = "DROP INDEX CONCURRENTLY public.orders_customer_id_idx;";
  key.constraint = "orders_customer_id_fkey";
  key.schema = key.referenced_schema = "public";
  key.referenced_table = "customers";
  key.referenced = 16390;
  key.on_delete = "cascade";
  key.size = 12 << 20;
  key.table_size = 96 << 20;
  key.stats_since = 1790000000;
  key.deletes = 1200;
  key.lookup_calls = 900;
  key.lookup_exec_time = 72000;
  key.join_statements = 2;
  return key;
}

model::IndexAdvice Sample() {
  model::IndexAdvice advice;
  advice.server = {"shop", "db1", "5432", "15.20", 150020, false, false, 1795359120, 1794754200, 1795359000};
  advice.statements = 412;
  advice.statements_costed = 371;
  advice.calls = 38100000;
  advice.exec_time = 91.4 * 3600e3;
  advice.exec_time_costed = advice.exec_time * 0.972;
  advice.not_costed = {{"no text", 4}, {"untyped parameters", 9}, {"utility", 28}};
  advice.budget = 2LL << 30;
  advice.suggestions = {StuckOrders(), HostileNames()};
  advice.size = advice.suggestions[0].size + advice.suggestions[1].size;
  advice.cost_before = 1e9;
  advice.cost_after = 2e8;
  advice.candidates = 120;
  advice.planner_calls = 900;
  advice.unneeded = Unneeded();
  advice.foreign_keys = {ForeignKey()};
  advice.standbys = {"db2 (10.0.0.2)"};
  advice.settings = {{"random_page_cost", "4"}, {"work_mem", "4096 kB"}};
  advice.warnings = {"statistics of table orders are 40 days old"};
  return advice;
}

IndexReportContext SavedAs17() {
  IndexReportContext context;
  context.run_id = 17;
  context.not_shown = 3;
  return context;
}

bool HasControlCharacters(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; });
}

TEST(IndexReportTest, Text) {
  const std::string text = IndexText(Sample(), SavedAs17());
  EXPECT_FALSE(HasControlCharacters(text));  // E7
  test::ExpectGolden("index_report.txt", text);
}

TEST(IndexReportTest, AShortWindowIsNotExtrapolated) {
  model::IndexAdvice advice = Sample();
  advice.server.window_start = advice.server.window_end - 90;
  advice.suggestions[0].helped[0].total_exec_time = 1500;
  advice.suggestions[0].helped[1].total_exec_time = 1000;
  advice.suggestions[0].write_hours = 0.05;
  advice.suggestions[0].hot_updates_lost_per_hour.reset();
  advice.suggestions[1].inserted = 7;
  const std::string text = IndexText(advice, {});
  EXPECT_NE(text.find(" 2.5 s seen "), std::string::npos) << text;
  EXPECT_NE(text.find("191,520 calls, mean"), std::string::npos) << text;
  EXPECT_NE(text.find("520,000 ins, 980,000 upd, 0 del in the 3 min since they are counted"), std::string::npos)
      << text;
  EXPECT_NE(text.find("7 ins, 0 upd, 0 del in a time not known"), std::string::npos) << text;
  EXPECT_EQ(text.find("/h"), std::string::npos) << text;
  EXPECT_EQ(text.find("/week"), std::string::npos) << text;
  EXPECT_NE(text.find("a window below 5 min says nothing about an hour"), std::string::npos) << text;
  for (const std::string& document : {IndexJson(advice, {}), RunDocument(advice, {}, "")}) {
    const auto suggestion = nlohmann::json::parse(document)["suggestions"][0];
    const auto& details = suggestion.contains("details") ? suggestion["details"] : suggestion;
    EXPECT_TRUE(details["calls_per_hour"].is_null()) << details;
    EXPECT_TRUE(details["exec_time_per_hour"].is_null());
    EXPECT_TRUE(suggestion["evidence"]["helped"][0]["calls_per_hour"].is_null());
    EXPECT_EQ(suggestion["evidence"]["helped"][0]["calls"], 191520);
  }
  advice.server.window_start = advice.server.window_end - 7200;
  EXPECT_NE(IndexText(advice, {}).find(" 54.9 s/h "), std::string::npos);
  const auto json = nlohmann::json::parse(IndexJson(advice, {}));
  EXPECT_EQ(json["suggestions"][0]["write_rate"], 1500000);  // over one hour at least
  EXPECT_TRUE(json["suggestions"][1]["write_rate"].is_null());
}

// The size is that of all suggestions, so it says how many that are.
TEST(IndexReportTest, TheSizeLineCountsWhatItAddsUp) {
  EXPECT_NE(IndexText(Sample(), SavedAs17()).find("size      5 new indexes 366 MB of 2 GB budget (2 shown)"),
            std::string::npos);
}

TEST(IndexReportTest, TextWithoutSuggestions) {
  model::IndexAdvice advice = Sample();
  advice.suggestions.clear();
  advice.unneeded.clear();
  advice.foreign_keys.clear();
  advice.size = 0;
  advice.server.standby = true;
  advice.server.host = "";
  advice.server.parameters_captured = true;
  IndexReportContext context;
  context.not_saved = "this server is a standby";
  context.workload_file = "week.json";
  test::ExpectGolden("index_report_empty.txt", IndexText(advice, context));
}

TEST(IndexReportTest, ASearchThatStoppedDoesNotSayThatNothingSavesEnough) {
  model::IndexAdvice advice = Sample();
  advice.suggestions.clear();
  advice.search_stopped = true;
  const std::string text = IndexText(advice, {});
  EXPECT_EQ(text.find("none of"), std::string::npos) << text;
  EXPECT_NE(text.find("the search stopped after 900 plannings before it found one"), std::string::npos) << text;
}

TEST(IndexReportTest, Json) {
  const std::string text = IndexJson(Sample(), SavedAs17());
  const auto document = nlohmann::json::parse(text);
  EXPECT_EQ(document["run_id"], "17");
  EXPECT_EQ(document["suggestions"][0]["evidence"]["helped"][0]["queryid"], "-6021889");
  EXPECT_EQ(document["suggestions"][1]["schemaname"], "we \"ird");
  test::ExpectGolden("index_report.json", text);
}

TEST(IndexReportTest, Sql) {
  const std::string text = IndexSql(Sample(), SavedAs17());
  EXPECT_EQ(text.find("IF NOT EXISTS idx"), std::string::npos);  // F2
  test::ExpectGolden("index_report.sql", text);
}

TEST(IndexReportTest, SqlAnalyzesWhereAnExpressionNeedsIt) {
  model::IndexAdvice advice = Sample();
  EXPECT_EQ(IndexSql(advice, {}).find("ANALYZE public.orders;\n"), std::string::npos);
  model::IndexKey& key = advice.suggestions[0].definition.keys[0];
  key.attnum = 0;
  EXPECT_NE(IndexSql(advice, {}).find("ANALYZE public.orders;\n"), std::string::npos);
}

TEST(IndexReportTest, SqlSaysInWhichEncodingItIs) {
  model::IndexAdvice advice = Sample();
  EXPECT_EQ(IndexSql(advice, {}).find("SET client_encoding = 'UTF8';\n"), 0U);
  advice.server.sql_ascii = true;
  EXPECT_EQ(IndexSql(advice, {}).find("SET client_encoding = 'SQL_ASCII';\n-- "), 0U);
}

TEST(IndexReportTest, RunDocument) {
  const std::string text = RunDocument(Sample(), {2LL << 30, 10, "time", ""}, "0.1.0");
  const auto document = nlohmann::json::parse(text);
  EXPECT_EQ(document["suggestions"][0]["details"]["statements_hurt"], 1);
  EXPECT_EQ(document["suggestions"][0]["details"]["include_columns"][0], "total");
  test::ExpectGolden("run_document.json", nlohmann::ordered_json::parse(text).dump(1) + "\n");
}

TEST(GroupWarningsTest, WhatDiffersInNumbersOnlyIsSaidOnce) {
  const std::vector<std::string> grouped =
      GroupWarnings({"statement -12 could not be planned: timeout", "other",
                     "statement 7 could not be planned: timeout", "statement 8 could not be planned: no such table"});
  EXPECT_EQ(grouped, (std::vector<std::string>{"statement -12 could not be planned: timeout (2 like this)", "other",
                                               "statement 8 could not be planned: no such table"}));
}

TEST(InstantsTest, AreUtcAndReadable) {
  EXPECT_EQ(ShortInstant(1794754200), "Nov 15 14:50");
  EXPECT_EQ(LongInstant(0), "1970-01-01 00:00 UTC");
  EXPECT_EQ(IsoInstant(1794754207.9), "2026-11-15T14:50:07Z");
  EXPECT_EQ(Span(7 * 86400 + 60), "7 d 0 h");
  EXPECT_EQ(Span(3600 + 20 * 60), "1 h 20 min");
  EXPECT_EQ(Span(-5), "0 s");
}

}  // namespace
}  // namespace steward::report
