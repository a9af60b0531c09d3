# Owns one run of the shop's workload: a pgbench for each class of the application, all at once and through PgBouncer,
# and what came out of it: throughput, p50 and p95 latency. Sourced by run.sh. The transactions are in demo/workload.

classes=(main read admin)
# The main application sends literals, as many drivers do; the read side uses the extended protocol; the dashboard has
# its people's pace, whatever the server can do.
declare -A pool_size=([main]=5 [read]=3 [admin]=3)
declare -A clients=([main]=10 [read]=5 [admin]=6)
declare -A options=([main]='-M simple' [read]='-M extended' [admin]='-M simple -R 10')
# Shares of the mix; a transaction that is not named here has share 1.
declare -A share=([main/login]=2 [main/my_orders]=3 [main/order_details]=3 [main/stock_check]=6 [main/add_event]=4
  [read/browse]=6 [read/product_page]=8 [read/order_status]=4 [read/recently_viewed]=2)

count_of() { query -At -c "SELECT max(id) FROM shop.$1"; }

# run_workload NAME SECONDS: latencies go to the session's folder NAME, one file a class.
run_workload() {
  local name=$1 seconds=$2 dir class file pids=() pid failed=0
  dir=$(session_dir)/$name
  mkdir -p "$dir"
  pooler_totals >"$dir/pooler.before"
  for class in "${classes[@]}"; do
    local scripts=()
    for file in "$demo/workload/$class"/*.sql; do
      scripts+=(-f "$file@${share[$class/$(basename "$file" .sql)]:-1}")
    done
    # shellcheck disable=SC2046,SC2086
    pgbench -n ${options[$class]} -c "${clients[$class]}" -j 1 -T "$seconds" --random-seed=20261123 \
      -D customers="$customers" -D products="$products" -D orders="$orders" \
      --log --log-prefix="$dir/$class" "${scripts[@]}" \
      $(pooled "$class") "shop_$class" >"$dir/$class.out" 2>&1 &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  pooler_totals >"$dir/pooler.after"
  if [ "$failed" = 1 ] || grep -q 'aborted' "$dir"/*.out; then
    tail -n 15 "$dir"/*.out >&2
    return 1
  fi
}

# class_figures NAME CLASS SECONDS: "throughput p50 p95 wait", per second and in ms; wait is what a transaction waited
# in PgBouncer for a server connection, on average.
class_figures() {
  local dir wait_ms
  dir=$(session_dir)/$1
  wait_ms=$(awk -v class="shop_$2" '$1 == class { n = $2 - n; w = $3 - w }
    END { printf "%.1f", (n > 0 ? w / n / 1000 : 0) }' \
    "$dir/pooler.before" "$dir/pooler.after")
  cat "$dir/$2".[0-9]* | awk '{ print $3 }' | sort -n | awk -v seconds="$3" -v wait_ms="$wait_ms" '
    { latency[NR] = $1 / 1000 }
    function rank(q) { return latency[int((NR - 1) * q) + 1] }
    END { printf "%.1f %.1f %.1f %s\n", NR / seconds, rank(0.5), rank(0.95), wait_ms }'
}

print_classes() { # SECONDS NAME...: one row a class, the runs side by side
  local seconds=$1 class name
  shift
  printf '   %-6s' class
  for name in "$@"; do printf ' | %-6s  /s    p50 ms    p95 ms   in pool' "$name"; done
  printf '\n'
  for class in "${classes[@]}"; do
    printf '   %-6s' "$class"
    for name in "$@"; do
      # shellcheck disable=SC2046
      printf ' | %10s %9s %9s %9s' $(class_figures "$name" "$class" "$seconds")
    done
    printf '\n'
  done
}
