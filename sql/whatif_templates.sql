-- Plan templates and access costs of steward.whatif: they add up, an access takes the place of a slot's, and what is probed
-- is not planned with.
CREATE EXTENSION pg_steward;
CREATE SCHEMA app;
CREATE TABLE app.orders (id int PRIMARY KEY, customer int, state int, day date, amount numeric(10,2), note text);
INSERT INTO app.orders
SELECT g, h % 3000, h % 7, date '2026-01-01' + h % 365, h % 1000, 'note ' || h
FROM generate_series(1, 40000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
CREATE INDEX orders_day ON app.orders (day);
CREATE TABLE app.customers (id int PRIMARY KEY, region int, name text);
INSERT INTO app.customers SELECT g, g % 25, 'customer ' || g FROM generate_series(0, 2999) g;
CREATE TABLE app.lines (order_id int, part int, pieces int);
INSERT INTO app.lines SELECT 1 + h % 40000, h % 500, h % 10 FROM generate_series(1, 60000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
CREATE TABLE app.measures (day date, sensor int, value float8) PARTITION BY RANGE (day);
CREATE TABLE app.measures_1 PARTITION OF app.measures FOR VALUES FROM ('2026-01-01') TO ('2026-04-01');
CREATE TABLE app.measures_2 PARTITION OF app.measures FOR VALUES FROM ('2026-04-01') TO ('2026-07-01');
INSERT INTO app.measures SELECT date '2026-01-01' + g % 180, g % 400, g FROM generate_series(1, 20000) g;
VACUUM ANALYZE app.orders, app.customers, app.lines, app.measures;

CREATE TABLE workload (label text, text text);
INSERT INTO workload VALUES
  ('equality', 'SELECT amount AS equality FROM app.orders WHERE customer = 17'),
  ('computed', 'SELECT amount * 2 + 1 AS computed, upper(note) FROM app.orders WHERE customer = 17'),
  ('two', 'SELECT amount AS two FROM app.orders WHERE customer < 100 AND state = 3 AND day < ''2026-03-01'''),
  ('alternatives', 'SELECT amount AS alternatives FROM app.orders WHERE customer = 17 OR state = 3'),
  ('ordered', 'SELECT note AS ordered FROM app.orders WHERE state = 3 ORDER BY customer'),
  ('first', 'SELECT note AS first FROM app.orders WHERE state = 3 ORDER BY customer LIMIT 10'),
  ('page', 'SELECT note AS page FROM app.orders WHERE state = 3 ORDER BY customer, id OFFSET 20 LIMIT 10'),
  ('grouped', 'SELECT customer AS grouped, count(*) FROM app.orders GROUP BY customer HAVING count(*) > 3'),
  ('summed', 'SELECT sum(amount) AS summed FROM app.orders WHERE customer BETWEEN 10 AND 30'),
  ('extremes', 'SELECT min(customer) AS extremes, max(customer) FROM app.orders'),
  ('window', 'SELECT id AS window, row_number() OVER (PARTITION BY customer ORDER BY day) FROM app.orders WHERE state = 1'),
  ('distinct', 'SELECT DISTINCT customer AS distinct FROM app.orders'),
  ('joined', 'SELECT o.amount AS joined FROM app.orders o JOIN app.customers c ON c.id = o.customer WHERE c.region = 7'),
  ('three', 'SELECT c.name AS three, sum(l.pieces) FROM app.orders o JOIN app.customers c ON c.id = o.customer JOIN app.lines l ON l.order_id = o.id WHERE c.name = ''customer 17'' GROUP BY c.name'),
  ('exists', 'SELECT c.name AS exists FROM app.customers c WHERE c.region = 7 AND EXISTS (SELECT 1 FROM app.orders o WHERE o.customer = c.id AND o.state = 5)'),
  ('lacking', 'SELECT c.name AS lacking FROM app.customers c WHERE NOT EXISTS (SELECT 1 FROM app.orders o WHERE o.customer = c.id AND o.state = 5)'),
  ('outer', 'SELECT c.name AS outer, o.id FROM app.customers c LEFT JOIN app.orders o ON o.customer = c.id AND o.state = 2 WHERE c.region < 3'),
  ('subquery', 'SELECT q.customer AS subquery FROM (SELECT customer, max(amount) AS most FROM app.orders GROUP BY customer) q JOIN app.customers c ON c.id = q.customer WHERE c.region = 7'),
  ('latest', 'SELECT c.name AS latest, o.day FROM app.customers c, LATERAL (SELECT day FROM app.orders o WHERE o.customer = c.id ORDER BY day DESC LIMIT 1) o WHERE c.region = 7'),
  ('united', 'SELECT amount AS united FROM app.orders WHERE customer = 17 UNION ALL SELECT pieces FROM app.lines WHERE part = 17'),
  ('but', 'SELECT customer AS but FROM app.orders WHERE state = 3 EXCEPT SELECT id FROM app.customers WHERE region = 3'),
  ('parts', 'SELECT value AS parts FROM app.measures WHERE sensor = 17'),
  ('both', 'WITH recent AS MATERIALIZED (SELECT * FROM app.orders WHERE customer = 18) SELECT l.pieces AS both FROM app.lines l JOIN recent r ON r.id = l.order_id WHERE l.part = 17'),
  ('above', 'SELECT amount AS above FROM app.orders WHERE customer = 17 AND amount > (SELECT avg(pieces) FROM app.lines WHERE part = 17)'),
  ('given', 'SELECT amount AS given FROM app.orders WHERE customer = 17 AND EXISTS (SELECT 1 FROM app.lines WHERE part = 17) LIMIT 5'),
  ('unlike', 'SELECT amount AS unlike FROM app.orders WHERE customer = 17 AND state NOT IN (SELECT part FROM app.lines WHERE pieces = 3)'),
  ('chain', 'WITH RECURSIVE chain AS (SELECT id, customer FROM app.orders WHERE id = 17 UNION SELECT o.id, o.customer FROM chain c JOIN app.orders o ON o.id = c.customer) SELECT count(*) AS chain FROM chain'),
  ('rolled', 'SELECT customer AS rolled, state, count(*) FROM app.orders WHERE customer < 100 GROUP BY ROLLUP (customer, state)'),
  ('constant', 'SELECT count(*) AS constant FROM app.orders WHERE false'),
  ('many', (SELECT 'SELECT count(*) AS many FROM ' || string_agg('app.customers c' || i, ', ') || ' WHERE c1.region = 7 AND ' || string_agg('c1.name = c' || i || '.name', ' AND ') FROM generate_series(1, 13) i)),
  ('nested', 'SELECT (SELECT max(day) FROM app.orders o WHERE o.customer = c.id) AS nested FROM app.customers c WHERE c.region = 7'),
  ('changed', 'UPDATE app.orders AS changed SET amount = 1 WHERE customer = 17');
SET pg_steward.track = 'all';
SET pg_steward.capture_parameters = on;
BEGIN;
DO $$ DECLARE w workload; BEGIN FOR w IN SELECT * FROM workload LOOP
  EXECUTE w.text || ' /* ' || w.label || ' */'; END LOOP; END $$;
ROLLBACK;
RESET pg_steward.capture_parameters;
VACUUM ANALYZE app.orders;

CREATE VIEW captured AS
SELECT w.label, s.userid, s.queryid FROM workload w
JOIN steward.statements s ON s.query LIKE '%/* ' || w.label || ' */%' AND NOT s.toplevel
  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
SELECT label, count(*) FROM workload LEFT JOIN captured USING (label) GROUP BY label HAVING count(queryid) <> 1;

CREATE TABLE candidate (n int, text text);
INSERT INTO candidate VALUES
  (1, 'CREATE INDEX ON app.orders (customer)'),
  (2, 'CREATE INDEX ON app.orders (state, customer)'),
  (3, 'CREATE INDEX ON app.orders (customer, day DESC) INCLUDE (amount)'),
  (4, 'CREATE INDEX ON app.lines (part)'),
  (5, 'CREATE INDEX ON app.lines (order_id) INCLUDE (pieces)'),
  (6, 'CREATE INDEX ON app.customers (region)'),
  (7, 'CREATE INDEX ON app.customers (name)'),
  (8, 'CREATE INDEX ON app.measures (sensor)'),
  (9, 'CREATE INDEX ON app.orders (customer) WHERE state = 3');
-- One statement with the candidates `present`, and those in `probed` probed.
CREATE FUNCTION ask(label_ text, present text, probed text, OUT cost float8, OUT used int[], OUT template json, OUT accesses json, OUT error text)
LANGUAGE sql AS $$
SELECT w.total_cost, w.candidates_used, w.plan_template, w.accesses, w.error
FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid], (SELECT array_agg(text ORDER BY n) FROM candidate),
  '{1}', ARRAY[present], request_probes => ARRAY[probed], templates => true, draws => 1) w WHERE c.label = label_ $$;
