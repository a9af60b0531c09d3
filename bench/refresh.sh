#!/bin/bash
# What does keeping materialized views fresh cost, how punctual is it, and whom does it disturb? Loads a fact table with a
# view of one row a customer and 200 small views, and holds pg_steward's worker to gates; beside it, where installed, pg_cron
# driving REFRESH. Exit code 1 when a gate fails. About thirteen minutes in all. Parts:
#   a     a round over 200 views of which nothing has changed, and refreshing those 200 instead
#   b     100 views due at once, nothing changed: from the instant to the decision written down
#   c     how late refreshes due by the clock begin, alone and beside 200 other schedules; does a period of 1 s drift?
#   d     200 views promised 10 s of staleness while one table of theirs is written to all the time
#   e     the longest time that a reader waits while views are refreshed under it
#   f     WAL, history and dead rows of catalogs a run
#
#   bench/refresh.sh [--part a,b,c,d,e,f] [--orders N] [--seconds N]     (make bench-refresh does what it needs first)
#   --orders     rows of the fact table, default 500000: a tenth of the schema that published figures were measured on
#   --seconds    how long parts c and d measure, default 60
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=gates.sh
. "$bench/gates.sh"
# shellcheck source=refresh_parts.sh
. "$bench/refresh_parts.sh"
# shellcheck source=refresh_cron.sh
. "$bench/refresh_cron.sh"

parts=(a b c d e f) orders=500000 seconds=60
while [ $# -gt 0 ]; do
  case "$1" in
    --part) list=$(choose "${2:?}" 'a b c d e f') || exit 2; mapfile -t parts <<<"$list"; shift 2 ;;
    --orders) orders=${2:?}; shift 2 ;;
    --seconds) seconds=${2:?}; shift 2 ;;
    --help) usage; exit 0 ;;
    *) fail_usage "unknown option $1" ;;
  esac
done

make_schema
for part in "${parts[@]}"; do steward_ready; "part_$part"; done
progress_end
print_gates
