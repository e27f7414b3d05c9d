#!/usr/bin/env python3
"""D3 on real brokers: a topic is deleted and made anew under a reader and a writer.

    recreated.py [--uvkafka PROGRAM] [VERSION]...

A reader of a group runs all the time. Another one stands still (SIGSTOP) while the topic is deleted and made anew, and
goes on when the new topic has as many lines as the old one, or more. Both have to read every line of the new topic from
its first one, and the group's offset has to end at the new topic's end. 4.3 names topics by their ids, 2.8 has ids in
metadata alone, 1.1 has none.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import argparse
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import types

import kafka_cluster
from harness import Checks, default_program, expect_equal, run, scratch, skip_unless_kafka

VERSIONS = ["1.1.1", "2.8.2", "4.3.1"]
SETTINGS = ["auto.create.topics.enable=false"]


class Cluster:
    def __init__(self, directory, program):
        self.layout = kafka_cluster.Layout(directory)
        self.bootstrap = self.layout.bootstrap("PLAINTEXT")
        self.program = program

    def topics(self):
        text = run(["kcat", "-b", self.bootstrap, "-L", "-m", "10"], timeout=30)
        return {line.split('"')[1] for line in text.splitlines() if line.strip().startswith('topic "')}

    def delete(self, topic):
        version = kafka_cluster.version_tuple(self.layout.state["version"])
        where = ["--bootstrap-server", self.bootstrap] if version >= (2, 2) else [
            "--zookeeper", kafka_cluster.zookeeper(self.layout)]
        kafka_cluster.run_tool(
            self.layout, "org.apache.kafka.tools.TopicCommand" if version >= (3, 7) else "kafka.admin.TopicCommand",
            *where, "--delete", "--topic", topic)
        kafka_cluster.wait_for(f"{topic} to be gone", lambda: topic not in self.topics(), 60)

    def produce(self, topic, word, count):
        run([self.program, "produce", "-b", self.bootstrap, "-t", topic],
            text_in="".join(f"{word} {n}\n" for n in range(count)))

    def reader(self, topic, group, file):
        out = open(file, "wb")  # pylint: disable=consider-using-with # the process has it as long as it lives
        return subprocess.Popen(
            [self.program, "consume", "-b", self.bootstrap, "-t", topic, "-g", group, "-f", r"%o %s\n"],
            stdout=out, stderr=subprocess.PIPE, text=True)

    def committed(self, topic, group):
        return run([self.program, "offsets", "-b", self.bootstrap, "-g", group, "-t", topic]).split()[2]


def lines(word, count):
    return [f"{n} {word} {n}" for n in range(count)]


def read_through(cluster, directory, topic, stopped, old, new):
    """One reader, `old` lines before and `new` ones after; `stopped`: it stands still meanwhile."""
    file = directory / f"{topic}.read"
    kafka_cluster.make_topic(cluster.layout, topic)
    cluster.produce(topic, "old", old)
    reader = cluster.reader(topic, topic, file)
    try:
        kafka_cluster.wait_for("the old lines", lambda: len(file.read_text().splitlines()) == old, 60)
        kafka_cluster.wait_for("the old commit", lambda: cluster.committed(topic, topic) == str(old), 30)
        if stopped:
            reader.send_signal(signal.SIGSTOP)
        cluster.delete(topic)
        kafka_cluster.make_topic(cluster.layout, topic)
        cluster.produce(topic, "new", new)
        if stopped:
            time.sleep(3)
            reader.send_signal(signal.SIGCONT)
        wanted = lines("old", old) + lines("new", new)
        try:
            kafka_cluster.wait_for("the new lines", lambda: f"new {new - 1}\n" in file.read_text(), 60)
            kafka_cluster.wait_for("the new commit", lambda: cluster.committed(topic, topic) == str(new), 30)
        finally:
            expect_equal(file.read_text().splitlines(), wanted, "read in all")
    finally:
        reader.send_signal(signal.SIGCONT)
        reader.kill()
        reader.communicate()


def write_through(cluster, directory):
    """One writer, with the topic made anew between its lines."""
    topic = "written"
    kafka_cluster.make_topic(cluster.layout, topic)
    writer = subprocess.Popen([cluster.program, "produce", "-b", cluster.bootstrap, "-t", topic], stdin=subprocess.PIPE,
                              stderr=open(directory / "writer.log", "wb"), text=True)
    try:
        def write(word, count):
            writer.stdin.write("".join(f"{word} {n}\n" for n in range(count)))
            writer.stdin.flush()

        def end():
            return run([cluster.program, "consume", "-b", cluster.bootstrap, "-t", topic, "-o", "beginning", "-e",
                        "-f", r"%o %s\n"]).splitlines()
        write("old", 5)
        kafka_cluster.wait_for("the old lines", lambda: end() == lines("old", 5), 30)
        cluster.delete(topic)
        kafka_cluster.make_topic(cluster.layout, topic)
        write("new", 5)
        kafka_cluster.wait_for("the new lines", lambda: len(end()) == 5, 60)
        writer.stdin.close()
        writer.wait(60)
        expect_equal(end(), lines("new", 5), "written")
        expect_equal(writer.returncode, 0, "the writer's status")
    finally:
        writer.kill()


def judge(version, program):
    directory = scratch(f"recreated-{version}")
    options = types.SimpleNamespace(dir=directory, version=version, nodes=1, port=None, secure=False, set=SETTINGS)
    checks = Checks(f"Kafka {version}")
    try:
        kafka_cluster.up(options)
        cluster = Cluster(directory, program)
        for stopped in (False, True):
            for old, new in ((1, 4), (4, 4), (6, 2), (3, 9)):
                topic = f"{'stopped' if stopped else 'running'}-{old}-{new}"
                checks.run(topic, read_through, cluster, directory, topic, stopped, old, new)
        checks.run("a writer", write_through, cluster, directory)
    finally:
        kafka_cluster.down(options)
        shutil.rmtree(directory, ignore_errors=True)
    return checks.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="default: " + " ".join(VERSIONS))
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program(), help="the program to drive")
    options = parser.parse_args()
    versions = options.versions or VERSIONS
    skip_unless_kafka(versions)
    sys.exit(max([judge(version, options.uvkafka) for version in versions]))


if __name__ == "__main__":
    main()
