-- H1, F4: not preloaded. Schedules cannot be made and say why; what is stored can be read, and says that nothing comes.
CREATE EXTENSION pg_steward;
CREATE MATERIALIZED VIEW v AS SELECT 1 AS n;
SELECT steward.schedule_refresh('v', every => '5 min');
SELECT steward.pause_refresh('v');
SELECT steward.resume_refresh('v');
SELECT steward.unschedule_refresh('v');
SELECT steward.refresh_now('v');
SELECT * FROM steward.refresh_databases();
SELECT steward.refresh_schedule_restored();
SELECT count(*) FROM steward.refresh_history;
-- A restored row is disabled here, too (W18).
INSERT INTO steward.refresh_schedule (relid, owner, mode, every, timezone, priority, method, settings, enabled, changed_at)
  VALUES ('v', current_user::regrole, 'every', '1 h', 'UTC', 0, 'auto', '{}', true, now());
SELECT matviewname, enabled, next_reason FROM steward.matviews;
UPDATE steward.refresh_schedule SET enabled = true;
SELECT matviewname, enabled, next_reason FROM steward.matviews;
DROP MATERIALIZED VIEW v;
DROP EXTENSION pg_steward;
