-- What counts as a statement, with how many calls and rows; compared with pg_stat_statements, loaded beside.
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION pg_steward;
SET pg_stat_statements.track_planning = on;
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE source (id int, v text);
CREATE MATERIALIZED VIEW mv AS SELECT count(*) FROM t;
CREATE VIEW own AS
    SELECT s.* FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database();
-- Every counter that both have must be the same.
CREATE VIEW disagreement AS
    SELECT coalesce(p.query, s.query) AS query, p.calls AS their_calls, s.calls AS our_calls, p.rows AS their_rows,
           s.rows AS our_rows, p.plans AS their_plans, s.plans AS our_plans
    FROM pg_stat_statements p FULL JOIN steward.statements s USING (userid, dbid, queryid, toplevel)
    WHERE (p.calls, p.rows, p.plans, p.shared_blks_hit, p.shared_blks_read, p.shared_blks_dirtied, p.shared_blks_written,
           p.local_blks_hit, p.local_blks_read, p.local_blks_dirtied, p.local_blks_written, p.temp_blks_read,
           p.temp_blks_written, p.wal_records, p.wal_fpi, p.wal_bytes, p.jit_functions)
       IS DISTINCT FROM
          (s.calls, s.rows, s.plans, s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
           s.local_blks_hit, s.local_blks_read, s.local_blks_dirtied, s.local_blks_written, s.temp_blks_read,
           s.temp_blks_written, s.wal_records, s.wal_fpi, s.wal_bytes, s.jit_functions)
      AND (s.calls > 0 OR p.calls > 0)
      AND coalesce(p.query, s.query) !~ 'reset|steward\.'; -- our worker's statements are theirs to count, not ours
SELECT pg_stat_statements_reset() IS NOT NULL AS theirs, steward.reset() IS NOT NULL AS ours;

-- Plain statements; constants do not tell them apart.
INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i;
INSERT INTO source VALUES (1, 'one'), (500, 'new');
SELECT count(*) FROM t WHERE id < 10;
SELECT count(*) FROM t WHERE id < -10;
SELECT v FROM t WHERE id <= 5;
UPDATE t SET v = 'x' WHERE id <= 7;
DELETE FROM t WHERE id > 90;
MERGE INTO t USING source ON t.id = source.id
    WHEN MATCHED THEN UPDATE SET v = source.v WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.v);
SELECT 'several' AS statements \; SELECT 1.5, 'in', E'one\'s', $q$message$q$ ;
SELECT date '2020-01-01' + interval '1 day' AS typed_constants;

-- Utility statements; only of some are the rows rows.
COPY t TO '/dev/null';
CREATE TABLE copy AS SELECT * FROM t;
SELECT * INTO copy2 FROM t;
REFRESH MATERIALIZED VIEW mv;
VACUUM t;
SET work_mem = '5MB';
EXPLAIN (COSTS OFF) SELECT count(*) FROM source;

-- PREPARE and EXECUTE count as the statement; generic and custom plans are told apart.
PREPARE q (int) AS SELECT v FROM t WHERE id = $1;
EXECUTE q (1);
EXECUTE q (2);
SET plan_cache_mode = force_generic_plan;
EXECUTE q (3);
RESET plan_cache_mode;
DEALLOCATE q;

-- Cursors interleave, and time between fetches is nobody's.
BEGIN;
DECLARE a CURSOR FOR SELECT id FROM t ORDER BY id;
DECLARE b CURSOR FOR SELECT v FROM t ORDER BY id;
FETCH 2 FROM a;
FETCH 3 FROM b;
FETCH 1 FROM a;
CLOSE a;
FETCH FORWARD 1 FROM b;
COMMIT;

SELECT calls, rows, plans, simple_calls, extended_calls, generic_plan_calls AS generic, custom_plan_calls AS custom, query
FROM own WHERE toplevel AND calls > 0 AND query !~ 'reset' ORDER BY query COLLATE "C", rows, calls, plans, extended_calls;
SELECT * FROM disagreement;

-- What this server cannot measure is NULL, not 0. Its pg_stat_statements has columns for what it can measure.
SET track_io_timing = on;
SELECT key AS measure, bool_and((value = 'null') = (a.attname IS NULL)) AS "NULL where not measured"
FROM own, jsonb_each(to_jsonb(own)) LEFT JOIN pg_attribute a ON attrelid = 'pg_stat_statements'::regclass AND attname = key
WHERE key IN ('wal_buffers_full', 'local_blk_read_time', 'local_blk_write_time', 'temp_blk_read_time', 'jit_deform_count',
              'jit_deform_time', 'parallel_workers_to_launch', 'parallel_workers_launched', 'cpu_time')
GROUP BY key ORDER BY key;
RESET track_io_timing;
-- The statement's own figures hang together.
SELECT count(*) AS inconsistent FROM own
WHERE calls > 0 AND NOT (min_exec_time <= p50_exec_time AND p50_exec_time <= p95_exec_time AND p95_exec_time <= p99_exec_time
    AND p99_exec_time <= max_exec_time AND min_exec_time <= mean_exec_time AND mean_exec_time <= max_exec_time
    AND total_exec_time >= max_exec_time AND stddev_exec_time >= 0 AND last_call >= stats_since - interval '1 minute');

-- Planning is switched off separately.
SET pg_steward.track_planning = off;
SELECT 1 AS without_planning FROM source WHERE id = 1;
SELECT calls, plans FROM own WHERE query ~ '^SELECT .1 AS without_planning';
RESET pg_steward.track_planning;
-- And so are utility statements.
SET pg_steward.track_utility = off;
LISTEN not_tracked;
SELECT count(*) FROM own WHERE query ~ '^LISTEN';
RESET pg_steward.track_utility;
-- H17: no query id, no capture; the status says so.
SET compute_query_id = off;
SELECT 1 AS without_an_id, 2 AS at, 3 AS all;
SELECT capturing, reason FROM steward.capture_status;
RESET compute_query_id;
SET pg_steward.track = none;
SELECT 1 AS switched, 'off' AS off, 3 AS for, 4 AS now;
SELECT capturing, reason FROM steward.capture_status;
RESET pg_steward.track;
SELECT count(*) FROM own WHERE query ~ 'without_an_id|switched' AND query !~ 'own';
SELECT capturing, reason, evicted, lost, text_missing, memory_used > 0 AND memory_used < memory_limit AS memory
FROM steward.capture_status;
