#!/bin/bash
# S8: what advise, explain, mute, unmute, snapshot, diff, doctor and --verify send, by the server's log of all statements,
# direct and through PgBouncer. Reads, in read-only transactions whose settings are local; what is saved on request; and the
# trial of --verify, which is never committed. Nothing of ours is left on a pooled connection or in the database.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

cluster_start --conf log_statement=all --conf log_line_prefix='<%a %p> ' --conf pg_steward.history_interval=0 \
  --conf pg_steward.slow_min_duration=0 --conf pg_steward.sample_rate=1 --conf jit=off --conf autovacuum=off
dir=$(session_dir)
export PGDATABASE=shop
createdb shop
psql -qX -v ON_ERROR_STOP=1 >&2 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE ROLE app;
CREATE TABLE orders AS SELECT g AS id, g % 3000 AS customer, g % 50 AS city, g % 50 AS zip, repeat('p', 60) AS pad FROM generate_series(1, 60000) g;
CREATE INDEX one ON orders (pad);
CREATE INDEX two ON orders (pad);
ALTER TABLE orders OWNER TO app;
VACUUM ANALYZE;
SQL
for i in 1 2 3; do
  psql -qX -c "SELECT id FROM orders WHERE customer = $i" -c "SELECT count(pad) FROM orders WHERE city = $i AND zip = $i" \
    -c "UPDATE orders SET pad = 'q' WHERE id = -$i" >"$dir/rows"
done
history() { psql -qXAtc 'SELECT steward.write_history()' -c 'SELECT max(pad) FROM orders' >"$dir/rows"; }
history; sleep 1; history; sleep 1; history
IFS='|' read -r first last < <(psql -Atc 'SELECT min(interval_end), max(interval_end) FROM steward.history_interval')

# What of ours is no read, one line each: the verb and how the transaction that it stands in ended.
cat >"$dir/audit.py" <<'PY'
import re, sys
text = open(sys.argv[1]).read()[int(sys.argv[2]):]
found = {}
sessions = {}
for app, pid, message in re.findall(r'^<(\S*) (\d+)> LOG:  (?:statement|execute [^:]*): (.*?)(?=^<|\Z)', text, re.M | re.S):
    if app != 'pgsteward': continue
    session = sessions.setdefault(pid, {'write': False, 'did': []})
    for part in re.split(r';\s+(?=BEGIN|SET|SELECT|LOCK|COMMIT|ROLLBACK|RELEASE|SAVEPOINT)', message):
        words = re.sub(r'/\*.*?\*/', ' ', part, flags=re.S).split()
        verb = words[0].upper() if words else ''
        if verb == 'BEGIN':
            session['write'] = 'READ WRITE' in ' '.join(words)
            session['open'] = True
            session['did'] = []
        elif verb in ('COMMIT', 'ROLLBACK') and 'SAVEPOINT' not in words and 'TO' not in words:
            for what in session['did']: found[what + ', ' + verb.lower()] = found.get(what + ', ' + verb.lower(), 0) + 1
            session.update(write=False, did=[], open=False)
        elif verb == 'SET':
            if words[1].upper() != 'LOCAL' or not session.get('open'): found['SETTING ' + ' '.join(words[:4])] = 1
        elif verb in ('SELECT', 'WITH', 'SHOW', 'VALUES'):
            call = re.search(r'steward\.(save_suggestions|mute|unmute|reset|schedule\w*|refresh\w*|write_history)\s*\(', part)
            if call: session['did'].append(call[1])
            elif not session.get('open') and verb == 'SELECT' and re.search(r'set_config', part): found['SETTING set_config'] = 1
        elif verb not in ('SAVEPOINT', 'RELEASE', 'ROLLBACK'):
            what = ' '.join(words[:2]) if verb == 'CREATE' else verb
            if session.get('write'): session['did'].append(what)
            else: found[what + ' outside'] = 1
for session in sessions.values():
    for what in session['did']: found[what + ', not ended'] = 1
