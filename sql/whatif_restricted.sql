-- S14: what a planted function may not leave behind in the session of who asks what-if, to run there later with his rights:
-- prepared statements, cursors, deferred triggers, temporary objects, settings, notifications.
CREATE EXTENSION pg_steward;
CREATE ROLE regress_planter2;
CREATE SCHEMA AUTHORIZATION regress_planter2;
SET ROLE regress_planter2;
CREATE SEQUENCE regress_planter2.as_regress_planter2;
CREATE SEQUENCE regress_planter2.as_postgres;
CREATE SEQUENCE regress_planter2.tried;
CREATE TABLE regress_planter2.queue (i int);
CREATE FUNCTION regress_planter2.later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM nextval('regress_planter2.as_' || current_user); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON regress_planter2.queue DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION regress_planter2.later();
CREATE FUNCTION regress_planter2.attempts() RETURNS void LANGUAGE plpgsql AS $$
DECLARE attempt text;
BEGIN
    FOREACH attempt IN ARRAY ARRAY['DEALLOCATE mine', 'DEALLOCATE ALL', 'PREPARE planted AS SELECT 1', 'DECLARE planted CURSOR WITH HOLD FOR SELECT 1',
        'INSERT INTO regress_planter2.queue VALUES (1)', 'CREATE TEMP TABLE planted (i int)', 'SET search_path = regress_planter2',
        'SET SESSION AUTHORIZATION DEFAULT', 'RESET ROLE', 'LISTEN planted', 'DISCARD PLANS'] LOOP
        PERFORM nextval('regress_planter2.tried');
        BEGIN EXECUTE attempt; EXCEPTION WHEN OTHERS THEN NULL; END;
    END LOOP;
END $$;
CREATE FUNCTION regress_planter2.immutable_one(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF current_setting('app.attack', true) = 'yes' THEN PERFORM regress_planter2.attempts(); END IF;
    RETURN $1;
END $$;
CREATE TABLE regress_planter2.bait AS SELECT g AS id FROM generate_series(1, 1000) g;
ANALYZE regress_planter2.bait;
SELECT count(*) AS baited FROM regress_planter2.bait WHERE id = regress_planter2.immutable_one(5);
RESET ROLE;

SET app.attack = 'yes';
PREPARE mine AS SELECT 'mine' AS whose;
BEGIN;
SELECT w.total_cost > 0 AS costed, w.sqlstate FROM steward.statements s,
    steward.whatif(ARRAY[s.userid], ARRAY[s.queryid], '{"CREATE INDEX ON regress_planter2.bait (id)"}', '{1}', '{1}') w
WHERE s.query ~ 'AS baited' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
COMMIT;
SELECT last_value > 5 AS the_function_ran FROM regress_planter2.tried;
SELECT sequencename AS ran_later FROM pg_sequences WHERE schemaname = 'regress_planter2' AND sequencename ~ '^as_' AND last_value IS NOT NULL;
SELECT name FROM pg_prepared_statements ORDER BY 1;
EXECUTE mine;
SELECT name FROM pg_cursors;
SELECT relname FROM pg_class WHERE relname = 'planted';
SELECT pg_listening_channels();
SELECT current_user = session_user AS myself, current_setting('search_path') AS search_path;

RESET app.attack;
DEALLOCATE mine;
DROP OWNED BY regress_planter2 CASCADE;
DROP ROLE regress_planter2;
