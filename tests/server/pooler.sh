# Owns PgBouncer in front of a cluster of harness.sh, for bash; to be sourced after it. A real PgBouncer on a unix
# socket, as the user that servers run as; it ends with the session.
#   pooler_start [--cluster NAME] [--database LINE]... [--conf K=V]...   pool_mode=transaction, pool size 5; database names
#                     are passed through, unless a line of [databases] says otherwise
#   pooler_env        points PGHOST and PGPORT at the pooler (cluster_env main leads back)
#   pooler_console SQL...    runs commands on the admin console
#   pooler_stop
# The pooler's files: $STEWARD_SESSION/pooler/{pgbouncer.ini,log,pid}.

_pooler() { echo "$STEWARD_SESSION/pooler"; }
pooler_env() { export PGHOST PGPORT=6432; PGHOST=$(_pooler); }

pooler_console() {
  local sql args=()
  for sql in "$@"; do args+=(-c "$sql"); done
  psql -h "$(_pooler)" -p 6432 -U postgres -d pgbouncer -AtX "${args[@]}"
}

pooler_start() {
  local cluster=main conf=() databases=() dir line tries=100
  while [ $# -gt 0 ]; do
    case "$1" in
      --cluster) cluster=$2 ;;
      --conf) conf+=("$2") ;;
      --database) databases+=("$2") ;;
      *) echo "pooler_start: unknown option $1" >&2; return 1 ;;
    esac
    shift 2
  done
  dir=$(_pooler)
  mkdir -p "$dir"
  {
    echo "[databases]"
    for line in ${databases[@]+"${databases[@]}"}; do echo "$line"; done
    echo "* = host=$STEWARD_SESSION/$cluster port=5432"
    echo "[pgbouncer]"
    printf '%s\n' "unix_socket_dir = $dir" "listen_port = 6432" "listen_addr =" "logfile = $dir/log" "pidfile = $dir/pid" \
      "auth_type = trust" "auth_file = $dir/users.txt" "auth_user = postgres" "admin_users = postgres" "ignore_startup_parameters = extra_float_digits" \
      "pool_mode = transaction" "default_pool_size = 5"
    for line in ${conf[@]+"${conf[@]}"}; do echo "$line"; done
  } >"$dir/pgbouncer.ini"
  echo '"postgres" ""' >"$dir/users.txt" # other roles are looked up in the server
  if [ -n "$_user" ]; then chown -R "$_user" "$dir"; fi
  # A plain user has no sbin in PATH.
  PATH=$PATH:/usr/sbin as_server pgbouncer -q -d "$dir/pgbouncer.ini" >"$dir/start.log" 2>&1 || { cat "$dir/start.log" "$dir/log" >&2; return 1; }
  until [ -S "$dir/.s.PGSQL.6432" ]; do
    [ $((tries--)) -gt 0 ] || { cat "$dir/log" >&2; return 1; }
    sleep 0.05
  done
}

pooler_stop() { kill -INT "$(cat "$(_pooler)/pid")"; }
