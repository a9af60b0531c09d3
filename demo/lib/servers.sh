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

# One entry for each class, since 1.18 sizes pools by database: the pools are smaller than the application's clients.
start_pooler() {
  local class server="host=$PGHOST port=$PGPORT dbname=shop" entries=()
  for class in "${classes[@]}"; do
    entries+=(--database "shop_$class = $server user=shop_$class pool_size=${pool_size[$class]}")
  done
  pooler_start "${entries[@]}" --conf 'max_client_conn = 200' \
    --conf 'log_connections = 0' --conf 'log_disconnections = 0'
}

# pooled CLASS: libpq's options for a connection of that class through the pooler.
pooled() { echo "-h $STEWARD_SESSION/pooler -p 6432 -U shop_$1"; }

# Transactions and the microseconds they waited for a server connection, by class, since PgBouncer started.
pooler_totals() { pooler_console 'SHOW STATS_TOTALS' | awk -F '|' '{ print $1, $2, $8 }'; }
