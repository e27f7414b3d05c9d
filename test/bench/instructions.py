#!/usr/bin/env python3
"""Counts instructions per message on the two hot paths with valgrind's callgrind. The counts do not depend on how busy the
machine is.

    test/bench/instructions.py --build build-bench [--json FILE] [--c]

Each path is run twice, with few and with many messages, against the dev broker in a process of its own; the difference
is the cost of the messages, without start and end. Produce: 100 B, acks 1, linger 5, a report counted per message.
Consume: 100 B, CRC checked, an envelope acked per message. Batch: the same in batches of 500, each acked.

--c: the same through the C API as well (c_bench), with the ratio of each: `packed` is produce in packs of 500, `columns`
is consume in columns of up to 500. The last lines count calls of a host that drives a loop by descriptor and timeout.
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
TOPICS = {"batch": "consume", "columns": "consume", "packed": "produce"}
# Work through C, what it is compared with in C++, and the ratio that is aimed at. Columns are answered at the end of the
# turn, out of the fast path of an envelope that is answered at once, so nothing in C++ is the same work.
THROUGH_C = [("produce", "produce", 1.25), ("packed", "produce", 1.15), ("consume", "consume", 1.25),
             ("batch", "batch", 1.15), ("columns", "consume", None)]


def short(name):
    """The function's name without its arguments."""
    depth = 0
    for at in range(len(name) - 1, 0, -1) if name.endswith((")", ") const")) else ():
        depth += {")": 1, "(": -1}.get(name[at], 0)
        if depth == 0 and name[at] == "(":
            return name[:at]
    return name


def counts(build, folder, broker, mode, messages, program="uvkafka_bench"):
    """{function: instructions} of one run."""
    out = pathlib.Path(folder) / f"{program}-{mode}-{messages}"
    options = ["-X", "linger.ms=5", "-X", "acks=1"] if mode in ("produce", "packed") else []
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", build / "test/bench" / program, mode,
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


def per_message(build, folder, broker, mode, program="uvkafka_bench"):
    """{function: instructions per message}, the whole under "PROGRAM TOTALS"."""
    few, many = (counts(build, folder, broker, mode, messages, program) for messages in (FEW, MANY))
    return {name: (many.get(name, 0) - few.get(name, 0)) / (MANY - FEW) for name in {*few, *many}}


def measure(build, through_c=False):
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
                each = per_message(build, folder, where, mode)
                total = each.pop("PROGRAM TOTALS")
                functions = sorted(each.items(), key=lambda item: -item[1])[:FUNCTIONS]
                results[mode] = {"per_message": round(total, 1), "functions": [[n, round(v, 1)] for n, v in functions]}
            for mode, compared, most in THROUGH_C if through_c else []:
                total = per_message(build, folder, where, mode, "c_bench")["PROGRAM TOTALS"]
                ratio = total / results[compared]["per_message"]
                results[f"{mode} through C"] = {"per_message": round(total, 1), "ratio": round(ratio, 2), "most": most}
        if through_c:
            for how in ("consumer", "session"):
                subprocess.run([build / "test/bench/c_bench", "idle", "-b", where, "-t", "consume", "-c", how, "-d", "60"],
                               check=True)
    finally:
        broker.terminate()
        broker.wait()
    return results


def lines(results):
    for mode, of in results.items():
        ratio = f", {of['ratio']:.2f} times as many as in C++" if "ratio" in of else ""
        if of.get("most"):
            ratio += f" (aimed at: {of['most']})"
        yield f"{mode}: {of['per_message']:.0f} instructions per message{ratio}"
        for name, count in of.get("functions", []):
            yield f"  {count:8.1f}  {name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--c", action="store_true", help="through the C API as well")
    arguments = parser.parse_args()
    results = measure(arguments.build.resolve(), arguments.c)
    print("\n".join(lines(results)))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
