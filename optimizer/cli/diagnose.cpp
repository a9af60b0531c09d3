// See diagnose.hpp.
#include "cli/diagnose.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

using collect::ServerFacts;
using report::Check;
using report::CheckStatus;

constexpr int kOldestVersion = 150000;

std::vector<std::string> SplitList(const std::string& list) {
  std::vector<std::string> names;
  std::string name;
  bool quoted = false;
  for (const char c : list + ",") {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      if (!name.empty()) names.push_back(name);
      name.clear();
    } else if (quoted || (c != ' ' && c != '\t')) {
      name += c;
    }
  }
  return names;
}

std::string QuoteLibrary(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
                     !(name.front() >= '0' && name.front() <= '9');
  if (plain) return name;
  std::string quoted = "'";
  for (const char c : name) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string JoinLibraries(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ", ") + QuoteLibrary(name);
  return joined;
}

// The list that the next start will use, as far as this role can see.
std::string BaseList(const ServerFacts& facts) {
  return facts.preload_next.value_or(facts.preload.value_or(""));
}

Check CheckServer(const ServerFacts& facts) {
  Check check{CheckStatus::kOk, "server", "", {}};
  check.message = fmt::format("PostgreSQL {}, {}", facts.version, facts.standby ? "standby" : "primary");
  if (facts.standbys > 0) check.message += fmt::format(", {} replication client(s)", facts.standbys);
  if (facts.standby) check.message += ": advice works here, but cannot be saved";
  if (facts.version_num >= kOldestVersion) return check;
  check.status = CheckStatus::kFailed;
  check.message += "; pg_steward needs 15 or later";
  check.fixes = {"upgrade the server"};
  return check;
}

Check CheckConnection(const ServerFacts& facts) {
  const std::string where = fmt::format("database {} as {}", facts.endpoint.database, facts.role);
  if (!facts.pooler.behind_pooler) return {CheckStatus::kOk, "connection", "direct, " + where, {}};
  return {CheckStatus::kFailed,
          "connection",
          "behind a pooler (backend pid differs), " + where + ": what-if is unsafe here",
          {"connect to the server, not to the pooler: " + db::DirectConnectionAdvice(facts.pooler)}};
}

Check CheckFiles(const ServerFacts& facts) {
  if (facts.available_version)
    return {CheckStatus::kOk,
            "files",
            fmt::format("pg_steward {} is installed on the server", *facts.available_version),
            {}};
  return {CheckStatus::kFailed,
          "files",
          "pg_steward's files are not installed on the server",
          {"on the server, in pg_steward's source folder: make && sudo make install"}};
}

std::string MemoryNote(const ServerFacts& facts) {
  const std::int64_t bytes = EstimatedSharedMemory(facts.max_connections);
  std::string note = fmt::format("adds about {} of shared memory", report::Size(bytes));
  if (facts.huge_page_size > 0)
    note += fmt::format(" ({} huge pages{})", (bytes + facts.huge_page_size - 1) / facts.huge_page_size,
                        facts.huge_pages == "on" ? ": raise vm.nr_hugepages first" : "");
  return note;
}

Check CheckPreload(const ServerFacts& facts) {
  if (facts.loaded) {
    std::string message = "pg_steward is preloaded";
    if (facts.shared_memory) message += ", " + report::Size(*facts.shared_memory) + " of shared memory";
    return {CheckStatus::kOk, "preload", message, {}};
  }
  Check check{CheckStatus::kFailed, "preload", "", {}};
  if (facts.preload_next && Preloads(*facts.preload_next)) {
    check.message = "pg_steward is in the configured shared_preload_libraries, but the server has not been restarted";
    check.fixes = {"restart the server"};
    return check;
  }
  if (!facts.preload) {
    check.message = fmt::format("pg_steward is not preloaded; role {} cannot see shared_preload_libraries", facts.role);
    check.fixes = {"as a superuser: pgsteward doctor   (prints the line that keeps what is preloaded already)"};
    return check;
  }
  const std::string base = BaseList(facts);
  check.message = fmt::format("pg_steward is not in shared_preload_libraries ({})", base.empty() ? "empty" : base);
  if (!facts.available_version) check.fixes.push_back("first install the files, or the server will not start; then");
  check.fixes.push_back(fmt::format("ALTER SYSTEM SET shared_preload_libraries = {};", MergedPreloadList(base)));
  check.fixes.push_back("then restart the server; " + MemoryNote(facts));
  check.fixes.push_back(base.empty() ? "to undo: ALTER SYSTEM RESET shared_preload_libraries; restart"
                                     : fmt::format("to undo: ALTER SYSTEM SET shared_preload_libraries = {}; restart",
                                                   JoinLibraries(SplitList(base))));
  return check;
}

