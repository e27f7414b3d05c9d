#!/usr/bin/env python3
"""Counts instructions per message on the two hot paths with valgrind's callgrind. The counts do not depend on how busy the
machine is.

    test/bench/instructions.py --build build-bench [--json FILE]

Each path is run twice, with few and with many messages, against the dev broker in a process of its own; the difference
is the cost of the messages, without start and end. Produce: 100 B, acks 1, linger 5, a report counted per message.
Consume: 100 B, CRC checked, an envelope acked per message. Batch: the same in batches of 500, each acked.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FEW, MANY = 100_000, 400_000
FUNCTIONS = 12  # printed of each path
TOPICS = {"batch": "consume"}


def short(name):
    """The function's name without its arguments."""
    depth = 0
    for at in range(len(name) - 1, 0, -1) if name.endswith((")", ") const")) else ():
        depth += {")": 1, "(": -1}.get(name[at], 0)
        if depth == 0 and name[at] == "(":
            return name[:at]
    return name


def counts(build, folder, broker, mode, messages):
    """{function: instructions} of one run."""
    out = pathlib.Path(folder) / f"{mode}-{messages}"
    options = ["-X", "linger.ms=5", "-X", "acks=1"] if mode == "produce" else []
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", build / "test/bench/uvkafka_bench", mode,
         "-b", broker, "-t", TOPICS.get(mode, mode), "-s", "100", "-n", str(messages), *options], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"valgrind ended with {done.returncode}: {done.stderr}")
    text = subprocess.run(["callgrind_annotate", "--threshold=100", "--show=Ir", out], capture_output=True, text=True,
                          check=True).stdout
    found = {}
    for line in text.splitlines():
        match = re.match(r"\s*([\d,]+)\s+\([^)]*\)\s+(.*)", line)
        if match:
            name = short(re.sub(r"\s+\[[^]]*\]$", "", match.group(2)).split(":", 1)[-1].strip())
            found[name] = found.get(name, 0) + int(match.group(1).replace(",", ""))
    return found


def measure(build):
    """{path: {"per_message": ..., "functions": [[name, instructions per message]]}}, {} without valgrind."""
    if not shutil.which("valgrind"):
        print("skipped: instruction counts need valgrind", file=sys.stderr)
        return {}
    results = {}
    broker = subprocess.Popen([build / "test/loop/devbroker_main", "0", "1", "", "produce:1", "consume:1"],
                              stdout=subprocess.PIPE, text=True)
    try:
        where = broker.stdout.readline().strip()
        subprocess.run([build / "test/bench/uvkafka_bench", "produce", "-b", where, "-t", "consume", "-s", "100",
                        "-n", str(MANY), "-X", "acks=1", "-X", "linger.ms=5"], check=True, stdout=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory(prefix="uvkafka-callgrind-") as folder:
            for mode in ("produce", "consume", "batch"):
                few, many = (counts(build, folder, where, mode, messages) for messages in (FEW, MANY))
                each = {name: (many.get(name, 0) - few.get(name, 0)) / (MANY - FEW) for name in {*few, *many}}
                total = each.pop("PROGRAM TOTALS")
                functions = sorted(each.items(), key=lambda item: -item[1])[:FUNCTIONS]
                results[mode] = {"per_message": round(total, 1), "functions": [[n, round(v, 1)] for n, v in functions]}
    finally:
        broker.terminate()
        broker.wait()
    return results


def lines(results):
    for mode, of in results.items():
        yield f"{mode}: {of['per_message']:.0f} instructions per message"
        for name, count in of["functions"]:
            yield f"  {count:8.1f}  {name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    results = measure(arguments.build.resolve())
    print("\n".join(lines(results)))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
