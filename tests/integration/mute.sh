#!/bin/bash
# pgsteward mute and unmute on a real server: left out of the report and counted, shown on request, over runs, a dump and
# a pooler, until it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; }
json() { pgsteward advise indexes --format json "${@:2}" | python3 -c "import json,sys; d=json.load(sys.stdin); $1"; }

cluster_start --conf log_statement=all
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE orders (id int PRIMARY KEY, customer int, product int, note text);
INSERT INTO orders SELECT i, i % 5000, i % 3000, repeat('x', 80) FROM generate_series(1, 60000) i;
VACUUM ANALYZE orders;
SQL
for i in $(seq 1 20); do
  echo "SELECT id, note FROM orders WHERE customer = $i;"
  echo "SELECT id, note FROM orders WHERE product = $i;"
done | psql -q >/dev/null

check_like "nothing can be muted before it was suggested" "error: there is no suggestion 'abcdef' pgsteward: hint: The ids stand in" \
  flat pgsteward mute abcdef
pgsteward advise indexes >"$(session_dir)/first"
id=$(psql -Atc "SELECT suggestion_id FROM steward.index_suggestions WHERE key_columns = '{customer}'")
check "advice is saved, its status new" [ "$(psql -Atc "SELECT status FROM steward.index_suggestions WHERE suggestion_id = '$id'")" = new ]

check_exit "a time that is none is wrong usage" 2 pgsteward mute "$id" --until whenever
check_exit "a time that is over is refused" 1 pgsteward mute "$id" --until 2001-01-01
check_like "mute says how to undo it" "suggestion $id is muted; to undo: pgsteward unmute $id" \
  pgsteward mute "$id" --reason 'the report is going away' --until 30d
check_is "who, why and until when are kept" "postgres|the report is going away|t" psql -Atc \
  "SELECT muted_by, reason, until BETWEEN now() + interval '29 days' AND now() + interval '31 days' FROM steward.mutes"
check_unlike "it is not in the report" 'orders_customer_idx' pgsteward advise indexes
check_like "but counted" '^muted: 1 \(--show-muted\)$' pgsteward advise indexes
check_like "and shown on request" 'muted +by postgres, 20.*: the report is going away' flat pgsteward advise indexes --show-muted
check_unlike "a migration is without it" 'orders_customer_idx' pgsteward advise indexes --format sql
check "json says the status, and counts" json 'assert d["muted"] == 1 and [x["status"] for x in d["suggestions"]] == ["open"], d'
check "and has it on request" json 'assert sorted(x["status"] for x in d["suggestions"]) == ["muted", "open"], d' --show-muted
check_is "the views say it, for each newer run" 'muted open' psql -Atc \
  "SELECT string_agg(status, ' ' ORDER BY key_columns) FROM steward.index_suggestions"

pg_dump >"$(session_dir)/dump.sql"
psql -qc 'CREATE DATABASE copy' && psql -q -d copy -v ON_ERROR_STOP=1 -f "$(session_dir)/dump.sql" >/dev/null
check_is "a restored dump has the mute" "$id|postgres|the report is going away" \
  psql -d copy -Atc 'SELECT suggestion_id, muted_by, reason FROM steward.mutes'

psql -qc "UPDATE steward.muted_suggestion SET until = now() - interval '1 second'"
check_like "a mute that ended counts no more" 'orders_customer_idx' pgsteward advise indexes
check_unlike "and is not counted" 'muted:' pgsteward advise indexes

# ---- behind a pooler: F1 --------------------------------------------------------------------------------------------
pooler_start --conf default_pool_size=1
pooler_env
state="SELECT pg_backend_pid(), current_setting('TimeZone'), current_setting('search_path'), current_setting('lock_timeout'),
  current_setting('default_transaction_read_only'), (SELECT count(*) FROM pg_prepared_statements)"
before=$(psql -Atc "$state")
check_exit "mute works through a pooler" 0 pgsteward mute "$id" --until '2099-12-24 14:00'
check_is "the application finds its connection as it was" "$before" psql -Atc "$state"
check_exit "and so does unmute" 0 pgsteward unmute "$id"
check_like "unmuting twice is said" "error: suggestion '$id' is not muted pgsteward: hint: What is muted stands in" flat pgsteward unmute "$id"
check_is "the application finds its connection as it was then" "$before" psql -Atc "$state"
cluster_env main
check_unlike "nothing is set for the session" '[:;] +SET /\* pgsteward \*/ [^L]' cat "$(cluster_log)"

# ---- rights ---------------------------------------------------------------------------------------------------------
psql -qc 'CREATE ROLE app LOGIN' -c 'GRANT USAGE ON SCHEMA steward TO app'
check_like "a missing right is named with its grant" \
  'permission denied for function mute.*GRANT EXECUTE ON FUNCTION steward.mute, steward.unmute TO ROLE' \
  flat pgsteward mute "$id" -U app
checks_done
