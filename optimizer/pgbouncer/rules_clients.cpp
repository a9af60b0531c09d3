// Rules about clients: how many may come, and what their pools in the application hold.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "pgbouncer/rule_terms.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

using model::LintSeverity;

// Of the application's pools that use a pool of PgBouncer, the connections together; none where it does not say.
std::optional<std::int64_t> ClientsOf(const Facts& facts, const Pool& pool) {
  std::optional<std::int64_t> sum;
  for (const AppPool* app : AppPoolsOf(facts, pool))
    if (const auto clients = app->Clients()) sum = sum.value_or(0) + *clients;
  return sum;
}

std::int64_t LiveClients(const Facts& facts, const Pool& pool) {
  std::int64_t clients = 0;
  if (facts.console)
    for (const LivePool& live : facts.console->pools)
      if (live.database == pool.database && (pool.user.empty() || live.user == pool.user)) clients += live.clients;
  return clients;
}

// 2
void ApplicationPools(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.app) findings.Needs(kNeedsApp);
  if (!HasPooler(facts) || !facts.app) return;
  for (const Pool& pool : PoolsOf(facts)) {
    const auto clients = ClientsOf(facts, pool);
    if (!clients || pool.size == std::numeric_limits<std::int64_t>::max() || *clients >= pool.size * Processes(facts)) continue;
    findings.Add(LintSeverity::kWarning, pool.Name(),
                 fmt::format("the application's pools hold {} connections in all, the pool behind them {}: the queue is in the application, where PgBouncer does not see it",
                             *clients, pool.size * Processes(facts)),
                 {{"application", std::to_string(*clients)}, {"pool_size", std::to_string(pool.size)}},
                 fmt::format("raise pool_size of the application's pools to {} in all, or set pool_size={}", pool.size * Processes(facts),
                             std::max<std::int64_t>(*clients / Processes(facts), 1)));
  }
  const std::int64_t most = SettingNumber(facts, "max_client_conn").value_or(0) * Processes(facts);
  std::int64_t pooled = 0;
  for (const AppPool& app : facts.app->pools)
    if (app.through == AppPool::Through::kPgBouncer) pooled += app.Pooled().value_or(0);
  if (pooled > most)
    findings.Add(LintSeverity::kWarning, "max_client_conn",
                 fmt::format("the application's pools can open {} connections to PgBouncer, it takes {}", pooled, most),
                 {{"instances x pool_size", std::to_string(pooled)}, {"max_client_conn", std::to_string(most)}},
                 fmt::format("max_client_conn = {}", (pooled + pooled / 5) / Processes(facts)));
}

// 4
void OpenFiles(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.process) findings.Needs(kNeedsProcess);
  if (!HasPooler(facts) || !facts.process || !facts.process->open_files) return;
  constexpr std::int64_t kOfItsOwn = 50;  // log, sockets it listens on, the event loop's
  std::int64_t servers = 0;
  for (const Pool& pool : PoolsOf(facts)) {
    const std::int64_t own = pool.size == std::numeric_limits<std::int64_t>::max() ? 0 : pool.size;
    servers += own + pool.reserve;
  }
  const std::int64_t clients = SettingNumber(facts, "max_client_conn").value_or(0);
  const std::int64_t needed = clients + servers + kOfItsOwn;
  if (*facts.process->open_files >= needed) return;
  findings.Add(LintSeverity::kError, fmt::format("process {}", facts.process->pid),
               fmt::format("the running process may open {} files and needs {}: connections fail with \"Too many open files\"",
                           *facts.process->open_files, needed),
               {{"open files", std::to_string(*facts.process->open_files)}, {"max_client_conn", std::to_string(clients)},
                {"pools with reserve", std::to_string(servers)}},
               fmt::format("LimitNOFILE={}   (systemd: [Service]; elsewhere ulimit -n, kept by setpriv and not by runuser)", needed));
}

// 5
void ExpectedClientsFit(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  const std::int64_t most = SettingNumber(facts, "max_client_conn").value_or(0);
  const auto expected = ExpectedClients(facts);
  if (!expected && !facts.console) return findings.Needs(kNeedsApp);
  if (expected && *expected > most * Processes(facts))
    findings.Add(LintSeverity::kError, "max_client_conn",
                 fmt::format("{} clients are expected, {} are let in", *expected, most * Processes(facts)),
                 {{"expected", std::to_string(*expected)}, {"max_client_conn", std::to_string(most)},
                  {"set in", SettingOrigin(facts, "max_client_conn")}},
                 fmt::format("max_client_conn = {}", (*expected + *expected / 5) / Processes(facts)));
  std::int64_t live = 0;
  if (facts.console)
    for (const LivePool& pool : facts.console->pools) live += pool.clients;
  if (live * 10 > most * 9)
    findings.Add(LintSeverity::kError, "max_client_conn", fmt::format("{} of at most {} clients are connected now", live, most),
                 {{"connected", std::to_string(live)}, {"max_client_conn", std::to_string(most)}},
                 fmt::format("max_client_conn = {}", 2 * live));
}

