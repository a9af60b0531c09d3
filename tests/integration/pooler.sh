#!/bin/bash
# The pooler guard through a real PgBouncer in transaction mode: what-if is refused, and the application that gets the
# same server connection afterwards finds nothing of ours on it. Covers F1, S8.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; }

cluster_start --conf log_statement=all
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE t (a int)' >/dev/null
for _ in 1 2 3 4 5; do echo 'SELECT * FROM t WHERE a = 1;'; done | psql -q >/dev/null # one sight can meet the lock of the store
# One server connection for everybody: the application meets exactly the one that the CLI used.
pooler_start --conf default_pool_size=1
pooler_env

# What a session can be left with: settings that are not the server's own, locks, prepared statements, temporary
# tables, a transaction; with the process id, to know that it is the same connection. Names of the pooler's own making
# (application_name, client_encoding, ...) are what the pooler sets for each client.
state="SELECT pg_backend_pid(), current_setting('default_transaction_read_only'), current_setting('search_path'),
  (SELECT coalesce(string_agg(name || '=' || setting, ',' ORDER BY name), '') FROM pg_settings WHERE source = 'session'
   AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')),
  (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'),
  (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_class WHERE relpersistence = 't'),
  current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('application_name')"
before=$(psql -Atc "$state")

check_exit "advise behind a pooler exits with 2" 2 pgsteward advise indexes
check_like "and says where to go" 'error: connect to the server, not to the pooler .*hint: Try -p 5432' \
  flat pgsteward advise indexes
check_unlike "it printed no advice" 'database postgres on' pgsteward advise indexes
check_exit "doctor names the pooler: exit 3" 3 pgsteward doctor
check_like "as a failed check with the fix" \
  'FAIL  connection  behind a pooler .* fix: connect to the server, not to the pooler' flat pgsteward doctor
check_exit "a snapshot, which only reads, is allowed" 0 pgsteward snapshot -o "$(session_dir)/pooled.json"
check_exit "an error inside the transaction" 1 pgsteward snapshot -o "$(session_dir)/none/pooled.json"

check_is "the application finds its connection as it was" "$before" psql -Atc "$state"
check_is "default_transaction_read_only is off" off psql -Atc 'SHOW default_transaction_read_only'
check_is "and its INSERT works" 'INSERT 0 1' psql -c 'INSERT INTO t VALUES (1)'
cluster_env main
check_is "through one server connection all along" 1 psql -Atc \
  "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"

# S8: the log of all statements has nothing from us but reads, and every setting is local.
ours() { grep -F '/* pgsteward */' "$(cluster_log)"; }
check_like "our transactions are read-only" 'BEGIN /\* pgsteward \*/ READ ONLY; (SET /\* pgsteward \*/ LOCAL [^;]*(; )?)+$' ours
check_unlike "nothing is set for the session, nothing written" \
  '[:;] +(SET /\* pgsteward \*/ [^L]|INSERT|UPDATE|DELETE|CREATE|COMMIT|BEGIN /\* pgsteward \*/ READ WRITE)' ours
check_is "no server process died" '' cluster_crashes
checks_done
