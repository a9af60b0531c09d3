#!/bin/bash
# pgsteward advise indexes and snapshot on a real server: the missing index is found, saved, written as SQL that runs,
# and not suggested again once built. Covers C6, C12, E7, E13, F2, F6, S8, S13.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; }
json() { pgsteward advise indexes -d shop --format json --no-save "${@:2}" | python3 -c "import json,sys; d=json.load(sys.stdin); $1"; }
out=$(session_dir)

cluster_start
psql -q -c 'CREATE DATABASE shop' -c 'CREATE ROLE app LOGIN' -c 'CREATE ROLE dba LOGIN'
export PGDATABASE=shop
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE orders (id int PRIMARY KEY, customer int, status text, created timestamptz, note text);
INSERT INTO orders SELECT i, i % 5000, CASE WHEN i % 200 = 0 THEN 'stuck' ELSE 'done' END,
  '2026-01-01'::timestamptz + i * interval '1 minute', repeat('x', 80) FROM generate_series(1, 60000) i;
CREATE INDEX orders_created_idx ON orders (created);
CREATE INDEX orders_created_note_idx ON orders (created, note);
GRANT SELECT, UPDATE ON orders TO app;
VACUUM ANALYZE orders;
SQL

# ---- nothing captured, nothing saved --------------------------------------------------------------------------------
psql -qAtc "SELECT steward.reset()" >"$out/reset"
psql -d postgres -q -c 'CREATE DATABASE empty' -c '\c empty' -c 'CREATE EXTENSION pg_steward' >"$out/empty" 2>&1
check_like "nothing captured yet says so" 'error: nothing has been captured yet on the tables of database "empty".*hint: Let the application run' \
  flat bash -c 'psql -d empty -qAtc "SELECT steward.reset()" >/dev/null; pgsteward advise indexes -d empty'
notices() { psql -At -c 'SELECT count(*) FROM steward.index_suggestions' -c 'SELECT count(*) FROM steward.index_suggestions' 2>&1; }
check_is "an empty suggestions view says why, once a session (F6)" \
  'NOTICE:  no analysis has been saved in database "shop"
HINT:  Run: pgsteward advise indexes -d shop
0
0' notices

# ---- the advice -----------------------------------------------------------------------------------------------------
for i in $(seq 1 30); do
  echo "SELECT id, note FROM orders WHERE customer = $i;"
  echo "SELECT id FROM orders WHERE status = 'stuck' ORDER BY created DESC LIMIT 10;"
done | psql -U app -q >/dev/null
check_exit "advise succeeds" 0 pgsteward advise indexes -d shop
pgsteward advise indexes >"$out/report" 2>&1
check_like "the missing index is found" 'CREATE INDEX CONCURRENTLY orders_customer_idx ON public.orders USING btree' cat "$out/report"
check_like "the header has window, calls and coverage" '^costed    [0-9]+ of [0-9]+ statements = [0-9.]+ % of the time' cat "$out/report"
check_like "the prefix is a drop candidate" 'orders_created_idx on orders: prefix of orders_created_note_idx' cat "$out/report"
check_like "and it is saved" '^saved as run 2 ' cat "$out/report"
check_unlike "no progress bar without a terminal" $'\r' cat "$out/report"

check "json: costs fall, ids are strings" json 's=[x for x in d["suggestions"] if x["key_columns"][0]=="customer"][0]
assert s["cost_after"] < s["cost_before"]/10, s
assert isinstance(s["evidence"]["helped"][0]["queryid"], str) and d["schema_version"] == 1'
check_is "the reading of the workload is not part of it" 0 bash -c \
  'pgsteward snapshot -o /dev/stdout | grep -cE "pgsteward|SET LOCAL|steward[.](whatif|statements)"'
check "no suggestion is covered by an existing index" json 'assert not [x for x in d["suggestions"] if x["key_columns"]==["id"]], d["suggestions"]'
check "the budget is kept" json 'assert d["size"] <= 2000000, d["size"]' --budget 2000000
check "a tiny budget leaves nothing" json 'assert d["suggestions"] == [], d["suggestions"]' --budget 8192
check "an excluded schema is left alone" json 'assert d["suggestions"] == [], d["suggestions"]' --exclude-schema public
psql -qc 'CREATE SCHEMA other CREATE TABLE nothing (a int)'
check "and so is any other than the one named" json 'assert d["suggestions"] == [], d["suggestions"]' --schema other
check "--limit cuts the list" json 'assert len(d["suggestions"]) == 1 and d["not_shown"] >= 0, d' --limit 1

