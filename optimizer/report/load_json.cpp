// The JSON form of a load. Declared in load_report.hpp.
#include <cmath>
#include "report/json_values.hpp"
#include "report/load_report.hpp"

namespace steward::report {

namespace {

Json Finite(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json Times(const model::LoadTimes& times) {
  if (times.count == 0) return Json();
  return {{"count", times.count},
          {"p50_time", times.p50_ms},
          {"p95_time", times.p95_ms},
          {"p95_time_low", times.p95_low_ms},
          {"p95_time_high", times.p95_high_ms},
          {"p99_time", times.p99_ms},
          {"max_time", times.max_ms},
          {"at_least", times.at_least}};
}

Json Errors(const std::vector<model::LoadErrors>& errors) {
  Json list = Json::array();
  for (const model::LoadErrors& error : errors)
    list.push_back({{"sqlstate", error.sqlstate.empty() ? Json() : Json(error.sqlstate)},
                    {"message", error.message},
                    {"count", error.count}});
  return list;
}

Json Pool(const std::optional<model::PoolUse>& pool) {
  if (!pool) return Json();
  return {{"size", Optional(pool->size)},
          {"connections", pool->connections},
          {"mean_busy", pool->mean_busy},
          {"max_busy", Optional(pool->max_busy)},
          {"utilization", pool->utilization()}};
}

Json Class(const model::LoadClassResult& one) {
  return {{"class", one.name},
          {"database", one.database},
          {"user", one.user},
          {"users", one.users > 0 ? Json(one.users) : Json()},
          {"think_time", one.users > 0 ? Json(one.think_time_ms) : Json()},
          {"rate", one.users > 0 ? Json() : Json(one.rate)},
          {"connections", one.connections},
          {"offered", one.offered},
          {"throughput", one.throughput},
          {"throughput_low", one.throughput_low},
          {"throughput_high", Finite(one.throughput_high)},
          {"requests", one.requests},
          {"succeeded", one.succeeded},
          {"acquire_timeouts", one.acquire_timeouts},
          {"query_timeouts", one.query_timeouts},
          {"failed", one.failed},
          {"unfinished", one.unfinished},
          {"timeout_ratio", one.timeout_ratio()},
          {"error_ratio", one.error_ratio()},
          {"connections_lost", one.connections_lost},
          {"connection_failures", one.connection_failures},
          {"response", Times(one.response)},
          {"acquire", Times(one.acquire)},
          {"service", Times(one.service)},
          {"errors", Errors(one.errors)},
          {"pool", Pool(one.pool)},
          {"slo",
           {{"p95_time", one.slo.p95_ms},
            {"timeout_ratio", one.slo.timeout_ratio},
            {"error_ratio", one.slo.error_ratio},
            {"utilization", one.slo.utilization}}},
          {"missed", one.missed},
          {"undecided", one.undecided}};
}

}  // namespace

std::string LoadJson(const model::LoadResult& result) {
  Json classes = Json::array();
  for (const model::LoadClassResult& one : result.classes) classes.push_back(Class(one));
  const Json document = {{"host", result.host},
                         {"port", result.port},
                         {"seed", std::to_string(result.seed)},
                         {"warmup_seconds", result.warmup_s},
                         {"seconds", result.duration_s},
                         {"interrupted", result.interrupted},
                         {"connections", result.connections},
                         {"connect_seconds", result.connect_s},
                         {"connect_retries", result.connect_retries},
                         {"cores", result.cores},
                         {"machine_cpu", result.machine_cpu},
                         {"pooler_cores", Optional(result.pooler_cpu)},
                         {"pooler_memory_bytes", Optional(result.pooler_memory)},
                         {"server_cores", Optional(result.server_cpu)},
                         {"foreign_cores", Optional(result.foreign_cpu)},
                         {"driver_cores", result.driver_cpu},
                         {"lateness_p99_time", result.lateness_p99_ms},
                         {"classes", classes},
                         {"warnings", result.notes}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace steward::report
