-- steward.whatif told the sizes of candidates: they count instead of estimates, and nothing is sampled for them.
CREATE EXTENSION pg_steward;
CREATE SCHEMA app;
CREATE TABLE app.events (id int, kind int, day date, one int, two int);
INSERT INTO app.events
SELECT g, h % 300, date '2026-01-01' + h % 365, h % 2000, h % 2000
FROM generate_series(1, 28000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
CREATE TABLE app.log (at date, n int) PARTITION BY RANGE (at);
CREATE TABLE app.log1 PARTITION OF app.log FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');
CREATE TABLE app.log2 PARTITION OF app.log FOR VALUES FROM ('2026-01-02') TO ('2026-02-01');
INSERT INTO app.log SELECT date '2026-01-01' + g % 31, g FROM generate_series(1, 31000) g;
VACUUM ANALYZE app.events, app.log;
SET max_parallel_workers_per_gather = 0;
SET pg_steward.capture_parameters = on;
SELECT count(*) AS of_kind FROM app.events WHERE kind = 17;
SELECT count(*) AS of_one FROM app.events WHERE one = 17 AND two = 17;
SELECT count(*) AS of_log FROM app.log WHERE n BETWEEN 100 AND 400;
RESET pg_steward.capture_parameters;
CREATE VIEW captured AS
SELECT l.label, s.userid, s.queryid FROM steward.statements s
JOIN unnest('{of_kind,of_one,of_log}'::text[]) l(label) ON s.query LIKE '%AS ' || l.label || ' FROM%'
  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
CREATE FUNCTION ask(label_ text, candidate text, pages bigint[] DEFAULT NULL, heights int[] DEFAULT NULL)
RETURNS TABLE (cost numeric, used int[], error text) LANGUAGE sql AS $$
SELECT round(w.total_cost::numeric, 2), w.candidates_used, w.error FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid],
  ARRAY[candidate], '{1}', '{1}', candidate_pages => pages, candidate_heights => heights) w
WHERE c.label = label_ $$;

-- The estimate given back is the estimate; either may be left to it.
SELECT candidate, pages, tree_height FROM steward.whatif_index_size('{"CREATE INDEX ON app.events (kind)"}');
SELECT n, g.cost = e.cost AS as_estimated
FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)') e,
     (VALUES (1, '{26}'::bigint[], '{1}'::int[]), (2, '{26}', '{NULL}'), (3, '{26}', NULL), (4, '{NULL}', '{1}'), (5, NULL, '{1}'),
             (6, '{NULL}', '{NULL}')) t(n, pages, heights),
     ask('of_kind', 'CREATE INDEX ON app.events (kind)', pages, heights) g ORDER BY n;
-- A level of the tree costs 50 cpu_operator_cost, an unknown height nothing; pages cost by the share that is read.
SELECT l.cost - f.cost AS three_levels, f.cost - u.cost AS no_height, p.cost - l.cost AS thousand_pages
FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{26}', '{1}') f,
     ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{26}', '{4}') l,
     ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{26}', '{-1}') u,
     ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{1027}', '{4}') p;

-- No block of the table is read for a candidate whose size is known.
CREATE FUNCTION blocks_read(label text, pages bigint[], heights int[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE before bigint;
BEGIN
  before := pg_stat_get_xact_blocks_fetched('app.events'::regclass);
  PERFORM ask(label, 'CREATE INDEX ON app.events (one, two)', pages, heights);
  RETURN pg_stat_get_xact_blocks_fetched('app.events'::regclass) - before;
END $$;
SELECT blocks_read('of_one', '{50}', '{1}') AS known, blocks_read('of_one', NULL, NULL) > 100 AS estimated;

-- Partitions get their share of the pages: a scan of each costs the same per row.
SELECT g.cost - f.cost > 4 AS counts, g.used FROM ask('of_log', 'CREATE INDEX ON app.log (n)', '{93}', '{1}') f,
  ask('of_log', 'CREATE INDEX ON app.log (n)', '{310}', '{1}') g;
SELECT round(w.total_cost) = round(p.total_cost) AS by_rows
FROM captured c,
  steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], '{"CREATE INDEX ON app.log (n)"}', '{1}', '{1}',
    candidate_pages => '{310}', candidate_heights => '{1}') w,
  steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], '{"CREATE INDEX ON app.log1 (n)", "CREATE INDEX ON app.log2 (n)"}', '{1}', '{1 2}',
    candidate_pages => '{10,300}', candidate_heights => '{1,1}') p
WHERE c.label = 'of_log';

-- Mistakes.
SELECT * FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{1,2}');
SELECT * FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', NULL, '{}');
SELECT * FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{0}');
SELECT * FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{1}', '{-2}');
SELECT * FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{1}', '{2147483647}');
SELECT * FROM ask('of_kind', 'CREATE INDEX ON app.events (kind)', '{{1}}');
DROP SCHEMA app CASCADE;
