# Owns measuring the time that a backend is on a CPU for a statement, kernel time included, from /proc/PID/schedstat.
# To be sourced after lib.sh and paced.sh. All servers are up at once, each with one persistent connection; in a round every
# one of them runs a batch of statements, in random order, so that what the machine does beside hits all alike. Where a
# process lies in memory makes it faster or slower by a few percent for as long as it lives: connections are made anew every
# rounds_of_connection rounds, and "control", which is query_id once more, shows what is left of that.
rounds_of_connection=15

batch_size() { case "$1" in join) echo 20 ;; *) echo 2500 ;; esac; }

# on_cpu PID...: nanoseconds that these processes spent on a CPU, in all
on_cpu() {
  local pid ns sum=0
  for pid in "$@"; do
    if read -r ns _ 2>/dev/null <"/proc/$pid/schedstat"; then sum=$((sum + ns)); fi
  done
  echo "$sum"
}

# one_batch WORKLOAD CONFIG ROUND: adds the results of one batch
one_batch() {
  local workload=$1 config=$2 batch backend others before others_before
  batch=$(batch_size "$workload")
  backend=$(paced_backend "$config")
  read -ra others <<<"${other_processes[$config]}"
  before=$(on_cpu "$backend") others_before=$(on_cpu "${others[@]}")
  paced_run "$config"
  result cpu "$workload" "$config" "$3" $((($(on_cpu "$backend") - before) / batch))
  [ -e "/proc/$backend" ] || { echo "the backend of $config is gone" >&2; return 1; }
  result cpu_others "$workload" "$config" "$3" $((($(on_cpu "${others[@]}") - others_before) / batch))
}

# connect_all WORKLOAD: a new connection to every server, warmed up
connect_all() {
  local config
  for config in $(shuf -e "${configs[@]}"); do
    cluster_env "$config"
    paced_start "$config" "$(batch_size "$1")" "$(workload_protocol "$1")" < <(workload_script "$1")
    paced_run "$config"
    other_processes[$config]=$(server_processes "$config" | grep -vx "$(paced_backend "$config")" | tr '\n' ' ')
  done
}

disconnect_all() { local config; for config in "${configs[@]}"; do paced_stop "$config"; done; }

measure_cpu_workload() {
  local workload=$1 config round
  local -A other_processes
  for config in "${configs[@]}"; do
    cluster_env "$config"
    if [ "$workload" = hc ]; then saturate 20736; fi
  done
  for ((round = 0; round < rounds; round++)); do
    progress "CPU time: $(workload_title "$workload"), round $((round + 1)) of $rounds"
    if [ $((round % rounds_of_connection)) = 0 ]; then
      if [ $round -gt 0 ]; then disconnect_all; fi
      connect_all "$workload"
    fi
    for config in $(shuf -e "${configs[@]}"); do one_batch "$workload" "$config" $round; done
  done
  disconnect_all
  for config in "${configs[@]}"; do
    if [ "$config" = pg_steward ]; then cluster_env "$config"; note_status cpu "$workload"; fi
  done
}

# Measures "workloads" under "configs" for "rounds".
measure_cpu() {
  local config workload
  [ -r /proc/self/schedstat ] || { echo 'skipped: CPU time, because this kernel has no /proc/PID/schedstat'; return; }
  for config in "${configs[@]}"; do
    progress "CPU time: starting $config"
    start_server "$config"
  done
  for workload in "${workloads[@]}"; do measure_cpu_workload "$workload"; done
  for config in "${configs[@]}"; do cluster_stop --name "$config"; done
}
