-- Compares what this library and pg_stat_statements counted over the regression suite; see upstream.sh. Lines that begin
-- with # are figures, every other line is a difference that nothing explains.
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION pg_steward;
CREATE TABLE theirs AS SELECT * FROM pg_stat_statements;
CREATE TABLE ours AS SELECT * FROM steward.statements;

-- Statements that only failed are no rows of pg_stat_statements. The suite itself uses no connection to this database.
CREATE TABLE compared AS
SELECT toplevel, queryid, left(regexp_replace(coalesce(t.query, o.query), '\s+', ' ', 'g'), 120) AS query,
       t.calls AS their_calls, o.calls AS our_calls, t.rows AS their_rows, o.rows AS our_rows,
       t.plans AS their_plans, o.plans AS our_plans,
       (t.calls, t.rows, t.plans) IS DISTINCT FROM (o.calls, o.rows, o.plans) AS differs, false AS explained
FROM theirs t FULL JOIN (SELECT * FROM ours WHERE calls > 0 OR plans > 0) o USING (userid, dbid, toplevel, queryid)
WHERE dbid <> (SELECT oid FROM pg_database WHERE datname = current_database());

-- pg_stat_statements misses executions of nested utility statements that are counted here. It clears the query id in the
-- statement's plan and so counts a plan that PL/pgSQL keeps the first time alone, or never when that failed. On 15,
-- statements in functions of language SQL have no query id. (A text is null when it found the store busy: it would come with
-- the next execution.)
UPDATE compared SET explained = true
WHERE differs AND NOT toplevel AND our_calls > coalesce(their_calls, 0) AND our_plans = 0 AND coalesce(their_plans, 0) = 0
  AND coalesce(query, '') !~* '^\W*(SELECT|INSERT|UPDATE|DELETE|MERGE|VALUES|WITH|TABLE)\y';

SELECT format('# %s statements with %s calls compared, %s nested utility statements of which pg_stat_statements misses executions',
              count(*), sum(our_calls), count(*) FILTER (WHERE explained)) FROM compared;
SELECT format('# here alone: %s statements that only failed; without text yet: %s', count(*) FILTER (WHERE calls = 0 AND failed_calls > 0),
              count(*) FILTER (WHERE query IS NULL)) FROM ours;
SELECT 'too small: evicted ' || evicted || ', without text ' || text_missing FROM steward.capture_status WHERE evicted + text_missing > 0
UNION ALL SELECT 'too small: evicted by pg_stat_statements ' || dealloc FROM pg_stat_statements_info WHERE dealloc > 0
UNION ALL SELECT 'too few: ' || count(*) FROM compared HAVING count(*) < 10000;
SELECT format('calls %s/%s rows %s/%s plans %s/%s toplevel %s: %s', their_calls, our_calls, their_rows, our_rows,
              their_plans, our_plans, toplevel, query)
FROM compared WHERE differs AND NOT explained ORDER BY query LIMIT 50;
