// See workload_json.hpp: the fields of each struct.
#include "collect/workload_json.hpp"

#include "collect/json_fields.hpp"

namespace steward::collect {

namespace {

constexpr std::array<std::string_view, 6> kRoles = {"filter", "index", "join", "sort", "group", "output"};
constexpr std::array<std::string_view, 10> kKinds = {
    "", "equality", "range", "list", "like_prefix", "like_infix", "is_null", "not_equal", "containment", "other"};

}  // namespace

// Not in the unnamed namespace, where the reader would not find them.
template <typename V>
void Visit(V& v, model::Statement& s) {
  v("userid", s.userid), v.Id("queryid", s.queryid), v("role", s.role), v("query", s.query),
      v.AtLeast0("calls", s.calls);
  v.AtLeast0("total_exec_time", s.total_exec_time), v.AtLeast0("mean_exec_time", s.mean_exec_time);
  v.AtLeast0("p95_exec_time", s.p95_exec_time), v.AtLeast0("total_plan_time", s.total_plan_time),
      v.AtLeast0("rows", s.rows);
  v.AtLeast0("shared_blks_hit", s.shared_blks_hit), v.AtLeast0("shared_blks_read", s.shared_blks_read);
  v.AtLeast0("failed_calls", s.failed_calls), v("costable", s.costable), v("not_costable", s.not_costable);
  v.AtLeast0("samples", s.samples);
}

template <typename V>
void Visit(V& v, model::Predicate& p) {
  v("userid", p.userid), v.Id("queryid", p.queryid), v.Id("planid", p.planid), v("relid", p.relid);
  v("attnum", p.attnum), v("expression", p.expression), v.Word("role", p.role, kRoles), v.Word("kind", p.kind, kKinds);
  v("operator", p.operator_name), v("other_relid", p.other_relid), v("other_attnum", p.other_attnum);
  v("scan_no", p.scan_no), v("position", p.position), v("descending", p.descending), v("nulls_first", p.nulls_first);
  v("estimated_selectivity", p.estimated_selectivity), v("actual_selectivity", p.actual_selectivity);
  v.AtLeast0("executions", p.executions), v("value_test_sql", p.value_test_sql);
}

template <typename V>
void Visit(V& v, model::Column& c) {
  v("attnum", c.attnum), v("name", c.name), v("name_sql", c.name_sql), v("type", c.type);
  v("btree_indexable", c.btree_indexable), v.AtLeast0("avg_width", c.avg_width);
  v("statistics_target", c.statistics_target), v("correlation", c.correlation);
}

template <typename V>
void Visit(V& v, model::UpdatedColumns& u) {
  v("attnums", u.attnums), v.AtLeast0("rows", u.rows);
}

template <typename V>
void Visit(V& v, model::Table& t) {
  v("relid", t.relid), v("schema", t.schema), v("name", t.name), v("schema_sql", t.schema_sql);
  v("name_sql", t.name_sql), v("kind", t.kind);
  v("parent", t.parent), v("catalog", t.catalog), v("locked", t.locked), v.AtLeast0("rows", t.rows),
      v.AtLeast0("size", t.size), v("columns", t.columns), v.AtLeast0("inserted", t.inserted);
  v.AtLeast0("updated", t.updated), v.AtLeast0("hot_updated", t.hot_updated), v.AtLeast0("deleted", t.deleted);
  v("updates", t.updates);
  v.Instant("stats_since", t.stats_since), v.Instant("analyzed_at", t.analyzed_at);
}

template <typename V>
void Visit(V& v, model::IndexKey& k) {
  v("attnum", k.attnum), v("name", k.name), v("sql", k.sql), v("opclass", k.opclass), v("collation", k.collation);
  v("descending", k.descending), v("nulls_first", k.nulls_first);
}

template <typename V>
void Visit(V& v, model::IndexDefinition& d) {
  v("relid", d.relid), v("table_name", d.table_name), v("table_sql", d.table_sql);
  v("method", d.method), v("keys", d.keys), v("include", d.include), v("predicate", d.predicate);
  v("options", d.options), v("unique", d.unique), v("nulls_not_distinct", d.nulls_not_distinct),
      v("exclusion", d.exclusion), v("immediate", d.immediate);
}

template <typename V>
void Visit(V& v, model::ExistingIndex& i) {
  v("indexrelid", i.indexrelid), v("name", i.name), v("name_sql", i.name_sql), v("definition", i.definition);
  v("primary", i.primary), v("pinned", i.pinned), v("attached", i.attached), v("valid", i.valid),
      v.AtLeast0("size", i.size);
  v.AtLeast0("scans", i.scans), v.Instant("last_scan", i.last_scan), v.Instant("changed_at", i.changed_at);
  v.AtLeast0("plans", i.plans), v("create_sql", i.create_sql);
}

template <typename V>
void Visit(V& v, model::ForeignKey& k) {
  v("name", k.name), v("relid", k.relid), v("referenced", k.referenced), v("keys", k.keys), v("on_delete", k.on_delete);
}

template <typename V>
void Visit(V& v, model::RelationName& n) {
  v("schema_sql", n.schema_sql), v("name", n.name);
}

template <typename V>
void Visit(V& v, model::StatisticsObject& s) {
  v("relid", s.relid), v("schema_sql", s.schema_sql), v("name", s.name), v("attnums", s.attnums);
  v("for_conditions", s.for_conditions);
}

template <typename V>
void Visit(V& v, model::Setting& s) {
  v("name", s.name), v("value", s.value);
}

template <typename V>
void Visit(V& v, model::Workload& w) {
  v("server", w.server), v("statements", w.statements), v("predicates", w.predicates), v("tables", w.tables);
  v("indexes", w.indexes), v("foreign_keys", w.foreign_keys), v("standbys", w.standbys);
  v("names", w.names), v("statistics", w.statistics), v("settings", w.settings);
}

std::string WorkloadToJson(const model::Workload& workload) {
  return WriteDocument("pg_steward workload", kWorkloadSchemaVersion, workload);
}

model::Workload WorkloadFromJson(const std::string& text) {
  return ReadDocument<model::Workload>(text, "pg_steward workload", kWorkloadSchemaVersion, "pgsteward snapshot");
}

}  // namespace steward::collect
