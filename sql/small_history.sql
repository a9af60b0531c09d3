-- History with more statements than shared memory has room for: those that are evicted during an interval count as other.
CREATE EXTENSION pg_steward;
SET pg_steward.track = 'all';
SET pg_steward.track_utility = off;
SELECT coalesce(steward.write_history(), 0) >= 0 AS begun;
SELECT steward.write_history() >= 0 AS written;
TRUNCATE steward.history_interval, steward.history_entry;
DO $$ BEGIN
  FOR n IN 1..400 LOOP EXECUTE 'SELECT 1' || repeat(', 1', n); END LOOP;
END $$;
RESET pg_steward.track;
SELECT steward.write_history() > 0 AS written;
SELECT statements < 150 AS not_all_have_rows FROM steward.history_interval;
-- And the call of steward.write_history() itself.
SELECT sum(calls) FROM steward.statement_history;
SELECT calls > 200 AS evicted, total_exec_time > 0 AS time, p95_exec_time > 0 AS latency FROM steward.statement_history WHERE query = '<other>';
