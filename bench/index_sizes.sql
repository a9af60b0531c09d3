-- Predicted against built, for bench/index_sizes.sh: generated data, indexes of every kind, a statement for each.
\set QUIET on
\pset footer off
SET client_min_messages = warning;
SELECT setseed(0.5) \g /dev/null
CREATE SCHEMA app;
CREATE TABLE app.events AS
SELECT g::bigint AS id, h % 10 AS k10, h % 100 AS k100, h % 1000 AS k1000, h % 20000 AS k20000,
  date '2024-01-01' + h % 730 AS day, timestamptz '2024-01-01 00:00+00' + g * interval '1 minute' AS at,
  'customer name ' || md5((h % 30000)::text) AS name, ('c' || h % 500)::char(8) AS code,
  substr(md5(h::text), 1, 4 + h % 20) || '@example.org' AS email, (h % 100000)::numeric(10, 2) AS amount, random() * 1000 AS weight,
  h % 4 = 0 AS flag, CASE WHEN h % 4 = 0 THEN h % 7000 END AS maybe, CASE WHEN h % 97 <> 0 THEN h % 3000 END AS mostly,
  md5(g::text)::uuid AS uid, h % 200 AS pair1, h % 200 + (h / 1000) % 3 AS pair2,
  (ARRAY['new', 'paid', 'packed', 'shipped', 'returned'])[1 + h % 5] AS state, repeat(md5((h % 5000)::text), 5) AS long,
  ('10.' || h % 250 || '.' || h / 250 % 250 || '.' || h / 100 % 250)::inet AS ip,
  ARRAY[h % 50, h % 500, h % 5000] AS numbers,
  jsonb_build_object('type', 't' || h % 20, 'user', h % 10000, 'own', md5(g::text)) AS doc,
  (SELECT to_tsvector('simple', string_agg('w' || (power(abs(hashint4(g * 13 + i)) % 1000 / 1000.0, 3) * 5000)::int, ' '))
     FROM generate_series(1, 12) i) AS words,
  point(h % 1000, h / 1000 % 1000) AS place, int4range(h % 100000, h % 100000 + 1 + h % 100) AS span
