-- steward.measure runs what was captured, and only what cannot write, only where nothing can be written.
CREATE EXTENSION pg_steward;
CREATE TABLE measured (id int PRIMARY KEY, kind int, note text);
INSERT INTO measured SELECT g, g % 100, 'x' FROM generate_series(1, 20000) g;
CREATE INDEX measured_kind_idx ON measured (kind);
ANALYZE measured;
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
