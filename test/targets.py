#!/usr/bin/env python3
"""Prints which targets of a build directory the tests of some suites need, for ninja: all but the programs that only tests of
other suites run.

    targets.py BUILD_DIR [--suite SUITE]... [--no-suite SUITE]...

The options are those of `meson test`. Without one it prints nothing: ninja builds everything then.
"""
import argparse
import json
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--suite", action="append", default=[])
    parser.add_argument("--no-suite", action="append", default=[])
    given = parser.parse_args()
    if not given.suite and not given.no_suite:
        return

    def introspect(what):
        return json.loads(subprocess.run(["meson", "introspect", given.build, what], check=True, stdout=subprocess.PIPE).stdout)

    def wanted(test):
        suites = {suite.split(":")[-1] for suite in test["suite"]}
        return (not given.suite or suites & set(given.suite)) and not suites & set(given.no_suite)

    tests = introspect("--tests")
    known = {suite.split(":")[-1] for test in tests for suite in test["suite"]}
    for suite in given.suite + given.no_suite:
        if suite not in known:
            sys.exit(f"targets.py: {given.build} has no suite {suite}; it has {', '.join(sorted(known))}")
    needed, others = set(), set()
    for test in tests:
        (needed if wanted(test) else others).update([test["cmd"][0], *test["depends"]])
    root = pathlib.Path(given.build).resolve()
    for target in introspect("--targets"):
        names = {target["id"], *target["filename"]}
        if target["build_by_default"] and (names & needed or not names & others):
            print(*(pathlib.Path(name).relative_to(root) for name in target["filename"]))


if __name__ == "__main__":
    main()
