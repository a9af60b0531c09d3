-- Hypothetical indexes of every kind: predicted against built, size and cost of a plan that uses the index.
CREATE EXTENSION pg_steward;
CREATE EXTENSION pg_trgm;
CREATE SCHEMA app;
CREATE TABLE app.things AS
SELECT g AS id, h % 1000 AS kind, timestamp '2026-01-01' + g * interval '1 minute' AS at,
  ARRAY[h % 50, h % 500, h % 5000] AS numbers,
  jsonb_build_object('type', 't' || h % 20, 'user', h % 3000, 'own', md5(g::text)) AS doc,
  'customer ' || md5((h % 5000)::text) AS name,
  (SELECT to_tsvector('simple', string_agg('w' || abs(hashint4(g * 13 + i)) % (100 * i), ' ')) FROM generate_series(1, 12) i) AS words,
  point(h % 1000, h / 1000 % 1000) AS place, int4range(h % 100000, h % 100000 + 1 + h % 100) AS span
FROM generate_series(1, 40000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
VACUUM ANALYZE app.things;
SET max_parallel_workers_per_gather = 0;

CREATE TABLE trial (label text, candidate text, text text);
INSERT INTO trial VALUES
  ('hash', 'USING hash (id)', 'SELECT kind AS hash FROM app.things WHERE id = 17'),
  ('hash_few', 'USING hash (kind)', 'SELECT id AS hash_few FROM app.things WHERE kind = 17'),
  ('brin', 'USING brin (at)', 'SELECT count(*) AS brin FROM app.things WHERE at < ''2026-01-02'''),
  ('brin_narrow', 'USING brin (at) WITH (pages_per_range = 4)', 'SELECT max(id) AS brin_narrow FROM app.things WHERE at < ''2026-01-02'''),
  ('brin_single', 'USING brin (at, id) WITH (pages_per_range = 1)', 'SELECT count(*) AS brin_single FROM app.things WHERE id BETWEEN 10 AND 40'),
  ('brin_bloom', 'USING brin (id int4_bloom_ops) WITH (pages_per_range = 16)', 'SELECT at AS brin_bloom FROM app.things WHERE id = 17'),
  ('gin_array', 'USING gin (numbers)', 'SELECT id AS gin_array FROM app.things WHERE numbers @> ''{4999}'''),
  ('gin_doc', 'USING gin (doc jsonb_path_ops)', 'SELECT id AS gin_doc FROM app.things WHERE doc @> ''{"user": 17}'''),
  ('gin_keys', 'USING gin (doc)', 'SELECT kind AS gin_keys FROM app.things WHERE doc @> ''{"user": 17}'''),
  ('gin_words', 'USING gin (words)', 'SELECT id AS gin_words FROM app.things WHERE words @@ ''w1111'''),
  ('gin_like', 'USING gin (name public.gin_trgm_ops)', 'SELECT id AS gin_like FROM app.things WHERE name LIKE ''%abcde%'''),
  ('gin_some', 'USING gin (numbers) WHERE kind < 100', 'SELECT id AS gin_some FROM app.things WHERE numbers @> ''{4999}'' AND kind < 100'),
  ('gist_place', 'USING gist (place)', 'SELECT id AS gist_place FROM app.things WHERE place <@ box ''(10,10),(20,20)'''),
  ('gist_near', 'USING gist (place)', 'SELECT id AS gist_near FROM app.things ORDER BY place <-> point ''(5,5)'' LIMIT 5'),
  ('gist_span', 'USING gist (span)', 'SELECT id AS gist_span FROM app.things WHERE span @> 100'),
  ('gist_cover', 'USING gist (span) INCLUDE (id)', 'SELECT id AS gist_cover FROM app.things WHERE span @> 200 AND id > 0'),
  ('gist_like', 'USING gist (name public.gist_trgm_ops(siglen=32))', 'SELECT kind AS gist_like FROM app.things WHERE name LIKE ''%abcde%''');
SET pg_steward.track = 'all';
SET pg_steward.capture_parameters = on;
DO $$ DECLARE t trial; BEGIN FOR t IN SELECT * FROM trial LOOP EXECUTE t.text || ' /* ' || t.label || ' */'; END LOOP; END $$;
RESET pg_steward.capture_parameters;
CREATE VIEW captured AS
SELECT t.*, s.userid, s.queryid FROM trial t
JOIN steward.statements s ON s.query LIKE '%/* ' || t.label || ' */%' AND NOT s.toplevel
  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
CREATE FUNCTION built(candidate text, text text, OUT pages bigint, OUT cost float8, OUT used boolean) LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'CREATE INDEX built_index ON app.things ' || candidate;
  pages := pg_relation_size('app.built_index') / 8192;
  EXECUTE 'EXPLAIN (FORMAT json) ' || text INTO plan;
  cost := plan->0->'Plan'->>'Total Cost';
  used := plan::text LIKE '%built_index%';
  DROP INDEX app.built_index;
END $$;
SELECT c.label, abs(s.pages::numeric / b.pages - 1) < 0.3 AS size_agrees, s.tree_height, w.candidates_used = '{1}' AS used,
  b.used AS built_used, abs(w.total_cost / b.cost - 1) < 0.02 AS cost_agrees, w.error
FROM captured c,
  LATERAL built(c.candidate, c.text) b,
  LATERAL steward.whatif_index_size(ARRAY['CREATE INDEX ON app.things ' || c.candidate]) s,
  LATERAL steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], ARRAY['CREATE INDEX ON app.things ' || c.candidate], '{1}', '{1}') w
