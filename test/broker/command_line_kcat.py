#!/usr/bin/env python3
"""The command line program for people who know kcat: what it reads, prints and refuses, compared with kcat where the
words are kcat's.

    command_line_kcat.py [--uvkafka PROGRAM]

It talks to `uvkafka broker` only. Not here: usage, signals, streams (command_line.py), a cluster that fails
(command_line_trouble.py), what is installed (command_line_installed.py).
Exit status: 0 if all checks hold, 1 if one does not.
"""
import argparse
import base64
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import time

from command_line import Ended, Program
from harness import Checks, default_program, expect, expect_equal, run, scratch


class Address(str):
    """Where a broker listens; `pid` is its process."""


@contextlib.contextmanager
def broker(program, *arguments):
    """A dev broker of its own; gives its address."""
    process = subprocess.Popen([program, "broker", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        address = Address(process.stdout.readline().strip())
        address.pid = process.pid
        yield address
    finally:
        process.kill()
        process.communicate()


class Features(Program):
    def __init__(self, program, bootstrap):
        super().__init__(program, bootstrap)
        self.folder = scratch("command-line")

    def call(self, command, *words, text_in="", status=0, env=None):
        """Runs a command and returns what it printed; checks the exit status."""
        done = subprocess.run([self.program, command, "-b", self.bootstrap, *words], input=text_in.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, env=env)
        done.stdout, done.stderr = done.stdout.decode(errors="replace"), done.stderr.decode()
        expect_equal(done.returncode, status, f"exit status of {command} {words} ({done.stderr!r})")
        return done

    def read(self, topic, *words):
        return self.call("consume", "-t", topic, "-eq", *words).stdout

    def kcat(self, *words, text_in=""):
        return run(["kcat", "-b", self.bootstrap, *words], text_in)

    # --- arguments ---

    def combined_flags_and_values(self):
        self.call("produce", "-t", "flags", "-p0", text_in="a\nb\nc\n")
        for words in (["-eqc2"], ["-qec", "2"], ["-q", "-e", "--count=2"], ["--end", "--quiet", "--count", "2"]):
            done = self.call("consume", "-tflags", *words)
            expect_equal((done.stdout, done.stderr), ("a\nb\n", ""), f"with {words}")
        done = self.start("consume", "-b", "h:1", "-t", "t", "-exq")
        expect(Ended(done).said.startswith('uvkafka: unknown argument "-exq": there is no -x'), "-exq")
        done = self.start("consume", "-b", "h:1", "-t", "t", "--end=1")
        expect("takes no value" in Ended(done).said, "--end=1")

    def version_and_help(self):
        expect(run([self.program, "--version"]).startswith("uvkafka "), "--version")
        for command in ("produce", "consume", "topics", "offsets", "query", "broker", "perf"):
            expect_equal(run([self.program, "help", command]), run([self.program, command, "--help"]), command)
        expect_equal(Ended(self.start("help", "nonsense")).status, 2, "help nonsense")

    def list_of_options(self):
        options = run([self.program, "help", "options"])
        for words in (["produce", "-X", "list"], ["-X", "list"], ["-Xlist"]):
            expect_equal(run([self.program, *words]), options, str(words))
        for line in ("  acks = all", "  linger.ms = 0", "  fetch.max.wait.ms = 500", "  client.id = uvkafka",
                     "  partitioner = murmur2_random", "  isolation.level = read_committed"):
            expect(line in options, f"{line!r} is missing")
        return f"{options.count(' = ')} options"

    def configuration_file(self):
        file = self.folder / "conf"
        file.write_text(f"# both kinds\n\nbootstrap.servers = {self.bootstrap}\nlinger.ms=1\r\nfetch.max.wait.ms=10\n")
        environment = {"UVKAFKA_CONFIG": str(file)}
        for words, env in ((["-F", str(file)], {}), ([], environment)):
            ended = Ended(self.start("topics", "-t", "one", *words, env=env))
            expect_equal((ended.status, ended.said), (0, ""), f"{words} {env}")
        file.write_text("acks=1\nnosuch=1\n")
        ended = Ended(self.start("topics", "-b", self.bootstrap, "-F", str(file)))
        expect_equal(ended.status, 2, "exit status of an unknown option")
        expect(f"{file}:2: no option is named" in ended.said, ended.said)
        for text, wanted in (("acks=7\n", ":1: acks = "), ("acks\n", ":1: name=value")):
            file.write_text(text)
            ended = Ended(self.start("topics", "-b", self.bootstrap, env=environment))
            expect(ended.status == 2 and wanted in ended.said, f"{text!r}: {ended.said!r}")
        ended = Ended(self.start("topics", "-b", self.bootstrap, "-F", "/nowhere"))
        expect(ended.status == 2 and "/nowhere: No such file" in ended.said, ended.said)

    # --- topics ---

    def reading_creates_nothing(self):
        for release in ("", "0.10"):
            with broker(self.program, "--topic", "there", *(["--release", release] if release else [])) as where:
                for words in (["consume", "-t", "nosuch", "-e"], ["consume", "-t", "there", "-t", "nosuch"],
                              ["consume", "-t", "nosuch", "-g", "g", "-e"], ["topics", "-t", "nosuch"],
                              ["offsets", "-g", "g", "-t", "nosuch"], ["query", "-t", "nosuch:0"],
                              ["perf", "consume", "-t", "nosuch", "-n", "1"]):
                    ended = Ended(self.start(*words, "-b", where))
                    expect_equal(ended.status, 1, f"exit status of {words} ({ended.said!r})")
                    expect("uvkafka: topic nosuch does not exist\n" in ended.said, f"{words} said {ended.said!r}")
                    expect(ended.seconds < 5, f"{words} took {ended.seconds:.1f} s")
                expect("nosuch" not in run([self.program, "topics", "-b", where]), f"{release}: it was created")

    def producing_creates_by_the_broker(self):
        done = self.call("produce", "-t", "fresh", text_in="x\n")
        expect("topic fresh does not exist: the broker is asked to create it" in done.stderr, done.stderr)
        done = self.call("produce", "-t", "fresher", "--create", text_in="x\n")
        expect_equal(done.stderr, "", "stderr with --create")
        expect_equal(self.read("fresh") + self.read("fresher"), "x\nx\n", "messages")

    def producing_creates_where_the_broker_does_not(self):
        for release in ("", "3.9", "2.4", "1.1", "0.10"):
            words = ["--release", release] if release else []
            with broker(self.program, "--no-auto-create", "--partitions", "3", *words) as where:
                ended = self.shell(f"echo x | U produce -b {where} -t fresh")
                expect_equal(ended.status, 1, f"{release}: exit status without --create")
                ended = self.shell(f"echo x | U produce -b {where} -t fresh --create")
                expect_equal((ended.status, ended.said), (0, ""), f"{release}: exit status and stderr with --create")
                listed = run([self.program, "topics", "-b", where, "-t", "fresh"])
                count = 1 if release in ("1.1", "0.10") else 3
                expect(f"topic fresh partitions {count}\n" in listed, f"{release}: {listed}")

    def several_topics(self):
        self.call("produce", "-t", "first", text_in="1\n")
        self.call("produce", "-t", "second", text_in="2\n")
        got = self.read("first", "-t", "second", "-f", "%t %s\\n").splitlines()
        expect_equal(sorted(got), ["first 1", "second 2"], "messages")
        listed = self.call("topics", "-t", "first", "-t", "second").stdout
        expect("topic first" in listed and "topic second" in listed and "topic one" not in listed, listed)
        stored = self.call("offsets", "-g", "g", "-t", "first", "-t", "second", "--reset", "latest").stdout
        expect_equal(stored, "first 0 1 \nsecond 0 1 \n", "offsets")

    def ranges_of_partitions(self):
        for partition in range(6):
            self.call("produce", "-t", "six", "-p", str(partition), text_in=f"{partition}\n")
        for words, wanted in (("0-2", "012"), ("1,3-4", "134"), ("5", "5"), ("0-0,5", "05")):
            got = self.read("six", "-p", words)
            expect_equal("".join(sorted(got.split())), wanted, f"-p {words}")
        for wrong in ("2-0", "1-", "-2", "1-2-3", "x"):
            expect_equal(Ended(self.start("consume", "-b", "h:1", "-t", "t", "-p", wrong)).status, 2, f"-p {wrong}")

    # --- places ---

    def places_to_begin_and_end(self):
        times = []
        for number in range(5):
            self.call("produce", "-t", "places", text_in=f"{number}\n")
            times.append(int(self.read("places", "-o", "-1", "-f", "%T")))
            time.sleep(0.02)
        future = times[-1] + 3600000
        for words, wanted in ((["-o", "-2"], "34"), (["-o-1"], "4"), (["-o", "-99"], "01234"), (["-o", "3"], "34"),
                              (["-o", "5"], ""), (["-o", "end"], ""), (["-o", "beginning"], "01234"),
                              (["-o", f"s@{times[2]}"], "234"), (["-o", f"@{times[3]}"], "34"),
                              (["-o", f"s@{times[4] + 1}"], ""), (["-o", f"e@{times[2]}"], "01"),
                              (["-o", f"s@{times[1]}", "-o", f"e@{times[3]}"], "12"),
                              (["-o", "-2", "-o", f"e@{future}"], "34"), (["-o", "e@1"], "")):
            expect_equal(self.read("places", *words).replace("\n", ""), wanted, f"{words}")
        # It ends without -e.
        for words, wanted in (([f"-oe@{times[3]}"], "0\n1\n2\n"), ([f"-oe@{times[4] + 1}"], "0\n1\n2\n3\n4\n"),
                              (["-g", "until", f"-oe@{times[3]}"], "0\n1\n2\n")):
            expect_equal(self.call("consume", "-t", "places", "-q", *words).stdout, wanted, f"{words} without -e")
        stored = self.call("offsets", "-g", "until", "-t", "places").stdout
        expect_equal(stored, "places 0 3 \n", "what comes behind the end is not committed")
        expect_equal(self.read("places", "-g", "until", "-o", "stored"), "3\n4\n", "-o stored")
        for words in (["-o", "-3"], ["-o", f"s@{times[2]}"]):
            expect_equal(self.kcat("-C", "-t", "places", "-eq", *words), self.read("places", *words), f"kcat {words}")
        expect_equal(Ended(self.start("consume", "-b", "h:1", "-t", "t", "-o", "stored")).status, 2, "stored without -g")

    def offsets_that_do_not_exist(self):
        self.call("produce", "-t", "short", text_in="a\nb\n")
        for words in (["-o", "3"], ["-o", "3", "-e"], ["-o", "3", "-g", "short"]):
            done = self.call("consume", "-t", "short", *words, status=1)
            expect_equal(done.stdout, "", f"printed with {words}")
            expect("short/0: partition stopped at offset 3" in done.stderr and "ends at 2" in done.stderr, done.stderr)
        expect_equal(self.read("short", "-o", "3", "-X", "on.start.out.of.range=reset_to_earliest"), "a\nb\n", "with a reset")

    def ends_of_partitions(self):
        done = self.call("consume", "-t", "short", "-e")
        expect_equal(done.stderr, "uvkafka: short/0: end of the partition at offset 2\n", "stderr")
        expect_equal(self.call("consume", "-t", "short", "-eq").stderr, "", "stderr with -q")

    # --- what is printed ---

    def json_as_kcat(self):
        texts = ["plain", "", 'quote " backslash \\ slash /', "tab\tnewline?\r\b\f\x01\x1f\x7f", "é ☃ 𝄞"]
        for text in texts:
            self.call("produce", "-t", "json", "-K", "|", "-D", "\\0", "-H", f"h={text}", "-H", "h=2",
                      text_in=f"{text}|{text}\0")
        self.call("produce", "-t", "json", "-D", "\\0", "-Z", text_in="no key\0\0")
        ours, theirs = self.read("json", "-J"), self.kcat("-C", "-t", "json", "-eqJ")
        expect_equal(ours.splitlines(), theirs.splitlines(), "lines")
        for line in ours.splitlines():
            json.loads(line)
        return f"{len(ours.splitlines())} messages"

    def json_of_any_bytes(self):
        data = bytes(range(256))
        (self.folder / "bytes").write_bytes(data)
        self.call("produce", "-t", "bytes", "-k", "key", str(self.folder / "bytes"))
        message = json.loads(self.read("bytes", "-J"))
        expect_equal(message["payload"], data.decode(errors="replace"), "payload")
        message = json.loads(self.read("bytes", "-J", "--base64"))
        expect_equal(base64.b64decode(message["payload_base64"]), data, "payload_base64")
        expect_equal(base64.b64decode(message["key_base64"]), b"key", "key_base64")
        expect("payload" not in message and "key" not in message, f"{message}")
        for length in range(5):
            self.call("produce", "-t", "base64", "-D", "|", text_in="x" * length + "|")
        got = [json.loads(line)["payload_base64"] for line in self.read("base64", "-J", "--base64").splitlines()]
        expect_equal(got, [base64.b64encode(b"x" * n).decode() for n in range(5)], "base64")

    def tombstones_and_nulls(self):
        lines = "a:1\nb:\n:3\nnone\n"
        self.call("produce", "-t", "nulls", "-K", ":", text_in=lines)
        self.call("produce", "-t", "nulls", "-K", ":", "-Z", text_in=lines)
        self.kcat("-P", "-t", "nulls", "-K", ":", "-Z", text_in=lines)
        got = self.read("nulls", "-f", "%K:%S ").split()
        expect_equal(got[:4], ["1:1", "1:0", "0:1", "-1:4"], "without -Z: empty")
        expect_equal(got[4:8], ["1:1", "1:-1", "-1:1", "-1:4"], "with -Z: null")
        expect_equal(got[8:], got[4:8], "kcat does the same")
        # kcat's -Z prints empty ones as NULL, too; ours tells them apart.
        for words in (["-K", ":"], ["-f", "%k|%s;"], ["-D", ";"], ["-o", "4", "-Z", "-f", "%k|%s;"]):
            expect_equal(self.read("nulls", *words), self.kcat("-C", "-t", "nulls", "-eq", *words), f"as kcat: {words}")
        expect_equal(self.read("nulls", "-c2", "-o1", "-Z", "-f", "%k|%s;"), "b|;|3;", "empty is not null")

    def delimiters(self):
        self.call("produce", "-t", "delimited", "-p", "0", "-K", "\\t", "-D", "\\x3b\\n", text_in="k\tone\nline;\nk2\ttwo;\n")
        expect_equal(self.read("delimited", "-f", "%k=%s|"), "k=one\nline|k2=two|", "messages")
        expect_equal(self.read("delimited", "-K", "\\t", "-D", "\\0"), "k\tone\nline\0k2\ttwo\0", "printed")
        long = "x" * 300000
        self.call("produce", "-t", "delimited", "-p", "0", "-D", "<->", text_in=f"{long}<->{long}<-<->b<")
        expect_equal(self.read("delimited", "-o", "2", "-D", "|"), f"{long}|{long}<-|b<|", "across chunks")
        for words in (["-K", "\\q"], ["-D", ""], ["-D", "\\x"]):
            expect_equal(Ended(self.start("produce", "-b", "h:1", "-t", "t", *words)).status, 2, f"{words}")

    # --- files ---

    def files(self):
        (self.folder / "a").write_text("first\nfile\n")
        (self.folder / "b").write_text("")
        (self.folder / "lines").write_text("1\n2\n3")
        self.call("produce", "-t", "files", str(self.folder / "a"), str(self.folder / "b"))
        self.call("produce", "-t", "files", "-l", str(self.folder / "lines"))
        expect_equal(self.read("files", "-D", "|"), "first\nfile\n||1|2|3|", "messages")
        done = self.call("produce", "-t", "files", str(self.folder / "a"), "/nowhere", status=1)
        expect_equal(done.stderr, "uvkafka: /nowhere: No such file or directory\n", "stderr")
        done = self.call("produce", "-t", "files", "-l", "/nowhere", status=1)
        expect("/nowhere: No such file" in done.stderr, done.stderr)
        expect_equal(self.read("files", "-o", "5", "-D", "|"), "first\nfile\n|", "sent before the error")
        for words in (["-l"], ["-l", "a", "b"]):
            expect_equal(Ended(self.start("produce", "-b", "h:1", "-t", "t", *words)).status, 2, f"{words}")

    # --- query ---

    def query_by_time(self):
        stamps = [int(line) for line in self.read("places", "-f", "%T\\n").split()]
        for place, wanted in ((f"places:0:{stamps[3]}", 3), ("places:0:0", 0), (f"places:0:{stamps[-1] + 1}", -1),
                              ("places:0:-1", 5), ("places:0:-2", 0)):
            expect_equal(self.call("query", "-t", place).stdout, f"places [0] offset {wanted}\n", place)
        for place in (f"places:0:{stamps[3]}", "places:0:0", f"places:0:{stamps[-1] + 1}"):
            expect_equal(self.call("query", "-t", place).stdout, self.kcat("-Q", "-t", place), f"kcat: {place}")
        got = self.call("query", "-t", "six:0", "-t", "places:latest").stdout.splitlines()
        expect_equal(sorted(got), ["places [0] offset 5"] + [f"six [{p}] offset 0" for p in range(6)], "all partitions")
        message = json.loads(self.call("query", "-J", "-t", f"places:0:{stamps[1]}").stdout)
        expect_equal(message, {"topic": "places", "partition": 0, "offset": 1, "ts": stamps[1]}, "-J")
        expect("no partition 9, it has 0 to 0" in self.call("query", "-t", "places:9:0", status=1).stderr, "partition 9")
        for wrong in ("places", "places:x", "places:x:0", "places:0:-3"):
            expect_equal(Ended(self.start("query", "-b", "h:1", "-t", wrong)).status, 2, wrong)

    # --- the broker ---

    def racks_releases_hosts(self):
        with broker(self.program, "--brokers", "3", "--rack", "east,,west", "--topic", "t") as where:
            listed = run([self.program, "topics", "-b", where]).splitlines()
            expect_equal([line.split(" ", 3)[3:] for line in listed[:3]], [["rack east"], [], ["rack west"]], "racks")
        with broker(self.program, "--release", "2.8", "--host", "127.0.0.2", "--topic", "t") as where:
            expect(where.startswith("127.0.0.2:"), where)
            expect("broker 1 127.0.0.2:" in run([self.program, "topics", "-b", where]), "host")
        for words, named in ((["--release", "7"], "0.8.2"), (["--host", "nohost."], "numeric address"), (["--rack", "a,b"], "2 racks for 1")):
            ended = Ended(self.start("broker", "--port", "0", *words))
            expect(ended.status in (1, 2) and named in ended.said, f"{words}: {ended.status} {ended.said!r}")

    def all(self, checks):
        for check in (self.combined_flags_and_values, self.version_and_help, self.list_of_options,
                      self.configuration_file, self.reading_creates_nothing, self.producing_creates_by_the_broker,
                      self.producing_creates_where_the_broker_does_not,
                      self.several_topics, self.ranges_of_partitions, self.places_to_begin_and_end,
                      self.offsets_that_do_not_exist, self.ends_of_partitions, self.json_as_kcat,
                      self.json_of_any_bytes, self.tombstones_and_nulls, self.delimiters, self.files,
                      self.query_by_time, self.racks_releases_hosts):
            checks.run(check.__name__.replace("_", " "), check)
        shutil.rmtree(self.folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    checks = Checks("command line, as kcat")
    if not shutil.which("kcat"):
        print("kcat is not installed: the checks that compare with it fail", file=sys.stderr)
    with broker(options.uvkafka, "--topic", "one:1", "--topic", "six:6") as bootstrap:
        Features(options.uvkafka, bootstrap).all(checks)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
