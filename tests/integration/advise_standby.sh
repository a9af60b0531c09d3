#!/bin/bash
# On a hot standby advice is given from what the standby itself ran, and not saved. Covers W8, C12.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; }

cluster_start
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE orders (id int PRIMARY KEY, customer int, note text)' \
  -c "INSERT INTO orders SELECT i, i % 5000, repeat('x', 80) FROM generate_series(1, 60000) i" -c 'VACUUM ANALYZE orders'
primary=$PGHOST
as_server install -d -m 700 "$(session_dir)/main/copy"
as_server pg_basebackup -h "$primary" -U postgres -D "$(session_dir)/main/copy" -c fast -R
cluster_start --name standby --data "$(session_dir)/main/copy"
check_is "it is a standby" t psql -Atc 'SELECT pg_is_in_recovery()'

for i in $(seq 1 20); do echo "SELECT id, note FROM orders WHERE customer = $i;"; done | psql -q >/dev/null
check_exit "advise works on a standby" 0 pgsteward advise indexes
check_like "and says that it saved nothing" 'standby\).*orders_customer_idx.*not saved: this server is a standby' \
  flat pgsteward advise indexes
check_is "nothing was saved on the primary" 0 psql -h "$primary" -Atc 'SELECT count(*) FROM steward.analysis_runs'
check_like "doctor says so too" 'ok    saving      this is a standby' pgsteward doctor
check_like "and the primary's doctor knows its standby" 'primary, 1 replication client' pgsteward doctor -h "$primary"
check_is "no server process died" '' cluster_crashes
checks_done
