#!/bin/bash
# pgsteward pool lint and pool config against a real PgBouncer and server: files are read as PgBouncer loads them, what is
# written is loaded, and a console that refuses, hangs or is none ends in a clear error that holds no secret. Covers C8, C9
# (atomic replacement with a backup, unsafe values), S9, C14.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; } # output on one line
lint() { flat pgsteward pool lint "$@"; }
dir=$(session_dir)/lint
mkdir -p "$dir"

# ---- files alone: no server is asked ---------------------------------------------------------------------------------
export PGHOST=$dir/nowhere
printf '%s\n' '[databases]' "app = host=db1 user=web password='zzret zzret' pool_size=20" '[pgbouncer]' 'pool_mode = transaction' \
  'auth_query = SELECT zzret' 'default_pool_size = 20' >"$dir/good.ini"
check_exit "a sound file: exit 0" 0 pgsteward pool lint --ini "$dir/good.ini"
check_like "what was not checked is said with what it needs" 'not checked .* a connection to the server \(-h, -d\): 1 ' lint --ini "$dir/good.ini"
check_like "and counted" '0 errors, .*of 38 rules checked' lint --ini "$dir/good.ini"
sed 's/transaction/tx/' "$dir/good.ini" >"$dir/bad.ini"
check_exit "an error: exit 3" 3 pgsteward pool lint --ini "$dir/bad.ini"
check_like "with the line" 'ERROR +36  invalid-value: pool_mode .*evidence line .*/bad.ini:4' lint --ini "$dir/bad.ini"
head -c 54 "$dir/good.ini" >"$dir/cut.ini"
check_exit "a file that was cut off: exit 2" 2 pgsteward pool lint --ini "$dir/cut.ini"
check_like "with file and line" 'error: could not read .*/cut.ini:2: a quote is not closed.*hint: The file may have been cut off' lint --ini "$dir/cut.ini"
check_exit "a file that is missing: exit 2" 2 pgsteward pool lint --ini "$dir/gone.ini"
printf '[web]\npool_size = 3\ninstanses = 2\n' >"$dir/app.ini"
check_like "an unknown key of the application's file" 'app.ini:3: there is no "instanses" .*Did you mean "instances"' lint --ini "$dir/good.ini" --app "$dir/app.ini"
for format in text json; do
  check_unlike "no secret of the file is in $format" zzret pgsteward pool lint --ini "$dir/good.ini" --format $format
done

