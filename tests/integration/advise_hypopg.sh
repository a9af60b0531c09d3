#!/bin/bash
# Advice where pg_steward cannot be preloaded: the same leading columns from pg_stat_statements and HypoPG, labelled as such,
# and nothing left behind. Covers F1, C6, C12.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

for extension in hypopg pg_stat_statements; do
  [ -f "$("$PG_CONFIG" --sharedir)/extension/$extension.control" ] || {
    echo "ok - skipped: $extension is missing (Debian package postgresql-15-hypopg, then make pgtree)"; checks_done; exit; }
done
flat() { "$@" 2>&1 </dev/null | tr '\n' ' '; return "${PIPESTATUS[0]}"; }
out=$(session_dir)

shop() { # the tables of a small shop, as role app
  psql -q -c 'CREATE SCHEMA shop AUTHORIZATION app' -c "ALTER ROLE app IN DATABASE $PGDATABASE SET search_path = shop"
  psql -q -U app <<'SQL'
CREATE TABLE customers (id int PRIMARY KEY, email varchar(60), region int, name text);
INSERT INTO customers SELECT i, 'User' || i || '@example.org', i % 40, repeat('n', 40) FROM generate_series(1, 20000) i;
CREATE TABLE orders (id int PRIMARY KEY, customer int, status text, total int, created timestamptz, note text);
INSERT INTO orders SELECT i, 1 + i % 20000, 'state ' || i % 300, i % 1000,
  '2026-01-01'::timestamptz + i * interval '1 minute', repeat('x', 80) FROM generate_series(1, 80000) i;
CREATE TABLE events (id int, day date, kind int) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
INSERT INTO events SELECT i, date '2026-01-01' + i % 360, i % 5000 FROM generate_series(1, 60000) i;
SQL
  psql -q -c 'VACUUM ANALYZE'
}

workload() {
  for i in $(seq 1 20); do
    echo "SELECT note FROM orders WHERE customer = $i;"
    echo "SELECT id, total FROM orders WHERE status = 'state $i' AND total > 900 ORDER BY created DESC LIMIT 10;"
    echo "SELECT name FROM customers WHERE lower(email) = 'user$i@example.org';"
    echo "SELECT c.name, o.note FROM customers c JOIN orders o ON o.customer = c.id WHERE c.email = 'User$i@example.org';"
    echo "SELECT id FROM events WHERE kind = $i;"
    echo "UPDATE orders SET total = total + 1 WHERE created = '2026-01-02 00:$((10 + i))+00';"
  done
}

