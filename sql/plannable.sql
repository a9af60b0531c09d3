-- Plannable texts: what is kept of a statement, who may read it, and that making it harms no statement.
CREATE EXTENSION pg_steward;
CREATE TABLE account (id int PRIMARY KEY, email text, opened date, kind text);
INSERT INTO account SELECT g, 'a' || g || '@x.test', date '2022-01-01' + g % 700, CASE WHEN g % 4 = 0 THEN 'gold' ELSE 'plain' END
  FROM generate_series(1, 4000) g;
CREATE INDEX ON account (lower(email));
ANALYZE account;
CREATE FUNCTION kept(part text) RETURNS TABLE (costable boolean, reason text, query text, kinds text) LANGUAGE sql AS $$
  SELECT p.costable, p.reason, regexp_replace(p.query, '\s+', ' ', 'g'),
    (SELECT string_agg(e ->> 'kind', ',' ORDER BY n) FROM jsonb_array_elements(p.parameters) WITH ORDINALITY x(e, n))
  FROM steward.plannable p JOIN steward.statements s USING (dbid, queryid) WHERE s.query LIKE part || '%'
$$;
CREATE FUNCTION kept_id(part text) RETURNS SETOF bigint LANGUAGE sql AS $$
  SELECT DISTINCT queryid FROM steward.statements s WHERE s.query LIKE part || '%'
$$;
SELECT steward.reset() IS NOT NULL AS reset;

-- Constants that are compared become typed parameters; shapes say what kind of comparison it was.
SELECT count(*) FROM account WHERE kind = 'gold' AND opened BETWEEN '2022-03-01' AND '2022-03-31' AND email LIKE 'a1%';
SELECT * FROM kept('SELECT count(*) FROM account WHERE kind');
SELECT count(*) FROM account WHERE opened >= date '2022-06-01' - interval '2 months' AND id IN (5, 6, 7);
SELECT * FROM kept('SELECT count(*) FROM account WHERE opened');
-- No compared value is in the record: neither in the text nor in the shapes.
SELECT count(*) FROM steward.plannable WHERE query ~ '2022-03|gold|a1%' OR parameters::text ~ '2022-03|gold|a1%';
-- Shapes are coarse: powers of 1.4, sixteenths, two digits.
SELECT p ->> 'kind' AS kind, p ->> 'frequency' AS frequency, p ->> 'position' AS position, (p ->> 'width')::numeric < 0.1 AS narrow
  FROM steward.plannable, jsonb_array_elements(parameters) WITH ORDINALITY e(p, n)
  WHERE query LIKE '%kind = $1%' ORDER BY n;
-- The query of CREATE TABLE AS and of a cursor.
CREATE TABLE gold AS SELECT id FROM account WHERE kind = 'gold' AND id > 3900;
SELECT costable, query LIKE '%account%(kind = $1)%' AS same FROM kept('CREATE TABLE gold');
-- What is given up says why.
SELECT 1 AS nothing;
CREATE TEMP TABLE scratch AS SELECT 1 AS a;
SELECT a FROM scratch WHERE a = 1;
SELECT costable, reason FROM kept('SELECT $1 AS nothing') UNION ALL SELECT costable, reason FROM kept('SELECT a FROM scratch');

-- H23: SQL-syntax functions crash the deparser when their literal becomes a parameter.
CREATE TABLE odd (id int, ts timestamp, y numeric, t text, x xml);
INSERT INTO odd VALUES (1, '2023-04-05 06:07', NULL, 'été', '<a/>');
UPDATE odd SET y = extract(year FROM ts);
UPDATE odd SET t = normalize(t, NFD) WHERE t IS NFC NORMALIZED AND extract(month FROM ts) = 4;
UPDATE odd SET x = xmlroot(x, VERSION '1.0', STANDALONE YES) WHERE extract(epoch FROM ts) > 5;
SELECT y, t IS NFD NORMALIZED AS nfd, x FROM odd WHERE normalize(t, NFC) = 'été' AND trim(BOTH 'x' FROM t) <> 'y';
SELECT extract(year FROM ts) FROM odd GROUP BY extract(year FROM ts) HAVING extract(year FROM ts) = 2023 AND max(y) IS NOT NULL;
SELECT count(*) FROM kept('UPDATE odd') WHERE costable;

