#!/usr/bin/env python3
"""Groups of our members, Java's and librdkafka's on three real nodes, for as long as you like: for a person, not for CI.

    groups_long.py [--uvkafka PROGRAM] [--minutes 20] [--seed 1] [--python PYTHON] [--keep DIR] VERSION

The groups that the release can have run side by side: an eager one, a cooperative one, one of KIP-848, and one of both
protocols. In each of them members are killed (kill -9), stopped (SIGSTOP), closed and started again, drawn from the seed.
Meanwhile one node after the other is killed and started again, so that coordinators and leaders move.
group_check.py judges what the members said. `--python`: a Python that has the wheel confluent-kafka; without one there are
no members of librdkafka, and the output says so. `--keep`: what the members said stays in DIR.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time
import types

import group_check
import kafka_cluster
from groups import CONSUMER_TIMES, MODERN, PARTITIONS, TIMES, Trial
from harness import Checks, default_program, eventually, expect, run, scratch, skip_unless_kafka

HERE = pathlib.Path(__file__).resolve().parent
RATE = 60  # records a second, of each group
NODES = 3
STAYS = 15  # s after which a node that was started has found its place
CATCHING_UP = 300  # s for what was written while the group shared out, with a commit for each record
REST = 45  # s between the kills of two nodes: replicas catch up meanwhile
COOPERATIVE = "assignor=cooperative-sticky"


def members(mode, version, has_rdkafka):
    """The members of a group: their kind and their settings."""
    java = "java" if version >= (0, 10) else "ours"  # Java's clients of our time do not speak to 0.9
    rdkafka = "rdkafka" if has_rdkafka else "ours"
    static = "group.instance.id=A" if version >= (2, 4) else ""
    if mode == "eager":
        common = f"assignor=range {TIMES}"
        return [("ours", f"commit=each {common}"), (java, f"commit=each {common}"),
                ("ours", f"commit=batch ordering=partition {common}"), (rdkafka, f"commit=each {common}")]
    if mode == "cooperative":
        common = f"{COOPERATIVE} {TIMES}"
        return [("ours", f"commit=each {static} {common}"), (java, f"commit=each {common}"),
                ("ours", f"commit=each ordering=unordered commit.mode=pipelined {common}"),
                (rdkafka, f"commit=each {common}")]
    if mode == "consumer":
        return [("ours", f"{MODERN} commit=each {static}"), (java, f"{MODERN} commit=each"),
                ("ours", f"{MODERN} commit=batch ordering=partition"), (rdkafka, f"{MODERN} commit=each")]
    return [("ours", f"commit=each {COOPERATIVE} {TIMES}"), ("ours", f"{MODERN} commit=each"),
            (java, f"{MODERN} commit=each"), (java, f"commit=each {COOPERATIVE} {TIMES}")]


class Cluster:
    """What a Trial needs of the cluster, and how members of each kind are started."""

    def __init__(self, layout, program, python, directory):
        self.layout, self.program, self.bootstrap = layout, program, layout.bootstrap("PLAINTEXT")
        self.version = kafka_cluster.version_tuple(layout.state["version"])
        java_client = "4.3.1" if self.version >= (2, 1) else "3.9.1"
        jars = f"{kafka_cluster.jars(java_client)}/*"
        # Compiled once: members of Java start all the time.
        subprocess.run(["javac", "-cp", jars, "-d", directory / "classes", HERE / "GroupMember.java"], check=True)
        self.kinds = {
            "ours": [program.parents[1] / "test/broker/group_member"],
            "java": ["java", "-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                     f"{directory / 'classes'}:{jars}", "GroupMember"],
            "rdkafka": [python, HERE / "group_member_rdkafka.py"]}
        self.member, self.java = self.kinds["ours"], self.kinds["java"]

    def ends(self, topic):
        rows = run([self.program, "query", "-b", self.bootstrap, "-t", f"{topic}:latest"]).splitlines()
        return {int(row.split()[1].strip("[]")): int(row.split()[-1]) for row in rows}

    def committed(self, group):
        rows = run([self.program, "offsets", "-b", self.bootstrap, "-g", group, "-t", group]).splitlines()
        return {int(row.split()[1]): row.split()[2] for row in rows}


class Killing(threading.Thread):
    """Kills one node after the other and starts it again."""

    def __init__(self, layout, seed):
        super().__init__(daemon=True)
        self.layout, self.random, self.stopping, self.kills = layout, random.Random(f"nodes {seed}"), threading.Event(), 0

    def run(self):
        while not self.stopping.wait(REST + self.random.uniform(0, 20)):
            node = self.random.choice(list(self.layout.nodes()))
            kafka_cluster.end(self.layout.state["pids"][str(node)], sig=9)
            self.kills += 1
            time.sleep(self.random.uniform(3, 8))
            self.bring_back(node)

    def bring_back(self, node):
        """Starts the node. ZooKeeper knows the killed one until its session ends. A node that comes back before that listens
        for a moment, is turned away, and ends; so it is started again."""
        while not self.stopping.is_set():
            try:
                kafka_cluster.start_node(self.layout, node)
            except SystemExit as ended:
                print(ended, flush=True)
                time.sleep(2)
                continue
            deadline = time.monotonic() + STAYS
            while kafka_cluster.alive(self.layout.state["pids"][str(node)]):
                if time.monotonic() > deadline:
                    return
                time.sleep(1)

    def end(self):
        self.stopping.set()
        self.join()


class LongTrial(Trial):
    def __init__(self, mode, cluster, directory, seed):
        super().__init__(mode, cluster, directory)
        self.random = random.Random(f"{mode} {seed}")
        self.members = members(mode, cluster.version, cluster.kinds["rdkafka"][0] is not None)
        self.done = 0

    def start(self, who, kind, *settings):
        self.count[who] = self.count.get(who, 0) + 1
        called = f"{who}.{self.count[who]}"
        old = ["api.version.request=false", "broker.version.fallback=0.9.0.1"] \
            if kind == "rdkafka" and self.cluster.version < (0, 10) else []
        with open(self.directory / f"{called}.jsonl", "wb") as out, open(self.directory / f"{called}.err", "wb") as errors:
            self.running[who] = subprocess.Popen(
                [*self.cluster.kinds[kind], self.cluster.bootstrap, self.name, self.name, f"name={called}", *settings, *old],
                stdin=subprocess.PIPE, stdout=out, stderr=errors)
        self.say("start", who=called)

    def start_slot(self, slot):
        kind, settings = self.members[slot]
        self.start(f"m{slot}", kind, *settings.split())

    def disturb(self, over):
        """One thing happens to one member."""
        slot = self.random.randrange(len(self.members))
        who, what = f"m{slot}", self.random.choice(["kill", "pause", "close"])
        self.act(what, who)
        if what == "pause":
            over.wait(self.random.uniform(2, 12))
            return self.act("resume", who)
        if what == "close":
            self.running[who].wait(60)
            self.say("dead", who=f"{who}.{self.count[who]}")
        over.wait(self.random.uniform(0.5, 6))
        return self.start_slot(slot)

    def play_for(self, seconds):
        """Disturbs the members while records are written."""
        for slot in range(len(self.members)):
            self.start_slot(slot)
        over = threading.Event()
        writing = threading.Thread(target=self.write, args=(over,))
        writing.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            over.wait(self.random.uniform(3, 10))
            self.disturb(over)
            self.done += 1
        over.set()
        writing.join()

    def write(self, over):
        with open(self.directory / "writer.err", "wb") as errors:
            writer = subprocess.Popen(
                [self.cluster.program, "produce", "-b", self.cluster.bootstrap, "-t", self.name, "-q", "-X",
                 "partitioner=round_robin", "-X", "linger.ms=5"], stdin=subprocess.PIPE, stderr=errors, text=True)
        begun, written = time.monotonic(), 0
        while not over.wait(0.05):
            due = int((time.monotonic() - begun) * RATE)
            writer.stdin.write("".join(f"{n}\n" for n in range(written, due)))
            writer.stdin.flush()
            written = max(written, due)
        writer.stdin.close()
        expect(writer.wait(60) == 0, "the writer's exit status")

    def finish_long(self):
        ends = self.cluster.ends(self.name)
        self.say("produced", c=[[self.name, partition, end] for partition, end in ends.items()])

        def read_all():
            committed = self.cluster.committed(self.name)
            return all(committed.get(partition, "-") == str(end) or end == 0 for partition, end in ends.items())
        eventually("the group to reach the end of the log", read_all, CATCHING_UP)
        self.say("waited")
        for process in self.running.values():
            process.stdin.close()
        for who, process in self.running.items():
            process.wait(60)
            self.say("dead", who=f"{who}.{self.count[who]}")

    def verdict(self):
        """What members of other clients say that cannot be is theirs; whatever it does to the group counts."""
        judge = group_check.Judge()
        members = [path for path in self.directory.glob("*.jsonl") if path.name != "driver.jsonl"]
        judge.judge(group_check.read(members), group_check.read([self.directory / "driver.jsonl"]))
        foreign = tuple(f"m{slot}." for slot, (kind, _) in enumerate(self.members) if kind != "ours")
        theirs = [text for rule, text in judge.violations if rule == "protocol" and text.startswith(foreign)]
        ours = [found for found in judge.violations if found[1] not in theirs]
        expect(not ours, f"{len(ours)} violations: {ours[:5]}")
        counts = judge.counts
        return (f"{counts['records']} records, {counts['redelivered']} twice, {len(judge.rebalances)} rebalances, "
                f"{self.done} disturbances" + (f"; of other clients: {theirs[:3]}" if theirs else ""))


def trial(mode, cluster, directory, given):
    kafka_cluster.make_topic(cluster.layout, mode, PARTITIONS, NODES)
    one = LongTrial(mode, cluster, directory, given.seed)
    try:
        one.play_for(given.minutes * 60)
        one.finish_long()
        return one.verdict()
    finally:
        one.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", metavar="VERSION")
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program(), help="the program to drive")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", help="a Python with confluent-kafka")
    parser.add_argument("--keep", type=pathlib.Path, help="a directory for what the members said")
    given = parser.parse_args()
    skip_unless_kafka([given.version])
    directory = given.keep or scratch("groups-long")
    directory.mkdir(parents=True, exist_ok=True)
    # Old releases elect a replica that lags if no other is there, and lose offsets of groups with that.
    settings = ["group.initial.rebalance.delay.ms=0", "unclean.leader.election.enable=false", *CONSUMER_TIMES]
    if kafka_cluster.needs_zookeeper(given.version):
        settings.append("zookeeper.session.timeout.ms=6000")
    if kafka_cluster.version_tuple(given.version) >= (3, 9):
        settings.append("group.coordinator.rebalance.protocols=classic,consumer")
    options = types.SimpleNamespace(dir=directory / "cluster", version=given.version, nodes=NODES, port=None, secure=False,
                                    set=settings)
    checks = Checks(f"Kafka {given.version}")
    try:
        kafka_cluster.up(options)
        layout = kafka_cluster.Layout(options.dir)
        cluster = Cluster(layout, given.uvkafka, given.python, directory)
        if not given.python:
            print("NO MEMBERS OF LIBRDKAFKA: --python is missing", flush=True)
        modes = ["eager", "cooperative", *(["consumer"] if cluster.version >= (3, 9) else []),
                 *(["both"] if cluster.version >= (4, 0) else [])]
        killing = Killing(layout, given.seed)
        killing.start()
        stopped = threading.Timer(given.minutes * 60, killing.stopping.set)
        stopped.start()
        checks.run_together([(mode, trial, mode, cluster, directory, given) for mode in modes])
        killing.end()
        print(f"{killing.kills} kills of nodes", flush=True)
    finally:
        kafka_cluster.down(options)
        if not given.keep:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
