#!/bin/bash
# Memory of pg_steward: what a backend and 1,000 statements take in shared memory, and whether all of it stays flat over very
# many different statements and over very many connections. Needs `make pgtree`; make bench-memory does that.
#
#   bench/memory.sh [--statements N] [--rate N] [--connections N] [--json FILE]
#     --statements    different statements on one connection (1,000,000; at most 2,985,984)
#     --rate          statements a second at most (10,000)
#     --connections   connections, each of one statement, four at a time (20,000)
#     --json          writes what was measured and the gates there as well
# Gates: from half the way to the end nothing grows; every statement of the connections is counted.
# Exit code: 0, or 1 when a gate fails, or 2 for wrong usage.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit ;; esac
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=paced.sh
. "$bench/paced.sh"

statements=1000000 rate=10000 connections=20000 json=''
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || fail_usage "option $1 needs a value"
  case "$1" in
    --statements) statements=$2 ;;
    --rate) rate=$2 ;;
    --connections) connections=$2 ;;
    --json) json=$2 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift 2
done
steps=20 # looks at the memory in each of the two runs
[ "$statements" -ge $steps ] && [ "$statements" -le 2985984 ] || fail_usage "--statements must be from $steps to 2985984"

# ---- shared memory by settings ----------------------------------------------------------------------------------------
# shared_bytes NAME CONF...: what the library takes of shared memory under these settings
shared_bytes() {
  local name=$1 line conf=(); shift
  for line in "$@"; do conf+=(--conf "$line"); done
  progress "shared memory: $name"
  cluster_start --name "$name" --preload pg_steward --data "$(cluster_data template)" "${conf[@]}"
  result shared "$name" pg_steward 0 \
    "$(psql -qXAt -c "SELECT sum(allocated_size) FROM pg_shmem_allocations WHERE name LIKE 'pg_steward%'")"
  cluster_stop --name "$name"
}

measure_shared() {
  local connections
  for connections in 20 100 300 1000; do shared_bytes $connections max_connections=$connections; done
  shared_bytes statements max_connections=100 pg_steward.max_statements=25000 # 20,000 more
  shared_bytes plans max_connections=100 pg_steward.max_plans=25000
}

# ---- flatness ---------------------------------------------------------------------------------------------------------
# own_kb PID: anonymous memory of a process. What only it has touched of the shared segment would count as private too.
own_kb() { as_server awk '/^Anonymous:/ { print $2 }' "/proc/$1/smaps_rollup"; }

# look RUN STEP DONE [BACKEND]: results of one look at the running server
look() {
  local run=$1 step=$2 launcher column value
  launcher=$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'pg_steward%' ORDER BY backend_start LIMIT 1")
  result flat "$run" done "$step" "$3"
  while read -r column value; do result flat "$run" "$column" "$step" "$value"; done < <(psql -qXAt -F ' ' -c "
    SELECT u.* FROM steward.capture_status,
      LATERAL (VALUES ('memory_used', memory_used), ('statements', statements), ('evicted', evicted), ('lost', lost),
        ('text_missing', text_missing)) AS u")
  if [ -n "${4:-}" ]; then result flat "$run" backend_kb "$step" "$(own_kb "$4")"; fi
  result flat "$run" launcher_kb "$step" "$(own_kb "$launcher")"
  result flat "$run" postmaster_kb "$step" "$(own_kb "$(postmaster pg_steward)")"
}

# 12^6 statements, counted through.
different_statements() {
  printf '%s\n' '\set a :i % 12 + 1' '\set b :i / 12 % 12 + 1' '\set c :i / 144 % 12 + 1' '\set d :i / 1728 % 12 + 1' \
    '\set e :i / 20736 % 12 + 1' '\set f :i / 248832 % 12 + 1' '\set i :i + 1' \
    'SELECT c:a, c:b, c:c, c:d, c:e, c:f FROM bench_hc WHERE id = 1;'
}

measure_statements() {
  local step batch=$((statements / steps))
  paced_start statements $batch simple -D i=0 --rate="$rate" < <(different_statements)
  for ((step = 0; step < steps; step++)); do
    progress "different statements: $((step * batch)) of $statements"
    paced_run statements
    look statements $step $(((step + 1) * batch)) "$(paced_backend statements)"
  done
  paced_stop statements
}

measure_connections() {
  local step batch=$((connections / steps / 4)) counted
  psql -qX -c 'SELECT steward.reset()' >/dev/null
  echo 'SELECT label FROM bench_dim WHERE id = 1;' >"$dir/connect.pgbench"
  for ((step = 0; step < steps; step++)); do
    progress "connections: $((step * batch * 4)) of $connections"
    pgbench -n -C -c 4 -j 2 -t $batch -f "$dir/connect.pgbench" >/dev/null 2>"$dir/pgbench.log" || { cat "$dir/pgbench.log" >&2; return 1; }
    look connections $step $(((step + 1) * batch * 4))
  done
  counted=$(psql -qXAt -c "SELECT sum(calls) FROM steward.statements WHERE query LIKE '%FROM bench_dim%'")
  result flat connections calls_counted 0 "${counted:-0}"
}

make_template
measure_shared
start_server pg_steward
measure_statements
measure_connections
cluster_stop --name pg_steward
progress_end
"$bench/report.pl" memory "$results" ${json:+"$json"}
