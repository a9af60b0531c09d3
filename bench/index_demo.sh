# Owns part "demo" of bench/index.sh: whether the advice on the demo's shop holds what it says of cost and size. To be
# sourced after index_parts.sh. Servers, schema and workload are the demo's own.
demo=$STEWARD_REPO/demo

load_shop() {
  # shellcheck source=../tests/server/pooler.sh
  . "$STEWARD_REPO/tests/server/pooler.sh"
  # shellcheck source=../demo/lib/workload.sh
  . "$demo/lib/workload.sh"
  # shellcheck source=../demo/lib/servers.sh
  . "$demo/lib/servers.sh"
  progress 'filling the shop'; shop_loaded=no
  start_cluster
  query -f "$demo/schema.sql"
  query -f "$demo/data.sql"
  query -c 'CREATE EXTENSION pg_steward' -c 'CREATE SCHEMA bench'
  customers=$(count_of customers) products=$(count_of products) orders=$(count_of orders)
  start_pooler
  progress 'running the shop for 15 s'
  run_workload bench 15
  shop_loaded=yes
}

# What the captured statements cost now: with indexes built, which "predicted" is to be held to.
cost_now() {
  advise now 8192 --quick
  json "$dir/now.json" "j #>> '{cost_before}'"
}

# Each index with bytes predicted and built.
print_sizes() {   # print_sizes LABEL
  quiet -At <<<"\\set content \`cat $dir/$1.json\`
SELECT format('      %s: %s predicted, %s built', regexp_replace(s ->> 'ddl', '.* ON (\w+\.)?(.*);', '\2'),
  s ->> 'size', pg_relation_size(('shop.' || substring(s ->> 'ddl', ' (\S+) ON '))::regclass))
FROM jsonb_array_elements(:'content'::jsonb -> 'suggestions') s"
}

# worst_size SIZES: of lines by print_sizes, as share of what was built
worst_size() {
  sed -nE 's/.*: ([0-9]+) predicted, ([0-9]+) built$/\1 \2/p' <<<"$1" |
    awk '{ d = $1 / $2 - 1; if (d < 0) d = -d; if (d > worst) worst = d } END { printf "%.4f", worst }'
}

part_demo() {
  local limit label cost asked bytes before after size sizes
  command -v pgbouncer >/dev/null || { skip 'part demo: pgbouncer is missing (make deps)'; return; }
  [ "${shop_loaded:-no}" = yes ] || load_shop
  progress_end
  printf '\ndemo. the shop: cost ratio and bytes, predicted and with the indexes built\n'
  printf '  %5s %10s %8s %12s %9s %8s %6s\n' MB predicted built 'predicted MB' 'built MB' indexes plans
  for limit in 10 100; do
    label=demo_$limit
    advise_built "$label" $((limit * 1000000)) shop
    cost=$(cost_now)
    sizes=$(print_sizes "$label")
    drop_built shop
    progress_end
    before=$(json "$dir/$label.json" "j #>> '{cost_before}'") after=$(json "$dir/$label.json" "j #>> '{cost_after}'")
    size=$(json "$dir/$label.json" "j #>> '{size}'")
    # shellcheck disable=SC2046
    printf '  %5s %10s %8s %12s %9s %8s %6s\n' "$limit" "$(ratio "$after" "$before")" "$(ratio "$cost" "$before")" \
      "$(megabytes "$size")" "$(megabytes "$bytes")" \
      $(json "$dir/$label.json" "jsonb_array_length(j -> 'suggestions') || ' ' || (j #>> '{planner_calls}')")
    printf '%s\n' "$sizes"
    gate "demo: $limit MB, cost built beside predicted" "$(off "$cost" "$after")" '<=' 0.02
    # n_distinct of a skewed column is ANALYZE's estimate, by its own sample: that alone moves an index by a tenth.
    gate "demo: $limit MB, bytes built beside predicted" "$(off "$bytes" "$size")" '<=' 0.1
    gate "demo: $limit MB, bytes of the worst index" "$(worst_size "$sizes")" '<=' 0.2
  done
}
