#!/bin/bash
# Are hypothetical indexes like built ones? Some sixty indexes of every kind on generated data: pages, height and the cost of
# a plan that uses the index, predicted by steward.whatif and then read from the index really built. Prints each and the
# errors; exit code 1 when a bound is broken. About a minute.
#
#   bench/index_sizes.sh        (needs `make pgtree`; make bench-index-sizes does that)
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../tests/server/harness.sh
. "$repo/tests/server/harness.sh"
cluster_start --conf autovacuum=off --conf jit=off --conf shared_buffers=512MB --conf max_parallel_workers_per_gather=0 \
  --conf maintenance_work_mem=256MB
psql -qX -c 'CREATE EXTENSION pg_steward' -c 'CREATE EXTENSION pageinspect' -c 'CREATE EXTENSION pg_trgm'
psql -X -v ON_ERROR_STOP=1 -f "$repo/bench/index_sizes.sql"