FROM generate_series(1, 250000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
VACUUM (FREEZE, ANALYZE) app.events;

CREATE TABLE trial (n serial, height_known boolean, definition text, what text, condition text, outermost boolean DEFAULT false,
  expression boolean GENERATED ALWAYS AS (definition LIKE '((%' OR definition LIKE '(lower(%') STORED);
INSERT INTO trial (height_known, definition, what, condition)
SELECT true, d, w, c FROM (VALUES
  ('(id)', 'name', 'id = 17'), ('(k10)', 'count(*)', 'k10 = 3'), ('(k100)', 'count(*)', 'k100 = 3'),
  ('(k1000)', 'sum(amount)', 'k1000 = 3'), ('(k20000)', 'sum(amount)', 'k20000 = 3'), ('(day)', 'max(id)', 'day = ''2024-05-05'''),
  ('(at)', 'max(id)', 'at < ''2024-01-03 00:00+00'''), ('(name)', 'max(id)', 'name > ''customer name ff'''),
  ('(code)', 'max(id)', 'code = ''c7'''), ('(email)', 'max(id)', 'email = ''abcd@example.org'''), ('(amount)', 'max(id)', 'amount = 77'),
  ('(weight)', 'max(id)', 'weight BETWEEN 500 AND 503'), ('(maybe)', 'max(id)', 'maybe = 8'), ('(mostly)', 'max(id)', 'mostly = 8'),
  ('(uid)', 'max(id)', 'uid = ''00000000-0000-0000-0000-000000000000'''), ('(state)', 'count(*)', 'state = ''new'''),
  ('(flag)', 'count(*)', 'flag'), ('(ip)', 'max(id)', 'ip = ''10.1.1.1'''), ('(long)', 'max(id)', 'long = ''x'''),
  ('(k1000, id)', 'max(amount)', 'k1000 = 4 AND id > 100000'), ('(k1000, day)', 'max(amount)', 'k1000 = 4 AND day > ''2025-05-05'''),
  ('(k100, k1000)', 'max(amount)', 'k100 = 4 AND k1000 = 104'), ('(pair1, pair2)', 'max(amount)', 'pair1 = 4 AND pair2 = 5'),
  ('(state, day, k10)', 'max(amount)', 'state = ''paid'' AND day = ''2024-07-07'''), ('(k100, name)', 'max(name)', 'k100 = 17'),
  ('(day DESC, id)', 'max(k10)', 'day > ''2025-12-20'''), ('(k1000 DESC NULLS LAST)', 'max(k10)', 'k1000 > 998'),
  ('(maybe NULLS FIRST)', 'max(k10)', 'maybe IS NOT NULL AND maybe < 15'), ('(k1000) INCLUDE (amount)', 'max(amount)', 'k1000 = 5'),
  ('(k1000) INCLUDE (name, day)', 'max(day)', 'k1000 = 5'), ('(id) WHERE k10 = 3', 'max(day)', 'id < 9000 AND k10 = 3'),
  ('(day) WHERE maybe IS NOT NULL', 'max(k20000)', 'day = ''2024-05-05'' AND maybe IS NOT NULL'),
  ('(k20000) WHERE k100 < 5', 'max(day)', 'k20000 = 104 AND k100 < 5'), ('(name text_pattern_ops)', 'max(day)', 'name LIKE ''customer name abc%'''),
  ('(name COLLATE "POSIX")', 'max(day)', 'name COLLATE "POSIX" > ''customer name ff'''),
  ('(lower(email))', 'max(day)', 'lower(email) = ''abcd@example.org'''), ('((k20000 % 500))', 'max(day)', 'k20000 % 500 = 3'),
  ('(k1000) WITH (fillfactor = 70)', 'max(uid::text)', 'k1000 = 7'), ('(k1000) WITH (deduplicate_items = off)', 'max(ip)', 'k1000 = 7')
) t(d, w, c);
-- In the outermost bin of a histogram the planner asks an index that exists for the column's real extreme
-- (get_actual_variable_range), and a sample's extreme is another.
INSERT INTO trial (height_known, definition, what, condition, outermost) VALUES (true, '(weight)', 'max(id)', 'weight < 3', true);
INSERT INTO trial (height_known, definition, what, condition)
SELECT false, d, w, c FROM (VALUES
  ('USING hash (id)', 'max(day)', 'id = 17'), ('USING hash (k1000)', 'max(k10)', 'k1000 = 17'), ('USING hash (maybe)', 'max(name)', 'maybe = 17'),
  ('USING hash (uid)', 'max(name)', 'uid = ''00000000-0000-0000-0000-000000000000'''),
  ('USING brin (at)', 'count(*)', 'at < ''2024-01-03 00:00+00'''),
  ('USING brin (at) WITH (pages_per_range = 4)', 'max(day)', 'at < ''2024-01-03 00:00+00'''),
  ('USING brin (id, at) WITH (pages_per_range = 1)', 'max(day)', 'id < 1000'),
  ('USING brin (id int8_bloom_ops) WITH (pages_per_range = 16)', 'max(k10)', 'id = 17'),
  ('USING brin (id int8_minmax_multi_ops) WITH (pages_per_range = 4)', 'max(k10)', 'id < 1000'),
  ('USING gin (numbers)', 'count(*)', 'numbers @> ''{4999}'''), ('USING gin (numbers) WHERE k10 = 3', 'count(*)', 'numbers @> ''{4999}'' AND k10 = 3'),
  ('USING gin (doc jsonb_path_ops)', 'count(*)', 'doc @> ''{"user": 17}'''), ('USING gin (doc)', 'max(k10)', 'doc @> ''{"user": 17}'''),
  ('USING gin (words)', 'count(*)', 'words @@ ''w4000'''), ('USING gin (name public.gin_trgm_ops)', 'count(*)', 'name LIKE ''%abcdef%'''),
  ('USING gist (place)', 'count(*)', 'place <@ box ''(10,10),(20,20)'''), ('USING gist (span)', 'count(*)', 'span @> 100'),
  ('USING gist (span) INCLUDE (k10)', 'max(k10)', 'span @> 100'), ('USING gist (ip inet_ops)', 'count(*)', 'ip << ''10.1.1.0/24'''),
  ('USING gist (name public.gist_trgm_ops)', 'max(k10)', 'name LIKE ''%abcdef%''')
) t(d, w, c);
CREATE FUNCTION text_of(t trial) RETURNS text LANGUAGE sql AS
  $$ SELECT format('SELECT %s FROM app.events WHERE %s', t.what, t.condition) $$;
SET pg_steward.track = 'all';
SET pg_steward.capture_parameters = on;
DO $$ DECLARE t trial; BEGIN FOR t IN SELECT * FROM trial LOOP EXECUTE text_of(t) || ' /* trial ' || t.n || '. */'; END LOOP; END $$;
RESET pg_steward.capture_parameters;
CREATE TABLE captured AS
SELECT t.n, s.userid, s.queryid FROM trial t JOIN steward.statements s ON s.query LIKE '%/* trial ' || t.n || '. */%' AND NOT s.toplevel
  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());

CREATE TABLE result AS
SELECT t.n, t.height_known AS btree, t.outermost, t.expression, t.definition, s.pages AS predicted_pages, s.tree_height AS predicted_height,
  round(w.total_cost::numeric, 2) AS predicted_cost, w.candidates_used <> '{}' AS predicted_used, coalesce(s.error, w.error) AS error,
  0::bigint AS pages, 0 AS height, 0::numeric AS cost, false AS used
FROM trial t LEFT JOIN captured c USING (n),
  LATERAL (SELECT 'CREATE INDEX ON app.events ' || t.definition) ddl(text),
  LATERAL steward.whatif_index_size(ARRAY[ddl.text]) s,
  LATERAL steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], ARRAY[ddl.text], '{1}', '{1}') w;
