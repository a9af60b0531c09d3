#!/bin/bash
# Owns the end of a session of harness.sh: stops its servers and processes and removes its folder.
#   watchdog.sh clean DIR           does it now
#   watchdog.sh watch DIR PID...    does it when one of the processes is gone, however it died, or is a make that was told to end
set -u

# A process's start time tells a reused process number from the process that was meant.
started() { sed -E 's/.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

alive() { # a process that only waits to be collected by its parent is not
  local state; state=$(sed -E 's/.*\) //' "/proc/$1/stat" 2>/dev/null) && [ "${state%% *}" != Z ]
}

gone() { # PID SECONDS: waits until the process is gone
  local left=$(($2 * 20))
  while alive "$1"; do
    [ $((left--)) -gt 0 ] || return 1
    sleep 0.05
  done
}

# Which of SIGHUP, SIGINT and SIGTERM a make catches, 0 for other programs. GNU make that got one of them, and not from a
# terminal that signals everybody, waits for what it runs: it no longer catches that signal then.
catches() {
  local caught
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = make ] && caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
  echo $((0x${caught:-0} & 0x4003))
}

postmasters() { find "$1" -name postmaster.pid -exec head -qn1 {} + 2>/dev/null; }

# Everything that was started inside the session has its folder in the environment.
members() {
  grep -lzxF -- "STEWARD_SESSION=$1" /proc/[0-9]*/environ 2>/dev/null | sed -E 's|/proc/(.*)/environ|\1|'
}

clean() {
  local dir=$1 pid
  case "$dir" in /tmp/stw.??????) ;; *) echo "not a session folder: $dir" >&2; return 2 ;; esac
  for pid in $(postmasters "$dir"); do kill -QUIT "$pid" 2>/dev/null; done
  for pid in $(postmasters "$dir"); do gone "$pid" 10 || kill -KILL "$pid" 2>/dev/null; done
  for pid in $(members "$dir"); do kill -TERM "$pid" 2>/dev/null; done
  for pid in $(members "$dir"); do gone "$pid" 3 || kill -KILL "$pid" 2>/dev/null; done
  rm -rf "$dir"
}

watch() {
  local dir=$1; shift
  local -A start=() catching=()
  local pid
  for pid in "$@"; do start[$pid]=$(started "$pid") catching[$pid]=$(catches "$pid"); done
  while [ -d "$dir" ] && [ ! -e "$dir/keep" ]; do
    for pid in "${!start[@]}"; do
      if [ "$(started "$pid")" != "${start[$pid]}" ] ||
        { [ "${catching[$pid]}" != 0 ] && [ "$(catches "$pid")" != "${catching[$pid]}" ]; }; then
        # The first is the script itself; it may be waiting for a child that no longer makes sense.
        if [ "$(started "$1")" = "${start[$1]}" ]; then kill -TERM "$1" 2>/dev/null; fi
        clean "$dir"
        return
      fi
    done
    sleep 0.5
  done
}

case "${1:-}" in
  clean | watch) "$@"; exit ;;
  *) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
