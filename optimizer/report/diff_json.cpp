// The JSON form of a difference of windows. Declared in diff_report.hpp.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/diff_report.hpp"
#include "report/instants.hpp"

namespace steward::report {

namespace {

using model::PerHour;
using nlohmann::ordered_json;

ordered_json Numbers(const model::WindowStatement& statement, const model::Window& window) {
  const auto rate = [&](auto value) { return PerHour(static_cast<double>(value), window); };
  ordered_json json = {{"calls", statement.calls},
                       {"calls_per_hour", rate(statement.calls)},
                       {"failed_calls", statement.failed_calls},
                       {"rows_per_hour", rate(statement.rows)},
                       {"exec_time_per_hour", rate(statement.exec_time)},
                       {"plan_time_per_hour", rate(statement.plan_time)},
                       {"mean_exec_time", nullptr},
                       {"p95_exec_time", nullptr},
                       {"shared_blks_read_per_hour", rate(statement.shared_blks_read)},
                       {"temp_blks_written_per_hour", rate(statement.temp_blks_written)},
                       {"wal_bytes_per_hour", rate(statement.wal_bytes)}};
  if (statement.calls > 0) json["mean_exec_time"] = MeanTime(statement);
  if (statement.p95) json["p95_exec_time"] = *statement.p95;
  return json;
}

ordered_json WindowJson(const model::Window& window) {
  return {{"start", IsoInstant(window.start)},
          {"end", IsoInstant(window.end)},
          {"seconds_covered", window.seconds},
          {"intervals", window.intervals}};
}

const char* Word(model::ChangeKind kind) {
  return kind == model::ChangeKind::kNew ? "new" : kind == model::ChangeKind::kGone ? "gone" : "same";
}

// A null id is one that this role may not see, or of the others together: see "query".
ordered_json ChangeJson(const model::StatementChange& change, const model::WindowDiff& diff) {
  const model::WindowStatement& statement = change.after;
  ordered_json json = {{"kind", Word(change.kind)},
                       {"queryid", nullptr},
                       {"role", nullptr},
                       {"toplevel", statement.toplevel},
                       {"query", statement.query},
                       {"exec_time_change_per_hour", change.time_change},
                       {"due_to_calls", change.due_to_calls},
                       {"due_to_mean", change.due_to_mean},
                       {"before", Numbers(change.before, diff.before)},
                       {"after", Numbers(change.after, diff.after)}};
  if (statement.queryid != 0) json["queryid"] = fmt::format("{}", statement.queryid);
  if (!statement.role.empty()) json["role"] = statement.role;
  return json;
}

}  // namespace

std::string DiffJson(const model::WindowDiff& diff, std::size_t limit) {
  ordered_json changes = ordered_json::array();
  for (const model::StatementChange& change : diff.changes) {
    if (changes.size() == limit) break;
    changes.push_back(ChangeJson(change, diff));
  }
  const ordered_json document = {{"schema_version", 1},
                                 {"database", diff.server.database},
                                 {"before", WindowJson(diff.before)},
                                 {"after", WindowJson(diff.after)},
                                 {"statements", diff.changes.size()},
                                 {"changes", changes}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace steward::report
