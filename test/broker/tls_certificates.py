"""The certificates, keys and revocation lists of tls_cases.py: right, or wrong in one way each."""
import shutil
import subprocess
import time

PASSWORD = "tls-key-secret"
DAY = 86400

CA_CONFIG = """[ca]
default_ca = c
[c]
dir = {dir}
new_certs_dir = {dir}/issued
database = {dir}/{name}.index
serial = {dir}/{name}.serial
crlnumber = {dir}/{name}.crlnumber
default_md = sha256
policy = p
unique_subject = no
default_crl_days = 30
copy_extensions = none
[p]
commonName = optional
"""


class Maker:
    def __init__(self, directory):
        self.dir = directory
        (directory / "issued").mkdir(parents=True, exist_ok=True)

    def run(self, *command, **more):
        done = subprocess.run(["openssl", *map(str, command)], cwd=self.dir, capture_output=True, text=True, **more)
        if done.returncode:
            raise SystemExit(f"openssl {' '.join(map(str, command))}:\n{done.stderr}")
        return done.stdout

    def key(self, name, kind="ec"):
        if kind == "ec":
            self.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key")
        else:
            self.run("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{kind}", "-out", f"{name}.key")

    def prepare_ca(self, name):
        (self.dir / f"{name}.cnf").write_text(CA_CONFIG.format(dir=self.dir, name=name))
        (self.dir / f"{name}.index").write_text("")
        (self.dir / f"{name}.serial").write_text("%04X\n" % (0x1000 + len(list(self.dir.glob("*.serial"))) * 0x100))
        (self.dir / f"{name}.crlnumber").write_text("01\n")

    def root(self, name, subject=None, days=30):
        self.key(name)
        self.prepare_ca(name)
        self.run("req", "-x509", "-new", "-key", f"{name}.key", "-days", days, "-subj", f"/CN={subject or name}", "-out",
                 f"{name}.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign,cRLSign")

    def cert(self, name, issuer, subject, extensions, kind="ec", begins=-1, ends=30, md="sha256", reuse_key=False):
        """One certificate; `begins` and `ends` in days from now. Chain file: the certificate, then its issuer's chain."""
        if not reuse_key:
            self.key(name, kind)
        self.run("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={subject}" if subject else "/", "-out", f"{name}.csr")
        (self.dir / f"{name}.ext").write_text(extensions)
        stamp = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY)) for days in (begins, ends)]
        self.run("ca", "-batch", "-notext", "-config", f"{issuer}.cnf", "-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key",
                 "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext", "-startdate", stamp[0], "-enddate",
                 stamp[1], "-md", md)
        above = self.dir / f"{issuer}-chain.pem"
        (self.dir / f"{name}-chain.pem").write_text((self.dir / f"{name}.pem").read_text()
                                                    + (above.read_text() if above.exists() else ""))

    def server(self, name, san, issuer="ca", subject="broker", eku="serverAuth", ku="digitalSignature,keyEncipherment",
               critical=False, **more):
        extensions = "basicConstraints=CA:FALSE\n"
        extensions += f"keyUsage=critical,{ku}\n" if ku else ""
        extensions += f"extendedKeyUsage={eku}\n" if eku else ""
        extensions += f"subjectAltName={'critical,' if critical else ''}{san}\n" if san else ""
        self.cert(name, issuer, subject, extensions, **more)

    def intermediate(self, name, issuer="ca", extra="", constraints="critical,CA:TRUE", **more):
        self.prepare_ca(name)
        self.cert(name, issuer, name, f"basicConstraints={constraints}\nkeyUsage=critical,keyCertSign,cRLSign\n{extra}", **more)

    def crl(self, file, ca="ca", days=30, revoke=None):
        if revoke:
            self.run("ca", "-config", f"{ca}.cnf", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key", "-revoke", f"{revoke}.pem")
        when = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + d * DAY)) for d in (min(-1, days - 1), days)]
        self.run("ca", "-config", f"{ca}.cnf", "-cert", f"{ca}.pem", "-keyfile", f"{ca}.key", "-gencrl", "-crl_lastupdate",
                 when[0], "-crl_nextupdate", when[1], "-out", file)


BOTH = "DNS:localhost,IP:127.0.0.1"


