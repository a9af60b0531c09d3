#!/bin/bash
# How index advice scales: seconds, memory and plannings of "advise indexes" where there is much of everything. Gates
# nothing. Usage: bench/scale.sh [tenants] [many]
#   tenants   TENANTS (200) schemas alike, four statements in each
#   many      STATEMENTS (10000) distinct statements on TABLES (1000) tables of one schema
# To be started by make bench-scale, which builds what it needs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../tests/server/harness.sh"

tenants=${TENANTS:-200} tables=${TABLES:-1000} statements=${STATEMENTS:-10000}
dir=$(session_dir)

# advise LABEL DATABASE [OPTION...]: a line of figures
advise() {
  local label=$1 database=$2
  shift 2
  python3 - "$dir/advice.json" "$label" pgsteward advise indexes -d "$database" --no-save --format json -o "$dir/advice.json" "$@" <<'PY'
import json, os, resource, subprocess, sys, time
path, label, command = sys.argv[1], sys.argv[2], sys.argv[3:]
start = time.monotonic()
status = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
seconds = time.monotonic() - start
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
if status != 0:
    print(f"{label:<24} failed with exit code {status}")
    sys.exit(1)
d = json.load(open(path))
print(f"{label:<24} {seconds:8.1f} s {memory:7.0f} MB {d['planner_calls']:7} plannings, {d['statements_planned']} planned for "
      f"{d['statements_costed']} of {d['statements']} statements, {d['candidates']} candidates, {len(d['suggestions'])} suggestions, "
      f"cost {d['cost_after'] / max(d['cost_before'], 1e-9):.3f} of before")
PY
}

part_tenants() {
  psql -q -c 'CREATE DATABASE tenants'
  psql -q -d tenants -c 'CREATE EXTENSION pg_steward'
  for tenant in $(seq -f 't_%04g' 1 "$tenants"); do
    echo "CREATE SCHEMA $tenant;"
    echo "CREATE TABLE $tenant.customers (id int PRIMARY KEY, email text, city int);"
    echo "CREATE TABLE $tenant.orders (id int PRIMARY KEY, customer int, amount int, note text);"
    echo "INSERT INTO $tenant.customers SELECT i, 'c' || i, i % 50 FROM generate_series(1, 1000) i;"
    echo "INSERT INTO $tenant.orders SELECT i, i % 1000, i % 97, repeat('y', 60) FROM generate_series(1, 3000) i;"
  done | psql -q -d tenants
  psql -q -d tenants -c 'VACUUM ANALYZE' -c 'SELECT steward.reset()' >/dev/null
  for tenant in $(seq -f 't_%04g' 1 "$tenants"); do
    echo "SET search_path = $tenant; SELECT * FROM customers WHERE email = 'c1'; SELECT id FROM customers WHERE city = 7;"
    echo "SELECT amount FROM orders WHERE customer = 7;"
    echo "SELECT c.email, sum(o.amount) FROM customers c JOIN orders o ON o.customer = c.id WHERE c.city = 3 GROUP BY c.email;"
  done | psql -q -d tenants >/dev/null
  advise "$tenants tenants" tenants
  advise "$tenants tenants, quick" tenants --quick
}

part_many() {
  psql -q -c 'CREATE DATABASE many'
  psql -q -d many -c 'CREATE EXTENSION pg_steward'
  for table in $(seq 1 "$tables"); do
    echo "CREATE TABLE r$table (id int PRIMARY KEY, a int, b int, c int, d text, e int);"
    echo "INSERT INTO r$table SELECT i, i % 500, i % 50, i % 7, 'x' || i, i % 300 FROM generate_series(1, 2000) i;"
  done | psql -q -d many
  psql -q -d many -c 'VACUUM ANALYZE' -c 'SELECT steward.reset()' >/dev/null
  python3 - "$tables" "$statements" <<'PY' | psql -q -d many >/dev/null
import random, sys
tables, statements = int(sys.argv[1]), int(sys.argv[2])
random.seed(1)
seen = set()
while len(seen) < statements:
    t, u = random.randint(1, tables), random.randint(1, tables)
    where = " AND ".join(f"{c} = 5" for c in sorted(random.sample("abce", random.randint(1, 2))))
    out = ", ".join(sorted(random.sample(["id", "a", "b", "c", "d", "e"], random.randint(1, 4))))
    tail = random.choice(["", f" ORDER BY {random.choice('abce')} LIMIT 10"])
    sql = f"SELECT {out} FROM r{t} WHERE {where}{tail}"
    if random.random() < 0.2:
        sql = f"SELECT count(*) FROM r{t} JOIN r{u} x ON x.a = r{t}.b WHERE r{t}.{random.choice('abce')} = 5"
    if t == u or sql in seen: continue
    seen.add(sql)
    print(sql + ";")
PY
  advise "$statements statements, quick" many --quick
  advise "$statements statements" many
}

cluster_start --conf pg_steward.max_statements=12000 --conf pg_steward.max_plans=30000 --conf pg_steward.text_memory=128MB --conf max_locks_per_transaction=1000
[ $# -gt 0 ] || set -- tenants many
for part in "$@"; do
  case $part in
    tenants | many) "part_$part" ;;
    *) echo "unknown part $part; there are: tenants many" >&2; exit 2 ;;
  esac
done
