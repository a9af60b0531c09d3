# Owns what the benchmarks share, those of capture above all: the servers that are compared, the workloads, options,
# progress and results.
# To be sourced by a script of this folder; sources tests/server/harness.sh, which owns the servers' session.
# Leaves to others: how a thing is measured (instructions.sh, cpu.sh, throughput.sh, memory.sh), tables and gates (report.pl).
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../tests/server/harness.sh
. "$bench/../tests/server/harness.sh"

# "control" is query_id once more: its distance from query_id is what the method cannot tell apart.
all_configs='none query_id control pg_stat_statements pgss+auto_explain pgss+pg_qualstats pg_steward'
scale=2 # of pgbench's tables: 200,000 accounts, all of them in shared buffers
dir=$(session_dir)
results=$dir/results

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" | sed '/^set -/d'; }
fail_usage() { echo "$(basename "$0"): $*" >&2; usage >&2; exit 2; }

progress() { if [ -t 2 ]; then printf '\r\033[K[%d:%02d] %s' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; fi; }
progress_end() { if [ -t 2 ]; then printf '\r\033[K' >&2; fi; }

# result FIELD...: one line for report.pl
result() { echo "$*" >>"$results"; }

# note_status METRIC WORKLOAD: what the statement table of the current server, a pg_steward, says of itself now
note_status() {
  psql -qXAt -F ', ' -c "SELECT 'statements ' || statements, 'evicted ' || evicted, 'lost ' || lost,
    'texts missing ' || text_missing FROM steward.capture_status" | sed "s/^/note $1 $2 /" >>"$results"
}

# choose LIST ALL: prints the names of the comma-separated LIST in the order of ALL, or all of them when LIST is empty
choose() {
  local name list=${1//,/ }
  for name in $list; do
    case " $2 " in *" $name "*) ;; *) echo "unknown name $name; there are: $2" >&2; return 1 ;; esac
  done
  for name in $2; do
    case " ${list:-$2} " in *" $name "*) echo "$name" ;; esac
  done
}

# has_module NAME: can the servers load this library?
has_module() { [ -e "$(pg_config --pkglibdir)/$1.so" ]; }

# Drops from the array "configs" what cannot run here, saying so.
drop_missing_configs() {
  local config kept=()
  for config in "${configs[@]}"; do
    if [ "$config" = pgss+pg_qualstats ] && ! has_module pg_qualstats; then
      echo "skipped: $config, because pg_qualstats is not in build/pgtree (install the Debian package" \
        "postgresql-15-pg-qualstats, then: rm -rf build/pgtree; make pgtree)"
    else kept+=("$config"); fi
  done
  configs=("${kept[@]}")
}

# ---- configurations ---------------------------------------------------------------------------------------------------
config_preload() {
  case "$1" in
    none | query_id | control) ;;
    pgss+auto_explain) echo pg_stat_statements,auto_explain ;;
    pgss+pg_qualstats) echo pg_stat_statements,pg_qualstats ;;
    *) echo "$1" ;;
  esac
}

# config_settings NAME FACTOR: lines of postgresql.conf. Everything that is compared runs at its defaults; FACTOR stretches
# the thresholds of duration where the server itself is slowed down (under valgrind).
config_settings() {
  case "$1" in
    none) echo 'compute_query_id = off' ;;
    query_id | control) echo 'compute_query_id = on' ;;
    pgss+auto_explain) echo "auto_explain.log_min_duration = $((100 * $2))ms" ;;
    pg_steward) if [ "$2" != 1 ]; then echo "pg_steward.slow_min_duration = $((500 * $2))ms"; fi ;;
  esac
}

# The extensions a user of this configuration would have created, so that what needs them (history) is at work.
config_extensions() { config_preload "$1" | tr , '\n' | grep -v auto_explain || true; }

# ---- data -------------------------------------------------------------------------------------------------------------
# Settings that keep everything but the statements themselves quiet.
quiet_conf=(--conf autovacuum=off --conf jit=off --conf max_parallel_workers_per_gather=0 --conf bgwriter_lru_maxpages=0
  --conf shared_buffers=128MB --conf checkpoint_timeout=1d --conf max_wal_size=8GB)

# Makes the data folder that every server gets a copy of; prints nothing.
make_template() {
  progress 'making the data'
  cluster_start --name template --no-preload "${quiet_conf[@]}"
  pgbench -q -i -s $scale >/dev/null 2>&1
  psql -qX -v ON_ERROR_STOP=1 -f "$bench/tables.sql"
  psql -qX -c 'VACUUM (FREEZE, ANALYZE)' -c CHECKPOINT
  cluster_stop --name template
}

# Warms a running server up and creates the extensions of its configuration.
settle_server() {
  local extension
  for extension in $(config_extensions "$1"); do psql -qX -c "CREATE EXTENSION $extension"; done
  psql -qXAt >/dev/null -c "SELECT sum(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i') AND relname ~ '^(pgbench|bench)_'"
}

# start_server CONFIG [CONF...]: a native server of that configuration, with the configuration's name
start_server() {
  local config=$1 line conf=(); shift
  while read -r line; do if [ -n "$line" ]; then conf+=(--conf "$line"); fi; done < <(config_settings "$config" 1)
  cluster_start --name "$config" --preload "$(config_preload "$config")" --data "$(cluster_data template)" \
    ${conf[@]+"${conf[@]}"} "$@"
  settle_server "$config"
}

# postmaster NAME and server_processes NAME: process numbers of the cluster of that name; the latter sorted, its children
postmaster() { as_server head -n 1 "$(cluster_data "$1")/postmaster.pid"; }
server_processes() { pgrep -P "$(postmaster "$1")" | sort || true; }

# ---- workloads --------------------------------------------------------------------------------------------------------
# workload_script NAME: its statement as lines of a pgbench script
workload_script() {
  case "$1" in
    prepared | simple) printf '%s\n' "\\set aid random(1, 100000 * $scale)" \
      'SELECT abalance FROM pgbench_accounts WHERE aid = :aid;' ;;
    hc) # 12^4 = 20,736 statements with query ids of their own: pgbench writes c1 to c12 at four places
      printf '%s\n' '\set a random(1, 12)' '\set b random(1, 12)' '\set c random(1, 12)' '\set d random(1, 12)' \
        '\set id random(1, 1000)' 'SELECT c:a, c:b, c:c, c:d FROM bench_hc WHERE id = :id;' ;;
    join) echo 'SELECT d.label, count(*), sum(f.v) FROM bench_fact f JOIN bench_dim d ON d.id = f.dim GROUP BY d.label;' ;;
  esac
}

workload_protocol() { case "$1" in prepared) echo prepared ;; *) echo simple ;; esac; }

workload_title() {
  case "$1" in
    prepared) echo 'prepared select' ;;
    simple) echo 'simple select' ;;
    hc) echo '20,736 query ids against 5,000 entries' ;;
    join) echo '3 ms join' ;;
  esac
}

# saturate N: runs N different statements of the workload hc, so that a table of 5,000 statements is full
saturate() {
  printf '%s\n' '\set a :i % 12 + 1' '\set b :i / 12 % 12 + 1' '\set c :i / 144 % 12 + 1' '\set d :i / 1728 % 12 + 1' \
    '\set i :i + 1' 'SELECT c:a, c:b, c:c, c:d FROM bench_hc WHERE id = 1;' >"$dir/saturate.pgbench"
  pgbench -n -c 1 -t "$1" -D i=0 -f "$dir/saturate.pgbench" >/dev/null 2>&1
}
