-- Of an expression's values steward.whatif knows what ANALYZE will know once the index is built: from a sample, where the
-- caller may read the columns.
CREATE EXTENSION pg_steward;
CREATE SCHEMA app;
CREATE TABLE app.users (id int, email text, kind text, region int, amount numeric, note text);
INSERT INTO app.users SELECT g, 'User' || g || '@Example.org', CASE WHEN g % 10 = 0 THEN 'odd' ELSE 'even' END, g % 1000, g % 1000, repeat('x', 60)
FROM generate_series(1, 20000) g;
CREATE TABLE app.visits (user_id int, page int);
INSERT INTO app.visits SELECT g % 20000, g % 100 FROM generate_series(1, 40000) g;
CREATE INDEX visits_user ON app.visits (user_id);
CREATE TABLE app.log (at date, word text) PARTITION BY RANGE (at);
CREATE TABLE app.log1 PARTITION OF app.log FOR VALUES FROM ('2026-01-01') TO ('2026-01-11');
CREATE TABLE app.log2 PARTITION OF app.log FOR VALUES FROM ('2026-01-11') TO ('2026-02-01');
INSERT INTO app.log SELECT date '2026-01-01' + g % 31, 'Word ' || g FROM generate_series(1, 20000) g;
CREATE TABLE app.few (name text);
INSERT INTO app.few SELECT 'Name ' || g FROM generate_series(1, 150) g;
VACUUM ANALYZE app.users, app.visits, app.log, app.few;
SET max_parallel_workers_per_gather = 0;

CREATE TABLE question (label text, text text, candidate text);
INSERT INTO question VALUES
  ('unique', 'SELECT note AS unique FROM app.users WHERE lower(email) = ''user77@example.org''', '(lower(email))'),
  ('common', 'SELECT count(note) AS common FROM app.users WHERE upper(kind) = ''ODD''', '(upper(kind))'),
  ('range', 'SELECT count(note) AS range FROM app.users WHERE region * 2 < 20', '((region * 2))'),
  ('numeric', 'SELECT count(note) AS numeric FROM app.users WHERE amount * 2 < 20', '((amount * 2))'),
  ('like', 'SELECT note AS like FROM app.users WHERE upper(email) LIKE ''USER77%''', '(upper(email) text_pattern_ops)'),
  ('ordered', 'SELECT count(note) AS ordered FROM app.users WHERE (lower(kind) COLLATE "C") > ''f''', '((lower(kind) COLLATE "C"))'),
  ('second', 'SELECT count(note) AS second FROM app.users WHERE region = 7 AND lower(email) < ''user2''', '(region, lower(email))'),
  ('grouped', 'SELECT region % 10 AS grouped, count(*) FROM app.users GROUP BY region % 10', '((region % 10))'),
  ('joined', 'SELECT v.page AS joined FROM app.users u JOIN app.visits v ON v.user_id = u.id WHERE lower(u.email) = ''user77@example.org''', '(lower(email))'),
  ('parts', 'SELECT at AS parts FROM app.log WHERE lower(word) = ''word 77''', '(lower(word))');
SET pg_steward.track = 'all';
SET pg_steward.capture_parameters = on;
DO $$ DECLARE q question; BEGIN FOR q IN SELECT * FROM question LOOP EXECUTE q.text || ' /* ' || q.label || ' */'; END LOOP; END $$;
RESET pg_steward.capture_parameters;
CREATE FUNCTION table_of(q question) RETURNS text LANGUAGE sql AS
$$ SELECT CASE q.label WHEN 'parts' THEN 'app.log' ELSE 'app.users' END $$;
CREATE TABLE asked AS
SELECT q.label, s.userid, s.queryid, 'CREATE INDEX ON ' || table_of(q) || ' ' || q.candidate AS candidate FROM question q
JOIN steward.statements s ON s.query LIKE '%/* ' || q.label || ' */%' AND NOT s.toplevel
  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());

