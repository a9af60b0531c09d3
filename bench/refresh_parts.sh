# Owns the parts of bench/refresh.sh, each of which schedules what it needs, measures, prints and adds its gates.
# To be sourced by it after lib.sh and gates.sh; needs "orders" and "seconds". Leaves pg_cron to refresh_cron.sh.
refresh_conf=(--conf fsync=on --conf autovacuum=off --conf jit=off --conf shared_buffers=512MB --conf work_mem=64MB
  --conf max_wal_size=4GB --conf checkpoint_timeout=1h --conf max_parallel_workers_per_gather=0 --conf max_worker_processes=32)

sql() { psql -qXAt -F ' ' -v ON_ERROR_STOP=1 "$@"; }
ms() { awk -v us="$1" 'BEGIN { printf "%.1f", us / 1000 }'; }

# wait_for SECONDS QUERY: until it gives t
wait_for() {
  local end=$((SECONDS + $1))
  while [ "$(sql -c "$2")" != t ]; do
    if [ $SECONDS -ge $end ]; then progress_end; echo "gave up after $1 s waiting for: $2" >&2; return 1; fi
    sleep 0.5
  done
}

make_schema() {
  progress "loading $orders orders"
  cluster_start --name template --no-preload "${refresh_conf[@]}"
  sql -o /dev/null -v "orders=$orders" -f "$bench/refresh.sql"
  cluster_stop --name template
}

# The server of all parts, with nothing scheduled. Commit timestamps tell when a decision was written down.
steward_up=no
steward_ready() {
  if [ $steward_up = no ]; then
    cluster_start --name steward --preload pg_steward --data "$(cluster_data template)" "${refresh_conf[@]}" \
      --conf track_commit_timestamp=on --conf pg_steward.history_interval=0
    sql -c 'CREATE EXTENSION pg_steward' -c 'CREATE EXTENSION pgstattuple'
    steward_up=yes
  fi
  cluster_env steward
  sql -c 'SELECT steward.unschedule_refresh(relid) FROM steward.refresh_schedule' >/dev/null
}

last_run() { sql -c 'SELECT coalesce(max(refresh_id), 0) FROM steward.refresh_log'; }

# schedule PATTERN LIMIT ARGUMENTS: the first LIMIT views of that name. Calls that follow each other give grids that lie some
# microseconds apart; here all are due at the same instants.
schedule() {
  sql -o /dev/null <<<"BEGIN; SELECT steward.schedule_refresh(oid, $3) FROM (SELECT oid FROM pg_class WHERE relkind = 'm' AND relname ~ '$1'
      ORDER BY length(relname), relname LIMIT $2) v;
    UPDATE steward.refresh_schedule SET changed_at = now(); COMMIT;"
}

# All that is scheduled has been refreshed, and nothing was in the last seconds, in which counters have settled.
settle() {
  progress 'waiting until all views are fresh'
  wait_for 120 "SELECT (SELECT count(*) FROM steward.refresh_schedule) = (SELECT count(*) FROM steward.refresh_state WHERE seen_change > 0)
    AND (SELECT max(finished_at) < clock_timestamp() - interval '14 s' FROM steward.refresh_log)"
}

