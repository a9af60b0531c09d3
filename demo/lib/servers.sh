# Owns the demo's servers: a throw-away cluster set up like a small production server, and in front of it a real
# PgBouncer with one transaction pool for each class of the application. Sourced by run.sh after the test harness, whose
# session stops and removes both however the demo ends.

start_cluster() {
  # Two cores: no parallel query, no JIT. Autovacuum is off so that it disturbs neither of the two measured runs; both
  # start from tables that were just analysed.
  cluster_start --preload pg_stat_statements,pg_steward \
    --conf shared_buffers=256MB --conf effective_cache_size=1GB --conf work_mem=16MB --conf random_page_cost=1.1 \
    --conf max_connections=60 --conf max_wal_size=4GB --conf checkpoint_timeout=15min --conf fsync=on \
    --conf max_parallel_workers_per_gather=0 --conf jit=off --conf autovacuum=off --conf track_io_timing=on \
    --conf pg_steward.slow_min_duration=50ms --conf pg_steward.sample_rate=0.1
  createdb shop
  export PGDATABASE=shop
}

# psql as the administrator who runs this demo; the steward does not watch its own showman.
query() { PGOPTIONS='-c pg_steward.track=none -c client_min_messages=warning' psql -X -q -v ON_ERROR_STOP=1 "$@"; }

pooler_dir() { echo "$(session_dir)/pgbouncer"; }

# One entry for each class, since 1.18 sizes pools by database: the application's pools are smaller than its clients.
write_pooler_ini() {
  local dir=$1 class
  {
    echo '[databases]'
    for class in "${classes[@]}"; do
      echo "shop_$class = host=$PGHOST port=$PGPORT dbname=shop user=shop_$class pool_size=${pool_size[$class]}"
    done
    echo '[pgbouncer]'
    echo 'pool_mode = transaction'
    echo 'listen_addr ='
    echo 'listen_port = 6432'
    echo "unix_socket_dir = $dir"
    echo 'auth_type = trust'
    echo "auth_file = $dir/users.txt"
    echo 'stats_users = postgres'
    echo 'max_client_conn = 200'
    echo 'server_reset_query ='
    echo 'ignore_startup_parameters = extra_float_digits'
    echo "logfile = $dir/log"
    echo 'log_connections = 0'
    echo 'log_disconnections = 0'
    echo "pidfile = $dir/pid"
  } >"$dir/pgbouncer.ini"
  {
    echo '"postgres" ""'
    for class in "${classes[@]}"; do echo "\"shop_$class\" \"\""; done
  } >"$dir/users.txt"
}

start_pooler() {
  local dir tries=100
  dir=$(pooler_dir)
  mkdir -p "$dir"
  write_pooler_ini "$dir"
  # The pooler refuses to run as root and writes its socket and log here.
  if [ "$(id -u)" = 0 ]; then chown -R --reference="$(cluster_data)" "$dir"; fi
  as_server setsid pgbouncer -q "$dir/pgbouncer.ini" >"$dir/stderr" 2>&1 </dev/null &
  disown
  until [ -S "$dir/.s.PGSQL.6432" ]; do
    [ $((tries--)) -gt 0 ] || { cat "$dir/stderr" "$dir/log" >&2; return 1; }
    sleep 0.05
  done
  at_exit stop_pooler
}

stop_pooler() { [ -e "$STEWARD_SESSION/keep" ] || kill "$(cat "$(pooler_dir)/pid")"; }

# Transactions and the microseconds they waited for a server connection, by class, since PgBouncer started.
pooler_totals() {
  psql -X -h "$(pooler_dir)" -p 6432 -d pgbouncer -At -F ' ' -c 'SHOW STATS_TOTALS' | awk '{ print $1, $2, $8 }'
}
