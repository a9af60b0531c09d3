-- Slow executions: the row, the plan, the instrumented second run, failures, limits, visibility.
-- Covers S2 (others' plans and parameters), S3 (constants in plan JSON), E4 (huge plans), E5 (deep expressions), H16.
CREATE EXTENSION IF NOT EXISTS pg_steward;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET client_min_messages = warning;
CREATE TABLE slow_items (id int PRIMARY KEY, name text, price numeric);
INSERT INTO slow_items SELECT g, 'item' || g, g FROM generate_series(1, 1000) g;
ANALYZE slow_items;
-- 1: every statement is slow; the sessions of this test switch it on for single statements
SET pg_steward.slow_min_duration = -1;
-- no instrumented run is timed by chance
SET pg_steward.sample_rate = 0;
-- plans are explained at a limited rate, which other tests may have used up
DO $$ BEGIN PERFORM pg_sleep(2); END $$;
SELECT 1 FROM steward.reset();

-- the first slow run is kept with the planned rows, the second one with the actual ones, the third without again
SET pg_steward.slow_min_duration = 0;
SELECT count(*) FROM slow_items WHERE name = 'SENTINEL-1' AND price < 987654321 AND id BETWEEN 10 AND 20;
SELECT count(*) FROM slow_items WHERE name = 'SENTINEL-1' AND price < 987654321 AND id BETWEEN 10 AND 20;
SELECT count(*) FROM slow_items WHERE name = 'SENTINEL-1' AND price < 987654321 AND id BETWEEN 10 AND 20;
SET pg_steward.slow_min_duration = -1;
SELECT state, toplevel, rows, sqlstate, instrumented, plan_time > 0 AS planned, exec_time > 0 AS timed,
       query_start BETWEEN now() - interval '1 min' AND clock_timestamp() AS started, datname = current_database() AS here,
       usename = current_user AS mine, pid = pg_backend_pid() AS my_pid, application_name, client_addr, parameters,
       plan #>> '{0,Plan,Node Type}' AS top, (plan #>> '{0,Plan,Actual Rows}')::numeric::int AS actual,
       plan #> '{0,Plan,Actual Startup Time}' AS no_timing, query
FROM steward.slow_queries WHERE query LIKE '%slow_items WHERE%' ORDER BY id;
-- the condition is there, the constants are not
SELECT DISTINCT jsonb_path_query(plan::jsonb, '$.**."Filter"') AS filter,
                jsonb_path_query(plan::jsonb, '$.**."Index Cond"') AS index_condition
FROM steward.slow_queries WHERE query LIKE '%slow_items WHERE%' AND instrumented;
SELECT count(*) AS rows, count(*) FILTER (WHERE line ~ 'SENTINEL|987654321') AS leaks
FROM (SELECT p::text FROM steward.slow_queries p WHERE query LIKE '%slow_items WHERE%'
      UNION ALL SELECT p::text FROM steward.plans p UNION ALL SELECT p::text FROM steward.predicates p) AS all_rows (line);
-- the plan's own row has actual rows as well, and counts the slow runs
SELECT calls, total_exec_time > 0 AS timed, relid::regclass[], indexes_used::regclass[], instrumented,
       plan #>> '{0,Plan,Node Type}' AS top, first_seen <= last_seen AS ordered
FROM steward.plans WHERE 'slow_items'::regclass = ANY (relid) AND calls > 1;
-- measured selectivity: of the whole scan for the columns fetched, of a condition when it is the only one
SELECT attname, role, actual_selectivity, executions FROM steward.predicates
WHERE relid = 'slow_items'::regclass ORDER BY attname, role, predicate_no;
SELECT 1 FROM steward.reset();
SET pg_steward.slow_min_duration = 0;
SELECT count(*) FROM slow_items WHERE price <= 250;
SELECT count(*) FROM slow_items WHERE price <= 250;
SET pg_steward.slow_min_duration = -1;
SELECT attname, role, round(estimated_selectivity::numeric, 2) AS estimated, actual_selectivity, executions
FROM steward.predicates WHERE relid = 'slow_items'::regclass ORDER BY role, predicate_no;

-- a short statement is never instrumented
SELECT 1 FROM steward.reset();
SET pg_steward.slow_min_duration = '1h';
SELECT count(*) FROM slow_items WHERE price <= 251;
SELECT count(*) FROM slow_items WHERE price <= 251;
SET pg_steward.slow_min_duration = -1;
SELECT calls, instrumented FROM steward.plans WHERE 'slow_items'::regclass = ANY (relid);
SELECT count(*) FROM steward.slow_queries;

-- per-node timing only where asked for
DO $$ BEGIN PERFORM pg_sleep(2); END $$;  -- as above
SET pg_steward.track_timing = on;
SET pg_steward.slow_min_duration = 0;
SELECT max(price) FROM slow_items;
SELECT max(price) FROM slow_items;
SET pg_steward.slow_min_duration = -1;
RESET pg_steward.track_timing;
SELECT (plan #>> '{0,Plan,Actual Total Time}')::float8 >= 0 AS timed FROM steward.slow_queries
WHERE instrumented AND query LIKE '%max(price)%';

-- failed and cancelled statements
SELECT 1 FROM steward.reset();
SET pg_steward.slow_min_duration = '300ms';
SELECT pg_sleep(0.3), 1 / (id - 1) FROM slow_items WHERE id = 1;
SET statement_timeout = '500ms';
SELECT pg_sleep(10) FROM slow_items WHERE id = 2;
RESET statement_timeout;
SELECT 1 / (id - 1) FROM slow_items WHERE id = 1;  -- fails quickly
SET pg_steward.slow_min_duration = -1;
SELECT state, sqlstate, exec_time >= 300 AS slow, planid IS NOT NULL AS has_plan, plan IS NULL AS no_json, query
FROM steward.slow_queries ORDER BY id;

-- the trace of a comment, each statement's own; of a failed one as well
SELECT 1 FROM steward.reset();
CREATE FUNCTION slow_inner() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) AS in_function FROM slow_items); END';
PREPARE traced AS SELECT count(*) AS executed FROM slow_items /*traceparent='00-99999999999999999999999999999999-c532cb4098ac3dd2-01'*/;
SET pg_steward.slow_min_duration = 0;
SELECT count(*) AS at_end FROM slow_items /*action='x',traceparent='00-11111111111111111111111111111111-c532cb4098ac3dd2-01'*/;
/*traceparent='00-22222222222222222222222222222222-c532cb4098ac3dd2-01'*/ SELECT count(*) AS at_start FROM slow_items;
SELECT count(*) AS first_of_two FROM slow_items /*traceparent='00-33333333333333333333333333333333-c532cb4098ac3dd2-01'*/ \; SELECT count(*) AS second_of_two FROM slow_items /*traceparent=%2700-44444444444444444444444444444444-c532cb4098ac3dd2-01%27*/;
SELECT count(*) AS malformed FROM slow_items /*traceparent='00-5555-c532cb4098ac3dd2-01'*/;
EXECUTE traced /*traceparent='00-66666666666666666666666666666666-c532cb4098ac3dd2-01'*/;
SELECT 1 / (id - 1) AS failing FROM slow_items WHERE id = 1 /*traceparent='00-77777777777777777777777777777777-c532cb4098ac3dd2-01'*/;
CREATE TABLE slow_utility AS SELECT 1 AS utility /*traceparent='00-88888888888888888888888888888888-c532cb4098ac3dd2-01'*/;
SET pg_steward.track = 'all';
SELECT slow_inner() /*traceparent='00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-c532cb4098ac3dd2-01'*/;
RESET pg_steward.track;
SET pg_steward.slow_min_duration = -1;
SELECT trace_id, state, toplevel FROM steward.slow_queries WHERE query NOT LIKE '%SET%' ORDER BY id;
-- a megabyte of comment is not looked through (E9)
SELECT 1 FROM steward.reset();
\set ECHO none
SET pg_steward.slow_min_duration = 0;
SELECT format('SELECT count(*) AS long_comment FROM slow_items /*traceparent=''00-%s-c532cb4098ac3dd2-01''%s*/', repeat('b', 32), repeat(' ', 1000000)) \gexec
SET pg_steward.slow_min_duration = -1;
\set ECHO all
SELECT trace_id, state FROM steward.slow_queries WHERE query LIKE '%FROM slow_items%' AND query NOT LIKE '%format%';
DROP TABLE slow_utility;
DROP FUNCTION slow_inner();

