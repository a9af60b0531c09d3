-- Transactions by class: what counts and for whom, idle time, more classes than fit, visibility, reset.
CREATE EXTENSION pg_steward;
SET client_min_messages = warning;
CREATE VIEW counted AS
  SELECT application_name AS app, transactions, commits, rollbacks, failures, session_commands FROM steward.classes
  WHERE datname = current_database() AND application_name LIKE 'cl\_%' ORDER BY application_name COLLATE "C";
SELECT steward.reset() IS NOT NULL AS reset;

-- A lone statement is a transaction; so is a block, whatever it runs; SET and SHOW are neither.
SET application_name = 'cl_counts';
SELECT 1 AS one;
SELECT 1 AS one \; SELECT 2 AS two;
BEGIN; SELECT 1 AS one; SAVEPOINT s; SELECT 1 / 0; ROLLBACK TO s; SELECT 2 AS two; COMMIT;
BEGIN; SELECT 1 AS one; ROLLBACK;
BEGIN; COMMIT;
SHOW work_mem;
SELECT 1 / 0;
SELECT no_such_column;
BEGIN; SELECT 1 / 0; SELECT 'ignored' AS after_the_error; ROLLBACK;
BEGIN; SELECT 1 / 0; COMMIT;
BEGIN; SELECT 1 AS one; COMMIT AND CHAIN; SELECT 2 AS two; COMMIT;
NOTIFY cl_channel;
-- A class is told by the name at the end.
BEGIN; SET LOCAL application_name = 'cl_local'; SELECT 1 AS one; COMMIT;
-- However the name is changed, and back.
SET application_name = 'cl_ways';
SELECT set_config('application_name', 'cl_way_1', true);
SELECT set_config('application_name', 'cl_way_2', true);
SELECT 1 AS one;
BEGIN; SET application_name = 'cl_undone'; SELECT 1 AS one; ROLLBACK;
SELECT 1 AS one;
BEGIN; SAVEPOINT s; SET application_name = 'cl_undone'; ROLLBACK TO s; SELECT 1 AS one; COMMIT;
SELECT set_config('application_name', 'cl_way_3', false);
SELECT 1 AS one;
-- Procedures commit; each time a transaction ends.
SET application_name = 'cl_procedure';
DO $$ BEGIN FOR i IN 1 .. 5 LOOP PERFORM i; COMMIT; END LOOP; PERFORM 1; ROLLBACK; END $$;
-- Parallel workers do not count.
CREATE TABLE cl_rows AS SELECT i FROM generate_series(1, 20000) i;
SET application_name = 'cl_parallel';
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*) FROM cl_rows;
-- Nothing counts while capture is off.
SET application_name = 'cl_off';
SET pg_steward.track = 'none';
SELECT 1 AS one;
SET application_name = 'observer';
RESET pg_steward.track;
SELECT * FROM counted;

-- Time spent idle in transaction is told apart; after an error it is nobody's.
SET application_name = 'cl_idle';
BEGIN;
\! sleep 0.12
SELECT 1 AS one;
\! sleep 0.12
COMMIT;
SET application_name = 'cl_error';
BEGIN \; SELECT 1 / 0;
\! sleep 0.1
ROLLBACK;
SELECT 1 AS one;
SET application_name = 'cl_busy';
BEGIN; SELECT pg_sleep(0.1); COMMIT;
SET application_name = 'observer';
SELECT application_name AS app,
       CASE application_name WHEN 'cl_idle' THEN idle_in_transaction_time >= 200 ELSE active_time >= 100 END AS seen,
       total_xact_time >= idle_in_transaction_time AS within, p99_xact_time <= max_xact_time AS bounded,
       abs(total_xact_time - active_time - idle_in_transaction_time) < 0.001 AS adds_up
FROM steward.classes WHERE application_name IN ('cl_idle', 'cl_busy') ORDER BY 1;
SELECT transactions, failures, idle_in_transaction_time FROM steward.classes WHERE application_name = 'cl_error';

