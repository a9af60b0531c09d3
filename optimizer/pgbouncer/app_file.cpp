// See app_file.hpp.
#include "pgbouncer/app_file.hpp"

#include "pgbouncer/sections.hpp"

namespace steward::pgbouncer {

namespace {

AppPool::Through ThroughOf(const Section& section) {
  const auto word = section.Word("through", {"pgbouncer", "direct", "rds_proxy"}).value_or("pgbouncer");
  if (word == "direct") return AppPool::Through::kDirect;
  return word == "rds_proxy" ? AppPool::Through::kRdsProxy : AppPool::Through::kPgBouncer;
}

AppPool::Prepared PreparedOf(const Section& section) {
  const auto word = section.Word("prepared", {"protocol", "sql", "no"});
  if (!word) return AppPool::Prepared::kUnknown;
  if (*word == "no") return AppPool::Prepared::kNo;
  return *word == "sql" ? AppPool::Prepared::kSql : AppPool::Prepared::kProtocol;
}

AppPool PoolOf(const Section& section) {
  section.RefuseOthers({"role", "through", "database", "user", "instances", "pool_size", "minimum_idle", "clients",
                        "acquire_timeout", "max_lifetime", "keepalive", "request_timeout", "statement_timeout",
                        "firewall_idle", "burst_period", "prepared", "proxy", "max_connections_percent",
                        "pinned_sessions"});
  AppPool pool;
  pool.name = section.name();
  pool.place = section.place();
  pool.role = section.Word("role", {"main", "read", "admin", "monitoring", "migration"}).value_or("main");
  pool.through = ThroughOf(section);
  pool.database = section.Text("database");
  pool.user = section.Text("user");
  pool.instances = section.Count("instances", 1).value_or(1);
  pool.pool_size = section.Count("pool_size", 1);
  pool.minimum_idle = section.Count("minimum_idle");
  pool.clients = section.Count("clients", 1);
  pool.acquire_timeout = section.Seconds("acquire_timeout");
  pool.max_lifetime = section.Seconds("max_lifetime");
  pool.keepalive = section.Seconds("keepalive");
  pool.request_timeout = section.Seconds("request_timeout");
  pool.statement_timeout = section.Seconds("statement_timeout");
  pool.firewall_idle = section.Seconds("firewall_idle");
  pool.burst_period = section.Seconds("burst_period");
  pool.prepared = PreparedOf(section);
  pool.proxy = section.Text("proxy");
  pool.max_connections_percent = section.Number("max_connections_percent");
  pool.pinned_sessions = section.Count("pinned_sessions");
  return pool;
}

}  // namespace

std::optional<std::int64_t> AppPool::Pooled() const {
  return pool_size ? std::optional(instances * *pool_size) : std::nullopt;
}

std::optional<std::int64_t> AppPool::Clients() const {
  return clients ? clients : Pooled();
}

AppFile ParseAppFile(const Ini& ini) {
  AppFile file;
  for (const Section& section : SectionsOf(ini)) {
    if (section.name() != "pgbouncer") {
      file.pools.push_back(PoolOf(section));
      continue;
    }
    section.RefuseOthers({"processes", "version"});
    file.processes = section.Count("processes", 1);
    file.version = section.Text("version");
  }
  return file;
}

}  // namespace steward::pgbouncer
