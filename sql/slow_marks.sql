-- A slow statement gets measured on a later run though another statement that runs in turn with it has the same mark:
-- of 150 statements some share one of the 1,024.
CREATE EXTENSION IF NOT EXISTS pg_steward;
SET jit = off;
CREATE TABLE turns (a int);
INSERT INTO turns SELECT generate_series(1, 10);
ANALYZE turns;
SET pg_steward.slow_min_duration = 0;
\set ECHO none
\o /dev/null
SELECT 'SELECT a FROM turns WHERE a > 1' || repeat(' OR a = 2', terms) FROM generate_series(1, 8) AS round, generate_series(1, 150) AS terms
ORDER BY round, terms \gexec
\o
\set ECHO all
SET pg_steward.slow_min_duration = -1;
SELECT count(*) AS statements, count(DISTINCT queryid & 1023) < count(*) AS some_share_a_mark,
       count(*) FILTER (WHERE executions = 0) AS never_measured
FROM (SELECT queryid, max(executions) AS executions FROM steward.predicates WHERE relid = 'turns'::regclass GROUP BY queryid) AS p;

-- A reset gives the marks of those back that never ran again: what comes then is measured at its second run,
-- unless it shares one with a statement that makes these.
SET pg_steward.slow_min_duration = 0;
\set ECHO none
\o /dev/null
SELECT 'SELECT a FROM turns WHERE a > 2' || repeat(' OR a = 3', terms / 40) || repeat(' OR a > 4', terms % 40) FROM generate_series(1, 1200) AS terms \gexec
SELECT steward.reset();
SELECT 'SELECT a FROM turns WHERE a < 1' || repeat(' OR a = 2', terms) FROM generate_series(1, 2) AS round, generate_series(1, 6) AS terms
ORDER BY terms, round \gexec
\o
\set ECHO all
SET pg_steward.slow_min_duration = -1;
SELECT count(*) AS statements, count(*) FILTER (WHERE executions = 0) < 2 AS measured
FROM (SELECT queryid, max(executions) AS executions FROM steward.predicates WHERE relid = 'turns'::regclass GROUP BY queryid) AS p;
DROP TABLE turns;
