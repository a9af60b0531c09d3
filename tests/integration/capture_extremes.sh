#!/bin/bash
# Statements at the edge of what the server bears: E5 (deep), E4 (plans of 1,000 relations), E3 (huge text in the backend's
# own memory). With all of capture on they give what they give without it, also where the server itself gives up.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --preload pg_steward --conf autovacuum=off --conf jit=off --conf pg_steward.refresh=off --conf max_locks_per_transaction=512
dir=$(session_dir)
off='-c pg_steward.track=none'
on='-c pg_steward.track=all -c pg_steward.slow_min_duration=0 -c pg_steward.sample_rate=1 -c pg_steward.track_timing=on -c pg_steward.capture_parameters=on'
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE TABLE t AS SELECT 1 AS a' -c 'ANALYZE t' \
  -c 'CREATE FUNCTION next(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN $1 + 1; END $$'

# ---- E5 -------------------------------------------------------------------------------------------------------------
# Each shape at depths up to where the server says "stack depth limit exceeded", by a small limit and the usual one. Every
# statement runs twice: the second execution of a slow one is instrumented.
python3 - "$dir" <<'PY'
import sys
shapes = {
    'sum': lambda n: 'SELECT a' + ' + a' * n + ' FROM t',
    'constants': lambda n: 'SELECT a FROM t WHERE a = 1' + ' + 0' * n,
    'nested': lambda n: 'SELECT ' + '(a + ' * n + '1' + ')' * n + ' FROM t',
    'not': lambda n: 'SELECT count(*) FROM t WHERE ' + 'NOT (a = 2 OR ' * n + 'a = 1' + ')' * n,
    'case': lambda n: 'SELECT ' + 'CASE WHEN a = 2 THEN 0 ELSE ' * n + '1' + ' END' * n + ' FROM t',
    'function': lambda n: 'SELECT ' + 'next(' * n + 'a' + ')' * n + ' FROM t',
    'array': lambda n: 'SELECT cardinality(' + 'ARRAY[' * min(n, 6) + '1' + ']' * min(n, 6) + ') FROM t WHERE a IN (' + ','.join(map(str, range(1, n + 1))) + ')',
    'union': lambda n: 'SELECT count(*) FROM (' + ' UNION ALL '.join(['SELECT a FROM t WHERE a = 1'] * n) + ') u',
    'subselect': lambda n: 'SELECT * FROM ' + '(SELECT a + 1 AS a FROM ' * n + 't' + ' OFFSET 0) s' * n + ' WHERE a > 0',
    'exists': lambda n: 'SELECT count(*) FROM t WHERE ' + 'a IN (SELECT a FROM t WHERE a > 0 AND ' * n + 'true' + ')' * n,
    'cte': lambda n: 'WITH c0 AS (SELECT a FROM t)' + ''.join(f', c{i} AS (SELECT a + 1 AS a FROM c{i - 1} WHERE a > 0)' for i in range(1, n)) + f' SELECT * FROM c{max(n - 1, 0)}',
}
depths = {'sum': (16, 9), 'constants': (16, 9), 'nested': (16, 8), 'not': (16, 8), 'case': (16, 8), 'function': (16, 7), 'array': (16, 8),
          'union': (8, 7), 'subselect': (8, 5), 'exists': (2, 4), 'cte': (8, 5)}
with open(sys.argv[1] + '/deep.sql', 'w') as out:
    for limit in ('100kB', '2MB'):
        out.write(f"SET max_stack_depth = '{limit}';\n")
        for name, shape in shapes.items():
            first, doublings = depths[name]
            for i in range(doublings):
                n = first << i
                out.write(f'\\echo {limit} {name} {n}\n' + (shape(n) + ';\n') * 2)
PY
deep() { PGOPTIONS=$1 psql -XAtq -v VERBOSITY=terse -f "$dir/deep.sql" 2>&1 | sed -E 's/^psql:[^ ]*: //'; }
deep "$off" >"$dir/deep.off"
deep "$on" >"$dir/deep.on"
check "E5: the server reaches its limits in some of them" test "$(grep -c 'stack depth limit exceeded' "$dir/deep.off")" -gt 5
check "E5: and runs others" test "$(grep -cE '^[0-9]+$' "$dir/deep.off")" -gt 100
check "E5: deep statements give the same with all of capture on" diff "$dir/deep.off" "$dir/deep.on"
check_is "E5: what ran is counted" t psql -Atc "SELECT sum(calls) > 100 FROM steward.statements WHERE toplevel AND query ~ '^(SELECT|WITH)'"
check_is "E5: plans of it are JSON" t psql -Atc 'SELECT count(plan ->> 0) > 20 FROM steward.plans'

# ---- E4 -------------------------------------------------------------------------------------------------------------
psql -q >/dev/null <<'SQL'
SELECT steward.reset();
CREATE TABLE parts (id int, what text) PARTITION BY RANGE (id);
SELECT format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES FROM (%s) TO (%s)', g, g * 10, g * 10 + 10) FROM generate_series(0, 999) g \gexec
INSERT INTO parts SELECT g, 'text ' || g FROM generate_series(0, 9999) g;
ANALYZE parts;
SQL
cat >"$dir/parts.sql" <<'SQL'
SET enable_partitionwise_join = on;
SET enable_partitionwise_aggregate = on;
SELECT count(*) AS scanned FROM parts WHERE what LIKE 'text 1%' AND id <> 17;
SELECT count(*) AS scanned FROM parts WHERE what LIKE 'text 1%' AND id <> 17;
SELECT count(*) AS joined FROM parts a JOIN parts b USING (id) WHERE a.what > 'text 5' AND b.what < 'text 7';
SELECT count(*) AS joined FROM parts a JOIN parts b USING (id) WHERE a.what > 'text 5' AND b.what < 'text 7';
UPDATE parts SET what = what || '!' WHERE what LIKE '%9';
SQL
before=$(psql -Atc 'SELECT memory_used FROM steward.capture_status')
check_is "E4: plans of 1,000 relations and more" "$(PGOPTIONS=$off psql -XAtq -f "$dir/parts.sql")" env PGOPTIONS="$on" psql -XAtq -f "$dir/parts.sql"
check_is "E4: are kept as JSON of at most 64 kB that says that it is not all" '3|t|t|t' psql -Atc \
  "SELECT count(*), bool_and(octet_length(plan::text) <= 65536), bool_and(plan #>> '{0,Plan,Node Type}' IS NOT NULL),
          bool_and(plan::text LIKE '%\"Truncated\": true%')
   FROM steward.plans WHERE plan IS NOT NULL"
check_is "E4: with a bounded number of predicates" t psql -Atc \
  'SELECT max(n) BETWEEN 2 AND 256 FROM (SELECT count(*) AS n FROM steward.predicates GROUP BY planid) p'
check "E4: in little memory" test $(($(psql -Atc 'SELECT memory_used FROM steward.capture_status') - before)) -lt 1000000

# ---- E3 -------------------------------------------------------------------------------------------------------------
# A text of 64 MB: what the backend takes for it at most, without capture and with it, from /proc.
{ printf "SELECT length('"; head -c 64000000 /dev/zero | tr '\0' y; printf "') AS huge;\n"; } >"$dir/huge.sql"
peak() { # OPTIONS: kB
  PGOPTIONS=$1 psql -XAtq -f "$dir/huge.sql" -c "SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmHWM:\s+(\d+)'))[1]" | tail -1
}
without=$(peak "$off") with=$(peak "$on")
echo "# the backend's peak: $without kB without capture, $with kB with it"
check "E3: the figures mean something" test "$without" -gt 100000
check "E3: a text of 64 MB is not copied for capture" test $((with - without)) -lt 16000
check_is "E3: and kept in 8 kB" t psql -Atc "SELECT octet_length(query) <= 8192 FROM steward.statements WHERE query ~ '^SELECT length'"
checks_done
