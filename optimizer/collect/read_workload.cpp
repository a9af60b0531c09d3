// See read_workload.hpp. Also the server's own facts and settings.
#include "collect/read_workload.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace steward::collect {

namespace {

// What the predicates are on, and the partitioned tables above it.
std::vector<std::int64_t> RelationsOf(const std::vector<model::Predicate>& predicates,
                                      const std::vector<model::Table>& tables) {
  std::map<std::int64_t, std::int64_t> parents;
  for (const model::Table& table : tables) parents[table.relid] = table.parent;
  std::set<std::int64_t> relations;
  for (const model::Predicate& predicate : predicates)
    for (std::int64_t relation : {predicate.relid, predicate.other_relid})
      for (; relation != 0; relation = parents[relation])
        if (!relations.insert(relation).second) break;
  return {relations.begin(), relations.end()};
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

model::Workload ReadWorkload(db::Database& database) {
  model::Workload workload;
  workload.server = ReadServerInfo(database);
  workload.statements = ReadStatements(database);
  workload.predicates = ReadPredicates(database);
  const std::vector<std::int64_t> locked = ReadLocked(database);
  workload.tables = ReadTables(database, locked);
  ReadColumns(database, RelationsOf(workload.predicates, workload.tables), workload.tables);
  ReadUpdates(database, workload.tables);
  workload.indexes = ReadIndexes(database, locked);
  ReadIndexUse(database, workload.indexes);
  workload.foreign_keys = ReadForeignKeys(database);
  workload.standbys = ReadStandbys(database);
  workload.names = ReadNames(database);
  workload.statistics = ReadStatisticsObjects(database);
  workload.settings = ReadSettings(database);
  return workload;
}

std::string WithoutOuterParentheses(std::string expression) {
  while (expression.size() > 1 && expression.front() == '(') {
    int depth = 0;
    char quote = 0;
    std::size_t at = 0;
    for (; at < expression.size(); ++at) {
      const char c = expression[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        break;
      }
    }
    if (at + 1 != expression.size()) break;
    expression = expression.substr(1, expression.size() - 2);
  }
  return expression;
}

void KeepSchemas(model::Workload& workload, const std::vector<std::string>& schemas,
                 const std::vector<std::string>& excluded) {
  for (model::Table& table : workload.tables)
    if ((!schemas.empty() && !Has(schemas, table.schema)) || Has(excluded, table.schema)) table.catalog = true;
}

model::ServerInfo ReadServerInfo(db::Database& database, const std::string& since) {
  const db::Result result = database.Query(
      "SELECT current_database() AS database, substring(current_setting('server_version') FROM '^[0-9.]+') AS version,"
      " current_setting('server_version_num') AS version_num, pg_is_in_recovery() AS standby,"
      " coalesce(current_setting('pg_steward.capture_parameters', true), 'off') <> 'off' AS parameters_captured,"
      " current_setting('server_encoding') = 'SQL_ASCII' AS sql_ascii,"
      " pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all_plans,"
      " current_setting('archive_mode') <> 'off' AS archiving,"
      " (SELECT datcollate IN ('C', 'POSIX') FROM pg_database WHERE datname = current_database()) AS c_collation,"
      " (SELECT quote_ident(n.nspname) || '.' || quote_ident(o.opcname) FROM pg_opclass o"
      "   JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am a ON a.oid = o.opcmethod"
      "   JOIN pg_depend d ON d.classid = 'pg_opclass'::regclass AND d.objid = o.oid AND d.deptype = 'e'"
      "   JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid"
      "  WHERE e.extname = 'pg_trgm' AND a.amname = 'gin' AND o.opcname = 'gin_trgm_ops') AS trigram_opclass,"
      " extract(epoch FROM now()) AS collected_at, extract(epoch FROM " + since + ") AS window_start");
  const db::Row row = result.Only();
  model::ServerInfo server;
  server.database = row.Text("database");
  server.host = database.endpoint().host.starts_with('/') ? "" : database.endpoint().host;
  server.port = database.endpoint().port;
  server.version = row.Text("version");
  server.version_num = static_cast<int>(row.Int("version_num"));
  server.standby = row.Bool("standby");
  server.parameters_captured = row.Bool("parameters_captured");
  server.trigram_opclass = row.Text("trigram_opclass");
  server.c_collation = row.Bool("c_collation");
  server.sql_ascii = row.Bool("sql_ascii");
  server.sees_all_plans = row.Bool("sees_all_plans");
  server.archiving = row.Bool("archiving");
  server.collected_at = row.Double("collected_at");
  server.window_start = row.OptionalDouble("window_start").value_or(server.collected_at);
  server.window_end = server.collected_at;
  return server;
}

std::vector<model::Setting> ReadSettings(db::Database& database) {
  const db::Result result = database.Query(
      "SELECT name, setting || coalesce(' ' || unit, '') AS value FROM pg_settings"
      " WHERE category LIKE 'Query Tuning%' AND name NOT LIKE 'jit%' AND (name NOT LIKE 'enable%' OR setting <> boot_val)"
      " OR name IN ('work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather', 'pg_steward.track',"
      " 'pg_steward.track_predicates', 'pg_steward.capture_parameters') ORDER BY name");
  std::vector<model::Setting> settings;
  for (const db::Row row : result) settings.push_back({row.Text("name"), row.Text("value")});
  return settings;
}

}  // namespace steward::collect
