-- History by hand: intervals hold what happened since the last one, once, whatever becomes of transactions, entries and
-- resets; roles see of it what they see in steward.statements.
CREATE EXTENSION pg_steward;
\pset null NULL
INSERT INTO steward.history_text VALUES (1, 'SELECT of a statement whose entries were deleted');
CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) AS i;
SET pg_steward.track_utility = off;
-- The first interval begins, with this call or with the worker's visit.
SELECT coalesce(steward.write_history(), 0) >= 0 AS begun;
TRUNCATE steward.history_interval, steward.history_entry, steward.history_class;

-- What history holds of this test's own statements, by interval.
CREATE FUNCTION shown(OUT interval_no bigint, OUT query text, OUT calls bigint, OUT failed bigint, OUT rows bigint, OUT plausible boolean)
RETURNS SETOF record LANGUAGE sql AS $$
  SELECT dense_rank() OVER (ORDER BY h.interval_start), h.query, h.calls, h.failed_calls, h.rows,
         h.total_exec_time > 0 AND h.shared_blks_hit > 0 AND h.p50_exec_time <= h.p95_exec_time
           AND h.mean_exec_time BETWEEN h.total_exec_time / h.calls * 0.99 AND h.total_exec_time / h.calls * 1.01
  FROM steward.statement_history AS h WHERE h.query LIKE 'SELECT % FROM t %' OR h.query = '<other>' ORDER BY 1, 2 $$;

SELECT count(*) FROM t WHERE i > 10;
SELECT count(*) FROM t WHERE i > 20;
SELECT i FROM t WHERE i <= 3;
SELECT 1 / (i - 1) FROM t WHERE i = 1;
SELECT steward.write_history() > 0 AS written;
SELECT count(*) FROM t WHERE i > 30;
SELECT steward.write_history() > 0 AS written;
SELECT * FROM shown();
SELECT count(*) FILTER (WHERE queryid = 1) AS unused, count(*) > 3 AS used FROM steward.history_text;

-- A window sums up its intervals; neighbouring windows share none.
SELECT min(interval_end) AS first, max(interval_end) AS last FROM steward.history_interval \gset
CREATE FUNCTION summed(since timestamptz, until timestamptz, OUT query text, OUT calls bigint, OUT failed bigint, OUT rows bigint, OUT plausible boolean)
RETURNS SETOF record LANGUAGE sql AS $$
  SELECT w.query, w.calls, w.failed_calls, w.rows,
         w.p50_exec_time BETWEEN 0 AND w.p99_exec_time AND w.mean_exec_time * w.calls BETWEEN w.total_exec_time * 0.99 AND w.total_exec_time * 1.01
           AND w.shared_blks_hit > 0 AND w.wal_bytes >= 0 AND w.total_plan_time > 0
  FROM steward.window_statements(since, until) AS w WHERE w.query LIKE 'SELECT % FROM t %' ORDER BY 1 $$;
SELECT * FROM summed('-infinity', 'infinity');
SELECT * FROM summed('-infinity', :'first');
SELECT * FROM summed(:'first', :'last');
SELECT count(*) FROM steward.window_statements(:'last');
SELECT array_length(latency, 1) > 0 AS histogram, query FROM steward.window_statements(now() - interval '1 hour') WHERE query LIKE 'SELECT count%';

-- An interval in which nothing of a statement happened has no row for it; the intervals follow each other.
SELECT steward.write_history() > 0 AS written;
SELECT count(*) AS intervals, bool_and(interval_start <= interval_end AND interval_start IN (start, before)) AS in_a_row
FROM (SELECT *, first_value(interval_start) OVER w AS start, lag(interval_end) OVER w AS before
      FROM steward.history_interval WINDOW w AS (ORDER BY interval_id)) AS i;
SELECT count(*) FILTER (WHERE interval_no = 3) FROM shown();

-- What a transaction took and did not commit is in the next interval: after ROLLBACK, in a subtransaction, and at an error.
TRUNCATE steward.history_interval, steward.history_entry;
SELECT steward.write_history() > 0 AS written;
TRUNCATE steward.history_interval, steward.history_entry;
SELECT count(*) FROM t WHERE i > 40;
BEGIN;
SELECT steward.write_history() > 0 AS written;
SELECT calls FROM shown() WHERE query LIKE '%count%';
ROLLBACK;
SELECT count(*) FROM t WHERE i > 50;
BEGIN;
SAVEPOINT a;
SAVEPOINT b;
SELECT steward.write_history() > 0 AS written;
RELEASE SAVEPOINT b;
ROLLBACK TO SAVEPOINT a;
COMMIT;
BEGIN;
SAVEPOINT a;
SELECT count(*) FROM t WHERE i > 60;
SELECT steward.write_history() > 0 AS written;
RELEASE SAVEPOINT a;
COMMIT;
SELECT count(*) FROM t WHERE i > 70;
SELECT steward.write_history() > 0 AS written;
SELECT interval_no, query, calls FROM shown() WHERE query LIKE '%count%';

