// See diagnose.hpp.
#include "cli/diagnose.hpp"

#include <fmt/format.h>

#include "cli/preload_advice.hpp"
#include "report/terminal_text.hpp"

namespace steward::cli {

namespace {

using collect::ServerFacts;
using report::Check;
using report::CheckStatus;

constexpr int kOldestVersion = 150000;

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

Check CheckDegraded(const ServerFacts& facts) {
  return {CheckStatus::kOk,
          "degraded",
          facts.hypopg.Name() + ": \"advise indexes\" works now, from generic plans, without history and explain",
          {}};
}

Check CheckRights(const ServerFacts& facts) {
  Check check{CheckStatus::kOk, "rights", fmt::format("role {} can read the workload and run what-if", facts.role), {}};
  for (const std::string& grant : facts.missing_grants) check.fixes.push_back(grant + " TO " + facts.role_sql + ";");
  if (!facts.read_all_stats)
    check.fixes.push_back("GRANT pg_read_all_stats TO " + facts.role_sql + ";   (texts of other roles' statements)");
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
    check.fixes.push_back(grant + " TO " + facts.role_sql + ";");
  return check;
}

// Only a few roles measure: that this one does not is no fault.
Check CheckMeasuring(const ServerFacts& facts) {
  Check check{CheckStatus::kOk, "measuring", fmt::format("role {} cannot run \"advise prepared --measure\"", facts.role), {}};
  for (const std::string& grant : facts.missing_measure_grants)
    check.fixes.push_back(grant + " TO " + facts.role_sql + ";");
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

std::vector<Check> Diagnose(const ServerFacts& facts) {
  std::vector<Check> checks = {CheckServer(facts), CheckConnection(facts), CheckFiles(facts), CheckPreload(facts),
                               CheckExtension(facts)};
  if (!(facts.installed_version && facts.loaded) && facts.hypopg.Complete()) checks.push_back(CheckDegraded(facts));
  if (facts.installed_version) {
    checks.push_back(CheckRights(facts));
    checks.push_back(CheckSaving(facts));
    if (!facts.missing_measure_grants.empty()) checks.push_back(CheckMeasuring(facts));
  }
  checks.push_back(CheckWorkers(facts));
  checks.push_back(CheckSettings(facts));
  if (facts.installed_version && facts.loaded) checks.push_back(CheckCapture(facts));
  return checks;
}

}  // namespace steward::cli
