#!/bin/bash
# How good is the index advice, and what does it cost to get? Loads a TPC-H workload (a tuning exercise, not a TPC
# benchmark), runs 19 of its queries with capture on (all but 2, 17 and 20, whose costs would drown the rest), asks for
# advice and checks it independently, by plain EXPLAIN. Exit code 1 when a gate fails. Parts:
#   a     scored as the published algorithms were: sizes and costs by HypoPG, indexes that the primary keys cover allowed
#   b     scored on the indexes really built, by their bytes; with parameter samples and without
#   c     planner calls and time of the selection, quick and polished, under HypoPG's sizes
#   d     what-if evaluations a second: plans, plans taken apart, estimates, and EXPLAIN with HypoPG over libpq
#   e     executed: what stood --verify, built, and run with and without
#   demo  predicted and built on the demo's shop
#   demo_e  predicted and measured on it by --verify
#
#   bench/index.sh [--part a,b,c,d,e,demo,demo_e]     (make bench-index does what it needs first)
#   TPCH_DIR=folder   where the workload is: schema.sql, <table>.tbl.zst, queries/NN.sql
#                     (default: ../shared/workloads/tpch beside this checkout; what needs it is skipped where it is missing)
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=gates.sh
. "$bench/gates.sh"
# shellcheck source=index_parts.sh
. "$bench/index_parts.sh"

# shellcheck source=index_demo.sh
. "$bench/index_demo.sh"
# shellcheck source=index_verify.sh
. "$bench/index_verify.sh"

parts=(a b c d e demo demo_e)
while [ $# -gt 0 ]; do
  case "$1" in
    --part) list=$(choose "${2:?}" 'a b c d e demo demo_e') || exit 2; mapfile -t parts <<<"$list"; shift 2 ;;
    --help) usage; exit 0 ;;
    *) fail_usage "unknown option $1" ;;
  esac
done

tpch=${TPCH_DIR:-$STEWARD_REPO/../shared/workloads/tpch}
selection=$STEWARD_REPO/build/cmake/index_selection
[ -x "$selection" ] || { echo "no $selection; run: make bench-index" >&2; exit 1; }
need_tpch() {
  if [ ! -d "$tpch/queries" ]; then skip "part $1: no TPC-H workload in $tpch (set TPCH_DIR)"
  elif ! command -v zstdcat >/dev/null; then skip "part $1: zstdcat is missing (Debian package zstd)"
  else return 0; fi
  return 1
}
need_hypopg() {
  has_module hypopg && return
  skip "part $1: HypoPG is not in build/pgtree (install the Debian package $(hypopg_package), then: rm -rf" \
    "build/pgtree; make pgtree)"
  return 1
}

for part in "${parts[@]}"; do
  case "$part" in
    a | c | d) if need_tpch "$part" && need_hypopg "$part"; then tpch_ready; "part_$part"; fi ;;
    b) if need_tpch b; then tpch_ready; part_b; fi ;;
    e) if need_tpch e; then tpch_ready; part_e; fi ;;
    demo) part_demo ;;
    demo_e) part_demo_e ;;
  esac
done
progress_end
print_gates
