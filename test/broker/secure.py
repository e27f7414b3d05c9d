#!/usr/bin/env python3
"""Real brokers over TLS, with and without certificates of the client, and what people do wrong.

    secure.py [--uvkafka PROGRAM] [VERSION]...

Lines go to the SSL listener and come back from it and from the plaintext one; with a listener that wants a certificate of
the client (MTLS) the same with PEM, an encrypted key and PKCS#12, and without a certificate a refusal in time. TLS to a
plaintext port and plaintext to a port of TLS end with a text that says so. secure_sasl.py adds logins with SASL,
secure_oauth.py those with tokens, secure_gssapi.py those with Kerberos, client_matrix.py tries each listener with each mechanism.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers, or the program has no TLS.
"""
import subprocess
import sys
import time

import client_matrix
import kafka_cluster
import secure_gssapi
import secure_oauth
import secure_sasl
from harness import expect, expect_equal, on_clusters, program_parser, run, skip_unless_secure

VERSIONS = ["0.9.0.1", "4.3.1"]
LINES = "".join(f"{n} {'x' * (n % 700)}\n" for n in range(3000))
PATIENCE = 20  # seconds: -m of what has to work, on a machine that is busy starting brokers
SOON = 8  # seconds: of what has to fail
WANTS_CERTIFICATES = (1, 0)  # 0.10.2.2 takes clients without one at that listener
LIFETIME = 2000  # milliseconds that a login holds at the listener REAUTH


class Secure:
    def __init__(self, layout, program):
        self.layout, self.program, self.tls = layout, program, layout.dir / "tls"
        self.trust = {"security.protocol": "SSL", "ssl.ca.location": self.tls / "ca.pem"}
        self.own = {"ssl.certificate.location": self.tls / "client.pem", "ssl.key.location": self.tls / "client.key"}

    def command(self, name, listener, options, *words, patience=PATIENCE):
        settings = [word for pair in options.items() for word in ("-X", f"{pair[0]}={pair[1]}")]
        return [self.program, name, "-b", self.layout.bootstrap(listener), "-m", str(patience), *settings, *words]

    def refused(self, name, listener, options, *words):
        """What a run that has to fail says, and how long it takes."""
        begun = time.monotonic()
        command = [str(word) for word in self.command(name, listener, options, *words, patience=SOON)]
        done = subprocess.run(command, input="line\n",
                              capture_output=True, text=True, timeout=60)
        expect_equal(done.returncode, 1, f"the status; it said {done.stderr}")
        return done.stderr, time.monotonic() - begun

    def there_and_back(self, listener, options, topic):
        run(self.command("produce", listener, options, "-t", topic), text_in=LINES)
        for where, how in ((listener, options), ("PLAINTEXT", {})):
            got = run(self.command("consume", where, how, "-t", topic, "-e", "-o", "earliest"))
            expect_equal(sorted(got.splitlines()), sorted(LINES.splitlines()), f"what {where} gives")

    def ssl(self):
        self.there_and_back("SSL", self.trust, "over-ssl")

    def by_name(self):
        port = self.layout.port(1, "SSL")
        text = run([self.program, "topics", "-b", f"localhost:{port}", "-X", "security.protocol=ssl", "-X",
                    f"ssl.ca.location={self.tls / 'ca.pem'}", "--resolve", "localhost:127.0.0.1"])
        expect("broker 1 " in text, text)

    def mtls(self):
        self.there_and_back("MTLS", {**self.trust, **self.own}, "over-mtls")

    def mtls_encrypted(self):
        run(self.command("topics", "MTLS", {**self.trust, **self.own, "ssl.key.location": self.tls / "client-encrypted.key",
                                            "ssl.key.password": kafka_cluster.TLS_PASSWORD}))

    def mtls_pkcs12(self):
        run(self.command("topics", "MTLS", {**self.trust, "ssl.keystore.location": self.tls / "client.p12",
                                            "ssl.keystore.password": kafka_cluster.TLS_PASSWORD}))

    def no_certificate(self):
        for command in ("topics", "produce"):
            said, took = self.refused(command, "MTLS", self.trust, *(["-t", "x"] if command == "produce" else []))
            expect("TLS failed" in said and "ssl.certificate.location" in said, said)
            expect(took < SOON, f"it took {took:.1f} s: {said}")

    def stranger(self):
        said, _ = self.refused("topics", "SSL", {"security.protocol": "ssl"})
        expect("ssl.ca.location" in said, said)

    def tls_to_plaintext(self):
        said, _ = self.refused("topics", "PLAINTEXT", self.trust)
        expect("does the port speak" in said, said)

    def plaintext_to_tls(self):
        said, _ = self.refused("topics", "SSL", {})
        expect("TLS" in said, said)


def drive(checks, secure):
    for name in ("ssl", "by_name"):
        checks.run(name, getattr(secure, name))
    if "MTLS" in secure.layout.secure_listeners():
        for name in ("mtls", "mtls_encrypted", "mtls_pkcs12"):
            checks.run(name, getattr(secure, name))
        if kafka_cluster.version_tuple(secure.layout.state["version"]) >= WANTS_CERTIFICATES:
            checks.run("no_certificate", secure.no_certificate)
    checks.run_together([(name, getattr(secure, name)) for name in ("stranger", "tls_to_plaintext", "plaintext_to_tls")])


def main():
    given = program_parser(__doc__, VERSIONS).parse_args()
    skip_unless_secure(given.uvkafka, given.versions)

    def all_of(checks, layout, _):
        secure = Secure(layout, given.uvkafka)
        drive(checks, secure)
        client_matrix.Matrix(layout, given.uvkafka).run(checks)
        for part in (secure_sasl, secure_oauth, secure_gssapi):
            part.drive(checks, secure)
    sys.exit(on_clusters("Kafka", "secure", given.versions, all_of, secure=True, reauth=LIFETIME))


if __name__ == "__main__":
    main()
