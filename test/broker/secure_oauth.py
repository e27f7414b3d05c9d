"""Logins by OAUTHBEARER at real brokers, for secure.py: unsecured tokens, and tokens of the endpoint oidc_server.py, which
is wrong in many ways."""
import json
import time
import urllib.request

import kafka_cluster
from harness import expect, expect_equal, run

PASSWORDS = {**kafka_cluster.USERS, **kafka_cluster.DENIED}
READ_TIMEOUT = 3  # seconds: sasl.login.read.timeout.ms
SLACK = 4  # seconds around it, on a busy machine
LOGS_IN = ("", "LIFETIME/20", "slow/1", "flaky/2", "no-expiry")
# Path -> a word of the error. The client refuses the answer.
REFUSED_BY_CLIENT = {"expired": "expired", "hang": "no whole answer", "drip": "no whole answer", "not-json": "no JSON",
                     "no-token": "access_token", "huge": "huge", "ctl": "ctl", "redirect": "redirect",
                     "truncated": "truncated", "status/400": "status 400"}
# The broker refuses the token, and says nothing of why.
REFUSED_BY_BROKER = ("wrong-key", "wrong-aud", "wrong-issuer", "alg-none")


class OAuth:
    """`secure` has the commands and the certificates."""

    def __init__(self, secure):
        self.secure, self.layout = secure, secure.layout

    def options(self, listener, **more):
        protocol = kafka_cluster.LISTENERS[listener][1]
        options = {"security.protocol": protocol, "sasl.mechanism": "OAUTHBEARER"}
        if protocol == "SASL_SSL":
            options["ssl.ca.location"] = self.secure.tls / "ca.pem"
        else:
            options["sasl.allow.plaintext"] = "true"
        return {**options, **{name.replace("_", "."): value for name, value in more.items()}}

    def unsecured(self, listener, principal="alice"):
        return self.options(listener, enable_sasl_oauthbearer_unsecure_jwt="true",
                            sasl_oauthbearer_config=f"principal={principal} lifeSeconds=60")

    def endpoint(self, path="", client="alice", secret=None, url=None):
        url = url or self.layout.state["oidc"]["token_url"]
        return self.options("OIDC", sasl_oauthbearer_method="oidc", sasl_oauthbearer_client_id=client,
                            sasl_oauthbearer_client_secret=secret or PASSWORDS[client], sasl_oauthbearer_scope="kafka",
                            sasl_oauthbearer_token_endpoint_url=url + ("/" + path if path else ""),
                            sasl_login_read_timeout_ms=READ_TIMEOUT * 1000, sasl_login_connect_timeout_ms=3000)

    def logs_in(self, listener, options):
        said = run(self.secure.command("topics", listener, options))
        expect("broker 1 " in said, said)

    def there_and_back(self):
        self.secure.there_and_back("OIDC", self.endpoint(), "over-oidc")

    def refused(self, options, *words):
        said, took = self.secure.refused("topics", "OIDC", options)
        expect(all(word in said for word in words), f"not all of {words}: {said}")
        expect("-secret" not in said and "eyJ" not in said, f"a secret is shown: {said}")
        expect(took < READ_TIMEOUT + SLACK, f"it took {took:.1f} s: {said}")

    def refused_by_broker(self, path):
        claims = {"wrong-aud": "somebody-else", "wrong-issuer": "https://issuer.invalid"}
        self.refused(self.endpoint(path), "OAUTHBEARER", "our token: exp 20", ", aud \"", ", iss \"", claims.get(path, ""))

    def requests(self):
        with urllib.request.urlopen(self.layout.state["oidc"]["log_url"], timeout=10) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def asked_as_the_rfc_has_it(self):
        client, secret = "we ird+%", "p:a ss+%&="
        self.logs_in("OIDC", self.endpoint(client=client, secret=secret))
        last = [each for each in self.requests() if each["client"] == client][-1]
        expect_equal((last["how"], last["scope"], last["grant"], last["type"]),
                     ("basic", "kafka", "client_credentials", "application/x-www-form-urlencoded"), "the request")

    def retried(self):
        path = "/token/status/503"
        before = sum(each["path"] == path for each in self.requests())
        self.refused(self.endpoint("status/503"), "status 503", "attempts")
        count = sum(each["path"] == path for each in self.requests()) - before
        expect(3 <= count <= 20, f"{count} requests")

    def nobody_listens(self):
        self.refused(self.endpoint(url="http://127.0.0.1:9/token"), "no token: http://127.0.0.1:9/token")

    def renewed(self):
        """A producer outlives several logins and tokens, and says nothing of it."""
        begun = time.monotonic()
        options = {**self.unsecured("REAUTH"), "sasl.oauthbearer.config": "principal=alice lifeSeconds=4"}
        lines = "".join(f"{n}\n" for n in range(200))
        run(["sh", "-c", "while read -r line; do echo \"$line\"; sleep 0.05; done | \"$@\"", "sh",
             *self.secure.command("produce", "REAUTH", options, "-t", "renewed-oauthbearer")], text_in=lines)
        expect(time.monotonic() - begun > 8, "it took too short for a second token")
        got = run(self.secure.command("consume", "REAUTH", options, "-t", "renewed-oauthbearer", "-e", "-o", "earliest"))
        expect_equal(got, lines, "the lines")


def drive(checks, secure):
    oauth, listeners = OAuth(secure), secure.layout.secure_listeners()
    if "OAUTHBEARER" not in secure.layout.mechanisms():
        return
    together = [("renewed, OAUTHBEARER", oauth.renewed)] if "REAUTH" in listeners else []
    if "OIDC" in listeners and "oidc" in run([secure.program, "--version"]):
        checks.run("OIDC, there and back", oauth.there_and_back)
        checks.run("OIDC, a client that the endpoint does not know", oauth.refused,
                   oauth.endpoint(client="alice", secret="wrong-secret"), "status 401", "invalid_client")
        checks.run("OIDC, the request", oauth.asked_as_the_rfc_has_it)
        together += [(f"OIDC, {path or 'plain'}", oauth.logs_in, "OIDC", oauth.endpoint(path)) for path in LOGS_IN]
        together += [(f"OIDC, {path}", oauth.refused, oauth.endpoint(path), word)
                     for path, word in REFUSED_BY_CLIENT.items()]
        together += [(f"OIDC, {path}", oauth.refused_by_broker, path) for path in REFUSED_BY_BROKER]
        together += [("OIDC, status/503", oauth.retried), ("OIDC, nobody listens", oauth.nobody_listens)]
    checks.run_together(together)
