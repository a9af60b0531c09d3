#!/bin/bash
# Owns the end of a session of harness.sh: stops its servers and processes and removes its folder.
#   watchdog.sh clean DIR           does it now
#   watchdog.sh watch DIR PID...    does it when one of the processes is gone, however it died
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
  local -A start=()
  local pid
  for pid in "$@"; do start[$pid]=$(started "$pid"); done
  while [ -d "$dir" ] && [ ! -e "$dir/keep" ]; do
    for pid in "${!start[@]}"; do
      if [ "$(started "$pid")" != "${start[$pid]}" ]; then
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
