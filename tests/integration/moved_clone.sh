#!/bin/bash
# A clone that was moved or copied with what was built in it: CMake refuses such a build folder, so it is made anew.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../server/harness.sh"
. "$here/../server/check.sh"

clone=$(session_dir)/clone
mkdir -p "$clone/build"
cp -R "$STEWARD_REPO"/{Makefile,CMakeLists.txt,extension,optimizer,tests,bench} "$clone"
configure() { make -C "$clone" --no-print-directory build/cmake/CMakeCache.txt; }
configured_for() { sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$clone/build/cmake/CMakeCache.txt"; }

check "a clone is configured" configure
check_like "once" 'CMakeCache.txt. is up to date' configure
mv "$clone" "$clone.moved"
clone=$clone.moved
check "where it was moved to it is configured anew" configure
check_is "for that place" "$clone" configured_for
check "and CMake takes the folder" make -C "$clone/build/cmake" -s cmake_check_build_system
ln -s "$clone" "$(session_dir)/link"
clone=$(session_dir)/link
check_like "but not for another name of the place" 'CMakeCache.txt. is up to date' configure
checks_done
