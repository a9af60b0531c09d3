-- Parameter samples have bounds: 16 kB for a statement, an eighth of the text memory for all. What is not kept is counted.
CREATE EXTENSION pg_steward;
CREATE TABLE wide (a text, b text, c text, d text, e text, f text, g text);
CREATE FUNCTION size_of_samples() RETURNS bigint LANGUAGE sql AS
  'SELECT coalesce(sum(octet_length(v)), 0) FROM steward.parameter_samples() s, unnest(s."values") v';
CREATE FUNCTION select_where(columns text, length int, times int, other text DEFAULT '1') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..times LOOP
    EXECUTE format('SELECT %s FROM wide WHERE ', other) ||
      (SELECT string_agg(format('%s = %L', c, rpad(i::text, length, 'x')), ' AND ') FROM unnest(string_to_array(columns, ' ')) c);
  END LOOP;
END $$;
SET pg_steward.track = 'all';
SET pg_steward.capture_parameters = on;
SELECT steward.reset() IS NOT NULL AS reset;
-- Seven values of 3 kB are too much for one statement.
SELECT select_where('a b c d e f g', 3000, 1);
SELECT count(*) FROM steward.parameter_samples();
SELECT text_missing FROM steward.capture_status;
-- Of samples of 7 kB each there are two at a time, of small ones four.
SELECT select_where('a b', 3500, 16);
SELECT count(*), sum(octet_length(v)) FROM steward.parameter_samples() s, unnest(s."values") v;
SELECT select_where('c d', 100, 16);
SELECT count(*) FROM steward.parameter_samples();
-- All together they stay within 128 kB of the 1 MB here.
DO $$ BEGIN FOR i IN 1..60 LOOP PERFORM select_where('a b', 3500, 1, repeat('1,', i) || '1'); END LOOP; END $$;
SELECT size_of_samples() BETWEEN 100 * 1024 AND 128 * 1024 AS within;
SELECT text_missing > 10 AS counted FROM steward.capture_status;
SELECT steward.reset() IS NOT NULL AS reset;
SET pg_steward.capture_parameters = off;
SELECT size_of_samples();
SELECT text_missing FROM steward.capture_status;
-- The room is there again.
SET pg_steward.capture_parameters = on;
SELECT select_where('a e', 3500, 4);
SELECT size_of_samples() > 0 AS kept;
