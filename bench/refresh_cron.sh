# Owns what bench/refresh.sh measures of pg_cron (Debian's package), driving REFRESH, beside pg_steward. To be sourced by it.
# Says so and does nothing where pg_cron is not in build/pgtree.
cron_package() { echo "postgresql-$("$PG_CONFIG" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')-cron"; }
need_cron() {
  has_module pg_cron && return
  skip "pg_cron in part $1, because it is not in build/pgtree (install the Debian package $(cron_package), then:" \
    "rm -rf build/pgtree; make pgtree)"
  return 1
}

# A server with the same data; cron_stop ends it.
cron_start() {
  cluster_start --name "cron_$1" --preload pg_cron --data "$(cluster_data template)" "${refresh_conf[@]}" \
    --conf cron.database_name=postgres --conf cron.use_background_workers=on
  sql -c 'CREATE EXTENSION pg_cron'
}
cron_stop() { sql -o /dev/null -c 'SELECT cron.unschedule(jobid) FROM cron.job'; cluster_stop --name "cron_$1"; cluster_env steward; }

# Debian's version knows minutes only: ten jobs at one minute.
cron_punctuality() {
  need_cron c || return 0
  cron_start c
  progress 'pg_cron: waiting for the minute'
  sql -o /dev/null -c "SELECT cron.schedule('mv_t_' || i, '* * * * *', 'REFRESH MATERIALIZED VIEW CONCURRENTLY mv_t_' || i) FROM generate_series(1, 10) i"
  wait_for 75 "SELECT count(*) >= 10 FROM cron.job_run_details WHERE status = 'succeeded'"
  progress_end
  # shellcheck disable=SC2046
  printf '  %-46s %6s %8s %8s %8s\n' "pg_cron $(sql -c "SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'"), ten at one minute" $(sql -c "
    SELECT count(*), round((percentile_cont(0.5) WITHIN GROUP (ORDER BY late))::numeric, 1),
      round((percentile_cont(0.99) WITHIN GROUP (ORDER BY late))::numeric, 1), round(max(late)::numeric, 1)
      FROM (SELECT 1000 * extract(epoch FROM start_time - date_trunc('minute', start_time)) AS late FROM cron.job_run_details) run")
  cron_stop c
}

# Readers around one minute at which pg_cron refreshes their view, plainly and then concurrently.
cron_readers() {
  need_cron e || return 0
  local how writer
  cron_start e
  for how in '' CONCURRENTLY; do
    sql -o /dev/null -c "SELECT cron.schedule('mv_b', '* * * * *', 'REFRESH MATERIALIZED VIEW $how mv_b')"
    progress "pg_cron: readers around REFRESH $how"
    sleep $(((115 - 10#$(date +%S)) % 60)) # until five seconds before the minute
    pgbench -n -c 1 -R 50 -T 20 -f "$dir/write.pgbench" >"$dir/write.log" 2>&1 & writer=$!
    read_under 20
    wait $writer
    progress_end
    # shellcheck disable=SC2086
    printf '  %-46s %6s %8s %8s %8s\n' "pg_cron, writes, one REFRESH${how:+ $how}" $service
    if [ "$(sql -c "SELECT count(*) >= 1 FROM cron.job_run_details WHERE status = 'succeeded'")" != t ]; then
      sql -c 'SELECT status, return_message, start_time FROM cron.job_run_details' >&2
    fi
    sql -o /dev/null -c 'DELETE FROM cron.job_run_details'
  done
  cron_stop e
}