-- Which transactions write is told by their id; what the sessions used of the processors is measured.
CREATE TABLE cl_written (i int);
SET application_name = 'cl_writes';
INSERT INTO cl_written VALUES (1);
UPDATE cl_written SET i = 2;
UPDATE cl_written SET i = 3 WHERE false;
SELECT * FROM cl_written;
BEGIN; INSERT INTO cl_written VALUES (4); SELECT 1 AS one; COMMIT;
BEGIN; INSERT INTO cl_written VALUES (5); ROLLBACK;
SET application_name = 'cl_cpu';
SELECT count(*) FROM generate_series(1, 500000);
SELECT pg_sleep(0.3);
SET application_name = 'cl_untracked';
SET pg_steward.track = 'none';
SELECT count(*) FROM generate_series(1, 500000);
RESET pg_steward.track;
SELECT 1 AS one;
SET application_name = 'observer';
SELECT application_name AS app, commits, writing_transactions FROM steward.classes WHERE application_name = 'cl_writes';
SELECT cpu_time BETWEEN 10 AND total_xact_time - 250 AS measured FROM steward.classes WHERE application_name = 'cl_cpu';
SELECT untracked.cpu_time < tracked.cpu_time / 2 AS left_out FROM steward.classes AS untracked, steward.classes AS tracked
WHERE untracked.application_name = 'cl_untracked' AND tracked.application_name = 'cl_cpu';

-- What sessions use that outlives their transactions.
SET application_name = 'cl_session';
SET work_mem = '5MB';
LISTEN cl_channel;
PREPARE cl_statement AS SELECT 1;
CREATE TEMP TABLE cl_kept (i int);
BEGIN; DECLARE cl_cursor CURSOR WITH HOLD FOR SELECT 1; COMMIT;
CLOSE cl_cursor;
SET ROLE pg_monitor;
RESET ROLE;
LOAD 'pg_steward';
SET application_name = 'cl_transactions';
SET timezone = 'UTC';
BEGIN; SET LOCAL work_mem = '6MB'; CREATE TEMP TABLE cl_dropped (i int) ON COMMIT DROP; COMMIT;
BEGIN; DECLARE cl_cursor CURSOR FOR SELECT 1; COMMIT;
RESET work_mem;
UNLISTEN *;
DEALLOCATE cl_statement;
SELECT 1 AS one;
SET application_name = 'observer';
SELECT application_name AS app, features FROM steward.classes WHERE application_name IN ('cl_session', 'cl_transactions') ORDER BY 1;
RESET timezone;

-- VACUUM runs a transaction for each table, all with the same start: their times do not overlap.
CREATE TABLE cl_rows2 AS SELECT i FROM generate_series(1, 20000) i;
SELECT extract(epoch FROM clock_timestamp()) * 1000 AS vacuum_start \gset
SET application_name = 'cl_vacuum';
VACUUM ANALYZE cl_rows, cl_rows2;
SELECT total_xact_time <= extract(epoch FROM clock_timestamp()) * 1000 - :vacuum_start AS no_overlap, transactions > 3 AS several
FROM steward.classes WHERE application_name = 'cl_vacuum';

-- The session user makes the class: SET ROLE does not, SET SESSION AUTHORIZATION does.
CREATE ROLE regress_steward_one;
CREATE ROLE regress_steward_two;
SET application_name = 'cl_user';
SET ROLE regress_steward_one;
SELECT 1 AS one;
SET SESSION AUTHORIZATION regress_steward_two;
SELECT 1 AS one;
SELECT 1 AS one;
RESET SESSION AUTHORIZATION;
SELECT set_config('session_authorization', 'regress_steward_two', false);
SELECT 1 AS one;
RESET SESSION AUTHORIZATION;
SET application_name = 'observer';
SELECT usename = session_user AS mine, CASE WHEN usename LIKE 'regress%' THEN usename END AS usename, transactions
FROM steward.classes WHERE application_name = 'cl_user' ORDER BY 2 NULLS FIRST;

