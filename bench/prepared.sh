#!/bin/bash
# Is advice on prepared statements right? Real PostgreSQL and PgBouncer, load by pgbench. Exit code 1 when a gate fails. Parts:
#   a     pgbench and the demo's statements: time saved a call, predicted against measured, and throughput before and after
#   b     a skewed and a uniform table, a partitioned one, fifty parameters: what is advised of each
#   c     through PgBouncer 1.18 and 1.24 or later, where a chroot of tests/server/matrix.sh has one: advice differs, and works
#   d     a statement that changed plan because an index went, in steward.plan_changes
#
#   bench/prepared.sh [--part a,b,c,d]     (make bench-prepared does what it needs first)
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=../tests/server/pooler.sh
. "$bench/../tests/server/pooler.sh"
# shellcheck source=gates.sh
. "$bench/gates.sh"
# shellcheck source=prepared_parts.sh
. "$bench/prepared_parts.sh"

parts=(a b c d)
while [ $# -gt 0 ]; do
  case "$1" in
    --part) list=$(choose "${2:?}" 'a b c d') || exit 2; mapfile -t parts <<<"$list" ;;
    --help) usage; exit 0 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift 2
done

start_prepared
left=${#parts[@]}
for part in "${parts[@]}"; do "part_$part"; left=$((left - 1)); done
progress_end
gate 'parts that did not come to their end' "$left" '<' 1
print_gates
