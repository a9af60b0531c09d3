// The JSON forms of advice on pools: the report, and the document that is saved. Declared in pool_report.hpp.
#include "report/instants.hpp"
#include "report/json_values.hpp"
#include "report/pool_report.hpp"

namespace steward::report {

namespace {

using model::AdvisedPool;
using model::PoolAdvice;
using model::PoolSetting;

Json Split(const model::HoldSplit& split) {
  return {{"cpu_time", split.cpu},       {"core_wait_time", split.queue}, {"lock_time", split.lock},
          {"lwlock_time", split.lwlock}, {"io_time", split.io},           {"wal_time", split.wal},
          {"client_time", split.client}, {"other_time", split.other},     {"sampled", split.sampled}};
}

Json Member(const model::PoolMember& member) {
  return {{"class", member.name},
          {"role", member.role},
          {"arrival_rate", member.rate},
          {"hold_time", member.hold_time},
          {"hold_time_p95", member.hold_time_p95},
          {"hold_time_max", member.hold_time_max},
          {"split", Split(member.split)},
          {"cause", Word(member.cause)},
          {"features", member.features_known ? Json(member.features) : Json()}};
}

Json Predicted(const model::PoolPrediction& predicted) {
  return {{"throughput", predicted.throughput},     {"wait_mean", predicted.wait_mean},
          {"wait_p95", predicted.wait_p95},         {"response_p95", predicted.response_p95},
          {"hold_mean", predicted.hold_mean},       {"utilization", predicted.utilization},
          {"timeout_ratio", predicted.timeout_ratio}};
}

Json Pool(const AdvisedPool& pool) {
  Json json = {{"pool", pool.name},
               {"cause", Word(pool.cause)},
               {"size", pool.size},
               {"reserve", pool.reserve},
               {"min_size", pool.min_size},
               {"application_pool", pool.application_pool},
               {"mode", pool.mode},
               {"demand", pool.demand},
               {"users", pool.users > 0 ? Json(pool.users) : Json()},
               {"memory_bytes", pool.memory},
               {"predicted", Predicted(pool.predicted)},
               {"notes", pool.notes},
               {"classes", Json::array()}};
  for (const model::PoolMember& member : pool.members) json["classes"].push_back(Member(member));
  return json;
}

// The columns of steward.pool_suggestions that only this kind of suggestion has.
Json Details(const PoolSetting& row) {
  return {{"pool", Text(row.pool)},
          {"component", row.component},
          {"setting", row.setting},
          {"current_value", Text(row.current)},
          {"suggested_value", row.suggested},
          {"requires", row.requires_what},
          {"reason", row.reason},
          {"cause", Word(row.cause)},
          {"arrival_rate", Optional(row.arrival_rate)},
          {"hold_time", Optional(row.hold_time)},
          {"hold_time_p95", Optional(row.hold_time_p95)},
          {"predicted_wait_p95", Optional(row.predicted_wait_p95)},
          {"predicted_utilization", Optional(row.predicted_utilization)},
          {"predicted_timeout_ratio", Optional(row.predicted_timeout_ratio)},
          {"memory_bytes", Optional(row.memory_bytes)}};
}

Json Common(const PoolSetting& row) {
  return {{"suggestion_id", row.id},
          {"confidence", Word(row.confidence)},
          {"caveats", row.caveats},
          {"ddl", Text(row.ddl)},
          {"undo_ddl", Text(row.undo_ddl)}};
}

Json Setting(const PoolSetting& row) {
  Json json = Common(row);
  json["status"] = Text(row.status);
  if (row.mute)
    json["mute"] = {{"reason", Text(row.mute->reason)},
                    {"muted_by", row.mute->by},
                    {"muted_at", IsoInstant(row.mute->at)},
                    {"until", row.mute->until ? Json(IsoInstant(*row.mute->until)) : Json()}};
  json.update(Details(row));
  return json;
}

Json Feasibility(const model::PoolFeasibility& judged) {
  return {{"feasible", judged.feasible},
          {"why", Text(judged.why)},
          {"most_users", Optional(judged.most_users)},
          {"most_rate", Optional(judged.most_rate)},
          {"cpu_utilization", judged.cpu_utilization},
          {"cores_needed", judged.cores_needed},
          {"helps", judged.helps}};
}

Json Demand(const model::PoolDemand& demand) {
  return {{"users", Optional(demand.users)},
          {"think_time", demand.think_time},
          {"rate", Optional(demand.rate)},
          {"growth", demand.growth},
          {"slo_p95", demand.slo_p95},
          {"slo_timeouts", demand.slo_timeouts},
          {"instances", demand.instances},
          {"pgbouncer_processes", demand.pooler_processes},
          {"max_connections", Optional(demand.max_connections)},
          {"one_pool", demand.one_pool},
          {"main", demand.main},
          {"read", demand.read},
          {"admin", demand.admin}};
}

Json Host(const model::PoolHost& host) {
  return {{"cores", host.cores > 0 ? Json(host.cores) : Json()},
          {"memory", host.memory > 0 ? Json(host.memory) : Json()},
          {"source", host.source},
          {"busy_cores", Optional(host.busy_cores)},
          {"clients_local", host.clients_local}};
}

Json Pools(const PoolAdvice& advice) {
  Json pools = Json::array();
  for (const AdvisedPool& pool : advice.pools) pools.push_back(Pool(pool));
  return pools;
}

}  // namespace

std::string PoolJson(const PoolAdvice& advice, const PoolReportContext& context) {
  const model::ServerInfo& server = advice.server;
  Json json = {{"schema_version", 1},
               {"kind", "pool"},
               {"run_id", context.run_id ? Json(std::to_string(*context.run_id)) : Json()},
               {"server", ServerObject(server)},
               {"collected_at", IsoInstant(server.collected_at)},
               {"window_start", IsoInstant(server.window_start)},
               {"window_end", IsoInstant(server.window_end)},
               {"seconds", advice.seconds},
               {"since_reset", advice.since_reset},
               {"machine", Host(advice.host)},
               {"demand", Demand(advice.demand)},
               {"cause", Word(advice.cause)},
               {"diagnosis", advice.diagnosis},
               {"censored", advice.censored},
               {"feasibility", Feasibility(advice.feasibility)},
               {"pools", Pools(advice)},
               {"connections", advice.connections},
               {"budget", advice.budget},
               {"memory_bytes", advice.memory},
               {"settings", Json::array()},
               {"muted", context.muted},
               {"missing", advice.missing},
               {"warnings", advice.warnings}};
  for (const PoolSetting& row : advice.settings) json["settings"].push_back(Setting(row));
  if (!context.not_saved.empty()) json["warnings"].push_back("not saved: " + context.not_saved);
  return Dump(json, 2) + "\n";
}

std::string PoolRunDocument(const PoolAdvice& advice, const std::string& workload_file, const std::string& tool_version) {
  std::int64_t classes = 0;
  for (const AdvisedPool& pool : advice.pools) classes += static_cast<std::int64_t>(pool.members.size());
  Json json = {{"kind", "pool"},
               {"started_at", IsoInstant(advice.server.collected_at)},
               {"tool_version", tool_version},
               {"window_start", IsoInstant(advice.server.window_start)},
               {"window_end", IsoInstant(advice.server.window_end)},
               {"statements", classes},
               {"statements_costed", classes},
               {"time_costed_ratio", Json()},
               {"not_costed", Json::object()},
               {"options", Demand(advice.demand)},
               {"settings", {{"machine", Host(advice.host)}}},
               {"suggestions", Json::array()}};
  if (!workload_file.empty()) json["options"]["from"] = workload_file;
  for (const PoolSetting& row : advice.settings) {
    Json item = Common(row);
    item["kind"] = "pool";
    item["details"] = Details(row);
    item["evidence"] = {{"diagnosis", advice.diagnosis}, {"feasibility", Feasibility(advice.feasibility)}, {"pools", Json::array()}};
    for (const AdvisedPool& pool : advice.pools)
      if (row.pool.empty() || pool.name == row.pool) item["evidence"]["pools"].push_back(Pool(pool));
    json["suggestions"].push_back(item);
  }
  return Dump(json, -1);
}

}  // namespace steward::report
