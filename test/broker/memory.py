#!/usr/bin/env python3
"""The options bound memory, whatever the application and the brokers do: faults I4 and E12.

    memory.py [--uvkafka PROGRAM] [--codecs NAME,...]

It measures peak resident memory of `uvkafka consume` while nobody reads its output, or while each message waits for its
commit, with much more in the topic than fits into its memory, and of `uvkafka produce` while the broker is stopped. The
limits are those of the README (fetch_memory or buffer_memory, and the terms beside them) and 64 MB for the program itself.
Exit status: 0 if all hold, 1 if one does not.
"""
import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import time

from harness import Checks, default_program, expect, run

MIB = 1024
FETCH_MEMORY_KB = 64 * MIB  # the default
UNFOLDED_KB = 64 * MIB      # one batch, opened
BUFFER_MEMORY_KB = 32 * MIB
PROGRAM_KB = 64 * MIB
LINES, LINE = 1_000_000, 400
PARTITIONS = 8
MANY = 300
SETTLED = 1.0  # no growth for this long: the peak is reached


def peak_kb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


def settled_peak(process, least=3.0, most=30.0):
    """The peak, after it has stopped growing."""
    began = grown = time.monotonic()
    peak = 0
    while time.monotonic() - began < most and (time.monotonic() - began < least or time.monotonic() - grown < SETTLED):
        expect(process.poll() is None, f"the program ended with {process.returncode}")
        seen = peak_kb(process)
        if seen > peak:
            peak, grown = seen, time.monotonic()
        time.sleep(0.05)
    return peak


class Memory:
    def __init__(self, program, bootstrap, broker):
        self.program, self.bootstrap, self.broker = str(program), bootstrap, broker

    def fill(self, topic, *options):
        # Similar lines: they compress to little and decompress to much.
        text = "".join(f"{i:>{LINE}}\n" for i in range(LINES))
        run([self.program, "produce", "-b", self.bootstrap, "-t", topic, *options], text)

    def stalled_reader(self, topic, limit_kb, *options):
        return self.reader(topic, limit_kb, subprocess.PIPE, *options)

    def slow_reader(self, topic, limit_kb, *options):
        """Each message waits for its commit, while fetching goes on."""
        return self.reader(topic, limit_kb, subprocess.DEVNULL, "-g", f"slow-{topic}", "-p", f"0-{PARTITIONS - 1}", *options)

    def reader(self, topic, limit_kb, stdout, *options):
        process = subprocess.Popen([self.program, "consume", "-b", self.bootstrap, "-t", topic, *options],
                                   stdout=stdout, stderr=subprocess.DEVNULL)
        return self.judged(process, limit_kb)

    def fast_reader(self, topic, limit_kb, *options):
        """Nothing holds memory of messages that were read, even if no more come from their partition."""
        text = run([self.program, "perf", "consume", "-b", self.bootstrap, "-t", topic, "-n", LINES, *options])
        return self.within(json.loads(text.splitlines()[-1])["peak_rss_kb"], limit_kb)

    @staticmethod
    def within(peak, limit_kb):
        expect(peak <= limit_kb, f"peak of {peak} kB, at most {limit_kb} kB are allowed")
        return f"{peak // MIB} MiB of {limit_kb // MIB}, {LINES * LINE // 1_000_000} MB in all"

    def judged(self, process, limit_kb):
        try:
            return self.within(settled_peak(process), limit_kb)
        finally:
            process.kill()
            process.communicate()

    def stopped_broker(self):
        self.broker.send_signal(signal.SIGSTOP)
        source = subprocess.Popen(["yes", "x" * LINE], stdout=subprocess.PIPE)
        process = subprocess.Popen([self.program, "produce", "-b", self.bootstrap, "-t", "plain"], stdin=source.stdout,
                                   stderr=subprocess.DEVNULL)
        source.stdout.close()
        try:
            return self.judged(process, BUFFER_MEMORY_KB + PROGRAM_KB)
        finally:
            source.kill()
            source.wait()
            self.broker.send_signal(signal.SIGCONT)

    def all(self, checks, codecs):
        check = checks.run
        self.fill("plain")
        limit = FETCH_MEMORY_KB + PROGRAM_KB
        check("I4: a reader that stalls", self.stalled_reader, "plain", limit)
        check("I4: a reader that is slow", self.slow_reader, "plain", limit)
        check("I4: a reader that is slow, and asks for all it may hold", self.slow_reader, "plain", limit, "-X",
              "max.partition.fetch.bytes=52428800")
        small = ("-X", "fetch.memory=8388608")
        check("I4: a reader that stalls, and has little memory", self.stalled_reader, "plain", PROGRAM_KB + 8 * MIB, *small)
        self.fill("many")
        check(f"I4: a reader of {MANY} partitions at full speed", self.fast_reader, "many", PROGRAM_KB + 8 * MIB, *small)
        for codec in codecs:
            self.fill(codec, "-X", f"compression.type={codec}")
            check(f"I4: a reader that stalls before {codec}", self.stalled_reader, codec, limit + UNFOLDED_KB)
            check(f"I4: a reader that is slow before {codec}", self.slow_reader, codec, limit + UNFOLDED_KB)
        check("E12: a producer whose broker is stopped", self.stopped_broker)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    parser.add_argument("--codecs", default="gzip", help="those that the program has")
    options = parser.parse_args()
    broker = subprocess.Popen([options.uvkafka, "broker", "--port", "0", "--partitions", str(PARTITIONS),
                               "--topic", f"many:{MANY}"],
                              stdout=subprocess.PIPE, text=True)
    checks = Checks("memory")
    try:
        Memory(options.uvkafka, broker.stdout.readline().strip(), broker).all(checks, options.codecs.split(","))
    finally:
        broker.kill()
        broker.wait()
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
