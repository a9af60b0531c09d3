#!/bin/bash
# How good is the index advice? Loads a TPC-H workload (a tuning exercise, not a TPC benchmark), runs its queries with
# capture on, asks `pgsteward advise indexes` and checks the answer independently: the suggested indexes are really built
# and every query is planned again by plain EXPLAIN. Once with parameter samples, once without (shapes and statistics).
#
#   bench/tpch_advise.sh [BYTES...]        default: 100000000    (needs `make pgtree`; make bench-tpch does that)
#   TPCH_DIR=folder   where the workload is: schema.sql, <table>.tbl.zst, queries/NN.sql
#                     (default: ../shared/workloads/tpch beside this checkout; skipped, saying so, when it is missing)
# The sum runs over 19 queries: without 2, 17 and 20, whose costs would drown the rest.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tpch=${TPCH_DIR:-$repo/../shared/workloads/tpch}
[ -d "$tpch/queries" ] || { echo "skipped: no TPC-H workload in $tpch (set TPCH_DIR)"; exit 0; }
command -v zstdcat >/dev/null || { echo "skipped: zstdcat is missing (Debian package zstd)"; exit 0; }
# shellcheck source=../tests/server/harness.sh
. "$repo/tests/server/harness.sh"
budgets=("${@:-100000000}")
queries=(01 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18 19 21 22)
dir=$(session_dir)

start() {
  cluster_start --conf shared_buffers=1GB --conf effective_cache_size=8GB --conf jit=off --conf work_mem=64MB \
    --conf random_page_cost=4 --conf max_parallel_workers_per_gather=2 --conf maintenance_work_mem=512MB \
    --conf autovacuum=off
  createdb tpch
  export PGDATABASE=tpch
}

load() {
  psql -qX -v ON_ERROR_STOP=1 -f "$tpch/schema.sql"
  local table
  for table in region nation supplier customer part partsupp orders lineitem; do
    zstdcat "$tpch/$table.tbl.zst" | psql -qX -v ON_ERROR_STOP=1 -c "COPY $table FROM STDIN WITH (DELIMITER '|')"
  done
  psql -qX -c 'VACUUM (FREEZE, ANALYZE)' -c 'CREATE EXTENSION pg_steward'
}

# Sum of the planner's total costs of the queries as they stand.
workload_cost() {
  local q
  for q in "${queries[@]}"; do
    { echo 'EXPLAIN (FORMAT JSON)'; cat "$tpch/queries/$q.sql"; } >"$dir/explain.sql"
    psql -qXAt -f "$dir/explain.sql" | awk -F: '/"Total Cost"/ { gsub(/[ ,]/, "", $2); print $2; exit }'
  done | awk '{ sum += $1 } END { printf "%.1f\n", sum }'
}

capture() {   # capture on|off: run the workload once, with or without parameter samples
  psql -qX -c 'SELECT steward.reset()' -c "ALTER DATABASE tpch SET pg_steward.capture_parameters = $1" >/dev/null
  local q
  for q in "${queries[@]}"; do psql -qX -f "$tpch/queries/$q.sql" >/dev/null; done
  psql -qX -c 'ALTER DATABASE tpch RESET pg_steward.capture_parameters'
}

json() { psql -qXAt -v "file=$1" <<<"\\set content \`cat $1\`
SELECT $2 FROM (SELECT :'content'::jsonb AS j) s"; }

declare -A chosen
measure() {   # measure LABEL BUDGET BASE
  local out=$dir/$1_$2 began ended
  began=$(date +%s.%N)
  "$STEWARD_BIN" advise indexes -d tpch --budget "$2" --limit 100 --weight calls --no-save --format json -o "$out.json"
  ended=$(date +%s.%N)
  "$STEWARD_BIN" advise indexes -d tpch --budget "$2" --limit 100 --weight calls --no-save --format sql -o "$out.sql"
  psql -qX -v ON_ERROR_STOP=1 -f "$out.sql" >"$out.log" 2>&1 || { cat "$out.log"; return 1; }
  local built size
  built=$(workload_cost)
  size=$(psql -qXAt -c "SELECT coalesce(sum(pg_relation_size(indexrelid)), 0) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
    WHERE NOT indisprimary AND relnamespace = 'public'::regnamespace")
  json "$out.json" "(SELECT string_agg(regexp_replace(i ->> 'ddl', '.* ON (.*) USING btree (.*);', '\1\2'), '; ' ORDER BY i ->> 'ddl')
     FROM jsonb_array_elements(j -> 'suggestions') i)" | sed "s/^/  $1 $2: /"
  json "$out.json" "format('%s|%s|%s|%s', round((j #>> '{cost_after}')::numeric / (j #>> '{cost_before}')::numeric, 4),
     jsonb_array_length(j -> 'suggestions'), round((j #>> '{size}')::numeric / 1e6, 1), j #>> '{planner_calls}')" >"$out.row" 
  awk -F'|' -v label="$1" -v budget="$2" -v built="$built" -v base="$3" -v size="$size" -v s="$(awk "BEGIN{print $ended-$began}")" \
    '{ printf "RESULT %-8s %-6s predicted %s  built %.4f  indexes %s  predicted MB %s  built MB %.1f  plans %s  seconds %.2f\n", label, budget, $1, built / base, $2, $3, size / 1e6, $4, s }' \
    "$out.row" | tee -a "$dir/results"
  psql -qXAt -c "SELECT format('DROP INDEX %s;', indexrelid::regclass) FROM pg_index i JOIN pg_class c ON c.oid = indrelid
    WHERE NOT indisprimary AND relnamespace = 'public'::regnamespace" | psql -qX -f -
}

start
load
base=$(workload_cost)
echo "base cost of the 19 queries, primary keys only: $base"
for samples in on off; do
  capture "$samples"
  for budget in "${budgets[@]}"; do measure "samples-$samples" "$budget" "$base"; done
done
echo
sed 's/^RESULT //' "$dir/results"
