#!/bin/bash
# Unneeded indexes and foreign keys without an index on a real server: what may go, what never does, what a standby or
# lost statistics hold back, and that what is suggested can be done. RELIABILITY C7, C6.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

dir=$(session_dir)  # not out: the checks have a variable of that name
cluster_start --conf pg_steward.track=all
psql -q -v ON_ERROR_STOP=1 -o "$dir/setup" <<'SQL' || exit 1
CREATE EXTENSION pg_steward;
CREATE TABLE customers (id int PRIMARY KEY, code int UNIQUE, region int, name text);
INSERT INTO customers SELECT i, i, i % 50, repeat('name ', 10) || i FROM generate_series(1, 20000) i;
CREATE UNIQUE INDEX referred_to ON customers (region, id);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers ON DELETE CASCADE, region int, status int,
  note text, room int4range, n int NOT NULL, EXCLUDE USING gist (room WITH &&));
INSERT INTO orders SELECT i, 1 + i % 20000, i % 50, i % 7, 'note ' || i, int4range(i, i + 1), i FROM generate_series(1, 60000) i;
CREATE UNIQUE INDEX plain_unique ON orders (n, id);
CREATE UNIQUE INDEX identity ON orders (n);
ALTER TABLE orders REPLICA IDENTITY USING INDEX identity;
CREATE INDEX clustered ON orders (region);
ALTER TABLE orders CLUSTER ON clustered;
CREATE INDEX expression ON orders (lower(note));
CREATE INDEX unused ON orders (note, region);
CREATE INDEX unused_hash ON orders USING hash (note);
CREATE INDEX used ON orders (status, region);
CREATE INDEX prefix_used ON orders (n, status);
CREATE INDEX longer_used ON orders (n, status, note);
CREATE INDEX prefix_idle ON orders (status, note);
CREATE INDEX longer_idle ON orders (status, note, region);
CREATE INDEX twin_a ON orders (region, note);
CREATE INDEX twin_b ON orders (region, note);
CREATE TABLE notes (region int, customer int, body text, FOREIGN KEY (region, customer) REFERENCES customers (region, id));
INSERT INTO notes SELECT c.region, c.id, repeat('x', 80) FROM customers c, generate_series(1, 2);
CREATE INDEX of_foreign_key ON notes (customer, region);
CREATE TABLE parts (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (40000);
CREATE INDEX parted ON parts (v);
INSERT INTO parts SELECT i % 40000, 'v' || i FROM generate_series(1, 60000) i;
CREATE TABLE member AS SELECT i, repeat('m', 40) AS m FROM generate_series(1, 30000) i;
CREATE INDEX of_extension ON member (i);
ALTER EXTENSION pg_steward ADD TABLE member;
CREATE TABLE tiny AS SELECT i FROM generate_series(1, 100) i;
CREATE INDEX of_tiny ON tiny (i);
CREATE TABLE jobs (id int PRIMARY KEY, pad text);
INSERT INTO jobs SELECT i, 'x' FROM generate_series(1, 700000) i;
SQL
psql -q -c 'CREATE UNIQUE INDEX CONCURRENTLY invalid ON orders (status)' >"$dir/fails" 2>&1
psql -q -v ON_ERROR_STOP=1 -c 'DELETE FROM jobs WHERE id % 10 <> 0' -c 'VACUUM ANALYZE' || exit 1
psql -qAt -v ON_ERROR_STOP=1 >"$dir/rows" <<'SQL' || exit 1
SELECT steward.reset();
SET enable_seqscan = off;
SELECT count(*) FROM orders WHERE status = 3 AND region = 7;
SELECT count(*) FROM orders WHERE n = 3 AND status = 7;
SELECT name FROM customers JOIN orders ON customer_id = customers.id WHERE orders.id = 17;
SELECT pad FROM jobs WHERE id = 70;
SELECT count(*) FROM orders WHERE n = 3 AND status = 7 AND note = 'note 3';
SELECT count(*) FROM orders WHERE region = 3 AND note = 'note 3' AND status = 7;
SELECT count(*) FROM orders WHERE region = 3 AND note = 'note 3';
SQL
pgsteward snapshot -o "$dir/now.json" || exit 1

# Statistics as they will be in 40 days.
aged() { # SNAPSHOT
  python3 -c 'import json, sys
w = json.load(open(sys.argv[1]))
for t in w["tables"]: t["stats_since"] = w["server"]["collected_at"] - 40 * 86400
json.dump(w, open(sys.argv[1] + ".aged", "w"))' "$1"
  echo "$1.aged"
}
rows() { # JSON: index:kind:action of each
  python3 -c 'import json, sys
print(*sorted("%s:%s:%s" % (r["indexrelname"], r["kind"], r["action"]) for r in json.load(open(sys.argv[1]))["unneeded_indexes"]))' "$1"
}
reason() { # JSON INDEX
  python3 -c 'import json, sys
print(*(r["keep_reason"] for r in json.load(open(sys.argv[1]))["unneeded_indexes"] if r["indexrelname"] == sys.argv[2]))' "$1" "$2"
}
advise() { # SNAPSHOT OPTION...: JSON into $dir/advice.json
  pgsteward advise indexes --format json --from "$1" -o "$dir/advice.json" "${@:2}"
}

# ---- what may go ----------------------------------------------------------------------------------------------------
advise "$dir/now.json"
check_is "young statistics call nothing unused" 'expression:unused:keep invalid:invalid:drop jobs_pkey:bloated:reindex of_foreign_key:unused:keep prefix_idle:prefix:drop prefix_used:prefix:watch twin_a:duplicate:drop unused:unused:watch unused_hash:unused:watch' \
  rows "$dir/advice.json"
check_is "and say why" '0 scans in 0 hours; statistics must be 30 d old' reason "$dir/advice.json" unused
aged=$(aged "$dir/now.json")
advise "$aged" --save
check_is "old ones do, but for what something else needs (C7)" 'expression:unused:keep invalid:invalid:drop jobs_pkey:bloated:reindex of_foreign_key:unused:keep prefix_idle:prefix:drop prefix_used:prefix:watch twin_a:duplicate:drop unused:unused:drop unused_hash:unused:drop' \
  rows "$dir/advice.json"
check_like "an index that plans use names them" '^1 captured plan uses it, longer_used would serve but is larger' reason "$dir/advice.json" prefix_used
check_like "a foreign key's index names it" 'foreign key notes_region_customer_fkey has no other index' reason "$dir/advice.json" of_foreign_key
check_like "an expression's index says what it gives" 'statistics of lower\(note\)' reason "$dir/advice.json" expression

check_is "the view has the same, and ddl or a reason" '9|t|f' psql -Atc \
  "SELECT count(*), bool_and((ddl IS NULL) = (keep_reason IS NOT NULL)), bool_or(action IN ('watch', 'keep') <> (ddl IS NULL))
   FROM steward.unneeded_indexes"
check_is "with the columns of every version" 'unused|new|unused|0|t|0|0' psql -Atc \
  "SELECT indexrelname, status, kind, idx_scan, stats_since < now() - interval '39 days', plans_using, standbys_seen
   FROM steward.unneeded_indexes WHERE indexrelid = 'unused'::regclass"
check_is "new indexes are in their own view only" 0 psql -Atc \
  "SELECT count(*) FROM steward.index_suggestions WHERE ddl !~ '^CREATE' OR relname IS NULL"
psql -qAtc "SELECT steward.mute(suggestion_id) FROM steward.unneeded_indexes WHERE indexrelname = 'twin_a'" >"$dir/muted"
check_is "what is muted says so" 'muted' psql -Atc "SELECT status FROM steward.unneeded_indexes WHERE indexrelname = 'twin_a'"
pgsteward advise indexes --from "$aged" --save >"$dir/report.txt"
check_unlike "and is not in the report" 'twin_a' cat "$dir/report.txt"
check_like "which says what to do" 'unused on orders: unused, [0-9.]+ MB; 0 scans since' cat "$dir/report.txt"
check_is "the id is the same in every run" 'open' psql -Atc \
  "SELECT status FROM steward.unneeded_indexes WHERE indexrelname = 'unused'"

# ---- nothing is dropped without being asked for (C7) ------------------------------------------------------------------
indexes() { psql -Atc "SELECT count(*) FROM pg_index WHERE indrelid::regclass::text !~ '^(pg_|steward[.])'"; }
before=$(indexes)
pgsteward advise indexes --from "$aged" --format sql -o "$dir/indexes.sql"
check_like "SQL has the drops as comments" '^--   DROP INDEX CONCURRENTLY public.unused;' cat "$dir/indexes.sql"
psql -q -v ON_ERROR_STOP=1 -f "$dir/indexes.sql"
check "running it drops nothing" [ "$(indexes)" -ge "$before" ]

# ---- it can be done ---------------------------------------------------------------------------------------------------
run() { # ACTION FIELD
  python3 -c 'import json, sys
for r in json.load(open(sys.argv[1]))["unneeded_indexes"]:
    if r["action"] == sys.argv[2]: print(r[sys.argv[3]])' "$dir/advice.json" "$1" "$2" | psql -q -v ON_ERROR_STOP=1
}
size() { psql -Atc "SELECT pg_relation_size('jobs_pkey')"; }
fresh=$(psql -Atc "SELECT evidence ->> 'fresh_size' FROM steward.unneeded_indexes WHERE kind = 'bloated'")
check "a bloated index is large" [ "$(size)" -gt 15000000 ]
check_exit "it can be rebuilt" 0 run reindex ddl
check "to what was predicted, within 10 %" python3 -c "assert abs($(size) - $fresh) < 0.1 * $fresh, '$(size) $fresh'"
check_exit "every drop can be made" 0 run drop ddl
check_is "and leaves no unneeded index but those to keep" 'expression:unused:keep of_foreign_key:unused:keep prefix_used:prefix:watch' \
  bash -c "$(declare -f rows aged advise); dir=$dir; pgsteward snapshot -o $dir/later.json; advise \$(aged $dir/later.json); rows $dir/advice.json"

# ---- foreign keys without an index ------------------------------------------------------------------------------------
keys() { psql -Atc "SELECT conname, confidence, referenced_deletes, lookup_calls > 0, on_delete FROM steward.foreign_keys_without_index"; }
check_is "a foreign key that nothing looked up is of low confidence" 'orders_customer_id_fkey|low|0|f|cascade' \
  bash -c "$(declare -f keys); psql -qAtc 'SELECT steward.reset()' -c 'SELECT pad FROM jobs WHERE id = 70' >$dir/rows; pgsteward advise indexes --save >$dir/report.txt; keys"
check_like "which the report only counts" '1 of which nothing was seen that would use an index' cat "$dir/report.txt"
psql -q -c 'TRUNCATE notes' -c 'DELETE FROM customers WHERE id IN (19990, 19991)' -c 'SELECT pg_stat_force_next_flush()' >"$dir/rows"
pgsteward advise indexes --save >"$dir/report.txt"
check_is "captured look-ups are advised on like any statement" 1 psql -Atc \
  "SELECT count(*) FROM steward.index_suggestions WHERE relname = 'orders' AND key_columns = '{customer_id}'"
check_is "and the key is no longer without" '' keys
pgsteward advise indexes --save --budget 8kB >"$dir/report.txt"
check_is "where the index does not fit the budget they make it sure" 'orders_customer_id_fkey|high|2|t|cascade' keys
check_like "the report says what they cost" 'orders_customer_id_fkey: orders \(customer_id\) refers to customers, on delete cascade; 2 look-ups' \
  bash -c "tr -s '\n ' ' ' <$dir/report.txt"
check_exit "its index can be built" 0 psql -qc "$(psql -Atc 'SELECT ddl FROM steward.foreign_keys_without_index')"
pgsteward advise indexes --save >"$dir/report.txt"
check_is "and then nothing is missing" '' keys

# ---- standbys -----------------------------------------------------------------------------------------------------------
primary=$PGHOST
psql -q -c 'CREATE INDEX idle ON orders (note, status)' -c 'CREATE INDEX idle_twin ON orders (note, status)' \
  -c 'CREATE INDEX read_there ON customers (name)' -c 'CREATE INDEX read_nowhere ON customers (region, name)' -c 'VACUUM ANALYZE orders, customers'
on_primary() { # ROW...: of the index idle, in 40 days
  pgsteward snapshot -h "$primary" -o "$dir/standby.json" && PGHOST=$primary advise "$(aged "$dir/standby.json")" "$@"
}
on_primary
check_like "without a standby an idle index may go" 'idle:unused:drop idle_twin:duplicate:drop' rows "$dir/advice.json"
# What only receives WAL looks nothing up.
mkdir "$dir/wal"
pg_receivewal -h "$primary" -D "$dir/wal" >"$dir/receivewal" 2>&1 & receiver=$!
as_server install -d -m 700 "$(session_dir)/main/copy"
as_server pg_basebackup -h "$primary" -U postgres -D "$(session_dir)/main/copy" -c fast -R -C -S db2_slot
cluster_start --name db2 --data "$(session_dir)/main/copy" --conf cluster_name=db2
becomes() { # EXPECTED COMMAND...: waits until the command prints that
  local expected=$1 tries=600; shift
  until [ "$("$@")" = "$expected" ]; do [ $((tries--)) -gt 0 ] || { echo "never $expected: $*"; return 1; }; sleep 0.05; done
}
streaming() { psql -h "$primary" -Atc "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'db2' AND replay_lsn IS NOT NULL"; }
check "a standby follows" becomes 1 streaming
receiving() { psql -h "$primary" -Atc "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_receivewal'"; }
check "and something that only receives WAL" becomes 1 receiving
psql -q -c 'SET enable_seqscan = off' -c "SELECT id FROM customers WHERE name = 'x'" >"$dir/rows"
on_primary
check_like "a standby holds it back, but not the twin of another" 'idle:unused:watch idle_twin:duplicate:drop' rows "$dir/advice.json"
check_is "and is named" 'scans on standby db2 cannot be seen from here' reason "$dir/advice.json" idle
check_like "what it reads is watched like all else" 'read_nowhere:unused:watch read_there:unused:watch' rows "$dir/advice.json"
pgsteward snapshot -o "$dir/db2.json" && advise "$(aged "$dir/db2.json")"
check_like "on the standby nothing is called unused" 'longer_used:unused:watch' rows "$dir/advice.json"
check_is "for the primary's scans are not known there" \
  'this server is a standby: scans on the primary and on other standbys cannot be seen from here' reason "$dir/advice.json" longer_used
on_primary --standby "$(aged "$dir/db2.json")" --save
check_like "a snapshot taken there tells what it reads" 'prefix_used:prefix:drop read_nowhere:unused:drop$' rows "$dir/advice.json"
check_is "which is evidence" '1|0' psql -h "$primary" -Atc \
  "SELECT standbys_seen, standby_idx_scan FROM steward.unneeded_indexes WHERE indexrelname = 'read_nowhere'"
check_exit "a snapshot of a primary is none" 2 pgsteward advise indexes -h "$primary" --standby "$dir/now.json"
kill "$receiver"; wait "$receiver" 2>/dev/null
cluster_stop --name db2
cluster_env main
check "the standby goes" becomes 0 streaming
on_primary
check_is "one that is down still counts, by its slot" 'scans on standby slot db2_slot (not connected) cannot be seen from here' reason "$dir/advice.json" idle
psql -qAtc "SELECT pg_drop_replication_slot('db2_slot')" >"$dir/rows"
on_primary
check_like "until its slot is dropped" 'idle:unused:drop' rows "$dir/advice.json"

# ---- statistics that were lost --------------------------------------------------------------------------------------------
since() { pgsteward snapshot -o "$dir/since.json" && python3 -c 'import json, sys
print(int(max(t["stats_since"] for t in json.load(open(sys.argv[1]))["tables"]) >= float(sys.argv[2])))' "$dir/since.json" "$1"; }
now() { psql -Atc 'SELECT extract(epoch FROM clock_timestamp())'; }
before=$(now)
cluster_restart
check_is "a clean restart loses no statistics" 0 since "$before"
cluster_stop --mode immediate
cluster_env main
cluster_restart
psql -qAtc 'SELECT pad FROM jobs WHERE id = 70' >"$dir/rows"
check_is "a crash does, and leaves no reset time" '|1' bash -c "$(declare -f since); dir=$dir
  psql -Atc 'SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()' | tr -d '\n'; echo -n '|'; since $before"
before=$(now)
psql -qAtc 'SELECT pg_stat_reset()' >"$dir/rows"
check_is "so does a reset" 1 since "$before"
checks_done
