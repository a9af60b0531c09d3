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

// Of all classes of its roles, also of those that are too rare to count for the pool: a role's settings hold for them too.
double LongestOfRoles(const model::PoolWorkload& workload, const AdvisedPool& pool) {
  const std::vector<std::string> roles = RolesOf(pool);
  double longest = 0;
  for (const model::PoolClass& one : workload.classes)
    if (one.database == workload.server.database && std::find(roles.begin(), roles.end(), one.role) != roles.end())
      longest = std::max(longest, one.max_time);
  return longest;
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

// Three digits, never as a power of ten.
std::string Figure(double value) { return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value); }

std::string SizeReason(const AdvisedPool& pool, const model::PoolAdvice& advice) {
  std::string text = fmt::format("{} transactions/s that hold a connection {} ms each keep {} busy", Figure(pool.predicted.throughput),
                                 Figure(pool.predicted.hold_mean), Figure(pool.predicted.utilization * static_cast<double>(pool.size)));
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

constexpr double kGoodPart = 0.1;

bool IdleKnown(const model::PoolWorkload& workload, const model::PoolMember& member) {
  return std::any_of(workload.classes.begin(), workload.classes.end(), [&](const model::PoolClass& one) {
    return ClassName(one) == member.name && (one.idle_in_transaction_time || one.samples);
  });
}

// What is too rare to count for a pool may come through it all the same.
void WarnOfRare(PoolSetting& mode, const AdvisedPool& pool, const model::PoolWorkload& workload, const model::PoolAdvice& advice) {
  const std::vector<std::string> roles = RolesOf(pool);
  for (const model::PoolClass& one : workload.classes) {
    if (one.database != workload.server.database || std::find(roles.begin(), roles.end(), one.role) == roles.end()) continue;
    const bool member = std::any_of(advice.pools.begin(), advice.pools.end(), [&](const AdvisedPool& other) {
      return std::any_of(other.members.begin(), other.members.end(), [&](const model::PoolMember& m) { return m.name == ClassName(one); });
    });
    if (member || one.features.empty()) continue;
    std::string used;
    for (const std::string& feature : one.features) used += (used.empty() ? "" : ", ") + feature;
    mode.caveats.push_back(fmt::format("{}, too rare to count, uses {}: it has to connect without the pooler, or in session mode",
                                       ClassName(one), used));
  }
}

void AddStatementTimeout(SettingRows& rows, const AdvisedPool& pool, const model::PoolWorkload& workload,
                         const model::PoolAdvice& advice) {
  const double ms = StatementTimeout(workload, pool);
  const double longest = LongestOfRoles(workload, pool);
  PoolSetting& row = rows.Add(pool.name, "postgresql", "statement_timeout", TimeText(ms), "reload",
                              fmt::format("the longest transaction of its roles took {}; what runs longer than this no client waits for, and it "
                                          "would hold a connection on", Milliseconds(longest)));
  row.current = TimeText(workload.limits.statement_timeout);
  AlterRoles(row, pool, advice);
  row.caveats.push_back("the limit that the application sets on a request has to be longer");
}

void AddIdleTimeout(SettingRows& rows, const AdvisedPool& pool, const model::PoolWorkload& workload, const model::PoolAdvice& advice,
                    const Timeouts& timeouts) {
  double idle = 0;
  double longest = 0;  // of transactions that wait for their client for a good part: any of it may have been one wait
  for (const model::PoolMember& member : pool.members) {
    if (!IdleKnown(workload, member)) return;
    idle = std::max(idle, member.split.client);
    if (member.split.client > kGoodPart * member.split.Total()) longest = std::max(longest, member.hold_time_max);
  }
  const double ms = std::max({timeouts.query_wait_ms, RoundTimeout(kIdleTimesMean * idle), RoundTimeout(longest)});
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
           "as many are busy on the mean: kept once a client has come; before that only where the entry in [databases] has a user, "
           "from PgBouncer 1.21 on");
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
  if (pool.mode == "transaction") WarnOfRare(mode, pool, workload, advice);
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

double StatementTimeout(const model::PoolWorkload& workload, const AdvisedPool& pool) {
  constexpr double kLeast = 5000;
  return RoundTimeout(std::max(kLeast, 2 * LongestOfRoles(workload, pool)));
}

Timeouts ChooseTimeouts(const model::PoolDemand& demand, const std::vector<AdvisedPool>& pools, const SimulatedOutcomes& outcomes) {
  constexpr double kTimesPromise = 10;
  constexpr double kLongest = 30000;
  constexpr double kLongestForIdle = 10000;
  double wait = std::max(1000.0, kTimesPromise * demand.slo_p95);
  for (std::size_t g = 0; g < pools.size(); ++g) {
    if (pools[g].name == "admin" && g < outcomes.pools.size()) wait = std::max(wait, 2 * outcomes.pools[g].wait_p95);
    for (const model::PoolMember& member : pools[g].members)
      wait = std::max(wait, std::min(kLongestForIdle, RoundTimeout(kIdleTimesMean * member.split.client)));
  }
  Timeouts timeouts;
  timeouts.query_wait_ms = std::min(kLongest, std::ceil(wait / 500) * 500);
  timeouts.acquire_ms = timeouts.query_wait_ms + 500;
  timeouts.reserve_ms = timeouts.query_wait_ms / 4;
  return timeouts;
}

std::vector<PoolSetting> Settings(const model::PoolWorkload& workload, const model::PoolAdvice& advice, const Timeouts& timeouts) {
  SettingRows rows(workload, advice);
  for (const AdvisedPool& pool : advice.pools) AddPool(rows, pool, workload, advice, timeouts);
  AddCommon(rows, workload, advice, timeouts);
  return rows.Take();
}

}  // namespace steward::advise::pool
