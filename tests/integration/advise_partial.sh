#!/bin/bash
# Partial indexes: suggested where statements test columns (IS NULL, IS NOT NULL, booleans) that leave out enough rows, at
# about the cost and the pages of the built ones; not for statements that do not say what the index assumes. And where all
# samples of a statement compare a column with the same rare value.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

# Statistics of all rows, so that what is compared is not the luck of a sample.
cluster_start --conf default_statistics_target=1000 --conf pg_steward.history_interval=0 --conf jit=off --conf max_parallel_workers_per_gather=0
dir=$(session_dir)
psql -q -v ON_ERROR_STOP=1 >&2 <<'SQL'
CREATE EXTENSION pg_steward;
-- A queue, of which little is open; orders, of which a part is deleted; events, few of which have a parent.
CREATE TABLE jobs (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, processed boolean NOT NULL, payload text);
INSERT INTO jobs SELECT i, '2026-01-01'::timestamptz + i * interval '1 minute', (i::bigint * 7919) % 100 <> 0, repeat('p', 100)
  FROM generate_series(1, 200000) i;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int NOT NULL, deleted_at timestamptz, total numeric, note text);
INSERT INTO orders SELECT i, (hashint4(i) & 2147483647) % 20000, CASE WHEN (i::bigint * 104729) % 10 < 6 THEN '2026-02-01'::timestamptz + i * interval '1 second' END,
    i % 500, repeat('n', 60) FROM generate_series(1, 200000) i;
CREATE TABLE events (id bigint PRIMARY KEY, kind int NOT NULL, flagged boolean, parent_id bigint, body text);
INSERT INTO events SELECT i, i % 2000, CASE WHEN i % 50 = 0 THEN NULL ELSE i % 50 = 1 END, CASE WHEN i % 20 = 0 THEN (i::bigint * 7919) % 9000 END,
    repeat('b', 60) FROM generate_series(1, 100000) i;
-- What no partial index serves: a parameter, and a test that nearly all rows pass.
CREATE TABLE toggles AS SELECT i AS id, i % 100 = 7 AS done, i::bigint * 7919 % 200000 AS rank, repeat('t', 100) AS body FROM generate_series(1, 200000) i;
CREATE TABLE notes AS SELECT i AS id, i % 9000 AS author, CASE WHEN i % 20 = 0 THEN now() END AS deleted_at, repeat('n', 60) AS body
  FROM generate_series(1, 100000) i;
VACUUM ANALYZE jobs, orders, events, toggles, notes;
SQL
cat >"$dir/statements.sql" <<'SQL'
SELECT id, payload FROM jobs WHERE processed = false ORDER BY created_at LIMIT 20;
SELECT sum(total) FROM orders WHERE deleted_at IS NULL AND customer_id = 1234;
SELECT max(body) FROM events WHERE parent_id IS NOT NULL AND kind BETWEEN 100 AND 160;
SELECT count(body) FROM events WHERE flagged IS NOT FALSE AND kind = 50;
SQL
cat >"$dir/others.sql" <<'SQL'
PREPARE toggles(boolean) AS SELECT id, body FROM toggles WHERE done = $1 ORDER BY rank LIMIT 20;
EXECUTE toggles(true);
SELECT max(body) FROM notes WHERE deleted_at IS NULL AND author = 17;
SQL
for _ in 1 2 3; do
  psql -qXo /dev/null -f "$dir/statements.sql"
  psql -qXo /dev/null -f "$dir/others.sql"
done
check_is "what a plan tests is told from what it compares" 'events|flagged|IS NOT FALSE
events|parent_id|IS NOT NULL
jobs|processed|= false
orders|deleted_at|IS NULL' psql -XAtc "SELECT DISTINCT relname, attname, operator FROM steward.predicates
  WHERE operator NOT LIKE 'pg\_catalog%' AND relname IN ('events', 'jobs', 'orders') ORDER BY 1, 2"

pgsteward advise indexes --format json --limit 100 --min-gain 0.1 >"$dir/advice.json"
suggested() {
  python3 - "$dir/advice.json" <<'PY'
import json, sys
lines = (f"{s['relname']} {s['key_columns'] if s['predicate'] else ''} {s['predicate']}"
         for s in json.load(open(sys.argv[1]))["suggestions"])
print(*sorted(lines), sep="\n")
PY
}
values_suggested() {
  python3 - "$dir/advice.json" <<'PY'
import json, sys
new = "bills calls letters parcels plain tasks visits".split()
for s in sorted(json.load(open(sys.argv[1]))["suggestions"], key=lambda s: s["relname"]):
    if s["relname"] in new: print(s["relname"], s["key_columns"] if s["predicate"] else "", s["predicate"])
PY
}
check_is "rows that statements ask for get indexes of their own; a parameter and a test of nearly all rows do not" \
  "events ['kind'] flagged IS NOT FALSE
events ['kind'] parent_id IS NOT NULL
jobs ['created_at'] NOT processed
notes  None
orders ['customer_id'] deleted_at IS NULL
toggles  None" suggested
check_is "so says SQL" 'jobs|NOT processed
orders|deleted_at IS NULL' psql -XAtc "SELECT relname, predicate FROM steward.index_suggestions WHERE relname IN ('jobs', 'orders') ORDER BY 1"
pgsteward advise indexes --no-save --limit 100 --min-gain 0.1 >"$dir/advice.txt"
check_like "and the text" 'orders \(customer_id\) WHERE deleted_at IS NULL' cat "$dir/advice.txt"
check_like "with what such an index does not serve" 'of a parameter' cat "$dir/advice.txt"