def make(directory):
    m = Maker(directory)
    for name in ("ca", "other-ca", "client-ca"):
        m.root(name)
    m.server("good", BOTH)
    m.server("rsa", BOTH, kind=2048)
    m.server("dns", "DNS:localhost")
    m.server("ip", "IP:127.0.0.1")
    m.server("ip-as-dns", "DNS:127.0.0.1")
    m.server("ip6", "IP:::1")
    m.server("other-host", "DNS:other.test")
    m.server("wildcard", "DNS:*.kafka.test")
    m.server("partial", "DNS:b*.kafka.test")
    m.server("inner", "DNS:a.*.kafka.test")
    m.server("tld", "DNS:*.test")
    m.server("upper", "DNS:B1.Kafka.TEST")
    m.server("b1", "DNS:b1.kafka.test")
    m.server("idn", "DNS:xn--bcher-kva.test")
    m.server("cn", None, subject="localhost")
    m.server("cn-and-san", "DNS:other.test", subject="localhost")
    m.server("no-subject", BOTH, subject=None, critical=True)
    name = b"localhost\0.evil.test"
    m.server("nul", "DER:" + (bytes([0x30, len(name) + 2, 0x82, len(name)]) + name).hex(":"))
    m.server("expired", BOTH, begins=-20, ends=-1)
    m.server("future", BOTH, begins=5, ends=30)
    m.server("stranger", BOTH, issuer="other-ca")
    m.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 30, "-keyout", "self.key", "-out", "self-chain.pem", "-subj",
          "/CN=localhost", "-addext", f"subjectAltName={BOTH}")
    m.run("req", "-x509", "-new", "-key", "other-ca.key", "-days", 30, "-subj", "/CN=ca", "-out", "impostor.pem", "-addext",
          "basicConstraints=critical,CA:TRUE")  # the same name as the real one, another key
    m.prepare_ca("impostor")
    shutil.copy(directory / "other-ca.key", directory / "impostor.key")
    m.server("forged", BOTH, issuer="impostor")
    m.intermediate("mid")
    m.server("chained", BOTH, issuer="mid")
    m.intermediate("mid-expired", begins=-20, ends=-1)
    m.server("under-expired", BOTH, issuer="mid-expired")
    m.prepare_ca("not-a-ca")
    m.server("not-a-ca", "DNS:other.test")
    m.server("under-leaf", BOTH, issuer="not-a-ca")
    m.intermediate("mid-short", constraints="critical,CA:TRUE,pathlen:0")
    m.intermediate("mid-deeper", issuer="mid-short")
    m.server("too-deep", BOTH, issuer="mid-deeper")
    m.intermediate("mid-narrow", extra="nameConstraints=critical,permitted;DNS:kafka.test\n")
    m.server("outside", "DNS:localhost", issuer="mid-narrow")
    m.server("revoked", BOTH)
    m.server("weak", BOTH, kind=1024)
    m.server("sha1", BOTH, md="sha1")
    m.server("client-eku", BOTH, eku="clientAuth")
    m.server("no-eku", BOTH, eku=None)
    m.server("bad-ku", BOTH, ku="cRLSign")
    m.crl("empty.crl")
    m.crl("stale.crl", days=-1)
    m.crl("revoked.crl", revoke="revoked")
    m.crl("other.crl", ca="other-ca")
    # The client's side.
    for name, more in {"client": {}, "client-expired": {"begins": -20, "ends": -1}}.items():
        m.server(name, "DNS:client", issuer="client-ca", subject="client", eku="clientAuth", **more)
    m.server("client-stranger", "DNS:client", issuer="other-ca", subject="client", eku="clientAuth")
    m.server("client-server-eku", "DNS:client", issuer="client-ca", subject="client", eku="serverAuth")
    m.intermediate("client-mid", issuer="client-ca")
    m.server("client-chained", "DNS:client", issuer="client-mid", subject="client", eku="clientAuth")
    m.server("client-rsa", "DNS:client", issuer="client-ca", subject="client", eku="clientAuth", kind=2048)
    m.run("pkcs8", "-topk8", "-in", "client.key", "-out", "client-encrypted.key", "-v2", "aes-256-cbc", "-passout",
          f"pass:{PASSWORD}")
    m.run("rsa", "-in", "client-rsa.key", "-out", "client-pkcs1.key", "-traditional")
    m.run("rsa", "-in", "client-rsa.key", "-out", "client-pkcs1-encrypted.key", "-traditional", "-aes256", "-passout",
          f"pass:{PASSWORD}")
    m.run("pkcs12", "-export", "-in", "client-chained.pem", "-inkey", "client-chained.key", "-certfile", "client-mid.pem",
          "-out", "client.p12", "-passout", f"pass:{PASSWORD}")
    m.run("pkcs12", "-export", "-nokeys", "-in", "client.pem", "-out", "client-nokey.p12", "-passout", f"pass:{PASSWORD}")
    try:  # RC2-40 and SHA-1: what old keytools wrote; needs OpenSSL's legacy provider to be read
        m.run("pkcs12", "-export", "-legacy", "-in", "client.pem", "-inkey", "client.key", "-out", "client-legacy.p12",
              "-passout", f"pass:{PASSWORD}")
    except SystemExit:
        pass
    (directory / "both.pem").write_text((directory / "client.key").read_text() + (directory / "client.pem").read_text())
    ca = (directory / "ca.pem").read_text()
    (directory / "ca-odd.pem").write_bytes(b"\xef\xbb\xbf# a comment, CRLF and a second certificate\r\n"
                                           + (ca + (directory / "other-ca.pem").read_text()).replace("\n", "\r\n").encode())
    (directory / "empty.pem").write_text("")
    (directory / "garbage.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (directory / "huge-chain.pem").write_text((directory / "good.pem").read_text() + ca * 300)
    (directory / "made").touch()
