// See pool_settings.hpp. The rows of each pool; those of all pools are in common_settings.cpp.
#include "advise/pool/pool_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "advise/pool/setting_rows.hpp"

namespace steward::advise::pool {

namespace {

using model::AdvisedPool;
using model::PoolSetting;

std::string Quoted(const std::string& name) {
  std::string quoted = "\"";
  for (const char letter : name) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + "\"";
}

std::vector<std::string> RolesOf(const AdvisedPool& pool) {
  std::vector<std::string> roles;
  for (const model::PoolMember& member : pool.members)
    if (!member.role.empty() && std::find(roles.begin(), roles.end(), member.role) == roles.end()) roles.push_back(member.role);
  return roles;
}

std::string Alter(const AdvisedPool& pool, const std::string& database, const std::string& action) {
  std::string ddl;
  for (const std::string& role : RolesOf(pool))
    ddl += fmt::format("{}ALTER ROLE {} IN DATABASE {} {};", ddl.empty() ? "" : " ", Quoted(role), Quoted(database), action);
  return ddl;
}

// A role's settings hold for all its sessions: none is set by a role that other pools have too.
bool SharesRole(const AdvisedPool& pool, const model::PoolAdvice& advice) {
  const std::vector<std::string> roles = RolesOf(pool);
  return std::any_of(advice.pools.begin(), advice.pools.end(), [&](const AdvisedPool& other) {
    const std::vector<std::string> others = RolesOf(other);
    return other.name != pool.name && std::find_first_of(roles.begin(), roles.end(), others.begin(), others.end()) != roles.end();
  });
}

void AlterRoles(PoolSetting& row, const AdvisedPool& pool, const model::PoolAdvice& advice) {
  if (SharesRole(pool, advice)) {
    row.caveats.push_back("its role is of another pool too: give each pool a role of its own, by which PgBouncer tells them apart as well");
    return;
  }
  const std::string& database = advice.server.database;
  row.ddl = Alter(pool, database, fmt::format("SET {} = '{}'", row.setting, row.suggested));
  row.undo_ddl = Alter(pool, database, "RESET " + row.setting);
}

std::string SizeReason(const AdvisedPool& pool, const model::PoolAdvice& advice) {
  std::string text = fmt::format("{:.4g} transactions/s that hold a connection {:.3g} ms each keep {:.2g} busy", pool.predicted.throughput,
                                 pool.predicted.hold_mean, pool.predicted.utilization * static_cast<double>(pool.size));
  for (const std::string& note : pool.notes) text += "; " + note;
  if (advice.demand.pooler_processes > 1)
    text += fmt::format("; {} over {} processes", pool.size, advice.demand.pooler_processes);
  if (const auto roles = RolesOf(pool).size(); roles > 1)
    text += fmt::format("; for its {} roles together: give its entry in [databases] a user, or divide it among them", roles);
  return text;
}

std::string ModeReason(const AdvisedPool& pool) {
  std::string used;
  for (const model::PoolMember& member : pool.members)
    for (const std::string& feature : member.features) used += (used.empty() ? "" : ", ") + feature;
  if (pool.mode == "session") return "its sessions use what does not survive a change of hands: " + used;
  if (!used.empty()) return "a connection serves many clients; seen, and to be looked at: " + used;
  return "a connection serves many clients; its sessions were not seen to use what would not survive that";
}

void AddStatementTimeout(SettingRows& rows, const AdvisedPool& pool, const model::PoolWorkload& workload,
                         const model::PoolAdvice& advice) {
  const double ms = StatementTimeout(pool);
  double longest = 0;
  for (const model::PoolMember& member : pool.members) longest = std::max(longest, member.hold_time_max);
  PoolSetting& row = rows.Add(pool.name, "postgresql", "statement_timeout", TimeText(ms), "reload",
                              fmt::format("the longest transaction took {}; what runs longer than this no client waits for, and it "
                                          "would hold a connection on", Milliseconds(longest)));
  row.current = TimeText(workload.limits.statement_timeout);
  AlterRoles(row, pool, advice);
  row.caveats.push_back("the limit that the application sets on a request has to be longer");
}

void AddIdleTimeout(SettingRows& rows, const AdvisedPool& pool, const model::PoolWorkload& workload, const model::PoolAdvice& advice,
                    const Timeouts& timeouts) {
  double idle = 0;
  for (const model::PoolMember& member : pool.members) idle = std::max(idle, member.split.client);
  const double ms = std::max(timeouts.query_wait_ms, RoundTimeout(kIdleTimesMean * idle));
  PoolSetting& row = rows.Add(pool.name, "postgresql", "idle_in_transaction_session_timeout", TimeText(ms), "reload",
                              fmt::format("transactions wait {} for their client on the mean; one that was left open gives its "
                                          "connection back", Milliseconds(idle)));
  row.current = TimeText(workload.limits.idle_in_transaction_timeout);
  AlterRoles(row, pool, advice);
  if (ms > timeouts.query_wait_ms)
    row.caveats.push_back("longer than query_wait_timeout: while it runs out, others give up");
}

void AddPool(SettingRows& rows, const AdvisedPool& pool, const model::PoolWorkload& workload, const model::PoolAdvice& advice,
             const Timeouts& timeouts) {
  const int processes = advice.demand.pooler_processes;
  const std::int64_t each = (pool.size + processes - 1) / processes;
  PoolSetting& size = rows.Add(pool.name, "pgbouncer", "pool_size", std::to_string(each), "reload", SizeReason(pool, advice));
  if (!advice.feasibility.feasible && pool.name != "admin")
    size.caveats.push_back("the promises are not kept at this size, nor at any other: this is where most is served");
  rows.Add(pool.name, "pgbouncer", "min_pool_size", std::to_string(std::min(each, (pool.min_size + processes - 1) / processes)), "reload",
           "as many are busy on the mean: they are there before the first client comes");
  rows.Add(pool.name, "pgbouncer", "reserve_pool_size", std::to_string((pool.reserve + processes - 1) / processes), "reload",
           pool.reserve > 0 ? "for moments: transactions wait for other things than a core; counted in max_connections (reserve_pool in "
                              "[databases] before PgBouncer 1.24)"
                            : "more connections would only share the same cores");
  PoolSetting& mode = rows.Add(pool.name, "pgbouncer", "pool_mode", pool.mode, "reload", ModeReason(pool));
  const bool known = std::all_of(pool.members.begin(), pool.members.end(), [&](const model::PoolMember& member) {
    return std::any_of(workload.classes.begin(), workload.classes.end(),
                       [&](const model::PoolClass& one) { return one.features_known && ClassName(one) == member.name; });
  });
  if (!known) mode.caveats.push_back("which session features it uses was not captured");
  rows.Add(pool.name, "application", "pool_size", std::to_string(pool.application_pool), "deploy",
           fmt::format("of each of {} instance{}: all its requests at once; the queue is in the pooler then, where it is seen",
                       advice.demand.instances, advice.demand.instances == 1 ? "" : "s"));
  rows.Add(pool.name, "application", "acquire_timeout", TimeText(timeouts.acquire_ms), "deploy",
           "longer than query_wait_timeout, so that nobody is waited for who has gone");
  AddStatementTimeout(rows, pool, workload, advice);
  AddIdleTimeout(rows, pool, workload, advice, timeouts);
}

}  // namespace

double RoundTimeout(double ms) {
  constexpr double kSteps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600};
  for (const double seconds : kSteps)
    if (ms <= seconds * 1000) return seconds * 1000;
  return std::ceil(ms / 3600000) * 3600000;
}

