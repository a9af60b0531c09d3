// See history_windows.hpp.
#include "collect/history_windows.hpp"

#include <fmt/format.h>

namespace steward::collect {

namespace {

constexpr const char* kThisDatabase = "(SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())";

std::string Number(double value) {
  return fmt::format("{:.6f}", value);
}

model::WindowStatement ReadStatement(const db::Row& row) {
  model::WindowStatement statement;
  statement.userid = static_cast<model::Oid>(row.OptionalInt("userid").value_or(0));
  statement.toplevel = row.OptionalBool("toplevel").value_or(true);
  statement.queryid = row.OptionalInt("queryid").value_or(0);
  statement.role = row.Text("role");
  statement.query = row.Text("query");
  statement.calls = row.Int("calls");
  statement.failed_calls = row.Int("failed_calls");
  statement.rows = row.Int("rows");
  statement.exec_time = row.Double("total_exec_time");
  statement.plan_time = row.Double("total_plan_time");
  statement.p95 = row.OptionalDouble("p95_exec_time");
  statement.shared_blks_read = row.Int("shared_blks_read");
  statement.temp_blks_written = row.Int("temp_blks_written");
  statement.wal_bytes = row.Int("wal_bytes");
  return statement;
}

}  // namespace

double ResolveInstant(db::Database& database, const InstantSpec& spec, std::optional<double> from) {
  if (!spec.text.empty()) {
    database.Execute("SET LOCAL TimeZone TO DEFAULT; SET LOCAL DateStyle TO DEFAULT");
    const db::Result read = database.Query("SELECT extract(epoch FROM $1::timestamptz)::float8 AS at", {spec.text});
    database.Execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = ISO");
    return read.Only().Double("at");
  }
  if (from) return *from - spec.seconds_back;
  return database.Query("SELECT extract(epoch FROM now())::float8 AS at").Only().Double("at") - spec.seconds_back;
}

model::Window ReadWindow(db::Database& database, double since, double until) {
  const db::Parameters span = {Number(since), Number(until)};
  const db::Result covered = database.Query(
      fmt::format("SELECT count(*) AS intervals, extract(epoch FROM min(i.interval_start))::float8 AS start,"
                  " extract(epoch FROM max(i.interval_end))::float8 AS end,"
                  " extract(epoch FROM sum(i.interval_end - i.interval_start))::float8 AS seconds"
                  " FROM steward.history_interval AS i WHERE i.dbid = {}"
                  " AND i.interval_end > to_timestamp($1::float8) AND i.interval_end <= to_timestamp($2::float8)",
                  kThisDatabase),
      span);
  model::Window window;
  window.intervals = covered.Only().Int("intervals");
  if (window.intervals == 0) return window;
  window.start = covered.Only().Double("start");
  window.end = covered.Only().Double("end");
  window.seconds = covered.Only().Double("seconds");
  const db::Result rows = database.Query(
      "SELECT w.userid, r.rolname AS role, w.toplevel, w.queryid, w.query, w.calls, w.failed_calls, w.rows,"
      " w.total_exec_time, w.total_plan_time, w.p95_exec_time, w.shared_blks_read, w.temp_blks_written,"
      " w.wal_bytes::bigint AS wal_bytes"
      " FROM steward.window_statements(to_timestamp($1::float8), to_timestamp($2::float8)) AS w"
      " LEFT JOIN pg_roles AS r ON r.oid = w.userid"
      " WHERE coalesce(w.query, '') NOT LIKE '%/* pgsteward */%'",
      span);
  for (const db::Row row : rows) window.statements.push_back(ReadStatement(row));
  return window;
}

std::optional<HistoryReach> ReadHistoryReach(db::Database& database) {
  const db::Result result = database.Query(
      fmt::format("SELECT extract(epoch FROM min(i.interval_start))::float8 AS start,"
                  " extract(epoch FROM max(i.interval_end))::float8 AS end"
                  " FROM steward.history_interval AS i WHERE i.dbid = {}",
                  kThisDatabase));
  if (result.Only().IsNull("start")) return std::nullopt;
  return HistoryReach{result.Only().Double("start"), result.Only().Double("end")};
}

}  // namespace steward::collect