# Nanoseconds of CPU time that the worker has used; empty: there is none
worker_pid() { sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_steward worker' LIMIT 1"; }
cpu_ns() { awk '{ print $1 }' "/proc/$1/schedstat"; }
# How often the worker has looked: each look reads the schedules once (ours read them by other ways, or rarely).
looks() { sql -c "SELECT seq_scan FROM pg_stat_all_tables WHERE relid = 'steward.refresh_schedule'::regclass"; }

# ---- parts a and b ----------------------------------------------------------------------------------------------------
# session_cost METHOD: CPU and wall milliseconds of refreshing the 200 in one session
session_cost() {
  {
    echo "SELECT pg_backend_pid() AS pid \\gset"
    printf '%s\n' '\setenv PID :pid' '\! awk "{ print \$1 }" /proc/$PID/schedstat; date +%s%N'
    for i in $(seq 200); do echo "REFRESH MATERIALIZED VIEW $1 mv_d_$i;"; done
    printf '%s\n' '\! awk "{ print \$1 }" /proc/$PID/schedstat; date +%s%N'
  } >"$dir/session.sql"
  sql -f "$dir/session.sql" | awk '{ v[NR] = $1 } END { printf "%.1f %.1f\n", (v[3] - v[1]) / 1e6, (v[4] - v[2]) / 1e6 }'
}

# rounds PERIOD COUNT: of what is scheduled, all at the same instants, each round's milliseconds from the instant to the
# commit that says that nothing has changed, as lines of file "rounds"; "round_cpu" is the worker's milliseconds a round.
rounds() {
  local period=$1 count=$2 before after pid first last
  first=$(last_run)
  : >"$dir/rounds.raw"
  pid=$(worker_pid); before=$(cpu_ns "$pid")
  progress "$count rounds"
  for ((i = 0; i < count * period * 2; i++)); do
    sql >>"$dir/rounds.raw" -c "SELECT extract(epoch FROM min(slot)), round(1000 * extract(epoch FROM
      max(pg_xact_commit_timestamp(xmin)) - (min(slot) - interval '$period s')), 2) FROM steward.refresh_state
      HAVING min(slot) = max(slot)"
    sleep 0.5
  done
  after=$(cpu_ns "$pid") # fails when the worker has left in between: then nothing was measured
  last=$(last_run)
  sort -u "$dir/rounds.raw" | awk 'NR > 1 { print $2 }' >"$dir/rounds" # the first was before
  round_cpu=$(awk -v d=$((after - before)) -v n="$(wc -l <"$dir/rounds")" 'BEGIN { printf "%.2f", d / 1e6 / n }')
  if [ "$first" != "$last" ]; then echo "  $((last - first)) views were refreshed, though nothing had changed"; fi
}
spread() { sort -n "$1" | awk '{ v[NR] = $1 } END { printf "%.1f (%.1f to %.1f, %d rounds)", v[int((NR + 1) / 2)], v[1], v[NR], NR }'; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

part_a() {
  local plain concurrently cheapest
  progress 'refreshing 200 views in a session'
  read -r -a plain <<<"$(session_cost '')"
  read -r -a concurrently <<<"$(session_cost CONCURRENTLY)"
  schedule '^mv_d_' 200 "every => '3 s'"
  settle
  rounds 3 10
  progress_end
  printf '\na. 200 views, milliseconds\n  %-52s %10s %s\n' '' CPU 'from due to done'
  printf '  %-52s %10s %s\n' 'REFRESH of all in one session' "${plain[@]}" 'REFRESH CONCURRENTLY of all in one session' \
    "${concurrently[@]}" 'a round in which nothing has changed' "$round_cpu" "$(spread "$dir/rounds")"
  cheapest=$(printf '%s\n' "${plain[0]}" "${concurrently[0]}" | sort -n | head -n 1)
  gate 'a: refreshing over a round without changes, CPU' "$(awk "BEGIN { printf \"%.0f\", $cheapest / $round_cpu }")" '>=' 100
}

part_b() {
  schedule '^mv_d_' 100 "every => '2 s'"
  settle
  rounds 2 15
  progress_end
  printf '\nb. 100 views due at once, nothing changed: milliseconds until all are decided\n'
  printf '  %-52s %10s\n' 'worker CPU a round' "$round_cpu" 'from due to committed, median (least to most)' "$(spread "$dir/rounds")"
  gate 'b: 100 due and unchanged, median ms until decided' "$(median "$dir/rounds")" '<' 20
}

# ---- part c -----------------------------------------------------------------------------------------------------------
# Runs after FIRST: how many, lateness in ms p50, p99, most; then the same of those due while no run was under way.
lateness() {
  sql -c "WITH run AS (SELECT 1000 * extract(epoch FROM r.started_at - r.scheduled_at) AS late, EXISTS (SELECT FROM steward.refresh_log o
      WHERE o.refresh_id > $1 - 50 AND o.refresh_id <> r.refresh_id AND o.started_at < r.scheduled_at AND o.finished_at > r.scheduled_at) AS busy
    FROM steward.refresh_log r WHERE r.refresh_id > $1)
    SELECT count(*), round((percentile_cont(0.5) WITHIN GROUP (ORDER BY late))::numeric, 1),
      round((percentile_cont(0.99) WITHIN GROUP (ORDER BY late))::numeric, 1), round(max(late)::numeric, 1) FROM run
    UNION ALL
    SELECT count(*), round((percentile_cont(0.5) WITHIN GROUP (ORDER BY late))::numeric, 1),
      round((percentile_cont(0.99) WITHIN GROUP (ORDER BY late))::numeric, 1), round(max(late)::numeric, 1) FROM run WHERE NOT busy"
}

