#!/bin/bash
# pgsteward explain on a real server: a suggestion with its plans, a statement with what was rejected and why, a table
# with nothing suggested, and a script for psql that shows the same costs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

flat() { "$@" 2>&1 </dev/null | tr '\n' ' ' | tr -s ' '; return "${PIPESTATUS[0]}"; }
json() { pgsteward explain "$1" --format json "${@:3}" | python3 -c "import json,sys; d=json.load(sys.stdin); $2"; }

cluster_start --conf max_parallel_workers_per_gather=0
psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE orders (id int PRIMARY KEY, customer int, status int, secret text, note text);
INSERT INTO orders SELECT i, i % 5000, i % 3, 'classified ' || i % 7000, repeat('x', 80) FROM generate_series(1, 60000) i;
CREATE TABLE lookup (id int PRIMARY KEY, name text);
INSERT INTO lookup SELECT i, 'name ' || i FROM generate_series(1, 100) i;
CREATE TABLE unread (id int PRIMARY KEY, a int);
INSERT INTO unread SELECT i, i FROM generate_series(1, 60000) i;
VACUUM ANALYZE orders;
VACUUM ANALYZE lookup;
VACUUM ANALYZE unread;
SQL
check_like "without a saved run it says what to do" 'error: no analysis has been saved in database "postgres" pgsteward: hint: .*Run: pgsteward advise indexes' \
  flat pgsteward explain orders
for i in $(seq 1 20); do
  echo "SELECT id, note FROM orders WHERE customer = $i;"
  echo "SELECT note FROM orders WHERE secret = 'classified $i';"
  echo "SELECT count(note) FROM orders WHERE status >= 0;"
  echo "SELECT name FROM lookup WHERE name = 'name $i';"
done | psql -q >/dev/null
pgsteward advise indexes >"$(session_dir)/advice"
id=$(psql -Atc "SELECT suggestion_id FROM steward.index_suggestions WHERE key_columns[1] = 'customer'")
queryid() { psql -Atc "SELECT queryid FROM steward.statements WHERE query LIKE '$1%' AND query NOT LIKE '%pgsteward%' LIMIT 1"; }
by_customer=$(queryid 'SELECT id, note FROM orders WHERE customer')
by_status=$(queryid 'SELECT count(note) FROM orders')

# ---- a suggestion ---------------------------------------------------------------------------------------------------
check_like "a suggestion: definition, evidence and costs" \
  "suggestion $id \(index\): new, confidence .*does CREATE INDEX CONCURRENTLY orders_customer_idx.*undo DROP INDEX.*helps .*1,[0-9]+ -> [0-9.]+ planner units.*costs 1,[0-9]+ planner units now, [0-9.]+ with the suggestions uses $id orders \(customer\)" \
  flat pgsteward explain "$id"
check_like "with plans, before and after" \
  'plan without the suggestions Seq Scan on orders \(cost=.*Filter: \(customer = \$1\) plan with the suggestions .*orders_customer_idx \(hypothetical\).*Index Cond: \(customer = \$1\)' \
  flat pgsteward explain "$id" --plans
check_is "its beginning is enough" "$(pgsteward explain "$id")" pgsteward explain "${id:0:5}"
check "json has saved evidence and statements" json "$id" 's=d["suggestion"]
assert s["suggestion_id"] == "'"$id"'" and s["evidence"]["helped"] and d["statements"][0]["uses"][0]["chosen"], d'
check "json has plans on request" json "$id" 'assert d["statements"][0]["plan_now"][0]["Plan"]["Node Type"] == "Seq Scan", d' --plans

# ---- a statement ----------------------------------------------------------------------------------------------------
check_like "a statement: what was chosen and what it covers" \
  "statement $by_customer postgres, 20 calls.*$id orders \(customer\).* suggested" flat pgsteward explain "$by_customer"
