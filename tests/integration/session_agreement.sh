#!/bin/bash
# H8, H10, H15: random sessions of transactions, savepoints, cursors, errors, procedures that commit, exception blocks and
# prepared statements: every statement has the calls, plans and rows that pg_stat_statements counts, in either load order.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

session() { # SEED
  perl -e '
    srand($ARGV[0]);
    for my $i (1 .. 1500) {
      my $older = $i - int rand 10;
      my @steps = ("BEGIN", "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", "COMMIT", "ROLLBACK", "SELECT 1/0",
        "DECLARE c$i CURSOR FOR SELECT a FROM generate_series(1, 9) a", "DECLARE h$i CURSOR WITH HOLD FOR SELECT a FROM t",
        "FETCH 2 FROM c$older", "FETCH 1 FROM h$older", "SELECT count(*) FROM t WHERE a = $i % 3", "SELECT fails(3)",
        "CALL commits()", "PREPARE p$i AS SELECT \$1 + 1; EXECUTE p$i(4)", "EXPLAIN ANALYZE SELECT * FROM t",
        "DO \$\$ BEGIN BEGIN PERFORM 1/0; EXCEPTION WHEN OTHERS THEN PERFORM count(*) FROM t; END; END \$\$");
      print $steps[rand @steps], ";\n";
    }' "$1"
}
differences="SELECT p.toplevel, p.query, p.calls, s.calls, p.rows, s.rows, p.plans, s.plans FROM pg_stat_statements p
  FULL JOIN (SELECT * FROM steward.statements WHERE calls > 0 OR plans > 0) s USING (userid, dbid, queryid, toplevel)
  WHERE coalesce(p.query, s.query) !~ 'reset' AND (p.calls, p.rows, p.plans) IS DISTINCT FROM (s.calls, s.rows, s.plans)"

for order in pg_stat_statements,pg_steward pg_steward,pg_stat_statements; do
  name=${order%%,*}
  cluster_start --name "$name" --preload $order --conf pg_steward.refresh=off --conf pg_steward.history_interval=0 \
    --conf pg_steward.track=all --conf pg_stat_statements.track=all \
    --conf pg_stat_statements.track_planning=on --conf pg_steward.slow_min_duration=0 --conf autovacuum=off \
    --conf pg_steward.refresh=off
  psql -q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE EXTENSION pg_stat_statements;
CREATE TABLE t AS SELECT 1 AS a;
CREATE FUNCTION fails(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF n = 0 THEN RETURN (SELECT count(*) FROM t WHERE 1 / (a - 1) > 0); END IF;
    BEGIN RETURN fails(n - 1); EXCEPTION WHEN OTHERS THEN RETURN (SELECT count(*) FROM t) + n; END;
END $$;
CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    FOR r IN SELECT a FROM generate_series(1, 5) a LOOP
        INSERT INTO t VALUES (r.a);
        IF r.a % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
    END LOOP;
END $$;
SQL
  for seed in 5 11; do
    # Once more where the launcher kept the lock for so long that a statement was not counted, which is told.
    for _ in 1 2; do
      { echo 'SELECT pg_stat_statements_reset(), steward.reset();'; session $seed; } | psql -qAt >/dev/null 2>&1
      [ "$(psql -At -c 'SELECT lost FROM steward.capture_status')" = 0 ] && break
    done
    check_is "session $seed agrees with pg_stat_statements ($order)" '' psql -At -c "$differences"
    check_is "and it was long enough ($order)" t psql -At -c 'SELECT sum(calls) > 900 FROM pg_stat_statements'
  done
  cluster_stop --name "$name"
done
checks_done
