// The JSON forms of index advice: the report, and the document that is saved. Declared in index_report.hpp.
#include <algorithm>

#include "report/index_report.hpp"
#include "report/instants.hpp"
#include "report/json_values.hpp"
#include "report/statistics_report.hpp"
#include "report/unneeded_report.hpp"
#include "report/verification_report.hpp"

namespace steward::report {

namespace {

std::string Word(model::CostMethod method) {
  constexpr const char* kWords[] = {"parameters", "shapes", "statistics", "generic"};
  return kWords[static_cast<int>(method)];
}

Json Names(const std::vector<model::IndexKey>& keys) {
  Json names = Json::array();
  for (const model::IndexKey& key : keys) names.push_back(key.name);
  return names;
}

// What a short window says about an hour: nothing.
Json Rate(double per_hour, const model::ServerInfo& server) {
  return server.window_end - server.window_start < kShortestRateWindow ? Json() : Json(per_hour);
}

Json Effects(const std::vector<model::StatementEffect>& effects, const model::ServerInfo& server) {
  Json list = Json::array();
  for (const model::StatementEffect& effect : effects)
    list.push_back({{"userid", std::to_string(effect.userid)},
                    {"queryid", std::to_string(effect.queryid)},
                    {"role", effect.role},
                    {"query", effect.query},
                    {"calls", effect.calls},
                    {"calls_per_hour", Rate(effect.calls_per_hour, server)},
                    {"mean_exec_time", effect.mean_exec_time},
                    {"p95_exec_time", effect.p95_exec_time > 0 ? Json(effect.p95_exec_time) : Json()},
                    {"total_exec_time", effect.total_exec_time},
                    {"cost_before", effect.cost_before},
                    {"cost_after", effect.cost_after},
                    {"workers_before", effect.workers_before},
                    {"workers_after", effect.workers_after},
                    {"cost_method", Word(effect.method)}});
  for (std::size_t i = 0; i < effects.size(); ++i)
    if (effects[i].alike > 1) list[i]["stands_for"] = effects[i].alike;
  return list;
}

std::int64_t Count(const std::vector<model::StatementEffect>& effects) {
  std::int64_t count = 0;
  for (const model::StatementEffect& effect : effects) count += effect.alike;
  return count;
}

// One a schema, where a suggestion is for several.
Json Schemas(const model::IndexSuggestion& suggestion) {
  Json list = Json::array();
  for (const model::TenantIndex& tenant : suggestion.tenants)
    list.push_back({{"schemaname", tenant.schema},
                    {"relid", tenant.relid},
                    {"index_name", tenant.name},
                    {"size", tenant.size},
                    {"ddl", tenant.ddl},
                    {"undo_ddl", tenant.undo_ddl}});
  return list;
}

// Writes an hour, over one hour at least: a load just before the analysis is no rate. Null when not known.
Json WriteRate(const model::IndexSuggestion& suggestion) {
  if (suggestion.write_hours <= 0) return {};
  return static_cast<double>(suggestion.inserted + suggestion.updated + suggestion.deleted) /
         std::max(suggestion.write_hours, 1.0);
}

// The statements that build an index of a partitioned table without blocking writes.
Json Steps(const model::PartitionedBuild& build) {
  Json steps = Json::array();
  for (const auto* part : {&build.parents, &build.leaves, &build.attach})
    for (const std::string& statement : *part) steps.push_back(statement);
  return steps;
}

// The columns of steward.index_suggestions that only this kind of suggestion has.
Json Details(const model::IndexSuggestion& suggestion, const std::string& schema, const model::ServerInfo& server) {
  const model::IndexDefinition& definition = suggestion.definition;
  Json details = {{"schemaname", schema},
          {"relname", definition.table_name},
          {"relid", definition.relid},
          {"amname", definition.method},
          {"key_columns", Names(definition.keys)},
          {"include_columns", Names(definition.include)},
          {"predicate", definition.predicate.empty() ? Json() : Json(definition.predicate)},
          {"size", suggestion.size},
          {"table_size", suggestion.table_size},
          {"cost_before", suggestion.cost_before},
          {"cost_after", suggestion.cost_after},
          {"statements_helped", Count(suggestion.helped)},
          {"statements_hurt", Count(suggestion.hurt)},
          {"calls_per_hour", Rate(suggestion.calls_per_hour, server)},
          {"exec_time_per_hour", Rate(suggestion.exec_time_per_hour, server)},
          {"write_rate", WriteRate(suggestion)},
          {"hot_update_ratio", Optional(suggestion.hot_update_ratio)},
          {"hot_updates_lost_per_hour", Optional(suggestion.hot_updates_lost_per_hour)},
          {"cost_method", Word(suggestion.method)},
          {"replaces", suggestion.replaces},
          {"built_size", Optional(suggestion.built_size)},
          {"verified_before_time", Optional(suggestion.verified_before_time)},
          {"verified_after_time", Optional(suggestion.verified_after_time)}};
  if (!suggestion.tenants.empty()) details["schemas"] = Schemas(suggestion);
  return details;
}

Json Evidence(const model::IndexSuggestion& suggestion, const model::ServerInfo& server) {
  Json json = {{"helped", Effects(suggestion.helped, server)},
               {"hurt", Effects(suggestion.hurt, server)},
               {"estimated_rows_error", Optional(suggestion.estimated_rows_error)},
               {"rows_estimated", suggestion.rows ? Json(suggestion.rows->estimated) : Json()},
               {"rows_measured", suggestion.rows ? Json(suggestion.rows->measured) : Json()},
               {"instrumented_runs", suggestion.rows ? Json(suggestion.rows->runs) : Json()},
               {"ranked_down", suggestion.doubt.empty() ? Json() : Json(suggestion.doubt)},
               {"covered", suggestion.covered}};
  if (!suggestion.rejected_because.empty()) json["rejected_because"] = suggestion.rejected_because;
  if (!suggestion.build.parents.empty()) json["build_steps"] = Steps(suggestion.build);
  return json;
}

// The schema's name is only in the statement that drops the index and in the quoted table name; unquoting the latter
// gives the first part of "schema.table".
std::string SchemaName(const model::IndexDefinition& definition) {
  const std::string& sql = definition.table_sql;
  if (!sql.starts_with('"')) return sql.substr(0, sql.find('.'));
  std::string name;
  for (std::size_t i = 1; i < sql.size(); ++i) {
    if (sql[i] == '"' && (i + 1 >= sql.size() || sql[i + 1] != '"')) break;
    if (sql[i] == '"') ++i;
    name += sql[i];
  }
  return name;
}

template <typename Suggested>
Json State(const Suggested& suggestion) {
  Json json = {{"status", suggestion.status.empty() ? Json() : Json(suggestion.status)}};
  if (suggestion.mute)
    json["mute"] = {{"reason", suggestion.mute->reason.empty() ? Json() : Json(suggestion.mute->reason)},
                    {"muted_by", suggestion.mute->by},
                    {"muted_at", IsoInstant(suggestion.mute->at)},
                    {"until", suggestion.mute->until ? Json(IsoInstant(*suggestion.mute->until)) : Json()}};
  return json;
}

Json Suggestion(const model::IndexSuggestion& suggestion) {
  Json json = {{"suggestion_id", suggestion.id},
               {"confidence", Word(suggestion.confidence)},
               {"caveats", suggestion.caveats},
               {"ddl", suggestion.ddl},
               {"undo_ddl", suggestion.undo_ddl}};
  return json;
}

// As it is saved, but with details and state among the rest.
template <typename Suggested>
Json Flat(Json saved, const Suggested& suggestion) {
  const Json evidence = saved["evidence"];
  const Json details = saved["details"];
  for (const char* key : {"kind", "evidence", "details"}) saved.erase(key);
  saved.update(State(suggestion));
  saved.update(details);
  saved["evidence"] = evidence;
  return saved;
}

// A suggestion as the report has it.
Json Whole(const model::IndexSuggestion& suggestion, const model::ServerInfo& server) {
  Json item = Suggestion(suggestion);
  item.update(State(suggestion));
  item["index_name"] = suggestion.name;
  item.update(Details(suggestion, SchemaName(suggestion.definition), server));
  item["evidence"] = Evidence(suggestion, server);
  return item;
}

// A suggestion as it is saved. Whether it is new is found out then, what measuring it has shown is not.
Json Saved(const model::IndexSuggestion& suggestion, const model::ServerInfo& server) {
  Json item = Suggestion(suggestion);
  if (suggestion.status == "verified" || suggestion.status == "rejected") item["status"] = suggestion.status;
  item["kind"] = "index";
  item["details"] = Details(suggestion, SchemaName(suggestion.definition), server);
  item["evidence"] = Evidence(suggestion, server);
  return item;
}

Json Settings(const std::vector<model::Setting>& settings) {
  Json json = Json::object();
  for (const model::Setting& setting : settings) json[setting.name] = setting.value;
  return json;
}

double CostedShare(const model::IndexAdvice& advice) {
  // The two sums run in different orders, so that their rounding differs.
  return advice.exec_time > 0 ? std::min(1.0, advice.exec_time_costed / advice.exec_time) : 0;
}

Json Server(const model::ServerInfo& server) {
  Json json = ServerObject(server);
  json["parameters_captured"] = server.parameters_captured;
  return json;
}

}  // namespace

std::string IndexJson(const model::IndexAdvice& advice, const IndexReportContext& context) {
  Json json = {{"schema_version", 1},
               {"kind", "indexes"},
               {"run_id", context.run_id ? Json(std::to_string(*context.run_id)) : Json()},
               {"server", Server(advice.server)},
               {"source", advice.server.source.empty() ? "pg_steward" : advice.server.source},
               {"collected_at", IsoInstant(advice.server.collected_at)},
               {"window_start", IsoInstant(advice.server.window_start)},
               {"window_end", IsoInstant(advice.server.window_end)},
               {"statements", advice.statements},
               {"statements_costed", advice.statements_costed},
               {"statements_planned", advice.statements_planned},
               {"time_by_representatives_ratio",
                advice.exec_time_costed > 0 ? advice.exec_time_alike / advice.exec_time_costed : 0},
               {"calls", advice.calls},
               {"exec_time", advice.exec_time},
               {"time_costed_ratio", CostedShare(advice)},
               {"not_costed", advice.not_costed},
               {"budget", advice.budget > 0 ? Json(advice.budget) : Json()},
               {"size", advice.size},
               {"cost_before", advice.cost_before},
               {"cost_after", advice.cost_after},
               {"cost_lower_bound", Optional(advice.cost_lower_bound)},
               {"candidates", advice.candidates},
               {"planner_calls", advice.planner_calls},
               {"suggestions", Json::array()},
               {"muted", context.muted},
               {"not_shown", context.not_shown},
               {"unneeded_indexes", Json::array()},
               {"foreign_keys_without_index", Json::array()},
               {"statistics", Json::array()},
               {"settings", Settings(advice.settings)},
               {"warnings", advice.warnings}};
  for (const model::IndexSuggestion& suggestion : advice.suggestions)
    json["suggestions"].push_back(Whole(suggestion, advice.server));
  if (advice.verification) {
    json["verification"] = VerificationJson(*advice.verification);
    json["rejected"] = Json::array();
    for (const model::IndexSuggestion& suggestion : advice.rejected)
      json["rejected"].push_back(Whole(suggestion, advice.server));
  }
  for (const model::UnneededIndex& index : advice.unneeded)
    json["unneeded_indexes"].push_back(Flat(UnneededJson(index, advice), index));
  for (const model::UnindexedForeignKey& key : advice.foreign_keys)
    json["foreign_keys_without_index"].push_back(Flat(ForeignKeyJson(key), key));
  for (const model::StatisticsSuggestion& suggestion : advice.statistics)
    json["statistics"].push_back(Flat(StatisticsJson(suggestion), suggestion));
  if (!context.not_saved.empty()) json["warnings"].push_back("not saved: " + context.not_saved);
  return Dump(json, 2) + "\n";
}

std::string RunDocument(const model::IndexAdvice& advice, const RunOptions& options, const std::string& tool_version) {
  Json json = {{"kind", "indexes"},
               {"started_at", IsoInstant(advice.server.collected_at)},
               {"tool_version", tool_version},
               {"window_start", IsoInstant(advice.server.window_start)},
               {"window_end", IsoInstant(advice.server.window_end)},
               {"statements", advice.statements},
               {"statements_costed", advice.statements_costed},
               {"time_costed_ratio", CostedShare(advice)},
               {"not_costed", advice.not_costed},
               {"options",
                {{"budget", options.budget > 0 ? Json(options.budget) : Json()},
                 {"limit", options.limit},
                 {"weight", options.weight},
                 {"min_gain_percent", options.min_gain_percent}}},
               {"settings", Settings(advice.settings)},
               {"suggestions", Json::array()}};
  if (!options.workload_file.empty()) json["options"]["from"] = options.workload_file;
  for (const auto* part : {&advice.suggestions, &advice.rejected})
    for (const model::IndexSuggestion& suggestion : *part) json["suggestions"].push_back(Saved(suggestion, advice.server));
  for (const model::UnneededIndex& index : advice.unneeded) json["suggestions"].push_back(UnneededJson(index, advice));
  for (const model::UnindexedForeignKey& key : advice.foreign_keys) json["suggestions"].push_back(ForeignKeyJson(key));
  for (const model::StatisticsSuggestion& suggestion : advice.statistics)
    json["suggestions"].push_back(StatisticsJson(suggestion));
  return Dump(json, -1);
}

}  // namespace steward::report