# Of the first view of part c: ms a second by which its last third of runs is later than the first, by their medians; instants
# of its grid without a run; mean ms from run to run. None begins before its instant, so only growing later is a drift.
drift() {
  sql -c "WITH run AS (SELECT started_at AS at, scheduled_at, 1000 * extract(epoch FROM started_at - scheduled_at) AS late,
      ntile(3) OVER (ORDER BY scheduled_at) AS third FROM steward.refresh_log WHERE refresh_id > $1 AND matviewname = 'mv_t_1')
    SELECT round(((percentile_cont(0.5) WITHIN GROUP (ORDER BY late) FILTER (WHERE third = 3) - percentile_cont(0.5) WITHIN GROUP (ORDER BY late)
        FILTER (WHERE third = 1)) / extract(epoch FROM max(at) - min(at)) * 1.5)::numeric, 3),
      round(extract(epoch FROM max(scheduled_at) - min(scheduled_at))) + 1 - count(DISTINCT scheduled_at),
      round((1000 * extract(epoch FROM max(at) - min(at)) / (count(*) - 1))::numeric, 3) FROM run"
}

# punctuality TITLE: ten views with a period of 1 s each, a tenth of a second apart, beside what is scheduled already
punctuality() {
  local first all free slope
  for i in $(seq 10); do echo "SELECT steward.schedule_refresh('mv_t_$i', every => '1 s'); SELECT pg_sleep(0.1);"; done | sql -o /dev/null
  sleep 5
  first=$(last_run)
  progress "$1: $seconds s"
  sleep "$seconds"
  { read -r -a all; read -r -a free; } <<<"$(lateness "$first")"
  read -r -a slope <<<"$(drift "$first")"
  progress_end
  printf '  %-46s %6s %8s %8s %8s\n' "$1, all runs" "${all[@]}" '    due while the worker had no run' "${free[@]}"
  printf '    one of them: mean interval %s ms, drift %s ms a second, %s instants without a run\n' "${slope[2]}" "${slope[0]}" "${slope[1]}"
  gate "c: $1, p99 ms late, worker free" "${free[2]}" '<' 20
  gate "c: $1, drift of a 1 s job, ms a second" "${slope[0]}" '<' 0.1
  gate "c: $1, instants of a 1 s job without a run" "${slope[1]}" '<=' 0
}

part_c() {
  local first
  printf '\nc. refreshes of tiny views by the clock: milliseconds late\n  %-46s %6s %8s %8s %8s\n' '' runs p50 p99 most
  punctuality 'every 1 s'
  steward_ready
  schedule '^mv_d_' 200 "every => '1 h'"
  settle
  punctuality 'every 1 s beside 200 others'
  steward_ready
  schedule '^mv_t_' 10 "every => '2 s'"
  sleep 3; first=$(last_run); sleep 20
  printf '  %-46s %6s %8s %8s %8s\n' 'ten at one instant, every 2 s' $(lateness "$first" | head -n 1)
  steward_ready
  cron_punctuality
}

# ---- part d -----------------------------------------------------------------------------------------------------------
write_script() {
  printf '%s\n' "\\set c random(1, $((orders / 10)))" '\set p random(1, 10000)' '\set d random(0, 729)' \
    "INSERT INTO orders (customer_id, product_id, order_date, qty, amount, status) VALUES (:c, :p, date '2024-01-01' + :d, 1, 10, 'new');"
}

