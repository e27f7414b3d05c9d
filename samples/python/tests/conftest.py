"""What the tests share: the in-memory broker of the command line program, and a loop of each kind.

    UVKAFKA_PROGRAM=.../uvkafka pytest samples/python/tests
"""
import asyncio
import gc
import os
import re
import subprocess
import sys

import pytest

try:
    import uvloop
except ImportError:
    uvloop = None

LIMIT = 120  # seconds for one test's work on a loop


class Broker:
    """Owns one process of the in-memory broker. `kill` and `restart` keep its port, not its records."""

    def __init__(self, *arguments):
        self._arguments = arguments
        self._process = None
        self.address = None
        self.start("0")

    def start(self, port):
        program = os.environ.get("UVKAFKA_PROGRAM", "uvkafka")
        self._process = subprocess.Popen([program, "broker", "--port", port, *self._arguments],
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self._process.stdout:
            found = re.search(r"127\.0\.0\.1:\d+", line)
            if found:
                self.address = found.group(0)
                return
        raise RuntimeError("the broker did not start")

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def restart(self):
        self.kill()
        self.start(self.address.rpartition(":")[2])


@pytest.fixture
def start_broker():
    """Starts brokers with arguments of the command line; they end with the test."""
    started = []

    def start(*arguments):
        started.append(Broker(*arguments))
        return started[-1]

    yield start
    for broker in started:
        broker.kill()


@pytest.fixture
def broker(start_broker):
    return start_broker("--topic", "orders:1", "--topic", "wide:3")


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine on a loop of each kind. What reached the loop's exception handler unasked fails the test."""
    if request.param == "uvloop" and uvloop is None:
        pytest.skip("SKIPPED: uvloop is not installed")
    contexts = []

    def run_one(work, expect_errors=False):
        loop = uvloop.new_event_loop() if request.param == "uvloop" else asyncio.new_event_loop()
        loop.set_exception_handler(lambda _, context: contexts.append(context))
        try:
            result = loop.run_until_complete(asyncio.wait_for(work, LIMIT))
            gc.collect()
            loop.run_until_complete(asyncio.sleep(0))
        finally:
            loop.close()
        if not expect_errors:
            assert contexts == []
        return result

    run_one.contexts = contexts
    return run_one


def run_script(text, *arguments):
    """A Python program of its own: (exit status, what it printed)."""
    done = subprocess.run([sys.executable, "-X", "dev", "-c", text, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout
