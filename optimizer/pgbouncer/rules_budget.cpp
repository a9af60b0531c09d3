// Rules about how many connections may be opened, and how many there are for them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>

#include "pgbouncer/rule_terms.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

using model::LintSeverity;

Findings::Evidence EvidenceOf(const Budget& budget, const ServerFacts& server) {
  Findings::Evidence evidence = {{"pools", fmt::format("{} in {} pools", budget.pools, budget.count)}};
  if (budget.processes > 1) evidence.emplace_back("processes", std::to_string(budget.processes));
  if (budget.reserve > 0) evidence.emplace_back("reserve", std::to_string(budget.reserve));
  if (budget.lookups > 0) evidence.emplace_back("auth_user", std::to_string(budget.lookups));
  if (budget.direct > 0) evidence.emplace_back("direct", std::to_string(budget.direct));
  evidence.emplace_back("total", std::to_string(budget.Total()));
  evidence.emplace_back("max_connections", std::to_string(server.max_connections));
  evidence.emplace_back("reserved", std::to_string(server.superuser_reserved + server.reserved));
  return evidence;
}

// The size of each pool with which all fit, and the line that says it.
std::string SizeThatFits(const Budget& budget, const ServerFacts& server) {
  const std::int64_t left = server.Usable() - budget.direct - budget.processes * (budget.lookups + budget.reserve);
  const std::int64_t each = left / std::max<std::int64_t>(budget.processes * static_cast<std::int64_t>(budget.count), 1);
  if (each < 1) return fmt::format("max_connections = {}   (postgresql.conf, needs a restart)",
                                   budget.Total() + server.superuser_reserved + server.reserved);
  return fmt::format("default_pool_size = {}   (and no larger pool_size= in [databases])", each);
}

// 1
void ConnectionBudget(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (!HasPooler(facts) || !facts.server) return;
  const Budget budget = BudgetOf(facts, PoolsOf(facts));
  if (budget.unlimited)
    return findings.Add(LintSeverity::kError, "all pools", "a pool has no bound: it can take all connections of the server",
                        EvidenceOf(budget, *facts.server), SizeThatFits(budget, *facts.server));
  if (budget.Total() > facts.server->Usable())
    findings.Add(LintSeverity::kError, "all pools",
                 fmt::format("pools can open {} connections, the server has {} for them", budget.Total(), facts.server->Usable()),
                 EvidenceOf(budget, *facts.server), SizeThatFits(budget, *facts.server));
}

// 18
void ReserveCounted(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (!HasPooler(facts) || !facts.server) return;
  const Budget budget = BudgetOf(facts, PoolsOf(facts));
  if (budget.reserve == 0 || budget.WithoutReserve() > facts.server->Usable() || budget.Total() <= facts.server->Usable()) return;
  const std::int64_t left = facts.server->Usable() - budget.WithoutReserve();
  findings.Add(LintSeverity::kError, "reserve_pool_size", "without the reserve all pools fit, with it they do not",
               EvidenceOf(budget, *facts.server),
               fmt::format("reserve_pool_size = {}", left / std::max<std::int64_t>(budget.processes * static_cast<std::int64_t>(budget.count), 1)));
}

// 3
void PoolsMultiply(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (!HasPooler(facts) || !facts.server) return;
  if (SettingNumber(facts, "so_reuseport").value_or(0) != 0 && !(facts.app && facts.app->processes))
    findings.Needs("the number of processes that share the port (processes in [pgbouncer] of --app)");
  const std::vector<Pool> pools = PoolsOf(facts);
  const auto of_default = std::count_if(pools.begin(), pools.end(), [](const Pool& pool) { return pool.size_is_default; });
  const std::int64_t factor = std::max<std::int64_t>(of_default, 1) * Processes(facts);
  const std::int64_t size = SettingNumber(facts, "default_pool_size").value_or(0);
  const Budget budget = BudgetOf(facts, pools);
  if (factor < 2 || budget.unlimited || size > facts.server->Usable() || budget.Total() <= facts.server->Usable()) return;
  findings.Add(LintSeverity::kError, "default_pool_size",
               fmt::format("default_pool_size holds for each database and user of each process: {} become {}", size, size * factor),
               {{"default_pool_size", std::to_string(size)}, {"pools that use it", std::to_string(of_default)},
                {"processes", std::to_string(Processes(facts))}, {"available", std::to_string(facts.server->Usable())}},
               SizeThatFits(budget, *facts.server));
}

