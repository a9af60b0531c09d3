#!/bin/bash
# Advice on statements at the edge of what the server bears (RELIABILITY E5): they are costed or named as not costed, by a
# session with less stack than theirs too; nothing ends the analysis, and what is ordinary is advised on.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --preload pg_steward --conf autovacuum=off --conf jit=off --conf pg_steward.refresh=off \
  --conf pg_steward.slow_min_duration=0 --conf max_locks_per_transaction=512 --conf pg_steward.max_query_length=1048576
dir=$(session_dir)
psql -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE t AS SELECT g AS a, g % 3000 AS b, repeat('x', 60) AS c FROM generate_series(1, 30000) g;
CREATE TABLE few AS SELECT 1 AS a;
VACUUM ANALYZE;
SQL
python3 - "$dir" <<'PY'
import sys
shapes = {
    'deep_sum': lambda n: "SELECT 'deep_sum', c FROM t WHERE b = 17 AND a" + ' + a' * n + ' > 0',
    'deep_left': lambda n: "SELECT 'deep_left', c FROM t WHERE b = " + '(1 + ' * n + 'a' + ')' * n,
    'deep_cte': lambda n: "WITH c0 AS (SELECT a, b FROM t WHERE b = 18)" + ''.join(
        f', c{i} AS (SELECT a, b FROM c{i - 1} WHERE a > 0)' for i in range(1, n)) + f" SELECT 'deep_cte', a FROM c{n - 1}",
    'deep_with': lambda n: "WITH d AS (" * n + "SELECT a FROM t WHERE b = 19" + ") SELECT a FROM d" * (n - 1) + ") SELECT 'deep_with', a FROM d",
    'deep_union': lambda n: "SELECT 'deep_union', count(*) FROM (SELECT a FROM t WHERE b = 20" + ' UNION ALL SELECT a FROM few WHERE a = 2' * (n - 1) + ') u',
}
depths = {'deep_sum': (100, 1000, 10000), 'deep_left': (100, 1000, 10000), 'deep_cte': (20, 200), 'deep_with': (20, 200), 'deep_union': (100, 5000)}
with open(sys.argv[1] + '/deep.sql', 'w') as out:
    for name, shape in shapes.items():
        for n in depths[name]: out.write(f'\\echo {name} {n}\n' + shape(n) + ';\n')
    for i in range(10): out.write(f"SELECT c FROM t WHERE b = {i};\n")
PY
# With all the stack that the usual limit of 8 MB allows.
PGOPTIONS='-c max_stack_depth=7MB' psql -XAtq -v VERBOSITY=terse -f "$dir/deep.sql" >"$dir/rows" 2>"$dir/errors"
check_unlike "the server kept its connection" 'connection|closed' cat "$dir/errors"
captured="s.query ~ 'deep_|AS \(SELECT|UNION ALL' AND s.query !~ 'steward'"
check "most of it ran and was captured" test "$(psql -Atc "SELECT count(*) FROM steward.statements s WHERE $captured")" -ge 6

advise() { # STACK OPTION...
  PGOPTIONS="-c max_stack_depth=$1" pgsteward advise indexes --format json -o "$dir/advice.json" "${@:2}"
}
suggested() { python3 -c 'import json, sys; print(*[s["relname"] + str(s["key_columns"]) for s in json.load(open(sys.argv[1]))["suggestions"]])' "$dir/advice.json"; }
for stack in 7MB 2MB 256kB; do
  check_exit "it is advised on with $stack of stack" 0 advise $stack
  check_like "and so is what is ordinary" "t\['b'" suggested
done
errors() { PGOPTIONS="-c max_stack_depth=$1" psql -XAtc "SELECT DISTINCT w.sqlstate FROM steward.statements s,
  LATERAL steward.whatif(ARRAY[s.userid], ARRAY[s.queryid], '{}', '{1}', '{\"\"}', plans => true) w WHERE $captured ORDER BY 1"; }
check_like "too little stack is an error of the statement" '54001' errors 100kB
# Each candidate is planned, which takes its time with all the stack there is.
for query in $(psql -Atc "SELECT s.queryid FROM steward.statements s WHERE $captured AND length(s.query) < 100000 ORDER BY length(s.query) LIMIT 2"); do
  check "explain of $query" bash -c "set -o pipefail
    PGOPTIONS='-c max_stack_depth=256kB' pgsteward explain $query --plans --format json | python3 -m json.tool >/dev/null"
done
check_is "no server process died" '' cluster_crashes
checks_done
