#!/usr/bin/env python3
"""TLS and logins of `uvkafka broker`, with clients that are not ours as witnesses: kcat, confluent-kafka, Kafka's tools.

    devbroker_secure.py [--uvkafka PROGRAM] [--all]

Kafka's tools take seconds of CPU each, so without --all they log in twice only.
What is not installed is skipped, loudly. Exit status: 0 if all checks hold, 1 if one does not, 77 without kcat.
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import types

import kafka_cluster
from harness import Checks, default_program, expect, expect_equal, run, scratch, skip_unless

PASSWORDS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
MECHANISMS = [*PASSWORDS, "OAUTHBEARER"]
USERS = {"alice": "alice-secret", "bob": "bob:secret"}
DENIED = "bob"
TOOLS_VERSION = "4.3.1"
FILES = ["ca.pem", "broker.pem", "broker.key", "client.pem", "client.key"]


class Login:
    """How a client speaks to a broker, as options of librdkafka, which are ours, too."""

    def __init__(self, tls=None, mechanism=None, user="alice", password=None, identity=False):
        self.tls, self.mechanism, self.user, self.identity = tls, mechanism, user, identity
        self.password = USERS.get(user) if password is None else password

    def options(self, ours=False):
        options = {"security.protocol": ("sasl_" if self.mechanism else "") + ("ssl" if self.tls else "plaintext")}
        if self.tls:
            options["ssl.ca.location"] = f"{self.tls}/ca.pem"
        if self.identity:
            options |= {"ssl.certificate.location": f"{self.tls}/client.pem", "ssl.key.location": f"{self.tls}/client.key"}
        if self.mechanism:
            options["sasl.mechanism"] = self.mechanism
        if self.mechanism == "OAUTHBEARER":
            options |= {"enable.sasl.oauthbearer.unsecure.jwt": "true",
                        "sasl.oauthbearer.config": f"principal={self.user}"}
        elif self.mechanism:
            options |= {"sasl.username": self.user, "sasl.password": self.password}
            if ours and not self.tls:
                options["sasl.allow.plaintext"] = "true"
        return options

    def words(self, ours=False):
        return [word for name, value in self.options(ours).items() for word in ("-X", f"{name}={value}")]

    def properties(self, path):
        """A file for Java's tools."""
        protocol = self.options()["security.protocol"].upper()
        lines = [f"security.protocol={protocol}"]
        if self.tls:
            lines += ["ssl.truststore.type=PEM", f"ssl.truststore.location={self.tls}/ca.pem"]
        if self.identity:
            both = path.with_suffix(".pem")
            both.write_text(pathlib.Path(self.tls, "client.key").read_text() + pathlib.Path(self.tls, "client.pem").read_text())
            lines += ["ssl.keystore.type=PEM", f"ssl.keystore.location={both}"]
        module = "sasl.jaas.config=org.apache.kafka.common.security."
        if self.mechanism:
            lines.append(f"sasl.mechanism={self.mechanism}")
        if self.mechanism == "OAUTHBEARER":
            lines.append(f'{module}oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="{self.user}";')
        elif self.mechanism:
            kind = "plain.PlainLoginModule" if self.mechanism == "PLAIN" else "scram.ScramLoginModule"
            lines.append(f'{module}{kind} required username="{self.user}" password="{self.password}";')
        path.write_text("\n".join(lines) + "\n")
        return path


@contextlib.contextmanager
def broker(program, *words):
    """Runs a dev broker; gives its address, and expects a clean end."""
    running = subprocess.Popen([program, "broker", "--port", "0", "--topic", "t:1", *map(str, words)],
                               stdout=subprocess.PIPE, text=True)
    try:
        yield running.stdout.readline().strip()
        running.send_signal(signal.SIGTERM)
        expect_equal(running.wait(10), 0, "the broker's exit status")
    finally:
        running.kill()
        running.wait()


def accounts():
    return ["--sasl", ",".join(MECHANISMS), *(word for name, password in USERS.items() for word in ("--user", f"{name}:{password}"))]


