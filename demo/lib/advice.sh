# Owns the administrator's part of the demo: asking pgsteward, following its advice as it is printed, and holding each
# suggestion to what it promised. Sourced by run.sh.

advice_dir() { echo "$(session_dir)/advice"; }

# The same analysis in the three formats: for the reader, for psql, for the promises below. Only the first is saved.
budget=100MB
ask_for_advice() {
  local advise=("$STEWARD_BIN" advise indexes --budget "$budget" --limit 20)
  mkdir -p "$(advice_dir)"
  "${advise[@]}" >"$(advice_dir)/text"
  "${advise[@]}" --no-save --format sql -o "$(advice_dir)/indexes.sql"
  "${advise[@]}" --no-save --format json -o "$(advice_dir)/advice.json"
}

print_advice() { cat "$(advice_dir)/text"; }

follow_advice() { query -f "$(advice_dir)/indexes.sql"; }

# An index on an expression has statistics only after ANALYZE, and both runs start from fresh ones.
refresh_statistics() { query -c 'VACUUM (ANALYZE)'; }

# What each suggestion said of the statements it helps, beside the mean times measured before and after. Costs are those
# with all suggestions in place, since all were applied. Both ratios weigh a statement by its calls in the first run, so
# that a mix that changed does not count. A promise is kept when 80 % of the predicted saving was measured, and partly
# kept from 30 % on.
print_promises() {
  ADVICE=$(advice_dir)/advice.json query -P border=0 -P footer=off <<'SQL'
\set advice `cat "$ADVICE"`
WITH suggestion AS (
  SELECT n, s FROM jsonb_array_elements(:'advice'::jsonb -> 'suggestions') WITH ORDINALITY AS e (s, n)
), helped AS (
  SELECT n, (h ->> 'queryid')::bigint AS queryid, h ->> 'role' AS role,
         (h ->> 'cost_before')::float8 AS cost_before, (h ->> 'cost_after')::float8 AS cost_after
  FROM suggestion, jsonb_array_elements(s -> 'evidence' -> 'helped') AS h
), run AS (
  SELECT run, r.rolname AS role, queryid, calls, total_exec_time / calls AS mean
  FROM measured.statements AS m JOIN pg_roles AS r ON r.oid = m.userid
), promise AS (
  SELECT n, count(*) AS statements, sum(b.calls * cost_after) / sum(b.calls * cost_before) AS predicted,
         sum(b.calls * b.mean) / sum(b.calls) AS before, sum(b.calls * a.mean) / sum(b.calls) AS after
  FROM helped AS h
  JOIN run AS b ON b.run = 'before' AND b.queryid = h.queryid AND b.role = h.role
  JOIN run AS a ON a.run = 'after' AND a.queryid = h.queryid AND a.role = h.role
  GROUP BY n
)
SELECT n AS "#",
       rtrim(regexp_replace(s ->> 'ddl', '^CREATE INDEX CONCURRENTLY .* ON (\S+) USING \S+ ', '\1 '), ';') AS index,
       statements AS helps, round(before::numeric, 2) AS "before ms",
       round(after::numeric, 2) AS "after ms", round(predicted::numeric, 4) AS "cost ratio",
       round((after / before)::numeric, 4) AS "time ratio",
       CASE WHEN statements IS NULL THEN 'not measured'
            WHEN 1 - after / before >= 0.8 * (1 - predicted) THEN 'kept'
            WHEN 1 - after / before >= 0.3 * (1 - predicted) THEN 'partly kept'
            ELSE 'not kept' END AS promise
FROM suggestion LEFT JOIN promise USING (n) ORDER BY n;
SQL
}
