#!/bin/bash
# Owns running the test suites and counting their results.
#   run_suites.sh SUITE...        several suites; ends with "N passed, N failed"
#   run_suites.sh SUITE NAME...   one suite, only the tests named
# Called by the Makefile (make test, make check-SUITE). Output of a suite goes to build/results/SUITE.log and what failed
# is shown, with V=1 everything. Each suite is a function below that prints one line "ok - NAME" or
# "not ok - NAME" a test; what it prints beside that is for the reader.
# Leaves to others: servers (harness.sh).
set -uo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$repo" || exit 1
results=build/results
conf=tests/server/conf

known_suites='lint unit regress isolation tap integration'
is_suite() { case " $known_suites " in *" $1 "*) return 0 ;; esac; return 1; }
build() { make --no-print-directory -s "$@" >build/build.log 2>&1 || { cat build/build.log; return 1; }; }

# wanted FILE-STEM: is this test among those named (or were none named)?
wanted() { [ ${#only[@]} = 0 ] && return 0; local name; for name in "${only[@]}"; do [ "$name" = "$1" ] && return 0; done; return 1; }

# stems PATTERN: the names of the wanted tests among the files of PATTERN
stems() {
  local file name
  for file in $1; do
    [ -e "$file" ] || continue
    name=${file##*/}; name=${name%.*}
    if wanted "$name"; then echo "$name"; fi
  done
}

# ---- suites ---------------------------------------------------------------------------------------------------------
suite_lint() { run_scripts tests/lint; }
suite_integration() { run_scripts tests/integration; }

# Each executable script prints its own ok lines, or none and its exit code counts as one. One of check.sh that ends without
# a failure and not by checks_done has left checks out.
run_scripts() {
  local script name log=$results/script.out status
  for script in "$1"/*.sh "$1"/*.pl; do
    [ -x "$script" ] || continue
    name=${script##*/}; name=${name%.*}
    wanted "$name" || continue
    echo "# $script"
    "$script" >"$log" 2>&1; status=$?
    grep -v '^# all checks made$' "$log"
    if [ $status != 0 ]; then
      grep -q '^not ok - ' "$log" || echo "not ok - $name: exit code $status"
    elif grep -q '^checks_done' "$script" && ! grep -q '^# all checks made$' "$log"; then
      echo "not ok - $name: it ended before its last check"
    else
      grep -qE '^(not )?ok - ' "$log" || echo "ok - $name"
    fi
  done
}

suite_unit() {
  [ -x build/cmake/steward_unit_tests ] || return 0
  local filter=()
  [ ${#only[@]} = 0 ] || filter=(-R "$(IFS='|'; echo "${only[*]}")")
  ctest --test-dir build/cmake -j"$(nproc)" --output-on-failure ${filter[@]+"${filter[@]}"} 2>&1 |
    sed -E 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: (.*[^ .]) \.+ *Passed .*/ok - \1/; s/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: (.*[^ .]) \.+(\*\*\*.*)/not ok - \1 \2/; s/^(not )?ok - (.*)\*\*\*Skipped.*/# skipped \2/'
}

pg_tool() { echo "$(dirname "$(pg_config --pgxs)")/../test/$1"; }

# One database for each file, so that files do not depend on each other.
suite_regress() {
  local name group groups; groups=$(for name in $(stems 'sql/*.sql'); do conf_of "$name"; done | sort -u)
  for group in $groups; do (regress_group "$group"); done
}

# A test belongs to the server configuration whose name it starts with: noload_x.sql to conf/noload.conf.
conf_of() { if [ -e "$conf/${1%%_*}.conf" ]; then echo "${1%%_*}"; else echo default; fi; }

start_with() { # CONF-NAME: a server with the lines of that file
  local args=(--no-preload) line
  while read -r line; do case "$line" in '' | \#*) ;; *) args+=(--conf "$line") ;; esac; done <"$conf/$1.conf"
  cluster_start "${args[@]}"
}

regress_group() {
  . tests/server/harness.sh
  start_with "$1" || { echo "not ok - server for $1.conf"; return; }
  local name out=build/regress
  mkdir -p $out
  for name in $(stems 'sql/*.sql'); do
    [ "$(conf_of "$name")" = "$1" ] || continue
    "$(pg_tool regress/pg_regress)" --inputdir=. --outputdir=$out --bindir="$(dirname "$(command -v postgres)")" \
      --dbname=contrib_regression --host="$PGHOST" --user=postgres "$name" >$out/$name.log 2>&1
    regress_result $? "$name" $out/$name.log $out/regression.diffs
  done
}

regress_result() { # STATUS NAME LOG DIFFS
  if [ "$1" = 0 ]; then echo "ok - $2"; return; fi
  echo "not ok - $2"
  if [ -s "$4" ]; then cat "$4"; else cat "$3"; fi
}

suite_isolation() {
  local names; mapfile -t names < <(stems 'tests/isolation/specs/*.spec')
  [ ${#names[@]} -gt 0 ] || return 0
  (
    . tests/server/harness.sh
    start_with default || { echo "not ok - server for isolation"; exit; }
    local out=build/isolation
    mkdir -p $out
    for name in "${names[@]}"; do
      "$(pg_tool isolation/pg_isolation_regress)" --inputdir=tests/isolation --outputdir=$out \
        --bindir="$(dirname "$(command -v postgres)")" --dbname=isolation_regression --load-extension=pg_steward \
        --host="$PGHOST" --user=postgres "$name" >$out/$name.log 2>&1
      regress_result $? "$name" $out/$name.log $out/regression.diffs
    done
  )
}

# The servers of these tests are made by PostgreSQL's own Perl modules, inside the session's folder.
suite_tap() {
  local name names; mapfile -t names < <(stems 'tests/tap/*.pl')
  [ ${#names[@]} -gt 0 ] || return 0
  (
    . tests/server/harness.sh
    local dir=$STEWARD_SESSION/tap
    mkdir -p "$dir" && cp -R tests/tap/. "$dir" && chmod -R go+rX "$dir"
    [ -z "$_user" ] || chown -R "$_user" "$dir"
    for name in "${names[@]}"; do
      echo "# tests/tap/$name.pl"
      (cd "$dir" && as_server env PG_TEST_TIMEOUT_DEFAULT=600 TESTDIR="$dir" TESTDATADIR="$dir/tmp_check" \
        TESTLOGDIR="$dir/tmp_check/log" PG_REGRESS="$(pg_tool regress/pg_regress)" TMPDIR=/tmp \
        perl -I "$(pg_tool perl)" -I "$dir" "$name.pl" >"$name.out" 2>&1)
      tap_result $? "$name" "$dir"
    done
  )
}

tap_result() { # STATUS NAME DIR: the subtests as ok lines; on failure the server's log too
  grep -E '^(not )?ok ' "$3/$2.out" | sed -E "s/^((not )?ok) [0-9]+ *-? */\1 - $2: /"
  [ "$1" = 0 ] && return
  grep -vE '^(not )?ok ' "$3/$2.out"
  grep -q '^not ok ' "$3/$2.out" || echo "not ok - $2: exit code $1"
  tail -n 30 "$3"/tmp_check/log/"$2"_*.log 2>/dev/null
}

# ---- running and counting -------------------------------------------------------------------------------------------
prepare() { # builds what the suites need, once
  local target targets=()
  for target in "$@"; do
    case $target in lint) ;; unit) targets+=(unit-tests) ;; *) targets+=(pgtree) ;; esac
  done
  if [ ${#targets[@]} = 0 ]; then return 0; fi
  build -j"$(nproc)" $(printf '%s\n' "${targets[@]}" | sort -u)
}

run_suite() {
  local log=$results/$1.log start=$SECONDS
  if [ -n "${V:-}" ]; then "suite_$1" 2>&1 | tee "$log"; else "suite_$1" >"$log" 2>&1; fi
  echo $((SECONDS - start)) >"$results/$1.seconds"
}

count_suite() {
  local log=$results/$1.log ok bad
  ok=$(grep -c '^ok - ' "$log"); bad=$(grep -c '^not ok - ' "$log")
  if [ "$bad" != 0 ] && [ -z "${V:-}" ]; then grep -v '^ok - ' "$log"; fi
  printf '%-12s %4d passed, %d failed   (%d s)\n' "$1" "$ok" "$bad" "$(cat "$results/$1.seconds")"
  passed=$((passed + ok)) failed=$((failed + bad))
}

main() {
  local suites=() suite passed=0 failed=0
  only=()
  while [ $# -gt 0 ] && is_suite "$1"; do suites+=("$1"); shift; done
  only=("$@")
  trap 'exit 130' INT TERM HUP
  mkdir -p "$results"
  prepare "${suites[@]}" || { echo "the build failed"; exit 1; }
  # A session around those of the suites: where the tree has to be copied, that is done once.
  case "${suites[*]}" in lint | unit) ;; *) . tests/server/harness.sh ;; esac
  # The TAP suite waits much more than it works, so the suite after it runs beside it.
  tap_pid=
  for suite in "${suites[@]}"; do
    if [ "$suite" = tap ]; then
      run_suite tap &
      tap_pid=$!
      at_exit '[ -z "$tap_pid" ] || kill "$tap_pid"'
    else
      run_suite "$suite"
      count_suite "$suite"
    fi
  done
  if [ -n "$tap_pid" ]; then wait "$tap_pid"; tap_pid=; count_suite tap; fi
  echo "$passed passed, $failed failed"
  [ $failed = 0 ]
}
main "$@"
exit