class Secure:
    def __init__(self, program, directory, all_tools):
        self.program, self.directory, self.tls, self.all_tools = program, directory, directory / "tls", all_tools
        self.found = {}

    # Clients: each sends one line and reads it back.

    def kcat(self, where, login, line):
        options = ["-b", where, "-m", "10", *login.words()]
        run(["kcat", "-P", *options, "-t", "t"], line + "\n", timeout=30)
        expect(line in run(["kcat", "-C", "-q", *options, "-t", "t", "-o", "beginning", "-e"], timeout=30).split("\n"),
               f"{line} is not there")

    def ours(self, where, login, line):
        options = ["-b", where, "-t", "t", *login.words(ours=True)]
        run([self.program, "produce", *options], line + "\n", timeout=30)
        expect(line in run([self.program, "consume", *options, "-o", "earliest", "-e"], timeout=30).split("\n"),
               f"{line} is not there")

    def confluent(self, where, login, line):
        from confluent_kafka import Consumer, Producer
        options = {"bootstrap.servers": where, **login.options()}
        told = []
        producer = Producer(options)
        producer.produce("t", line.encode(), on_delivery=lambda error, _: told.append(error))
        expect_equal(producer.flush(20), 0, "records that wait")
        expect_equal(told, [None], "outcomes")
        consumer = Consumer({**options, "group.id": f"g-{line}", "auto.offset.reset": "earliest"})
        try:
            consumer.subscribe(["t"])
            end = time.monotonic() + 30
            while time.monotonic() < end:
                message = consumer.poll(1)
                if message is not None and not message.error() and message.value() == line.encode():
                    return
        finally:
            consumer.close()
        expect(False, f"{line} is not there")

    def java(self, where, login, line):
        layout = types.SimpleNamespace(dir=self.directory, state={"version": TOOLS_VERSION, "secure": False})
        file = login.properties(self.directory / f"{line}.properties")
        kafka_cluster.run_tool(layout, "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", where, "--topic", "t",
                               "--producer.config", str(file), text_in=line + "\n")
        text = kafka_cluster.run_tool(layout, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", where,
                                      "--topic", "t", "--from-beginning", "--timeout-ms", "5000", "--consumer.config", str(file))
        expect(line in text.split("\n"), f"{line} is not there")

    def clients(self):
        if self.found:
            return self.found
        found = {"uvkafka": self.ours, "kcat": self.kcat}
        try:
            import confluent_kafka  # noqa: F401
            found["confluent-kafka"] = self.confluent
        except ImportError:
            print("SKIPPED confluent-kafka: it is not installed", file=sys.stderr)
        if shutil.which("java"):
            found["Kafka's tools"] = self.java
        else:
            print("SKIPPED Kafka's tools: java is not installed", file=sys.stderr)
        self.found = found
        return found

    # Checks.

    def mechanisms(self, name, tls):
        if name == "Kafka's tools" and not self.all_tools:
            return ["SCRAM-SHA-512", "OAUTHBEARER"] if tls else []
        return MECHANISMS if name != "uvkafka" else PASSWORDS

    def matrix(self, checks):
        for tls in (None, self.tls):
            with broker(self.program, *accounts(), *(["--tls-make", tls] if tls else [])) as where:
                for name, client in self.clients().items():
                    for mechanism in self.mechanisms(name, tls):
                        word = f"{name.split()[0].rstrip(chr(39) + 's')}-{mechanism}-{'tls' if tls else 'plain'}"
                        checks.run(f"{name}, {mechanism}{', TLS' if tls else ''}", client, where, Login(tls, mechanism), word)

    def made_files(self):
        for name in FILES:
            expect(name.endswith(".pem") or stat.S_IMODE(os.stat(self.tls / name).st_mode) == 0o600, f"anybody may read {name}")
        before = {name: (self.tls / name).read_bytes() for name in FILES}
        with broker(self.program, "--tls-make", self.tls) as where:
            for host in ("127.0.0.1", "localhost"):
                context = ssl.create_default_context(cafile=self.tls / "ca.pem")
                with socket.create_connection(("127.0.0.1", int(where.split(":")[1])), 10) as plain:
                    context.wrap_socket(plain, server_hostname=host).close()
        expect_equal({name: (self.tls / name).read_bytes() for name in FILES}, before, "the files")
        half = self.directory / "half"
        half.mkdir()
        shutil.copy(self.tls / "ca.pem", half)
        said = self.refused("broker", "--port", "0", "--tls-make", half, status=2)
        expect("has ca.pem and no client.key" in said, said)

    def client_certificates(self):
        with broker(self.program, "--tls-make", self.tls, "--tls-client-ca", self.tls / "ca.pem") as where:
            for name, client in self.clients().items():
                if name == "Kafka's tools" and not self.all_tools:
                    continue
                client(where, Login(self.tls, identity=True), f"certificate-{name.split()[0]}")
            said = self.refused("topics", "-b", where, *Login(self.tls).words(), "-m", "5")
            expect("certificate" in said, said)

    def refused(self, *words, status=1, text_in=""):
        done = subprocess.run([self.program, *map(str, words)], input=text_in, capture_output=True, text=True, timeout=30)
        expect_equal(done.returncode, status, f"exit status, with {done.stderr!r}")
        return done.stderr

    def refusals(self):
        with broker(self.program, *accounts(), "--deny", DENIED, "--tls-make", self.tls) as where:
            for mechanism in PASSWORDS:
                wrong = Login(self.tls, mechanism, password="wrong-secret")
                begin = time.monotonic()
                said = self.refused("topics", "-b", where, *wrong.words())
                expect("authentication failed" in said and "wrong-secret" not in said, said)
                expect(time.monotonic() - begin < 5, "it took too long")
                done = subprocess.run(["kcat", "-L", "-b", where, "-m", "5", *wrong.words()], capture_output=True, text=True)
                expect(done.returncode != 0 and "uthentication" in done.stderr, done.stderr)
                denied = Login(self.tls, mechanism, user=DENIED)
                said = self.refused("produce", "-b", where, "-t", "t", *denied.words(), text_in="x\n")
                expect("topic_authorization_failed" in said, said)
                done = subprocess.run(["kcat", "-P", "-b", where, "-t", "t", "-m", "5", *denied.words()], input="x\n",
                                      capture_output=True, text=True)
                expect("uthorization" in done.stderr, done.stderr)
            plain = self.refused("topics", "-b", where, "-m", "3")
            expect("speak" in plain or "no answer" in plain, plain)
        with broker(self.program, "--sasl", "PLAIN", "--user", "alice:x") as where:
            said = self.refused("topics", "-b", where, *Login(self.tls, "PLAIN").words(), "-m", "3")
            expect("TLS" in said, said)
            said = self.refused("topics", "-b", where, *Login(None, "SCRAM-SHA-256").words(), "-m", "5")
            expect("does not offer" in said and "PLAIN" in said, said)

    def wrong_options(self):
        for words, text in ((("--sasl", "plain", "--user", "a:b"), 'there is no mechanism "plain"'),
                            (("--sasl", "PLAIN"), "nobody can log in"),
                            (("--sasl", "PLAIN", "--user", "alice"), "NAME:PASSWORD"),
                            (("--sasl", "PLAIN", "--user", "a:${env:NOT_THERE_AT_ALL}"), "no such variable"),
                            (("--user", "a:b"), "no mechanism with passwords"),
                            (("--deny", "bob"), "ANONYMOUS"),
                            (("--session-lifetime", "1000"), "is of logins"),
                            (("--session-lifetime", "soon"), "milliseconds"),
                            (("--tls-cert", self.tls / "broker.pem"), "key must be set"),
                            (("--tls-cert", self.tls / "none.pem", "--tls-key", self.tls / "broker.key"), "none.pem"),
                            (("--tls-cert", self.tls / "broker.pem", "--tls-key", self.tls / "client.key"), "does not match"),
                            (("--tls-client-ca", self.tls / "ca.pem"), "cert must be set"),
                            (("--tls-make", self.tls / "ca.pem"), "ca.pem")):
            said = self.refused("broker", "--port", "0", *words, status=2)
            expect(text in said, f"{words}: {said}")

    def everybody_denied(self):
        with broker(self.program, "--deny", "ANONYMOUS") as where:
            said = self.refused("produce", "-b", where, "-t", "t", text_in="x\n")
            expect("topic_authorization_failed" in said, said)

    def renewals(self):
        """Clients that renew their logins notice nothing: one line each 0.5 s over three lifetimes."""
        with broker(self.program, *accounts(), "--session-lifetime", "1500", "--tls-make", self.tls) as where:
            def feed(command):
                run_ = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for i in range(10):
                    run_.stdin.write(f"{i}\n")
                    run_.stdin.flush()
                    time.sleep(0.5)
                run_.stdin.close()
                return run_.wait(20), run_.stderr.read()
            login = Login(self.tls, "SCRAM-SHA-256")
            expect_equal(feed([self.program, "produce", "-b", where, "-t", "t", *login.words()]), (0, ""), "uvkafka")
            text = run([self.program, "consume", "-b", where, "-t", "t", "-o", "earliest", "-e", *login.words()])
            expect_equal(text.split(), [str(i) for i in range(10)], "lines")

    def secrets(self):
        """A password that comes from the environment is on no command line, and in no output of the broker."""
        canary = "canary-" + os.urandom(12).hex()
        log = self.directory / "broker.log"
        with open(log, "w+") as out:
            running = subprocess.Popen([self.program, "broker", "--port", "0", "--sasl", "PLAIN,SCRAM-SHA-256", "--user",
                                        "alice:${env:CANARY}", "--topic", "t:1", "--tls-make", self.tls],
                                       stdout=subprocess.PIPE, stderr=out, text=True, env={**os.environ, "CANARY": canary})
            try:
                where = running.stdout.readline().strip()
                words = pathlib.Path(f"/proc/{running.pid}/cmdline").read_bytes() if sys.platform == "linux" else b""
                expect(canary.encode() not in words, "the password is on the command line")
                self.kcat(where, Login(self.tls, "PLAIN", password=canary), "canary")
                self.refused("topics", "-b", where, *Login(self.tls, "PLAIN", password="x" + canary).words())
            finally:
                running.terminate()
                rest = running.communicate(timeout=10)[0]
            out.seek(0)
            expect(canary not in rest + out.read(), "the password is in what the broker printed")

    def all(self, checks):
        self.matrix(checks)
        for check in (self.made_files, self.client_certificates, self.refusals, self.wrong_options, self.everybody_denied,
                      self.renewals, self.secrets):
            checks.run(check.__name__.replace("_", " "), check)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    parser.add_argument("--all", action="store_true", help="every login by Kafka's tools, too")
    options = parser.parse_args()
    skip_unless(["kcat"])
    built = run([options.uvkafka, "--version"])
    if " tls " not in built:
        print(f"SKIPPED, this build has no TLS: {built}", file=sys.stderr)
        sys.exit(77)
    directory = scratch("dev-broker-secure")
    checks = Checks("dev broker, secure")
    try:
        Secure(options.uvkafka, directory, options.all).all(checks)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
