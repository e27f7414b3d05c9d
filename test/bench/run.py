#!/usr/bin/env python3
"""Runs the same work through this library and through librdkafka, in turn, against one real broker, and the bare limit.

Run it on a machine that does nothing else (java 17+ and mvn or the jars of an earlier run, librdkafka-dev, and
valgrind for the instruction counts):

    meson setup build-bench -Dbench=true -Dbuildtype=release
    ninja -C build-bench test/bench/uvkafka_bench test/bench/rdkafka_bench test/bench/limit_bench test/loop/devbroker_main
    test/bench/run.py --build build-bench --rounds 3 --json bench.json --results test/bench/RESULTS.md

It takes about 30 minutes on 2 cores. Also:
    --quick             only works with a target, 2 rounds: 8 minutes
    --only WORDS        works whose name contains one of WORDS (separated by |), e.g. --only 'consume 100 B|idle'
    --list              prints the names of the works and ends
    --full              the whole product of sizes, partitions, codecs, acks and linger: hours
    --render FILE       no run: writes --results and the chart anew from a JSON file
    --dir FOLDER        where the brokers keep their logs, up to 8 GB (default: the system's folder for temporary files);
                        /dev/shm keeps a slow disk out of it: a broker syncs a file for the first batch of each partition
    --no-instructions   without the counts of test/bench/instructions.py
The results file gets a chart beside it, with the same name and .svg. Results of a part of the works (--only, --quick) do
not replace results of all works: they need a file of their own.

Each round runs both clients one after the other, and the next round in the opposite order. A ratio is ours / theirs of
one round. The median of the rounds is printed. CPU is user and system of the client's process, from its
first message to its last report; peak memory is VmHWM; the broker's CPU is that of its process while the client ran.
A work with an option that a client does not know (exit status 3) is skipped and named.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "broker")]
import instructions  # noqa: E402
import kafka_cluster  # noqa: E402
import report  # noqa: E402
import works as all_of  # noqa: E402

RELEASE = "4.3.1"
NOT_KNOWN = 3  # measure.hpp's kNotKnown
TIMEOUT = 300  # s, of one run
FILL_TIMEOUT = 900  # s
WARM_UP = 1_000_000  # messages
# A broker as people run it: with its full compiler, else it would be the limit of everything.
JVM_FLAGS = ["-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData"]
BROKER_SETTINGS = ["log.segment.delete.delay.ms=1000", "log.retention.hours=24", "auto.create.topics.enable=false"]


class NotKnown(Exception):
    pass


class Failed(Exception):
    pass


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


class RealCluster:
    """Kafka brokers, started when they are first needed."""

    def __init__(self, folder, nodes, secure=False):
        self.where = argparse.Namespace(dir=f"{folder}/real-{nodes}{'-secure' if secure else ''}", nodes=nodes, port=None,
                                        version=RELEASE, secure=secure, set=BROKER_SETTINGS)
        kafka_cluster.JVM_FLAGS[:] = JVM_FLAGS
        with contextlib.redirect_stdout(sys.stderr):
            kafka_cluster.up(self.where)
        layout = kafka_cluster.Layout(self.where.dir)
        self.bootstrap = layout.bootstrap("PLAINTEXT")
        if secure:
            self.tls = layout.bootstrap("SSL"), ["-X", "security.protocol=ssl", "-X", f"ssl.ca.location={layout.dir}/tls/ca.pem"]
        self.pids = list(layout.state["pids"].values())

    def make(self, programs, topic):
        programs.run(programs.theirs, ["make", "-b", self.bootstrap, "-t", topic.name, "-p", str(topic.partitions)])

    def remove(self, programs, topic):
        programs.run(programs.theirs, ["remove", "-b", self.bootstrap, "-t", topic.name])

    def down(self):
        kafka_cluster.down(self.where)


class DevBrokers:
    """In-memory brokers in a process of their own, with topics given at the start."""

    def __init__(self, program, topic):
        for _ in range(100):
            port = random.randrange(20000, 31000)
            if all(self.is_free(port + i) for i in range(topic.brokers)):
                break
        self.process = subprocess.Popen([program, str(port), str(topic.brokers), "", f"{topic.name}:{topic.partitions}"],
                                        stdout=subprocess.PIPE, text=True)
        self.bootstrap = self.process.stdout.readline().strip()
        if not self.bootstrap:
            raise Failed(f"{program} did not start")
        self.pids = [self.process.pid]

    @staticmethod
    def is_free(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    def make(self, programs, topic):
        pass

    def remove(self, programs, topic):
        self.down()

    def down(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Programs:
    """The programs are copied when the run begins, so that a build does not disturb it."""

    def __init__(self, build, folder):
        bench = build / "test/bench"
        self.ours, self.theirs, self.limit = (bench / f"{name}_bench" for name in ("uvkafka", "rdkafka", "limit"))
        self.dev_broker = build / "test/loop/devbroker_main"
        for program in (self.ours, self.theirs, self.limit, self.dev_broker):
            if not program.exists():
                sys.exit(f"{program} is not built: see the head of run.py (rdkafka_bench needs librdkafka-dev)")
        self.ours, self.theirs, self.limit, self.dev_broker = (
            pathlib.Path(shutil.copy(program, folder))
            for program in (self.ours, self.theirs, self.limit, self.dev_broker))

    @staticmethod
    def run(program, arguments, pids=(), timeout=TIMEOUT):
        before, began = cpu_seconds(pids), time.monotonic()
        try:
            done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"{program.name} {shlex.join(arguments)}: not done in {timeout} s") from None
        wall = time.monotonic() - began
        if done.returncode == NOT_KNOWN:
            raise NotKnown(f"{program.name}: {done.stderr.strip()}")
        if done.returncode:
            raise Failed(f"{program.name} {shlex.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        lines = done.stdout.splitlines()
        if not lines or not lines[-1].startswith("{"):
            return {}
        result = json.loads(lines[-1])
        if result["failed"]:
            raise Failed(f"{program.name} {shlex.join(arguments)}: {result['failed']} messages failed")
        result["broker_cores"] = (cpu_seconds(pids) - before) / wall if pids else 0.0
        return result


def figures(mode):
    """The figures of a work: {name: function that takes a program's result}."""
    if mode == "latency":
        return {"p50 µs": lambda r: r["latency_us"]["p50"], "p99 µs": lambda r: r["latency_us"]["p99"],
                "p99.9 µs": lambda r: r["latency_us"]["p999"], "CPU µs": lambda r: r["cpu_us_per_message"]}
    if mode == "idle":
        return {"CPU ms": lambda r: r["cpu_seconds"] * 1000, "wakeups": lambda r: r["wakeups"],
                "peak MB": lambda r: r["peak_rss_kb"] / 1024}
    return {"CPU µs": lambda r: r["cpu_us_per_message"], "messages/s": lambda r: r["messages_per_second"],
            "peak MB": lambda r: r["peak_rss_kb"] / 1024}


def ratio(a, b):
    return a / b if b else (1.0 if a == 0 else float("inf"))


class Bench:
    def __init__(self, programs, rounds, folder, works):
        self.programs, self.rounds, self.folder, self.works = programs, rounds, folder, works
        self.clusters = {}
        self.left = {}  # works still to come, by topic
        for work in works:
            self.left[work.topic] = self.left.get(work.topic, 0) + 1
        self.made = set()
        self.group = 0

    def cluster(self, topic, tls=False):
        if tls:
            if "tls" not in self.clusters:
                self.clusters["tls"] = RealCluster(self.folder, 1, secure=True)
                self.warm_up(self.clusters["tls"])
            return self.clusters["tls"]
        if topic.brokers and not topic.real:
            if topic not in self.clusters:
                self.clusters[topic] = DevBrokers(self.programs.dev_broker, topic)
            return self.clusters[topic]
        nodes = topic.brokers or 1
        if nodes not in self.clusters:
            self.clusters[nodes] = RealCluster(self.folder, nodes)
            if nodes == 1:
                self.warm_up(self.clusters[nodes])
        return self.clusters[nodes]

    def warm_up(self, cluster):
        """In its first seconds a broker's compiler is busy. They must not count for either client."""
        topic = all_of.Topic("warm-up")
        cluster.make(self.programs, topic)
        to = ["-b", cluster.bootstrap, "-t", topic.name, "-s", "100", "-n", str(WARM_UP)]
        for program in (self.programs.ours, self.programs.theirs):
            self.programs.run(program, ["produce", *to, *all_of.options()])
            self.programs.run(program, ["consume", *to])
        cluster.remove(self.programs, topic)

    def prepare(self, work, cluster):
        topic = work.topic
        if topic in self.made:
            return
        self.made.add(topic)
        cluster.make(self.programs, topic)
        to = ["produce", "-b", cluster.bootstrap, "-t", topic.name, "-s", str(topic.size), *all_of.options()]
        if topic.fill:
            layout = ["-X", f"compression.type={topic.codec}"]
            per_batch = max(topic.batch // (topic.size + 16), 1)
            if topic.batch:
                layout += ["-X", f"batch.size={topic.batch}", "-u", str(per_batch)]
            elif topic.partitions > 1:  # evenly, in a few large batches
                layout += ["-u", str(max(topic.fill // topic.partitions // 2, 1))]
            extra = topic.partitions * per_batch  # so that no partition's share is rounded away
            self.programs.run(self.programs.ours, [*to, "-n", str(topic.fill + extra), *layout],
                              timeout=FILL_TIMEOUT)
        elif work.mode == "produce":  # the first batch of a partition costs a broker more than any later one
            self.programs.run(self.programs.ours, [*to, "-n", str(10 * topic.partitions), "-u", "10"],
                              timeout=FILL_TIMEOUT)
        if work.mode == "commit":  # the first commit creates the topic of the offsets
            self.run(self.programs.theirs, work, cluster, ["-c", "sync"], count=10)

    def run(self, program, work, cluster, extra, count=None, tls=False):
        self.group += 1
        bootstrap, secure = cluster.tls if tls else (cluster.bootstrap, [])
        return self.programs.run(
            program, [work.mode, "-b", bootstrap, "-t", work.topic.name, "-s", str(work.size),
                      "-n", str(count or work.count), "-g", f"bench-{self.group}", *work.options, *secure, *extra], cluster.pids)

    def measure(self, work):
        cluster = self.cluster(work.topic, work.tls)
        self.prepare(work, cluster)
        rounds = []
        for number in range(self.rounds):
            one = {}
            if work.limit:
                one["limit"] = self.programs.run(self.programs.limit, ["-n", str(work.count), "-s", str(work.size)])
            both = [("ours", self.programs.ours, work.ours), ("theirs", self.programs.theirs, work.theirs)]
            for side, program, extra in both if number % 2 == 0 else both[::-1]:
                one[side] = self.run(program, work, cluster, extra, tls=work.tls)
            if work.tls:
                one["in clear"] = self.run(self.programs.ours, work, cluster, work.ours)
            rounds.append(one)
        return rounds

    def result(self, work):
        """Measures one work and returns its entry of the results."""
        entry = {"name": work.name, "mode": work.mode, "group": work.group, "at": work.at, "size": work.size,
                 "messages": work.count, "options": [*work.options, *work.ours], "figures": {}, "targets": work.targets}
        try:
            rounds = self.measure(work)
        except NotKnown as why:
            return {**entry, "skipped": str(why)}
        except Failed as why:
            return {**entry, "failed": str(why)}
        finally:
            self.left[work.topic] -= 1
            if self.left[work.topic] == 0 and work.topic in self.made:
                with contextlib.suppress(Failed):
                    self.cluster(work.topic, work.tls).remove(self.programs, work.topic)
        entry["rounds"] = rounds
        for figure, of in figures(work.mode).items():
            pairs = [(of(one["ours"]), of(one["theirs"])) for one in rounds]
            entry["figures"][figure] = {
                "ours": statistics.median(a for a, _ in pairs), "theirs": statistics.median(b for _, b in pairs),
                "ratio": statistics.median(ratio(a, b) for a, b in pairs)}
        entry["broker_cores"] = {side: statistics.median(one[side]["broker_cores"] for one in rounds)
                                 for side in ("ours", "theirs")}
        if work.limit:
            entry["limit"] = {
                "CPU µs": statistics.median(one["limit"]["cpu_us_per_message"] for one in rounds),
                "ratio": statistics.median(ratio(one["ours"]["cpu_us_per_message"], one["limit"]["cpu_us_per_message"])
                                           for one in rounds),
                "target": all_of.LIMIT_TARGETS.get(work.size)}
        if work.tls:
            entry["tls"] = {"ns per byte": statistics.median(
                (one["ours"]["cpu_us_per_message"] - one["in clear"]["cpu_us_per_message"]) * 1000 / work.size for one in rounds)}
        return entry

    def down(self):
        for cluster in self.clusters.values():
            cluster.down()


def growth(results):
    """Cost per message at many partitions divided by the cost at few, paired by round."""
    found = []
    for group, few, many, target in all_of.GROWTH:
        at = {entry["at"]: entry["rounds"] for entry in results if entry["group"] == group and "rounds" in entry}
        if few not in at or many not in at:
            continue
        grown = {side: statistics.median(ratio(b[side]["cpu_us_per_message"], a[side]["cpu_us_per_message"])
                                         for a, b in zip(at[few], at[many])) for side in ("ours", "theirs")}
        found.append({"group": group, "few": few, "many": many, "target": target, **grown})
    return found


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE)
    except FileNotFoundError:
        return ""
    return (done.stdout.strip().splitlines() or [""])[0]


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {"cpu": cpu.group(1) if cpu else os.uname().machine, "cores": os.cpu_count(),
            "memory_gb": round(int(memory.group(1)) / 1e6) if memory else 0, "kernel": os.uname().release}


def compiler(build):
    with contextlib.suppress(OSError, KeyError, ValueError):
        found = json.loads((build / "meson-info/intro-compilers.json").read_text())["host"]["cpp"]
        return f"{found['id']} {found.get('version') or found.get('full_version')}"
    return first_line("c++", "--version")


def facts(arguments, programs):
    return {
        "date": time.strftime("%Y-%m-%d"), "machine": machine(), "kafka": RELEASE, "java": first_line("java", "-version"),
        "librdkafka": first_line(programs.theirs, "version"), "compiler": compiler(arguments.build),
        "commit": first_line("git", "describe", "--always", "--dirty"), "rounds": arguments.rounds,
        "command": shlex.join(["test/bench/run.py", *(word if word[0] != "/" else pathlib.Path(word).name
                                                      for word in sys.argv[1:])]), "load_before": os.getloadavg()[0],
    }


def selected(arguments):
    works = all_of.all_works(arguments.quick, arguments.full)
    words = [word for word in arguments.only.split("|") if word]
    return [work for work in works if not words or any(word in work.name for word in words)]


def refuse(parser, names, results):
    try:
        report.check(names, results)
    except report.Refused as why:
        parser.error(str(why))


def write(parser, whole, results):
    refuse(parser, [entry["name"] for entry in whole["works"]], results)
    report.write(whole, results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, help="a build directory with -Dbench=true -Dbuildtype=release")
    parser.add_argument("--rounds", type=int, help="3 without it, 2 with --quick")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--dir", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--render", type=pathlib.Path)
    parser.add_argument("--no-instructions", action="store_true")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 3)
    if arguments.list:
        return print("\n".join(work.name for work in selected(arguments)))
    if arguments.render:
        if arguments.results is None:
            parser.error("--render needs --results")
        whole = json.loads(arguments.render.read_text())
        return write(parser, whole, arguments.results)
    if arguments.build is None:
        parser.error("--build is needed")
    if arguments.results:  # before anything is measured
        refuse(parser, [work.name for work in selected(arguments)], arguments.results)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that brokers end too
    began = time.monotonic()
    whole = {"works": [], "growth": []}

    def save():
        if arguments.json:
            arguments.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")

    with tempfile.TemporaryDirectory(prefix="uvkafka-bench-", dir=arguments.dir) as folder:
        programs = Programs(arguments.build.resolve(), folder)
        whole["facts"] = facts(arguments, programs)
        print(report.heading(whole), flush=True)
        bench = Bench(programs, arguments.rounds, folder, selected(arguments))
        try:
            for work in bench.works:
                entry = bench.result(work)
                whole["works"].append(entry)
                print("\n".join(report.lines(entry)), flush=True)
                save()  # a run that is ended early keeps its results
        finally:
            bench.down()
    whole["growth"] = growth(whole["works"])
    whole["facts"]["minutes"] = round((time.monotonic() - began) / 60, 1)
    print("\n".join(report.growth_lines(whole)))
    if not arguments.no_instructions:
        whole["instructions"] = instructions.measure(arguments.build.resolve())
        print("\n".join(instructions.lines(whole["instructions"])))
    print("\n".join(report.summary(whole)))
    save()
    if arguments.results:
        write(parser, whole, arguments.results)


if __name__ == "__main__":
    main()
