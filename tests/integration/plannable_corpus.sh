#!/bin/bash
# Plannable texts keep plans (H23, S14's premise): each statement of tests/plannable/corpus.sql is captured, its plannable text
# planned again with the original's values, and both plans compared, costs and rows included. A statement that is not
# costable or differs must be listed in tests/plannable/exceptions.txt with that reason, and the list must not be stale.
set -euo pipefail
. "$(dirname "$0")/../server/harness.sh"
cases=$STEWARD_REPO/tests/plannable
cluster_start --conf autovacuum=off --conf jit=off --conf pg_steward.capture_parameters=on --conf pg_steward.track=all \
  --conf compute_query_id=on --conf max_parallel_workers_per_gather=0

# One line a statement in COPY's text format: number, role, run, values, sql.
corpus() {
  perl -ne 'next if /^-- /; chomp; if (/^--(run|values|role) (.*)/) { $d{$1} = $2; next }
    s/;\s*$// or die "corpus.sql line $.: a statement is one line that ends with ;\n";
    $d{sql} = $_; s/\\/\\\\/g for values %d;
    print join("\t", ++$n, map { $d{$_} // "\\N" } qw(role run values sql)), "\n"; %d = ()' "$cases/corpus.sql"
}

psql -qX -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION pg_steward' -f "$cases/schema.sql" -f "$cases/run.sql"
corpus | psql -qX -v ON_ERROR_STOP=1 -c 'COPY check_plans.corpus FROM STDIN'
psql -qX -v ON_ERROR_STOP=1 -c 'ALTER ROLE postgres SET search_path = app, public' \
  -c 'ALTER ROLE corpus_reader SET search_path = app, public'
psql -qX -v ON_ERROR_STOP=1 -c 'CALL check_plans.check_all()' -c 'CALL check_plans.check_draws()'

psql -qXAt -F ' | ' -v ON_ERROR_STOP=1 -c "SELECT sql, result || coalesce(': ' || split_part(detail, E'\n', 1), '')
  FROM check_plans.outcome WHERE result <> 'same' ORDER BY no" | sed -E 's/differs: .*/differs/' >"$(session_dir)/exceptions.txt"
psql -qXAt -v ON_ERROR_STOP=1 -c "SELECT format('considered %s, costable %s, same plan %s (%s of them with replaced constants), listed with a reason %s',
    count(*), count(*) FILTER (WHERE plannable IS NOT NULL), count(*) FILTER (WHERE result = 'same'),
    count(*) FILTER (WHERE result = 'same' AND informative), count(*) FILTER (WHERE result <> 'same'))
  FROM check_plans.outcome
  UNION ALL SELECT format('control: NULL for every value changes %s of %s plans', count(*) FILTER (WHERE flips), count(flips))
  FROM check_plans.outcome WHERE informative
  UNION ALL SELECT format('what-if with samples: %s of %s at the original''s cost', count(*) FILTER (WHERE abs(cost - sampled_cost) < 0.006),
    count(*)) FROM check_plans.outcome WHERE plannable IS NOT NULL AND sampled_method IS NOT NULL
  UNION ALL SELECT format('drawn from %s: %s statements, %s within 10 %%, %s within 25 %%, %s within a factor of 2', method, count(*),
    count(*) FILTER (WHERE off < ln(1.1)), count(*) FILTER (WHERE off < ln(1.25)), count(*) FILTER (WHERE off < ln(2)))
  FROM (SELECT *, abs(ln(drawn_cost / nullif(cost, 0))) AS off FROM check_plans.drawn) d GROUP BY method"
psql -qXAt -c "SELECT 'not the same plan: ' || sql || E'\n  ' || plannable || E'\n  ' || detail FROM check_plans.outcome WHERE result IN ('differs', 'does not plan') AND plannable IS NOT NULL"

result() { if [ "$2" = 0 ]; then echo "ok - $1"; else echo "not ok - $1"; fi; }
status=0; diff -u "$cases/exceptions.txt" "$(session_dir)/exceptions.txt" || status=1
result "plannable texts plan as their originals, but for the listed" $status
# Each line below must not end the script, so that all results are shown.
set +e
[ "$(psql -qXAt -c 'SELECT count(*) >= 200 FROM check_plans.outcome')" = t ]; result "at least 200 statements were considered" $?
[ "$(psql -qXAt -c 'SELECT avg(flips::int) > 0.9 FROM check_plans.outcome WHERE informative')" = t ]
result "the comparison detects wrong values" $?
[ "$(psql -qXAt -c "SELECT bool_and(sampled_method = 'parameters' AND abs(cost - sampled_cost) < 0.006)
  FROM check_plans.outcome WHERE result = 'same' AND (sampled_method IS NOT NULL OR sampled_error IS NOT NULL)")" = t ]
result "what-if with samples costs what the original costs" $?
[ "$(psql -qXAt -c "SELECT count(*) > 200 AND avg((abs(ln(drawn_cost / nullif(cost, 0))) < ln(1.25))::int) > 0.9
  FROM check_plans.drawn WHERE method = 'shapes'")" = t ]
result "nine of ten statements cost within 25 % with values drawn to their shapes" $?
[ -z "$(cluster_crashes)" ]; result "no server process died" $?
