# Part c of the pool benchmark: the advised size against a sweep. To be sourced by pool.sh after pool_servers.sh.

sweep_sizes='2 4 8 16 32 64 128 200' largest=200

# ---- sizes by other rules ----------------------------------------------------------------------------------------------
# erlang_size HOLD_MS MAX: fewest connections of which one is free for 95 of 100 requests, at 80 % of what MAX could carry if
# holding a connection did not depend on their number
erlang_size() {
  perl -e 'my ($hold, $max) = @ARGV; my $cores = `nproc`; my $rate = 0.8 * $max; my $load = $rate * $hold / 1000;
    for my $n (1 .. 200) { next if $n <= $load; my $b = 1; $b = $load * $b / ($_ + $load * $b) for 1 .. $n;
      my $wait = $b / (1 - $load / $n * (1 - $b)); if ($wait < 0.05) { print "$n\n"; exit } } print "200\n"' "$1" "$2"
}

# usl_size CLIENTS "SIZE THROUGHPUT"...: the universal scalability law fitted to probes of 1, 2, 4 and 8; smallest within 5 % of its best
usl_size() {
  perl -e 'my $clients = shift; my @p = map { [split] } @ARGV; my @best = (9e99);
    for my $s (map { $_ / 50 } 0 .. 50) { for my $k (map { $_ / 5000 } 0 .. 100) {
      my ($xx, $xy) = (0, 0); for (@p) { my $f = $_->[0] / (1 + $s * ($_->[0] - 1) + $k * $_->[0] * ($_->[0] - 1)); $xx += $f * $f; $xy += $f * $_->[1] }
      my $g = $xy / $xx; my $error = 0; for (@p) { my $f = $g * $_->[0] / (1 + $s * ($_->[0] - 1) + $k * $_->[0] * ($_->[0] - 1)); $error += ($f / $_->[1] - 1) ** 2 }
      @best = ($error, $g, $s, $k) if $error < $best[0] } }
    my (undef, $g, $s, $k) = @best; my @x = map { $g * $_ / (1 + $s * ($_ - 1) + $k * $_ * ($_ - 1)) } 1 .. $clients; my ($max) = sort { $b <=> $a } @x;
    for my $n (1 .. $clients) { if ($x[$n - 1] >= 0.95 * $max) { print "$n\n"; exit } }' "$@"
}

least() { printf '%s\n' "$@" | sort -n | head -n 1; }

# ---- part c -----------------------------------------------------------------------------------------------------------
# probe_size SIZE FILE: throughput of the load in FILE with a pool of SIZE
probe_size() {
  resize "$1"
  rm -f "$dir/probe.json"
  load "$dir/probe.json" --load "$2" --warmup "$settle" --duration "${probe}s"
  json "$dir/probe.json" 'sprintf "%.2f", $c->{throughput}'
}

# rule_sizes WORKLOAD CLIENTS FILE: fills the array "rule" with the size that each rule gives; advice comes from a run at the default
rule_sizes() {
  local size probes=() hold rate
  rule=()
  resize 20
  forget
  load "$dir/learn.json" --load "$3" --warmup 1s --duration 6s
  advise "$dir/advice.json" --users "$2" --one-pool --slo-p95 10s
  rule[advised]=$(json "$dir/advice.json" '$p->{size}')
  hold=$(json "$dir/advice.json" '$p->{classes}[0]{hold_time}') rate=$(json "$dir/learn.json" '$c->{throughput}')
  rule[erlang]=$(erlang_size "$hold" "$rate")
  for size in 1 2 4 8; do
    rate=$(probe_size $size "$3") || return 1
    probes+=("$size $rate")
  done
  rule[usl]=$(usl_size "$2" "${probes[@]}")
  rule[hikaricp]=$((2 * $(nproc) + 1)) rule[default]=20
  resize 20
  (pooler_env; export PGUSER=app PGDATABASE=postgres
    "$STEWARD_BIN" pool verify -w --calibrate --probe ${probe}s --max-size $largest --format json --console-user postgres --load "$3" -o "$dir/calibrated.json" 2>"$dir/load.err") ||
    [ $? = 3 ] || { cat "$dir/load.err" >&2; return 1; }
  rule[calibrated]=$(json "$dir/calibrated.json" '$r->{chosen_size}')
  for size in "${!rule[@]}"; do
    [[ ${rule[$size]} =~ ^[0-9]+$ ]] || { echo "$size gave no size for $1, $2 clients: ${rule[$size]}" >&2; return 1; }
    rule[$size]=$(least "${rule[$size]}" "$2" "$largest")
  done
}

# sweep FIRST LAST WORKLOAD CLIENTS FILE: appends lines "ROUND SIZE THROUGHPUT" to file "sweep", each round in a random order of its
# own. A size that lost more than a quarter in both of the first two rounds is not run again, unless it is the advised or the
# calibrated one.
sweep() {
  local file=$5 round size all served
  all=$(printf '%s\n' $sweep_sizes "${rule[@]}" | awk -v most="$4" '{ print $1 < most ? $1 : most }' | sort -nu)
  for ((round = $1; round <= $2; round++)); do
    if [ "$round" -gt 2 ]; then all=$({ near_the_best; printf '%s\n' "${rule[advised]}" "${rule[calibrated]}"; } | sort -nu); fi
    for size in $(shuf --random-source=<(yes "$round") <<<"$all"); do
      progress "$3, $4 clients, round $round of $2, size $size"
      served=$(probe_size "$size" "$file") || return 1
      echo "$round $size $served" >>"$dir/sweep"
    done
  done
}

