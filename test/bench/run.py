#!/usr/bin/env python3
"""The same work through this library and through librdkafka, in turn, against one real broker.

    meson setup build-bench -Dbench=true -Dbuildtype=release && ninja -C build-bench
    test/bench/run.py --build build-bench [--rounds 5] [--json FILE] [--only WORDS]

Starts a single broker of Kafka 4.3.1 (java and mvn are needed). Prints a table of medians and of the ratio ours / theirs,
paired round by round. A busy machine changes the figures of both; the ratio changes least.
"""
import argparse
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "broker"))
import kafka_cluster  # noqa: E402

RELEASE = "4.3.1"
MESSAGES = {10: 4_000_000, 100: 4_000_000, 1024: 800_000, 10240: 80_000}
LINGER = ["-X", "linger.ms=5"]


def works():
    """(name, mode, topic, size, messages, options of both)."""
    for size, count in MESSAGES.items():
        yield f"produce {size} B, acks 1, linger 5", "produce", f"one-{size}", size, count, [*LINGER, "-X", "acks=1"]
        yield (f"produce {size} B, acks all, idempotent, linger 5", "produce", f"all-{size}", size, count,
               [*LINGER, "-X", "acks=all", "-X", "enable.idempotence=true"])
        yield f"consume {size} B", "consume", f"one-{size}", size, count, []
    for codec in ("lz4", "zstd"):
        yield (f"produce 100 B, {codec}", "produce", f"one-{codec}", 100, 2_000_000,
               [*LINGER, "-X", "acks=1", "-X", f"compression.type={codec}"])
        yield f"consume 100 B, {codec}", "consume", f"one-{codec}", 100, 2_000_000, []
    yield "produce 100 B, 12 partitions", "produce", "twelve", 100, 4_000_000, [*LINGER, "-X", "acks=1"]
    yield "consume 100 B, 12 partitions", "consume", "twelve", 100, 4_000_000, []
    yield "produce 100 B, 300 partitions", "produce", "many", 100, 2_000_000, [*LINGER, "-X", "acks=1"]
    yield "consume 100 B, 300 partitions", "consume", "many", 100, 2_000_000, []
    yield "one message at a time, acks 1, linger 0", "latency", "latency", 100, 3000, ["-X", "acks=1", "-X", "linger.ms=0"]
    yield ("1,000 messages a second, acks 1, linger 0", "latency", "latency", 100, 5000,
           ["-r", "1000", "-X", "acks=1", "-X", "linger.ms=0"])
    yield "idle for 10 s", "idle", "latency", 100, 1, []


PARTITIONS = {"twelve": 12, "many": 300}


def run(program, mode, bootstrap, topic, size, count, options):
    done = subprocess.run([program, mode, "-b", bootstrap, "-t", topic, "-s", str(size), "-n", str(count), *options],
                          capture_output=True, text=True, timeout=600)
    if done.returncode:
        sys.exit(f"{program} {mode} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def figures(mode):
    if mode == "latency":
        return [("p50 µs", lambda r: r["latency_us"]["p50"]), ("p99 µs", lambda r: r["latency_us"]["p99"])]
    if mode == "idle":
        return [("CPU ms", lambda r: r["cpu_seconds"] * 1000), ("wakeups", lambda r: r["wakeups"])]
    return [("CPU µs/message", lambda r: r["cpu_us_per_message"]), ("messages/s", lambda r: r["messages_per_second"]),
            ("peak MB", lambda r: r["peak_rss_kb"] / 1024)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--only", default="", help="works whose name contains this")
    arguments = parser.parse_args()
    ours, theirs = (arguments.build / "test/bench" / name for name in ("uvkafka_bench", "rdkafka_bench"))
    for program in (ours, theirs):
        if not program.exists():
            sys.exit(f"{program} is not built: -Dbench=true, and librdkafka-dev for rdkafka_bench")
    results = []
    with tempfile.TemporaryDirectory(prefix="uvkafka-bench-") as folder:
        where = argparse.Namespace(dir=f"{folder}/cluster", nodes=1, port=None, version=RELEASE, secure=False, set=[])
        kafka_cluster.up(where)
        layout = kafka_cluster.Layout(where.dir)
        made = set()
        try:
            bootstrap = layout.bootstrap("PLAINTEXT")
            print(f"{platform.machine()}, Kafka {RELEASE}, {arguments.rounds} rounds; medians of ours and theirs, ratio")
            for name, mode, topic, size, count, options in works():
                if arguments.only not in name:
                    continue
                if topic not in made:
                    kafka_cluster.make_topic(layout, topic, PARTITIONS.get(topic, 1))
                    made.add(topic)
                    if mode == "consume":  # nothing has filled it
                        run(ours, "produce", bootstrap, topic, size, count, LINGER)
                rounds = [[run(program, mode, bootstrap, topic, size, count, options) for program in (ours, theirs)]
                          for _ in range(arguments.rounds)]
                entry = {"name": name}
                for figure, of in figures(mode):
                    pairs = [(of(a), of(b)) for a, b in rounds]
                    ratio = statistics.median(a / b if b else float("inf") for a, b in pairs)
                    mine, yours = (statistics.median(column) for column in zip(*pairs))
                    entry[figure] = {"ours": mine, "theirs": yours, "ratio": ratio}
                    print(f"{name:52} {figure:16} {mine:12.3f} {yours:12.3f}   {ratio:.2f}", flush=True)
                results.append(entry)
        finally:
            kafka_cluster.down(where)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
