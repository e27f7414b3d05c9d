#!/usr/bin/env python3
"""D11 on real brokers: an unclean election takes away what was read and committed already (KIP-320).

    truncation.py [--uvkafka PROGRAM] [VERSION]...

A topic has two replicas. The follower is killed, more is written and read, the leader is killed, and the follower comes
back: it leads with the shorter log, and gets lines of its own until that is longer than the old one. One reader runs all the
time. Another one was away, and begins at the offset that its group has committed. 2.4 has to be asked for the end of an
epoch (OffsetForLeaderEpoch), 4.3 tells it with Fetch. kcat then reads the log for comparison.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import json
import subprocess
import types

import kafka_cluster
from harness import expect_equal, main_on_clusters, run

VERSIONS = ["2.4.1", "4.3.1"]
NODES = 3  # two for the topic; with the third there is a quorum while one of them is dead
SETTINGS = ["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500", "replica.lag.time.max.ms=3000",
            "controller.quorum.election.timeout.ms=500", "controller.quorum.fetch.timeout.ms=1500",
            "zookeeper.session.timeout.ms=3000"]
TOPIC = "cut"
BOTH, LOST, NEW = 10, 10, 25  # lines that both replicas have, that only the dead one has, that only the new leader has


class Cluster:
    def __init__(self, layout, program):
        self.layout = layout
        self.bootstrap = self.layout.bootstrap("PLAINTEXT")
        self.program = program

    def create(self):
        new_tool = kafka_cluster.version_tuple(self.layout.state["version"]) >= (3, 7)
        kafka_cluster.run_tool(
            self.layout, "org.apache.kafka.tools.TopicCommand" if new_tool else "kafka.admin.TopicCommand",
            "--bootstrap-server", self.bootstrap, "--create", "--topic", TOPIC, "--replica-assignment", "1:2",
            "--config", "unclean.leader.election.enable=true", "--config", "min.insync.replicas=1")

    def node(self, number, action):
        print(f"     {action} node {number}", flush=True)
        kafka_cluster.node(types.SimpleNamespace(dir=self.layout.dir, id=number, action=action))

    def wait_for(self, leader, in_sync):
        def holds():
            try:
                text = run(["kcat", "-b", self.bootstrap, "-L", "-J", "-t", TOPIC, "-m", "10"], timeout=30)
                partition = json.loads(text)["topics"][0]["partitions"][0]
                return partition["leader"] == leader and {each["id"] for each in partition["isrs"]} == in_sync
            except Exception:  # pylint: disable=broad-except # kcat while the cluster elects: ask again
                return False
        kafka_cluster.wait_for(f"node {leader} leading, in sync {in_sync}", holds, 90)

    def produce(self, word, count):
        run([self.program, "produce", "-b", self.bootstrap, "-t", TOPIC],
            text_in="".join(f"{word} {n}\n" for n in range(count)))

    def command(self, group):
        return [self.program, "consume", "-b", self.bootstrap, "-t", TOPIC, "-g", group, "-f", r"%o %s\n"]

    def committed(self, group):
        return run([self.program, "offsets", "-b", self.bootstrap, "-g", group, "-t", TOPIC]).split()[2]


def lines(word, count, first):
    return [f"{first + n} {word} {n}" for n in range(count)]


def drive(cluster, checks, file):
    cluster.create()
    cluster.wait_for(1, {1, 2})
    cluster.produce("both", BOTH)
    run([*cluster.command("first"), "-c", "1"])  # the topic of the groups' offsets is created while all brokers are up
    cluster.node(2, "kill")
    cluster.wait_for(1, {1})
    cluster.produce("lost", LOST)
    before = lines("both", BOTH, 0) + lines("lost", LOST, BOTH)
    with open(file, "wb") as out:
        stays = subprocess.Popen(cluster.command("stays"), stdout=out, stderr=subprocess.PIPE, text=True)
        try:
            kafka_cluster.wait_for("all read", lambda: len(file.read_text().splitlines()) == len(before), 30)
            expect_equal(run([*cluster.command("away"), "-e"]).splitlines(), before, "read before")
            expect_equal(cluster.committed("away"), str(BOTH + LOST), "committed before")
            cluster.node(1, "kill")
            cluster.node(2, "start")
            cluster.wait_for(2, {2})
            cluster.produce("new", NEW)
            after = lines("new", NEW, BOTH)

            def goes_on():
                kafka_cluster.wait_for("the new lines", lambda: f" new {NEW - 1}\n" in file.read_text(), 60)
                expect_equal(file.read_text().splitlines(), before + after, "read in all")
            checks.run("a reader goes back to where the logs part", goes_on)
            stays.terminate()
            stays.communicate(timeout=20)
        finally:
            stays.kill()
    checks.run("so does one that was away", lambda: expect_equal(
        run([*cluster.command("away"), "-e"]).splitlines(), after, "read after it"))
    checks.run("both have committed the new end", lambda: expect_equal(
        [cluster.committed("stays"), cluster.committed("away")], [str(BOTH + NEW)] * 2, "committed"))
    log = run(["kcat", "-b", cluster.bootstrap, "-C", "-q", "-t", TOPIC, "-o", "beginning", "-e", "-f", "%o %s\n"])
    checks.run("kcat finds that log", lambda: expect_equal(log.splitlines(), lines("both", BOTH, 0) + after, "the log"))


def judge(checks, layout, directory, program):
    checks.run("an unclean election", drive, Cluster(layout, program), checks, directory / "read")


if __name__ == "__main__":
    main_on_clusters("truncation", __doc__, VERSIONS, judge, NODES, SETTINGS)
