-- Schedules of materialized views: what is refused, who may, what is kept (RELIABILITY E12, S1, S6, S7, W11).
CREATE EXTENSION pg_steward;
-- This server has pg_steward.refresh = off, so that only the functions write.
SHOW pg_steward.refresh;

CREATE ROLE regress_steward_owner NOLOGIN;
CREATE ROLE regress_steward_member NOLOGIN IN ROLE regress_steward_owner;
CREATE ROLE regress_steward_other NOLOGIN;
GRANT USAGE ON SCHEMA steward TO regress_steward_owner, regress_steward_member, regress_steward_other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA steward TO regress_steward_owner, regress_steward_member, regress_steward_other;
GRANT SELECT ON steward.matviews, steward.refresh_history TO regress_steward_owner, regress_steward_other;
GRANT CREATE ON SCHEMA public TO regress_steward_owner;

SET ROLE regress_steward_owner;
CREATE TABLE sales AS SELECT i AS id, i % 7 AS shop, i * 1.5 AS amount FROM generate_series(1, 100) i;
CREATE MATERIALIZED VIEW sales_by_shop AS SELECT shop, sum(amount) AS total FROM sales GROUP BY shop;

-- E12: periods that make no sense
SELECT steward.schedule_refresh('sales_by_shop', every => '0');
SELECT steward.schedule_refresh('sales_by_shop', every => '-5 min');
SELECT steward.schedule_refresh('sales_by_shop', every => '1 mon -30 days');
SELECT steward.schedule_refresh('sales_by_shop', every => '999 ms');
SELECT steward.schedule_refresh('sales_by_shop', every => '178000000 years');
SELECT steward.schedule_refresh('sales_by_shop', every => '367 days');
SELECT steward.schedule_refresh('sales_by_shop', every => '1 h', timeout => '0');
SELECT steward.schedule_refresh('sales_by_shop', every => '1 h', method => 'quickly');
SELECT steward.schedule_refresh('sales_by_shop');
SELECT steward.schedule_refresh(NULL, every => '1 h');
SELECT steward.schedule_refresh('sales', every => '1 h');
SELECT steward.schedule_refresh(1::regclass, every => '1 h');
SELECT steward.pause_refresh('sales_by_shop');
SELECT count(*) FROM steward.matviews WHERE schedule IS NOT NULL;

-- What else makes no sense
SELECT steward.schedule_refresh('sales_by_shop', max_staleness => '10 ms');
SELECT steward.schedule_refresh('sales_by_shop', max_staleness => '1 min', every => '1 h');
SELECT steward.schedule_refresh('sales_by_shop', cron => '* * * *');
SELECT steward.schedule_refresh('sales_by_shop', cron => '0 25 * * *');
SELECT steward.schedule_refresh('sales_by_shop', cron => '0 0 30 2 *');
SELECT steward.schedule_refresh('sales_by_shop', cron => '0 1 * * *', timezone => 'Mars/Olympus');
SELECT steward.schedule_refresh('sales_by_shop', max_staleness => '1 min', blackout => 'lunch');
SELECT steward.schedule_refresh('sales_by_shop', priority => 1);

-- Each way to schedule; another takes the place of the one before, everything else stays.
SET TimeZone = 'Europe/Berlin';
SELECT steward.schedule_refresh('sales_by_shop', max_staleness => '1 min', priority => 3, blackout => 'mon-fri 09:00-17:30');
RESET ROLE;
SELECT mode, max_staleness, every, cron, timezone, blackout, priority, 'TimeZone=Europe/Berlin' = ANY (settings) AS pinned FROM steward.refresh_schedule;
SET ROLE regress_steward_owner;
SELECT mode, max_staleness, schedule, timezone, tracking, tracking_reason, unique_key_ddl FROM steward.matviews;
SELECT steward.schedule_refresh('sales_by_shop', cron => '*/5 8-18 * * mon-fri', timezone => 'America/New_York');
SELECT mode, max_staleness, schedule, timezone FROM steward.matviews;
SELECT steward.schedule_refresh('sales_by_shop', downstream => true, blackout => '');
RESET ROLE;
SELECT mode, max_staleness, every, cron, timezone, blackout, priority FROM steward.refresh_schedule;
SET ROLE regress_steward_owner;
SELECT steward.unschedule_refresh('sales_by_shop');
RESET TimeZone;

-- A schedule; called again it changes what is named.
SELECT steward.schedule_refresh('sales_by_shop', every => '5 min');
SELECT matviewname, matviewowner, enabled, mode, schedule, method, next_refresh IS NOT NULL AS has_next, next_reason FROM steward.matviews;
SELECT steward.schedule_refresh('sales_by_shop', method => 'plain', timeout => '10 s');
SELECT enabled, schedule, method FROM steward.matviews;
SELECT steward.pause_refresh('sales_by_shop');
SELECT enabled, schedule, next_refresh FROM steward.matviews;
SELECT steward.resume_refresh('sales_by_shop');
SELECT enabled, next_refresh IS NOT NULL AS has_next FROM steward.matviews;

