// The file that describes what PgBouncer and the server cannot know (--app): the application's pools, one section each, and
// in a section [pgbouncer] how it is run. Its keys are the members below; README.md shows one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/ini.hpp"

namespace steward::pgbouncer {

/// The pool of an application. Times are seconds; what was not said is missing. 0 is "none" as in HikariCP.
struct AppPool {
  std::string name;
  Place place;
  std::string role = "main";  // main, read, admin, monitoring, migration
  enum class Through { kPgBouncer, kDirect, kRdsProxy } through = Through::kPgBouncer;
  std::optional<std::string> database;  // as the application names it
  std::optional<std::string> user;
  std::int64_t instances = 1;
  std::optional<std::int64_t> pool_size;     // of each instance
  std::optional<std::int64_t> minimum_idle;  // of each instance
  std::optional<std::int64_t> clients;       // connections of all instances at their most; default: instances x pool_size
  std::optional<double> acquire_timeout;
  std::optional<double> max_lifetime;
  std::optional<double> keepalive;
  std::optional<double> request_timeout;
  std::optional<double> statement_timeout;
  std::optional<double> firewall_idle;  // after which the network drops a quiet connection
  std::optional<double> burst_period;   // between bursts of load
  enum class Prepared { kUnknown, kProtocol, kSql, kNo } prepared = Prepared::kUnknown;
  std::optional<std::string> proxy;               // name of the RDS proxy
  std::optional<double> max_connections_percent;  // of it
  std::optional<std::int64_t> pinned_sessions;    // of it

  /// Connections of all instances, at their most; none where neither was said.
  [[nodiscard]] std::optional<std::int64_t> Clients() const;
  [[nodiscard]] std::optional<std::int64_t> Pooled() const;  // instances x pool_size
};

struct AppFile {
  std::vector<AppPool> pools;
  std::optional<std::int64_t> processes;  // of PgBouncer, in front of the same server
  std::optional<std::string> version;     // of PgBouncer, where no console tells it
};

/// Throws FileError for an unknown key or a value of another kind.
AppFile ParseAppFile(const Ini& ini);

}  // namespace steward::pgbouncer
