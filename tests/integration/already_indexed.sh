#!/bin/bash
# Nothing that exists is suggested again (RELIABILITY C6): one table a case of already_indexed.cases, each with its own
# existing index, one statement a table, one run of advice. And none of two is called redundant that does what the other
# does not (redundant_indexes.cases).
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
drop_names=() drops=()
while IFS='|' read -r name exists drop; do
  name=$(trim "$name") exists=$(trim "$exists")
  drop_names+=("$name") drops+=("$(trim "$drop")")
  printf '%s\n' "CREATE TABLE drop_$name (u int NOT NULL, a int, b int, t text, v varchar, ts tsvector);" \
    "$(sed -E "s/\bT(\b|_)/drop_$name\1/g" <<<"$exists" | sed 's/; /;\n/g');"
done < <(grep -v '^#' "$here/redundant_indexes.cases") >>"$(session_dir)/exists.sql"

{
  echo 'CREATE EXTENSION pg_steward;'
  echo "CREATE TABLE source AS SELECT i AS u, i % 500 AS a, i / 3 % 700 AS b, i % 5000 AS d, i % 900 AS n,
          'X' || i % 800 AS t, jsonb_build_object('k', i % 600) AS j, i % 600 AS \"Mixed \"\"Case\", i AS v
        FROM generate_series(1, 20000) i;"
  cat "$(session_dir)/exists.sql"
  echo 'VACUUM ANALYZE;'
  echo 'SELECT steward.reset();'
} | psql -q -v ON_ERROR_STOP=1 -o /dev/null >&2 || exit 1
for _ in $(seq 20); do printf '%s\n' "${statements[@]}"; done | psql -q -v ON_ERROR_STOP=1 -o /dev/null >&2 || exit 1

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
redundant_on() { # TABLE: what is said to be droppable on it
  python3 -c 'import json, sys
table = sys.argv[2]
print(" ".join("%s:%s:%s" % (r["indexrelname"].replace(table, "T"), r["kind"], r["superseded_by"].replace(table, "T"))
      for r in sorted(json.load(open(sys.argv[1]))["unneeded_indexes"], key=lambda r: r["indexrelname"])
      if r["relname"] == table and r["action"] == "drop") or "none")' \
    "$(session_dir)/advice.json" "$1"
}
for i in "${!drop_names[@]}"; do
  check_is "${drop_names[i]}: ${drops[i]} can go" "${drops[i]}" redundant_on "drop_${drop_names[i]}"
done
python3 -c 'import json, sys
for r in json.load(open(sys.argv[1]))["unneeded_indexes"]:
    if r["action"] == "drop": print(r["ddl"], "\n", r["undo_ddl"])' \
  "$(session_dir)/advice.json" >"$(session_dir)/drop.sql"
check "every kind of drop is among them" test "$(grep -c '^DROP INDEX CONCURRENTLY' "$(session_dir)/drop.sql")" -ge 20
check_exit "every drop and its undo run" 0 psql -q -v ON_ERROR_STOP=1 -f "$(session_dir)/drop.sql"
checks_done
