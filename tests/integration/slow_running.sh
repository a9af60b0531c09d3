#!/bin/bash
# Statements are in steward.slow_queries while they run: what they wait for, who runs them, their trace; and once they have
# ended only as what they ended as. Over TCP, with locks, a parallel query, a cancel. Covers S2.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

port=$(perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => 0)->sockport')
cluster_start --conf listen_addresses=127.0.0.1 --conf port="$port" --conf pg_steward.slow_min_duration=200ms
export PGPORT=$port
psql -qX -v ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE t (a int);
INSERT INTO t VALUES (1);
CREATE ROLE alice LOGIN;
CREATE ROLE bob LOGIN;
GRANT ALL ON t TO alice;
GRANT USAGE ON SCHEMA steward TO bob;
GRANT SELECT ON steward.slow_queries TO bob;
GRANT EXECUTE ON FUNCTION steward.captured_slow_queries(), steward.captured_plans() TO bob;
SQL
out=$(session_dir)/out
trace=5bd66ef5095369c7b0d1f8f4bd33716a
sql() { psql -AtX "$@"; }
running() { sql -c "SELECT $1 FROM steward.slow_queries WHERE state = 'running' AND ${2:-true}"; }
# until COUNT CONDITION: waits for so many running statements of that kind
until_running() {
  local tries=300
  until [ "$(running 'count(*)' "$2")" = "$1" ]; do [ $((tries--)) -gt 0 ] || return 1; sleep 0.1; done
}

# ---- a sleeper over TCP, and one that waits for a lock --------------------------------------------------------------
PGAPPNAME=sleeper psql -X -h 127.0.0.1 -U alice -c \
  "SELECT 'secret', pg_sleep(600) /*traceparent='00-$trace-c532cb4098ac3dd2-01'*/" >"$out" 2>&1 & sleeper=$!
PGAPPNAME=holder psql -qX -c 'BEGIN; UPDATE t SET a = 2; SELECT pg_sleep(600)' >>"$out" 2>&1 &
check "the holder is shown" until_running 1 "application_name = 'holder'"
PGAPPNAME=waiter psql -X -U alice -c 'UPDATE t SET a = 3' >>"$out" 2>&1 & waiter=$!
check "the sleeper is shown" until_running 1 "application_name = 'sleeper'"
check "and the waiter" until_running 1 "application_name = 'waiter'"

check_is "who runs it, since when, with which text" "|postgres|alice|sleeper|127.0.0.1|t|$trace|SELECT \$1, pg_sleep(\$2) /*traceparent='00-$trace-c532cb4098ac3dd2-01'*/|t|t" \
  running "id, datname, usename, application_name, client_addr, toplevel, trace_id, query, exec_time >= 200,
    query_start BETWEEN now() - interval '10 min' AND now()" "application_name = 'sleeper'"
check_is "the query id and the process are the server's" t running \
  "(SELECT query_id = queryid AND pg_stat_activity.pid = slow_queries.pid AND slow_queries.query_start = pg_stat_activity.query_start
    FROM pg_stat_activity WHERE application_name = 'sleeper')" "application_name = 'sleeper'"
check_is "what a statement waits for" 'sleeper|Timeout|PgSleep
waiter|Lock|transactionid' running "application_name, wait_event_type, wait_event" "usename = 'alice' ORDER BY 1"
check_is "what is not known yet is unknown" t running \
  "num_nulls(id, planid, plan_time, rows, sqlstate, shared_blks_hit, wal_bytes, instrumented, parameters, plan) = 10" \
  "application_name = 'sleeper'"
check_is "the reader is not shown" 0 sql -c 'SET pg_steward.slow_min_duration = 0' -c \
  "SELECT count(*) FROM steward.slow_queries WHERE state = 'running' AND pid = pg_backend_pid()" -q
check_is "shorter ones are not shown" 0 sql -q -c "SET pg_steward.slow_min_duration = '1d'" -c \
  "SELECT count(*) FROM steward.slow_queries WHERE state = 'running'"
check_is "nothing is where slow queries are off" 0 sql -q -c 'SET pg_steward.slow_min_duration = -1' -c \
  "SELECT count(*) FROM steward.slow_queries WHERE state = 'running'"
check_is "nor where capture is off" 0 sql -q -c "SET pg_steward.track = 'none'" -c \
  "SELECT count(*) FROM steward.slow_queries WHERE state = 'running'"

# ---- others see times only ------------------------------------------------------------------------------------------
check_is "others see that and how long, no more" '3|0|0|0|0|0|<insufficient privilege>' sql -U bob -c \
  "SELECT count(exec_time), count(pid), count(queryid), count(application_name), count(wait_event), count(trace_id), min(query)
   FROM steward.slow_queries WHERE state = 'running'"

# ---- parallel workers are part of their leader ----------------------------------------------------------------------
force=$(sql -c "SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') ORDER BY 1 LIMIT 1")
PGAPPNAME=parallel PGOPTIONS="-c $force=on" psql -X -c 'SELECT pg_sleep(600) AS leader' >>"$out" 2>&1 & parallel=$!
check "the parallel query is shown" until_running 1 "application_name = 'parallel'"
check_is "it has a worker" 1 sql -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'"
check_is "which is not shown" 4 running 'count(*)'

# ---- an end is seen once --------------------------------------------------------------------------------------------
cancel() { sql -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = '$1'" >>"$out"; wait "$2"; }
psql -qAtX >"$out.twice" <<SQL
BEGIN;
SELECT state FROM steward.slow_queries WHERE application_name = 'sleeper';
\! psql -qAtX -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'sleeper'" >/dev/null
\! tail -f --pid=$sleeper /dev/null
SELECT state FROM steward.slow_queries WHERE application_name = 'sleeper';
COMMIT;
SQL
wait "$sleeper"
check_is "a transaction that saw it run sees how it ended" 'running
canceled' cat "$out.twice"
check_is "with its SQLSTATE, trace and client" "canceled|57014|$trace|127.0.0.1|t" sql -c \
  "SELECT state, sqlstate, trace_id, client_addr, id IS NOT NULL FROM steward.slow_queries WHERE application_name = 'sleeper'"
cancel parallel "$parallel"
cancel holder "$waiter"
check_is "the waiter ended well" 'ok|t|t' sql -c \
  "SELECT state, sqlstate IS NULL, exec_time >= 200 FROM steward.slow_queries WHERE application_name = 'waiter'"
check_is "nothing runs any more" 0 running 'count(*)'
check_is "no server process died" '' cluster_crashes
checks_done
