#!/bin/bash
# pgsteward doctor, from a server that has never heard of pg_steward to one where all is well; and the errors of a CLI
# that cannot connect. Covers C12, C14, S9, F4.
set -uo pipefail
. "$(dirname "$0")/../server/harness.sh"
. "$(dirname "$0")/check.sh"

# ---- no server ------------------------------------------------------------------------------------------------------
run pgsteward doctor -h "$(session_dir)/nowhere"
expect "no server: exit 2" [ "$status" = 2 ]
expect "no server: says so with a hint" matches 'error: connection to server .* failed.*hint: Check that the server runs'
run pgsteward advise indexes -h "$(session_dir)/nowhere"
expect "no server: advise exits with 2 too" [ "$status" = 2 ]

# ---- secrets: S9 ----------------------------------------------------------------------------------------------------
for secret in 'postgres://bob:zz%ret@h/d' 'postgres://bob:a/zzret@h/d' 'postgres://bob:a@zzret@h/d' 'host=h password=zzret x' \
  "postgres://bob:zzret@%2fnowhere/d" 'host=/nowhere password=zzret' 'postgres:///d?host=/nowhere&password=zzret'; do
  run pgsteward doctor -d "$secret"
  expect "connection string is not printed ($status)" bash -c '[ "$1" = 2 ] && ! grep -qE "zz|%re" <<<"$2"' - "$status" "$output"
done
run env PGPASSWORD=zzret pgsteward doctor -h /nowhere
expect "PGPASSWORD is not printed" lacks zzret
run pgsteward doctor -d 'host=/nowhere password=zzret'
expect "a password among the arguments is warned about" matches 'warning: the password in the connection string'

# ---- before anything is installed -----------------------------------------------------------------------------------
cluster_start --name bare --preload pg_stat_statements
psql -qc 'CREATE ROLE plain LOGIN'
run pgsteward doctor
expect "nothing preloaded: exit 3" [ "$status" = 3 ]
expect "the fix is the merged line, unquoted" matches 'ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements, pg_steward;'
expect "and says how to undo it" matches 'to undo: ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements;'
expect "the extension is missing" matches 'FAIL  extension .*CREATE EXTENSION pg_steward;'
run pgsteward doctor -U plain
expect "a plain role gets an answer too" bash -c '[ "$1" = 3 ] && grep -q "cannot see shared_preload_libraries" <<<"$2"' - "$status" "$output"
run pgsteward doctor --format json
expect "json is json" bash -c 'python3 -c "import json,sys; d=json.loads(sys.argv[1]); assert d[\"failed\"] == 2 and d[\"schema_version\"] == 1" "$1"' - "$output"
run pgsteward advise indexes
expect "advise without the extension names the command" matches 'error: extension pg_steward is not installed in database .*CREATE EXTENSION pg_steward'

# ---- following the printed fixes, word by word ----------------------------------------------------------------------
# (as typed, the line goes to postgresql.auto.conf, which wins over the file of the harness)
fix=$(pgsteward doctor | sed -n 's/.*fix: \(ALTER SYSTEM.*;\)/\1/p')
psql -qc "$fix"
run pgsteward doctor
expect "set but not restarted is told apart" matches 'the server has not been restarted'
cluster_restart --name bare
expect "the server starts with that line, and keeps what was there" \
  [ "$(psql -Atc 'SHOW shared_preload_libraries')" = "pg_stat_statements, pg_steward" ]
psql -qc 'CREATE EXTENSION pg_steward'
run pgsteward doctor
expect "then all checks pass: exit 0" bash -c '[ "$1" = 0 ] && grep -q "all checks passed" <<<"$2"' - "$status" "$output"

# ---- rights ---------------------------------------------------------------------------------------------------------
run pgsteward doctor -U plain
expect "missing rights are a warning with the grants" matches 'warn  rights .*GRANT USAGE ON SCHEMA steward TO plain;'
run pgsteward advise indexes -U plain
expect "advise without rights points at doctor" matches 'error: permission denied .*hint: .*pgsteward doctor'
expect "and exits with 1" [ "$status" = 1 ]
psql -q <<<"$(pgsteward doctor -U plain | grep -o 'GRANT [^;]*;')"
run pgsteward doctor -U plain
expect "the printed grants are enough" matches 'ok    rights'

# ---- C14: pipes, terminals, locale ----------------------------------------------------------------------------------
pgsteward doctor >/dev/full 2>"$(session_dir)/err"; status=$?
expect "a full disk is an error" bash -c '[ "$1" = 1 ] && grep -q "could not write" "$2"' - $status "$(session_dir)/err"
( trap '' PIPE; pgsteward --help 2>"$(session_dir)/err" || echo $? >"$(session_dir)/code" ) | true
expect "a closed pipe is silent" [ ! -s "$(session_dir)/err" ]
run env LC_ALL=C NO_COLOR=1 COLUMNS=40 pgsteward doctor
expect "no escape sequences" lacks $'\x1b'
expect "no server process died" [ -z "$(cluster_crashes)" ]
finish
