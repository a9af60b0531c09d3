-- steward.whatif: predicted costs against those of indexes that are really built; which indexes are used; rights.
CREATE EXTENSION pg_steward;
CREATE SCHEMA app;
CREATE TABLE app.events (id int PRIMARY KEY, kind int, day date, name text, amount numeric(10,2), maybe int);
INSERT INTO app.events
SELECT g, h % 300, date '2026-01-01' + h % 365, 'customer ' || h % 20000, h % 1000, CASE WHEN g % 4 = 0 THEN g END
FROM generate_series(1, 28000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
CREATE TABLE app.kinds (kind int, label text);
INSERT INTO app.kinds SELECT g, 'kind ' || g FROM generate_series(0, 299) g;
VACUUM ANALYZE app.events;
VACUUM ANALYZE app.kinds;
SET max_parallel_workers_per_gather = 0;

-- Statements with their values as samples, so that predictions and EXPLAIN speak of the same values.
CREATE TABLE workload (label text, text text);
INSERT INTO workload VALUES
  ('equality', 'SELECT amount AS equality FROM app.events WHERE kind = 17'),
  ('lower_name', 'SELECT id AS lower_name FROM app.events WHERE lower(name) = ''customer 17'''),
  ('covered', 'SELECT day AS covered FROM app.events WHERE kind = 17'),
  ('newest', 'SELECT id AS newest FROM app.events ORDER BY day DESC, id LIMIT 10'),
  ('some', 'SELECT id AS some FROM app.events WHERE maybe > 27000 AND kind < 5'),
  ('joined', 'SELECT e.amount AS joined FROM app.events e JOIN app.kinds k USING (kind) WHERE k.label = ''kind 17'''),
  ('by_key', 'SELECT name AS by_key FROM app.events WHERE id = 17'),
  ('in_list', 'SELECT name AS in_list FROM app.events WHERE kind IN (1, 2, 3)'),
  ('nested', 'SELECT (SELECT max(day) FROM app.events e WHERE e.kind = k.kind) AS nested FROM app.kinds k'),
  ('changed', 'UPDATE app.events AS changed SET amount = 1 WHERE kind = 17'),
  ('removed', 'DELETE FROM app.events AS removed WHERE day = ''2026-05-05''');
SET pg_steward.track = 'all';
SET pg_steward.capture_parameters = on;
BEGIN;
DO $$ DECLARE w workload; BEGIN FOR w IN SELECT * FROM workload LOOP
  EXECUTE w.text || ' /* ' || w.label || ' */'; END LOOP; END $$;
ROLLBACK;
RESET pg_steward.capture_parameters;
VACUUM ANALYZE app.events;

CREATE VIEW captured AS
SELECT w.label, w.text, s.userid, s.queryid FROM workload w
JOIN steward.statements s ON s.query LIKE '%/* ' || w.label || ' */%' AND NOT s.toplevel
  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
SELECT label, count(*) FROM captured GROUP BY label HAVING count(*) <> 1;

CREATE FUNCTION predict(label_ text, candidates text[], hidden oid[] DEFAULT '{}') RETURNS SETOF record LANGUAGE sql AS $$
SELECT w.total_cost, w.candidates_used, w.existing_used::regclass[]::text, w.method, w.sqlstate, w.error
FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], candidates, '{1}',
  ARRAY[(SELECT coalesce(string_agg(n::text, ' '), '') FROM generate_series(1, cardinality(candidates)) n)], hidden) w
WHERE c.label = label_ $$;
CREATE FUNCTION explained(text text, candidates text[]) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE plan json; c text;
BEGIN
  BEGIN
    FOREACH c IN ARRAY candidates LOOP EXECUTE c; END LOOP;
    EXECUTE 'EXPLAIN (FORMAT json) ' || text INTO plan;
    RAISE EXCEPTION USING ERRCODE = 'P7777';
  EXCEPTION WHEN SQLSTATE 'P7777' THEN NULL;
  END;
  RETURN (plan->0->'Plan'->>'Total Cost')::float8;
END $$;

-- Predicted and built: within 1 %, with the index and without.
CREATE TABLE trial (n serial, label text, candidates text[]);
INSERT INTO trial (label, candidates)
SELECT label, '{}' FROM workload;
INSERT INTO trial (label, candidates) VALUES
  ('equality', '{"CREATE INDEX ON app.events (kind)"}'),
  ('equality', '{"CREATE INDEX ON app.events (kind, id)", "CREATE INDEX ON app.events (day)"}'),
  ('covered', '{"CREATE INDEX ON app.events (kind) INCLUDE (day)"}'),
  ('covered', '{"CREATE INDEX ON app.events (kind DESC, day)"}'),
  ('newest', '{"CREATE INDEX ON app.events (day DESC, id)"}'),
  ('newest', '{"CREATE INDEX ON app.events (day)"}'),
  ('newest', '{"CREATE INDEX ON app.events (day NULLS FIRST)"}'),
  ('some', '{"CREATE INDEX ON app.events (maybe) WHERE kind < 5"}'),
  ('some', '{"CREATE INDEX ON app.events (kind) WHERE maybe IS NOT NULL"}'),
  ('some', '{"CREATE INDEX ON app.events (maybe) WHERE kind < 3"}'),
  ('joined', '{"CREATE INDEX ON app.events (kind)", "CREATE INDEX ON app.kinds (label)"}'),
  ('in_list', '{"CREATE INDEX ON app.events (kind)"}'),
  ('nested', '{"CREATE INDEX ON app.events (kind, day)"}'),
  ('changed', '{"CREATE INDEX ON app.events (kind)"}'),
  ('removed', '{"CREATE INDEX ON app.events (day)"}');
