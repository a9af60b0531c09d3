#!/bin/bash
# Names that do harm (RELIABILITY E7) through all that prints or runs what advise says: every format, --verify, explain, mute,
# and each kind of advice. The printed DDL runs as it is and means what it says; no terminal gets anything but text.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf pg_steward.slow_min_duration=0 --conf pg_steward.sample_rate=1 --conf max_parallel_workers_per_gather=0 \
  --conf jit=off --conf autovacuum=off --conf pg_steward.history_interval=0
dir=$(session_dir)
export PGDATABASE="$(printf 'shop "\e[1m; --')"
psql -qX -d postgres -c "CREATE DATABASE \"$(sed 's/"/""/g' <<<"$PGDATABASE")\" TEMPLATE template0 ENCODING 'UTF8'"
python3 - "$dir" <<'PY'
import sys
marker = sys.argv[1] + '/harmed'
names = {
    'escape': 'evil\x1b[31m\x1b]0;t\x07\n; DROP TABLE plain; --',
    'quotes': 'a "quoted" \'name\' \\ $$ %I :x',
    'shell': ';--\n\\! touch ' + marker[:40] + '\n',
    'rtl': '\u202eelbat\u202c\u200b\u2066<script>&amp;',
    'long': 'ä' * 31 + 'x',
}
ident = lambda name: '"' + name.replace('"', '""') + '"'
out = open(sys.argv[1] + '/setup.sql', 'w')
out.write('\\set ON_ERROR_STOP on\nCREATE EXTENSION pg_steward;\nCREATE TABLE plain AS SELECT 1 AS a;\n')
work = open(sys.argv[1] + '/work.sql', 'w')
for key, name in names.items():
    n, schema = ident(name), ident(name)
    table = f'{schema}.{n}'
    second = ident((key[0] + name)[:20])
    out.write(f'''CREATE ROLE {n};
CREATE SCHEMA {schema} AUTHORIZATION {n};
CREATE TABLE {table} ({n} int, {second} int, city int, pad text);
INSERT INTO {table} SELECT i, i % 60, i % 60, repeat('x', 60) FROM generate_series(1, 30000) i;
CREATE INDEX {ident('1' + name[:25])} ON {table} (pad);
CREATE INDEX {ident('2' + name[:25])} ON {table} (pad);
CREATE UNIQUE INDEX ON {table} ({n});
CREATE TABLE {schema}.referring (back int REFERENCES {table} ({n}), pad text);
INSERT INTO {schema}.referring SELECT i, repeat('x', 60) FROM generate_series(1, 20000) i;
ALTER TABLE {table} OWNER TO {n};
ALTER TABLE {schema}.referring OWNER TO {n};
''')
    work.write(f'SET ROLE {n};\n')
    for i in range(8):
        work.write(f'SELECT pad FROM {table} WHERE {second} = {i} AND city = {i};\n')
        work.write(f'SELECT count(pad) FROM {table} WHERE lower(pad) = \'a{i}\' AND {second} > 3;\n')
    work.write('RESET ROLE;\n')
out.write('VACUUM ANALYZE;\nSELECT steward.reset() IS NOT NULL AS reset;\n')
PY
psql -qX -f "$dir/setup.sql" >"$dir/rows" || exit 1
psql -qX -f "$dir/work.sql" >"$dir/rows" || exit 1
# What a terminal would take for more than text: controls but line ends and tabs, and marks that reorder or hide.
unsafe=$'[\x01-\x08\x0b-\x1f\x7f]|\u202e|\u202c|\u200b|\u2066|\u009b'
json() { python3 -c 'import json, sys; a = json.load(open(sys.argv[1])); exec(sys.argv[2])' "$dir/advice.json" "$1"; }

pgsteward advise indexes --format json -o "$dir/advice.json" --min-gain 0.01
pgsteward advise indexes --min-gain 0.01 >"$dir/advice.txt" 2>&1
check "there is advice of each kind for each name" json '
kinds = {"suggestions": 5, "unneeded_indexes": 5, "foreign_keys_without_index": 5, "statistics": 5}
got = {k: len({s["schemaname"] for s in a[k]}) for k in kinds}
assert got == kinds, got'
check_unlike "as text it is text" "$unsafe" cat "$dir/advice.txt"
check_unlike "JSON has no control characters" $'[\x01-\x08\x0b-\x1f\x7f]' cat "$dir/advice.json"
psql -qX -c 'CREATE TABLE before AS SELECT oid, relname FROM pg_class'
pgsteward advise indexes --min-gain 0.01 --verify --yes --no-save >"$dir/verified.txt" 2>&1
check_unlike "measured, it is text" "$unsafe" cat "$dir/verified.txt"
check_like "and was measured" 'proof ' cat "$dir/verified.txt"
check_unlike "all of it could be built" 'not measured: ' cat "$dir/verified.txt"

# ---- explain and mute --------------------------------------------------------------------------------------------------------
psql -qXAtc 'SELECT suggestion_id FROM steward.newest_suggestions' >"$dir/ids"
psql -qXAtc "SELECT queryid FROM steward.statements WHERE query ~ 'pad' AND query !~ 'steward|generate_series|CREATE'" >>"$dir/ids"
check "there is much to explain" test "$(grep -c . "$dir/ids")" -gt 20
for word in $(cat "$dir/ids"); do pgsteward explain "$word" --plans; done >"$dir/explained" 2>&1
psql -qXAt0 -c "SELECT nspname FROM pg_namespace WHERE oid > 16384 AND nspname <> 'steward' ORDER BY nspname" >"$dir/schemas"
while IFS= read -r -d '' schema; do
  pgsteward explain "$schema.$schema" --plans || echo "FAILED $schema"
done <"$dir/schemas" >>"$dir/explained" 2>&1
check_unlike "explanations are text" "$unsafe" cat "$dir/explained"
check_unlike "and there are some of each table" 'FAILED|pgsteward: error' cat "$dir/explained"
scripts() { for word in $(cat "$dir/ids"); do pgsteward explain "$word" --psql >"$dir/script.sql" && psql -qX -v ON_ERROR_STOP=1 -f "$dir/script.sql"; done >"$dir/scripts" 2>&1; }
check "their scripts run" scripts
check_unlike "without an error" 'ERROR|error +[|] [^ ]' cat "$dir/scripts"
reason=$(printf '\e[31m\u202e\x07; --\n\\! touch %s/harmed' "$dir")
for word in $(psql -qXAtc "SELECT suggestion_id FROM steward.index_suggestions LIMIT 2"); do
  pgsteward mute "$word" --reason "$reason"; pgsteward unmute "$(printf 'x\e[31m')"; done >"$dir/muted" 2>&1
pgsteward advise indexes --no-save --min-gain 0.01 --show-muted >>"$dir/muted"
check_like "reasons are shown" 'touch' cat "$dir/muted"
check_unlike "as text" "$unsafe" cat "$dir/muted"
for word in $(psql -qXAtc 'SELECT suggestion_id FROM steward.mutes'); do pgsteward unmute "$word"; done >"$dir/rows"

# ---- what is printed runs --------------------------------------------------------------------------------------------------
pgsteward advise indexes --no-save --min-gain 0.01 --format sql -o "$dir/advice.sql"
check_exit "the migration runs" 0 psql -qX -v ON_ERROR_STOP=1 -f "$dir/advice.sql"
check_exit "and so does the DDL of every other kind" 0 json '
import subprocess
for kind in ("unneeded_indexes", "foreign_keys_without_index", "statistics"):
    for s in a[kind]:
        for ddl in (s["ddl"], s["undo_ddl"], s["ddl"])[kind == "statistics":]: # those are in the migration
            if ddl: subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", ddl], check=True)'
mv "$dir/advice.json" "$dir/advice.json.before"
pgsteward advise indexes --no-save --min-gain 0.01 --format json -o "$dir/advice.json"
check_is "what was done is not said again" '[] 0 0' json '
done = {s["ddl"] for s in json.load(open(sys.argv[1] + ".before"))["suggestions"]}
print([s["ddl"] for s in a["suggestions"] if s["ddl"] in done], len(a["statistics"]), len([u for u in a["unneeded_indexes"] if u["kind"] == "duplicate"]))'
check_is "nothing else was dropped" '' psql -qXAtc "SELECT relname FROM before b WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = b.oid)
  AND relname !~ '^[12]'"
check "no shell was run" test ! -e "$dir/harmed"
check_is "no server process died" '' cluster_crashes
checks_done
