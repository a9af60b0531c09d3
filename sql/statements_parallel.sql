-- H9: parallel workers do not count; their buffers and rows are the leader's.
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION pg_steward;
SET pg_stat_statements.track_planning = on;
CREATE TABLE big AS SELECT i AS id, repeat('x', 100) AS filler FROM generate_series(1, 20000) i;
ANALYZE big;
-- renamed in 16
SELECT name AS parallel_mode FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :parallel_mode = regress;
SET max_parallel_workers_per_gather = 4;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET pg_steward.track = 'all';
SET pg_stat_statements.track = 'all';
CREATE FUNCTION counts() RETURNS bigint LANGUAGE sql PARALLEL SAFE AS 'SELECT count(*) FROM big WHERE id % 3 = 0 OFFSET 0';
SELECT steward.reset() IS NOT NULL AS reset, pg_stat_statements_reset() IS NOT NULL AS theirs;
SELECT count(*) FROM big WHERE id % 2 = 0;
SELECT count(*) FROM big WHERE id % 2 = 1;
SELECT counts();
RESET :parallel_mode;
SELECT s.calls, s.rows, s.calls = p.calls AND s.rows = p.rows AS agree,
       s.shared_blks_hit + s.shared_blks_read = p.shared_blks_hit + p.shared_blks_read AS buffers_agree, s.query
FROM steward.statements s JOIN pg_stat_statements p USING (userid, dbid, queryid, toplevel)
WHERE s.toplevel AND s.query ~ '^SELECT count' ORDER BY s.query COLLATE "C", s.calls, s.rows;
