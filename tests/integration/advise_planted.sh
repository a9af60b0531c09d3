#!/bin/bash
# S14: captured statements call functions that somebody planted; then a superuser advises, explains and measures. They run as
# the role whose statement it was, cannot become the superuser, write, or leave anything in the session, and what they raise
# neither ends the analysis nor tells what they read.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf pg_steward.history_interval=0 --conf jit=off --conf autovacuum=off --conf max_parallel_workers_per_gather=0
dir=$(session_dir)
export PGDATABASE=shop
createdb shop
psql -qX -v ON_ERROR_STOP=1 >&2 <<SQL
CREATE EXTENSION pg_steward;
CREATE ROLE planter;
CREATE ROLE victim;
GRANT CREATE ON SCHEMA public TO planter;
CREATE TABLE kept AS SELECT g AS id, g % 3000 AS customer, 'secret ' || g AS pad FROM generate_series(1, 40000) g;
CREATE TABLE touched (by name);
ALTER TABLE kept OWNER TO victim;
GRANT SELECT ON kept TO planter;
GRANT INSERT ON touched TO PUBLIC;
VACUUM ANALYZE;
SET ROLE planter;
-- Tells the server's log as whom it runs, and tries what a superuser could do. Volatile: others may do no such things.
CREATE FUNCTION planted_tries() RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
  RAISE LOG 'planted runs as % for %', current_user, session_user;
  BEGIN
    PERFORM set_config('role', session_user, false);
    RAISE LOG 'planted escaped by role as %', current_user;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  BEGIN
    EXECUTE 'SET SESSION AUTHORIZATION DEFAULT';
    RAISE LOG 'planted escaped by session as %', current_user;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  BEGIN
    EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat >/dev/null''';
    RAISE LOG 'planted escaped to the shell';
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  BEGIN
    INSERT INTO public.touched VALUES (current_user);
    RAISE LOG 'planted wrote as %', current_user;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  BEGIN
    EXECUTE 'CREATE TEMP TABLE left_behind (a int)';
    RAISE LOG 'planted left a table';
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
END \$\$;
CREATE FUNCTION planted(what int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$
BEGIN
  IF current_setting('app.quiet', true) = 'yes' THEN RETURN what; END IF;
  PERFORM public.planted_tries();
  RETURN what;
END \$\$;
CREATE FUNCTION planted_cancel(what text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$
BEGIN
  IF current_setting('app.quiet', true) = 'yes' THEN RETURN 1; END IF;
  RAISE LOG 'planted cancel runs as %', current_user;
  RAISE EXCEPTION 'it was %', what USING ERRCODE = 'query_canceled', HINT = what;
END \$\$;
CREATE FUNCTION planted_right(what text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS \$\$
BEGIN
  IF current_setting('app.quiet', true) = 'yes' THEN RETURN 1; END IF;
  RAISE EXCEPTION 'it was %', what USING ERRCODE = 'insufficient_privilege', HINT = what;
END \$\$;
CREATE TABLE bait AS SELECT g AS id, g % 3000 AS customer, repeat('x', 60) AS pad FROM generate_series(1, 12000) g;
ANALYZE bait;
RESET ROLE;
SELECT steward.reset();
SQL
work() {
  psql -qX >"$dir/rows" <<'SQL'
SET app.quiet = 'yes';
SET ROLE victim;
SELECT pad FROM kept WHERE customer = planted(7);
SELECT id FROM kept WHERE customer = 8 AND planted(id) > 0;
SELECT id, 1 AS cancels FROM kept WHERE customer = 9 AND planted_cancel(pad) > 0;
SELECT id, 1 AS tells FROM kept WHERE customer > 9 AND planted_right(pad) > 0 AND pad = 'secret 1';
RESET ROLE;
-- The superuser himself, on a table of the planter's.
SELECT pad FROM bait WHERE customer = planted(17);
SELECT id FROM bait WHERE customer = 18 AND planted(id) > 0;
SELECT id FROM bait WHERE planted(id) = 19;
SQL
}
work; work
log() { tail -c "+$((from + 1))" "$(cluster_log)" | grep -oE "planted [a-z ]*(runs as [a-z]+|escaped.*|wrote as [a-z]+|left.*)" | sort -u; }
from=0
psql -qX -c "BEGIN READ ONLY" -c "EXPLAIN SELECT pad FROM kept WHERE customer = planted(7)" >"$dir/rows" 2>&1
check_like "the trap is real: plain EXPLAIN runs it as the superuser, who reaches the shell" 'planted escaped to the shell.*planted runs as postgres' \
  bash -c "$(declare -f log cluster_log); STEWARD_SESSION='$STEWARD_SESSION' from=0; log | tr '\n' ' '"
psql -qX -c 'TRUNCATE touched'

trap_of() { # NAME EXPECTED COMMAND...
  local name=$1 expected=$2 status; shift 2
  from=$(wc -c <"$(cluster_log)")
  "$@" >"$dir/out" 2>"$dir/err"; status=$?
  check_is "$name: exit code and errors" "0 " echo "$status $(cat "$dir/err")"
  check_is "$name: as whom" "$expected" log
  check_unlike "$name: nothing is told" 'secret [0-9]' cat "$dir/out"
}
ran='planted runs as planter
planted runs as victim'
trap_of "advise" "$ran" pgsteward advise indexes --min-gain 0.01
trap_of "advise as JSON" "$ran" pgsteward advise indexes --no-save --format json --min-gain 0.01
for query in $(psql -XAtc "SELECT queryid FROM steward.statements WHERE query ~ '(kept|bait) WHERE' AND query !~ 'EXPLAIN'"); do
  from=$(wc -c <"$(cluster_log)")
  pgsteward explain "$query" --plans >"$dir/out" 2>&1
  check_unlike "explain $query --plans" 'as postgres|escaped|wrote|left' log
  check_unlike "tells nothing" 'secret [0-9]' cat "$dir/out"
done
trap_of "explain of the table" "$ran" pgsteward explain kept --plans
# Building an index on his own table runs its owner's function as the owner; what it writes is rolled back with it.
trap_of "measuring" "planted cancel runs as victim
$ran
planted wrote as planter" pgsteward advise indexes --no-save --min-gain 0.01 --verify --yes --format json
check "it measured what can be" python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))["verification"]
assert len(v["statements"]) >= 3, v
assert any("raised by a function" in e for e in v["not_measured"]), v' "$dir/out"
check_is "nothing was written" 0 psql -XAtc 'SELECT count(*) FROM touched'
check_is "no server process died" '' cluster_crashes
checks_done
