# Owns pgbench clients that run batch after batch on one persistent connection, each batch when it is asked for, so that the
# backend can be looked at in between: a script that waits at a fifo after every batch. To be sourced after lib.sh.
#   paced_start NAME BATCH PROTOCOL [pgbench OPTION...] <script    connects to the current cluster; waits for the first batch
#   paced_run NAME         runs one batch, BATCH statements; returns when they are done
#   paced_backend NAME     process number of its backend
#   paced_stop NAME
declare -A paced_client paced_pid paced_go paced_done
paced_lifetime=7200 # seconds after which a client is given up, and with it the benchmark

paced_start() {
  local name=$1 batch=$2 protocol=$3 base=$dir/paced.$1; shift 3
  mkfifo "$base.go" "$base.done"
  printf '%s\n' "echo >'$base.done'" "read -r _ <'$base.go'" >"$base.wait"
  { printf '%s\n' "\\if :batch_at % $batch = 0" "\\shell sh $base.wait" '\endif' '\set batch_at :batch_at + 1'; cat; } >"$base.pgbench"
  # Open for reading and writing: whoever opens the other end never waits for a partner.
  exec {paced_go[$name]}<>"$base.go" {paced_done[$name]}<>"$base.done"
  PGAPPNAME="paced $name" timeout $paced_lifetime pgbench -n --random-seed=42 -c 1 -t 2000000000 -D batch_at=0 -M "$protocol" \
    -f "$base.pgbench" "$@" >"$base.log" 2>&1 &
  paced_client[$name]=$!
  { tail -f --pid="${paced_client[$name]}" /dev/null; echo gone >&"${paced_done[$name]}"; } &
  _paced_wait "$name"
  paced_pid[$name]=$(psql -qXAt -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'paced $name'
    ORDER BY backend_start DESC LIMIT 1") # the one before may not have left yet
}

# No "read -t": bash loses the line that arrives in the moment when the time is up.
_paced_wait() {
  local line
  read -r line <&"${paced_done[$1]}"
  [ "$line" != gone ] || { echo "the client $1 is gone" >&2; cat "$dir/paced.$1.log" >&2; return 1; }
}

paced_run() { echo >&"${paced_go[$1]}"; _paced_wait "$1"; }
paced_backend() { echo "${paced_pid[$1]}"; }

paced_stop() {
  local name=$1 go=${paced_go[$1]} ready=${paced_done[$1]}
  kill -TERM "${paced_client[$name]}" 2>/dev/null || true
  echo >&"$go" # what waits at the fifo is a child of the client's and would stay
  wait "${paced_client[$name]}" 2>/dev/null || true
  exec {go}>&- {ready}>&-
  rm -f "$dir/paced.$name".*
}
