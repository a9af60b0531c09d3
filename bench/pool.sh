#!/bin/bash
# Does pool advice cure what is wrong, carry ten thousand clients, and come near the best size? Real PostgreSQL and PgBouncer,
# load by "pgsteward pool verify", advice by "pgsteward advise pool". Exit code 1 when a gate fails. Parts:
#   a     the bad starting point, CPU-bound and hold-bound: reproduced, diagnosed, and fixed where it can be; before and after in turn
#   b     10,000 connected clients with the demo's mix on the advised configuration, three times
#   c     regret: throughput lost by the advised and the calibrated size against a sweep, beside HikariCP's rule, PgBouncer's default,
#         Erlang C and a fitted scalability law; select, TPC-B, mixed (its scans a tenth of those of part d) and slot-holding,
#         50 and 500 clients
#   d     predicted against measured: mean wait, utilization, P95 of the response, three times each
#
#   bench/pool.sh [--part a,b,c,d] [--rounds N] [--probe SECONDS] [--clients LIST] [--workloads LIST] [--users N]
#   --rounds     interleaved rounds of the sweep of part c, default and least 6: fewer have no 95 % interval of a median;
#                as many again where the advised or the calibrated size seems to lose more than 5 %
#   --probe      seconds of one probe there, default 2
#   --clients    of part c, default 50,500         --workloads  of parts c and d, default select,tpcb,mixed,hold
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
# shellcheck source=pool_regret.sh
. "$bench/pool_regret.sh"
# shellcheck source=pool_prediction.sh
. "$bench/pool_prediction.sh"

parts=(a b c d) rounds=6 probe=2 rounds_a=4 rounds_b=3 rounds_d=3 clients=(50 500) workloads=(select tpcb mixed hold) many=10000
while [ $# -gt 0 ]; do
  case "$1" in
    --part) list=$(choose "${2:?}" 'a b c d') || exit 2; mapfile -t parts <<<"$list" ;;
    --workloads) list=$(choose "${2:?}" 'select tpcb mixed hold') || exit 2; mapfile -t workloads <<<"$list" ;;
    --clients) IFS=, read -r -a clients <<<"${2:?}" ;;
    --rounds) rounds=${2:?} ;;
    --probe) probe=${2:?} ;;
    --users) many=${2:?} ;;
    --help) usage; exit 0 ;;
    *) fail_usage "unknown option $1" ;;
  esac
  shift 2
done
[ "$rounds" -ge 6 ] || fail_usage 'at least 6 rounds'
if [ "$(ulimit -Hn)" != unlimited ]; then ulimit -n "$(ulimit -Hn)"; else ulimit -n 20000; fi

make_pool_data
for part in "${parts[@]}"; do "part_$part"; done
progress_end
print_gates