-- utility statements have no plan
SELECT 1 FROM steward.reset();
SET pg_steward.slow_min_duration = 0;
CREATE TABLE slow_copy AS SELECT * FROM slow_items;
DROP TABLE no_such_table;
SET pg_steward.slow_min_duration = -1;
DROP TABLE slow_copy;
SELECT state, sqlstate, rows, planid, plan, query FROM steward.slow_queries WHERE query NOT LIKE 'SET%' ORDER BY id;

-- nested statements, with track = all
SELECT 1 FROM steward.reset();
SET pg_steward.track = 'all';
SET pg_steward.slow_min_duration = 0;
DO $$ BEGIN PERFORM count(*) FROM slow_items WHERE name > 'x'; END $$;
SET pg_steward.slow_min_duration = -1;
RESET pg_steward.track;
SELECT state, toplevel, plan #>> '{0,Plan,Node Type}' AS top, query FROM steward.slow_queries
WHERE query LIKE '%count(*) FROM slow_items%' AND NOT toplevel;

-- parameters and constants only by a superuser's choice
SELECT 1 FROM steward.reset();
SET pg_steward.capture_parameters = on;
SET pg_steward.slow_min_duration = 0;
PREPARE by_name(text) AS SELECT count(*) FROM slow_items WHERE name = $1 OR name = 'SENTINEL-2';
EXECUTE by_name('SENTINEL-3');
SET pg_steward.slow_min_duration = -1;
RESET pg_steward.capture_parameters;
SELECT parameters, plan::text LIKE '%SENTINEL-2%' AS in_plan FROM steward.slow_queries WHERE query LIKE '%slow_items%';
SELECT 1 FROM steward.reset();

