#!/usr/bin/env python3
"""A producer and a consumer whose logins run out every few seconds, on three real nodes that are killed in turn: for a person, not
for CI.

    logins_long.py [--uvkafka PROGRAM] [--minutes 30] [--lifetime MS] [--mechanism NAME] [--version 4.3.1]

Lines go to the listener REAUTH (SASL_SSL, KIP-368), acknowledged by all replicas and without duplicates, and come back from it by
another program. One node after the other is killed (kill -9) and started again. At the end each line must have come once. What the
two programs say is allowed while a node is away, and never about logins.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import types

import kafka_cluster
from client_matrix import Matrix, settings
from groups_long import Killing
from harness import Checks, default_program, eventually, expect, expect_equal, scratch, skip_unless, skip_unless_kafka

TOPIC, PARTITIONS, NODES = "renewed", 6, 3
PAUSE = 0.02  # s between two lines
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI")
DISTURBED = 60  # s behind a kill in which programs may say that something is wrong
CATCHING_UP = 120  # s
NOTICE = "end of the partition"  # the consumer may say it at any time
ABOUT_LOGINS = ("authenticat", "SASL", "login", "token")


class Watched(Killing):
    """Knows when nodes were killed."""

    def __init__(self, layout, seed):
        super().__init__(layout, seed)
        self.killed = []

    def bring_back(self, node):
        self.killed.append(time.monotonic())
        super().bring_back(node)


class Program:
    """One command, with the time of each line that it says."""

    def __init__(self, command, environment, **pipes):
        self.process = subprocess.Popen([str(word) for word in command], env=environment, stderr=subprocess.PIPE, text=True,
                                        **pipes)
        self.said, self.got = [], []
        self.threads = [threading.Thread(target=self.listen, daemon=True)]
        if self.process.stdout:
            self.threads.append(threading.Thread(target=lambda: self.got.extend(self.process.stdout), daemon=True))
        for thread in self.threads:
            thread.start()

    def listen(self):
        for line in self.process.stderr:
            self.said.append((time.monotonic(), line.rstrip()))


class LongTrial:
    def __init__(self, matrix, mechanism):
        common = ["-b", matrix.layout.bootstrap("REAUTH"), "-t", TOPIC, "-m", "60", *settings(matrix.options("REAUTH", mechanism))]
        environment = matrix.environment()  # Kerberos needs it
        self.consumer = Program([matrix.program, "consume", *common, "-o", "earliest"], environment, stdout=subprocess.PIPE)
        self.producer = Program([matrix.program, "produce", *common, "-X", "acks=all", "-X", "delivery.timeout.ms=300000"],
                                environment, stdin=subprocess.PIPE)
        self.sent = 0

    def write(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.producer.process.stdin.write(f"{self.sent}\n")
            self.producer.process.stdin.flush()
            self.sent += 1
            time.sleep(PAUSE)

    def ends(self):
        self.producer.process.stdin.close()
        expect_equal(self.producer.process.wait(300), 0, f"the producer's status; it said {self.producer.said[-5:]}")
        eventually("the last lines", lambda: len(self.consumer.got) >= self.sent, CATCHING_UP)
        time.sleep(2)  # for what would come twice
        self.consumer.process.terminate()
        self.consumer.process.wait(60)
        for thread in self.consumer.threads:
            thread.join()
        return f"{self.sent} lines"

    def each_once(self):
        numbers = sorted(int(line) for line in self.consumer.got)
        missing = set(range(self.sent)) - set(numbers)
        expect(not missing, f"{len(missing)} lines were lost, the first is {min(missing, default=0)}")
        expect_equal(len(numbers), self.sent, "lines, so some came twice")

    def in_peace(self, killed):
        """Nothing but the kills was noticed."""
        for name, program in (("producer", self.producer), ("consumer", self.consumer)):
            for when, line in program.said:
                if NOTICE in line:
                    continue
                disturbed = any(kill <= when + 10 and when < kill + DISTURBED for kill in killed)
                about_logins = any(word in line for word in ABOUT_LOGINS)
                expect(disturbed and not about_logins, f"the {name} said: {line}")
        return "all that the two programs said was said behind kills"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program(), help="the program to drive")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--lifetime", type=int, default=10000, metavar="MS", help="of a login")
    parser.add_argument("--mechanism", choices=MECHANISMS, default="SCRAM-SHA-512")
    parser.add_argument("--version", default="4.3.1")
    given = parser.parse_args()
    skip_unless(["openssl", "keytool"])
    skip_unless_kafka([given.version])
    directory = scratch("logins-long")
    options = types.SimpleNamespace(dir=directory, version=given.version, nodes=NODES, port=None, secure=True,
                                    set=[f"offsets.topic.replication.factor={NODES}", "min.insync.replicas=2"],
                                    reauth=given.lifetime)
    checks = Checks(f"Kafka {given.version}, {given.mechanism}, {given.minutes:g} minutes")
    try:
        kafka_cluster.up(options)
        layout = kafka_cluster.Layout(directory)
        kafka_cluster.make_topic(layout, TOPIC, PARTITIONS, NODES)
        trial, killing = LongTrial(Matrix(layout, given.uvkafka), given.mechanism), Watched(layout, 1)
        killing.start()
        trial.write(given.minutes * 60)
        killing.end()
        checks.run("the programs end", trial.ends)
        checks.run("each line comes once", trial.each_once)
        checks.run("nothing but the kills is noticed", trial.in_peace, killing.killed)
        print(f"{killing.kills} kills, logins of {given.lifetime} ms", flush=True)
    finally:
        kafka_cluster.down(options)
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
