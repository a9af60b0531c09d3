// Index advice as SQL for any migration tool. Declared in index_report.hpp.
#include <fmt/format.h>

#include "report/index_report.hpp"
#include "report/instants.hpp"
#include "report/sql_literal.hpp"
#include "report/statistics_report.hpp"
#include "report/terminal_text.hpp"
#include "report/unneeded_report.hpp"

namespace steward::report {

namespace {

// A dollar quote that does not occur in the text.
std::string DollarTag(const std::string& text) {
  std::string tag = "$steward$";
  for (int number = 1; text.find(tag) != std::string::npos; ++number) tag = fmt::format("$steward{}$", number);
  return tag;
}

// "DROP INDEX [CONCURRENTLY] name;" is the one place that has the index's qualified and quoted name.
std::string QualifiedName(const model::IndexSuggestion& suggestion) {
  std::string name = suggestion.undo_ddl;
  for (const std::string_view word : {"DROP INDEX ", "CONCURRENTLY "})
    if (name.starts_with(word)) name = name.substr(word.size());
  if (name.ends_with(';')) name.pop_back();
  return name;
}

std::string ValidityCheck(const model::IndexSuggestion& suggestion) {
  const std::string name = QualifiedName(suggestion);
  const std::string message = Literal("index " + name + " is missing or invalid");
  const char* also = suggestion.build.parents.empty() ? "" : " and of the partitions' indexes named above";
  const std::string hint =
      Literal(fmt::format("Drop what is left of it{}, then build it again: {}", also, suggestion.undo_ddl));
  const std::string tag = DollarTag(name);
  return fmt::format(
      "DO {0}\nBEGIN\n"
      "  IF NOT EXISTS (SELECT FROM pg_catalog.pg_index\n"
      "                 WHERE indexrelid = pg_catalog.to_regclass({1}) AND indisvalid) THEN\n"
      "    RAISE EXCEPTION USING MESSAGE = {2},\n      HINT = {3};\n"
      "  END IF;\nEND\n{0};\n",
      tag, Literal(name), message, hint);
}

constexpr const char* kConcurrently =
    "-- Not inside a transaction block: CREATE INDEX CONCURRENTLY refuses to run there.\n"
    "SET statement_timeout = 0;\n"
    "-- Minutes, not seconds: CONCURRENTLY waits for every older snapshot in the database, lock_timeout counts that\n"
    "-- wait, and a build that gives up leaves an invalid index behind that every write maintains.\n"
    "SET lock_timeout = '15min';\n";

std::string Lines(const std::vector<std::string>& statements) {
  std::string text;
  for (const std::string& statement : statements) text += statement + "\n";
  return text;
}

// What builds the index. With partitions: the definitions above them, which hold nothing yet, then each partition's
// index, then what makes them one.
std::string Statements(const model::IndexSuggestion& suggestion) {
  const model::PartitionedBuild& build = suggestion.build;
  if (build.parents.empty()) return kConcurrently + suggestion.ddl + "\n";
  return "-- Seconds here: it waits for whoever writes to the partitioned table, and others wait behind it.\n"
         "SET lock_timeout = '3s';\n" +
         Lines(build.parents) + kConcurrently + Lines(build.leaves) +
         "-- Seconds again: attaching waits for whoever uses a partition's index. When it gives up, go on from there.\n"
         "SET lock_timeout = '3s';\n" +
         Lines(build.attach);
}

std::string Statistics(const model::IndexDefinition& index) {
  if (!model::HasExpression(index)) return "";
  return "-- Until then the planner knows nothing of the expression's values, and may leave the index unused.\nANALYZE " +
         index.table_sql + ";\n";
}

std::string Build(const model::IndexSuggestion& suggestion) {
  return fmt::format("-- undo: {}\n", Printable(suggestion.undo_ddl)) + Statements(suggestion) + ValidityCheck(suggestion) +
         Statistics(suggestion.definition);
}

std::string Block(const model::IndexSuggestion& suggestion) {
  double calls = 0;
  for (const model::StatementEffect& effect : suggestion.helped) calls += static_cast<double>(effect.calls);
  if (calls < 1) calls = 1;
  std::string text = fmt::format(
      "\n-- suggestion {}: {} planner units a call become {}, mean over {} statement(s); about {} on disk\n",
      suggestion.id, Grouped(suggestion.cost_before / calls, 2), Grouped(suggestion.cost_after / calls, 2),
      suggestion.helped.size(), Size(suggestion.size));
  for (const std::string& caveat : suggestion.caveats) text += fmt::format("-- {}\n", Printable(caveat));
  if (suggestion.tenants.empty()) return text + Build(suggestion);
  text += fmt::format("-- in {} schemas\n", suggestion.tenants.size());
  for (const model::TenantIndex& tenant : suggestion.tenants) {
    model::IndexSuggestion one;
    one.definition = suggestion.definition;
    one.definition.table_sql = tenant.table_sql;
    one.ddl = tenant.ddl;
    one.undo_ddl = tenant.undo_ddl;
    text += fmt::format("\n-- suggestion {}, schema {}: about {} on disk\n", suggestion.id, Printable(tenant.schema),
                        Size(tenant.size)) + Build(one);
  }
  return text;
}

}  // namespace

std::string IndexSql(const model::IndexAdvice& advice, const IndexReportContext& context) {
  std::string text =
      advice.server.sql_ascii
          ? "SET client_encoding = 'SQL_ASCII';\n"
            "-- The database's encoding is SQL_ASCII: names are the bytes below, and nothing may convert this file.\n"
          : "SET client_encoding = 'UTF8';\n";
  text += fmt::format("-- Indexes suggested by pgsteward for database {}, {}\n", Printable(advice.server.database),
                      LongInstant(advice.server.collected_at));
  if (context.run_id) text += fmt::format("-- run {} in steward.index_suggestions\n", *context.run_id);
  if (advice.server.parameters_captured) text += "-- Parameter capture was on.\n";
  for (const std::string& warning : advice.warnings) text += fmt::format("-- warning: {}\n", Printable(warning));
  if (advice.suggestions.empty()) text += "-- No suggestion.\n";
  for (const model::IndexSuggestion& suggestion : advice.suggestions) text += Block(suggestion);
  text += StatisticsSql(advice.statistics);
  if (context.not_shown > 0)
    text += fmt::format("\n-- {} more suggestions are not in this file (--limit)\n", context.not_shown);
  text += UnneededSql(advice);
  return text;
}

}  // namespace steward::report
