#!/usr/bin/env python3
"""H1, H2, H3, H4, H5, H14: certificates and TLS servers that are right or wrong in one way each, with the verdict that a client owes.

    tls_cases.py make DIR                       certificates, keys, CRLs (about 4 s)
    tls_cases.py serve DIR [--port 35200]       make if needed; one server per case on loopback; writes DIR/cases.json
                                                and prints `ready`; serves until its standard input ends or it is killed
    tls_cases.py check DIR [--only WORD] [--client uvkafka|s_client|rdkafka ...] [--uvkafka PROGRAM]
                                                serve, then try every case with `uvkafka topics` (and with openssl
                                                s_client and librdkafka, if they are asked for) and compare with what is
                                                expected of them. DIR may be left out: a folder is made and removed
    tls_cases.py list DIR                       the cases as a table

Each case of cases.json says: `name`; `connect` (an address) and `port`; `host`, the name that the client was told and
has to verify; `ca`, `crl`, `cert`, `key`, `password`, `p12` for its options where set; `verdict` ok or refuse; `where`
it shows: config (before anything is sent), handshake, after (TLS 1.3: the client's handshake is over when the server's
alert comes), deadline; `verify`, the X509_V_ERR number; `alert`, the TLS alert number the server sends; `words`, of
which one has to be in the client's error text; `peers`, where OpenSSL's defaults (and so librdkafka) decide
otherwise than a careful client should (`rdkafka`: librdkafka 2.0.2 alone); `note`. Servers answer ApiVersions (0-2) and Metadata (0-4) as a lone broker
(node 1 at host:port), so any Kafka client can be pointed at them; DIR/log.jsonl gets a line per connection (case,
version, cipher, SNI, resumed, ALPN, how many bytes of requests came, whether a close_notify came).
Only the Python standard library and the openssl command (1.1.1 or later) are used.
Exit status of check: 0 all verdicts as owed, 1 one is not, 77 there is no openssl command, or no TLS in the program.
"""
import argparse
import functools
import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

import harness
from tls_certificates import PASSWORD, make
from tls_servers import CaseServer

SKIPPED = 77  # meson's exit status for it


# --- the cases --------------------------------------------------------------

