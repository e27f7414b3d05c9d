"""Logins with SASL at real brokers, for secure.py: who gets in, who does not and what is said then, and logins that run out."""
import subprocess
import threading
import time

import kafka_cluster
from harness import expect, expect_equal, run

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
QUICK = 3  # seconds in which a wrong password ends a command
RENEWALS = 3  # lifetimes that the commands live through


class Sasl:
    """`secure` has the commands and the certificates."""

    def __init__(self, secure):
        self.secure, self.layout = secure, secure.layout

    def options(self, listener, mechanism, user="alice", password=None):
        protocol = kafka_cluster.LISTENERS[listener][1]
        passwords = {**kafka_cluster.USERS, **kafka_cluster.DENIED}
        options = {"security.protocol": protocol, "sasl.mechanism": mechanism, "sasl.username": user,
                   "sasl.password": password or passwords[user]}
        if protocol == "SASL_SSL":
            options["ssl.ca.location"] = self.secure.tls / "ca.pem"
        elif mechanism == "PLAIN":
            options["sasl.allow.plaintext"] = "true"
        return options

    def there_and_back(self):
        self.secure.there_and_back("SASL_SSL", self.options("SASL_SSL", "SCRAM-SHA-512"), "over-sasl-ssl")

    def wrong_password(self, mechanism, command):
        password = "not-the-secret"
        words = ["-t", "over-sasl-ssl"] if command == "produce" else []
        said, took = self.secure.refused(command, "SASL_SSL", self.options("SASL_SSL", mechanism, password=password), *words)
        expect("authentication failed" in said and mechanism in said and '"alice"' in said, said)
        expect(password not in said, "the password is shown")
        expect(took < QUICK, f"it took {took:.1f} s: {said}")
        expect(said.count("connect failed") == 1, f"it is told once: {said}")

    def login_to_plaintext(self):
        """Nobody is asked who he is there, so nothing may be sent."""
        said, took = self.secure.refused("topics", "PLAINTEXT", self.options("SASL_PLAINTEXT", "SCRAM-SHA-256"))
        expect("takes no login on this port" in said, said)
        expect(took < QUICK, f"it took {took:.1f} s: {said}")

    def login_to_old_broker(self):
        """A broker of 0.9 drops ApiVersions, and answers requests on this port all the same. It must get none."""
        options = {**self.options("SASL_PLAINTEXT", "SCRAM-SHA-256"), "socket.connection.setup.timeout.ms": 1000}
        said, _ = self.secure.refused("topics", "PLAINTEXT", options)
        expect("no answer to ApiVersions" in said, said)

    def no_login(self):
        said, _ = self.secure.refused("topics", "SASL_PLAINTEXT", {})
        expect("SASL" in said, said)

    def password_in_clear(self):
        options = self.options("SASL_PLAINTEXT", "PLAIN")
        del options["sasl.allow.plaintext"]
        done = subprocess.run([str(word) for word in self.secure.command("topics", "SASL_PLAINTEXT", options)],
                              capture_output=True, text=True, timeout=60)
        expect_equal(done.returncode, 2, f"the status; it said {done.stderr}")
        expect("sasl.allow.plaintext=true" in done.stderr and kafka_cluster.USERS["alice"] not in done.stderr, done.stderr)

    def denied(self):
        said, took = self.secure.refused("produce", "SASL_SSL", self.options("SASL_SSL", "SCRAM-SHA-256", user="mallory"),
                                         "-t", "over-sasl-ssl")
        expect("over-sasl-ssl" in said and "denied" in said, said)
        expect(took < QUICK, f"it took {took:.1f} s: {said}")

    def renewed(self, mechanism):
        """A producer and a consumer outlive several logins, and see nothing of it."""
        lifetime = self.layout.state["reauth"] / 1000
        options, topic = self.options("REAUTH", mechanism), f"renewed-{mechanism.lower()}"
        self.secure.there_and_back("REAUTH", options, topic)
        commands = {name: [str(word) for word in self.secure.command(name, "REAUTH", options, "-t", topic, *more)]
                    for name, more in (("consume", ["-o", "end"]), ("produce", []))}
        begun = {name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True) for name, command in commands.items()}
        got = []
        reader = threading.Thread(target=lambda: got.extend(begun["consume"].stdout))
        reader.start()
        time.sleep(1)
        sent, end = [], time.monotonic() + RENEWALS * lifetime
        while time.monotonic() < end:
            sent.append(f"{len(sent)}\n")
            begun["produce"].stdin.write(sent[-1])
            begun["produce"].stdin.flush()
            time.sleep(0.1)
        _, said = begun["produce"].communicate(timeout=60)
        expect_equal((begun["produce"].returncode, said), (0, ""), "how the producer ended, and what it said")
        kafka_cluster.wait_for("the last line", lambda: len(got) >= len(sent), 10)
        begun["consume"].terminate()
        reader.join()
        said = begun["consume"].stderr.read()
        begun["consume"].wait()
        expect_equal(sorted(got), sorted(sent), "the lines")
        expect("disconnected" not in said and "failed" not in said, said)


def drive(checks, secure):
    sasl, listeners = Sasl(secure), secure.layout.secure_listeners()
    if kafka_cluster.version_tuple(secure.layout.state["version"]) < (0, 10):
        checks.run("login_to_old_broker", sasl.login_to_old_broker)
    if "SASL_SSL" not in listeners:
        return
    offered = [mechanism for mechanism in MECHANISMS if mechanism in secure.layout.mechanisms()]
    if not offered:
        return
    checks.run("there_and_back", sasl.there_and_back)
    for mechanism in offered:
        for command in ("topics", "produce"):
            checks.run(f"wrong password, {mechanism}, {command}", sasl.wrong_password, mechanism, command)
    if kafka_cluster.version_tuple(secure.layout.state["version"]) >= (0, 11):  # earlier ones hide such a topic
        checks.run("denied", sasl.denied)
    together = [(name, getattr(sasl, name)) for name in ("login_to_plaintext", "no_login", "password_in_clear")]
    if "REAUTH" in listeners:
        together += [(f"renewed, {mechanism}", sasl.renewed, mechanism) for mechanism in offered[:2]]
    checks.run_together(together)
