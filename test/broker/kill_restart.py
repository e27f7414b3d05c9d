#!/usr/bin/env python3
"""Takes the leaders of three real nodes away while `uvkafka produce -X acks=all --report` runs at full speed.

    kill_restart.py [--uvkafka PROGRAM] [--version 4.3.1] [--rounds 1] [--lines 2000000]

One round: the leader of partition 0 is killed with -9 and started again, another leader is paused and resumed, a third
stopped in order and started. Then stdin ends, and the program has to end by itself. Checked with kcat: each
`ok PARTITION OFFSET VALUE` is in the topic at that offset, no line reported as `no` is, every line has exactly one outcome, and
the first copies of a partition's lines are in the order in which they were sent.
Then `uvkafka consume -g` reads on while the coordinator of its group is killed and started again.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import argparse
import array
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import types

import kafka_cluster
from harness import Checks, default_program, expect, run, scratch, skip_unless_kafka

PARTITIONS = 6
PADDING = "." * 60
ABSENT = -1
SETTINGS = ["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500", "replica.lag.time.max.ms=3000",
            "controller.quorum.election.timeout.ms=500", "controller.quorum.fetch.timeout.ms=1500"]
END_BY_ITSELF = 150  # delivery.timeout.ms (120 s) and a margin: no line may be without an outcome for longer


class Feeder(threading.Thread):
    """Writes lines as fast as the program takes them; once the budget of lines is used, a trickle keeps it busy."""

    def __init__(self, pipe, budget):
        super().__init__(daemon=True)
        self.pipe, self.budget, self.sent, self.stopping, self.broken = pipe, budget, 0, False, None

    def run(self):
        try:
            while not self.stopping:
                count = 1000 if self.sent < self.budget else 50
                self.pipe.write("".join(f"{n} {PADDING}\n" for n in range(self.sent, self.sent + count)).encode())
                self.pipe.flush()
                self.sent += count
                if self.sent >= self.budget:
                    time.sleep(0.05)
            self.pipe.close()
        except OSError as error:
            self.broken = error


class Cluster:
    def __init__(self, directory):
        self.layout = kafka_cluster.Layout(directory)
        self.bootstrap = self.layout.bootstrap("PLAINTEXT")

    def describe(self, topic="load"):
        text = run(["kcat", "-b", self.bootstrap, "-L", "-J", "-t", topic, "-m", "10"], timeout=30)
        return json.loads(text)["topics"][0]["partitions"]

    def leader(self, partition):
        return next(p["leader"] for p in self.describe() if p["partition"] == partition)

    def coordinator(self, group):
        """The leader of the group's partition of __consumer_offsets."""
        number = 0
        for c in group:
            number = (number * 31 + ord(c)) & 0xffffffff
        offsets = self.describe("__consumer_offsets")
        return next(p["leader"] for p in offsets if p["partition"] == (number & 0x7fffffff) % len(offsets))

    def node(self, number, action):
        print(f"     {action} node {number}", flush=True)
        kafka_cluster.node(types.SimpleNamespace(dir=self.layout.dir, id=number, action=action))

    def wait_in_sync(self, copies, seconds=60):
        def in_sync():
            try:
                return all(len(p["isrs"]) >= copies and p["leader"] > 0 for p in self.describe())
            except Exception:  # pylint: disable=broad-except # kcat while the cluster elects: ask again
                return False
        kafka_cluster.wait_for(f"{copies} replicas in sync", in_sync, seconds)


def one_round(cluster, number):
    victim = cluster.leader(number % PARTITIONS)
    cluster.node(victim, "kill")
    time.sleep(6)
    cluster.node(victim, "start")
    cluster.wait_in_sync(3)
    paused = next(p["leader"] for p in cluster.describe() if p["leader"] != victim)
    cluster.node(paused, "pause")
    time.sleep(6)
    cluster.node(paused, "resume")
    cluster.wait_in_sync(3)
    stopped = cluster.leader((number + 1) % PARTITIONS)
    cluster.node(stopped, "stop")
    time.sleep(2)
    cluster.node(stopped, "start")
    cluster.wait_in_sync(3)


