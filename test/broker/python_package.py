#!/usr/bin/env python3
"""Drives the package for Python against a real broker: a person runs it.

    python_package.py [--uvkafka PROGRAM] [--extension FILE] [VERSION]...

Records of the package are read by kcat, those of kcat by the package, with keys and headers; offsets that it commits are
those that Kafka's tools show; a member of it shares a group with a member of kcat's librdkafka; a broker that is killed
and started again is a delay. The package is put together from the tree and the extension of a build.
One line per check. Exit status: 0 if all hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import asyncio
import contextlib
import importlib
import pathlib
import subprocess
import sys
import tempfile
import types

import kafka_cluster
from harness import (CheckFailed, expect, expect_equal, on_clusters, run, scratch, skip, skip_unless_kafka, versions_parser)

VERSIONS = ["2.8.2", "4.3.1"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES = 5000
LIMIT = 120  # seconds of one check
PARTITIONS = 3


def newest_extension():
    found = sorted(ROOT.glob("build*/samples/_native*.so"), key=lambda path: path.stat().st_mtime)
    if not found:
        skip("no build has the extension for Python")
    return found[-1]


def put_together(extension, path):
    """The package `uvkafka` in `path`."""
    folder = pathlib.Path(path) / "uvkafka"
    folder.mkdir(parents=True)
    for file in [*(ROOT / "samples/python/uvkafka").iterdir(), extension]:
        if file.is_file():
            (folder / file.name).symlink_to(file.resolve())


@contextlib.contextmanager
def package(extension):
    """The package in a scratch folder, on the path of this interpreter."""
    with tempfile.TemporaryDirectory(prefix="uvkafka-python-") as name:
        put_together(extension, name)
        sys.path.insert(0, name)
        yield importlib.import_module("uvkafka")


class Package:
    """The package on one cluster."""

    def __init__(self, uvkafka, layout, options):
        self.uvkafka, self.layout, self.options = uvkafka, layout, options
        self.bootstrap = layout.bootstrap("PLAINTEXT")

    def topic(self, name):
        kafka_cluster.make_topic(self.layout, name, PARTITIONS)
        return name

    def on_a_session(self, work):
        async def all_of_it():
            async with self.uvkafka.Session({"bootstrap.servers": self.bootstrap}) as session:
                return await work(session)
        try:
            return asyncio.run(asyncio.wait_for(all_of_it(), LIMIT))
        except (self.uvkafka.KafkaError, asyncio.TimeoutError) as error:
            raise CheckFailed(repr(error)) from error

    def read_by_kcat(self):
        topic = self.topic("by-us")

        async def produce(session):
            producer = session.producer({"compression.type": "lz4", "linger.ms": 5})
            await asyncio.gather(*[producer.send(topic, f"value {k}", f"key {k % 97}", {"number": str(k)})
                                   for k in range(LINES)])
        self.on_a_session(produce)
        said = run(["kcat", "-b", self.bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k|%h|%s\n"])
        wanted = sorted(f"key {k % 97}|number={k}|value {k}" for k in range(LINES))
        expect_equal(sorted(said.splitlines()), wanted, "what kcat reads")

    def read_by_us(self):
        topic = self.topic("by-kcat")
        lines = [f"key {k % 97}|value {k}" for k in range(LINES)]
        run(["kcat", "-b", self.bootstrap, "-P", "-t", topic, "-K", "|", "-z", "snappy"], "".join(f"{line}\n" for line in lines))

        async def consume(session):
            seen = []
            options = {"auto.offset.reset": "earliest", "ordering": "unordered"}
            consumer = session.consumer("readers", [topic], options=options)
            async for batch in consumer.batches():
                seen += [f"{key.decode()}|{value.decode()}" for key, value in zip(batch.keys, batch.values)]
                commit = batch.commit()
                if len(seen) >= LINES:
                    break
            await commit
            return seen
        expect_equal(sorted(self.on_a_session(consume)), sorted(lines), "what the package reads")
        stored = kafka_cluster.group_offsets(self.layout, "readers", topic)
        expect_equal(sum(stored.values()), LINES, "the offsets that Kafka's tools show")

    def one_group(self):
        topic = self.topic("shared")

        async def share(session):
            member = session.member("mixed", [topic], {"auto.offset.reset": "earliest"})
            owned = set()
            member.on_assigned(lambda places: owned.update(place.partition for place in places))
            member.on_revoked(lambda places: owned.difference_update(place.partition for place in places))
            task = asyncio.ensure_future(member.messages().__anext__())
            while len(owned) < PARTITIONS:
                await asyncio.sleep(0.05)
            other = await asyncio.create_subprocess_exec(
                "kcat", "-b", self.bootstrap, "-q", "-G", "mixed", topic, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while len(owned) == PARTITIONS or not owned:
                await asyncio.sleep(0.05)
            other.terminate()
            await other.wait()
            while len(owned) < PARTITIONS:
                await asyncio.sleep(0.05)
            await member.close()
            await asyncio.gather(task, return_exceptions=True)
        self.on_a_session(share)

    def kill_and_restart(self):
        topic = self.topic("restarts")

        async def work(session):
            producer = session.producer({"linger.ms": 1})
            before = await producer.send(topic, b"before", partition=0)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, self.node, "kill")
            waiting = [producer.send(topic, str(k), partition=0) for k in range(100)]
            await asyncio.sleep(1)
            expect(not any(each.done() for each in waiting), "a record has an outcome while the broker is dead")
            await loop.run_in_executor(None, self.node, "start")
            offsets = [each.offset for each in await asyncio.gather(*waiting)]
            expect_equal(offsets, list(range(before.offset + 1, before.offset + 101)), "offsets")
        self.on_a_session(work)

    def node(self, action):
        kafka_cluster.node(types.SimpleNamespace(dir=self.options.dir, id=1, action=action))


def main():
    parser = versions_parser(__doc__, VERSIONS)
    parser.add_argument("--extension", type=pathlib.Path, help="default: that of the newest build")
    given = parser.parse_args()
    skip_unless_kafka(given.versions)

    def drive(checks, layout, options):
        driven = Package(uvkafka, layout, options)
        checks.run("records are read by kcat", driven.read_by_kcat)
        checks.run("records of kcat, and what was committed of them", driven.read_by_us)
        checks.run("one group with a member of librdkafka", driven.one_group)
        checks.run("a broker is killed and comes back", driven.kill_and_restart)
    with package(given.extension or newest_extension()) as uvkafka:
        sys.exit(on_clusters("Python package, Kafka", "python", given.versions, drive))


if __name__ == "__main__":
    main()
