# Part d of the pool benchmark: predicted against measured. To be sourced by pool.sh after pool_parts.sh.

# totals: transactions and microseconds waited for a connection, by PgBouncer, of the application's database since it began
totals() { pooler_console 'SHOW STATS_TOTALS' | awk -F '|' '$1 == "postgres" { print $2, $8 }'; }
# mean_wait BEFORE AFTER: milliseconds a transaction waited between two totals
mean_wait() { awk -v a="$1" -v b="$2" 'BEGIN { split(a, x, " "); split(b, y, " "); n = y[1] - x[1]; printf "%.3f\n", (n > 0 ? (y[2] - x[2]) / n / 1000 : 0) }'; }

# predict_and_measure WORKLOAD: one round, a line of file "rounds": workload, users, pool, then predicted and measured mean wait,
# utilization and P95, utilization and P95 of the path, and of wait, utilization and P95 how far off. The path is as many statements
# in a transaction that do nothing, as often, through the same pool: what the clients' side, PgBouncer and a machine whose cores are
# taken away make of any such transaction, which a model of the pool can't know. Utilization is off by what was measured beyond the
# larger of what was predicted and the path's, or below what was predicted; P95 by a factor, measured over what was predicted and the path's.
predict_and_measure() {
  local users size before wait predicted measured path idle=nothing
  if [ "$1" = tpcb ]; then idle=nothing_tpcb; fi
  pooler_with 20
  forget
  load "$dir/learn.json" --load "$(load_file "$1" 'users = 40')" --warmup 1s --duration 8s
  users=$(least "$(json "$dir/learn.json" 'int(0.5 * $c->{throughput}) + 1')" 2000)
  advise "$dir/advice.json" --users "$users" --think-time 1s --one-pool
  size=$(json "$dir/advice.json" '$p->{size}')
  pooler_with "$size"
  load "$dir/measured.json" --load "$(load_file "$1" "users = $users" 'think_time = 1s')" --warmup 2s --duration 1s
  before=$(totals)
  load "$dir/measured.json" --load "$(load_file "$1" "users = $users" 'think_time = 1s')" --warmup 2s --duration 15s
  wait=$(mean_wait "$before" "$(totals)")
  load "$dir/path.json" --load "$(load_file $idle "users = $users" 'think_time = 1s')" --warmup 2s --duration 6s
  predicted=$(json "$dir/advice.json" 'sprintf("%.2f", $p->{predicted}{wait_mean})' 'sprintf("%.3f", $p->{predicted}{utilization})' 'sprintf("%.2f", $p->{predicted}{response_p95})')
  measured="$wait $(json "$dir/measured.json" 'sprintf("%.3f", $c->{pool}{utilization})' 'sprintf("%.2f", $c->{response}{p95_time})')"
  path=$(json "$dir/path.json" 'sprintf("%.3f", $c->{pool}{utilization})' 'sprintf("%.2f", $c->{response}{p95_time})')
  echo "$1 $users $size $predicted $measured $path" |
    awk '{ floor = $8 > $5 && $10 > $5 ? $10 : $5; off = $8 > $5 && $8 < floor ? 0 : $8 - floor
           printf "%s %.3f %.3f %.2f\n", $0, $7 - $4, off, $9 / ($6 + $11) }' >>"$dir/rounds"
}

part_d() {
  local workload round
  server_limit 300
  printf '\nd. Predicted / measured (medians of %s), users who think one second, at about half of what can be served\n' "$rounds_d"
  printf '  %-8s %6s %5s   %-17s %-17s %-19s %-13s %s\n' workload users pool 'mean wait, ms' utilization 'P95, ms' 'path' 'P95 off by'
  for workload in "${workloads[@]}"; do
    : >"$dir/rounds"
    for ((round = 1; round <= rounds_d; round++)); do
      progress "predicting $workload: round $round of $rounds_d"
      predict_and_measure "$workload"
    done
    progress_end
    report_d "$workload"
  done
}

# report_d WORKLOAD: medians of its rounds, and the gates. Too little foretold breaks promises; too much costs connections. The wait is
# of the warm-up too.
report_d() {
  m() { median "$workload" "$1"; }
  local workload=$1
  printf '  %-8s %6s %5s   %-17s %-17s %-19s %-13s %s\n' "$1" "$(m 2)" "$(m 3)" "$(m 4) / $(m 7)" "$(m 5) / $(m 8)" "$(m 6) / $(m 9)" "$(m 10), $(m 11)" \
    "$(m 14) [$(worst "$1" 14 LEAST), $(worst "$1" 14 MOST)]"
  gate "d: $1, mean wait in ms, measured less predicted" "$(m 12)" '<=' 2
  gate "d: $1, utilization, measured less predicted or path" "$(m 13)" '<=' 0.15
  gate "d: $1, utilization, measured less predicted" "$(m 13)" '>=' -0.3
  gate "d: $1, P95, measured over predicted and path" "$(m 14)" '<=' 1.5
  gate "d: $1, P95, measured over predicted and path" "$(m 14)" '>=' 0.2
}