# ---- PgBouncer loads what we say it loads ----------------------------------------------------------------------------
loads() { # whether PgBouncer starts on a file; it is stopped at once
  local pid tries=200
  printf '\n' >"$dir/users.txt"
  chmod 755 "$dir" && if [ -n "$_user" ]; then chown -R "$_user" "$dir"; fi
  PATH=$PATH:/usr/sbin as_server timeout 20 pgbouncer -q -d "$1" >"$dir/start.log" 2>&1 || return 1
  until [ -s "$dir/pid" ]; do
    [ $((tries--)) -gt 0 ] || return 1
    sleep 0.02
  done
  pid=$(cat "$dir/pid")
  kill -INT "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}
common="unix_socket_dir = $dir
listen_port = 6439
logfile = $dir/log
pidfile = $dir/pid
auth_file = $dir/users.txt"
agree() { # NAME TEXT: PgBouncer and we agree on whether it loads
  local ours=no theirs=no
  printf '%s\n' "$2" | sed "s|^COMMON$|${common//$'\n'/\\n}|" >"$dir/odd.ini"
  pgsteward pool lint --ini "$dir/odd.ini" >"$dir/ours.log" 2>&1 && ours=yes
  loads "$dir/odd.ini" && theirs=yes
  check_is "PgBouncer and we agree: $1" "$theirs" echo "$ours"
}
agree "comments and spaces" $'; c\n[databases]\n\n  app\t=  host=h \n# c\n[pgbouncer]\nCOMMON\nmax_client_conn\t=\t0x20  '
agree "a value behind a section" $'[pgbouncer] max_client_conn = 20\nCOMMON'
agree "no number" $'[pgbouncer]\nCOMMON\nmax_client_conn = 20 ; comment'
agree "another case" $'[pgbouncer]\nCOMMON\nMax_client_conn = 20'
agree "an unknown section" $'[pgbouncer]\nCOMMON\n[pools]\na = 1'
agree "an empty value in a connection string" $'[databases]\napp = host=\n[pgbouncer]\nCOMMON'
agree "an unclosed quote" $'[databases]\napp = host=\'h\n[pgbouncer]\nCOMMON'
agree "an unknown setting" $'[pgbouncer]\nCOMMON\nmax_prepared_statement = 20'
agree "no main section" $'[databases]\napp = host=h'

# ---- the live console ------------------------------------------------------------------------------------------------
cluster_start --conf max_connections=30
psql -q -c 'CREATE ROLE plain LOGIN' -c 'CREATE ROLE app LOGIN CONNECTION LIMIT 3' -c 'CREATE EXTENSION pg_steward'
printf '"postgres" "zzret"\n"plain" "zzother"\n' >"$dir/auth.txt"
if [ -n "$_user" ]; then chown "$_user" "$dir/auth.txt"; fi
# The second [pgbouncer] sets all numbers and words back to the defaults, but for what stands behind it.
(ulimit -n 150 && pooler_start --database "app = host=$STEWARD_SESSION/main dbname=postgres user=app pool_size=4" \
  --conf default_pool_size=17 --conf "[pgbouncer]" --conf "unix_socket_dir = $(_pooler)" --conf "listen_port = 6432" --conf "listen_addr =" \
  --conf "logfile = $(_pooler)/log" --conf "pidfile = $(_pooler)/pid" --conf "admin_users = postgres" --conf auth_type=md5 \
  --conf "auth_file = $dir/auth.txt" --conf pool_mode=transaction --conf max_client_conn=0x7f --conf "query_wait_timeout = 1.50")
ini=$(_pooler)/pgbouncer.ini
console="host=$(_pooler) port=6432 user=postgres"
export PGPASSWORD=zzret
both() { lint --ini "$ini" --console "$console" "$@"; }
admin() { psql -h "$(_pooler)" -p 6432 -U postgres -d pgbouncer -AtXq -c "$1"; }
check_like "the console is read" 'console +PgBouncer 1\.[0-9.]+ on .* port 6432' both
check_like "a repeated section is told" 'warn +38  repeated-section: pgbouncer .*default_pool_size' both
check_unlike "all that runs is what we read from the file" 'runtime-differs:' both
check_like "files of the running process are counted" 'ERROR +4  open-files: process [0-9]+ .*may open 150 files and needs [0-9]+:' both
check_like "the console alone will do" 'ERROR +4  open-files: .*max_client_conn 127' lint --console "$console" --pid "$(cat "$(_pooler)/pid")"
admin 'SET default_pool_size = 25'
check_like "a SET that a reload undoes" 'warn +32  runtime-differs: default_pool_size .*running 25, default 20' both
admin 'RELOAD'
check_unlike "after the reload it is gone" 'runtime-differs: default_pool_size' both
check_like "another file is told from the one that is read" 'the file that this process reads: --ini /[^ ]*: 32' \
  lint --ini "$dir/good.ini" --console "$console"

# ---- what pool config writes is what then runs ----------------------------------------------------------------------
plan() { # POOL_SIZE: a plan as advise pool prints it
  printf '{"kind": "pool", "server": {"database": "postgres", "host": "x", "port": "1"}, "settings": [%s, %s, %s]}' \
    '{"pool": "main", "component": "pgbouncer", "setting": "pool_size", "suggested_value": "'"$1"'", "requires": "reload", "reason": "measured"}' \
    '{"pool": null, "component": "pgbouncer", "setting": "query_wait_timeout", "suggested_value": "2.5", "requires": "reload", "reason": "patience"}' \
    '{"pool": null, "component": "postgresql", "setting": "max_connections", "current_value": "30", "suggested_value": "40", "requires": "restart"}'
}
config() { flat pgsteward pool config --from "$dir/plan.json" --ini "$ini" --console "$console" -o "$(dirname "$ini")" "$@"; }
facts_of() { stat -c '%a %U' "$1"; }
plan 38 >"$dir/plan.json"
cp -p "$ini" "$dir/before.ini"
check_exit "more connections than the server will have: exit 3" 3 config
check_like "is refused" 'refused, nothing was written .*rule 1, all pools: pools can open [0-9]+ connections, the server has 37' config
check "and nothing was written" cmp "$ini" "$dir/before.ini"
plan 7 >"$dir/plan.json"
mode=$(facts_of "$ini")
check_like "a plan is written in place" 'pgbouncer.ini +\(what it was: .*/pgbouncer.ini.bak\) .*query_wait_timeout +1.50 -> 2.5 .*app +pool_size +4 -> 7' config
check "the backup is the old file" cmp "$ini.bak" "$dir/before.ini"
check_is "mode and owner stay" "$mode" facts_of "$ini"
check_is "two lines changed, each with its reason" "4" bash -c 'diff "$1" "$2" | grep -c "^>"' _ "$dir/before.ini" "$ini"
admin 'RELOAD'
check_is "PgBouncer runs as written" 7 bash -c 'psql -h "$1" -p 6432 -U postgres -d pgbouncer -AtXc "SHOW DATABASES" | grep "^app|" | cut -d "|" -f 6' _ "$(_pooler)"
check_unlike "and lint sees no difference" 'runtime-differs:' both
check_like "what needs a restart of the server is apart" "max_connections = '40'" cat "$(_pooler)/postgresql.restart.conf"
cp -p "$ini" "$dir/sound.ini"
echo 'max_client_conn = many' >>"$ini"
admin 'RELOAD'
check_like "a reload that PgBouncer rejects is seen, with the line" \
  'ERROR +36  invalid-value: max_client_conn .*PgBouncer does not load the file .*pgbouncer.ini:[0-9]+' both
check_is "it runs on as before" 127 bash -c 'psql -h "$1" -p 6432 -U postgres -d pgbouncer -AtXc "SHOW CONFIG" | grep "^max_client_conn|" | cut -d "|" -f 2' _ "$(_pooler)"
cp -p "$dir/sound.ini" "$ini"
mkdir "$dir/new"
check_exit "a new file" 0 pgsteward pool config --from "$dir/plan.json" -o "$dir/new"
sed -i -e "s#/var/run/postgresql\$#$dir#; s#/[^ ]*/pgbouncer\.log#$dir/log#; s#/[^ ]*/pgbouncer\.pid#$dir/pid#; s#/etc/pgbouncer/userlist\.txt#$dir/users.txt#" \
  -e "s#6432#6439#; s#^listen_addr.*##" "$dir/new/pgbouncer.ini"
check "is loaded by PgBouncer" loads "$dir/new/pgbouncer.ini"

# ---- with a server ---------------------------------------------------------------------------------------------------
here_options=(-h "$STEWARD_SESSION/main" -p 5432 -d postgres)
check_like "more connections than the server has" 'ERROR +1  connection-budget: all pools .*server has 27 for them' \
  both "${here_options[@]}" --app <(printf '[d]\nthrough = direct\npool_size = 28\n')
check_like "a role's limit below its pool" 'ERROR +23  server-side-limits: role app .*fix ALTER ROLE app CONNECTION LIMIT 7;' both "${here_options[@]}"
check_like "statements that outlive the client's patience" 'warn +8  idle-in-transaction: app/app .*ALTER ROLE app SET' both "${here_options[@]}"
check_like "prepared statements on a PgBouncer without them" 'ERROR +13  prepared-statements: web .*max_prepared_statements' \
  lint --ini "$ini" --app <(printf '[pgbouncer]\nversion = 1.18\n[web]\ndatabase = app\nprepared = protocol\nacquire_timeout = 1s\n')
check_like "the order of timeouts" 'ERROR +7  timeout-order: web .*query_wait_timeout 2.5s, acquire_timeout 1s, set in .*pgbouncer.ini:' \
  both --app <(printf '[web]\ndatabase = app\nacquire_timeout = 1s\n')
PGPASSWORD='' psql -h "$STEWARD_SESSION/main" -p 5432 -U app -d postgres -qAt -c "BEGIN; SET work_mem = '8MB'; LISTEN news; COMMIT" >/dev/null
check_like "what pg_steward saw of sessions, under transaction pooling" \
  'ERROR +12  session-features: postgres/app/psql .*in transaction mode: SET without LOCAL, LISTEN' both "${here_options[@]}"
PGAPPNAME=pgsteward psql -h "$STEWARD_SESSION/main" -p 5432 -U app -d postgres -qAt -c "PREPARE own AS SELECT 1" >/dev/null
check_unlike "not what pgsteward does itself" 'postgres/app/pgsteward' both "${here_options[@]}"
check_like "a plain role can ask" 'server +PostgreSQL [0-9.]+ on .*ERROR +23' both "${here_options[@]}" -U plain
check_like "and hears why the classes are not seen" 'the classes that pg_steward measured .*permission denied [^)]*\): 19' both "${here_options[@]}" -U plain
check_exit "a server that is named and not there: exit 2" 2 pgsteward pool lint --ini "$ini" -h "$dir/nowhere"
check "json is json" python3 -c 'import json, subprocess, sys
d = json.loads(subprocess.run(["pgsteward", "pool", "lint", "--format=json"] + sys.argv[1:], stdout=subprocess.PIPE).stdout)
rules = {f["rule"]: f for f in d["findings"]}
assert rules[4]["severity"] == "error" and rules[4]["evidence"]["open files"] == "150", d
assert d["counts"]["rules"] == 38 and d["sources"]["pgbouncer"], d' --ini "$ini" --console "$console" "${here_options[@]}"

# ---- a console that refuses, is none, or hangs: C8, S9 ---------------------------------------------------------------
wrong() { PGPASSWORD=zzwrong flat pgsteward pool lint --console "$console"; }
check_exit "a wrong password: exit 2" 2 wrong
check_like "says so with a hint" 'error: .*(auth|password).*hint: The user must be one of admin_users' wrong
check_unlike "and not what it was" zz wrong
check_exit "a user without the right: exit 2" 2 env PGPASSWORD=zzother pgsteward pool lint --console "host=$(_pooler) port=6432 user=plain"
check_like "says so" 'not allowed.*admin_users or stats_users' flat env PGPASSWORD=zzother pgsteward pool lint --console "host=$(_pooler) port=6432 user=plain"
check_exit "a server is no console: exit 1" 1 pgsteward pool lint --console "host=$STEWARD_SESSION/main port=5432 user=postgres dbname=postgres"
check_like "and told from one" 'is no admin console of PgBouncer' pgsteward pool lint --console "host=$STEWARD_SESSION/main port=5432 user=postgres dbname=postgres"
number=0
for secret in 'postgres://bob:zz%ret@h/d' 'postgres://bob:a/zzret@h/d' 'postgres://bob:a@zzret@h/d' 'host=h password=zzret x' \
  'postgres://bob:zzret@%2fnowhere/d' 'host=/nowhere password=zzret' 'postgres:///d?host=/nowhere&password=zzret'; do
  number=$((number + 1))
  check_exit "connection string $number of a console is refused" 2 env -u PGPASSWORD pgsteward pool lint --console "$secret"
  check_unlike "and not printed" 'zz|%re' env -u PGPASSWORD pgsteward pool lint --console "$secret"
done
check_like "a password among the arguments is warned about" 'warning: the password in the connection string' pgsteward pool lint --console 'host=/nowhere password=zzret'
kill -STOP "$(cat "$(_pooler)/pid")"
stopped() { timeout 60 pgsteward pool lint --console "$console"; echo "exit $?"; }
check_like "a pooler that is stopped: the deadline in the message, exit 2" \
  'error: no answer from the admin console within 2000 ms.*exit 2' flat stopped
kill -CONT "$(cat "$(_pooler)/pid")"
check_like "and when it goes on it is read again" 'console +PgBouncer' lint --console "$console"
pooler_stop
checks_done
