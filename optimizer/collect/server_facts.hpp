// What `doctor` needs to know about a server. Reads only what exists and may be read: works before anything of
// pg_steward is installed and with no rights at all. Judging the facts is cli/diagnose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collect/hypopg_workload.hpp"
#include "db/database.hpp"
#include "db/pooler.hpp"

namespace steward::collect {

/// steward.capture_status.
struct CaptureStatus {
  bool capturing = false;
  std::string reason;  // why not
  std::string stats_since;
  std::int64_t statements = 0;
  std::int64_t evicted = 0;
  std::int64_t lost = 0;
  std::int64_t text_missing = 0;
  std::optional<std::int64_t> memory_used;
  std::optional<std::int64_t> memory_limit;
};

struct ServerFacts {
  db::Endpoint endpoint;
  db::PoolerCheck pooler;
  std::string version;  // "15.20"
  int version_num = 0;
  bool standby = false;
  std::int64_t standbys = 0;  // connected to this server
  std::string role;
  std::string role_sql;  // quoted where it must be
  bool superuser = false;

  std::optional<std::string> preload;       // live shared_preload_libraries; none: not visible to this role
  std::optional<std::string> preload_next;  // what the configuration files say for the next start; none: not visible
  bool preload_on_command_line = false;     // wins over the files
  std::string preload_file;                 // that sets it, for the next start; empty: none, or not visible
  std::int64_t preload_line = 0;
  bool loaded = false;  // the library has defined its settings

  std::optional<std::string> available_version;  // of the extension's files on the server
  std::optional<std::string> installed_version;  // in this database

  HypopgSource hypopg;  // what `advise indexes` works with where pg_steward is not

  bool read_all_stats = false;
  std::vector<std::string> missing_grants;       // statements, without "TO role", that `advise indexes` needs
  std::vector<std::string> missing_save_grants;  // and that saving its suggestions needs
  std::vector<std::string> missing_measure_grants;  // and that `advise prepared --measure` needs
  std::optional<CaptureStatus> capture;
  std::string capture_error;  // why reading it failed

  std::int64_t max_worker_processes = 0;
  std::optional<std::int64_t> workers_in_use;  // none: not visible to this role
  std::int64_t refresh_workers = 2;

  std::string compute_query_id;
  std::string track_io_timing;
  std::string huge_pages;
  std::optional<std::int64_t> shared_memory;  // bytes of our segment, once loaded and visible
  std::int64_t huge_page_size = 0;            // bytes, 0: not known
  std::int64_t max_backends = 0;              // processes that can run statements
};

/// Runs a handful of short read-only transactions.
ServerFacts ReadServerFacts(db::Database& database);

}  // namespace steward::collect
