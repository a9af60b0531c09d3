#!/bin/bash
# The demo: a shop with its admin dashboard, behind PgBouncer. Measures its workload, asks pgsteward for advice, follows
# it, and measures the same workload again. `make demo` calls this; KEEP=1 leaves the servers running at the end.
#   RUN_SECONDS=25   length of each of the two measured runs
# Owns the order of the steps; each step is in demo/lib.
set -euo pipefail

demo=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$demo/../tests/server/harness.sh"
. "$demo/../tests/server/pooler.sh"
. "$demo/lib/progress.sh"
. "$demo/lib/workload.sh"
. "$demo/lib/servers.sh"
. "$demo/lib/measure.sh"
. "$demo/lib/advice.sh"
. "$demo/lib/matview.sh"
seconds=${RUN_SECONDS:-25}

load() { query -f "$demo/schema.sql" && query -f "$demo/data.sql"; }

heading 'A shop and its admin dashboard'
start_cluster
with_progress 'creating and filling the shop' load
query -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION pg_steward'
begin_measuring
customers=$(count_of customers) products=$(count_of products) orders=$(count_of orders)
note "$(query -At -c "SELECT count(*) || ' tables, ' || sum(n_live_tup) || ' rows, ' ||
  pg_size_pretty(pg_database_size('shop')) FROM pg_stat_user_tables WHERE schemaname = 'shop'")"
start_pooler

heading "The workload, $seconds s through PgBouncer"
with_progress 'main, read and admin at once' run_workload before "$seconds"
record before
print_classes "$seconds" before

heading 'Where the time goes: steward.statements'
print_slowest 12

heading "pgsteward advise indexes -d shop --budget $budget"
with_progress 'asking what would help' ask_for_advice
print_advice

heading 'Following the advice'
with_progress 'psql -f indexes.sql' follow_advice
with_progress 'vacuum analyze' refresh_statistics

heading "The same workload again, $seconds s"
with_progress 'main, read and admin at once' run_workload after "$seconds"
record after
print_classes "$seconds" before after

heading 'Did each suggestion keep its promise?'
print_promises
note 'Statements that became slower by half or more:'
print_slower

heading 'A dashboard panel that stays fresh'
create_panel
schedule_panel
with_progress "selling while it is refreshed every 3 s" sell_meanwhile
print_panel

heading 'Done'
if [ "${KEEP:-0}" = 1 ]; then
  note "Look around:           psql -h $PGHOST -U postgres shop"
  note "As the dashboard does: psql $(pooled admin) shop_admin"
  session_keep
else
  note 'Everything is stopped and removed; make demo KEEP=1 leaves it running.'
fi
