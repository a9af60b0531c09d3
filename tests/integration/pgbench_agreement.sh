#!/bin/bash
# Agreement with pg_stat_statements, loaded beside, over pgbench's TPC-B and select-only in all three protocols: calls and
# rows of every statement are equal, and so is its time within 2 % or 0.3 us a call. What is compared is two measurements
# of the same executions, never a duration; both read the executor's own meter, so executions agree exactly. Transactions a client: AGREEMENT_TRANSACTIONS (default 2000).
#
# Two things follow from both being there: the outer of two utility hooks also measures the bookkeeping of the inner, so
# utility statements get 2 us; and pg_stat_statements clears the query id in a prepared utility statement's cached plan
# and so counts it once a session, so there the calls are compared with the number of transactions.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

transactions=${AGREEMENT_TRANSACTIONS:-2000}
clients=2
cluster_start --preload "${PRELOAD:-pg_stat_statements,pg_steward}" --conf fsync=off --conf autovacuum=off \
  --conf pg_steward.refresh=off --conf pg_steward.history_interval=0 \
  --conf track_io_timing=on
psql -qc 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION pg_steward'
pgbench -i -q -s 2 >/dev/null 2>&1

joined="SELECT p.calls AS their_calls, s.calls AS our_calls, p.rows AS their_rows, s.rows AS our_rows,
    round(p.total_exec_time::numeric, 3) AS their_time, round(s.total_exec_time::numeric, 3) AS our_time,
    round((1000 * (s.total_exec_time - p.total_exec_time) / p.calls)::numeric, 3) AS us_a_call,
    coalesce(s.query, p.query) AS query,
    coalesce(s.query, p.query) ~* '^(BEGIN|END|COMMIT)' AS utility, s.total_exec_time AS ours, p.total_exec_time AS theirs
  FROM pg_stat_statements p FULL JOIN steward.statements s USING (userid, dbid, queryid, toplevel)
  WHERE coalesce(s.query, p.query) ~* 'pgbench_|^(BEGIN|END|COMMIT)' AND coalesce(s.query, p.query) !~ 'count\(|partstrat|steward'"

run() { # MODE SCRIPT
  psql -qAtc 'SELECT pg_stat_statements_reset(), steward.reset()' >/dev/null
  pgbench -n -M "$1" -b "$2" -c $clients -j $clients -t "$transactions" >"$(session_dir)/pgbench.out" 2>&1
}
rows() { psql -Atc "SELECT * FROM ($joined) j $1"; }

for mode in simple extended prepared; do
  for script in tpcb-like select-only; do
    statements=$([ $script = tpcb-like ] && echo 7 || echo 1)
    # The counts must be right each time. A measurement may be disturbed between its two clock readings, so a statement's
    # times have five tries to agree.
    apart=all
    for try in 1 2 3 4 5; do
      run $mode $script
      check_is "$mode $script: every statement is there" "$statements" psql -Atc "SELECT count(*) FROM ($joined) j"
      check_is "$mode $script: each ran once a transaction" '' \
        rows "WHERE our_calls IS DISTINCT FROM $((transactions * clients))"
      if [ $mode = prepared ]; then cached='NOT utility AND'; else cached=''; fi
      check_is "$mode $script: calls and rows are equal" '' \
        rows "WHERE $cached (their_calls, their_rows) IS DISTINCT FROM (our_calls, our_rows)"
      apart=$(psql -Atc "SELECT query FROM ($joined) j WHERE $cached abs(ours - theirs) > greatest(0.02 * theirs,
                their_calls * CASE WHEN utility THEN 0.002 ELSE 0.0003 END)" | { [ "$apart" = all ] && cat || grep -Fx "$apart"; } || true)
      [ -n "$apart" ] || break
      echo "# try $try, apart: $apart"
    done
    check_is "$mode $script: times agree" '' echo "$apart"
    psql -c "SELECT our_calls, our_rows, their_time, our_time, us_a_call, left(query, 40) AS query
             FROM ($joined) j ORDER BY query" | sed 's/^/# /'
    case $mode in simple) column=simple_calls ;; *) column=extended_calls ;; esac
    check_is "$mode $script: the protocol is told apart" t psql -Atc "SELECT bool_and($column = calls AND
      simple_calls + extended_calls = calls) FROM steward.statements WHERE query ~ 'pgbench_' AND query !~ 'count\(|partstrat|steward'"
  done
done
check_is "generic and custom plans are told apart" "$((transactions * clients))|$((5 * clients))" psql -Atc \
  "SELECT generic_plan_calls + custom_plan_calls, custom_plan_calls FROM steward.statements WHERE query ~ '^SELECT abalance'"
check_is "nothing was lost" '0|0|0' psql -Atc 'SELECT evicted, lost, text_missing FROM steward.capture_status'
checks_done
