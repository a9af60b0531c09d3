#!/bin/bash
# What capture adds to a statement, in instructions of the backend (user space), counted by valgrind's callgrind: the same
# on a busy machine. Kernel time, cache misses and contention are not in it.
#
#   bench/capture_instructions.sh [WORKLOAD...]     prepared (default), simple     (needs `make pgtree` and valgrind)
#
# Each server runs one pgbench client for 500 and then for 2,500 read-only statements; the difference over 2,000 is the
# cost of one statement, start-up and first plans cancelled out. Printed for: no library and no query ids, query ids only,
# pg_stat_statements, and pg_steward with its defaults.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
command -v valgrind >/dev/null || { echo "skipped: valgrind is missing (Debian package valgrind)"; exit 0; }
# shellcheck source=../tests/server/harness.sh
. "$repo/tests/server/harness.sh"
workloads=("${@:-prepared}")
dir=$(session_dir)

cluster_start --no-preload --conf autovacuum=off --conf jit=off --conf max_parallel_workers_per_gather=0 \
  --conf bgwriter_lru_maxpages=0 --conf shared_buffers=128MB --conf max_connections=20
pgbench -q -i -s 2 >/dev/null 2>&1
psql -qX -c 'VACUUM (FREEZE, ANALYZE)' -c CHECKPOINT
cluster_stop
data=$(cluster_data)

# start NAME PRELOAD SETTING...: the server on a copy of the data, every backend counted in NAME/cg.PID
start() {
  local name=$1 preload=$2; shift 2
  mkdir -p "$dir/$name"
  if [ "$(id -u)" = 0 ]; then chown --reference="$data" "$dir/$name"; fi
  as_server cp -R "$data" "$dir/$name/data"
  printf "unix_socket_directories = '%s'\nshared_preload_libraries = '%s'\n" "$dir/$name" "$preload" \
    | as_server tee -a "$dir/$name/data/postgresql.conf" >/dev/null
  printf '%s\n' "$@" | as_server tee -a "$dir/$name/data/postgresql.conf" >/dev/null
  as_server setarch -R valgrind -q --tool=callgrind --trace-children=yes --callgrind-out-file="$dir/$name/cg.%p" \
    "$(command -v postgres)" -D "$dir/$name/data" >"$dir/$name/log" 2>&1 </dev/null &
  server=$!
  cluster_env "$name"
  local i
  for ((i = 0; i < 300; i++)); do psql -qXAt -c 'SELECT 1' >/dev/null 2>&1 && return; sleep 0.2; done
  cat "$dir/$name/log"; return 1
}

# Instructions of the backend that ran `pgbench -t N`: the largest of the files newer than the run.
count() {
  local name=$1 protocol=$2 n=$3
  touch "$dir/stamp"; sleep 1.1
  pgbench -n --random-seed=42 -S -c 1 -t "$n" -M "$protocol" >/dev/null 2>&1
  sleep 3
  find "$dir/$name" -name 'cg.*' -newer "$dir/stamp" -exec grep -h '^totals:' {} + | awk '$2 > max { max = $2 } END { print max }'
}

measure() {
  local name=$1 protocol few many; shift
  start "$name" "$@"
  for protocol in "${workloads[@]}"; do
    count "$name" "$protocol" 200 >/dev/null
    few=$(count "$name" "$protocol" 500); many=$(count "$name" "$protocol" 2500)
    echo "$protocol $name $(((many - few) / 2000))" >>"$dir/results"
  done
  kill -INT "$(as_server head -n 1 "$dir/$name/data/postmaster.pid")"
  wait "$server" 2>/dev/null || true
}

measure none '' "compute_query_id = off"
measure query_id '' "compute_query_id = on"
measure pg_stat_statements pg_stat_statements
measure pg_steward pg_steward

for protocol in "${workloads[@]}"; do
  awk -v p="$protocol" '$1 == p { n[$2] = $3 } END {
    printf "%s select, instructions a statement\n", p
    split("none query_id pg_stat_statements pg_steward", order, " ")
    for (i = 1; i <= 4; i++) printf "  %-20s %8d  %+7d over query ids alone\n", order[i], n[order[i]], n[order[i]] - n["query_id"] }' "$dir/results"
done
