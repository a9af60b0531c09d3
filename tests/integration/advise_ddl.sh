#!/bin/bash
# DDL while pgsteward advise analyses: it gets its lock after one batch of plannings, not at the end of the analysis,
# and neither side fails. Tables with partitions too, whose locks are many.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
out=$(session_dir)

cluster_start --conf jit=off || exit 1
psql -q -v ON_ERROR_STOP=1 <<'SQL' || exit 1
CREATE EXTENSION pg_steward;
CREATE TABLE wide AS SELECT i AS id, i % 1009 AS a, i % 1013 AS b, i % 1019 AS c, i % 1021 AS d, i % 1031 AS e, i % 1033 AS f
  FROM generate_series(1, 20000) i;
CREATE TABLE part (id int, ts date, k int, v int) PARTITION BY RANGE (ts);
SELECT format('CREATE TABLE part_%s PARTITION OF part FOR VALUES FROM (%L) TO (%L)', i, date '2020-01-01' + i, date '2020-01-02' + i)
  FROM generate_series(0, 9) i \gexec
INSERT INTO part SELECT i, date '2020-01-01' + i % 10, i % 5000, i % 77 FROM generate_series(1, 40000) i;
VACUUM ANALYZE;
SQL
psql -qAtc 'SELECT steward.reset()' >"$out/reset"
columns=(a b c d e f)
for x in "${columns[@]}"; do for y in "${columns[@]}"; do for z in "${columns[@]}"; do
  [ $x != $y ] && [ $y != $z ] && [ $x != $z ] && echo "SELECT id FROM wide WHERE $x = 5 AND $y > 990 ORDER BY $z LIMIT 10;"
done; done; done >"$out/workload.sql"
for i in 1 2 3; do echo "SELECT * FROM part WHERE k = $i; SELECT count(*) FROM part WHERE v = $i AND k > 3000;"; done >>"$out/workload.sql"
psql -q -o /dev/null -f "$out/workload.sql"

planning() { [ "$(psql -Atc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgsteward' AND query LIKE '%steward.whatif(%'")" = 1 ]; }
pgsteward advise --no-save -o "$out/report" 2>"$out/errors" & advise=$!
until planning || ! kill -0 $advise 2>/dev/null; do sleep 0.05; done
ddl() { # a statement that needs every lock on the table, while the analysis goes on
  psql -q -v ON_ERROR_STOP=1 -c "SET lock_timeout = '10s'" -c "$1" && psql -Atc \
    "SELECT 'and the analysis goes on' FROM pg_stat_activity WHERE application_name = 'pgsteward'"
}
check_is "a table can be altered while it is advised on" 'and the analysis goes on' ddl 'ALTER TABLE wide ADD COLUMN z int'
check_is "a partitioned one too" 'and the analysis goes on' ddl 'ALTER TABLE part ADD COLUMN z int'
wait $advise; status=$?
check_is "the analysis ends well" 0 echo $status
check_is "without an error" '' cat "$out/errors"
check_like "and with advice" 'CREATE INDEX CONCURRENTLY wide_' cat "$out/report"
check_unlike "everything could be planned" 'lock timeout|deadlock|could not be planned' cat "$out/report"
checks_done
