# Owns the parts of the benchmark of advice on prepared statements. To be sourced by prepared.sh after lib.sh, pooler.sh and
# gates.sh.

sql() { PGOPTIONS='-c pg_steward.track=none -c client_min_messages=warning' psql -qXAt -v ON_ERROR_STOP=1 "$@"; }
demo_seconds=1 # for each of the demo's statements
rounds_a=25    # of part a: the machine is not as fast in all of them, and all statements of a round share what its probes said

start_prepared() {
  progress 'making the data'
  cluster_start --name prepared --conf autovacuum=off --conf jit=off --conf max_parallel_workers_per_gather=0 \
    --conf shared_buffers=512MB --conf pg_steward.history_interval=0 --conf max_wal_size=4GB --conf fsync=off
  sql -c 'CREATE ROLE monitor' -c 'CREATE ROLE advisor' -c 'CREATE ROLE app LOGIN'
  extension
}

# extension: in the current database, with README.md's grants for the role that runs the load, owns the tables and measures
extension() {
  sql -c 'CREATE EXTENSION pg_steward' -c 'GRANT CREATE ON SCHEMA public TO app'
  sed -n '/^-- read the views$/,/^```$/p' "$bench/../README.md" | grep -v '^```$' | sql -f - -c 'GRANT advisor TO app'
}

# json FILE EXPRESSION: of the report in FILE, as Python: d is the document, s its suggestions
json() { python3 -c "import json, statistics, sys; d = json.load(open(sys.argv[1])); s = d['suggestions']; print($2)" "$1"; }

# advise FILE OPTION...: advice as JSON, not saved; superusers do not measure
advise() { local file=$1; shift; "$STEWARD_BIN" advise prepared -U app --no-save --format json --limit 1000 -o "$file" "$@"; }

# run PROTOCOL SECONDS FILE...: pgbench, one client; prints transactions a second
run() {
  local protocol=$1 seconds=$2 file files=(); shift 2
  for file in "$@"; do files+=(-f "$file"); done
  pgbench -n -U app -M "$protocol" -c 1 -T "$seconds" "${files[@]}" 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p'
}

# pgbench's statements that read, a script each
pgbench_scripts() {
  printf '%s\n' '\set aid random(1, 200000)' 'SELECT abalance FROM pgbench_accounts WHERE aid = :aid;' >"$dir/accounts.sql"
  printf '%s\n' '\set tid random(1, 20)' 'SELECT tbalance FROM pgbench_tellers WHERE tid = :tid;' >"$dir/tellers.sql"
  printf '%s\n' '\set bid random(1, 2)' 'SELECT bbalance FROM pgbench_branches WHERE bid = :bid;' >"$dir/branches.sql"
}

# savings FILE...: of the reports of some rounds, each of load, advice and measurement; per statement the medians over the rounds, for the
# machine is not as fast in all of them. Prints a line each to stderr; then the median of |predicted / measured - 1| in percent over the
# statements, and their number. Left out is what was not measured to a quarter, of what was measured or predicted, in a round, and what
# was in fewer than half of them; so a saving predicted where surely none is stays in, with an error that no gate lets pass.
savings() {
  python3 - "$@" <<'EOF'
import collections, json, statistics, sys
found = collections.defaultdict(list)
for name in sys.argv[1:]:
    d = json.load(open(name))
    for r in d['suggestions'] + d['rejected']:
        m = r['evidence']['measured'] or {}
        if 'saved_low' not in m or not r['saved_time_per_call']: continue
        predicted, measured = 1000 * r['saved_time_per_call'], 1000 * m['saved_time_per_call']
        if 1000 * (m['saved_high'] - m['saved_low']) < 0.5 * max(measured, predicted):
            found[r['query']].append((predicted, measured))
errors = []
for query, pairs in found.items():
    if 2 * len(pairs) < len(sys.argv) - 1: continue
    ratios = sorted(p / m if m > 0 else float('inf') for p, m in pairs)
    errors.append(abs(statistics.median(ratios) - 1))
    print('  predicted %6.1f us  measured %6.1f us  ratio %.2f (%.2f to %.2f, %d rounds)  %s' % (statistics.median(p for p, m in pairs),
          statistics.median(m for p, m in pairs), statistics.median(ratios), ratios[0], ratios[-1], len(pairs), query[:50]), file=sys.stderr)
print('%.1f %d' % (100 * statistics.median(errors) if errors else 999, len(errors)))
EOF
}

