#!/usr/bin/env python3
"""Compares our codec with Kafka's own, byte by byte: random messages of every API and version, in both directions.

    wire_oracle.py [--wire-check PROGRAM] [--seed N] [--count N] [--release 4.3.1]...

For each Kafka release WireOracle.java draws COUNT messages per API, version and direction, and Kafka serializes and
prints them; wire_check decodes the bytes, encodes them again and prints them; lines must be identical except for
the contents of a `records` field and of tokens, which we never print. Every API of lib/protocol must be known in
every version from 0 to the newest of the newest release, 3.9.1 being the last that still has the oldest ones. The seed
is printed; --seed repeats a run.
Exit status: 0 if all are identical, 1 if not, 77 if skipped (no java, or Kafka's jars cannot be resolved).
Not here: malformed lines (wire_check_lines.py).
"""
import argparse
import collections
import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "broker"))
import harness  # noqa: E402
import kafka_cluster  # noqa: E402
import schemas  # noqa: E402

RELEASES = ["4.3.1", "3.9.1"]  # the newest first
COUNT = 60
SHOWN = 5  # differences per release that are printed whole
RECORDS = re.compile(r'"records":"[^"]*"')
TOKENS = re.compile(r'"authBytes":"[^"]*"')
OUR_REQUEST = re.compile(r"struct Api<(\w+)Request>")


def our_apis():
    """Kafka's names of the APIs of lib/protocol."""
    names = set()
    for header in sorted((ROOT / "lib/protocol").glob("*.hpp")):
        names.update(OUR_REQUEST.findall(header.read_text(encoding="utf-8")))
    return names


def skip(reason):
    print(f"SKIPPED, NOTHING WAS COMPARED WITH KAFKA'S OWN SERIALIZER: {reason}", file=sys.stderr, flush=True)
    sys.exit(harness.SKIPPED)


def jars(release):
    try:
        return kafka_cluster.jars(release)
    except SystemExit as stopped:
        if stopped.code == kafka_cluster.CANNOT_RUN_HERE:
            skip(f"no jars of Kafka {release} (the reason is above)")
        raise