ORDER BY c.label;
-- Told the pages of the built index, the cost is the same, but for the number of keys in a GIN index, which later versions
-- take a logarithm of.
SELECT c.label, abs(w.total_cost - b.cost) <= 0.0051 + CASE WHEN c.label LIKE 'gin%' THEN 0.002 * b.cost ELSE 0 END AS cost_agrees
FROM captured c,
  LATERAL built(c.candidate, c.text) b,
  LATERAL steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], ARRAY['CREATE INDEX ON app.things ' || c.candidate], '{1}', '{1}',
    candidate_pages => ARRAY[b.pages]) w
ORDER BY c.label;

-- What the access methods refuse.
SELECT candidate, sqlstate, error FROM steward.whatif_index_size(ARRAY[
  'CREATE INDEX ON app.things USING hash (id, kind)',
  'CREATE UNIQUE INDEX ON app.things USING hash (id)',
  'CREATE INDEX ON app.things USING gin (id)',
  'CREATE INDEX ON app.things USING brin (id) INCLUDE (kind)',
  'CREATE INDEX ON app.things USING gist (name public.gist_trgm_ops(siglen=0))',
  'CREATE INDEX ON app.things USING gist (name public.gist_trgm_ops(other=1))',
  'CREATE INDEX ON app.things (name text_pattern_ops(siglen=1))']);
-- What an expression raises is told without the value.
SELECT sqlstate, error FROM steward.whatif_index_size('{"CREATE INDEX ON app.things USING gin ((ARRAY[name::int]))"}');
-- An expression that is a cast, from whose type the column would be named: what-if pins it.
SELECT candidate, pages > 0 AS sized, error FROM steward.whatif_index_size(ARRAY[
  'CREATE INDEX ON app.things (((id * kind)::text))',
  'CREATE INDEX ON app.things ((CASE WHEN id > 5 THEN 1 ELSE (id * kind)::bigint END))',
  'CREATE INDEX ON app.things (((name || ''x''::text)::varchar COLLATE "C"))', 'CREATE INDEX ON app.things ((id * kind))']);
-- An empty table.
CREATE TABLE app.empty (LIKE app.things);
SELECT candidate, pages > 0 AS sized, error FROM steward.whatif_index_size(ARRAY[
  'CREATE INDEX ON app.empty USING hash (id)', 'CREATE INDEX ON app.empty USING brin (id)',
  'CREATE INDEX ON app.empty USING gin (numbers)', 'CREATE INDEX ON app.empty USING gist (place)']);
-- Without the right to read what an expression reads nothing is sampled: one size for all.
CREATE ROLE regress_sizer;
GRANT USAGE ON SCHEMA steward TO regress_sizer;
GRANT EXECUTE ON FUNCTION steward.whatif_index_size(text[]) TO regress_sizer;
SET ROLE regress_sizer;
SELECT a.pages = b.pages AS blind
FROM steward.whatif_index_size('{"CREATE INDEX ON app.things USING gin ((ARRAY[kind > 0]))"}') a,
     steward.whatif_index_size('{"CREATE INDEX ON app.things USING gin ((ARRAY[id]))"}') b;
RESET ROLE;
GRANT USAGE ON SCHEMA app TO regress_sizer;
GRANT SELECT (id, kind) ON app.things TO regress_sizer;
SET ROLE regress_sizer;
SELECT a.pages = b.pages AS blind
FROM steward.whatif_index_size('{"CREATE INDEX ON app.things USING gin ((ARRAY[kind > 0]))"}') a,
     steward.whatif_index_size('{"CREATE INDEX ON app.things USING gin ((ARRAY[id]))"}') b;
RESET ROLE;
DROP SCHEMA app CASCADE;
DROP OWNED BY regress_sizer;
DROP ROLE regress_sizer;
