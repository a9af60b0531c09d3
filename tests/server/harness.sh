# Owns throw-away servers for tests and the demo: a bash library, to be sourced by a script.
#
#   . "$(dirname "$0")/../server/harness.sh"       # needs `make pgtree` (make check-*, test and demo do that)
#   cluster_start --conf "work_mem=8MB"            # initdb + start; psql, pgsteward etc. now connect to it
#   psql -c 'CREATE EXTENSION pg_steward'
#
# Functions (NAME is "main" unless given with --name; further clusters are found with cluster_env NAME):
#   cluster_start [--name NAME] [--preload LIST | --no-preload] [--conf K=V]... [--data DIR]   default LIST:
#                 pg_stat_statements,pg_steward; --data starts an existing data folder (a copy, a base backup)
#   cluster_stop [--name NAME] [--mode fast]       cluster_restart [--name NAME]
#   cluster_env NAME      points PGHOST and PGPORT at that cluster
#   cluster_log [NAME]    path of its log           cluster_data [NAME]   path of its data folder
#   cluster_crashes       prints lines of the logs that say a server process died; a script ends with "not ok - ..." and
#                         exit code 1 when there are any, unless it called expect_crashes
#   as_server CMD...      runs CMD as the operating-system user that servers run as
#   session_dir           prints the session's folder, for scratch files; removed at the end
#   at_exit 'COMMAND'     runs before the session is cleaned up (do not set an EXIT trap of your own)
#   session_keep          leaves servers running when the script ends; prints how to remove them
# Environment that is set: PGHOST PGPORT PGUSER=postgres PGDATABASE=postgres, PATH with the private programs first,
#   PG_CONFIG (of the private tree), STEWARD_BIN (the CLI), STEWARD_REPO, STEWARD_SESSION. Other PG* variables are
#   removed, and so is the caller's psqlrc.
#
# Sockets lie in fresh folders under /tmp and nothing listens on TCP, so nothing collides. As root the servers run as
# postgres or nobody. When the script ends in any way, kill -9 of it or of its make included, servers, processes and
# files of the session go away: see watchdog.sh.
# Leaves to others: the copy of the server's tree (pgtree.sh), result lines (check.sh), a PgBouncer in front
# (pooler.sh), counting of results (run_suites.sh).

STEWARD_REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export STEWARD_REPO
_harness=$STEWARD_REPO/tests/server

_fail() { echo "harness: $*" >&2; return 1; }