# "orders status" for each suggestion: its table and its first key.
leads() { pgsteward advise indexes --no-save --format json --min-gain 0.1 "$@" | python3 -c 'import json, sys
print("\n".join(sorted(s["relname"] + " " + s["key_columns"][0] for s in json.load(sys.stdin)["suggestions"])))'; }
json() { pgsteward advise indexes --format json -U advisor "${@:2}" | python3 -c "import json,sys; d=json.load(sys.stdin); $1"; }

# ---- what is missing, said ------------------------------------------------------------------------------------------
cluster_start --preload pg_stat_statements --conf pg_stat_statements.track_utility=on --conf log_statement=all
psql -q -c 'CREATE ROLE app LOGIN' -c 'CREATE ROLE advisor LOGIN' -c 'CREATE ROLE nobody_much LOGIN' -c 'CREATE DATABASE shop'
export PGDATABASE=shop
check_like "without anything it names both ways" \
  'pg_steward is not installed in database "shop".*CREATE EXTENSION pg_steward.*CREATE EXTENSION pg_stat_statements; CREATE EXTENSION hypopg' \
  flat pgsteward advise indexes
psql -q -c 'CREATE EXTENSION pg_stat_statements'
check_like "asked for, it names what is missing" 'does not have all of.*hint: Run: CREATE EXTENSION hypopg; $' \
  flat pgsteward advise indexes --source hypopg
check_exit "and fails" 1 pgsteward advise indexes --source hypopg
check_exit "a source that there is not is wrong usage" 2 pgsteward advise indexes --source oracle
psql -q -c 'CREATE SCHEMA tools' -c 'CREATE EXTENSION hypopg SCHEMA tools' -c 'GRANT USAGE ON SCHEMA tools TO advisor, nobody_much'
check_like "doctor says that it works now" '^ok    degraded    pg_stat_statements 1\.[0-9]+ \+ hypopg 1\.[0-9.]+: "advise indexes" works now' \
  pgsteward doctor
check_exit "what needs pg_steward does not go with it" 2 pgsteward advise indexes --source hypopg --verify
check_like "nor by itself" 'pg_steward is not installed' flat pgsteward advise indexes --from "$out/none.json"
check_like "an empty database has nothing to plan" 'error: pg_stat_statements has no statement yet on the tables of database "shop"' \
  flat pgsteward advise indexes

# ---- the advice -----------------------------------------------------------------------------------------------------
shop
psql -qAtc 'SELECT pg_stat_statements_reset()' >"$out/reset"
workload | psql -q -U app >"$out/rows"
psql -q -U app >"$out/rows" <<'SQL'
SELECT count(*) FROM orders WHERE created > '2026-02-01'::timestamptz - interval '2 days';
SELECT unnest('{1,2}'::int[]) + 1;
SELECT extract(year FROM created) FROM orders WHERE id = 5;
SELECT count(*) FROM orders WHERE created >= date '2026-03-01' AND created < date '2026-03-01' + interval '1' month AND id < 7 + 7;
SELECT date_trunc('month', created), count(1), sum(CASE WHEN note = 'x' THEN 1 ELSE 0 END), min(concat(note, '!'))
  FROM orders GROUP BY date_trunc('month', created) ORDER BY date_trunc('month', created);
SELECT id FROM orders WHERE note IS NFC NORMALIZED AND id = ANY (ARRAY[7, 8]);
CREATE TABLE scratch (a int);
SELECT * FROM scratch WHERE a = 5;
DROP TABLE scratch;
SQL
check_like "a role without rights is told so" 'can plan no statement.*As a superuser: GRANT' flat pgsteward advise indexes -U nobody_much
psql -q -c 'GRANT pg_read_all_stats TO nobody_much'
check_like "with statements but no tables, too" 'no right to the tables of [1-9][0-9]* of.*GRANT pg_read_all_data' \
  flat pgsteward advise indexes -U nobody_much
psql -q -c 'GRANT pg_read_all_stats, pg_read_all_data, pg_write_all_data TO advisor'
check_exit "advice is given, chosen by itself" 0 pgsteward advise indexes -U advisor
pgsteward advise indexes -U advisor --min-gain 0.1 >"$out/report" 2>&1
check_like "the text says where it is from" '^source    pg_stat_statements 1\.[0-9]+ \+ hypopg 1\.[0-9.]+, not pg_steward' cat "$out/report"
check_like "and that nothing is saved" '^not saved: there is nowhere to without the extension pg_steward' cat "$out/report"
check_unlike "what only pg_steward has is not promised" 'pgsteward explain|p95' cat "$out/report"
check "so does the JSON; no confidence is high, each suggestion names the source" json '
assert d["source"].startswith("pg_stat_statements 1."), d["source"]
assert d["suggestions"] and d["run_id"] is None and [w for w in d["warnings"] if w.startswith("not saved")], d
for s in d["suggestions"]:
    assert s["confidence"] != "high" and s["cost_method"] == "generic", s
    assert [c for c in s["caveats"] if "hypopg" in c], s
    assert s["evidence"]["helped"][0]["p95_exec_time"] is None, s'
check "what does not plan is counted, with reasons" json '
assert d["not_costed"]["text does not parse"] == 1, d["not_costed"]   # "is $1 normalized"
assert not [r for r in d["not_costed"] if r in ("untyped parameters", "functions or operators not found", "planning failed")], d["not_costed"]
assert d["not_costed"]["utility"] >= 2 and d["not_costed"]["tables not found"] == 1, d["not_costed"]
assert d["statements_costed"] >= 6, d'
check "the budget is kept, in sizes that are true to a tenth" json '
s = [x for x in d["suggestions"] if x["key_columns"][0] == "customer" and not x["include_columns"]]
assert d["size"] <= 3000000 and s, d["suggestions"]
open("'"$out"'/size", "w").write(str(s[0]["size"]))' --budget 3000000 --weight calls
psql -q -c 'CREATE INDEX real ON shop.orders (customer)'
check_is "as the built index says" t psql -Atc "SELECT abs(pg_relation_size('shop.real') / $(cat "$out/size").0 - 1) < 0.1"
check "what exists is not suggested (C6)" json '
assert not [s for s in d["suggestions"] if s["key_columns"] == ["customer"]], d["suggestions"]'
psql -q -c 'DROP INDEX shop.real'
pgsteward advise indexes -U advisor --min-gain 0.1 --format sql -o "$out/indexes.sql"
check_exit "the SQL runs" 0 psql -q -v ON_ERROR_STOP=1 -f "$out/indexes.sql"
psql -qAt -c "SELECT format('DROP INDEX %s;', indexrelid::regclass) FROM pg_index WHERE indexrelid::regclass::text LIKE '%_idx' AND NOT indisprimary
  AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)" | psql -q

