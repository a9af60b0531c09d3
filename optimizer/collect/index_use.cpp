// Who needs the indexes that exist: captured plans, foreign keys, standbys. Declared in read_workload.hpp.
#include <algorithm>
#include <map>
#include <utility>

#include "collect/read_workload.hpp"

namespace steward::collect {

namespace {

std::map<model::Oid, model::ExistingIndex*> ById(std::vector<model::ExistingIndex>& indexes) {
  std::map<model::Oid, model::ExistingIndex*> by_id;
  for (model::ExistingIndex& index : indexes) by_id[index.indexrelid] = &index;
  return by_id;
}

model::ForeignKey ReadForeignKey(const db::Row& row) {
  model::ForeignKey key;
  key.name = row.Text("name");
  key.relid = static_cast<model::Oid>(row.Int("relid"));
  key.referenced = static_cast<model::Oid>(row.Int("referenced"));
  key.on_delete = row.Text("on_delete");
  return key;
}

}  // namespace

void ReadIndexUse(db::Database& database, std::vector<model::ExistingIndex>& indexes) {
  const std::map<model::Oid, model::ExistingIndex*> by_id = ById(indexes);
  const db::Result plans = database.Query(
      "SELECT u.indexrelid::bigint AS indexrelid, count(*) AS plans FROM (SELECT DISTINCT p.queryid, p.planid,"
      " unnest(p.indexes_used) AS indexrelid FROM steward.plans p) u GROUP BY u.indexrelid");
  for (const db::Row row : plans) {
    const auto index = by_id.find(static_cast<model::Oid>(row.Int("indexrelid")));
    if (index != by_id.end()) index->second->plans = row.Int("plans");
  }
  ReadIndexAges(database, indexes);
}

void ReadIndexAges(db::Database& database, std::vector<model::ExistingIndex>& indexes) {
  const std::map<model::Oid, model::ExistingIndex*> by_id = ById(indexes);
  const db::Result kept = database.Query("SELECT current_setting('track_commit_timestamp')::boolean AS kept");
  if (!kept.Only().Bool("kept")) return;
  // Rows of initdb have no transaction (xid 1 or 2), of which asking for a time is an error.
  const db::Result times = database.Query(
      "SELECT i.indexrelid::bigint AS indexrelid, extract(epoch FROM pg_xact_commit_timestamp(i.xmin)) AS changed_at"
      " FROM (SELECT x.indexrelid, x.xmin FROM pg_index x WHERE x.xmin::text::bigint > 2 OFFSET 0) i");
  for (const db::Row row : times) {
    const auto index = by_id.find(static_cast<model::Oid>(row.Int("indexrelid")));
    if (index != by_id.end()) index->second->changed_at = row.OptionalDouble("changed_at").value_or(0);
  }
}

std::vector<model::ForeignKey> ReadForeignKeys(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT k.oid::bigint AS id, k.conname AS name, k.conrelid::bigint AS relid, k.confrelid::bigint AS referenced,"
      " CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'"
      "   WHEN 'n' THEN 'set null' ELSE 'set default' END AS on_delete,"
      " c.attnum, a.attname AS column_name, quote_ident(a.attname) AS column_sql"
      " FROM pg_constraint k CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS c(attnum, place)"
      " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.attnum"
      " WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid, c.place");
  std::vector<model::ForeignKey> keys;
  std::int64_t last = 0;
  for (const db::Row row : result) {
    if (keys.empty() || row.Int("id") != last) keys.push_back(ReadForeignKey(row));
    last = row.Int("id");
    model::IndexKey& column = keys.back().keys.emplace_back();
    column.attnum = static_cast<int>(row.Int("attnum"));
    column.name = row.Text("column_name");
    column.sql = row.Text("column_sql");
  }
  return keys;
}

// State and replay position are hidden from roles without pg_read_all_stats; then whatever receives WAL counts. A slot
// that nothing uses now is a standby that is down, as far as one can tell.
std::vector<std::string> ReadStandbys(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT coalesce(nullif(r.application_name, ''), 'unnamed') || coalesce(' (' || host(r.client_addr) || ')', '')"
      "   AS name FROM pg_stat_replication r WHERE r.state IS DISTINCT FROM 'backup'"
      " AND NOT (r.replay_lsn IS NULL AND r.application_name IN ('pg_receivewal', 'barman_receive_wal', 'pg_basebackup'))"
      " AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')"
      " UNION ALL SELECT 'slot ' || s.slot_name || ' (not connected)' FROM pg_replication_slots s"
      " WHERE s.slot_type = 'physical' AND s.active_pid IS NULL AND NOT s.temporary ORDER BY 1");
  std::vector<std::string> standbys;
  for (const db::Row row : result) standbys.push_back(row.Text("name"));
  return standbys;
}

void AddStandby(const model::Workload& standby, model::Workload& workload) {
  double stats_since = 0;
  for (const model::Table& table : standby.tables) stats_since = std::max(stats_since, table.stats_since);
  const model::ServerInfo& server = standby.server;
  workload.seen_standbys.push_back({(server.host.empty() ? "local socket" : server.host) + ":" + server.port,
                                    server.collected_at, stats_since, standby.standbys.size()});
  const std::map<model::Oid, model::ExistingIndex*> by_id = ById(workload.indexes);
  for (const model::ExistingIndex& there : standby.indexes) {
    const auto index = by_id.find(there.indexrelid);
    if (index == by_id.end()) continue;
    index->second->plans += there.plans;
    index->second->standby_scans = index->second->standby_scans.value_or(0) + there.scans;
  }
}

}  // namespace steward::collect