near_the_best() {
  awk '$1 < 3 { if ($3 > best[$1]) best[$1] = $3; x[$2, $1] = $3; sizes[$2] }
    END { for (n in sizes) for (r in best) if (x[n, r] >= 0.75 * best[r]) { print n; break } }' "$dir/sweep" | sort -n
}

# regret SIZE: share of the best size's throughput that SIZE loses, in percent: median of the rounds and its 95 % interval. Ratios are
# taken within a round, against the size with the highest median over the other rounds: the best of the round itself would owe a part
# of its lead to noise, and every size would seem to lose as much. Prints first the best over all rounds.
regret() {
  perl -e 'my $size = shift; my (%x, %rounds); while (<STDIN>) { my ($round, $n, $t) = split; $x{$n}{$round} = $t; $rounds{$round} = 1 }
    sub median { my @v = sort { $a <=> $b } @_; @v % 2 ? $v[$#v / 2] : ($v[@v / 2 - 1] + $v[@v / 2]) / 2 }
    my @all = grep { keys %{$x{$_}} == keys %rounds } sort { $a <=> $b } keys %x;
    sub best { my $but = shift; my ($best) = sort { $b->[1] <=> $a->[1] || $a->[0] <=> $b->[0] }
      map { my $n = $_; [$n, median(map { $x{$n}{$_} } grep { $_ != $but } keys %{$x{$n}})] } @all; $best->[0] }
    my @r = sort { $a <=> $b } map { 100 * (1 - $x{$size}{$_} / $x{best($_)}{$_}) } keys %{$x{$size}};
    my ($n, $rank, $term, $tail) = (scalar @r, 0, 0.5 ** @r, 0);
    while (1) { $tail += $term; last if $tail > 0.025; $term *= ($n - $rank) / ($rank + 1); $rank++ }
    my $low = $rank > 0 ? $rank - 1 : 0;
    # Of fewer than six rounds no two values are an interval of 95 %.
    printf "%d %.1f %s %s\n", best(0), median(@r), map { $n < 6 ? "-" : sprintf "%.1f", $_ } $r[$low], $r[$n - 1 - $low]' "$1" <"$dir/sweep"
}

# lost SIZE: percent that it loses for sure, 0 where the interval reaches down to nothing lost
lost() {
  local median low
  read -r _ median low _ <<<"$(regret "$1")"
  awk -v m="$median" -v l="$low" 'BEGIN { print (l <= 0) ? 0 : m }'
}

too_much() { awk -v lost="$(lost "$1")" 'BEGIN { exit !(lost > 5) }'; }

declare -A rule

part_c() {
  local workload n name file best median low high settle all
  server_limit 300
  pooler_with 20
  printf '\nc. Percent of the best throughput lost by the size of each rule [95 %% interval], %s rounds\n' "$rounds"
  printf '  %-8s %7s %5s  %-24s' workload clients best 'advised'
  printf ' %-24s' calibrated hikaricp default erlang usl
  printf '\n'
  for workload in "${workloads[@]}"; do
    for n in "${clients[@]}"; do
      progress "$workload, $n clients: advice"
      file=$dir/$workload.$n.ini
      # Clients get stuck in scans one by one: until as many begin as end, and a probe has to last for some, short ones then.
      if [ "$workload" = mixed ]; then settle=1500ms; else settle=500ms; fi
      cp "$(load_file "${workload/%mixed/mixed_short}" "users = $n" 'p95 = 60s' 'utilization = 100%')" "$file"
      rule_sizes "$workload" "$n" "$file"
      rm -f "$dir/sweep"
      sweep 1 "$rounds" "$workload" "$n" "$file"
      all=$rounds
      # Of sixteen gates one fails by chance sooner or later: what seems lost is looked at again, and judged by all rounds together.
      if too_much "${rule[advised]}" || too_much "${rule[calibrated]}"; then
        all=$((2 * rounds))
        sweep $((rounds + 1)) "$all" "$workload" "$n" "$file"
      fi
      progress_end
      read -r best _ <<<"$(regret "${rule[advised]}")"
      printf '  %-8s %7s %5s ' "$workload" "$n" "$best"
      for name in advised calibrated hikaricp default erlang usl; do
        read -r best median low high <<<"$(regret "${rule[$name]}")"
        printf ' %-24s' "${rule[$name]}: $median [$low, $high]"
        # At most 5 %, or not to be told from the best: the interval reaches down to nothing lost.
        case $name in advised | calibrated) gate "c: $workload, $n clients, $name, percent lost" "$(lost "${rule[$name]}")" '<=' 5 ;; esac
      done
      if [ "$all" -gt "$rounds" ]; then printf '%s rounds\n' "$all"; else printf '\n'; fi
    done
  done
}