ids() { pgsteward advise indexes --no-save --format json | python3 -c 'import json, sys
print(sorted((s["suggestion_id"], s["ddl"]) for s in json.load(sys.stdin)["suggestions"]))'; }
check_is "ids and DDL are the same whatever the session's settings" "$(ids)" \
  env PGOPTIONS='-c quote_all_identifiers=on -c search_path=steward,public -c IntervalStyle=iso_8601' bash -c "$(declare -f ids); ids"

# ---- saved runs -----------------------------------------------------------------------------------------------------
check_is "the view shows the newest run, known suggestions are open" 'open|customer|orders|t' psql -Atc \
  "SELECT status, key_columns[1], relname, cost_after < cost_before FROM steward.index_suggestions WHERE key_columns[1] = 'customer'"
check_is "first_seen is carried over, the id is stable" '1|t' psql -Atc \
  "SELECT count(DISTINCT suggestion_id), bool_and(first_seen < last_seen) FROM steward.suggestion s WHERE run_id = 2
   AND EXISTS (SELECT FROM steward.suggestion o WHERE o.run_id = 1 AND o.suggestion_id = s.suggestion_id AND o.first_seen = s.first_seen)
   AND s.details->>'relname' = 'orders' AND s.details->'key_columns'->>0 = 'customer'"
check_exit "a schema that is not there is wrong usage" 2 pgsteward advise indexes --schema othr
check_like "and is named" 'no table in a schema "othr" of database "shop"' pgsteward advise indexes --schema othr
check_like "advice on a part is not saved" '^not saved: only advice on the whole database' pgsteward advise indexes --schema public
check_is "--no-save saves nothing" 2 psql -Atc 'SELECT count(*) FROM steward.analysis_runs'
check_is "runs keep what they covered" t psql -Atc \
  "SELECT bool_and(statements >= statements_costed AND time_costed_ratio BETWEEN 0 AND 1 AND settings ? 'random_page_cost') FROM steward.analysis_runs"
check_is "runs are not dumped" '' bash -c "pg_dump -d shop -t 'steward.*' --data-only | grep -i 'COPY steward.suggestion'"

# ---- progress: C14 --------------------------------------------------------------------------------------------------
# What reaches a terminal of that many columns (0: it does not say) on standard error.
on_terminal() { # COLUMNS COMMAND...
  python3 - "$@" <<'PY'
import fcntl, os, struct, subprocess, sys, termios
ours, theirs = os.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
command = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=theirs, close_fds=True)
os.close(theirs)
seen = b""
try:
    while piece := os.read(ours, 4096): seen += piece
except OSError: pass  # the end, on Linux
command.wait()
lines = [part for part in seen.decode().replace("\r\n", "\n").split("\r\x1b[K") if part]
print("widest", max(map(len, lines), default=0), "escapes", seen.count(b"\x1b") > 0, "lines", len(seen.split(b"\n")) - 1)
PY
}
progress_checks() {
  export TERM=xterm
  check_like "progress fits in a narrow terminal" 'widest 1[0-9] escapes True lines 0' on_terminal 20 pgsteward advise indexes --no-save
  check_like "COLUMNS says it where the terminal does not" 'widest 1[0-9] escapes True' \
    env COLUMNS=20 bash -c "$(declare -f on_terminal); on_terminal 0 pgsteward advise indexes --no-save"
  check_like "with NO_COLOR there are no escapes, and one line a phase" 'escapes False lines [2-6]$' \
    env NO_COLOR=1 bash -c "$(declare -f on_terminal); on_terminal 80 pgsteward advise indexes --no-save"
}
# A chroot may have no pseudo-terminals; the width is ProgressTest's too.
if python3 -c 'import os; os.openpty()' 2>"$out/pty"; then progress_checks; else echo "# no pseudo-terminal here: $(tail -n 1 "$out/pty")"; fi

# ---- rights: C12 ----------------------------------------------------------------------------------------------------
psql -q <<<"$(pgsteward doctor -U dba | grep -o 'GRANT [^;]*;')"
check_like "doctor's grants are enough for advice" 'orders_customer_idx.*saved as run 3 ' flat pgsteward advise indexes -U dba
psql -qc 'REVOKE EXECUTE ON FUNCTION steward.save_suggestions(jsonb) FROM dba'
check_like "without the right to save it says so" 'orders_customer_idx.*not saved: permission denied' \
  flat pgsteward advise indexes -U dba
check_exit "and succeeds" 0 pgsteward advise indexes -U dba

