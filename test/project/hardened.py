#!/usr/bin/env python3
"""Reads the installed library as ELF: is it built so that a mistake in memory stays small?

    hardened.py LIBRARY [--fortified]

Addresses of functions are resolved when the library is loaded, and their table cannot be written afterwards (full RELRO);
no stack can be executed; functions with buffers on the stack check it before they return; the standard library checks
indexes. --fortified: functions of the C library that fill buffers know their size. Exit status: 0 if all of that holds, 1
if not, 77 if it cannot be read here.
"""
import argparse
import re
import shutil
import subprocess
import sys


def readelf(option, library):
    return subprocess.run(["readelf", "--wide", option, library], check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--fortified", action="store_true")
    given = parser.parse_args()
    reason = "this build has no shared library" if given.library.endswith(".a") else \
        "readelf is not installed" if shutil.which("readelf") is None else ""
    if reason:
        print(f"SKIPPED hardening: {reason}")
        sys.exit(77)
    segments, entries = readelf("--program-headers", given.library), readelf("--dynamic", given.library)
    imports = {match.group(1) for match in re.finditer(r" UND (\S+?)(?:@\S*)?(?: \(\d+\))?$",
                                                       readelf("--dyn-syms", given.library), re.MULTILINE)}
    stack = re.search(r"^\s*GNU_STACK\s.*?\s(R\S*)\s", segments, re.MULTILINE)
    checks = {
        "tables of addresses cannot be written (GNU_RELRO)": "GNU_RELRO" in segments,
        "addresses are resolved at the start (BIND_NOW)": "BIND_NOW" in entries or re.search(r"FLAGS_1.*\bNOW\b", entries),
        "the stack cannot be executed (GNU_STACK)": stack is not None and "E" not in stack.group(1),
        "the stack is checked (__stack_chk_fail)": "__stack_chk_fail" in imports,
        "the standard library checks (std::__glibcxx_assert_fail)":
            any("glibcxx_assert_fail" in name for name in imports),
    }
    if given.fortified:
        checks["buffers have sizes (__*_chk)"] = any(re.fullmatch(r"__\w+_chk", name) for name in imports)
    for name, good in checks.items():
        print(f"{'ok  ' if good else 'FAIL'} {name}")
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
