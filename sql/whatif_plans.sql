-- steward.whatif with plans: EXPLAIN's words without values, hypothetical indexes by number, workers, who may see it.
CREATE EXTENSION pg_steward;
CREATE SCHEMA app;
CREATE TABLE app.events (id int PRIMARY KEY, kind int, name text, secret text);
INSERT INTO app.events SELECT g, g % 300, 'customer ' || g % 20000, 'classified ' || g % 50 FROM generate_series(1, 20000) g;
CREATE TABLE app.parts (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE app.parts_old PARTITION OF app.parts FOR VALUES FROM ('2026-01-01') TO ('2026-06-01');
CREATE TABLE app.parts_new PARTITION OF app.parts FOR VALUES FROM ('2026-06-01') TO ('2027-01-01');
INSERT INTO app.parts SELECT g, date '2026-01-01' + g % 360 FROM generate_series(1, 5000) g;
VACUUM ANALYZE app.events;
VACUUM ANALYZE app.parts;
SET max_parallel_workers_per_gather = 0;
SET pg_steward.capture_parameters = on;
SELECT count(*) FROM app.events WHERE kind = 17 AND secret = 'classified 17' /* both */;
SELECT count(*) FROM app.events WHERE name LIKE 'customer 1234%' /* prefix */;
SELECT count(*) FROM app.parts WHERE day = '2026-07-07' /* pruned */;
BEGIN;
UPDATE app.events SET secret = 'top secret' WHERE kind = 18 /* changed */;
ROLLBACK;
RESET pg_steward.capture_parameters;

CREATE VIEW captured AS
SELECT substring(query FROM '/\* (\w+) \*/') AS label, userid, queryid FROM steward.statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query ~ '/\* (both|prefix|pruned|changed|huge) \*/$';
CREATE FUNCTION shown(label_ text, candidate text DEFAULT NULL) RETURNS TABLE (line text) LANGUAGE sql AS $$
SELECT coalesce(w.error, concat_ws(' ', l.node ->> 'Node Type', l.node ->> 'Relation Name', l.node ->> 'Index Name', l.node ->> 'Index Cond', l.node ->> 'Filter'))
FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], ARRAY[candidate]::text[], '{1}',
       ARRAY[CASE WHEN candidate IS NULL THEN '' ELSE '1' END], plans => true) w
     LEFT JOIN LATERAL (WITH RECURSIVE nodes AS (
         SELECT w.plan -> 0 -> 'Plan' AS node UNION ALL
         SELECT child FROM nodes, json_array_elements(node -> 'Plans') child)
       SELECT node FROM nodes) l ON true
WHERE c.label = label_ $$;

-- Parameters are $n, and are estimated with their values all the same.
\set no_candidate 'CREATE INDEX ON app.parts (id)'
SELECT * FROM shown('both', :'no_candidate');
SELECT * FROM shown('both', 'CREATE INDEX ON app.events (kind, secret)');
SELECT * FROM shown('changed', 'CREATE INDEX ON app.events (kind)');
-- Where the plan is another one without values it is shown, and they are question marks.
SELECT * FROM shown('prefix', 'CREATE INDEX ON app.events (name text_pattern_ops)');
SELECT * FROM shown('pruned', :'no_candidate');
-- No value in any of it.
SELECT c.label, w.plan::text ~ 'classified|top secret|1234|2026' AS leaks, w.plan -> 0 -> 'Plan' -> 'Total Cost' IS NOT NULL AS costs
FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], '{}', '{1}', '{""}', plans => true) w ORDER BY label COLLATE "C";
SELECT count(w.plan) AS not_asked_for FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], '{}', '{1}', '{""}') w;

-- Nothing was run, and nothing of it was captured.
SELECT count(*) FROM app.events WHERE secret = 'top secret';
SELECT calls FROM steward.statements s JOIN captured c USING (userid, queryid) WHERE c.label = 'changed';

-- How many workers.
SET max_parallel_workers_per_gather = 3;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
ALTER TABLE app.events SET (parallel_workers = 3);
SELECT c.label, w.workers FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid],
    '{"CREATE INDEX ON app.events (kind, secret)"}', '{1,1}', '{"",1}') w WHERE label = 'both' ORDER BY request;
RESET max_parallel_workers_per_gather;

-- Who may not see the text sees the cost and no plan.
CREATE ROLE regress_steward_plans;
GRANT USAGE ON SCHEMA steward TO regress_steward_plans;
GRANT EXECUTE ON FUNCTION steward.whatif TO regress_steward_plans;
SELECT userid, queryid FROM captured WHERE label = 'both' \gset
SET ROLE regress_steward_plans;
SELECT total_cost > 0 AS costed, plan FROM steward.whatif(ARRAY[:userid]::oid[], ARRAY[:queryid]::bigint[], '{}', '{1}', '{""}', plans => true);
RESET ROLE;
GRANT pg_read_all_stats TO regress_steward_plans;
SET ROLE regress_steward_plans;
SELECT total_cost > 0 AS costed, plan IS NOT NULL AS shown FROM steward.whatif(ARRAY[:userid]::oid[], ARRAY[:queryid]::bigint[], '{}', '{1}', '{""}', plans => true);
RESET ROLE;
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{}', '{}', plans => NULL);

-- An index name after that is the server's own again.
CREATE INDEX events_kind ON app.events (kind);
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT count(*) FROM app.events WHERE kind = 3;
DROP OWNED BY regress_steward_plans;
DROP ROLE regress_steward_plans;
