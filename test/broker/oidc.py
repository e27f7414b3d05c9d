#!/usr/bin/env python3
"""The command line program and a token endpoint that is right or wrong in one way each (oidc_server.py).

    oidc.py [--uvkafka PROGRAM]

The broker is the dev broker at a port that takes no logins. A session asks for its token before it says anything of a login.
So where the endpoint grants a token, the broker's refusal is what a command says in the end. Whether brokers take the tokens
is shown by secure.py, at real ones.
Exit status: 0 if all checks hold, 1 if one does not, 77 if the program has no OIDC.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

import kafka_cluster
from harness import Checks, default_program, expect, run, scratch, skip, skip_unless
from secure_oauth import LOGS_IN, READ_TIMEOUT, REFUSED_BY_CLIENT, SLACK

POOL = 4  # threads of libuv
GRANTED = "takes no login on this port"


class Endpoint:
    def __init__(self, program, folder):
        self.program = program
        here = pathlib.Path(__file__).resolve().parent
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out",
                        folder / "ca.pem"], check=True, stderr=subprocess.DEVNULL)
        self.trust = folder / "ca.pem"
        self.started = [subprocess.Popen([sys.executable, here / "oidc_server.py", folder / "oidc", "--cert", self.trust,
                                          "--key", folder / "key.pem"], stdout=subprocess.DEVNULL),
                        subprocess.Popen([program, "broker", "--port", "0"], stdout=subprocess.PIPE, text=True)]
        facts = folder / "oidc/oidc.json"
        kafka_cluster.wait_for("the endpoint", facts.exists, 30)
        self.facts = json.loads(facts.read_text())
        self.broker = re.search(r"127\.0\.0\.1:\d+", self.started[1].stdout.readline()).group(0)

    def end(self):
        for process in self.started:
            process.terminate()
            process.wait(10)

    def command(self, url, **more):
        options = {"security.protocol": "sasl_plaintext", "sasl.allow.plaintext": "true", "sasl.mechanism": "OAUTHBEARER",
                   "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.client.id": "we ird+%",
                   "sasl.oauthbearer.client.secret": "p:a ss+%&=", "sasl.oauthbearer.token.endpoint.url": url,
                   "sasl.login.read.timeout.ms": READ_TIMEOUT * 1000, "sasl.login.connect.timeout.ms": 3000,
                   **{name.replace("_", "."): value for name, value in more.items()}}
        words = [word for pair in options.items() for word in ("-X", f"{pair[0]}={pair[1]}")]
        return [str(word) for word in (self.program, "topics", "-b", self.broker, "-m", "20", *words)]

    def said(self, url, **more):
        """What `topics` says, which fails in any case, and how long it takes."""
        begun = time.monotonic()
        done = subprocess.run(self.command(url, **more), capture_output=True, text=True, timeout=60)
        expect(done.returncode in (1, 2), f"status {done.returncode}: {done.stderr}")
        expect("p:a" not in done.stderr and "eyJ" not in done.stderr, f"a secret is shown: {done.stderr}")
        return done.stderr, time.monotonic() - begun

    def path(self, path, word, name="token_url", **more):
        said, took = self.said(self.facts[name] + ("/" + path if path else ""), **more)
        expect(word in said, f"no \"{word}\": {said}")
        expect(took < READ_TIMEOUT + SLACK, f"it took {took:.1f} s: {said}")

    def retried(self):
        said, took = self.said(self.facts["token_url"] + "/status/503")
        expect("status 503" in said and "attempts" in said, said)
        expect(took < READ_TIMEOUT + 3 + SLACK, f"it took {took:.1f} s")

    def threads(self):
        """While the endpoint is silent, the program has no thread but its own and those of libuv's pool, which look names
        up."""
        url = self.facts["tls_token_url"].replace("127.0.0.1", "localhost") + "/hang"
        process = subprocess.Popen(self.command(url, **{"https.ca.location": self.trust}), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            time.sleep(1.5)
            expect(process.poll() is None, "the program has ended")
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        finally:
            process.kill()
            process.wait()
        count = int(re.search(r"Threads:\s*(\d+)", status).group(1))
        expect(count <= 1 + POOL, f"{count} threads")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    skip_unless(["openssl"])
    if "oidc" not in run([options.uvkafka, "--version"]):
        skip("the program has no OIDC")
    folder, checks = scratch("oidc"), Checks("token endpoint")
    endpoint = Endpoint(options.uvkafka, folder)
    try:
        checks.run_together(
            [(path or "plain", endpoint.path, path, GRANTED) for path in LOGS_IN] +
            [(path, endpoint.path, path, word) for path, word in REFUSED_BY_CLIENT.items()] + [("status/503", endpoint.retried)])
        tls = "tls_token_url"
        checks.run("https", lambda: endpoint.path("", GRANTED, tls, https_ca_location=endpoint.trust))
        checks.run("https, a certificate nobody trusts", endpoint.path, "", "certificate", tls)
        checks.run("threads", endpoint.threads)
    finally:
        endpoint.end()
        shutil.rmtree(folder, ignore_errors=True)
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
