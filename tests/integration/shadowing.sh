#!/bin/bash
# S4: every function and operator of pg_catalog has a double in public, which the database's search_path names first; a
# double that is called raises an error and so stands in the log. Installing, every view and function, the worker's
# refreshes and history, and every command of the CLI call none.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start --conf pg_steward.history_interval=0 --conf pg_steward.slow_min_duration=0 --conf pg_steward.capture_parameters=on
dir=$(session_dir)
plain() { PGOPTIONS='-c search_path=pg_catalog' psql "$@"; } # for what is not under test
plain -q -c 'CREATE DATABASE shop' -c 'CREATE ROLE planter' -c 'CREATE ROLE app LOGIN'
export PGDATABASE=shop
plain -q <<'SQL'
ALTER DATABASE shop SET search_path = public, pg_temp, pg_catalog;
GRANT CREATE ON SCHEMA public TO planter;
CREATE TABLE public.orders AS SELECT i AS id, i % 100 AS customer, 'note ' || i AS note FROM generate_series(1, 20000) i;
CREATE INDEX orders_id_idx ON public.orders (id);
CREATE INDEX orders_id_note_idx ON public.orders (id, note);
ANALYZE public.orders;
GRANT SELECT ON public.orders TO app;
CREATE MATERIALIZED VIEW public.totals AS SELECT customer, count(*) AS n FROM public.orders GROUP BY customer;
CREATE UNIQUE INDEX ON public.totals (customer);
SET ROLE planter;
DO $$
DECLARE
    one record;
    planted constant text := 'BEGIN RAISE EXCEPTION ''planted %s was called''; END';
    functions int := 0;
    operators int := 0;
BEGIN
    FOR one IN SELECT oid, proname, pg_get_function_identity_arguments(oid) AS arguments, pg_get_function_result(oid) AS result
                 FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'a') LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', one.proname, one.arguments, one.result,
                           format(planted, one.oid::regprocedure));
            functions := functions + 1;
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
    FOR one IN SELECT oid, oprname, oprleft, oprright, oprresult, row_number() OVER () AS number
                 FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.planted_%s(%s) RETURNS %s LANGUAGE plpgsql AS %L', one.number,
                           concat_ws(', ', nullif(one.oprleft, 0)::regtype, nullif(one.oprright, 0)::regtype),
                           one.oprresult::regtype, format(planted, one.oid::regoperator));
            EXECUTE format('CREATE OPERATOR public.%s (%s function = public.planted_%s)', one.oprname,
                           concat('leftarg = ' || nullif(one.oprleft, 0)::regtype || ', ', 'rightarg = ' || nullif(one.oprright, 0)::regtype || ', '),
                           one.number);
            operators := operators + 1;
        EXCEPTION WHEN others THEN NULL;
        END;
    END LOOP;
    RAISE LOG 'doubles: % functions, % operators', functions, operators;
END $$;
SQL
log() { cluster_log | xargs cat; }
check_like "doubles of thousands of functions and hundreds of operators are there" 'doubles: [12][0-9]{3} functions, [5-9][0-9]{2} operators' log
check_like "and are called when named" 'planted' psql -c "SELECT length('a'::text)"
check_like "and by operators" 'planted' psql -c "SELECT 1::int4 + 1::int4"
seen=$(log | wc -l)
called() { log | tail -n "+$((seen + 1))" | grep planted; }

check "CREATE EXTENSION" psql -q -c 'CREATE EXTENSION pg_steward'
for i in $(seq 30); do
  echo "SELECT note FROM public.orders WHERE customer = $i;"
  echo "SELECT count(*) FROM public.orders WHERE note LIKE 'note $i%' AND customer IN (1, $i);"
done | PGUSER=app plain -q >/dev/null

check "a schedule" psql -qAtc "SELECT steward.schedule_refresh('public.totals', every => '1 second')"
refreshed() { plain -Atc "SELECT count(*) > 0 FROM steward.refresh_history WHERE result IN ('ok', 'unchanged')"; }
tries=300
until [ "$(refreshed)" = t ] || [ $((tries--)) = 0 ]; do sleep 0.1; done
check_is "is kept by the worker" t refreshed
check "a refresh by hand" psql -qAtc "SELECT steward.refresh_now('public.totals')"
for time in first second third; do # the first only begins an interval
  check "history is written a $time time" psql -qAtc 'SELECT steward.write_history()'
  PGUSER=app plain -qc 'SELECT max(note) FROM public.orders WHERE customer = 7' >/dev/null
done
IFS='|' read -r first last seconds < <(plain -Atc "SELECT min(interval_end), max(interval_end), extract(epoch FROM max(interval_end) - min(interval_end))
  FROM steward.history_interval")
check "history by the worker" plain -qc 'ALTER SYSTEM SET pg_steward.history_interval = 60' -c 'SELECT pg_reload_conf()'

for command in doctor 'advise indexes' \
  'snapshot -o /dev/null' 'advise indexes --format json' 'advise indexes --no-save --format sql'; do
  # shellcheck disable=SC2086
  pgsteward $command >"$dir/out" 2>"$dir/err"
  status=$?
  check_is "pgsteward $command" '' cat "$dir/err"
  check "and its exit code" test $status -lt 2
done
check_is "pgsteward diff" '' bash -c 'pgsteward diff --before "$1" --after "$2" --window "$3s" 2>&1 >/dev/null' - "$first" "$last" "$seconds"
check_like "with its advice" 'CREATE INDEX CONCURRENTLY orders_customer' pgsteward advise indexes --no-save

relations() { plain -Atc "SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'steward'::regnamespace AND relkind IN ('v', 'r') ORDER BY 1"; }
for relation in $(relations); do check "TABLE $relation" psql -qAt -c "TABLE $relation"; done
check "window_statements" psql -qAtc 'TABLE steward.history_interval' -c "SELECT * FROM steward.window_statements('-infinity', 'infinity')"
check "reset" psql -qAtc 'SELECT steward.reset()'
check "unschedule" psql -qAtc "SELECT steward.unschedule_refresh('public.totals')"
check_is "no double was called" '' called
checks_done
