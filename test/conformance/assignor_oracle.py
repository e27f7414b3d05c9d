#!/usr/bin/env python3
"""Holds our assignors, and the bytes of subscriptions and assignments, against Kafka's own client.

    assignor_oracle.py [--assignor-check PROGRAM] [--recorded] [--seed N] [--count N] [--release 4.3.1]...

With --recorded it reads the memberships of assignor_lines.jsonl (recorded from Kafka 3.9.1), so that it needs no java.
Otherwise AssignorOracle.java draws COUNT fresh ones for each Kafka release; the seed is printed, --seed repeats a run.
First it tries with wrong answers and bytes that assignor_check finds them at all.
Sums of what names decide (see AssignorOracle.java) may be worse by chance in a run of less than 3,000; then it says so,
and does not fail.
Exit status: 0 if nothing is wrong, 1 if something is, 77 if skipped (no java, or Kafka's jars cannot be resolved).
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from wire_oracle import HERE, RELEASES, ROOT, jars, kafka_cluster, skip

RECORDED = HERE / "assignor_lines.jsonl"
ENOUGH = 3000  # memberships, for sums to say something


def default_check():
    found = sorted(ROOT.glob("build*/test/conformance/assignor_check"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else ROOT / "build/test/conformance/assignor_check"


def check(options, text):
    done = subprocess.run([options.assignor_check], input=text, stdout=subprocess.PIPE, text=True, timeout=500)
    return done.returncode, done.stdout


def spoiled(text):
    """Wrong lines, each with what assignor_check must say about it."""
    lines = [json.loads(line) for line in text.splitlines()]

    def first(name, wanted=lambda line: True):
        def exact(line):
            result = line["results"][name]
            return "error" not in result and not result["faults"] and not result["depends_on"] and result["assignment"]
        return json.loads(json.dumps(next(line for line in lines if exact(line) and wanted(line))))

    for name in ("range", "roundrobin", "sticky", "cooperative-sticky"):
        line = first(name, lambda line: not line["results"]["cooperative-sticky-rounds"])
        member = next(iter(line["results"][name]["assignment"]))
        line["results"][name]["assignment"][member] = {"no-such-topic": [0]}
        yield line, f"{name} is unequal"
    line = first("range")
    subscriptions = next(iter(line["wire"]["subscriptions"].values()))
    subscriptions["range"][1] += "00"
    yield line, "written otherwise"
    line = first("cooperative-sticky", lambda line: line["results"]["cooperative-sticky-rounds"])
    line["results"]["cooperative-sticky-rounds"] = []
    yield line, "follow-up rounds, Java 0"


def self_test(options, text):
    for line, expected in spoiled(text):
        status, said = check(options, json.dumps(line) + "\n")
        if status != 1 or expected not in said:
            sys.exit(f"FAIL {options.assignor_check} does not notice a wrong line ({expected}): {said}")
    for wrong, expected in (("", 1), ("{}\n", 2), ("[\n", 2)):
        if check(options, wrong)[0] != expected:
            sys.exit(f"FAIL {options.assignor_check} does not notice {wrong!r}")


def judge(options, text, where):
    status, said = check(options, text)
    wrong = [line for line in said.splitlines() if line.startswith("seed ")]
    worse = "WORSE" in said
    cases = text.count("\n")
    print(f"{where}: {said}", end="", flush=True)
    if status == 1 and not wrong and worse and 0 < cases < ENOUGH:
        print(f"{cases} memberships are too few for sums to count")
        return True
    return status == 0


def fresh(release, options, scratch):
    classes, libraries = scratch / release, f"{jars(release)}/*"
    subprocess.run(["javac", "-encoding", "UTF-8", "-proc:none", "-nowarn", "-cp", libraries, "-d", classes,
                    HERE / "AssignorOracle.java"], check=True)
    text = subprocess.run(["java", *kafka_cluster.JVM_FLAGS, "-Xmx512m", "-cp", f"{classes}{os.pathsep}{libraries}",
                           "AssignorOracle", str(options.seed), str(options.count)],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    return judge(options, text, f"Kafka {release}, seed {options.seed}") and text.count("\n") == options.count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assignor-check", type=pathlib.Path, default=default_check())
    parser.add_argument("--recorded", action="store_true", help="read the recorded memberships; needs no java")
    parser.add_argument("--seed", type=int, default=random.randrange(2**40))
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--release", action="append", help="default: " + " and ".join(RELEASES))
    options = parser.parse_args()
    recorded = RECORDED.read_text(encoding="utf-8")
    self_test(options, recorded)
    if options.recorded:
        good = [judge(options, recorded, "recorded")]
    else:
        missing = [tool for tool in ("java", "javac") if not shutil.which(tool)]
        if missing:
            skip(", ".join(missing) + " not installed")
        with tempfile.TemporaryDirectory(prefix="uvkafka-assignors-", dir=os.environ.get("TMPDIR")) as scratch:
            good = [fresh(release, options, pathlib.Path(scratch)) for release in options.release or RELEASES]
    print("ok   assignor oracle" if all(good) else "FAIL assignor oracle")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