-- H24: the hook runs inside other people's half-done DDL: foreign keys are checked with queries of the server's own.
SET pg_steward.track = 'all';
CREATE TABLE parent (a int PRIMARY KEY, b int) PARTITION BY RANGE (a);
CREATE TABLE part1 PARTITION OF parent FOR VALUES FROM (1) TO (100);
CREATE TABLE part2 PARTITION OF parent FOR VALUES FROM (100) TO (200);
CREATE TABLE loose (a int PRIMARY KEY, b int, CHECK (a >= 200 AND a < 300));
INSERT INTO parent SELECT g, g FROM generate_series(1, 199) g;
CREATE TABLE child (a int REFERENCES parent, n int) PARTITION BY LIST (n);
CREATE TABLE child1 PARTITION OF child FOR VALUES IN (1);
CREATE TABLE child2 (a int, n int);
INSERT INTO child SELECT g, 1 FROM generate_series(1, 50) g;
INSERT INTO child2 SELECT g, 2 FROM generate_series(1, 50) g;
ALTER TABLE parent ATTACH PARTITION loose FOR VALUES FROM (200) TO (300);
ALTER TABLE child ATTACH PARTITION child2 FOR VALUES IN (2);
ALTER TABLE parent DETACH PARTITION part2;
-- a partition that has partitions itself: planning the check looks for its parent, which is half gone
CREATE TABLE tree PARTITION OF parent FOR VALUES FROM (300) TO (400) PARTITION BY RANGE (a);
CREATE TABLE leaf PARTITION OF tree FOR VALUES FROM (300) TO (350);
INSERT INTO parent VALUES (301, 1);
ALTER TABLE parent DETACH PARTITION tree;
ALTER TABLE parent DETACH PARTITION loose CONCURRENTLY;
\set VERBOSITY sqlstate
ALTER TABLE parent DETACH PARTITION part1;
\set VERBOSITY default
ALTER TABLE child DETACH PARTITION child2;
ALTER TABLE child2 ADD CONSTRAINT two CHECK (n = 2) NOT VALID;
ALTER TABLE child2 VALIDATE CONSTRAINT two;
ALTER TABLE child ALTER COLUMN a TYPE bigint;
SELECT conrelid::regclass, count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'child%' GROUP BY 1 ORDER BY 1::text;

-- Long, wide and deep statements (E3, E5) run; what is kept of them is bounded.
DO $$
BEGIN
  EXECUTE 'SELECT count(*) FROM account WHERE id IN (' || (SELECT string_agg(g::text, ',') FROM generate_series(1, 3000) g) || ')';
  EXECUTE 'SELECT count(*) FROM account WHERE ' || (SELECT string_agg('id = ' || g, ' OR ') FROM generate_series(1, 1500) g);
  EXECUTE 'INSERT INTO account VALUES ' || (SELECT string_agg(format('(%s, ''x'', NULL, NULL)', g), ',') FROM generate_series(10001, 11000) g);
  EXECUTE 'SELECT count(*) FROM account WHERE id = 0' || repeat(' + 1', 3000);
END $$;
SELECT count(*) FROM account WHERE id > 10000;
RESET pg_steward.track;
SELECT reason, count(*) FROM kept('SELECT count(*) FROM account WHERE id ') GROUP BY 1 ORDER BY 1;
SELECT reason FROM kept('INSERT INTO account VALUES');

