-- S2, S1, E8: who sees which text; what never becomes text.
CREATE EXTENSION pg_steward;
CREATE ROLE regress_steward_alice;
CREATE ROLE regress_steward_bob;
CREATE ROLE regress_steward_monitor IN ROLE pg_read_all_stats;
-- PUBLIC has nothing.
SET ROLE regress_steward_alice;
SELECT * FROM steward.statements;
SELECT steward.reset();
RESET ROLE;
GRANT USAGE ON SCHEMA steward TO regress_steward_alice, regress_steward_bob, regress_steward_monitor;
GRANT SELECT ON steward.statements TO regress_steward_alice, regress_steward_bob, regress_steward_monitor;
GRANT EXECUTE ON FUNCTION steward.statements(boolean) TO regress_steward_alice, regress_steward_bob, regress_steward_monitor;
SELECT steward.reset() IS NOT NULL AS reset;

SET ROLE regress_steward_alice;
SELECT 'of alice' AS a, 1 AS secret;
SET ROLE regress_steward_bob;
SELECT 'of bob' AS b, 1 AS secret, 2 AS two;
SELECT userid::regrole, bool_and(queryid IS NULL) AS ids_hidden, string_agg(DISTINCT query, '; ') AS query
FROM steward.statements WHERE userid = 'regress_steward_alice'::regrole GROUP BY userid;
SELECT query FROM steward.statements WHERE userid = 'regress_steward_bob'::regrole AND query ~ 'AS b, ';
SET ROLE regress_steward_monitor;
SELECT query FROM steward.statements WHERE userid = 'regress_steward_alice'::regrole AND query ~ 'AS a, ';
RESET ROLE;
-- Without texts.
SELECT count(*) > 0 AS rows, count(query) AS texts FROM steward.statements(false);

-- E8: of statements that may carry passwords only the command is kept, however they are run.
CREATE ROLE regress_steward_secret LOGIN PASSWORD 'hunter2-create';
ALTER ROLE regress_steward_secret PASSWORD 'hunter2-alter';
ALTER USER regress_steward_secret WITH ENCRYPTED PASSWORD 'hunter2-encrypted' \; SELECT 'beside a password' AS text;
CREATE FOREIGN DATA WRAPPER regress_steward_fdw OPTIONS (debug 'true');
CREATE SERVER regress_steward_server FOREIGN DATA WRAPPER regress_steward_fdw OPTIONS (password 'hunter2-server');
CREATE USER MAPPING FOR regress_steward_secret SERVER regress_steward_server OPTIONS (password 'hunter2-mapping');
ALTER USER MAPPING FOR regress_steward_secret SERVER regress_steward_server OPTIONS (SET password 'hunter2-remapping');
SET client_min_messages = error;
CREATE SUBSCRIPTION regress_steward_sub CONNECTION 'dbname=nowhere password=hunter2-sub' PUBLICATION p
    WITH (connect = false, slot_name = NONE);
RESET client_min_messages;
ALTER SUBSCRIPTION regress_steward_sub CONNECTION 'dbname=nowhere password=hunter2-resub';
SET pg_steward.track = 'all';
DO $$ BEGIN ALTER ROLE regress_steward_secret PASSWORD 'hunter2-do'; END $$;
DO $$ BEGIN EXECUTE format('ALTER ROLE %I PASSWORD %L', 'regress_steward_secret', 'hunter2-dynamic'); END $$;
RESET pg_steward.track;
SELECT set_config('myapp.password', 'hunter2-config', false) IS NOT NULL AS set;
SET myapp.token = 'hunter2-token';
COMMENT ON ROLE regress_steward_secret IS 'hunter2-comment';
ALTER ROLE regress_steward_secret PASSWORD 'hunter2-error' VALID UNTIL 'never ever';
SELECT DISTINCT query FROM steward.statements WHERE query ~ 'redacted' OR query ~ 'password' OR query ~ 'token'
    OR query ~ '^(DO|COMMENT)' OR query ~ 'beside' ORDER BY 1;
SELECT count(*) AS passwords FROM steward.statements WHERE query ~ 'hunter2-';

DROP SUBSCRIPTION regress_steward_sub;
DROP FOREIGN DATA WRAPPER regress_steward_fdw CASCADE;
DROP ROLE regress_steward_secret;
DROP OWNED BY regress_steward_alice, regress_steward_bob, regress_steward_monitor;
DROP ROLE regress_steward_alice, regress_steward_bob, regress_steward_monitor;
