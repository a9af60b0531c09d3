#!/bin/bash
# H6: /dev/shm as small as in a container, and full. Dynamic shared memory is not to be had then, parallel query fails, and
# capture goes on: what it keeps lies in the main segment. A private /dev/shm needs a mount namespace, as root or in a
# user namespace; where neither may be made the test is skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${SMALL_SHM:-}" ]; then
  mounted='mount -t tmpfs -o size=8m,mode=1777 tmpfs /dev/shm && SMALL_SHM=1 exec "$@"'
  if [ "$(id -u)" = 0 ]; then
    as_before=()
    namespace=(unshare --mount)
  else # root in the namespace to mount, then who we were: a server does not start as root
    as_before=(unshare --user --map-user="$(id -u)" --map-group="$(id -g)")
    namespace=(unshare --user --map-root-user --mount)
  fi
  if ! "${namespace[@]}" sh -c "$mounted" sh "${as_before[@]}" true 2>/dev/null; then
    echo "# skipped: no mount namespace to be had"
    exit 0
  fi
  exec "${namespace[@]}" sh -c "$mounted" sh "${as_before[@]}" "$0"
fi
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --preload pg_steward --conf dynamic_shared_memory_type=posix --conf autovacuum=off --conf jit=off \
  --conf pg_steward.slow_min_duration=0 --conf pg_steward.refresh=off --conf pg_steward.track=all
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE big AS SELECT i AS id, repeat('x', 50) AS filler FROM generate_series(1, 20000) i;
ANALYZE big;
CREATE FUNCTION variant(n int) RETURNS text LANGUAGE sql AS $$
    SELECT 'SELECT count(*) FROM big WHERE id = 1' || string_agg(CASE WHEN n >> bit & 1 = 1 THEN ' + 1' ELSE ' - 1' END, '' ORDER BY bit)
    FROM generate_series(0, 9) bit
$$;
SELECT steward.reset() IS NOT NULL AS reset \gset
SQL
check "the test has a small /dev/shm of its own" test "$(df --output=size -k /dev/shm | tail -1)" -eq 8192
as_server dd if=/dev/zero of=/dev/shm/filler bs=4k 2>/dev/null
check_is "which is full" 0 sh -c 'df --output=avail -k /dev/shm | tail -1 | tr -d " "'

parallel='SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
  SET max_parallel_workers_per_gather = 4; SELECT sum(length(filler)) AS in_parallel FROM big'
check_like "a parallel query finds no dynamic shared memory" 'ERROR:  could not (resize|open) shared memory segment' psql -qAtc "$parallel"
check_like "which is what statements say of it" '^0\|1\|(53100|58030)$' psql -Atc \
  "SELECT calls, failed_calls, last_sqlstate FROM steward.statements WHERE query ~ 'AS in_parallel'"
# Twice: a text is kept at the first sight that does not meet the launcher's merging.
psql -qc 'SET max_parallel_workers_per_gather = 0; DO $$ BEGIN FOR n IN 0..1999 LOOP EXECUTE variant(n % 1000); END LOOP; END $$'
check_is "new statements, texts, predicates and slow queries are kept all the same" '2000|1000|1000|1000' psql -Atc "
  SELECT (SELECT sum(calls) FROM steward.statements WHERE query ~ '^SELECT count.* FROM big WHERE id = .1 '),
         (SELECT count(*) FROM steward.plannable WHERE query ~ 'public.big.*WHERE' AND costable),
         (SELECT count(DISTINCT queryid) FROM steward.predicates WHERE relid = 'big'::regclass AND attname = 'id'),
         (SELECT count(*) FROM steward.slow_queries)"
check_is "nothing is lost" 't|0|0' psql -Atc 'SELECT capturing, lost, text_missing FROM steward.capture_status'
as_server rm /dev/shm/filler
check_is "with room the parallel query runs" 1000000 psql -qAtc "$parallel"
checks_done