-- S2: who may not see other users' statistics does not see what their applications call themselves.
GRANT USAGE ON SCHEMA steward TO regress_steward_two;
GRANT SELECT ON steward.classes TO regress_steward_two;
SET ROLE regress_steward_two;
SELECT count(*) FROM steward.classes;
RESET ROLE;
GRANT EXECUTE ON FUNCTION steward.captured_classes() TO regress_steward_two;
SET ROLE regress_steward_two;
SELECT DISTINCT application_name FROM steward.classes WHERE datname = current_database() ORDER BY 1;
RESET ROLE;
GRANT pg_read_all_stats TO regress_steward_two;
SET ROLE regress_steward_two;
SELECT application_name FROM steward.classes WHERE application_name = 'cl_counts';
RESET ROLE;

-- A reset of one database or statement is not one of the classes.
SELECT steward.reset(0, 0, 42) IS NOT NULL AS reset;
SELECT count(*) FROM steward.classes WHERE application_name = 'cl_counts';

-- By interval: what each class did in it, from its first transaction on, also after a reset.
SET client_min_messages = warning;
SELECT coalesce(steward.write_history(), 0) >= 0 AS begun;
SET application_name = 'cl_history';
SELECT 1 AS one;
SELECT 1 AS one;
CREATE TABLE cl_interval (i int);
SET application_name = 'observer';
SELECT steward.write_history() >= 0 AS written;
SET application_name = 'cl_history';
SELECT 1 AS one;
SELECT 1 / 0;
SET application_name = 'observer';
SELECT steward.write_history() >= 0 AS written;
SELECT steward.write_history() >= 0 AS written;
SELECT steward.reset() IS NOT NULL AS reset;
SET application_name = 'cl_history';
SELECT 1 AS one;
SET application_name = 'observer';
SELECT steward.write_history() >= 0 AS written;
SELECT transactions, commits, failures, writing_transactions, total_xact_time > 0 AND cpu_time > 0 AND samples >= 0 AS measured,
       p50_xact_time <= p99_xact_time AS ordered, usename = session_user AS mine,
       steward.latency_quantile(latency, 1) BETWEEN 0.7 * mean_xact_time AND 1000 AS histogram
FROM steward.class_history WHERE application_name = 'cl_history' ORDER BY interval_start;
SELECT steward.latency_difference(ARRAY[5 * 16777216 + 7, 9 * 16777216 + 2], ARRAY[5 * 16777216 + 7, 9 * 16777216 + 1]) = ARRAY[9 * 16777216 + 1] AS difference;

GRANT USAGE ON SCHEMA steward TO regress_steward_one;
GRANT SELECT ON steward.class_history TO regress_steward_one;
GRANT EXECUTE ON FUNCTION steward.latency_quantile(integer[], double precision), steward.latency_difference(integer[], integer[]) TO regress_steward_one;
SET ROLE regress_steward_one;
SELECT DISTINCT application_name FROM steward.class_history;
RESET ROLE;

-- More classes than there are rows: the rest is "other", and nothing is lost. A backend keeps only some at a time.
SELECT steward.reset() IS NOT NULL AS reset;
SET client_min_messages = error;
\set ECHO none
\o /dev/null
SELECT format('SET application_name = ''cl_%s''; SELECT 1;', g) FROM generate_series(1, 300) g \gexec
SELECT format('SET application_name = ''cl_%s''; SELECT 1;', g) FROM generate_series(1, 300) g \gexec
\o
\set ECHO all
SET application_name = 'cl_1';
SELECT count(*) FILTER (WHERE dbid IS NOT NULL) AS own_rows, count(*) FILTER (WHERE dbid IS NULL) AS other_rows,
       sum(transactions) FILTER (WHERE application_name LIKE 'cl\_%' OR dbid IS NULL) AS all_counted,
       bool_and(application_name = 'other') FILTER (WHERE dbid IS NULL) AS called_other
FROM steward.classes;
SELECT transactions >= 90 AS counted, datname, usename FROM steward.classes WHERE dbid IS NULL;
SELECT steward.reset() IS NOT NULL AS reset;
SELECT application_name, transactions FROM steward.classes WHERE datname = current_database();

DROP OWNED BY regress_steward_one, regress_steward_two;
DROP ROLE regress_steward_one, regress_steward_two;
