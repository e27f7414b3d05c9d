"""Logins by GSSAPI (Kerberos) at real brokers, for secure.py: with a keytab and with kinit's cache, over TLS and in clear, and
what goes wrong: keytabs, principals, services, and a KDC that says nothing."""
import os
import socket
import subprocess
import sys
import threading
import time

import kafka_cluster
from harness import expect, expect_equal, run

REALM = kafka_cluster.REALM
PATIENCE = 2  # seconds: -m of a command whose KDC is silent
IN_TIME = 6  # seconds in which that command has ended, on a busy machine; a silent KDC is given up after 27


class SilentKdc:
    """Takes connections and answers nothing."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port, self.connections = self.listener.getsockname()[1], []
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def accept(self):
        while True:
            try:
                self.connections.append(self.listener.accept()[0])
            except OSError:
                return

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.connections:
            connection.close()


class Kerberos:
    """`secure` has the commands and the certificates."""

    def __init__(self, secure):
        self.secure, self.layout, self.home = secure, secure.layout, secure.layout.dir / "krb5"
        self.environment = {"KRB5_CONFIG": f"{self.home}/krb5.conf", "KRB5CCNAME": f"FILE:{self.home}/no-cache"}

    def options(self, listener, user="alice", **more):
        options = {"security.protocol": kafka_cluster.LISTENERS[listener][1], "sasl.mechanism": "GSSAPI",
                   "sasl.kerberos.principal": f"{user}@{REALM}", "sasl.kerberos.keytab": self.home / f"{user}.keytab"}
        if options["security.protocol"] == "SASL_SSL":
            options["ssl.ca.location"] = self.secure.tls / "ca.pem"
        options.update({name.replace("_", "."): value for name, value in more.items()})
        return {name: value for name, value in options.items() if value is not None}

    def command(self, name, listener, options, *words, patience=20, environment=None):
        return ["env", *(f"{name}={value}" for name, value in {**self.environment, **(environment or {})}.items()),
                *self.secure.command(name, listener, options, *words, patience=patience)]

    def there_and_back(self, listener):
        topic, lines = f"over-gssapi-{listener.lower().replace('_', '-')}", "".join(f"line {n}\n" for n in range(3000))
        options = self.options(listener)
        run(self.command("produce", listener, options, "-t", topic), text_in=lines)
        got = run(self.command("consume", listener, options, "-t", topic, "-e", "-o", "earliest"))
        expect_equal(sorted(got.splitlines()), sorted(lines.splitlines()), "the lines")

    def first_of_keytab(self):
        said = run(self.command("topics", "SASL_PLAINTEXT", self.options("SASL_PLAINTEXT", sasl_kerberos_principal=None)))
        expect("broker 1 " in said, said)

    def by_cache(self):
        """The tickets of kinit."""
        cache = {"KRB5CCNAME": f"FILE:{self.home}/cache-of-kinit"}
        run(["env", *(f"{name}={value}" for name, value in {**self.environment, **cache}.items()),
             kafka_cluster.system_program("kinit"), "-k", "-t", self.home / "alice.keytab", f"alice@{REALM}"])
        options = self.options("SASL_PLAINTEXT", sasl_kerberos_principal=None, sasl_kerberos_keytab=None)
        said = run(self.command("topics", "SASL_PLAINTEXT", options, environment=cache))
        expect("broker 1 " in said, said)

    def fails(self, listener, options, *words, name="topics", more=(), environment=None, patience=20):
        command = [str(word) for word in self.command(name, listener, options, *more, patience=patience,
                                                      environment=environment)]
        begun = time.monotonic()
        done = subprocess.run(command, input="line\n", capture_output=True, text=True, timeout=90)
        took = time.monotonic() - begun
        expect_equal(done.returncode, 1, f"the status; it said {done.stderr}")
        expect(all(word in done.stderr for word in words), f"not all of {words}: {done.stderr}")
        return took

    def refused(self, options, *words, **more):
        for listener in ("SASL_PLAINTEXT", "SASL_SSL"):
            took = self.fails(listener, {**self.options(listener), **options}, "GSSAPI", *words, **more)
            expect(took < IN_TIME, f"it took {took:.1f} s")

    def others_keytab(self):
        self.refused({"sasl.kerberos.keytab": self.home / "mallory.keytab"}, "sasl.kerberos.keytab has a key of")

    def old_keytab(self):
        """Keys that the KDC does not know any more."""
        keytab = self.home / "old.keytab"
        self.admin(f"addprinc -randkey old\nktadd -k {keytab} old\nchange_password -randkey old\n")
        self.refused({"sasl.kerberos.keytab": keytab, "sasl.kerberos.principal": f"old@{REALM}"},
                     "sasl.kerberos.keytab is not older")

    def unknown_principal(self):
        keytab = self.home / "gone.keytab"
        self.admin(f"addprinc -randkey gone\nktadd -k {keytab} gone\ndelprinc -force gone\n")
        self.refused({"sasl.kerberos.keytab": keytab, "sasl.kerberos.principal": f"gone@{REALM}"},
                     "check sasl.kerberos.principal")

    def wrong_service(self):
        self.refused({"sasl.kerberos.service.name": "kofka"}, "sasl.kerberos.service.name", "kofka/")

    def no_tickets(self):
        for listener in ("SASL_PLAINTEXT", "SASL_SSL"):
            options = self.options(listener, sasl_kerberos_principal=None, sasl_kerberos_keytab=None)
            took = self.fails(listener, options, "set sasl.kerberos.keytab, or call kinit")
            expect(took < IN_TIME, f"it took {took:.1f} s")

    def admin(self, lines):
        environment = {**os.environ, **kafka_cluster.kerberos_environment(self.layout)}
        subprocess.run([kafka_cluster.system_program("kadmin.local"), "-r", REALM], input=lines, text=True, env=environment,
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def denied(self):
        took = self.fails("SASL_SSL", self.options("SASL_SSL", user="mallory"), "over-gssapi-sasl-ssl", "denied",
                          name="produce", more=("-t", "over-gssapi-sasl-ssl"))
        expect(took < IN_TIME, f"it took {took:.1f} s")

    def silent_kdc(self, command):
        """The command gives up when it was told to, though the call that asks the KDC goes on."""
        with SilentKdc() as kdc:
            config = self.home / f"silent-{command}.conf"
            text = (self.home / "krb5.conf").read_text()
            config.write_text(text.replace(f"kdc = 127.0.0.1:{self.layout.state['kdc']}", f"kdc = 127.0.0.1:{kdc.port}"))
            # A name, so that one has to be looked up beside the call.
            options = {**self.options("SASL_PLAINTEXT"), "bootstrap.servers":
                       f"localhost:{self.layout.port(1, 'SASL_PLAINTEXT')},127.0.0.1:{self.layout.port(1, 'SASL_PLAINTEXT')}"}
            took = self.fails("SASL_PLAINTEXT", options, "it waits for tickets of Kerberos", name=command,
                              more=("-t", "x") if command == "produce" else (), environment={"KRB5_CONFIG": config},
                              patience=PATIENCE)
            expect(took < IN_TIME, f"it took {took:.1f} s")
            expect(kdc.connections, "the KDC was not asked")

    def renewed(self):
        """A producer outlives several logins, and says nothing of it."""
        begun = time.monotonic()
        options = self.options("REAUTH")
        lines = "".join(f"{n}\n" for n in range(160))
        run(["sh", "-c", "while read -r line; do echo \"$line\"; sleep 0.05; done | \"$@\"", "sh",
             *self.command("produce", "REAUTH", options, "-t", "renewed-gssapi")], text_in=lines)
        expect(time.monotonic() - begun > 3 * self.layout.state["reauth"] / 1000, "it took too short for three logins")
        got = run(self.command("consume", "REAUTH", options, "-t", "renewed-gssapi", "-e", "-o", "earliest"))
        expect_equal(got, lines, "the lines")


def drive(checks, secure):
    if "gssapi" not in run([secure.program, "--version"]):
        return
    number = kafka_cluster.version_tuple(secure.layout.state["version"])
    if "GSSAPI" not in secure.layout.mechanisms():
        print("SKIPPED, NO LOGIN WITH KERBEROS WAS TRIED: krb5kdc is not installed", file=sys.stderr, flush=True)
        return
    kerberos = Kerberos(secure)
    for listener in ("SASL_PLAINTEXT", "SASL_SSL"):
        checks.run(f"GSSAPI, there and back, {listener}", kerberos.there_and_back, listener)
    for name in ("first_of_keytab", "others_keytab", "old_keytab", "unknown_principal", "wrong_service", "no_tickets"):
        checks.run(f"GSSAPI, {name}", getattr(kerberos, name))
    if kafka_cluster.system_program("kinit"):
        checks.run("GSSAPI, by_cache", kerberos.by_cache)
    if number >= (0, 11):
        checks.run("GSSAPI, denied", kerberos.denied)
    for command in ("topics", "produce"):
        checks.run(f"GSSAPI, a silent KDC, {command}", kerberos.silent_kdc, command)
    if "REAUTH" in secure.layout.secure_listeners():
        checks.run("GSSAPI, renewed", kerberos.renewed)
