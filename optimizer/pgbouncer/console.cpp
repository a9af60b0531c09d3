// See console.hpp.
#include "pgbouncer/console.hpp"

#include "db/error.hpp"

namespace steward::pgbouncer {

namespace {

std::string TextOf(const db::Result& result, const db::Row& row, const char* column) {
  return result.Has(column) ? row.Text(column) : "";
}

std::int64_t NumberOf(const db::Result& result, const db::Row& row, const char* column) {
  return result.Has(column) ? row.OptionalInt(column).value_or(0) : 0;
}

void ReadVersion(const ConsoleQuery& query, ConsoleFacts& facts) {
  const db::Diagnostics not_one = {
      "the other end is no admin console of PgBouncer", "",
      "Name its port and database: --console \"host=... port=6432 dbname=pgbouncer user=...\"", ""};
  try {
    const db::Result result = query("SHOW VERSION");
    if (result.size() != 1 || !result.Has("version")) throw db::Error(not_one);
    facts.version_text = result[0].Text("version");
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Error& error) {
    if (error.hint() == not_one.hint) throw;
    throw db::Error(not_one);
  }
  facts.version = ParseVersion(facts.version_text);
  if (facts.version_text.find("PgBouncer") == std::string::npos || !facts.version) throw db::Error(not_one);
}

void ReadConfig(const ConsoleQuery& query, ConsoleFacts& facts) {
  const db::Result result = query("SHOW CONFIG");
  for (const db::Row& row : result) {
    LiveSetting setting{row.Text("value"), std::nullopt, TextOf(result, row, "changeable") != "no"};
    if (result.Has("default") && !row.IsNull("default")) setting.fallback = row.Text("default");
    facts.config[row.Text("key")] = std::move(setting);
  }
}

void ReadDatabases(const ConsoleQuery& query, ConsoleFacts& facts) {
  const db::Result result = query("SHOW DATABASES");
  for (const db::Row& row : result) {
    LiveDatabase database;
    database.name = row.Text("name");
    if (database.name == "pgbouncer") continue;
    database.host = TextOf(result, row, "host");
    database.dbname = TextOf(result, row, "database");
    database.force_user = TextOf(result, row, "force_user");
    database.pool_size = NumberOf(result, row, "pool_size");
    if (result.Has("min_pool_size")) database.min_pool_size = row.OptionalInt("min_pool_size");
    // Renamed in 1.24.
    database.reserve_pool_size = NumberOf(result, row, result.Has("reserve_pool") ? "reserve_pool" : "reserve_pool_size");
    database.pool_mode = TextOf(result, row, "pool_mode");
    database.max_connections = NumberOf(result, row, "max_connections");
    facts.databases.push_back(std::move(database));
  }
}

void ReadPools(const ConsoleQuery& query, ConsoleFacts& facts) {
  const db::Result result = query("SHOW POOLS");
  for (const db::Row& row : result) {
    LivePool pool;
    pool.database = row.Text("database");
    pool.user = row.Text("user");
    if (pool.database == "pgbouncer") continue;
    pool.waiting = NumberOf(result, row, "cl_waiting");
    pool.clients = NumberOf(result, row, "cl_active") + pool.waiting;
    for (const char* state : {"sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login", "sv_active_cancel", "sv_being_canceled"})
      pool.servers += NumberOf(result, row, state);
    pool.max_wait_us = NumberOf(result, row, "maxwait") * 1'000'000 + NumberOf(result, row, "maxwait_us");
    pool.pool_mode = TextOf(result, row, "pool_mode");
    facts.pools.push_back(std::move(pool));
  }
}

void ReadTotals(const ConsoleQuery& query, ConsoleFacts& facts) {
  const db::Result result = query("SHOW STATS_TOTALS");
  for (const db::Row& row : result) {
    if (row.Text("database") == "pgbouncer") continue;
    facts.totals.push_back({row.Text("database"), NumberOf(result, row, "xact_count"), NumberOf(result, row, "xact_time"),
                            NumberOf(result, row, "wait_time")});
  }
}

void ReadUsers(const ConsoleQuery& query, ConsoleFacts& facts) {
  const db::Result result = query("SHOW USERS");
  if (!result.Has("max_user_connections")) return;  // before 1.23
  for (const db::Row& row : result)
    if (const std::int64_t limit = NumberOf(result, row, "max_user_connections"); limit > 0)
      facts.user_limits[row.Text("name")] = limit;
}

}  // namespace

ConsoleFacts ReadConsole(const ConsoleQuery& query, bool local) {
  ConsoleFacts facts;
  facts.local = local;
  ReadVersion(query, facts);
  ReadConfig(query, facts);
  ReadDatabases(query, facts);
  ReadPools(query, facts);
  ReadTotals(query, facts);
  ReadUsers(query, facts);
  return facts;
}

}  // namespace steward::pgbouncer
