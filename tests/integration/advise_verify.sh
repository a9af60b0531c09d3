#!/bin/bash
# advise indexes --verify: what helps is verified, what only the planner likes is rejected (RELIABILITY C5), what may write is
# never run, and nothing is left behind, however it ends (S8).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf pg_steward.history_interval=0 --conf jit=off --conf max_parallel_workers_per_gather=0 \
  --conf autovacuum=off --conf log_statement=all --conf shared_buffers=256MB
dir=$(session_dir)
export PGDATABASE=shop
createdb shop
psql -qX -v ON_ERROR_STOP=1 >&2 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE ROLE misled;
CREATE ROLE shop;
CREATE TABLE orders WITH (fillfactor = 60) AS SELECT g AS id, g % 2000 AS customer, 'x' AS note, repeat('p', 60) AS pad FROM generate_series(1, 60000) g;
CREATE TABLE visits AS SELECT ((g * 7919::bigint) % 100003)::int AS seen, repeat('p', 100) AS pad FROM generate_series(1, 100000) g;
ALTER TABLE orders OWNER TO shop;
GRANT SELECT, UPDATE ON orders TO misled;
GRANT SELECT ON visits TO misled;
VACUUM ANALYZE;
SELECT steward.reset();
SQL
# The settings of this role tell the planner that reading an index in its order costs nothing and a whole table very much.
psql -qX -c "ALTER ROLE misled SET seq_page_cost = 1000" -c "ALTER ROLE misled SET random_page_cost = 0" -c "ALTER ROLE misled SET enable_bitmapscan = off"
run() {
  for i in 1 2 3; do psql -qX -c "SELECT count(*) FROM orders WHERE customer = 17$i" -c "UPDATE orders SET note = 'y' WHERE customer = -$i" \
    -c "SELECT count(*) FROM orders WHERE customer = 2$i AND random() < 2"; done >"$dir/run.log"
  PGOPTIONS='-c role=misled -c seq_page_cost=1000 -c random_page_cost=0 -c enable_bitmapscan=off' \
    psql -qX -c "SELECT count(v) FROM visits v WHERE seen > 100" -c "SELECT count(v) FROM visits v WHERE seen > 200" >"$dir/misled.log"
}
run
indexes() { psql -qXAtc "SELECT string_agg(indexrelid::regclass::text, ' ') FROM pg_index WHERE indrelid IN ('orders'::regclass, 'visits'::regclass)"; }
calls() { psql -qXAtc "SELECT sum(calls) FROM steward.statements WHERE query ~ 'FROM (orders|visits)' AND dbid = (SELECT oid FROM pg_database WHERE datname = 'shop')"; }
before=$(calls)

pgsteward advise indexes --verify --yes --format json --min-gain 0.01 >"$dir/advice.json"
pick() { python3 -c 'import json, sys; a = json.load(open(sys.argv[1])); print(eval(sys.argv[2], {"a": a}))' "$dir/advice.json" "$1"; }
check_like "what helps is verified" 'ON public.orders USING btree \(customer\)' pick '[s["ddl"] for s in a["suggestions"] if s["status"] == "verified"]'
check_is "and was faster with it" True pick 'all(s["verified_after_time"] < 0.5 * s["verified_before_time"] for s in a["suggestions"])'
check_like "what only the planner likes is rejected" 'ON public.visits.*slows statement -?[0-9]+ of misled down' \
  pick '[(s["ddl"], s["evidence"]["rejected_because"]) for s in a["rejected"]]'
check_is "of about the size promised" True pick '0.8 < a["verification"]["built_size"] / a["verification"]["predicted_size"] < 1.25'
check_like "what writes is not measured" 'writes or locks' pick 'a["verification"]["not_measured"]'
check_like "nor what calls a volatile function" 'volatile function' pick 'a["verification"]["not_measured"]'
check_is "nothing was left" '' indexes
check_is "nor counted" "$before" calls
check_is "the view knows" 'orders verified faster
visits rejected ' psql -qXAtF ' ' -c "SELECT DISTINCT relname, status, CASE WHEN verified_after_time < verified_before_time THEN 'faster' END FROM steward.index_suggestions ORDER BY 1"
pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 >"$dir/advice.txt"
check_like "the report says what was measured" '^   proof .* ms a call, .* built' cat "$dir/advice.txt"
check_like "and what was rejected" '^rejected by measurement \([1-9]\)' cat "$dir/advice.txt"
check_like "with the migration of the rest alone" '^1$' bash -c "pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 --format sql | grep -c '^CREATE INDEX'"

# The server's log: every index was built in a transaction that was rolled back.
committed() { awk '/statement: BEGIN .*READ WRITE/ { built = 0 } /statement: CREATE .*INDEX/ { built = 1 } /statement: COMMIT/ && built { print; built = 0 }' "$(cluster_log)"; }
check_is "no transaction with an index was committed" '' committed
check_like "but they were built" '^[1-9]' grep -c 'statement: CREATE .*INDEX' "$(cluster_log)"

