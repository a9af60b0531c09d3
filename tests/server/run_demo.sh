#!/bin/bash
# Owns the environment of `make demo`: builds, installs into the private tree and calls demo/run.sh, which sources
# harness.sh and starts its servers itself. KEEP=1 is passed on by the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
[ -x demo/run.sh ] || { echo "there is no demo/run.sh" >&2; exit 1; }
mkdir -p build
make --no-print-directory -s -j"$(nproc)" pgtree >build/build.log 2>&1 || { cat build/build.log >&2; exit 1; }
exec demo/run.sh