def cases(directory):
    out = []

    def case(name, server="good", verdict="ok", host="127.0.0.1", ca="ca.pem", where=None, connect="127.0.0.1", **more):
        chain = directory / f"{server}-chain.pem"
        one = {"name": name, "host": host, "connect": connect, "ca": ca, "verdict": verdict,
               "where": where or ("handshake" if verdict == "refuse" else None),
               "server": {"chain": more.pop("chain", chain.name), "key": more.pop("server_key", f"{server}.key"),
                          **more.pop("serve", {})}, **more}
        for option in ("ca", "crl", "cert", "key", "p12"):
            if one.get(option):
                one[option] = str(directory / one[option])
        out.append(one)

    names = dict(verdict="refuse", verify=62, words=["host", "name"])
    case("ip-san")
    case("dns-san", "dns", host="localhost")
    case("rsa-2048", "rsa")
    case("host-wrong", "other-host", host="localhost", **names)
    case("ip-san-missing", "dns", verdict="refuse", verify=64, words=["ip", "address"])
    case("ip-san-wrong", "ip6", verdict="refuse", verify=64, words=["ip", "address"])
    case("ip-in-dns-san", "ip-as-dns", verdict="refuse", verify=64, words=["ip", "address"],
         note="an address needs an IP SAN: X509_VERIFY_PARAM_set1_ip_asc, not set1_host")
    case("ipv6-san", "ip6", host="::1", connect="::1", rdkafka="refuse",
         note="librdkafka 2.0.2 compares the literal with its brackets")
    case("ipv6-san-long", "ip6", host="0:0:0:0:0:0:0:1", connect="::1", rdkafka="refuse")
    case("ipv6-san-missing", "good", host="::1", connect="::1", verdict="refuse", verify=64, words=["ip", "address"])
    case("wildcard", "wildcard", host="b1.kafka.test")
    case("wildcard-two-labels", "wildcard", host="a.b1.kafka.test", **names)
    case("wildcard-apex", "wildcard", host="kafka.test", **names)
    case("wildcard-partial", "partial", host="b1.kafka.test", peers="ok", note="X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS", **names)
    case("wildcard-inner", "inner", host="a.b.kafka.test", **names)
    case("wildcard-top-level", "tld", host="kafka.test", **names)
    case("name-case", "upper", host="b1.kafka.test")
    case("name-case-client", "b1", host="B1.KAFKA.TEST")
    case("name-trailing-dot", "b1", host="b1.kafka.test.", peers="refuse",
         note="strip the dot for SNI and for verification (confluent-kafka-python #1610)")
    case("name-idn", "idn", host="xn--bcher-kva.test")
    case("cn-only", "cn", host="localhost", peers="ok", note="X509_CHECK_FLAG_NEVER_CHECK_SUBJECT; RFC 9525", **names)
    case("cn-ignored-with-san", "cn-and-san", host="localhost", **names)
    case("subject-empty", "no-subject")
    case("nul-in-san", "nul", host="localhost", **names)
    case("host-evil-of-nul", "nul", host="localhost.evil.test", **names)

    bad = dict(verdict="refuse")
    case("expired", "expired", verify=10, words=["expired"], **bad)
    case("not-yet-valid", "future", verify=9, words=["not yet valid"], **bad)
    case("ca-unknown", "stranger", verify=20, words=["issuer", "unknown ca"], **bad)
    case("ca-same-name-other-key", "forged", verify=20, words=["issuer", "signature"], **bad)
    case("self-signed", "self", verify=18, words=["self-signed", "self signed"], **bad)
    case("self-signed-trusted", "self", ca="self-chain.pem")
    case("ca-not-given", "good", ca=None, verify=20, words=["issuer", "unknown ca"], note="the system's store is used", **bad)
    case("ca-with-bom-crlf", "good", ca="ca-odd.pem")
    case("ca-file-empty", "good", ca="empty.pem", where="config", words=["empty", "no certificate"], peers="refuse", **bad)
    case("ca-file-garbage", "good", ca="garbage.pem", where="config", words=["pem", "asn1", "certificate"], **bad)
    case("ca-file-missing", "good", ca="no-such-file.pem", where="config", words=["no-such-file"], **bad)
    case("intermediate-sent", "chained")
    case("intermediate-missing", "chained", chain="chained.pem", verify=20, words=["issuer"], **bad)
    case("intermediate-expired", "under-expired", verify=10, words=["expired"], **bad)
    case("intermediate-no-ca", "under-leaf", verify=79, words=["ca"], **bad)
    case("intermediate-path-length", "too-deep", verify=25, words=["path length"], **bad)
    case("intermediate-name-constraint", "outside", host="localhost", verify=47, words=["subtree"], **bad)
    case("intermediate-trusted-alone", "chained", ca="mid.pem", peers="refuse",
         note="X509_V_FLAG_PARTIAL_CHAIN; Java trusts whatever lies in the trust store, OpenSSL by default only roots")
    case("crl-empty", crl="empty.crl")
    case("crl-revoked", "revoked", crl="revoked.crl", verify=23, words=["revoked"], **bad)
    case("crl-not-given", "revoked")
    case("crl-stale", crl="stale.crl", verify=12, words=["crl"], **bad)
    case("crl-of-another-ca", crl="other.crl", verify=3, words=["crl"], **bad)
    case("key-weak", "weak", verify=66, words=["weak"], note="security level 2; upstream OpenSSL 3.0 has 1",
         serve={"ciphers": "DEFAULT:@SECLEVEL=0"}, **bad)
    case("signature-sha1", "sha1", verify=68, words=["weak"], serve={"ciphers": "DEFAULT:@SECLEVEL=0"}, **bad)
    case("usage-client-only", "client-eku", verify=26, words=["purpose"], **bad)
    case("usage-none-given", "no-eku")
    case("key-usage-wrong", "bad-ku", verify=26, words=["purpose", "usage"], **bad)

    old = {"ciphers": "ALL:@SECLEVEL=0"}
    case("tls-1.0-only", "rsa", where="handshake", alert=70, words=["version", "protocol"],
         serve={**old, "min": "TLSv1", "max": "TLSv1"}, **bad)
    case("tls-1.1-only", "rsa", alert=70, words=["version", "protocol"],
         serve={**old, "min": "TLSv1_1", "max": "TLSv1_1"}, **bad)
    case("tls-1.2-only", serve={"max": "TLSv1_2"})
    case("tls-1.3-only", serve={"min": "TLSv1_3"})
    case("suite-null-only", alert=40, words=["handshake failure", "cipher"],
         serve={"ciphers": "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", "max": "TLSv1_2"}, **bad)
    case("suite-rsa-key-exchange", "rsa", serve={"ciphers": "AES128-SHA:@SECLEVEL=0", "max": "TLSv1_2"}, peers="ok",
         note="no forward secrecy; in OpenSSL's default list, not in Java 17's first choices; refuse only if so decided")
    case("resumption-1.2", serve={"max": "TLSv1_2"}, note="the second connection should be `resumed` in log.jsonl")
    case("resumption-1.3", serve={"min": "TLSv1_3", "tickets": 4}, note="tickets come after the handshake, with data")
    case("no-tickets-1.3", serve={"min": "TLSv1_3", "tickets": 0})

    case("sni-needed", "b1", host="b1.kafka.test", serve={"sni": "b1.kafka.test", "default": "other-host"})
    case("sni-wrong-default", "b1", host="b9.kafka.test", serve={"sni": "b1.kafka.test", "default": "other-host"}, **names)
    case("sni-not-for-addresses", serve={"no_sni": True}, note="RFC 6066: no IP literals in SNI; this server refuses any")

    for tls in ("1.2", "1.3"):
        where = "handshake" if tls == "1.2" else "after"
        serve = {"client_ca": "client-ca.pem", ("max" if tls == "1.2" else "min"): f"TLSv1_{tls[-1]}"}
        ask = dict(serve=serve, where=where, **bad)
        case(f"client-cert-{tls}", cert="client.pem", key="client.key", serve=serve)
        case(f"client-cert-none-{tls}", alert=40 if tls == "1.2" else 116, words=["certificate", "handshake failure"], **ask)
        case(f"client-cert-unknown-ca-{tls}", cert="client-stranger.pem", key="client-stranger.key", alert=48,
             words=["unknown ca"], **ask)
        case(f"client-cert-expired-{tls}", cert="client-expired.pem", key="client-expired.key", alert=45,
             words=["expired"], **ask)
        case(f"client-cert-server-usage-{tls}", cert="client-server-eku.pem", key="client-server-eku.key", alert=43,
             words=["certificate"], **ask)
    need = dict(serve={"client_ca": "client-ca.pem"})
    case("client-cert-optional-none", serve={"client_ca": "client-ca.pem", "optional": True})
    case("client-chain-sent", cert="client-chained-chain.pem", key="client-chained.key", **need)
    case("client-chain-not-sent", cert="client-chained.pem", key="client-chained.key", alert=48, where="after",
         words=["unknown ca"], **need, **bad)
    case("client-key-and-cert-in-one", cert="both.pem", key="both.pem", **need)
    case("client-key-pkcs1", cert="client-rsa.pem", key="client-pkcs1.key", **need)
    case("client-key-pkcs1-encrypted", cert="client-rsa.pem", key="client-pkcs1-encrypted.key", password=PASSWORD, **need)
    case("client-key-encrypted", cert="client.pem", key="client-encrypted.key", password=PASSWORD, **need)
    config = dict(where="config", **need, **bad)
    case("client-key-wrong-password", cert="client.pem", key="client-encrypted.key", password="wrong",
         words=["password", "decrypt"], **config)
    case("client-key-no-password", cert="client.pem", key="client-encrypted.key", words=["password"],
         note="OpenSSL's default callback asks on the terminal and hangs: always set one", **config)
    case("client-key-mismatch", cert="client.pem", key="client-rsa.key", words=["match", "mismatch", "key type"], **config)
    case("client-key-missing", cert="client.pem", words=["key"], peers="refuse", **config)
    case("client-key-missing-file", cert="client.pem", key="no-such-file.key", words=["no-such-file"], **config)
    case("p12", p12="client.p12", password=PASSWORD, rdkafka="refuse",
         note="the file's intermediate has to be sent too; librdkafka 2.0.2 does not", **need)
    case("p12-wrong-password", p12="client.p12", password="wrong", words=["password", "mac"], **config)
    case("p12-no-key", p12="client-nokey.p12", password=PASSWORD, words=["key"], **config)
    if (directory / "client-legacy.p12").exists():
        case("p12-legacy", p12="client-legacy.p12", password=PASSWORD, words=["legacy", "unsupported"],
             note="RC2-40: say how to convert it", **config)

    peer = dict(ca="ca.pem", **bad)
    case("peer-plaintext-kafka", serve={"raw": "kafka"}, words=["TLS", "wrong version"], **peer,
         note="a plaintext listener takes our ClientHello for a length and waits or closes")
    case("peer-http", serve={"raw": "http"}, words=["HTTP", "wrong version", "TLS"], **peer)
    case("peer-silent", serve={"raw": "silent"}, where="deadline", words=["timeout", "timed out", "within"], **{k: v for k, v in peer.items()})
    case("peer-closes-at-once", serve={"raw": "close"}, words=["closed", "eof", "end of"], **peer)
    case("peer-closes-after-hello", serve={"raw": "hello-close"}, words=["closed", "eof", "end of"], **peer)
    case("peer-alert-at-once", serve={"raw": "alert"}, alert=80, words=["internal error"], **peer)
    case("peer-hello-then-silent", serve={"raw": "half"}, where="deadline", words=["timeout", "timed out", "within"], **peer)
    case("peer-record-too-long", serve={"raw": "long"}, words=["record", "length", "wrong version"], **peer)
    case("peer-huge-chain", chain="huge-chain.pem", words=["excessive", "size"], **peer)
    case("peer-drips-handshake", serve={"drip": 0.0002}, note="one byte at a time: records are put together again")
    case("peer-tiny-records", serve={"tiny": True}, note="each byte of an answer in its own TLS record")
    case("peer-glued-records", serve={"glue": True}, note="tickets and answer in one segment: read until WANT_READ")
    case("end-without-close-notify", serve={"end": "cut"}, where="after", words=["end of stream", "eof", "closed"],
         peers="ok", rdkafka="refuse", **bad, note="after one answer the TCP connection ends: disconnected, never taken for a clean end")
    case("end-with-close-notify", serve={"end": "notify"}, where="after", words=["end of stream", "closed"], peers="ok",
         rdkafka="refuse", **bad)
    case("end-with-alert", serve={"end": "garbage"}, where="after", words=["record", "mac", "version", "closed"], peers="ok",
         rdkafka="refuse", **bad, note="after one answer come bytes that are no TLS record")
    case("advertised-elsewhere", verdict="ok", serve={"advertise": "host-wrong"},
         note="metadata names a broker whose certificate is for another name: the bootstrap is ok, the broker is refused")
    return out