// 16
void OversizedLimits(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (!HasPooler(facts) || !facts.server) return;
  const Budget budget = BudgetOf(facts, PoolsOf(facts));
  const std::int64_t total = budget.Total();
  if (budget.unlimited || total == 0) return;
  if (facts.server->max_connections > 10 * total)
    findings.Add(LintSeverity::kWarning, "max_connections",
                 fmt::format("max_connections is more than ten times what pools can open ({})", total),
                 {{"max_connections", std::to_string(facts.server->max_connections)}, {"pools", std::to_string(total)}},
                 fmt::format("max_connections = {}   (postgresql.conf, needs a restart)",
                             total + total / 5 + facts.server->superuser_reserved + facts.server->reserved));
  const std::optional<double> cpu = CpuShare(facts);
  if (!cpu) findings.Needs("the CPU time of classes (steward.classes)");
  if (!facts.machine || !facts.server->local) findings.Needs("a server on this machine, to know its cores");
  if (!cpu || !facts.machine || !facts.server->local) return;
  constexpr std::int64_t kConnectionsACore = 20;
  constexpr double kCpuBound = 0.5;
  if (*cpu >= kCpuBound && total > kConnectionsACore * facts.machine->cores)
    findings.Add(LintSeverity::kWarning, "all pools",
                 "the load is bound by CPU: more connections than cores can serve only queue inside the server",
                 {{"pools", std::to_string(total)}, {"cores", std::to_string(facts.machine->cores)},
                  {"share of CPU in hold time", fmt::format("{:.0f} %", *cpu * 100)}},
                 "pgsteward advise pool   (computes sizes from what was measured)");
}

// 21
void HiddenCaps(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  std::map<std::string, std::vector<Pool>> by_database;
  const auto report = [&](const std::string& object, const char* setting, std::int64_t cap, std::int64_t size, bool shared) {
    findings.Add(LintSeverity::kWarning, object,
                 shared ? fmt::format("{} is less than the pools of its users together: one can starve the others", setting)
                        : fmt::format("{} is less than the pool: the pool never fills", setting),
                 {{setting, std::to_string(cap)}, {shared ? "pools" : "pool_size", std::to_string(size)}},
                 fmt::format("{} = {}", setting, size));
  };
  for (const Pool& pool : PoolsOf(facts)) {
    by_database[pool.database].push_back(pool);
    if (pool.size == std::numeric_limits<std::int64_t>::max()) continue;
    if (pool.max_user_connections > 0 && pool.max_user_connections < pool.size)
      report(pool.Name(), "max_user_connections", pool.max_user_connections, pool.size, false);
  }
  for (const auto& [name, members] : by_database) {
    const std::int64_t cap = members.front().max_db_connections;
    std::int64_t sum = 0;
    std::int64_t largest = 0;
    for (const Pool& pool : members) {
      if (pool.size == std::numeric_limits<std::int64_t>::max()) continue;
      sum += pool.size;
      largest = std::max(largest, pool.size);
    }
    if (cap > 0 && cap < largest) report(name, "max_db_connections", cap, largest, false);
    else if (cap > 0 && cap < sum) report(name, "max_db_connections", cap, sum, true);
  }
}