// 6
void ListenBacklog(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  const auto expected = ExpectedClients(facts);
  if (!expected) return findings.Needs(kNeedsApp);
  constexpr std::int64_t kMost = 4096;  // what kernels grant by default, and enough for 10,000 clients at once
  const std::int64_t storm = std::min(*expected, kMost);
  const std::int64_t asked = SettingNumber(facts, "listen_backlog").value_or(0);
  const bool here = facts.machine && (facts.process || (facts.console && facts.console->local));
  const std::int64_t granted = here && facts.machine->somaxconn > 0 ? std::min(asked, facts.machine->somaxconn) : asked;
  if (granted >= storm) return;
  Findings::Evidence evidence = {{"listen_backlog", std::to_string(asked)}, {"clients", std::to_string(*expected)}};
  if (granted < asked) evidence.emplace_back("net.core.somaxconn", std::to_string(granted));
  findings.Add(LintSeverity::kWarning, "listen_backlog",
               fmt::format("when all clients reconnect at once only {} wait to be accepted; over a unix socket the others are refused", granted),
               std::move(evidence),
               granted < asked ? fmt::format("sysctl net.core.somaxconn={}", storm)
                               : fmt::format("listen_backlog = {}   (needs a restart of PgBouncer)", storm));
}

// 22
void SessionMode(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  for (const Pool& pool : PoolsOf(facts)) {
    if (SharesServers(pool) || pool.size == std::numeric_limits<std::int64_t>::max()) continue;
    const auto expected = ClientsOf(facts, pool);
    if (!expected && !facts.console) {
      findings.Needs(kNeedsApp);
      continue;
    }
    const std::int64_t clients = std::max(expected.value_or(0), LiveClients(facts, pool));
    if (clients <= pool.size * Processes(facts)) continue;
    findings.Add(LintSeverity::kError, pool.Name(),
                 fmt::format("in session mode each client keeps a connection: {} clients share {}, the others wait until one leaves", clients,
                             pool.size * Processes(facts)),
                 {{"pool_mode", pool.mode}, {"clients", std::to_string(clients)}, {"pool_size", std::to_string(pool.size)}},
                 fmt::format("pool_mode = transaction   (see rule 12 first), or pool_size={}", clients / Processes(facts)));
  }
}

// 24
void AdminPath(const Facts& facts, Findings& findings) {
  if (!facts.app) findings.Needs(kNeedsApp);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (facts.server && facts.server->superuser_reserved == 0)
    findings.Add(LintSeverity::kWarning, "superuser_reserved_connections",
                 "no connection is kept for a superuser: nobody can look when all are taken",
                 {{"superuser_reserved_connections", "0"}}, "superuser_reserved_connections = 3   (postgresql.conf, needs a restart)");
  if (!facts.app) return;
  const std::vector<Pool> pools = PoolsOf(facts);
  const auto works = [](const AppPool& app) { return app.role == "main" || app.role == "read"; };
  for (const AppPool& watcher : facts.app->pools) {
    if (works(watcher)) continue;
    const bool forced = std::any_of(pools.begin(), pools.end(), [&](const Pool& pool) {
      return pool.forced_user && watcher.database == pool.database;  // whoever comes uses one pool
    });
    for (const AppPool& app : facts.app->pools) {
      const bool same = watcher.through == app.through && watcher.through == AppPool::Through::kPgBouncer &&
                        watcher.database == app.database && (watcher.user == app.user || forced);
      if (!works(app) || !same) continue;
      findings.Add(LintSeverity::kWarning, watcher.name,
                   fmt::format("{} uses the same pool as {}: when that is exhausted there is no other way in", watcher.role, app.name),
                   {{"database", watcher.database.value_or("any")}, {"user", watcher.user.value_or("any")}},
                   fmt::format("{0}_admin = dbname={0} pool_size=2   ([databases], and database = {0}_admin for {1})",
                               watcher.database.value_or("app"), watcher.name));
      break;
    }
  }
}

// 33
void IdleApplicationPools(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.app) findings.Needs(kNeedsApp);
  if (!HasPooler(facts) || !facts.app) return;
  for (const Pool& pool : PoolsOf(facts)) {
    if (SharesServers(pool)) continue;
    for (const AppPool* app : AppPoolsOf(facts, pool)) {
      if (!app->minimum_idle || !app->pool_size || *app->minimum_idle < *app->pool_size || app->instances < 2) continue;
      const std::int64_t idle = app->instances * *app->minimum_idle;
      if (idle < pool.size) continue;
      findings.Add(LintSeverity::kWarning, app->name,
                   fmt::format("{} instances keep all their connections open: {} idle ones take the whole pool in session mode", app->instances, idle),
                   {{"minimum_idle", std::to_string(*app->minimum_idle)}, {"pool_size", std::to_string(*app->pool_size)},
                    {"PgBouncer's pool", std::to_string(pool.size)}},
                   fmt::format("minimum_idle = {}", std::max<std::int64_t>(pool.size / (2 * app->instances), 0)));
    }
  }
}

}  // namespace

std::vector<Rule> ClientRules() {
  return {{2, "application-pools", ApplicationPools}, {4, "open-files", OpenFiles},     {5, "expected-clients", ExpectedClientsFit},
          {6, "listen-backlog", ListenBacklog},       {22, "session-mode", SessionMode}, {24, "admin-path", AdminPath},
          {33, "idle-application-pools", IdleApplicationPools}};
}

}  // namespace steward::pgbouncer