Check CheckExtension(const ServerFacts& facts) {
  if (!facts.installed_version)
    return {CheckStatus::kFailed,
            "extension",
            fmt::format("pg_steward is not installed in database {}", facts.endpoint.database),
            {facts.available_version ? "CREATE EXTENSION pg_steward;"
                                     : "first install the files, then CREATE EXTENSION pg_steward;"}};
  if (facts.available_version && *facts.available_version != *facts.installed_version)
    return {CheckStatus::kWarning,
            "extension",
            fmt::format("version {} in database {}, the files are {}", *facts.installed_version,
                        facts.endpoint.database, *facts.available_version),
            {"ALTER EXTENSION pg_steward UPDATE;"}};
  return {CheckStatus::kOk,
          "extension",
          fmt::format("version {} in database {}", *facts.installed_version, facts.endpoint.database),
          {}};
}

std::string QuoteRole(const std::string& role) {
  const bool plain = std::all_of(role.begin(), role.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }) &&
                     !(role.front() >= '0' && role.front() <= '9');
  if (plain) return role;
  std::string quoted = "\"";
  for (const char c : role) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

Check CheckRights(const ServerFacts& facts) {
  Check check{CheckStatus::kOk, "rights", fmt::format("role {} can read the workload and run what-if", facts.role), {}};
  for (const std::string& grant : facts.missing_grants)
    check.fixes.push_back(grant + " TO " + QuoteRole(facts.role) + ";");
  if (!facts.read_all_stats)
    check.fixes.push_back("GRANT pg_read_all_stats TO " + QuoteRole(facts.role) +
                          ";   (texts of other roles' statements)");
  if (check.fixes.empty()) return check;
  check.status = CheckStatus::kWarning;
  check.message = facts.missing_grants.empty()
                      ? fmt::format("role {} sees the texts of its own statements only", facts.role)
                      : fmt::format("role {} cannot read all of the workload or run what-if", facts.role);
  return check;
}

Check CheckSaving(const ServerFacts& facts) {
  Check check{CheckStatus::kOk, "saving", "suggestions are saved for steward.index_suggestions", {}};
  if (facts.standby) check.message = "this is a standby: suggestions are printed, not saved";
  if (facts.standby || facts.missing_save_grants.empty()) return check;
  check.status = CheckStatus::kWarning;
  check.message = fmt::format("role {} cannot save suggestions; they are printed only", facts.role);
  for (const std::string& grant : facts.missing_save_grants)
    check.fixes.push_back(grant + " TO " + QuoteRole(facts.role) + ";");
  return check;
}

Check CheckWorkers(const ServerFacts& facts) {
  const std::int64_t wanted = 1 + facts.refresh_workers;
  if (!facts.workers_in_use)
    return {
        CheckStatus::kOk,
        "workers",
        fmt::format("max_worker_processes {}, in use: not visible to role {}", facts.max_worker_processes, facts.role),
        {}};
  // Preloaded, the static worker is among those in use.
  const std::int64_t missing =
      *facts.workers_in_use + (facts.loaded ? facts.refresh_workers : wanted) - facts.max_worker_processes;
  const std::string message = fmt::format("max_worker_processes {}, {} in use; pg_steward uses up to {}",
                                          facts.max_worker_processes, *facts.workers_in_use, wanted);
  if (missing <= 0) return {CheckStatus::kOk, "workers", message, {}};
  return {CheckStatus::kWarning,
          "workers",
          message,
          {fmt::format("ALTER SYSTEM SET max_worker_processes = {};   (on standbys first), then restart",
                       facts.max_worker_processes + missing)}};
}

