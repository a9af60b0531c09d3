# Owns parts "e" and "demo_e" of bench/index.sh: what --verify leaves, measured once more without it. To be sourced after
# index_parts.sh and index_demo.sh.

# One query in alternation with and without the built indexes, which are dropped for it in a transaction that is rolled back:
# "Q01 with milliseconds" a line, and "Q01 same 0" where the plan is the same with and without.
alternate() {   # alternate QUERY ROUNDS
  local i query=$dir/query.sql
  { cat "$tpch/queries/$1.sql"; echo ';'; } >"$query"
  {
    echo 'EXPLAIN (COSTS OFF)'; cat "$query"; echo "\\echo without"
    echo 'BEGIN;'; cat "$dir/drops.sql"; echo 'EXPLAIN (COSTS OFF)'; cat "$query"; echo 'ROLLBACK;'
  } >"$dir/plans.sql"
  quiet -At -f "$dir/plans.sql" | awk -v q="Q$1" '/^without$/ { side = 1; next } { plan[side + 0] = plan[side + 0] $0 "\n" }
    END { if (plan[0] == plan[1]) print q, "same", 0 }'
  for ((i = 0; i < $2; i++)); do
    echo '\echo with'; echo '\timing on'; cat "$query"; echo '\timing off'
    echo 'BEGIN;'; cat "$dir/drops.sql"
    echo '\echo without'; echo '\timing on'; cat "$query"; echo '\timing off'; echo 'ROLLBACK;'
  done >"$dir/rounds.sql"
  quiet -o /dev/null -f "$dir/rounds.sql" | awk -v q="Q$1" '/^with/ { side = $1 } /^Time:/ { print q, side, $2 }'
}

# verify LABEL BUDGET [OPTION...]: advice that stood --verify, as LABEL.json and LABEL.sql
verify() {
  local label=$1 budget=$2; shift 2
  "$STEWARD_BIN" advise indexes -d "$PGDATABASE" --budget "$budget" --limit 100 --weight calls --no-save --verify --yes "$@" \
    --format json -o "$dir/$label.json"
  json "$dir/$label.json" "jsonb_array_elements(j -> 'suggestions') ->> 'ddl'" >"$dir/$label.sql"
}

# rows FILE ARRAY EXPRESSION: the expression of each element s of an array of j
rows() {
  quiet -At -v "file=$1" <<<"\\set content \`cat $1\`
SELECT $3 FROM (SELECT :'content'::jsonb AS j) d, LATERAL jsonb_array_elements($2) s"
}

# Per statement: what the planner and the verification say of it.
print_verified() {   # print_verified LABEL
  rows "$dir/$1.json" "j -> 'verification' -> 'statements'" "format('      %s  predicted %s  measured %s  (%s -> %s ms)', rpad(s ->> 'queryid', 20),
      round((s ->> 'cost_after')::numeric / (s ->> 'cost_before')::numeric, 3),
      round((s ->> 'time_after')::numeric / (s ->> 'time_before')::numeric, 3),
      round((s ->> 'time_before')::numeric, 2), round((s ->> 'time_after')::numeric, 2))"
  rows "$dir/$1.json" "j -> 'rejected'" "format('      rejected: %s: %s',
      regexp_replace(s ->> 'ddl', '.* ON (\w+\.)?(.*);', '\2'), s -> 'evidence' ->> 'rejected_because')"
}

part_e() {
  local rounds=7 q limit=45000000 total worst
  printf '\ne. executed: the indexes that stood --verify, built, and the 19 queries run with and without them\n'
  capture on
  note_built
  progress 'verifying the advice'
  verify e $limit --min-gain 0.1
  progress_end
  print_verified e
  quiet -f "$dir/e.sql"
  quiet -At -c "SELECT format('DROP INDEX %s;', c.oid::regclass) FROM pg_class c WHERE relkind = 'i'
    AND relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM bench.before b WHERE b.oid = c.oid)" >"$dir/drops.sql"
  for q in "${queries[@]}"; do
    progress "running query $q"
    alternate "$q" $rounds
  done >"$dir/times"
  progress_end
  awk '{ if (!(($1, $2) in least) || $3 < least[$1, $2]) least[$1, $2] = $3; seen[$1] = 1 }
    END { for (q in seen) { a = least[q, "with"]; b = least[q, "without"]; printf "%s %.1f %.1f %.3f %s\n", q, b, a, a / b, (q, "same") in least ? "same plan" : ""
        with += a; without += b; if (!((q, "same") in least) && a / b > worst) worst = a / b }
      printf "total %.1f %.1f %.4f\nworst - - %.3f\n", without, with, with / without, worst }' "$dir/times" | sort >"$dir/executed"
  printf '  least of %d alternating rounds, ms without and with, ratio; %s MB built\n' $rounds "$(megabytes "$(built_bytes public)")"
  sed 's/^/      /' "$dir/executed" | column -t | sed 's/^/      /'
  total=$(awk '$1 == "total" { print $4 }' "$dir/executed") worst=$(awk '$1 == "worst" { print $4 }' "$dir/executed")
  gate 'e: executed time of the 19 queries' "$total" '<' 0.83
  gate 'e: of the queries whose plan changes, the one slowed down most' "$worst" '<=' 1.2
  gate 'e: bytes built' "$(built_bytes public)" '<=' $limit
  drop_built public
}

part_demo_e() {
  command -v pgbouncer >/dev/null || { skip 'part demo_e: pgbouncer is missing (make deps)'; return; }
  [ "${shop_loaded:-no}" = yes ] || { load_shop; progress_end; }
  printf '\ndemo_e. the shop: advice that stood --verify, predicted and measured\n'
  progress 'verifying the advice'
  verify demo_e 100000000
  progress_end
  print_verified demo_e
  gate 'demo_e: the statement slowed down most' "$(rows "$dir/demo_e.json" "j -> 'verification' -> 'statements'" \
    "round(max((s ->> 'time_after')::numeric / (s ->> 'time_before')::numeric), 3)")" '<=' 1.2
  gate 'demo_e: time of the statements affected' "$(rows "$dir/demo_e.json" "j -> 'verification' -> 'statements'" \
    "round(sum((s ->> 'calls')::numeric * (s ->> 'time_after')::numeric) /
     sum((s ->> 'calls')::numeric * (s ->> 'time_before')::numeric), 3)")" '<' 1
}
