#!/usr/bin/env bash
# From a fresh Debian or Ubuntu machine to messages produced and consumed: installs what is missing (root or sudo),
# builds, and runs samples/quickstart.cpp, which has the dev broker in the same process and on the same loop.
set -euo pipefail
cd "$(dirname "$0")/.."

test/install.sh build
build=build
if [ ! -f build/build.ninja ]; then
  build=build-quickstart
  [ -f $build/build.ninja ] || meson setup $build -Dtests=disabled -Dunity=on -Dunity_size=8
fi
ninja -C $build samples/quickstart
exec $build/samples/quickstart "$@"
