#!/usr/bin/env python3
"""Every codec against Kafka's own client, both ways: we read and write again the records that it compressed, and it reads
ours.

    codec_oracle.py [--codec-check PROGRAM] [--codecs NAME,...] [--release 4.3.1]...

Exit status: 0 if all are the same, 1 if not, 77 if skipped (no java, or Kafka's jars cannot be resolved).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

from wire_oracle import HERE, RELEASES, ROOT, jars, kafka_cluster, skip


def default_check():
    found = sorted(ROOT.glob("build*/test/conformance/codec_check"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else ROOT / "build/test/conformance/codec_check"


def source(release, scratch):
    """CodecOracle.java as this release takes it: the newer ones keep what it uses in a package of internals."""
    text = (HERE / "CodecOracle.java").read_text(encoding="utf-8")
    clients = pathlib.Path(jars(release)) / f"kafka-clients-{release}.jar"
    if "org/apache/kafka/common/record/internal/MemoryRecords.class" in zipfile.ZipFile(clients).namelist():
        text = text.replace("common.record.*;", "common.record.*;\nimport org.apache.kafka.common.record.internal.*;")
        text = text.replace("common.record.Record ", "common.record.internal.Record ")
    adapted = scratch / f"source-{release}" / "CodecOracle.java"
    adapted.parent.mkdir()
    adapted.write_text(text, encoding="utf-8")
    return adapted


def judge(release, options, scratch):
    classes, theirs, ours = scratch / release, scratch / f"theirs-{release}", scratch / f"ours-{release}"
    libraries = f"{jars(release)}/*"
    subprocess.run(["javac", "-encoding", "UTF-8", "-proc:none", "-cp", libraries, "-d", classes, source(release, scratch)],
                   check=True)
    oracle = ["java", *kafka_cluster.JVM_FLAGS, "-Xmx512m", "-cp", f"{classes}{os.pathsep}{libraries}", "CodecOracle"]
    with open(theirs, "wb") as out:
        subprocess.run([*oracle, "write", options.codecs], stdout=out, stderr=subprocess.DEVNULL, check=True)
    with open(theirs, "rb") as text, open(ours, "wb") as out:
        subprocess.run([options.codec_check], stdin=text, stdout=out, check=True)
    done = subprocess.run([*oracle, "compare", theirs, ours], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    print(f"Kafka {release}: {done.stdout}", end="", flush=True)
    return done.returncode == 0 and os.path.getsize(theirs) > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codec-check", type=pathlib.Path, default=default_check())
    parser.add_argument("--codecs", default="gzip,snappy,lz4,zstd", help="of the build (default: all)")
    parser.add_argument("--release", action="append", help="default: " + " and ".join(RELEASES))
    options = parser.parse_args()
    missing = [tool for tool in ("java", "javac") if not shutil.which(tool)]
    if missing:
        skip(", ".join(missing) + " not installed")
    with tempfile.TemporaryDirectory(prefix="uvkafka-codecs-", dir=os.environ.get("TMPDIR")) as scratch:
        good = [judge(release, options, pathlib.Path(scratch)) for release in options.release or RELEASES]
    print("ok   codec oracle" if all(good) else "FAIL codec oracle")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
