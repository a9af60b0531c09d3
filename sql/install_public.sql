-- S1: PUBLIC has nothing, on any object there is, also those added later; and whatever runs with another's rights says
-- where it looks up names.
CREATE EXTENSION pg_steward;
CREATE ROLE regress_nobody;
SELECT count(*) > 20 AS functions FROM pg_proc WHERE pronamespace = 'steward'::regnamespace;
SELECT nspname FROM pg_namespace WHERE nspname = 'steward'
    AND (has_schema_privilege('regress_nobody', oid, 'USAGE') OR has_schema_privilege('regress_nobody', oid, 'CREATE'));
SELECT oid::regprocedure AS may_execute FROM pg_proc
WHERE pronamespace = 'steward'::regnamespace AND has_function_privilege('regress_nobody', oid, 'EXECUTE');
SELECT oid::regclass AS may_use FROM pg_class
WHERE relnamespace = 'steward'::regnamespace AND CASE
    WHEN relkind IN ('r', 'p', 'v', 'm', 'f') THEN has_table_privilege('regress_nobody', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR has_any_column_privilege('regress_nobody', oid, 'SELECT, INSERT, UPDATE, REFERENCES')
    WHEN relkind = 'S' THEN has_sequence_privilege('regress_nobody', oid, 'USAGE, SELECT, UPDATE')
    ELSE false END;
-- Nor has the role that owns the extension given anything to anybody.
SELECT c.oid::regclass, a.grantee::regrole, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace = 'steward'::regnamespace AND a.grantee <> c.relowner;
SELECT p.oid::regprocedure, a.grantee::regrole, a.privilege_type FROM pg_proc p, aclexplode(p.proacl) a
WHERE p.pronamespace = 'steward'::regnamespace AND a.grantee <> p.proowner;
-- S4: functions that run with their owner's rights, or that a view calls for others, pin their search_path.
SELECT oid::regprocedure FROM pg_proc
WHERE pronamespace = 'steward'::regnamespace AND prokind = 'f' AND (prosecdef OR prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c'))
  AND NOT EXISTS (SELECT FROM unnest(proconfig) s WHERE s ~ '^search_path=pg_catalog, ?(steward, ?)?pg_temp$');
DROP ROLE regress_nobody;
