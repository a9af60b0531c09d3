#!/bin/bash
# pgsteward diff on a real server: two windows of history, what became slower, called more, new and gone; errors.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; }
out=$(session_dir)
cluster_start --conf pg_steward.history_interval=0 --conf pg_steward.refresh=off
psql -q -c 'CREATE DATABASE shop' -c 'CREATE ROLE app LOGIN' -c 'CREATE ROLE guest LOGIN'
check_like "without the extension it says so" 'error: extension pg_steward is not installed in database "shop".*CREATE EXTENSION' flat pgsteward diff -d shop
export PGDATABASE=shop
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i' -c 'GRANT SELECT ON t TO app'
check_like "without history it says so" 'error: no history has been written yet in database "shop".*write_history' flat pgsteward diff

written() { psql -AtX -c 'SELECT steward.write_history() IS NOT NULL' -c "SELECT max(interval_end) FROM steward.history_interval" | tail -1; }
run() { for _ in $(seq "$1"); do echo "$2"; done | psql -qX -U app >/dev/null; }
written >/dev/null # the first interval begins
run 20 'SELECT count(*) FROM t WHERE i = 1;'
run 40 'SELECT max(i) FROM t;'
run 5 'SELECT min(i) FROM t;'
before=$(written)
run 60 'SELECT count(*) FROM t WHERE i = 2;'
pgsteward doctor >"$out/doctor" 2>&1
run 10 'SELECT max(i) FROM t;'
run 8 'SELECT sum(i) FROM t;'
after=$(written)
seconds=$(psql -AtX -c "SELECT extract(epoch FROM '$after'::timestamptz - '$before'::timestamptz)")
windows=(--before "$before" --after "$after" --window "${seconds}s")

json() { pgsteward diff "${windows[@]}" --limit 1000 --format json | python3 -c "import json,sys
d=json.load(sys.stdin); c={x['query']: x for x in d['changes'] if x['role']=='app'}
$1"; }
check "each window has its interval" json "assert d['before']['intervals'] == 1 and d['after']['intervals'] == 1, d"
check "calls are counted in the window they ran in" json "
x=c['SELECT count(*) FROM t WHERE i = \$1']; assert (x['kind'], x['before']['calls'], x['after']['calls']) == ('same', 20, 60), x
x=c['SELECT max(i) FROM t']; assert (x['kind'], x['before']['calls'], x['after']['calls']) == ('same', 40, 10), x"
check "what ran in one window only is new or gone" json "
assert c['SELECT sum(i) FROM t']['kind'] == 'new' and c['SELECT sum(i) FROM t']['before']['calls'] == 0
assert c['SELECT min(i) FROM t']['kind'] == 'gone' and c['SELECT min(i) FROM t']['after']['calls'] == 0"
check "rates are of the time covered" json "
x=c['SELECT sum(i) FROM t']; assert abs(x['after']['calls_per_hour'] - 8 * 3600 / d['after']['seconds_covered']) < 1e-6, x"
check "the change is the sum of its causes" json "
for x in d['changes']: assert abs(x['exec_time_change_per_hour'] - x['due_to_calls'] - x['due_to_mean']) < 1e-6, x"
check "pgsteward's own statements are no part of it" json "assert not [x for x in d['changes'] if '/* pgsteward */' in (x['query'] or '')], d"
check "the largest change comes first" json "
s=[abs(x['exec_time_change_per_hour']) for x in d['changes']]; assert s == sorted(s, reverse=True), s"
pgsteward diff "${windows[@]}" --limit 1000 >"$out/text" 2>&1
check_like "the text names windows" '^before    20.* UTC to 20.* UTC, .* in 1 interval$' cat "$out/text"
check_like "and statements" 'role app, query id -?[0-9]+' cat "$out/text"
check_like "and what happened to them" 'an hour: (called more often|called less often|slower|faster)' cat "$out/text"
check_like "a limit leaves the rest out" '[0-9]+ more statements changed less' pgsteward diff "${windows[@]}" --limit 1

check_like "a window without history names what there is" \
  'error: no interval of history ended between .*in the window "before".*detail: The history of database "shop" reaches from' \
  flat pgsteward diff --after "$after" --before "1d"
check_exit "a time that is none is wrong usage" 2 pgsteward diff --after 'noon-ish'
check_like "and shows how" 'hint: Give a time such as' flat pgsteward diff --after 'noon-ish'
check_exit "so is a span that is none" 2 pgsteward diff --window '-3h'
check_exit "so is an instant that never comes" 2 pgsteward diff --after infinity
check_exit "so are windows that overlap" 2 pgsteward diff --before 1min --window 1h
local_time() { psql -AtX -c "SET TimeZone = 'Asia/Tokyo'" -c "SELECT to_char('$1'::timestamptz, 'YYYY-MM-DD HH24:MI:SS.US')" | tail -1; }
check_like "times are the session's" 'in 1 interval' env PGTZ=Asia/Tokyo pgsteward diff --before "$(local_time "$before")" \
  --after "$(local_time "$after")" --window "${seconds}s"
check_like "a missing right is named" 'pgsteward doctor prints the grants' flat pgsteward diff -U guest
check_is "no server process died" '' cluster_crashes
checks_done
