# Owns the little language of the integration scripts: run a command, expect something of it, count. To be sourced
# after harness.sh; not executable, so that the runner does not take it for a test.
#
#   run CMD...                     output (stdout and stderr) goes to $output, the exit code to $status
#   expect WHAT COMMAND...         prints "ok - WHAT" when COMMAND succeeds, else "not ok" and the last output
#   matches REGEX, lacks TEXT      about $output, taken as one line
#   finish                         last line of a script: exit code 1 when something was not ok

failures=0 output='' status=0
run() { output=$("$@" 2>&1 </dev/null); status=$?; }
matches() { tr '\n' ' ' <<<"$output" | grep -qE -- "$1"; }
lacks() { ! grep -qF -- "$1" <<<"$output"; }
expect() {
  local what=$1; shift
  if "$@"; then echo "ok - $what"; else
    echo "not ok - $what"; echo "  exit code $status; output:"; sed 's/^/  | /' <<<"$output"
    failures=$((failures + 1))
  fi
}
finish() { exit $((failures > 0)); }