-- One planning with the index, and one that only probes it: the access that it finds through the candidate costs no more
-- than the whole plan, and the plan around it is one for few rows.
CREATE TABLE predicted AS SELECT a.label, w.total_cost, w.candidates_used, w.error, p.total_cost AS probed_cost, p.accesses::jsonb AS accesses
FROM asked a, LATERAL steward.whatif(ARRAY[a.userid], ARRAY[a.queryid], ARRAY[a.candidate], '{1}', '{1}') w,
     LATERAL steward.whatif(ARRAY[a.userid], ARRAY[a.queryid], ARRAY[a.candidate], '{1}', '{""}', request_probes => '{1}') p;
-- Who may not read the columns learns nothing of their values: the guess of the planner stays.
CREATE ROLE regress_expression_asker;
GRANT USAGE ON SCHEMA steward, app TO regress_expression_asker;
GRANT EXECUTE ON FUNCTION steward.whatif TO regress_expression_asker;
GRANT SELECT ON asked TO regress_expression_asker;
CREATE FUNCTION cost_of(label_ text) RETURNS float8 LANGUAGE sql AS
$$ SELECT w.total_cost FROM asked a, steward.whatif(ARRAY[a.userid], ARRAY[a.queryid], ARRAY[a.candidate], '{1}', '{1}') w WHERE a.label = label_ $$;
SET ROLE regress_expression_asker;
SELECT cost_of('unique') > 100 AS guessed;
RESET ROLE;
GRANT SELECT (email) ON app.users TO regress_expression_asker;
SET ROLE regress_expression_asker;
SELECT cost_of('unique') < 10 AS known;
RESET ROLE;
REVOKE SELECT (email) ON app.users FROM regress_expression_asker;
SET ROLE regress_expression_asker;
SELECT cost_of('unique') > 100 AS guessed_again;
RESET ROLE;

-- Too few rows to tell, and a partial index, whose statistics the planner does not use.
SELECT s.error, s.pages > 0 AS sized FROM steward.whatif_index_size('{"CREATE INDEX ON app.few (lower(name))"}') s;
SELECT w.total_cost > 100 AS guessed FROM asked a,
  steward.whatif(ARRAY[a.userid], ARRAY[a.queryid], '{"CREATE INDEX ON app.users (lower(email)) WHERE id > 0"}', '{1}', '{1}') w WHERE a.label = 'unique';
-- An expression that fails for a row fails as CREATE INDEX would.
SELECT error FROM steward.whatif_index_size('{"CREATE INDEX ON app.users ((1 / (region - 7)))"}');

CREATE INDEX ON app.users (lower(email));
CREATE INDEX ON app.users (upper(kind));
CREATE INDEX ON app.users ((region * 2));
CREATE INDEX ON app.users (region, lower(email));
CREATE INDEX ON app.users ((region % 10));
CREATE INDEX ON app.log (lower(word));
CREATE INDEX ON app.users ((amount * 2));
CREATE INDEX ON app.users (upper(email) text_pattern_ops);
CREATE INDEX ON app.users ((lower(kind) COLLATE "C"));
ANALYZE app.users, app.log;
CREATE FUNCTION built(text) RETURNS float8 LANGUAGE plpgsql AS
$$ DECLARE plan json; BEGIN EXECUTE 'EXPLAIN (FORMAT json) ' || $1 INTO plan; RETURN plan->0->'Plan'->>'Total Cost'; END $$;
SELECT label, candidates_used, error, abs(total_cost / built(text) - 1) < 0.1 AS as_built,
  CASE WHEN label <> 'grouped' THEN EXISTS (SELECT FROM jsonb_array_elements(accesses) a WHERE a -> 6 = '[1]' AND (a ->> 5)::float8 <= total_cost) END AS probed
FROM predicted JOIN question USING (label) ORDER BY label;
DROP OWNED BY regress_expression_asker;
DROP ROLE regress_expression_asker;