# throughput SETTING FILE...: four rounds of simple and prepared with that plan_cache_mode, each as often first; prints the median ratio, the
# least and the largest
throughput() {
  local setting=$1 round simple prepared ratios=(); shift
  for round in 1 2 3 4; do
    if [ $((round % 2)) = 1 ]; then simple=$(run simple 2 "$@"); fi
    prepared=$(PGOPTIONS="-c plan_cache_mode=$setting" run prepared 2 "$@")
    if [ $((round % 2)) = 0 ]; then simple=$(run simple 2 "$@"); fi
    ratios+=("$(awk "BEGIN { print $prepared / $simple }")")
  done
  printf '%s\n' "${ratios[@]}" | sort -n | paste -sd ' ' | awk '{ printf "%.2f %.2f %.2f\n", ($2 + $3) / 2, $1, $4 }'
}

# setting FILE PIECE: the plan_cache_mode that is advised for the statement whose text has PIECE
setting() { json "$1" "next((r['evidence']['plan_cache_mode'] or 'auto' for r in s + d['rejected'] if '$2' in (r['query'] or '')), 'auto')"; }

part_a() {
  local file median number ratio low high mode round
  progress 'pgbench: load and advice'
  pgbench -q -U app -i -s 2 >/dev/null 2>&1
  sql -c 'VACUUM ANALYZE'
  pgbench_scripts
  for round in $(seq $rounds_a); do
    progress "pgbench: load, advice, measurement, round $round of $rounds_a"
    sql -c 'SELECT steward.reset()' >"$dir/reset"
    for file in accounts tellers branches; do run simple 1 "$dir/$file.sql" >"$dir/tps"; done
    pgbench -n -U app -M simple -c 1 -T 1 >"$dir/tpcb" 2>/dev/null
    advise "$dir/pgbench.json" --measure --measure-time 500ms
    cp "$dir/pgbench.json" "$dir/pgbench.$round.json"
  done
  progress_end
  read -r median number < <(savings "$dir"/pgbench.*.json)
  gate "a: pgbench, error of the saving predicted (%), median of $number" "$median" '<' 15
  gate 'a: pgbench, statements measured' "$number" '>=' 3
  expect a 'a select by key' "$(action "$dir/pgbench.json" 'FROM pgbench_accounts')" prepare
  mode=$(setting "$dir/pgbench.json" 'FROM pgbench_accounts')
  read -r ratio low high < <(throughput "$mode" "$dir/accounts.sql")
  echo "throughput of a select by key, prepared as advised (plan_cache_mode = $mode) over simple: $ratio ($low to $high)"
  gate 'a: pgbench, throughput before over after, worst of 4 rounds' "$(awk "BEGIN { printf \"%.2f\", 1 / $low }")" '<' 1
  part_a_demo
}

