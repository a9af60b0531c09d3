#!/bin/bash
# What capture adds to a statement: instructions (callgrind) and on-CPU time of the backend, compared with other servers
# side by side, and the gates that hold pg_steward to its promise. Needs `make pgtree`; make bench-capture does that.
#
#   bench/capture.sh [--workload LIST] [--metric LIST] [--config LIST] [--rounds N] [--profile DIR] [--json FILE]
#     --workload   of prepared, simple, join (some 3 ms), hc (20,736 query ids against 5,000 entries)      default: all
#     --metric     of instructions, cpu; the environment's METRIC is the default                          default: both
#     --config     of none, query_id, control (query_id once more), pg_stat_statements, pgss+auto_explain,
#                  pgss+pg_qualstats, pg_steward                                                           default: all
#     --rounds     rounds of cpu (61): each runs every server for a fraction of a second, in changing order
#     --profile    keeps callgrind's files there, with a difference to query_id by function (NAME.diff)
#     --json       writes what was measured and the gates there as well
# Lists are comma-separated. Gates compare with query_id; those whose servers were left out are not judged.
# Exit code: 0, or 1 when a gate fails, or 2 for wrong usage.
set -euo pipefail
case "${1:-}" in -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit ;; esac
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=instructions.sh
. "$bench/instructions.sh"
# shellcheck source=paced.sh
. "$bench/paced.sh"
# shellcheck source=cpu.sh
. "$bench/cpu.sh"

workload_list='' config_list='' metric_list=${METRIC:-} rounds=61 profile='' json=''
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || fail_usage "option $1 needs a value"
  case "$1" in
    --workload) workload_list=$2 ;;
    --metric) metric_list=$2 ;;
    --config) config_list=$2 ;;
    --rounds) rounds=$2 ;;
    --profile) profile=$2 ;;
    --json) json=$2 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift 2
done
workloads=$(choose "$workload_list" 'prepared simple join hc') || exit 2
configs=$(choose "$config_list" "$all_configs") || exit 2
metrics=$(choose "$metric_list" 'instructions cpu') || exit 2
mapfile -t workloads <<<"$workloads"
mapfile -t configs <<<"$configs"
if [ -n "$profile" ]; then mkdir -p "$profile"; fi

drop_missing_configs
make_template
for metric in $metrics; do "measure_$metric"; done
progress_end
"$bench/report.pl" capture "$results" ${json:+"$json"}
