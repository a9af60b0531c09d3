#!/bin/bash
# Transactions a second of 16 pgbench clients under each configuration, in short interleaved rounds: all servers are up at
# once and take turns in random order. Shown as ratios, round by round. Needs `make pgtree`; make bench-throughput does that.
#
#   bench/throughput.sh [--workload LIST] [--config LIST] [--rounds N] [--seconds N] [--clients N] [--json FILE]
#     --workload   of select_prepared, select_simple, tpcb (pgbench's tpcb-like, prepared)                 default: all
#     --config     of none, query_id, control (query_id once more), pg_stat_statements, pgss+auto_explain,
#                  pgss+pg_qualstats, pg_steward                                                           default: all
#     --rounds     rounds of each workload (11)       --seconds   length of a turn (3)       --clients   clients (16)
#     --json       writes what was measured and the gates there as well
# Gate: pg_steward is not slower than pg_stat_statements; it fails when the whole interval of the ratio is below 1.
# Exit code: 0, or 1 when a gate fails, or 2 for wrong usage.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit ;; esac
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

workload_list='' config_list='' rounds=11 seconds=3 clients=16 json=''
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || fail_usage "option $1 needs a value"
  case "$1" in
    --workload) workload_list=$2 ;;
    --config) config_list=$2 ;;
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --clients) clients=$2 ;;
    --json) json=$2 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift 2
done
workloads=$(choose "$workload_list" 'select_prepared select_simple tpcb') || exit 2
configs=$(choose "$config_list" "$all_configs") || exit 2
mapfile -t workloads <<<"$workloads"
mapfile -t configs <<<"$configs"

pgbench_options() {
  case "$1" in
    select_prepared) echo -S -M prepared ;;
    select_simple) echo -S -M simple ;;
    tpcb) echo -b tpcb-like -M prepared ;;
  esac
}

# turn WORKLOAD CONFIG SECONDS: prints transactions a second, without the time that connecting takes
turn() {
  cluster_env "$2"
  # shellcheck disable=SC2046
  pgbench -n -c "$clients" -j 2 -T "$3" $(pgbench_options "$1") >"$dir/pgbench.out" 2>"$dir/pgbench.log" ||
    { cat "$dir/pgbench.log" >&2; return 1; }
  awk '/^tps = / { print $3 }' "$dir/pgbench.out"
}

measure_throughput() {
  local workload=$1 config round tps
  for config in "${configs[@]}"; do
    cluster_env "$config"
    psql -qX -c VACUUM -c CHECKPOINT
    turn "$workload" "$config" 1 >/dev/null
  done
  for ((round = 0; round < rounds; round++)); do
    progress "throughput: $workload, round $((round + 1)) of $rounds"
    for config in $(shuf -e "${configs[@]}"); do
      tps=$(turn "$workload" "$config" "$seconds")
      result tps "$workload" "$config" "$round" "$tps"
    done
  done
}

scale=$clients # fewer branches than clients would measure waiting for row locks
drop_missing_configs
make_template
for config in "${configs[@]}"; do
  progress "throughput: starting $config"
  start_server "$config" --conf shared_buffers=512MB
done
for workload in "${workloads[@]}"; do measure_throughput "$workload"; done
for config in "${configs[@]}"; do cluster_stop --name "$config"; done
progress_end
"$bench/report.pl" throughput "$results" ${json:+"$json"}
