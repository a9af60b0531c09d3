#!/bin/bash
# What a canceled what-if had put in force is forgotten with it: later plannings of the session, whose parameter lists may lie
# where the canceled one's did, see no candidate of it. Of many shapes of statements and lists some do; it crashed the server.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf pg_steward.history_interval=0 --conf pg_steward.refresh=off
dir=$(session_dir)
times() { local i; for i in $(seq "$1"); do printf '%s' "${2//#/$i}"; done; }
{
  cat <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE t (a int, b int, c text);
INSERT INTO t SELECT i, i % 1000, 'x' FROM generate_series(1, 1000) i;
CREATE INDEX t_a_idx ON t (a);
CREATE TABLE others AS SELECT * FROM t;
CREATE INDEX ON others (a);
CREATE INDEX ON others (b);
ANALYZE;
SELECT steward.reset();
SQL
  for k in $(seq 12); do echo "SELECT $k AS k, c FROM t WHERE b = 17$(times "$k" ' AND a <> #');"; done
} | psql -qX >"$dir/prepare.log"
psql -AtX -F ' ' -c "SELECT userid, queryid FROM steward.statements WHERE query ~ 'AS k, c' ORDER BY length(query)" >"$dir/ids"
check_is "there are statements to cost" 12 grep -c . "$dir/ids"

mkfifo "$dir/locker"
psql -qAtX <"$dir/locker" >"$dir/locked" 2>&1 & locker=$!
exec 3>"$dir/locker"
echo "BEGIN; REINDEX INDEX t_a_idx; SELECT 'holds it';" >&3
for _ in $(seq 100); do grep -q 'holds it' "$dir/locked" && break; sleep 0.1; done

while read -r user query; do
  {
    for n in $(seq 60); do
      types=$(times "$n" ',int')
      echo "PREPARE q$n(${types:1}) AS SELECT FROM others WHERE b = \$1$(times "$n" ' OR a = $#') LIMIT 1;"
    done
    echo "SET statement_timeout = '250ms';"
    echo "SELECT * FROM steward.whatif(ARRAY[$user]::oid[], ARRAY[$query]::bigint[], ARRAY['CREATE INDEX ON public.t (b)'], '{1}', '{1}',"
    echo "  request_probes => '{1}', templates => true);"
    echo "SET statement_timeout = 0; SET plan_cache_mode = force_custom_plan;"
    for n in $(seq 60) $(seq 60); do values=$(times "$n" ',#'); echo "EXECUTE q$n(${values:1});"; done
  } >"$dir/session.sql"
  psql -qX -f "$dir/session.sql" >>"$dir/sessions.log" 2>&1 </dev/null
done <"$dir/ids"
check_is "each what-if was canceled" 12 grep -c 'canceling statement due to statement timeout' "$dir/sessions.log"
check_unlike "and no session was lost after it" 'ERROR:  [^c]|connection|server closed' cat "$dir/sessions.log"
echo 'ROLLBACK;' >&3
exec 3>&-
wait $locker
check_is "no server process died" '' cluster_crashes
checks_done
