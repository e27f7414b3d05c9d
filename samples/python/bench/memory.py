#!/usr/bin/env python3
"""10,000,000 messages through the package: what is resident at the end against what was after the first million.

    memory.py BOOTSTRAP TOPIC [--count 10000000] [--work send|lists|each|batches]

Without --work: lists, then each and batches of what lists has sent. A work's memory is measured after a forced
collection. At most 10 % and 8 MiB more than after the first tenth: exit status 0, else 1. With 10,000,000 it takes some
minutes, and the topic 1.5 GB.
"""
import argparse
import asyncio
import gc
import pathlib
import re
import subprocess
import sys

import uvkafka

VALUE = b"x" * 100
LIST = 1000
OPTIONS = {"ordering": "unordered", "commit.mode": "pipelined", "auto.offset.reset": "earliest"}
FACTOR, MORE_KB = 1.10, 8 * 1024


def resident_kb():
    gc.collect()
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/self/status").read_text()).group(1))


class Gauge:
    """Owns the two measurements of a work."""

    def __init__(self, count):
        self._first, self._count, self._early = count // 10, count, None

    def passed(self, number):
        """True at the end."""
        if self._early is None and number >= self._first:
            self._early = resident_kb()
        return number >= self._count

    def end(self, work):
        late, limit = resident_kb(), int(self._early * FACTOR) + MORE_KB
        print(f"{work}: {self._early} KiB after {self._first}, {late} KiB after {self._count}; at most {limit}", flush=True)
        return late <= limit


async def send(session, topic, gauge):
    producer = session.producer({"acks": "1", "linger.ms": 5})
    sent = 0
    while not gauge.passed(sent):
        await asyncio.gather(*[producer.send(topic, VALUE, b"key", [("a", b"b")]) for _ in range(LIST)])
        sent += LIST


async def lists(session, topic, gauge):
    producer = session.producer({"acks": "1", "linger.ms": 5})
    told = 0

    def on_reports(reports):
        nonlocal told
        told += len(reports) - reports.failed

    producer.on_reports(on_reports)
    handle, sent = producer.topic(topic), 0
    while not gauge.passed(sent):
        taken = handle.send_many([VALUE] * LIST, sent + 1)
        sent += taken
        await (producer.drained() if taken < LIST else asyncio.sleep(0))
    await producer.flush()
    if told != sent:
        sys.exit(f"FAIL {told} of {sent} records were delivered")


async def each(session, topic, gauge):
    seen = 0
    commit = None
    async for envelope in session.consumer("memory-each", [topic], options=OPTIONS):
        assert len(envelope.value) == len(VALUE) and envelope.key in (None, b"key")
        commit = envelope.commit()
        seen += 1
        if gauge.passed(seen):
            break
    await commit


async def batches(session, topic, gauge):
    seen = 0
    async for batch in session.consumer("memory-batches", [topic], options=OPTIONS).batches(LIST):
        assert len(batch.values[0]) == len(VALUE) and batch.offsets[0] >= 0
        batch.commit()
        seen += len(batch)
        if gauge.passed(seen):
            break


WORKS = {"send": send, "lists": lists, "each": each, "batches": batches}


async def run(given):
    gauge = Gauge(given.count)
    async with uvkafka.Session({"bootstrap.servers": given.bootstrap}) as session:
        await WORKS[given.work](session, given.topic, gauge)
        return gauge.end(given.work)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--work", choices=WORKS)
    given = parser.parse_args()
    if given.work is not None:
        sys.exit(0 if asyncio.run(run(given)) else 1)
    # Each in a process of its own, so that none stands on the memory of another.
    status = [subprocess.run([sys.executable, __file__, given.bootstrap, given.topic, "--count", str(given.count),
                              "--work", work]).returncode for work in ("lists", "each", "batches")]
    sys.exit(max(status))


if __name__ == "__main__":
    main()