Check CheckSettings(const ServerFacts& facts) {
  Check check{CheckStatus::kOk, "settings", "", {}};
  check.message = fmt::format("compute_query_id {}, track_io_timing {}{}, huge_pages {}", facts.compute_query_id,
                              facts.track_io_timing, facts.track_io_timing == "off" ? " (I/O times stay empty)" : "",
                              facts.huge_pages);
  if (facts.compute_query_id != "off") return check;
  check.status = CheckStatus::kFailed;
  check.message += "; without query ids nothing is captured";
  check.fixes = {"ALTER SYSTEM SET compute_query_id = auto;", "then SELECT pg_reload_conf();"};
  return check;
}

Check CheckCapture(const ServerFacts& facts) {
  if (!facts.capture)
    return {CheckStatus::kWarning, "capture", "status not readable: " + facts.capture_error, {"see the other checks"}};
  const collect::CaptureStatus& status = *facts.capture;
  Check check{CheckStatus::kOk, "capture", "", {}};
  if (!status.capturing) {
    check.status = CheckStatus::kWarning;
    check.message = "not capturing" + (status.reason.empty() ? "" : ": " + status.reason);
    check.fixes = {"ALTER SYSTEM SET pg_steward.track = top;", "then SELECT pg_reload_conf();"};
    return check;
  }
  check.message = fmt::format("{} statements", status.statements);
  if (!status.stats_since.empty()) check.message += " since " + status.stats_since;
  if (status.memory_used && status.memory_limit)
    check.message +=
        fmt::format(", {} of {} memory used", report::Size(*status.memory_used), report::Size(*status.memory_limit));
  if (status.evicted + status.lost + status.text_missing == 0) return check;
  check.message +=
      fmt::format("; {} evicted, {} samples lost, {} without text", status.evicted, status.lost, status.text_missing);
  const bool tight = status.evicted > status.statements || status.text_missing * 10 > status.statements;
  if (!tight) return check;
  check.status = CheckStatus::kWarning;
  check.fixes = {"raise pg_steward.max_statements or pg_steward.text_memory, then restart"};
  return check;
}

}  // namespace

std::string MergedPreloadList(const std::string& list) {
  std::vector<std::string> names = SplitList(list);
  if (!Preloads(list)) names.emplace_back("pg_steward");
  return JoinLibraries(names);
}

bool Preloads(const std::string& list) {
  const std::vector<std::string> names = SplitList(list);
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.substr(name.rfind('/') + 1) == "pg_steward"; });
}

std::int64_t EstimatedSharedMemory(std::int64_t max_connections) {
  // Measured; the integration test of doctor holds the sum against what a server allocates.
  constexpr std::int64_t kTexts = 32LL << 20;  // pg_steward.text_memory
  constexpr std::int64_t kStatementsAndPlans = 28LL << 20;
  constexpr std::int64_t kPerBackend = 20LL << 10;
  return kTexts + kStatementsAndPlans + max_connections * kPerBackend;
}

std::vector<Check> Diagnose(const ServerFacts& facts) {
  std::vector<Check> checks = {CheckServer(facts), CheckConnection(facts), CheckFiles(facts), CheckPreload(facts),
                               CheckExtension(facts)};
  if (facts.installed_version) {
    checks.push_back(CheckRights(facts));
    checks.push_back(CheckSaving(facts));
  }
  checks.push_back(CheckWorkers(facts));
  checks.push_back(CheckSettings(facts));
  if (facts.installed_version && facts.loaded) checks.push_back(CheckCapture(facts));
  return checks;
}

}  // namespace steward::cli
