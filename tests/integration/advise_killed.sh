#!/bin/bash
# What may befall advise while it asks the server (RELIABILITY C13): no pg_stat_statements, backends that are terminated or
# killed in the midst of what-if and of measuring, cancels by somebody else, a client that is gone, a disk that is full, a
# transaction that would be in a deadlock with it. It is said clearly, nothing is left, and nobody else pays for it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --preload pg_steward --conf pg_steward.history_interval=0 --conf pg_steward.refresh=off --conf jit=off \
  --conf autovacuum=off --conf max_parallel_workers_per_gather=0 --conf restart_after_crash=on
dir=$(session_dir)
export PGDATABASE=shop
createdb shop
psql -qX -v ON_ERROR_STOP=1 >&2 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE ROLE app LOGIN;
-- One sleeps while the statement is planned, the other while it runs, as long as a setting says.
CREATE FUNCTION while_planned(value int) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM pg_sleep(coalesce(nullif(current_setting('app.while_planned', true), ''), '0')::float8); RETURN value; END $$;
CREATE FUNCTION while_run(value int) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM pg_sleep(coalesce(nullif(current_setting('app.while_run', true), ''), '0')::float8); RETURN value; END $$;
CREATE TABLE orders AS SELECT g AS id, g % 2000 AS customer, repeat('p', 60) AS pad FROM generate_series(1, 60000) g;
CREATE TABLE items AS SELECT g AS id, g % 2000 AS part, repeat('p', 60) AS pad FROM generate_series(1, 60000) g;
ALTER TABLE orders OWNER TO app;
ALTER TABLE items OWNER TO app;
VACUUM ANALYZE;
SQL
workload() {
  for i in 1 2 3; do
    echo "SELECT pad FROM items WHERE part = $i;"
    echo "SELECT pad FROM items WHERE part = while_planned($i);"
    echo "SELECT pad FROM orders WHERE customer = $i AND while_run(id) > 0;"
  done | psql -qXAt -U app >"$dir/rows"
}
workload
indexes() { psql -qXAtc "SELECT count(*) FROM pg_index WHERE indrelid IN ('orders'::regclass, 'items'::regclass)"; }
sessions() { psql -qXAtc "SELECT $1 FROM pg_stat_activity WHERE application_name = 'pgsteward' AND $2"; }
becomes() { # EXPECTED COMMAND...: waits until the command prints that
  local expected=$1 tries=300; shift
  until [ "$("$@" 2>/dev/null)" = "$expected" ]; do [ $((tries--)) -gt 0 ] || { echo "never $expected: $*"; return 1; }; sleep 0.1; done
}
advise() { PGOPTIONS="-c app.$1=300" pgsteward advise indexes --no-save --min-gain 0.01 "${@:2}"; }
asleep() { sessions 'count(*)' "wait_event = 'PgSleep' AND query ~ '$1'"; }

check_like "neither pg_stat_statements nor HypoPG is needed" 'CREATE INDEX CONCURRENTLY orders_customer_idx' pgsteward advise indexes
id=$(psql -Atc "SELECT suggestion_id FROM steward.index_suggestions WHERE relname = 'items'")
check_is "as they are not there" 0 psql -Atc "SELECT count(*) FROM pg_extension WHERE extname IN ('pg_stat_statements', 'hypopg')"

# ---- the backend goes ---------------------------------------------------------------------------------------------------
ended_by() { # how FUNCTION COMMAND...: ends the backend while it sleeps in that function
  local how=$1 function=$2 pid backend status; shift 2
  "$@" >"$dir/ended" 2>&1 & pid=$!
  becomes 1 asleep "$function" || { kill -KILL $pid; return 1; }
  backend=$(sessions pid true)
  if [ "$how" = terminate ]; then psql -qXAtc "SELECT pg_terminate_backend($backend)" >"$dir/rows"; else kill -KILL "$backend"; fi
  wait $pid; status=$?
  echo "exit $status: $(tr '\n' ' ' <"$dir/ended")"
}
check_like "terminated in the midst of what-if" '^exit 2: pgsteward: error: lost the connection to the server: .*terminating connection due to administrator command' \
  ended_by terminate whatif advise while_planned
explained() { PGOPTIONS='-c app.while_planned=300' pgsteward explain "$id" --plans; }
check_like "explain is as well" '^exit 2: pgsteward: error: lost the connection to the server: .*terminating connection due to administrator command' \
  ended_by terminate whatif explained
check_like "terminated in the midst of measuring" '^exit 2: pgsteward: error: lost the connection to the server: .*terminating connection due to administrator command' \
  ended_by terminate measure advise while_run --verify --yes
