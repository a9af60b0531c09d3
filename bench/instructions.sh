# Owns counting the instructions of a statement with valgrind's callgrind: user space of the backend, the same on a busy
# machine. Kernel time, cache misses and contention are not in it; cpu.sh measures those.
# To be sourced after lib.sh. Method: a pgbench client runs N statements and then, as a new connection, M; the difference
# over M - N is the cost of one statement, with start-up, catalog caches and first plans cancelled out. Waiting for the client
# is left out: see callgrind_count.pl.
# Under valgrind a server is some 50 times slower, so thresholds of duration are stretched by slowdown: what is fast on the
# real machine must not count as slow here. The same goes for what runs by the clock: the launcher of pg_steward drains far
# more often per statement than natively.
slowdown=100

# What memcmp, strcmp and their like take depends on where the compared bytes lie: in shared memory, in the backend's heap, and on
# the stack, which begins below the environment, so that even the caller's variables are felt. That moves what a server takes by
# up to 200 instructions a statement, the same at every run of one layout, and says nothing about the next machine. So every server
# is counted with its memory laid out in seven ways, in which all three lie elsewhere. Two servers are compared in the same layout,
# where most of it cancels out; the report takes the median of the differences and shows how far apart they are.
layouts=(64:1 65:1100 66:2400 68:3700 69:4800 71:6100 74:7300) # max_locks_per_transaction, and bytes of padding

# N and M of a workload
sample_sizes() { case "$1" in join) echo 5 25 ;; *) echo 500 2500 ;; esac; }

# start_counted CONFIG LAYOUT: its server under callgrind; every process leaves its counts in cg.PID
start_counted() {
  local config=$1 layout=${2%:*} home=$dir/$1.counted tries=300 pad
  pad=$(printf "%${2#*:}s" | tr ' ' x)
  counted_options="-c layout.pad=$pad" # a setting that each backend is given
  mkdir -p "$home"
  if [ -n "$_user" ]; then chown "$_user" "$home"; fi
  as_server cp -R "$(cluster_data template)" "$home/data"
  {
    echo "unix_socket_directories = '$home'"
    echo "shared_preload_libraries = '$(config_preload "$config")'"
    config_settings "$config" $slowdown
    echo "max_locks_per_transaction = $layout"
  } | as_server tee -a "$home/data/postgresql.conf" >/dev/null
  as_server env "LAYOUT_PAD=$pad" setarch -R valgrind -q --tool=callgrind --trace-children=yes --callgrind-out-file="$home/cg.%p" \
    "$(command -v postgres)" -D "$home/data" >"$home/log" 2>&1 </dev/null &
  counted_pid=$!
  cluster_env "$config.counted"
  until psql -qXAt -c 'SELECT 1' >/dev/null 2>&1; do
    [ $((tries--)) -gt 0 ] || { cat "$home/log" >&2; return 1; }
    sleep 0.2
  done
  settle_server "$config"
}

stop_counted() {
  kill -INT "$(postmaster "$1.counted")"
  wait "$counted_pid" 2>/dev/null || true
  rm -rf "$dir/$1.counted/data"
}

# count CONFIG WORKLOAD N SEED: runs N statements; prints the backend's instructions and its file of counts, which is the
# largest of the files of processes that began with the run
count() {
  local config=$1 home=$dir/$1.counted before=$dir/processes tries=100
  server_processes "$config.counted" >"$before"
  find "$home" -name 'cg.*' | sed 's/.*\.//' | sort - "$before" >"$dir/known"
  PGOPTIONS=$counted_options pgbench -n --random-seed="$4" -c 1 -t "$3" -M "$(workload_protocol "$2")" -f "$dir/$2.pgbench" >"$dir/pgbench.log" 2>&1 ||
    { cat "$dir/pgbench.log" >&2; return 1; }
  while [ -n "$(server_processes "$config.counted" | comm -13 "$before" -)" ] && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
  find "$home" -name 'cg.*' | sed 's/.*\.//' | sort | comm -13 "$dir/known" - | sed "s|^|$home/cg.|" |
    xargs "$bench/callgrind_count.pl"
}

# count_workload CONFIG WORKLOAD ROUND: adds one result; keeps the files of counts when there is a folder for profiles
count_workload() {
  local config=$1 workload=$2 round=$3 small large few many
  read -r small large < <(sample_sizes "$workload")
  workload_script "$workload" >"$dir/$workload.pgbench"
  if [ "$workload" = hc ] && [ -n "$(config_preload "$config")" ]; then saturate 8000; fi
  count "$config" "$workload" $((small / 3 + 2)) 7 >/dev/null
  few=$(count "$config" "$workload" "$small" 11)
  many=$(count "$config" "$workload" "$large" 12)
  result instructions "$workload" "$config" "$round" $(((${many% *} - ${few% *}) / (large - small)))
  if [ "$config" = pg_steward ]; then note_status instructions "$workload"; fi
  if [ -n "$profile" ]; then
    cp "${few#* }" "$profile/$workload.$config.$small"
    cp "${many#* }" "$profile/$workload.$config.$large"
  fi
}

# Where the difference to query_id comes from, function by function.
write_profiles() {
  local workload config small large
  for workload in "${workloads[@]}"; do
    read -r small large < <(sample_sizes "$workload")
    for config in "${configs[@]}"; do
      if [ "$config" = query_id ] || [ ! -e "$profile/$workload.query_id.$large" ]; then continue; fi
      "$bench/callgrind_diff.pl" "$profile/$workload.query_id" "$profile/$workload.$config" "$small" "$large" \
        >"$profile/$workload.$config.diff"
      echo "profile: $profile/$workload.$config.diff"
    done
  done
}

# Counts "workloads" under "configs".
measure_instructions() {
  local config workload round
  command -v valgrind >/dev/null || { echo 'skipped: instructions, because valgrind is missing (Debian package valgrind)'; return; }
  for round in "${!layouts[@]}"; do
    for config in "${configs[@]}"; do
      if [ "$config" = control ]; then continue; fi # counts repeat
      progress "instructions: round $round, starting $config"
      start_counted "$config" "${layouts[round]}"
      for workload in "${workloads[@]}"; do
        if [ "$workload" = hc ] && [ "$round" -gt 0 ]; then continue; fi # long, and its gate is in percent
        progress "instructions: round $round, $config, $(workload_title "$workload")"
        count_workload "$config" "$workload" "$round"
      done
      stop_counted "$config"
    done
  done
  if [ -n "$profile" ]; then write_profiles; fi
}
