#!/usr/bin/env bash
# Installs what is missing on a Debian or Ubuntu machine, as root or with sudo. Does nothing if nothing is missing.
#   test/install.sh build   for building the library and the samples
#   test/install.sh test    and for the tests (not java and maven: without them real brokers are skipped)
#   test/install.sh ci      and for .ci/run
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}
missing=()

program() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
library() {
  # Without pkg-config nothing can be asked. Then everything is installed; apt-get skips packages that are there.
  { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists "$1"; } || missing+=("$2")
}

program g++ g++
program meson meson
program ninja ninja-build
program pkg-config pkg-config
library libuv libuv1-dev
library zlib zlib1g-dev
library spdlog libspdlog-dev
library liblz4 liblz4-dev
library libzstd libzstd-dev
library re2 libre2-dev
library openssl libssl-dev
library libcurl libcurl4-openssl-dev
library krb5-gssapi libkrb5-dev
# For two of the samples.
library glib-2.0 libglib2.0-dev
library lua5.4-luv lua-luv-dev
library lua5.4 liblua5.4-dev
program lua5.4 lua5.4
# Not every release of it has a pkg-config file.
echo '#include <snappy-c.h>' | g++ -E -x c++ - >/dev/null 2>&1 || missing+=(libsnappy-dev)
if [ "$what" != build ]; then
  program python3 python3
  # For the tests of samples/python. An interpreter that is not Debian's needs a pytest of its own.
  library python3 python3-dev
  [ "$(command -v python3)" != /usr/bin/python3 ] || python3 -c 'import pytest' 2>/dev/null || missing+=(python3-pytest)
  program cmake cmake # for the test of the CMake package file
  library catch2 catch2
  program kcat kcat
  program openssl openssl
  program abidw abigail-tools
  program doxygen doxygen
  program tmux tmux
  library rdkafka librdkafka-dev
  # Other programs have the name ctags too.
  { command -v ctags-universal || ctags --version | grep 'Universal Ctags'; } >/dev/null 2>&1 || missing+=(universal-ctags)
fi
if [ "$what" = ci ]; then
  program clang++ clang
  program ld.lld lld
  # The fuzzer's runtime, for the release of clang++ that is there.
  ls "$(clang++ -print-resource-dir 2>/dev/null)"/lib/linux/libclang_rt.fuzzer-* >/dev/null 2>&1 || missing+=(libclang-rt-dev)
  program clang-format clang-format
  # A KDC, for logins with Kerberos at real brokers.
  PATH=$PATH:/usr/sbin program krb5kdc krb5-kdc
  PATH=$PATH:/usr/sbin program kadmin.local krb5-admin-server
  program kinit krb5-user
fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "no apt-get on this machine; please install what corresponds to: ${missing[*]}" >&2
    exit 1
  fi
  root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "neither root nor sudo; please install: ${missing[*]}" >&2; exit 1; }
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq >&2
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
fi

# Ubuntu 22.04 ships a meson that is too old. It is left as it is.
oldest=1.0.1
if [ "$(printf '%s\n' "$oldest" "$(meson --version)" | sort -V | head -n 1)" != "$oldest" ]; then
  echo "meson $(meson --version) is too old: $oldest or newer is needed (pipx install meson)" >&2
  exit 1
fi
