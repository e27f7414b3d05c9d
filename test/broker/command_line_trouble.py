#!/usr/bin/env python3
"""What the command line program says when a cluster does not do what it should: one line within a few seconds, with the
broker's own error; and the progress line on a terminal.

    command_line_trouble.py [--uvkafka PROGRAM]

It talks to `uvkafka broker` with faults. Not here: peers that are no brokers (hostile.py).
Exit status: 0 if all checks hold, 1 if one does not.
"""
import argparse
import concurrent.futures
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import threading
import time

from command_line import Ended, Program
from command_line_kcat import broker
from harness import Checks, default_program, expect, expect_equal, run

WATCHED = 5.5  # seconds: what lasts for 3 s is looked at twice a second, and attempts begin 0.1 to 1 s apart
ALWAYS = "times=always"


class Watched:
    """A program whose stderr is read while it runs."""

    def __init__(self, process, seconds=WATCHED):
        self.process = process
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        self.ended_by_itself = process.poll() is not None
        if not self.ended_by_itself:
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)  # the signal comes before the end of stdin
        ended = Ended(process)
        self.out, self.lines, self.status = ended.out, ended.said.splitlines(), ended.status


class Trouble(Program):
    def watch(self, faults, *words, brokers=(), text_in=None, before=None, seconds=WATCHED):
        """Runs a command against a broker with these faults for some seconds."""
        arguments = [word for fault in faults for word in ("--fault", fault)]
        with broker(self.program, "--topic", "t:1", *brokers, *arguments) as where:
            if before:
                before(where)
            process = self.start(*words, "-b", where, stdin=subprocess.PIPE)
            if text_in is not None:
                process.stdin.write(text_in)
            process.stdin.flush()
            return Watched(process, seconds)

    def one_line(self, watched, *parts):
        found = [line for line in watched.lines if all(part in line for part in parts)]
        expect_equal(len(found), 1, f"lines with {parts} in {watched.lines}")

    @staticmethod
    def each(cases, look):
        """All cases at the same time: most of it is waiting."""
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as threads:
            for _ in threads.map(look, cases):
                pass

    # --- retries that lead nowhere ---

    def refused_batches(self):
        def look(error):
            watched = self.watch([f"Produce:{ALWAYS}:error={error}"], "produce", "-t", "t", text_in="x\n")
            self.says(watched, "t/0: ", error.lower())
            expect_equal(watched.status, 1, "exit status")
        self.each(["NOT_ENOUGH_REPLICAS", "KAFKA_STORAGE_ERROR", "NOT_LEADER_OR_FOLLOWER"], look)

    def says(self, watched, begin, error):
        """One line names the error, by its text or its name, and says that it lasts."""
        lasting = [line for line in watched.lines if "still trying" in line]
        expect_equal(len(lasting), 1, f"lines that say so in {watched.lines}")
        expect(lasting[0].startswith("uvkafka: " + begin), f"{lasting[0]!r} does not begin with {begin!r}")
        expect(error in lasting[0], f"{lasting[0]!r} does not name {error}")

    def refused_fetches(self):
        def look(error):
            watched = self.watch([f"Fetch:{ALWAYS}:error={error}"], "consume", "-t", "t")
            self.says(watched, "fetch of t/0: ", error.lower())

        def stopped(error):
            watched = self.watch([f"Fetch:{ALWAYS}:error={error}"], "consume", "-t", "t")
            said = " ".join(watched.lines)
            expect("t/0" in said and error.lower() in said and len(watched.lines) == 1, f"{error}: {watched.lines}")
        self.each(["KAFKA_STORAGE_ERROR", "NOT_LEADER_OR_FOLLOWER", "REPLICA_NOT_AVAILABLE"], look)
        self.each(["UNKNOWN_SERVER_ERROR", "TOPIC_AUTHORIZATION_FAILED"], stopped)

    def refused_places_and_groups(self):
        def look(case):
            fault, words, begin = case
            watched = self.watch([fault], "consume", "-t", "t", *words)
            lasting = [line for line in watched.lines if "still trying" in line]
            expect(len(lasting) == 1 and lasting[0].startswith("uvkafka: " + begin), f"{fault}: {watched.lines}")
        self.each([(f"ListOffsets:{ALWAYS}:error=LEADER_NOT_AVAILABLE", ["-o", "-1"], "offset of t/0: "),
                   (f"FindCoordinator:{ALWAYS}:error=COORDINATOR_NOT_AVAILABLE", ["-g", "g"], "group g: "),
                   (f"OffsetFetch:{ALWAYS}:error=COORDINATOR_LOAD_IN_PROGRESS", ["-g", "g"], "group g: ")], look)

    def a_topic_without_a_leader(self):
        watched = self.watch([f"Metadata:{ALWAYS}:error=LEADER_NOT_AVAILABLE"], "consume", "-t", "t", "-m", "4")
        expect(watched.ended_by_itself and watched.status == 1, "-m 4 did not end it")
        self.says(watched, "topic t: ", "leader_not_available")
        expect("in 4 s: topic t: " in watched.lines[-1], watched.lines)

    def short_troubles_are_silent(self):
        """What is over within 3 s is not worth a line."""
        watched = self.watch(["Produce:times=3:error=NOT_LEADER_OR_FOLLOWER"], "produce", "-t", "t", text_in="x\n", seconds=2)
        expect_equal(watched.lines, ["uvkafka: interrupted: the rest of stdin was not read"], "lines")
        watched = self.watch(["Fetch:times=3:error=NOT_LEADER_OR_FOLLOWER"], "consume", "-qt", "t", seconds=4)
        expect_equal(watched.lines, [], "lines")

    def resets_and_lost_messages(self):
        watched = self.watch([f"Fetch:{ALWAYS}:error=OFFSET_OUT_OF_RANGE"], "consume", "-qt", "t", "-o", "0", "-X",
                             "on.start.out.of.range=reset_to_earliest", seconds=2)
        self.one_line(watched, "t/0: offset reset to offset 0", "(offset_out_of_range)")
        watched = self.watch([f"Produce:{ALWAYS}:error=TOPIC_AUTHORIZATION_FAILED"], "produce", "-t", "t",
                             text_in="a\nb\nc\n", seconds=2)
        expect_equal([line.split(":")[1] for line in watched.lines],
                     [" a message was not sent", " interrupted", " 3 of 3 messages not sent, 0 of unknown fate"], "lines")

    def commits_that_fail(self):
        for error in ("COORDINATOR_LOAD_IN_PROGRESS", "UNKNOWN_SERVER_ERROR"):
            watched = self.watch([f"OffsetCommit:{ALWAYS}:error={error}"], "consume", "-qt", "t", "-g", "g",
                                 before=lambda where: run([self.program, "produce", "-b", where, "-t", "t"], "x\n"))
            expect(any(error.lower() in line for line in watched.lines), f"{watched.lines}")
            expect(watched.status == 1 and "1 of 1 messages printed, not committed" in watched.lines[-1], f"{watched.lines}")

    # --- no answers ---

    def nobody_there(self):
        for command, words in (("consume", ["-t", "t"]), ("produce", ["-t", "t"]), ("topics", []),
                               ("offsets", ["-g", "g", "-t", "t"]), ("groups", []), ("groups", ["-g", "g"]), ("query", ["-t", "t:0"]),
                               ("perf", ["consume", "-t", "t", "-n", "1"])):
            first = [command, words[0]] if command == "perf" else [command]
            ended = Ended(self.start(*first, *(words[1:] if command == "perf" else words), "-b", "127.0.0.1:1", "-m", "2"))
            expect_equal(ended.status, 1, f"exit status of {command}")
            expect(1.5 < ended.seconds < 4, f"{command} took {ended.seconds:.1f} s")
            expect(ended.said.splitlines()[-1].startswith("uvkafka: no answer from 127.0.0.1:1 in 2 s: "), ended.said)

    def a_broker_that_stops_answering(self):
        with broker(self.program, "--topic", "t:1") as where:
            process = self.start("consume", "-b", where, "-qt", "t")
            time.sleep(0.7)
            os.kill(where.pid, signal.SIGSTOP)
            watched = Watched(process)
            os.kill(where.pid, signal.SIGCONT)
            expect_equal([line[:50] for line in watched.lines], [f"uvkafka: still waiting for an answer from {where}"[:50]],
                         "lines")

    def answers_that_are_cut(self):
        watched = self.watch([f"Fetch:{ALWAYS}:cut"], "consume", "-t", "t")
        expect(any("disconnected" in line and "still trying" in line for line in watched.lines), f"{watched.lines}")

    # --- on a terminal ---

    def on_terminal(self, command, *words, seconds=2.5, text_in="", stdout=subprocess.DEVNULL, status=0):
        """Runs it with stderr on a terminal, and returns all that came there."""
        ours, theirs = pty.openpty()
        process = self.start(command, "-b", self.bootstrap, *words, stdin=subprocess.PIPE, stderr=theirs,
                             stdout=theirs if stdout == "terminal" else stdout)
        os.close(theirs)
        seen = []

        def read():
            while True:
                try:
                    seen.append(os.read(ours, 4096))
                except OSError:
                    return
        reader = threading.Thread(target=read)
        reader.start()
        process.stdin.write(text_in)
        process.stdin.flush()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        expect_equal(process.wait(10), status, "exit status")
        reader.join(5)
        os.close(ours)
        process.stdin.close()
        return b"".join(seen).decode().replace("\r\n", "\n")

    def progress_line(self):
        run([self.program, "produce", "-b", self.bootstrap, "-t", "t"], "a\nb\n")
        text = self.on_terminal("consume", "-t", "t", "-q", seconds=1.5)
        expect_equal(text, "", "with -q")
        text = self.on_terminal("consume", "-t", "t")
        expect(text.startswith("uvkafka: t/0: end of the partition at offset 2\n\r2 messages\x1b[K"), f"{text!r}")
        expect(text.endswith("\r2 messages\x1b[K\n"), f"the final state is missing: {text!r}")
        # Anything else comes on a line of its own.
        text = self.on_terminal("produce", "-t", "t", text_in="x\n", status=1)
        cleared = re.split(r"\r\x1b\[K", text)
        expect(len(cleared) == 2 and cleared[1].startswith("uvkafka: interrupted"), f"{text!r}")
        expect(text.endswith("\r1 sent, 1 confirmed, 0 waiting\x1b[K\n"), f"{text!r}")

    def messages_on_the_same_terminal(self):
        text = self.on_terminal("consume", "-t", "t", "-o", "0", stdout="terminal")
        expect("a\nb\n" in text, f"{text!r}")
        text = self.on_terminal("consume", "-t", "t", "-o", "0", "-f", "%s ", stdout="terminal", seconds=1.5)
        expect("a b x " in text and "messages" not in text.split("a b x ")[1].split("\n")[0][:3], f"{text!r}")

    def all(self, checks):
        for check in (self.refused_batches, self.refused_fetches, self.refused_places_and_groups,
                      self.a_topic_without_a_leader, self.short_troubles_are_silent, self.resets_and_lost_messages, self.commits_that_fail,
                      self.nobody_there,
                      self.a_broker_that_stops_answering, self.answers_that_are_cut, self.progress_line,
                      self.messages_on_the_same_terminal):
            checks.run(check.__name__.replace("_", " "), check)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    checks = Checks("command line, in trouble")
    with broker(options.uvkafka, "--topic", "t:1") as bootstrap:
        Trouble(options.uvkafka, bootstrap).all(checks)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
