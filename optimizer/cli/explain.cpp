// pgsteward explain: why something is suggested, or is not. Reads the newest saved run and the workload, and asks what-if.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "advise/index/explain.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/requirements.hpp"
#include "collect/read_workload.hpp"
#include "collect/saved_run.hpp"
#include "db/error.hpp"
#include "db/transaction.hpp"
#include "report/explain_report.hpp"
#include "report/terminal_text.hpp"
#include "whatif/server_oracle.hpp"

namespace steward::cli {

namespace {

struct Read {
  model::SavedRun run;
  model::Workload workload;
};

Read ReadAll(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  std::optional<model::SavedRun> run = collect::ReadNewestRun(database);
  if (!run)
    throw db::Error({fmt::format("no analysis has been saved in database \"{}\"", database.endpoint().database), "",
                     "Candidates are held against what was suggested. Run: pgsteward advise indexes", ""});
  return {std::move(*run), collect::ReadWorkload(database)};
}

std::optional<std::int64_t> QueryId(const std::string& text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::vector<const model::SavedSuggestion*> WithPrefix(const model::SavedRun& run, const std::string& prefix) {
  std::vector<const model::SavedSuggestion*> found;
  for (const model::SavedSuggestion& suggestion : run.suggestions) {
    if (suggestion.id == prefix) return {&suggestion};
    if (suggestion.id.starts_with(prefix)) found.push_back(&suggestion);
  }
  return found;
}

std::vector<const model::Table*> TablesNamed(const model::Workload& workload, const std::string& name) {
  std::vector<const model::Table*> found;
  for (const model::Table& table : workload.tables) {
    if (table.name_sql == name || table.schema + "." + table.name == name) return {&table};
    if (table.name == name && !table.catalog) found.push_back(&table);
  }
  return found;
}

[[noreturn]] void Ambiguous(const std::string& names, const char* hint) {
  throw UsageError("the name to explain is ambiguous", fmt::format("{} {}", hint, report::Printable(names)));
}

// The statements that a suggestion's evidence names, as the workload has them.
std::vector<const model::Statement*> StatementsOf(const model::SavedSuggestion& suggestion, const model::Workload& workload) {
  std::vector<const model::Statement*> found;
  const nlohmann::json evidence = nlohmann::json::parse(suggestion.evidence, nullptr, false);
  if (!evidence.is_object()) return found;
  for (const char* part : {"helped", "hurt", "statements"}) {
    const auto list = evidence.find(part);
    if (list == evidence.end() || !list->is_array()) continue;
    for (const auto& effect : *list)
      for (const model::Statement& statement : workload.statements)
        if (effect.is_object() && effect.value("queryid", "") == std::to_string(statement.queryid) &&
            effect.value("userid", "") == std::to_string(statement.userid))
          found.push_back(&statement);
  }
  return found;
}

void ExplainSuggestion(const model::SavedSuggestion& suggestion, const Read& read, std::size_t limit,
                       advise::Explainer& explainer, report::Explanation& explanation) {
  explanation.suggestion = suggestion;
  std::vector<const model::Statement*> statements = StatementsOf(suggestion, read.workload);
  if (statements.size() > limit) statements.resize(limit);
  for (const model::Statement* statement : statements)
    explanation.statements.push_back(explainer.OfSuggestion(suggestion.id, *statement));
}

advise::ExplainOptions Options(const model::SavedRun& run, const Arguments& arguments) {
  advise::ExplainOptions options;
  options.budget = run.budget;
  options.min_share = run.min_gain_percent / 100;
  if (run.weigh_calls) options.weight = advise::Weight::kCalls;
  options.plans = arguments.plans;
  for (const model::SavedSuggestion& suggestion : run.suggestions)
    if (suggestion.kind == "index") options.chosen.insert(suggestion.id);
  return options;
}

// What the word on the command line means; throws where that is nothing, or several things.
struct Target {
  std::optional<std::int64_t> queryid;
  const model::SavedSuggestion* suggestion = nullptr;
  const model::Table* table = nullptr;
};

Target Resolve(const std::string& object, const Read& read) {
  Target target;
  target.queryid = QueryId(object);
  if (target.queryid) {
    const auto& statements = read.workload.statements;
    if (std::none_of(statements.begin(), statements.end(), [&](const auto& s) { return s.queryid == *target.queryid; }))
      throw db::Error({"no statement with that query id was captured in this database", "",
                       "Query ids are in steward.statements.", ""});
    return target;
  }
  const std::vector<const model::SavedSuggestion*> suggestions = WithPrefix(read.run, object);
  const std::vector<const model::Table*> tables = TablesNamed(read.workload, object);
  const bool exact = suggestions.size() == 1 && suggestions[0]->id == object;
  if (!exact && tables.size() > 1)
    Ambiguous(tables[0]->name_sql + " and " + tables[1]->name_sql, "Give the schema as well; there are tables");
  if (!exact && tables.empty() && suggestions.size() > 1)
    Ambiguous(suggestions[0]->id + " and " + suggestions[1]->id, "Give more of the id; there are suggestions");
  if (!exact && tables.size() == 1)
    target.table = tables[0];
  else if (suggestions.size() == 1)
    target.suggestion = suggestions[0];
  else
    throw db::Error({"neither a suggestion of the newest run nor a table has that name", "",
                     "Suggestions are in steward.index_suggestions; tables are named as the catalog has them.", ""});
  return target;
}

report::Explanation Explain(db::Database& database, const Arguments& arguments) {
  Progress progress;
  progress.Say("reading the workload");
  const Read read = ReadAll(database);
  const Target target = Resolve(arguments.object, read);
  report::Explanation explanation;
  explanation.database = database.endpoint().database;
  explanation.run_id = read.run.run_id;
  explanation.run_at = read.run.started_at;
  progress.Say("asking what-if");
  whatif::ServerOracle oracle(database);
  advise::Explainer explainer(read.workload, oracle, Options(read.run, arguments));
  explanation.missing = explainer.Missing();
  const auto limit = static_cast<std::size_t>(arguments.limit);
  if (target.queryid) explanation.statements = explainer.OfStatement(*target.queryid);
  if (target.table != nullptr) explanation.table = explainer.OfTable(*target.table);
  if (target.suggestion != nullptr) ExplainSuggestion(*target.suggestion, read, limit, explainer, explanation);
  return explanation;
}

}  // namespace

Outcome RunExplain(db::Database& database, const Arguments& arguments) {
  RequireDirectConnection(database);
  RequireExtension(database);
  const report::Explanation explanation = WithAdviceOnRights([&] { return Explain(database, arguments); });
  const auto limit = static_cast<std::size_t>(arguments.limit);
  if (arguments.psql) return {report::ExplainPsql(explanation, limit), kExitOk};
  if (arguments.format == Format::kJson) return {report::ExplainJson(explanation), kExitOk};
  return {report::ExplainText(explanation, limit), kExitOk};
}

}  // namespace steward::cli