-- Reset statements count as other; what is given back after a reset, too.
TRUNCATE steward.history_interval, steward.history_entry;
SELECT count(*) FROM t WHERE i > 80;
SELECT count(*) FROM t WHERE i > 90;
SELECT s.queryid FROM steward.statements AS s WHERE query LIKE 'SELECT count(*) FROM t %' \gset
SELECT steward.reset(0, 0, :queryid) IS NOT NULL AS reset;
SELECT steward.write_history() > 0 AS written;
SELECT query, calls FROM shown();
SELECT count(*) FROM t WHERE i > 100;
BEGIN;
SELECT steward.write_history() > 0 AS written;
SELECT steward.reset(0, 0, :queryid) IS NOT NULL AS reset;
ROLLBACK;
SELECT steward.write_history() > 0 AS written;
SELECT interval_no, query, calls FROM shown();
SELECT other_statements FROM steward.history_interval ORDER BY interval_id;

-- A statement that is not in shared memory any more keeps its text.
SELECT count(*) FROM t WHERE i > 110;
SELECT steward.write_history() > 0 AS written;
SELECT steward.reset(0, 0, :queryid) IS NOT NULL AS reset;
SELECT interval_no, query, calls FROM shown() WHERE query <> '<other>';

-- The other columns; I/O times only where they were measured.
SELECT h.interval_end - h.interval_start >= '0' AS real_interval, h.dbid = d.oid AS here, h.toplevel, h.userid = r.oid AS mine,
       h.queryid = :queryid AS same, h.plans, h.wal_records, h.wal_bytes, h.cpu_time, h.shared_blk_read_time, h.canceled_calls
FROM steward.statement_history AS h, pg_database AS d, pg_roles AS r
WHERE d.datname = current_database() AND r.rolname = current_user AND h.query LIKE 'SELECT count(*) FROM t %';
SET track_io_timing = on;
SELECT steward.write_history() > 0 AS written;
RESET track_io_timing;
SELECT bool_and(shared_blk_read_time >= 0 AND temp_blk_write_time = 0) AS timed FROM steward.statement_history
WHERE interval_start = (SELECT max(interval_start) FROM steward.history_interval);

-- A copy of the database does not show its template's history as its own.
UPDATE steward.history_interval SET dbid = 1;
SELECT count(*) FROM steward.statement_history;
TRUNCATE steward.history_interval, steward.history_entry;

-- More statements than an interval has rows for: those with the least time share one.
SELECT steward.write_history() > 0 AS written;
SET pg_steward.track = 'all';
DO $$ BEGIN
  FOR n IN 1..600 LOOP EXECUTE 'SELECT 1' || repeat(', 1', n); END LOOP;
  PERFORM pg_sleep(0.05) AS slowest;
END $$;
RESET pg_steward.track;
SELECT steward.write_history() AS entries;
SELECT statements, other_statements BETWEEN 100 AND 110 AS other_statements
FROM steward.history_interval ORDER BY interval_id DESC LIMIT 1;
SELECT sum(calls) FILTER (WHERE query ~ '^SELECT \$1, ' OR query = '<other>') BETWEEN 600 AND 610 AS all_calls,
       count(*) FILTER (WHERE query = '<other>') AS other, count(*) FILTER (WHERE query ~ 'slowest') AS slowest
FROM steward.statement_history WHERE interval_end = (SELECT max(interval_end) FROM steward.history_interval);
TRUNCATE steward.history_interval, steward.history_entry, steward.history_text;

-- What is older than pg_steward.history_retention goes, ten intervals a call, and the oldest when there is more than
-- pg_steward.history_max_size (W15).
CREATE FUNCTION past(days integer, bytes bigint) RETURNS void LANGUAGE sql AS $$
  WITH i AS (INSERT INTO steward.history_interval (dbid, interval_start, interval_end, statements, other_statements, io_timed, bytes)
             SELECT 1, now() - make_interval(days => days), now() - make_interval(days => days), 1, 0, false, bytes RETURNING interval_id)
  INSERT INTO steward.history_entry (interval_id, queryid, userid, toplevel) SELECT interval_id, 1, 1, true FROM i $$;
