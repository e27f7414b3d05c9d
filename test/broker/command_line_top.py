#!/usr/bin/env python3
"""`uvkafka top`: rounds as plain lines, and as a page on a terminal (tmux) of 80 x 24 and of 200 x 50.

    command_line_top.py [--uvkafka PROGRAM]

It talks to `uvkafka broker` only. Without tmux the pages are skipped, and it says so.
Exit status: 0 if all checks hold, 1 if one does not.
"""
import argparse
import contextlib
import http.server
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from command_line_groups import broker
from harness import CheckFailed, Checks, default_program, eventually, expect, expect_equal, run

NUMBERS = '''# HELP uvkafka_producer_queued_records Records without an outcome.
# TYPE uvkafka_producer_queued_records gauge
uvkafka_producer_queued_records{producer="0"} 3
uvkafka_producer_queued_records{producer="1"} 4
uvkafka_consumer_envelopes_total{consumer="0",group="a } b"} %d
uvkafka_broker_connections{broker="1",address="kafka-1.example:9092"} 2
uvkafka_broker_requests_total{broker="1",address="kafka-1.example:9092"} 77
'''


class Page(http.server.BaseHTTPRequestHandler):
    """A client's numbers; the envelopes grow by 100 with each question."""
    asked = 0

    def do_GET(self):
        if self.path != "/metrics":
            return self.send_error(404)
        Page.asked += 1
        body = (NUMBERS % (100 * Page.asked)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def page():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Terminal:
    """A program in tmux, on a server of its own."""

    def __init__(self, width, height, command):
        self.name = f"uvkafka-top-{id(self)}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  f"echo before; {command}; echo status $?; sleep 60")

    def tmux(self, *words):
        return run(["tmux", "-L", self.name, *words])

    def text(self):
        return self.tmux("capture-pane", "-p")

    def until(self, what, seconds=15):
        eventually(f"{what!r} on the terminal, which has {self.text()!r}", lambda: what in self.text(), seconds)

    def press(self, key):
        self.tmux("send-keys", key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], stderr=subprocess.DEVNULL, check=False)


class Restarted:
    """A broker of its own that is killed, and comes back on its port."""

    def __init__(self, program):
        self.program, self.port = program, "0"
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, "broker", "--port", self.port, "--topic", "orders:2"],
                                        stdout=subprocess.PIPE, text=True)
        self.where = self.process.stdout.readline().strip()
        self.port = self.where.rpartition(":")[2]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