double StatementTimeout(const AdvisedPool& pool) {
  constexpr double kLeast = 5000;
  double longest = 0;
  for (const model::PoolMember& member : pool.members) longest = std::max(longest, member.hold_time_max);
  return RoundTimeout(std::max(kLeast, 2 * longest));
}

Timeouts ChooseTimeouts(const model::PoolDemand& demand, const std::vector<AdvisedPool>& pools) {
  constexpr double kTimesPromise = 10;
  constexpr double kLongest = 30000;
  constexpr double kLongestForIdle = 10000;
  double wait = std::max(1000.0, kTimesPromise * demand.slo_p95);
  for (const AdvisedPool& pool : pools) {
    if (pool.name == "admin") wait = std::max(wait, 2 * pool.predicted.wait_p95);
    for (const model::PoolMember& member : pool.members)
      wait = std::max(wait, std::min(kLongestForIdle, RoundTimeout(kIdleTimesMean * member.split.client)));
  }
  Timeouts timeouts;
  timeouts.query_wait_ms = std::min(kLongest, std::ceil(wait / 500) * 500);
  timeouts.acquire_ms = timeouts.query_wait_ms + 500;
  timeouts.reserve_ms = timeouts.query_wait_ms / 4;
  return timeouts;
}

std::vector<PoolSetting> Settings(const model::PoolWorkload& workload, const model::PoolAdvice& advice) {
  SettingRows rows(workload, advice);
  const Timeouts timeouts = ChooseTimeouts(advice.demand, advice.pools);
  for (const AdvisedPool& pool : advice.pools) AddPool(rows, pool, workload, advice, timeouts);
  AddCommon(rows, workload, advice, timeouts);
  return rows.Take();
}

}  // namespace steward::advise::pool
