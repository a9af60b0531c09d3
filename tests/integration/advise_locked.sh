#!/bin/bash
# A table that somebody else's lock keeps from being read, held or waited for, on it or on one of its indexes, is left out
# and named; the rest is advised on.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
dir=$(session_dir)

cluster_start || exit 1
psql -q -v ON_ERROR_STOP=1 <<'SQL' || exit 1
CREATE EXTENSION pg_steward;
CREATE TABLE free AS SELECT i AS id, i % 5000 AS k, repeat('x', 80) AS note FROM generate_series(1, 40000) i;
CREATE TABLE frozen AS SELECT * FROM free;
CREATE TABLE queued AS SELECT * FROM free;
CREATE TABLE counted AS SELECT * FROM free;
CREATE INDEX frozen_expression ON frozen ((id + 1)) WHERE k > 0;
CREATE TABLE indexed AS SELECT * FROM free;
CREATE INDEX indexed_id ON indexed (id);
VACUUM ANALYZE;
\o /dev/null
SELECT steward.reset();
SQL
for i in $(seq 15); do
  for table in free frozen queued indexed; do echo "SELECT note FROM $table WHERE k = $i;"; done
  echo "SELECT f.note FROM free f JOIN frozen z USING (id) WHERE z.k = $i;"
  echo "SELECT count(*) FROM counted;"
done | psql -q -o /dev/null

coproc holder { psql -qAtX; }
echo "SET idle_in_transaction_session_timeout = '5min'; BEGIN; LOCK TABLE frozen, counted; LOCK TABLE queued IN ACCESS SHARE MODE;
      REINDEX INDEX indexed_id; SELECT 1;" >&"${holder[1]}"
read -r _ <&"${holder[0]}"
PGOPTIONS='-c statement_timeout=5min' psql -qX -c BEGIN -c 'LOCK TABLE queued' >"$dir/queue" 2>&1 &
tries=600
until [ "$(psql -Atc "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'queued'::regclass")" = 1 ]; do
  [ $((tries--)) -gt 0 ] || { cat "$dir/queue"; exit 1; }
  sleep 0.1
done

check_exit "advice is given" 0 pgsteward advise --no-save -o "$dir/report"
squeezed() { tr -s '\n ' ' ' <"$dir/report"; }
check_like "on the table that is free" 'CREATE INDEX CONCURRENTLY free_k_idx ON public\.free' squeezed
check_unlike "not on the others" 'ON public\.(frozen|queued|counted|indexed)' squeezed
check_like "which are named" 'another session locks public\.frozen, public\.queued, public\.counted, public\.indexed \(ACCESS EXCLUSIVE\)' squeezed
check_like "with the statements that read them" 'not costed: .*4 table locked' squeezed
check_like "one whose table is not known is named when it cannot be planned" \
  'statement -?[0-9]+ could not be planned: another session holds a lock on one of its tables' squeezed
check_exit "a snapshot is written too" 0 pgsteward snapshot -o "$dir/workload.json"
check_is "with the sizes that the catalog knows" 5 python3 -c 'import json, sys
print(sum(t["size"] > 3000000 for t in json.load(open(sys.argv[1]))["tables"] if t["schema"] == "public"))' "$dir/workload.json"

echo 'ROLLBACK; \q' >&"${holder[1]}"
wait
pgsteward advise --no-save >"$dir/report"
for table in frozen queued indexed; do
  check_like "without the locks $table gets its index" "ON public\.$table USING" squeezed
done
check_unlike "and nothing is warned of" 'locks? ' squeezed
checks_done
