#!/usr/bin/env python3
"""Measures the package against aiokafka and confluent-kafka on one real broker, in one run, and prints a table.

    python3 -m venv /tmp/bench && /tmp/bench/bin/pip install aiokafka confluent-kafka ./samples/python
    samples/python/bench/run.py --python /tmp/bench/bin/python [--rounds 5] [--bootstrap HOST:PORT] [--json FILE]

Without --bootstrap a broker is started (java and mvn, test/broker/kafka_cluster.py). Each round runs every work of every
client in a process of its own, and the next round in the opposite order. The table has medians; ratios are of medians.
Run it on a machine that does nothing else. It takes about 6 minutes on 2 cores.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "test/broker"))
import kafka_cluster  # noqa: E402

TOPIC = "bench"
RELEASE = "4.3.1"
FILL = 1_000_000
# Records per run: some seconds of work each.
COUNTS = {("uvkafka", "send"): 200_000, ("aiokafka", "send"): 100_000, ("aiokafka", "each"): 100_000,
          ("aiokafka", "batches"): 300_000}
COUNT = 600_000
WORDS = {"send": "produce, a future each", "tokens": "produce, a token or callback each", "lists": "produce, lists of 1,000",
         "each": "consume, one by one", "batches": "consume, batches of at most 1,000"}
# (our work, their client, their work, the ratio that is wanted)
TARGETS = [("send", "aiokafka", "send", 1 / 2), ("tokens", "confluent", "tokens", 0.6), ("lists", "confluent", "tokens", 0.6),
           ("each", "aiokafka", "each", 1 / 5), ("batches", "aiokafka", "batches", 1 / 5),
           ("batches", "confluent", "batches", 0.6)]


def run_one(python, bootstrap, client, work, count):
    done = subprocess.run([python, HERE / "works.py", client, work, bootstrap, TOPIC, str(count)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"FAIL {client} {work}: {done.stderr[-1000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(given, bootstrap):
    """(client, work) -> its results, one for each round."""
    listed = subprocess.run([given.python, HERE / "works.py", "--list"], stdout=subprocess.PIPE, text=True, check=True)
    pairs = [(client, work) for client, works in json.loads(listed.stdout).items() for work in works]
    run_one(given.python, bootstrap, "uvkafka", "lists", FILL)  # what is consumed, and the broker is warm
    results = {pair: [] for pair in pairs}
    for number in range(given.rounds):
        for client, work in pairs if number % 2 == 0 else reversed(pairs):
            found = run_one(given.python, bootstrap, client, work, COUNTS.get((client, work), COUNT))
            results[client, work].append(found)
            print(f"round {number + 1}: {client} {work}: {found['cpu_us']:.3f} us, {found['per_second']:.0f}/s",
                  file=sys.stderr, flush=True)
    return results


def median(results, pair, of):
    return statistics.median(each[of] for each in results[pair])


def table(results):
    yield "| work | client | CPU µs per record | records/s |"
    yield "|---|---|---:|---:|"
    for work, words in WORDS.items():
        for client in ("uvkafka", "aiokafka", "confluent"):
            if (client, work) in results:
                yield (f"| {words} | {client} | {median(results, (client, work), 'cpu_us'):.2f} | "
                       f"{median(results, (client, work), 'per_second'):,.0f} |")
    yield ""
    yield "| CPU of uvkafka beside | ratio | wanted |"
    yield "|---|---:|---:|"
    for ours, client, theirs, wanted in TARGETS:
        ratio = median(results, ("uvkafka", ours), "cpu_us") / median(results, (client, theirs), "cpu_us")
        yield f"| {WORDS[ours]}: {client} | {ratio:.2f} | {wanted:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has the three packages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bootstrap", help="a broker with topic `bench`, which has nothing but records of 100 B")
    parser.add_argument("--json", type=pathlib.Path, help="keeps every result")
    given = parser.parse_args()
    options = None
    if given.bootstrap is None:
        options = types.SimpleNamespace(dir=pathlib.Path(tempfile.mkdtemp(prefix="uvkafka-bench-")), version=RELEASE, nodes=1,
                                        port=None, secure=False, set=[])
        kafka_cluster.up(options)
        layout = kafka_cluster.Layout(options.dir)
        kafka_cluster.make_topic(layout, TOPIC, 3)
    try:
        results = measure(given, given.bootstrap or layout.bootstrap("PLAINTEXT"))
    finally:
        if options is not None:
            kafka_cluster.down(options)
    if given.json is not None:
        given.json.write_text(json.dumps([[*pair, found] for pair, found in results.items()]))
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