def read_topic(cluster, file):
    """The topic as kcat sees it: {partition: array of line numbers}, index = offset, ABSENT where nothing is."""
    with open(file, "wb") as out:
        subprocess.run(["kcat", "-b", cluster.bootstrap, "-C", "-q", "-t", "load", "-o", "beginning", "-e",
                        "-f", "%p %o %s\n"], stdout=out, check=True, timeout=300)
    log = {p: array.array("q") for p in range(PARTITIONS)}
    with open(file, encoding="ascii") as lines:
        for line in lines:
            partition, offset, value, _ = line.split(" ", 3)
            rows, offset = log[int(partition)], int(offset)
            while len(rows) < offset:
                rows.append(ABSENT)
            rows.append(int(value))
    return log


class Outcomes:
    """What the program reported, line by line."""

    def __init__(self, file, sent):
        self.counts = collections.Counter()
        self.ok = []  # (partition, offset, line)
        self.refused = []
        self.seen = bytearray(sent)
        self.wrong = []
        with open(file, encoding="ascii", errors="replace") as lines:
            for text in lines:
                try:
                    outcome, partition, offset, value, _ = text.split(" ", 4)
                    number = int(value)
                    self.counts[outcome] += 1
                    self.seen[number] = min(self.seen[number] + 1, 2)
                    if outcome == "ok":
                        self.ok.append((int(partition), int(offset), number))
                    elif outcome == "no":
                        self.refused.append(number)
                except (ValueError, IndexError):
                    self.wrong.append(text[:100])

    def check_complete(self):
        expect(not self.wrong, f"{len(self.wrong)} lines that are no outcome, the first {self.wrong[:2]}")
        without, twice = self.seen.count(0), self.seen.count(2)
        expect(not without and not twice, f"{without} lines without an outcome (first {self.seen.find(0)}), "
                                          f"{twice} with more than one (first {self.seen.find(2)})")
        expect(self.counts["ok"] > 0, "no line was acknowledged")
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.counts.items()))

    def check_ok_lines(self, log):
        lost = [row for row in self.ok
                if not (0 <= row[1] < len(log[row[0]]) and log[row[0]][row[1]] == row[2])]
        expect(not lost, f"{len(lost)} of {len(self.ok)} acknowledged lines are not where they were said to be, "
                         f"(partition, offset, line): {lost[:3]}")
        return f"{len(self.ok)} acknowledged lines"

    def check_refused(self, log):
        refused = set(self.refused)
        there = [number for rows in log.values() for number in rows if number in refused]
        expect(not there, f"{len(there)} lines reported `no` are in the topic: {there[:3]}")


def check_order(log, sent):
    known = bytearray(sent)
    duplicates = 0
    for partition, rows in log.items():
        highest = -1
        for offset, number in enumerate(rows):
            if number == ABSENT:
                continue
            if known[number]:
                duplicates += 1
                continue
            known[number] = 1
            expect(number > highest, f"partition {partition}, offset {offset}: line {number} after line {highest}")
            highest = number
    return f"{duplicates} duplicates, allowed without idempotence"