# staleness FIRST BEGAN: of the runs after FIRST: runs, refreshed views, staleness by their own account in s p50, p99, most,
# and over the promise of 10 s; the same from times alone: a change right behind a snapshot, or right after writes BEGAN, is
# missing until the next refresh of the view ends.
staleness() {
  sql -c "WITH run AS (SELECT relid, extract(epoch FROM staleness_before) AS own, extract(epoch FROM finished_at -
        coalesce(lag(started_at) OVER (PARTITION BY relid ORDER BY refresh_id), '$2')) AS bound FROM steward.refresh_log WHERE refresh_id > $1 AND result IN ('ok', 'unchanged')),
      figure AS (SELECT own, bound, relid FROM run)
    SELECT count(*), count(DISTINCT relid), round((percentile_cont(0.5) WITHIN GROUP (ORDER BY own))::numeric, 2),
      round((percentile_cont(0.99) WITHIN GROUP (ORDER BY own))::numeric, 2), round(max(own), 2), count(*) FILTER (WHERE own > 10),
      round((percentile_cont(0.5) WITHIN GROUP (ORDER BY bound))::numeric, 2),
      round((percentile_cont(0.99) WITHIN GROUP (ORDER BY bound))::numeric, 2), round(max(bound), 2), count(*) FILTER (WHERE bound > 10) FROM figure"
}

part_d() {
  local first began looked cpu s failed
  schedule '^mv_d_' 200 "max_staleness => '10 s'"
  settle
  write_script >"$dir/write.pgbench"
  first=$(last_run); looked=$(looks); cpu=$(cpu_children); began=$(sql -c 'SELECT clock_timestamp()')
  progress "200 views under writes: $seconds s"
  pgbench -n -c 2 -j 1 -R 100 -T "$seconds" -f "$dir/write.pgbench" >"$dir/write.log" 2>&1
  cpu=$(awk -v a="$cpu" -v b="$(cpu_children)" -v s="$seconds" 'BEGIN { printf "%.0f", 100 * (b - a) / s }')
  sleep 11 # statistics of the worker, and the last promises
  read -r -a s <<<"$(staleness "$first" "$began")"
  failed=$(sql -c "SELECT count(*) FROM steward.refresh_log WHERE refresh_id > $first AND result NOT IN ('ok', 'unchanged')")
  looked=$(($(looks) - looked))
  progress_end
  printf '\nd. 200 views promised 10 s, %s: %s refreshes of %s views, %s failed; workers took %s %% of a core, %s looks\n' \
    "$(awk '/^tps/ { printf "%.0f single-row writes a second", $3 }' "$dir/write.log")" "${s[0]}" "${s[1]}" "$failed" "$cpu" "$looked"
  printf '  %-46s %8s %8s %8s %8s\n' 'seconds of staleness when a refresh ended' p50 p99 most '> 10 s' \
    'by history' "${s[@]:2:4}" 'bound from times alone' "${s[@]:6:4}"
  gate 'd: views refreshed' "${s[1]}" '>=' 200
  gate 'd: promises missed, by history' "${s[5]}" '<=' 0
  gate 'd: promises missed, from times alone' "${s[9]}" '<=' 0
}
# CPU seconds of all workers that the server has had: those that ended count with their parent.
cpu_children() {
  local postmaster; postmaster=$(postmaster steward)
  { awk '{ print $16 + $17 }' "/proc/$postmaster/stat"; for pid in $(worker_pid); do awk '{ print $14 + $15 }' "/proc/$pid/stat"; done; } |
    awk -v hz="$(getconf CLK_TCK)" '{ sum += $1 } END { print sum / hz }'
}

