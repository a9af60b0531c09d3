// The queries behind `doctor`. One transaction each, so that one that fails takes nothing else with it.
#include "collect/server_facts.hpp"

#include "db/error.hpp"
#include "db/transaction.hpp"

namespace steward::collect {

namespace {

db::Result Ask(db::Database& database, const char* sql) {
  const db::ReadOnlyTransaction transaction(database, {std::chrono::seconds{10}, std::chrono::seconds{2}});
  return database.Query(sql);
}

void ReadIdentity(db::Database& database, ServerFacts& facts) {
  const db::Result result = Ask(
      database,
      "SELECT current_setting('server_version_num')::int AS version_num,"
      " substring(current_setting('server_version') FROM '^[0-9.]+') AS version, pg_is_in_recovery() AS standby,"
      " current_user::text AS role, quote_ident(current_user) AS role_sql, r.rolsuper AS superuser,"
      " pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS read_all_stats,"
      " (SELECT count(*) FROM pg_stat_replication) AS standbys,"
      " current_setting('max_worker_processes')::bigint AS max_worker_processes,"
      " current_setting('compute_query_id', true) AS compute_query_id,"
      " current_setting('track_io_timing') AS track_io_timing, current_setting('huge_pages') AS huge_pages,"
      " coalesce(current_setting('autovacuum_worker_slots', true), current_setting('autovacuum_max_workers'))::bigint"
      "   + current_setting('max_wal_senders')::bigint + current_setting('max_worker_processes')::bigint"
      "   + current_setting('max_connections')::bigint + 1 AS max_backends,"
      // Anybody can set a name like pg_steward.x; only one that a library defined has such a context and is listed.
      " EXISTS (SELECT FROM pg_settings WHERE name = 'pg_steward.max_statements' AND context = 'postmaster')"
      "   AS loaded,"
      " coalesce((SELECT setting FROM pg_settings WHERE name = 'pg_steward.max_refresh_workers'"
      "   AND context = 'sighup'), '2')::bigint AS refresh_workers"
      " FROM pg_roles r WHERE r.rolname = current_user");
  const db::Row row = result.Only();
  facts.version_num = static_cast<int>(row.Int("version_num"));
  facts.version = row.Text("version");
  facts.standby = row.Bool("standby");
  facts.standbys = row.Int("standbys");
  facts.role = row.Text("role");
  facts.role_sql = row.Text("role_sql");
  facts.superuser = row.Bool("superuser");
  facts.read_all_stats = row.Bool("read_all_stats");
  facts.max_worker_processes = row.Int("max_worker_processes");
  facts.max_backends = row.Int("max_backends");
  facts.refresh_workers = row.Int("refresh_workers");
  facts.compute_query_id = row.Text("compute_query_id");
  facts.track_io_timing = row.Text("track_io_timing");
  facts.huge_pages = row.Text("huge_pages");
  facts.loaded = row.Bool("loaded");
}

// pg_settings hides the row from roles without pg_read_all_settings; pg_file_settings is the superuser's.
void ReadPreload(db::Database& database, ServerFacts& facts) {
  const db::Result live =
      Ask(database,
          "SELECT setting, source, coalesce(sourcefile, '') AS file, coalesce(sourceline, 0) AS line"
          " FROM pg_settings WHERE name = 'shared_preload_libraries'");
  if (live.empty()) return;
  facts.preload = live[0].Text("setting");
  facts.preload_on_command_line = live[0].Text("source") == "command line";
  facts.preload_file = live[0].Text("file");
  facts.preload_line = live[0].Int("line");
  if (!facts.superuser) return;
  const db::Result next = Ask(database,
                              "SELECT setting, sourcefile AS file, sourceline AS line FROM pg_file_settings"
                              " WHERE name = 'shared_preload_libraries' ORDER BY seqno DESC LIMIT 1");
  facts.preload_next = next.empty() ? "" : next[0].Text("setting");
  facts.preload_file = next.empty() ? "" : next[0].Text("file");
  facts.preload_line = next.empty() ? 0 : next[0].Int("line");
}

void ReadExtension(db::Database& database, ServerFacts& facts) {
  const db::Result files =
      Ask(database, "SELECT default_version FROM pg_available_extensions WHERE name = 'pg_steward'");
  if (!files.empty()) facts.available_version = files[0].Text("default_version");
  const db::Result installed = Ask(database, "SELECT extversion FROM pg_extension WHERE extname = 'pg_steward'");
  if (!installed.empty()) facts.installed_version = installed[0].Text("extversion");
  const db::ReadOnlyTransaction transaction(database);
  facts.hypopg = ReadHypopgSource(database);
}

// Views run the functions inside them with the caller's rights, so those need a grant too: they are found through the
// dependencies of the views.
void ReadMissingGrants(db::Database& database, ServerFacts& facts) {
  const db::Result result = Ask(
      database,
      "WITH n AS (SELECT oid FROM pg_namespace WHERE nspname = 'steward'),"
      " v AS (SELECT c.oid, c.relname FROM pg_class c JOIN n ON n.oid = c.relnamespace"
      "   WHERE c.relkind = 'v' AND c.relname IN ('statements', 'plannable', 'plans', 'predicates', 'capture_status', 'classes',"
      "   'mutes', 'newest_suggestions', 'analysis_runs')),"
      " f AS (SELECT d.refobjid AS oid FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid"
      "   JOIN v ON v.oid = w.ev_class WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_proc'::regclass"
      "   UNION SELECT p.oid FROM pg_proc p JOIN n ON n.oid = p.pronamespace"
      "   WHERE p.proname IN ('whatif', 'whatif_index_size', 'plannable', 'plan_choice', 'planning_probes'))"
      " SELECT 'GRANT USAGE ON SCHEMA steward' AS statement FROM n WHERE NOT has_schema_privilege(n.oid, 'USAGE')"
      " UNION ALL SELECT 'GRANT SELECT ON ' || string_agg('steward.' || quote_ident(relname), ', ' ORDER BY relname)"
      "   FROM v WHERE NOT has_table_privilege(v.oid, 'SELECT') HAVING count(*) > 0"
      " UNION ALL SELECT 'GRANT EXECUTE ON FUNCTION ' || string_agg(f.oid::regprocedure::text, ', ' ORDER BY f.oid)"
      "   FROM f JOIN pg_proc p ON p.oid = f.oid JOIN n ON n.oid = p.pronamespace"
      "   WHERE NOT has_function_privilege(f.oid, 'EXECUTE') HAVING count(*) > 0");
  for (const db::Row row : result) facts.missing_grants.push_back(row.Text("statement"));
}

void ReadMissingSaveGrants(db::Database& database, ServerFacts& facts) {
  const db::Result result = Ask(
      database,
      "WITH n AS (SELECT oid FROM pg_namespace WHERE nspname = 'steward')"
      " SELECT 'GRANT SELECT, INSERT, DELETE ON ' || string_agg('steward.' || quote_ident(relname), ', ') AS statement"
      "   FROM pg_class c JOIN n ON n.oid = c.relnamespace WHERE relname IN ('suggestion_run', 'suggestion')"
      "   AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')"
      "   AND has_table_privilege(c.oid, 'DELETE')) HAVING count(*) > 0"
      " UNION ALL SELECT 'GRANT EXECUTE ON FUNCTION ' || p.oid::regprocedure FROM pg_proc p JOIN n"
      "   ON n.oid = p.pronamespace WHERE p.proname = 'save_suggestions' AND NOT has_function_privilege(p.oid, "
      "'EXECUTE')");
  for (const db::Row row : result) facts.missing_save_grants.push_back(row.Text("statement"));
}

void ReadMissingMeasureGrants(db::Database& database, ServerFacts& facts) {
  const db::Result result = Ask(
      database,
      "SELECT 'GRANT EXECUTE ON FUNCTION ' || string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname) AS statement"
      "   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'steward'"
      "   WHERE p.proname IN ('measure', 'plan_choice_values') AND NOT has_function_privilege(p.oid, 'EXECUTE') HAVING count(*) > 0"
      " UNION ALL SELECT 'GRANT SET ON PARAMETER pg_steward.track' WHERE NOT has_parameter_privilege('pg_steward.track', 'SET')");
  for (const db::Row row : result) facts.missing_measure_grants.push_back(row.Text("statement"));
}

CaptureStatus ReadStatus(db::Database& database) {
  const db::Result result = Ask(database,
                                "SELECT capturing, reason, to_char(stats_since, 'YYYY-MM-DD HH24:MI \"UTC\"') AS"
                                " stats_since, statements, evicted, lost, text_missing, memory_used, memory_limit"
                                " FROM steward.capture_status");
  const db::Row row = result.Only();
  CaptureStatus status;
  status.capturing = row.Bool("capturing");
  status.reason = row.Text("reason");
  status.stats_since = row.Text("stats_since");
  status.statements = row.OptionalInt("statements").value_or(0);
  status.evicted = row.OptionalInt("evicted").value_or(0);
  status.lost = row.OptionalInt("lost").value_or(0);
  status.text_missing = row.OptionalInt("text_missing").value_or(0);
  status.memory_used = row.OptionalInt("memory_used");
  status.memory_limit = row.OptionalInt("memory_limit");
  return status;
}

void ReadCapture(db::Database& database, ServerFacts& facts) {
  try {
    facts.capture = ReadStatus(database);
  } catch (const db::ConnectionError&) {
    throw;
  } catch (const db::Interrupted&) {
    throw;
  } catch (const db::Error& error) {
    facts.capture_error = error.what();
  }
}

void ReadWorkers(db::Database& database, ServerFacts& facts) {
  if (!facts.read_all_stats) return;
  const db::Result result =
      Ask(database,
          "SELECT count(*) AS in_use FROM pg_stat_activity WHERE backend_type NOT IN ('client backend',"
          " 'autovacuum launcher', 'autovacuum worker', 'checkpointer', 'background writer', 'walwriter', 'archiver',"
          " 'startup', 'walreceiver', 'walsender', 'logger', 'walsummarizer', 'slotsync worker', 'io worker',"
          " 'standalone backend')");
  facts.workers_in_use = result.Only().Int("in_use");
}

void ReadSharedMemory(db::Database& database, ServerFacts& facts) {
  if (facts.loaded && facts.read_all_stats) {
    const db::Result result = Ask(
        database, "SELECT sum(allocated_size)::bigint AS bytes FROM pg_shmem_allocations WHERE name = 'pg_steward'");
    facts.shared_memory = result.Only().OptionalInt("bytes");
  }
  if (facts.huge_pages == "off") return;
  // shared_memory_size in MB over its number of huge pages, rounded up to the next power of two; -1: no huge pages.
  const db::Result result =
      Ask(database,
          "SELECT nullif(current_setting('shared_memory_size_in_huge_pages', true), '-1')::bigint AS pages,"
          " pg_size_bytes(current_setting('shared_memory_size', true)) AS bytes");
  const std::int64_t pages = result.Only().OptionalInt("pages").value_or(0);
  const std::int64_t bytes = result.Only().OptionalInt("bytes").value_or(0);
  if (pages <= 0) return;
  facts.huge_page_size = 1;
  while (facts.huge_page_size * pages < bytes) facts.huge_page_size *= 2;
}

}  // namespace

ServerFacts ReadServerFacts(db::Database& database) {
  ServerFacts facts;
  facts.endpoint = database.endpoint();
  facts.pooler = db::CheckPooler(database);
  ReadIdentity(database, facts);
  ReadPreload(database, facts);
  ReadExtension(database, facts);
  ReadWorkers(database, facts);
  ReadSharedMemory(database, facts);
  if (facts.installed_version) {
    ReadMissingGrants(database, facts);
    ReadMissingSaveGrants(database, facts);
    ReadMissingMeasureGrants(database, facts);
    if (facts.loaded) ReadCapture(database, facts);
  }
  return facts;
}

}  // namespace steward::collect
