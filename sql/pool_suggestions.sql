-- Advice on pools as SQL sees it: a row a setting, the newest run only, beside advice on indexes, muted by its id.
CREATE EXTENSION pg_steward;
SELECT count(*) FROM steward.pool_suggestions;
SELECT count(*) FROM steward.pool_suggestions; -- said once a session
CREATE FUNCTION save(settings jsonb) RETURNS bigint LANGUAGE sql AS $$
  SELECT steward.save_suggestions(jsonb_build_object('kind', 'pool', 'started_at', now(), 'tool_version', 'test',
    'statements', 3, 'statements_costed', 3, 'time_costed_ratio', NULL, 'not_costed', '{}'::jsonb, 'options', '{"users": 50}'::jsonb,
    'settings', '{}'::jsonb, 'suggestions', (SELECT jsonb_agg(jsonb_build_object('suggestion_id', s ->> 'setting', 'kind', 'pool',
      'confidence', 'medium', 'caveats', '["look at it"]'::jsonb, 'ddl', s ->> 'ddl', 'undo_ddl', NULL, 'details', s,
      'evidence', '{"diagnosis": "held by clients"}'::jsonb)) FROM jsonb_array_elements(settings) AS s)))
$$;
SELECT save('[{"pool": "main", "component": "pgbouncer", "setting": "pool_size", "current_value": null, "suggested_value": "12",
   "requires": "reload", "reason": "measured", "cause": "hold", "arrival_rate": 300.5, "hold_time": 2.5, "hold_time_p95": 9,
   "predicted_wait_p95": 0.25, "predicted_utilization": 0.6, "predicted_timeout_ratio": 0, "memory_bytes": 120000000},
  {"pool": null, "component": "postgresql", "setting": "max_connections", "current_value": "100", "suggested_value": "200",
   "requires": "restart", "reason": "as many", "cause": "hold", "memory_bytes": 9,
   "ddl": "ALTER SYSTEM SET max_connections = 200;"}]');
SELECT pool, component, setting, current_value, suggested_value, requires, cause, arrival_rate, hold_time, hold_time_p95
  FROM steward.pool_suggestions ORDER BY setting;
SELECT setting, reason, predicted_wait_p95, predicted_utilization, predicted_timeout_ratio, memory_bytes, confidence, status, caveats, ddl
  FROM steward.pool_suggestions ORDER BY setting;
SELECT DISTINCT evidence ->> 'diagnosis' AS diagnosis FROM steward.pool_suggestions;
SELECT kind, statements, options FROM steward.analysis_runs;

-- The newest run of this kind only; a run on indexes leaves it where it is.
SELECT save('[{"pool": "main", "component": "pgbouncer", "setting": "pool_size", "suggested_value": "14", "requires": "reload"}]');
SELECT steward.save_suggestions(jsonb_build_object('kind', 'indexes', 'started_at', now(), 'tool_version', 'test', 'statements', 1,
  'statements_costed', 1, 'not_costed', '{}'::jsonb, 'options', '{}'::jsonb, 'settings', '{}'::jsonb, 'suggestions', '[]'::jsonb));
SELECT setting, suggested_value, status FROM steward.pool_suggestions;
SELECT count(*) FROM steward.index_suggestions;
SELECT steward.mute('pool_size', 'we know better');
SELECT setting, status FROM steward.pool_suggestions;

-- Columns that are documented where they are not obvious; nothing for everybody.
SELECT count(*) > 10 AS documented FROM pg_description AS d WHERE d.objoid = 'steward.pool_suggestions'::regclass;
SELECT has_table_privilege('public', 'steward.pool_suggestions', 'SELECT');
