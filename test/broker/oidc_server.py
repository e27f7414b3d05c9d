#!/usr/bin/env python3
"""A small OpenID Connect provider on loopback, for tests of SASL/OAUTHBEARER with client credentials.

    oidc_server.py DIR [--port 0] [--cert FILE --key FILE] [--lifetime 60]

It makes an RSA key in DIR, listens on 127.0.0.1 over HTTP (and over HTTPS on the same port when --cert and --key are
given: the first byte tells), writes DIR/oidc.json (`token_url`, `tls_token_url`, `jwks_url`, `issuer`, `audience`)
once it listens, and serves until it is ended by its pid.

    GET  /jwks    the public key
    POST /token   grant_type=client_credentials with HTTP Basic (or client_id and client_secret in the body)
                  -> {"access_token": JWT signed with RS256, "token_type": "Bearer", "expires_in": LIFETIME}
    GET  /log     one JSON line per request that came: path, status, client, scope, content type, user agent

Clients and secrets are CLIENTS below; `sub` is the client's name. What goes wrong on purpose is chosen by the path:

    /token/LIFETIME/5      a token that lives 5 s           /token/expired      one that is over already
    /token/wrong-key       signed by a key nobody knows     /token/wrong-aud    for another audience
    /token/wrong-issuer    another issuer                   /token/alg-none     unsigned, alg=none
    /token/slow/3          answers after 3 s                /token/hang         never answers
    /token/status/503      that status (503 twice, then the token: /token/flaky/2)
    /token/not-json        200 with HTML                    /token/no-token     200 without access_token
    /token/huge            8 MiB of JSON                    /token/ctl          a token with \\x01 in it
    /token/redirect        302 to another host name         /token/drip         one byte every 200 ms
    /token/no-expiry       no expires_in (the JWT has exp)  /token/truncated    Content-Length longer than the body

Only the Python standard library and the openssl command are used.
"""
import argparse
import base64
import http.server
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

CANARY = os.environ.get("UVKAFKA_CANARY", "")  # as in kafka_security.py, which this program does without
CLIENTS = {**{name: f"{name}-secret{CANARY}" for name in ("alice", "admin", "mallory")}, "we ird+%": "p:a ss+%&="}
AUDIENCE = "kafka"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    def __init__(self, file, kid):
        self.file, self.kid = file, kid
        if not file.exists():
            subprocess.run(["openssl", "genrsa", "-out", str(file), "2048"], check=True, stderr=subprocess.DEVNULL)
            os.chmod(file, 0o600)
        told = subprocess.run(["openssl", "rsa", "-in", str(file), "-noout", "-modulus"], check=True,
                              capture_output=True, text=True).stdout
        self.modulus = bytes.fromhex(told.strip().split("=", 1)[1])

    def jwk(self):
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": b64(self.modulus), "e": "AQAB"}

    def sign(self, claims, header=None):
        head = {"alg": "RS256", "typ": "JWT", "kid": self.kid} if header is None else header
        text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
        if head["alg"] == "none":
            return text + "."
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(self.file)], input=text.encode(), check=True,
                              capture_output=True)
        return text + "." + b64(made.stdout)