check "every candidate has a reason, one of them suggested" json "$by_customer" 'c=d["statements"][0]["candidates"]
assert len(c) > 1 and all(x["reason"] for x in c) and [x for x in c if x["chosen"]] and [x for x in c if not x["chosen"]], c
assert all("covered" in x["reason"] or "already saves" in x["reason"] or "min-gain" in x["reason"] or "nothing" in x["reason"] or "best set" in x["reason"] for x in c if not x["chosen"]), c'
check "what does not help says so" json "$by_status" 'c=d["statements"][0]["candidates"]
assert [x for x in c if x["reason"].startswith("does not help")], c'
check_like "a query id that was not captured is an error" 'error: no statement with that query id' flat pgsteward explain 12345
check_exit "also one with a minus" 1 pgsteward explain -- -12345
check_exit "without the dashes before it too" 1 pgsteward explain -12345

pgsteward advise indexes --min-gain 99 >"$(session_dir)/advice"
check "below --min-gain says how much it saves" json "$by_customer" 'c=d["statements"][0]["candidates"]
assert [x for x in c if x["reason"].startswith("below --min-gain") and "99.00 %" in x["reason"]], c'
pgsteward advise indexes --budget 100kB >"$(session_dir)/advice"
check "over the budget" json "$by_customer" 'c=d["statements"][0]["candidates"]
assert [x for x in c if x["reason"] == "over the budget by itself"], c'
pgsteward advise indexes >"$(session_dir)/advice"

# ---- a table --------------------------------------------------------------------------------------------------------
check_like "a table: indexes, uses, suggestions and candidates" \
  'table public.orders, 60,000 rows.*index orders_pkey \(id\).*uses filter customer = in 1 statement.*advice .*candidates \([0-9]+\)' \
  flat pgsteward explain orders
check_like "with its schema too" 'table public.orders, 60,000 rows' pgsteward explain public.orders
check_like "one that no statement reads by a condition" 'advice no index: no captured statement compares' flat pgsteward explain unread
check_like "one that is tiny" 'advice no index: the table is tiny' flat pgsteward explain lookup
psql -qc 'CREATE SCHEMA other CREATE TABLE orders (id int)'
check_exit "an ambiguous name is wrong usage" 2 pgsteward explain orders
check_like "what is nothing at all says where to look" 'error: neither a suggestion of the newest run nor a table has that name.*hint: Suggestions are in' \
  flat pgsteward explain nonsense

psql -qc 'CREATE INDEX orders_twin_one ON public.orders (note)' -c 'CREATE INDEX orders_twin_two ON public.orders (note)'
pgsteward advise indexes >"$(session_dir)/advice"
twin=$(psql -Atc "SELECT suggestion_id FROM steward.unneeded_indexes WHERE kind = 'duplicate'")
check_like "a suggestion of another kind is explained by what it has" "suggestion $twin \(unneeded\).*details .*indexrelname +orders_twin_" \
  flat pgsteward explain "$twin"
psql -qc 'DROP INDEX public.orders_twin_one, public.orders_twin_two' -c "$(psql -Atc "SELECT replace(ddl, 'CONCURRENTLY ', '') FROM steward.index_suggestions WHERE suggestion_id = '$id'")"
check_like "what was built since the run is no candidate, and that is said" "note [0-9]+ of the run's suggestions are no candidates now" \
  flat pgsteward explain public.orders
psql -qc 'DROP INDEX public.orders_customer_idx'

# ---- psql -----------------------------------------------------------------------------------------------------------
pgsteward explain "$id" --psql >"$(session_dir)/explain.sql"
psql -X -v ON_ERROR_STOP=1 -f "$(session_dir)/explain.sql" >"$(session_dir)/explain.out" 2>&1
check_like "the script runs, and shows both costs" 'indexes +\| without.*total_cost +\| 1[0-9]{3}.*Seq Scan.*indexes +\| with .*candidate 1' \
  bash -c "tr '\n' ' ' <'$(session_dir)/explain.out'"

# ---- never a value, nothing left behind -----------------------------------------------------------------------------
secret=$(queryid 'SELECT note FROM orders WHERE secret')
for form in --plans '--plans --format json' --psql; do
  check_unlike "no value of the statement is shown ($form)" 'classified' pgsteward explain "$secret" $form
done
check_is "nothing was built" 4 psql -Atc "SELECT count(*) FROM pg_index WHERE indrelid IN ('public.orders'::regclass, 'lookup'::regclass, 'unread'::regclass, 'steward.suggestion_run'::regclass)"
pooler_start
pooler_env
check_exit "behind a pooler it refuses" 2 pgsteward explain "$id"
checks_done
