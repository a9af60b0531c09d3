# Parts a and b of the pool benchmark. To be sourced by pool.sh after pool_servers.sh.

promises() { printf '  %-46s %9s %9s %9s %9s %9s %9s\n' "$@"; }

# clients_of FILE: what clients saw: served a second, timeouts, P95 ms, utilization, healthy connections, machine CPU
clients_of() {
  json "$1" 'sprintf("%.1f", $c->{throughput})' 'sprintf("%.3f", $c->{timeout_ratio})' 'sprintf("%.1f", $c->{response}{p95_time} // 0)' \
    '$c->{pool} ? sprintf("%.3f", $c->{pool}{utilization}) : "-"' \
    'sprintf("%.4f", 1 - $c->{connections_lost} / max(1, $c->{connections}))' 'sprintf("%.2f", $r->{machine_cpu})'
}

# worst "STATE" FIELD MOST|LEAST, median "STATE" FIELD: of the rounds in file "rounds", lines "STATE served timeouts P95 busy healthy CPU"
worst() { awk -v state="$1" -v f="$2" -v way="$3" '$1 == state { if (!n++ || (way == "MOST" ? $f > w : $f < w)) w = $f } END { print w }' "$dir/rounds"; }
median() { awk -v state="$1" -v f="$2" '$1 == state { print $f }' "$dir/rounds" | sort -g | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }
medians() { local field; for field in 2 3 4 5 6 7; do median "$1" $field; done; }

