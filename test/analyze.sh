#!/usr/bin/env bash
# Looks for faults by reading. First each file of the library and of the samples is compiled alone, so that a forgotten
# #include shows, also in what .ci/run leaves out of such a build. Then clang-tidy reads them with the checks of .clang-tidy,
# clang's static analyzer among them. For a person: it takes an hour of CPU.
#   test/analyze.sh               both
#   test/analyze.sh alone         only the first
#   test/analyze.sh WORD...       clang-tidy only, of files whose name contains one of these, such as core-unity3
#
# Checks that are left out, and why:
#   easily-swappable-parameters, narrowing-conversions, implicit-widening-of-multiplication-result
#                               they find hundreds of places that are meant so
#   exception-escape            the library is left by no exception but std::bad_alloc, which nobody catches
#   branch-clone                tables of cases read best with one line each
#   reserved-identifier, forward-declaration-namespace
#                               they take the guards and names of C headers for ours
# Exit status: 0 nothing was found; 1 something was; 77 clang-tidy is not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build-analyze}
alone=$build-alone
if [ $# = 0 ] || [ "$1" = alone ]; then
  [ -f "$alone/build.ninja" ] ||
    CXX=clang++ meson setup "$alone" -Db_pch=false -Dtests=disabled -Dbuildtype=plain -Doptimization=0 -Dwerror=true >/dev/null
  ninja -k 0 -C "$alone"
  [ $# = 0 ] || exit 0
fi
command -v clang-tidy >/dev/null || { echo 'SKIPPED: clang-tidy is not installed' >&2; exit 77; }
# Many files of a folder at once: most of the time goes into the headers that they have in common.
[ -f "$build/build.ninja" ] ||
  CXX=clang++ meson setup "$build" -Dunity=on -Dunity_size=8 -Db_pch=false -Dtests=disabled -Dbuildtype=plain >/dev/null
files=$(find "$build/lib" "$build/samples/uvkafka.p" -name '*-unity*.cpp' | sort)
for word in "$@"; do chosen="${chosen:-}$(grep -- "$word" <<<"$files" || true)"$'\n'; done
files=$(grep . <<<"${chosen:-$files}") || { echo "no file has such a name" >&2; exit 1; }
printf '%s\n' "$files" |
  xargs -P "$(nproc)" -I{} sh -c 'echo "--- {}" >&2; clang-tidy --quiet -p "$0" {} 2>/dev/null' "$build"
