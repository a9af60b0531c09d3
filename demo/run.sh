#!/bin/bash
# The demo: a shop with its admin dashboard, behind PgBouncer. Measures its workload, asks pgsteward for advice, follows
# it, and measures the same workload again. `make demo` calls this; KEEP=1 leaves the servers running at the end.
#   RUN_SECONDS=25   length of each of the two measured runs
# Owns the order of the steps; each step is in demo/lib.
set -euo pipefail

demo=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$demo/../tests/server/harness.sh"
. "$demo/lib/progress.sh"
. "$demo/lib/workload.sh"
. "$demo/lib/servers.sh"
seconds=${RUN_SECONDS:-25}

load() { query -f "$demo/schema.sql" && query -f "$demo/data.sql"; }

heading 'A shop and its admin dashboard'
start_cluster
with_progress 'creating and filling the shop' load
query -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION pg_steward'
customers=$(count_of customers) products=$(count_of products) orders=$(count_of orders)
start_pooler

heading "The workload, $seconds s through PgBouncer"
with_progress 'main, read and admin at once' run_workload before "$seconds"
print_classes "$seconds" before
