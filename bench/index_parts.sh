# Owns the parts of bench/index.sh, each of which loads what it needs, measures, prints a table and adds its gates.
# To be sourced by it after lib.sh and gates.sh; needs "tpch", the workload's folder, and "selection", the program index_selection.
queries=(01 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18 19 21 22)

hypopg_package() { echo "postgresql-$("$PG_CONFIG" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')-hypopg"; }

# ---- the workload -----------------------------------------------------------------------------------------------------
# psql that capture and pg_stat_statements do not see
quiet() { PGOPTIONS='-c pg_steward.track=none -c pg_stat_statements.track=none -c client_min_messages=warning' psql -qX -v ON_ERROR_STOP=1 "$@"; }

loaded=no samples=none
tpch_ready() {
  if [ $loaded = yes ]; then cluster_env tpch; export PGDATABASE=tpch; return; fi
  progress 'loading TPC-H'
  cluster_start --name tpch --conf shared_buffers=1GB --conf effective_cache_size=8GB --conf jit=off --conf work_mem=64MB \
    --conf random_page_cost=4 --conf max_parallel_workers_per_gather=2 --conf maintenance_work_mem=512MB \
    --conf autovacuum=off
  createdb tpch
  export PGDATABASE=tpch
  quiet -f "$tpch/schema.sql"
  local table
  for table in region nation supplier customer part partsupp orders lineitem; do
    zstdcat "$tpch/$table.tbl.zst" | quiet -c "COPY $table FROM STDIN WITH (DELIMITER '|')"
  done
  quiet -c 'VACUUM (FREEZE, ANALYZE)' -c 'CREATE EXTENSION pg_steward'
  quiet -c 'CREATE SCHEMA bench'
  if has_module hypopg; then quiet -f "$bench/index_selection.sql"; fi
  base=$(workload_cost </dev/null)
  progress_end
  echo "TPC-H at scale factor 0.1: the planner's cost of the 19 queries with primary keys only is $base"
  loaded=yes
}

# Runs the workload once, with or without parameter samples, unless it was the last time.
capture() {   # capture on|off
  [ $samples != "$1" ] || return 0
  progress "running the workload, samples $1"
  quiet -c 'SELECT steward.reset()' -c "ALTER DATABASE tpch SET pg_steward.capture_parameters = $1" >/dev/null
  local q
  for q in "${queries[@]}"; do psql -qX -f "$tpch/queries/$q.sql" >/dev/null; done
  quiet -c 'ALTER DATABASE tpch RESET pg_steward.capture_parameters'
  samples=$1
}