# ---- part e -----------------------------------------------------------------------------------------------------------
# read_under SECONDS LABEL: point reads of mv_b; "service" is their times in ms without waiting for their turn: how many, p50,
# p99.9, most
read_under() {
  printf '%s\n' "\\set c random(1, $((orders / 10)))" 'SELECT n FROM mv_b WHERE customer_id = :c;' >"$dir/read.pgbench"
  rm -f "$dir"/reads.*
  pgbench -n -c 4 -j 1 -R 300 -T "$1" -f "$dir/read.pgbench" -l --log-prefix="$dir/reads" >/dev/null 2>&1
  service=$(awk '{ print $3 - $7 }' "$dir"/reads.* | sort -n | awk '{ v[NR] = $1 }
    END { printf "%d %.1f %.1f %.1f", NR, v[int((NR + 1) / 2)] / 1000, v[int(NR * 0.999)] / 1000, v[NR] / 1000 }')
}

part_e() {
  local first writer runs
  progress 'readers'
  read_under 10
  progress_end
  printf '\ne. 300 point reads a second of a view of %d rows, milliseconds\n  %-46s %6s %8s %8s %8s\n' $((orders / 10)) '' reads p50 p99.9 most
  # shellcheck disable=SC2086
  printf '  %-46s %6s %8s %8s %8s\n' 'nothing else' $service
  schedule '^mv_b$' 1 "max_staleness => '3 s'"
  schedule '^mv_d_' 50 "max_staleness => '10 s'"
  settle
  write_script >"$dir/write.pgbench"
  first=$(last_run)
  progress 'readers, writers and refreshes'
  pgbench -n -c 1 -R 50 -T 30 -f "$dir/write.pgbench" >"$dir/write.log" 2>&1 & writer=$!
  read_under 30
  wait $writer
  runs=$(sql -c "SELECT count(*) FILTER (WHERE matviewname = 'mv_b') || ' of it, ' || count(*) FILTER (WHERE matviewname <> 'mv_b') || ' of others'
    FROM steward.refresh_log WHERE refresh_id > $first AND result = 'ok'")
  progress_end
  # shellcheck disable=SC2086
  printf '  %-46s %6s %8s %8s %8s\n' "writes, refreshes: $runs" $service
  gate 'e: longest a reader waited, ms' "${service##* }" '<' 100
  steward_ready
  cron_readers
}

# ---- part f -----------------------------------------------------------------------------------------------------------
dead_rows() {
  sql -c "SELECT sum((pgstattuple(oid)).dead_tuple_count) FROM pg_class WHERE relkind = 'r' AND relnamespace = '$1'::regnamespace"
}
wal_at() { sql -c "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"; }
history_bytes() { sql -c "SELECT pg_total_relation_size('steward.refresh_log')"; }
per() { awk -v n="$1" -v of="$2" 'BEGIN { printf "%.1f", n / of }'; }

part_f() {
  local first runs wal own catalogs state bytes updated
  progress 'WAL and dead rows of REFRESH in a session'
  sql -o /dev/null -c CHECKPOINT -c 'VACUUM'
  wal=$(wal_at) catalogs=$(dead_rows pg_catalog)
  session_cost CONCURRENTLY >/dev/null
  wal=$(per $(($(wal_at) - wal)) 200) catalogs=$(per $(($(dead_rows pg_catalog) - catalogs)) 200)
  progress_end
  printf '\nf. a run of a small view, REFRESH CONCURRENTLY of %s\n  %-46s %10s %14s %14s %14s\n' 'four rows' '' 'WAL bytes' \
    'history bytes' 'dead, catalogs' 'dead, steward'
  printf '  %-46s %10s %14s %14s %14s\n' 'in a session' "$wal" - "$catalogs" -
  schedule '^mv_d_' 200 "every => '2 s'"
  settle
  sql -o /dev/null -c CHECKPOINT -c 'VACUUM'
  settle
  first=$(last_run) wal=$(wal_at) catalogs=$(dead_rows pg_catalog) state=$(dead_rows steward) bytes=$(history_bytes)
  sql -o /dev/null -c "UPDATE orders SET qty = qty WHERE order_id = 1"
  wait_for 60 "SELECT count(*) >= 200 FROM steward.refresh_log WHERE refresh_id > $first"
  wal=$(($(wal_at) - wal)) catalogs=$(($(dead_rows pg_catalog) - catalogs)) state=$(($(dead_rows steward) - state)) bytes=$(($(history_bytes) - bytes))
  read -r runs own <<<"$(sql -c "SELECT count(*), round(avg(wal_bytes)) FROM steward.refresh_log WHERE refresh_id > $first")"
  printf '  %-46s %10s %14s %14s %14s\n' "by pg_steward, $runs runs" "$(per $wal "$runs")" "$(per $bytes "$runs")" "$(per $catalogs "$runs")" \
    "$(per $state "$runs")" '  of that by history the refresh itself' "$own" - - -
  updated=$(sql -c "SELECT n_tup_upd + n_tup_del FROM pg_stat_all_tables WHERE relid = 'steward.refresh_log'::regclass")
  gate 'f: rows of history changed or removed' "$updated" '<=' 0
  gate 'f: runs for one change of 200 views' "$runs" '<=' 200
}
