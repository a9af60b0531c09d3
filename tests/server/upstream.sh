#!/bin/bash
# H11, H24: PostgreSQL's own regression and isolation suites in throw-away servers, with this library and without it.
#   upstream.sh [PART...]   (make test-upstream)   PART: regress, isolation, agreement; all of them without one
#
#   regress     the same tests fail, with the same differences, whether or not the library is preloaded with every
#   isolation   statement slow, sampled, timed and its parameters kept
#   agreement   pg_stat_statements beside it, in either load order, over the regression suite: every statement has the
#               queryid, calls and rows that it counts; what may differ stands in tests/server/upstream.sql
#
# A test may fail once on a busy machine: when results differ, the run with the library has a second try.
# The suites come from Debian's source package, through apt as the machine has it set up, and are kept in chroot_cache.
# Where that cannot be had (no network, no apt) the target says so and ends with 0. Nothing of it enters this repository.
# What the runs print and their differences: build/upstream/.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
headers=$("${PG_CONFIG:-pg_config}" --includedir-server) # the private tree has none
. "$here/harness.sh"
. "$here/check.sh"
. "$here/chroot.sh"

major=$(pg_config --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
kept=$(chroot_cache)/source
out=$STEWARD_REPO/build/upstream
suites=$STEWARD_SESSION/suites
conf() { printf -- '--conf\n%s\n' "$@"; }
mapfile -t own_settings < <(conf pg_steward.slow_min_duration=0 pg_steward.sample_rate=1 pg_steward.track_timing=on \
  pg_steward.track=all pg_steward.capture_parameters=on)
# Room for every statement of the suite, so that nothing is evicted on either side.
mapfile -t roomy < <(conf pg_steward.max_statements=100000 pg_steward.max_plans=100000 pg_steward.text_memory=512MB \
  pg_stat_statements.max=100000 pg_stat_statements.track=all pg_stat_statements.track_planning=on)

# ---- the suites -----------------------------------------------------------------------------------------------------
# apt TOOL ARGUMENT...: apt-get or apt-cache with this machine's sources, deb-src for every deb; lists of its own.
apt() {
  local tool=$1 dir=$STEWARD_SESSION/apt; shift
  if [ ! -d "$dir" ]; then
    mkdir -p "$dir/lists/partial" "$dir/archives/partial"
    apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | sort -u |
      sed 's/^/deb-src /' >"$dir/sources.list"
    apt apt-get update -qq || return 1
  fi
  "$tool" -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null -o APT::Sandbox::User=root \
    -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir" "$@"
}

# Prints the tarball of PostgreSQL's source: the server's own minor release, else the newest there is.
tarball() {
  local own file version
  own=$(pg_config --version | grep -oE '[0-9]+\.[0-9]+')
  mkdir -p "$kept" && cd "$kept" || return 1
  file=postgresql-${major}_$own.orig.tar.bz2
  if [ ! -e "$file" ] && command -v apt-get >/dev/null; then
    for version in $(apt apt-cache showsrc "postgresql-$major" 2>/dev/null | sed -n 's/^Version: //p' | sort -rV); do
      file=postgresql-${major}_${version%%-*}.orig.tar.bz2
      if [ -e "$file" ] || apt apt-get source -qq --download-only --tar-only "postgresql-$major=$version" >/dev/null 2>&1; then break; fi
    done
  fi
  [ -e "$file" ] || file=$(ls -t "postgresql-${major}_"*.orig.tar.* 2>/dev/null | head -n 1)
  [ -n "$file" ] && echo "$kept/$file"
}

# Lays out the suites where the servers' user can read and write them, with the C functions that they call.
unpack() { # TARBALL
  local libdir; libdir=$(pg_config --pkglibdir)
  mkdir -p "$suites/lib"
  tar -C "$suites" --strip-components=3 --wildcards -xf "$1" '*/src/test/regress' '*/src/test/isolation' || return 1
  cc -O2 -fPIC -shared -isystem "$headers" -o "$suites/lib/regress.so" "$suites/regress/regress.c" ||
    return 1
  cp "$libdir/autoinc.so" "$libdir/refint.so" "$suites/lib/"
  [ -z "$_user" ] || chown -R "$_user:" "$suites"
}

# ---- runs -----------------------------------------------------------------------------------------------------------
# run_suite NAME SUITE START-OPTION...: the suite in a fresh server of that name, which goes on. The result is in
# build/upstream/NAME: "tests", how each test ended, and "diffs", both without what differs from run to run.
run_suite() {
  local name=$1 suite=$2 result=$out/$1 tool schedule args=()
  shift 2
  # As where pg_regress starts the server itself: query ids are computed, EXPLAIN does not show them.
  cluster_start --name "$name" --conf compute_query_id=regress "$@" || return 1
  tool=$(dirname "$(pg_config --pgxs)")/../test/$suite
  case $suite in
    regress) tool+=/pg_regress schedule=parallel_schedule args=(--dlpath="$suites/lib" --max-concurrent-tests=20) ;;
    isolation) tool+=/pg_isolation_regress schedule=isolation_schedule ;;
  esac
  rm -rf "$result" && mkdir -p "$result"
  as_server mkdir "$STEWARD_SESSION/$name/out"
  (cd "$suites/$suite" && as_server timeout -k 10 900 "$tool" --inputdir=. --outputdir="$STEWARD_SESSION/$name/out" \
    --bindir="$(dirname "$(command -v postgres)")" --host="$PGHOST" --user=postgres --schedule=$schedule "${args[@]}" \
    </dev/null >"$result/log" 2>&1)
  sed -nE 's/^(test)? *([^ ]+) +\.\.\. +([^0-9]*[^0-9 ]) +[0-9]+ ms.*/\2 \3/p' "$result/log" >"$result/tests"
  sed -E "s|$STEWARD_SESSION/$name|DIR|g; s/^(---|\+\+\+|diff) .*\/([^/\t]+)\t.*/\1 \2/; /^diff /d" \
    "$STEWARD_SESSION/$name/out/regression.diffs" >"$result/diffs" 2>/dev/null
  [ -s "$result/tests" ] || { tail -n 20 "$result/log" >&2; return 1; }
}

