#!/usr/bin/env python3
"""`uvkafka groups` beside Kafka's own group tool, and `uvkafka consume -g` beside Kafka's console consumer and kcat, on real
brokers.

    group_admin.py [--uvkafka PROGRAM] [VERSION]...

Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import pathlib
import re
import signal
import subprocess
import threading
import time

import kafka_cluster
from harness import CheckFailed, Checks, eventually, expect, expect_equal, kcat_options, main_on_clusters, run

VERSIONS = ["0.9.0.1", "0.11.0.3", "2.8.2", "3.9.1", "4.3.1"]
PARTITIONS, LINES = 6, 6000
KIP_848 = "group.coordinator.rebalance.protocols=classic,consumer"  # 3.9 has it switched off
SHORT = ["-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=1000"]


class Reader:
    """A member of a group whose lines go to a file: `PARTITION OFFSET` each."""

    def __init__(self, command, file):
        self.file = file
        with open(file, "wb") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=open(f"{file}.err", "wb"))

    def lines(self):
        return self.file.read_text(errors="replace").splitlines()

    def said(self):
        return pathlib.Path(f"{self.file}.err").read_text(errors="replace")

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(30)
        return self.process.returncode


class Administration:
    def __init__(self, layout, directory, program):
        self.layout, self.directory, self.program = layout, directory, program
        self.bootstrap = layout.bootstrap("PLAINTEXT")
        self.version = kafka_cluster.version_tuple(layout.state["version"])
        self.readers = []

    def ours(self, *words, status=0):
        return run([self.program, "groups", "-b", self.bootstrap, *words], status=status)

    def produce(self, topic, lines):
        run([self.program, "produce", "-b", self.bootstrap, "-t", topic, "-X", "partitioner=round_robin"],
            "".join(f"{line}\n" for line in lines))

    def read(self, group, topic, name, *options):
        command = [self.program, "consume", "-b", self.bootstrap, "-g", group, "-t", topic, "-f", r"%p %o\n", *options]
        self.readers.append(Reader(command, self.directory / name))
        return self.readers[-1]

    def tool(self, *words):
        """Its own patience is short for a machine that is busy."""
        patience = ["--timeout", "30000"] if self.version >= (1, 0) else []
        return kafka_cluster.group_command(self.layout, *words, *patience)

    def theirs(self, group):
        """{partition: (committed, end, lag, member)} as Kafka's tool shows it; - for what it does not know."""
        text = self.tool("--describe", "--group", group).replace(",", " ")
        rows = re.findall(rf"(?:^|\s){group}\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", text)
        return {int(row[0]): tuple("-" if word in ("unknown", "-") else word for word in row[1:]) for row in rows}

    def shown(self, group):
        """The same as we show it; {} as long as there is no such group."""
        try:
            rows = [line.split() for line in self.ours("-g", group).splitlines()]
        except CheckFailed as failed:
            if "there is no such group" in str(failed):
                return {}
            raise
        return {int(row[1]): tuple(row[2:]) for row in rows if row[0] == group}

    def compare(self, group):
        theirs, ours = self.theirs(group), self.shown(group)
        if self.version < (0, 11):  # it shows an owner's client, not its id
            theirs = {partition: row[:3] for partition, row in theirs.items()}
            ours = {partition: row[:3] for partition, row in ours.items()}
        expect_equal(ours, theirs, f"group {group}, as Kafka's tool shows it")
        return ours

    # --- administration ---

    def groups_are_alike(self, protocol):
        """Two of our members, one of them half way: Kafka's tool and ours tell the same."""
        group = f"like-{protocol}"
        kafka_cluster.make_topic(self.layout, group, PARTITIONS, 1)
        self.produce(group, range(LINES // 10))
        options = ["-X", f"group.protocol={protocol}"]
        first = self.read(group, group, f"{group}.1", "-X", "client.id=first", *options)
        second = self.read(group, group, f"{group}.2", "-X", "client.id=second", *options)
        eventually("all to be read", lambda: len(set(first.lines() + second.lines())) == LINES // 10, 60)
        eventually("both members to own something",
                   lambda: len({row[3] for row in self.shown(group).values()} - {"-"}) == 2, 30)
        seen = self.compare(group)
        expect_equal(len(seen), PARTITIONS, "partitions shown")
        expect(all(row[2] == "0" for row in seen.values()), f"there is a lag: {seen}")
        listed = [line.split() for line in self.ours().splitlines()]
        states = ["Stable"] if self.version >= (0, 9) else ["-"]
        expect_equal([row[1:] for row in listed if row[0] == group], [[protocol, *states, "2"]], f"{group} in {listed}")
        names = self.tool("--list").split()
        expect(group in names, f"Kafka's tool lists {names}")
        members = [line.split() for line in self.ours("-g", group).splitlines() if line.startswith("member ")]
        expect_equal(sorted(row[3] for row in members), ["first", "second"], "clients")
        for reader in (first, second):
            expect_equal(reader.end(), 0, f"exit status ({reader.said()[-300:]})")
        self.produce(group, range(100))
        if self.version >= (0, 10, 2):  # an older tool shows no group without members
            expect(sum(int(row[2]) for row in self.compare(group).values()) == 100, "the lag without members")

    def what_is_taken_away(self):
        group = "clean"
        kafka_cluster.make_topic(self.layout, group, 2, 1)
        self.produce(group, range(100))
        reader = self.read(group, group, group, *(["-X", "group.instance.id=one"] if self.version >= (2, 4) else []))
        eventually("all to be read", lambda: len(reader.lines()) == 100, 60)
        member = next(line.split()[1] for line in self.ours("-g", group).splitlines() if line.startswith("member "))
        self.ours("-g", group, "--delete", status=1)
        self.ours("-g", group, "--remove", "instance:one" if self.version >= (2, 4) else member)
        eventually("the member to come back", lambda: reader.said().count("got clean/") > 1, 60)
        reader.end()
        if self.version >= (2, 4):
            self.ours("-g", group, "--remove", "instance:one")
            self.ours("-g", group, "--delete-offsets", "-t", group, "-p", "1")
            expect_equal(set(self.shown(group)), {0}, "partitions with offsets")
            expect_equal(set(self.theirs(group)), {0}, "the same as Kafka's tool shows them")
        if self.version >= (1, 1):
            self.ours("-g", group, "--delete")
            expect(group not in self.tool("--list").split(), "Kafka's tool still lists it")

    def members_of_the_newer_protocol_are_removed(self):
        group = "newer"
        kafka_cluster.make_topic(self.layout, group, 2, 1)
        options = ["-X", "group.protocol=consumer"]
        static = self.read(group, group, f"{group}.1", "-X", "group.instance.id=one", *options)
        other = self.read(group, group, f"{group}.2", *options)
        eventually("both to own something",
                   lambda: len({row[3] for row in self.shown(group).values()} - {"-"}) == 2, 60)
        rows = [line.split() for line in self.ours("-g", group).splitlines() if line.startswith("member ")]
        self.ours("-g", group, "--remove", next(row[1] for row in rows if row[7] == "-"), "--remove", "instance:one")
        eventually("both to hear of it", lambda: "lost newer/" in static.said() and "lost newer/" in other.said(), 30)
        self.ours("-g", group, "--remove", "nobody", status=1)

    def topics_by_a_pattern(self, protocol):
        group = f"pattern-{protocol}"
        for name in (f"{group}-1", f"my-{group}-1"):
            kafka_cluster.make_topic(self.layout, name, 2, 1)
            self.produce(name, range(10))
        reader = self.read(group, f"^{group}-.*", group, "-X", "metadata.max.age.ms=1000", "-X", f"group.protocol={protocol}")
        time.sleep(0.5)
        if reader.process.poll() == 2 and protocol == "classic":
            return "this build has no RE2"
        eventually("the messages", lambda: len(reader.lines()) == 10, 60)
        kafka_cluster.make_topic(self.layout, f"{group}-2", 2, 1)
        self.produce(f"{group}-2", range(10))
        eventually("those of the topic that was made later", lambda: len(reader.lines()) == 20, 60)
        # While the member is there: Kafka 0.9 forgets a group whose last member has left.
        rows = [line.split()[0] for line in self.ours("-g", group).splitlines()]
        expect_equal({row for row in rows if row.startswith(f"{group}-")}, {f"{group}-1", f"{group}-2"}, "topics shown")
        expect(not any(row.startswith("my-") for row in rows), f"topics that the pattern does not name: {rows}")
        expect_equal(reader.end(), 0, f"exit status ({reader.said()[-300:]})")
        return None

    # --- members of several clients ---

    def others(self, group):
        """kcat and Kafka's console consumer print values, which are numbers of their own."""
        options = ["-X", "session.timeout.ms=6000", "-X", "partition.assignment.strategy=range"]
        yield Reader(["kcat", "-b", self.bootstrap, "-G", group, group, "-u", "-q", "-f", "%s\n", "-X",
                      "auto.offset.reset=earliest", *options, *kcat_options(self.version)], self.directory / "kcat")
        java_class = "org.apache.kafka.tools.consumer.ConsoleConsumer" if self.version >= (3, 8) \
            else "kafka.tools.ConsoleConsumer"
        settings = self.directory / "console.properties"
        settings.write_text(f"group.id={group}\nsession.timeout.ms=6000\nauto.offset.reset=earliest\n"
                            "partition.assignment.strategy=org.apache.kafka.clients.consumer.RangeAssignor\n")
        consumer = ["--new-consumer"] if self.version < (1, 0) else []
        how = "--command-config" if self.version >= (4, 2) else "--consumer.config"
        words = [*consumer, "--bootstrap-server", self.bootstrap, "--topic", group, how, settings]
        yield Reader(kafka_cluster.tool_command(self.layout, java_class, words), self.directory / "console")

    def mixed_group(self):
        """Our program twice, kcat and Kafka's console consumer in one group, under kill -9, SIGSTOP and Ctrl-C."""
        group = "mixed"
        kafka_cluster.make_topic(self.layout, group, PARTITIONS, 1)
        ours = [*SHORT, "-X", "partition.assignment.strategy=range", "-f", r"%s\n"]
        writer = subprocess.Popen([self.program, "produce", "-b", self.bootstrap, "-t", group, "-q", "-X",
                                   "partitioner=round_robin"], stdin=subprocess.PIPE, text=True)
        written = 0

        def write_while(wanted):
            nonlocal written
            while wanted():
                writer.stdin.write("".join(f"{n}\n" for n in range(written, written + 10)))
                writer.stdin.flush()
                written += 10
                time.sleep(0.05)

        def write_for(seconds):
            end = time.monotonic() + seconds
            write_while(lambda: time.monotonic() < end)

        def write_until_they_print(readers):
            """The others' heartbeats and a busy machine decide how long joining takes."""
            patience = time.monotonic() + 60
            write_while(lambda: not all(reader.lines() for reader in readers) and time.monotonic() < patience)

        killed = self.read(group, group, "mixed.killed", *ours)
        write_for(3)
        stopped = self.read(group, group, "mixed.stopped", *ours)
        others = list(self.others(group))
        self.readers.extend(others)
        write_for(3)
        write_until_they_print(others)
        killed.process.kill()
        write_for(8)
        stopped.send(signal.SIGSTOP)
        write_for(9)
        stopped.send(signal.SIGCONT)
        write_for(5)
        expect_equal(stopped.end(), 0, f"exit status ({stopped.said()[-300:]})")
        last = self.read(group, group, "mixed.last", *ours)
        write_until_they_print([last])
        writer.stdin.close()
        expect_equal(writer.wait(30), 0, "the writer's exit status")

        def printed():
            return {line for reader in self.readers for line in reader.lines()}
        wanted = {str(n) for n in range(written)}
        eventually("all messages to be printed", lambda: wanted <= printed(), 60)
        expect_equal(last.end(), 0, f"exit status ({last.said()[-300:]})")
        silent = [reader.file.name for reader in self.readers if not reader.lines()]
        expect_equal(silent, [], "members that have printed nothing")
        total = sum(len(reader.lines()) for reader in self.readers)
        return f"{written} messages, {total - written} printed twice"

    def check_committed(self):
        """`consume -g` is killed while it prints: what is committed was printed."""
        group = "printed"
        kafka_cluster.make_topic(self.layout, group, 2, 1)
        self.produce(group, range(LINES))
        reader = self.read(group, group, group, *SHORT)
        eventually("some messages", lambda: len(reader.lines()) > 300, 30)
        reader.process.kill()
        reader.process.wait()
        lines = set(reader.lines())
        for partition, row in self.shown(group).items():
            missing = [n for n in range(0 if row[0] == "-" else int(row[0])) if f"{partition} {n}" not in lines]
            expect_equal(missing, [], f"committed and not printed of partition {partition}")
        return f"{len(lines)} printed"

    def end(self):
        for reader in self.readers:
            reader.process.send_signal(signal.SIGCONT)
            reader.process.kill()
            reader.process.wait()
        self.readers.clear()


def drive(checks: Checks, layout, directory, program):
    version = kafka_cluster.version_tuple(layout.state["version"])

    def check(name, which, *arguments):
        administration = Administration(layout, directory, program)
        try:
            checks.run(name, which, administration, *arguments)
        finally:
            administration.end()

    # It takes half a minute, mostly waiting: the others run meanwhile.
    mixed = threading.Thread(target=check, args=("a group with kcat and the console consumer", Administration.mixed_group))
    mixed.start()
    check("Kafka's tool and ours tell the same", Administration.groups_are_alike, "classic")
    if version >= (3, 9):
        check("the same of a group by KIP-848", Administration.groups_are_alike, "consumer")
        check("members of KIP-848 are removed", Administration.members_of_the_newer_protocol_are_removed)
    check("members, offsets and groups are taken away", Administration.what_is_taken_away)
    check("topics by a pattern", Administration.topics_by_a_pattern, "classic")
    if version >= (4, 0):
        check("topics by a pattern, matched by the broker", Administration.topics_by_a_pattern, "consumer")
    check("what is committed was printed", Administration.check_committed)
    mixed.join()


if __name__ == "__main__":
    main_on_clusters("group-admin", __doc__, VERSIONS, drive, settings=["group.initial.rebalance.delay.ms=0", KIP_848])