# ---- nothing is run, nothing is left --------------------------------------------------------------------------------
check_is "the advisor executes no statement of the workload" 0 psql -Atc "SELECT count(*) FROM pg_stat_statements s
  JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = 'advisor' AND s.query ~ 'FROM (orders|customers|events)' AND s.query !~ 'pgsteward'"
check "and takes few places of others in pg_stat_statements" test "$(psql -Atc "SELECT count(*) FROM pg_stat_statements s
  JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = 'advisor'")" -lt 60
log=$(cluster_log)
check "each transaction takes everything back before it ends, one that failed right behind its end" python3 - "$log" <<'PY'
import sys
made, aborted, kept, odd = 0, False, 0, []
for line in open(sys.argv[1], errors="replace"):
    if "ERROR:" in line: aborted = True
    elif "BEGIN /* pgsteward */" in line:
        if made: odd.append(line)
        made, aborted = 0, False
    elif "PREPARE /* pgsteward */ pgsteward AS" in line or "hypopg_create_index(s.sql)" in line: made += 1
    elif "DEALLOCATE /* pgsteward */ ALL; SELECT /* pgsteward */ tools.hypopg_reset()" in line:
        if not aborted: made, kept = 0, kept + 1
    elif "ROLLBACK /* pgsteward */" in line:
        if made and not aborted: odd.append(line)
        aborted = False
    elif "SET /* pgsteward */" in line and "SET /* pgsteward */ LOCAL" not in line: odd.append(line)
assert kept > 5 and not made and not odd, (kept, made, odd[:3])
PY

pooler_start
pooler_env
check_exit "behind a pooler it is refused" 2 pgsteward advise indexes -U advisor
check_like "with where to go" 'error: connect to the server, not to the pooler' flat pgsteward advise indexes -U advisor
cluster_env main

# ---- texts and functions that mean harm -----------------------------------------------------------------------------
psql -q -U app -d shop >"$out/rows" 2>&1 <<'SQL'
CREATE FUNCTION shop.planted() RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RAISE WARNING 'planted runs as %', current_user; RETURN 1; END $$;
SELECT id FROM orders WHERE total = planted() AND customer = 7;
SQL
check_like "a superuser does not plan beside functions of others" \
  'error: a superuser does not plan statements.*hint: Connect as a role made for it: CREATE ROLE' flat pgsteward advise indexes
check_exit "and fails" 1 pgsteward advise indexes
check_unlike "so that none runs with its rights" 'planted runs as postgres' cat "$log"
check_exit "another role goes on" 0 pgsteward advise indexes -U advisor
psql -q -c 'DROP FUNCTION shop.planted'

# ---- locks ----------------------------------------------------------------------------------------------------------
coproc psql -qAtX
echo "BEGIN; LOCK TABLE shop.orders; SELECT 1;" >&"${COPROC[1]}"
read -r _ <&"${COPROC[0]}"
check "statements on a locked table are not waited for" json 'assert d["not_costed"]["table locked"] >= 3, d["not_costed"]'
echo 'ROLLBACK; \q' >&"${COPROC[1]}"
wait

# ---- beside pg_steward ----------------------------------------------------------------------------------------------
here_leads=$(leads -U advisor)
check_like "an expression, a join and a partitioned table are among the suggestions" \
  'customers email customers lower.* events kind.* orders customer' echo $here_leads
cluster_start --name both
export PGDATABASE=shop
psql -q -d postgres -c 'CREATE ROLE app LOGIN' -c 'CREATE DATABASE shop'
psql -q -c 'CREATE EXTENSION pg_steward' -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION hypopg'
shop
psql -qAtc 'SELECT steward.reset()' -c 'SELECT pg_stat_statements_reset()' >"$out/reset"
workload | psql -q -U app >"$out/rows"
check_is "pg_steward suggests the same leading columns" "$here_leads" leads
check_is "and is what is asked where both are" pg_steward bash -c \
  "pgsteward advise indexes --no-save --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"source\"])'"
check_is "unless the other is named" "$here_leads" leads --source hypopg
check_is "no server process died" '' cluster_crashes
checks_done
