// The JSON forms of advice on prepared statements: the report, and the document that is saved. Declared in prepared_report.hpp.
#include "report/instants.hpp"
#include "report/json_values.hpp"
#include "report/prepared_report.hpp"

namespace steward::report {

namespace {

using model::PreparedAction;
using model::PreparedAdvice;
using model::PreparedSuggestion;

// The columns of steward.prepared_suggestions that only this kind of suggestion has.
Json Details(const PreparedSuggestion& row) {
  const model::PreparedStatement& statement = row.statement;
  return {{"userid", statement.userid},
          {"dbid", statement.dbid},
          {"queryid", std::to_string(statement.queryid)},
          {"query", Text(statement.query)},
          {"action", Word(row.action)},
          {"calls_per_hour", row.calls_per_hour},
          {"simple_calls", statement.simple_calls},
          {"extended_calls", statement.extended_calls},
          {"generic_plan_calls", statement.generic_plan_calls},
          {"custom_plan_calls", statement.custom_plan_calls},
          {"mean_plan_time", Optional(row.plan_time)},
          {"mean_exec_time", statement.MeanExecTime()},
          {"saved_time_per_call", Optional(row.saved_per_call)},
          {"saved_time_per_hour", Optional(row.saved_per_hour)},
          {"generic_cost", Optional(row.generic_cost)},
          {"custom_cost", Optional(row.custom_cost)},
          {"worst_cost_ratio", row.risk.known || row.risk.ratio > 1 ? Json(row.risk.ratio) : Json()},
          {"pooler_note", Text(row.pooler_note)},
          {"prepare_sql", Text(row.prepare_sql)}};
}

Json Way(const model::MeasuredWay& way) {
  return {{"median", way.median}, {"low", way.low}, {"high", way.high}};
}

Json Measured(const std::optional<model::PreparedMeasurement>& measured) {
  if (!measured) return {};
  if (!measured->error.empty()) return {{"error", measured->error}};
  return {{"simple_time", Way(measured->simple)},
          {"custom_time", Way(measured->custom)},
          {"generic_time", Way(measured->generic)},
          {"rounds", measured->rounds},
          {"values", measured->values},
          {"saved_time_per_call", measured->saved},
          {"saved_low", measured->saved_low},
          {"saved_high", measured->saved_high},
          {"decided", measured->decided},
          {"worst_time_ratio", Optional(measured->worst_ratio)}};
}

Json Values(const PreparedSuggestion& row) {
  Json values = Json::array();
  if (!row.statement.choice) return values;
  for (const model::PlanChoiceValue& value : row.statement.choice->values)
    values.push_back({{"kind", value.kind},
                      {"method", value.method},
                      {"frequency", Optional(value.frequency)},
                      {"custom_cost", Optional(value.custom_cost)},
                      {"generic_cost_here", Optional(value.generic_cost_here)},
                      {"same_plan", value.same_plan}});
  return values;
}

Json Drivers(const PreparedSuggestion& row, const PreparedReportContext& context) {
  Json drivers = Json::object();
  const bool off = row.action == PreparedAction::kStopPreparing;
  for (const auto& [driver, text] : off ? context.drivers_off : context.drivers_on) drivers[driver] = text;
  return drivers;
}

Json Evidence(const PreparedSuggestion& row, const PreparedReportContext& context) {
  return {{"role", row.statement.role},
          {"reason", row.reason},
          {"then", row.then == PreparedAction::kNone ? Json() : Json(Word(row.then))},
          {"plan_cache_mode", Text(row.set)},
          {"auto_choice", Word(row.auto_choice)},
          {"parse_time", Optional(row.parse_time)},
          {"plan_time", Optional(row.plan_time)},
          {"planning_only", row.planning_only},
          {"risk",
           {{"known", row.risk.known},
            {"cost_ratio", row.risk.ratio},
            {"kind", Text(row.risk.kind)},
            {"frequency", Optional(row.risk.frequency)}}},
          {"values", Values(row)},
          {"measured", Measured(row.measured)},
          {"rejected_because", Text(row.rejected_because)},
          {"drivers", Drivers(row, context)}};
}

Json Common(const PreparedSuggestion& row) {
  return {{"suggestion_id", row.id}, {"confidence", Word(row.confidence)}, {"caveats", row.caveats}, {"ddl", Json()}, {"undo_ddl", Json()}};
}

Json Suggestion(const PreparedSuggestion& row, const PreparedReportContext& context) {
  Json json = Common(row);
  json["status"] = Text(row.status);
  if (row.mute)
    json["mute"] = {{"reason", Text(row.mute->reason)},
                    {"muted_by", row.mute->by},
                    {"muted_at", IsoInstant(row.mute->at)},
                    {"until", row.mute->until ? Json(IsoInstant(*row.mute->until)) : Json()}};
  json.update(Details(row));
  json["evidence"] = Evidence(row, context);
  return json;
}

Json Suggestions(const std::vector<PreparedSuggestion>& rows, const PreparedReportContext& context) {
  Json list = Json::array();
  for (const PreparedSuggestion& row : rows) list.push_back(Suggestion(row, context));
  return list;
}

const char* VerdictWord(model::PoolerVerdict verdict) {
  constexpr const char* kWords[] = {"none", "session", "supported", "turned_off", "too_old", "unknown"};
  return kWords[static_cast<int>(verdict)];
}

Json Pooler(const model::PreparedPooler& pooler) {
  return {{"verdict", VerdictWord(pooler.verdict)},
          {"version", Text(pooler.version)},
          {"pool_mode", Text(pooler.mode)},
          {"max_prepared_statements", Optional(pooler.max_prepared_statements)},
          {"note", pooler.note}};
}

Json NothingToDo(const PreparedAdvice& advice) {
  Json json = Json::object();
  for (const auto& [reason, count] : advice.nothing_to_do) json[reason] = count;
  return json;
}

}  // namespace

std::string PreparedJson(const PreparedAdvice& advice, const PreparedReportContext& context) {
  const model::ServerInfo& server = advice.server;
  Json json = {{"schema_version", 1},
               {"kind", "prepared"},
               {"run_id", context.run_id ? Json(std::to_string(*context.run_id)) : Json()},
               {"server", ServerObject(server)},
               {"collected_at", IsoInstant(server.collected_at)},
               {"window_start", IsoInstant(server.window_start)},
               {"window_end", IsoInstant(server.window_end)},
               {"plan_cache_mode", advice.plan_cache_mode},
               {"pooler", Pooler(advice.pooler)},
               {"statements", advice.statements},
               {"statements_planned", advice.statements_planned},
               {"suggestions", Suggestions(advice.suggestions, context)},
               {"withheld", Suggestions(advice.withheld, context)},
               {"rejected", Suggestions(advice.rejected, context)},
               {"nothing_to_do", NothingToDo(advice)},
               {"muted", context.muted},
               {"not_shown", context.not_shown},
               {"warnings", advice.warnings}};
  if (!context.not_saved.empty()) json["warnings"].push_back("not saved: " + context.not_saved);
  return Dump(json, 2) + "\n";
}

std::string PreparedRunDocument(const PreparedAdvice& advice, const PreparedReportContext& context, const std::string& tool_version) {
  Json json = {{"kind", "prepared"},
               {"started_at", IsoInstant(advice.server.collected_at)},
               {"tool_version", tool_version},
               {"window_start", IsoInstant(advice.server.window_start)},
               {"window_end", IsoInstant(advice.server.window_end)},
               {"statements", advice.statements},
               {"statements_costed", advice.statements_planned},
               {"time_costed_ratio", advice.exec_time > 0 ? Json(advice.exec_time_planned / advice.exec_time) : Json()},
               {"not_costed", NothingToDo(advice)},
               {"options", {{"measure", advice.measured}, {"pooler", Pooler(advice.pooler)}}},
               {"settings", {{"plan_cache_mode", advice.plan_cache_mode}}},
               {"suggestions", Json::array()}};
  if (!context.workload_file.empty()) json["options"]["from"] = context.workload_file;
  for (const auto* rows : {&advice.suggestions, &advice.rejected})
    for (const PreparedSuggestion& row : *rows) {
      Json item = Common(row);
      item["kind"] = "prepared";
      if (row.status == "verified" || row.status == "rejected") item["status"] = row.status;
      item["details"] = Details(row);
      item["evidence"] = Evidence(row, context);
      json["suggestions"].push_back(item);
    }
  return Dump(json, -1);
}

}  // namespace steward::report