-- E7: a name that needs quoting
CREATE MATERIALIZED VIEW "we""ird'; DROP TABLE sales; --" AS SELECT 1 AS n;
SELECT steward.refresh_now('"we""ird''; DROP TABLE sales; --"');
SELECT steward.schedule_refresh('"we""ird''; DROP TABLE sales; --"');
DROP MATERIALIZED VIEW "we""ird'; DROP TABLE sales; --";

-- S7: only the owner, its members and superusers
SET ROLE regress_steward_other;
SELECT steward.schedule_refresh('sales_by_shop', every => '1 h');
SELECT steward.unschedule_refresh('sales_by_shop');
SELECT steward.pause_refresh('sales_by_shop');
SELECT steward.resume_refresh('sales_by_shop');
SELECT steward.refresh_now('sales_by_shop');
SELECT steward.schedule_refresh('sales_by_shop', max_staleness => '1 s', priority => 100);
SELECT steward.schedule_refresh('sales_by_shop', cron => '* * * * *', timezone => 'UTC', blackout => 'mon-fri 09:00-17:30');
SELECT steward.schedule_refresh('sales_by_shop', downstream => true);
SET ROLE regress_steward_member;
SELECT steward.schedule_refresh('sales_by_shop', every => '1 h');
-- S6: nobody writes the tables
INSERT INTO steward.refresh_schedule (relid, owner, mode, every, timezone, priority, method, settings, enabled, changed_at)
  VALUES ('sales_by_shop', 'regress_steward_other', 'every', '1 s', 'UTC', 0, 'auto', '{}', true, now());
UPDATE steward.refresh_schedule SET owner = 'postgres';
UPDATE steward.refresh_schedule SET settings = '{role=postgres}', priority = 100, max_staleness = '1 s', cron = '* * * * *';
DELETE FROM steward.refresh_log;
UPDATE steward.refresh_state SET next_due = now();
RESET ROLE;
SELECT count(*) FROM pg_class c, LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
 WHERE c.relnamespace = 'steward'::regnamespace AND c.relname LIKE 'refresh%' AND c.relkind = 'r' AND a.grantee <> c.relowner;
-- S1
SELECT has_function_privilege('public', p.oid, 'EXECUTE') AS public_may FROM pg_proc p
 WHERE p.pronamespace = 'steward'::regnamespace AND p.proname ~ 'refresh' GROUP BY 1;

-- A manual refresh: concurrent when the view allows it, as its owner, with a line of history.
SET ROLE regress_steward_owner;
INSERT INTO sales VALUES (101, 1, 1000);
SELECT steward.refresh_now('sales_by_shop', method => 'auto');
SELECT total FROM sales_by_shop WHERE shop = 1;
-- W11: what is missing is named
SELECT steward.refresh_now('sales_by_shop', method => 'concurrently');
CREATE UNIQUE INDEX ON sales_by_shop (shop) WHERE shop > 0;
SELECT steward.refresh_now('sales_by_shop', method => 'concurrently');
CREATE UNIQUE INDEX ON sales_by_shop (shop);
SELECT steward.refresh_now('sales_by_shop', method => 'concurrently');
RESET ROLE;
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT steward.refresh_now('sales_by_shop', method => 'concurrently');
SELECT steward.refresh_now('sales_by_shop', method => 'auto');
SELECT steward.refresh_now('sales_by_shop', method => 'plain');
SELECT format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()) \gexec
REFRESH MATERIALIZED VIEW sales_by_shop WITH NO DATA;
SELECT steward.refresh_now('sales_by_shop', method => 'concurrently');
SELECT refresh_id, matviewname, result, reason, method, attempts, exec_time > 0 AS timed, wal_bytes > 0 AS wal, message FROM steward.refresh_history WHERE matviewname = 'sales_by_shop' ORDER BY 1;
-- messages are for the owner and for who may read all statistics
SET ROLE regress_steward_other;
SELECT DISTINCT message FROM steward.refresh_history;
RESET ROLE;

-- Whoever calls it, the query runs as the view's owner and cannot become anybody else (W10).
CREATE FUNCTION whoami() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT current_user::text';
CREATE MATERIALIZED VIEW who AS SELECT public.whoami() AS who;
ALTER MATERIALIZED VIEW who OWNER TO regress_steward_owner;
SELECT steward.refresh_now('who');
SELECT who FROM who;
SELECT current_user = session_user AS back, current_setting('search_path') AS search_path;

