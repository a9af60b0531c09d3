-- Compares plans of the corpus: the original's against that of its plannable text with the original's values, as a custom
-- plan on the same server. One row a statement goes to `outcome`.
CREATE SCHEMA check_plans;
CREATE TABLE check_plans.corpus (no integer PRIMARY KEY, role text, run text, "values" text[], sql text);
CREATE TABLE check_plans.outcome (no integer, result text, detail text, sql text, plannable text, informative boolean, flips boolean,
  cost double precision, sampled_cost double precision, sampled_method text, sampled_error text);
CREATE TABLE check_plans.drawn (no integer, sql text, cost double precision, drawn_cost double precision, method text, error text);

-- What must be equal: nodes, their methods, indexes and relations, costs and rows; not aliases, labels and conditions.
CREATE FUNCTION check_plans.essence(node jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  kept jsonb := '{}';
  key text;
BEGIN
  FOREACH key IN ARRAY ARRAY['Node Type', 'Strategy', 'Partial Mode', 'Parallel Aware', 'Join Type', 'Index Name', 'Relation Name',
      'Function Name', 'Scan Direction', 'Startup Cost', 'Total Cost', 'Plan Rows', 'Plan Width', 'Workers Planned', 'Operation',
      'Parent Relationship', 'Subplans Removed', 'Command', 'Conflict Resolution', 'Inner Unique', 'Sampling Method'] LOOP
    IF node ? key THEN kept := kept || jsonb_build_object(key, node -> key); END IF;
  END LOOP;
  IF node ? 'Plans' THEN
    kept := kept || jsonb_build_object('Plans', (SELECT jsonb_agg(check_plans.essence(p)) FROM jsonb_array_elements(node -> 'Plans') p));
  END IF;
  RETURN kept;
END $$;

CREATE FUNCTION check_plans.explain(statement text, OUT plan jsonb, OUT queryid bigint) LANGUAGE plpgsql AS $$
DECLARE
  explained json;
BEGIN
  EXECUTE 'EXPLAIN (VERBOSE, FORMAT json) ' || statement INTO explained;
  plan := check_plans.essence(explained::jsonb -> 0 -> 'Plan');
  queryid := (explained -> 0 ->> 'Query Identifier')::bigint;
END $$;

-- Forgets the application's statements, so that each is seen for the first time.
CREATE FUNCTION check_plans.forget() RETURNS void LANGUAGE sql AS $$
  SELECT steward.reset(0::oid, t.dbid, t.queryid) FROM steward.plannable_texts() t WHERE t.query LIKE '%app.%' OR NOT t.costable
$$;

-- Each parameter's value from whichever sample holds it.
CREATE FUNCTION check_plans.sampled(id bigint, n integer) RETURNS text[] LANGUAGE sql AS $$
  SELECT array_agg((SELECT s."values"[i] FROM steward.parameter_samples() s
                    WHERE s.queryid = id AND s."values"[i] IS NOT NULL ORDER BY sample DESC LIMIT 1) ORDER BY i)
  FROM generate_series(1, n) i
$$;

CREATE FUNCTION check_plans.type_name(type oid) RETURNS text LANGUAGE sql AS $$
  SELECT format('%I.%I', nspname, typname) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE t.oid = type
$$;

CREATE FUNCTION check_plans.explain_plannable(text_query text, parameters jsonb, vals text[], role text) RETURNS jsonb
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  types text;
  arguments text;
  plan jsonb;
BEGIN
  SELECT string_agg(check_plans.type_name((p ->> 'type')::oid), ', ' ORDER BY i),
         string_agg(format('%L::%s', vals[i], check_plans.type_name((p ->> 'type')::oid)), ', ' ORDER BY i)
  INTO types, arguments FROM jsonb_array_elements(parameters) WITH ORDINALITY e(p, i);
  PERFORM set_config('search_path', 'pg_catalog', true);
  EXECUTE format('PREPARE plannable %s AS %s', CASE WHEN types > '' THEN '(' || types || ')' ELSE '' END, text_query);
  PERFORM set_config('search_path', 'app, public', true);
  EXECUTE 'SET LOCAL ROLE ' || quote_ident(role);
  plan := (check_plans.explain('EXECUTE plannable ' || CASE WHEN types > '' THEN '(' || arguments || ')' ELSE '' END)).plan;
  RESET ROLE;
  EXECUTE 'DEALLOCATE plannable';
  RETURN plan;
END $$;

-- Everything a statement leaves behind is undone by the closing exception.
CREATE FUNCTION check_plans.check_one(c check_plans.corpus) RETURNS check_plans.outcome LANGUAGE plpgsql AS $$
DECLARE
  o check_plans.outcome := (c.no, NULL, NULL, c.sql, NULL, false, NULL, NULL, NULL, NULL, NULL)::check_plans.outcome;
  original jsonb;
  replanned jsonb;
  id bigint;
  row record;
  part text;
BEGIN
  DEALLOCATE ALL;
  PERFORM check_plans.forget();
  EXECUTE 'SET LOCAL ROLE ' || quote_ident(coalesce(c.role, current_user));
  IF c.run IS NULL THEN
    SELECT * FROM check_plans.explain(c.sql) INTO original, id;
  ELSE
    original := (check_plans.explain(c.sql)).plan;
    PERFORM check_plans.forget();
    IF c.run LIKE 'DO %' THEN EXECUTE c.run;
    ELSE FOREACH part IN ARRAY string_to_array(c.run, '; ') LOOP EXECUTE part; END LOOP;
    END IF;
  END IF;
  RESET ROLE;
  IF c.run IS NULL THEN
    SELECT * INTO row FROM steward.plannable_texts() t WHERE t.queryid = id;
  ELSE
    -- The statement that was run is the one that names a relation of the application.
    SELECT * INTO row FROM steward.plannable_texts() t
    WHERE (t.query LIKE '%app.%' OR t.reason IN ('uses a temporary relation', 'refers to a cursor', 'uses a transition table'))
    ORDER BY t.reason NULLS LAST LIMIT 1;
  END IF;
  IF NOT FOUND THEN
    o.result := 'not captured';
    RETURN o;
  END IF;
  IF NOT row.costable THEN
    o.result := 'not costable';
    o.detail := row.reason;
    RETURN o;
  END IF;
  o.plannable := row.query;
  o.informative := jsonb_array_length(row.parameters) > 0 AND c.sql !~* '^insert .* values';
  BEGIN
    replanned := check_plans.explain_plannable(row.query, row.parameters,
      coalesce(c."values", check_plans.sampled(row.queryid, jsonb_array_length(row.parameters))), coalesce(c.role, current_user));
  EXCEPTION WHEN OTHERS THEN
    o.result := 'does not plan';
    o.detail := SQLSTATE || ' ' || SQLERRM;
    RETURN o;
  END;
  o.result := CASE WHEN original = replanned THEN 'same' ELSE 'differs' END;
  -- The same through the server's own planning, as the role and under its settings.
  o.cost := original ->> 'Total Cost';
  IF c."values" IS NULL THEN
    SELECT w.total_cost, w.method, w.error INTO o.sampled_cost, o.sampled_method, o.sampled_error
    FROM steward.whatif(ARRAY[coalesce(c.role, current_user)::regrole::oid], ARRAY[row.queryid], '{}', '{1}', '{""}') w;
  END IF;
  -- The control: with other values the comparison must be able to fail.
  BEGIN
    o.flips := original <> check_plans.explain_plannable(row.query, row.parameters, NULL, coalesce(c.role, current_user));
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  IF o.result = 'differs' THEN o.detail := original::text || E'\n  ' || replanned::text; END IF;
  RETURN o;
END $$;

-- Without samples: the cost with values drawn from shapes and statistics beside the original's.
CREATE PROCEDURE check_plans.check_draws() LANGUAGE plpgsql AS $$
DECLARE
  c check_plans.corpus;
  original jsonb;
  id bigint;
BEGIN
  PERFORM set_config('pg_steward.capture_parameters', 'off', false);
  FOR c IN SELECT * FROM check_plans.corpus WHERE run IS NULL AND role IS NULL ORDER BY no LOOP
    PERFORM check_plans.forget();
    SELECT * FROM check_plans.explain(c.sql) INTO original, id;
    INSERT INTO check_plans.drawn
    SELECT c.no, c.sql, (original ->> 'Total Cost')::float8, w.total_cost, w.method, w.error
    FROM steward.whatif(ARRAY[current_user::regrole::oid], ARRAY[id], '{}', '{1}', '{""}') w
    WHERE EXISTS (SELECT FROM steward.plannable_texts() t WHERE t.queryid = id AND t.costable AND t.parameters <> '[]');
  END LOOP;
  PERFORM set_config('pg_steward.capture_parameters', 'on', false);
END $$;

CREATE PROCEDURE check_plans.check_all() LANGUAGE plpgsql AS $$
DECLARE
  c check_plans.corpus;
  o check_plans.outcome;
  trace text;
BEGIN
  FOR c IN SELECT * FROM check_plans.corpus ORDER BY no LOOP
    FOR attempt IN 1..3 LOOP
      BEGIN
        o := check_plans.check_one(c);
        RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ001';
      EXCEPTION
        WHEN SQLSTATE 'ZZ001' THEN NULL;
        WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS trace = PG_EXCEPTION_CONTEXT;
          o := (c.no, 'corpus error', SQLSTATE || ' ' || SQLERRM || E'\n' || trace, c.sql, NULL, false, NULL, NULL, NULL, NULL, NULL)::check_plans.outcome;
      END;
      -- A sight that meets the launcher's merging leaves no text.
      EXIT WHEN o.result IS DISTINCT FROM 'not captured';
    END LOOP;
    INSERT INTO check_plans.outcome SELECT o.*;
  END LOOP;
END $$;
