#!/usr/bin/env python3
"""One group with a member in Node, one in Python and one of Kafka's own Java client, on real brokers; a person runs it.

    groups_packages.py [--uvkafka PROGRAM] [VERSION]...

The addon for Node and the extension for Python are those of the build that PROGRAM lies in. It wants java, kcat, node 18
or later, and a build with both; a version takes two to four minutes.

Members (group_member.mjs, group_member_asyncio.py, GroupMember.java) read while records are written; one in Node and one
in Python are killed with SIGKILL, and come back; the Java one leaves. Kafka's kafka-consumer-groups has to show who is
there, that each partition has one owner, and in the end no lag. group_check.py judges what the members say: every record
is read, nothing is committed that was not answered, no partition has two owners, and so on. Besides, each kind of member
has to have read a part, and each partition to have moved.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers or lacks something of the above.
"""
import os
import re
import shutil
import time

import group_check
import groups
import kafka_cluster
import python_package
from harness import eventually, expect, expect_equal, main_on_clusters, skip, skip_unless

VERSIONS = ["3.9.1", "4.3.1"]
PACKAGE = groups.HERE.parents[1] / "samples/node"
# A look with Kafka's tool takes some seconds, in which nothing is written: what follows it has its time.
SCRIPT = """
    0 start node node commit=each ordering=partition {options}
    1 start python python commit=each {options}
    2 start java java commit=each {options}
    9 members node python java
    16 kill node
    20 members python java
    30 start node node commit=batch ordering=unordered {options}
    35 kill python
    38 start python python commit=batch ordering=unordered {options}
    48 members node python java
    57 close java
    60 members node python
    68 end"""
CLASSIC = SCRIPT.format(options=groups.TIMES)  # with the assignors that all three have by default
CONSUMER = SCRIPT.format(options="group.protocol=consumer")


class Packages(groups.Cluster):
    """Has members in Node and Python too. `folder` is where they find their packages."""

    def __init__(self, layout, program, extension, folder):
        super().__init__(layout, program)
        shutil.copy(groups.HERE / "group_member.mjs", folder)
        (folder / "node_modules").mkdir()
        (folder / "node_modules/uvkafka").symlink_to(PACKAGE)
        python_package.put_together(extension, folder / "python")
        self.commands["node"] = ["node", "--preserve-symlinks", folder / "group_member.mjs"]
        self.commands["python"] = ["python3", groups.HERE / "group_member_asyncio.py"]
        self.environment = {**os.environ, "UVKAFKA_NODE_ADDON": str(addon_of(program)),
                            "PYTHONPATH": str(folder / "python")}


class Trial(groups.Trial):
    def act(self, verb, *who):
        if verb != "members":
            return super().act(verb, *who)
        wanted = sorted(f"{each}.{self.count[each]}" for each in who)
        deadline = time.monotonic() + 90
        while (seen := sorted({row["client"] for row in self.rows()})) != wanted:
            expect(time.monotonic() < deadline, f"kafka-consumer-groups shows {seen} as owners of partitions, wanted {wanted}; "
                   f"{self.state()}")
        return None

    def state(self):
        """Of members that run: whether they do, and the last words of each."""
        words = {who: (self.directory / f"{who}.{self.count[who]}.err").read_text()[-300:] for who in self.running}
        return [f"{who}: status {process.poll()} {words[who]!r}" for who, process in self.running.items()]

    def rows(self):
        """What kafka-consumer-groups shows of each partition."""
        text = kafka_cluster.group_command(self.cluster.layout, "--describe", "--group", self.name)
        found = re.findall(rf"^{self.name}\s+{self.name}\s+(\d+)\s+(\d+|-)\s+(\d+)\s+(\d+|-)\s+(\S+)\s+\S+\s+(\S+)", text, re.M)
        return [dict(zip(("partition", "committed", "end", "lag", "member", "client"), row)) for row in found]

    def finish(self, written):
        eventually("the group to reach the end of the log", lambda: sum(self.cluster.committed(self.name)) == written, 60)
        rows = self.rows()
        expect_equal(sorted(int(row["partition"]) for row in rows), list(range(groups.PARTITIONS)), "partitions in Kafka's tool")
        expect_equal({row["lag"] for row in rows}, {"0"}, "lags in Kafka's tool")
        expect_equal(sum(int(row["committed"]) for row in rows), written, "the sum of offsets in Kafka's tool")
        self.say("produced", c=[[self.name, int(row["partition"]), int(row["end"])] for row in rows])
        super().finish(written)

    def judge(self):
        said = super().judge()
        events = group_check.read([path for path in self.directory.glob("*.jsonl") if path.name != "driver.jsonl"])
        read, owners = {}, {}
        for event in events:
            kind = event["m"].split(".")[0]
            if event["e"] == "record":
                read[kind] = read.get(kind, 0) + 1
            elif event["e"] == "assigned":
                for _, partition in event["p"]:
                    owners.setdefault(partition, set()).add(event["m"])
        for kind in ("node", "python", "java"):
            expect(read.get(kind, 0) > 100, f"{kind} has read its part: {read}")
        expect_equal(sorted(owners), list(range(groups.PARTITIONS)), "partitions with an owner")
        expect(all(len(each) > 1 for each in owners.values()), f"each partition has moved: {owners}")
        return said + ", read by " + ", ".join(f"{kind} {count}" for kind, count in sorted(read.items()))


def addon_of(program):
    return program.parent / "node/addon/uvkafka.node"


def drive(checks, layout, directory, program):
    extensions = list(program.parent.glob("_native*.so"))
    if not extensions or not addon_of(program).exists():
        skip(f"no addon for Node, or no extension for Python, beside {program}")
    cluster = Packages(layout, program, extensions[0], directory)

    def trial(name, script):
        kafka_cluster.make_topic(layout, name, groups.PARTITIONS, 1)
        one = Trial(name, cluster, directory)
        try:
            written = one.play(script)
            one.finish(written)
            return one.judge()
        finally:
            one.end()

    checks.run("assignors by default", trial, "classic", CLASSIC)
    if kafka_cluster.version_tuple(layout.state["version"]) >= (4, 0):
        checks.run("KIP-848", trial, "consumer", CONSUMER)


if __name__ == "__main__":
    skip_unless(["node"])
    main_on_clusters("packages", __doc__, VERSIONS, drive,
                     settings=["group.initial.rebalance.delay.ms=0", *groups.CONSUMER_TIMES])