SELECT t.label, t.candidates, abs(p.cost / explained(c.text, t.candidates) - 1) < 0.01 AS agrees, p.used, p.existing, p.method, p.error
FROM trial t JOIN captured c USING (label),
     LATERAL predict(t.label, t.candidates) AS p(cost float8, used int[], existing text, method text, sqlstate text, error text)
ORDER BY t.n;
-- The statement was never run again, and nothing was built.
SELECT count(*) FROM app.events WHERE amount = 1 AND kind = 17 AND day = '2026-05-05';
SELECT count(*) FROM pg_index WHERE indrelid = 'app.events'::regclass;

-- An expression without statistics: used, though its rows are a guess.
SELECT used, method FROM predict('lower_name', '{"CREATE INDEX ON app.events (lower(name))"}')
  AS p(cost float8, used int[], existing text, method text, sqlstate text, error text);
-- Hidden: the primary key is taken away, and an equal candidate takes its place at the same cost.
SELECT existing, cost < 10 AS cheap FROM predict('by_key', '{}')
  AS p(cost float8, used int[], existing text, method text, sqlstate text, error text);
SELECT existing, cost > 1000 AS dear FROM predict('by_key', '{}', ARRAY['app.events_pkey'::regclass::oid])
  AS p(cost float8, used int[], existing text, method text, sqlstate text, error text);
SELECT used, h.cost = r.cost AS same
FROM predict('by_key', '{"CREATE UNIQUE INDEX ON app.events (id)"}', ARRAY['app.events_pkey'::regclass::oid])
       AS h(cost float8, used int[], existing text, method text, sqlstate text, error text),
     predict('by_key', '{}') AS r(cost float8, used_ int[], existing_ text, method_ text, sqlstate_ text, error_ text);

-- A batch: several statements and configurations in one call, answered in order; errors stay where they belong.
SELECT w.request, c.label, w.total_cost IS NOT NULL AS costed, w.candidates_used, w.sqlstate, w.error
FROM (SELECT array_agg(userid ORDER BY label) us, array_agg(queryid ORDER BY label) qs, array_agg(label ORDER BY label) labels
      FROM captured WHERE label IN ('equality', 'covered')) b,
LATERAL steward.whatif(us || 10::oid, qs || 1::bigint,
  '{"CREATE INDEX ON app.events (kind)", "CREATE INDEX ON app.events (nothing)", "CREATE INDEX ON app.events (kind, day)"}',
  '{1,2,1,2,1,3,2}', '{"","","1","1 3","2","1","3"}') w
LEFT JOIN LATERAL (SELECT labels[(ARRAY[1,2,1,2,1,3,2])[w.request]] AS label) c ON true ORDER BY 1;
-- Mistakes of the caller end the call.
SELECT * FROM steward.whatif('{10}', '{1,2}', '{}', '{}', '{}');
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{2}', '{""}');
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{1}', '{1}');
SELECT * FROM steward.whatif('{10}', '{1}', '{"CREATE INDEX ON app.events (id)"}', '{1}', '{"1x"}');
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{1}', '{}');
SELECT * FROM steward.whatif('{10}', '{NULL}', '{}', '{}', '{}');

-- A table that changed under a captured text is an error of that statement.
ALTER TABLE app.kinds RENAME COLUMN label TO title;
SELECT sqlstate, error FROM predict('joined', '{}')
  AS p(cost float8, used int[], existing text, method text, sqlstate text, error text);
ALTER TABLE app.kinds RENAME COLUMN title TO label;

-- Without samples: shapes or statistics, several draws.
SELECT steward.reset() IS NOT NULL AS reset;
BEGIN;
DO $$ DECLARE w workload; BEGIN FOR w IN SELECT * FROM workload LOOP
  EXECUTE w.text || ' /* ' || w.label || ' */'; END LOOP; END $$;
ROLLBACK;
VACUUM ANALYZE app.events;
SELECT t.label, t.candidates, abs(p.cost / explained(c.text, t.candidates) - 1) < 0.5 AS near, p.used, p.method, p.error
FROM trial t JOIN captured c USING (label),
     LATERAL predict(t.label, t.candidates) AS p(cost float8, used int[], existing text, method text, sqlstate text, error text)
WHERE t.label IN ('equality', 'in_list') ORDER BY t.n;

-- In a read-only transaction, and without taking a transaction id.
BEGIN READ ONLY;
SELECT used FROM predict('changed', '{"CREATE INDEX ON app.events (kind)"}')
  AS p(cost float8, used int[], existing text, method text, sqlstate text, error text);
SELECT pg_current_xact_id_if_assigned() IS NULL AS without_xid;
-- The statement's lock is given up again; the candidate's table stays pinned until the end.
SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'app.events'::regclass ORDER BY 1;
COMMIT;
DROP SCHEMA app CASCADE;
