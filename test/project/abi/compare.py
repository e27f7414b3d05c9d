#!/usr/bin/env python3
"""Compares the C functions of a built library with those that were there when its version was first written down.

    compare.py ROOT LIBRARY            exit status 0: compatible; 1: something was removed or changed; 77: cannot be told
    compare.py ROOT LIBRARY --update   writes libuvkafka-VERSION.abi anew: when the version changes

Functions that were added are listed, and are no fault. Needs abidw and abidiff (Debian: abigail-tools), and a library
with debugging information.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

FAILED = 1 | 2  # bits of abidiff's exit status: it could not compare


def skip(why):
    print(f"SKIPPED the comparison of the ABI: {why}", file=sys.stderr)
    sys.exit(77)


def description(root, library, target):
    """Writes what abidw says of the C functions, without the paths of this machine."""
    done = subprocess.run(["abidw", "--headers-dir", root / "include/kafka/c", "--drop-private-types", "--exported-interfaces-only", "--no-show-locs",
                           "--no-corpus-path", "--no-comp-dir-path", "--suppressions",
                           root / "test/project/abi/suppressions.ini", "--out-file", target, library],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"FAIL abidw: {done.stdout}")
    text = target.read_text()
    # Where a type was defined is no part of the ABI. A translation unit needs a name.
    text = re.sub(r" (?:filepath|line|column)='[^']*'", "", text)
    target.write_text(re.sub(r" path='(?:[^']*/)?([^'/]*)'", r" path='\1'", text))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    root = options.root.resolve()
    if not shutil.which("abidw") or not shutil.which("abidiff"):
        skip("abidw and abidiff are not installed (test/install.sh test)")
    if not options.library.name.startswith("libuvkafka.so") or not options.library.exists():
        skip("this build has no shared library")
    sections = subprocess.run(["readelf", "-S", "--wide", options.library], stdout=subprocess.PIPE, text=True).stdout
    if ".debug_info" not in sections:
        skip("the library has no debugging information")
    if "__asan_" in subprocess.run(["nm", "-D", options.library], stdout=subprocess.PIPE, text=True).stdout:
        skip("the library is built with sanitizers")

    if "clang" in subprocess.run(["readelf", "-p", ".comment", options.library], stdout=subprocess.PIPE, text=True).stdout:
        skip("clang describes types in other words than g++, which the kept description comes from")
    version = re.search(r"version: '([^']*)'", (root / "meson.build").read_text()).group(1)
    kept = root / f"test/project/abi/libuvkafka-{version}.abi"
    if options.update:
        description(root, options.library, kept)
        print(f"written: {kept.name}, {len(kept.read_text().splitlines())} lines")
        return
    if not kept.exists():
        sys.exit(f"FAIL {kept.name} is missing: test/project/abi/update writes it")
    done = subprocess.run(["abidiff", "--headers-dir2", root / "include/kafka/c", "--exported-interfaces-only", "--drop-private-types", "--suppressions",
                           root / "test/project/abi/suppressions.ini", kept, options.library],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout)
    if done.returncode & FAILED:
        sys.exit(f"FAIL abidiff: exit status {done.returncode}")
    # abidiff leaves out what it takes for harmless: a number that became smaller, for example.
    if re.search(r"changes summary: (?:[1-9]\d* Removed|\d+ Removed, (?:[1-9]\d* Changed|0 Changed \([1-9]))", done.stdout):
        sys.exit("FAIL a function was removed or changed")


if __name__ == "__main__":
    main()
