// Existing indexes with their definitions taken apart. Declared in read_workload.hpp.
#include <utility>

#include "collect/read_workload.hpp"

namespace steward::collect {

namespace {

// One row an index column. Operator class and collation are named where they are not what CREATE INDEX takes by itself,
// which for an expression only its definition tells: pg_get_indexdef() writes them behind the key where they differ. So
// a name that only happens to stand there makes an index look special, never two different ones alike.
// indoption: bit 0 descending, bit 1 nulls first (src/include/catalog/pg_index.h).
constexpr const char* kIndexColumns =
    "SELECT i.indexrelid::bigint AS indexrelid, i.indrelid::bigint AS relid, x.relname AS name,"
    " quote_ident(n.nspname) || '.' || quote_ident(x.relname) AS name_sql, c.relname AS table_name,"
    " quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table_sql,"
    " m.amname AS method, i.indisunique AS is_unique, i.indnullsnotdistinct AS nulls_not_distinct,"
    " i.indimmediate AS immediate, i.indisexclusion AS exclusion, i.indisprimary AS is_primary,"
    " coalesce((SELECT string_agg(w, ', ' ORDER BY w COLLATE \"C\") FROM unnest(x.reloptions) w), '') AS options,"
    " i.indisvalid AND i.indisready AND i.indislive AS valid,"
    // What dropping the index would break or undo besides look-ups: a constraint or a foreign key to it, the replica
    // identity, what CLUSTER goes by, a partitioned index or a part of one, statistics that someone asked for, an
    // extension's own, a build or REINDEX that goes on (whose table only some roles see; a session that does not track
    // its activities shows none, but the lock that it holds on the table).
    " i.indisreplident OR i.indisclustered OR x.relkind = 'I' OR x.relispartition"
    "   OR EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = i.indexrelid)"
    "   OR EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = i.indexrelid AND t.attstattarget >= 0)"
    "   OR EXISTS (SELECT FROM pg_depend r WHERE r.refclassid = 'pg_class'::regclass AND r.refobjid = i.indexrelid)"
    "   OR EXISTS (SELECT FROM pg_depend r WHERE r.classid = 'pg_class'::regclass"
    "     AND r.objid IN (i.indexrelid, i.indrelid) AND r.deptype IN ('e', 'x'))"
    "   OR NOT i.indisvalid AND EXISTS (SELECT FROM pg_stat_progress_create_index b WHERE b.datname = "
    "current_database()"
    "     AND coalesce(b.relid = i.indrelid, true))"
    "   OR NOT i.indisvalid AND EXISTS (SELECT FROM pg_locks h WHERE h.relation = i.indrelid AND h.granted"
    "     AND h.database = (SELECT q.oid FROM pg_database q WHERE q.datname = current_database())"
    "     AND h.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"
    "       'AccessExclusiveLock')) AS pinned,"
    " x.relispartition AS attached,"
    " pg_relation_size(i.indexrelid) AS size, coalesce(s.idx_scan, 0) AS scans,"
    " coalesce(extract(epoch FROM (to_jsonb(s) ->> 'last_idx_scan')::timestamptz), 0) AS last_scan, d.sql AS create_sql, "
    "coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,"
    " k.k > i.indnkeyatts AS included, i.indkey[k.k - 1] AS attnum,"
    " coalesce(a.attname, e.sql) AS key_name, coalesce(quote_ident(a.attname), e.sql) AS key_sql,"
    " CASE WHEN oq.sql IS NULL OR o.opcdefault AND strpos(d.sql, ' ' || oq.sql) = 0 THEN ''"
    "   ELSE oq.sql || coalesce(' (' || array_to_string(ia.attoptions, ', ') || ')', '') END AS opclass,"
    " CASE WHEN lq.sql IS NULL OR l.oid = a.attcollation THEN ''"
    "   WHEN a.attnum IS NULL AND strpos(d.sql, e.sql || ' COLLATE ') = 0 THEN ''"
    "   ELSE lq.sql END AS collation,"
    " coalesce(i.indoption[k.k - 1], 0)::int & 1 = 1 AS descending,"
    " coalesce(i.indoption[k.k - 1], 0)::int & 2 = 2 AS nulls_first"
    " FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = x.relam"
    " CROSS JOIN LATERAL (SELECT pg_get_indexdef(i.indexrelid) AS sql OFFSET 0) d"
    " CROSS JOIN LATERAL generate_series(1, i.indnatts) AS k(k)"
    " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.k - 1] AND i.indkey[k.k - 1] <> 0"
    " LEFT JOIN pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = k.k"
    " CROSS JOIN LATERAL (SELECT CASE WHEN a.attnum IS NULL THEN pg_get_indexdef(i.indexrelid, k.k, false) END AS sql"
    "   OFFSET 0) e"
    " LEFT JOIN pg_opclass o ON o.oid = i.indclass[k.k - 1] LEFT JOIN pg_namespace on1 ON on1.oid = o.opcnamespace"
    " CROSS JOIN LATERAL (SELECT CASE WHEN on1.nspname <> 'pg_catalog' THEN quote_ident(on1.nspname) || '.' ELSE '' END"
    "   || quote_ident(o.opcname) AS sql) oq"
    " LEFT JOIN pg_collation l ON l.oid = i.indcollation[k.k - 1] LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace"
    " CROSS JOIN LATERAL (SELECT CASE WHEN ln.nspname <> 'pg_catalog' THEN quote_ident(ln.nspname) || '.' ELSE '' END"
    "   || quote_ident(l.collname) AS sql) lq"
    " LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid"
    " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'steward') AND n.nspname NOT LIKE 'pg\\_%'"
    " AND i.indrelid <> ALL ($1::oid[]) ORDER BY i.indexrelid, k.k";

model::ExistingIndex ReadIndex(const db::Row& row) {
  model::ExistingIndex index;
  index.indexrelid = static_cast<model::Oid>(row.Int("indexrelid"));
  index.name = row.Text("name");
  index.name_sql = row.Text("name_sql");
  index.primary = row.Bool("is_primary");
  index.pinned = row.Bool("pinned");
  index.attached = row.Bool("attached");
  index.valid = row.Bool("valid");
  index.size = row.OptionalInt("size").value_or(0);
  index.scans = row.Int("scans");
  index.last_scan = row.Double("last_scan");
  index.create_sql = row.Text("create_sql");
  index.definition.relid = static_cast<model::Oid>(row.Int("relid"));
  index.definition.table_name = row.Text("table_name");
  index.definition.table_sql = row.Text("table_sql");
  index.definition.method = row.Text("method");
  index.definition.predicate = WithoutOuterParentheses(row.Text("predicate"));
  index.definition.options = row.Text("options");
  index.definition.unique = row.Bool("is_unique");
  index.definition.nulls_not_distinct = row.Bool("nulls_not_distinct");
  index.definition.exclusion = row.Bool("exclusion");
  index.definition.immediate = row.Bool("immediate");
  return index;
}

model::IndexKey ReadKey(const db::Row& row) {
  model::IndexKey key;
  key.attnum = static_cast<int>(row.Int("attnum"));
  key.name = row.Text("key_name");
  key.sql = row.Text("key_sql");
  if (key.attnum == 0) {
    key.name = WithoutOuterParentheses(key.name);
    key.sql = '(' + key.name + ')';
  }
  key.opclass = row.Text("opclass");
  key.collation = row.Text("collation");
  key.descending = row.Bool("descending");
  key.nulls_first = row.Bool("nulls_first");
  return key;
}

}  // namespace

std::vector<model::ExistingIndex> ReadIndexes(db::Database& database, const std::vector<std::int64_t>& locked) {
  const db::Result result = database.Query(kIndexColumns, {db::ArrayLiteral(locked)});
  std::vector<model::ExistingIndex> indexes;
  for (const db::Row row : result) {
    if (indexes.empty() || indexes.back().indexrelid != static_cast<model::Oid>(row.Int("indexrelid")))
      indexes.push_back(ReadIndex(row));
    auto& definition = indexes.back().definition;
    (row.Bool("included") ? definition.include : definition.keys).push_back(ReadKey(row));
  }
  return indexes;
}

}  // namespace steward::collect
