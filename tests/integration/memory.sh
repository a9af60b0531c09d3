#!/bin/bash
# Shared memory: the server's log says at start how much it is, and it stays in proportion with very many connections and
# with the smallest settings.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

used() { psql -Atc "SELECT ceil(size / 1048576.0) FROM pg_shmem_allocations WHERE name = 'pg_steward'"; }
logged() { sed -nE 's/.*LOG:  pg_steward uses ([0-9]+) MB of shared memory$/\1/p' "$(cluster_log "$1")" | tail -1; }
at_most() { used; [ "$(used)" -le "$1" ]; }

cluster_start
check "by default at most 70 MB" at_most 70
check_is "the log says how much" "$(used)" logged main
cluster_stop

# The default without the texts (32 MB), and about 30 kB a connection.
cluster_start --name many --conf max_connections=4000
check "with 4,000 connections at most 182 MB" at_most 182
check_is "the log says how much then" "$(used)" logged many
psql -q -c 'CREATE EXTENSION pg_steward'
check_is "capture works there" t psql -Atc 'SELECT capturing FROM steward.capture_status'
cluster_stop --name many

cluster_start --name small --conf pg_steward.max_statements=100 --conf pg_steward.max_plans=100 --conf pg_steward.text_memory=1MB
check "at least: 28 MB" at_most 28
cluster_stop --name small

# What doctor announces before the library is loaded, against what it then takes: within 10 %.
announced() { pgsteward doctor | sed -nE 's/.*adds about ([0-9.]+) MB of shared memory.*/\1/p'; }
cluster_start --name bare --no-preload
for connections in 20 180 400 1000 3000; do
  psql -qXc "ALTER SYSTEM SET max_connections = $connections" -c 'ALTER SYSTEM RESET shared_preload_libraries'
  cluster_restart --name bare
  expected=$(announced)
  psql -qXc "ALTER SYSTEM SET shared_preload_libraries = pg_steward"
  cluster_restart --name bare
  check_is "with $connections connections doctor announced what it takes" t psql -Atc \
    "SELECT CASE WHEN abs(size / (1048576.0 * $expected) - 1) < 0.1 THEN 't' ELSE format('$expected MB announced, %s taken', pg_size_pretty(size)) END
     FROM pg_shmem_allocations WHERE name = 'pg_steward'"
done
checks_done
