-- Advice on prepared statements as SQL sees it: a row a statement, the newest run only, muted by its id.
CREATE EXTENSION pg_steward;
SELECT count(*) FROM steward.prepared_suggestions;
SELECT count(*) FROM steward.prepared_suggestions; -- said once a session
CREATE FUNCTION save(statements jsonb) RETURNS bigint LANGUAGE sql AS $$
  SELECT steward.save_suggestions(jsonb_build_object('kind', 'prepared', 'started_at', now(), 'tool_version', 'test',
    'statements', 3, 'statements_costed', 2, 'time_costed_ratio', 0.5, 'not_costed', '{"few calls": 1}'::jsonb, 'options', '{}'::jsonb,
    'settings', '{}'::jsonb, 'suggestions', (SELECT jsonb_agg(jsonb_build_object('suggestion_id', s ->> 'id', 'kind', 'prepared',
      'status', s ->> 'status', 'confidence', 'high', 'caveats', '["look at it"]'::jsonb, 'ddl', NULL, 'undo_ddl', NULL, 'details', s,
      'evidence', '{"then": "prepare"}'::jsonb)) FROM jsonb_array_elements(statements) AS s)))
$$;
SELECT save('[{"id": "aaaaaa", "userid": 10, "dbid": 5, "queryid": "-7000000000000000001", "query": "SELECT $1", "action": "prepare",
   "calls_per_hour": 1000.5, "simple_calls": 1, "extended_calls": 2, "generic_plan_calls": 3, "custom_plan_calls": 4, "mean_plan_time": 0.25,
   "mean_exec_time": 0.5, "saved_time_per_call": 0.75, "saved_time_per_hour": 750, "generic_cost": 8.5, "custom_cost": 8.25,
   "worst_cost_ratio": 1.5, "pooler_note": "none", "prepare_sql": "PREPARE ps_aaaaaa AS SELECT 1;"},
  {"id": "bbbbbb", "queryid": "9", "action": "stop_preparing", "worst_cost_ratio": 100, "status": "verified"}]');
SELECT suggestion_id, userid, dbid, queryid, query, action, calls_per_hour, simple_calls, extended_calls, generic_plan_calls, custom_plan_calls
  FROM steward.prepared_suggestions ORDER BY suggestion_id;
SELECT mean_plan_time, mean_exec_time, saved_time_per_call, saved_time_per_hour, generic_cost, custom_cost, worst_cost_ratio, pooler_note,
  prepare_sql, status, ddl, evidence FROM steward.prepared_suggestions ORDER BY suggestion_id;
SELECT kind, statements, statements_costed, not_costed FROM steward.analysis_runs;

-- The newest run of this kind only.
SELECT save('[{"id": "aaaaaa", "queryid": "7", "action": "parameterize"}]');
SELECT queryid, action, status FROM steward.prepared_suggestions;
SELECT steward.mute('aaaaaa', 'the driver cannot');
SELECT queryid, action, status FROM steward.prepared_suggestions;

-- Columns that are documented where they are not obvious; nothing for everybody.
SELECT count(*) > 6 AS documented FROM pg_description AS d WHERE d.objoid = 'steward.prepared_suggestions'::regclass;
SELECT has_table_privilege('public', 'steward.prepared_suggestions', 'SELECT');
