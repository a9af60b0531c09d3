// Explanations as JSON. Declared in explain_report.hpp.
#include <nlohmann/json.hpp>

#include "report/explain_report.hpp"
#include "report/instants.hpp"

namespace steward::report {

namespace {

using Json = nlohmann::ordered_json;

Json Parsed(const std::string& text) {
  return text.empty() ? Json() : Json::parse(text, nullptr, false);
}

Json Candidate(const model::CandidateAccount& candidate) {
  Json json = {{"suggestion_id", candidate.id},
               {"definition", model::CreateSql(candidate.definition, "", false)},
               {"size", candidate.size},
               {"chosen", candidate.chosen}};
  if (!candidate.reason.empty()) json["reason"] = candidate.reason;
  if (!candidate.plan_alone.empty()) json["plan_alone"] = Parsed(candidate.plan_alone);
  return json;
}

Json Statement(const model::StatementAccount& account) {
  const bool costed = account.not_costed.empty();
  Json json = {{"userid", std::to_string(account.statement.userid)},
               {"queryid", std::to_string(account.statement.queryid)},
               {"role", account.statement.role},
               {"query", account.statement.query},
               {"calls", account.statement.calls},
               {"total_exec_time", account.statement.total_exec_time},
               {"not_costed", costed ? Json() : Json(account.not_costed)},
               {"cost_now", costed ? Json(account.cost_now) : Json()},
               {"cost_with_suggestions", costed ? Json(account.cost_with) : Json()},
               {"uses", Json::array()},
               {"candidates", Json::array()}};
  for (const model::CandidateAccount& used : account.uses) json["uses"].push_back(Candidate(used));
  for (const model::CandidateAccount& candidate : account.candidates) {
    json["candidates"].push_back(Candidate(candidate));
    json["candidates"].back()["cost_alone"] = candidate.cost_alone;
  }
  if (!account.plan_now.empty()) json["plan_now"] = Parsed(account.plan_now);
  if (!account.plan_with.empty()) json["plan_with_suggestions"] = Parsed(account.plan_with);
  return json;
}

Json Table(const model::TableAccount& account) {
  Json json = {{"schemaname", account.table.schema},
               {"relname", account.table.name},
               {"relid", account.table.relid},
               {"rows", account.table.rows},
               {"size", account.table.size},
               {"statements", account.statements},
               {"statements_costed", account.statements_costed},
               {"total_exec_time", account.total_exec_time},
               {"indexes", Json::array()},
               {"uses", Json::array()},
               {"suggestions", account.suggestions},
               {"why_nothing", account.why_nothing.empty() ? Json() : Json(account.why_nothing)},
               {"candidates", Json::array()}};
  for (const model::ExistingIndex& index : account.indexes)
    json["indexes"].push_back({{"indexrelname", index.name},
                               {"definition", index.create_sql},
                               {"size", index.size},
                               {"idx_scan", index.scans},
                               {"valid", index.valid}});
  for (const model::ColumnUse& use : account.uses)
    json["uses"].push_back({{"column", use.column},
                            {"role", use.role},
                            {"comparison", use.comparison.empty() ? Json() : Json(use.comparison)},
                            {"statements", use.statements},
                            {"estimated_selectivity", use.selectivity ? Json(*use.selectivity) : Json()}});
  for (const model::CandidateAccount& candidate : account.candidates) {
    json["candidates"].push_back(Candidate(candidate));
    json["candidates"].back()["share_saved_alone"] = candidate.gain;
  }
  return json;
}

Json Suggestion(const model::SavedSuggestion& suggestion) {
  return {{"suggestion_id", suggestion.id},
          {"kind", suggestion.kind},
          {"status", suggestion.status},
          {"confidence", suggestion.confidence},
          {"caveats", suggestion.caveats},
          {"first_seen", IsoInstant(suggestion.first_seen)},
          {"last_seen", IsoInstant(suggestion.last_seen)},
          {"ddl", suggestion.ddl.empty() ? Json() : Json(suggestion.ddl)},
          {"undo_ddl", suggestion.undo_ddl.empty() ? Json() : Json(suggestion.undo_ddl)},
          {"details", Parsed(suggestion.details)},
          {"evidence", Parsed(suggestion.evidence)}};
}

}  // namespace

std::string ExplainJson(const Explanation& explanation) {
  Json json = {{"schema_version", 1},
               {"kind", "explanation"},
               {"database", explanation.database},
               {"run_id", std::to_string(explanation.run_id)},
               {"suggestions_missing", explanation.missing},
               {"suggestion", explanation.suggestion ? Suggestion(*explanation.suggestion) : Json()},
               {"table", explanation.table ? Table(*explanation.table) : Json()},
               {"statements", Json::array()}};
  for (const model::StatementAccount& account : explanation.statements) json["statements"].push_back(Statement(account));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace steward::report