print(*sorted(found), sep='; ')
PY
audit() { # COMMAND...: what it wrote, by the log
  local log from
  log=$(cluster_log); from=$(wc -c <"$log")
  "$@" >"$dir/out" 2>"$dir/err" || { echo "exit $?"; cat "$dir/err"; }
  python3 "$dir/audit.py" "$log" "$from"
}
dump() { pg_dump --exclude-schema=steward | grep -v '^.restrict\|^.unrestrict'; psql -qXAtc 'SELECT oid, relname, relfilenode, reltuples FROM pg_class WHERE relnamespace <> 99 AND oid > 16384 ORDER BY 1' | grep -v toast; }
dump >"$dir/before"

for format in text json sql; do
  check_is "advise, $format, only reads" '' audit pgsteward advise indexes --no-save --format $format
done
check_is "the log does have it" 1 bash -c "[ \$(grep -c '^<pgsteward ' '$(cluster_log)') -gt 30 ] && echo 1"
check_is "and saves where that is asked for" 'save_suggestions, commit' audit pgsteward advise indexes
id=$(psql -Atc 'SELECT suggestion_id FROM steward.index_suggestions LIMIT 1')
query=$(psql -Atc "SELECT queryid FROM steward.statements WHERE query ~ '^SELECT id FROM orders'")
for object in "$id" "$query" orders; do
  check_is "explain $object reads" '' audit pgsteward explain "$object" --plans
  check_is "as JSON" '' audit pgsteward explain "$object" --format json
  check_is "as a script" '' audit pgsteward explain "$object" --psql
done
check_is "mute writes" 'mute, commit' audit pgsteward mute "$id" --reason "it's; -- no"
check_is "unmute too" 'unmute, commit' audit pgsteward unmute "$id"
check_is "a snapshot reads" '' audit pgsteward snapshot -o "$dir/snapshot.json"
check_is "advice from it reads" '' audit pgsteward advise indexes --from "$dir/snapshot.json" --no-save
check_is "diff reads" '' audit pgsteward diff --before "$first" --after "$last" --window 1s
check_is "doctor reads" '' audit pgsteward doctor
for format in text json sql; do
  check_is "--verify, $format, builds and does not keep" 'CREATE INDEX, rollback; LOCK, rollback' audit pgsteward advise indexes --no-save --verify --yes --format $format
done
check_is "and saves apart from that" 'CREATE INDEX, rollback; LOCK, rollback; save_suggestions, commit' audit pgsteward advise indexes --verify --yes
dump >"$dir/after"
check "the database is as it was" diff "$dir/before" "$dir/after"

# ---- through a pooler ---------------------------------------------------------------------------------------------------
psql -qXAtc 'SELECT pg_stat_force_next_flush()' >"$dir/rows"
pooler_start --conf default_pool_size=1
pooler_env
state="SELECT pg_backend_pid(), (SELECT coalesce(string_agg(name || '=' || setting, ',' ORDER BY name), '') FROM pg_settings WHERE source = 'session'
   AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')),
  (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_class WHERE relpersistence = 't'), (SELECT count(*) FROM pg_cursors),
  current_setting('search_path'), current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('TimeZone'),
  current_setting('default_transaction_read_only'), current_setting('role'), current_setting('application_name')"
before=$(psql -XAtc "$state")
check_is "a snapshot reads there too" '' audit pgsteward snapshot -o "$dir/pooled.json"
check_is "the application finds its connection as it was" "$before" psql -XAtc "$state"
check_is "diff reads there" '' audit pgsteward diff --before "$first" --after "$last" --window 1s
check_is "as it was after that" "$before" psql -XAtc "$state"
check_is "mute writes there" 'mute, commit' audit pgsteward mute "$id"
check_is "as it was after that as well" "$before" psql -XAtc "$state"
check_like "advise goes no further than to see the pooler" '^exit 2' audit pgsteward advise indexes
check_like "explain neither" '^exit 2' audit pgsteward explain "$id"
check_like "and --verify builds nothing" '^exit 2' audit pgsteward advise indexes --verify --yes
check_unlike "nor wrote it anything" 'CREATE INDEX' audit pgsteward advise indexes --verify --yes
check_is "the connection is as it was after all" "$before" psql -XAtc "$state"
cluster_env main
check_is "no server process died" '' cluster_crashes
checks_done
