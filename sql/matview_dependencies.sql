-- What materialized views are made from, whether changes to it tell all, and the unique index they lack.
CREATE EXTENSION pg_steward;
SET client_min_messages = warning;
CREATE SCHEMA d;
SET search_path = d, public;
CREATE TABLE a (id int PRIMARY KEY, g int, t text, at timestamptz, d date, tod time);
CREATE TABLE b (id int PRIMARY KEY, a_id int, v numeric);
CREATE TABLE nokey (x int, y int);
CREATE SEQUENCE s;

-- One line for the dependencies, then what is made of the view; each view is dropped again.
CREATE FUNCTION tell(query text) RETURNS TABLE (tracking text, reason text, relations text, ddl text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'CREATE MATERIALIZED VIEW d.mv AS ' || query || ' WITH NO DATA';
    RETURN QUERY SELECT m.tracking, m.tracking_reason,
        (SELECT string_agg(s.kind::text || ':' || s.relid::regclass::text || coalesce(' by ' || s.via, ''), ', ' ORDER BY s.relid::regclass::text COLLATE "C")
           FROM steward.matview_dependencies('d.mv') s), m.unique_key_ddl
      FROM steward.matviews m WHERE m.relid = 'd.mv'::regclass;
    DROP MATERIALIZED VIEW d.mv;
END $$;
CREATE FUNCTION key(query text) RETURNS text LANGUAGE sql AS $$ SELECT ddl FROM d.tell(query) $$;
CREATE FUNCTION why(query text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(reason, tracking) FROM d.tell(query) $$;
CREATE FUNCTION reads(query text) RETURNS text LANGUAGE sql AS $$ SELECT relations FROM d.tell(query) $$;

-- Where a query can name relations
SELECT reads('SELECT * FROM a');
SELECT reads('SELECT a.t, b.v FROM a JOIN b ON b.a_id = a.id');
SELECT reads('SELECT 1 AS one WHERE EXISTS (SELECT FROM a)');
SELECT reads('SELECT (SELECT max(v) FROM b WHERE b.a_id = a.id) FROM a');
SELECT reads('WITH x AS (SELECT * FROM a), y AS MATERIALIZED (SELECT * FROM b) SELECT x.t FROM x, y');
SELECT reads('SELECT id FROM a UNION SELECT id FROM b EXCEPT SELECT x FROM nokey');
SELECT reads('SELECT s.v FROM a, LATERAL (SELECT v FROM b WHERE a_id = a.id LIMIT 1) s');
SELECT reads('SELECT j.t FROM (a JOIN b USING (id)) AS j WHERE j.g IN (SELECT x FROM nokey)');
SELECT reads('SELECT g FROM a GROUP BY g HAVING count(*) > (SELECT count(*) FROM b)');
SELECT reads('WITH RECURSIVE r AS (SELECT id FROM a UNION ALL SELECT b.id FROM b JOIN r ON b.a_id = r.id) SELECT * FROM r');
SELECT reads('SELECT 1 AS one FROM a ORDER BY (SELECT max(id) FROM b) LIMIT (SELECT count(*) FROM nokey)');

-- Plain views, materialized views
CREATE VIEW v1 AS SELECT id, g FROM a WHERE g > 0;
CREATE VIEW v2 AS SELECT v1.id FROM v1 JOIN nokey ON x = id;
CREATE MATERIALIZED VIEW p1 AS SELECT g, count(*) FROM a GROUP BY g;
CREATE VIEW v3 AS SELECT * FROM p1;
CREATE MATERIALIZED VIEW p2 AS SELECT * FROM v3;
SELECT reads('SELECT * FROM v2');
SELECT reads('SELECT * FROM v3 JOIN b ON b.id = g');
SELECT reads('SELECT * FROM p2');
SELECT why('SELECT * FROM p2');

-- Partitions and inheritance: what is below, unless ONLY, and what is above
CREATE TABLE m (k int, v int, PRIMARY KEY (k)) PARTITION BY RANGE (k);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (0) TO (10);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (k);
CREATE TABLE m21 PARTITION OF m2 FOR VALUES FROM (10) TO (15);
CREATE TABLE parent (k int PRIMARY KEY);
CREATE TABLE other (z int);
CREATE TABLE child (c int) INHERITS (parent, other);
SELECT reads('SELECT * FROM m');
SELECT reads('SELECT * FROM m21');
SELECT reads('SELECT * FROM ONLY m');
SELECT reads('SELECT m2.* FROM m2, ONLY m1');
SELECT reads('SELECT k FROM parent');
SELECT reads('SELECT k FROM ONLY parent');
SELECT reads('SELECT k FROM child');
SELECT reads('SELECT o.k FROM ONLY parent o JOIN parent p ON p.k = o.k');

-- Functions: bodies that are trees are read, text is believed only where it is declared immutable
CREATE FUNCTION f_tree(int) RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM d.b WHERE a_id = $1; END;
CREATE FUNCTION f_return(int) RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM d.nokey WHERE x = $1);
CREATE FUNCTION f_nested(int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT d.f_tree(g) FROM d.v1 WHERE id = $1; END;
CREATE FUNCTION f_writes(int) RETURNS int LANGUAGE sql BEGIN ATOMIC INSERT INTO d.nokey VALUES ($1) RETURNING x; END;
CREATE FUNCTION f_clock(int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT extract(hour FROM now())::int; END;
CREATE FUNCTION f_text(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION f_immutable(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION f_plpgsql(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
CREATE FUNCTION f_default(int, timestamptz DEFAULT now()) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION f_rows(int) RETURNS SETOF d.b LANGUAGE sql BEGIN ATOMIC SELECT * FROM d.b WHERE a_id = $1; END;
CREATE FUNCTION f_again(n int) RETURNS int LANGUAGE sql RETURN n;
CREATE OR REPLACE FUNCTION f_again(n int) RETURNS int LANGUAGE sql RETURN CASE WHEN n < 1 THEN 0 ELSE d.f_again(n - 1) END;
CREATE AGGREGATE agg_ok(int) (sfunc = int4pl, stype = int);
CREATE FUNCTION agg_step(int, int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN $1; END';
CREATE AGGREGATE agg_text(int) (sfunc = d.agg_step, stype = int);
CREATE FUNCTION near(int, int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 = $2; END';
CREATE OPERATOR ~~~ (leftarg = int, rightarg = int, function = d.near);
SELECT * FROM tell('SELECT f_tree(id) FROM a');
SELECT * FROM tell('SELECT f_return(id) FROM a');
SELECT * FROM tell('SELECT id FROM a WHERE f_nested(id) > 0');
SELECT * FROM tell('SELECT r.id FROM a, f_rows(a.g) r');
SELECT why('SELECT f_writes(id) FROM a');
SELECT why('SELECT f_clock(id) FROM a');
SELECT why('SELECT f_text(id) FROM a');
SELECT why('SELECT f_immutable(id) FROM a');
SELECT why('SELECT f_plpgsql(id) FROM a');
SELECT why('SELECT id FROM f_plpgsql(1) id');
SELECT why('SELECT f_default(id) FROM a');
SELECT why('SELECT f_default(id, at) FROM a');
SELECT why('SELECT f_again(id) FROM a');
SELECT why('SELECT agg_ok(id) FROM a');
SELECT why('SELECT agg_text(id) OVER (ORDER BY id) FROM a');
SELECT why('SELECT * FROM a WHERE id ~~~ g');
SELECT why('SELECT * FROM a WHERE id ~~~ ANY (ARRAY[1, 2])');
SELECT why('SELECT id FROM a ORDER BY f_text(id)');
SELECT why('SELECT DISTINCT ON (f_text(g)) id FROM a');
SELECT why('SELECT g FROM a GROUP BY g, f_text(g)');
SELECT why('SELECT sum(id) FILTER (WHERE f_text(id) > 0) FROM a');
SELECT why('SELECT a.id FROM a FULL JOIN b ON a.id = b.id AND f_text(1) = 1');
SELECT why('SELECT id FROM a LIMIT f_text(3)');

-- Stable through settings only
SELECT q, why(q) FROM unnest(ARRAY[
    'SELECT date_trunc(''month'', at) FROM a', 'SELECT at::date FROM a', 'SELECT to_char(at, ''DD'') FROM a',
    'SELECT to_char(id, ''FM999'') FROM a', 'SELECT extract(hour FROM at) FROM a', 'SELECT at::text FROM a',
    'SELECT t::timestamptz FROM a', 'SELECT id::money FROM a', 'SELECT at + interval ''1 day'' FROM a',
    'SELECT * FROM a WHERE at > d', 'SELECT format(''%s %s'', at, id) FROM a', 'SELECT concat(at, d) FROM a',
    'SELECT to_json(a) FROM a', 'SELECT json_agg(a ORDER BY id) FROM a', 'SELECT jsonb_build_object(''at'', at) FROM a',
    'SELECT at AT TIME ZONE ''UTC'' FROM a', 'SELECT array_agg(at)::text FROM a', 'SELECT to_tsvector(t) FROM a',
    'SELECT count(*) OVER (ORDER BY at RANGE interval ''1 day'' PRECEDING) FROM a', 'SELECT generate_series(at, at, ''1 h'') FROM a',
    'SELECT greatest(at, d) FROM a', 'SELECT age(at, at) FROM a', 'SELECT make_timestamptz(2020, 1, 1, id, 0, 0) FROM a',
    'SELECT xmlforest(at, id) FROM a', 'SELECT row(at, id)::text FROM a', 'SELECT date ''today'' FROM a']) q;
-- Not so
SELECT q, why(q) FROM unnest(ARRAY[
    'SELECT now()', 'SELECT current_date', 'SELECT localtime(0)', 'SELECT clock_timestamp()', 'SELECT statement_timestamp()',
    'SELECT transaction_timestamp()', 'SELECT timeofday()', 'SELECT age(at) FROM a', 'SELECT ''today''::text::date',
    'SELECT tod::timetz FROM a', 'SELECT random()', 'SELECT gen_random_uuid()', 'SELECT nextval(''s'')', 'SELECT * FROM s',
    'SELECT current_setting(''work_mem'')', 'SELECT current_user', 'SELECT session_user', 'SELECT current_schema', 'SELECT user',
    'SELECT txid_current()', 'SELECT age(xmin) FROM a', 'SELECT xmax AS x FROM a', 'SELECT pg_relation_size(''a'')',
    'SELECT pg_stat_get_numscans(1)', 'SELECT relname FROM pg_class', 'SELECT table_name FROM information_schema.tables',
    'SELECT ''a''::regclass::text', 'SELECT to_json(''a''::regclass)', 'SELECT has_table_privilege(''a'', ''select'')',
    'SELECT id FROM a TABLESAMPLE system (10)', 'SELECT version()', 'SELECT table_to_xml(''a'', true, true, '''')']) q;
SELECT why('SELECT id FROM a TABLESAMPLE system (10) REPEATABLE (1)');

-- Row security, foreign tables, foreign partitions
CREATE TABLE secret (id int PRIMARY KEY);
CREATE VIEW over_secret AS SELECT id FROM secret;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
SELECT * FROM tell('SELECT id FROM over_secret');
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER srv FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE far (k int) SERVER srv;
SELECT * FROM tell('SELECT * FROM far');
CREATE TABLE mixed (k int) PARTITION BY RANGE (k);
CREATE FOREIGN TABLE mixed1 PARTITION OF mixed FOR VALUES FROM (0) TO (1) SERVER srv;
SELECT * FROM tell('SELECT * FROM mixed');

-- Types: what turns values into text, and what a domain asks
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN small AS int CHECK (VALUE < 10);
CREATE DOMAIN young AS date CHECK (VALUE > current_date - 100);
CREATE TYPE pair AS (m mood, c regclass);
SELECT why('SELECT t::mood::text FROM a');
SELECT why('SELECT id::small FROM a');
SELECT why('SELECT d::young FROM a');
SELECT why('SELECT to_json((NULL, NULL)::pair) FROM a');
SELECT why('SELECT (NULL, NULL)::pair FROM a');
SELECT why('SELECT (id, ''a''::regclass)::text FROM a');
SELECT why('SELECT row_to_json(row(1, row(2, ''a''::regclass)))');

-- Unique keys
SELECT q, key(q) FROM unnest(ARRAY[
    'SELECT g, count(*) FROM a GROUP BY g', 'SELECT count(*), g, t FROM a GROUP BY t, g', 'SELECT g + 1 AS h, count(*) FROM a GROUP BY 1',
    'SELECT count(*) FROM a GROUP BY g', 'SELECT g, count(*) FROM a GROUP BY ROLLUP (g)', 'SELECT g, generate_series(1, 2) FROM a GROUP BY g',
    'SELECT DISTINCT g, t FROM a', 'SELECT DISTINCT ON (g) g, t FROM a ORDER BY g, at', 'SELECT DISTINCT ON (g) t FROM a',
    'SELECT count(*) AS n, sum(id) FROM a', 'SELECT g FROM a UNION SELECT x FROM nokey', 'SELECT g FROM a UNION ALL SELECT x FROM nokey',
    'SELECT t, id FROM a WHERE g > 3', 'SELECT id + 0 AS id FROM a', 'SELECT t FROM a', 'SELECT * FROM nokey',
    'SELECT b.id, a.t FROM b JOIN a ON a.id = b.a_id', 'SELECT b.id, a.t FROM b, a WHERE a.id = b.a_id', 'SELECT b.id, a.t FROM b LEFT JOIN a ON a.id = b.a_id',
    'SELECT b.id, a.t FROM a RIGHT JOIN b ON a.id = b.a_id', 'SELECT a.id, b.v FROM a LEFT JOIN b ON b.a_id = a.id',
    'SELECT a.id, b.v FROM b LEFT JOIN a ON a.id = b.a_id', 'SELECT a.id FROM a JOIN b ON true', 'SELECT a.id FROM a FULL JOIN b USING (id)',
    'SELECT id FROM a JOIN b USING (id)', 'SELECT b.id FROM b JOIN a ON a.id >= b.a_id', 'SELECT a.id FROM a JOIN b ON b.id = 7',
    'SELECT b.id, c.t FROM b JOIN a ON a.id = b.a_id JOIN a c ON c.id = a.g',
    'SELECT b.id, a.id AS j FROM b LEFT JOIN a ON a.id = b.a_id AND b.a_id = 5', 'SELECT k, v FROM m', 'SELECT k FROM parent', 'SELECT k FROM ONLY parent',
    'SELECT id FROM v1', 'SELECT json_agg(id) FROM a GROUP BY g', 'SELECT xmin AS x, count(*) FROM a GROUP BY xmin',
    'SELECT g AS "Group", count(*) FROM a GROUP BY g', 'SELECT id, row_number() OVER () FROM a', 'SELECT id, generate_series(1, 2) FROM a']) q;
-- What it proposes can be built, is then enough, and its name is not taken
CREATE MATERIALIZED VIEW "Odd name" AS SELECT g AS "G", count(*) FROM a GROUP BY g;
CREATE TABLE "Odd name_G_key" ();
SELECT unique_key_ddl FROM steward.matview_tracking('"Odd name"') \gexec
SELECT unique_key_ddl IS NULL AS none FROM steward.matview_tracking('"Odd name"');
REFRESH MATERIALIZED VIEW CONCURRENTLY "Odd name";
CREATE UNIQUE INDEX ON p1 (g) WHERE g > 0;
CREATE UNIQUE INDEX ON p1 ((g + 1));
SELECT unique_key_ddl FROM steward.matviews WHERE matviewname = 'p1';

-- The keys: each line differs from the one before exactly in what was done
CREATE TABLE steps (n serial, what text, d bigint, s bigint, l bigint);
CREATE FUNCTION watched_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TYPE colour AS ENUM ('red');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE VIEW watched_v AS SELECT k, v FROM m;
CREATE MATERIALIZED VIEW watched AS SELECT watched_f(k) AS k, v::positive, c::colour AS c FROM watched_v, (VALUES ('red'), ('pink')) x (c) WHERE v < 0;
CREATE PROCEDURE step(what text, command text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    COMMIT;
    INSERT INTO d.steps (what, d, s, l) SELECT step.what, definition_key, storage_key, leaf_key FROM steward.matview_tracking('d.watched');
END $$;
CALL step('start', 'SELECT 1');
CALL step('nothing', 'SELECT 1');
CALL step('rows', 'INSERT INTO m VALUES (1, 1), (11, 1)');
CALL step('refresh', 'REFRESH MATERIALIZED VIEW watched');
CALL step('analyze', 'ANALYZE m');
CALL step('comment', 'COMMENT ON TABLE m IS $x$x$x$');
CALL step('truncate a partition', 'TRUNCATE m1');
CALL step('attach', 'CREATE TABLE m3 PARTITION OF m FOR VALUES FROM (20) TO (30)');
CALL step('detach', 'ALTER TABLE m DETACH PARTITION m3');
CALL step('attach again', 'ALTER TABLE m ATTACH PARTITION m3 FOR VALUES FROM (20) TO (30)');
CALL step('view', 'CREATE OR REPLACE VIEW watched_v AS SELECT k, v FROM m WHERE v > 0');
CALL step('function', 'CREATE OR REPLACE FUNCTION watched_f(int) RETURNS int LANGUAGE sql IMMUTABLE AS $x$SELECT $1 + 1$x$');
CALL step('enum', 'ALTER TYPE colour RENAME VALUE $x$red$x$ TO $x$pink$x$');
CALL step('domain', 'ALTER DOMAIN positive ADD CONSTRAINT low CHECK (VALUE < 100)');
CALL step('nothing again', 'SELECT 1');
SELECT what, d <> lag(d) OVER w AS definition, s <> lag(s) OVER w AS storage, l <> lag(l) OVER w AS leaves FROM steps WINDOW w AS (ORDER BY n) ORDER BY n;

-- A view that reads itself through a function; none that is a view; what is gone; deep nesting; NULL
CREATE MATERIALIZED VIEW selfish AS SELECT f_return(1) AS n;
CREATE OR REPLACE FUNCTION f_return(int) RETURNS bigint LANGUAGE sql RETURN (SELECT n FROM d.selfish);
SELECT tracking, tracking_reason FROM steward.matview_tracking('selfish');
SELECT tracking, tracking_reason, unique_key_ddl FROM steward.matview_tracking('a');
SELECT tracking, tracking_reason, unique_key_ddl FROM steward.matview_tracking(0);
SELECT tracking, tracking_reason, unique_key_ddl FROM steward.matview_tracking(NULL);
SELECT * FROM steward.matview_dependencies('a');
SELECT * FROM steward.matview_dependencies(4294967295);
DO $$
BEGIN
    EXECUTE 'CREATE VIEW n0 AS SELECT id FROM a';
    FOR i IN 1 .. 100 LOOP EXECUTE format('CREATE VIEW n%s AS SELECT id FROM n%s', i, i - 1); END LOOP;
END $$;
CREATE MATERIALIZED VIEW deep AS SELECT id FROM n100;
SELECT count(*), min(kind) FROM steward.matview_dependencies('deep');
SELECT tracking FROM steward.matviews WHERE matviewname = 'deep';
-- A rule that cannot be read
SET allow_system_table_mods = on;
CREATE CAST (text AS pg_node_tree) WITHOUT FUNCTION;
BEGIN;
UPDATE pg_rewrite SET ev_action = '({NOSUCHNODE})'::text::pg_node_tree WHERE ev_class = 'n50'::regclass;
SELECT tracking, tracking_reason, unique_key_ddl FROM steward.matview_tracking('deep');
UPDATE pg_rewrite SET ev_action = (SELECT conbin FROM pg_constraint WHERE conname = 'small_check') WHERE ev_class = 'deep'::regclass;
SELECT tracking, tracking_reason, unique_key_ddl FROM steward.matview_tracking('deep');
ROLLBACK;
DELETE FROM pg_rewrite WHERE ev_class = 'n50'::regclass;
SELECT tracking, tracking_reason FROM steward.matview_tracking('deep');
RESET allow_system_table_mods;
SELECT count(*), count(tracking) FROM steward.matviews;
