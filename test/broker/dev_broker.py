#!/usr/bin/env python3
"""Runs foreign clients against `uvkafka broker`: kcat, librdkafka, Kafka's console tools.

    dev_broker.py [--uvkafka PROGRAM] [--rdkafka-client PROGRAM] [--bootstrap HOST:PORT] [--codecs NAME,...]

With --bootstrap it starts no broker and judges that one: a run against a real Kafka (topics `three` and `rdkafka` of
three partitions) shows that the checks themselves are right. Without java the console tools are skipped, loudly.
Exit status: 0 if all checks hold, 1 if one does not, 77 if kcat is missing.
"""
import argparse
import json
import pathlib
import re
import signal
import subprocess
import shutil
import sys
import time
import types

import kafka_cluster
from harness import Checks, TOPIC_READ, default_program, expect, expect_equal, run, scratch, skip_unless
from matrix import DELIMITER, check_content, keyed_lines, parse

LINES = 10000
CODECS = ["gzip", "snappy", "lz4", "zstd"]
BROKERS = 3
CONSOLE_VERSIONS = ["1.1.1", "4.3.1"]


class Clients:
    def __init__(self, bootstrap, directory):
        self.bootstrap, self.directory = bootstrap, directory

    def kcat(self, *arguments, text_in=""):
        return run(["kcat", "-b", self.bootstrap, "-m", "20", *arguments], text_in, timeout=40)

    def read(self, topic, *options):
        return parse(self.kcat("-C", "-q", "-t", topic, "-o", "beginning", "-e", "-f", TOPIC_READ, *options))

    def listing(self, brokers):
        seen = json.loads(self.kcat("-L", "-J"))
        expect_equal(len(seen["brokers"]), brokers, "brokers listed")
        topics = {topic["topic"]: topic["partitions"] for topic in seen["topics"]}
        expect_equal(len(topics["three"]), 3, "partitions of `three`")
        expect(all(partition["leader"] > 0 for partition in topics["three"]), f"leaders: {topics['three']}")

    def there_and_back(self, topic, word, *options):
        sent = keyed_lines(LINES, word)
        self.kcat("-P", "-t", topic, "-K", DELIMITER, *options,
                  text_in="".join(f"{key}{DELIMITER}{value}\n" for key, value in sent))
        check_content(self.read(topic, *[word for word in options if word != "-z" and word not in CODECS]), sent)

    def read_by_us(self, uvkafka, topic, word):
        text = run([uvkafka, "consume", "-b", self.bootstrap, "-t", topic, "-o", "earliest", "-e", "-f", TOPIC_READ])
        check_content(parse(text), keyed_lines(LINES, word))

    def written_by_us(self, uvkafka, codec):
        topic = f"ours-{codec}"
        sent = keyed_lines(LINES, "ours")
        run([uvkafka, "produce", "-b", self.bootstrap, "-t", topic, "-K", DELIMITER, "-X", f"compression.type={codec}"],
            "".join(f"{key}{DELIMITER}{value}\n" for key, value in sent))
        check_content(self.read(topic), sent)
        self.read_by_us(uvkafka, topic, "ours")

    def by_time(self):
        rows = [tuple(map(int, line.split())) for line in
                self.kcat("-C", "-q", "-t", "three", "-p", "0", "-o", "beginning", "-e", "-f", "%o %T\n").splitlines()]
        asked = rows[len(rows) // 2][1]
        wanted = next(offset for offset, timestamp in rows if timestamp >= asked)
        text = self.kcat("-Q", "-t", f"three:0:{asked}")
        expect(re.search(rf"offset {wanted}$", text.strip()), f"wanted offset {wanted} at {asked}, kcat says {text!r}")

    def made_on_first_use(self, one_partition):
        self.kcat("-P", "-t", "first-use", text_in="one\ntwo\n")
        rows = self.read("first-use")
        expect_equal(sorted(value for part in rows.values() for _, _, value in part), ["one", "two"], "what is read")
        expect(not one_partition or set(rows) == {0}, f"partitions: {list(rows)}, wanted one")

    def rdkafka(self, program):
        done = subprocess.run([program, self.bootstrap, "rdkafka"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=90)
        expect(done.returncode == 0, f"exit status {done.returncode}:\n{done.stdout[-2000:]}")
        return f"{done.stdout.count('ok  ')} checks"

    def console(self, version):
        """Kafka's console producer with idempotence, and its console consumer by partition, committed records only."""
        layout = types.SimpleNamespace(dir=self.directory, state={"version": version, "secure": False})
        new = kafka_cluster.version_tuple(version) >= (4, 0)
        topic, lines = f"console-{version}", [f"{i} by the console of {version}" for i in range(1000)]
        producer = "org.apache.kafka.tools.ConsoleProducer" if new else "kafka.tools.ConsoleProducer"
        where = "--bootstrap-server" if new else "--broker-list"
        kafka_cluster.run_tool(layout, producer, where, self.bootstrap, "--topic", topic, "--request-required-acks",
                               "-1", "--producer-property", "enable.idempotence=true",
                               text_in="\n".join(lines) + "\n")
        consumer = "org.apache.kafka.tools.consumer.ConsoleConsumer" if new else "kafka.tools.ConsoleConsumer"
        partitions = sorted(self.read(topic))
        text = "".join(kafka_cluster.run_tool(layout, consumer, "--bootstrap-server", self.bootstrap, "--topic", topic,
                                              "--partition", str(partition), "--offset", "earliest",
                                              "--isolation-level", "read_committed", "--max-messages",
                                              str(len(self.read(topic)[partition])), "--timeout-ms", "20000")
                       for partition in partitions)
        expect_equal(sorted(text.splitlines()), sorted(lines), "lines read by the console consumer")

    def all(self, checks, options):
        check = checks.run
        if not options.bootstrap:
            check("kcat lists brokers and topics", self.listing, BROKERS)
        check("a topic made on first use", self.made_on_first_use, not options.bootstrap)
        check("kcat there and back", self.there_and_back, "three", "plain")
        check("kcat offsets by time", self.by_time)
        for codec in options.codecs:
            check(f"kcat there and back, {codec}", self.there_and_back, f"zipped-{codec}", "zipped", "-z", codec)
            check(f"{codec} of kcat read by us", self.read_by_us, options.uvkafka, f"zipped-{codec}", "zipped")
            check(f"{codec} of ours read by kcat and us", self.written_by_us, options.uvkafka, codec)
        if not options.bootstrap:  # present real brokers refuse versions that old
            for fallback in ("0.8.2", "0.9.0", "0.10.0"):
                for codec in sorted({"gzip", "snappy", "lz4"} & set(options.codecs)):
                    check(f"kcat as a client of {fallback}, {codec}", self.there_and_back, f"old-{fallback}-{codec}", "old",
                          "-z", codec, "-X", "api.version.request=false", "-X", f"broker.version.fallback={fallback}")
                    check(f"{codec} of that kcat read by us", self.read_by_us, options.uvkafka, f"old-{fallback}-{codec}",
                          "old")
        if options.rdkafka_client:
            check("librdkafka", self.rdkafka, options.rdkafka_client)
        if not shutil.which("java"):
            print("SKIPPED Kafka's console tools: java is not installed", file=sys.stderr)
            return
        for version in CONSOLE_VERSIONS:
            try:
                kafka_cluster.jars(version)
            except SystemExit:
                print(f"SKIPPED the console tools of {version}: see above", file=sys.stderr)
                continue
            check(f"console producer and consumer of Kafka {version}", self.console, version)


def start_broker(program):
    port = kafka_cluster.free_base_port(1)
    command = [program, "broker", "--port", str(port), "--brokers", str(BROKERS),
               "--topic", "three:3", "--topic", "zipped:2", "--topic", "rdkafka:3"]
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not all(kafka_cluster.listening(port + k) for k in range(BROKERS)):
        if broker.poll() is not None or time.monotonic() > deadline:
            broker.kill()
            sys.exit(f"FAIL `uvkafka broker` does not listen on {BROKERS} ports from {port}")
        time.sleep(0.05)
    return broker, f"127.0.0.1:{port}"


def end_broker(broker):
    broker.send_signal(signal.SIGTERM)
    try:
        expect_equal(broker.wait(10), 0, "exit status after SIGTERM")
    finally:
        broker.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    parser.add_argument("--rdkafka-client", type=pathlib.Path)
    parser.add_argument("--bootstrap")
    parser.add_argument("--codecs", type=lambda text: text.split(","), default=CODECS, help="of the build (default: all)")
    options = parser.parse_args()
    skip_unless(["kcat"])
    directory = scratch("dev-broker")
    checks = Checks("dev broker")
    broker, bootstrap = (None, options.bootstrap) if options.bootstrap else start_broker(options.uvkafka)
    try:
        Clients(bootstrap, directory).all(checks, options)
        if broker:
            checks.run("the broker ends on SIGTERM", end_broker, broker)
    finally:
        if broker:
            broker.kill()
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
