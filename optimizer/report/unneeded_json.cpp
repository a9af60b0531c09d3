// JSON of unneeded indexes and of foreign keys without one. Declared in unneeded_report.hpp.
#include "report/instants.hpp"
#include "report/json_values.hpp"
#include "report/unneeded_report.hpp"

namespace steward::report {

namespace {

Json Instant(double instant) {
  return instant > 0 ? Json(IsoInstant(instant)) : Json();
}

}  // namespace

nlohmann::ordered_json UnneededJson(const model::UnneededIndex& index, const model::IndexAdvice& advice) {
  const Json details = {{"schemaname", index.schema},
                        {"relname", index.table},
                        {"indexrelname", index.name},
                        {"relid", index.relid},
                        {"indexrelid", index.indexrelid},
                        {"kind", Word(index.kind)},
                        {"superseded_by", Text(index.superseded_by)},
                        {"size", index.size},
                        {"idx_scan", index.scans},
                        {"last_idx_scan", Instant(index.last_scan)},
                        {"stats_since", Instant(index.stats_since)},
                        {"plans_using", index.plans_using},
                        {"standbys_seen", index.standbys_seen},
                        {"standby_idx_scan", index.standby_scans ? Json(*index.standby_scans) : Json()},
                        {"write_rate", index.write_rate ? Json(*index.write_rate) : Json()},
                        {"keep_reason", Text(index.keep_reason)},
                        {"action", Word(index.action)}};
  Json evidence = {{"standbys", advice.standbys}};
  if (index.fresh_size) evidence["fresh_size"] = *index.fresh_size;
  return {{"kind", "unneeded"},         {"suggestion_id", index.id},
          {"confidence", Word(index.confidence)}, {"caveats", index.caveats},
          {"ddl", Text(index.ddl)},     {"undo_ddl", Text(index.undo_ddl)},
          {"details", details},         {"evidence", evidence}};
}

nlohmann::ordered_json ForeignKeyJson(const model::UnindexedForeignKey& key) {
  Json columns = Json::array();
  for (const model::IndexKey& column : key.definition.keys) columns.push_back(column.name);
  const Json details = {{"schemaname", key.schema},
                        {"relname", key.definition.table_name},
                        {"relid", key.definition.relid},
                        {"conname", key.constraint},
                        {"key_columns", columns},
                        {"referenced_schemaname", key.referenced_schema},
                        {"referenced_relname", key.referenced_table},
                        {"referenced_relid", key.referenced},
                        {"on_delete", key.on_delete},
                        {"size", key.size},
                        {"table_size", key.table_size},
                        {"referenced_deletes", key.deletes},
                        {"stats_since", Instant(key.stats_since)},
                        {"lookup_calls", key.lookup_calls},
                        {"lookup_exec_time", key.lookup_exec_time},
                        {"join_statements", key.join_statements}};
  return {{"kind", "foreign_key"}, {"suggestion_id", key.id}, {"confidence", Word(key.confidence)},
          {"caveats", key.caveats}, {"ddl", key.ddl},         {"undo_ddl", key.undo_ddl},
          {"details", details},     {"evidence", Json::object()}};
}

}  // namespace steward::report