_server_user() {
  if [ "$(id -u)" != 0 ]; then return; fi
  if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_server() {
  if [ -z "$_user" ]; then "$@"; else
    setpriv --reuid="$_user" --regid="$(id -g "$_user")" --clear-groups -- env HOME="$STEWARD_SESSION" "$@"
  fi
}

session_dir() { echo "$STEWARD_SESSION"; }

# Ancestors whose end should end the session too: every make above us, and the runner that started us.
_owners() {
  local pid=$$ owners="$$ ${STEWARD_RUNNER:-}"
  while [ "$pid" -gt 1 ] && [ -r "/proc/$pid/status" ]; do
    if [ "$(cat "/proc/$pid/comm")" = make ]; then owners+=" $pid"; fi
    pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")
  done
  echo "$owners"
}

_exit_commands=()
at_exit() { _exit_commands+=("$1"); }

_crashes_expected=no
expect_crashes() { _crashes_expected=yes; }

_session_end() {
  local status=$? command lines
  for command in "${_exit_commands[@]}"; do eval "$command" || true; done
  if [ $_crashes_expected = no ] && lines=$(cluster_crashes) && [ -n "$lines" ]; then
    printf 'not ok - no server process died\n%s\n' "$lines"
    tail -qn 30 "$STEWARD_SESSION"/*/log | sed 's/^/    /'
    status=1
  fi
  if [ -d "$STEWARD_SESSION" ] && [ ! -e "$STEWARD_SESSION/keep" ]; then
    env -u STEWARD_SESSION "$_harness/watchdog.sh" clean "$STEWARD_SESSION"
  fi
  exit "$status"
}

_session_begin() {
  STEWARD_SESSION=$(mktemp -d /tmp/stw.XXXXXX) || return 1
  chmod 755 "$STEWARD_SESSION"
  trap _session_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  # shellcheck disable=SC2046
  env -u STEWARD_SESSION setsid "$_harness/watchdog.sh" watch "$STEWARD_SESSION" $(_owners) </dev/null >/dev/null 2>&1 &
  disown
  export STEWARD_SESSION STEWARD_RUNNER=$$
}

session_keep() {
  touch "$STEWARD_SESSION/keep"
  echo "To stop it and remove its files:  $_harness/watchdog.sh clean $STEWARD_SESSION"
}

# The programs to run: those of build/pgtree, or of a copy of it where the servers' user cannot read the repository
# (root's home folder, a strict umask).
_use_tree() {
  local tree config
  tree=${STEWARD_TREE:-$("$_harness/pgtree.sh" path)}
  config=$(cat "$tree/.bindir" 2>/dev/null)
  [ -x "$tree$config/postgres" ] || { _fail "no private server tree; run: make pgtree"; return 1; }
  if ! as_server test -x "$tree$config/postgres" -a -r "$tree$config/../lib"; then
    mkdir "$STEWARD_SESSION/tree" && cp -R "$tree"/[!.]* "$tree/.bindir" "$STEWARD_SESSION/tree/" || return 1
    tree=$STEWARD_SESSION/tree
    chmod -R go+rX "$tree"
    export STEWARD_TREE=$tree # for sessions inside this one
  fi
  PATH=$tree$config:$PATH
  PG_CONFIG=$tree$config/pg_config
  STEWARD_BIN=$tree$config/pgsteward
  export PATH PG_CONFIG STEWARD_BIN
}

_environment() {
  local name
  for name in "${!PG@}"; do [ "$name" = PG_CONFIG ] || unset "$name"; done
  export PGUSER=postgres PGDATABASE=postgres PGPORT=5432 PSQLRC=/dev/null LC_ALL=C.UTF-8
}

cluster_data() { echo "$STEWARD_SESSION/${1:-main}/data"; }
cluster_log() { echo "$STEWARD_SESSION/${1:-main}/log"; }
cluster_env() { export PGHOST="$STEWARD_SESSION/$1" PGPORT=5432; }

cluster_start() {
  local name=main preload=pg_stat_statements,pg_steward data='' conf=()
  while [ $# -gt 0 ]; do
    case "$1" in
      --name) name=$2; shift 2 ;;
      --preload) preload=$2; shift 2 ;;
      --no-preload) preload=''; shift ;;
      --conf) conf+=("$2"); shift 2 ;;
      --data) data=$2; shift 2 ;;
      *) _fail "cluster_start: unknown option $1"; return 1 ;;
    esac
  done
  local dir=$STEWARD_SESSION/$name
  mkdir -p "$dir"
  if [ -n "$_user" ]; then chown "$_user" "$dir"; fi
  if [ -n "$data" ]; then
    [ "$data" = "$dir/data" ] || as_server cp -R "$data" "$dir/data" || return 1
  else
    _new_data "$dir/data" || return 1
  fi
  _write_conf "$dir" "$preload" ${conf[@]+"${conf[@]}"}
  cluster_env "$name"
  _pg_ctl "$name" start
}

# A fresh data folder. The first one is kept beside the programs and copied from then on: initdb takes most of the time
# that starting a server takes.
_new_data() {
  local template; template=$("$_harness/pgtree.sh" path)/.data
  if [ ! -d "$template" ]; then
    as_server initdb -D "$1" -U postgres -A trust --no-sync --encoding=UTF8 --locale=C.UTF-8 \
      >"$STEWARD_SESSION/initdb.log" 2>&1 || { cat "$STEWARD_SESSION/initdb.log" >&2; return 1; }
    cp -R "$1" "$template.$$" && mv -T "$template.$$" "$template" 2>/dev/null || rm -rf "$template.$$"
    return
  fi
  cp -R "$template" "$1" && chmod 700 "$1" || return 1
  if [ -n "$_user" ]; then chown -R "$_user:" "$1"; fi
}

# Later settings win: the cluster's base, then the caller's.
_write_conf() {
  local dir=$1 preload=$2; shift 2
  local line
  {
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$dir'"
    echo "port = 5432"
    echo "fsync = off"
    echo "log_line_prefix = '%m [%p] %q%u@%d '"
    echo "shared_preload_libraries = '$preload'"
    for line in "$@"; do
      case "$line" in
        *"= "* | *=\'*) echo "$line" ;;
        *) echo "${line%%=*} = '${line#*=}'" ;;
      esac
    done
  } | as_server tee -a "$dir/data/postgresql.conf" >/dev/null
}

_pg_ctl() {
  local name=$1; shift
  local dir=$STEWARD_SESSION/$name
  if ! as_server pg_ctl -D "$dir/data" -l "$dir/log" -w -t 60 "$@" >"$STEWARD_SESSION/pg_ctl.log" 2>&1 </dev/null; then
    cat "$STEWARD_SESSION/pg_ctl.log" >&2
    echo "--- last lines of $dir/log" >&2
    tail -n 20 "$dir/log" >&2
    return 1
  fi
}

cluster_stop() {
  local name=main mode=fast
  while [ $# -gt 0 ]; do
    case "$1" in --name) name=$2 ;; --mode) mode=$2 ;; *) _fail "cluster_stop: unknown option $1"; return 1 ;; esac
    shift 2
  done
  _pg_ctl "$name" stop -m "$mode"
}

cluster_restart() {
  local name=main
  if [ "${1:-}" = --name ]; then name=$2; fi
  _pg_ctl "$name" restart -m fast
}

cluster_crashes() {
  grep -hE 'terminated by signal|PANIC:|TRAP:|exited with exit code 2' "$STEWARD_SESSION"/*/log 2>/dev/null || true
}

_user=$(_server_user)
_environment
_session_begin && _use_tree || exit 1
