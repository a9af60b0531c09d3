#!/bin/bash
# H3, H4, H7: an error, or the end of the process, in the middle of our hooks. Each call that the library makes into the server for memory, catalog rows,
# deparsing and the like raises in turn while statements run that are new to capture. No statement ever fails of it; the
# session counts on at the right level; nothing of the kind happens under our lock; others never notice. A backend that is killed while
# it holds our lock takes with it what it takes without us, and no more. The library is a copy, linked once more with tests/server/fail_capture.cpp.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
tree=$(mktemp -d /tmp/stwtree.XXXXXX)
trap 'rm -rf "$tree"' EXIT
cp -R "${STEWARD_TREE:-$repo/build/pgtree}"/. "$tree" && chmod -R go+rX "$tree"
export STEWARD_TREE=$tree
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
at_exit "rm -rf '$tree'"

library=$(find "$tree" -name pg_steward.so)
# The private tree has no headers; those that it was copied from have the rest of the path.
headers=$(pg_config --includedir-server)
while [ ! -e "$headers/postgres.h" ] && [[ $headers == /*/* ]]; do headers=/${headers#/*/}; done
wraps=$(grep -oE '^WRAP\([^,]+, \w+|__real_(palloc_extended|LWLockRelease)' "$here/../server/fail_capture.cpp" | sed -E 's/.*(, |__real_)/-Wl,--wrap=/' | sort -u)
link() {
  local source objects=()
  for source in "$repo"/extension/core/*.cpp "$repo"/extension/src/*.cpp "$repo"/extension/src/*/*.cpp; do
    source=${source#"$repo"/}
    objects+=("$repo/build/extension/${source%.cpp}.o")
  done
  g++ -std=gnu++20 -fPIC -O1 -fvisibility=hidden -I"$repo/extension" -I"$repo/extension/src" -isystem "$headers" \
    -c -o "$tree/fail_capture.o" "$here/../server/fail_capture.cpp" &&
    g++ -shared -o "$library" "${objects[@]}" "$tree/fail_capture.o" $wraps -lstdc++
}
rm "$library"
check "a library that can fail is linked" link
[ -e "$library" ] || checks_done

dir=$(session_dir)
cluster_start --preload pg_steward --conf autovacuum=off --conf jit=off --conf pg_steward.refresh=off \
  --conf pg_steward.track=all --conf pg_steward.slow_min_duration=0 --conf pg_steward.sample_rate=1 \
  --conf pg_steward.track_timing=on --conf pg_steward.capture_parameters=on --conf max_parallel_workers_per_gather=0
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE FUNCTION fail_capture(bigint) RETURNS bool LANGUAGE c AS '$libdir/pg_steward';
CREATE FUNCTION calls_made() RETURNS bigint LANGUAGE c AS '$libdir/pg_steward';
CREATE FUNCTION calls_locked() RETURNS bigint LANGUAGE c AS '$libdir/pg_steward';
CREATE FUNCTION kill_capture(bigint) RETURNS bool LANGUAGE c AS '$libdir/pg_steward';
CREATE TABLE items AS SELECT g AS id, 'item ' || g AS name, g % 7 AS kind FROM generate_series(1, 200) g;
CREATE INDEX ON items (id);
ANALYZE items;
CREATE FUNCTION nested(more text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE r bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM items WHERE kind = 3' || more INTO r;
    RETURN r;
END $$;
SQL

# Each statement in as many variants as there are calls to fail, so that each one is new: text, plannable text, plan,
# predicates, JSON, samples, slow query are made.
python3 - >"$dir/rounds.sql" <<'PY'
def variant(n):
    return ''.join(' + 0' if n >> bit & 1 else ' - 0' for bit in range(12))
statements = {
    'joined': "SELECT 'joined', count(*) AS joined FROM items a JOIN items b USING (id) WHERE lower(a.name) LIKE 'item 1%' AND b.kind IN (1, 2) AND a.id > 0{v};",
    'nested': "SELECT 'nested', nested('{v}');",
    'prepared': "PREPARE p{n}(int) AS SELECT 'prepared', name FROM items WHERE id = $1{v} ORDER BY kind; EXECUTE p{n}(5); EXECUTE p{n}(6);",
    'written': "WITH w AS (UPDATE items SET kind = kind{v} WHERE id = 7 RETURNING 1) SELECT 'written', count(*) FROM w;",
    'utility': "DO $$ BEGIN PERFORM 1; END $$ /* {v} */; SELECT 'utility', 1{v};",
    'cursor': "BEGIN; DECLARE c CURSOR FOR SELECT 'cursor' FROM items WHERE id < 3{v}; FETCH 1 FROM c; CLOSE c; COMMIT;",
}
calls = 420  # more than any of them makes; the test looks
serial = 0
for name, text in statements.items():
    for n in range(calls):
        serial += 1
        print(f'SELECT fail_capture({n});')
        print(text.format(n=serial, v=variant(serial)))
        if n == calls - 1:
            print(f"SELECT 'calls {name} ' || calls_made();")
print("SELECT fail_capture(-1);\nSELECT 'locked ' || calls_locked();\nSELECT count(*) AS last_one FROM items;")
PY
psql -XAtq -v VERBOSITY=terse -f "$dir/rounds.sql" >"$dir/rounds.out" 2>&1

total() { grep -cE "$1" "$dir/rounds.out"; }
sed -n 's/^calls /# calls made: /p' "$dir/rounds.out"
check "no call was left out" test "$(sed -n 's/^calls [a-z]* //p' "$dir/rounds.out" | sort -n | tail -1)" -lt 420
check "hundreds of calls failed" test "$(sed -n 's/^calls [a-z]* //p' "$dir/rounds.out" | awk '{ sum += $1 } END { print sum + 0 }')" -gt 500
check_is "no statement failed" '' grep -E 'ERROR|FATAL|WARNING|PANIC' "$dir/rounds.out"
for expected in 'joined.32' 'nested.29' 'prepared.item 5' 'prepared.item 6' 'written.1' 'utility.1' 'cursor'; do
  check_is "results are right: $expected" 420 total "^$expected\$"
done
check_is "nothing raises under the lock" 'locked 0' grep ^locked "$dir/rounds.out"
check_is "the session counts at top level afterwards" 't|1|0' psql -Atc \
  "SELECT toplevel, calls, failed_calls FROM steward.statements WHERE query ~ 'AS last_one'"
check_is "nothing counts as failed" 0 psql -Atc "SELECT sum(failed_calls + canceled_calls) FROM steward.statements"
check "others read and reset" psql -Atqc "SET statement_timeout = '20s'" -c 'SELECT count(*) FROM steward.plans, steward.capture_status' -c 'SELECT steward.reset()'

# ---- an error in the executor's start that somebody swallows ---------------------------------------------------------
psql -q <<'SQL'
CREATE FUNCTION failed_start(text) RETURNS bool LANGUAGE c AS '$libdir/pg_steward';
CREATE ROLE nobody;
CREATE TABLE secrets();
SQL
check_is "the QueryDesc of a start that failed is used for another statement, and the server lives" 't|1' \
  psql -XAtqc 'SET ROLE nobody' -c "SELECT failed_start('TABLE secrets'), 1"

# ---- H7: killed with the lock held ----------------------------------------------------------------------------------
expect_crashes
launcher() { psql -Atc "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_steward launcher'"; }
deaths=0
noticed() { for _ in $(seq 300); do [ "$(grep -c 'terminated by signal 9' "$(cluster_log)")" -ge $deaths ] && return; sleep 0.1; done; } # by the postmaster
for n in 0 1 2 3 4 5 6; do
  rows=$(psql -Atc 'SELECT count(*) FROM items') # also of the crash before
  psql -XAtq >"$dir/killed.out" 2>&1 <<SQL || true
SELECT kill_capture($n);
SELECT count(*) AS killed_$n FROM items a JOIN items b USING (id) WHERE a.name LIKE 'item 1%' AND b.kind + $n > 3;
SELECT steward.reset();
SQL
  if grep -q 'server closed the connection' "$dir/killed.out"; then deaths=$((deaths + 1)); noticed; fi
  tries=300
  until [ "$(launcher 2>/dev/null)" = 1 ] || [ $((tries--)) = 0 ]; do sleep 0.1; done
  psql -Atqc "SELECT count(*) AS after_death_$n FROM items" >/dev/null 2>&1
  check_is "H7: killed at unlock $n, the server is back with its data, capture and launcher" "$rows|t|1|0" psql -Atc \
    "SELECT (SELECT count(*) FROM items), capturing, (SELECT sum(calls) FROM steward.statements WHERE query ~ 'after_death_$n'), lost
     FROM steward.capture_status"
done
check "H7: it was killed at most of them" test $deaths -ge 5
checks_done
