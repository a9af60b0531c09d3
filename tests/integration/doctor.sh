#!/bin/bash
# pgsteward doctor, from a server that has never heard of pg_steward to one where all is well; and the errors of a CLI
# that cannot connect. Covers C12, C14, S9, F4.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; } # output on one line
doctor() { flat pgsteward doctor "$@"; }
nowhere=$(session_dir)/nowhere

# ---- no server ------------------------------------------------------------------------------------------------------
check_exit "no server: exit 2" 2 pgsteward doctor -h "$nowhere"
check_exit "no server: advise exits with 2 too" 2 pgsteward advise indexes -h "$nowhere"
check_like "no server: says so with a hint" 'error: connection to server .* failed.*hint: Check that the server runs' \
  doctor -h "$nowhere"

# ---- secrets: S9 ----------------------------------------------------------------------------------------------------
number=0
for secret in 'postgres://bob:zz%ret@h/d' 'postgres://bob:a/zzret@h/d' 'postgres://bob:a@zzret@h/d' 'host=h password=zzret x' \
  'postgres://bob:zzret@%2fnowhere/d' 'host=/nowhere password=zzret' 'postgres:///d?host=/nowhere&password=zzret'; do
  number=$((number + 1))
  check_exit "connection string $number is refused" 2 pgsteward doctor -d "$secret"
  check_unlike "and not printed" 'zz|%re' pgsteward doctor -d "$secret"
done
for variable in PGHOST PGDATABASE PGUSER; do
  check_unlike "$variable as a connection string is not printed" zzret env $variable=postgres://bob:zzret@h/d pgsteward doctor
  check_exit "but refused" 2 env $variable=postgres://bob:zzret@h/d pgsteward doctor
done
check_unlike "nor is one in -h" zzret pgsteward doctor -h postgres://bob:zzret@h/d
check_unlike "PGPASSWORD is not printed" zzret env PGPASSWORD=zzret pgsteward doctor -h /nowhere
check_like "a password among the arguments is warned about" 'warning: the password in the connection string' \
  pgsteward doctor -d 'host=/nowhere password=zzret'

# ---- before anything is installed -----------------------------------------------------------------------------------
cluster_start --name bare --preload pg_stat_statements
psql -qc 'CREATE ROLE plain LOGIN'
check_exit "nothing preloaded: exit 3" 3 pgsteward doctor
check_like "the fix is the merged line, unquoted" \
  'ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements, pg_steward;' doctor
check_like "and says how to undo it" 'to undo: ALTER SYSTEM RESET shared_preload_libraries;' doctor
check_like "a setting that anybody can invent is not taken for the library" \
  'FAIL  preload .*pg_steward is not in shared_preload_libraries' \
  flat env PGOPTIONS="-c pg_steward.max_statements=9 -c pg_steward.max_refresh_workers=x" pgsteward doctor
check_like "the extension is missing" 'FAIL  extension .*CREATE EXTENSION pg_steward;' doctor
check_exit "a plain role gets an answer too" 3 pgsteward doctor -U plain
check_like "with what it cannot see" 'cannot see shared_preload_libraries' doctor -U plain
check "json is json" python3 -c 'import json, subprocess
d = json.loads(subprocess.run(["pgsteward", "doctor", "--format=json"], stdout=subprocess.PIPE).stdout)
assert d["failed"] == 2 and d["schema_version"] == 1, d'
check_like "advise without the extension names the command" \
  'error: extension pg_steward is not installed in database .*CREATE EXTENSION pg_steward' flat pgsteward advise indexes

# ---- the setting stands elsewhere: F4 -------------------------------------------------------------------------------
check_like "it says which file sets the list" 'libraries \(pg_stat_statements\), set in /.*/postgresql.conf line [0-9]+' doctor
echo "shared_preload_libraries = 'auto_explain'" | as_server tee "$(cluster_data bare)/more.conf" >/dev/null
echo "include 'more.conf'" | as_server tee -a "$(cluster_data bare)/postgresql.conf" >/dev/null
check_like "an included file that the next start reads is seen" \
  'libraries \(auto_explain\), set in /.*/more.conf line 1 .*= auto_explain, pg_steward;.*to undo: ALTER SYSTEM RESET' doctor
