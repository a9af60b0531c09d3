#!/bin/bash
# Advice on pools from what a real server measured: the cause of a CPU-bound and of a hold-bound load, saving, muting, files,
# a pooler, a standby, and what is said where little is known. Covers C12.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' ' | tr -s ' '; return "${PIPESTATUS[0]}"; }
json() { local advice=$1; shift; python3 -c "import json,sys; d=json.load(open(sys.argv[1])); $1" "$advice"; }

cluster_start --conf autovacuum=off --conf pg_steward.history_interval=0
dir=$(session_dir)
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE t (id int PRIMARY KEY, n int)' \
  -c 'INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i' -c 'VACUUM ANALYZE t' -c 'CREATE DATABASE empty'
psql -q -d empty -c 'CREATE EXTENSION pg_steward'
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
check_like "without transactions there is nothing to size" 'no transaction of database "empty" was captured yet.*hint: Let the application' \
  flat pgsteward advise pool -d empty
check_exit "which is a failure" 1 pgsteward advise pool -d empty

# Four connections compute all the time; then eight hold theirs and wait for their client.
echo 'SELECT sum(i * i % 7) FROM generate_series(1, 20000) i;' >"$dir/compute.sql"
printf 'BEGIN;\nSELECT n FROM t WHERE id = 1;\n\\sleep 40 ms\nUPDATE t SET n = n + 1 WHERE id = :client_id + 1;\nCOMMIT;\n' >"$dir/hold.sql"
load() { PGAPPNAME=$1 pgbench -n -f "$dir/$1.sql" -c "$2" -j 2 -t 100 >"$dir/$1.log" 2>&1; }
PGAPPNAME=compute pgbench -n -f "$dir/compute.sql" -c 4 -j 2 -T 60 >"$dir/compute.log" 2>&1 & computing=$!
sleep 0.3
check "a load is measured while it lasts" pgsteward advise pool --for 1s --format json --no-save -o "$dir/compute.json"
kill $computing
wait $computing 2>/dev/null
check "a load that computes is CPU-bound" json "$dir/compute.json" 'assert d["cause"] == "cpu", d["diagnosis"]
assert not d["since_reset"] and 0.9 < d["seconds"] < 30 and d["machine"]["cores"] > 0 and d["machine"]["busy_cores"] > 0.2, d'
check "a pool for it is no larger than its cores can use" json "$dir/compute.json" 'p = d["pools"][0]
assert p["pool"] == "main" and 2 <= p["size"] <= 40 * d["machine"]["cores"], p'
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
load hold 8
check_exit "advice is saved" 0 pgsteward advise pool --users 300 --think-time 2s --slo-p95 1s --format json -o "$dir/hold.json"
check "a load that waits for its client is hold-bound" json "$dir/hold.json" 'assert d["cause"] == "hold", d["diagnosis"]
m = d["pools"][0]["classes"][0]
assert m["hold_time"] > 40 and m["split"]["client_time"] > 0.8 * m["hold_time"], m'
check "and what it was sized for is kept in the prediction" json "$dir/hold.json" 'p = d["pools"][0]
assert d["feasibility"]["feasible"] and p["predicted"]["response_p95"] < 1000 and p["predicted"]["utilization"] <= 0.8, p
assert 5 <= p["size"] <= 60 and 80 < p["demand"] < 150, p'

# ---- in SQL ---------------------------------------------------------------------------------------------------------
setting() { psql -Atc "SELECT $1 FROM steward.pool_suggestions WHERE setting = '$2' AND coalesce(pool, 'main') = 'main' AND component <> 'application'"; }
check_is "the view has a row a setting" 'pgbouncer|reload|hold|new|t' setting "component, requires, cause, status, predicted_wait_p95 >= 0 AND hold_time > 40" pool_size
check_is "what the server has now stands beside it" '100|restart' setting "current_value, requires" max_connections
check_is "and is the report's" t json "$dir/hold.json" "print('t' if len(d['settings']) == $(psql -Atc 'SELECT count(*) FROM steward.pool_suggestions') else 'f')"
statement=$(setting ddl statement_timeout)
check "what the server is to be told runs" psql -q -v ON_ERROR_STOP=1 -c "$statement"
check_is "and holds for the role" '1' psql -Atc "SELECT count(*) FROM pg_db_role_setting WHERE array_to_string(setconfig, ',') ~ 'statement_timeout'"
check "its undo takes it back" psql -q -v ON_ERROR_STOP=1 -c "$(setting undo_ddl statement_timeout)"
check_is "as it was" '0' psql -Atc "SELECT count(*) FROM pg_db_role_setting WHERE array_to_string(setconfig, ',') ~ 'statement_timeout'"
pgsteward mute "$(setting suggestion_id max_client_conn)" >"$dir/muted"
check_unlike "a muted one is not in the report" 'max_client_conn =' pgsteward advise pool
check_is "and its status says so, the others are known" 'muted|open' psql -Atc \
  "SELECT (SELECT status FROM steward.pool_suggestions WHERE setting = 'max_client_conn'), (SELECT status FROM steward.pool_suggestions WHERE setting = 'query_wait_timeout')"

# ---- a file, a pooler, a standby ------------------------------------------------------------------------------------
check_exit "a snapshot is written" 0 pgsteward snapshot pool -o "$dir/pool.json"
check_like "and advised on without a server" 'from file.*hold-bound.*not saved: only advice' flat pgsteward advise pool --from "$dir/pool.json" -h /nowhere
check_like "a file of another kind is refused" 'not a workload written by pgsteward snapshot pool' pgsteward advise pool --from "$dir/hold.json"
pooler_start
main=$PGHOST main_port=$PGPORT
pooler_env
check_like "what the pooler has now stands beside it" 'pool_size = [0-9]+ \(now 5\).*query_wait_timeout = 1 \(now 120' \
  flat pgsteward advise pool --no-save --console "host=$dir/pooler port=6432 user=postgres"
check_like "it works through a pooler" 'saved as run [0-9]+ \(steward.pool_suggestions\)' pgsteward advise pool
cluster_env main
pooler_stop
psql -q -c 'CREATE ROLE nobody LOGIN'
check_like "without rights the error says where the grants are" 'permission denied.*hint: pgsteward doctor prints the grants' flat pgsteward advise pool -U nobody
check_like "and doctor prints them" 'GRANT SELECT ON .*steward.classes' pgsteward doctor -U nobody
as_server install -d -m 700 "$dir/main/copy"
as_server pg_basebackup -h "$main" -p "$main_port" -U postgres -D "$dir/main/copy" -c fast -R
cluster_start --name standby --data "$dir/main/copy"
echo 'SELECT count(*) FROM t;' >"$dir/read.sql"
load read 1
check_like "a standby advises on what it ran itself, and saves nothing" 'standby\).*not saved: this server is a standby' flat pgsteward advise pool
cluster_start --name bare --no-preload
psql -q -c 'CREATE EXTENSION pg_steward'
check_like "without the library loaded it says what to set" 'must be loaded.*hint: ' flat pgsteward advise pool
check_exit "and fails" 1 pgsteward advise pool
check_is "no server process died" '' cluster_crashes
checks_done
