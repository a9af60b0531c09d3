-- Whose rights what-if plans with: S1 (nobody has it by default), S14 (functions of a statement run as its role, restricted),
-- F3 (who may ask needs no right on the tables and gets no values).
CREATE EXTENSION pg_steward;
CREATE ROLE regress_planter;
CREATE ROLE regress_victim;
CREATE ROLE regress_adviser;
CREATE ROLE regress_gone;
CREATE SCHEMA app AUTHORIZATION regress_victim;
GRANT CREATE ON SCHEMA public TO regress_planter;

-- What a planted function does leaves a trace that no rollback removes: it draws from the sequence of who it runs as.
CREATE SCHEMA AUTHORIZATION regress_planter;
SET ROLE regress_planter;
GRANT USAGE ON SCHEMA regress_planter TO PUBLIC;
CREATE SEQUENCE regress_planter.as_regress_victim;
CREATE SEQUENCE regress_planter.as_regress_adviser;
CREATE SEQUENCE regress_planter.as_regress_gone;
CREATE SEQUENCE regress_planter.as_postgres;
CREATE SEQUENCE regress_planter.as_regress_planter;
CREATE SEQUENCE regress_planter.escaped;
CREATE SEQUENCE regress_planter.confined;
GRANT ALL ON ALL SEQUENCES IN SCHEMA regress_planter TO PUBLIC;
CREATE FUNCTION regress_planter.trace() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM nextval('regress_planter.as_' || current_user);
  IF current_setting('app.escape', true) IS DISTINCT FROM 'yes' THEN RETURN; END IF;
  BEGIN
    PERFORM set_config('role', session_user, true);
    PERFORM nextval('regress_planter.escaped');
  EXCEPTION WHEN insufficient_privilege THEN PERFORM nextval('regress_planter.confined');
  END;