-- Views above may belong to others. Their code does not run in the session of somebody who lacks their owner's privileges:
-- there it would find his temporary objects first (S6). Nor are their locks taken.
SET ROLE regress_steward_owner;
CREATE FUNCTION stock() RETURNS bigint LANGUAGE plpgsql SET search_path = public AS 'BEGIN RETURN (SELECT count(*) FROM sales); END';
CREATE MATERIALIZED VIEW theirs AS SELECT public.stock() AS n;
GRANT SELECT ON theirs TO regress_steward_other;
SELECT steward.schedule_refresh('theirs', max_staleness => '1 h');
RESET ROLE;
CREATE SCHEMA regress_steward_den AUTHORIZATION regress_steward_other;
GRANT USAGE ON SCHEMA regress_steward_den TO PUBLIC;
SET ROLE regress_steward_other;
CREATE TABLE regress_steward_den.loot (who text);
GRANT INSERT ON regress_steward_den.loot TO PUBLIC;
CREATE FUNCTION regress_steward_den.evil() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO regress_steward_den.loot VALUES (current_user); RETURN 1; END $$;
CREATE MATERIALIZED VIEW regress_steward_den.mine AS SELECT n FROM theirs;
CREATE TEMP VIEW sales AS SELECT regress_steward_den.evil() AS id;
GRANT SELECT ON sales TO PUBLIC;
BEGIN;
SELECT steward.refresh_now('regress_steward_den.mine');
SELECT locktype, mode FROM pg_locks WHERE pid = pg_backend_pid() AND (relation = 'theirs'::regclass OR locktype = 'advisory' AND objid = 'theirs'::regclass) ORDER BY 1, 2;
COMMIT;
SELECT who FROM regress_steward_den.loot;
DROP VIEW pg_temp.sales;
RESET ROLE;
SELECT steward.refresh_now('regress_steward_den.mine');
SELECT matviewname, result FROM steward.refresh_history WHERE matviewname IN ('theirs', 'mine') ORDER BY refresh_id;
-- One row is kept where no worker comes.
SELECT steward.refresh_now('theirs');
SELECT count(*) FROM steward.refresh_manual WHERE relid = 'theirs'::regclass;
-- What a former schedule has come to is over.
INSERT INTO steward.refresh_state (relid, changed_at, slot, next_due, consecutive_failures, interruptions, failing_since)
  VALUES ('theirs'::regclass, now() - interval '1 d', now(), now(), 3, 0, now());
SELECT alerts FROM steward.matviews WHERE matviewname = 'theirs';
DROP SCHEMA regress_steward_den CASCADE;
DROP MATERIALIZED VIEW theirs;
DROP FUNCTION stock();

-- The transaction decides: nothing is kept of a schedule that is rolled back; a failed call undoes its switch of roles.
SELECT steward.unschedule_refresh('sales_by_shop');
BEGIN;
SELECT steward.schedule_refresh('sales_by_shop', every => '1 d');
ROLLBACK;
SELECT count(*) FROM steward.matviews WHERE schedule IS NOT NULL;
SELECT steward.unschedule_refresh('sales_by_shop');
BEGIN;
SELECT steward.schedule_refresh('sales_by_shop', every => '1 d');
PREPARE TRANSACTION 'schedule';

-- W18: a row that arrives by other ways, as from a dump, is disabled.
INSERT INTO steward.refresh_schedule (relid, owner, mode, every, timezone, priority, method, settings, enabled, changed_at)
  VALUES ('sales_by_shop', 'regress_steward_owner', 'every', '1 h', 'UTC', 0, 'auto', '{}', true, now());
SELECT enabled FROM steward.matviews WHERE matviewname = 'sales_by_shop';
SELECT steward.resume_refresh('sales_by_shop');
SELECT enabled FROM steward.matviews WHERE matviewname = 'sales_by_shop';

-- Its trigger function is no use elsewhere, and no danger.
CREATE TABLE other (id int);
INSERT INTO other VALUES (1);
CREATE TRIGGER t BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION steward.refresh_schedule_restored();
INSERT INTO other VALUES (2);
CREATE OR REPLACE TRIGGER t BEFORE INSERT OR DELETE ON other FOR EACH STATEMENT EXECUTE FUNCTION steward.refresh_schedule_restored();
INSERT INTO other VALUES (2);
CREATE OR REPLACE TRIGGER t AFTER DELETE ON other FOR EACH ROW EXECUTE FUNCTION steward.refresh_schedule_restored();
DELETE FROM other;
CREATE TRIGGER t BEFORE UPDATE ON steward.refresh_schedule FOR EACH ROW EXECUTE FUNCTION steward.refresh_schedule_restored();
UPDATE steward.refresh_schedule SET method = method;
DROP TRIGGER t ON steward.refresh_schedule;
DROP TABLE other;

DROP MATERIALIZED VIEW who, sales_by_shop;
DROP TABLE sales;
DROP EXTENSION pg_steward;
REVOKE ALL ON SCHEMA public FROM regress_steward_owner;
DROP ROLE regress_steward_member, regress_steward_owner, regress_steward_other;