# The planner's costs of the queries, added up; standard input is SQL to run before in the same session.
workload_cost() {
  local q
  { cat; for q in "${queries[@]}"; do echo 'EXPLAIN (FORMAT JSON)'; cat "$tpch/queries/$q.sql"; echo ';'; done; } \
    >"$dir/explain.sql"
  quiet -At -f "$dir/explain.sql" | awk -F: '/^\[/ { top = 1 }
    top && /"Total Cost"/ { gsub(/[ ,]/, "", $2); sum += $2; top = 0 } END { printf "%.1f\n", sum }'
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f", a / b }'; }
off() { awk -v a="$1" -v b="$2" 'BEGIN { d = a / b - 1; printf "%.4f", (d < 0 ? -d : d) }'; }   # share of b
megabytes() { awk -v n="$1" 'BEGIN { printf "%.2f", n / 1e6 }'; }
# spread VALUES: "median (least to most)" of lines
spread() {
  sort -g | awk '{ v[NR] = $1 } END { m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    printf "%.3f (%.3f to %.3f)", m, v[1], v[NR] }'
}
least() { sort -g | head -n 1; }

# ---- part a -----------------------------------------------------------------------------------------------------------
hypo_budgets=(25000000 50000000 100000000)
declare -A include=([keys]=0 [include]=4)   # INCLUDE columns that an index may have

# select_hypo LABEL BUDGET RUNS [OPTION...]: what index_selection says, in a file whose path is printed; made once
select_hypo() {
  local out=$dir/select_$1_$2 label=$1 budget=$2 runs=$3; shift 3
  if [ ! -s "$out" ]; then
    progress "selecting under HypoPG's sizes, $label, $(megabytes "$budget") MB"
    "$selection" -d tpch --hypopg --redundant --budget "$budget" --repeat "$runs" "$@" >"$out" || { rm "$out"; return 1; }
  fi
  echo "$out"
}
fact() { sed -n "s/^$2 //p" "$1"; }   # fact FILE NAME

# hypo_score FILE: cost ratio and bytes of that set as HypoPG has it
hypo_score() {
  local cost bytes create="$dir/hypo.sql"
  fact "$1" index | sed "s/'/''/g; s/.*/SELECT public.hypopg_create_index('&');/" >"$create"
  cost=$(workload_cost <"$create")
  bytes=$({ cat "$create"; echo 'SELECT sum(public.hypopg_relation_size(indexrelid)) FROM public.hypopg_list_indexes;'; } |
    quiet -At -f - | tail -n 1)
  echo "$(ratio "$cost" "$base") ${bytes:-0}"
}

print_set() { sed -E 's/.* ON (\w+\.)?//; s/ USING btree / /; s/;$//' | sort | paste -sd ';' | sed 's/;/; /g; s/^/      /'; }

part_a() {
  capture on
  local best=(0.8924 0.8205 0.7322) known=(0.8556 0.8005 0.7149) i columns file score bytes name
  printf '\na. scored by HypoPG: cost ratio of the set under HypoPG'\''s bytes, with keys only and with INCLUDE columns\n'
  printf '  %6s %-8s %8s %16s %11s %8s %8s %6s\n' MB '' ratio 'best algorithm' 'best known' MB indexes plans
  for i in 0 1 2; do
    for columns in keys include; do
      file=$(select_hypo polished_$columns "${hypo_budgets[i]}" 3 --include "${include[$columns]}")
      read -r score bytes <<<"$(hypo_score "$file")"
      progress_end
      name="$((hypo_budgets[i] / 1000000)) MB"
      printf '  %6s %-8s %8s %16s %11s %8s %8s %6s\n' "${name% MB}" $columns "$score" "${best[i]}" "${known[i]}" \
        "$(megabytes "$bytes")" "$(fact "$file" index | wc -l)" "$(fact "$file" calls)"
      fact "$file" index | print_set
      gate "a: $name, $columns, ratio by HypoPG" "$score" '<=' "$(awk "BEGIN { print ${best[i]} + 0.004 }")"
      gate "a: $name, $columns, bytes by HypoPG" "$bytes" '<=' "${hypo_budgets[i]}"
    done
  done
}

# ---- part b -----------------------------------------------------------------------------------------------------------
drop_built() {   # drop_built SCHEMA: what follow has made there
  quiet -At -c "SELECT format('DROP INDEX %s;', c.oid::regclass) FROM pg_class c
    WHERE relkind = 'i' AND relnamespace = '$1'::regnamespace AND NOT EXISTS
      (SELECT FROM bench.before b WHERE b.oid = c.oid)" | quiet -f -
}
note_built() { quiet -c 'DROP TABLE IF EXISTS bench.before' -c "CREATE TABLE bench.before AS SELECT oid FROM pg_class"; }
built_bytes() {
  quiet -At -c "SELECT coalesce(sum(pg_relation_size(c.oid)), 0) FROM pg_class c
    WHERE relkind = 'i' AND relnamespace = '$1'::regnamespace AND NOT EXISTS
      (SELECT FROM bench.before b WHERE b.oid = c.oid)"
}
json() {   # json FILE EXPRESSION of j
  quiet -At -v "file=$1" <<<"\\set content \`cat $1\`
SELECT $2 FROM (SELECT :'content'::jsonb AS j) s"
}

# advise LABEL BUDGET [OPTION...]: the advice as LABEL.json and LABEL.sql in the session's folder
advise() {
  local label=$1 budget=$2; shift 2
  local command=("$STEWARD_BIN" advise indexes -d "$PGDATABASE" --budget "$budget" --limit 100 --weight calls --no-save)
  "${command[@]}" "$@" --format json -o "$dir/$label.json"
  "${command[@]}" "$@" --format sql -o "$dir/$label.sql"
}
follow() { quiet -f "$dir/$1.sql" >"$dir/$1.log" 2>&1 || { cat "$dir/$1.log" >&2; return 1; }; }

# Predictions of size are off by a little: where what was built turns out to be too large, less is asked for.
advise_built() {   # advise_built LABEL LIMIT SCHEMA [OPTION...]: "asked" and "bytes" are what was asked for and built
  local label=$1 limit=$2 schema=$3; shift 3
  asked=$limit
  note_built
  while :; do
    progress "advice and indexes: $label"
    advise "$label" "$asked" "$@"
    follow "$label"
    bytes=$(built_bytes "$schema")
    [ "$bytes" -gt "$limit" ] || break
    drop_built "$schema"
    asked=$(awk "BEGIN { printf \"%d\", $asked * $limit / $bytes * 0.998 }")
  done
}

part_b() {
  local limits=(11 21 32 45) peers=(0.8536 0.8392 0.7717 0.7717) goals=(0.8435 0.7724 0.7510 -) on i label built bytes asked
  printf '\nb. scored on the indexes built: cost ratio and bytes\n'
  printf '  %5s %-8s %10s %8s %11s %7s %10s %10s %9s %8s %6s\n' MB samples predicted built 'best peer' goal 'asked MB' \
    'predicted' 'built MB' indexes plans
  for on in on off; do
    capture $on
    for i in 0 1 2 3; do
      label=b_${on}_${limits[i]}
      advise_built "$label" $((limits[i] * 1000000)) public --min-gain 0.05
      built=$(ratio "$(workload_cost </dev/null)" "$base")
      drop_built public
      progress_end
      # shellcheck disable=SC2046
      printf '  %5s %-8s %10s %8s %11s %7s %10s %10s %9s %8s %6s\n' "${limits[i]}" $on \
        $(json "$dir/$label.json" "round((j #>> '{cost_after}')::numeric / (j #>> '{cost_before}')::numeric, 4)") \
        "$built" "${peers[i]}" "${goals[i]}" "$(megabytes "$asked")" \
        "$(megabytes "$(json "$dir/$label.json" "j #>> '{size}'")")" "$(megabytes "$bytes")" \
        $(json "$dir/$label.json" "jsonb_array_length(j -> 'suggestions') || ' ' || (j #>> '{planner_calls}')")
      json "$dir/$label.json" "jsonb_array_elements(j -> 'suggestions') ->> 'ddl'" | print_set
      gate "b: ${limits[i]} MB, samples $on, ratio built" "$built" '<' "${peers[i]}"
    done
  done
  if has_module hypopg; then b_without_steward; fi
}

# The same where pg_steward is not used, at the largest budget.
b_without_steward() {
  local asked bytes built q
  quiet -c 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements' -c 'SELECT pg_stat_statements_reset()' >/dev/null
  for q in "${queries[@]}"; do psql -qX -f "$tpch/queries/$q.sql" >/dev/null; done
  advise_built b_hypopg 45000000 public --min-gain 0.05 --source hypopg
  built=$(ratio "$(workload_cost </dev/null)" "$base")
  drop_built public
  progress_end
  printf '  from pg_stat_statements and HypoPG, at 45 MB: ratio built %s, %s MB, %s of the statements costed\n' "$built" \
    "$(megabytes "$bytes")" "$(json "$dir/b_hypopg.json" "j #>> '{statements_costed}'")"
  gate 'b: 45 MB, from pg_stat_statements and HypoPG, ratio built' "$built" '<' 0.7717
}

# ---- part c -----------------------------------------------------------------------------------------------------------
# command_seconds RUNS BUDGET [OPTION...]: wall seconds of pgsteward, one line a run
command_seconds() {
  local runs=$1 budget=$2 i began; shift 2
  for ((i = 0; i < runs; i++)); do
    began=$(date +%s.%N)
    "$STEWARD_BIN" advise indexes -d tpch --budget "$budget" --weight calls --min-gain 0.05 --no-save "$@" >/dev/null
    awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.3f\n", b - a }'
  done
}

# Extend's seconds were measured on another machine. There EXPLAIN (FORMAT JSON) of these statements took so many seconds
# over libpq at least, together; what it takes here, between the runs, says how much slower or faster this machine is.
pace_queries=(03 05 06 08 09 21) pace_there=0.004138

part_c() {
  capture on
  local calls=(50 116 291) extend=(0.55 1.29 3.56) real=(11 21 45) i quick polished name score bytes slower tenth whole
  local pace=("${pace_queries[@]/#/$tpch/queries/}"); pace=("${pace[@]/%/.sql}")
  printf '\nc. planner calls and seconds of the selection under HypoPG'\''s sizes, INCLUDE columns allowed: median (least to most) of several runs\n'
  printf '  %6s %-9s %6s %18s %24s %22s %8s\n' MB '' plans "a tenth of Extend's" seconds "Extend's, at this pace" ratio
  for i in 0 1 2; do
    name="$((hypo_budgets[i] / 1000000)) MB"
    quick=$(select_hypo quick "${hypo_budgets[i]}" 25 --include "${include[include]}" --quick --pace "${pace[@]}")
    polished=$(select_hypo polished_include "${hypo_budgets[i]}" 3 --include "${include[include]}")
    progress_end
    slower=$(ratio "$(fact "$quick" pace)" $pace_there)
    tenth=$(awk "BEGIN { printf \"%.3f\", ${extend[i]} * $slower / 10 }")
    whole=$(awk "BEGIN { printf \"%.2f\", ${extend[i]} * $slower }")
    read -r score bytes <<<"$(hypo_score "$quick")"
    printf '  %6s %-9s %6s %18s %24s %22s %8s\n' "${name% MB}" quick "$(fact "$quick" calls)" "${calls[i]}" \
      "$(fact "$quick" seconds | spread)" "$tenth (tenth)" "$score"
    read -r score bytes <<<"$(hypo_score "$polished")"
    printf '  %6s %-9s %6s %18s %24s %22s %8s\n' "${name% MB}" polished "$(fact "$polished" calls)" '' \
      "$(fact "$polished" seconds | spread)" "$whole" "$score"
    echo "         EXPLAIN takes $slower times as long here as where Extend took ${extend[i]} s"
    gate "c: $name, plans of the quick answer" "$(fact "$quick" calls)" '<=' "${calls[i]}"
    gate "c: $name, least seconds of the quick answer" "$(fact "$quick" seconds | least)" '<=' "$tenth"
    gate "c: $name, least seconds of the polished answer" "$(fact "$polished" seconds | least)" '<=' "$whole"
  done
  printf '  the whole command pgsteward advise indexes, own sizes, seconds:\n'
  for i in "${real[@]}"; do
    progress "timing pgsteward, $i MB"
    printf '  %6s --quick %s, polished %s\n' "$i" "$(command_seconds 5 $((i * 1000000)) --quick | spread)" \
      "$(command_seconds 3 $((i * 1000000)) | spread)"
  done
}

# ---- part d -----------------------------------------------------------------------------------------------------------
part_d() {
  capture on
  progress 'counting evaluations'
  "$selection" -d tpch --hypopg --evaluate "$tpch/queries/05.sql" "$tpch/queries/06.sql" "$tpch/queries/08.sql" >"$dir/rates"
  progress_end
  printf '\nd. what-if evaluations a second under random sets of 8 candidates: median (least to most) of 7 rounds\n'
  awk 'BEGIN { title["explain"] = "EXPLAIN (FORMAT JSON), HypoPG, libpq"; title["plan"] = "steward.whatif, plans"
      title["template"] = "steward.whatif, plans taken apart"; title["estimate"] = "estimates from plans taken apart" }
    $1 == "rate" { printf "  Q%d %-40s %10.0f (%.0f to %.0f)\n", $2, title[$3], $4, $5, $6 }
    $1 == "error" { printf "  Q%d estimates of %d other sets that make it cheaper are off by %.2f %% (median), %.1f %% at worst\n", $2, $5, $3, $4 }' \
    "$dir/rates" | sort
}
