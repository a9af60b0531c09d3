-- Reset of one statement, one user, one database, everything; and what a reset starts anew.
CREATE EXTENSION pg_steward;
CREATE ROLE regress_steward_other;
CREATE VIEW own AS
    SELECT s.* FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database();
SELECT steward.reset() IS NOT NULL AS reset;
SELECT 1 AS first;
SELECT 1 AS second, 2 AS two;
SELECT pg_sleep(0.5) AS slow, 1 AS third;
SET ROLE regress_steward_other;
SELECT 1 AS of_another, 2 AS two, 3 AS three;
RESET ROLE;
SELECT query, calls FROM own WHERE query ~ '^SELECT .1 AS|AS slow' ORDER BY 1, 2;
-- One statement.
SELECT steward.reset(0, 0, queryid) IS NOT NULL AS reset FROM own WHERE query ~ 'AS second';
SELECT steward.reset(queryid => queryid) IS NOT NULL AS reset FROM own WHERE query ~ 'AS slow';
SELECT query, calls FROM own WHERE query ~ '^SELECT .1 AS|AS slow' ORDER BY 1, 2;
-- Counting starts anew, extremes too; the text comes back though the statement is known to this session.
SELECT pg_sleep(0) AS slow, 2 AS third;
SELECT query, calls, max_exec_time < 500 AS fast FROM own WHERE query ~ 'AS slow,';
-- One user, another database, everything.
SELECT steward.reset('regress_steward_other'::regrole) IS NOT NULL AS reset;
SELECT query, calls FROM own WHERE query ~ '^SELECT .1 AS' ORDER BY 1, 2;
SELECT steward.reset(dbid => oid) IS NOT NULL AS reset FROM pg_database WHERE datname = 'template1';
SELECT count(*) FROM own WHERE query ~ 'AS first';
SELECT steward.reset(dbid => oid) IS NOT NULL AS reset FROM pg_database WHERE datname = current_database();
SELECT count(*) FROM own WHERE query ~ 'AS first';
SELECT steward.reset() >= stats_since AS reset FROM steward.capture_status;
SELECT stats_since > now() - interval '1 minute' AS stats_since, evicted, lost, text_missing FROM steward.capture_status;

-- Samples of values go whatever the reset names: a user, a database (theirs or another), a statement.
CREATE TABLE sampled (id int);
CREATE VIEW samples AS SELECT count(*) FROM steward.parameter_samples();
SET pg_steward.capture_parameters = on;
SELECT steward.reset() IS NOT NULL AS reset;
SELECT id FROM sampled WHERE id = 4711;
SELECT * FROM samples;
SELECT steward.reset(dbid => oid) IS NOT NULL AS reset FROM pg_database WHERE datname = 'template1';
SELECT count > 0 AS others_stay FROM samples;
SELECT steward.reset(current_user::regrole) IS NOT NULL AS reset;
SET pg_steward.capture_parameters = off;
SELECT * FROM samples;
SET pg_steward.capture_parameters = on;
SELECT id FROM sampled WHERE id = 4712;
SELECT steward.reset(dbid => oid) IS NOT NULL AS reset FROM pg_database WHERE datname = current_database();
SET pg_steward.capture_parameters = off;
SELECT * FROM samples;

-- A statement named without a database is forgotten in all of them, with text and samples.
SELECT current_database() AS here \gset
SELECT steward.reset() IS NOT NULL AS reset;
CREATE DATABASE regress_steward_elsewhere;
\c regress_steward_elsewhere
CREATE EXTENSION pg_steward;
SET pg_steward.capture_parameters = on;
SELECT reltuples FROM pg_class WHERE relname = 'nothing' AND relpages = 4713;
SET pg_steward.capture_parameters = off;
SELECT count(*) FROM steward.parameter_samples();
SELECT queryid FROM steward.plannable WHERE query LIKE '%relpages = %' AND query NOT LIKE '%steward%' \gset
\c :"here"
SELECT steward.reset(0, 0, :queryid) IS NOT NULL AS reset;
\c regress_steward_elsewhere
SELECT count(*) FROM steward.parameter_samples();
SELECT count(*) FROM steward.plannable WHERE queryid = :queryid;
\c :"here"
DROP DATABASE regress_steward_elsewhere;
DROP ROLE regress_steward_other;
