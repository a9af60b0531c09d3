# Owns what the demo prints about itself: headings, and a line for each long step with its time. Sourced by run.sh.

demo_start=$SECONDS

heading() { printf '\n== %s   [%d:%02d]\n' "$1" $(((SECONDS - demo_start) / 60)) $(((SECONDS - demo_start) % 60)); }

note() { printf '   %s\n' "$*"; }

# with_progress LABEL CMD...: runs CMD and shows how long it takes; a terminal sees the seconds run. What CMD writes
# goes to a log that is shown when it fails. CMD runs in the background, so that a signal ends the demo at once.
with_progress() {
  local label=$1 log begin=$SECONDS status=0 pid
  shift
  log=$(session_dir)/step.log
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  printf '   %s ...' "$label"
  if [ -t 1 ]; then
    while kill -0 "$pid" 2>/dev/null; do
      printf '\r   %s ... %d s' "$label" $((SECONDS - begin))
      sleep 0.5 &
      wait $!
    done
    printf '\r   %s ...' "$label"
  fi
  wait "$pid" || status=$?
  if [ "$status" != 0 ]; then
    printf ' failed\n'
    tail -n 30 "$log" >&2
    return "$status"
  fi
  printf ' %d s\n' $((SECONDS - begin))
}
