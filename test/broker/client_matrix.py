#!/usr/bin/env python3
"""Which clients get in by which listener and mechanism: uvkafka beside others, cell by cell.

    client_matrix.py [--uvkafka PROGRAM] [--witness java|kcat]... [VERSION]...

A cell is a listener, a mechanism, and a user: one who is known, one with a wrong password, and one who may do nothing. In each
cell of a known user uvkafka and the witnesses produce one record. uvkafka has to get in there; a witness that does not is
printed. In the other cells uvkafka has to be refused with status 1, in time, and without a secret in its words.
secure.py runs the same cells without witnesses.
Exit status: 0 if all cells hold, 1 if one does not, 77 if this machine cannot run brokers, or the program has no TLS.
"""
import functools
import os
import subprocess
import sys

import kafka_cluster
from harness import expect, on_clusters, program_parser, run, skip_unless_secure

VERSIONS = ["0.9.0.1", "0.10.2.2", "1.1.1", "2.8.2", "3.9.1", "4.3.1"]
TOPIC = "m1"
WRONG = "not-the-secret"
PATIENCE = 20  # seconds: -m of a command that has to work
SOON = 8  # of one that has to be refused
LIFETIME = 10000  # milliseconds that a login holds at the listener REAUTH
DENIED_IS_SAID = (0, 11)  # earlier brokers hide a topic from those who may not see it
WANTS_CERTIFICATES = (1, 0)  # 0.10.2.2 does not ask who a certificate belongs to


def settings(options):
    return [word for pair in options.items() for word in ("-X", f"{pair[0]}={pair[1]}")]


class Matrix:
    """The cells of one cluster."""

    def __init__(self, layout, program):
        self.layout, self.program, self.tls = layout, program, layout.dir / "tls"
        self.version = kafka_cluster.version_tuple(layout.state["version"])
        self.features = run([program, "--version"])

    def cells(self):
        """Pairs of a listener and a mechanism, None where nobody logs in."""
        for listener in self.layout.secure_listeners():
            if kafka_cluster.LISTENERS[listener][1] == "SSL":
                yield listener, None
                continue
            for mechanism in ["OAUTHBEARER"] if listener == "OIDC" else self.layout.mechanisms():
                # A build may lack what a mechanism needs.
                if mechanism == "GSSAPI" and "gssapi" not in self.features:
                    continue
                if listener == "OIDC" and "oidc" not in self.features:
                    continue
                yield listener, mechanism

    def options(self, listener, mechanism, user="alice", password=None):
        """As librdkafka has them. Ours are the same."""
        protocol = kafka_cluster.LISTENERS[listener][1]
        password = password or {**kafka_cluster.USERS, **kafka_cluster.DENIED}[user]
        options = {"security.protocol": protocol.lower()}
        if protocol.endswith("SSL"):
            options["ssl.ca.location"] = self.tls / "ca.pem"
        if listener == "MTLS":
            name = "client" if user == "alice" else user
            options.update({"ssl.certificate.location": self.tls / f"{name}.pem", "ssl.key.location": self.tls / f"{name}.key"})
        if mechanism:
            options["sasl.mechanisms"] = mechanism
        if mechanism == "PLAIN" or (mechanism or "").startswith("SCRAM"):
            options.update({"sasl.username": user, "sasl.password": password})
        elif mechanism == "OAUTHBEARER" and listener == "OIDC":
            options.update({"sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.client.id": user,
                            "sasl.oauthbearer.client.secret": password, "sasl.oauthbearer.scope": "kafka",
                            "sasl.oauthbearer.token.endpoint.url": self.layout.state["oidc"]["token_url"]})
        elif mechanism == "OAUTHBEARER":
            options.update({"enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": f"principal={user}"})
        elif mechanism == "GSSAPI":
            keytab, principal = self.layout.dir / "krb5" / f"{user}.keytab", f"{user}@{kafka_cluster.REALM}"
            options.update({"sasl.kerberos.service.name": "kafka", "sasl.kerberos.principal": principal,
                            "sasl.kerberos.keytab": keytab,
                            "sasl.kerberos.kinit.cmd": f"kinit -k -t {keytab} {principal}"})
        if self.version < (0, 10):
            options.update({"api.version.request": "false", "broker.version.fallback": "0.9.0"})
        return options

    def environment(self):
        return {**os.environ, **(kafka_cluster.kerberos_environment(self.layout) if "kdc" in self.layout.state else {})}

    def ours(self, listener, mechanism, patience, **who):
        """What a run of uvkafka comes to: its status, and what it says."""
        options = self.options(listener, mechanism, **who)
        if listener == "SASL_PLAINTEXT" and mechanism in ("PLAIN", "OAUTHBEARER"):
            options["sasl.allow.plaintext"] = "true"
        done = subprocess.run([self.program, "produce", "-b", self.layout.bootstrap(listener), "-t", TOPIC, "-m", str(patience),
                               *settings(options)], input="hello\n", env=self.environment(), capture_output=True, text=True, timeout=90)
        return done.returncode, done.stderr

    def gets_in(self, listener, mechanism, witnesses):
        notes = []
        for name, witness in witnesses.items():
            said = witness(self, listener, mechanism)
            if said:
                notes.append(f"{name} does not get in: {said}")
        status, said = self.ours(listener, mechanism, PATIENCE)
        expect(status == 0, f"status {status}: {said} {notes}")
        return "; ".join(notes)

    def kept_out(self, listener, mechanism, words, **who):
        status, said = self.ours(listener, mechanism, SOON, **who)
        expect(status == 1 and any(word in said for word in words), f"status {status}, none of {words} in: {said}")
        expect(not any(secret in said for secret in (WRONG, "-secret")), f"a secret is shown: {said}")

    def run(self, checks, witnesses=None):
        """One check for each cell and user."""
        run([self.program, "produce", "-b", self.layout.bootstrap("PLAINTEXT"), "-t", TOPIC, "--create"], text_in="first\n")
        for listener, mechanism in self.cells():
            cell = f"{listener}, {mechanism or 'no login'}"
            checks.run(f"{cell}, one who is known", self.gets_in, listener, mechanism, witnesses or {})
            if mechanism == "PLAIN" or (mechanism or "").startswith("SCRAM") or listener == "OIDC":
                checks.run(f"{cell}, a wrong password", functools.partial(self.kept_out, password=WRONG), listener, mechanism,
                           ["authentication failed", "invalid_client"])
            by_certificate = listener == "MTLS" and self.version >= WANTS_CERTIFICATES
            if self.version >= DENIED_IS_SAID and (mechanism or by_certificate):
                checks.run(f"{cell}, one who may do nothing", functools.partial(self.kept_out, user="mallory"), listener, mechanism,
                           ["denied"])


