-- Every execution counts for its plan, also where a statement has more plans than a slot has places for at a time, and where
-- it is short. CPU time: of every run of what runs long.
CREATE EXTENSION pg_steward;
SET jit = off;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE joined AS SELECT g AS a, g % 10 AS b FROM generate_series(1, 500) g;
CREATE INDEX joined_a ON joined (a);
ANALYZE joined;
SELECT 1 FROM steward.reset();

-- six plans, three times each, in turns
DO $$
DECLARE
  method text;
  scan text;
BEGIN
  SET LOCAL pg_steward.track = 'all';
  FOR round IN 1..3 LOOP
    FOREACH scan IN ARRAY ARRAY['enable_seqscan', 'enable_indexscan'] LOOP
      FOREACH method IN ARRAY ARRAY['hashjoin', 'mergejoin', 'nestloop'] LOOP
        PERFORM set_config('enable_hashjoin', (method = 'hashjoin')::text, true),
                set_config('enable_mergejoin', (method = 'mergejoin')::text, true),
                set_config('enable_nestloop', (method = 'nestloop')::text, true),
                set_config('enable_bitmapscan', 'off', true),
                set_config('enable_seqscan', (scan = 'enable_seqscan')::text, true),
                set_config('enable_indexscan', (scan = 'enable_indexscan')::text, true),
                set_config('enable_indexonlyscan', 'off', true);
        EXECUTE 'SELECT count(*) FROM joined x JOIN joined y USING (a) WHERE x.b < 5';
      END LOOP;
    END LOOP;
  END LOOP;
END $$;
SELECT count(*) AS plans, min(calls) AS fewest, max(calls) AS most, bool_and(total_exec_time > 0) AS timed
FROM steward.plans WHERE 'joined'::regclass = ANY (relid);
SELECT calls FROM steward.statements WHERE query LIKE 'SELECT count(*) FROM joined x%';

-- CPU time is measured of each run of what ran long before, and stands for all runs; a process that sleeps uses none
PREPARE busy AS SELECT count(*) FROM generate_series(1, 300000);
EXECUTE busy;
EXECUTE busy;
EXECUTE busy;
PREPARE idle AS SELECT pg_sleep(0.05);
EXECUTE idle;
EXECUTE idle;
EXECUTE idle;
SELECT calls, cpu_time > 0 AS measured, cpu_time <= 1.5 * total_exec_time AS plausible
FROM steward.statements WHERE query LIKE '%count(*) FROM generate_series%' AND query NOT LIKE '%cpu_time%';
SELECT calls, cpu_time < total_exec_time / 5 AS idle
FROM steward.statements WHERE query LIKE '%SELECT pg_sleep(%' AND query NOT LIKE '%cpu_time%';
