// Rules about what the load does to the machine: memory, CPU, long transactions beside short ones, and whether it is measured.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pgbouncer/rule_terms.hpp"
#include "pgbouncer/rules.hpp"

namespace steward::pgbouncer {

namespace {

using model::LintSeverity;

constexpr const char* kNeedsMachine = "a server on this machine, to know its memory and cores";

// 15
void WorkMemory(const Facts& facts, Findings& findings) {
  if (!facts.server) return findings.Needs(kNeedsServer);
  if (!facts.machine || !facts.server->local) return findings.Needs(kNeedsMachine);
  constexpr double kOperations = 2;      // sorts and hashes of one query at the same time
  constexpr double kOfTheSystem = 0.1;   // of the memory
  const ServerFacts& server = *facts.server;
  const double each = static_cast<double>(server.work_mem) * kOperations * (1.0 + static_cast<double>(server.parallel_workers)) *
                      std::max(server.hash_mem_multiplier, 1.0);
  const double needed = each * static_cast<double>(server.max_connections);
  const double memory = static_cast<double>(facts.machine->memory);
  const double left = memory * (1 - kOfTheSystem) - static_cast<double>(server.shared_buffers);
  if (needed <= left) return;
  findings.Add(LintSeverity::kWarning, "max_connections",
               fmt::format("if every connection sorts and hashes, they take {} of {}: the server may be killed for memory", Megabytes(needed), Megabytes(left)),
               {{"max_connections", std::to_string(server.max_connections)}, {"work_mem", Megabytes(static_cast<double>(server.work_mem))},
                {"operations a query", Plain(kOperations)}, {"parallel workers", std::to_string(server.parallel_workers)},
                {"hash_mem_multiplier", Plain(server.hash_mem_multiplier)}, {"memory", Megabytes(memory)},
                {"shared_buffers", Megabytes(static_cast<double>(server.shared_buffers))}},
               fmt::format("max_connections = {}   (postgresql.conf, needs a restart), or a smaller work_mem",
                           std::max<std::int64_t>(static_cast<std::int64_t>(std::max(left, 0.0) / each), 1)));
}

// 19
void LongBesideShort(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.classes) findings.Needs("the classes that pg_steward measured (steward.classes" +
                                     (facts.why_no_classes.empty() ? std::string(")") : ": " + facts.why_no_classes + ")"));
  if (!HasPooler(facts) || !facts.classes) return;
  constexpr double kLonger = 20;
  std::map<std::string, std::vector<const ClassFacts*>> by_pool;
  const std::vector<Pool> pools = PoolsOf(facts);
  for (const Pool& pool : pools)
    for (const ClassFacts& one : *facts.classes)
      if (one.transactions > 0 && MayUse(facts, pools, pool, one)) by_pool[pool.Name()].push_back(&one);
  for (const auto& [name, classes] : by_pool) {
    const ClassFacts* most = *std::max_element(classes.begin(), classes.end(), [](const ClassFacts* left, const ClassFacts* right) {
      return left->transactions < right->transactions;
    });
    const double usual = most->p50_time.value_or(most->mean_time);
    for (const ClassFacts* one : classes) {
      if (one == most || usual <= 0 || one->mean_time < kLonger * usual) continue;
      findings.Add(LintSeverity::kWarning, name,
                   fmt::format("{} holds connections {:.0f} times as long as {}, and both share one pool", one->application.empty() ? one->role : one->application,
                               one->mean_time / usual, most->application.empty() ? most->role : most->application),
                   {{"mean of the long one", fmt::format("{:.1f} ms", one->mean_time)}, {"usual", fmt::format("{:.2f} ms", usual)},
                    {"transactions", fmt::format("{} beside {}", one->transactions, most->transactions)}},
                   fmt::format("{0}_admin = dbname={0} pool_size=2   ([databases]), and connect the long ones there", one->database));
    }
  }
}

// 20
void AdminCores(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) findings.Needs(kNeedsPooler);
  if (!facts.app) findings.Needs(kNeedsApp);
  if (!facts.server) findings.Needs(kNeedsServer);
  if (!HasPooler(facts) || !facts.app || !facts.server) return;
  if (!facts.machine || !facts.server->local) return findings.Needs(kNeedsMachine);
  for (const Pool& pool : PoolsOf(facts)) {
    const std::vector<const AppPool*> apps = AppPoolsOf(facts, pool);
    const bool admin = !apps.empty() && std::all_of(apps.begin(), apps.end(), [](const AppPool* app) { return app->role == "admin"; });
    const auto own = facts.server->Override(pool.user, pool.dbname, "max_parallel_workers_per_gather");
    const std::int64_t workers = own ? ParseNumber(*own).value_or(facts.server->parallel_workers) : facts.server->parallel_workers;
    if (!admin || pool.size > 10'000 || pool.size * workers < facts.machine->cores) continue;
    findings.Add(LintSeverity::kWarning, pool.Name(), "admin queries with their parallel workers can take all cores from the main pool",
                 {{"pool_size", std::to_string(pool.size)}, {"parallel workers", std::to_string(workers)},
                  {"cores", std::to_string(facts.machine->cores)}},
                 pool.user.empty() ? "max_parallel_workers_per_gather = 0   (for the admin role)"
                                   : fmt::format("ALTER ROLE {} SET max_parallel_workers_per_gather = 0;", QuotedIdentifier(pool.user)));
  }
}

bool LeadsHere(const Pool& pool) {
  return pool.host.starts_with("127.") || pool.host == "localhost" || pool.host == "::1";
}

// 29
void OneHost(const Facts& facts, Findings& findings) {
  if (!HasPooler(facts)) return findings.Needs(kNeedsPooler);
  const std::string clients = SettingText(facts, "client_tls_sslmode").value_or("disable");
  const std::string servers = SettingText(facts, "server_tls_sslmode").value_or("disable");
  const std::string listen = SettingText(facts, "listen_addr").value_or("");
  const bool listens_here = listen == "localhost" || listen == "::1" || listen.starts_with("127.");
  const std::vector<Pool> pools = PoolsOf(facts);
  const bool leads_here = !pools.empty() && std::all_of(pools.begin(), pools.end(), LeadsHere);
  const auto encrypts = [](const std::string& mode) { return mode == "require" || mode.starts_with("verify"); };
  if (listens_here && leads_here && encrypts(clients) && encrypts(servers))
    findings.Add(LintSeverity::kInfo, "client_tls_sslmode", "both hops stay on this machine and both are encrypted: CPU for nothing",
                 {{"client_tls_sslmode", clients}, {"server_tls_sslmode", servers}, {"listen_addr", listen}},
                 "server_tls_sslmode = disable, or a unix socket as host=");
  if (!facts.process || !facts.server || !facts.server->local) return;
  const std::optional<double> cpu = CpuShare(facts);
  constexpr double kCpuBound = 0.5;
  constexpr double kNoticeable = 0.2;
  if (cpu && *cpu >= kCpuBound && facts.process->cores.value_or(0) >= kNoticeable)
    findings.Add(LintSeverity::kInfo, "PgBouncer", "PgBouncer takes CPU from a server that is bound by it, on the same machine",
                 {{"PgBouncer", fmt::format("{:.2f} cores", *facts.process->cores)}, {"share of CPU in hold time", fmt::format("{:.0f} %", *cpu * 100)}},
                 "run PgBouncer beside the application");
}

// 30
void OneCore(const Facts& facts, Findings& findings) {
  if (!facts.process || !facts.process->cores) return findings.Needs(kNeedsProcess);
  constexpr double kFull = 0.8;
  if (*facts.process->cores <= kFull) return;
  findings.Add(LintSeverity::kWarning, fmt::format("process {}", facts.process->pid), "PgBouncer is one thread and that is nearly busy",
               {{"cores", fmt::format("{:.2f}", *facts.process->cores)}},
               "so_reuseport = 1 and a second process with a peer_id   (TCP only; divide the pool sizes by the processes)");
}

// 34
void NoEvidence(const Facts& facts, Findings& findings) {
  if (!facts.server) return findings.Needs(kNeedsServer);
  const ServerFacts& server = *facts.server;
  const auto preloads = [&](const char* library) { return server.preload && server.preload->find(library) != std::string::npos; };
  if (!server.track_activities)
    findings.Add(LintSeverity::kInfo, "track_activities", "what sessions do is not measured: nothing to size pools by", {{"track_activities", "off"}},
                 "track_activities = on");
  if (server.compute_query_id == "off")
    findings.Add(LintSeverity::kInfo, "compute_query_id", "statements are not told apart: no evidence of what takes the time", {{"compute_query_id", "off"}},
                 "compute_query_id = auto");
  if (server.preload && !preloads("pg_stat_statements") && !preloads("pg_steward"))
    findings.Add(LintSeverity::kInfo, "shared_preload_libraries", "neither pg_stat_statements nor pg_steward is loaded: no evidence for sizes",
                 {{"shared_preload_libraries", *server.preload}}, "pgsteward doctor   (prints the line that mends it)");
}

}  // namespace

std::vector<Rule> LoadRules() {
  return {{15, "work-memory", WorkMemory}, {19, "long-beside-short", LongBesideShort}, {20, "admin-cores", AdminCores},
          {29, "one-host", OneHost},       {30, "one-core", OneCore},                  {34, "no-evidence", NoEvidence}};
}

}  // namespace steward::pgbouncer
