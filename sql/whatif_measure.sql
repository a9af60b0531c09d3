-- steward.measure runs what was captured, and only what cannot write, only where nothing can be written.
CREATE EXTENSION pg_steward;
CREATE TABLE measured (id int PRIMARY KEY, kind int, note text);
INSERT INTO measured SELECT g, g % 100, 'x' FROM generate_series(1, 20000) g;
CREATE INDEX measured_kind_idx ON measured (kind);
ANALYZE measured;
-- What a superuser ran is measured as the owner of the tables, if that is somebody else.
CREATE ROLE regress_owner;
ALTER TABLE measured OWNER TO regress_owner;
CREATE FUNCTION measured_stable() RETURNS int LANGUAGE sql STABLE AS 'SELECT 7';
CREATE FUNCTION measured_sneaks() RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN EXECUTE 'INSERT INTO measured VALUES (-1)'; RETURN 7; EXCEPTION WHEN OTHERS THEN RETURN 7; END $$;
SELECT steward.reset() IS NOT NULL AS reset;
SELECT count(*) AS by_kind FROM measured WHERE kind = 7;
SELECT count(*) AS by_stable FROM measured WHERE kind = measured_stable();
SELECT count(*) AS by_sneak FROM measured WHERE kind = measured_sneaks() AND note = 'no';
SELECT count(*) AS by_chance FROM measured WHERE id = random();
SELECT id AS locked FROM measured WHERE id = 5 FOR UPDATE;
WITH gone AS (DELETE FROM measured WHERE id = -5 RETURNING id) SELECT count(*) AS deleted FROM gone;
UPDATE measured SET note = 'y' WHERE id = -6;
SELECT id AS whole FROM measured WHERE id = 8;

CREATE VIEW subjects AS SELECT userid, queryid, substring(query FROM 'AS (by_kind|by_stable|by_sneak|by_chance|locked|deleted|whole)|(UPDATE)') AS what,
    query FROM steward.statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
SELECT m.* FROM subjects s, steward.measure(s.userid, s.queryid) m WHERE s.what = 'by_kind';

BEGIN READ ONLY;
SELECT s.what, m.exec_time > 0 AS ran, m.total_cost > 0 AS planned, m.rows, m.indexes::regclass[], m.method IN ('shapes', 'statistics') AS drawn, m.sqlstate, m.error
FROM subjects s, steward.measure(s.userid, s.queryid) m WHERE s.what IS NOT NULL OR s.query ~ '^UPDATE' ORDER BY s.query COLLATE "C";
-- Without an index, and only planned.
SELECT m.exec_time > 0 AS ran, m.indexes::regclass[] FROM subjects s, steward.measure(s.userid, s.queryid, ARRAY['measured_kind_idx'::regclass]) m WHERE s.what = 'by_kind';
SELECT m.exec_time, m.rows, m.total_cost > 0 AS planned, m.indexes::regclass[] FROM subjects s, steward.measure(s.userid, s.queryid, execute => false) m WHERE s.what = 'by_kind';
SELECT m.indexes::regclass[] FROM subjects s, steward.measure(s.userid, s.queryid, draws => 4) m WHERE s.what = 'by_kind';
-- The planner sees the index again afterwards.
EXPLAIN (COSTS OFF) SELECT count(*) FROM measured WHERE kind = 7;
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM steward.measure(10, 1);
SELECT * FROM steward.measure(10, 1, draws => 5);
ROLLBACK;
SELECT count(*) AS sneaked FROM measured WHERE id = -1;
-- None of that was counted as a call.
SELECT what, calls FROM subjects JOIN steward.statements USING (userid, queryid, query) WHERE what IN ('by_kind', 'by_stable') ORDER BY 1;

-- Nothing that is read gets out through an error, whatever class a function gives it, and no function ends the caller's
-- statement with what only looks like a cancel.
SELECT format($f$CREATE FUNCTION measured_tells_%s(what text) RETURNS text LANGUAGE plpgsql STABLE AS $b$
BEGIN
    IF current_setting('app.tell', true) = 'no' THEN RETURN what; END IF;
    %s
END $b$ $f$, how, CASE how WHEN 'dynamic' THEN 'EXECUTE ''SELECT '' || quote_ident(what);' ELSE
    format('RAISE EXCEPTION ''it is %%'', what USING ERRCODE = upper(%L), HINT = ''Think of '' || what || ''.'', DETAIL = what;', how) END)
