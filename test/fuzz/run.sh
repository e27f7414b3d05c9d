#!/usr/bin/env bash
# Runs the fuzzers for long, one after another: test/fuzz/run.sh SECONDS [TARGET ...]
#
#   CXX=clang++ meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false \
#     -Ddefault_library=static -Doptimization=1
#   ninja -C build-fuzz
#   BUILD=build-fuzz test/fuzz/run.sh 3600
#
# What they find stays in $BUILD/fuzz: corpus-TARGET goes on growing from run to run, found-TARGET has the inputs that
# broke something. Such an input becomes a file of test/fuzz/corpus/TARGET once its fault is fixed. The exit status is 1
# if there are any.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build-fuzz}
seconds=${1:?seconds for each target}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(client codecs decode frames options records scram tls tokens)
broken=0
for target in "${targets[@]}"; do
  corpus=$build/fuzz/corpus-$target
  found=$build/fuzz/found-$target
  mkdir -p "$corpus" "$found" "test/fuzz/corpus/$target"
  largest=4096
  [ "$target" = decode ] && largest=1048576
  [ "$target" = tls ] && largest=8192
  [ "$target" = client ] && largest=1024
  echo "=== $target, $seconds s"
  "$build/test/fuzz/fuzzer_$target" -max_total_time="$seconds" -max_len="$largest" -timeout=10 -rss_limit_mb=1024 \
    -report_slow_units=1 -print_final_stats=1 -artifact_prefix="$found/" "$corpus" "test/fuzz/corpus/$target" \
    >"$build/fuzz/$target.log" 2>&1 || broken=1
  grep -E 'broken:|ERROR|SUMMARY|^stat::number_of_executed|^stat::average_exec' "$build/fuzz/$target.log"
  tail -n 3 "$build/fuzz/$target.log" | grep -E 'cov:' || true
done
ls "$build"/fuzz/found-* 2>/dev/null
exit $broken