-- S2: others' texts and samples are not shown; one's own are.
CREATE ROLE regress_plannable_user;
GRANT USAGE ON SCHEMA steward TO regress_plannable_user;
GRANT SELECT ON steward.plannable TO regress_plannable_user;
GRANT EXECUTE ON FUNCTION steward.plannable_texts(), steward.parameter_samples() TO regress_plannable_user;
GRANT SELECT ON account TO regress_plannable_user;
CREATE TABLE secret AS SELECT 'c' || g % 3 AS card FROM generate_series(1, 300) g;
ANALYZE secret;
SET ROLE regress_plannable_user;
SELECT count(*) FROM steward.plannable WHERE query LIKE '%odd%';
SELECT email FROM account WHERE id = 77;
SELECT regexp_replace(query, '\s+', ' ', 'g') AS query FROM steward.plannable WHERE query LIKE '%email%' ORDER BY 1;
-- Statistics of a table that one may not read are not to be probed with statements that fail.
SELECT card FROM secret WHERE card = 'c1';
SELECT (SELECT card FROM secret WHERE card = 'c1') AS card FROM account WHERE id = 1;
RESET ROLE;
SELECT costable, reason FROM kept('SELECT card FROM secret') UNION ALL SELECT costable, reason FROM kept('SELECT (SELECT card');
SELECT count(*) FROM secret WHERE card = 'c1';
SELECT costable, kinds FROM kept('SELECT count(*) FROM secret');
SET ROLE regress_plannable_user;
SELECT count(*) FROM secret WHERE card = 'c1';
RESET ROLE;
SELECT costable, kinds FROM kept('SELECT count(*) FROM secret');
DELETE FROM secret WHERE card <> 'c1' OR ctid <> '(0,1)';
SELECT card FROM secret WHERE card = 'c1';
SELECT costable, kinds FROM kept('SELECT card FROM secret');
-- A text is shown to the user from whose statement it was made: a failed attempt at another's gives no right to its keys.
SELECT count(*) FROM secret WHERE to_jsonb(card) ->> 'kept key' = 'c1' AND card = 'c2';
SET ROLE regress_plannable_user;
SELECT count(*) FROM secret WHERE to_jsonb(card) ->> 'other' = 'c3' AND card = 'c4';
SELECT count(*) FROM steward.plannable WHERE query LIKE '%to_jsonb%';
RESET ROLE;
SELECT query LIKE '%kept key%' AS kept FROM steward.plannable WHERE query LIKE '%to_jsonb%';
-- S3: without pg_steward.capture_parameters no value is kept; with it, those of later statements are.
SELECT count(*) FROM steward.parameter_samples();
SET pg_steward.capture_parameters = on;
SELECT email FROM account WHERE id = 78 AND kind = 'gold';
PREPARE by_id(int, text) AS SELECT opened FROM account WHERE id = $1 AND kind = $2;
EXECUTE by_id(79, 'plain');
-- Prepared before its text was forgotten: the parse tree is gone, the text is made from the source.
SELECT count(steward.reset(0, 0, queryid)) FROM kept_id('PREPARE by_id') queryid;
EXECUTE by_id(80, 'gold');
SELECT costable, query FROM kept('PREPARE by_id');
EXECUTE by_id(81, 'plain');
RESET pg_steward.capture_parameters;
SELECT "values" FROM steward.parameter_samples() ORDER BY 1;
-- S2: who ran the same text sees neither values of others nor the text made of another's.
SET ROLE regress_plannable_user;
SELECT email FROM account WHERE id = 1 AND kind = 'none';
SELECT count(*) AS mine FROM steward.plannable WHERE query LIKE '%email%kind%';
SELECT count(*) FROM steward.parameter_samples();
RESET ROLE;
-- A view's column is measured as the column below it.
CREATE VIEW golden AS SELECT id AS number, kind AS sort FROM account WHERE id > 0;
SELECT count(*) FROM golden WHERE sort = 'plain';
SELECT (p ->> 'relid')::oid::regclass AS relation, p ->> 'attnum' AS attnum, p ->> 'frequency' AS frequency
  FROM steward.plannable, jsonb_array_elements(parameters) p WHERE query LIKE '%golden%';
DROP OWNED BY regress_plannable_user;
DROP ROLE regress_plannable_user;