# ---- SQL: it runs, and the suggestion is gone -----------------------------------------------------------------------
pgsteward advise indexes --format sql -o "$out/indexes.sql"
check_unlike "never IF NOT EXISTS, lock_timeout in minutes (F2)" 'INDEX CONCURRENTLY IF|lock_timeout = .[0-9]+(ms|s).' cat "$out/indexes.sql"
check_exit "the file runs in psql" 0 psql -q -v ON_ERROR_STOP=1 -f "$out/indexes.sql"
check_is "and built valid indexes" t psql -Atc \
  "SELECT bool_and(indisvalid) FROM pg_index WHERE indexrelid = 'orders_customer_idx'::regclass"
check "what is built is not suggested again (C6)" json 'assert not [x for x in d["suggestions"] if x["key_columns"][0]=="customer"], d["suggestions"]'
psql -qc 'UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"'orders_customer_idx'::regclass"
grep -v '^CREATE INDEX' "$out/indexes.sql" >"$out/check.sql"
check_like "the closing check names the drop of an invalid one" 'is missing or invalid.*DROP INDEX CONCURRENTLY public.orders_customer_idx' \
  flat psql -v ON_ERROR_STOP=1 -f "$out/check.sql"
psql -qc 'DROP INDEX orders_customer_idx'

# ---- names that do harm: E7 -----------------------------------------------------------------------------------------
psql -q >/dev/null <<'SQL'
CREATE SCHEMA "we ""ird";
SELECT format('CREATE TABLE %I.%I (id int, %I int, pad text)', 'we "ird', E'evil\x1b[31m\n; DROP TABLE orders; --', E'c"''\\ol;') \gexec
SELECT format('INSERT INTO %I.%I SELECT i, i, repeat(''x'', 60) FROM generate_series(1, 30000) i', 'we "ird', E'evil\x1b[31m\n; DROP TABLE orders; --') \gexec
SELECT format('ANALYZE %I.%I', 'we "ird', E'evil\x1b[31m\n; DROP TABLE orders; --') \gexec
SELECT format('SELECT pad FROM %I.%I WHERE %I = 17', 'we "ird', E'evil\x1b[31m\n; DROP TABLE orders; --', E'c"''\\ol;') FROM generate_series(1, 20) \gexec
SQL
pgsteward advise indexes --schema 'we "ird' --no-save >"$out/evil.txt"
check_like "a hostile table gets advice" 'evil.x1b' cat "$out/evil.txt"
check_unlike "whose name reaches no terminal" $'\x1b' cat "$out/evil.txt"
pgsteward advise indexes --schema 'we "ird' --no-save --format sql >"$out/evil.sql"
check_exit "whose DDL is right" 0 psql -q -v ON_ERROR_STOP=1 -f "$out/evil.sql"
check_is "and drops nothing" 60000 psql -Atc 'SELECT count(*) FROM orders'

# ---- encodings ------------------------------------------------------------------------------------------------------
latin() { printf 'gr\xf6\xdfe'; }
for encoding in UTF8 SQL_ASCII; do
  name=$(if [ $encoding = UTF8 ]; then echo größe; else latin; fi)
  export PGDATABASE=in_${encoding,,} PGCLIENTENCODING=$encoding
  psql -d postgres -q -c "CREATE DATABASE $PGDATABASE TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'"
  psql -q -c 'CREATE EXTENSION pg_steward' -c "CREATE TABLE ware (id int, \"$name\" int, pad text)" \
    -c "INSERT INTO ware SELECT i, i, repeat('x', 60) FROM generate_series(1, 30000) i" -c 'ANALYZE ware'
  for i in 1 2 3; do psql -qAt -c "SELECT pad FROM ware WHERE \"$name\" = $i" >"$out/rows"; done
  check_exit "a name that is not ASCII, $encoding" 0 pgsteward advise indexes --format sql -o "$out/$encoding.sql"
  PGCLIENTENCODING=LATIN1 psql -q -v ON_ERROR_STOP=1 -f "$out/$encoding.sql"
  check_is "in a file that any client runs right" t psql -Atc "SELECT count(*) = 1 FROM pg_indexes WHERE indexdef LIKE '%$name%'"
done
check_exit "text and JSON work there too" 0 bash -c 'pgsteward advise --no-save >/dev/null && pgsteward advise --format json | python3 -m json.tool'
unset PGCLIENTENCODING
export PGDATABASE=shop

