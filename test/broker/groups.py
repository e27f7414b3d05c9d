#!/usr/bin/env python3
"""A group of our members and of Kafka's own Java client, on real brokers, under kill -9, SIGSTOP, close and restart.

    groups.py [--uvkafka PROGRAM] [VERSION]...

Members (group_member.cpp, GroupMember.java) say what happens to them, and group_check.py judges it: every record is read,
nothing is committed that was not answered, no partition has two owners, and so on. On each broker there are an eager group
(range), a cooperative one with a static member, and from 4.0 on one of KIP-848 and one of both protocols.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import json
import pathlib
import shlex
import signal
import subprocess
import time

import group_check
import kafka_cluster
from harness import expect, expect_equal, eventually, main_on_clusters, run

VERSIONS = ["2.8.2", "4.3.1"]
HERE = pathlib.Path(__file__).resolve().parent
PARTITIONS, RATE = 12, 100  # records a second
JAVA_CLIENT = "4.3.1"
TIMES = "session.timeout.ms=6000 heartbeat.interval.ms=1000"
EAGER = f"""
    0 start a ours commit=each assignor=range {TIMES}
    2 start b java commit=each assignor=range {TIMES}
    5 start c ours commit=batch assignor=range {TIMES}
    9 kill a
    11 start a ours commit=each assignor=range ordering=partition {TIMES}
    19 pause c
    27 resume c
    31 close b
    33 end"""
COOPERATIVE = f"""
    0 start a ours commit=each assignor=cooperative-sticky group.instance.id=A {TIMES}
    2 start b java commit=each assignor=cooperative-sticky {TIMES}
    5 start c ours commit=each assignor=cooperative-sticky ordering=unordered commit.mode=pipelined {TIMES}
    9 kill a
    11 start a ours commit=each assignor=cooperative-sticky group.instance.id=A {TIMES}
    16 pause c
    25 resume c
    29 close c
    31 end"""

CONSUMER_TIMES = ["group.consumer.session.timeout.ms=6000", "group.consumer.min.session.timeout.ms=6000",
                  "group.consumer.heartbeat.interval.ms=1000", "group.consumer.min.heartbeat.interval.ms=1000"]
# KIP-848: the broker assigns, and decides about times.
MODERN = "group.protocol=consumer"
CONSUMER = f"""
    0 start a ours {MODERN} commit=each group.instance.id=A
    2 start b java {MODERN} commit=each
    5 start c ours {MODERN} commit=batch
    9 kill a
    11 start a ours {MODERN} commit=each ordering=partition group.instance.id=A
    19 pause c
    28 resume c
    32 kill b
    34 start b java {MODERN} commit=each
    42 close c
    45 end"""
BOTH = f"""
    0 start a ours commit=each assignor=cooperative-sticky {TIMES}
    3 start b ours {MODERN} commit=each
    5 start c java {MODERN} commit=each
    7 start d java commit=each assignor=cooperative-sticky {TIMES}
    12 kill b
    14 start b ours {MODERN} commit=each ordering=unordered commit.mode=pipelined
    20 pause a
    29 resume a
    33 close d
    36 end"""


class Trial:
    """One group, its topic (both have its name), its members, and what was done to them."""

    def __init__(self, name, cluster, directory):
        self.name, self.cluster, self.directory = name, cluster, directory / name
        self.directory.mkdir()
        self.running, self.count = {}, {}
        self.driver = open(self.directory / "driver.jsonl", "w", buffering=1)  # pylint: disable=consider-using-with

    def say(self, event, **rest):
        self.driver.write(json.dumps({"t": time.time_ns(), "m": "driver", "e": event, **rest}) + "\n")

    def start(self, who, kind, *settings):
        self.count[who] = self.count.get(who, 0) + 1
        called = f"{who}.{self.count[who]}"
        out = open(self.directory / f"{called}.jsonl", "wb")  # pylint: disable=consider-using-with
        errors = open(self.directory / f"{called}.err", "wb")  # pylint: disable=consider-using-with
        self.running[who] = subprocess.Popen(
            [*self.cluster.commands[kind], self.cluster.bootstrap, self.name, self.name, f"name={called}", *settings],
            env=self.cluster.environment, stdin=subprocess.PIPE, stdout=out, stderr=errors)
        self.say("start", who=called)

    def act(self, verb, who):
        process = self.running[who]
        self.say(verb, who=f"{who}.{self.count[who]}")
        if verb == "kill":
            process.kill()
            process.wait()
            self.say("dead", who=f"{who}.{self.count[who]}")
            del self.running[who]
        elif verb == "close":
            process.stdin.close()
        else:
            process.send_signal({"pause": signal.SIGSTOP, "resume": signal.SIGCONT}[verb])

    def play(self, script):
        """Carries the script out while records are written. Returns how many were."""
        writer = subprocess.Popen(
            [self.cluster.program, "produce", "-b", self.cluster.bootstrap, "-t", self.name, "-q",
             "-X", "partitioner=round_robin", "-X", "linger.ms=5"], stdin=subprocess.PIPE, text=True)
        begun, written = time.monotonic(), 0
        for line in script.strip().splitlines():
            at, verb, *words = shlex.split(line)
            while time.monotonic() < begun + float(at):
                due = int((time.monotonic() - begun) * RATE)
                writer.stdin.write("".join(f"{n}\n" for n in range(written, due)))
                writer.stdin.flush()
                written = max(written, due)
                time.sleep(0.02)
            if verb == "start":
                self.start(*words)
            elif verb != "end":
                self.act(verb, *words)
        writer.stdin.close()
        expect_equal(writer.wait(30), 0, "the writer's exit status")
        return written

    def finish(self, written):
        eventually("the group to reach the end of the log", lambda: sum(self.cluster.committed(self.name)) == written, 60)
        self.say("waited")
        for process in self.running.values():
            if not process.stdin.closed:
                process.stdin.close()
        for who, process in self.running.items():
            expect_equal(process.wait(40), 0, f"the exit status of {who}")
            self.say("dead", who=f"{who}.{self.count[who]}")

    def end(self):
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        self.driver.close()

    def judge(self):
        judge = group_check.Judge()
        members = [path for path in self.directory.glob("*.jsonl") if path.name != "driver.jsonl"]
        judge.judge(group_check.read(members), group_check.read([self.directory / "driver.jsonl"]))
        expect(not judge.violations, f"{len(judge.violations)} violations: {judge.violations[:5]}")
        counts = judge.counts
        return f"{counts['records']} records, {counts['redelivered']} twice, {len(judge.rebalances)} rebalances"


class Cluster:
    """Owns how members are started: `commands` by kind, and their environment."""

    def __init__(self, layout, program):
        self.bootstrap, self.program, self.layout = layout.bootstrap("PLAINTEXT"), program, layout
        libs = kafka_cluster.jars(JAVA_CLIENT)
        self.commands = {"ours": [program.parents[1] / "test/broker/group_member"],
                         "java": ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libs}/*",
                                  HERE / "GroupMember.java"]}
        self.environment = None  # this process's own

    def committed(self, group):
        rows = run([self.program, "offsets", "-b", self.bootstrap, "-g", group, "-t", group]).split("\n")
        return [int(row.split()[2]) for row in rows if row and row.split()[2] != "-"]


def drive(checks, layout, directory, program):
    cluster = Cluster(layout, program)

    def trial(name, script):
        kafka_cluster.make_topic(layout, name, PARTITIONS, 1)
        one = Trial(name, cluster, directory)
        try:
            written = one.play(script)
            one.finish(written)
            return one.judge()
        finally:
            one.end()

    # Two at a time: a trial mostly waits for its script.
    checks.run_together([("eager, Java and ours", trial, "eager", EAGER),
                         ("cooperative, Java and ours, one static", trial, "cooperative", COOPERATIVE)])
    if kafka_cluster.version_tuple(layout.state["version"]) >= (4, 0):
        checks.run_together([("KIP-848, Java and ours, one static", trial, "consumer", CONSUMER),
                             ("both protocols in one group, Java and ours", trial, "both", BOTH)])


if __name__ == "__main__":
    main_on_clusters("groups", __doc__, VERSIONS, drive, settings=["group.initial.rebalance.delay.ms=0", *CONSUMER_TIMES])