-- What a template says it costs.
CREATE FUNCTION added_up(template json) RETURNS float8 LANGUAGE sql AS $$
SELECT (template ->> 'internal')::float8 + coalesce(sum((s ->> 4)::float8 * (s ->> 6)::float8 + (s ->> 5)::float8 * (s ->> 7)::float8), 0)
FROM json_array_elements(template -> 'slots') s $$;
-- What it would cost if each slot had the cheapest access that can take its place with the candidates `present`.
CREATE FUNCTION estimate(template json, accesses json, present int[]) RETURNS float8 LANGUAGE sql AS $$
SELECT (template ->> 'internal')::float8 + sum(coalesce(least(
    CASE WHEN present @> own THEN (s ->> 4)::float8 * (s ->> 6)::float8 + (s ->> 5)::float8 * (s ->> 7)::float8 END,
    (SELECT min((s ->> 4)::float8 * (a ->> 4)::float8 + (s ->> 5)::float8 * (a ->> 5)::float8)
     FROM json_array_elements(accesses) a
     WHERE a ->> 0 = s ->> 0 AND a ->> 1 = s ->> 1 AND a ->> 3 = s ->> 3
       AND (s ->> 2 = '' OR a ->> 2 || ' ' LIKE (s ->> 2) || ' %')
       AND present @> ARRAY(SELECT n::int FROM json_array_elements_text(a -> 6) n))), 'infinity'))
