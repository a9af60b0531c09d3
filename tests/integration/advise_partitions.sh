#!/bin/bash
# Advice on partitioned, inherited and unlogged tables and materialized views, and which existing indexes are never
# called droppable. Covers C3 (CREATE INDEX CONCURRENTLY refuses a partitioned table) and C7.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
out=$(session_dir)

cluster_start || exit 1
psql -q -v ON_ERROR_STOP=1 <<'SQL' || exit 1
CREATE EXTENSION pg_steward;
CREATE TABLE loan (id bigserial, member int, at date NOT NULL, state text) PARTITION BY RANGE (at);
CREATE TABLE "loan 2025" PARTITION OF loan FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (state);
CREATE TABLE loan_open PARTITION OF "loan 2025" FOR VALUES IN ('open');
CREATE TABLE loan_rest PARTITION OF "loan 2025" DEFAULT;
CREATE TABLE loan_2026 PARTITION OF loan FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO loan (member, at, state) SELECT i % 9000, date '2025-01-01' + i % 700, CASE WHEN i % 3 = 0 THEN 'open' END
  FROM generate_series(1, 90000) i;
CREATE INDEX loan_id_idx ON loan (id);
CREATE MATERIALIZED VIEW by_member AS SELECT member, count(*) FROM loan GROUP BY 1;
INSERT INTO loan (member, at) SELECT i, '2026-02-01' FROM generate_series(9001, 30000) i;
REFRESH MATERIALIZED VIEW by_member;
CREATE TABLE parent (n int, t text);
CREATE TABLE child () INHERITS (parent);
INSERT INTO child SELECT i, 'x' FROM generate_series(1, 40000) i;
CREATE UNLOGGED TABLE cache (k int, v text);
INSERT INTO cache SELECT i, 'x' FROM generate_series(1, 40000) i;

-- Names that suggested indexes would have without them (the SQL runs as it is, below).
CREATE VIEW cache_k_idx AS SELECT 1 AS one;
CREATE SEQUENCE child_n_idx;

