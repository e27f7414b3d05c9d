#!/usr/bin/env python3
"""Drives `uvkafka` against one real broker of each Kafka version, and lets kcat and Kafka's own tools judge.

    matrix.py [--uvkafka PROGRAM] [--lines 10000] [--codecs NAME,...] [VERSION ...]

For each version: lines with keys through `uvkafka produce`, plain and in each codec, read back by kcat and by us; lines
of kcat in the same way, read by us; offsets committed by us as Kafka's tools show them, and the reverse.
One line per check. Exit status: 0 if all hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import argparse
import collections
import re
import shutil
import subprocess
import sys
import time
import types

import kafka_cluster
from harness import (Checks, CheckFailed, TOPIC_READ, default_program, expect, expect_equal, kcat_options, run, scratch,
                     skip_unless_kafka)

VERSIONS = ["0.8.2.2", "0.9.0.1", "0.10.2.2", "0.11.0.3", "1.1.1", "2.8.2", "3.9.1", "4.3.1"]
CODECS = ["gzip", "snappy", "lz4", "zstd"]
ZSTD_SINCE = (2, 1)
RECORDS_NAMED_SINCE = (2, 4)
QUOTAS_BY_BROKER_SINCE = (2, 6)  # before it ConfigCommand needs ZooKeeper for them
QUOTA = 250_000  # bytes/s
QUOTA_ATTEMPTS = 5
PARTITIONS = 3
GROUP_LINES = 300
DELIMITER = "|"


def murmur2(data):
    """The hash by which the Java client places keys."""
    mask, m = 0xffffffff, 0x5bd1e995
    h = (0x9747b28c ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i:i + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def java_partition(key):
    return (murmur2(key.encode()) & 0x7fffffff) % PARTITIONS


def keyed_lines(count, word):
    """[(key, value)]: values tell their place, lengths vary, some are long, some are not ASCII."""
    return [(f"key-{i * 7919 % 997}", f"{i} {word} " + "ä\u6f22x"[i % 3] * (i % 90 if i % 500 else 3000))
            for i in range(count)]


def parse(text):
    """Lines of TOPIC_READ as {partition: [(offset, key, value)]}."""
    rows = collections.defaultdict(list)
    for line in text.split("\n")[:-1]:
        partition, offset, key, value = line.split("\t", 3)
        rows[int(partition)].append((int(offset), key, value))
    return rows


def check_content(rows, sent, keys_placed_as_java=False):
    """Every line once, per partition in the order sent, at consecutive offsets."""
    seen = sorted((key, value) for part in rows.values() for _, key, value in part)
    if seen != sorted(sent):
        lost = collections.Counter(sent) - collections.Counter(seen)
        extra = collections.Counter(seen) - collections.Counter(sent)
        raise CheckFailed(f"{len(seen)} of {len(sent)} lines; missing {sum(lost.values())} {list(lost)[:2]}, "
                          f"not expected {sum(extra.values())} {list(extra)[:2]}")
    for partition, part in rows.items():
        expect_equal([offset for offset, _, _ in part], list(range(len(part))), f"offsets of partition {partition}")
        places = [int(value.split(" ", 1)[0]) for _, _, value in part]
        expect(places == sorted(places), f"partition {partition} is not in the order sent")
        if keys_placed_as_java:
            wrong = [key for _, key, _ in part if java_partition(key) != partition]
            expect(not wrong, f"keys not where Java places them, in partition {partition}: {wrong[:3]}")


class Version:
    """The checks against one running broker."""

    def __init__(self, layout, checks, program, lines, codecs):
        self.layout, self.checks, self.program, self.lines, self.codecs = layout, checks, program, lines, codecs
        self.number = kafka_cluster.version_tuple(layout.state["version"])
        self.bootstrap = layout.bootstrap("PLAINTEXT")
        self.kcat_options = kcat_options(self.number)

    # --- the three clients ---

    def kcat(self, *arguments, text_in=""):
        return run(["kcat", "-b", self.bootstrap, "-m", "30", *self.kcat_options, *arguments], text_in)

    def kcat_read(self, topic):
        return self.kcat("-C", "-q", "-t", topic, "-o", "beginning", "-e", "-f", TOPIC_READ)

    def uvkafka(self, command, *arguments, text_in="", timeout=60):
        return run([self.program, command, "-b", self.bootstrap, *arguments], text_in, timeout)

    def read(self, topic, *arguments):
        """All of a topic through `uvkafka consume`."""
        return parse(self.uvkafka("consume", "-t", topic, "-o", "earliest", "-e", "-f", TOPIC_READ.replace("\t", r"\t")
                                  .replace("\n", r"\n"), *arguments))

    # --- content ---

    def ours_to_kcat(self, topic, word, *options):
        sent = keyed_lines(self.lines, word)
        self.uvkafka("produce", "-t", topic, "-K", DELIMITER, *options,
                     text_in="".join(f"{key}{DELIMITER}{value}\n" for key, value in sent))
        check_content(parse(self.kcat_read(topic)), sent, keys_placed_as_java=True)

    def ours_to_ours(self, topic, word):
        check_content(self.read(topic), keyed_lines(self.lines, word), keys_placed_as_java=True)

    def same_as_kcat(self, topic):
        expect_equal({p: rows for p, rows in self.read(topic).items()}, dict(parse(self.kcat_read(topic))),
                     "partition, offset, key and value of each message")

    def kcat_to_ours(self, topic, word, *options):
        sent = keyed_lines(self.lines, word)
        self.kcat("-P", "-t", topic, "-K", DELIMITER, *options,
                  text_in="".join(f"{key}{DELIMITER}{value}\n" for key, value in sent))
        check_content(self.read(topic), sent)

    def too_old_for_zstd(self):
        """Each record fails with its reason, and none is in the topic."""
        done = subprocess.run([self.program, "produce", "-b", self.bootstrap, "-t", "no-zstd", "-p", "0", "--report",
                               "-X", "compression.type=zstd"], input="one\ntwo\n", stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
        expect_equal(done.returncode, 1, "exit status")
        expect_equal(done.stdout, "no 0 - one\nno 0 - two\n", "outcomes")
        expect("zstd needs a broker of 2.1 or later" in done.stderr, f"said {done.stderr!r}")
        expect_equal(self.kcat_read("no-zstd"), "", "in the topic")

    def records_refused(self):
        """A compacted topic refuses records without a key by name (KIP-467): only those fail, with that reason."""
        kafka_cluster.make_topic(self.layout, "compacted", config=["cleanup.policy=compact"])
        for acks in ("all", "1"):
            done = subprocess.run([self.program, "produce", "-b", self.bootstrap, "-t", "compacted", "-K", DELIMITER,
                                   "--report", "-X", f"acks={acks}", "-X", "linger.ms=200"],
                                  input="a|1\nno key\nb|2\nc|3\nneither\nd|4\n", stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
            expect_equal(done.returncode, 1, "exit status")
            outcomes = [line.split(" ", 3) for line in done.stdout.splitlines()]
            expect_equal([line[3] for line in outcomes if line[0] == "no"], ["no key", "neither"], "refused")
            expect_equal([line[3] for line in outcomes if line[0] == "ok"], ["1", "2", "3", "4"], "taken")
            expect("key" in done.stderr, f"said {done.stderr!r}")
        expect_equal(self.kcat("-C", "-q", "-t", "compacted", "-o", "beginning", "-e", "-f", "%k%s "),
                     "a1 b2 c3 d4 " * 2, "in the topic")

    def over_quota(self):
        """C18: a broker over quota reads nothing for longer than request_timeout. A request sent meanwhile would time out
        and be sent again, and the log would have its records twice: there are no sequences here."""
        kafka_cluster.run_tool(self.layout, "kafka.admin.ConfigCommand", "--bootstrap-server", self.bootstrap, "--alter",
                               "--entity-type", "clients", "--entity-name", "slow",
                               "--add-config", f"producer_byte_rate={QUOTA},consumer_byte_rate={QUOTA}")
        sent = "".join(f"{i} {'x' * 9990}\n" for i in range(200))
        limits = ["-p", "0", "-X", "client.id=slow", "-X", "request.timeout.ms=1500"]
        shortest = len(sent) / QUOTA / 2  # s: the first second is free
        for attempt in range(QUOTA_ATTEMPTS):  # a broker needs a moment until the quota holds
            topic = f"slow-{attempt}"
            kafka_cluster.make_topic(self.layout, topic)
            began = time.monotonic()
            self.uvkafka("produce", "-t", topic, *limits, "-X", "acks=1", "-X", "enable.idempotence=false", text_in=sent)
            held_up = time.monotonic() - began > shortest
            expect(self.kcat("-C", "-q", "-t", topic, "-o", "beginning", "-e") == sent, "in the topic is something else")
            if held_up:
                break
        expect(held_up, "nothing held the producer up: is there a quota?")
        kafka_cluster.make_topic(self.layout, "slowly-read")
        # No broker ever answers with a batch that is larger than what the quota leaves for its whole window.
        self.uvkafka("produce", "-t", "slowly-read", "-p", "0", "-X", "batch.size=50000", text_in=sent)
        began = time.monotonic()
        read = self.uvkafka("consume", "-t", "slowly-read", *limits, "-o", "earliest", "-e")
        expect(time.monotonic() - began > shortest, "nothing held the consumer up: is there a quota?")
        expect(read == sent, f"{read.count(chr(10))} of {sent.count(chr(10))} lines, or others")

    def part_of_a_partition(self, topic):
        wanted = parse(self.kcat_read(topic))[1][100:110]
        text = self.uvkafka("consume", "-t", topic, "-p", "1", "-o", "100", "-c", "10", "-f", r"%p\t%o\t%k\t%s\n")
        expect_equal(parse(text), {1: wanted}, "ten messages from offset 100")

    def made_on_first_use(self):
        """The broker creates the topic when it is asked for. The messages wait for their leader."""
        sent = [(f"k{i}", f"{i} first") for i in range(20)]
        self.uvkafka("produce", "-t", "first-use", "-K", DELIMITER,
                     text_in="".join(f"{key}{DELIMITER}{value}\n" for key, value in sent))
        check_content(parse(self.kcat_read("first-use")), sent)

    def headers(self):
        self.uvkafka("produce", "-t", "headers", "-p", "2", "-H", "colour=red", "-H", "size=42", text_in="with headers\n")
        for who, text in (("kcat", self.kcat("-C", "-q", "-t", "headers", "-o", "beginning", "-e", "-f", "%p %h %s\n")),
                          ("uvkafka", self.uvkafka("consume", "-t", "headers", "-o", "earliest", "-e",
                                                   "-f", r"%p %h %s\n"))):
            expect_equal(text, "2 colour=red,size=42 with headers\n", f"read by {who}")

    def null_values(self):
        """kcat -Z sends an empty value as null; both clients tell null from empty."""
        self.kcat("-P", "-t", "null", "-p", "0", "-K", DELIMITER, "-Z", text_in="gone|\nkept|x\n")
        wanted = "gone:-1:\nkept:1:x\n"
        expect_equal(self.kcat("-C", "-q", "-t", "null", "-p", "0", "-e", "-f", "%k:%S:%s\n"), wanted, "read by kcat")
        expect_equal(self.uvkafka("consume", "-t", "null", "-p", "0", "-e", "-f", r"%k:%S:%s\n"), wanted, "read by us")

    def starts(self, topic):
        """Partitions named, -o latest (what comes later only), -o beyond the end."""
        wanted = parse(self.kcat_read(topic))
        got = parse(self.uvkafka("consume", "-t", topic, "-p", "0,2", "-e", "-f", r"%p\t%o\t%k\t%s\n"))
        expect_equal(dict(got), {p: wanted[p] for p in (0, 2)}, "partitions 0 and 2")
        expect_equal(self.uvkafka("consume", "-t", topic, "-o", "latest", "-e"), "", "from the end to the end")
        follower = subprocess.Popen([self.program, "consume", "-b", self.bootstrap, "-t", topic, "-o", "latest",
                                     "-c", "1", "-f", r"%k %s\n"], stdout=subprocess.PIPE, text=True)
        try:
            time.sleep(2)  # the reader has to know the end before more is written
            self.uvkafka("produce", "-t", topic, "-K", DELIMITER, text_in="late|later\n")
            expect_equal(follower.communicate(timeout=20)[0], "late later\n", "what came after it began")
        finally:
            follower.kill()

    def times(self, topic):
        """-o @UNIX_MS starts at the first message not older; both clients see the same timestamps."""
        by_kcat = self.kcat("-C", "-q", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-f", "%T %o\n").split("\n")[:-1]
        by_us = self.uvkafka("consume", "-t", topic, "-p", "0", "-o", "earliest", "-e", "-f", r"%T %o\n").split("\n")[:-1]
        expect_equal(by_us, by_kcat, "timestamps")
        middle = int(by_kcat[len(by_kcat) // 2].split()[0])
        first = next(int(row.split()[1]) for row in by_kcat if int(row.split()[0]) >= middle)
        got = self.uvkafka("consume", "-t", topic, "-p", "0", "-o", f"@{middle}", "-c", "1", "-f", r"%o\n")
        expect_equal(int(got), first, f"first offset at or after {middle}")

    def listing(self, topic):
        text = self.uvkafka("topics", "-t", topic)
        rows = parse(self.kcat_read(topic))
        host, port = self.bootstrap.split(":")
        wanted = f"broker 1 {host}:{port}\ntopic {topic} partitions {PARTITIONS}\n" + "".join(
            f"  partition {p} leader 1 replicas 1 isr 1 earliest 0 latest {len(rows[p])}\n" for p in range(PARTITIONS))
        expect_equal(text, wanted, "`uvkafka topics`")
        expect(wanted.split("\n", 1)[1] in self.uvkafka("topics"), "the listing of all topics does not have this one")

    # --- group offsets ---

    def fill_group_topic(self):
        for partition in range(PARTITIONS):
            self.kcat("-P", "-t", "group", "-p", str(partition),
                      text_in="".join(f"{partition}-{i}\n" for i in range(GROUP_LINES // PARTITIONS + partition)))
        return {p: GROUP_LINES // PARTITIONS + p for p in range(PARTITIONS)}

    def shown_by_us(self, group, topic):
        """`uvkafka offsets` as {partition: committed offset}; a partition without a commit is absent."""
        shown = {}
        for line in self.uvkafka("offsets", "-g", group, "-t", topic).splitlines():
            words = line.replace(group, " ").replace(topic, " ").split()
            numbers = [int(word) for word in words if re.fullmatch(r"-?\d+", word)]
            if len(numbers) >= 2 and numbers[1] >= 0:
                shown[numbers[0]] = numbers[1]
        return shown

    def shown_by_kafka(self, group, topic):
        return kafka_cluster.group_offsets(self.layout, group, topic)

    def commit_all(self, ends):
        text = self.uvkafka("consume", "-t", "group", "-g", "ours", "-o", "earliest", "-e", "-f", r"%p %o\n")
        got = collections.Counter(int(line.split()[0]) for line in text.splitlines())
        expect_equal(dict(got), ends, "messages per partition")
        expect_equal(self.shown_by_kafka("ours", "group"), ends, "offsets shown by Kafka's tool")
        expect_equal(self.shown_by_us("ours", "group"), ends, "offsets shown by `uvkafka offsets`")

    def goes_on_where_it_stopped(self, ends):
        """Half is consumed and committed. The next run of the group gets exactly the other half, whatever -o says."""
        half = sum(ends.values()) // 2
        arguments = ["consume", "-t", "group", "-g", "halves", "-o", "earliest", "-f", r"%p %o\n"]
        first = self.uvkafka(*arguments, "-c", str(half)).splitlines()
        expect_equal(len(first), half, "messages of the first run")
        committed = {}
        for partition, offset in (map(int, line.split()) for line in first):
            committed[partition] = offset + 1
        expect_equal(self.shown_by_us("halves", "group"), committed, "offsets after the first run")
        if self.number >= (0, 10, 2):
            expect_equal(self.shown_by_kafka("halves", "group"), committed, "offsets shown by Kafka's tool")
        second = self.uvkafka(*arguments, "-e").splitlines()
        everything = [f"{p} {o}" for p, end in ends.items() for o in range(end)]
        expect_equal(sorted(first + second), sorted(everything), "messages of both runs")

    def reset_by_us(self, ends):
        self.uvkafka("offsets", "-g", "halves", "-t", "group", "--reset", "earliest")
        expect_equal(self.shown_by_us("halves", "group"), {p: 0 for p in ends}, "after --reset earliest")
        self.uvkafka("offsets", "-g", "halves", "-t", "group", "--reset", "latest")
        expect_equal(self.shown_by_kafka("halves", "group"), ends, "after --reset latest, shown by Kafka's tool")

    def committed_by_kafka(self, ends):
        """A group whose offsets Kafka's own tools stored: the console consumer before 0.11, --reset-offsets since."""
        if self.number >= (0, 11):
            wanted = {p: 17 for p in ends}
            kafka_cluster.group_command(self.layout, "--reset-offsets", "--group", "theirs", "--topic", "group",
                                        "--to-offset", "17", "--execute")
        else:
            wanted = ends
            settings = self.layout.dir / "console-consumer.properties"
            old = self.number < (0, 9)
            settings.write_text("group.id=theirs\n" + ("offsets.storage=kafka\ndual.commit.enabled=false\n" if old else ""))
            where = ["--zookeeper", kafka_cluster.zookeeper(self.layout)] if old \
                else ["--new-consumer", "--bootstrap-server", self.bootstrap]
            kafka_cluster.run_tool(self.layout, "kafka.tools.ConsoleConsumer", *where, "--topic", "group",
                                   "--from-beginning", "--consumer.config", str(settings),
                                   "--max-messages", str(sum(ends.values())), timeout=40)
        expect_equal(self.shown_by_us("theirs", "group"), wanted, "offsets shown by `uvkafka offsets`")
        rest = self.uvkafka("consume", "-t", "group", "-g", "theirs", "-e", "-f", r"%p %o\n").splitlines()
        expect_equal(sorted(rest), sorted(f"{p} {o}" for p in ends for o in range(wanted[p], ends[p])),
                     "what is left for `uvkafka consume -g`")

    # --- all of it ---

    def all(self):
        check = self.checks.run
        # The broker makes topics of PARTITIONS partitions on first use; a JVM for each would cost more than the checks.
        if check(f"{self.lines} keyed lines of ours, read by kcat", self.ours_to_kcat, "ours", "plain"):
            check("the same lines read by us", self.ours_to_ours, "ours", "plain")
            check("ten messages from an offset", self.part_of_a_partition, "ours")
            check("the listing", self.listing, "ours")
        check("lines of kcat read by us", self.kcat_to_ours, "theirs", "kcat")
        for codec in self.codecs:
            if codec == "zstd" and self.number < ZSTD_SINCE:
                check("zstd is refused, and why", self.too_old_for_zstd)
                continue
            if check(f"the same with {codec}, read by kcat", self.ours_to_kcat, f"ours-{codec}", "packed", "-X",
                     f"compression.type={codec}"):
                check(f"the same with {codec}, read by us", self.ours_to_ours, f"ours-{codec}", "packed")
            check(f"{codec} lines of kcat read by us", self.kcat_to_ours, f"theirs-{codec}", "kcat", "-z", codec)
        packed = "theirs-gzip" if "gzip" in self.codecs else "theirs"
        check("kcat and we see the same offsets", self.same_as_kcat, packed)
        check("a topic made on first use", self.made_on_first_use)
        check("null values", self.null_values)
        check("partitions named, from the end", self.starts, "theirs")
        if self.number >= (0, 10, 1):
            check("timestamps and offsets by time", self.times, packed)
        if self.number >= (0, 11):
            check("headers", self.headers)
        if self.number >= RECORDS_NAMED_SINCE:
            check("only the records that the broker names are refused", self.records_refused)
        if self.number >= QUOTAS_BY_BROKER_SINCE:
            check("C18: a quota holds us up and nothing is sent twice", self.over_quota)
        ends = self.fill_group_topic()
        check("offsets committed by us, shown by Kafka's tool", self.commit_all, ends)
        if check("a group goes on where it stopped", self.goes_on_where_it_stopped, ends):
            check("offsets reset by us", self.reset_by_us, ends)
        check("offsets committed by Kafka's tool, shown and used by us", self.committed_by_kafka, ends)


