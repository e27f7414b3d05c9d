#!/bin/sh
# Makes one archive of all object files of static libraries, for hosts that bring libuv: only kafka_* stays visible, so
# that nothing of it meets the host's own names.
#   embed.sh LIBRARY.a... OUTPUT.a      LD, OBJCOPY and AR may name other programs
set -eu
libraries=
while [ $# -gt 1 ]; do
  libraries="$libraries $1"
  shift
done
output=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The groups of inline functions are resolved here: as local names, several copies could not be told apart later.
"${LD:-ld.bfd}" -r --force-group-allocation -o "$work/all.o" --whole-archive $libraries --no-whole-archive
"${OBJCOPY:-objcopy}" --wildcard --keep-global-symbol='kafka_*' "$work/all.o" "$work/uvkafka-embed.o"
rm -f "$output"
"${AR:-ar}" rcs "$output" "$work/uvkafka-embed.o"