FROM json_array_elements(template -> 'slots') s,
     LATERAL (SELECT ARRAY(SELECT n::int FROM json_array_elements_text(s -> 8) n) AS own) o $$;

-- The parts add up to the whole: without candidates, with some, and in parallel.
SELECT label, p.present, json_array_length(a.template -> 'slots') AS slots, a.error
FROM workload, (VALUES (''), ('1 5 6'), ('1 2 3 4 5 6 7 8 9')) p(present), ask(label, p.present, '') a
WHERE a.template IS NULL OR abs(added_up(a.template) / a.cost - 1) > 1e-9 OR a.accesses IS NOT NULL ORDER BY 1, 2;
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SELECT label, json_array_length(a.template -> 'slots') AS slots, a.error FROM workload, ask(label, '', '') a
WHERE a.template IS NULL OR abs(added_up(a.template) / a.cost - 1) > 1e-9 ORDER BY 1;
SELECT count(*) > 10 AS parallel FROM workload, ask(label, '', '') a, json_array_elements(a.template -> 'slots') s
WHERE (s ->> 3)::int > 0;
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
SET max_parallel_workers_per_gather = 0;

-- How many slots, and what no template can speak of.
SELECT label, json_array_length(a.template -> 'slots') AS slots,
       (SELECT array_agg(r::oid::regclass::text) FROM json_array_elements_text(a.template -> 'opaque_relids') r) AS opaque
FROM workload, ask(label, '', '') a ORDER BY label;

-- What is probed is not planned with, and the plan stays what it is.
SELECT label FROM workload, ask(label, '', '1 2 3 4 5 6 7 8 9') a, ask(label, '', '') b
WHERE a.cost <> b.cost OR a.used <> '{}' OR a.accesses IS NULL OR a.template::text <> b.template::text;

