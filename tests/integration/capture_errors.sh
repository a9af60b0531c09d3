#!/bin/bash
# H8, H4: errors, timeouts and cancels by the hundred in one session: each is counted as what it was, and the session
# counts at the right level afterwards.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --preload pg_steward --conf pg_steward.refresh=off
dir=$(session_dir)
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 100) i;
CREATE FUNCTION deep(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF n = 0 THEN RETURN (SELECT 1 / (id - 50) FROM t WHERE id = 50); END IF;
    RETURN deep(n - 1);
END $$;
SQL
{
  for i in $(seq 300); do
    echo 'SELECT 1/0 AS planner;'
    echo 'SELECT sum(1 / (id - 50)) AS executor FROM t;'
    echo 'SELECT deep(5) AS nested;'
    echo 'BEGIN; SAVEPOINT s; SELECT deep(3), 1 AS in_savepoint; ROLLBACK TO s; SELECT deep(2), 1 AS in_savepoint; ROLLBACK;'
  done
  echo "SET statement_timeout = '200ms';"
  for i in $(seq 20); do echo 'SELECT count(pg_sleep(1)) AS timed_out FROM t;'; done
  echo 'RESET statement_timeout;'
  for i in $(seq 40); do echo 'SELECT pg_sleep(60) AS canceled;'; done
  echo 'SELECT sum(id) AS last_one FROM t;'
} >"$dir/errors.sql"

PGAPPNAME=errors psql -q -f "$dir/errors.sql" >"$dir/errors.out" 2>&1 &
session=$!
while kill -0 $session 2>/dev/null; do
  psql -Atqc "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'errors' AND query ~ 'canceled' AND wait_event = 'PgSleep'" >/dev/null
done
wait $session || true

counts() { psql -Atc "SELECT toplevel, calls, failed_calls, canceled_calls, last_sqlstate FROM steward.statements WHERE query ~ '$1'"; }
check_is "errors while planning" 't|0|300|0|22012' counts 'AS planner'
check_is "errors while executing" 't|0|300|0|22012' counts 'AS executor'
check_is "errors in nested functions" 't|0|300|0|22012' counts 'AS nested'
check_is "errors in savepoints" 't|0|600|0|22012' counts 'AS in_savepoint'
check_is "timeouts are cancels" 't|0|0|20|57014' counts 'AS timed_out'
check_is "so are cancels" 't|0|0|40|57014' counts 'AS canceled'
check_is "the session counts at top level afterwards" 't|1|0|0|' counts 'AS last_one'
check_is "no statement is counted as nested, none is lost" '0|0' psql -Atc \
  "SELECT count(*) FILTER (WHERE NOT toplevel), (SELECT lost FROM steward.capture_status) FROM steward.statements"
checks_done
