#!/bin/bash
# Twenty schemas alike, one a tenant: advised once, built in each, and nothing suggested again afterwards.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

out=$(session_dir)
saved=$out/advice.json
json() { python3 -c "import json; d = json.load(open('$saved')); $1"; }

cluster_start
if [ "$(psql -Atc "SELECT current_setting('server_version_num')::int >= 180000")" = t ]; then
  echo 'ok - skipped: PostgreSQL 18 gives statements of schemas alike one query id (Limits in the README)'; checks_done
fi
psql -q -c 'CREATE DATABASE saas' -c 'CREATE ROLE app LOGIN'
export PGDATABASE=saas
psql -q -c 'CREATE EXTENSION pg_steward'
tenants=$(seq -f 't_%03g' 1 20)
for tenant in $tenants; do
  cat <<SQL
CREATE SCHEMA $tenant;
CREATE TABLE $tenant.customers (id int PRIMARY KEY, email text, note text);
CREATE TABLE $tenant.orders (id int PRIMARY KEY, customer int, amount int, note text);
INSERT INTO $tenant.customers SELECT i, 'c' || i || '@example.com', repeat('x', 60) FROM generate_series(1, 3000) i;
INSERT INTO $tenant.orders SELECT i, i % 3000, i % 97, repeat('y', 60) FROM generate_series(1, 9000) i;
GRANT USAGE ON SCHEMA $tenant TO app;
GRANT SELECT ON ALL TABLES IN SCHEMA $tenant TO app;
SQL
done | psql -q
# One of another shape, and one that is read in a way of its own.
psql -q -c 'ALTER TABLE t_020.orders ADD COLUMN own int' -c 'VACUUM ANALYZE' -c 'SELECT steward.reset()' >/dev/null
for tenant in $tenants; do
  echo "SET search_path = $tenant;"
  # The last one's are not folded with the others': so often, that their share of the time is never too little for advice.
  for i in $(seq $([ "$tenant" = t_020 ] && echo 40 || echo 10)); do
    echo "SELECT c.note, sum(o.amount) FROM customers c JOIN orders o ON o.customer = c.id WHERE c.email = 'c$i@example.com' GROUP BY c.note;"
    echo "SELECT amount FROM \"$tenant\".orders WHERE customer = $i;"
  done
done | psql -U app -q >/dev/null
echo "SELECT count(*) FROM t_007.orders WHERE amount = 7 AND note = 'y';" | psql -U app -q >/dev/null

check_exit "advice is given" 0 pgsteward advise --format json -o "$out/advice.json"
check "statements alike are planned once" json 'assert d["statements_planned"] <= 6 and d["statements_costed"] >= 40, d
assert 0.5 < d["time_by_representatives_ratio"] < 1, d["time_by_representatives_ratio"]'
check "an index is suggested for all schemas alike" json 's = [x for x in d["suggestions"] if x["relname"] == "customers"]
assert len(s) == 1 and [t["schemaname"] for t in s[0]["schemas"]] == ["t_%03d" % i for i in range(1, 21)], s
assert s[0]["size"] == sum(t["size"] for t in s[0]["schemas"]) and s[0]["ddl"].count(":\"schema\"") == 1, s'
check "not for the one of another shape, which has its own" json 's = [x for x in d["suggestions"] if x["relname"] == "orders" and x["key_columns"][0] == "customer"]
assert sorted(len(x.get("schemas", [])) for x in s) == [0, 19], s
assert [x["schemaname"] for x in s if "schemas" not in x] == ["t_020"], s'
check "the statements that it helps say for how many they stand" json 's = [x for x in d["suggestions"] if x["relname"] == "customers"][0]
assert s["evidence"]["helped"][0]["stands_for"] == 19 and s["statements_helped"] == 20, s'
pgsteward advise --no-save >"$out/report"
check_like "the report says in how many" 'in 20 schemas: customers \(email' cat "$out/report"
check_like "and of which the costs are" "plans of one schema stand for 20" bash -c "tr -s '\n ' ' ' <'$out/report'"
check_is "the saved run has the list" 20 psql -Atc \
  "SELECT jsonb_array_length(details -> 'schemas') FROM steward.suggestion WHERE details ->> 'relname' = 'customers'"
pgsteward advise --no-save --format sql -o "$out/indexes.sql"
check_is "the SQL builds each by itself" 20 grep -c '^CREATE INDEX CONCURRENTLY customers_email_[a-z_]*idx ON t_' "$out/indexes.sql"
check_exit "and runs as it is" 0 psql -q -v ON_ERROR_STOP=1 -f "$out/indexes.sql"
check_is "all of it is there" '20|20' psql -Atc "SELECT count(*) FILTER (WHERE relname LIKE 'customers_email%idx'),
  count(*) FILTER (WHERE relname LIKE 'orders_customer%idx') FROM pg_class WHERE relkind = 'i'"
check_is "the sizes were right to a tenth" t psql -Atc "SELECT abs(sum(pg_relation_size(c.oid)) / max((details ->> 'size')::numeric) - 1) < 0.1
  FROM pg_class c, steward.suggestion WHERE c.relname LIKE 'customers_email%idx' AND details ->> 'relname' = 'customers'"
check_like "after which nothing is suggested" 'no suggestion' pgsteward advise --no-save
checks_done
