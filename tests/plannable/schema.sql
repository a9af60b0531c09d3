-- The small application that the corpus of plannable texts runs on: many types, skewed data, statistics, and what plans
-- depend on (partial and expression indexes, partitions, inheritance, views, row security). Deterministic.
CREATE SCHEMA app;
SET search_path = app, public;

CREATE TYPE status AS ENUM ('new', 'paid', 'sent', 'done', 'void');
CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{2}[0-9]+$');
CREATE DOMAIN positive AS integer;
CREATE TYPE pair AS (a integer, b text);

CREATE TABLE customer (
  id integer PRIMARY KEY, email text NOT NULL, name varchar(60), country char(2), state status, created timestamptz,
  birthday date, balance numeric(12,2), tags text[], profile jsonb, uid uuid UNIQUE, ip inet, score double precision,
  active boolean, code code, level positive, note bpchar(10), alarm time, seen interval, flags bit(4), key bytea,
  handle text COLLATE "C", oldid smallint, ratio real, size bigint);
INSERT INTO customer SELECT g, 'user' || g || '@' || (ARRAY['example.org','mail.test','Corp.example'])[1 + g % 3],
  (ARRAY['Ada','Grace','Alan','Edsger','Barbara'])[1 + g % 5] || ' ' || g % 97, (ARRAY['DE','FR','US','US','US','CN','CN','BR'])[1 + g % 8],
  (ARRAY['new','paid','sent','done','done','done','done','void'])[1 + g % 8]::status,
  '2022-01-01 00:00+00'::timestamptz + g * interval '97 minutes', date '1950-01-01' + g * 7 % 20000, (g * 37 % 100000) / 100.0,
  CASE WHEN g % 3 = 0 THEN ARRAY['vip', 't' || g % 10] ELSE ARRAY['t' || g % 10] END,
  jsonb_build_object('lang', (ARRAY['de','en','en','fr'])[1 + g % 4], 'age', g % 80, 'email', 'p' || g || '@x.test'),
  md5(g::text)::uuid, ('10.' || g % 4 || '.' || g % 200 || '.' || g % 250)::inet, sin(g) * 100, g % 10 <> 0,
  ('AB' || g % 50)::code, g % 20, rpad(left(md5((g % 40)::text), 6), 10), time '00:00' + (g % 1440) * interval '1 minute',
  (g % 300) * interval '1 hour', (g % 16)::bit(4), decode(md5((g % 500)::text), 'hex'), 'H' || g % 1000, (g % 300)::smallint,
  (g % 50) / 10.0, g::bigint * 1000000
FROM generate_series(1, 6000) g;
CREATE INDEX ON customer (lower(email));
CREATE INDEX ON customer (country, state);
CREATE INDEX ON customer (created);
CREATE INDEX ON customer USING gin (profile jsonb_path_ops);
CREATE INDEX ON customer USING gin (tags);
CREATE INDEX ON customer (balance) WHERE state <> 'done';
CREATE INDEX ON customer ((profile ->> 'lang'));
CREATE INDEX ON customer (handle);
CREATE INDEX ON customer (name text_pattern_ops);

CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id integer REFERENCES customer, state varchar(10), total numeric(10,2), placed timestamp,
  shipped date, comment text, during tstzrange, slot int4range, spot point, body tsvector, doc xml, parts numeric[]);
INSERT INTO orders SELECT g, 1 + (g * g) % 6000, CASE WHEN g % 20 = 0 THEN 'open' WHEN g % 7 = 0 THEN 'back' ELSE 'closed' END,
  (g * 13 % 50000) / 100.0, timestamp '2022-01-01' + g * interval '31 minutes', CASE WHEN g % 4 > 0 THEN date '2022-01-01' + g / 40 END,
  (ARRAY['fast please','call first','gift','PROMO deal','leave at door'])[1 + g % 5] || ' no ' || g % 500,
  tstzrange('2022-01-01'::timestamptz + g * interval '1 hour', '2022-01-02'::timestamptz + g * interval '1 hour'),
  int4range(g % 100, g % 100 + 10), point(g % 100, g / 100 % 100), to_tsvector('simple', 'word' || g % 30 || ' item' || g % 7),
  xmlparse(CONTENT '<o n="' || g || '"/>'), ARRAY[g % 5, g % 3]::numeric[]
FROM generate_series(1, 20000) g;
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (placed);
CREATE INDEX ON orders (id) WHERE state = 'open';
CREATE INDEX ON orders (lower(comment));
CREATE INDEX ON orders USING gist (spot);
CREATE INDEX ON orders USING gist (slot);
CREATE INDEX ON orders USING gin (body);
CREATE INDEX ON orders (shipped DESC NULLS LAST);

CREATE TABLE item (order_id bigint, line integer, product text, qty integer, price numeric(10,2), PRIMARY KEY (order_id, line));
INSERT INTO item SELECT o, l, 'product ' || (o * l) % 300, 1 + (o + l) % 9, (o * l % 9000) / 100.0
FROM generate_series(1, 20000) o, generate_series(1, 2) l;
CREATE INDEX ON item (product);