-- EXPLAIN itself leaves neither plans nor slow rows of what it explains
SET pg_steward.slow_min_duration = 0;
SET pg_steward.track = 'all';
EXPLAIN (COSTS OFF) SELECT * FROM slow_items WHERE price = 252;
RESET pg_steward.track;
SET pg_steward.slow_min_duration = -1;
SELECT count(*) FROM steward.plans WHERE 'slow_items'::regclass = ANY (relid);

-- cursors, writes and CTEs; the plan of a write names the table
SELECT 1 FROM steward.reset();
SET pg_steward.track = 'all';
SET pg_steward.slow_min_duration = 0;
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT id FROM slow_items WHERE price > 5 ORDER BY name LOOP EXIT; END LOOP;
END $$;
WITH moved AS (UPDATE slow_items SET price = price + 1 WHERE id = 3 RETURNING id) SELECT count(*) FROM moved;
SET pg_steward.slow_min_duration = -1;
RESET pg_steward.track;
SELECT rows, plan #>> '{0,Plan,Node Type}' AS top, query FROM steward.slow_queries WHERE plan IS NOT NULL ORDER BY id;

-- a plan too large to keep becomes an outline of at most 64 kB: still valid, without a constant
SELECT 1 FROM steward.reset();
\set ECHO none
SET pg_steward.slow_min_duration = 0;
SELECT format('SELECT count(*) FROM slow_items WHERE name IN (%s)', string_agg(quote_literal('SENTINEL' || g), ',') )
FROM generate_series(1, 20000) g \gexec
SELECT format('SELECT count(*) FROM (%s) u', string_agg(format('SELECT id FROM slow_items WHERE price = %s', g), ' UNION ALL '))
FROM generate_series(1, 1500) g \gexec
\set ECHO all
SET pg_steward.slow_min_duration = -1;
SELECT jsonb_path_query_first(plan::jsonb, '$.**."Relation Name"') AS relation,
       jsonb_path_query_first(plan::jsonb, '$.**."Filter"') AS filter,
       plan #> '{0,Plan,Truncated}' AS truncated, length(plan::text) <= 65536 AS small_enough
FROM steward.slow_queries WHERE query LIKE '%slow_items%' AND query NOT LIKE '%format%' ORDER BY id;

-- a deep expression
SELECT 1 FROM steward.reset();
\set ECHO none
SET pg_steward.slow_min_duration = 0;
SELECT format('SELECT count(*) FROM slow_items WHERE price + 1 = %s', string_agg('id', ' + ')) FROM generate_series(1, 1500)
\gexec
SET pg_steward.slow_min_duration = -1;
\set ECHO all
SELECT attname, role, kind FROM steward.predicates WHERE role = 'filter' ORDER BY attname, kind;

-- so does one with so many joins that EXPLAIN would take longer than the statement (E4)
SELECT 'SELECT count(*) FROM slow_items j0' || string_agg(format(' JOIN slow_items j%s USING (id)', g), '' ORDER BY g) AS joins
  FROM generate_series(1, 70) g \gset
SELECT 1 FROM steward.reset();
SET join_collapse_limit = 1;
SET enable_seqscan = off;
SET pg_steward.slow_min_duration = 0;
:joins;
SET pg_steward.slow_min_duration = -1;
RESET enable_seqscan;
RESET join_collapse_limit;
SELECT plan #>> '{0,Plan,Node Type}' AS top, plan::text LIKE '%slow_items%' AS names, plan::text LIKE '%"Alias"%' AS explained
FROM steward.plans;

