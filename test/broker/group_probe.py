#!/usr/bin/env python3
"""Holds the dev broker's groups against what real brokers answered, release by release.

    group_probe.py [--uvkafka PROGRAM] [--release 2.8.2]... [--scenario NAME]...

group_probe/GroupProbe.java asks a coordinator request by request and prints each answer. The transcripts beside it are
what it printed with real brokers. Here it asks `uvkafka broker --release`, and both have to say the same, in answers and
in waits. What may differ: names that are drawn, the order of lines that members print at the same time, and which of
them leads. Exit status: 0 the same, 1 not, 77 without java or Kafka's jars.
Not here: how members behave (the simulated tests).
"""
import argparse
import concurrent.futures
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import harness
import kafka_cluster

HERE = pathlib.Path(__file__).resolve().parent
TRANSCRIPTS = HERE / "group_probe"
# The jars that speak to a release: those of 3.9.1 know every old version, those of 4.3.1 the newest.
JARS = {"4.3.1": "4.3.1"}
OLD_JARS = "3.9.1"
# Kafka 3.9 filters by what it has already written to its log, so at first no state fits. Here states are never late.
NOT_HELD = {"3.9.1": ["ListGroups 5 states [CompletingRebalance]", "ListGroups 5 states [completingrebalance]"]}
LONG_MS, TOLERANCE_MS = 2000, 900
STEP = re.compile(r"\s+(\d+) ms  (.*)")
DRAWN = [(re.compile(r"probe-[0-9a-f-]{36}"), "GROUP"),
         (re.compile(r"(Member|Static member|owned by|fenced by member) [\w-]{22}"), r"\1 ID"),
         (re.compile(r"interval [1-9]\d*"), "interval N"),
         # Brokers match by RE2/J, the dev broker by RE2, each with words of its own.
         (re.compile(r"(is not a valid regular expression: ).*?(?= assignment )"), r"\1REASON")]


def parts_sorted(text):
    """Lists whose order is a hash map's, and which some releases repeat."""
    if text.startswith("OffsetDelete"):
        head, *parts = re.split(r" (?=[a-z]+-\d+ )", text)
        return " ".join([head, *sorted(set(parts))])
    head, *members = re.split(r" (?=\[)", text) if "Describe" in text else [text]
    return " ".join([head, *sorted(members)])


def steps(text, release):
    """[(scenario, what, milliseconds since the line before)], members' concurrent lines sorted."""
    found, together, scenario, last = [], [], "", 0
    def flush():
        found.extend(sorted(together))
        together.clear()
    for line in text.splitlines():
        step = STEP.match(line)
        if not step:
            flush()
            scenario, last = line.strip(), 0
            continue
        at, what = int(step[1]), step[2]
        took, last = at - last, at
        if what.startswith(tuple(NOT_HELD.get(release, ()))):
            continue
        for pattern, word in DRAWN:
            what = pattern.sub(word, what)
        what = parts_sorted(what)
        if not re.match(r"(JoinGroup|SyncGroup) ", what) or (together and together[0][1][:4] != what[:4]):
            flush()
        together.append((scenario, what, took))
        if not re.match(r"(JoinGroup|SyncGroup) ", what):
            flush()
    flush()
    return found


def compare(release, wanted, got):
    theirs, ours = steps(wanted, release), steps(got, release)
    wrong = list(difflib.unified_diff([f"{each[0]}: {each[1]}" for each in theirs],
                                      [f"{each[0]}: {each[1]}" for each in ours], f"Kafka {release}", "dev broker",
                                      lineterm="", n=1))
    if wrong:
        return wrong
    for (scenario, what, real), (_, _, mine) in zip(theirs, ours):
        # Short waits are those of the two machines.
        if (real >= LONG_MS or mine >= LONG_MS) and abs(real - mine) > TOLERANCE_MS:
            wrong.append(f"{scenario}: {what}: Kafka {release} took {real} ms, the dev broker {mine} ms")
    return wrong


def scenarios(text):
    return [line.strip() for line in text.splitlines() if line and not line[0].isspace()]


def only(text, names):
    """The lines of some scenarios."""
    kept, keeps = [], False
    for line in text.splitlines():
        if line and not line[0].isspace():
            keeps = line.strip() in names
        if keeps:
            kept.append(line)
    return "\n".join(kept)


def ask(uvkafka, release, port, names, classes, libraries):
    short = ".".join(release.split(".")[:2])
    broker = subprocess.Popen([uvkafka, "broker", "--port", str(port), "--partitions", "3", "--release", short],
                              stdout=subprocess.DEVNULL)
    try:
        kafka_cluster.wait_for(f"port {port}", lambda: kafka_cluster.listening(port), 10)
        asked = subprocess.run(["java", *kafka_cluster.JVM_FLAGS, "-cp", f"{classes}{os.pathsep}{libraries}/*",
                                "GroupProbe", f"127.0.0.1:{port}", *names],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150)
        return asked.stdout
    finally:
        broker.terminate()
        broker.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", default=harness.default_program())
    parser.add_argument("--release", action="append")
    parser.add_argument("--scenario", action="append")
    options = parser.parse_args()
    harness.skip_unless(["java", "javac"])
    releases = options.release or sorted(path.stem for path in TRANSCRIPTS.glob("*.txt"))
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        libraries = {}
        for jars in {JARS.get(release, OLD_JARS) for release in releases}:
            libraries[jars] = kafka_cluster.jars(jars)
            compiled = subprocess.run(["javac", "-nowarn", "-proc:none", "-cp", f"{libraries[jars]}/*", "-d",
                                       f"{scratch}/{jars}", TRANSCRIPTS / "GroupProbe.java"],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if compiled.returncode:
                sys.exit(f"FAIL GroupProbe.java does not compile against Kafka {jars}:\n{compiled.stdout}")

        first = kafka_cluster.free_base_port(len(releases))
        ports = {release: first + number for number, release in enumerate(releases)}

        def held(release):
            wanted = (TRANSCRIPTS / f"{release}.txt").read_text(encoding="utf-8")
            names = [name for name in scenarios(wanted) if name in (options.scenario or [name])]
            jars = JARS.get(release, OLD_JARS)
            got = ask(options.uvkafka, release, ports[release], names, f"{scratch}/{jars}", libraries[jars])
            return release, len(names), compare(release, only(wanted, names), got)

        with concurrent.futures.ThreadPoolExecutor(max_workers=3) as pool:
            for release, count, wrong in pool.map(held, releases):
                failed += bool(wrong)
                print(f"FAIL {release}:" if wrong else f"ok   {release}: {count} scenarios as Kafka answered them")
                for line in wrong[:60]:
                    print("     " + line)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
