-- More plans, plan texts and slow executions than there is room for: the old ones go, nothing fails (H5).
CREATE EXTENSION pg_steward;
SET jit = off;
SET client_min_messages = warning;
SELECT format('CREATE TABLE wide (%s)', string_agg(format('c%s int', g), ', ')) FROM generate_series(1, 400) g \gexec
INSERT INTO wide (c1) VALUES (1);
ANALYZE wide;

-- 400 statements with a plan each, of which 100 fit
SET pg_steward.track = 'all';
DO $$
BEGIN
  FOR i IN 1..400 LOOP EXECUTE format('SELECT c%s FROM wide WHERE c%s = 0', i, i); END LOOP;
END $$;
-- a plan that is met while the lock is taken waits for its next sight
SELECT count(*) BETWEEN 90 AND 100 AS plans FROM steward.plans;
SELECT count(*) < 60 AS sampled FROM steward.predicates WHERE role = 'filter' AND attnum > 100;
SELECT count(DISTINCT planid || ' ' || queryid) BETWEEN 90 AND 100 AS with_predicates,
       count(*) = 2 * count(DISTINCT planid || ' ' || queryid) AS two_each FROM steward.predicates;
-- a full table takes only one of thirty-two sights of new plans: what is executed often gets in
DO $$ BEGIN FOR i IN 1..32 LOOP EXECUTE 'SELECT c400 FROM wide WHERE c399 = 0'; END LOOP; END $$;
SELECT count(*) AS newest FROM steward.predicates WHERE attname = 'c399' AND role = 'filter';
SELECT plans FROM steward.capture_status;

-- slow ones, with texts and plans of some kilobytes each, more than fit; the ring holds the latest 1000
SET pg_steward.slow_min_duration = 0;
DO $$
DECLARE
  filler text := (SELECT string_agg('c1 > ' || g, ' OR ') FROM generate_series(1, 300) g);
BEGIN
  FOR i IN 1..60 LOOP
    EXECUTE format('SELECT c%s FROM wide WHERE %s', i, filler);
    PERFORM pg_sleep(0.05);
  END LOOP;
  FOR i IN 1..1100 LOOP EXECUTE 'SELECT c1 FROM wide'; END LOOP;
END $$;
SET pg_steward.slow_min_duration = -1;
SELECT count(*) AS ring, max(id) - min(id) + 1 AS latest FROM steward.slow_queries;
SELECT count(plan) > 0 AS some_texts, sum(length(plan::text)) < 600000 AS within_share FROM steward.plans;
SELECT count(*) > 0 AS bounded FROM steward.capture_status WHERE memory_used <= memory_limit;

-- a reset gives everything back, and capture goes on
SELECT 1 FROM steward.reset();
SELECT count(*) FROM steward.slow_queries;
SELECT c7 FROM wide WHERE c7 = 7;
SELECT attname, role FROM steward.predicates ORDER BY role, predicate_no;

-- circumstances of plans have a share of the memory to themselves: when it is full the oldest go, and their plans stay
CREATE TABLE narrow (id int UNIQUE) WITH (autovacuum_enabled = off);
SELECT format('CREATE TABLE part_%s (id int) WITH (autovacuum_enabled = off)', g) FROM generate_series(0, 9) g \gexec
DO $$
DECLARE
  subplans text := (SELECT string_agg('EXISTS (SELECT FROM part_' || g % 10 || ')', ' AND ') FROM generate_series(1, 40) g);
BEGIN
  FOR i IN 1..48 LOOP
    FOR round IN 1..2 LOOP
      PERFORM set_config('enable_' || method, (round = 1)::text, true)
      FROM unnest(ARRAY['indexscan', 'indexonlyscan', 'bitmapscan']) AS method;
      EXECUTE format('SELECT %s, id %s FROM narrow WHERE id = 1', subplans, repeat(' + id', i));
    END LOOP;
  END LOOP;
END $$;
SELECT count(*) BETWEEN 80 AND 96 AS plans FROM steward.plans WHERE 'narrow'::regclass = ANY (relid);
SELECT count(*) > 40 AS pairs, count(old_outline) + count(new_outline) BETWEEN 50 AND 90 AS outlines,
       bool_and(cause = 'setting') FILTER (WHERE old_outline IS NOT NULL AND new_outline IS NOT NULL) AS known,
       bool_and(cause = 'unknown') FILTER (WHERE old_outline IS NULL OR new_outline IS NULL) AS unknown
FROM steward.plan_changes WHERE query LIKE '%FROM narrow%';