class Provider:
    def __init__(self, directory, lifetime):
        self.key = Key(directory / "oidc.key", "uv-1")
        self.other = Key(directory / "oidc-other.key", "uv-1")  # the same kid: only the signature tells
        self.lifetime = lifetime
        self.issuer = ""
        self.flaky = {}
        self.log = []
        self.lock = threading.Lock()

    def claims(self, client, scope, lifetime):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": client, "iat": now, "exp": now + lifetime,
                  "jti": b64(os.urandom(9))}
        if scope:
            claims["scope"] = scope
        return claims


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider = None

    def log_message(self, *_):
        pass

    def note(self, status, **more):
        with self.provider.lock:
            self.provider.log.append({"path": self.path, "status": status, "at": time.time(),
                                      "agent": self.headers.get("User-Agent"), **more})

    def reply(self, status, body, kind="application/json", extra=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        for name, value in extra:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/jwks":
            return self.reply(200, {"keys": [self.provider.key.jwk()]})
        if self.path == "/log":
            return self.reply(200, "".join(json.dumps(line) + "\n" for line in self.provider.log).encode(), "text/plain")
        self.note(404)
        return self.reply(404, {"error": "not_found"})

    def credentials(self, form):
        """The name and the secret, and how they came; RFC 6749 2.3.1 has both form-encoded inside Basic."""
        given = self.headers.get("Authorization", "")
        if given.startswith("Basic "):
            try:
                name, secret = base64.b64decode(given[6:]).decode().split(":", 1)
            except ValueError:
                return None, None, "bad basic"
            needs_encoding = urllib.parse.quote_plus(name + secret) != name + secret
            if CLIENTS.get(name) == secret and needs_encoding:  # plain, as older clients send it
                return name, secret, "basic, not encoded"
            return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret), "basic"
        return form.get("client_id"), form.get("client_secret"), "body"

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > 65536:
            self.note(413)
            return self.reply(413, {"error": "invalid_request"})
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        path = self.path.split("?")[0].strip("/").split("/")
        if path[0] != "token":
            self.note(404)
            return self.reply(404, {"error": "not_found"})
        fault, value = (path[1:3] + [None, None])[:2]
        name, secret, how = self.credentials(form)
        seen = {"client": name, "scope": form.get("scope"), "grant": form.get("grant_type"), "how": how,
                "type": self.headers.get("Content-Type")}
        if form.get("grant_type") != "client_credentials":
            self.note(400, **seen)
            return self.reply(400, {"error": "unsupported_grant_type"})
        if name not in CLIENTS or CLIENTS[name] != secret:
            self.note(401, **seen)
            return self.reply(401, {"error": "invalid_client", "error_description": "the client or its secret is wrong"},
                              extra=[("WWW-Authenticate", "Basic realm=\"test\"")])
        return self.grant(name, form.get("scope"), fault, value, seen)

    def grant(self, name, scope, fault, value, seen):
        provider = self.provider
        if fault == "hang":
            self.note(0, **seen)
            time.sleep(3600)
        if fault == "slow":
            time.sleep(float(value or 3))
        if fault == "status" or (fault == "flaky" and self.use_up(name, int(value or 1))):
            status = int(value) if fault == "status" else 503
            self.note(status, **seen)
            return self.reply(status, {"error": "temporarily_unavailable"}, extra=[("Retry-After", "1")])
        if fault == "redirect":
            self.note(302, **seen)
            return self.reply(302, {}, extra=[("Location", "http://localhost.invalid/token")])
        if fault == "not-json":
            self.note(200, **seen)
            return self.reply(200, b"<html>log in here</html>", "text/html")
        lifetime = int(value) if fault == "LIFETIME" else -30 if fault == "expired" else provider.lifetime
        claims = provider.claims(name, scope, lifetime)
        header, key = None, provider.key
        if fault == "wrong-aud":
            claims["aud"] = "somebody-else"
        elif fault == "wrong-issuer":
            claims["iss"] = "https://issuer.invalid"
        elif fault == "wrong-key":
            key = provider.other
        elif fault == "alg-none":
            header = {"alg": "none"}
        token = key.sign(claims, header)
        if fault == "ctl":
            token = token[:20] + "\x01" + token[20:]
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": max(lifetime, 0)}
        if scope:
            answer["scope"] = scope
        if fault == "no-token":
            del answer["access_token"]
        if fault == "no-expiry":
            del answer["expires_in"]
        if fault == "huge":
            answer["padding"] = "x" * (8 << 20)
        self.note(200, **seen)
        if fault in ("drip", "truncated"):
            return self.odd_body(fault, json.dumps(answer).encode())
        return self.reply(200, answer)

    def use_up(self, name, times):
        """True for the first `times` requests of this client, then false once."""
        with self.provider.lock:
            count = self.provider.flaky.get(name, 0)
            self.provider.flaky[name] = 0 if count >= times else count + 1
            return count < times

    def odd_body(self, fault, data):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) + (100 if fault == "truncated" else 0)))
        self.end_headers()
        if fault == "truncated":
            self.wfile.write(data)
            self.close_connection = True
            return
        for i in range(len(data)):
            self.wfile.write(data[i:i + 1])
            self.wfile.flush()
            time.sleep(0.2)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    tls = None

    def finish_request(self, request, client_address):  # in the connection's own thread
        request.settimeout(30)
        if self.tls and request.recv(1, socket.MSG_PEEK) == b"\x16":
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--lifetime", type=int, default=60, help="of tokens, in seconds")
    options = parser.parse_args()
    options.dir.mkdir(parents=True, exist_ok=True)
    Handler.provider = Provider(options.dir, options.lifetime)
    server = Server(("127.0.0.1", options.port), Handler)
    base = f"http://127.0.0.1:{server.server_address[1]}"
    Handler.provider.issuer = base
    facts = {"token_url": base + "/token", "jwks_url": base + "/jwks", "log_url": base + "/log", "issuer": base,
             "audience": AUDIENCE, "pid": os.getpid()}
    if options.cert:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(options.cert, options.key)
        facts["tls_token_url"] = facts["token_url"].replace("http:", "https:")
        facts["tls_jwks_url"] = facts["jwks_url"].replace("http:", "https:")
    whole = options.dir / "oidc.json.new"
    whole.write_text(json.dumps(facts, indent=1))
    whole.rename(options.dir / "oidc.json")
    print(json.dumps(facts), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
