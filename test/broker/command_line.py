#!/usr/bin/env python3
"""The command line program as a program: wrong usage, signals, streams that are closed or full, exit status.

    command_line.py [--uvkafka PROGRAM]

It talks to `uvkafka broker` only. Not here: whether it sends and reads the right messages (matrix.py, dev_broker.py).
Exit status: 0 if all checks hold, 1 if one does not.
"""
import argparse
import pathlib
import select
import signal
import subprocess
import sys
import time

from harness import Checks, default_program, expect, expect_equal, run

COMMANDS = {"produce": ["-t", "t"], "consume": ["-t", "t"], "topics": [], "groups": [], "offsets": ["-g", "g", "-t", "t"]}
NOWHERE = "127.0.0.1:1"
# arguments behind `uvkafka`, and the word that stderr has to contain
WRONG = [
    (["nonsense"], "nonsense"),
    (["produce"], "-b"),
    (["produce", "-b"], "-b"),
    (["produce", "-b", "h:1", "-t", "t", "-p", "x"], "-p"),
    (["produce", "-b", "h:1", "-t", "t", "-p", "-7"], "-p"),
    (["produce", "-b", "h:1", "-t", "t", "-K", ""], "-K"),
    (["produce", "-b", "h:1", "-t", "t", "-H", "name"], "name=value"),
    (["produce", "-b", "h:1", "-t", "t", "-X", "acks=7"], "acks = \"7\": it must be"),
    (["produce", "-b", "h:1", "-t", "t", "-X", "linger.ms=-1"], "0 to "),
    (["produce", "-b", "h:1", "-t", "t", "-X", "nosuch=1"], "nosuch"),
    (["produce", "-b", "h:1", "-t", "t", "-X", "acks"], "option=value"),
    (["produce", "-b", "h:1", "-t", "b d"], "1 to 249"),
    (["produce", "-b", "h:99999", "-t", "t"], "1 to 65535"),
    (["produce", "-b", "", "-t", "t"], "bootstrap.servers"),
    (["consume", "-b", "h:1", "-t", "a/b"], "1 to 249"),
    (["consume", "-b", "h:1", "-t", "t", "-o", "-"], "-o wants"),
    (["consume", "-b", "h:1", "-t", "t", "-o", "@x"], "-o wants"),
    (["consume", "-b", "h:1", "-t", "t", "-c", "0"], "1 or more"),
    (["consume", "-b", "h:1", "-t", "t", "-p", "1,"], "-p wants"),
    (["consume", "-b", "h:1", "-t", "t", "-f", "%q"], "-f"),
    (["consume", "-b", "h:1", "-t", "t", "-g", ""], "-g"),
    (["consume", "-b", "h:1", "-t", "t,^a.*", "-g", "g"], "1 to 249"),
    (["consume", "-b", "h:1", "-t", "t", "-t", "^a.*", "-g", "g"], "stands alone"),
    (["consume", "-b", "h:1", "-t", "^a.*"], "wants -g GROUP"),
    (["consume", "-b", "h:1", "-t", "^a.*", "-g", "g", "-p", "0"], "no -p"),
    (["consume", "-b", "h:1", "-t", "t", "-X", "fetch.max.bytes=0"], "1024 to"),
    (["consume", "-b", "h:1", "-t", "t", "extra"], "extra"),
    (["topics", "-b", "h:1x"], "1 to 65535"),
    (["topics"], "-b"),
    (["offsets", "-b", "h:1", "-g", "g", "-t", "t", "--reset", "middle"], "earliest or latest"),
    (["offsets", "-b", "h:1", "-g", "", "-t", "t"], "-g"),
    (["groups", "-b", "h:1", "-g", ""], "-g"),
    (["groups", "-b", "h:1", "--delete"], "--delete wants -g"),
    (["groups", "-b", "h:1", "-g", "g", "--delete", "--remove", "m"], "only one of"),
    (["groups", "-b", "h:1", "-g", "g", "--delete-offsets"], "wants -t"),
    (["groups", "-b", "h:1", "-g", "g", "-t", "t"], "go with --delete-offsets"),
    (["groups", "-b", "h:1", "-g", "g", "--delete-offsets", "-t", "t", "-p", "x"], "-p wants"),
    (["groups", "-b", "h:1", "-g", "g", "--remove", "instance:"], "instance:ID"),
    (["broker", "--port", "70000"], "0 to 65535"),
    (["broker", "--brokers", "0"], "1 to 100"),
    (["broker", "--topic", "a:b"], "1 to 100000"),
]


