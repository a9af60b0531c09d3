-- H1: not preloaded: every function and view there is, also those added later, works or says what to set, and none crashes.
CREATE EXTENSION pg_steward;
CREATE FUNCTION attempt(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
    hint text;
BEGIN
    EXECUTE query;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', SQLSTATE, said, CASE WHEN hint ~ 'ALTER SYSTEM SET shared_preload_libraries' THEN '(with what to set)' END);
END $$;
-- Something of each type that is an argument.
CREATE FUNCTION something(type oid) RETURNS text LANGUAGE sql AS $$
    SELECT format(CASE WHEN t.typcategory = 'A' THEN '%L::%s' ELSE '%L::%s' END,
        CASE WHEN t.typcategory = 'A' THEN '{}'
             WHEN t.typname = 'bool' THEN 'true'
             WHEN t.typname = 'regclass' THEN 'pg_class'
             WHEN t.typname = 'interval' THEN '1 hour'
             WHEN t.typname = 'timestamptz' THEN 'now'
             WHEN t.typname IN ('json', 'jsonb') THEN '{}'
             WHEN t.typcategory = 'N' THEN '0'
             ELSE 'x' END, type::regtype)
    FROM pg_type t WHERE t.oid = type
$$;
CREATE TABLE attempts AS
    SELECT c.relname::text AS object, attempt(format('SELECT * FROM steward.%I', c.relname)) AS result
    FROM pg_class c WHERE c.relnamespace = 'steward'::regnamespace AND c.relkind IN ('v', 'r')
    UNION ALL
    SELECT p.oid::regprocedure::text,
           attempt(format('SELECT * FROM steward.%I(%s)', p.proname,
               (SELECT string_agg(something(a), ', ' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY u(a, n))))
    FROM pg_proc p WHERE p.pronamespace = 'steward'::regnamespace AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
      AND 'internal'::regtype <> ALL (p.proargtypes);
SELECT count(*) > 30 AS enough, count(*) FILTER (WHERE result ~ '^55000 pg_steward must be loaded.*with what to set') > 8 AS say_so
FROM attempts;
-- Other errors than that one come from arguments that were made up, or from stored data alone.
SELECT object, result FROM attempts
WHERE result <> 'ok' AND result !~ '^55000 pg_steward must be loaded via shared_preload_libraries .with what to set.$'
ORDER BY object COLLATE "C";
-- What shows shared memory may not work.
SELECT object FROM attempts
WHERE result = 'ok' AND object ~ '^(steward\.)?(statements|slow_queries|plans|predicates|plannable|capture_status|captured_\w+|plannable_\w+|parameter_samples|whatif\w*|reset)($|\()'
ORDER BY object COLLATE "C";
SELECT 'the session lives' AS state;
