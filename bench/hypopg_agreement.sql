-- For bench/hypopg_agreement.sh, in a database whose statements were captured with their values and stand in table
-- agreement.statement: random sets of b-tree indexes, costed by HypoPG and by steward.whatif with HypoPG's sizes.
SET client_min_messages = warning;
CREATE TABLE agreement.captured AS SELECT NULL::int AS n, NULL::text AS text, NULL::oid AS userid, NULL::bigint AS queryid WHERE false;
DO $$
DECLARE s agreement.statement; plan json;
BEGIN
  FOR s IN SELECT * FROM agreement.statement ORDER BY n LOOP
    EXECUTE 'EXPLAIN (VERBOSE, FORMAT json) ' || s.text INTO plan;
    INSERT INTO agreement.captured
    SELECT s.n, s.text, c.userid, c.queryid FROM steward.statements c
    WHERE c.queryid = (plan->0->>'Query Identifier')::bigint AND c.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1;
  END LOOP;
END $$;

-- EXPLAIN shows HypoPG's costs to two places.
-- One to three columns of a table, each upwards or downwards; sometimes with an included column.
CREATE FUNCTION agreement.random_index() RETURNS text LANGUAGE sql VOLATILE AS $$
SELECT format('CREATE INDEX ON %s (%s)%s', tab,
  (SELECT string_agg(quote_ident(col) || CASE WHEN random() < 0.2 THEN ' DESC' ELSE '' END, ', ') FROM unnest(cols[1:width]) col),
  CASE WHEN random() < 0.2 AND cardinality(cols) > width THEN format(' INCLUDE (%I)', cols[width + 1]) ELSE '' END)
FROM (SELECT a.attrelid::regclass::oid AS relid, format('%I.%I', n.nspname, c.relname) AS tab, array_agg(a.attname ORDER BY random()) AS cols, 1 + floor(random() * 3)::int AS width
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind = 'r' AND n.nspname = 'public' AND c.relpages > 10 GROUP BY 1, 2 ORDER BY random() LIMIT 1) t $$;

CREATE TABLE agreement.result (configuration int, candidates text[], statement int, hypopg numeric, steward numeric, used boolean, error text);
CREATE PROCEDURE agreement.compare(configurations int) LANGUAGE plpgsql AS $$
DECLARE
  candidates text[]; sizes bigint[]; s record; plan json; costs numeric[]; used boolean[]; oids oid[];
BEGIN
  PERFORM setseed(0.25);
  FOR i IN 1..configurations LOOP
    candidates := ARRAY(SELECT agreement.random_index() FROM generate_series(1, 1 + floor(random() * 6)::int));
    PERFORM hypopg_reset();
    oids := ARRAY(SELECT (hypopg_create_index(c)).indexrelid FROM unnest(candidates) c);
    sizes := ARRAY(SELECT hypopg_relation_size(o) / 8192 FROM unnest(oids) o);
    costs := '{}'; used := '{}';
    FOR s IN SELECT * FROM agreement.captured ORDER BY n LOOP
      EXECUTE 'EXPLAIN (FORMAT json) ' || s.text INTO plan;
      costs := costs || (plan->0->'Plan'->>'Total Cost')::numeric;
      used := used || (plan::text ~ '"<\d+>');
    END LOOP;
    PERFORM hypopg_reset();
    INSERT INTO agreement.result
    SELECT i, candidates, c.numbers[w.request], costs[w.request], w.total_cost::numeric, used[w.request], w.error
    FROM (SELECT array_agg(userid ORDER BY n) AS userids, array_agg(queryid ORDER BY n) AS queryids, array_agg(n ORDER BY n) AS numbers,
            array_agg((row_number)::int ORDER BY n) AS requests FROM (SELECT *, row_number() OVER (ORDER BY n) FROM agreement.captured) x) c,
      LATERAL steward.whatif(c.userids, c.queryids, candidates, c.requests,
        array_fill((SELECT string_agg(g::text, ' ') FROM generate_series(1, cardinality(candidates)) g), ARRAY[cardinality(c.requests)]),
        candidate_pages => sizes, candidate_heights => array_fill(-1, ARRAY[cardinality(candidates)])) w;
  END LOOP;
END $$;
CALL agreement.compare(:configurations);

SELECT count(DISTINCT configuration) AS configurations, count(DISTINCT statement) AS statements, count(*) AS plans,
  count(*) FILTER (WHERE used) AS "plans with a candidate", count(*) FILTER (WHERE abs(hypopg - steward) <= 0.00501) AS identical,
  count(error) AS errors, round(max(abs(steward / hypopg - 1)), 6) AS "largest difference"
FROM agreement.result;
SELECT statement, candidates, hypopg, steward, error FROM agreement.result
WHERE (abs(hypopg - steward) <= 0.00501) IS NOT TRUE ORDER BY abs(steward / hypopg - 1) DESC NULLS FIRST LIMIT 5;
DO $$ BEGIN
  IF (SELECT count(*) FROM agreement.captured) <> (SELECT count(*) FROM agreement.statement) THEN RAISE 'a statement was not captured'; END IF;
  IF EXISTS (SELECT FROM agreement.result WHERE (abs(hypopg - steward) <= 0.00501) IS NOT TRUE) THEN RAISE 'costs differ'; END IF;
  IF NOT EXISTS (SELECT FROM agreement.result WHERE used) THEN RAISE 'no plan used a candidate'; END IF;
END $$;
