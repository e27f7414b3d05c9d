#!/usr/bin/env python3
"""D3 on real brokers: topics are deleted and made anew under readers and a writer.

    recreated.py [--uvkafka PROGRAM] [VERSION]...

Each reader has a group and a topic of its own, and all of them run at the same time. Some run while their topic is deleted
and made anew. Others stand still (SIGSTOP) meanwhile, and go on when the new topic has its lines. A new topic gets as many
lines as the old one, more, or less; at once, or after its reader may have seen it empty. And it comes a little later for each
reader: what the reader is just doing then, and what it waits for, decides what it can notice. All have to read every line of
the new topic from its first one, and the group's offset has to end at the new topic's end. 4.3 names topics by their ids, 2.8 has
ids in metadata alone, 1.1 has none.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers.
"""
import signal
import subprocess
import time

import topics
from harness import eventually, expect_equal, main_on_clusters, run

VERSIONS = ["1.1.1", "2.8.2", "4.3.1"]
SETTINGS = ["auto.create.topics.enable=false"]
COUNTS = [(1, 4), (4, 4), (6, 2), (3, 9)]  # lines of the old topic, and of the new one
# Without ids a reader learns from an error that a topic is gone. The poll that is under way takes up to 0.5 s.
GONE, GONE_LONGER = 1.5, 0.05  # seconds for the first reader, and so much longer for each further one
EMPTY = [0, 0.3, 0, 1.2]  # seconds from the new topic to its lines
STOPPED = 3  # a reader that stands still goes on so long after the last line
WRITTEN = "written"
# CreateTopics is asked again then: the old topic is still being deleted; the broker has not joined its cluster yet.
AGAIN = {"topic already exists": 36, "invalid replication factor": 38}


class Reader:
    def __init__(self, name, directory, old, new, gone, empty, stopped):
        self.name, self.old, self.new, self.stopped = name, old, new, stopped
        self.made_at, self.filled_at = gone, gone + empty  # seconds after the old topic has gone
        self.file = directory / f"{name}.read"
        self.process = None

    def start(self, cluster):
        out = open(self.file, "wb")  # pylint: disable=consider-using-with # the process has it as long as it lives
        self.process = subprocess.Popen(
            [cluster.program, "consume", "-b", cluster.bootstrap, "-t", self.name, "-g", self.name, "-f", r"%o %s\n"],
            stdout=out, stderr=subprocess.DEVNULL)

    def lines(self):
        return self.file.read_text().splitlines()

    def check(self, cluster):
        wanted = lines("old", self.old) + lines("new", self.new)
        try:
            eventually("the new lines", lambda: f"new {self.new - 1}" in self.file.read_text(), 60)
            eventually("the new commit", lambda: cluster.committed(self.name) == str(self.new), 30)
        finally:  # what was read says more than that it took too long
            expect_equal(self.lines(), wanted, "read in all")

    def end(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class Cluster:
    def __init__(self, layout, program):
        self.bootstrap = layout.bootstrap("PLAINTEXT")
        self.port = layout.port(1, "PLAINTEXT")
        self.program = program

    def known(self):
        text = run(["kcat", "-b", self.bootstrap, "-L", "-m", "10"], timeout=30)
        return {line.split('"')[1] for line in text.splitlines() if line.strip().startswith('topic "')}

    def create(self, names):
        """A topic that is being deleted still exists for a while."""
        def done():
            created = topics.create(self.port, [name for name in names if name not in made])
            made.update(name for name, code in created.items() if code == 0)
            others = {name: code for name, code in created.items() if code not in (0, *AGAIN.values())}
            expect_equal(others, {}, "errors of CreateTopics")
            return len(made) == len(names)
        made = set()
        eventually("topics to be made", done)
        eventually("topics to be there", lambda: set(names) <= self.known())

    def delete(self, names):
        expect_equal(topics.delete(self.port, names), dict.fromkeys(names, 0), "DeleteTopics")
        eventually("topics to be gone", lambda: not set(names) & self.known())

    def produce(self, topic, word, count):
        run([self.program, "produce", "-b", self.bootstrap, "-t", topic],
            text_in="".join(f"{word} {n}\n" for n in range(count)))

    def committed(self, topic):
        return run([self.program, "offsets", "-b", self.bootstrap, "-g", topic, "-t", topic]).split()[2]

    def log(self, topic):
        return run([self.program, "consume", "-b", self.bootstrap, "-t", topic, "-o", "beginning", "-e", "-f",
                    r"%o %s\n"]).splitlines()


def lines(word, count):
    return [f"{n} {word} {n}" for n in range(count)]


def write(writer, word, count):
    writer.stdin.write("".join(f"{word} {n}\n" for n in range(count)))
    writer.stdin.flush()


def make_anew(cluster, readers, writer):
    """The old topics at once, the new ones one by one."""
    names = [reader.name for reader in readers] + [WRITTEN]
    cluster.create(names)
    write(writer, "old", 5)
    for reader in readers:
        cluster.produce(reader.name, "old", reader.old)
        reader.start(cluster)
    for reader in readers:
        eventually(f"the old lines of {reader.name}", lambda: len(reader.lines()) == reader.old)
        eventually(f"the commit of {reader.name}", lambda: cluster.committed(reader.name) == str(reader.old))
    eventually("the writer's old lines", lambda: cluster.log(WRITTEN) == lines("old", 5))
    for reader in readers:
        if reader.stopped:
            reader.process.send_signal(signal.SIGSTOP)
    cluster.delete(names)
    gone = time.monotonic()
    steps = [(each.made_at, lambda each=each: cluster.create([each.name])) for each in readers]
    steps += [(each.filled_at, lambda each=each: cluster.produce(each.name, "new", each.new)) for each in readers]
    for due, step in sorted(steps, key=lambda one: one[0]):
        time.sleep(max(0, gone + due - time.monotonic()))
        step()
    cluster.create([WRITTEN])
    write(writer, "new", 5)
    time.sleep(STOPPED)
    for reader in readers:
        reader.process.send_signal(signal.SIGCONT)


def check_writer(cluster, writer):
    eventually("the new lines", lambda: len(cluster.log(WRITTEN)) == 5)
    writer.stdin.close()
    writer.wait(60)
    expect_equal(cluster.log(WRITTEN), lines("new", 5), "written")
    expect_equal(writer.returncode, 0, "the writer's status")


def drive(checks, layout, directory, program):
    cluster = Cluster(layout, program)
    cases = [(old, new, empty, False) for empty in EMPTY for old, new in COUNTS]
    cases += [(old, new, 0, True) for old, new in COUNTS]
    readers = [Reader(f"{'stopped' if stopped else 'running'}-{old}-{new}-{number}", directory, old, new,
                      GONE + GONE_LONGER * number, empty, stopped)
               for number, (old, new, empty, stopped) in enumerate(cases)]
    with open(directory / "writer.log", "wb") as log:
        writer = subprocess.Popen([program, "produce", "-b", cluster.bootstrap, "-t", WRITTEN], stdin=subprocess.PIPE,
                                  stderr=log, text=True)
    try:
        if checks.run("topics made anew", make_anew, cluster, readers, writer):
            for reader in readers:
                checks.run(reader.name, reader.check, cluster)
            checks.run("a writer", check_writer, cluster, writer)
    finally:
        writer.kill()
        for reader in readers:
            reader.end()


if __name__ == "__main__":
    main_on_clusters("recreated", __doc__, VERSIONS, drive, settings=SETTINGS)
