-- Statements whose sub-select has a cast for a column without a name: what-if pins the cast's type, from which the column would be named.
CREATE EXTENSION pg_steward;
CREATE TABLE cast_things (id int PRIMARY KEY, name text);
INSERT INTO cast_things SELECT g, 'thing ' || g FROM generate_series(1, 1000) g;
VACUUM ANALYZE cast_things;
SELECT steward.reset() IS NOT NULL AS reset;
SELECT count(*) AS by_unnamed FROM cast_things WHERE name IN (SELECT id::text AS "?column?" FROM cast_things WHERE id < 10);
SELECT count(*) AS by_unknown FROM cast_things WHERE name IN (SELECT 'thing 1');
SELECT count(*) AS by_collated FROM cast_things WHERE name IN (SELECT id::text COLLATE "C" AS "?column?" FROM cast_things WHERE id < 10);
SELECT count(*) AS by_case FROM cast_things WHERE name IN (SELECT CASE WHEN id > 5 THEN name ELSE id::text END FROM cast_things WHERE id < 10);
SELECT count(*) AS by_range FROM cast_things, CAST('2'::text AS text) AS f WHERE name = 'thing ' || f;
SELECT DISTINCT substring(s.query FROM 'by_\w+') AS label, c.error, c.generic_cost > 0 AS planned
FROM steward.statements s, steward.plan_choice(ARRAY[s.userid], ARRAY[s.queryid]) c WHERE s.query ~ 'AS by_' ORDER BY 1;
DROP TABLE cast_things;
DROP EXTENSION pg_steward;
