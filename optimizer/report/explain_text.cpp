// Explanations as text for people. Declared in explain_report.hpp.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/explain_report.hpp"
#include "report/instants.hpp"
#include "report/plan_text.hpp"
#include "report/terminal_text.hpp"

namespace steward::report {

namespace {

using Json = nlohmann::json;

std::string Plural(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", Grouped(static_cast<double>(count)), noun, count == 1 ? "" : "s");
}

std::string Field(const char* name, const std::string& text) {
  return fmt::format("   {:<7} {}\n", name, Wrap(text, 11));
}

std::string Cost(double cost) {
  return Grouped(cost, cost < 100 ? 2 : 0);
}

std::string Word(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return "";
  return Printable(found->is_string() ? found->get_ref<const std::string&>() : found->dump());
}

double Number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

std::string ShortName(const model::IndexDefinition& index) {
  const std::string method = index.method == "btree" ? "" : "USING " + index.method + " ";
  return Printable(index.table_name + " " + method + "(" + KeysSql(index) + ")" + TailSql(index));
}

std::string Candidates(const std::vector<model::CandidateAccount>& candidates, std::size_t limit, bool of_table) {
  std::string text;
  for (std::size_t i = 0; i < candidates.size() && i < limit; ++i) {
    const model::CandidateAccount& candidate = candidates[i];
    const std::string saves = of_table ? fmt::format("saves {:.2f} % of the whole alone", candidate.gain * 100)
                                       : fmt::format("{} planner units alone", Cost(candidate.cost_alone));
    text += fmt::format("   {:<7} {}\n", candidate.id, Wrap(ShortName(candidate.definition), 11));
    text += fmt::format("           {}, {}\n", Size(candidate.size), saves);
    text += fmt::format("           {}\n", Wrap(Printable(candidate.reason), 11));
  }
  if (candidates.size() > limit) text += fmt::format("   {} more not shown (--limit)\n", candidates.size() - limit);
  return text;
}

std::string Plans(const model::StatementAccount& account) {
  std::string text;
  if (!account.plan_now.empty()) text += "\n   plan without the suggestions\n" + PlanText(account.plan_now, 5);
  if (!account.plan_with.empty() && !account.uses.empty())
    text += "   plan with the suggestions\n" + PlanText(account.plan_with, 5);
  for (const model::CandidateAccount& candidate : account.candidates)
    if (!candidate.plan_alone.empty() && !candidate.chosen && candidate.gain > 0) {
      text += fmt::format("   plan with {} alone\n", candidate.id) + PlanText(candidate.plan_alone, 5);
      break;
    }
  return text;
}

std::string Statement(const model::StatementAccount& account) {
  const model::Statement& statement = account.statement;
  std::string text = fmt::format("\nstatement {} {}, {}, mean {}, {} in all\n   {}\n", statement.queryid,
                                 Printable(statement.role), Plural(statement.calls, "call"),
                                 Duration(statement.mean_exec_time), Duration(statement.total_exec_time),
                                 Wrap(Excerpt(statement.query, 400), 3));
  if (!account.not_costed.empty()) return text + Field("costs", "none: " + Printable(account.not_costed));
  text += Field("costs", fmt::format("{} planner units now, {} with the suggestions", Cost(account.cost_now),
                                     Cost(account.cost_with)));
  std::string uses;
  for (const model::CandidateAccount& used : account.uses)
    uses += (uses.empty() ? "" : "; ") + used.id + " " + ShortName(used.definition);
  return text + Field("uses", uses.empty() ? "none of the suggestions" : uses);
}

std::string Effects(const Json& evidence, const char* kind, std::size_t limit) {
  const auto list = evidence.find(kind);
  if (list == evidence.end() || !list->is_array()) return "";
  std::string text;
  std::size_t shown = 0;
  for (const Json& effect : *list) {
    if (shown++ == limit) break;
    text += Field(shown == 1 ? (std::string(kind) == "helped" ? "helps" : "hurts") : "",
                  fmt::format("{} {} {} -> {} planner units \"{}\"", Word(effect, "queryid"), Word(effect, "role"),
                              Cost(Number(effect, "cost_before")), Cost(Number(effect, "cost_after")),
                              Excerpt(Word(effect, "query"), 200)));
  }
  if (list->size() > limit) text += Field("", fmt::format("and {} more", list->size() - limit));
  return text;
}

// What one kind of suggestion has of its own.
std::string Details(const Json& details) {
  std::string text;
  if (!details.is_object()) return text;
  for (const auto& [key, value] : details.items())
    if (!value.is_null() && key != "schemaname" && key != "relid" && key != "indexrelid")
      text += fmt::format("           {:<22} {}\n", Printable(key),
                          value.is_number_float() ? Grouped(value.get<double>(), 1) : Excerpt(Word(details, key.c_str()), 80));
  return text;
}

std::string Trust(const Json& evidence) {
  if (Word(evidence, "rows_estimated").empty()) return "";
  return Field("trust", fmt::format("rows estimated {}, measured {} ({})", Grouped(Number(evidence, "rows_estimated")),
                                    Grouped(Number(evidence, "rows_measured")),
                                    Plural(static_cast<std::int64_t>(Number(evidence, "instrumented_runs")), "instrumented run")));
}

std::string Suggestion(const model::SavedSuggestion& suggestion, std::size_t limit) {
  const Json details = Json::parse(suggestion.details, nullptr, false);
  const Json evidence = Json::parse(suggestion.evidence, nullptr, false);
  std::string text = fmt::format("\nsuggestion {} ({}): {}, confidence {}, first seen {}\n", suggestion.id, Printable(suggestion.kind),
                                 Printable(suggestion.status), Printable(suggestion.confidence),
                                 LongInstant(suggestion.first_seen));
  if (!suggestion.ddl.empty()) text += Field("does", Printable(suggestion.ddl));
  if (!suggestion.undo_ddl.empty()) text += Field("undo", Printable(suggestion.undo_ddl));
  for (const std::string& caveat : suggestion.caveats) text += Field("note", Printable(caveat));
  if (const std::string doubt = Word(evidence, "ranked_down"); !doubt.empty()) text += Field("rank", "behind others: " + doubt);
  text += Effects(evidence, "helped", limit) + Effects(evidence, "hurt", limit) + Trust(evidence);
  if (const auto covered = evidence.find("covered"); covered != evidence.end() && covered->is_array())
    for (const Json& line : *covered)
      if (line.is_string()) text += Field("covered", Printable(line.get<std::string>()));
  return text + "   details\n" + Details(details);
}

std::string TableText(const model::TableAccount& account, std::size_t limit) {
  const model::Table& table = account.table;
  std::string text = fmt::format("\ntable {}, {} rows, {}{}\n", Printable(table.name_sql), Grouped(table.rows), Size(table.size),
                                 table.analyzed_at > 0 ? ", analyzed " + LongInstant(table.analyzed_at) : ", never analyzed");
  text += Field("read by", fmt::format("{} ({} can be costed) that took {}", Plural(account.statements, "statement"),
                                       account.statements_costed, Duration(account.total_exec_time)));
  for (const model::ExistingIndex& index : account.indexes)
    text += Field("index", fmt::format("{} ({}), {}, {}{}", Printable(index.name), Printable(KeysSql(index.definition)),
                                       Size(index.size), Plural(index.scans, "scan"), index.valid ? "" : ", INVALID"));
  for (std::size_t i = 0; i < account.uses.size() && i < limit; ++i) {
    const model::ColumnUse& use = account.uses[i];
    std::string line = fmt::format("{} {}{} in {}", use.role, Printable(use.column),
                                   use.comparison.empty() ? "" : " " + use.comparison, Plural(use.statements, "statement"));
    if (use.selectivity) line += fmt::format(", {:.4g} % of the rows expected", *use.selectivity * 100);
    text += Field(i == 0 ? "uses" : "", line);
  }
  std::string ids;
  for (const std::string& id : account.suggestions) ids += (ids.empty() ? "" : ", ") + id;
  text += Field("advice", ids.empty() ? "no index: " + Printable(account.why_nothing) : ids);
  if (!account.candidates.empty()) text += fmt::format("\ncandidates ({})\n", account.candidates.size());
  return text + Candidates(account.candidates, limit, true);
}

}  // namespace

std::string ExplainText(const Explanation& explanation, std::size_t limit) {
  std::string text = fmt::format("database {}, held against run {} of {}\n", Printable(explanation.database),
                                 explanation.run_id, LongInstant(explanation.run_at));
  if (explanation.missing > 0)
    text += "note      " + Wrap(fmt::format("{} of the run's suggestions are no candidates now: built meanwhile, or the workload no "
                                    "longer leads to them; costs are without them", explanation.missing), 10) + "\n";
  if (explanation.suggestion) text += Suggestion(*explanation.suggestion, limit);
  if (explanation.table) text += TableText(*explanation.table, limit);
  std::size_t shown = 0;
  for (const model::StatementAccount& account : explanation.statements) {
    if (shown++ == limit) break;
    text += Statement(account);
    if (!explanation.suggestion) {
      text += fmt::format("\ncandidates ({})\n", account.candidates.size());
      text += Candidates(account.candidates, limit, false);
    } else if (!account.candidates.empty()) {
      text += Field("alone", fmt::format("{} planner units with {} alone", Cost(account.candidates.front().cost_alone),
                                         account.candidates.front().id));
    }
    text += Plans(account);
  }
  return text + "\nCosts are the planner's, not measurements. A script for psql: --psql\n";
}

}  // namespace steward::report
