-- H5: far more statements than fit. Nobody's statement fails, the used ones stay, and what went is counted.
CREATE EXTENSION pg_steward;
SET pg_steward.track = 'all';
-- Statements that differ in their operators: 4,096 of them.
CREATE FUNCTION variant(n int) RETURNS text LANGUAGE sql AS $$
    SELECT 'SELECT 1' || string_agg(CASE WHEN n >> bit & 1 = 1 THEN ' + 1' ELSE ' - 1' END, '' ORDER BY bit)
    FROM generate_series(0, 11) bit
$$;
SELECT steward.reset() IS NOT NULL AS reset;
DO $$ BEGIN
    FOR i IN 0..4095 LOOP
        EXECUTE variant(i);
        IF i % 4 = 0 THEN PERFORM 'used often', 1, 2, 3; END IF;
    END LOOP;
END $$;
SELECT statements <= 100 AS bounded, evicted > 3000 AS evicted, lost FROM steward.capture_status;
SELECT calls, query FROM steward.statements WHERE query ~ 'PERFORM|used often|^SELECT .1, .2, .3, .4$'
ORDER BY query COLLATE "C", calls;
-- Nothing is counted twice: the rest is what was evicted.
SELECT count(*) = sum(calls) AS once FROM steward.statements WHERE query ~ '^SELECT .1 [+-]' AND query !~ 'FROM';

-- A text memory that fills up: texts are missing, statements are not.
SELECT steward.reset() IS NOT NULL AS reset;
DO $$ BEGIN
    FOR i IN 0..4095 LOOP
        EXECUTE variant(i) || ' /* ' || repeat('long ', 1000) || '*/';
    END LOOP;
END $$;
SELECT lost, memory_used <= memory_limit AS within FROM steward.capture_status;
SELECT count(*) > 50 AS statements, max(length(query)) <= 2048 AS capped FROM steward.statements;