CREATE TABLE event (id bigint, at timestamptz NOT NULL, kind text, payload jsonb, region text) PARTITION BY RANGE (at);
CREATE TABLE event_2022 PARTITION OF event FOR VALUES FROM ('2022-01-01 00:00+00') TO ('2023-01-01 00:00+00');
CREATE TABLE event_2023 PARTITION OF event FOR VALUES FROM ('2023-01-01 00:00+00') TO ('2024-01-01 00:00+00');
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
INSERT INTO event SELECT g, '2022-01-01 00:00+00'::timestamptz + g * interval '4 hours',
  (ARRAY['view','view','view','click','buy'])[1 + g % 5], jsonb_build_object('k', g % 20, 'src', 's' || g % 3), 'r' || g % 4
FROM generate_series(1, 6000) g;
CREATE INDEX ON event (kind, at);

CREATE TABLE place (region text, city varchar(20), people integer) PARTITION BY LIST (region);
CREATE TABLE place_eu PARTITION OF place FOR VALUES IN ('de', 'fr', 'it');
CREATE TABLE place_us PARTITION OF place FOR VALUES IN ('us', 'ca');
CREATE TABLE place_xx PARTITION OF place DEFAULT;
INSERT INTO place SELECT (ARRAY['de','fr','it','us','ca','jp'])[1 + g % 6], 'city' || g % 80, g FROM generate_series(1, 1200) g;

CREATE TABLE bucket (id integer, v text) PARTITION BY HASH (id);
CREATE TABLE bucket_0 PARTITION OF bucket FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE bucket_1 PARTITION OF bucket FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO bucket SELECT g, 'v' || g % 9 FROM generate_series(1, 1000) g;

CREATE TABLE animal (id integer, name text, legs integer, CHECK (legs >= 0));
CREATE TABLE dog (breed text, CHECK (legs = 4)) INHERITS (animal);
CREATE TABLE bird (wings integer, CHECK (legs = 2)) INHERITS (animal);
INSERT INTO animal SELECT g, 'a' || g, g % 8 FROM generate_series(1, 200) g;
INSERT INTO dog SELECT g, 'd' || g, 4, 'b' || g % 5 FROM generate_series(1, 600) g;
INSERT INTO bird SELECT g, 'b' || g, 2, 2 FROM generate_series(1, 300) g;

CREATE TABLE tree (id integer PRIMARY KEY, parent integer, label text, weight integer);
INSERT INTO tree SELECT g, nullif(g / 3, 0), 'node' || g % 12, g % 50 FROM generate_series(1, 900) g;
CREATE INDEX ON tree (parent);

CREATE TABLE secret (id integer PRIMARY KEY, owner text, amount numeric);
INSERT INTO secret SELECT g, 'u' || g % 5, g FROM generate_series(1, 2000) g;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE ROLE corpus_reader;
CREATE POLICY own ON secret TO corpus_reader USING (owner = 'u' || 3);
GRANT USAGE ON SCHEMA app TO corpus_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO corpus_reader;

CREATE TABLE target (id integer PRIMARY KEY, v text, n numeric(8,2) DEFAULT 1, at date, tags text[], p pair, lst integer[]);
INSERT INTO target SELECT g, 'v' || g % 30, g, date '2022-01-01' + g % 90 FROM generate_series(1, 3000) g;
CREATE TABLE audit (who text, at timestamptz DEFAULT now(), what text);
CREATE TABLE empty (a integer, b text);

CREATE VIEW good_customer AS SELECT id, email, country, balance FROM customer WHERE active AND state <> 'void';
CREATE VIEW customer_order AS
  SELECT c.id, c.country, o.id AS order_id, o.total, o.placed FROM customer c JOIN orders o ON o.customer_id = c.id;
CREATE VIEW country_sum AS SELECT country, sum(balance) AS balance, count(*) AS n FROM customer GROUP BY country;

CREATE FUNCTION norm(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT lower(trim($1)) $$;
CREATE FUNCTION days_ago(integer) RETURNS timestamptz STABLE LANGUAGE sql AS $$ SELECT now() - $1 * interval '1 day' $$;
CREATE FUNCTION twice(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN $1 * 2; END $$;
CREATE FUNCTION near(integer, integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT abs($1 - $2) < 5 $$;
CREATE FUNCTION some_orders(integer) RETURNS SETOF orders STABLE LANGUAGE sql AS $$ SELECT * FROM app.orders WHERE customer_id = $1 $$;
CREATE FUNCTION ci_eq(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT lower($1) = lower($2) $$;
CREATE OPERATOR =~~= (FUNCTION = ci_eq, LEFTARG = text, RIGHTARG = text, COMMUTATOR = =~~=, RESTRICT = eqsel);

CREATE STATISTICS customer_corr (dependencies, ndistinct, mcv) ON country, state FROM customer;
VACUUM ANALYZE;
