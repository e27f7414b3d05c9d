#!/usr/bin/env python3
"""Runs kcat and Kafka's console tools against the dev broker, which speaks like each Kafka release in turn.

    devbroker_clients.py [--program DEVBROKER_MAIN] [VERSION]...

dev_broker.py judges `uvkafka broker`, which speaks every version at once; here the broker is held to one release at a
time, so that a foreign client uses each version of a request. Exit status as there.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys

import kafka_cluster
from dev_broker import Clients
from harness import Checks, expect_equal, kcat_options, run, scratch, skip_unless

RELEASES = ["0.8.2", "0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3"]
CONSOLE = {"0.11": "1.1.1", "1.1": "1.1.1", "2.8": "4.3.1", "4.3": "4.3.1"}
BROKERS = 2


def default_program():
    root = pathlib.Path(__file__).resolve().parents[2]
    found = sorted(root.glob("build*/test/loop/devbroker_main"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else root / "build/test/loop/devbroker_main"


class Release(Clients):
    """The clients of dev_broker.py, with the options that a broker of this age needs."""

    def __init__(self, bootstrap, directory, release):
        super().__init__(bootstrap, directory)
        self.options = kcat_options((*kafka_cluster.version_tuple(release), 0)[:3])
        self.release = release

    def kcat(self, *arguments, text_in=""):
        return run(["kcat", "-b", self.bootstrap, "-m", "20", *self.options, *arguments], text_in, timeout=40)

    def headers(self):
        self.kcat("-P", "-t", "headers", "-H", "trace=7", text_in="with\n")
        expect_equal(self.kcat("-C", "-q", "-t", "headers", "-e", "-f", "%h|%s\n"), "trace=7|with\n", "the record")

    def all_of(self, checks):
        check = checks.run
        check("brokers and topics", self.listing, BROKERS)
        check("there and back", self.there_and_back, "three", "plain")
        check("there and back, gzip", self.there_and_back, "zipped", "zipped", "-z", "gzip")
        check("acks 0", self.there_and_back, "unasked", "unasked", "-X", "acks=0")
        check("a topic made on first use", self.made_on_first_use, True)
        if not self.options:
            check("offsets by time", self.by_time)
        if self.release in CONSOLE.keys() | {"3.9"}:
            check("headers", self.headers)
        if self.release in CONSOLE and shutil.which("java"):
            check("Kafka's console tools", self.console, CONSOLE[self.release])


def judge(program, release, directory):
    port = kafka_cluster.free_base_port(1)
    broker = subprocess.Popen([program, str(port), str(BROKERS), release, "three:3", "zipped:2"], stdout=subprocess.PIPE,
                              text=True)
    checks = Checks(f"dev broker as {release}")
    try:
        bootstrap = broker.stdout.readline().strip()
        Release(bootstrap, directory, release).all_of(checks)
        broker.terminate()
        checks.run("ends on SIGTERM", lambda: expect_equal(broker.wait(10), 0, "exit status"))
    finally:
        broker.kill()
    return checks.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=default_program())
    parser.add_argument("releases", nargs="*", metavar="VERSION")
    options = parser.parse_args()
    skip_unless(["kcat"])
    if not shutil.which("java"):
        print("SKIPPED Kafka's console tools: java is not installed", file=sys.stderr)
    directory = scratch("dev-broker-clients")
    try:
        results = [judge(options.program, release, directory) for release in options.releases or RELEASES]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(max(results))


if __name__ == "__main__":
    main()
