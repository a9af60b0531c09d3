#!/bin/bash
# A damaged page that capture's own reading of the catalog meets first: the statement gets the server's error, and nobody
# waits for a page read that was given up (H3, H8).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf autovacuum=off
psql -q -c 'CREATE TABLE t(a text)' -c "INSERT INTO t SELECT 'x' || i FROM generate_series(1, 1000) i" -c 'ANALYZE t'
file=$(cluster_data)/$(psql -Atc "SELECT pg_relation_filepath('pg_statistic')")
pages=$(psql -Atc "SELECT pg_relation_size('pg_statistic') / current_setting('block_size')::int")
psql -qc CHECKPOINT
cluster_stop
dd if=/dev/urandom of="$file" bs=8192 count="$pages" conv=notrunc 2>/dev/null
_pg_ctl main start

export PGOPTIONS='-c statement_timeout=10s'
for i in 1 2; do
  check_like "a damaged page of statistics is an error, not a wait ($i)" 'ERROR:  invalid page in block' \
    psql -c "SELECT count(*) FROM t WHERE a = 'x5'"
done
checks_done
