# Owns what the parts of the pool benchmark share: the server, PgBouncer with a size, the load and its report, the advice.
# To be sourced by pool.sh after lib.sh, pooler.sh and gates.sh.

accounts=2000000 # pgbench at scale 20: 300 MB, all of it in shared buffers
server_conf=(--conf shared_buffers=1GB --conf fsync=on --conf jit=off --conf max_parallel_workers_per_gather=0 --conf max_wal_size=8GB
  --conf checkpoint_timeout=1d --conf autovacuum=off)

sql() { PGOPTIONS='-c pg_steward.track=none -c client_min_messages=warning' psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

# make_pool_data: a server with pgbench's tables, a role for the application, and the extension
make_pool_data() {
  progress 'making the data'
  cluster_start --name pool "${server_conf[@]}" --conf max_connections=100
  pgbench -q -i -s 20 >/dev/null 2>&1
  sql -c 'CREATE EXTENSION pg_steward' -c 'CREATE ROLE app LOGIN' -c 'GRANT ALL ON ALL TABLES IN SCHEMA public TO app' \
    -c 'CREATE MATERIALIZED VIEW branch_report AS SELECT bid, sum(abalance) AS total FROM pgbench_accounts GROUP BY bid' \
    -c 'GRANT SELECT ON branch_report TO app' -c 'VACUUM ANALYZE' -c CHECKPOINT
  pooler_running=no
}

# server_limit N: max_connections of the server, restarted where it is another now
server_limit() {
  cluster_env pool
  if [ "$(sql -c 'SHOW max_connections')" = "$1" ]; then return; fi
  if [ $pooler_running = yes ]; then stop_pooler; fi
  sql -c "ALTER SYSTEM SET max_connections = $1"
  cluster_restart --name pool
}

stop_pooler() {
  local pid; pid=$(cat "$(_pooler)/pid")
  pooler_stop
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  pooler_running=no
}

# pooler_with SIZE [LINE...]: PgBouncer in front of the server with that default_pool_size; LINEs are of [databases]
pooler_with() {
  local size=$1 line lines=(); shift
  if [ $pooler_running = yes ]; then stop_pooler; fi
  for line in "$@"; do lines+=(--database "$line"); done
  pooler_start --cluster pool ${lines[@]+"${lines[@]}"} --conf max_client_conn=12000 --conf "default_pool_size=$size" \
    --conf log_connections=0 --conf log_disconnections=0 --conf query_wait_timeout=10 --conf server_login_retry=1
  pooler_running=yes
}

# resize SIZE: another default_pool_size, without a restart. All connections are made anew, once the old ones have left the server.
resize() {
  local tries=400
  pooler_console "SET default_pool_size=$1" RECONNECT >/dev/null
  while [ "$(cluster_env pool; sql -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")" != 0 ]; do
    [ $((tries--)) -gt 0 ] || { echo 'connections of the pool do not end' >&2; return 1; }
    sleep 0.05
  done
}

# load FILE OPTION...: drives a load through PgBouncer as role app; its JSON report goes to FILE. A missed promise is no failure. While
# PgBouncer refuses clients because a login of its own has failed, which it tries again each second, it is tried again.
load() {
  local file=$1 status tries=3; shift
  while true; do
    status=0
    (pooler_env; export PGUSER=app PGDATABASE=postgres
      "$STEWARD_BIN" pool verify -w --format json --console-user postgres "$@" -o "$file" 2>"$dir/load.err") || status=$?
    if [ $status = 0 ] || [ $status = 3 ]; then return 0; fi
    cat "$dir/load.err" >&2
    tail -n 5 "$(_pooler)/log" >&2
    if [ $((tries--)) -eq 0 ] || ! grep -q server_login_retry "$dir/load.err"; then return $status; fi
    sleep 2
  done
}

# json FILE EXPRESSION...: values of a JSON file, as Perl: $r is the document, $c its first class, $p its first pool
json() {
  perl -MJSON::PP -MList::Util=sum0,first,max -e 'my $file = shift; open my $in, "<", $file or die "$file: $!"; local $/; my $r = decode_json(<$in>);
    my ($c, $p) = ($r->{classes}[0], $r->{pools}[0]);
    print join(" ", map { my $v = eval $_; die $@ if $@; defined $v ? $v : "-" } @ARGV), "\n"' "$@"
}

# ms VALUE..., percent VALUE...: for people
percent() { awk -v v="$1" 'BEGIN { printf "%.1f %%", 100 * v }'; }

# forget: what has been captured so far
forget() { (cluster_env pool; sql -o /dev/null -c 'SELECT steward.reset()'); }

# advise FILE OPTION...: pool advice on what has been captured since, as JSON
advise() {
  local file=$1; shift
  (cluster_env pool; "$STEWARD_BIN" advise pool -w --no-save --format json "$@" -o "$file")
}

# workload NAME: the statements of one request
workload() {
  local aid=":random(1,$accounts,aid)" scan='SELECT sum(abalance), avg(length(filler)) FROM pgbench_accounts WHERE aid <='
  case "$1" in
    cpu) printf '%s\n' "sql_key = SELECT abalance FROM pgbench_accounts WHERE aid = $aid" 'weight_key = 70' "sql_scan = $scan 700000" 'weight_scan = 30' ;;
    cheap) printf '%s\n' "sql_key = SELECT abalance FROM pgbench_accounts WHERE aid = $aid" 'weight_key = 70' \
      'sql_scan = SELECT sum(total) FROM branch_report' 'weight_scan = 30' ;;
    nothing) echo 'sql = SELECT 1' ;;
    nothing_tpcb) echo 'sql = BEGIN; SELECT 1; SELECT 1; SELECT 1; SELECT 1; SELECT 1; END' ;;
    select) echo "sql = SELECT abalance FROM pgbench_accounts WHERE aid = $aid" ;;
    tpcb) echo "sql = BEGIN; UPDATE pgbench_accounts SET abalance = abalance + :random(1,1000,delta) WHERE aid = $aid; SELECT abalance FROM pgbench_accounts WHERE aid = :aid;" \
      "UPDATE pgbench_tellers SET tbalance = tbalance + :delta WHERE tid = :random(1,200,tid); UPDATE pgbench_branches SET bbalance = bbalance + :delta WHERE bid = :random(1,20,bid);" \
      "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (:tid, :bid, :aid, :delta, CURRENT_TIMESTAMP); END" ;;
    mixed | mixed_short) printf '%s\n' "sql_key = SELECT abalance FROM pgbench_accounts WHERE aid = $aid" 'weight_key = 98' \
      "sql_scan = $scan $([ "$1" = mixed ] && echo 400000 || echo 40000)" 'weight_scan = 2' ;;
    hold) echo "sql = SELECT abalance, pg_sleep(0.02) FROM pgbench_accounts WHERE aid = $aid" ;;
    long) echo "sql = SELECT abalance FROM pgbench_accounts WHERE aid = $aid; \\sleep 300ms; SELECT 1" ;;
  esac
}

# load_file WORKLOAD SETTING...: writes and names the file of one class
load_file() {
  local name=$1; shift
  { printf '[%s]\napplication_name = shop\n' "$name"; workload "$name"; printf '%s\n' "$@"; } >"$dir/load.ini"
  echo "$dir/load.ini"
}
