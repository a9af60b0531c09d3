#!/bin/bash
# Nothing that exists is suggested again (RELIABILITY C6): one table a case of already_indexed.cases, each with its own
# existing index, one statement a table, one run of advice.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

cluster_start || exit 1
trim() { sed -E 's/^ +| +$//g' <<<"$1"; }

names=() wants=() statements=()
while IFS='|' read -r name exists statement want; do
  name=$(trim "$name")
  table=case_$name
  exists=$(trim "$exists") statement=$(trim "$statement")
  names+=("$name") wants+=("$(trim "$want")") statements+=("${statement// T / $table };")
  printf '%s\n' "CREATE TABLE $table AS SELECT * FROM source;" \
    "$(sed -E "s/\bT\b/$table/g" <<<"$exists" | sed 's/; /;\n/g');"
done < <(grep -v '^#' "$here/already_indexed.cases") >"$(session_dir)/exists.sql"

{
  echo 'CREATE EXTENSION pg_steward;'
  echo "CREATE TABLE source AS SELECT i AS u, i % 500 AS a, i / 3 % 700 AS b, i % 5000 AS d, i % 900 AS n,
          'X' || i % 800 AS t, jsonb_build_object('k', i % 600) AS j, i % 600 AS \"Mixed \"\"Case\", i AS v
        FROM generate_series(1, 20000) i;"
  cat "$(session_dir)/exists.sql"
  echo 'VACUUM ANALYZE;'
  echo 'SELECT steward.reset();'
} | psql -q -v ON_ERROR_STOP=1 -o /dev/null >&2 || exit 1
for _ in 1 2 3; do printf '%s\n' "${statements[@]}"; done | psql -q -v ON_ERROR_STOP=1 -o /dev/null >&2 || exit 1

pgsteward advise --format json --limit 1000 --no-save >"$(session_dir)/advice.json" || exit 1
advice_on() { # TABLE: "served", or what is suggested on it
  python3 -c 'import json, sys
ddl = [s["ddl"] for s in json.load(open(sys.argv[1]))["suggestions"] if s["relname"] == sys.argv[2]]
print("\n".join(ddl) or "served")' "$(session_dir)/advice.json" "$1"
}
for i in "${!names[@]}"; do
  if [ "${wants[i]}" = served ]; then
    check_is "${names[i]}: served by what exists" served advice_on "case_${names[i]}"
  else
    check_like "${names[i]}: wanted in spite of what exists" '^CREATE INDEX' advice_on "case_${names[i]}"
  fi
done
checks_done
