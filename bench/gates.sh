# Owns the gates of a benchmark: what was measured beside what it has to be, printed at the end; and the word on what was
# skipped. To be sourced after lib.sh. print_gates returns 1 when one failed.
gates=() failed=0
skip() { progress_end; echo "skipped: $*"; gates+=("  SKIPPED $*"); }
# What is no number, "inf" or "nan" among it, holds against nothing: to awk it would be a variable, which is 0.
compare() { [[ $1 =~ ^\ *[-+]?[0-9.]+([eE][-+]?[0-9]+)?\ *$ ]] && awk "BEGIN { exit !($1 $2 $3) }"; }
gate() {   # gate NAME MEASURED '<='|'<' LIMIT
  local result=PASS
  if ! compare "$2" "$3" "$4"; then result=FAIL failed=1; fi
  gates+=("$(printf '  %-58s %10s  %2s %-8s %s' "$1" "$2" "$3" "$4" "$result")")
}
print_gates() {
  [ ${#gates[@]} -gt 0 ] || return 0
  printf '\ngates\n'
  printf '%s\n' "${gates[@]}"
  return $failed
}
