// Tables and columns from the catalog. Declared in read_workload.hpp.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "collect/read_workload.hpp"

namespace steward::collect {

namespace {

// Since when the statistics of this database's tables and indexes count: their last reset, else, the later of two, when
// the server last lost all statistics, and when the database was made, whose folder's age only some roles may see (naming
// the function without the right to call it fails even where it is not reached). 0: not known.
// A crash loses them all (15 and later): what counts per table starts anew without a reset time, what counts for the whole
// server with one. These may also be reset one by one, so the earliest is no earlier than the loss.
double ReadStatsSince(db::Database& database) {
  const db::Result reset = database.Query(
      "SELECT extract(epoch FROM d.stats_reset) AS since, extract(epoch FROM least((SELECT b.stats_reset FROM"
      " pg_stat_bgwriter b), (SELECT a.stats_reset FROM pg_stat_archiver a), (SELECT w.stats_reset FROM pg_stat_wal w)))"
      " AS lost, has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE') AS may_stat"
      " FROM pg_stat_database d WHERE d.datname = current_database()");
  if (reset.empty()) return 0;
  const double lost = reset[0].OptionalDouble("lost").value_or(0);
  if (!reset[0].IsNull("since") || !reset[0].Bool("may_stat"))
    return std::max(reset[0].OptionalDouble("since").value_or(0), lost);
  const db::Result folder = database.Query(
      "SELECT extract(epoch FROM (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification) AS since"
      " FROM pg_database WHERE datname = current_database()");
  return folder.empty() ? lost : std::max(folder[0].OptionalDouble("since").value_or(0), lost);
}

// Looked at this often, this many seconds apart: a truncating autovacuum or a quick ALTER TABLE is soon done.
constexpr int kLooks = 5;
constexpr const char* kBetweenLooks = "SELECT pg_sleep(0.25)";

}  // namespace

std::vector<std::int64_t> ReadLocked(db::Database& database) {
  std::vector<std::int64_t> locked;
  for (int look = 0; look < kLooks; look++) {
    if (look > 0) database.Query(kBetweenLooks);
    const db::Result result = database.Query(
        "SELECT DISTINCT coalesce(i.indrelid, l.relation)::bigint AS relid FROM pg_locks l"
        " JOIN pg_database d ON d.oid = l.database LEFT JOIN pg_index i ON i.indexrelid = l.relation"
        " WHERE d.datname = current_database() AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'");
    std::set<std::int64_t> now;
    for (const db::Row row : result) now.insert(row.Int("relid"));
    if (look == 0) locked.assign(now.begin(), now.end());
    std::erase_if(locked, [&](std::int64_t relid) { return now.count(relid) == 0; });
    if (locked.empty()) break;
  }
  return locked;
}

std::vector<model::Table> ReadTables(db::Database& database, const std::vector<std::int64_t>& locked) {
  const db::Result result = database.Query(
      "SELECT c.oid::bigint AS relid, n.nspname AS schema, c.relname AS name,"
      " quote_ident(n.nspname) AS schema_sql,"
      " quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name_sql, c.relkind AS kind,"
      " coalesce((SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = c.oid AND c.relispartition"
      "   AND NOT h.inhdetachpending), 0)::bigint AS parent,"
      " n.nspname IN ('pg_catalog', 'information_schema', 'steward') OR n.nspname LIKE 'pg\\_%' AS catalog,"
      " c.oid = ANY ($1::oid[]) AS locked, greatest(c.reltuples, 0) AS rows,"
      " CASE WHEN c.oid = ANY ($1::oid[]) THEN c.relpages::bigint * current_setting('block_size')::int"
      "   ELSE pg_relation_size(c.oid) END AS size, s.n_tup_ins AS inserted,"
      " s.n_tup_upd AS updated, s.n_tup_hot_upd AS hot_updated, s.n_tup_del AS deleted,"
      " coalesce(extract(epoch FROM greatest(s.last_analyze, s.last_autoanalyze)), 0) AS analyzed_at"
      " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid"
      " WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relpersistence <> 't'"
      " AND n.nspname NOT IN ('pg_toast', 'information_schema') ORDER BY c.oid",
      {db::ArrayLiteral(locked)});
  const double stats_since = ReadStatsSince(database);
  std::vector<model::Table> tables;
  for (const db::Row row : result) {
    model::Table table;
    table.relid = static_cast<model::Oid>(row.Int("relid"));
    table.schema = row.Text("schema");
    table.name = row.Text("name");
    table.schema_sql = row.Text("schema_sql");
    table.name_sql = row.Text("name_sql");
    table.parent = static_cast<model::Oid>(row.Int("parent"));
    table.kind = row.Text("kind").empty() ? 'r' : row.Text("kind").front();
    table.catalog = row.Bool("catalog");
    table.locked = row.Bool("locked");
    table.rows = row.Double("rows");
    table.size = row.OptionalInt("size").value_or(0);
    table.inserted = row.OptionalInt("inserted").value_or(0);
    table.updated = row.OptionalInt("updated").value_or(0);
    table.hot_updated = row.OptionalInt("hot_updated").value_or(0);
    table.deleted = row.OptionalInt("deleted").value_or(0);
    table.stats_since = stats_since;
    table.analyzed_at = row.Double("analyzed_at");
    tables.push_back(std::move(table));
  }
  return tables;
}

void ReadColumns(db::Database& database, const std::vector<std::int64_t>& wanted, std::vector<model::Table>& tables) {
  // A type is indexable when its (or its domain's base type's) class, or one it casts to for free, has a default btree
  // operator class; arrays, enums and ranges have one for all of their kind. Widths without a visible statistic: the
  // type's own, or 32 as the planner assumes.
  const db::Result result = database.Query(
      "SELECT a.attrelid::bigint AS relid, a.attnum, a.attname AS name, quote_ident(a.attname) AS name_sql,"
      " format_type(a.atttypid, a.atttypmod) AS type,"
      " t.typtype IN ('e', 'r', 'm') OR t.typcategory = 'A' OR EXISTS (SELECT FROM pg_opclass o"
      "   JOIN pg_am m ON m.oid = o.opcmethod WHERE m.amname = 'btree' AND o.opcdefault AND (o.opcintype = t.oid OR "
      "EXISTS"
      "   (SELECT FROM pg_cast k WHERE k.castsource = t.oid AND k.casttarget = o.opcintype AND k.castmethod = 'b'"
      "    AND k.castcontext = 'i'))) AS indexable,"
      " coalesce(s.avg_width, CASE WHEN t.typlen > 0 THEN t.typlen ELSE 32 END) AS width,"
      " coalesce(a.attstattarget, -1) AS statistics_target, coalesce(s.correlation, 0) AS correlation"
      " FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid"
      " JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END"
      " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
      " LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname"
      "   AND s.inherited = (c.relkind = 'p')"
      " WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum",
      {db::ArrayLiteral(wanted)});
  std::map<model::Oid, model::Table*> by_relid;
  for (model::Table& table : tables) by_relid[table.relid] = &table;
  for (const db::Row row : result) {
    const auto table = by_relid.find(static_cast<model::Oid>(row.Int("relid")));
    if (table == by_relid.end()) continue;
    table->second->columns.push_back({static_cast<int>(row.Int("attnum")), row.Text("name"), row.Text("name_sql"),
                                      row.Text("type"), row.Bool("indexable"), row.Double("width"),
                                      static_cast<int>(row.Int("statistics_target")), row.Double("correlation")});
  }
}

std::vector<model::RelationName> ReadNames(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT quote_ident(n.nspname) AS schema_sql, c.relname AS name FROM pg_class c"
      " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname ~ '_idx[0-9]*$' AND n.nspname NOT LIKE 'pg\\_%'"
      " ORDER BY 1, 2");
  std::vector<model::RelationName> names;
  for (const db::Row row : result) names.push_back({row.Text("schema_sql"), row.Text("name")});
  return names;
}

}  // namespace steward::collect