def ask_kafka(release, options, scratch):
    """Kafka's lines as a file. Compiled anew for each release: the class files name its internals."""
    classes, lines = scratch / f"classes-{release}", scratch / f"kafka-{release}.tsv"
    libraries = f"{jars(release)}/*"
    compiled = subprocess.run(
        ["javac", "-encoding", "UTF-8", "-proc:none", "-cp", libraries, "-d", classes, HERE / "WireOracle.java"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if compiled.returncode:
        sys.exit(f"FAIL WireOracle.java does not compile against Kafka {release}:\n{compiled.stdout}")
    with open(lines, "wb") as out:
        asked = subprocess.run(
            ["java", *kafka_cluster.JVM_FLAGS, "-Xmx512m", "-Dfile.encoding=UTF-8",
             "-cp", f"{classes}{os.pathsep}{libraries}", "WireOracle", str(options.seed), str(options.count)],
            stdout=out, stderr=subprocess.PIPE, text=True)
    if asked.returncode:
        sys.exit(f"FAIL WireOracle ended with {asked.returncode} on Kafka {release}:\n{asked.stderr[-2000:]}")
    return lines, asked.stderr.splitlines()


def ask_ours(release, options, kafka_lines, scratch):
    lines = scratch / f"ours-{release}.tsv"
    with open(kafka_lines, "rb") as text, open(lines, "wb") as out:
        done = subprocess.run([options.wire_check], stdin=text, stdout=out, stderr=subprocess.PIPE, text=True)
    return lines, done


def around(text, place, width=60):
    """`text` near `place`, with what is left out marked."""
    start, end = max(0, place - width), place + width
    return ("..." if start else "") + text[start:end] + ("..." if end < len(text) else "")


def first_difference(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def differences(kafka, ours):
    """What differs between two lines given as columns; empty if nothing does."""
    if len(ours) != len(kafka):
        return ["our codec: " + (": ".join(ours[4:]) or "no line")]
    found = []
    for title, column in (("API_KEY", 0), ("NAME", 1), ("VERSION", 2), ("direction", 3), ("FLEXIBLE", 4)):
        if kafka[column] != ours[column]:
            found.append(f"{title}: Kafka {kafka[column]}, ours {ours[column]}")
    if kafka[5] != ours[5]:
        at = first_difference(kafka[5], ours[5]) // 2
        found.append(f"HEX: {len(kafka[5]) // 2} bytes from Kafka, {len(ours[5]) // 2} ours, the first difference at "
                     f"byte {at}\n      Kafka {around(kafka[5], 2 * at)}\n      ours  {around(ours[5], 2 * at)}")
    theirs, mine = (TOKENS.sub('"authBytes":""', RECORDS.sub('"records":""', line[6])) for line in (kafka, ours))
    if theirs != mine:
        at = first_difference(theirs, mine)
        found.append(f"JSON: the first difference at character {at}\n      Kafka {around(theirs, at)}\n"
                     f"      ours  {around(mine, at)}")
    return found


class Release:
    """What was seen of one Kafka release."""

    def __init__(self, release):
        self.release = release
        self.compared, self.unsupported, self.shown = 0, 0, 0
        self.different = collections.Counter()  # "Fetch v12 response" -> lines
        self.seen = collections.defaultdict(set)  # (name, direction) -> versions compared
        self.lacking = collections.defaultdict(set)  # (name, direction) -> versions that we do not know

    def compare(self, kafka_lines, our_lines):
        with open(kafka_lines, encoding="utf-8") as theirs, open(our_lines, encoding="utf-8") as mine:
            for number, (kafka, ours) in enumerate(itertools.zip_longest(theirs, mine), 1):
                if kafka is None:
                    self.different["lines that nobody asked for"] += 1
                    continue
                self.line(number, kafka.rstrip("\n").split("\t"), (ours or "").rstrip("\n").split("\t"))

    def line(self, number, kafka, ours):
        _, name, version, direction = kafka[:4]
        if ours == kafka[:4] + ["unsupported"]:
            self.unsupported += 1
            self.lacking[name, direction].add(int(version))
            return
        self.compared += 1
        self.seen[name, direction].add(int(version))
        found = differences(kafka, ours)
        if not found:
            return
        self.different[f"{name} v{version} {direction}"] += 1
        if self.shown < SHOWN:
            self.shown += 1
            print(f"DIFFERENT Kafka {self.release}, line {number}, {name} v{version} {direction}:")
            print("".join(f"    {text}\n" for text in found), end="")


def run_release(release, options, scratch):
    """The Release, and what failed as lines of text."""
    started = time.monotonic()
    kafka_lines, complaints = ask_kafka(release, options, scratch)
    asked = time.monotonic()
    our_lines, done = ask_ours(release, options, kafka_lines, scratch)
    answered = time.monotonic()
    result = Release(release)
    result.compare(kafka_lines, our_lines)
    failed = [f"Kafka {release}: {count} lines of {what} differ" for what, count in sorted(result.different.items())]
    if done.returncode:
        said = "\n".join("    " + line for line in done.stderr.splitlines()[:SHOWN])
        failed.append(f"Kafka {release}: wire_check ended with {done.returncode}:\n{said}")
    print(f"Kafka {release}: {result.compared} lines compared, {sum(result.different.values())} different, "
          f"{result.unsupported} unsupported; {len(complaints)} messages that Kafka itself refused; "
          f"seconds: Kafka {asked - started:.1f}, ours {answered - asked:.1f}, "
          f"comparison {time.monotonic() - answered:.1f}", flush=True)
    for complaint in complaints[:SHOWN]:
        print(f"    refused by Kafka: {complaint}")
    for lines in (kafka_lines, our_lines):
        lines.unlink()
    return result, failed


def coverage(results, names):
    """Which of our APIs, directions and versions (0 to the newest of the newest release) were not compared."""
    missing = []
    newest = results[0]
    for name, direction in itertools.product(sorted(names), ("request", "response")):
        at = (name, direction)
        known_there = newest.seen[at] | newest.lacking[at]
        if not known_there:
            missing.append(f"Kafka {newest.release} printed no {name} {direction}")
            continue
        seen = set().union(*(result.seen[at] for result in results))
        lacking = set().union(*(result.lacking[at] for result in results))
        if lacking:
            missing.append(f"{name} {direction}: unsupported by wire_check in versions {sorted(lacking)}")
        never = set(range(max(known_there) + 1)) - seen - lacking
        if never and len(results) == len(RELEASES):
            missing.append(f"{name} {direction}: no release printed versions {sorted(never)}")
    return missing


def default_wire_check():
    found = sorted(ROOT.glob("build*/test/conformance/wire_check"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else ROOT / "build/test/conformance/wire_check"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wire-check", type=pathlib.Path, default=default_wire_check())
    parser.add_argument("--seed", type=int, help="default: drawn and printed")
    parser.add_argument("--count", type=int, default=COUNT, help="messages per API, version and direction")
    parser.add_argument("--release", action="append", help="default: " + " and ".join(RELEASES))
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(1 << 31)
    releases = options.release or RELEASES
    names = our_apis()
    if not names:
        sys.exit("FAIL no API found in lib/protocol")
    print(f"seed {options.seed} (repeat: {pathlib.Path(__file__).name} --seed {options.seed} --count {options.count})",
          flush=True)
    missing = [tool for tool in ("java", "javac") if not shutil.which(tool)]
    if missing:
        skip(", ".join(missing) + " not installed")
    for release in releases:
        jars(release)  # a machine that cannot ask all of them compares nothing

    failed, results = [], []
    with tempfile.TemporaryDirectory(prefix="uvkafka-wire-", dir=os.environ.get("TMPDIR")) as scratch:
        for release in releases:
            result, failures = run_release(release, options, pathlib.Path(scratch))
            results.append(result)
            fields, different = schemas.compare(jars(release), release, options.wire_check,
                                                with_ignorable=release == releases[0])
            print(f"Kafka {release}: {fields} fields of schemas compared, {len(different)} differences")
            failed += failures + different
    failed += coverage(results, names)
    for failure in failed:
        print("FAIL " + failure)
    if failed:
        print(f"FAIL wire oracle, seed {options.seed}, count {options.count}")
    else:
        print(f"ok   wire oracle: {len(names)} APIs identical in bytes and JSON")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
