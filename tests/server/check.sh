# Owns the result lines of an integration test, for bash; to be sourced after harness.sh. Each prints one line
# "ok - NAME" or "not ok - NAME" with the output that was wrong; the script's last line is `checks_done`.
#   check NAME COMMAND...                  COMMAND succeeds
#   check_exit NAME CODE COMMAND...        COMMAND ends with that exit code
#   check_is NAME EXPECTED COMMAND...      its standard output is EXPECTED
#   check_like NAME REGEX COMMAND...       its output, standard error included, has a match of the extended REGEX
#   check_unlike NAME REGEX COMMAND...     ... has none
# The exit code of the command of check_like and check_unlike does not matter: pgsteward's error messages are read so.

_checks_failed=0

_result() { # NAME STATUS OUTPUT
  if [ "$2" = 0 ]; then echo "ok - $1"; return; fi
  echo "not ok - $1"
  sed 's/^/    /' <<<"$3"
  _checks_failed=$((_checks_failed + 1))
}

check() { local name=$1 out status=0; shift; out=$("$@" 2>&1) || status=$?; _result "$name" $status "$out"; }

check_exit() {
  local name=$1 code=$2 out status=0; shift 2
  out=$("$@" 2>&1) || status=$?
  _result "$name" $((status != code)) "exit code $status instead of $code
$out"
}

check_is() {
  local name=$1 expected=$2 out; shift 2
  out=$("$@" 2>"$(session_dir)/stderr") || true
  _result "$name" "$([ "$out" = "$expected" ]; echo $?)" "expected: $expected
got:      $out
$(cat "$(session_dir)/stderr")"
}

check_like() {
  local name=$1 regex=$2 out; shift 2
  out=$("$@" 2>&1) || true
  _result "$name" "$(grep -qE -- "$regex" <<<"$out"; echo $?)" "no match of: $regex
$out"
}

check_unlike() {
  local name=$1 regex=$2 out; shift 2
  out=$("$@" 2>&1) || true
  _result "$name" "$(! grep -qE -- "$regex" <<<"$out"; echo $?)" "a match of: $regex
$out"
}

checks_done() { echo '# all checks made'; exit $((_checks_failed > 0)); } # run_suites.sh looks for that line
