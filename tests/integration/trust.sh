#!/bin/bash
# Suggestions whose gain is doubtful: rows measured against rows estimated, parallel plans swapped for serial ones; what is
# said of them and where they rank.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

json() { python3 -c "import json,sys; d=json.load(open(sys.argv[1])); by={s['key_columns'][0]: s for s in d['suggestions']}; $1" "$2"; }
flat() { tr '\n' ' ' <"$1" | tr -s ' '; }
out=$(session_dir)

cluster_start --conf pg_steward.slow_min_duration=0 --conf pg_steward.sample_rate=1 --conf max_parallel_workers_per_gather=0
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
-- The zip code says which city it is; the planner takes them for independent: 50 times more rows than it thinks.
CREATE TABLE places (id int PRIMARY KEY, city int, zip int, pad text);
INSERT INTO places SELECT i, i % 50, i % 50, repeat('x', 100) FROM generate_series(1, 60000) i;
CREATE TABLE people (id int PRIMARY KEY, name int, pad text);
INSERT INTO people SELECT i, i % 6000, repeat('x', 100) FROM generate_series(1, 60000) i;
VACUUM ANALYZE places;
VACUUM ANALYZE people;
SQL
for i in $(seq 1 15); do
  echo "SELECT count(pad) FROM places WHERE city = $((i % 40)) AND zip = $((i % 40));"
  echo "SELECT pad FROM people WHERE name = $i;"
done | psql -q >/dev/null
# More calls of the doubtful one, and each takes longer: more time at stake.
for i in $(seq 1 30); do echo "SELECT count(pad) FROM places WHERE city = $((i % 40)) AND zip = $((i % 40));"; done | psql -q >/dev/null

pgsteward advise indexes --no-save --format json -o "$out/advice.json"
pgsteward advise indexes --no-save -o "$out/advice.txt"
check "the gain on misestimated rows is marked and ranked behind one with less time at stake" json \
  's=d["suggestions"]; assert len(s) == 2, s
assert s[1]["relname"] == "places" and s[1]["evidence"]["ranked_down"] and s[1]["confidence"] == "low", s[1]
assert s[0]["relname"] == "people" and s[0]["evidence"]["ranked_down"] is None, s[0]
assert sum(h["calls"] for h in s[1]["evidence"]["helped"]) > sum(h["calls"] for h in s[0]["evidence"]["helped"])
assert s[1]["evidence"]["rows_measured"] > 10 * s[1]["evidence"]["rows_estimated"], s[1]
assert s[1]["evidence"]["instrumented_runs"] > 0' "$out/advice.json"
check_like "the report says rows, runs and the rank" \
  'trust rows estimated [1-9][0-9], measured 1,200 \([0-9]+ instrumented runs?\).* rank behind those without a doubt.*low conditions on places return [1-9][0-9]x more rows' \
  flat "$out/advice.txt"

# ---- parallel plans -------------------------------------------------------------------------------------------------
cluster_start --name parallel --conf max_parallel_workers_per_gather=2 --conf min_parallel_table_scan_size=0 \
  --conf parallel_setup_cost=10 --conf min_parallel_index_scan_size=1GB
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE wide (id int PRIMARY KEY, few int, many int, pad text) WITH (parallel_workers = 2);
INSERT INTO wide SELECT i, hashint4(i) % 8, i % 10000, repeat('x', 100) FROM generate_series(1, 60000) i;
VACUUM ANALYZE wide;
SELECT count(pad) FROM wide WHERE many = 3;
SQL
for i in $(seq 1 10); do echo "SELECT pad FROM wide WHERE many = $i;"; done | psql -q >/dev/null
pgsteward advise indexes --no-save --format json -o "$out/parallel.json"
check "the workers of plans without and with it are evidence" json \
  'h=by["many"]["evidence"]["helped"][0]; assert h["workers_before"] == 2 and h["workers_after"] == 0, h' "$out/parallel.json"
pgsteward advise indexes --no-save -o "$out/parallel.txt"
check_like "and a serial plan for a parallel one is said" '2 workers? and the leader, with it in one process' flat "$out/parallel.txt"
check "where it is so much cheaper that is no doubt" json 'assert by["many"]["evidence"]["ranked_down"] is None, by' "$out/parallel.json"
checks_done
