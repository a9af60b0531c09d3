-- H10: statements inside functions, triggers, procedures, DO blocks and foreign keys: who counts, at which level.
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION pg_steward;
SET pg_stat_statements.track_planning = on;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent, noted int);
CREATE TABLE log (note text);
CREATE FUNCTION in_sql(int) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM parent WHERE id < $1 OFFSET 0';
CREATE FUNCTION in_plpgsql(n int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE total bigint; r record;
BEGIN
    SELECT count(*) INTO total FROM child WHERE id < n;
    FOR r IN SELECT id FROM parent ORDER BY id LIMIT 3 LOOP total := total + in_sql(r.id); END LOOP;
    RETURN total;
END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO log VALUES ('child ' || NEW.id); RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION note();
CREATE PROCEDURE commits(n int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        INSERT INTO log VALUES ('committed');
        IF i % 2 = 0 THEN ROLLBACK; ELSE COMMIT; END IF;
    END LOOP;
END $$;
CREATE FUNCTION survives() RETURNS int LANGUAGE plpgsql AS $$
DECLARE caught int := 0;
BEGIN
    FOR i IN 1..5 LOOP
        BEGIN
            INSERT INTO child VALUES (-i);
        EXCEPTION WHEN foreign_key_violation THEN caught := caught + 1;
        END;
    END LOOP;
    PERFORM count(*) FROM log;
    RETURN caught;
END $$;
CREATE VIEW own AS
    SELECT s.* FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database();
CREATE VIEW disagreement AS
    SELECT coalesce(p.query, s.query) AS query, toplevel, p.calls AS their_calls, s.calls AS our_calls,
           p.rows AS their_rows, s.rows AS our_rows
    FROM pg_stat_statements p FULL JOIN steward.statements s USING (userid, dbid, queryid, toplevel)
    WHERE (p.calls, p.rows, p.shared_blks_hit, p.shared_blks_dirtied, p.wal_records)
          IS DISTINCT FROM (s.calls, s.rows, s.shared_blks_hit, s.shared_blks_dirtied, s.wal_records)
      AND (s.calls > 0 OR p.calls > 0) AND coalesce(p.query, s.query) !~ 'reset';

-- Top level only: what functions do is part of their caller.
SELECT pg_stat_statements_reset() IS NOT NULL AS theirs, steward.reset() IS NOT NULL AS ours;
INSERT INTO parent SELECT generate_series(1, 10);
INSERT INTO child VALUES (1), (2);
SELECT in_plpgsql(5);
CALL commits(4);
SELECT survives();
DO $$ BEGIN PERFORM in_plpgsql(3); END $$;
SELECT toplevel, calls, rows, failed_calls, query FROM own WHERE calls > 0 AND query !~ 'reset' ORDER BY query COLLATE "C", toplevel, calls, rows;
SELECT * FROM disagreement;

-- All levels.
SET pg_steward.track = 'all';
SET pg_stat_statements.track = 'all';
SELECT pg_stat_statements_reset() IS NOT NULL AS theirs, steward.reset() IS NOT NULL AS ours;
INSERT INTO child VALUES (3), (4);
SELECT in_plpgsql(5);
CALL commits(4);
SELECT survives();
DO $$ BEGIN PERFORM in_plpgsql(3); END $$;
\o /dev/null
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT in_sql(3);
\o
-- Of a loop over a cursor 15 counts the last fetch alone, later versions all of them.
SELECT toplevel, calls, CASE WHEN query !~ 'LIMIT' THEN rows END AS rows, failed_calls, last_sqlstate, query FROM own
WHERE (calls > 0 OR failed_calls > 0) AND query !~ 'reset' ORDER BY query COLLATE "C", toplevel, calls, rows, failed_calls;
SELECT * FROM disagreement;

-- What the server makes of a command, such as a key's index, is part of it.
CREATE TABLE parts (id serial PRIMARY KEY, parent int REFERENCES parent);
SELECT toplevel, calls FROM own WHERE query ~ '^CREATE TABLE parts' AND calls > 0;

-- An exception block inside a function that the planner runs, where no portal is active: what follows is still nested.
CREATE FUNCTION catches() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN NULL; END;
    RETURN (SELECT count(*) AS after_the_block FROM parent);
END $$;
CREATE FUNCTION folded(n int) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE r bigint;
BEGIN EXECUTE 'SELECT catches()' INTO r; RETURN r + n; END $$;
SELECT folded(1) > 0 AS folded;
SELECT toplevel FROM own WHERE query ~ 'after_the_block' AND calls > 0;
SELECT * FROM disagreement;

-- Deep nesting is counted on every level.
CREATE FUNCTION recurse(n int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE below int;
BEGIN
    IF n = 0 THEN RETURN 0; END IF;
    EXECUTE 'SELECT recurse($1)' INTO below USING n - 1;
    RETURN below + 1;
END $$;
SELECT recurse(200);
SELECT lost FROM steward.capture_status;
SELECT sum(calls) AS counted FROM own WHERE query = 'SELECT recurse($1)';
-- More nested levels than there are frames: each execution is counted as lost once, never an error of its own. All levels
-- but the innermost end as failed.
CREATE FUNCTION endless() RETURNS int LANGUAGE sql AS 'SELECT endless()';
SELECT steward.reset() IS NOT NULL AS reset;
\set VERBOSITY sqlstate
SELECT endless();
\set VERBOSITY default
SELECT lost BETWEEN 1 AND 20000 AS lost FROM steward.capture_status;
-- 1,024 frames, and before 18 a planning that failed innermost.
SELECT sum(failed_calls) BETWEEN 1024 AND 1025 AS failed, max(last_sqlstate) AS sqlstate FROM own WHERE query = 'SELECT endless()';
