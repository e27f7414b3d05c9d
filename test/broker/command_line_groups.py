#!/usr/bin/env python3
"""The command line program in consumer groups: `consume -g` joins, shares, hands over and leaves; `groups` shows and cleans
up.

    command_line_groups.py [--uvkafka PROGRAM]

It talks to `uvkafka broker` only. Not here: members of other clients (groups.py).
Exit status: 0 if all checks hold, 1 if one does not.
"""
import argparse
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from command_line import Ended
from harness import Checks, default_program, eventually, expect, expect_equal, run

SHORT = ["-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=300"]  # the least that brokers allow
PLACE = r"%t %p %o\n"


@contextlib.contextmanager
def broker(program, *options):
    process = subprocess.Popen([program, "broker", "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


class Member:
    """`uvkafka consume -g` with its output in files, so that it never waits for this program."""

    def __init__(self, program, where, group, topics, *options):
        self.files = [tempfile.NamedTemporaryFile("r") for _ in range(2)]  # pylint: disable=consider-using-with
        streams = [open(file.name, "w") for file in self.files]  # pylint: disable=consider-using-with
        self.process = subprocess.Popen([program, "consume", "-b", where, "-g", group, "-t", topics, "-f", PLACE, *options],
                                        stdin=subprocess.DEVNULL, stdout=streams[0], stderr=streams[1])
        for stream in streams:
            stream.close()

    def lines(self):
        return pathlib.Path(self.files[0].name).read_text().splitlines()

    def said(self):
        return pathlib.Path(self.files[1].name).read_text()

    def says(self, text, seconds=10):
        eventually(f"{text!r} on stderr, which has {self.said()!r}", lambda: text in self.said(), seconds)

    def end(self, number=signal.SIGINT, status=0):
        if number is not None:
            self.process.send_signal(number)
        got = self.process.wait(timeout=20)
        expect_equal(got, status, f"exit status ({self.said()!r})")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Groups:
    def __init__(self, program):
        self.program = str(program)
        self.members = []

    def member(self, where, group, topics, *options):
        self.members.append(Member(self.program, where, group, topics, *options))
        return self.members[-1]

    def produce(self, where, topic, partition, count):
        run([self.program, "produce", "-b", where, "-t", topic, "-p", str(partition)],
            text_in="".join(f"{n}\n" for n in range(count)))

    def committed(self, where, group, topic):
        text = run([self.program, "offsets", "-b", where, "-g", group, "-t", topic])
        words = [line.split() for line in text.splitlines()]
        return {int(line[1]): 0 if line[2] == "-" else int(line[2]) for line in words}

    def consume(self, where, *words):
        return Ended(subprocess.Popen([self.program, "consume", "-b", where, *words], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))

    # --- one member ---

    def reads_to_the_end(self):
        with broker(self.program, "--topic", "a:3", "--topic", "b:1") as where:
            for partition in range(3):
                self.produce(where, "a", partition, 10)
            self.produce(where, "b", 0, 10)
            ended = self.consume(where, "-g", "g", "-t", "a,b", "-e", "-f", PLACE)
            expect_equal((ended.status, len(ended.out.splitlines())), (0, 40), f"status and lines ({ended.said!r})")
            expect("group g: got a/0-2 b/0\n" in ended.said and "group g: gave up a/0-2 b/0\n" in ended.said, ended.said)
            expect(ended.seconds < 6, f"it took {ended.seconds:.1f} s")
            expect_equal(self.committed(where, "g", "a"), {0: 10, 1: 10, 2: 10}, "committed")
            again = self.consume(where, "-g", "g", "-t", "a", "-t", "b", "-eq", "-f", PLACE)
            expect_equal((again.status, again.out, again.said), (0, "", ""), "a second run, with -q")

    def counts_what_was_answered(self):
        with broker(self.program, "--topic", "a:2") as where:
            for partition in range(2):
                self.produce(where, "a", partition, 20)
            first = self.consume(where, "-g", "g", "-t", "a", "-c", "13", "-f", PLACE)
            expect_equal((first.status, len(first.out.splitlines())), (0, 13), "the first run")
            expect_equal(sum(self.committed(where, "g", "a").values()), 13, "committed")
            rest = self.consume(where, "-g", "g", "-t", "a", "-e", "-f", PLACE)
            expect_equal(len(set(first.out.splitlines() + rest.out.splitlines())), 40, "messages of both runs")
            expect_equal(len(rest.out.splitlines()), 27, "messages of the second run")

    def places_where_nothing_is_committed(self):
        with broker(self.program, "--topic", "a:2") as where:
            for partition in range(2):
                self.produce(where, "a", partition, 10)
            self.consume(where, "-g", "g", "-t", "a", "-p", "1", "-c", "4")
            ended = self.consume(where, "-g", "g", "-t", "a", "-o", "-2", "-eq", "-f", "%p %o\\n",
                                 "-X", "auto.offset.reset=none")
            wanted = [f"0 {n}" for n in (8, 9)] + [f"1 {n}" for n in range(4, 10)]
            expect_equal((ended.status, sorted(ended.out.splitlines())), (0, wanted), f"status and places ({ended.said!r})")

    def topics_that_are_missing(self):
        with broker(self.program, "--topic", "a:1") as where:
            self.produce(where, "a", 0, 3)
            ended = self.consume(where, "-g", "e", "-t", "a,nosuch", "-e")
            expect_equal((ended.status, len(ended.out.splitlines())), (1, 3), f"status and lines with -e ({ended.said!r})")
            expect_equal(ended.said.count("nosuch"), 1, f"lines about it in {ended.said!r}")
            expect(2.5 < ended.seconds < 8, f"it took {ended.seconds:.1f} s")
            waits = self.member(where, "w", "nosuch")
            waits.says("uvkafka: topic nosuch does not exist; waiting for it\n")
            time.sleep(3)
            expect_equal(waits.said().count("nosuch"), 1, f"lines about it in {waits.said()!r}")
            expect(waits.process.poll() is None, "it has ended")
            run([self.program, "produce", "-b", where, "-t", "nosuch", "--create"], text_in="x\n")
            waits.says("got nosuch/0")
            eventually("the message", lambda: waits.lines() == ["nosuch 0 0"], 10)
            waits.end()

    def brokers_without_groups(self):
        with broker(self.program, "--topic", "a:2", "--release", "0.8.2") as where:
            self.produce(where, "a", 1, 5)
            ended = self.consume(where, "-g", "g", "-t", "a", "-e", "-f", PLACE)
            expect_equal((ended.status, len(ended.out.splitlines())), (0, 5), f"status and lines ({ended.said!r})")
            line = next((line for line in ended.said.splitlines() if "group g" in line), "")
            expect("need Kafka 0.9" in line and "without being a member" in line, f"it said {ended.said!r}")
            expect_equal(self.committed(where, "g", "a")[1], 5, "committed")
            static = self.consume(where, "-g", "g", "-t", "a", "-e", "-X", "group.instance.id=one")
            expect(static.status == 1 and "need Kafka 0.9" in static.said, f"a static member: {static.status} {static.said!r}")
            newer = self.consume(where, "-g", "g", "-t", "a", "-e", "-X", "group.protocol=consumer")
            expect(newer.status == 1 and "group.protocol" in newer.said, f"KIP-848: {newer.status} {newer.said!r}")

    def options_of_members(self):
        for words, named in ((["-X", "heartbeat.interval.ms=60000"], "less than session.timeout.ms"),
                             (["-X", "partition.assignment.strategy=random"], "cooperative-sticky"),
                             (["-X", "group.instance.id=a b"], "1 to 249"), (["-t", ""], "-t"), (["-t", "a,,b"], "-t")):
            ended = self.consume("h:1", "-g", "g", "-t", "t", *words)
            expect(ended.status == 2 and named in ended.said, f"{words}: {ended.status} {ended.said!r}")
        with broker(self.program, "--topic", "a:2") as where:
            static = self.member(where, "g", "a", "-X", "group.instance.id=one")
            static.says("got a/0-1")
            static.end()
            other = self.member(where, "g", "a")
            time.sleep(1.5)
            expect("got a/" not in other.said(), f"a static member left when it ended: {other.said()!r}")
            again = self.member(where, "g", "a", "-X", "group.instance.id=one")
            other.says("got a/")
            again.says("got a/")
            other.end()
            again.end()

    def patterns(self):
        """A name has to match as a whole, and topics that are made later come in."""
        wrong = self.consume("h:1", "-g", "g", "-t", "^orders-(")
        without_re2 = "this build" in wrong.said
        expect_equal((wrong.status, len(wrong.said.splitlines())), (2, 1), f"a pattern that is none ({wrong.said!r})")
        expect(without_re2 or 'pattern "orders-("' in wrong.said, wrong.said)
        for protocol in ["consumer"] if without_re2 else ["classic", "consumer"]:
            with broker(self.program, "--topic", "orders-1:2", "--topic", "my-orders-1:1") as where:
                self.produce(where, "orders-1", 1, 3)
                member = self.member(where, "g", "^orders-.*", "-J", "-X", "metadata.max.age.ms=1000", "-X",
                                     f"group.protocol={protocol}")
                member.says("got orders-1/0-1")
                eventually("the messages", lambda: len(member.lines()) == 3, 10)
                expect_equal({json.loads(line)["broker"] for line in member.lines()}, {1}, "leaders in JSON")
                run([self.program, "produce", "-b", where, "-t", "orders-2", "--create"], text_in="x\n")
                # A broker looks for new topics every 10 s, and tells of them in the next heartbeats.
                eventually("the message of the new topic", lambda: len(member.lines()) == 4, 60)
                member.end()
                ended = self.consume(where, "-g", "e", "-t", "^orders-.*", "-e", "-q", "-f", PLACE, "-X",
                                     f"group.protocol={protocol}")
                expect_equal((ended.status, len(ended.out.splitlines())), (0, 4), f"status and lines with -e ({ended.said!r})")
                none = self.consume(where, "-g", "n", "-t", "^nothing", "-e", "-X", f"group.protocol={protocol}")
                expect_equal((none.status, none.out), (0, ""), f"a pattern that matches nothing ({none.said!r})")
        return "without RE2: by the broker only" if without_re2 else ""

    # --- several members ---

    def share_and_hand_over(self):
        for option in ("partition.assignment.strategy=range", "partition.assignment.strategy=cooperative-sticky",
                       "group.protocol=consumer"):
            options = ["-X", option]
            with broker(self.program, "--topic", "a:4") as where:
                members = [self.member(where, "g", "a", *options)]
                members[0].says("got a/0-3")
                members.append(self.member(where, "g", "a", *options))
                members[1].says("got a/", 20)
                for partition in range(4):
                    self.produce(where, "a", partition, 50)
                eventually("all messages", lambda: sum(len(each.lines()) for each in members) == 200, 20)
                expect(all(len(each.lines()) == 100 for each in members), "they do not share alike")
                members[0].end()
                for partition in range(4):
                    self.produce(where, "a", partition, 50)
                eventually("those of the other's partitions", lambda: len(members[1].lines()) == 300, 10)
                members[1].end()
                seen = members[0].lines() + members[1].lines()
                expect_equal((len(seen), len(set(seen))), (400, 400), f"{option}: messages, and different ones")
                expect_equal(set(self.committed(where, "g", "a").values()), {100}, "committed")

    def a_member_without_partitions(self):
        with broker(self.program, "--topic", "a:1") as where:
            sticky = ["-X", "partition.assignment.strategy=cooperative-sticky"]  # who has it keeps it
            reads = self.member(where, "g", "a", *sticky)
            reads.says("got a/0")
            ended = self.consume(where, "-g", "g", "-t", "a", "-e", *sticky)
            expect_equal((ended.status, ended.out), (0, ""), "status and messages")
            expect("got no partitions" in ended.said and 2 < ended.seconds < 10, f"{ended.seconds:.1f} s: {ended.said!r}")
            reads.end()

    def killed_members(self):
        """kill -9: what was printed may come again, what was committed was printed, and nothing is missing."""
        with broker(self.program, "--topic", "a:2") as where:
            for partition in range(2):
                self.produce(where, "a", partition, 20000)
            killed = self.member(where, "g", "a", *SHORT)
            eventually("some messages", lambda: len(killed.lines()) > 500, 10)
            killed.kill()
            stored = self.committed(where, "g", "a")
            printed = set(killed.lines())
            for partition, offset in stored.items():
                missing = [n for n in range(offset) if f"a {partition} {n}" not in printed]
                expect_equal(missing, [], f"committed and not printed of partition {partition}")
            expect(sum(stored.values()) > 0, "nothing was committed")
            ended = self.consume(where, "-g", "g", "-t", "a", "-eq", "-f", PLACE, *SHORT)
            expect_equal(ended.status, 0, f"exit status ({ended.said!r})")
            expect(len(printed | set(ended.out.splitlines())) == 40000, "messages are missing")
            return f"{len(printed) + len(ended.out.splitlines()) - 40000} came twice"

    def stopped_members(self):
        """SIGSTOP for longer than a session: the other one reads on, and nobody's offset goes back."""
        with broker(self.program, "--topic", "a:2") as where:
            for partition in range(2):
                self.produce(where, "a", partition, 20000)
            stopped = self.member(where, "g", "a", *SHORT)
            eventually("some messages", lambda: len(stopped.lines()) > 500, 10)
            stopped.process.send_signal(signal.SIGSTOP)
            other = self.member(where, "g", "a", *SHORT)
            other.says("got a/0-1", 20)
            eventually("the rest", lambda: set(self.committed(where, "g", "a").values()) == {20000}, 30)
            stopped.process.send_signal(signal.SIGCONT)
            stopped.says("lost a/0-1")
            eventually("its return", lambda: stopped.said().count("got a/") == 2, 10)
            stopped.end()
            other.end()
            expect_equal(set(self.committed(where, "g", "a").values()), {20000}, "committed at the end")
            expect_equal(len(set(stopped.lines() + other.lines())), 40000, "messages printed")

    # --- administration ---

    def groups(self, where, *words, status=0):
        ended = Ended(subprocess.Popen([self.program, "groups", "-b", where, *words], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        expect_equal(ended.status, status, f"exit status of {words} ({ended.said!r})")
        return ended

    def groups_are_shown(self):
        with broker(self.program, "--topic", "a:2", "--brokers", "2") as where:
            expect_equal(self.groups(where).out, "", "groups of an empty cluster")
            self.produce(where, "a", 0, 5)
            self.member(where, "one", "a", "-X", "client.id=me").says("end of the partition at offset 5")
            newer = self.member(where, "two", "a", "-X", "group.protocol=consumer", "-X", "group.instance.id=i",
                                "-o", "latest")
            newer.says("got a/0-1")
            run([self.program, "offsets", "-b", where, "-g", "three", "-t", "a", "--reset", "earliest"])
            eventually("a stable group", lambda: "two consumer Stable 1" in self.groups(where).out, 10)
            expect_equal(self.groups(where).out, "one classic Stable 1\nthree classic Empty 0\ntwo consumer Stable 1\n",
                         "groups")
            lines = [line.split() for line in self.groups(where, "-g", "one").out.splitlines()]
            member = lines[1][1]
            expect_equal(lines, [
                "group one protocol classic state Stable assignor range".split(),
                f"member {member} client me host /127.0.0.1 instance - partitions a/0-1".split(),
                f"a 0 5 5 0 {member}".split(), f"a 1 - 0 - {member}".split()], "a classic group")
            lines = [line.split() for line in self.groups(where, "-g", "two").out.splitlines()]
            member = lines[1][1]
            expect_equal(lines, [
                "group two protocol consumer state Stable assignor uniform".split(),
                f"member {member} client uvkafka host /127.0.0.1 instance i partitions a/0-1".split(),
                f"a 0 - 5 - {member}".split(), f"a 1 - 0 - {member}".split()], "a group of the newer protocol")
            expect_equal(self.groups(where, "-g", "three").out.splitlines()[1:], ["a 0 0 5 5 -", "a 1 0 0 0 -"],
                         "a group without members")
            expect("group_id_not_found" in self.groups(where, "-g", "nosuch", status=1).said, "no such group")

    def groups_are_cleaned_up(self):
        with broker(self.program, "--topic", "a:2", "--topic", "b:2") as where:
            member = self.member(where, "g", "a", "-X", "group.instance.id=i")
            member.says("got a/0-1")
            run([self.program, "offsets", "-b", where, "-g", "h", "-t", "a", "-t", "b", "--reset", "earliest"])
            said = self.groups(where, "-g", "g", "--delete", status=1).said
            expect("non_empty_group" in said and len(said.splitlines()) == 1, said)
            self.groups(where, "-g", "h", "--delete-offsets", "-t", "a", "-p", "1")
            self.groups(where, "-g", "h", "--delete-offsets", "-t", "b")
            expect_equal(self.groups(where, "-g", "h").out.splitlines()[1:], ["a 0 0 0 0 -"], "offsets left")
            expect("no offsets of topic b" in self.groups(where, "-g", "h", "--delete-offsets", "-t", "b", status=1).said,
                   "offsets that are not there")
            self.groups(where, "-g", "h", "--delete")
            expect("group_id_not_found" in self.groups(where, "-g", "h", "--delete", status=1).said, "deleted twice")
            said = self.groups(where, "-g", "g", "--remove", "nobody", "--remove", "instance:x", status=1).said
            expect_equal([line.split(": ")[1] for line in said.splitlines()], ["nobody", "instance:x"], "who is not there")
            self.groups(where, "-g", "g", "--remove", "instance:i")
            member.says("lost a/0-1")
            eventually("its return", lambda: member.said().count("got a/") == 2, 10)
            member.end()

    def groups_in_trouble(self):
        with broker(self.program, "--release", "0.8.2") as where:
            for words in ([], ["-g", "g"], ["-g", "g", "--delete"], ["-g", "g", "--remove", "m"]):
                said = self.groups(where, *words, status=1).said
                expect("unsupported_feature" in said and len(said.splitlines()) == 1, f"{words}: {said!r}")
        with broker(self.program, "--topic", "a", "--brokers", "2", "--fault",
                    "ListGroups:times=always:error=CLUSTER_AUTHORIZATION_FAILED") as where:
            said = self.groups(where, status=1).said
            expect_equal(said.count("cluster_authorization_failed"), 2, f"brokers named in {said!r}")

    def all(self, checks):
        for check in (self.reads_to_the_end, self.counts_what_was_answered, self.places_where_nothing_is_committed,
                      self.topics_that_are_missing, self.brokers_without_groups, self.options_of_members, self.patterns,
                      self.share_and_hand_over, self.a_member_without_partitions, self.killed_members,
                      self.stopped_members, self.groups_are_shown, self.groups_are_cleaned_up, self.groups_in_trouble):
            checks.run(check.__name__.replace("_", " "), check)
            for member in self.members:
                member.kill()
            self.members.clear()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    checks = Checks("command line in groups")
    Groups(options.uvkafka).all(checks)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
