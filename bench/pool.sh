#!/bin/bash
# Does pool advice cure what is wrong, and carry ten thousand clients? Real PostgreSQL and PgBouncer,
# load by "pgsteward pool verify", advice by "pgsteward advise pool". Exit code 1 when a gate fails. Parts:
#   a     the bad starting point, CPU-bound and hold-bound: reproduced, diagnosed, and fixed where it can be
#   b     10,000 connected clients with the demo's mix on the advised configuration
#
#   bench/pool.sh [--part a,b] [--users N]     (make bench-pool does what it needs first)
#   --users      of part b, default 10000
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=../tests/server/pooler.sh
. "$bench/../tests/server/pooler.sh"
# shellcheck source=gates.sh
. "$bench/gates.sh"
# shellcheck source=pool_servers.sh
. "$bench/pool_servers.sh"
# shellcheck source=pool_parts.sh
. "$bench/pool_parts.sh"

parts=(a b) many=10000
while [ $# -gt 0 ]; do
  case "$1" in
    --part) list=$(choose "${2:?}" 'a b') || exit 2; mapfile -t parts <<<"$list" ;;
    --users) many=${2:?} ;;
    --help) usage; exit 0 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift 2
done
if [ "$(ulimit -Hn)" != unlimited ]; then ulimit -n "$(ulimit -Hn)"; else ulimit -n 20000; fi

make_pool_data
for part in "${parts[@]}"; do "part_$part"; done
progress_end
print_gates
