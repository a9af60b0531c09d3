-- H8: errors, cancellation and aborted (sub)transactions at every stage: counted as failed, and the next statement counts
-- as ever.
CREATE EXTENSION pg_steward;
CREATE TABLE t (id int PRIMARY KEY, later int UNIQUE DEFERRABLE INITIALLY IMMEDIATE);
INSERT INTO t VALUES (1, 1), (2, 2);
CREATE VIEW own AS
    SELECT s.* FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database();
CREATE ROLE regress_steward_poor;
CREATE FUNCTION fails(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / ($1 - $1); END $$;
SELECT steward.reset() IS NOT NULL AS reset;

SELECT 1/0 AS in_the_planner;
SELECT 1/(id - 1) AS in_the_run FROM t;
INSERT INTO t VALUES (3, 1);
SELECT fails(4) AS in_a_function;
SET ROLE regress_steward_poor;
SELECT id AS at_the_start FROM t;
RESET ROLE;
COPY t FROM '/nonexistent/file';
SET statement_timeout = '500ms';
SELECT pg_sleep(10) AS canceled;
RESET statement_timeout;
-- At top level again after each: else these would count as nested.
SELECT 'after errors' AS at_top_level;

BEGIN;
SAVEPOINT s;
SELECT 1/(id - 2) AS in_a_savepoint FROM t;
ROLLBACK TO s;
SELECT 'after a savepoint' AS at_top_level, 1 AS one;
-- An idle cursor that ends with its transaction did not fail.
DECLARE c CURSOR FOR SELECT id AS idle FROM t;
FETCH 1 FROM c;
SELECT 1/0 AS in_the_planner;
ROLLBACK;
SELECT 'after an abort' AS at_top_level, 1 AS one, 2 AS two;

-- A deferred constraint fails at COMMIT, after the statement itself.
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO t VALUES (4, 1);
COMMIT;
SELECT 'after a commit that failed' AS at_top_level, 1 AS one, 2 AS two, 3 AS three;

-- An error in a transaction that has failed already.
BEGIN;
SELECT 1/0 AS in_the_planner;
ROLLBACK TO nowhere;
ROLLBACK;
SELECT 'after a failed rollback' AS at_top_level, 1 AS one, 2 AS two, 3 AS three, 4 AS four;
SELECT toplevel, calls, failed_calls, canceled_calls, last_sqlstate, query FROM own
WHERE query !~ 'reset' AND query !~ 'own' ORDER BY query COLLATE "C", toplevel, calls, failed_calls, canceled_calls;
-- Not counted as executed, and not lost either.
SELECT lost FROM steward.capture_status;
DROP ROLE regress_steward_poor;