# ratio NUMERATOR DENOMINATOR FIELD: geometric mean of the ratios within a round, and its 95 % interval (t of the logarithms)
ratio() {
  perl -e 'my ($top, $under, $field) = @ARGV; my (%x); open my $in, "<", "'"$dir"'/rounds"; while (<$in>) { my @f = split; push @{$x{$f[0]}}, $f[$field - 1] }
    my @l = map { log($x{$top}[$_] / $x{$under}[$_]) } 0 .. $#{$x{$top}}; my $n = @l; my $m = 0; $m += $_ / $n for @l; my $v = 0; $v += ($_ - $m) ** 2 / ($n - 1) for @l;
    my @t = (0, 12.71, 4.303, 3.182, 2.776, 2.571, 2.447); my $e = ($t[$n - 1] // 2.4) * sqrt($v / $n);
    printf "%.3g [%.3g, %.3g]\n", exp($m), exp($m - $e), exp($m + $e)' "$@"
}

# before_after TITLE WORKLOAD FIXED SIZE POOL LIMIT P95: rounds of the starting point and of what was advised, 500 users both, in
# turn; gates hold the worst round of what was advised to the promises
before_after() {
  local title=$1 round
  : >"$dir/rounds"
  for ((round = 1; round <= rounds_a; round++)); do
    progress "$title: round $round of $rounds_a"
    server_limit 100
    pooler_with 40
    load "$dir/before.json" --load "$(load_file "$2" 'users = 500' 'think_time = 200ms' 'app_pool = 30' 'acquire_timeout = 1s')" --warmup 2s --duration 6s
    echo "before $(clients_of "$dir/before.json")" >>"$dir/rounds"
    server_limit "$6"
    pooler_with "$4"
    load "$dir/after.json" --load "$(load_file "$3" 'users = 500' 'think_time = 200ms' "app_pool = $5" 'acquire_timeout = 1s')" --warmup 2s --duration 6s
    echo "after $(clients_of "$dir/after.json")" >>"$dir/rounds"
  done
  progress_end
  # shellcheck disable=SC2046
  promises "  before, 500 users (median of $rounds_a)" $(medians before)
  # shellcheck disable=SC2046
  promises "  after: pool $4, application $5, limit $6" $(medians after)
  echo "    served after / before $(ratio after before 2), P95 before / after $(ratio before after 4) (95 % intervals)"
  gate "$title, timeouts before (least)" "$(worst before 3 LEAST)" '>=' 0.7
  gate "$title, timeouts (worst round)" "$(worst after 3 MOST)" '<' 0.05
  gate "$title, P95 ms (worst round)" "$(worst after 4 MOST)" '<' "$7"
  gate "$title, utilization of the pool (worst round)" "$(worst after 5 MOST)" '<' 0.8
  gate "$title, healthy connections (worst round)" "$(worst after 6 LEAST)" '>=' 0.99
}

# ---- part a -----------------------------------------------------------------------------------------------------------
# The starting point: application pools of 16 and 30, PgBouncer's 40, max_connections 100, an acquire timeout of a second.
starting_point() { # WORKLOAD
  local users pool
  server_limit 100
  pooler_with 40
  forget
  for users in 50 100 200 500; do
    for pool in 16 30; do
      progress "$1: $users users, application pool $pool"
      load "$dir/before.json" --load "$(load_file "$1" "users = $users" 'think_time = 200ms' "app_pool = $pool" 'acquire_timeout = 1s')" \
        --warmup 2s --duration 6s
      progress_end
      # shellcheck disable=SC2046
      promises "  $users users, application pool $pool" $(clients_of "$dir/before.json")
    done
  done
  read -r timeouts p95 <<<"$(json "$dir/before.json" '$c->{timeout_ratio}' '$c->{response}{p95_time}')"
  gate "a: $1, timeouts before (reproduced)" "$timeouts" '>=' 0.7
  gate "a: $1, P95 ms before (reproduced)" "$p95" '>=' 900
}

# advised_pool FILE: size of the main pool and of the application's
advised_pool() { json "$1" '$p->{size}' '$p->{application_pool}'; }

# diagnosis WORKLOAD CAUSE FILE: what the advice says, and whether that is it
diagnosis() {
  echo "    pgsteward advise pool: $(json "$3" '$r->{cause}'): $(json "$3" '$r->{diagnosis}' | fold -s -w 100 | sed '2,$s/^/      /')"
  echo "    feasible: $(json "$3" '$r->{feasibility}{feasible} ? "yes" : "no: " . $r->{feasibility}{why}')"
  gate "a: $1 diagnosed as $2 (1 is yes)" "$(json "$3" "\$r->{cause} eq '$2' ? 1 : 0")" '>=' 1
}

part_a() {
  local size pool users
  printf '\na. The bad starting point, before and after\n'
  promises '' served/s timeouts 'P95 ms' busy healthy CPU
  promises '30 % of requests take 110 ms of CPU' '' '' '' '' '' ''
  starting_point cpu
  advise "$dir/cpu.json" --users 500 --think-time 200ms
  diagnosis cpu cpu "$dir/cpu.json"
  gate 'a: cpu: no size keeps the promises, and that is said' "$(json "$dir/cpu.json" '$r->{feasibility}{feasible} ? 0 : 1')" '>=' 1
  # A request of 110 ms cannot be answered in 100: how many users can be served is asked with a promise that it can keep.
  advise "$dir/fewer.json" --users 500 --think-time 200ms --slo-p95 1s
  users=$(json "$dir/fewer.json" 'int($r->{feasibility}{most_users} // 0)')
  gate 'a: cpu: users that can be served are named' "$users" '>=' 1
  if [ "$users" -lt 1 ]; then users=1; fi
  advise "$dir/fewer.json" --users "$users" --think-time 200ms --slo-p95 1s
  read -r size pool <<<"$(advised_pool "$dir/fewer.json")"
  pooler_with "$size"
  load "$dir/after.json" --load "$(load_file cpu "users = $users" 'think_time = 200ms' "app_pool = $pool" 'acquire_timeout = 1s')" --warmup 2s --duration 10s
  # shellcheck disable=SC2046
  promises "  the $users users that it says can be served" $(clients_of "$dir/after.json")
  gate 'a: cpu: timeouts of as many users as it says' "$(json "$dir/after.json" '$c->{timeout_ratio}')" '<' 0.05
  gate 'a: cpu: P95 ms of as many users as it says' "$(json "$dir/after.json" 'sprintf "%.1f", $c->{response}{p95_time} // 0')" '<' 1000
  forget
  load "$dir/learn.json" --load "$(load_file cheap 'users = 100' 'think_time = 200ms' 'app_pool = 16')" --warmup 1s --duration 5s
  advise "$dir/cheap.json" --users 500 --think-time 200ms
  read -r size pool <<<"$(advised_pool "$dir/cheap.json")"
  before_after 'a: cpu: report from a view' cpu cheap "$size" "$pool" 100 100
  part_a_hold
}

part_a_hold() {
  local size pool limit
  promises 'each request holds its connection 300 ms' '' '' '' '' '' ''
  starting_point long
  advise "$dir/long.json" --users 500 --think-time 200ms --slo-p95 500ms
  diagnosis long hold "$dir/long.json"
  read -r size pool <<<"$(advised_pool "$dir/long.json")"
  limit=$(json "$dir/long.json" '(first { $_->{setting} eq "max_connections" } @{$r->{settings}})->{suggested_value} // 100')
  before_after 'a: hold: connections as advised' long long "$size" "$pool" "$limit" 500
}

# ---- part b -----------------------------------------------------------------------------------------------------------
load_shop() {
  progress 'creating and filling the demo'
  createdb shop
  (export PGDATABASE=shop; sql -f "$STEWARD_REPO/demo/schema.sql" -f "$STEWARD_REPO/demo/data.sql" >/dev/null; sql -c 'CREATE EXTENSION pg_steward' -c 'VACUUM ANALYZE')
}

# shop_file USERS THINK_SECONDS: the demo's mix; nine of ten users are main's, one of a hundred the dashboard's, at its people's pace
shop_file() {
  sed -e "s/CUSTOMERS/$customers/g; s/PRODUCTS/$products/g; s/OLDEST/$((orders - 60000))/g; s/ORDERS/$orders/g" \
    -e "s/MAIN_USERS/$(($1 * 90 / 100))/; s/READ_USERS/$(($1 * 9 / 100))/; s/ADMIN_USERS/$(($1 / 100))/; s/ADMIN_THINK/$(($2 * 10))s/; s/THINK/$2s/" \
    "$bench/pool_demo.ini" >"$dir/shop.ini"
  echo "$dir/shop.ini"
}

shop_lines() { # MAIN READ ADMIN
  local server="host=$STEWARD_SESSION/pool port=5432 dbname=shop"
  printf '%s\n' "shop_main = $server user=shop_main pool_size=$1" "shop_read = $server user=shop_read pool_size=$2" \
    "shop_admin = $server user=shop_admin pool_size=$3"
}

part_b() {
  local sizes think lines round
  server_limit 100
  load_shop
  read -r customers products orders <<<"$(PGDATABASE=shop sql -F ' ' -c 'SELECT (SELECT max(id) FROM shop.customers), (SELECT max(id) FROM shop.products), (SELECT max(id) FROM shop.orders)')"
  think=20
  mapfile -t lines <<<"$(shop_lines 5 3 3)"
  pooler_with 5 "${lines[@]}"
  progress 'the shop as it is, for index advice'
  load "$dir/shop.json" --load "$(shop_file 300 3)" --warmup 1s --duration 10s
  (cluster_env pool; "$STEWARD_BIN" advise indexes -w -d shop --quick --no-save --format sql -o "$dir/indexes.sql" && PGDATABASE=shop sql -f "$dir/indexes.sql" >/dev/null)
  forget
  progress 'the shop with indexes, for pool advice'
  load "$dir/shop.json" --load "$(shop_file 1000 4)" --warmup 1s --duration 15s
  advise "$dir/pools.json" -d shop --users "$many" --think-time ${think}s --main shop_main --read shop_read --admin shop_admin
  sizes=$(json "$dir/pools.json" 'join " ", map { my $n = $_; my ($x) = grep { $_->{pool} eq $n } @{$r->{pools}}; $x ? $x->{size} : 2 } qw(main read admin)')
  # shellcheck disable=SC2086
  mapfile -t lines <<<"$(shop_lines $sizes)"
  pooler_with 5 "${lines[@]}"
  for ((round = 1; round <= rounds_b; round++)); do
    progress "$many clients, round $round of $rounds_b"
    load "$dir/shop.json" --load "$(shop_file "$many" $think)" --warmup 5s --duration 20s
    progress_end
    report_b "$sizes" "$round"
  done
}

report_b() {
  local class i=0
  printf '\nb. %s connected clients, the demo'\''s mix, pools %s (main, read, admin), round %s\n' "$(json "$dir/shop.json" '$r->{connections}')" "$1" "$2"
  printf '  all connected in %s s; PgBouncer %s cores, %s MB; machine %s\n' $(json "$dir/shop.json" 'sprintf("%.2f", $r->{connect_seconds})' \
    'sprintf("%.2f", $r->{pooler_cores} // 0)' 'int(($r->{pooler_memory_bytes} // 0) / 2**20)') "$(percent "$(json "$dir/shop.json" '$r->{machine_cpu}')")"
  printf '  %-8s %10s %10s %9s %9s %9s %9s %9s\n' class offered/s served/s timeouts 'P50 ms' 'P95 ms' 'P99 ms' busy
  for class in main read admin; do
    # shellcheck disable=SC2046
    printf '  %-8s %10s %10s %9s %9s %9s %9s %9s\n' $class $(json "$dir/shop.json" "my \$x = \$r->{classes}[$i]; join ' ', map { sprintf '%.4g', \$_ // 0 } \$x->{offered}, \$x->{throughput},
      \$x->{timeout_ratio}, @{\$x->{response}}{qw(p50_time p95_time p99_time)}, \$x->{pool}{utilization}")
    i=$((i + 1))
  done
  json "$dir/shop.json" 'join "", map { map { "  error $_->{sqlstate}, $_->{count} times: $_->{message}\n" } @{$_->{errors}} } @{$r->{classes}}' | sed '/^$/d'
  gate "b: round $2, connected clients" "$(json "$dir/shop.json" '$r->{connections}')" '>=' "$((many * 99 / 100))"
  gate "b: round $2, timeouts, all classes" "$(json "$dir/shop.json" 'sprintf "%.4f", sum0(map { $_->{acquire_timeouts} + $_->{query_timeouts} } @{$r->{classes}}) / max(1, sum0(map { $_->{requests} } @{$r->{classes}}))')" '<' 0.05
  gate "b: round $2, P95 of main, ms" "$(json "$dir/shop.json" 'sprintf "%.1f", $c->{response}{p95_time}')" '<' 100
  gate "b: round $2, utilization of the main pool" "$(json "$dir/shop.json" 'sprintf "%.3f", $c->{pool}{utilization}')" '<' 0.8
  gate "b: round $2, errors, all classes" "$(json "$dir/shop.json" 'sum0(map { $_->{failed} } @{$r->{classes}})')" '<=' 0
  gate "b: round $2, connections lost" "$(json "$dir/shop.json" 'sum0(map { $_->{connections_lost} } @{$r->{classes}})')" '<=' "$((many / 100))"
}
