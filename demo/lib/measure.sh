# Owns what steward.statements said about each run, kept in schema "measured" of the shop's database, and the list of
# the slowest statements. Counters run on, so a run is the difference of two records. Sourced by run.sh.

begin_measuring() {
  query -c 'CREATE SCHEMA measured' -c 'CREATE TABLE measured.statements (
    run text, userid oid, queryid bigint, query text, calls bigint, total_exec_time float8)'
}

# record RUN: adds what the application's statements did since the last record, under that name.
record() {
  query -v run="$1" <<'SQL'
INSERT INTO measured.statements
SELECT :'run', s.userid, s.queryid, s.query, s.calls - coalesce(m.calls, 0),
       s.total_exec_time - coalesce(m.total_exec_time, 0)
FROM (SELECT userid, queryid, min(query) AS query, sum(calls) AS calls, sum(total_exec_time) AS total_exec_time
      FROM steward.statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND userid IN (SELECT oid FROM pg_roles WHERE rolname LIKE 'shop\_%')
      GROUP BY userid, queryid) AS s
LEFT JOIN (SELECT userid, queryid, sum(calls) AS calls, sum(total_exec_time) AS total_exec_time
           FROM measured.statements GROUP BY userid, queryid) AS m USING (userid, queryid)
WHERE s.calls > coalesce(m.calls, 0);
SQL
}

print_slowest() { # N
  query -P border=0 -P footer=off -v n="$1" <<'SQL'
SELECT r.rolname AS role, s.calls, round(s.mean_exec_time::numeric, 1) AS "mean ms",
       round(s.p95_exec_time::numeric, 1) AS "p95 ms",
       round((100 * s.total_exec_time / sum(s.total_exec_time) OVER ())::numeric, 1) AS "% of time",
       left(regexp_replace(s.query, '\s+', ' ', 'g'), 74) AS statement
FROM steward.statements AS s JOIN pg_roles AS r ON r.oid = s.userid
WHERE r.rolname LIKE 'shop\_%' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY s.total_exec_time DESC LIMIT :n;
SQL
}

# Statements whose mean rose by half and by a millisecond or more: what the new indexes, or the higher throughput, cost.
print_slower() {
  local rows
  rows=$(query -P border=0 -P footer=off <<'SQL'
WITH run AS (SELECT *, total_exec_time / calls AS mean FROM measured.statements)
SELECT b.userid::regrole AS role, round(b.mean::numeric, 2) AS "before ms", round(a.mean::numeric, 2) AS "after ms",
       a.calls, left(regexp_replace(a.query, '\s+', ' ', 'g'), 70) AS statement
FROM run AS b JOIN run AS a USING (userid, queryid)
WHERE b.run = 'before' AND a.run = 'after' AND a.mean > 1.5 * b.mean AND a.mean > b.mean + 1
ORDER BY a.calls * (a.mean - b.mean) DESC LIMIT 5;
SQL
  )
  if [ "$(wc -l <<<"$rows")" -gt 2 ]; then printf '%s\n' "$rows"; else note none; fi
}
