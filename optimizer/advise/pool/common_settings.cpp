// See setting_rows.hpp: rows, values, and the settings of all pools together.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "advise/pool/setting_rows.hpp"
#include "model/index_definition.hpp"

namespace steward::advise::pool {

using model::AdvisedPool;
using model::PoolSetting;

namespace {

constexpr double kManyClients = 1000;
constexpr double kHeadroom = 1.2;

std::int64_t RoundUp(double value, std::int64_t step) {
  return static_cast<std::int64_t>(std::ceil(value / static_cast<double>(step))) * step;
}

double Clients(const model::PoolAdvice& advice) {
  double pools = 0;
  for (const AdvisedPool& pool : advice.pools)
    pools += static_cast<double>(pool.application_pool) * advice.demand.instances;
  return std::max(pools, advice.demand.users.value_or(0));
}

void AddClients(SettingRows& rows, const model::PoolAdvice& advice) {
  const double clients = Clients(advice);
  const std::int64_t most = RoundUp(std::max(100.0, kHeadroom * clients), 100);
  PoolSetting& row = rows.Add("", "pgbouncer", "max_client_conn", std::to_string(most), "reload",
                              fmt::format("{:.10g} clients and a fifth for reconnects; idle ones cost about 2 kB each", clients));
  row.caveats.push_back(fmt::format("the limit on open files of the pooler has to be {} at least (/proc/PID/limits; runuser and PAM may lower it)",
                                    most + advice.connections + 50));
  if (clients < kManyClients) return;
  PoolSetting& backlog = rows.Add("", "pgbouncer", "listen_backlog", "4096", "restart",
                                  "so many clients may connect at once; beyond the backlog connecting fails (EAGAIN)");
  backlog.caveats.push_back("net.core.somaxconn bounds it");
}

void AddPoolerTimeouts(SettingRows& rows, const model::PoolAdvice& advice, const Timeouts& timeouts) {
  rows.Add("", "pgbouncer", "query_wait_timeout", SecondsText(timeouts.query_wait_ms), "reload",
           "who has waited so long is refused; under overload that keeps the queue short. It closes the connection of the client, and is "
           "looked at three times a second");
  rows.Add("", "pgbouncer", "reserve_pool_timeout", SecondsText(timeouts.reserve_ms), "reload",
           "before query_wait_timeout, or the reserve is never called on");
  rows.Add("", "pgbouncer", "server_login_retry", SecondsText(timeouts.LoginRetry()), "reload",
           "shorter than query_wait_timeout, or one failed login makes every client give up");
  rows.Add("", "pgbouncer", "server_idle_timeout", "600", "reload", "connections outlast the pause between two bursts");
  rows.Add("", "pgbouncer", "server_lifetime", "3600", "reload", "what the caches of a session have grown to is given back each hour");
  rows.Add("", "application", "max_lifetime", "1800s", "deploy", "shorter than server_lifetime: the application closes first, in its own time");
  if (advice.demand.pooler_processes > 1)
    rows.Add("", "pgbouncer", "so_reuseport", "1", "restart",
             fmt::format("{} processes share one port; a pooler uses one core at most", advice.demand.pooler_processes));
}

void AddServer(SettingRows& rows, const model::PoolWorkload& workload, const model::PoolAdvice& advice) {
  constexpr std::int64_t kMany = 10;
  const model::PoolLimits& limits = workload.limits;
  const std::int64_t others = OtherSessions(workload);
  const std::int64_t needed = advice.connections + others + limits.reserved + kDirectConnections;
  std::int64_t wanted = RoundUp(kHeadroom * static_cast<double>(needed), 10);
  if (advice.demand.max_connections) wanted = std::min<std::int64_t>(wanted, *advice.demand.max_connections);
  const bool fits = limits.max_connections >= needed;
  std::string reason = fmt::format("{} of the pools with their reserve, {} reserved, {} for what connects directly", advice.connections,
                                   limits.reserved, kDirectConnections);
  if (others > 0) reason += fmt::format(", {} of other databases at most at once", others);
  if (fits) reason += "; what is set is enough";
  if (limits.max_connections > kMany * std::max<std::int64_t>(advice.connections, 1))
    reason += ", and far more: each could bring a backend that the cores cannot serve";
  const std::int64_t value = fits ? limits.max_connections : wanted;
  PoolSetting& row = rows.Add("", "postgresql", "max_connections", std::to_string(value), "restart", reason);
  row.current = limits.max_connections > 0 ? std::to_string(limits.max_connections) : "";
  row.memory_bytes = advice.memory;
  if (fits) return;
  row.ddl = fmt::format("ALTER SYSTEM SET max_connections = {};", value);
  row.undo_ddl = fmt::format("ALTER SYSTEM SET max_connections = {};", limits.max_connections);
  row.caveats.push_back("on standbys first: they do not start with less than their primary");
  if (wanted < needed) row.caveats.push_back(fmt::format("{} would be needed, more than the limit that was given", needed));
}

}  // namespace

std::int64_t OtherSessions(const model::PoolWorkload& workload) {
  std::int64_t sessions = 0;
  for (const model::PoolClass& one : workload.classes)
    if (one.database != workload.server.database) sessions += one.max_sessions.value_or(0);
  return sessions;
}

std::string ClassName(const model::PoolClass& one) {
  return one.database + "/" + one.role + "/" + (one.application.empty() ? "-" : one.application);
}

std::string TimeText(double ms) {
  if (ms <= 0) return "0";
  const auto whole = static_cast<std::int64_t>(std::llround(ms));
  return whole % 1000 == 0 ? fmt::format("{}s", whole / 1000) : fmt::format("{}ms", whole);
}

std::string Milliseconds(double ms) {
  return ms < 1000 ? fmt::format("{:.3g} ms", ms) : fmt::format("{:.3g} s", ms / 1000);
}

std::string SecondsText(double ms) {
  return fmt::format("{:.6g}", ms / 1000);
}

PoolSetting& SettingRows::Add(const std::string& pool, const std::string& component, const std::string& setting,
                              const std::string& suggested, const std::string& requires_what, const std::string& reason) {
  PoolSetting row;
  row.id = model::SuggestionId("pool", workload_.server.database, pool + "/" + component + "/" + setting);
  row.pool = pool;
  row.component = component;
  row.setting = setting;
  row.suggested = suggested;
  row.requires_what = requires_what;
  row.reason = reason;
  row.cause = advice_.cause;
  row.confidence = advice_.missing.empty() ? model::Confidence::kMedium : model::Confidence::kLow;
  for (const AdvisedPool& one : advice_.pools) {
    if (one.name != pool) continue;
    double rate = 0;
    double hold = 0;
    double p95 = 0;
    for (const model::PoolMember& member : one.members) {
      rate += member.rate;
      hold += member.rate * member.hold_time;
      p95 = std::max(p95, member.hold_time_p95);
    }
    row.cause = one.cause;
    row.arrival_rate = rate;
    if (rate > 0) row.hold_time = hold / rate;
    row.hold_time_p95 = p95;
    row.predicted_wait_p95 = one.predicted.wait_p95;
    row.predicted_utilization = one.predicted.utilization;
    row.predicted_timeout_ratio = one.predicted.timeout_ratio;
    row.memory_bytes = one.memory;
  }
  return rows_.emplace_back(std::move(row));
}

void AddCommon(SettingRows& rows, const model::PoolWorkload& workload, const model::PoolAdvice& advice, const Timeouts& timeouts) {
  AddClients(rows, advice);
  AddPoolerTimeouts(rows, advice, timeouts);
  AddServer(rows, workload, advice);
}

}  // namespace steward::advise::pool