ALTER TABLE result ADD told_cost numeric;
-- Those with an expression last: ANALYZE, which they need, takes another sample of all columns.
DO $$
DECLARE t trial; plan json;
BEGIN
  FOR t IN SELECT * FROM trial ORDER BY expression, n LOOP
    EXECUTE 'CREATE INDEX built_index ON app.events ' || t.definition;
    IF t.expression THEN ANALYZE app.events; END IF;
    EXECUTE 'EXPLAIN (FORMAT json) ' || text_of(t) INTO plan;
    UPDATE result SET pages = pg_relation_size('app.built_index') / 8192, cost = (plan->0->'Plan'->>'Total Cost')::numeric,
      used = plan::text LIKE '%built_index%', height = CASE WHEN btree THEN (SELECT level FROM bt_metap('app.built_index')) END WHERE n = t.n;
    DROP INDEX app.built_index;
    IF NOT t.expression THEN
      UPDATE result r SET told_cost = round(w.total_cost::numeric, 2) FROM captured c,
        LATERAL steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], ARRAY['CREATE INDEX ON app.events ' || t.definition], '{1}', '{1}',
          candidate_pages => ARRAY[(SELECT pages FROM result WHERE n = t.n)], candidate_heights => ARRAY[(SELECT height FROM result WHERE n = t.n)]) w
      WHERE r.n = t.n AND c.n = t.n;
    END IF;
  END LOOP;
END $$;

CREATE VIEW error AS
SELECT *, predicted_pages::numeric / pages - 1 AS of_pages, predicted_cost / cost - 1 AS of_cost, told_cost / cost - 1 AS of_told_cost FROM result;
SELECT definition, pages AS built, predicted_pages AS predicted, to_char(100 * of_pages, 'SG990.0') AS "%",
  height, predicted_height AS "predicted height", cost AS "cost built", predicted_cost AS "cost predicted",
  to_char(100 * of_cost, 'SG990.00') AS "%", used, CASE WHEN predicted_used <> used THEN 'differs' END AS "predicted", error
FROM error ORDER BY n;
CREATE TABLE gate AS
SELECT 'b-tree pages, median error' AS what, percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(of_pages)) AS measured, 0.05 AS bound FROM error WHERE btree
UNION ALL SELECT 'b-tree pages, worst error', max(abs(of_pages)), 0.20 FROM error WHERE btree
UNION ALL SELECT 'share of b-trees with another height', avg((height <> predicted_height)::int), 0.05 FROM error WHERE btree
-- How GiST splits pages of an index with INCLUDE is not modelled.
UNION ALL SELECT 'other kinds, pages, worst error', max(abs(of_pages)), 0.30 FROM error WHERE NOT btree AND definition NOT LIKE '%gist%INCLUDE%'
UNION ALL SELECT 'plan cost with a b-tree, median error', percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(of_cost)), 0.01 FROM error WHERE btree
UNION ALL SELECT 'plan cost with a b-tree, worst error', max(abs(of_cost)), 0.01 FROM error WHERE btree AND NOT outermost AND NOT expression
UNION ALL SELECT 'plan cost with an expression, against the one after ANALYZE', max(abs(of_cost)), 0.25 FROM error WHERE expression
UNION ALL SELECT 'plan cost of a condition in the outermost bin of a histogram', max(abs(of_cost)), 0.10 FROM error WHERE outermost
UNION ALL SELECT 'plan cost with other kinds, median error', percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(of_cost)), 0.01 FROM error WHERE NOT btree
-- The server knows how many keys a built GIN index has, and guesses for others.
UNION ALL SELECT 'plan cost when told the built size, worst error but GIN''s', max(abs(of_told_cost)), 0.01 FROM error WHERE definition NOT LIKE '%gin%' AND NOT outermost AND NOT expression
UNION ALL SELECT 'plan cost when told the built size, worst error of GIN', max(abs(of_told_cost)), 0.15 FROM error WHERE definition LIKE '%gin%'
UNION ALL SELECT 'trials without an answer', count(*), 0 FROM trial LEFT JOIN error USING (n) WHERE of_cost IS NULL
UNION ALL SELECT 'share of plans without the index', avg((NOT used)::int), 0.05 FROM error;
SELECT what, round(measured::numeric, 4) AS measured, bound, CASE WHEN measured <= bound THEN 'ok' ELSE 'FAILED' END AS result FROM gate;
SELECT count(*) AS "plans whose cost is more than 1 % off" FROM error WHERE abs(of_cost) > 0.01;
SELECT count(*) AS "b-trees", (SELECT count(*) FROM error WHERE NOT btree) AS "other kinds" FROM error WHERE btree;
DO $$ BEGIN IF EXISTS (SELECT FROM gate WHERE measured > bound OR measured IS NULL) THEN RAISE 'a bound is broken'; END IF; END $$;