class Ended:
    def __init__(self, process, limit=20):
        started = time.monotonic()
        try:
            out, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        self.seconds, self.status = time.monotonic() - started, process.returncode
        self.out, self.said = out or "", said or ""


class Program:
    def __init__(self, program, bootstrap):
        self.program, self.bootstrap = str(program), bootstrap

    def start(self, *words, **streams):
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen([self.program, *words], **{**settings, **streams})

    def shell(self, line):
        """`U` in the line is the program, `B` the bootstrap address."""
        line = line.replace("U ", self.program + " ").replace("-b B", "-b " + self.bootstrap)
        return Ended(subprocess.Popen(["bash", "-o", "pipefail", "-c", line], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))

    # --- usage ---

    def help_everywhere(self):
        for words in ([], *([command] for command in (*COMMANDS, "broker", "perf"))):
            for flag in ("--help", "-h"):
                text = run([self.program, *words, flag])
                expect("uvkafka" in text and len(text.splitlines()) > 3, f"{words} {flag} prints {text!r}")

    def wrong_usage(self):
        for words, named in WRONG:
            ended = Ended(self.start(*words))
            expect_equal(ended.status, 2, f"exit status of {words}")
            expect(named in ended.said and len(ended.said.splitlines()) == 1 and not ended.out,
                   f"{words} does not name {named!r}: {ended.said!r} {ended.out!r}")
        expect_equal(Ended(self.start()).status, 2, "exit status without arguments")
        return f"{len(WRONG)} calls"

    def partitions_that_do_not_exist(self):
        for words in (["consume", "-e"], ["produce"]):
            ended = self.shell(f"echo x | U {' '.join(words)} -b B -t three -p 3")
            expect_equal(ended.status, 1, f"exit status of {words}")
            expect("no partition 3, it has 0 to 2" in ended.said, f"{words} said {ended.said!r}")
            expect(ended.seconds < 5, f"{words} took {ended.seconds:.1f} s")

    def stopped_partitions(self):
        """A partition that is stopped is reported, counts as ended, and makes the exit status 1."""
        for options in ("-p 0 -e", "-p 0", "-g stopped -p 0 -e"):
            ended = self.shell(f"U consume -b B -t three {options} -o 99999999 -X auto.offset.reset=none")
            expect_equal(ended.status, 1, f"exit status with {options}")
            expect("three/0: partition stopped at offset 99999999" in ended.said, f"{options} said {ended.said!r}")
            expect_equal(len(ended.said.splitlines()), 1, f"lines said with {options}: {ended.said!r}")
            expect(ended.seconds < 10, f"{options} took {ended.seconds:.1f} s")

    # --- streams ---

    def closed_and_full_streams(self):
        for line, status, said in (
                ("U produce -b B -t one <&-", 1, "stdin"),
                ("U produce -b B -t one </tmp", 1, "stdin"),
                ("U topics -b B >&-", 1, "stdout"),
                ("U topics -b B >/dev/full", 1, "stdout"),
                ("U consume -b B -t one -c 3 >/dev/full", 1, "stdout"),
                ("U consume -b B -t one >&-", 1, "stdout"),
                ("U topics -b B 2>&- >/dev/null", 0, ""),
                ("U topics -b nowhere:1x 2>&-", 2, ""),
                ("U consume -b B -t one | head -n 2", 1, "stdout: Broken pipe"),
                ("yes | U produce -b B -t one --report | head -n 2; exit ${PIPESTATUS[1]}", 1, "stdout: Broken pipe")):
            ended = self.shell(line)
            expect_equal(ended.status, status, f"exit status of `{line}` ({ended.said!r})")
            expect(said in ended.said, f"`{line}` said {ended.said!r}")

    def not_committed_unless_written(self):
        """A reader goes away after two lines: messages that it did not get must not be committed."""
        printed = self.shell("U consume -b B -t one -g reader -f '%o\\n' | head -n 2").out
        expect_equal(printed, "0\n1\n", "printed")
        offset = run([self.program, "offsets", "-b", self.bootstrap, "-g", "reader", "-t", "one"]).split()[2]
        # The pipe may have taken lines that nobody read; the one that could not be written was not committed.
        rest = self.shell("U consume -b B -t one -g reader -c 1 -f '%o\\n'").out.split()
        expect_equal(rest[0], offset, "what comes next")

    def as_soon_as_known(self):
        """Each report is printed while stdin stays open and silent."""
        process = self.start("produce", "-b", self.bootstrap, "-t", "three", "-p", "1", "--report", stdin=subprocess.PIPE)
        try:
            for number in range(3):
                process.stdin.write(f"line {number}\n")
                process.stdin.flush()
                ready, _, _ = select.select([process.stdout], [], [], 5)
                expect(ready, "no report in 5 s")
                expect_equal(process.stdout.readline(), f"ok 1 {number} line {number}\n", "report")
        finally:
            process.kill()
            process.communicate()

    def partial_last_line(self):
        self.shell("printf 'a\\n\\nb' | U produce -b B -t odd -p 0")
        expect_equal(run([self.program, "consume", "-b", self.bootstrap, "-t", "odd", "-e", "-f", "%o:%s:%S:%K\\n"]),
                     "0:a:1:-1\n1::0:-1\n2:b:1:-1\n", "messages")

    # --- signals ---

    def interrupted_endless_consume(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("consume", "-b", self.bootstrap, "-t", "one", "-o", "latest")
            time.sleep(0.5)
            process.send_signal(number)
            ended = Ended(process)
            expect_equal(ended.status, 0, f"exit status ({ended.said!r})")
            expect(ended.seconds < 2, f"it took {ended.seconds:.1f} s")

    def interrupted_produce(self):
        """Lines that cannot be sent are reported after 5 s at most, one by one."""
        process = self.start("produce", "-b", NOWHERE, "-t", "t", "--report", stdin=subprocess.PIPE)
        process.stdin.write("".join(f"{n}\n" for n in range(1000)))
        process.stdin.flush()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        ended = Ended(process)
        expect_equal(ended.status, 1, "exit status")
        expect(ended.seconds < 7, f"it took {ended.seconds:.1f} s")
        expect_equal(ended.out, "".join(f"no -1 - {n}\n" for n in range(1000)), "reports")
        expect("1000 of 1000 messages not sent" in ended.said, f"it said {ended.said!r}")

    def interrupted_busy_produce(self):
        """Reading stops, and lines that were read are sent."""
        feeder = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
        process = self.start("produce", "-b", self.bootstrap, "-t", "three", "--report", stdin=feeder.stdout)
        feeder.stdout.close()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        ended = Ended(process)
        feeder.kill()
        feeder.wait()
        expect_equal(ended.status, 1, "exit status")
        expect("the rest of stdin was not read" in ended.said, f"it said {ended.said!r}")
        outcomes = {line.split(" ", 1)[0] for line in ended.out.splitlines()}
        expect_equal(outcomes, {"ok"}, "outcomes")

    def second_signal(self):
        process = self.start("produce", "-b", NOWHERE, "-t", "t", stdin=subprocess.PIPE)
        process.stdin.write("x\n")
        process.stdin.flush()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        expect(process.poll() is None, "the first signal ended it without a flush")
        process.send_signal(signal.SIGTERM)
        ended = Ended(process)
        expect_equal(ended.status, 1, "exit status")
        expect(ended.seconds < 1, f"it took {ended.seconds:.1f} s")

    def second_signal_behind_a_full_pipe(self):
        process = self.start("consume", "-b", self.bootstrap, "-t", "one")
        time.sleep(0.7)  # nobody reads: the pipe is full
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        expect_equal(process.wait(2), 1, "exit status")
        process.communicate()

    def all(self, checks):
        run([self.program, "produce", "-b", self.bootstrap, "-t", "one"], "".join(f"{n:>80}\n" for n in range(20000)))
        for check in (self.help_everywhere, self.wrong_usage, self.partitions_that_do_not_exist,
                      self.stopped_partitions, self.closed_and_full_streams, self.not_committed_unless_written, self.as_soon_as_known,
                      self.partial_last_line, self.interrupted_endless_consume, self.interrupted_produce, self.interrupted_busy_produce,
                      self.second_signal, self.second_signal_behind_a_full_pipe):
            checks.run(check.__name__.replace("_", " "), check)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    broker = subprocess.Popen([options.uvkafka, "broker", "--port", "0", "--topic", "one:1", "--topic", "three:3"],
                              stdout=subprocess.PIPE, text=True)
    checks = Checks("command line")
    try:
        Program(options.uvkafka, broker.stdout.readline().strip()).all(checks)
        broker.terminate()
        checks.run("the broker ends on SIGTERM", lambda: expect_equal(broker.wait(10), 0, "exit status"))
    finally:
        broker.kill()
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
