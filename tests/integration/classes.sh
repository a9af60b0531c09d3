#!/bin/bash
# The class table through a real PgBouncer in transaction mode, where two applications share server connections: arrivals,
# failures and agreement with pg_stat_database. Covers the pooler's SETs, ended sessions, and two-phase commit.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

cluster_start --conf autovacuum=off --conf pg_steward.refresh=off --conf pg_steward.history_interval=0 --conf max_prepared_transactions=5
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE DATABASE app'
psql -q -d app -c 'CREATE TABLE t (id int PRIMARY KEY, n int)' -c 'INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i'
pooler_start --conf default_pool_size=2
dir=$(session_dir)
cat >"$dir/main.sql" <<'SQL'
\set id random(1, 100)
BEGIN;
UPDATE t SET n = n + 1 WHERE id = :id;
SELECT n FROM t WHERE id = :id;
COMMIT;
SQL
echo 'SELECT sum(n) FROM t;' >"$dir/admin.sql"
class() { psql -AtX -c "SELECT $2 FROM steward.classes WHERE datname = 'app' AND application_name = '$1'"; }

main=$PGHOST main_port=$PGPORT
pooler_env
load() { PGAPPNAME=$1 pgbench -n -d app -f "$dir/$1.sql" -c "$2" -t "$3" >"$dir/$1.log" 2>&1; }
load main 6 200 & first=$!
load admin 3 100 & second=$!
wait $first $second
check "the main application runs" grep -q "processed: 1200" "$dir/main.log"
check "the admin's runs beside it" grep -q "processed: 300" "$dir/admin.log"
PGAPPNAME=failing psql -Xq -d app >"$dir/failing.log" 2>&1 <<'SQL'
SELECT 1 / 0;
SELECT 1 / 0;
BEGIN;
INSERT INTO t VALUES (1, 1);
ROLLBACK;
BEGIN;
SELECT 1;
ROLLBACK;
SQL
# More applications than a backend has entries for, on two server connections, while others read: entries change hands.
for i in $(seq 12); do
  PGAPPNAME=crowd_$i pgbench -n -d app -f "$dir/admin.sql" -c 1 -t 50 >"$dir/crowd.$i" 2>&1 &
  crowd[i]=$!
done
for _ in $(seq 30); do psql -h "$main" -p "$main_port" -d postgres -AtX -c "SELECT sum(transactions) FROM steward.classes WHERE application_name ~ 'crowd' OR dbid IS NULL"; done >"$dir/sums"
wait "${crowd[@]}"
cluster_env main

check_is "each transaction of the main application is one arrival" 1200 class main transactions
check_is "and all of them committed" '1200|0|0' class main 'commits, rollbacks, failures'
check_is "so it is with the admin's" '300|300' class admin 'transactions, commits'
check_is "of twelve applications on two connections none is lost" 600 psql -AtX -c \
  "SELECT sum(transactions) FROM steward.classes WHERE application_name ~ 'crowd' OR dbid IS NULL"
check "and nobody saw a sum fall" sort -n -c "$dir/sums"
check_is "while thirty looked" 30 grep -c '[0-9]' "$dir/sums"
check_is "failures are told from ROLLBACK" '4|0|4|3' class failing 'transactions, commits, rollbacks, failures'
check_like "the pooler's SETs are not arrivals" '^[1-9]' class main session_commands
check_is "hold times are ordered" t class main \
  'p50_xact_time > 0 AND p50_xact_time <= p95_xact_time AND p95_xact_time <= p99_xact_time AND p99_xact_time <= max_xact_time
   AND abs(mean_xact_time * transactions - total_xact_time) < 1 AND stddev_xact_time > 0'
check_is "transactions with several messages waited for their client, lone statements did not" 't|0' \
  psql -AtX -c "SELECT max(idle_in_transaction_time) FILTER (WHERE application_name = 'main') > 0,
     max(idle_in_transaction_time) FILTER (WHERE application_name = 'admin') FROM steward.classes"

psql -q -d app <<'SQL'
SET application_name = 'two_phase';
BEGIN; INSERT INTO t VALUES (1001, 1); PREPARE TRANSACTION 'committed'; COMMIT PREPARED 'committed';
BEGIN; INSERT INTO t VALUES (1002, 1); PREPARE TRANSACTION 'rolled back';
SQL
check_is "PREPARE TRANSACTION and COMMIT PREPARED are transactions" '3|3|1' class two_phase 'transactions, commits, session_commands'
psql -q -d app -c "ROLLBACK PREPARED 'rolled back'"
pooler_stop

# A session that ends in the middle of a transaction failed, and so did one that was terminated. psql does not wait for its end.
left() { for _ in $(seq 100); do [ "$(psql -AtX -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$1'")" = 0 ] && break; sleep 0.1; done; }
PGAPPNAME=leaving psql -Xq -d app -c BEGIN -c 'SELECT 1' -c '\q' >"$dir/leaving.log"
left leaving
check_is "the end of the session is a failure" '1|1' class leaving 'transactions, failures'
PGAPPNAME=killed psql -Xq -d app -c 'SELECT pg_terminate_backend(pg_backend_pid())' >"$dir/killed.log" 2>&1
left killed
check_is "and so is its termination" '1|1' class killed 'transactions, failures'

# pg_stat_database counts the transaction that sets up a session too, and a rolled back two-phase transaction as such. Where
# a reader held the lock while an entry was to change hands, the transaction is one of "other".
gone() { [ "$(psql -AtX -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'app'")" = 0 ]; }
for _ in $(seq 100); do gone && break; sleep 0.1; done
check "all sessions have ended" gone
check_is "agrees with pg_stat_database" 'agree' psql -AtX -c \
  "SELECT CASE WHEN d.xact_commit - d.sessions = c.commits + c.session_commands - 1 AND d.xact_rollback = c.rollbacks + 1
            THEN 'agree' ELSE concat_ws(' ', d.xact_commit, d.xact_rollback, d.sessions, c.*) END
   FROM pg_stat_database d, (SELECT sum(commits) AS commits, sum(rollbacks) AS rollbacks, sum(session_commands) AS session_commands
                             FROM steward.classes WHERE datname = 'app' OR dbid IS NULL) c WHERE d.datname = 'app'"
check_is "workers have no class" '' psql -AtX -c "SELECT application_name FROM steward.classes WHERE application_name ~ 'steward'"
check_is "no server process died" '' cluster_crashes
checks_done