echo | as_server tee "$(cluster_data bare)/more.conf" >/dev/null
cluster_stop --name bare
_pg_ctl bare -o '-c shared_preload_libraries=pg_stat_statements,auto_explain' start
check_like "the command line is named, where ALTER SYSTEM has no effect" \
  "given on the server's command line .*fix: in the command that starts .*-c shared_preload_libraries='pg_stat_statements,auto_explain,pg_steward'" \
  doctor
check_unlike "and no ALTER SYSTEM is printed" 'ALTER SYSTEM SET' doctor
argument=$(pgsteward doctor | sed -n 's/.*fix: in the command.*: \(-c .*\)/\1/p')
cluster_stop --name bare
_pg_ctl bare -o "$argument" start
check_is "its line works" 'pg_stat_statements,auto_explain,pg_steward' psql -Atc 'SHOW shared_preload_libraries'
cluster_stop --name bare
_pg_ctl bare start

# ---- following the printed fixes, word by word ----------------------------------------------------------------------
announced=$(pgsteward doctor | sed -n 's/.*adds about \([0-9.]*\) MB of shared memory.*/\1/p')
psql -qc "$(pgsteward doctor | sed -n 's/.*fix: \(ALTER SYSTEM.*;\)/\1/p')"
check_like "set but not restarted is told apart" 'the server has not been restarted' doctor
cluster_restart --name bare
check_is "the server starts with that line, and keeps what was there" "pg_stat_statements, pg_steward" \
  psql -Atc 'SHOW shared_preload_libraries'
psql -qc 'CREATE EXTENSION pg_steward'
check_like "then all checks pass" 'all checks passed' doctor
check_exit "and the exit code is 0" 0 pgsteward doctor
check_is "shared memory is as was announced, within a tenth" t psql -Atc \
  "SELECT abs(allocated_size / (1048576.0 * $announced) - 1) < 0.1 FROM pg_shmem_allocations WHERE name = 'pg_steward'"

# ---- rights ---------------------------------------------------------------------------------------------------------
check_like "missing rights are a warning with the grants" 'warn  rights .*GRANT USAGE ON SCHEMA steward TO plain;' \
  doctor -U plain
check_like "advise without rights points at doctor" 'error: permission denied .*hint: .*pgsteward doctor' \
  flat pgsteward advise indexes -U plain
check_exit "and exits with 1" 1 pgsteward advise indexes -U plain
psql -q <<<"$(pgsteward doctor -U plain | grep -o 'GRANT [^;]*;')"
check_like "the printed grants are enough" 'ok    rights' doctor -U plain

# ---- C14: pipes, terminals, locale ----------------------------------------------------------------------------------
full_disk() { pgsteward doctor >/dev/full; }
closed_pipe() { (trap '' PIPE; pgsteward doctor || true) | true; }
check_exit "a full disk is an error" 1 full_disk
check_like "that says so" 'could not write to standard output' full_disk
no_output() { pgsteward doctor >&-; }
no_errors() { pgsteward doctor 2>&-; }
no_streams() { pgsteward doctor -o "$(session_dir)/alone" <&- >&- 2>&-; }
check_exit "standard output that is closed is an error" 1 no_output
check_like "that says so" 'could not write to standard output' no_output
check_like "standard error that is closed is none" 'all checks passed' no_errors
check_exit "nor are all three, with a file to write to" 0 no_streams
check_like "which holds the report" 'all checks passed' cat "$(session_dir)/alone"
check_unlike "the server was sent nothing but the protocol" 'invalid frontend message|protocol' cat "$(cluster_log bare)"
check_unlike "a closed pipe is silent" . closed_pipe
check_unlike "no escape sequences" $'\x1b' env LC_ALL=C NO_COLOR=1 COLUMNS=40 pgsteward doctor
checks_done