-- One table: the best access that can take the slot's place is what the planner would do with that candidate, exactly.
SELECT label, c.n, round((e.cost / r.cost)::numeric, 4) AS estimated, r.used
FROM unnest(ARRAY['equality', 'computed', 'two', 'alternatives', 'summed', 'changed', 'united', 'parts', 'above', 'given', 'rolled']) label, candidate c,
     ask(label, '', c.n::text) a, ask(label, c.n::text, '') r, LATERAL (SELECT estimate(a.template, a.accesses, ARRAY[c.n]) AS cost) e
WHERE abs(e.cost / r.cost - 1) > 1e-6 ORDER BY 1, 2;
-- It was not for want of use.
SELECT label, array_agg(c.n ORDER BY c.n) AS used_alone
FROM unnest(ARRAY['equality', 'computed', 'two', 'changed', 'united', 'parts', 'above', 'given', 'rolled']) label, candidate c,
     ask(label, c.n::text, '') r WHERE r.used <> '{}' GROUP BY label ORDER BY 1;
-- More: from two plannings, one without candidates and one with all that a table has, the better estimate is never below
-- what the planner says, and mostly the same. Where it is not, another plan is best, of which neither planning knew.
CREATE TABLE estimated AS
SELECT label, c.n, r.cost, round((least(estimate(a.template, a.accesses, ARRAY[c.n]), estimate(b.template, a.accesses, ARRAY[c.n])) / r.cost)::numeric, 2) AS ratio
FROM unnest(ARRAY['ordered', 'first', 'page', 'grouped', 'extremes', 'joined', 'three', 'exists', 'lacking', 'outer', 'subquery', 'latest', 'both']) label, candidate c,
     ask(label, '', '1 2 3 4 5 6 7') a, ask(label, '1 2 3 4 5 6 7', '') b, ask(label, c.n::text, '') r WHERE c.n < 8;
SELECT count(*) AS estimates, count(*) FILTER (WHERE ratio < 0.99) AS too_low, count(*) FILTER (WHERE ratio > 1.01) < 10 AS few_too_high FROM estimated;

-- Prices may be such that no number holds the cost: JSON would not either.
SET seq_page_cost = '1e308';
SELECT a.* FROM ask('equality', '', '1') a;
SELECT a.cost < 1e6 AS cheap, a.used, abs(added_up(a.template) / a.cost - 1) < 1e-9 AS adds_up, json_array_length(a.accesses) > 0 AS accesses
FROM ask('equality', '1', '1 3') a;
RESET seq_page_cost;

-- Values that only resemble the real ones: each draw is a planning of its own, and the sum is the mean.
SELECT steward.reset() IS NOT NULL AS reset;
BEGIN;
DO $$ DECLARE w workload; BEGIN FOR w IN SELECT * FROM workload WHERE label = 'equality' LOOP
  EXECUTE w.text || ' /* ' || w.label || ' */'; END LOOP; END $$;
ROLLBACK;
VACUUM ANALYZE app.orders;
SELECT draws, json_array_length(w.plan_template -> 'slots') AS slots, w.method,
       abs(added_up(w.plan_template) / w.total_cost - 1) < 1e-9 AS adds_up,
       (SELECT count(DISTINCT a ->> 0) FROM json_array_elements(w.accesses) a) AS relations
FROM captured c, (VALUES (1), (3), (4)) d(draws), steward.whatif(ARRAY[c.userid], ARRAY[c.queryid],
  '{"CREATE INDEX ON app.orders (customer)"}', '{1}', '{""}', request_probes => '{1}', templates => true, draws => d.draws) w
WHERE c.label = 'equality' ORDER BY 1;

-- Mistakes of the caller, and of a candidate.
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{}', '{}', draws => 0);
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{}', '{}', draws => 5);
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{}', '{}', draws => NULL);
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{}', '{}', templates => NULL);
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{1}', '{""}', request_probes => '{}');
SELECT * FROM steward.whatif('{10}', '{1}', '{}', '{1}', '{""}', request_probes => '{1}');
SELECT w.* FROM captured c, steward.whatif(ARRAY[c.userid], ARRAY[c.queryid],
  '{"CREATE INDEX ON app.orders (nothing)"}', '{1}', '{""}', request_probes => '{1}', templates => true) w WHERE c.label = 'equality';
DROP SCHEMA app CASCADE;
