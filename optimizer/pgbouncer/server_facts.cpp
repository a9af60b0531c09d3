// See server_facts.hpp.
#include "pgbouncer/server_facts.hpp"

#include <nlohmann/json.hpp>

#include "db/error.hpp"
#include "db/transaction.hpp"

namespace steward::pgbouncer {

namespace {

// pg_settings.setting is in the unit of each: ms, kB, or blocks of 8 kB. reserved_connections is from 16 on.
constexpr const char* kSettings = R"(
SELECT current_setting('server_version_num')::int8 AS version_num,
       current_setting('max_connections')::int8 AS max_connections,
       current_setting('superuser_reserved_connections')::int8 AS superuser_reserved,
       COALESCE(current_setting('reserved_connections', true)::int8, 0) AS reserved,
       (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'statement_timeout')::float8 AS statement_timeout,
       (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'idle_in_transaction_session_timeout')::float8
           AS idle_in_transaction_timeout,
       pg_size_bytes(current_setting('work_mem')) AS work_mem,
       current_setting('hash_mem_multiplier')::float8 AS hash_mem_multiplier,
       current_setting('max_parallel_workers_per_gather')::int8 AS parallel_workers,
       pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers,
       current_setting('track_activities')::bool AS track_activities,
       current_setting('compute_query_id') AS compute_query_id,
       (SELECT s.setting FROM pg_settings s WHERE s.name = 'shared_preload_libraries') AS preload,
       COALESCE(inet_server_addr() << inet '127.0.0.0/8'
                OR inet_server_addr() = inet '::1' OR inet_server_addr() = inet_client_addr(), true) AS local)";

constexpr const char* kRoles =
    "SELECT r.rolname, r.rolconnlimit::int8 AS rolconnlimit, r.rolsuper FROM pg_roles r WHERE r.rolcanlogin";

constexpr const char* kDatabases =
    "SELECT d.datname, d.datconnlimit::int8 AS datconnlimit FROM pg_database d WHERE d.datallowconn";

constexpr const char* kOverrides = R"(
SELECT COALESCE(r.rolname, '') AS role, COALESCE(d.datname, '') AS database, c.setting
FROM pg_db_role_setting s
     CROSS JOIN LATERAL unnest(s.setconfig) AS c(setting)
     LEFT JOIN pg_roles r ON r.oid = s.setrole
     LEFT JOIN pg_database d ON d.oid = s.setdatabase)";

// As JSON, since an older extension lacks columns. What this program does itself says nothing of the applications.
constexpr const char* kClasses =
    "SELECT to_jsonb(c)::text AS class FROM steward.classes c WHERE c.dbid IS NOT NULL"
    " AND c.application_name IS DISTINCT FROM 'pgsteward'";

constexpr double kMillisecondsASecond = 1000;

std::optional<double> NumberOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_number() ? std::nullopt : std::optional(found->get<double>());
}

std::string TextOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || !found->is_string() ? "" : found->get<std::string>();
}

ClassFacts ClassOf(const std::string& text) {
  const nlohmann::json object = nlohmann::json::parse(text);
  ClassFacts one;
  one.database = TextOf(object, "datname");
  one.role = TextOf(object, "usename");
  one.application = TextOf(object, "application_name");
  one.transactions = static_cast<std::int64_t>(NumberOf(object, "transactions").value_or(0));
  one.mean_time = NumberOf(object, "mean_xact_time").value_or(0);
  one.total_time = NumberOf(object, "total_xact_time").value_or(0);
  one.p50_time = NumberOf(object, "p50_xact_time");
  one.cpu_time = NumberOf(object, "cpu_time");
  if (const auto features = object.find("features"); features != object.end() && features->is_array())
    one.features = features->get<std::vector<std::string>>();
  return one;
}

}  // namespace

ServerFacts ReadServer(db::Database& database) {
  const db::ReadOnlyTransaction transaction(database);
  const db::Result settings = database.Query(kSettings);
  const db::Row row = settings.Only();
  ServerFacts facts;
  facts.version_num = row.Int("version_num");
  facts.local = row.Bool("local");
  facts.max_connections = row.Int("max_connections");
  facts.superuser_reserved = row.Int("superuser_reserved");
  facts.reserved = row.Int("reserved");
  facts.statement_timeout = row.Double("statement_timeout") / kMillisecondsASecond;
  facts.idle_in_transaction_timeout = row.Double("idle_in_transaction_timeout") / kMillisecondsASecond;
  facts.work_mem = row.Int("work_mem");
  facts.hash_mem_multiplier = row.Double("hash_mem_multiplier");
  facts.parallel_workers = row.Int("parallel_workers");
  facts.shared_buffers = row.Int("shared_buffers");
  facts.track_activities = row.Bool("track_activities");
  facts.compute_query_id = row.Text("compute_query_id");
  if (!row.IsNull("preload")) facts.preload = row.Text("preload");
  for (const db::Row& role : database.Query(kRoles))
    facts.roles.push_back({role.Text("rolname"), role.Int("rolconnlimit"), role.Bool("rolsuper")});
  for (const db::Row& one : database.Query(kDatabases)) facts.database_limits[one.Text("datname")] = one.Int("datconnlimit");
  for (const db::Row& one : database.Query(kOverrides)) {
    const std::string setting = one.Text("setting");
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) continue;
    facts.overrides.push_back({one.Text("role"), one.Text("database"), setting.substr(0, equals), setting.substr(equals + 1)});
  }
  return facts;
}

std::optional<std::vector<ClassFacts>> ReadClasses(db::Database& database, std::string& why) {
  try {
    const db::ReadOnlyTransaction transaction(database);
    std::vector<ClassFacts> classes;
    for (const db::Row& row : database.Query(kClasses)) classes.push_back(ClassOf(row.Text("class")));
    return classes;
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    why = error.what();
    return std::nullopt;
  }
}

}  // namespace steward::pgbouncer