def drive(options, directory, checks):
    cluster = Cluster(directory / "cluster")
    kafka_cluster.make_topic(cluster.layout, "load", PARTITIONS, 3)
    with open(directory / "report", "wb") as report, open(directory / "stderr", "wb") as errors:
        program = subprocess.Popen([options.uvkafka, "produce", "-b", cluster.bootstrap, "-t", "load", "-X", "acks=all",
                                    "--report"], stdin=subprocess.PIPE, stdout=report, stderr=errors)
        feeder = Feeder(program.stdin, options.lines)
        feeder.start()
        try:
            time.sleep(2)
            for number in range(options.rounds):
                one_round(cluster, number)
            before = feeder.sent
            time.sleep(2)
            checks.run("lines are still taken after the last fault", lambda: expect(feeder.sent > before, "none"))
            feeder.stopping = True

            def ends_by_itself():
                try:
                    program.wait(END_BY_ITSELF)
                except subprocess.TimeoutExpired:
                    expect(False, f"still running {END_BY_ITSELF} s after its input ended")
                feeder.join(10)
                expect(not feeder.broken, f"it stopped reading: {feeder.broken}")
                return f"status {program.returncode}"
            checks.run("the program ends by itself", ends_by_itself)
        finally:
            program.kill()
    outcomes = Outcomes(directory / "report", feeder.sent)
    expected = 1 if outcomes.counts["no"] + outcomes.counts["maybe"] else 0
    checks.run("its status says whether all was done",
               lambda: expect(program.returncode == expected, f"{program.returncode} with {dict(outcomes.counts)}"))
    checks.run("every line has exactly one outcome", outcomes.check_complete)
    log = read_topic(cluster, directory / "topic")
    checks.run("every `ok` line is in the topic at its offset", outcomes.check_ok_lines, log)
    checks.run("no `no` line is in the topic", outcomes.check_refused, log)
    checks.run("each partition has its lines in the order sent", check_order, log, feeder.sent)
    checks.run("a coordinator is killed under `consume -g`", coordinator_is_killed, options, cluster, directory)
    if checks.failed:
        print("--- what the program said ---\n" + (directory / "stderr").read_text(errors="replace")[-3000:])


def coordinator_is_killed(options, cluster, directory):
    """Each message comes once and in order, printed ones are committed, and the next run continues there."""
    group, file = "workers", directory / "consumed"
    command = [options.uvkafka, "consume", "-b", cluster.bootstrap, "-t", "load", "-g", group, "-f", r"%p %o\n"]

    def printed():
        counts = collections.Counter()
        for line in file.read_text(encoding="ascii").splitlines():
            partition, offset = map(int, line.split())
            expect(offset == counts[partition], f"partition {partition}: offset {offset} where {counts[partition]} was due")
            counts[partition] += 1
        return counts

    with open(file, "wb") as out:
        program = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
        try:
            kafka_cluster.wait_for("messages in the group", lambda: printed().total() > 100, 30)
            victim = cluster.coordinator(group)
            cluster.node(victim, "kill")
            at_kill = printed().total()
            time.sleep(5)
            cluster.node(victim, "start")
            kafka_cluster.wait_for("messages behind the kill", lambda: printed().total() > at_kill + 500, 60)
            program.terminate()
            said = program.communicate(timeout=10)[1]
        finally:
            program.kill()
    expect(program.returncode == 0, f"exit status {program.returncode}: {said}")
    counts = printed()
    shown = {int(words[1]): int(words[2]) for words in map(str.split, run(
        [options.uvkafka, "offsets", "-b", cluster.bootstrap, "-g", group, "-t", "load"]).splitlines()) if words[2] != "-"}
    expect(shown == dict(counts), f"printed {dict(counts)}, committed {shown}")
    next_up = run([*command, "-c", "1"]).split()
    expect(int(next_up[1]) == counts[int(next_up[0])], f"the next run began with {next_up}, printed were {dict(counts)}")
    return f"{at_kill} messages before the kill, {counts.total()} in all"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program(), help="the program to drive")
    parser.add_argument("--version", default="4.3.1")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--lines", type=int, default=2_000_000, help="budget of lines sent at full speed")
    options = parser.parse_args()
    skip_unless_kafka([options.version])
    directory = scratch("kill-restart")
    cluster = types.SimpleNamespace(dir=directory / "cluster", version=options.version, nodes=3, port=None, secure=False,
                                    set=SETTINGS)
    checks = Checks("kill and restart")
    try:
        kafka_cluster.up(cluster)
        drive(options, directory, checks)
    finally:
        kafka_cluster.down(cluster)
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