part_a_demo() {
  local demo=$bench/../demo file median number vars round
  progress 'the demo: data, load and advice'
  sql -c 'CREATE DATABASE shop'
  export PGDATABASE=shop
  sql -f "$demo/schema.sql" -f "$demo/data.sql" >"$dir/demo.log" 2>&1
  extension
  sql -c 'GRANT pg_read_all_data TO app' -c 'ALTER DATABASE shop SET search_path = shop' -c 'VACUUM ANALYZE'
  vars="-D customers=100000 -D products=5000 -D orders=300000"
  for round in $(seq $rounds_a); do
    progress "the demo: load, advice, measurement, round $round of $rounds_a"
    sql -c 'SELECT steward.reset()' >"$dir/reset"
    # what only reads, but for order_details: it plans with the caches of a scan before it, and is measured without
    for file in "$demo"/workload/read/*.sql "$demo"/workload/main/{my_orders,stock_check}.sql; do
      # shellcheck disable=SC2086
      pgbench -n -U app -M simple $vars -c 1 -T $demo_seconds -f "$file" >"$dir/tps" 2>&1 || true
    done
    advise "$dir/demo.$round.json" --measure --measure-time 1s --min-calls 20
  done
  progress_end
  read -r median number < <(savings "$dir"/demo.*.json)
  gate "a: demo, error of the saving predicted (%), median of $number" "$median" '<' 15
  gate 'a: demo, statements measured' "$number" '>=' 3
  export PGDATABASE=postgres
}

# action FILE PIECE: what is advised of the statement whose text has PIECE, with what comes after parameterising
action() { json "$1" "', '.join(sorted({r['evidence']['then'] or r['action'] for r in s if '$2' in (r['query'] or '')})) or 'none'"; }
expect() { # expect PART TITLE ACTUAL EXPECTED
  gate "$1: $2: $3 (to be $4)" "$([ "$3" = "$4" ] && echo 0 || echo 1)" '<' 1
}

part_b() {
  progress 'skewed, uniform and partitioned tables'
  sql -c 'SET ROLE app' -f "$bench/prepared.sql"
  sql -c 'VACUUM ANALYZE' -c 'SELECT steward.reset()' >"$dir/reset"
  printf '%s\n' '\set v random(2, 10000)' 'SELECT n FROM skewed WHERE v = :v ORDER BY id LIMIT 1;' >"$dir/skewed.sql"
  printf '%s\n' '\set v random(1, 100000)' 'SELECT n FROM uniform WHERE v = :v;' >"$dir/uniform.sql"
  printf '%s\n' '\set v random(1, 19999)' 'SELECT n FROM parts WHERE v = :v;' >"$dir/parts.sql"
  { for i in $(seq 50); do echo "\\set p$i random(1, 100000)"; done
    echo "SELECT n FROM uniform WHERE v = :p1 $(for i in $(seq 2 50); do printf 'AND n <> :p%s ' "$i"; done);"; } >"$dir/fifty.sql"
  for file in skewed uniform parts fifty; do pgbench -n -U app -M extended -c 1 -t 300 -f "$dir/$file.sql" >"$dir/tps" 2>&1; done
  advise "$dir/b.json"
  expect b skewed "$(action "$dir/b.json" 'FROM skewed')" prepare_force_custom
  gate 'b: skewed: 2 over the worst ratio of costs' "$(sql -c "SELECT round((2 / max(c.generic_cost_here / c.custom_cost))::numeric, 3)
    FROM (SELECT array_agg(userid) AS u, array_agg(queryid) AS q FROM steward.statements WHERE query LIKE '%FROM skewed WHERE v = \$1%' AND calls > 99) AS s,
    LATERAL steward.plan_choice(s.u, s.q, draws => 16) AS c")" '<' 1
  expect b uniform "$(action "$dir/b.json" 'FROM uniform WHERE v = $1')" prepare
  expect b 'pruned when it runs' "$(action "$dir/b.json" 'FROM parts')" prepare
  gate 'b: fifty parameters: types in PREPARE, less 50' "$(json "$dir/b.json" \
    "max([abs(r['prepare_sql'].split(' AS ')[0].count(',') - 49) for r in s if '\$50' in (r['query'] or '')] or [999])")" '<' 1
}

# newer_pooler: puts a PgBouncer of a newer Debian, with the libraries that it needs, into $dir/newer; fails where there is none
newer_pooler() {
  local suite root
  for suite in trixie forky; do
    root=${XDG_CACHE_HOME:-$HOME/.cache}/pg_steward/matrix-$suite
    if [ -x "$root/usr/sbin/pgbouncer" ]; then break; fi
    root=
  done
  [ -n "$root" ] || return 1
  mkdir -p "$dir/newer/bin"
  cp -RL "$root/usr/lib/$(uname -m)-linux-gnu" "$dir/newer/lib" 2>/dev/null || true
  cp "$root/usr/sbin/pgbouncer" "$dir/newer/pgbouncer"
  printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$dir/newer/lib/ld-linux-x86-64.so.2" "$dir/newer/lib" "$dir/newer/pgbouncer" \
    >"$dir/newer/bin/pgbouncer"
  chmod -R a+rX "$dir/newer" && chmod a+x "$dir/newer/bin/pgbouncer"
  "$dir/newer/bin/pgbouncer" --version | head -n 1
}

# through PROTOCOL: transactions that two clients run through the pooler, each preparing on several connections; 0 when they fail
through() {
  local n
  n=$(pooler_env; pgbench -n -M "$1" -c 8 -j 1 -t 50 -f "$dir/uniform.sql" 2>/dev/null | sed -n 's|^number of transactions actually processed: \([0-9]*\)/.*|\1|p') || true
  echo "${n:-0}"
}

part_c() {
  local version
  if [ ! -e "$dir/uniform.sql" ]; then part_b; fi
  progress 'PgBouncer of this Debian'
  pooler_start --cluster prepared
  advise "$dir/old.json" --console "host=$dir/pooler port=6432 user=postgres"
  gate 'c: 1.18: suggestions to prepare' "$(json "$dir/old.json" "len([r for r in s if r['action'] != 'stop_preparing'])")" '<' 1
  gate 'c: 1.18: withheld, 1 over their number' "$(json "$dir/old.json" "1 / max(0.5, len(d['withheld']))")" '<' 1.1
  gate 'c: 1.18: not prepared, transactions missing of 400' "$((400 - $(through extended)))" '<' 1
  stop_pooler
  pooler_start --cluster prepared --conf pool_mode=session --conf default_pool_size=10
  advise "$dir/session.json" --console "host=$dir/pooler port=6432 user=postgres"
  gate 'c: 1.18, session mode: withheld' "$(json "$dir/session.json" "len(d['withheld'])")" '<' 1
  gate 'c: 1.18, session mode: prepared, transactions missing' "$((400 - $(through prepared)))" '<' 1
  stop_pooler
  if ! version=$(newer_pooler); then skip 'c: a newer PgBouncer: there is no chroot of tests/server/matrix.sh'; return 0; fi
  progress "$version"
  PATH=$dir/newer/bin:$PATH pooler_start --cluster prepared --conf max_prepared_statements=200
  advise "$dir/new.json" --console "host=$dir/pooler port=6432 user=postgres"
  progress_end; echo "$version: $(json "$dir/new.json" "d['pooler']['note']")"
  gate "c: $version: withheld" "$(json "$dir/new.json" "len(d['withheld'])")" '<' 1
  gate "c: $version: prepared, transactions missing of 400" "$((400 - $(through prepared)))" '<' 1
  stop_pooler
}

stop_pooler() {
  local pid; pid=$(cat "$(_pooler)/pid")
  pooler_stop
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  cluster_env prepared
}

part_d() {
  if [ -z "$(sql -c "SELECT to_regclass('steward.plan_changes')")" ]; then skip 'd: there is no steward.plan_changes'; return 0; fi
  progress 'a plan that changes'
  sql -c 'SET ROLE app' -c 'CREATE TABLE flips AS SELECT i AS v, i AS n FROM generate_series(1, 100000) AS i' -c 'CREATE INDEX flips_v_idx ON flips (v)' \
    -c 'RESET ROLE' -c 'VACUUM ANALYZE flips'
  printf '%s\n' '\set v random(1, 100000)' 'SELECT n FROM flips WHERE v = :v;' >"$dir/flips.sql"
  pgbench -n -U app -M extended -c 1 -t 30 -f "$dir/flips.sql" >"$dir/tps" 2>&1
  psql -qXc 'DROP INDEX flips_v_idx'
  pgbench -n -U app -M extended -c 1 -t 30 -f "$dir/flips.sql" >"$dir/tps" 2>&1
  gate 'd: a dropped index is the cause of a change of plan (1: no)' \
    "$(sql -c "SELECT 1 - least(1, count(*)) FROM steward.plan_changes WHERE query LIKE '%FROM flips%' AND cause = 'index'")" '<' 1
}
