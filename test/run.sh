#!/usr/bin/env bash
# Builds everything in build/ and runs every test; the last line is `N passed, N failed, N skipped`.
# Installs what is missing first (root or sudo). Real brokers run where java and maven are installed.
#   BUILD_DIR=other test/run.sh
#   test/run.sh --no-suite broker    only these tests, and what they need: --suite and --no-suite are those of meson test
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build}

test/install.sh test
[ -f "$build/build.ninja" ] || meson setup "$build"
targets=$(python3 test/targets.py "$build" "$@")
# shellcheck disable=SC2086 # one word per target
ninja -C "$build" $targets

java_missing=
for tool in java mvn; do command -v $tool >/dev/null 2>&1 || java_missing="$java_missing $tool"; done
[ -z "$java_missing" ] ||
  printf '\n!!! NOT INSTALLED:%s. Tests against real Kafka brokers and the wire oracle are SKIPPED; the rest runs. !!!\n\n' "$java_missing"

# meson says why: node, its headers, or this build.
node_missing=$(meson introspect "$build" --tests | grep -o 'SKIPPED node: [^\\"]*' | head -n 1 || true)
[ -z "$node_missing" ] || printf '\n!!! The package for Node is not tested. %s !!!\n\n' "$node_missing"

python_missing=$(meson introspect "$build" --tests | grep -o 'there are no headers of Python[^"]*' | head -n 1 || true)
python3 -c 'import pytest' 2>/dev/null || python_missing='pytest is not installed'
[ -z "$python_missing" ] || printf '\n!!! The package for Python is not tested: %s. !!!\n\n' "$python_missing"

# Part of the passwords that tests log in with. The summary looks for it in all that they print.
UVKAFKA_CANARY=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
export UVKAFKA_CANARY

rm -f "$build/meson-logs/testlog.json"
# One test more than there are cores: tests with real brokers mostly wait. Limits are for tests that hang: on a busy machine a
# test may take three times as long as usual.
meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 3 --num-processes $(($(nproc) + 1)) "$@" || true # the summary below decides
[ -z "$java_missing" ] || printf '\n!!! SKIPPED for want of%s: real Kafka brokers, the wire oracle !!!\n' "$java_missing"
echo
exec python3 test/summary.py "$build/meson-logs/testlog.json"
