#!/bin/bash
# Texts of every encoding and size: E1 (cut within a character), E2 (databases of different encodings, invalid bytes),
# E3 (huge texts).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --preload pg_steward --conf pg_steward.max_query_length=200 --conf pg_steward.track_plans=off
dir=$(session_dir)
for encoding in UTF8 EUC_JP LATIN1 SQL_ASCII; do
  psql -qc "CREATE DATABASE ${encoding,,} ENCODING '$encoding' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
  psql -qd "${encoding,,}" -c 'CREATE EXTENSION pg_steward'
done
readable() {
  local db
  for db in utf8 euc_jp latin1 sql_ascii; do
    psql -Atqd $db -c 'SELECT length(query) FROM steward.statements' >/dev/null || return 1
  done
}

# E1: names of three-byte characters behind ASCII of every length around the limit.
psql -qAtc 'SELECT steward.reset()' -d utf8 >/dev/null
export PGCLIENTENCODING=UTF8
repeat() { [ "$2" = 0 ] || printf "$1%.0s" $(seq "$2"); }
for n in $(seq 0 20); do
  printf 'SELECT 1%s AS "p%s" /* %s */;\n' "$(repeat ' + 1' $n)" "$n" "$(repeat x $((160 - 3 * n)))語語語語語語語語語語語語"
done >"$dir/cut.sql"
psql -qAtd utf8 -f "$dir/cut.sql" >/dev/null
psql -qAtd euc_jp -f "$dir/cut.sql" >/dev/null
check "E1: views stay readable from every database" readable
check_is "E1: no text is longer than the limit" '21|t' psql -Atd utf8 -c \
  "SELECT count(*), max(octet_length(query)) BETWEEN 195 AND 200 FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid
   WHERE datname = 'utf8' AND query ~ 'AS .p'"
check_is "E1: and the characters before the cut are whole" t psql -Atd utf8 -c \
  "SELECT bool_and(query ~ 'x語*( \*/)?\$') FROM steward.statements WHERE query ~ 'AS .p'"
check_is "E1: another encoding of the same characters is converted" t psql -Atd utf8 -c \
  "SELECT count(*) > 0 FROM steward.statements s JOIN pg_database d ON d.oid = s.dbid
   WHERE datname = 'euc_jp' AND query ~ '語'"

# E2: bytes that mean nothing elsewhere.
psql -qAtd latin1 -c "SELECT 1 AS \"é\", 2 AS latin" >/dev/null
printf 'SELECT 1 AS "caf\xe9", 2 AS ascii, 3 AS three' >"$dir/invalid.sql"
PGCLIENTENCODING=SQL_ASCII psql -qAtd sql_ascii -f "$dir/invalid.sql" >/dev/null
psql -qAtd utf8 -c 'SELECT 1 AS "語", 2 AS japanese, 3 AS three, 4 AS four' >/dev/null
check "E2: views stay readable from every database" readable
check_is "E2: LATIN1 is converted" 1 psql -Atd utf8 -c "SELECT count(*) FROM steward.statements WHERE query ~ '\"é\", .2 AS latin'"
check_is "E2: an invalid byte is escaped" 1 psql -Atd utf8 -c \
  "SELECT count(*) FROM steward.statements WHERE strpos(query, 'caf\\xE9\"') > 0 AND query ~ '2 AS ascii'"
check_is "E2: what the reader's encoding lacks is escaped" 1 psql -Atd latin1 -c \
  "SELECT count(*) FROM steward.statements WHERE strpos(query, '\\xE8\\xAA\\x9E\"') > 0 AND query ~ 'japanese'"
# The plan of a slow query is JSON in every database, with names that the reader's encoding lacks.
PGOPTIONS='-c pg_steward.slow_min_duration=0 -c pg_steward.track_plans=on' psql -qAtd utf8 >/dev/null <<'SQL'
CREATE TABLE "語" AS SELECT generate_series(1, 1000) AS a;
SELECT count(*) FROM "語" WHERE a > 3;
SELECT count(*) FROM "語" WHERE a > 3;
SQL
for db in utf8 euc_jp latin1 sql_ascii; do
  check_is "E2: slow queries with plans are readable in $db" t psql -Atqd $db -c \
    "SELECT count(plan -> 0 -> 'Plan' ->> 'Node Type') > 0 FROM steward.slow_queries WHERE datname = 'utf8' AND instrumented"
done
unset PGCLIENTENCODING

# E3: a text of 10 MB and a list of 200,000 constants are cut before they are copied.
memory() { psql -Atd utf8 -c 'SELECT memory_used FROM steward.capture_status'; }
before=$(memory)
{ printf "SELECT length('"; head -c 10000000 /dev/zero | tr '\0' y; printf "') AS long_constant;\n"; } >"$dir/long.sql"
{ printf 'SELECT 1 AS long_list WHERE 1 IN (0'; seq -s, 1 200000 | sed 's/^/,/'; printf ');\n'; } | tr -d '\n' >"$dir/list.sql"
check_is "E3: a constant of 10 MB" 10000000 psql -Atd utf8 -f "$dir/long.sql"
check_is "E3: a list of 200,000 constants" 1 psql -Atd utf8 -f "$dir/list.sql"
check_is "E3: their texts are short" t psql -Atd utf8 -c \
  "SELECT bool_and(octet_length(query) <= 200) FROM steward.statements WHERE query ~ 'long_list|length'"
check_is "E3: nothing of the constant is kept" 0 psql -Atd utf8 -c "SELECT count(*) FROM steward.statements WHERE query ~ 'yyyy'"
check "E3: memory is bounded" test $(($(memory) - before)) -lt 200000
checks_done
