#!/bin/bash
# Advice on statistics against a real server: what is suggested corrects the estimate that was found wrong, its undo takes
# it back, and what exists is not suggested again.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

json() { pgsteward advise indexes --format json --no-save >"$dir/advice.json" && python3 -c "import json,sys; d=json.load(open(sys.argv[1]))['statistics']; $1" "$dir/advice.json"; }
rows() { psql -qAtc "EXPLAIN $1" | sed -n '1s/.* rows=\([0-9]*\) .*/\1/p'; }
between() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ] || { echo "$1 is not between $2 and $3"; return 1; }; }

cluster_start --conf pg_steward.slow_min_duration=0 --conf pg_steward.sample_rate=1 --conf max_parallel_workers_per_gather=0 \
  --conf autovacuum=off
dir=$(session_dir)
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE places (id int PRIMARY KEY, city int, zip int, pad text);
INSERT INTO places SELECT i, i % 50, i % 50, repeat('x', 100) FROM generate_series(1, 60000) i;
-- One value in two rows of five, another in one of five, the others once: a sample of 300 rows with one common value.
CREATE TABLE skewed (id int PRIMARY KEY, code int, pad text);
ALTER TABLE skewed ALTER COLUMN code SET STATISTICS 1;
INSERT INTO skewed SELECT i, CASE WHEN i % 5 < 2 THEN 0 WHEN i % 5 = 2 THEN 1 ELSE i END, repeat('x', 100) FROM generate_series(1, 60000) i;
CREATE TABLE fresh (id int PRIMARY KEY, code int, pad text);
INSERT INTO fresh SELECT i, 1, repeat('x', 100) FROM generate_series(1, 60000) i;
ANALYZE places;
ANALYZE skewed;
VACUUM fresh; -- knows how many rows there are, not what is in them
SQL
workload() {
  for i in $(seq 1 8); do
    echo "SELECT pad FROM places WHERE city = $i AND zip = $i;"
    echo "SELECT pad FROM skewed WHERE code = 1;"
    echo "SELECT pad FROM fresh WHERE code = 1;"
  done | psql -q >/dev/null
}
workload
places="SELECT pad FROM places WHERE city = 7 AND zip = 7"
check "the planner expects some twenty rows of 1,200" between "$(rows "$places")" 10 40

check "columns compared together get extended statistics" json 's=[x for x in d if x["relname"] == "places"][0]
assert s["kind"] == "extended" and s["columns"] == ["city", "zip"] and s["rows_measured"] == 1200, s'
check "one column gets a larger sample" json 's=[x for x in d if x["relname"] == "skewed"][0]
assert s["kind"] == "target" and "SET STATISTICS 1;" in s["undo_ddl"], s'
check "a table that was only vacuumed is to be analyzed" json 's=[x for x in d if x["relname"] == "fresh"][0]
assert s["kind"] == "analyze" and s["ddl"] == "ANALYZE public.fresh;" and s["undo_ddl"] is None, s'
check_like "the report has them" 'statistics \(3\).*places \(city, zip\): rows estimated [0-9]+, measured 1,200 \([0-9]+ instrumented runs?\)' \
  bash -c 'pgsteward advise indexes | tr "\n" " "'
check_like "the index whose gain it makes doubtful points to it" "rank .*what would mend the estimates is [a-z0-9]{6}: CREATE STATISTICS" \
  bash -c 'pgsteward advise indexes --no-save | tr "\n" " " | tr -s " "'
check_is "and the view" 'extended|new|{city,zip}|t' psql -Atc \
  "SELECT kind, status, columns, rows_measured > 10 * rows_estimated FROM steward.statistics_suggestions WHERE relname = 'places'"
check_is "which has no index, as index_suggestions has no statistics" 'f|f' psql -Atc \
  "SELECT (SELECT bool_or(ddl LIKE 'CREATE INDEX%') FROM steward.statistics_suggestions),
          (SELECT bool_or(ddl LIKE '%STATISTICS%') FROM steward.index_suggestions)"

# ---- done as it says ------------------------------------------------------------------------------------------------
ddl() { psql -Atc "SELECT $1 FROM steward.statistics_suggestions WHERE relname = '$2'"; }
undo=$(ddl undo_ddl places)
for table in places skewed fresh; do psql -q -v ON_ERROR_STOP=1 -c "$(ddl ddl $table | sed 's/; /;\n/')"; done >"$dir/done" 2>&1
check_is "the statements run" '' cat "$dir/done"
check "columns compared together are estimated right" between "$(rows "$places")" 1000 1400
check "and so is the skewed column" between "$(rows "SELECT pad FROM skewed WHERE code = 1")" 10000 14000
check "and the table that had no statistics" between "$(rows "SELECT pad FROM fresh WHERE code = 1")" 50000 70000
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
workload
check "nothing is wrong any more" json 'assert d == [], d'
psql -qc "$undo"
check "undo takes it back" between "$(rows "$places")" 10 40

# ---- muted as any other ---------------------------------------------------------------------------------------------
psql -qAtc 'SELECT steward.reset()' >"$dir/reset"
workload
pgsteward advise indexes >"$dir/again"
pgsteward mute "$(psql -Atc "SELECT suggestion_id FROM steward.statistics_suggestions WHERE relname = 'places'")" >"$dir/muted"
check_unlike "a muted one is not in the report" 'places \(city, zip\)' pgsteward advise indexes --no-save
check_is "and its status says so" muted psql -Atc "SELECT status FROM steward.statistics_suggestions WHERE relname = 'places'"

# ---- from a file ----------------------------------------------------------------------------------------------------
pgsteward snapshot -o "$dir/snapshot.json"
check_like "a snapshot holds what it takes" '"kind": "extended"' pgsteward advise indexes --from "$dir/snapshot.json" --format json --show-muted
checks_done
