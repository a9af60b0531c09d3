#!/bin/bash
# Do steward.whatif and HypoPG agree where they should? Random sets of b-tree indexes are costed by both, ours with HypoPG's
# sizes and without the trees' heights, which HypoPG leaves out: the costs of all plans must be equal, to the rounding of
# EXPLAIN. On generated data, and on a TPC-H workload where there is one. Exit code 1 when any plan differs.
#
#   bench/hypopg_agreement.sh [CONFIGURATIONS]   default: 500 on each    (needs `make pgtree`; make bench-hypopg does that)
#   TPCH_DIR=folder   where the workload is: schema.sql, <table>.tbl.zst, queries/NN.sql (default: ../shared/workloads/tpch)
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tpch=${TPCH_DIR:-$repo/../shared/workloads/tpch}
# shellcheck source=../tests/server/harness.sh
. "$repo/tests/server/harness.sh"
[ -f "$("$PG_CONFIG" --sharedir)/extension/hypopg.control" ] || {
  echo 'skipped: HypoPG is missing (Debian package postgresql-15-hypopg; then make pgtree)'; exit 0; }
configurations=${1:-500}
dir=$(session_dir)
run() { psql -qX -v ON_ERROR_STOP=1 "$@"; }

begin() {   # begin DATABASE
  createdb "$1"
  export PGDATABASE=$1
  run -c 'CREATE EXTENSION pg_steward' -c 'CREATE EXTENSION hypopg' -c 'CREATE SCHEMA agreement' \
    -c 'CREATE TABLE agreement.statement (n serial, text text)' -c "ALTER DATABASE $1 SET pg_steward.capture_parameters = on"
}

remember() {   # remember FILE: one statement, run once and kept
  run -f "$1" >/dev/null
  run -v "file=$1" <<<"\\set text \`sed 's/;[[:space:]]*\$//' \"$1\"\`
INSERT INTO agreement.statement (text) VALUES (:'text')"
}

compare() { echo "$1"; psql -qX -v ON_ERROR_STOP=1 -v "configurations=$configurations" -f "$repo/bench/hypopg_agreement.sql"; }

generated() {
  begin generated
  run <<'SQL'
CREATE TABLE orders (id int PRIMARY KEY, customer int, state int, day date, amount numeric(10,2), note text);
INSERT INTO orders SELECT g, h % 3000, h % 7, date '2026-01-01' + h % 365, h % 1000, 'note ' || h
FROM generate_series(1, 40000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
CREATE TABLE customers (id int PRIMARY KEY, region int, name text, since date);
INSERT INTO customers SELECT g, g % 25, 'customer ' || g, date '2020-01-01' + g % 2000 FROM generate_series(0, 2999) g;
CREATE TABLE lines (order_id int, part int, pieces int, maybe int);
INSERT INTO lines SELECT 1 + h % 40000, h % 500, h % 10, CASE WHEN h % 4 = 0 THEN h % 700 END
FROM generate_series(1, 100000) g, LATERAL (SELECT abs(hashint4(g)) AS h) hashed;
VACUUM (FREEZE, ANALYZE);
SQL
  local n=0 statement
  while read -r statement; do
    n=$((n + 1)); echo "$statement" >"$dir/$n.sql"; remember "$dir/$n.sql"
  done <<'SQL'
SELECT amount FROM orders WHERE customer = 17
SELECT amount FROM orders WHERE customer < 100 AND state = 3 AND day < '2026-03-01'
SELECT note FROM orders WHERE customer = 17 OR amount = 3
SELECT note FROM orders WHERE state = 3 ORDER BY customer DESC LIMIT 10
SELECT customer, count(*) FROM orders GROUP BY customer HAVING count(*) > 3
SELECT max(day) FROM orders WHERE amount BETWEEN 10 AND 30
SELECT o.amount FROM orders o JOIN customers c ON c.id = o.customer WHERE c.region = 7
SELECT c.name, sum(l.pieces) FROM orders o JOIN customers c ON c.id = o.customer JOIN lines l ON l.order_id = o.id WHERE c.name = 'customer 17' GROUP BY c.name
SELECT c.name FROM customers c WHERE c.region = 7 AND EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id AND o.state = 5)
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.id AND o.day = '2026-05-05')
SELECT c.name, o.id FROM customers c LEFT JOIN orders o ON o.customer = c.id AND o.state = 2 WHERE c.since < '2020-02-01'
SELECT c.name, o.day FROM customers c, LATERAL (SELECT day FROM orders o WHERE o.customer = c.id ORDER BY day DESC LIMIT 1) o WHERE c.region = 7
SELECT pieces FROM lines WHERE part = 17 AND maybe IS NOT NULL
SELECT count(*) FROM lines WHERE maybe IN (1, 2, 3)
SELECT l.pieces FROM lines l JOIN orders o ON o.id = l.order_id WHERE l.part = 3 AND o.day > '2026-12-01' ORDER BY o.day
UPDATE orders SET amount = 1 WHERE customer = 17 AND state = 2
SQL
  compare 'generated data'
}

of_tpch() {
  [ -d "$tpch/queries" ] && command -v zstdcat >/dev/null || { echo "TPC-H: skipped, no workload in $tpch or no zstdcat"; return 0; }
  begin tpch
  run -f "$tpch/schema.sql"
  local table q
  for table in region nation supplier customer part partsupp orders lineitem; do
    zstdcat "$tpch/$table.tbl.zst" | run -c "COPY $table FROM STDIN WITH (DELIMITER '|')"
  done
  run -c 'VACUUM (FREEZE, ANALYZE)'
  for q in 01 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18 19 21 22; do remember "$tpch/queries/$q.sql"; done
  compare 'TPC-H, scale factor 0.1'
}

cluster_start --preload pg_stat_statements,pg_steward --conf autovacuum=off --conf jit=off --conf shared_buffers=512MB \
  --conf effective_cache_size=8GB --conf work_mem=64MB --conf maintenance_work_mem=256MB --conf compute_query_id=on
generated
of_tpch
