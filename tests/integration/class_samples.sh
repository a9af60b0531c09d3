#!/bin/bash
# What the launcher sees of sessions: each state of a transaction under its name, most at once, session locks; connections that
# are refused; all of it also after a restart.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf autovacuum=off --conf pg_steward.refresh=off --conf pg_steward.history_interval=0 --conf max_connections=14 --conf fsync=on \
  --conf superuser_reserved_connections=3
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE t (id int PRIMARY KEY)' -c 'INSERT INTO t VALUES (1)' -c 'CREATE ROLE plain LOGIN' \
  -c 'CREATE ROLE nobody LOGIN CONNECTION LIMIT 0'
dir=$(session_dir)
ask() { psql -AtX -c "$1"; }
class() { ask "SELECT $2 FROM steward.classes WHERE application_name = '$1'"; }

# session NAME SQL...: a client that runs these and stays, until it is told to go
sessions=()
session() {
  local name=$1 sql args=()
  shift
  for sql in "$@"; do args+=(-c "$sql"); done
  mkfifo "$dir/$name.fifo"
  PGAPPNAME=$name psql -qX "${args[@]}" -f "$dir/$name.fifo" >"$dir/$name.log" 2>&1 &
  sessions+=($!)
}
# seen CLASS CONDITION: within a while it holds
seen() {
  local tries=150
  until [ "$(class "$1" "$2")" = t ]; do
    [ $((tries--)) -gt 0 ] || { ask "SELECT * FROM steward.classes WHERE application_name = '$1'"; return 1; }
    sleep 0.1
  done
}

# Short sessions, without a pooler: what each used is counted when it ends.
computing='SELECT count(*) FROM generate_series(1, 200000)'
for _ in 1 2 3 4 5; do PGAPPNAME=short psql -qAtX -c 'SELECT 1' -c "$computing"; done >"$dir/short.log" 2>&1
PGAPPNAME=long psql -qAtX -c "$computing" -c "$computing" -c "$computing" -c "$computing" -c "$computing" >"$dir/long.log" 2>&1
check_is "what a short session used after its first transaction is counted at its end" t ask \
  "SELECT short.cpu_time > 0.5 * long.cpu_time FROM steward.classes AS short, steward.classes AS long
   WHERE short.application_name = 'short' AND long.application_name = 'long'"
psql -q -c 'CREATE TABLE w (i int)'
# More than twice as many as there are cores: each waits more than it runs. Needs a kernel that keeps account.
crowd=9
if [ "$(cut -d ' ' -f 1 /proc/self/schedstat 2>/dev/null || echo 0)" != 0 ] && [ "$((2 * $(nproc)))" -lt $crowd ]; then
  (PGAPPNAME=crowd pgbench -n -c $crowd -T 2 -f <(echo "$computing;") >"$dir/crowd.log" 2>&1) &
  wait $!
  check "waiting for a core" seen crowd 'core_wait_time > 0.7 * cpu_time AND core_wait_time + cpu_time < 1.2 * total_xact_time'
fi
(PGAPPNAME=writer pgbench -n -c 2 -T 3 -f <(echo 'INSERT INTO w VALUES (1);') >"$dir/writer.log" 2>&1) &
writer=$!
check "writing WAL" seen writer 'wal_samples >= 1'
wait $writer

session holder 'BEGIN' 'UPDATE t SET id = id'
check "waiting for the client" seen holder 'client_samples >= 5'
session waiter 'UPDATE t SET id = id'
session runner 'SELECT count(*) FROM generate_series(1, 1000000000)'
session sleeper 'SELECT pg_sleep(600)'
session resting 'SELECT 1' 'SELECT pg_advisory_lock(1)'
session plain_rest 'SELECT 1'
check "waiting for a lock" seen waiter 'lock_samples >= 5'
check "running" seen runner 'running_samples >= 5'
check "something else" seen sleeper 'other_samples >= 5'
check "idle" seen resting 'idle_samples >= 5'
check "idle, without a lock" seen plain_rest 'idle_samples >= 5'
check_is "a waiting class waits for nothing else" '0|t' class waiter 'client_samples, lock_samples > io_samples + running_samples'
check_is "one session of each was busy" '1|1|1' class sleeper 'max_busy, max_sessions, (samples >= other_samples)::int'
check_is "a session lock is seen" '{advisory_lock}' class resting features
check_is "where there is one" '{}' class plain_rest features

psql -qX -U nobody -c 'SELECT 1' >"$dir/nobody.log" 2>&1
check_is "a connection beyond the role's limit is counted" '1|t' ask \
  "SELECT refused_connections, last_refused > now() - interval '10 minutes' FROM steward.capture_status"
for i in $(seq 8); do PGUSER=plain session "full_$i" 'SELECT pg_sleep(600)'; done
full() { for _ in $(seq 100); do psql -qX -U plain -c 'SELECT 1' >>"$dir/plain.log" 2>&1 || return 0; sleep 0.1; done; return 1; }
check "the server fills up" full
refused() { cat "$dir"/*.log | grep -c 'FATAL'; }
check "there was no room for some" test "$(refused)" -ge 2
# Those that came last may not have written their message yet.
counted() {
  for _ in $(seq 100); do
    [ "$(refused)" = "$(ask 'SELECT refused_connections FROM steward.capture_status')" ] && return
    sleep 0.1
  done
  echo "$(refused) messages"; ask 'SELECT refused_connections FROM steward.capture_status'; return 1
}
check "each is counted" counted
before=$(ask 'SELECT refused_connections FROM steward.capture_status')

kill "${sessions[@]}" 2>/dev/null
wait "${sessions[@]}" 2>/dev/null
cluster_restart
check_is "both outlive a restart" "t|$before" ask \
  "SELECT (SELECT lock_samples >= 5 AND samples >= lock_samples FROM steward.classes WHERE application_name = 'waiter'), refused_connections
   FROM steward.capture_status"
psql -q -c 'SELECT steward.reset()' >"$dir/reset.log"
check_is "a reset forgets them" 0 ask 'SELECT refused_connections FROM steward.capture_status'
check_is "no server process died" '' cluster_crashes
checks_done
