#!/bin/bash
# Advice beyond plain b-trees: what containment, full text, ranges and patterns are found by. Each statement gets the index
# of its kind, the script builds it, of about the size promised, and the planner then uses it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf pg_steward.history_interval=0 --conf pg_steward.capture_parameters=on --conf jit=off \
  --conf max_parallel_workers_per_gather=0
dir=$(session_dir)
psql -q -v ON_ERROR_STOP=1 >&2 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE SCHEMA tools;
CREATE EXTENSION pg_trgm SCHEMA tools;
CREATE TABLE docs AS SELECT i AS id, jsonb_build_object('kind', i % 500, 'tag', md5((i % 900)::text)) AS payload,
    ARRAY[i % 300, i % 700] AS tags, md5(i::text) || ' ' || md5((i % 1000)::text) AS body, md5(i::text) AS code,
    tstzrange('2026-01-01'::timestamptz + i * interval '1 minute', '2026-01-01'::timestamptz + (i + 30) * interval '1 minute') AS during,
    ('10.' || i % 250 || '.' || i % 200 || '.' || i % 255)::inet AS client
  FROM generate_series(1, 40000) i;
CREATE TABLE log AS SELECT '2026-01-01'::timestamptz + i * interval '1 second' AS at, repeat('p', 200) AS line
  FROM generate_series(1, 320000) i;
VACUUM ANALYZE docs, log;
SQL
cat >"$dir/statements.sql" <<'SQL'
SELECT id FROM docs WHERE payload @> '{"kind": 7}';
SELECT id FROM docs WHERE tags @> ARRAY[17];
SELECT id FROM docs WHERE to_tsvector('simple', body) @@ to_tsquery('simple', 'c4ca4238a0b923820dcc509a6f75849b');
SELECT id FROM docs WHERE during @> '2026-01-05 12:00+00'::timestamptz;
SELECT id FROM docs WHERE body LIKE '%4238a0b9%';
SELECT id FROM docs WHERE code LIKE 'c4ca42%';
SELECT min(length(line)) FROM log WHERE at BETWEEN '2026-01-02' AND '2026-01-02 08:00';
SQL
for _ in 1 2 3; do cat "$dir/statements.sql"; done | psql -qXo /dev/null
pgsteward advise indexes --no-save --format json --limit 100 --min-gain 0.1 >"$dir/advice.json"
ddl() { python3 -c 'import json, sys; print("\n".join(sorted(s["ddl"] for s in json.load(open(sys.argv[1]))["suggestions"])))' "$dir/advice.json"; }
check_like "jsonb containment" 'ON public.docs USING gin \(payload jsonb_path_ops\)' ddl
check_like "arrays" 'ON public.docs USING gin \(tags\)' ddl
check_like "full text" "ON public.docs USING gin \(\(?to_tsvector\('simple'::regconfig, body\)\)?\)" ddl
check_like "ranges" 'ON public.docs USING gist \(during\)' ddl
check_like "patterns without a fixed beginning, by trigrams wherever their extension lives" 'USING gin \(body tools.gin_trgm_ops\)' ddl
pgsteward advise indexes --no-save --format json --limit 100 --min-gain 0.1 --budget 1MB >"$dir/small.json"
check_like "rows in the order of their time, where a b-tree is too large" 'ON public.log USING brin \(at\)' \
  python3 -c 'import json, sys; print([s["ddl"] for s in json.load(open(sys.argv[1]))["suggestions"]])' "$dir/small.json"
check_like "patterns with one" 'USING btree \(code text_pattern_ops\)' ddl

pgsteward advise indexes --no-save --format sql --limit 100 --min-gain 0.1 >"$dir/build.sql"
check "the script builds them" psql -qX -v ON_ERROR_STOP=1 -f "$dir/build.sql"
psql -qXc ANALYZE
used() { sed 's/^/EXPLAIN /' "$dir/statements.sql" | psql -XAt | grep -cE 'Index (Only )?Scan (on|using) docs'; }
check_is "and every statement uses one" 6 used
promised() { # KIND, predicted bytes, built bytes
  python3 - "$dir/advice.json" <<'PY'
import json, subprocess, sys
advice = json.load(open(sys.argv[1]))
for s in advice["suggestions"]:
    print(s["ddl"].split(" USING ")[1], s["size"], end=" ")
    name = s["ddl"].split(" CONCURRENTLY ")[1].split(" ON ")[0]
    real = int(subprocess.check_output(["psql", "-XAtc", "SELECT pg_relation_size('%s')" % name]))
    print(real, "far" if not 0.5 < s["size"] / real < 2 else "near")
PY
}
promised | sed 's/^/# predicted and built bytes: /'
check_unlike "and none is of another size than promised" 'far$' promised
check_is "nothing is suggested again" '' bash -c 'pgsteward advise indexes --no-save --format sql --min-gain 0.1 | grep "^CREATE"'
checks_done
