// What the rules look at, as one plain struct: the file, the live console, the server, the running process, the machine, the
// application's pools and the captured classes, each missing where it was not given or could not be read. Reading is
// console.hpp's, server_facts.hpp's and process_facts.hpp's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pgbouncer/app_file.hpp"
#include "pgbouncer/settings.hpp"

namespace steward::pgbouncer {

/// One line of SHOW CONFIG.
struct LiveSetting {
  std::string value;
  std::optional<std::string> fallback;  // "default"
  bool changeable = true;               // without a restart
};

/// One line of SHOW DATABASES; the console's own database is left out.
struct LiveDatabase {
  std::string name;
  std::string host;  // empty: unix socket
  std::string dbname;
  std::string force_user;
  std::int64_t pool_size = 0;
  std::optional<std::int64_t> min_pool_size;
  std::int64_t reserve_pool_size = 0;
  std::string pool_mode;  // empty: as the setting says
  std::int64_t max_connections = 0;
};

/// One line of SHOW POOLS.
struct LivePool {
  std::string database;
  std::string user;
  std::int64_t clients = 0;  // active and waiting
  std::int64_t waiting = 0;
  std::int64_t servers = 0;  // in any state
  std::int64_t max_wait_us = 0;
  std::string pool_mode;
};

/// One line of SHOW STATS_TOTALS: since the process started, microseconds.
struct LiveTotals {
  std::string database;
  std::int64_t transactions = 0;
  std::int64_t transaction_time = 0;
  std::int64_t wait_time = 0;
};

struct ConsoleFacts {
  std::optional<int> version;
  std::string version_text;
  bool local = false;  // the process runs on this machine
  std::map<std::string, LiveSetting> config;
  std::vector<LiveDatabase> databases;
  std::vector<LivePool> pools;
  std::vector<LiveTotals> totals;
  std::map<std::string, std::int64_t> user_limits;  // max_user_connections by SHOW USERS, where there are any
};

struct RoleFacts {
  std::string name;
  std::int64_t connection_limit = -1;
  bool superuser = false;
};

/// ALTER ROLE/DATABASE ... SET; an empty role or database is all of them.
struct SettingOverride {
  std::string role;
  std::string database;
  std::string name;
  std::string value;
};

struct ServerFacts {
  std::int64_t version_num = 0;
  bool local = false;  // runs on this machine
  std::int64_t max_connections = 0;
  std::int64_t superuser_reserved = 0;
  std::int64_t reserved = 0;        // reserved_connections; 0 before 16
  double statement_timeout = 0;     // seconds; 0: none
  double idle_in_transaction_timeout = 0;  // seconds; 0: none
  std::int64_t work_mem = 0;        // bytes
  double hash_mem_multiplier = 1;
  std::int64_t parallel_workers = 0;  // max_parallel_workers_per_gather
  std::int64_t shared_buffers = 0;    // bytes
  bool track_activities = true;
  std::string compute_query_id;
  std::optional<std::string> preload;  // missing: not ours to see
  std::vector<RoleFacts> roles;
  std::map<std::string, std::int64_t> database_limits;  // datconnlimit
  std::vector<SettingOverride> overrides;

  /// What is left for ordinary roles.
  [[nodiscard]] std::int64_t Usable() const { return max_connections - superuser_reserved - reserved; }
  /// The text that ALTER ROLE or DATABASE set for sessions of that role in that database; none: the server's value.
  [[nodiscard]] std::optional<std::string> Override(const std::string& role, const std::string& database,
                                                    const std::string& name) const;
};

/// The running PgBouncer.
struct ProcessFacts {
  int pid = 0;
  std::optional<std::int64_t> open_files;  // soft limit; missing: unlimited
  std::optional<double> cores;             // that it kept busy while it was looked at
};

/// This machine.
struct MachineFacts {
  int cores = 0;
  std::int64_t memory = 0;     // bytes
  std::int64_t somaxconn = 0;  // largest listen backlog that the kernel grants
};

/// A class of transactions that pg_steward has seen. Milliseconds.
struct ClassFacts {
  std::string database;
  std::string role;
  std::string application;
  std::int64_t transactions = 0;
  double mean_time = 0;
  double total_time = 0;
  std::optional<double> p50_time;
  std::optional<double> cpu_time;
  std::optional<std::vector<std::string>> features;  // missing: not measured
};

struct Facts {
  std::optional<PgBouncerFile> file;
  std::optional<ConsoleFacts> console;
  std::optional<ServerFacts> server;
  std::optional<ProcessFacts> process;
  std::optional<MachineFacts> machine;
  std::optional<AppFile> app;
  std::optional<std::vector<ClassFacts>> classes;
  std::string why_no_classes;  // for people
  std::string other_file;      // that the console's process reads, where it is not the one given

  /// By the console, else by the application file.
  [[nodiscard]] std::optional<int> Version() const;
};

/// One pool of PgBouncer: the connections of one user to one database.
struct Pool {
  std::string database;  // as clients name it; "*" where only the fallback line is known
  std::string dbname;    // on the server
  std::string host;
  std::string user;      // empty: not known, one is assumed
  bool forced_user = false;
  std::int64_t size = 0;  // INT64_MAX: unlimited
  std::int64_t reserve = 0;
  std::int64_t min_size = 0;
  std::int64_t max_db_connections = 0;    // 0: none
  std::int64_t max_user_connections = 0;  // 0: none
  std::string mode;                       // session, transaction or statement
  double server_lifetime = 0;             // seconds, as all times here
  double query_wait_timeout = 0;          // 0: none
  double query_timeout = 0;               // 0: none
  double idle_transaction_timeout = 0;    // 0: none
  bool size_is_default = false;
  Place place;  // of its line of [databases]; file empty: not known

  /// "database/user"
  [[nodiscard]] std::string Name() const;
};

/// The value of a setting of [pgbouncer]: of the file; else of the console; else the default. None where neither is given, or
/// there is no such setting in that release.
std::optional<std::string> SettingText(const Facts& facts, const std::string& name);
std::optional<std::int64_t> SettingNumber(const Facts& facts, const std::string& name);
std::optional<double> SettingSeconds(const Facts& facts, const std::string& name);
/// Where it stands in the file, as "FILE:LINE"; else "default" or "console".
std::string SettingOrigin(const Facts& facts, const std::string& name);

/// Whether anything is known of a PgBouncer at all.
bool HasPooler(const Facts& facts);

/// All pools, as far as users are known: forced, seen by the console, or named by the application file.
std::vector<Pool> PoolsOf(const Facts& facts);

/// The application's pools that go through PgBouncer and use this one of its pools.
std::vector<const AppPool*> AppPoolsOf(const Facts& facts, const Pool& pool);

/// Processes of PgBouncer in front of the server; 1 where that was not said.
std::int64_t Processes(const Facts& facts);

}  // namespace steward::pgbouncer