class Lines:
    """The lines of a program, as they come."""

    def __init__(self, process):
        self.seen, self.used = [], 0
        threading.Thread(target=lambda: self.seen.extend(iter(process.stdout.readline, "")), daemon=True).start()

    def until(self, pattern, seconds=30):
        """Waits for a line that has the pattern, behind the one that was waited for before."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for number in range(self.used, len(self.seen)):
                if re.search(pattern, self.seen[number]):
                    self.used = number + 1
                    return
            time.sleep(0.05)
        raise CheckFailed(f"no line with {pattern!r} in {self.seen[self.used:][-5:]}")


class Top:
    def __init__(self, program, where):
        self.program, self.where = program, where

    def top(self, *words, status=0):
        return run([self.program, "top", "-b", self.where, *words], status=status)

    def fill(self, topic, count, partition=0):
        run([self.program, "produce", "-q", "-b", self.where, "-t", topic, "-p", str(partition)], "x\n" * count)

    def rounds_as_lines(self):
        self.fill("orders", 100)
        run([self.program, "consume", "-q", "-b", self.where, "-t", "orders", "-g", "billing", "-c", "40"])
        lines = self.top("-n", "1").splitlines()
        for wanted in (r"topic orders partitions 2 end 100 written/s - leaderless 0 under-replicated 0",
                       r"group billing state Empty members 0 lag 60 read/s - written/s - left -",
                       r"partition billing topic orders member - partition 0 committed 40 end 100 lag 60 read/s -"):
            expect(any(re.fullmatch(r"\d\d:\d\d:\d\d " + wanted, line) for line in lines), f"{wanted!r} in {lines}")

    def rates(self):
        process = subprocess.Popen([self.program, "top", "-b", self.where, "-n", "2", "-d", "2", "-t", "payments"],
                                   stdout=subprocess.PIPE, text=True)
        process.stdout.readline()  # of the first round
        self.fill("payments", 100)
        text = process.communicate(timeout=30)[0]
        rate = float(re.search(r"topic payments .* end 100 written/s ([\d.]+)", text).group(1))
        expect(10 < rate <= 60, f"100 records in about 2 s: {rate} a second")

    def only_what_was_asked_for(self):
        lines = self.top("-n", "1", "-t", "payments", "-g", "billing").splitlines()
        expect(not any(" topic orders " in line for line in lines), f"orders in {lines}")
        expect(any(" group billing state Empty members 0 lag - " in line for line in lines), f"{lines}")
        lines = self.top("-n", "1", "-t", "payments").splitlines()
        expect(not any("billing" in line for line in lines), f"a group that reads none of these topics, in {lines}")
        lines = self.top("-n", "1", "-g", "nobody").splitlines()
        expect(any(line.endswith(" group nobody state NotThere members - lag - read/s - written/s - left -") for line in lines), f"{lines}")
        expect(not any("billing" in line for line in lines), f"billing in {lines}")

    def a_first_commit_is_no_speed(self):
        with broker(self.program, "--topic", "late:2") as where:
            late = Top(self.program, where)
            late.fill("late", 1)
            late.fill("late", 5000, partition=1)
            run([self.program, "consume", "-q", "-b", where, "-t", "late", "-p", "0", "-g", "late", "-c", "1"])
            process = subprocess.Popen([self.program, "top", "-b", where, "-n", "3", "-d", "1"], stdout=subprocess.PIPE, text=True)
            first = process.stdout.readline()
            expect("group late state Empty members 0 lag 0 " in first, first)
            run([self.program, "offsets", "-b", where, "-g", "late", "-t", "late", "--reset", "latest"])
            said = process.communicate(timeout=30)[0]
            expect("partition 1 committed 5000 end 5000 lag 0" in said, said)
            speeds = re.findall(r"group late .* read/s (\S+) written/s (\S+) left", said)
            expect_equal(set(speeds), {("0", "0")}, "READ/S and WRITTEN/S")

    def a_late_answer_is_no_speed(self):
        """What a round found out early, and the next one soon after its end, is not far apart on the clock."""
        with broker(self.program, "--topic", "orders", "--fault", "ListOffsets:times=1:delay=2000") as where:
            process = subprocess.Popen([self.program, "top", "-b", where, "-n", "2", "-d", "0.5"], stdout=subprocess.PIPE, text=True)
            time.sleep(1)
            Top(self.program, where).fill("orders", 100)
            said = process.communicate(timeout=30)[0]
            ends = re.findall(r"topic orders .* end (\d+) written/s (\S+) ", said)
            expect_equal([end for end, _ in ends], ["0", "100"], f"ends in {said}")
            expect(10 < float(ends[1][1]) < 60, f"100 records in about 2 s: {ends}")

    def rounds_while_a_broker_is_away(self):
        """Plain lines say that a round takes long, and it goes on when the broker is back."""
        with Restarted(self.program) as away:
            process = subprocess.Popen([self.program, "top", "-q", "-b", away.where, "-d", "0.3"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
            lines = Lines(process)
            lines.until(r"topic orders partitions 2 ")
            away.kill()
            lines.until(r"\d\d:\d\d:\d\d trouble no answer for \d+ s, the numbers are those of \d\d:\d\d:\d\d")
            away.start()
            lines.until(r"topic orders partitions 2 ")
            process.terminate()
            expect_equal(process.wait(20), 0, "status")

    def a_page_while_a_broker_is_away(self):
        with Restarted(self.program) as away, Terminal(80, 24, f"{self.program} top -b {away.where} -d 0.3") as terminal:
            terminal.until("orders ")
            away.kill()
            terminal.until("! no answer for ", 20)
            lines = terminal.text().splitlines()
            expect(lines[1].startswith("! no answer for ") and "the numbers are those of" in lines[1], f"the second line: {lines}")
            expect(any(line.startswith("orders ") for line in lines), f"the numbers stay: {lines}")
            time.sleep(5)  # the notice that it still tries would have come
            lines = terminal.text().splitlines()
            expect(lines[0].endswith("q quits") and "uvkafka:" not in "".join(lines), f"nothing else is on the page: {lines}")
            away.start()
            eventually("the page to be well again", lambda: "no answer" not in terminal.text() and "orders " in terminal.text(), 30)
            terminal.press("q")
            terminal.until("status 0")

    def the_first_line_says_how_to_quit(self):
        many = ",".join([self.where] * 6)
        with Terminal(80, 24, f"{self.program} top -b {many} -d 0.3") as terminal:
            terminal.until("payments")
            first = terminal.text().splitlines()[0]
            expect(len(first) == 80 and first.endswith("~  q quits"), f"{first!r}")
            terminal.press("q")
            terminal.until("status 0")

    def numbers_of_a_client(self):
        with page() as url:
            text = self.top("-n", "2", "-d", "0.5", "--stats", url + "/metrics")
            expect(" producers all queued 7 " in text, text)
            expect(re.search(r" broker kafka-1\.example:9092 connections 2 in-flight 0 requests/s 0 ", text), text)
            rate = float(re.search(r" messages/s ([\d.]+)", text.splitlines()[-3] + text[text.rfind(" consumers all"):]).group(1))
            expect(20 < rate <= 250, f"100 in about half a second: {rate}")
            lost = self.top("-n", "1", "--stats", url + "/other", status=1)
            expect("trouble " + url + "/other: it answers 404" in lost, lost)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(NUMBERS % 1)
            file.flush()
            expect(" producers all queued 7 " in self.top("-n", "1", "--stats", file.name), "from a file")
            file.write("this is no number\n")
            file.flush()
            expect("no numbers in the text format" in self.top("-n", "1", "--stats", file.name, status=1), "a wrong file")
        expect("No such file" in self.top("-n", "1", "--stats", "/nonexistent", status=1), "a file that is not there")

    def servers_that_are_none(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            began = time.monotonic()
            text = self.top("-n", "1", "--stats", f"http://127.0.0.1:{port}/", status=1)
            expect("no answer in time" in text, text)
            expect(time.monotonic() - began < 15, "it ended in time")
        text = self.top("-n", "1", "--stats", f"http://127.0.0.1:{port}/", status=1)
        expect("connection refused" in text, text)
        text = self.top("-n", "1", "--stats", f"http://{self.where}/", status=1)  # a broker speaks no HTTP
        expect("trouble http://" in text, text)

    def wrong_calls(self):
        for words in (["-d", "0"], ["-d", "x"], ["-n", "0"], ["-n", "x"], ["--stats", "https://a/"], ["--stats", "http://a:b/"],
                      ["--stats", ""], ["-g", ""], ["-t", "not a topic"]):
            done = subprocess.run([self.program, "top", "-b", self.where, *words], stderr=subprocess.PIPE, text=True,
                                  timeout=20, check=False)
            expect_equal(done.returncode, 2, f"status of {words}: {done.stderr}")

    def topics_that_are_missing(self):
        text = self.top("-n", "1", "-t", "nothing", status=1)
        expect("trouble topic nothing" in text and "unknown_topic_or_partition" in text, text)

    def brokers_that_are_gone(self):
        done = subprocess.run([self.program, "top", "-b", "127.0.0.1:1", "-m", "1"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=30, check=False)
        expect_equal(done.returncode, 1, f"status: {done.stderr}")
        expect("no answer from 127.0.0.1:1 in 1 s" in done.stderr, done.stderr)

    def pages(self):
        with page() as url, Terminal(80, 24, f"{self.program} top -b {self.where} -d 0.3 --stats {url}/metrics") as terminal:
            terminal.until("payments")
            terminal.until("WRITTEN/S")
            small = terminal.text().splitlines()
            expect(small[0].endswith("q quits"), f"the first line: {small[0]!r}")
            expect("before" not in "".join(small), "the page has the screen for itself")
            for title in ("GROUP    STATE", "GROUP    TOPIC", "PRODUCERS", "CONSUMERS", "BROKER ", "TOPIC "):
                expect(any(line.startswith(title) for line in small), f"{title!r} in {small}")
            terminal.tmux("resize-window", "-x", "200", "-y", "50")
            eventually("the title to be as wide as the terminal", lambda: len(terminal.text().splitlines()[0]) == 200, 15)
            terminal.press("q")
            terminal.until("status 0")
        for key, width in (("q", 80), ("C-c", 200)):
            with Terminal(width, 24, f"{self.program} top -b {self.where} -d 0.3") as terminal:
                terminal.until("payments")
                terminal.press(key)
                terminal.until("status 0")
                lines = terminal.text().splitlines()
                expect_equal(lines[:2], ["before", "status 0"], "the screen as it was before")

    def tables_share_the_page(self):
        """One table with many rows leaves the others theirs, and no line is wasted."""
        with broker(self.program, "--topic", "orders:30") as where:
            top = Top(self.program, where)
            top.fill("orders", 1)
            for group in ("one", "two"):
                run([self.program, "offsets", "-q", "-b", where, "-g", group, "-t", "orders", "--reset", "latest"])
            with page() as url, Terminal(80, 24, f"{self.program} top -b {where} -d 0.3 --stats {url}/metrics") as terminal:
                terminal.until("WRITTEN/S")
                lines = terminal.text().splitlines()
                expect(all(any(line.startswith(f"{group}  ") and "Empty" in line for line in lines) for group in ("one", "two")),
                       f"both groups: {lines}")
                expect(any(line.startswith("orders  ") for line in lines), f"the topic: {lines}")
                expect(any(re.fullmatch(r"\.\.\. 5\d more", line) for line in lines), f"partitions that have no room: {lines}")
                expect(lines[23] != "", f"the last line is used: {lines}")
                terminal.press("q")
                terminal.until("status 0")

    def what_has_no_room(self):
        run([self.program, "produce", "-q", "-b", self.where, "-t", "orders", "-p", "1"], "x\n")
        for k in range(12):
            run([self.program, "produce", "-q", "--create", "-b", self.where, "-t", f"a-topic-with-quite-a-long-name-{k:02}"], "x\n")
        with Terminal(60, 12, f"{self.program} top -b {self.where} -d 0.3") as terminal:
            terminal.until(" more")
            lines = terminal.text().splitlines()
            expect_equal(len(lines), 12, "lines")
            expect(all(len(line) <= 60 for line in lines), f"{lines}")
            expect(any(line.startswith("GROUP") for line in lines) and any(line.startswith("TOPIC") for line in lines), f"{lines}")
            expect(any("~" in line for line in lines), f"a name that is cut: {lines}")
            terminal.press("q")
            terminal.until("status 0")

    def all(self, checks):
        found = [self.rounds_as_lines, self.rates, self.only_what_was_asked_for, self.a_first_commit_is_no_speed, self.a_late_answer_is_no_speed,
                 self.rounds_while_a_broker_is_away, self.numbers_of_a_client,
                 self.servers_that_are_none, self.wrong_calls, self.topics_that_are_missing, self.brokers_that_are_gone]
        if shutil.which("tmux"):
            found += [self.pages, self.a_page_while_a_broker_is_away, self.the_first_line_says_how_to_quit,
                      self.tables_share_the_page, self.what_has_no_room]
        else:
            print("SKIPPED the pages on a terminal: tmux is not installed (test/install.sh test)", file=sys.stderr, flush=True)
        for check in found:
            checks.run(check.__name__.replace("_", " "), check)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    checks = Checks("uvkafka top")
    program = options.uvkafka.resolve()
    with broker(program, "--topic", "orders:2", "--topic", "payments") as where:
        Top(program, where).all(checks)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