def drive(version, program, lines, codecs):
    directory = scratch(f"broker-{version}")
    quick_quotas = ["quota.window.num=2"] if kafka_cluster.version_tuple(version) >= QUOTAS_BY_BROKER_SINCE else []
    cluster = types.SimpleNamespace(dir=directory, version=version, nodes=1, port=None, secure=False, set=quick_quotas)
    checks = Checks(f"Kafka {version}")
    try:
        kafka_cluster.up(cluster)
        Version(kafka_cluster.Layout(directory), checks, program, lines, codecs).all()
    except (CheckFailed, RuntimeError, subprocess.SubprocessError, SystemExit) as error:
        checks.failed += 1
        print(f"FAIL Kafka {version}: {error}", flush=True)
    finally:
        if checks.failed and (directory / "node1/broker.log").exists():
            print("--- last lines of the broker's log ---\n" +
                  "\n".join((directory / "node1/broker.log").read_text(errors="replace").splitlines()[-15:]))
        kafka_cluster.down(cluster)
        shutil.rmtree(directory, ignore_errors=True)
    return checks.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="default: " + " ".join(VERSIONS))
    parser.add_argument("--uvkafka", default=default_program(), help="the program to drive")
    parser.add_argument("--lines", type=int, default=10000)
    parser.add_argument("--codecs", default=",".join(CODECS), help="those that the program has")
    options = parser.parse_args()
    versions = options.versions or VERSIONS
    skip_unless_kafka(versions)
    codecs = [name for name in options.codecs.split(",") if name]
    sys.exit(max([drive(version, options.uvkafka, options.lines, codecs) for version in versions]))


if __name__ == "__main__":
    main()