# Asking.
check_exit "without a terminal it does not ask, and does nothing" 2 pgsteward advise indexes --verify --no-save </dev/null
check_like "and says how" 'Give --yes' bash -c 'pgsteward advise indexes --verify --no-save </dev/null 2>&1'
check_exit "--yes answers nothing else" 2 pgsteward advise indexes --yes
cat >"$dir/answer.py" <<'PY'
import os, pty, sys
answer = sys.argv[1].encode()
def read(fd):
    data = os.read(fd, 65536)
    if b"[y/N]" in data: os.write(fd, answer + b"\n")
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read)))
PY
check_like "a no is an answer" 'not verified: the question was not answered with y' python3 "$dir/answer.py" n pgsteward advise indexes --verify --no-save --min-gain 0.01
check_like "and a yes" 'rejected by measurement' python3 "$dir/answer.py" y pgsteward advise indexes --verify --no-save --min-gain 0.01

# However it ends.
building() { psql -qXAtc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgsteward' AND state = 'active' AND query ~ '$1'"; }
ended_by() { # SIGNAL QUERY
  local pid='' tries=600
  # Again where it was through before it was seen at it.
  until [ "$(building "$2")" != 0 ] || [ $((tries--)) = 0 ]; do
    if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then
      env --default-signal=INT pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 >"$dir/ended.log" 2>&1 &
      pid=$!
    fi
    sleep 0.02
  done
  [ "$tries" -gt 0 ] || { echo "never seen at it"; return 1; }
  kill "-$1" $pid
  wait $pid 2>/dev/null
  for _ in $(seq 300); do [ "$(psql -qXAtc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgsteward'")" = 0 ] && break; sleep 0.1; done
  indexes
}
check_is "Ctrl-C while it measures leaves nothing" '' ended_by INT steward.measure
check_like "and says so" 'interrupted|canceled' cat "$dir/ended.log"
check_is "kill -9 while it measures leaves nothing" '' ended_by KILL steward.measure
check_is "kill -9 while it builds leaves nothing" '' ended_by KILL '^CREATE .*INDEX'

# A transaction that holds one table and comes for another waits for us to end; the server finds no deadlock to break.
psql -qX -c "CREATE MATERIALIZED VIEW spans AS SELECT seen, pad FROM visits" -c "ANALYZE spans"
for i in 1 2 3; do psql -qXo /dev/null -c "SELECT count(*) FROM visits WHERE seen = 5$i" -c "SELECT count(*) FROM spans WHERE seen = 5$i"; done
mkfifo "$dir/crossing"
psql -qX <"$dir/crossing" >"$dir/crossing.log" 2>&1 & crossing=$!
exec 3>"$dir/crossing"
echo "BEGIN; UPDATE orders SET note = note WHERE id = 2; SELECT 'holds it';" >&3
for _ in $(seq 100); do grep -q 'holds it' "$dir/crossing.log" && break; sleep 0.1; done
pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 --format json >"$dir/advice.json" & verifier=$!
until [ "$(building 'steward.measure|^CREATE .*INDEX|^LOCK')" != 0 ] || ! kill -0 $verifier 2>/dev/null; do sleep 0.02; done
echo "UPDATE visits SET pad = pad WHERE seen = 1; SELECT 'went on'; ROLLBACK;" >&3
wait $verifier
exec 3>&-
wait $crossing
check_like "a transaction that crosses ours goes on" 'went on' cat "$dir/crossing.log"
check_unlike "and is not what a deadlock costs" 'deadlock' cat "$dir/crossing.log"
check_like "what was free was measured, materialized views as well" 'ON public.spans' pick '[s["ddl"] for s in a["suggestions"] if s["status"] == "verified"]'
psql -qX -c "DROP MATERIALIZED VIEW spans"

# What somebody writes to cannot be built on: it is said, and nobody waits long.
mkfifo "$dir/writer"
psql -qX <"$dir/writer" >"$dir/writer.log" 2>&1 & writer=$!
exec 3>"$dir/writer"
echo "BEGIN; UPDATE orders SET note = 'z' WHERE id = 1; SELECT 'holds it';" >&3
for _ in $(seq 100); do grep -q 'holds it' "$dir/writer.log" && break; sleep 0.1; done
pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 --format json >"$dir/advice.json"
check_like "a table with a writer is not measured" 'not measured: canceling statement due to lock timeout' pick '[s["caveats"] for s in a["suggestions"]]'
echo 'ROLLBACK;' >&3
exec 3>&-
wait $writer

# Chains of versions that an index on the changed column does not fit: it is only usable once they are gone.
psql -qX -c "UPDATE orders SET customer = customer + 1 WHERE id % 100 = 0"
pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 --format json >"$dir/advice.json"
check_is "versions that nobody sees any more are in nobody's way" verified pick '[s["status"] for s in a["suggestions"] if "orders" in s["ddl"]][0]'
mkfifo "$dir/reader"
psql -qX <"$dir/reader" >"$dir/reader.log" 2>&1 & reader=$!
exec 3>"$dir/reader"
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) AS holds FROM pg_class;" >&3
for _ in $(seq 100); do grep -q 'holds' "$dir/reader.log" && break; sleep 0.1; done
psql -qX -c "VACUUM orders" -c "UPDATE orders SET customer = customer + 1 WHERE id % 100 = 1"
pgsteward advise indexes --verify --yes --no-save --min-gain 0.01 --format json >"$dir/advice.json"
check_like "versions that somebody sees are said" 'not measured: older versions of rows' pick '[s["caveats"] for s in a["suggestions"]]'
echo 'ROLLBACK;' >&3
exec 3>&-
wait $reader
check_is "nothing is left after all that" '' indexes
check_is "no server process died" '' cluster_crashes
checks_done
