#!/bin/bash
# Owns the private copy of the server's tree, build/pgtree: the folders of the installed PostgreSQL under one root, so
# that "make install DESTDIR=build/pgtree" touches nothing of the system's. The copied programs find their libraries
# and share files relative to themselves.
#   pgtree.sh build   makes it, or makes it anew when the installed server has changed
#   pgtree.sh path    prints it
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$repo/build/pgtree
pg_config=${PG_CONFIG:-pg_config}

build() {
  local bindir sharedir libdir stamp
  bindir=$("$pg_config" --bindir) sharedir=$("$pg_config" --sharedir) libdir=$("$pg_config" --pkglibdir)
  stamp="$("$pg_config" --version) $bindir $(stat -c '%s %Y' "$bindir/postgres" "$libdir/pg_stat_statements.so" "$libdir" | tr '\n' ' ')"
  [ "$(cat "$tree/.stamp" 2>/dev/null)" = "$stamp" ] && return
  rm -rf "$tree"
  local dir
  for dir in "$bindir" "$libdir" "$sharedir"; do
    mkdir -p "$tree$dir"
    cp -R "$dir/." "$tree$dir/"
  done
  # An installed release of ours must not be mistaken for the one under test.
  rm -f "$tree$libdir"/pg_steward.so "$tree$sharedir"/extension/pg_steward* "$tree$bindir"/pgsteward
  printf '%s' "$bindir" >"$tree/.bindir"
  printf '%s' "$stamp" >"$tree/.stamp"
}

case "${1:-}" in
  build) build ;;
  path) echo "$tree" ;;
  *) echo "usage: pgtree.sh build|path" >&2; exit 2 ;;
esac
