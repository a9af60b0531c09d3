#!/bin/bash
# Advice on prepared statements from what a real server captured: what is uniform, skewed or pruned, how it arrives, measuring, saving,
# muting, a file, and PgBouncer 1.18 in between.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' ' | tr -s ' '; return "${PIPESTATUS[0]}"; }
json() { local file=$1; shift; python3 -c "import json,sys; d=json.load(open(sys.argv[1])); s=d['suggestions']
by=lambda piece: next((r for r in s if piece in r['query']), None)
$1" "$file"; }

cluster_start --conf autovacuum=off --conf jit=off --conf pg_steward.history_interval=0
dir=$(session_dir)
# The recipes of README.md, for the role that owns the tables and runs the load: measuring is not for superusers.
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE ROLE monitor' -c 'CREATE ROLE advisor LOGIN' -c 'CREATE ROLE app LOGIN' -c 'GRANT CREATE ON SCHEMA public TO app'
sed -n '/^-- read the views$/,/^```$/p' "$STEWARD_REPO/README.md" | grep -v '^```$' | psql -qX -v ON_ERROR_STOP=1 -f - -c 'GRANT advisor TO app'
psql -q -U app -c 'CREATE TABLE even (id int PRIMARY KEY, n int)' -c 'INSERT INTO even SELECT i, i FROM generate_series(1, 20000) AS i'
psql -q -c 'VACUUM ANALYZE'
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
printf '%s\n' '\set id random(1, 20000)' 'SELECT n FROM even WHERE id = :id;' >"$dir/even.sql"
run() { pgbench -n -U app -M "$1" -c 1 -t 200 -f "$dir/even.sql" >"$dir/pgbench.log" 2>&1; }
run simple
run extended
check_exit "advice is given and saved" 0 pgsteward advise prepared --format json -o "$dir/first.json"
check "what is parsed each time is to be prepared, with nothing to set" json "$dir/first.json" \
  'r = next(r for r in s if r["action"] == "prepare"); assert r["evidence"]["auto_choice"] == "generic" and not r["evidence"]["plan_cache_mode"], r
assert r["saved_time_per_call"] > 0 and r["worst_cost_ratio"] == 1 and "(integer) AS SELECT" in r["prepare_sql"], r'
check "values in the text are to be parameters first" json "$dir/first.json" \
  'r = next(r for r in s if r["action"] == "parameterize"); assert r["evidence"]["then"] == "prepare" and r["simple_calls"] >= 200, r'
check "the PREPARE text runs" psql -q -v ON_ERROR_STOP=1 -c "$(psql -Atc "SELECT prepare_sql FROM steward.prepared_suggestions LIMIT 1")"
check_is "the view has a row a statement" 'parameterize,prepare' psql -Atc \
  "SELECT string_agg(action, ',' ORDER BY action) FROM steward.prepared_suggestions WHERE query ~ 'FROM even'"

# A role that was set up before the probes were there.
psql -q -c 'REVOKE EXECUTE ON FUNCTION steward.planning_probes() FROM advisor'
check_like "a role that may not time the probes has advice with a warning" 'warning.*what clients save is not measured.*planning_probes.*hint.*GRANT EXECUTE.*prepare' \
  flat pgsteward advise prepared -U advisor --no-save
psql -q -c 'GRANT EXECUTE ON FUNCTION steward.planning_probes() TO advisor'

# A type without its length is not that of length 1: as "character" the literal of a measured run was cut off.
psql -q -U app -c 'CREATE TABLE coded (code char(3) PRIMARY KEY, flags bit(4), n int)' \
  -c "INSERT INTO coded SELECT lpad(i::text, 3, '0'), i::bit(4), i FROM generate_series(1, 999) AS i"
psql -q -c 'VACUUM ANALYZE coded'
printf '%s\n' "SELECT n FROM coded WHERE code = '042' AND flags = B'1010';" >"$dir/coded.sql"
pgbench -n -U app -M simple -c 1 -t 120 -f "$dir/coded.sql" >"$dir/pgbench.log" 2>&1
pgsteward advise prepared --no-save --format json -o "$dir/coded.json"
check "types without a length are named as such" json "$dir/coded.json" 'assert "(bpchar, \"bit\") AS" in by("FROM coded")["prepare_sql"], by("FROM coded")'
json "$dir/coded.json" 'print(by("FROM coded")["prepare_sql"])' >"$dir/prepare.sql"
name=$(sed -n 's/^PREPARE \([^ ]*\) .*/\1/p' "$dir/prepare.sql")
check_is "and the PREPARE text finds the row" 42 psql -qAtX -v ON_ERROR_STOP=1 -f "$dir/prepare.sql" -c "EXECUTE $name ('042', B'1010')"

# Of the parameter of an expression no extreme is tried.
psql -q -U app -c 'CREATE TABLE expressed (v int, n int)' -c 'INSERT INTO expressed SELECT i % 20000, i FROM generate_series(1, 40000) AS i' \
  -c 'CREATE INDEX ON expressed (v)'
psql -q -c 'VACUUM ANALYZE expressed'
printf '%s\n' '\set a random(1, 20000)' 'SELECT n FROM expressed WHERE v = :a AND v + 0 = :a;' >"$dir/expressed.sql"
pgbench -n -U app -M simple -c 1 -t 120 -f "$dir/expressed.sql" >"$dir/pgbench.log" 2>&1
pgsteward advise prepared --no-save --format json -o "$dir/expressed.json"
check "what could not be tried of its parameters is said" json "$dir/expressed.json" \
  'assert any("no extreme values could be tried of" in c for c in by("FROM expressed")["caveats"]), by("FROM expressed")'

# ---- measuring --------------------------------------------------------------------------------------------------------
check_like "a superuser does not measure" 'a superuser does not measure.*hint: Measure as an ordinary role' flat pgsteward advise prepared --measure
psql -qAtc "SELECT calls FROM steward.statements WHERE query ~ 'FROM even' ORDER BY queryid" >"$dir/before"
check "what is measured is said beside what was predicted" pgsteward advise prepared -U app --measure --measure-time 2s --format json -o "$dir/measured.json"
check "in all three ways" json "$dir/measured.json" 'm = next(r for r in s + d["rejected"] if "FROM even" in r["query"])["evidence"]["measured"]
assert m["rounds"] >= 6 and m["values"] >= 1 and m["simple_time"]["median"] > 0 and m["generic_time"]["median"] > 0, m'
check_is "what was measured is not captured" "$(cat "$dir/before")" psql -qAtc "SELECT calls FROM steward.statements WHERE query ~ 'FROM even' ORDER BY queryid"
psql -q -c 'REVOKE SET ON PARAMETER pg_steward.track FROM advisor'
check_like "without the right not to be captured nothing is measured" 'hint: As a superuser: GRANT SET ON PARAMETER pg_steward.track TO app;' \
  flat pgsteward advise prepared -U app --measure
check_like "doctor prints the grant" 'GRANT SET ON PARAMETER pg_steward.track TO app;' flat pgsteward doctor -U app
psql -q -c 'GRANT SET ON PARAMETER pg_steward.track TO advisor' -c 'CREATE ROLE other' -c 'CREATE FUNCTION theirs() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$' \
  -c 'ALTER FUNCTION theirs() OWNER TO other'
check_like "nor where another ordinary role owns a function" 'other ordinary roles own functions' flat pgsteward advise prepared -U app --measure
psql -q -c 'DROP FUNCTION theirs()'

# Nine of ten rows have one value, of which the first by id is near; the load never asks for it. A plan for the others sorts all of its rows.
psql -q -U app -c 'CREATE TABLE skewed AS SELECT i AS id, CASE WHEN i % 10 > 0 THEN 1 ELSE 2 + i / 10 % 10000 END AS v, i AS n FROM generate_series(1, 400000) AS i' \
  -c 'ALTER TABLE skewed ADD PRIMARY KEY (id)' -c 'CREATE INDEX ON skewed (v)'
psql -q -c 'VACUUM ANALYZE skewed'
printf '%s\n' '\set v random(2, 10000)' 'SELECT n FROM skewed WHERE v = :v ORDER BY id LIMIT 1;' >"$dir/skewed.sql"
for protocol in simple extended prepared; do
  psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
  pgbench -n -U app -M $protocol -c 1 -t 2000 -f "$dir/skewed.sql" >"$dir/pgbench.log" 2>&1
  pgsteward advise prepared -U app --no-save --measure --measure-time 10s --format json -o "$dir/skewed.$protocol.json"
  check "a generic plan that is a hundred times slower for one value is not advised ($protocol)" json "$dir/skewed.$protocol.json" \
    'r = [r for r in s + d["rejected"] if "FROM skewed" in r["query"]]
assert len(r) == 1 and all((r["evidence"]["then"] or r["action"]) != "prepare" and r["evidence"]["plan_cache_mode"] != "force_generic_plan" for r in r), r'
done
check "and it is a hundred times slower" json "$dir/skewed.simple.json" \
  'm = by("FROM skewed")["evidence"]["measured"]; assert m.get("worst_time_ratio", 0) > 100, m'
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
run simple
run extended

# ---- settings of roles -------------------------------------------------------------------------------------------------
psql -q -c 'ALTER ROLE postgres SET plan_cache_mode = force_generic_plan' -c 'ALTER ROLE app IN DATABASE postgres SET plan_cache_mode = force_custom_plan' \
  -c 'ALTER ROLE app SET plan_cache_mode = force_generic_plan'
pgsteward advise prepared --no-save --format json -o "$dir/modes.json"
check "the setting that counts is that of the statement's role, in this database first" json "$dir/modes.json" \
  'r = next(r for r in s if "FROM even" in r["query"]); assert d["plan_cache_mode"] == "auto", d
assert r["evidence"]["plan_cache_mode"] == "force_generic_plan" and "plan_cache_mode is force_custom_plan for app in this database" in r["caveats"], r'
psql -q -c 'ALTER ROLE postgres RESET ALL' -c 'ALTER ROLE app IN DATABASE postgres RESET ALL' -c 'ALTER ROLE app RESET ALL'

# ---- what is prepared, muted, of a file -----------------------------------------------------------------------------
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
run prepared
check_like "what is prepared and safe is left alone" '[0-9]+ prepared already' flat pgsteward advise prepared --no-save
run simple
check_exit "it is suggested" 0 pgsteward advise prepared -o "$dir/text"
pgsteward mute "$(psql -Atc 'SELECT suggestion_id FROM steward.prepared_suggestions LIMIT 1')" >"$dir/muted"
check_like "a muted suggestion is left out" 'muted: 1 \(--show-muted\)' flat pgsteward advise prepared
check_exit "a snapshot is written" 0 pgsteward snapshot prepared -o "$dir/prepared.json"
check_like "and advised on without a server" 'from file.*parameterize, then prepare.*not saved: only advice' \
  flat pgsteward advise prepared --from "$dir/prepared.json" -h /nowhere

# ---- PgBouncer ------------------------------------------------------------------------------------------------------
pooler_start
# The one that runs is what the system has.
running=$(pooler_console 'SHOW VERSION' | grep -oE '1\.[0-9]+' | head -1)
check_like "the console says which one runs" "PgBouncer $running" \
  flat pgsteward advise prepared --from "$dir/prepared.json" --console "host=$dir/pooler port=6432 user=postgres"
check_like "through PgBouncer 1.18 in transaction mode it is withheld" 'no prepared statement works through PgBouncer 1\.18.*withheld, for the pooler' \
  flat pgsteward advise prepared --from "$dir/prepared.json" --pgbouncer-version 1.18
check_like "through a newer one it is not" 'PgBouncer 1\.24 in transaction mode: prepared statements of the protocol work' \
  flat pgsteward advise prepared --from "$dir/prepared.json" --pgbouncer-version 1.24
printf '%s\n' '[databases]' '* = host=/tmp' '[pgbouncer]' 'pool_mode = transaction' >"$dir/without.ini"
sed '$a max_prepared_statements = 100' "$dir/without.ini" >"$dir/with.ini"
check_like "of a file without the setting the version is asked for" 'depends on its version: say it with --pgbouncer-version' \
  flat pgsteward advise prepared --from "$dir/prepared.json" --ini "$dir/without.ini"
check_like "with it that decides" 'work \(max_prepared_statements = 100\)' flat pgsteward advise prepared --from "$dir/prepared.json" --ini "$dir/with.ini"
pooler_env
check_like "through a pooler nothing is planned" 'connect to the server, not to the pooler' flat pgsteward advise prepared
cluster_env main
pooler_stop
psql -q -c 'CREATE ROLE nobody LOGIN'
check_like "without rights the error says where the grants are" 'permission denied.*hint: pgsteward doctor prints the grants' flat pgsteward advise prepared -U nobody
check_is "no server process died" '' cluster_crashes
checks_done
