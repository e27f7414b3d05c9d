#!/usr/bin/env python3
"""Compares the partitions that Kafka's own client and we choose for 10,000 random keys, empty and long ones among them.

    partition_oracle.py [--partition-lines PROGRAM] [--seed N] [--count N] [--release 4.3.1]...

The seed is printed; --seed repeats a run. First it tries with a wrong line that a difference is found at all.
Exit status: 0 if all are the same, 1 if not, 77 if skipped (no java, or Kafka's jars cannot be resolved).
Not here: librdkafka's placement (partitioner_check.cpp).
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from wire_oracle import HERE, RELEASES, ROOT, jars, kafka_cluster, skip


def default_lines():
    found = sorted(ROOT.glob("build*/test/conformance/partition_lines"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else ROOT / "build/test/conformance/partition_lines"


def compare(options, text):
    return subprocess.run([options.partition_lines], input=text, stdout=subprocess.PIPE, timeout=120)


def judge(release, options, scratch):
    classes, libraries = scratch / release, f"{jars(release)}/*"
    subprocess.run(["javac", "-encoding", "UTF-8", "-proc:none", "-cp", libraries, "-d", classes,
                    HERE / "PartitionOracle.java"], check=True)
    theirs = subprocess.run(["java", *kafka_cluster.JVM_FLAGS, "-Xmx512m", "-cp", f"{classes}{os.pathsep}{libraries}",
                             "PartitionOracle", str(options.seed), str(options.count)],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    keys = {line.split(b"\t")[0] for line in theirs.splitlines()}
    done = compare(options, theirs)
    print(f"Kafka {release}, seed {options.seed}, {len(keys)} keys of 0 to {max(map(len, keys)) // 2} bytes: "
          f"{done.stdout.decode()}", end="", flush=True)
    return done.returncode == 0 and b"" in keys and theirs.count(b"\n") == 3 * options.count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partition-lines", type=pathlib.Path, default=default_lines())
    parser.add_argument("--seed", type=int, default=random.randrange(2**48))
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--release", action="append", help="default: " + " and ".join(RELEASES))
    options = parser.parse_args()
    for wrong, status in ((b"\t1000\t999\n", 1), (b"", 1), (b"x\t1\t0\n", 2)):
        if compare(options, wrong).returncode != status:
            sys.exit(f"FAIL {options.partition_lines} does not notice {wrong!r}")
    missing = [tool for tool in ("java", "javac") if not shutil.which(tool)]
    if missing:
        skip(", ".join(missing) + " not installed")
    with tempfile.TemporaryDirectory(prefix="uvkafka-keys-", dir=os.environ.get("TMPDIR")) as scratch:
        good = [judge(release, options, pathlib.Path(scratch)) for release in options.release or RELEASES]
    print("ok   partition oracle" if all(good) else "FAIL partition oracle")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
