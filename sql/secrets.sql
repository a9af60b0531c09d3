-- S3: no literal that may be a secret is kept anywhere, also where it is no comparison's value: arguments of functions, of
-- extensions' too, both sides of a comparison that have a column, outputs, documents' paths. What only says how (formats,
-- keys of documents, zones) is kept: index matching needs it.
CREATE EXTENSION pg_steward;
CREATE EXTENSION pgcrypto;
SET max_parallel_workers_per_gather = 0;
SET pg_steward.slow_min_duration = 0;
SET timezone = 'UTC';
CREATE TABLE users (id int PRIMARY KEY, hash text, num bytea, note text, doc jsonb, created timestamptz DEFAULT now(), tags text[],
                    card varchar(40), day date);
CREATE FUNCTION is_token(text, text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1 = $2; END';
CREATE FUNCTION in_sql(text, text) RETURNS bool LANGUAGE sql STABLE AS 'SELECT $1 = $2';
SELECT count(*) FROM steward.reset();

-- HunterTwo in text, \x48756e74657254776f in bytes, 4111111111111111 in numbers.
SELECT count(*) FROM users WHERE hash = crypt('HunterTwo', hash);
SELECT count(*) FROM users WHERE crypt('HunterTwo', hash) = hash AND id > 5;
SELECT pgp_sym_decrypt(num, 'HunterTwo') FROM users WHERE id = 1;
SELECT count(*) FROM users WHERE pgp_sym_decrypt(num, 'HunterTwo') = '4111111111111111';
SELECT count(*) FROM users WHERE encrypt(num, '\x48756e74657254776f', 'aes') = num;
INSERT INTO users (id, hash) VALUES (1, crypt('HunterTwo', gen_salt('bf', 4)));
INSERT INTO users (id, hash, num, card, day) SELECT 2, 'HunterTwo', '\x48756e74657254776f', 'HunterTwo', '2026-01-02' FROM users WHERE id = 1;
INSERT INTO users (id, hash) VALUES (3, digest('HunterTwo', 'sha256')::text), (4, 'HunterTwo') ON CONFLICT (id) DO UPDATE SET hash = crypt('HunterTwo', excluded.hash);
UPDATE users SET hash = crypt('HunterTwo', gen_salt('md5')) WHERE id = 2;
UPDATE users SET note = note || 'HunterTwo', doc = jsonb_set(doc, '{HunterTwo}', '"HunterTwo"'), tags[1] = 'HunterTwo' WHERE id = 3;
DELETE FROM users WHERE id = 9 RETURNING hash || 'HunterTwo';
SELECT count(*) FROM users WHERE is_token(note, 'HunterTwo');
SELECT count(*) FROM users WHERE is_token(note, 'HunterTwo') = is_token('HunterTwo', hash);
SELECT count(*) FROM users WHERE in_sql(note, 'HunterTwo') AND NOT in_sql('HunterTwo', note);
SELECT count(*) FROM users WHERE coalesce(note, 'HunterTwo') = hash GROUP BY coalesce(note, 'HunterTwo') HAVING max(hash || 'HunterTwo') <> coalesce(note, 'HunterTwo');
SELECT count(*) FROM (SELECT DISTINCT ON (hash || 'HunterTwo') hash || 'HunterTwo' FROM users ORDER BY hash || 'HunterTwo') AS s;
SELECT CASE WHEN id > 7 THEN 'HunterTwo' ELSE note END AS c, string_agg(note, 'HunterTwo') FROM users GROUP BY 1 ORDER BY 1;
SELECT DISTINCT note || 'HunterTwo' FROM users UNION SELECT 'HunterTwo' ORDER BY 1;
SELECT count(*) FROM users WHERE jsonb_path_exists(doc, '$.a ? (@ == "HunterTwo")') OR doc @? '$.b ? (@ == "HunterTwo")';
SELECT count(*) FROM users, jsonb_path_query(doc, '$.a ? (@ == "HunterTwo")') WHERE id = 1;
SELECT count(*) FROM users WHERE doc || '{"HunterTwo": 1}' = doc AND row_to_json(row(note, 'HunterTwo'))::text = note;
SELECT count(*) FROM users u, regexp_split_to_table('a,HunterTwo', ',') r WHERE u.note = replace(r, 'HunterTwo', u.hash);
SELECT count(*) FROM users WHERE regexp_replace(note, 'HunterTwo', 'x') = hash AND position('HunterTwo' in note) = id;
SELECT count(*) FROM users WHERE power(id, 2) + 4111111111111111 > id * 4111111111111111.5;
SELECT rank() OVER (ORDER BY note || 'HunterTwo') FROM users ORDER BY hash || 'HunterTwo', id LIMIT 3;
SELECT xmlelement(name u, xmlattributes('HunterTwo' AS p), note, 'HunterTwo')::text FROM users WHERE id = 1;
SELECT format('%s HunterTwo', note), concat(note, 'HunterTwo') FROM users WHERE id = 1;
SELECT count(*) FROM users WHERE EXISTS (SELECT FROM users v WHERE crypt('HunterTwo', v.hash) = users.hash);
WITH w AS (SELECT crypt('HunterTwo', hash) AS c FROM users) SELECT count(*) FROM w WHERE c IS NULL;
EXPLAIN (COSTS off) SELECT count(*) FROM users WHERE encode(num, 'HunterTwo') = hash;
PREPARE p (int) AS SELECT count(*) FROM users WHERE hash = crypt('HunterTwo', hash) AND id = $1;
EXECUTE p (1);
CREATE TABLE copy AS SELECT id FROM users WHERE hash = crypt('HunterTwo', hash || 'HunterTwo');
CREATE INDEX ON users (coalesce(note, 'HunterTwo'));
SET enable_seqscan = off;
SELECT id FROM users WHERE coalesce(note, 'HunterTwo') = 'HunterTwo';
RESET enable_seqscan;

CREATE VIEW everything AS
  SELECT 'plannable' AS source, query AS text FROM steward.plannable
  UNION ALL SELECT 'predicates', expression FROM steward.predicates
  UNION ALL SELECT 'plans', plan::text FROM steward.plans
  UNION ALL SELECT 'slow_queries', concat(query, plan) FROM steward.slow_queries
  UNION ALL SELECT 'statements', query FROM steward.statements;
SELECT source, count(*) > 5 AS filled,
       count(*) FILTER (WHERE text ~* 'hunter|48756e74657254776f|41111111|aGVs') AS leaks FROM everything GROUP BY source ORDER BY source;
SELECT * FROM everything WHERE text ~* 'hunter|48756e74657254776f|41111111|aGVs';
-- All of them can be costed nevertheless.
SELECT reason, query FROM steward.plannable WHERE NOT costable AND reason NOT IN ('utility statement', 'reads no relation');
SELECT p.query, w.error FROM steward.plannable p JOIN steward.statements s USING (dbid, queryid),
  steward.whatif(ARRAY[s.userid], ARRAY[p.queryid], '{}', '{1}', '{""}') w WHERE p.costable AND w.error IS NOT NULL;

-- What says how stays.
SELECT count(*) FROM steward.reset();
SELECT count(*) FROM users WHERE doc ->> 'kind' = 'HunterTwo' AND doc #>> '{address,city}' = 'HunterTwo' AND doc['level'] = '4111111111111111';
SELECT count(*) FROM users WHERE to_char(created, 'YYYY-MM') = 'HunterTwo' AND date_trunc('month', created) < now() AND (created AT TIME ZONE 'Europe/Berlin')::date > '2026-01-01' AND extract(year FROM created) = 2026;
SELECT count(*) FROM users WHERE to_tsvector('english', note) @@ to_tsquery('english', 'HunterTwo') AND regexp_replace(note, '[^0-9]', '', 'g') = 'HunterTwo' AND lower(note || ' ') LIKE 'HunterTwo%' AND hash = current_setting('app.tenant', true) LIMIT 10;
SELECT literal FROM unnest('{kind,"{address,city}",level,YYYY-MM,month,Europe/Berlin,english,[^0-9],app.tenant}'::text[]) literal
WHERE NOT EXISTS (SELECT FROM steward.plannable WHERE strpos(query, quote_literal(literal)) > 0);
SELECT DISTINCT expression COLLATE "C" FROM steward.predicates WHERE expression IS NOT NULL ORDER BY 1;
-- Functions that are not the server's own are not run to find a literal's value: this one fails, and its text is kept.
SELECT count(*) FROM users WHERE hash = encode(digest('HunterTwo', 'sha0'), 'hex');
SELECT costable FROM steward.plannable WHERE query ~ 'encode\(public.digest';
-- Utility statements in which a secret may be a bare word are kept by their command alone.
SET app.token TO HunterTwo;
SET LOCAL "app.token" = HunterTwo;
ALTER FUNCTION is_token(text, text) SET app.token TO HunterTwo;
CREATE OR REPLACE FUNCTION configured() RETURNS int LANGUAGE sql SET app.token TO HunterTwo AS 'SELECT 1';
SELECT format('ALTER DATABASE %I SET app.token TO HunterTwo', current_database()) \gexec
SET work_mem TO '4MB';
SET app.token = 'HunterTwo';
SELECT DISTINCT query COLLATE "C" AS query FROM steward.statements WHERE query ~ '^(SET|ALTER|CREATE FUNCTION <)' ORDER BY 1;
SELECT * FROM everything WHERE text ~* 'hunter|48756e74657254776f|41111111|aGVs';
DROP EXTENSION pgcrypto;
