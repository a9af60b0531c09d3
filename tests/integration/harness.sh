#!/bin/bash
# The harness keeps its promises: settings, several servers, a pooler, crashes seen, and nothing left behind however a
# script ends (RELIABILITY: what every other test stands on).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"
. "$here/../server/pooler.sh"

cluster_start --no-preload --conf work_mem=8MB --conf "search_path = '\"\$user\", public'"
check_is "settings reach the server" 8MB psql -Atc 'SHOW work_mem'
check_is "the server does not listen on TCP" '' psql -Atc 'SHOW listen_addresses'
check_is "the library under test is preloaded by default" pg_stat_statements,pg_steward \
  bash -c '. "$0"; cluster_start; psql -Atc "SHOW shared_preload_libraries"' "$here/../server/harness.sh"

cluster_start --name second --no-preload --conf work_mem=9MB
check_is "a second server has its own socket" 9MB psql -Atc 'SHOW work_mem'
cluster_env main
check_is "cluster_env leads back to the first" 8MB psql -Atc 'SHOW work_mem'
cluster_stop --name second
check_exit "cluster_stop stops it" 2 psql -h "$STEWARD_SESSION/second" -c 'SELECT 1'

psql -qc 'CREATE ROLE app LOGIN'
pooler_start
pooler_env
check_is "the pooler hands roles through" app psql -U app -Atc 'SELECT current_user'
check_like "the pooler's console answers" 'transaction' pooler_console 'SHOW CONFIG'
cluster_env main

check_is "no crash is reported without one" '' cluster_crashes
expect_crashes
psql -Atqc 'SELECT pg_sleep(600) /* victim */' >/dev/null 2>&1 &
until victim=$(psql -Atc "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'") && [ -n "$victim" ]; do sleep 0.1; done
kill -KILL "$victim"
until [ -n "$(cluster_crashes)" ]; do sleep 0.1; done
check_like "a killed server process is reported" 'terminated by signal 9' cluster_crashes

died='. "$0"; cluster_start --no-preload; psql -c "COPY (SELECT 1) TO PROGRAM \$\$kill -SEGV \$PPID\$\$"
  until [ -n "$(cluster_crashes)" ]; do sleep 0.1; done; exit 0'
check_like "a script in which a server process died fails" '^not ok - no server process died' \
  env -u STEWARD_RUNNER bash -c "$died" "$here/../server/harness.sh"

# A script with a server of its own, ended by each signal. It prints its session's folder.
sleeper=$STEWARD_SESSION/sleeper
echo '. "$1"; cluster_start --no-preload; session_dir >"$2.new"; mv "$2.new" "$2"; sleep 600' >"$sleeper"
printf 'all:\n\t@bash $(SLEEPER)\n' >"$sleeper.mk"
ended_by() { # SIGNAL COMMAND...
  local signal=$1 out=$STEWARD_SESSION/ended pid dir postmaster tries=300; shift
  rm -f "$out"
  # Bash lets what it starts in the background ignore SIGINT.
  env -u STEWARD_RUNNER --default-signal=INT "$@" &
  pid=$!
  until [ -s "$out" ]; do sleep 0.1; done
  dir=$(cat "$out")
  postmaster=$(head -n 1 "$dir/main/data/postmaster.pid")
  kill "-$signal" "$pid"
  # bash waits for its child before it acts on a signal that it traps; what a terminal does is signal both.
  if [ "$signal" != KILL ]; then pkill -TERM -P "$pid" sleep || true; fi
  wait "$pid" 2>/dev/null || true
  while [ -e "$dir" ] && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
  [ ! -e "$dir" ] || { echo "$dir is still there"; return 1; }
  ! grep -qs "^State:.[RSD]" "/proc/$postmaster/status" || { echo "the server still runs"; return 1; }
}
run=("$sleeper" "$here/../server/harness.sh" "$STEWARD_SESSION/ended")
for signal in INT TERM HUP KILL; do check "nothing is left behind after SIG$signal" ended_by $signal bash "${run[@]}"; done
for signal in INT TERM KILL; do
  check "nor after SIG$signal for its make alone" ended_by $signal make -sf "$sleeper.mk" SLEEPER="${run[*]}"
done
checks_done