// 23
void ServerSideLimits(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (!HasPooler(facts) || !facts.server) return;
  std::map<std::string, std::int64_t> by_dbname;
  std::map<std::string, std::int64_t> by_role;
  for (const Pool& pool : PoolsOf(facts)) {
    if (pool.size == std::numeric_limits<std::int64_t>::max()) continue;
    by_dbname[pool.dbname] += pool.size * Processes(facts);
    by_role[pool.user] += pool.size * Processes(facts);
  }
  for (const RoleFacts& role : facts.server->roles) {
    const auto found = by_role.find(role.name);
    if (found == by_role.end() || role.superuser || role.connection_limit < 0 || role.connection_limit >= found->second) continue;
    findings.Add(LintSeverity::kError, "role " + role.name, "the role's CONNECTION LIMIT is less than its pools: logins fail when they fill",
                 {{"CONNECTION LIMIT", std::to_string(role.connection_limit)}, {"pools", std::to_string(found->second)}},
                 fmt::format("ALTER ROLE {} CONNECTION LIMIT {};", QuotedIdentifier(role.name), found->second));
  }
  for (const auto& [name, limit] : facts.server->database_limits) {
    const auto found = by_dbname.find(name);
    if (found == by_dbname.end() || limit < 0 || limit >= found->second) continue;
    findings.Add(LintSeverity::kError, "database " + name, "the database's CONNECTION LIMIT is less than its pools: logins fail when they fill",
                 {{"CONNECTION LIMIT", std::to_string(limit)}, {"pools", std::to_string(found->second)}},
                 fmt::format("ALTER DATABASE {} CONNECTION LIMIT {};", QuotedIdentifier(name), found->second));
  }
}

// 27
void PasswordLookups(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  std::vector<std::string> databases = LookupDatabases(facts, PoolsOf(facts));
  std::erase_if(databases, [&](const std::string& name) {  // where they were sent to on purpose
    bool chosen = SettingText(facts, "auth_dbname") == name;
    if (facts.file)
      for (const DatabaseEntry& entry : facts.file->databases) chosen = chosen || entry.Text("auth_dbname") == name;
    return chosen;
  });
  if (databases.empty()) return;
  findings.Add(LintSeverity::kInfo, "auth_user",
               "passwords are looked up over a connection of its own in each database: count one more for each",
               {{"databases", fmt::format("{}", fmt::join(databases, ", "))}},
               facts.Version().value_or(kOldestVersion) >= 119 ? "auth_dbname = postgres   (one connection for all)"
                                                               : "leave one connection a database (rule 1 counts it)");
}

// 31
void RdsProxies(const Facts& facts, Findings& findings) {
  if (!facts.app) return findings.Needs(kNeedsApp);
  std::map<std::string, double> proxies;
  std::int64_t direct = 0;
  for (const AppPool& app : facts.app->pools) {
    if (app.through == AppPool::Through::kDirect) direct += app.Pooled().value_or(app.instances);
    if (app.through != AppPool::Through::kRdsProxy) continue;
    double& percent = proxies[app.proxy.value_or("default")];
    percent = std::max(percent, app.max_connections_percent.value_or(100));
    if (app.pinned_sessions.value_or(0) > 0)
      findings.Add(LintSeverity::kWarning, app.name, "pinned sessions keep a connection each: the proxy does not share it",
                   {{"pinned_sessions", std::to_string(*app.pinned_sessions)}},
                   "find what pins them in the proxy's log (SET, temporary tables, prepared statements)");
  }
  if (proxies.empty()) return;
  double sum = 0;
  for (const auto& [name, percent] : proxies) sum += percent;
  if (direct > 0 && !facts.server) findings.Needs(kNeedsServer);
  const double of_direct = facts.server && direct > 0 ? 100.0 * static_cast<double>(direct) / static_cast<double>(facts.server->max_connections) : 0;
  if (sum + of_direct <= 100) return;
  findings.Add(LintSeverity::kWarning, "RDS proxies", "proxies and direct connections together may open more than the server has",
               {{"MaxConnectionsPercent", Plain(sum)}, {"proxies", std::to_string(proxies.size())},
                {"direct", fmt::format("{:.0f} %", of_direct)}},
               fmt::format("MaxConnectionsPercent = {:.0f} of each proxy",
                           std::max(1.0, (100 - of_direct) / static_cast<double>(proxies.size()))));
}

}  // namespace

std::vector<Rule> BudgetRules() {
  return {{1, "connection-budget", ConnectionBudget}, {3, "pools-multiply", PoolsMultiply},
          {16, "oversized-limits", OversizedLimits},  {18, "reserve-counted", ReserveCounted},
          {21, "hidden-caps", HiddenCaps},            {23, "server-side-limits", ServerSideLimits},
          {27, "password-lookups", PasswordLookups},  {31, "rds-proxies", RdsProxies}};
}

}  // namespace steward::pgbouncer