# --- servers ----------------------------------------------------------------

def start(directory, port):
    if not (directory / "made").exists():
        make(directory)
    made, ports = cases(directory), {}
    log = (open(directory / "log.jsonl", "a"), threading.Lock())
    servers = []
    for number, case in enumerate(made):
        servers.append(CaseServer(directory, case, port + number if port else 0, ports, log))
    for server in servers:
        server.start()
    (directory / "cases.json").write_text(json.dumps(made, indent=1))
    return made


# --- controls ---------------------------------------------------------------

APIS = struct.pack(">ihhih", 10, 18, 0, 7, -1)  # ApiVersions 0, correlation id 7, no client id


def numeric(host):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
            return True
        except OSError:
            pass
    return False


def address(case):
    return f"[{case['connect']}]" if ":" in case["connect"] else case["connect"]


def s_client(case, directory, timeout=4):
    """(verdict, text) of openssl s_client, which sends ApiVersions and waits for its answer."""
    if case.get("p12"):  # s_client reads none: unpack first, which is where it fails
        out = directory / f"{case['name']}.unpacked.pem"
        done = subprocess.run(["openssl", "pkcs12", "-in", case["p12"], "-passin", f"pass:{case['password']}", "-nodes",
                               "-out", str(out)], capture_output=True, text=True)
        if done.returncode:
            return "refuse", done.stderr
        case = {**case, "cert": str(out), "key": str(out), "password": None}
    command = ["openssl", "s_client", "-connect", f"{address(case)}:{case['port']}", "-verify_return_error", "-quiet",
               "-verify", "5", "-purpose", "sslserver"]
    if case["ca"]:
        command += ["-no-CAstore", "-no-CApath", "-CAfile", case["ca"]]
    command += ["-verify_ip", case["host"], "-noservername"] if numeric(case["host"]) else \
        ["-verify_hostname", case["host"], "-servername", case["host"]]
    if case.get("crl"):
        command += ["-CRL", case["crl"], "-crl_check"]
    if case.get("cert"):
        command += ["-cert", case["cert"], "-key", case.get("key") or case["cert"], "-cert_chain", case["cert"]]
        command += ["-pass", f"pass:{case.get('password') or ''}"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    got, deadline = b"", time.time() + timeout
    try:
        child.stdin.write(APIS)
        child.stdin.flush()
    except OSError:
        pass
    while time.time() < deadline and b"\0\0\0\7" not in got:
        ready, _, _ = select.select([child.stdout], [], [], 0.1)
        if ready:
            data = os.read(child.stdout.fileno(), 4096)
            if not data:
                break
            got += data
    child.terminate()
    text = child.stderr.read().decode(errors="replace")
    child.wait()
    return ("ok" if b"\0\0\0\7" in got else "refuse"), text


RDKAFKA = r"""
/* Tries to get metadata; every name is looked up as the address given. Arguments: address, name=value... */
#include <librdkafka/rdkafka.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
static const char *where; static char first[2000];
static int look(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res, void *o) {
  if (!node) { freeaddrinfo(*res); return 0; }
  (void)o; return getaddrinfo(where, service, hints, res); }
static void on_error(rd_kafka_t *rk, int err, const char *reason, void *o) {
  (void)rk; (void)o; if (!first[0]) snprintf(first, sizeof first, "%s: %s", rd_kafka_err2name(err), reason); }
int main(int argc, char **argv) {
  char text[1000]; rd_kafka_conf_t *conf = rd_kafka_conf_new(); where = argv[1];
  rd_kafka_conf_set_resolve_cb(conf, look); rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
  for (int i = 2; i < argc; ++i) { char *eq = strchr(argv[i], '='); *eq = 0;
    if (rd_kafka_conf_set(conf, argv[i], eq + 1, text, sizeof text)) { printf("refuse config %s\n", text); return 0; } }
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
  if (!rk) { printf("refuse config %s\n", text); return 0; }
  const struct rd_kafka_metadata *md = NULL; int err = rd_kafka_metadata(rk, 0, NULL, &md, 4000);
  rd_kafka_poll(rk, 0);
  printf("%s %s\n", err ? "refuse" : "ok", first[0] ? first : rd_kafka_err2name(err)); fflush(stdout); _Exit(0); }
"""


PATIENCE = 3  # seconds that uvkafka waits for a broker
SETUP_MS = 1500
USAGE = 2  # its exit status when an option is wrong


def uvkafka(case, directory, program=None):
    """(verdict, text) of `uvkafka topics`."""
    bracketed = f"[{case['host']}]" if ":" in case["host"] else case["host"]
    command = [str(program), "topics", "-b", f"{bracketed}:{case['port']}", "-m", str(PATIENCE)]
    if not numeric(case["host"]):
        command += ["--resolve", f"{case['host']}:{case['connect']}"]
    pairs = {"security.protocol": "ssl", "socket.connection.setup.timeout.ms": SETUP_MS, "ssl.ca.location": case["ca"],
             "ssl.crl.location": case.get("crl"), "ssl.certificate.location": case.get("cert"),
             "ssl.key.location": case.get("key"), "ssl.keystore.location": case.get("p12"),
             "ssl.keystore.password" if case.get("p12") else "ssl.key.password": case.get("password")}
    for name, value in pairs.items():
        command += ["-X", f"{name}={value}"] if value else []
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    if case.get("password") and case["password"] != "wrong" and case["password"] in done.stdout + done.stderr:
        return "leak", done.stderr
    if done.returncode == 0:
        return "ok", done.stderr
    if (done.returncode == USAGE) != (case["where"] == "config"):
        return f"status {done.returncode}", done.stderr
    words = case.get("words")
    if words and not any(word.lower() in done.stderr.lower() for word in words):
        return "other words", done.stderr
    return "refuse", done.stderr


def rdkafka_program(directory):
    program = directory / "rdkafka_try"
    if not program.exists():
        (directory / "rdkafka_try.c").write_text(RDKAFKA)
        done = subprocess.run(["cc", "-o", str(program), str(directory / "rdkafka_try.c"), "-lrdkafka"], capture_output=True)
        if done.returncode:
            return None
    return program


def rdkafka(case, directory):
    program = rdkafka_program(directory)
    if program is None:
        return None, "librdkafka-dev is not installed"
    host = f"[{case['host']}]" if ":" in case["host"] else case["host"]
    pairs = {"bootstrap.servers": f"{host}:{case['port']}", "security.protocol": "ssl", "ssl.ca.location": case["ca"],
             "ssl.crl.location": case.get("crl"), "ssl.certificate.location": case.get("cert"),
             "ssl.key.location": case.get("key"), "ssl.keystore.location": case.get("p12"),
             "ssl.keystore.password" if case.get("p12") else "ssl.key.password": case.get("password")}
    done = subprocess.run([str(program), case["connect"], *(f"{k}={v}" for k, v in pairs.items() if v)],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30)
    verdict, _, text = done.stdout.partition(" ")
    return verdict or "refuse", text or done.stderr


def check(options):
    import concurrent.futures
    made = start(options.dir, options.port)
    wanted = [case for case in made if options.only in case["name"]]
    clients = {"uvkafka": functools.partial(uvkafka, program=options.uvkafka), "s_client": s_client, "rdkafka": rdkafka}
    clients = {name: clients[name] for name in (options.client or ["uvkafka"])}
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        tries = [(case, name, pool.submit(run, case, options.dir)) for case in wanted for name, run in clients.items()]
        for case, name, future in tries:
            verdict, text = future.result()
            if verdict is None:
                continue
            ours = name == "uvkafka"
            expected = case["verdict"] if ours and not case.get("uvkafka") else case.get(name, case.get("peers", case["verdict"]))
            said = " ".join(text.split())
            fits = verdict == expected and (verdict == "ok" or case["where"] in ("config", "deadline") or name != "s_client"
                                            or "verify" not in case or f"num={case['verify']}:" in said)
            wrong += not fits
            line = f"{'fits ' if fits else 'ODD  '} {case['name']:32} {name:8} {verdict:6}"
            if verdict != case["verdict"]:
                line += f" (a careful client: {case['verdict']})"
            print(line + ("" if verdict == "ok" or not (options.verbose or not fits) else "  " + said[:600]), flush=True)
    print(f"{len(tries) - wrong} as expected, {wrong} odd")
    return 1 if wrong or not tries else 0


def check_in_scratch(options):
    """The same in a folder of its own, unless one was named."""
    if not shutil.which("openssl"):
        print("SKIPPED: there is no openssl command", file=sys.stderr)
        return SKIPPED
    if "tls (" not in subprocess.run([options.uvkafka, "--version"], capture_output=True, text=True).stdout:
        print("SKIPPED: the program has no TLS", file=sys.stderr)
        return SKIPPED
    if options.dir:
        return check(options)
    options.dir = harness.scratch("tls")
    try:
        return check(options)
    finally:
        shutil.rmtree(options.dir, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "serve", "check", "list"])
    parser.add_argument("dir", type=pathlib.Path, nargs="?")
    parser.add_argument("--port", type=int, default=0, help="the first of the ports; 0: the system's choice")
    parser.add_argument("--only", default="")
    parser.add_argument("--client", action="append", choices=["uvkafka", "s_client", "rdkafka"])
    parser.add_argument("--uvkafka", type=pathlib.Path, default=harness.default_program(), help="the program to try")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if options.dir:
        options.dir = options.dir.resolve()
    elif options.what != "check":
        parser.error("a folder is needed")
    if options.what == "make":
        make(options.dir)
    elif options.what == "serve":
        start(options.dir, options.port)
        print("ready", flush=True)
        sys.stdin.read()
    elif options.what == "list":
        for c in cases(options.dir):
            print(f"{c['name']:32} {c['verdict']:6} {c['where'] or '':10} {c.get('verify', ''):>3} {c.get('alert', ''):>4}"
                  f"  {c.get('note', '')}")
    else:
        return check_in_scratch(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