check_is "no index is left" 0 indexes
check_is "no server process died of that" '' cluster_crashes
expect_crashes
deaths() { grep -c 'terminated by signal 9' "$(cluster_log)"; }
killed() { # FUNCTION COMMAND...
  local before tries=300; before=$(deaths)
  ended_by kill "$@"
  until [ "$(deaths)" -gt "$before" ] || [ $((tries--)) = 0 ]; do sleep 0.1; done # until the postmaster notices
  becomes 1 psql -qXAtc 'SELECT 1'
}
check_like "killed in the midst of what-if" '^exit 2: pgsteward: error: lost the connection to the server: ' killed whatif advise while_planned
check_is "the server recovers" 0 indexes
workload
check_like "and advises again" 'CREATE INDEX CONCURRENTLY orders_customer_idx' pgsteward advise indexes --no-save
check_like "killed in the midst of measuring" '^exit 2: pgsteward: error: lost the connection to the server: ' killed measure advise while_run --verify --yes
check_is "no index is left after recovery either" 0 indexes
workload
check_like "and it measures again" '^verified|measured' pgsteward advise indexes --no-save --min-gain 0.01 --verify --yes

# ---- somebody else's cancel ------------------------------------------------------------------------------------------------
canceled() {
  local pid
  advise while_run --verify --yes --format json >"$dir/canceled.json" 2>"$dir/canceled.err" & pid=$!
  becomes 1 asleep measure || { kill -KILL $pid; return 1; }
  psql -qXAtc "SELECT pg_cancel_backend($(sessions pid true))" >"$dir/rows"
  wait $pid || cat "$dir/canceled.err"
  python3 -c 'import json, sys
a = json.load(open(sys.argv[1]))
print(a["verification"]["not_measured"], [s["queryid"] for s in a["verification"]["statements"] if s["before_timed_out"] or s["after_timed_out"]])' "$dir/canceled.json"
}
check_like "a cancel by somebody else is no slow statement" "canceling statement due to user request.* \[\]$" canceled

# ---- the client goes -------------------------------------------------------------------------------------------------------
gone() {
  PGOPTIONS='-c app.while_run=300' pgsteward advise indexes --no-save --min-gain 0.01 --verify --yes >"$dir/gone" 2>&1 & local pid=$!
  becomes 1 asleep measure || { kill -KILL $pid; return 1; }
  kill -KILL $pid
  wait $pid 2>"$dir/rows"
  becomes 0 sessions 'count(*)' true && indexes
}
check_is "locks do not outlive a client that is gone until a long statement ends" 0 gone

# ---- no room -----------------------------------------------------------------------------------------------------------------
check_like "a build without room is not measured, the rest is" 'not measured: temporary file size exceeds' \
  bash -c "PGOPTIONS='-c temp_file_limit=64 -c maintenance_work_mem=1MB' pgsteward advise indexes --no-save --min-gain 0.01 --verify --yes | tr '\n' ' ' | tr -s ' '"

# ---- deadlocks -----------------------------------------------------------------------------------------------------------------
pgsteward advise indexes --no-save --min-gain 0.01 --format json >"$dir/order.json"
read -r first second < <(python3 -c 'import json, sys; print(*[s["relname"] for s in json.load(open(sys.argv[1]))["suggestions"]])' "$dir/order.json")
check_like "two indexes are to be built" '^(orders items|items orders)$' echo "$first $second"
deadlock() {
  local pid='' tries=600
  coproc user { psql -qAtX -U app 2>&1; }
  echo "BEGIN; UPDATE $second SET id = id WHERE id = 1; SELECT 'holds it';" >&"${user[1]}"
  read -r _ <&"${user[0]}"
  # It waits for a moment only: again where it was through before it was seen waiting.
  until [ "$(psql -qXAtc "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '$second'::regclass")" = 1 ]; do
    [ $((tries--)) -gt 0 ] || { echo "never seen waiting"; break; }
    if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then
      pgsteward advise indexes --no-save --min-gain 0.01 --verify --yes >"$dir/deadlock" 2>&1 & pid=$!
    fi
    sleep 0.05
  done
  echo "UPDATE $first SET id = id WHERE id = 1; SELECT 'went through'; ROLLBACK;" >&"${user[1]}"
  read -r answer <&"${user[0]}"
  echo "$answer"
  echo '\q' >&"${user[1]}"
  wait $pid
}
check_is "of a deadlock with it nobody else is the victim" 'went through' deadlock
check_is "nothing is left" 0 indexes
checks_done
