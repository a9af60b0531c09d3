-- A statement that changes its plan: which plan it was, which it is, and why.
CREATE EXTENSION pg_steward;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE items (id int, code int, kind text, filler text) WITH (autovacuum_enabled = off);
INSERT INTO items SELECT g, g, CASE WHEN g % 5000 = 0 THEN 'rare' ELSE 'common' END, repeat('x', 100)
FROM generate_series(1, 50000) g;
CREATE INDEX items_id ON items (id);
CREATE INDEX items_code ON items (code);
CREATE INDEX items_kind ON items (kind);
CREATE VIEW changes AS
SELECT substring(query FROM 'AS (by_\w+)') AS statement, effect, cause, cause_detail, old_calls, new_calls, old_kind, new_kind,
       old_outline, new_outline
FROM steward.plan_changes WHERE query LIKE '%FROM items %' ORDER BY changed_at;
ANALYZE items;
SELECT 1 FROM steward.reset();
-- Brings in what was counted: "last seen" of the old plan is when that was done, and must be before the new one came.
\set drain 'SELECT count(*) > 0 AS drained FROM steward.plan_changes;'

-- both plans in use, for different values; and where there are none to differ
SELECT max(filler) IS NOT NULL AS by_kind FROM items WHERE kind = 'rare';
SELECT max(filler) IS NOT NULL AS by_kind FROM items WHERE kind = 'common';
SELECT max(id) AS by_turns FROM items AS i;
SET enable_indexonlyscan = off;
SELECT max(id) AS by_turns FROM items AS i;
RESET enable_indexonlyscan;
SELECT pg_sleep(2.5);
SELECT max(filler) IS NOT NULL AS by_kind FROM items WHERE kind = 'rare';
SELECT max(id) AS by_turns FROM items AS i;
SELECT statement, cause, cause_detail, old_calls, new_calls FROM changes;

-- an index is dropped
SELECT filler IS NOT NULL AS by_code FROM items WHERE code = 7;
SELECT filler IS NOT NULL AS by_code FROM items WHERE code = 8;
:drain
DROP INDEX items_code;
SELECT filler IS NOT NULL AS by_code FROM items WHERE code = 9;
SELECT statement, effect, cause, cause_detail, old_calls, new_calls FROM changes WHERE statement = 'by_code';
SELECT regexp_replace(old_outline, 'cost.*', '') AS old_outline, regexp_replace(new_outline, 'cost.*', '') AS new_outline
FROM changes WHERE statement = 'by_code';

-- a planner setting
SELECT filler IS NOT NULL AS by_id FROM items WHERE id = 3;
:drain
SET enable_indexscan = off;
SELECT filler IS NOT NULL AS by_id FROM items WHERE id = 3;
RESET enable_indexscan;
SELECT statement, cause, cause_detail FROM changes WHERE statement = 'by_id';

-- an index that is built anew: another plan to the server, no change to anybody else
SELECT length(filler) AS by_reindexed FROM items WHERE id = 4;
REINDEX INDEX CONCURRENTLY items_id;
SELECT length(filler) AS by_reindexed FROM items WHERE id = 5;
SELECT count(*) AS plans FROM steward.plans JOIN steward.statements USING (userid, dbid, queryid)
WHERE query LIKE '%AS by_reindexed FROM items %';
SELECT count(*) AS changes FROM changes WHERE statement = 'by_reindexed';

-- the generic plan from the sixth execution on: wide ranges make the plans for their values cost more than it is thought to
PREPARE ranges AS SELECT count(filler) AS by_range FROM items WHERE id BETWEEN $1 AND $2;
EXECUTE ranges (1, 50000);
EXECUTE ranges (1, 50000);
EXECUTE ranges (1, 50000);
EXECUTE ranges (1, 50000);
EXECUTE ranges (1, 50000);
EXECUTE ranges (1, 50000);
SELECT statement, cause, cause_detail, old_calls, new_calls, old_kind, new_kind FROM changes WHERE statement = 'by_range';

-- statistics that are gone
SELECT min(filler) IS NOT NULL AS by_lost FROM items WHERE kind = 'common';
:drain
DELETE FROM pg_statistic WHERE starelid = 'items'::regclass;
SELECT min(filler) IS NOT NULL AS by_lost FROM items WHERE kind = 'common';
SELECT statement, cause, cause_detail FROM changes WHERE statement = 'by_lost';

-- and statistics that are made
SELECT count(filler) AS by_new FROM items WHERE kind = 'common';
:drain
ANALYZE items;
SELECT count(filler) AS by_new FROM items WHERE kind = 'common';
SELECT statement, cause, cause_detail FROM changes WHERE statement = 'by_new';

-- the same, with a table that grows, within a function
CREATE TABLE growing (id int PRIMARY KEY, filler text) WITH (autovacuum_enabled = off);
INSERT INTO growing VALUES (1, 'x');
CREATE FUNCTION filler_of(wanted int) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT filler AS in_function FROM growing WHERE id = wanted); END $$;
SET pg_steward.track = 'all';
SET plan_cache_mode = force_custom_plan;
ANALYZE growing;
SELECT filler_of(1);
:drain
INSERT INTO growing SELECT g, repeat('x', 100) FROM generate_series(2, 5000) g;
SELECT filler_of(1);
SELECT cause, cause_detail, old_kind, new_kind FROM steward.plan_changes WHERE query LIKE '%in_function%FROM growing %';
RESET pg_steward.track;
RESET plan_cache_mode;

-- an outline that is cut says so, wherever the cut falls
CREATE TABLE one (id int) WITH (autovacuum_enabled = off);
SET pg_steward.track = 'all';
DO $$
DECLARE
  subplans text := (SELECT string_agg('EXISTS (SELECT FROM one)', ' AND ') FROM generate_series(1, 40));
  name text;
BEGIN
  FOR pad IN 1..4 LOOP
    name := 'outline' || repeat('_', 12 * pad);
    EXECUTE format('CREATE TABLE %I (id int UNIQUE) WITH (autovacuum_enabled = off)', name);
    FOR round IN 1..2 LOOP
      PERFORM set_config('enable_' || method, (round = 1)::text, true)
      FROM unnest(ARRAY['indexscan', 'indexonlyscan', 'bitmapscan']) AS method;
      EXECUTE format('SELECT %s FROM %I WHERE id = 1', subplans, name);
    END LOOP;
  END LOOP;
END $$;
RESET pg_steward.track;
SELECT count(*) AS outlines, count(*) FILTER (WHERE new_outline LIKE E'%\n...') AS cut, max(length(new_outline)) <= 1536 AS bounded
FROM steward.plan_changes WHERE query LIKE '%EXISTS (SELECT FROM one) FROM outline%';

-- others' plans are not shown
CREATE ROLE regress_changes_reader;
GRANT USAGE ON SCHEMA steward TO regress_changes_reader;
GRANT SELECT ON steward.plan_changes TO regress_changes_reader;
GRANT EXECUTE ON FUNCTION steward.captured_plan_changes TO regress_changes_reader;
SET ROLE regress_changes_reader;
SELECT count(*) FROM steward.plan_changes;
RESET ROLE;
DROP OWNED BY regress_changes_reader;
DROP ROLE regress_changes_reader;
