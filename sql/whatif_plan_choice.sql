-- steward.plan_choice: the generic plan against custom plans, for values that show skew; and who may see these values.
CREATE EXTENSION pg_steward;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE skewed (id int PRIMARY KEY, kind int, note text);
INSERT INTO skewed SELECT g, CASE WHEN g % 10 > 0 THEN 1 ELSE g / 20 + 2 END, 'note ' || g FROM generate_series(1, 20000) g;
CREATE INDEX skewed_kind ON skewed (kind);
CREATE TABLE uniform (id int PRIMARY KEY, kind int, day int);
INSERT INTO uniform SELECT g, g % 400, g % 365 FROM generate_series(1, 20000) g;
CREATE INDEX uniform_kind ON uniform (kind);
CREATE INDEX uniform_day ON uniform (day);
CREATE TABLE parted (day int, kind int, amount int) PARTITION BY RANGE (day);
SELECT format('CREATE TABLE parted_%s PARTITION OF parted FOR VALUES FROM (%s) TO (%s)', n, 10 * n, 10 * n + 10) FROM generate_series(0, 7) n \gexec
INSERT INTO parted SELECT g % 80, CASE WHEN g % 5 > 0 THEN 1 ELSE g / 5 END, g FROM generate_series(1, 16000) g;
CREATE INDEX ON parted (kind);
VACUUM ANALYZE skewed;
VACUUM ANALYZE uniform;
VACUUM ANALYZE parted;

SELECT steward.reset() IS NOT NULL AS reset;
SELECT count(note) AS by_skew FROM skewed WHERE kind = 7;
SELECT count(day) AS by_uniform FROM uniform WHERE kind = 7;
SELECT count(kind) AS by_range FROM uniform WHERE day BETWEEN 100 AND 200;
SELECT sum(amount) AS by_part FROM parted WHERE day = 33;
SELECT sum(amount) AS by_part_and_kind FROM parted WHERE day = 33 AND kind = 7;
SELECT count(u.day) AS by_join FROM skewed s JOIN uniform u USING (id) WHERE s.kind = 7;
SELECT count(*) AS by_sides FROM skewed s JOIN uniform u ON u.day + 0 = s.id WHERE s.kind = 7 AND u.kind < 200;
SELECT count(*) AS by_tour FROM skewed s JOIN uniform u ON u.day + 0 = s.id JOIN uniform v ON v.id = u.day WHERE s.kind = 7 AND u.kind < 200;
SELECT count(*) AS of_all FROM uniform;
SELECT 1 AS of_nothing;
INSERT INTO uniform AS inserted VALUES (0, 1, 2);
CREATE TABLE documents (document jsonb);
INSERT INTO documents AS stored VALUES (jsonb_build_object('name', 'somebody'));
-- Fifty parameters.
SELECT 'SELECT count(*) AS of_fifty FROM uniform WHERE ' || string_agg(format('id <> %s', -g), ' AND ') FROM generate_series(1, 50) g \gexec

CREATE VIEW asked AS SELECT l.label, s.userid, s.queryid FROM steward.statements s
JOIN unnest('{by_skew,by_uniform,by_range,by_part,by_part_and_kind,by_join,by_sides,by_tour,of_all,of_nothing,inserted,stored,of_fifty}'::text[]) l(label)
  ON s.query ~ ('AS ' || l.label || '\M') AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
CREATE VIEW choices AS SELECT a.label, c.* FROM asked a, steward.plan_choice(ARRAY[a.userid], ARRAY[a.queryid]) c;

-- Skew: the generic plan is right for rare values and wrong for the common one.
SELECT value, kind, same_plan, generic_cost_here > 1.2 * custom_cost AS worse, custom_cost > 10 * generic_cost AS far_from_generic,
       frequency > 0.89 AS common, prunes, method IN ('statistics', 'shapes') AS drawn, parse_time > 0 AS parsed, plan_time > 0 AS planned,
       planning_charge