END $$;
CREATE FUNCTION regress_planter.immutable_one(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM regress_planter.trace(); RETURN $1; END $$;
CREATE FUNCTION regress_planter.stable_one(int) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM regress_planter.trace(); RETURN $1; END $$;
CREATE VIEW regress_planter.traces AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'regress_planter';
GRANT SELECT ON regress_planter.traces TO PUBLIC;
CREATE FUNCTION regress_planter.forget() RETURNS void LANGUAGE plpgsql AS $$
DECLARE s text; BEGIN FOR s IN SELECT sequencename FROM regress_planter.traces LOOP
  EXECUTE format('ALTER SEQUENCE regress_planter.%I RESTART', s); END LOOP; END $$;
RESET ROLE;

-- The victim uses them in his own statements.
SET ROLE regress_victim;
CREATE TABLE app.accounts (id int PRIMARY KEY, kind int, secret text);
INSERT INTO app.accounts SELECT g, g % 100, 'secret ' || g FROM generate_series(1, 10000) g;
ANALYZE app.accounts;
CREATE TABLE app.things (thing int, owner name DEFAULT current_user);
INSERT INTO app.things (thing) SELECT generate_series(1, 1000);
ANALYZE app.things;
GRANT SELECT ON app.things TO regress_gone;
GRANT USAGE ON SCHEMA app TO regress_gone;
ALTER TABLE app.things ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.things FOR SELECT USING (owner = current_user AND thing >= regress_planter.stable_one(1));
SET search_path = app, pg_catalog;
CREATE FUNCTION app.of_kind(int) RETURNS SETOF int LANGUAGE sql STABLE AS 'SELECT id FROM accounts WHERE kind = $1';
CREATE FUNCTION app.fails(int) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN IF current_setting('app.fail', true) = 'yes' THEN RAISE EXCEPTION 'value is %', $1; END IF; RETURN $1; END $$;
CREATE FUNCTION app.reads(int) RETURNS int LANGUAGE sql STABLE AS
  'SELECT count(*)::int FROM app.accounts WHERE kind = $1 AND random() >= 0';
SELECT count(*) AS calls_immutable FROM app.accounts WHERE kind + regress_planter.immutable_one(1) = 5;
SELECT count(*) AS calls_stable FROM app.accounts WHERE kind = regress_planter.stable_one(3);
SELECT count(*) AS inlined FROM app.accounts WHERE id IN (SELECT f FROM app.of_kind(7) f);
SELECT count(*) AS failing FROM app.accounts WHERE kind = app.fails(8);
SELECT count(*) AS reading FROM app.accounts WHERE kind < app.reads(9);
SELECT secret AS plain FROM app.accounts WHERE kind = 99 AND id < 100;
SELECT count(*) AS of_things FROM app.things WHERE thing < 10;
SET ROLE regress_gone;
SELECT count(*) AS of_things FROM app.things WHERE thing < 10;
RESET ROLE;
RESET search_path;

CREATE VIEW captured AS
SELECT l.label, s.userid, s.queryid FROM steward.statements s
JOIN unnest('{calls_immutable,calls_stable,inlined,failing,reading,plain,of_things}'::text[]) l(label)
  ON s.query LIKE '%AS ' || l.label || ' FROM%' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
CREATE TABLE asked AS SELECT label, userid, queryid, userid::regrole::text AS ran_as FROM captured;
SELECT label, ran_as FROM asked ORDER BY 1, 2;
GRANT SELECT ON asked TO regress_adviser;
CREATE FUNCTION ask(label_ text, ran_as_ text DEFAULT 'regress_victim', candidates text[] DEFAULT '{}')
RETURNS TABLE (cost float8, used int[], sqlstate text, error text) LANGUAGE sql AS $$
SELECT w.total_cost, w.candidates_used, w.sqlstate, w.error
FROM asked a, steward.whatif(ARRAY[a.userid], ARRAY[a.queryid], candidates, '{1}',
  ARRAY[(SELECT coalesce(string_agg(n::text, ' '), '') FROM generate_series(1, cardinality(candidates)) n)]) w
WHERE a.label = label_ AND a.ran_as = ran_as_ $$;

-- S14: the superuser asks; the functions run as the victim, and cannot become the superuser.
SET app.escape = 'yes';
SELECT regress_planter.forget();
SELECT cost > 0 AS costed, error FROM ask('calls_immutable');
SELECT cost > 0 AS costed, error FROM ask('calls_stable');
SELECT sequencename, last_value IS NOT NULL AS happened FROM regress_planter.traces ORDER BY 1;
-- ... while plain EXPLAIN runs them as the superuser: the trap is real.
SELECT regress_planter.forget();
EXPLAIN (COSTS off) SELECT FROM app.accounts WHERE kind = regress_planter.stable_one(3);
SELECT sequencename, last_value IS NOT NULL AS happened FROM regress_planter.traces ORDER BY 1;
-- Everything is put back.
SELECT current_user, session_user, current_setting('search_path');

-- The function would plan a statement as anybody, so it insists on having seen him run it.
SELECT regress_planter.forget();
SELECT w.total_cost, w.sqlstate, w.error FROM asked a,
  steward.whatif(ARRAY['postgres'::regrole::oid], ARRAY[a.queryid], '{}', '{1}', '{""}') w WHERE label = 'calls_stable';
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL;

-- Row security expands as the role; a role that is gone is an error of its statements alone.
SELECT v.cost < g.cost AS policy_costs, v.error, g.error FROM ask('of_things') v, ask('of_things', 'regress_gone') g;
SELECT last_value IS NOT NULL AS as_the_other FROM regress_planter.traces WHERE sequencename = 'as_regress_gone';
REVOKE ALL ON app.things FROM regress_gone;
REVOKE ALL ON SCHEMA app FROM regress_gone;
DROP ROLE regress_gone;
SELECT w.request, w.total_cost > 0 AS costed, w.sqlstate, w.error
FROM (SELECT array_agg(userid ORDER BY ran_as) us, array_agg(queryid ORDER BY ran_as) qs FROM asked WHERE label = 'of_things') a,
     steward.whatif(us, qs, '{}', '{1,2}', '{"",""}') w;

-- The role's own search_path and planner settings hold: the function below names its table without a schema.
SELECT cost, sqlstate, error FROM ask('inlined');
ALTER ROLE regress_victim SET search_path = app;
SELECT cost > 0 AS costed, error FROM ask('inlined');
ALTER ROLE regress_victim SET seq_page_cost = 1000;
SELECT cost > 50000 AS dearer FROM ask('inlined');
ALTER ROLE regress_victim RESET seq_page_cost;
SELECT cost > 50000 AS dearer FROM ask('inlined');

-- A function that queries the table during planning does not meet the hypothetical index.
SELECT cost > 0 AS costed, used, error FROM ask('reading', candidates => '{"CREATE INDEX ON app.accounts (kind)"}');

-- F3: the adviser has EXECUTE and nothing else: no tables, no statistics, and no values in errors.
SET ROLE regress_adviser;
\set VERBOSITY sqlstate
SELECT cost FROM ask('plain');
\set VERBOSITY default
RESET ROLE;
GRANT USAGE ON SCHEMA steward TO regress_adviser;
SET ROLE regress_adviser;
SELECT cost FROM ask('plain');
RESET ROLE;
GRANT EXECUTE ON FUNCTION steward.whatif TO regress_adviser;
SELECT regress_planter.forget();
SET ROLE regress_adviser;
SELECT count(*) FROM app.accounts;
SELECT cost > 0 AS costed, used, error FROM ask('plain', candidates => '{"CREATE INDEX ON app.accounts (kind, id)"}');
SELECT cost > 0 AS costed, error FROM ask('calls_stable');
SET app.fail = 'yes';
SELECT cost, sqlstate, error FROM ask('failing');
RESET ROLE;
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL ORDER BY 1;

-- S14 for candidates: functions neither of a superuser nor of the table's owner are refused before anything runs.
SELECT regress_planter.forget();
SELECT cost, sqlstate, error FROM ask('plain', candidates =>
  '{"CREATE INDEX ON app.accounts ((kind + regress_planter.immutable_one(1)))"}');
SELECT cost, sqlstate, error FROM ask('plain', candidates =>
  '{"CREATE INDEX ON app.accounts (id) WHERE kind = regress_planter.immutable_one(99)"}');
SET ROLE regress_planter;
CREATE FUNCTION regress_planter.immutable_two(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM regress_planter.trace(); RETURN $1 = $2; END $$;
CREATE OPERATOR regress_planter.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = regress_planter.immutable_two, RESTRICT = eqsel);
RESET ROLE;
SELECT cost, sqlstate, error FROM ask('plain', candidates =>
  '{"CREATE INDEX ON app.accounts (id) WHERE kind OPERATOR(regress_planter.===) 99"}');
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL;

-- A superuser's statement on an ordinary user's table is planned as that user, whatever he has planted since.
REVOKE ALL ON FUNCTION steward.whatif FROM regress_adviser;
RESET app.fail;
SET ROLE regress_planter;
CREATE TABLE regress_planter.bait (id int, x int);
INSERT INTO regress_planter.bait SELECT g, g FROM generate_series(1, 1000) g;
ANALYZE regress_planter.bait;
CREATE TABLE regress_planter.swapped (id int, x int);
CREATE VIEW regress_planter.view AS SELECT id, x FROM regress_planter.bait;
CREATE DOMAIN regress_planter.checked AS int;
RESET ROLE;
CREATE TABLE ours (id int, x int, list int[]);
INSERT INTO ours SELECT g, g, ARRAY[g] FROM generate_series(1, 1000) g;
ANALYZE ours;
CREATE TABLE indexed (id int, x int);
CREATE TABLE parent (id int, x int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parent FOR VALUES FROM (0) TO (1000);
ALTER TABLE part OWNER TO regress_planter;
SELECT count(*) AS of_bait FROM regress_planter.bait WHERE id = 1;
SELECT count(*) AS of_swapped FROM regress_planter.swapped WHERE id = 1;
SELECT count(*) AS of_view FROM regress_planter.view WHERE id = 1;
SELECT count(*) AS of_ours FROM ours WHERE id = 1;
SELECT count(*) AS of_indexed FROM indexed WHERE id = 1;
SELECT count(*) AS of_parent FROM parent WHERE id = 1;
SELECT count(*) AS of_both FROM ours JOIN regress_planter.bait USING (id) WHERE bait.x = 1;
SELECT count(*) > 0 AS of_catalog FROM pg_class JOIN regress_planter.bait ON relpages = id WHERE bait.x = 1;
SELECT count(*) AS of_function FROM ours WHERE id = regress_planter.immutable_one(x);
SELECT count(*) AS of_domain FROM ours WHERE list::regress_planter.checked[] = '{1}'::regress_planter.checked[];
CREATE VIEW captured_ours AS
SELECT l.label, s.userid, s.queryid FROM steward.statements s
JOIN unnest('{of_bait,of_swapped,of_view,of_ours,of_indexed,of_parent,of_both,of_catalog,of_function,of_domain}'::text[]) l(label)
  ON s.query LIKE '%AS ' || l.label || ' FROM%' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
DELETE FROM asked;
INSERT INTO asked SELECT label, userid, queryid, userid::regrole::text FROM captured_ours;
SELECT a.label, w.cost > 0 AS costed, w.sqlstate, w.error FROM asked a, ask(a.label, 'postgres') w ORDER BY 1;

SET ROLE regress_planter;
CREATE INDEX ON regress_planter.bait ((x + regress_planter.immutable_one(5)));
CREATE INDEX ON public.part ((x + regress_planter.immutable_one(5)));
DROP TABLE regress_planter.swapped;
CREATE VIEW regress_planter.swapped AS SELECT 1 AS id, regress_planter.immutable_one(5) AS x;
GRANT SELECT ON regress_planter.swapped TO PUBLIC;
CREATE FUNCTION regress_planter.passes(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM regress_planter.trace(); RETURN true; END $$;
ALTER DOMAIN regress_planter.checked ADD CHECK (regress_planter.passes(VALUE));
RESET ROLE;
CREATE OR REPLACE VIEW regress_planter.view AS SELECT id, x + regress_planter.immutable_one(5) AS x FROM ours;
CREATE INDEX indexed_planted ON indexed ((x + regress_planter.immutable_one(5)));
SELECT regress_planter.forget();
SELECT a.label, w.cost > 0 AS costed, w.sqlstate, w.error FROM asked a, ask(a.label, 'postgres') w ORDER BY 1;
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL ORDER BY 1;

-- Nor does a candidate on a superuser's table bring anybody's code in: not its types, and not what is on the table already.
GRANT EXECUTE ON FUNCTION steward.whatif_index_size(text[]) TO regress_adviser;
GRANT SELECT ON ours, indexed, parent TO regress_adviser;
SELECT regress_planter.forget();
SET ROLE regress_adviser;
SELECT n, sqlstate, error FROM unnest(ARRAY[
  'CREATE INDEX ON public.ours (id) WHERE list::regress_planter.checked[] = ''{1}''::regress_planter.checked[]',
  'CREATE INDEX ON public.ours (id) WHERE list = regress_planter._checked(''{1}'')',
  'CREATE INDEX ON public.ours (id) WHERE list = ''{1}'' AND (list = ''{2}''::int[]) IS TRUE',
  'CREATE INDEX ON public.ours (id)',
  'CREATE INDEX ON public.indexed (id)',
  'CREATE INDEX ON public.parent (id)']) WITH ORDINALITY t(text, n), steward.whatif_index_size(ARRAY[text]) ORDER BY n;
RESET ROLE;
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL ORDER BY 1;

-- The size of a partial index is a question about the values in its columns: who asks must be able to read them.
REVOKE ALL ON ours FROM regress_adviser;
GRANT SELECT (id) ON ours TO regress_adviser;
DROP INDEX indexed_planted;
ALTER TABLE indexed ENABLE ROW LEVEL SECURITY;
SET ROLE regress_adviser;
SELECT n, sqlstate, error FROM unnest(ARRAY[
  'CREATE INDEX ON public.ours (id) WHERE id < 500',
  'CREATE INDEX ON public.ours (id) WHERE x < 500',
  'CREATE INDEX ON public.ours (x)',
  'CREATE INDEX ON public.ours (id) WHERE (ours).x < 500',
  'CREATE INDEX ON public.parent (x) WHERE x < 500',
  'CREATE INDEX ON public.indexed (id) WHERE id < 500']) WITH ORDINALITY t(text, n), steward.whatif_index_size(ARRAY[text]) ORDER BY n;
RESET ROLE;

-- A superuser's functions look names up in pg_catalog alone: an overload planted in his path is not found.
CREATE FUNCTION planted(numeric) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE FUNCTION trusted(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT planted($1)';
SELECT count(*) AS of_trusted FROM ours WHERE x = trusted(5);
SET ROLE regress_planter;
CREATE FUNCTION public.planted(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM regress_planter.trace(); RETURN 1; END $$;
RESET ROLE;
INSERT INTO asked SELECT 'of_trusted', userid, queryid, 'postgres' FROM steward.statements WHERE query LIKE '%AS of_trusted FROM%';
SELECT regress_planter.forget();
SELECT cost, sqlstate, error FROM ask('of_trusted', 'postgres');
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL;

-- The caller's temporary objects must not be found by functions that are planned as somebody else.
INSERT INTO asked SELECT label, userid, queryid, userid::regrole::text FROM captured WHERE label = 'inlined';
SELECT cost > 0 AS costed, error FROM ask('inlined');
GRANT EXECUTE ON FUNCTION steward.whatif TO regress_adviser;
SELECT regress_planter.forget();
\c -
SET ROLE regress_adviser;
CREATE TEMPORARY VIEW accounts AS SELECT 1 AS id, regress_planter.immutable_one(7) AS kind;
GRANT SELECT ON accounts TO PUBLIC;
SELECT cost, error FROM ask('inlined');
SELECT error FROM steward.whatif_index_size('{CREATE INDEX ON app.accounts (kind)}');
SELECT sequencename FROM regress_planter.traces WHERE last_value IS NOT NULL;
\c -
DROP VIEW captured_ours;
DROP TABLE ours, indexed, parent CASCADE;
DROP FUNCTION trusted(int), planted(numeric);

DROP FUNCTION ask(text, text, text[]);
DROP TABLE asked;
REVOKE CREATE ON SCHEMA public FROM regress_planter;
DROP OWNED BY regress_victim, regress_planter, regress_adviser CASCADE;
DROP ROLE regress_victim, regress_planter, regress_adviser;