# same_as_plain SUITE NAME: how the results of the two runs differ; nothing when they do not.
same_as_plain() {
  diff -u "$out/$1-plain/tests" "$out/$2/tests"
  diff -u "$out/$1-plain/diffs" "$out/$2/diffs"
}

count_tests() { # NAME: "213 tests, 1 failed (xml)"
  awk '{ n++ } $2 != "ok" { bad = bad " " $1; failed++ } END { printf "%d tests, %d failed%s", n, failed, bad ? ":" bad : "" }' \
    "$out/$1/tests"
}

with_and_without() { # SUITE
  local try difference=none
  run_suite "$1-plain" "$1" --no-preload || { echo "not ok - $1 without the library"; _checks_failed=1; return; }
  cluster_stop --name "$1-plain"
  for try in 1 2; do
    run_suite "$1-loaded$try" "$1" --preload pg_steward "${own_settings[@]}"
    cluster_stop --name "$1-loaded$try"
    difference=$(same_as_plain "$1" "$1-loaded$try")
    [ -n "$difference" ] || break
    echo "# try $try differs"
  done
  echo "# $1 without the library: $(count_tests "$1-plain"); with it: $(count_tests "$1-loaded$try")"
  check_is "$1: the same result with the library as without it" '' head -n 60 <<<"$difference"
}

# Statements as both count them, compared in the database that no test uses.
agreement() {
  local order name
  for order in pg_stat_statements,pg_steward pg_steward,pg_stat_statements; do
    name=${order%%,*}-first
    run_suite "$name" regress --preload "$order" "${own_settings[@]}" "${roomy[@]}" ||
      { echo "not ok - suite with $order"; _checks_failed=1; continue; }
    psql -qX -v ON_ERROR_STOP=1 -f "$here/upstream.sql" >"$out/$name/agreement" 2>&1
    sed -n 's/^#/#/p' "$out/$name/agreement"
    check_is "agreement with pg_stat_statements over the regression suite ($order)" '' grep -v '^#' "$out/$name/agreement"
    cluster_stop --name "$name"
  done
}

source=$(tarball) || { echo "SKIPPED: PostgreSQL's source package cannot be had here (deb-src of apt's sources, or a tarball in $kept)"; exit 0; }
echo "# suites of ${source##*/}, server: $(postgres --version)"
unpack "$source" || { echo "not ok - the suites were unpacked"; exit 1; }
[ $# -gt 0 ] || set -- regress isolation agreement
for part in "$@"; do
  case $part in
    regress | isolation) with_and_without "$part" ;;
    agreement) agreement ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
checks_done