CREATE TABLE target (id int NOT NULL, other int NOT NULL);
CREATE UNIQUE INDEX target_first ON target (id);
CREATE TABLE source (target int REFERENCES target (id));
CREATE UNIQUE INDEX target_second ON target (id);
CREATE UNIQUE INDEX target_identity ON target (other);
CREATE UNIQUE INDEX target_same ON target (other);
ALTER TABLE target REPLICA IDENTITY USING INDEX target_same;
CREATE INDEX loan_id_own_idx ON loan_2026 (id, at);
CREATE INDEX loan_member_own_idx ON loan_2026 (member);
CREATE TABLE lend (member int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE lend_2025 (at date NOT NULL, member int);
ALTER TABLE lend ATTACH PARTITION lend_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE lend_2026 PARTITION OF lend FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO lend SELECT i % 9000, date '2025-01-01' + i % 700 FROM generate_series(1, 40000) i;
CREATE INDEX ON lend_2025 (member);
CREATE INDEX ON lend_2026 (member, at);
CREATE INDEX lend_2025_longer ON lend_2025 (member, at);
CREATE TABLE booking (room int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE booking_2025 PARTITION OF booking FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE booking_2026 PARTITION OF booking FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO booking SELECT i, date '2025-01-01' + i % 700 FROM generate_series(1, 40000) i;
ALTER TABLE booking_2025 ADD CONSTRAINT booking_once EXCLUDE USING btree (room WITH =);
VACUUM ANALYZE;
SQL
psql -qAtc 'SELECT steward.reset()' >"$out/reset"
for i in $(seq 15); do
  echo "SELECT * FROM loan WHERE member = $i; SELECT * FROM lend WHERE member = $i; SELECT * FROM booking WHERE room = $i;"
  echo "SELECT state FROM loan WHERE at = date '2026-03-$(printf %02d "$i")'; SELECT * FROM by_member WHERE member = $i;"
  echo "SELECT * FROM parent WHERE n = $i; SELECT * FROM cache WHERE k = $i;"
done | psql -q -o /dev/null

pgsteward advise --no-save >"$out/report"
for table in '"loan 2025"' loan_open loan_rest loan_2026 lend lend_2025 lend_2026; do
  check_unlike "nothing is suggested on $table itself" "ON public\.$table USING" cat "$out/report"
done
for table in loan by_member child cache; do
  check_like "$table gets its index" "ON public\.$table USING" cat "$out/report"
done
pgsteward advise --no-save --format sql -o "$out/indexes.sql"
pgsteward advise --no-save --format json -o "$out/advice.json"
check_like "what a partition has is attached" 'ALTER INDEX public\.loan_member_idx ATTACH PARTITION public\.loan_member_own_idx' cat "$out/indexes.sql"
check_like "which is said, for undo drops it" 'undo drops that too: loan_member_own_idx' cat "$out/indexes.sql"
check_is "and is not to be dropped as well" "" python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert any(s["index_name"] == "lend_member_idx" for s in d["suggestions"]), d
print(*[r["indexrelname"] for r in d["unneeded_indexes"] if r["relname"] == "lend_2025"])' "$out/advice.json"
check_unlike "the index of an exclusion constraint cannot be" 'booking_once' cat "$out/indexes.sql"
check_like "and is built anew" 'ATTACH PARTITION public\.booking_2025_room_idx' cat "$out/indexes.sql"
check_is "all else is built without blocking writes" 0 grep -cE '^CREATE INDEX [a-z_0-9"]+ ON [^O]' "$out/indexes.sql"
check_is "where only one partition is read, it is all that get one" 'loan_at_idx' \
  python3 -c 'import json, sys
print(*[s["index_name"] for s in json.load(open(sys.argv[1]))["suggestions"] if s["key_columns"][0] == "at"])' "$out/advice.json"
check_is "the size is that of all partitions, less what is there" True python3 -c 'import json, sys
sizes = {s["index_name"]: s["size"] for s in json.load(open(sys.argv[1]))["suggestions"]}
print(0 < sizes["loan_member_idx"] < sizes["loan_at_idx"])' "$out/advice.json"
check_like "where it does not fit the budget, partitions get their own" 'serves partition loan_[a-z]+ only: an index of all partitions does not fit' \
  bash -c "pgsteward advise --no-save --budget 300kB | tr -s '\n ' ' '"
sed -n '/^DO /,/^\$steward/p' "$out/indexes.sql" >"$out/check.sql"
check_like "the closing check tells of the partitions' indexes" "Drop what is left of it and of the partitions' indexes" \
  psql -q -f "$out/check.sql"
check_exit "the SQL runs as it is" 0 psql -q -v ON_ERROR_STOP=1 -f "$out/indexes.sql"
check_is "and makes whole indexes" 't|t' psql -Atc "SELECT bool_and(indisvalid), bool_or(relkind = 'I') FROM pg_index
  JOIN pg_class ON oid = indexrelid WHERE relname ~ '_idx'"
psql -qc ANALYZE
check_like "after which nothing is suggested" 'no suggestion' pgsteward advise --no-save

check_like "a plain duplicate is a drop candidate" 'target_second on target: duplicate of target_first' cat "$out/report"
check_unlike "the one that a foreign key refers to is not" 'target_first on target' cat "$out/report"
check_like "of two the one that is no replica identity goes" 'target_identity on target: duplicate of target_same' cat "$out/report"
check_unlike "the replica identity does not" 'target_same on target' cat "$out/report"
check_unlike "nor does a partition's part of a partitioned index" 'loan_2026_id_idx on loan_2026|loan_id_idx on loan' cat "$out/report"
python3 -c 'import json, sys
for s in json.load(open(sys.argv[1]))["suggestions"]: print(s["undo_ddl"])
for r in json.load(open(sys.argv[1]))["unneeded_indexes"]:
    if r["action"] == "drop": print(r["ddl"], "\n", r["undo_ddl"])' "$out/advice.json" >"$out/undo.sql"
check_exit "undo, every drop and its undo run too" 0 psql -q -v ON_ERROR_STOP=1 -f "$out/undo.sql"
check_is "and leave nothing new" '' psql -Atc "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') AND relname LIKE 'loan%member_idx'"
checks_done
