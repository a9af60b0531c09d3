# Owns Debian chroots for tests, for bash; to be sourced. Their base systems are kept as tarballs in chroot_cache and made
# with debootstrap when they are missing. The apt sources and proxy settings of this machine are used. Needs root.
#   chroot_cache              prints the folder of what is kept: ${XDG_CACHE_HOME:-~/.cache}/pg_steward
#   chroot_unpack SUITE DIR   unpacks the base system of a Debian release (git and make are in it) and tells its apt where
#                             packages come from
#   chroot_mount DIR          mounts /proc, /dev/shm and /dev/pts in it
#   chroot_run DIR COMMAND... runs a command in it, with a clean environment
# Leaves to others: what is run inside, and unmounting (clean_chroot.sh, matrix.sh).

chroot_cache() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/pg_steward"; }

_chroot_mirror() {
  local mirror; mirror=$(apt-get indextargets --format '$(SITE)' "Created-By: Packages" | grep debian | grep -v security | head -n 1)
  echo "${mirror:-http://deb.debian.org/debian}"
}

_chroot_make_base() { # SUITE TARBALL
  local proxy='' scratch log script=/usr/share/debootstrap/scripts/$1
  [ -e "$script" ] || script=${script%/*}/sid # a release younger than debootstrap
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/steward-base.XXXXXX") log=$scratch.log
  chmod 755 "$scratch"
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  if ! http_proxy=${proxy:-${http_proxy:-}} debootstrap --variant=minbase --include=git,make,ca-certificates \
    "$1" "$scratch" "$(_chroot_mirror)" "$script" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -rf --one-file-system "$scratch"
    return 1
  fi
  tar -C "$scratch" -cf "$2.new" . && mv "$2.new" "$2"
  rm -rf --one-file-system "$scratch" "$log"
}

_chroot_base() { # SUITE: makes the tarball unless it is there
  local tarball; tarball=$(chroot_cache)/$1.tar
  mkdir -p "${tarball%/*}"
  (
    flock 9
    [ -e "$tarball" ] || _chroot_make_base "$1" "$tarball"
  ) 9>"$tarball.lock"
}

# What apt is told about proxies and checks on this machine, and its sources where the release is the same.
_chroot_apt() { # SUITE DIR
  cp /etc/apt/trusted.gpg.d/* "$2/etc/apt/trusted.gpg.d/" 2>/dev/null || true
  rm -rf "$2"/etc/apt/sources.list*
  if [ "$1" = "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" ]; then
    cp -R /etc/apt/sources.list* "$2/etc/apt/"
  else
    echo "deb $(_chroot_mirror) $1 main" >"$2/etc/apt/sources.list"
  fi
  apt-config dump | grep -E '^Acquire::(https?::|Check-|Retries)' >"$2/etc/apt/apt.conf.d/99host" || true
}

chroot_unpack() { # SUITE DIR
  _chroot_base "$1" || return 1
  tar -C "$2" -xf "$(chroot_cache)/$1.tar" || return 1
  chmod 755 "$2"
  _chroot_apt "$1" "$2"
}

chroot_mount() { # DIR
  mount -t proc proc "$1/proc"
  mkdir -p "$1/dev/shm"
  mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
  mkdir -p "$1/dev/pts"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$1/dev/pts"
  [ -e "$1/dev/ptmx" ] || ln -s pts/ptmx "$1/dev/ptmx"
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

chroot_run() { # DIR COMMAND...
  local dir=$1; shift
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb chroot "$dir" "$@"
}
