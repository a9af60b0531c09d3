#!/bin/bash
# H15: other modules with the same hooks, in both orders: everybody is called, and everybody counts the same.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

try_order() { # NAME LIBRARIES
  cluster_start --name "$1" --preload "$2" --conf pg_steward.refresh=off --conf pg_steward.history_interval=0 \
    --conf pg_stat_statements.track_planning=on \
    --conf auto_explain.log_min_duration=0 --conf auto_explain.log_analyze=on --conf auto_explain.log_buffers=on
  cluster_env "$1"
  psql -q -c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION pg_steward'
  psql -qAt >/dev/null 2>&1 <<'SQL'
CREATE TABLE t (id int PRIMARY KEY);
SELECT pg_stat_statements_reset(), steward.reset();
INSERT INTO t SELECT generate_series(1, 100);
SELECT count(*) FROM t WHERE id < 7;
SELECT 1 / (id - 1) FROM t;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM t;
FETCH 3 FROM c;
SAVEPOINT s;
SELECT 1/0;
ROLLBACK TO s;
-- Where COMMIT closes it, pg_stat_statements of 18 finds auto_explain's meter and counts the cursor's query at top level.
CLOSE c;
COMMIT;
PREPARE q (int) AS SELECT id FROM t WHERE id = $1;
EXECUTE q (1);
EXECUTE q (2);
EXPLAIN ANALYZE SELECT * FROM t;
VACUUM t;
SQL
  check_is "$2: every statement is counted by both, alike" '' psql -Atc "
    SELECT coalesce(p.query, s.query), p.calls, s.calls, p.rows, s.rows
    FROM pg_stat_statements p FULL JOIN steward.statements s USING (userid, dbid, queryid, toplevel)
    WHERE (p.calls, p.rows, p.plans, p.shared_blks_hit) IS DISTINCT FROM (s.calls, s.rows, s.plans, s.shared_blks_hit)
      AND (s.calls > 0 OR p.calls > 0) AND coalesce(s.query, p.query) !~ 'reset'"
  check_is "$2: failures are seen" '2' psql -Atc "SELECT sum(failed_calls) FROM steward.statements"
  check_like "$2: auto_explain has its plans" 'Seq Scan on t .*actual' cat "$(cluster_log "$1")"
  cluster_stop --name "$1"
}

# pgaudit keeps a stack of the statements that the executor started: its hooks must not be called outside of one.
try_audit() { # NAME LIBRARIES
  cluster_start --name "$1" --preload "$2" --conf pgaudit.log=all --conf pgaudit.log_relation=on
  cluster_env "$1"
  psql -q -c 'CREATE EXTENSION pg_steward'
  check "$2: statements of every kind run" psql -q -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g;
SELECT * FROM t WHERE a = 1 AND b = lower('X');
UPDATE t SET b = 'y' WHERE a = 2;
PREPARE q (int) AS SELECT b FROM t WHERE a = $1;
EXECUTE q (1);
DO $$ BEGIN PERFORM count(*) FROM t WHERE a < 5; END $$;
SELECT count(*) FROM steward.statements s, steward.whatif(ARRAY[s.userid], ARRAY[s.queryid], '{}', '{1}', '{""}');
SQL
  check_is "$2: and are captured" 't' psql -Atc \
    "SELECT bool_and(costable) FROM steward.plannable WHERE query ~ 'public.t ' AND query !~ 'steward'"
  check_like "$2: pgaudit logs them" 'AUDIT: SESSION,.*SELECT \* FROM t WHERE a = 1' cat "$(cluster_log "$1")"
  cluster_stop --name "$1"
}

try_order outer pg_stat_statements,auto_explain,pg_steward
try_order inner pg_steward,auto_explain,pg_stat_statements
if [ -e "$(pg_config --pkglibdir)/pgaudit.so" ]; then
  try_audit audited pgaudit,pg_steward
  try_audit auditing pg_steward,pgaudit
else
  echo "# skipped: pgaudit beside us, in both orders (the package postgresql-*-pgaudit is not installed)"
fi
checks_done