FROM unnest('{42501,0a000,P0001,57014,dynamic}'::text[]) how \gexec
CREATE TABLE secrets AS SELECT 'value ' || g AS secret FROM generate_series(1, 10) g;
ALTER TABLE secrets OWNER TO regress_owner;
SET app.tell = 'no';
SELECT 1 AS tells FROM secrets WHERE measured_tells_42501(secret) = 'x';
SELECT 2 AS tells FROM secrets WHERE measured_tells_0a000(secret) = 'x';
SELECT 3 AS tells FROM secrets WHERE measured_tells_p0001(secret) = 'x';
SELECT 4 AS tells FROM secrets WHERE measured_tells_57014(secret) = 'x';
SELECT 5 AS tells FROM secrets WHERE measured_tells_dynamic(secret) = 'x';
RESET app.tell;
BEGIN READ ONLY;
SELECT DISTINCT m.exec_time, m.rows, m.sqlstate, m.error FROM steward.statements s, steward.measure(s.userid, s.queryid) m
WHERE s.query ~ 'AS tells' ORDER BY 3, 4;
-- Called by a function as well.
DO $$ DECLARE told text; BEGIN
  SELECT string_agg(DISTINCT m.error, '|') INTO told FROM steward.statements s, steward.measure(s.userid, s.queryid) m WHERE s.query ~ 'AS tells';
  RAISE NOTICE '%', told ~ 'value'; END $$;
ROLLBACK;

-- As a superuser nothing is run that could read, by name, what others may change.
CREATE TABLE ours AS SELECT g AS id FROM generate_series(1, 1000) g;
ANALYZE ours;
SELECT count(*) AS ours_plain FROM ours WHERE id < 10;
SELECT count(*) AS ours_stable FROM ours WHERE id = measured_stable();
-- Of a foreign table nobody knows what reading it does.
CREATE EXTENSION file_fdw;
CREATE SERVER nowhere FOREIGN DATA WRAPPER file_fdw;
CREATE TABLE partly (id int) PARTITION BY LIST (id);
CREATE TABLE partly_here PARTITION OF partly FOR VALUES IN (1);
SELECT count(*) AS ours_partly FROM partly;
CREATE FOREIGN TABLE partly_there PARTITION OF partly FOR VALUES IN (2) SERVER nowhere OPTIONS (filename '/dev/null');
BEGIN READ ONLY;
SELECT substring(s.query FROM 'AS (ours_\w+)') AS what, m.exec_time > 0 AS ran, m.sqlstate, m.error
FROM steward.statements s, steward.measure(s.userid, s.queryid) m WHERE s.query ~ '^SELECT count.* AS ours_' ORDER BY 1;
ROLLBACK;
DROP FOREIGN TABLE partly_there;

-- A role that is gone.
CREATE ROLE regress_gone;
GRANT SELECT ON measured TO regress_gone;
SET ROLE regress_gone;
SELECT count(*) AS of_gone FROM measured WHERE kind = 3;
RESET ROLE;
DROP OWNED BY regress_gone;
DROP ROLE regress_gone;
BEGIN READ ONLY;
SELECT m.exec_time, m.sqlstate, m.error FROM steward.statements s, steward.measure(s.userid, s.queryid) m
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = s.userid) AND s.query ~ 'FROM measured';
ROLLBACK;

-- It is for those who were given it.
CREATE ROLE regress_measurer;
GRANT USAGE ON SCHEMA steward TO regress_measurer;
SET ROLE regress_measurer;
BEGIN READ ONLY;
SELECT * FROM steward.measure(10, 1);
ROLLBACK;
RESET ROLE;
DROP OWNED BY regress_measurer;
DROP ROLE regress_measurer;
DROP TABLE measured, secrets CASCADE;
DROP ROLE regress_owner;