FROM choices WHERE label = 'by_skew' AND value <= 2 ORDER BY value;
-- As EXPLAIN says, of the generic plan and, with other plans forbidden, of that plan with the common value.
CREATE FUNCTION explained(text text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE plan json; BEGIN EXECUTE 'EXPLAIN (FORMAT json) ' || text INTO plan; RETURN (plan->0->'Plan'->>'Total Cost')::float8; END $$;
CREATE TABLE kept AS SELECT * FROM choices WHERE label IN ('by_skew', 'by_join') AND value = 1;
PREPARE by_skew (int) AS SELECT count(note) AS by_skew FROM skewed WHERE kind = $1;
PREPARE by_join (int) AS SELECT count(u.day) AS by_join FROM skewed s JOIN uniform u USING (id) WHERE s.kind = $1;
CREATE FUNCTION agrees(cost float8, label text) RETURNS boolean LANGUAGE sql AS $$ SELECT abs(cost - explained(format('EXECUTE %s (1)', label))) < 0.01 $$;
SET plan_cache_mode = force_generic_plan;
SELECT label, agrees(generic_cost, label) AS generic_agrees FROM kept ORDER BY 1;
SET plan_cache_mode = force_custom_plan;
SELECT label, agrees(custom_cost, label) AS custom_agrees FROM kept ORDER BY 1;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_memoize = off;
SELECT label, agrees(generic_cost_here, label) AS here_agrees FROM kept ORDER BY 1;
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_memoize;
RESET plan_cache_mode;
-- The planner is what it was.
EXPLAIN (COSTS OFF) SELECT count(note) FROM skewed WHERE kind = 1;
SELECT current_user, current_setting('search_path'), current_setting('enable_hashjoin');

-- No skew: one plan is good for all.
SELECT count(*), bool_and(same_plan) AS same_plan, max(custom_cost) < 1.5 * min(custom_cost) AS near, bool_and(generic_cost_here = custom_cost) AS here
FROM choices WHERE label = 'by_uniform';
SELECT kind, same_plan, frequency, generic_cost_here IS NOT NULL AS here, custom_cost > generic_cost AS dearer
FROM choices WHERE label = 'by_range' AND value <= 2 ORDER BY value;
-- A join: with the common value another way to join is better.
SELECT kind, same_plan, generic_cost_here > 1.2 * custom_cost AS worse FROM choices WHERE label = 'by_join' AND value <= 2 ORDER BY value;
-- The same kind of join the other way round: the generic plan hashes what it takes for few rows.
SELECT kind, same_plan, generic_cost_here > custom_cost AS worse, generic_cost_here < 1e6 AS a_cost FROM choices WHERE label = 'by_sides' AND value = 1;
-- A genetic search of the order of joins forgets between its tours.
ALTER ROLE CURRENT_USER SET geqo_threshold = 2;
SELECT count(*) > 1 AS several, bool_and(custom_cost > 0) AS costed FROM choices WHERE label IN ('by_sides', 'by_tour');
ALTER ROLE CURRENT_USER RESET geqo_threshold;

-- Partitions: the generic plan counts all of them and reads one.
SELECT bool_and(prunes) AS prunes, bool_and(same_plan) AS same_plan, bool_and(generic_cost > 4 * custom_cost) AS counts_all,
       bool_and(generic_cost_here = custom_cost) AS reads_one
FROM choices WHERE label = 'by_part';
SELECT kind, prunes, generic_cost_here >= custom_cost AS here, generic_cost_here < generic_cost / 2 AS reads_one
FROM choices WHERE label = 'by_part_and_kind' AND value <= 2 ORDER BY value;

-- Without parameters, or with many, or with such that make no difference.
SELECT value, kind, generic_cost = custom_cost AS equal, generic_cost_here = custom_cost AS here, same_plan, frequency, method FROM choices WHERE label = 'of_all';
SELECT count(*), bool_and(same_plan) AS same_plan FROM choices WHERE label = 'of_fifty';
SELECT value, kind, same_plan, custom_cost IS NOT NULL AS costed, method FROM choices WHERE label IN ('inserted', 'stored') ORDER BY label;

-- Several in one call, and what cannot be planned.
SELECT c.statement, c.value, c.kind, c.custom_cost > 0 AS costed, c.sqlstate, c.error
FROM (SELECT array_agg(userid ORDER BY label) us, array_agg(queryid ORDER BY label) qs FROM asked WHERE label IN ('of_all', 'of_nothing')) b,
     steward.plan_choice(us || 10::oid, qs || 1::bigint, 1) c ORDER BY 1, 2;
-- what a client can time as well
SELECT left(query, 25) AS query, value::regclass, parse_time > 0 AS parsed, plan_time > 0 AS planned FROM steward.planning_probes();
SELECT * FROM steward.plan_choice('{10}', '{1,2}');
SELECT * FROM steward.plan_choice('{10}', '{1}', 0);
SELECT * FROM steward.plan_choice('{10}', '{1}', 17);
SELECT * FROM steward.plan_choice_values(10, 1);

-- The values: those of the same call.
CREATE VIEW told AS SELECT a.label, v.* FROM asked a, steward.plan_choice_values(a.userid, a.queryid) v;
SELECT value, kind, "values" = '{1}' AS the_common_one FROM told WHERE label = 'by_skew' AND value <= 2 ORDER BY value;
SELECT kind, "values"[2]::int - "values"[1]::int > 300 AS wide FROM told WHERE label = 'by_range' AND value <= 2 ORDER BY value;
SELECT bool_and(c.kind = v.kind) AS alike, count(*) FROM asked a, steward.plan_choice(ARRAY[a.userid], ARRAY[a.queryid]) c,
       steward.plan_choice_values(a.userid, a.queryid) v WHERE label IN ('by_skew', 'by_range', 'of_fifty') AND c.value = v.value;
SELECT * FROM told WHERE label = 'of_all';

-- Costs are for who has the function; values for who may read the columns as well.
CREATE ROLE regress_chooser;
GRANT USAGE ON SCHEMA steward TO regress_chooser;
GRANT EXECUTE ON FUNCTION steward.plan_choice, steward.plan_choice_values TO regress_chooser;
CREATE TABLE given AS SELECT * FROM asked WHERE label = 'by_skew';
GRANT SELECT ON given TO regress_chooser;
SET ROLE regress_chooser;
SELECT c.kind, c.custom_cost > 0 AS costed, c.frequency, c.error FROM given g, steward.plan_choice(ARRAY[g.userid], ARRAY[g.queryid], 2) c ORDER BY c.value;
SELECT v.* FROM given g, steward.plan_choice_values(g.userid, g.queryid, 1) v;
RESET ROLE;
GRANT SELECT (kind) ON skewed TO regress_chooser;
SET ROLE regress_chooser;
SELECT v.* FROM given g, steward.plan_choice_values(g.userid, g.queryid, 1) v;
RESET ROLE;
-- Not where policies hide rows, and not what was captured.
ALTER TABLE skewed ENABLE ROW LEVEL SECURITY;
SET ROLE regress_chooser;
SELECT v.* FROM given g, steward.plan_choice_values(g.userid, g.queryid, 1) v;
RESET ROLE;
ALTER TABLE skewed DISABLE ROW LEVEL SECURITY;
SET pg_steward.capture_parameters = on;
SELECT count(note) AS by_skew FROM skewed WHERE kind = 7;
RESET pg_steward.capture_parameters;
SELECT kind, "values" FROM told WHERE label = 'by_skew' AND kind = 'sample';
SET ROLE regress_chooser;
SELECT v.* FROM given g, steward.plan_choice_values(g.userid, g.queryid, 1) v;
RESET ROLE;
DROP OWNED BY regress_chooser;
DROP ROLE regress_chooser;