-- what EXPLAIN cannot print (a type whose output function fails) is no error of the statement: the outline stays (E10)
CREATE TYPE broken;
CREATE FUNCTION broken_in(cstring) RETURNS broken LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION broken_out(broken) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'enum_out';
CREATE TYPE broken (INPUT = broken_in, OUTPUT = broken_out, LIKE = int4);
CREATE FUNCTION broken_eq(broken, broken) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
CREATE OPERATOR = (LEFTARG = broken, RIGHTARG = broken, FUNCTION = broken_eq);
CREATE TABLE broken_items (b broken);
INSERT INTO broken_items VALUES ('1'), (NULL);
EXPLAIN SELECT count(*) FROM broken_items WHERE COALESCE(b, '5'::broken) = '5'::broken;
SELECT 1 FROM steward.reset();
SET pg_steward.slow_min_duration = 0;
SELECT count(*) FROM broken_items WHERE COALESCE(b, '5'::broken) = '5'::broken;
SET pg_steward.slow_min_duration = -1;
SELECT relid::regclass[], (SELECT count(*) FROM steward.predicates p WHERE p.planid = plans.planid) AS predicates,
       plan #>> '{0,Plan,Plans,0,Node Type}' AS scan, plan::text LIKE '%Filter%' AS expressions
FROM steward.plans WHERE 'broken_items'::regclass = ANY (relid);
SET client_min_messages = error;
DROP TABLE broken_items;
DROP TYPE broken CASCADE;
RESET client_min_messages;

-- EXPLAIN's JSON of a MERGE into several tables is invalid on 15; what is kept never is
CREATE TABLE slow_parts (id int, v int) PARTITION BY LIST (id);
CREATE TABLE slow_parts_1 PARTITION OF slow_parts FOR VALUES IN (1);
CREATE TABLE slow_parts_2 PARTITION OF slow_parts FOR VALUES IN (2);
INSERT INTO slow_parts VALUES (1, 1), (2, 2);
SELECT 1 FROM steward.reset();
SET pg_steward.slow_min_duration = 0;
MERGE INTO slow_parts t USING slow_items s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 0;
MERGE INTO slow_parts t USING slow_items s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 0;
SET pg_steward.slow_min_duration = -1;
SELECT instrumented, plan #>> '{0,Plan,Node Type}' AS top, (plan #>> '{0,Plan,Plans,0,Actual Rows}')::numeric::int AS actual
FROM steward.slow_queries WHERE query LIKE 'MERGE%' ORDER BY id;
DROP TABLE slow_parts;

-- off switches
SELECT 1 FROM steward.reset();
SET pg_steward.track_plans = off;
SET pg_steward.slow_min_duration = 0;
SELECT count(*) FROM slow_items WHERE price = 253;
SELECT count(*) FROM slow_items WHERE price = 253;
SET pg_steward.slow_min_duration = -1;
RESET pg_steward.track_plans;
SELECT instrumented, plan IS NULL AS no_plan FROM steward.slow_queries WHERE query LIKE '%slow_items%' ORDER BY id;

-- of others only times and counters (S2)
SELECT 1 FROM steward.reset();
CREATE ROLE slow_reader;
GRANT USAGE ON SCHEMA steward TO slow_reader;
GRANT SELECT ON steward.slow_queries, steward.plans TO slow_reader;
GRANT EXECUTE ON FUNCTION steward.captured_slow_queries(), steward.captured_plans() TO slow_reader;
SET pg_steward.slow_min_duration = 0;
SELECT count(*) FROM slow_items WHERE price = 254;
SET pg_steward.slow_min_duration = -1;
SET ROLE slow_reader;
SELECT state, usename IS NOT NULL AS usename, pid, application_name, queryid, planid, exec_time > 0 AS timed, parameters,
       plan, query
FROM steward.slow_queries ORDER BY id LIMIT 1;
SELECT count(*) FROM steward.plans;
RESET ROLE;
GRANT pg_read_all_stats TO slow_reader;
SET ROLE slow_reader;
SELECT query, plan IS NOT NULL AS plan FROM steward.slow_queries WHERE query LIKE '%slow_items%';
RESET ROLE;
DROP OWNED BY slow_reader;
DROP ROLE slow_reader;
DROP TABLE slow_items;