def kcat(matrix, listener, mechanism):
    """Nothing, or why it does not get in."""
    words = settings(matrix.options(listener, mechanism))
    try:
        done = subprocess.run(["kcat", "-b", matrix.layout.bootstrap(listener), "-P", "-t", TOPIC, *words, "-X",
                               "message.timeout.ms=6000"], input="hello\n", env=matrix.environment(), capture_output=True,
                              text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return "it does not end"
    bad = done.returncode != 0 or "ERROR" in done.stderr or "failed" in done.stderr
    return (done.stderr.strip()[:300] or f"status {done.returncode}") if bad else ""


def java(matrix, listener, mechanism):
    """Nothing, or why it does not get in. Older releases are asked by the oldest tool that they take."""
    layout, old = matrix.layout, matrix.version < (0, 10)
    tool = layout.state["version"] if old else "3.9.1" if matrix.version < (2, 1) else "4.3.1"
    program = "org.apache.kafka.tools.ConsoleProducer" if tool == "4.3.1" else "kafka.tools.ConsoleProducer"
    lines = (layout.dir / "clients" / f"{listener}{'-' + mechanism if mechanism else ''}.properties").read_text().splitlines()
    flags = kafka_cluster.java_flags(layout)
    if matrix.version < (1, 1):  # the file with the brokers' logins
        flags = [flag for flag in flags if "login.config" not in flag]
    if old:
        login = [line.split("=", 1)[1] for line in lines if line.startswith("sasl.jaas.config=")]
        lines = [line for line in lines if not line.startswith("sasl.") or "kerberos" in line]
        if login:
            (layout.dir / "client.jaas").write_text("KafkaClient {\n " + login[0] + "\n};\n")
            flags.append(f"-Djava.security.auth.login.config={layout.dir}/client.jaas")
    else:
        lines += ["delivery.timeout.ms=9000", "linger.ms=0"]
        if matrix.version < (0, 11):
            lines.append("enable.idempotence=false")
    lines += ["max.block.ms=9000", "request.timeout.ms=5000"]
    (layout.dir / "try.properties").write_text("\n".join(lines) + "\n")
    where = ["--broker-list" if old else "--bootstrap-server", layout.bootstrap(listener)]
    try:
        done = subprocess.run(["java", *flags, "-Xmx256m", "-cp", f"{kafka_cluster.jars(tool)}/*", program, *where, "--topic", TOPIC,
                               "--producer.config", str(layout.dir / "try.properties")],
                              input="hello\n", env=matrix.environment(), capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "it does not end"
    bad = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "Exception" in line]
    return (" | ".join(bad[:2])[:300] or f"status {done.returncode}") if bad or done.returncode else ""


WITNESSES = {"java": java, "kcat": kcat}


def main():
    parser = program_parser(__doc__, VERSIONS)
    parser.add_argument("--witness", action="append", choices=WITNESSES, help="default: java")
    given = parser.parse_args()
    witnesses = {name: WITNESSES[name] for name in given.witness or ["java"]}
    skip_unless_secure(given.uvkafka, given.versions)
    sys.exit(on_clusters("Kafka", "clients", given.versions,
                         lambda checks, layout, _: Matrix(layout, given.uvkafka).run(checks, witnesses),
                         secure=True, reauth=LIFETIME))


if __name__ == "__main__":
    main()
