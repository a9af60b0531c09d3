-- S5: a user who may create schemas was there before CREATE EXTENSION. It fails, adopts nothing and leaves nothing; once
-- their schema is gone it succeeds, with every object in a schema of its own.
SELECT current_database() AS db \gset
CREATE ROLE regress_squatter;
GRANT CREATE ON DATABASE :"db" TO regress_squatter;
GRANT CREATE ON SCHEMA public TO regress_squatter;
CREATE VIEW belongs AS
    SELECT pg_describe_object(classid, objid, objsubid) AS object FROM pg_depend
    WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_steward');

-- 18 tells where in the script, too
\set SHOW_CONTEXT never
-- an empty schema of that name
SET ROLE regress_squatter;
CREATE SCHEMA steward;
CREATE EXTENSION pg_steward;
RESET ROLE;
CREATE EXTENSION pg_steward;
CREATE EXTENSION IF NOT EXISTS pg_steward;
CREATE EXTENSION pg_steward SCHEMA steward;
CREATE EXTENSION pg_steward CASCADE;
SELECT count(*) AS extensions FROM pg_extension WHERE extname = 'pg_steward';
SELECT nspowner::regrole, obj_description(oid) FROM pg_namespace WHERE nspname = 'steward';
SELECT count(*) AS objects FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'steward'::regnamespace;

-- a schema with objects of the names that ours have
SET ROLE regress_squatter;
CREATE TABLE steward.refresh_schedule (relid regclass, owner regrole, note text DEFAULT 'mine');
CREATE TABLE steward.suggestion_run (run_id bigint);
CREATE VIEW steward.statements AS SELECT 'planted' AS query;
CREATE FUNCTION steward.reset(oid DEFAULT 0, oid DEFAULT 0, bigint DEFAULT 0) RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
RESET ROLE;
CREATE EXTENSION pg_steward;
SELECT count(*) AS extensions FROM pg_extension WHERE extname = 'pg_steward';
SELECT c.relname, c.relowner::regrole FROM pg_class c WHERE relnamespace = 'steward'::regnamespace ORDER BY 1;
SELECT prosrc, proowner::regrole FROM pg_proc WHERE pronamespace = 'steward'::regnamespace;
SELECT count(*) AS memberships FROM pg_depend WHERE deptype = 'e' AND objid IN
    (SELECT oid FROM pg_class WHERE relnamespace = 'steward'::regnamespace UNION ALL
     SELECT oid FROM pg_proc WHERE pronamespace = 'steward'::regnamespace UNION ALL SELECT 'steward'::regnamespace);

-- the same names in public are nobody's business
SET ROLE regress_squatter;
CREATE TABLE public.refresh_schedule (note text);
CREATE VIEW public.statements AS SELECT 'planted' AS query;
DROP SCHEMA steward CASCADE;
RESET ROLE;
CREATE EXTENSION pg_steward;
SELECT nspowner::regrole = current_user::regrole AS ours FROM pg_namespace WHERE nspname = 'steward';
SELECT count(*) > 30 AS members FROM belongs;
SELECT object FROM belongs WHERE object !~ '(steward[.]|schema steward)' ORDER BY 1;
SELECT count(*) AS not_ours FROM pg_class WHERE relnamespace = 'steward'::regnamespace AND relowner <> current_user::regrole;

-- and nobody but its owner puts anything in it afterwards
SET ROLE regress_squatter;
CREATE TABLE steward.mine (i int);
CREATE OR REPLACE FUNCTION steward.reset(oid DEFAULT 0, oid DEFAULT 0, bigint DEFAULT 0) RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
ALTER SCHEMA steward OWNER TO regress_squatter;
DROP EXTENSION pg_steward;
RESET ROLE;
DROP EXTENSION pg_steward;
SELECT count(*) AS left_over FROM pg_namespace WHERE nspname = 'steward';
DROP OWNED BY regress_squatter;
DROP ROLE regress_squatter;