CREATE VIEW kept AS
SELECT (SELECT count(*) FROM steward.history_interval WHERE dbid = 1) AS intervals,
       (SELECT count(*) FROM steward.history_entry WHERE userid = 1) AS entries;
SELECT count(past(8, 100)) FROM generate_series(1, 15);
SELECT past(6, 100);
SELECT steward.write_history() > 0 AS written;
SELECT * FROM kept;
SELECT steward.write_history() > 0 AS written;
SELECT * FROM kept;
SELECT count(past(5, 200000000)) FROM generate_series(1, 2);
SELECT steward.write_history() > 0 AS written;
SELECT * FROM kept;
SELECT steward.write_history() > 0 AS written;
SELECT * FROM kept;
TRUNCATE steward.history_interval, steward.history_entry, steward.history_text;

-- Histograms.
SELECT steward.latency_quantile('{}', 0.5), steward.latency_quantile(NULL, 0.5), steward.latency_sum(NULL);
SELECT steward.latency_sum(l) FROM (VALUES ('{268435459}'::int[]), ('{268435460,285212677}'), (NULL), ('{}')) AS v (l);
SELECT steward.latency_sum(l) FROM (VALUES ('{16777214}'::int[]), ('{2}')) AS v (l);
SELECT q, round(steward.latency_quantile('{1308622847,1325400065}', q)::numeric, 3) AS ms FROM (VALUES (0.0), (0.5), (1.0)) AS v (q);
SELECT steward.latency_quantile('{1}', 1.5);
SELECT steward.latency_quantile('{-1}', 0.5);
SELECT steward.latency_quantile('{{1,2},{3,4}}', 0.5);
SELECT steward.latency_quantile('{1,NULL}', 0.5);
SELECT steward.latency_sum('{2147483647}');

-- Who sees what (S1, S2): of others' statements the figures, in the tables not even those.
CREATE ROLE regress_history_reader;
CREATE ROLE regress_history_monitor IN ROLE pg_read_all_stats;
GRANT USAGE ON SCHEMA steward TO regress_history_reader, regress_history_monitor;
GRANT SELECT ON ALL TABLES IN SCHEMA steward TO regress_history_reader, regress_history_monitor;
GRANT EXECUTE ON FUNCTION steward.latency_quantile(integer[], double precision), steward.latency_sum(integer[]),
  steward.window_statements(timestamptz, timestamptz) TO regress_history_reader, regress_history_monitor;
GRANT SELECT ON t TO regress_history_reader;
SELECT count(*) FROM t WHERE i > 120;
SET ROLE regress_history_reader;
SELECT count(*) FROM t WHERE i > 130;
SELECT i FROM t WHERE i <= 3;
SELECT steward.write_history();
RESET ROLE;
SELECT steward.write_history() > 0 AS written;
SET ROLE regress_history_reader;
SELECT query, calls FROM shown();
SELECT DISTINCT query, queryid IS NULL AS hidden FROM steward.statement_history WHERE userid <> current_user::regrole;
SELECT query, calls FROM steward.window_statements('-infinity') WHERE query ~ 'FROM t ' ORDER BY query COLLATE "C";
SELECT count(*) AS hidden FROM steward.window_statements('-infinity') WHERE query = '<insufficient privilege>' AND queryid IS NULL;
SELECT calls, rows FROM steward.history_entry ORDER BY rows;
SELECT query FROM steward.history_text ORDER BY query COLLATE "C";
INSERT INTO steward.history_text VALUES (1, 'SELECT 1');
SET ROLE regress_history_monitor;
SELECT count(*) FROM shown() WHERE query LIKE '%count(*)%';
SELECT count(*) > 2 AS all_entries FROM steward.history_entry;
SELECT count(*) > 2 AS all_texts FROM steward.history_text;
RESET ROLE;
SELECT proname FROM pg_proc WHERE pronamespace = 'steward'::regnamespace AND has_function_privilege('regress_history_monitor', oid, 'EXECUTE') ORDER BY 1;

-- What cannot be: in a read-only transaction, in a prepared one.
BEGIN READ ONLY;
SELECT steward.write_history();
COMMIT;
BEGIN;
SELECT steward.write_history() > 0 AS written;
PREPARE TRANSACTION 'history';

-- The status.
SELECT last_flush = (SELECT max(interval_end) FROM steward.history_interval) AS last_flush, history_size > 0 AS history_size
FROM steward.capture_status;
DROP OWNED BY regress_history_reader, regress_history_monitor;
DROP ROLE regress_history_reader, regress_history_monitor;
