// See pool_workload.hpp.
#include "collect/pool_workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace steward::collect {

namespace {

using model::PoolClass;
using model::PoolWorkload;

constexpr double kBytesPerKilobyte = 1024;

std::set<std::string> ColumnsOf(db::Database& database, const char* view) {
  std::set<std::string> columns;
  for (const db::Row row : database.Query("SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", {view}))
    columns.insert(row.Text("attname"));
  return columns;
}

// Of columns that came later: NULL where this server does not have them.
std::string Columns(const std::set<std::string>& there, std::initializer_list<const char*> wanted) {
  std::string text;
  for (const char* column : wanted)
    text += fmt::format(", {}{}", there.count(column) > 0 ? "c." : "NULL AS ", column);
  return text;
}

// Statements and their CPU time by role, over the transactions of the role's classes.
struct RoleWork {
  double statements = 0;
  double cpu_time = 0;
};
using Roles = std::map<std::pair<std::string, std::string>, RoleWork>;  // database, role

Roles ReadRoles(db::Database& database) {
  Roles roles;
  const db::Result result = database.Query(
      "SELECT d.datname, r.rolname, sum(s.calls)::float8 AS calls, sum(s.cpu_time) AS cpu_time FROM steward.statements AS s"
      " JOIN pg_database AS d ON d.oid = s.dbid JOIN pg_roles AS r ON r.oid = s.userid WHERE s.toplevel GROUP BY 1, 2");
  for (const db::Row row : result)
    roles[{row.Text("datname"), row.Text("rolname")}] = {row.Double("calls"), row.OptionalDouble("cpu_time").value_or(0)};
  return roles;
}

std::optional<model::PoolSamples> ReadSamples(const db::Row& row) {
  if (row.IsNull("samples") || row.IsNull("running_samples")) return std::nullopt;
  const auto number = [&](const char* column) { return row.OptionalInt(column).value_or(0); };
  return model::PoolSamples{number("samples"),        number("running_samples"), number("lock_samples"),
                            number("lwlock_samples"), number("io_samples"),      number("wal_samples"),
                            number("client_samples"), number("other_samples"),   number("idle_samples")};
}

PoolClass ReadClass(const db::Row& row) {
  PoolClass one;
  one.database = row.Text("datname");
  one.role = row.Text("usename");
  one.application = row.Text("application_name");
  one.transactions = row.Int("transactions");
  one.commits = row.Int("commits");
  one.failures = row.Int("failures");
  one.total_time = row.OptionalDouble("total_xact_time").value_or(0);
  one.stddev_time = row.OptionalDouble("stddev_xact_time").value_or(0);
  one.p50_time = row.OptionalDouble("p50_xact_time").value_or(0);
  one.p95_time = row.OptionalDouble("p95_xact_time").value_or(0);
  one.p99_time = row.OptionalDouble("p99_xact_time").value_or(0);
  one.max_time = row.OptionalDouble("max_xact_time").value_or(0);
  one.idle_in_transaction_time = row.OptionalDouble("idle_in_transaction_time");
  one.cpu_time = row.OptionalDouble("cpu_time");
  one.core_wait_time = row.OptionalDouble("core_wait_time");
  one.writing_transactions = row.OptionalInt("writing_transactions");
  one.samples = ReadSamples(row);
  one.max_busy = row.OptionalInt("max_busy");
  one.max_sessions = row.OptionalInt("max_sessions");
  one.features_known = !row.IsNull("features");
  if (one.features_known) one.features = row.TextArray("features");
  return one;
}

// What the role's statements took, where the class itself does not say: by share of the role's transactions and time.
void AddStatements(const Roles& roles, std::vector<PoolClass>& classes) {
  std::map<std::pair<std::string, std::string>, std::pair<double, double>> sums;  // transactions, time
  for (const PoolClass& one : classes) {
    auto& [transactions, time] = sums[{one.database, one.role}];
    transactions += static_cast<double>(one.transactions);
    time += one.total_time - one.idle_in_transaction_time.value_or(0);
  }
  for (PoolClass& one : classes) {
    const auto work = roles.find({one.database, one.role});
    const auto& [transactions, time] = sums[{one.database, one.role}];
    if (work == roles.end() || transactions <= 0) continue;
    one.statements = work->second.statements / transactions;
    if (one.cpu_time || time <= 0) continue;
    const double own = one.total_time - one.idle_in_transaction_time.value_or(0);
    one.cpu_time = std::min(own, work->second.cpu_time * own / time);
    one.cpu_from_statements = true;
  }
}

void NameMissing(const std::set<std::string>& there, PoolWorkload& workload) {
  const auto any = [&](auto has) { return std::any_of(workload.classes.begin(), workload.classes.end(), has); };
  if (workload.classes.empty()) return;
  if (!any([](const PoolClass& one) { return one.samples && one.samples->looks > 0; }))
    workload.missing.push_back(there.count("samples") == 0 ? "what transactions wait for: this version of the extension does not look"
                                                           : "what transactions wait for: sessions were not looked at yet, or the worker does not run");
  if (!any([](const PoolClass& one) { return one.cpu_time && !one.cpu_from_statements; }))
    workload.missing.push_back("CPU time of transactions: taken from that of their role's statements");
  if (!any([](const PoolClass& one) { return one.writing_transactions.has_value(); }))
    workload.missing.push_back("which transactions write: a read pool is found by --read only");
}

void ReadClasses(db::Database& database, PoolWorkload& workload) {
  const std::set<std::string> there = ColumnsOf(database, "steward.classes");
  const db::Result result = database.Query(
      "SELECT c.datname, c.usename, c.application_name, c.transactions, c.commits, c.failures, c.total_xact_time, c.stddev_xact_time,"
      " c.p50_xact_time, c.p95_xact_time, c.p99_xact_time, c.max_xact_time, c.idle_in_transaction_time" +
      Columns(there, {"cpu_time", "core_wait_time", "writing_transactions", "samples", "running_samples", "lock_samples", "lwlock_samples",
                      "io_samples", "wal_samples", "client_samples", "other_samples", "idle_samples", "max_busy", "max_sessions", "features"}) +
      ", extract(epoch FROM c.first_seen)::float8 AS first_seen, extract(epoch FROM c.last_seen)::float8 AS last_seen"
      " FROM steward.classes AS c WHERE c.application_name IS DISTINCT FROM 'pgsteward'"
      " ORDER BY c.datname, c.usename, c.application_name");
  double first = 0;
  double last = 0;
  for (const db::Row row : result) {
    workload.classes.push_back(ReadClass(row));
    if (workload.classes.back().database != workload.server.database) continue;
    const double from = row.OptionalDouble("first_seen").value_or(0);
    first = first == 0 ? from : std::min(first, from);
    last = std::max(last, row.OptionalDouble("last_seen").value_or(0));
  }
  AddStatements(ReadRoles(database), workload.classes);
  // To a second only, so that a shorter window says nothing.
  workload.seconds = last > 0 ? std::max(1.0, last - first) : 0;
  workload.server.window_start = first;
  workload.server.window_end = last;
  NameMissing(there, workload);
}

void ReadServer(db::Database& database, PoolWorkload& workload) {
  const db::Result result = database.Query(
      "SELECT current_database() AS database, current_setting('server_version') AS version,"
      " current_setting('server_version_num')::int AS version_num, pg_is_in_recovery() AS standby,"
      " extract(epoch FROM clock_timestamp())::float8 AS now");
  const db::Row row = result.Only();
  model::ServerInfo& server = workload.server;
  server.database = row.Text("database");
  server.version = row.Text("version");
  server.version_num = static_cast<int>(row.Int("version_num"));
  server.standby = row.Bool("standby");
  server.collected_at = row.Double("now");
  server.host = database.endpoint().host;
  server.port = database.endpoint().port;
}

// What a session of the application would have: our own transaction has set some of them otherwise.
void ReadLimits(db::Database& database, model::PoolLimits& limits) {
  std::map<std::string, double> settings;
  for (const db::Row row : database.Query(
           "SELECT name, reset_val::float8 AS value FROM pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections',"
           " 'reserved_connections', 'work_mem', 'hash_mem_multiplier', 'shared_buffers', 'max_parallel_workers_per_gather',"
           " 'statement_timeout', 'idle_in_transaction_session_timeout')"))
    settings[row.Text("name")] = row.Double("value");
  constexpr double kBlock = 8192;
  limits.max_connections = static_cast<std::int64_t>(settings["max_connections"]);
  limits.reserved = static_cast<std::int64_t>(settings["superuser_reserved_connections"] + settings["reserved_connections"]);
  limits.work_mem = static_cast<std::int64_t>(settings["work_mem"] * kBytesPerKilobyte);
  limits.hash_mem_multiplier = std::max(1.0, settings["hash_mem_multiplier"]);
  limits.shared_buffers = static_cast<std::int64_t>(settings["shared_buffers"] * kBlock);
  limits.parallel_workers = static_cast<int>(settings["max_parallel_workers_per_gather"]);
  limits.statement_timeout = settings["statement_timeout"];
  limits.idle_in_transaction_timeout = settings["idle_in_transaction_session_timeout"];
  if (ColumnsOf(database, "steward.capture_status").count("refused_connections") > 0)
    limits.refused_connections = database.Query("SELECT refused_connections FROM steward.capture_status").Only().OptionalInt("refused_connections");
}

bool IsLocalName(const std::string& host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" || host.starts_with("127.") || host == "::1";
}

void ReadMachine(db::Database& database, const HostGiven& given, PoolReading& reading) {
  const db::Result result = database.Query(
      "SELECT inet_server_addr() IS NULL OR host(inet_server_addr()) IN ('127.0.0.1', '::1') AS local,"
      " count(*) AS sessions, count(*) FILTER (WHERE client_addr IS NULL OR client_addr IN (inet_server_addr(), '127.0.0.1', '::1')) AS near"
      " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
  const db::Row row = result.Only();
  model::PoolHost& host = reading.workload.host;
  const bool local = row.Bool("local") && IsLocalName(database.endpoint().host);
  if (local) {
    host = ReadHost();
    host.source = "this machine";
    reading.cpu = ReadCpu();
  }
  if (given.cores) host.cores = *given.cores;
  if (given.memory) host.memory = *given.memory;
  if (given.cores || given.memory) host.source = local && !(given.cores && given.memory) ? "this machine, and as given" : "as given";
  if (host.cores == 0) {
    host.source = host.memory > 0 ? host.source : "not known";
    reading.workload.missing.push_back("the server's cores: give them with --cores");
  }
  const std::int64_t sessions = row.Int("sessions");
  host.clients_local = sessions > 0 ? 2 * row.Int("near") > sessions : local;
  reading.workload.limits.connections = sessions;
}

template <typename Number>
std::optional<Number> Less(const std::optional<Number>& after, const std::optional<Number>& before) {
  if (!after) return after;
  return *after - before.value_or(0);
}

model::PoolSamples Less(const model::PoolSamples& after, const model::PoolSamples& before) {
  model::PoolSamples less = after;
  for (std::int64_t model::PoolSamples::*kind :
       {&model::PoolSamples::looks, &model::PoolSamples::running, &model::PoolSamples::lock, &model::PoolSamples::lwlock,
        &model::PoolSamples::io, &model::PoolSamples::wal, &model::PoolSamples::client, &model::PoolSamples::other, &model::PoolSamples::idle})
    less.*kind -= before.*kind;
  return less;
}

void Subtract(const PoolClass& before, PoolClass& after) {
  after.transactions -= before.transactions;
  after.commits -= before.commits;
  after.failures -= before.failures;
  after.total_time -= before.total_time;
  after.idle_in_transaction_time = Less(after.idle_in_transaction_time, before.idle_in_transaction_time);
  after.cpu_time = Less(after.cpu_time, before.cpu_time);
  after.core_wait_time = Less(after.core_wait_time, before.core_wait_time);
  after.writing_transactions = Less(after.writing_transactions, before.writing_transactions);
  if (after.samples && before.samples) after.samples = Less(*after.samples, *before.samples);
}

}  // namespace

PoolReading ReadPoolWorkload(db::Database& database, const HostGiven& given) {
  PoolReading reading;
  ReadServer(database, reading.workload);
  ReadClasses(database, reading.workload);
  ReadLimits(database, reading.workload.limits);
  ReadMachine(database, given, reading);
  return reading;
}

PoolWorkload Between(const PoolReading& before, const PoolReading& after) {
  PoolWorkload workload = after.workload;
  workload.since_reset = false;
  workload.server.window_start = before.workload.server.collected_at;
  workload.server.window_end = after.workload.server.collected_at;
  workload.seconds = std::max(0.0, workload.server.window_end - workload.server.window_start);
  std::map<std::tuple<std::string, std::string, std::string>, const PoolClass*> earlier;
  for (const PoolClass& one : before.workload.classes) earlier[{one.database, one.role, one.application}] = &one;
  for (PoolClass& one : workload.classes) {
    const auto found = earlier.find({one.database, one.role, one.application});
    if (found != earlier.end() && found->second->transactions <= one.transactions) Subtract(*found->second, one);
  }
  if (workload.limits.refused_connections)
    *workload.limits.refused_connections -= before.workload.limits.refused_connections.value_or(0);
  if (before.cpu && after.cpu && after.cpu->seconds > before.cpu->seconds)
    workload.host.busy_cores = (after.cpu->busy - before.cpu->busy) / (after.cpu->seconds - before.cpu->seconds);
  return workload;
}

}  // namespace steward::collect
