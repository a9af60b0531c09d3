#!/bin/bash
# Owns the newcomer's test: a fresh minimal Debian with only git and make, a clean clone in it, and make.
#   clean_chroot.sh [OPTIONS] TARGET...       runs make TARGET for each, as root (needs root and debootstrap)
#     --user       as a plain user who has sudo instead;   --no-sudo   as a plain user without it
#     --offline    then runs each TARGET once more without a network
#     --suite S    Debian release, default bookworm
# Prints wall times; exit 1 when a target fails or a process is left behind. Leaves the base system and the settings of
# its apt to chroot.sh.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$repo/tests/server/chroot.sh"
user=root sudo=no offline=no suite=bookworm
while [ $# -gt 0 ]; do
  case "$1" in
    --user) user=tester sudo=yes ;;
    --no-sudo) user=tester sudo=no ;;
    --offline) offline=yes ;;
    --suite) suite=$2; shift ;;
    --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] && [ "$(id -u)" = 0 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }

root=$(mktemp -d "${TMPDIR:-/tmp}/steward-chroot.XXXXXX")
chmod 755 "$root"

# Processes whose root folder is the chroot.
inside() {
  local link
  for link in /proc/[0-9]*/root; do
    [ "$(readlink "$link" 2>/dev/null)" = "$root" ] && echo "${link//[^0-9]/}"
  done
  return 0
}

cleanup() {
  local pid try
  for pid in $(inside); do kill -KILL "$pid" 2>/dev/null || true; done
  for try in 1 2 3 4 5; do
    mountpoint -q "$root/dev/pts" && umount "$root/dev/pts"
    mountpoint -q "$root/dev/shm" && umount "$root/dev/shm"
    mountpoint -q "$root/proc" && umount "$root/proc"
    if ! grep -q " $root/" /proc/mounts; then break; fi
    sleep 0.5
  done 2>/dev/null
  if grep -q " $root/" /proc/mounts; then echo "still mounted below $root" >&2; else rm -rf --one-file-system "$root"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

in_chroot() { chroot_run "$root" "$@"; }

prepare_user() {
  home=/root
  if [ $user != root ]; then
    home=/home/$user
    in_chroot useradd -m -s /bin/bash $user
    if [ $sudo = yes ]; then
      in_chroot sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends sudo' >/dev/null 2>&1
      echo "$user ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$user"
    fi
  fi
  # No hard links: the change of owner below would reach the files of this repository.
  git clone -q --no-hardlinks "$repo" "$root$home/pg_steward"
  in_chroot chown -R $user: "$home/pg_steward"
}

run_make() { # LABEL PREFIX... -- TARGET
  local label=$1 start=$SECONDS status=0 prefix=(); shift
  while [ "$1" != -- ]; do prefix+=("$1"); shift; done
  shift
  echo "== make $* ($label, $user$([ $sudo = no ] || echo ' with sudo'), $suite)"
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "${prefix[@]}" chroot --userspec=$user "$root" \
    env HOME="$home" USER=$user sh -c "cd $home/pg_steward && make $*" </dev/null || status=$?
  echo "== make $*: exit $status, $((SECONDS - start)) s wall time"
  sleep 2
  if [ -n "$(inside)" ]; then echo "== left behind:"; ps -o pid,user,args -p "$(inside | paste -sd,)"; status=1; fi
  if [ -n "$(ls "$root"/var/lib/postgresql/*/ 2>/dev/null)" ]; then echo "== a system cluster was made"; status=1; fi
  return $status
}

chroot_unpack "$suite" "$root"
chroot_mount "$root"
prepare_user
result=0
for target in "$@"; do run_make "fresh system" env -- "$target" || result=1; done
if [ $offline = yes ]; then
  for target in "$@"; do
    run_make "no network" unshare --net sh -c 'ip link set lo up; exec "$@"' sh -- "$target" || result=1
  done
fi
exit $result