# ---- HOT updates that an index would end ----------------------------------------------------------------------------
export PGDATABASE=hot
psql -d postgres -q -c 'CREATE DATABASE hot'
psql -qo /dev/null <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE jobs (id int PRIMARY KEY, state int, owner int, note text) WITH (fillfactor = 50);
INSERT INTO jobs SELECT i, i % 5000, i % 5000, repeat('x', 80) FROM generate_series(1, 30000) i;
VACUUM ANALYZE jobs;
SELECT pg_stat_force_next_flush();
SELECT pg_stat_reset_single_table_counters('jobs'::regclass);  -- loading is no rate
SQL
updates() { seq 1 40 | sed 's/.*/UPDATE jobs SET state = & WHERE id = & * 700;/'; echo 'SELECT pg_stat_force_next_flush();'; }
hot_updates() { psql -Atc "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'jobs'"; }
{ updates; for i in $(seq 1 30); do echo "SELECT note FROM jobs WHERE state = $i; SELECT note FROM jobs WHERE owner = $i;"; done; } |
  psql -qo /dev/null
check_is "updates of a column without index are HOT" '40|40' hot_updates
pgsteward snapshot -o "$out/fresh.json"
check_is "which columns they set is captured" "[['jobs', [2], 40]]" python3 -c '
import json, sys
w = json.load(open(sys.argv[1]))
for t in w["tables"]: t["stats_since"] = w["server"]["collected_at"] - 7200
w["server"]["window_start"] = w["server"]["collected_at"] - 7200
json.dump(w, open(sys.argv[2], "w"))
print([[t["name"], u["attnums"], int(u["rows"])] for t in w["tables"] for u in t["updates"]])' "$out/fresh.json" "$out/hours.json"
lost() { pgsteward advise indexes --no-save --format json --from "$1" | python3 -c 'import json, sys
print(sorted((s["key_columns"], s["hot_updates_lost_per_hour"]) for s in json.load(sys.stdin)["suggestions"]))'; }
check_is "an index on it ends them, one on another column none" "[(['owner'], 0.0), (['state'], 20.0)]" lost "$out/hours.json"
check_is "in minutes it is not known" "[(['owner'], None), (['state'], None)]" lost "$out/fresh.json"
pgsteward advise indexes --no-save --from "$out/hours.json" >"$out/hot"
check_like "the text says so" '100 % of updates HOT; 20 upd/h change state and lose HOT +\(estimate\)' flat cat "$out/hot"
check_is "of the one only" 1 grep -c 'lose HOT' "$out/hot"
psql -qc 'CREATE INDEX ON jobs (owner)' -c 'VACUUM jobs'
updates | psql -qo /dev/null
check_is "the one on another column, built, ends none" '80|80' hot_updates
psql -qc 'CREATE INDEX ON jobs (state)' -c 'VACUUM jobs'
updates | sed 's/= \([0-9]*\) WHERE/= \1 + 7 WHERE/' | psql -qo /dev/null
check_is "the other ends all" '120|80' hot_updates
export PGDATABASE=shop

# ---- files: E13, S13 ------------------------------------------------------------------------------------------------
umask 0000
pgsteward snapshot -o "$out/workload.json"
check_is "a snapshot is the owner's only" 600 stat -c %a "$out/workload.json"
ln -s "$out/target" "$out/link"
pgsteward snapshot -o "$out/link"
check "and follows no symbolic link" test ! -e "$out/target"
check_unlike "and has no literals" "'stuck'" cat "$out/workload.json"
check_like "advise takes it" 'workload  from file .*orders_customer_idx' flat pgsteward advise indexes --no-save --from "$out/workload.json"
check_exit "of another database it refuses" 2 pgsteward advise indexes -d empty --from "$out/workload.json"
head -c 3000 "$out/workload.json" >"$out/cut.json"
check_like "a broken file is named by its line" 'could not read the workload file: invalid JSON in line [0-9]+' \
  pgsteward advise indexes --from "$out/cut.json"
check_exit "and exits with 1" 1 pgsteward advise indexes --from "$out/cut.json"
check_exit "as does a file that is not there" 1 pgsteward advise indexes --from "$out/none.json"

# ---- an index that is being built -----------------------------------------------------------------------------------
becomes() { # EXPECTED COMMAND...: waits until the command prints that
  local expected=$1 tries=600; shift
  until [ "$("$@")" = "$expected" ]; do [ $((tries--)) -gt 0 ] || { echo "never $expected: $*"; return 1; }; sleep 0.05; done
}
coproc psql -qAtX
echo "BEGIN; UPDATE orders SET id = id WHERE id = 1; SELECT 1;" >&"${COPROC[1]}"
read -r _ <&"${COPROC[0]}"
psql -qc 'CREATE INDEX CONCURRENTLY being_built ON orders (note)' >"$out/build" 2>&1 & build=$!
invalid() { psql -Atc "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('being_built') AND NOT indisvalid"; }
check "a build waits for a writer" becomes 1 invalid
check_unlike "its index is no invalid one yet" being_built pgsteward advise indexes --no-save
check_unlike "nor to a role that sees no more of the build" being_built pgsteward advise indexes --no-save -U dba
psql -qAtc "SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index" >"$out/canceled"
wait $build
check_like "what a build that ended leaves is" 'being_built on orders: invalid' pgsteward advise indexes --no-save
invalid() { psql -Atc "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('built_unseen') AND NOT indisvalid"; }
PGOPTIONS='-c track_activities=off' psql -qc 'CREATE INDEX CONCURRENTLY built_unseen ON orders (note)' >"$out/build" 2>&1 & build=$!
check "a build that shows no progress waits for the writer too" becomes 1 invalid
check_is "which no view tells of" 0 psql -Atc 'SELECT count(*) FROM pg_stat_progress_create_index'
check_unlike "its index is no invalid one either" built_unseen pgsteward advise indexes --no-save
psql -qAtc "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE relation = 'orders'::regclass AND mode = 'ShareUpdateExclusiveLock'" >"$out/canceled"
wait $build
check_like "until it ended" 'built_unseen on orders: invalid' pgsteward advise indexes --no-save
echo 'ROLLBACK;' >&"${COPROC[1]}"

# ---- Ctrl-C ---------------------------------------------------------------------------------------------------------
sessions() { psql -Atc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgsteward' AND $1"; }
interrupted() { # a command that waits for the lock is interrupted: the server's query too, and at once
  bash -c 'trap - INT; exec pgsteward advise indexes >/dev/null' & local pid=$!
  becomes 1 sessions "wait_event_type = 'Lock'" && kill -INT $pid; wait $pid
}
echo "SET idle_in_transaction_session_timeout = '1min'; BEGIN; LOCK TABLE steward.suggestion_run; SELECT 1;" >&"${COPROC[1]}"
read -r _ <&"${COPROC[0]}"
check_exit "Ctrl-C ends it with exit 1" 1 interrupted
check "nothing keeps running on the server" becomes 0 sessions true
# The server's postmaster is stopped, so that a cancel request is never answered.
twice() {
  local pid postmaster tries=600
  bash -c 'trap - INT; exec pgsteward advise indexes >/dev/null' & pid=$!
  becomes 1 sessions "wait_event_type = 'Lock'" || return
  postmaster=$(head -n 1 "$(cluster_data)/postmaster.pid")
  kill -STOP "$postmaster"
  while kill -INT $pid 2>/dev/null && [ $((tries--)) -gt 0 ]; do sleep 0.05; done
  kill -KILL $pid 2>/dev/null
  kill -CONT "$postmaster"
  wait $pid
}
check_exit "a second Ctrl-C ends it while the server does not answer" 130 twice
echo '\q' >&"${COPROC[1]}"
wait

# ---- texts that did not fit -----------------------------------------------------------------------------------------
cluster_start --name small --conf pg_steward.text_memory=1MB
export PGDATABASE=postgres
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE wide (a int, note text)'
sums=$(printf 'length(note) + %.0s' {1..400})
for i in $(seq 1 300); do echo "SELECT $(printf '1, %.0s' $(seq $i)) $sums 1 FROM wide;"; done | psql -q >"$out/wide"
psql -q -c 'SELECT a FROM wide WHERE note = $$x$$' >>"$out/wide"
pgsteward snapshot -o "$out/small.json"
check "calls whose text is missing are counted, and named so" python3 -c '
import json, sys
lost = [s for s in json.load(open(sys.argv[1]))["statements"] if s["query"] == ""]
assert sum(s["calls"] for s in lost) > 100, lost
assert {s["not_costable"] for s in lost} == {"no text"}, lost' "$out/small.json"
# ---- texts that are cut ---------------------------------------------------------------------------------------------
cluster_start --name short --conf pg_steward.max_query_length=128
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE narrow (a int)' -c 'SELECT a AS kept FROM narrow' >"$out/rows"
for i in 1 2; do pgsteward snapshot -o "$out/short.json"; done
check_is "the reading of the workload is no part of it there either" "['SELECT a AS kept FROM narrow']" python3 -c '
import json, sys
print([s["query"] for s in json.load(open(sys.argv[1]))["statements"] if s["query"].startswith(("SELECT", "WITH", "SET", "BEGIN"))])' "$out/short.json"
check_is "no server process died" '' cluster_crashes
checks_done
