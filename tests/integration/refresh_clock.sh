#!/bin/bash
# W17: schedules while somebody sets the server's clock: a day and half a year ahead, back by a day, and through both changes of summer
# time. What was missed is caught up once; nothing waits for a time that has come already; promises are kept throughout.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

dir=$(session_dir)
clock=$dir/clock
gcc -shared -fPIC -O1 -o "$dir/step_clock.so" "$here/../server/step_clock.c" -ldl || exit 1
chmod go+rx "$dir/step_clock.so"
set_clock() { # UTC-TIME: the server's time of day from now on
  perl -e 'my $f; open($f, "+<", $ARGV[0]) || open($f, ">", $ARGV[0]) || die; binmode $f; syswrite($f, pack("l!", $ARGV[1])) || die' \
    "$clock" $(($(date -u -d "$1" +%s) - $(date +%s)))
}
set_clock '2027-03-27 12:00:00'
chmod go+r "$clock"
STEP_CLOCK_FILE=$clock LD_PRELOAD=$dir/step_clock.so cluster_start --conf pg_steward.history_interval=0 --conf timezone=UTC || exit 1

q() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
eventually() { # NAME QUERY: it becomes true
  local try
  for ((try = 0; try < 600; try++)); do [ "$(q -c "$2")" = t ] && break; sleep 0.1; done
  check_is "$1" t q -c "$2"
}
# Of the hourly, the minutely and the nightly view, from UTC-TIME to the next (six hours later, if none is given): old history goes
# when time passes.
all_runs() {
  q -F' ' -c "SELECT count(*) FILTER (WHERE matviewname = 'hourly'), count(*) FILTER (WHERE matviewname = 'minutely'),
    count(*) FILTER (WHERE matviewname = 'nightly') FROM steward.refresh_history WHERE started_at >= '$1' AND started_at < coalesce(nullif('${2:-}', '')::timestamptz, timestamptz '$1' + interval '6 h') AND result IN ('ok', 'unchanged')"
}
write() { q -c "INSERT INTO t SELECT max(i) + 1 FROM t"; }
follows="SELECT bool_and(n = (SELECT count(*) FROM t)) FROM"

q <<'SQL'
CREATE EXTENSION pg_steward;
CREATE TABLE t AS SELECT 1 AS i;
CREATE MATERIALIZED VIEW promised AS SELECT count(*) AS n FROM t;
CREATE MATERIALIZED VIEW hourly AS SELECT count(*) AS n FROM t;
CREATE MATERIALIZED VIEW minutely AS SELECT count(*) AS n FROM t;
CREATE MATERIALIZED VIEW nightly AS SELECT count(*) AS n FROM t;
SELECT steward.schedule_refresh('promised', max_staleness => '2 s'), steward.schedule_refresh('hourly', every => '1 h'),
       steward.schedule_refresh('minutely', cron => '* * * * *', timezone => 'UTC'),
       steward.schedule_refresh('nightly', cron => '30 2 * * *', timezone => 'Europe/Berlin');
SQL
eventually 'the first refreshes are done' "SELECT count(*) = 4 FROM steward.matviews WHERE last_result IN ('ok', 'unchanged')"
check_is 'a time that summer time leaves out comes when it begins' '2027-03-28 01:00:00+00' q -c "SELECT next_refresh FROM steward.matviews WHERE matviewname = 'nightly'"
check_is 'nothing else is due' '1 1 1' all_runs '2027-03-27 12:00'

# ---- ahead by half a day, to just before summer time ----------------------------------------------------------------
write
set_clock '2027-03-28 00:59:50'
eventually 'after a step ahead all that is due follows' "$follows (TABLE hourly UNION ALL TABLE minutely UNION ALL TABLE promised) x"
check_is 'once each, however many times were missed' '1 1 0' all_runs '2027-03-28 00:59:50' '2027-03-28 01:00'
write
eventually 'summer time begins' "$follows nightly"
check_is 'the night after' '2027-03-29 00:30:00+00' q -c "SELECT next_refresh FROM steward.matviews WHERE matviewname = 'nightly'"

# ---- ahead by seven months, to just before the hour that comes twice ------------------------------------------------
write
set_clock '2027-10-31 00:29:50'
eventually 'so many missed times' "$follows (TABLE hourly UNION ALL TABLE minutely UNION ALL TABLE promised UNION ALL TABLE nightly) x"
check_is 'are caught up once' '1 1 1' all_runs '2027-10-31 00:29:50' '2027-10-31 00:30'
write
eventually 'a time that comes twice is kept' "$follows nightly"
check_is 'the first time only' '2027-11-01 01:30:00+00' q -c "SELECT next_refresh FROM steward.matviews WHERE matviewname = 'nightly'"

# ---- back by a day --------------------------------------------------------------------------------------------------
set_clock '2027-10-30 00:29:50'
write
eventually 'after a step back promises are kept' "$follows promised"
eventually 'nothing waits for the time that the clock showed before' "$follows (TABLE minutely UNION ALL TABLE nightly) x"
check_is 'nor longer than a period' t q -c "SELECT next_refresh <= clock_timestamp() + interval '1 h' FROM steward.matviews WHERE matviewname = 'hourly'"
check_is 'and nothing runs again and again' '0 1 1' all_runs '2027-10-30 00:29:50'
check_unlike 'without complaint' 'cannot look after|could not refresh' cat "$(cluster_log)"
checks_done
