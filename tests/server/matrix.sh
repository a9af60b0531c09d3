#!/bin/bash
# Owns `make test-matrix`: the test suites against several major versions of PostgreSQL.
#   matrix.sh [VERSION...]   default: 15 17 18
# The version that this machine has build files of is tested here, each other one in a chroot of the Debian release that
# brings it (needs root and debootstrap). The chroots are kept, with their packages, in the folder of chroot.sh. They get a
# copy of this working tree as it is now and build in build/matrix/VERSION. Nothing else of the machine is changed, and
# with the end of a run its processes, mounts and temporary files are gone: it has namespaces of its own.
# TARGET in the environment is made instead of run-tests, e.g. check-regress; ONLY, WERROR and V are passed on.
# Prints for each version what passed and failed and the wall time; exit 1 when one fails. Logs: build/matrix/VERSION.log.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$repo/tests/server/chroot.sh"
target=${TARGET:-run-tests}

release_of() { # the Debian release that brings this major version
  case $1 in 15) echo bookworm ;; 17) echo trixie ;; 18) echo forky ;; *) return 1 ;; esac
}

is_here() { # has this machine the version's build files?
  local pg_config=${PG_CONFIG:-pg_config}
  [ -f "$("$pg_config" --pgxs 2>/dev/null)" ] && "$pg_config" --version | grep -q " $1[.a-z]"
}

# The kept chroot of a release, made when it is missing; complete or not there at all.
kept_chroot() { # SUITE
  local root new; root=$(chroot_cache)/matrix-$1
  mkdir -p "${root%/*}"
  (
    flock 9
    if [ ! -d "$root" ]; then
      new=$(mktemp -d "$root.XXXXXX")
      chroot_unpack "$1" "$new" && mkdir "$new/src" && mv -T "$new" "$root" || { rm -rf --one-file-system "$new"; exit 1; }
    fi
  ) 9>"$root.lock" >&2
  echo "$root"
}

# Runs inside namespaces of its own: see in_release.
inside() { # ROOT VERSION
  local root=$1
  mount --bind "$root" "$root" # so that tests inside may have mounts of their own
  chroot_mount "$root"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mount -t tmpfs tmpfs "$root/src"
  tar -C "$repo" --exclude=./build --exclude=./.git --exclude='./*.so' -cf - . | tar -C "$root/src" -xf -
  mkdir "$root/src/build"
  mount --bind "$repo/build/matrix/$2" "$root/src/build"
  # One apt at a time, also where several working trees are tested at once.
  (flock 9; chroot_run "$root" make --no-print-directory -C /src deps) 9>"$root.lock"
  rm -f "$root"/var/cache/apt/archives/*.deb
  chroot_run "$root" make --no-print-directory -C /src "$target" ONLY="${ONLY:-}" WERROR="${WERROR:-}" V="${V:-}"
}

in_release() { # SUITE VERSION
  local root
  [ "$(id -u)" = 0 ] || { echo "PostgreSQL $2 is tested in a chroot: run this as root" >&2; return 1; }
  root=$(kept_chroot "$1") || return 1
  mkdir -p "$repo/build/matrix/$2"
  unshare --mount --pid --fork --kill-child "$0" --inside "$root" "$2" </dev/null
}

run_version() { # VERSION
  if is_here "$1"; then
    make --no-print-directory -C "$repo" deps
    make --no-print-directory -C "$repo" "$target"
  else
    in_release "$(release_of "$1")" "$1"
  fi
}

main() {
  local version where log start status result=0 summary=()
  mkdir -p "$repo/build/matrix"
  for version in "$@"; do
    release_of "$version" >/dev/null || { echo "no Debian release is known for PostgreSQL $version" >&2; exit 2; }
  done
  for version in "$@"; do
    log=$repo/build/matrix/$version.log start=$SECONDS status=0
    where=here; is_here "$version" || where="Debian $(release_of "$version")"
    echo "== PostgreSQL $version ($where)"
    run_version "$version" 2>&1 | tee "$log" || status=$?
    [ $status = 0 ] || result=1
    summary+=("$(printf 'PostgreSQL %s  %-16s  %s   (%d s)' "$version" "($where)" \
      "$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1 || true)$([ $status = 0 ] || echo ", exit $status")" $((SECONDS - start)))")
  done
  echo "== make ${target}"
  printf '%s\n' "${summary[@]}"
  exit $result
}

case "${1:-}" in
  --inside) inside "$2" "$3" ;;
  -*) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
  '') main 15 17 18 ;;
  *) main "$@" ;;
esac
