#!/bin/bash
# Owns the list of Debian packages that building, testing and the demo need, and their installation.
#   deps.sh missing   prints the packages that are not installed
#   deps.sh install   installs them: as root, else through sudo; says the one command where neither is possible
#   deps.sh explain   says what is missing and the one command to run
# Asks nothing of the network when nothing is missing. Installing starts no service and creates no database cluster:
# what a Debian package would set up by itself is switched off for the packages that are new here.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
pg_config=${PG_CONFIG:-pg_config}

# The major version to build for: that of the server build files there are, else the one that the release offers. Before
# the lists of packages were ever fetched that is not known: then Debian's metapackages stand for it.
offered() { apt-cache depends postgresql 2>/dev/null | sed -nE 's/^ *Depends: postgresql-([0-9]+)$/\1/p' | head -n 1; }
name_packages() {
  local pgxs major
  if pgxs=$("$pg_config" --pgxs 2>/dev/null) && [ -f "$pgxs" ]; then
    major=$("$pg_config" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
  else
    major=$(offered || true)
  fi
  packages=(g++ make cmake pkgconf "postgresql${major:+-$major}" "postgresql-server-dev-${major:-all}"
    ${major:+"postgresql-$major-pgaudit"} libpq-dev libboost-program-options-dev nlohmann-json3-dev libfmt-dev
    libgtest-dev libgmock-dev pgbouncer libipc-run-perl python3)
}

missing() {
  command -v dpkg-query >/dev/null || return 0
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

explain() {
  local lack; lack=$(missing | tr '\n' ' ')
  if ! command -v apt-get >/dev/null; then
    echo "This is not Debian: install the equivalents of these packages: ${packages[*]}"
  elif [ -n "$lack" ]; then
    echo "Missing Debian packages: $lack"
    if [ "$(id -u)" = 0 ]; then echo "Run this once:  make -C $repo deps"
    elif command -v sudo >/dev/null; then echo "Run this once:  sudo make -C $repo deps"
    else echo "Run this once, as root:  make -C $repo deps"; fi
  else
    echo "All packages are installed, but $pg_config names no server build files; set PG_CONFIG=/path/to/pg_config"
  fi
} >&2

# While packages are installed: no service is started, no cluster is made. These files go away again; what a killed run
# left behind goes with the next run, as no_cluster, the first to come, tells.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/pg_steward_setup.conf
mark='# until "make deps" of pg_steward ends'
made=()
restore() { [ ${#made[@]} = 0 ] || rm -f "${made[@]}"; }

install_as_root() {
  local lack log; log=$(mktemp)
  trap restore EXIT
  made+=("$log")
  mkdir -p "${no_cluster%/*}"
  made+=("$no_cluster")
  echo 'create_main_cluster = false' >"$no_cluster"
  if [ ! -e "$policy" ] || grep -qxF "$mark" "$policy"; then
    made+=("$policy")
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"; chmod 755 "$policy"
  fi
  mapfile -t lack < <(missing)
  [ ${#lack[@]} -gt 0 ] || return 0
  apt-get update -qq >"$log" 2>&1 || { cat "$log" >&2; echo "apt-get update failed" >&2; return 1; }
  name_packages # now the release's version is known
  mapfile -t lack < <(missing)
  export DEBIAN_FRONTEND=noninteractive
  echo "Installing: ${lack[*]}"
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${lack[@]}" >"$log" 2>&1 ||
    { cat "$log" >&2; echo "Installing these packages failed: ${lack[*]}" >&2; return 1; }
  # A pooler that came only for the tests does not start with the machine either.
  case " ${lack[*]} " in *" pgbouncer "*) update-rc.d pgbouncer disable >/dev/null 2>&1 || true ;; esac
}

install() {
  local lack; mapfile -t lack < <(missing)
  if [ ${#lack[@]} = 0 ] && [ ! -e "$no_cluster" ]; then return; fi
  if [ "$(id -u)" = 0 ]; then
    install_as_root
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    sudo PG_CONFIG="$pg_config" "$repo/tests/server/deps.sh" install
  elif [ ${#lack[@]} -gt 0 ]; then
    explain; exit 1
  fi
}

name_packages
case "${1:-}" in
  missing | explain | install) "$1" ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