pgsteward advise indexes --no-save --format sql --limit 100 --min-gain 0.1 >"$dir/build.sql"
check "the script builds them" psql -qX -v ON_ERROR_STOP=1 -f "$dir/build.sql"
predicted() { # $1: file of statements. Against built: pages of each partial index, cost of a statement that it helps
  python3 - "$dir/advice.json" "$1" <<'PY'
import json, subprocess, sys
def ask(sql):
    return subprocess.check_output(["psql", "-XAtc", sql], text=True).strip()
suggestions = [s for s in json.load(open(sys.argv[1]))["suggestions"] if s["predicate"]]
costs = [json.loads(ask("EXPLAIN (FORMAT json) " + line))[0]["Plan"]["Total Cost"] for line in open(sys.argv[2]) if line.startswith("SELECT")]
for s in suggestions:
    real = int(ask("SELECT pg_relation_size('%s')" % s["ddl"].split(" CONCURRENTLY ")[1].split(" ON ")[0]))
    print("size", s["predicate"], s["size"], real, "far" if abs(s["size"] - real) > max(0.05 * real, 16384) else "near")
    cost = s["evidence"]["helped"][0]["cost_after"]
    built = min(costs, key=lambda c: abs(c - cost))
    print("cost", s["predicate"], cost, built, "far" if abs(cost - built) > 0.01 * built else "near")
PY
}
predicted "$dir/statements.sql" >"$dir/predicted"
sed 's/^/# predicted and built: /' "$dir/predicted"
check_is "of the size and at the cost predicted" 8 grep -c 'near$' "$dir/predicted"
check_is "none of them is suggested again" '' bash -c 'pgsteward advise indexes --no-save --format sql --min-gain 0.1 | grep "^CREATE.* WHERE"'

psql -q -v ON_ERROR_STOP=1 >&2 <<'SQL'
CREATE TYPE state AS ENUM ('open', 'done', 'lost');
CREATE TABLE tasks AS SELECT i AS id, CASE WHEN (i * 7919::bigint) % 50 = 0 THEN 'open' ELSE 'done' END::text AS state, (hashint4(i) & 2147483647) % 5000 AS owner,
  repeat('b', 60) AS body FROM generate_series(1, 100000) i;
CREATE TABLE parcels AS SELECT id, state::varchar(8) AS state, owner, body FROM tasks;
CREATE TABLE letters AS SELECT id, state::state AS state, owner, body FROM tasks;
CREATE TABLE calls AS SELECT id, CASE state WHEN 'open' THEN 7 ELSE -7 END AS state, owner, body FROM tasks;
-- Not these: another value now and then, a value like a customer's, no samples.
CREATE TABLE visits AS SELECT * FROM tasks;
CREATE TABLE bills AS SELECT id, CASE WHEN state = 'open' THEN 77 ELSE owner END AS customer, owner, body FROM tasks;
CREATE TABLE plain AS SELECT * FROM tasks;
VACUUM ANALYZE tasks, parcels, letters, calls, visits, bills, plain;
SQL
{
  echo 'SET pg_steward.capture_parameters = on;'
  for owner in 1 22 333 444 555 666 777 888; do
    for table in tasks parcels letters; do echo "SELECT body FROM $table WHERE state = 'open' AND owner > $owner ORDER BY owner LIMIT 5;"; done
    echo "SELECT body FROM calls WHERE state = 7 AND owner > $owner ORDER BY owner LIMIT 5;"
    echo "SELECT body FROM visits WHERE state = '$([ "$owner" = 22 ] && echo lost || echo open)' AND owner > $owner ORDER BY owner LIMIT 5;"
    echo "SELECT body FROM bills WHERE customer = 77 AND owner > $owner ORDER BY owner LIMIT 5;"
  done
  echo 'RESET pg_steward.capture_parameters;'
  for owner in 1 22 333 444; do echo "SELECT body FROM plain WHERE state = 'open' AND owner > $owner ORDER BY owner LIMIT 5;"; done
} >"$dir/values.sql"
psql -qXo /dev/null -f "$dir/values.sql"
pgsteward advise indexes --format json --limit 100 --min-gain 0.1 >"$dir/advice.json"
check_is "a rare value in all samples of a statement makes a condition, as the server writes it" \
  "bills  None
calls ['owner'] state = 7
letters ['owner'] state = 'open'::public.state
parcels ['owner'] (state)::text = 'open'::text
plain  None
tasks ['owner'] state = 'open'::text
visits  None" values_suggested
check_like "with a word on what it rests on" 'that of all samples' cat "$dir/advice.json"
pgsteward advise indexes --no-save --format sql --limit 100 --min-gain 0.1 >"$dir/build.sql"
check "the script builds these" psql -qX -v ON_ERROR_STOP=1 -f "$dir/build.sql"
predicted "$dir/values.sql" >"$dir/predicted"
sed 's/^/# predicted and built: /' "$dir/predicted"
check_is "of the size and at the cost predicted" 8 grep -c 'near$' "$dir/predicted"
check_is "and they are known for what they are" '' bash -c 'pgsteward advise indexes --no-save --format sql --min-gain 0.1 | grep "^CREATE.* WHERE"'
checks_done
