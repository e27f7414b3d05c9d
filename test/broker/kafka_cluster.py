#!/usr/bin/env python3
"""Start, break and stop a real Apache Kafka cluster on loopback.

    kafka_cluster.py up DIR [--version 4.3.1] [--nodes 3] [--port 19092] [--secure] [--reauth MS] [--set key=value ...]
    kafka_cluster.py node DIR ID kill|stop|start|pause|resume
    kafka_cluster.py topic DIR NAME [--partitions N] [--replication N]
    kafka_cluster.py offsets DIR GROUP TOPIC           one `PARTITION OFFSET` line per committed partition
    kafka_cluster.py tool DIR JAVA_CLASS [ARG ...]     run one of Kafka's own command-line classes
    kafka_cluster.py env DIR                           `export` lines for clients that use Kerberos
    kafka_cluster.py down DIR

`up` prints one `name=value` line per fact a test needs (bootstrap=..., ssl_bootstrap=..., ca=...).
The brokers are the published Kafka jars, resolved by Maven once per version into
$KAFKA_JARS (default ~/.cache/kafka-jars); they run on whatever `java` (17+) is on PATH.
Versions before 3.3 run on ZooKeeper, later ones on KRaft (every node broker and controller).
Exit status: 0 done; 75 this machine cannot run brokers (no java, no mvn, or the jars
cannot be resolved), so that a caller can skip loudly; 1 anything else.
Without --port, free ports are looked for. test/broker's other scripts import this file.
Only the Python standard library is used, and for --secure the openssl command and the JDK's keytool.

What --secure adds, by broker version; each listener has its own port, at the node's port plus the number given:

    2 SSL             0.9    client certificate asked for, not required; TLS 1.2 before 2.6, 1.2 and 1.3 later
    3 SASL_PLAINTEXT  0.9    0.9: GSSAPI; 0.10.2: and PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; 2.0: and OAUTHBEARER
    4 SASL_SSL        0.9    the same. OAUTHBEARER here takes unsigned tokens (alg none), as Kafka's own test module
    5 MTLS            0.10.2 SSL with a client certificate required; the principal is User:CN=<name>
    6 OIDC            3.1    SASL_SSL, OAUTHBEARER with RS256 tokens of a token endpoint, whose program is beside this file
    7 REAUTH          2.2    SASL_SSL, connections.max.reauth.ms=--reauth (KIP-368): PLAIN, SCRAM and OAUTHBEARER
    8                        node 1 only: the Kerberos KDC, where Debian's krb5-kdc is installed; otherwise no GSSAPI

Users alice and admin may do everything, and so may certificates CN=client, CN=alice and everybody without a name.
mallory (denied_user=; a password for PLAIN and SCRAM, a keytab, a certificate, a client of the token endpoint) can log
in and may do nothing at all: every topic, group, transactional id and cluster operation is denied.
tls/ has PEM, PKCS#12 and encrypted forms of the client's key (the password is tls_password=), clients/ one properties
file for Java's tools per listener and mechanism (3.x and 4.x tools take them all).
"""
import argparse
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CANNOT_RUN_HERE = 75
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
# Short-lived JVMs: start-up counts for more than peak speed.
JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData"]
USERS = {"alice": "alice-secret", "admin": "admin-secret"}
DENIED = {"mallory": "mallory-secret"}
TLS_PASSWORD = "key-secret"
REALM = "UVKAFKA.TEST"
# Listener -> its place behind the node's port, the security protocol, and since when brokers can have it.
LISTENERS = {"PLAINTEXT": (0, "PLAINTEXT", (0, 8)), "CONTROLLER": (1, "PLAINTEXT", (3, 3)), "SSL": (2, "SSL", (0, 9)),
             "SASL_PLAINTEXT": (3, "SASL_PLAINTEXT", (0, 9)), "SASL_SSL": (4, "SASL_SSL", (0, 9)),
             "MTLS": (5, "SSL", (0, 10, 2)), "OIDC": (6, "SASL_SSL", (3, 1)), "REAUTH": (7, "SASL_SSL", (2, 2))}
KDC_OFFSET = 8
SESSION_MS = 10000  # of listener REAUTH

LOG4J1 = """log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
"""


def version_tuple(version):
    return tuple(int(part) for part in version.split("."))


def needs_zookeeper(version):
    return version_tuple(version) < (3, 3)


def cannot(reason):
    print(f"kafka_cluster: cannot run brokers here: {reason}", file=sys.stderr)
    sys.exit(CANNOT_RUN_HERE)


# --- jars -------------------------------------------------------------------

def dependencies(version):
    number = version_tuple(version)
    scala = "2.13" if number >= (2, 6) else "2.12" if number >= (0, 10, 1) else "2.11"
    wanted = [("org.apache.kafka", f"kafka_{scala}", version)]
    if number >= (3, 5):
        wanted.append(("org.apache.kafka", "kafka-tools", version))
    if number >= (4, 0):
        wanted.append(("org.slf4j", "slf4j-simple", "1.7.36"))
    if (0, 9) < number < (2, 0):
        wanted.append(("javax.xml.bind", "jaxb-api", "2.3.1"))  # gone from the JDK since 11
    if (1, 0) <= number < (3, 3):
        wanted.append(("org.slf4j", "slf4j-log4j12", "1.7.25"))
    return wanted


def jars(version):
    home = pathlib.Path(os.environ.get("KAFKA_JARS", pathlib.Path.home() / ".cache/kafka-jars")) / version
    if not shutil.which("java"):
        cannot("java is not installed")
    if (home / "complete").exists():
        return home / "libs"
    if not shutil.which("mvn"):
        cannot("mvn is not installed")
    home.mkdir(parents=True, exist_ok=True)
    with open(home.parent / "lock", "w") as one_at_a_time:  # Maven's own store does not like company
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        return home / "libs" if (home / "complete").exists() else resolve(version, home)


def resolve(version, home):
    blocks = "".join(
        f"<dependency><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version></dependency>"
        for g, a, v in dependencies(version))
    (home / "pom.xml").write_text(
        "<project><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId>"
        f"<version>1</version><dependencies>{blocks}</dependencies></project>")
    done = subprocess.run(
        ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=libs", "-DincludeScope=runtime"],
        cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        cannot(f"Kafka {version} did not resolve: " + (done.stdout.strip().splitlines() or ["mvn failed"])[0])
    (home / "complete").touch()
    return home / "libs"


# --- configuration ----------------------------------------------------------

class Layout:
    """Where everything of one cluster lies, and which ports it uses."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory).resolve()
        self.file = self.dir / "cluster.json"
        self.state = json.loads(self.file.read_text()) if self.file.exists() else {}

    def save(self):
        self.file.write_text(json.dumps(self.state, indent=1))

    def node_dir(self, node):
        return self.dir / f"node{node}"

    def port(self, node, listener):
        return self.state["port"] + (node - 1) * 10 + LISTENERS[listener][0]

    def nodes(self):
        return range(1, self.state["nodes"] + 1)

    def secure_listeners(self):
        if not self.state["secure"]:
            return []
        number = version_tuple(self.state["version"])
        return [name for name, (_, protocol, since) in LISTENERS.items()
                if protocol != "PLAINTEXT" and number >= since
                and (name != "OIDC" or "oidc" in self.state)
                and (number >= (0, 10, 2) or protocol == "SSL" or "kdc" in self.state)]

    def mechanisms(self):
        """What SASL_PLAINTEXT and SASL_SSL offer."""
        number = version_tuple(self.state["version"])
        offered = ["GSSAPI"] if "kdc" in self.state else []
        if number >= (0, 10, 2):
            offered += ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
        return offered + (["OAUTHBEARER"] if number >= (2, 0) else [])

    def bootstrap(self, listener):
        return ",".join(f"127.0.0.1:{self.port(n, listener)}" for n in self.nodes())


def certificates(layout):
    """A CA, one broker certificate for 127.0.0.1/localhost, client certificates; PEM, and PKCS#12 for old brokers."""
    tls = layout.dir / "tls"
    tls.mkdir(exist_ok=True)

    def run(*command):
        subprocess.run(command, cwd=tls, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem",
        "-subj", "/CN=test-ca")
    for name, names in (("broker", "DNS:localhost,IP:127.0.0.1"), ("client", "DNS:client"), ("alice", "DNS:alice"),
                        ("mallory", "DNS:mallory")):
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}")
        (tls / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "30", "-out", f"{name}.pem", "-extfile", f"{name}.ext")
        (tls / f"{name}-chain.pem").write_text((tls / f"{name}.key").read_text() + (tls / f"{name}.pem").read_text())
    for name in ("broker", "client"):
        run("openssl", "pkcs12", "-export", "-in", f"{name}.pem", "-inkey", f"{name}.key", "-certfile", "ca.pem",
            "-name", name, "-out", f"{name}.p12", "-passout", f"pass:{TLS_PASSWORD}")
    run("openssl", "pkcs8", "-topk8", "-in", "client.key", "-out", "client-encrypted.key", "-v2", "aes-256-cbc",
        "-passout", f"pass:{TLS_PASSWORD}")
    # Java trusts a certificate in a PKCS#12 file only with an attribute that keytool adds.
    if shutil.which("keytool"):
        run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore", "trust.p12",
            "-storetype", "PKCS12", "-storepass", TLS_PASSWORD)
    return tls


def jaas_modules(layout):
    """Mechanism -> the login module of a broker, with its options."""
    users = " ".join(f'user_{u}="{p}"' for u, p in {**USERS, **DENIED}.items())
    modules = {
        "PLAIN": f"org.apache.kafka.common.security.plain.PlainLoginModule required {users};",
        "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "OAUTHBEARER": "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
        "GSSAPI": "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true "
                  f'keyTab="{layout.dir}/krb5/kafka.keytab" principal="kafka/localhost@{REALM}";'}
    return {mechanism: modules[mechanism] for mechanism in layout.mechanisms()}


def secure_settings(layout, tls):
    number = version_tuple(layout.state["version"])
    if number >= (3, 0):
        settings = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(tls / "broker-chain.pem"),
                    "ssl.truststore.type": "PEM", "ssl.truststore.location": str(tls / "ca.pem")}
    else:  # PEM came with 2.7 (KIP-651), where the key has to be an encrypted one
        settings = {"ssl.keystore.type": "PKCS12", "ssl.keystore.location": str(tls / "broker.p12"),
                    "ssl.keystore.password": TLS_PASSWORD, "ssl.key.password": TLS_PASSWORD,
                    "ssl.truststore.type": "PKCS12", "ssl.truststore.location": str(tls / "trust.p12"),
                    "ssl.truststore.password": TLS_PASSWORD}
    settings["ssl.client.auth"] = "requested"
    listeners, modules = layout.secure_listeners(), jaas_modules(layout)
    if modules and number >= (0, 10):
        settings["sasl.enabled.mechanisms"] = ",".join(modules)
    if "GSSAPI" in modules:
        settings["sasl.kerberos.service.name"] = "kafka"
    if number >= (1, 1):  # earlier brokers read a file, see jaas_file()
        per_listener = {"SASL_PLAINTEXT": modules, "SASL_SSL": modules}
        if "REAUTH" in listeners:
            per_listener["REAUTH"] = {m: module for m, module in modules.items() if m != "GSSAPI"}
            settings["listener.name.reauth.sasl.enabled.mechanisms"] = ",".join(per_listener["REAUTH"])
            settings.update({f"listener.name.reauth.{m.lower()}.connections.max.reauth.ms": layout.state["reauth"]
                             for m in per_listener["REAUTH"]})
        if "OIDC" in listeners:
            per_listener["OIDC"] = {"OAUTHBEARER": modules["OAUTHBEARER"]}
            settings["listener.name.oidc.sasl.enabled.mechanisms"] = "OAUTHBEARER"
            package = "org.apache.kafka.common.security.oauthbearer." + ("secured." if number < (3, 4) else "")
            settings["listener.name.oidc.oauthbearer.sasl.server.callback.handler.class"] = \
                package + "OAuthBearerValidatorCallbackHandler"
            settings["sasl.oauthbearer.jwks.endpoint.url"] = layout.state["oidc"]["jwks_url"]
            settings["sasl.oauthbearer.expected.audience"] = layout.state["oidc"]["audience"]
            settings["sasl.oauthbearer.expected.issuer"] = layout.state["oidc"]["issuer"]
        for listener, its in per_listener.items():
            for mechanism, module in its.items():
                settings[f"listener.name.{listener.lower()}.{mechanism.lower()}.sasl.jaas.config"] = module
    if "MTLS" in listeners:
        settings["listener.name.mtls.ssl.client.auth"] = "required"
    settings["authorizer.class.name"] = \
        "kafka.security.auth.SimpleAclAuthorizer" if number < (2, 4) else \
        "kafka.security.authorizer.AclAuthorizer" if needs_zookeeper(layout.state["version"]) else \
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    settings["super.users"] = ";".join(f"User:{name}" for name in ["ANONYMOUS", *USERS, "CN=client", "CN=alice", "kafka"])
    return settings


def jaas_file(layout):
    """Where brokers before 1.1 find all login modules at once."""
    file = layout.dir / "jaas.conf"
    modules = list(dict.fromkeys(jaas_modules(layout).values()))  # SCRAM's is the same for both
    file.write_text("KafkaServer {\n" + "".join(f" {m.replace(';', '')}".rstrip() + ";\n" for m in modules) + "};\n")
    return file


def java_flags(layout):
    """What every JVM of a cluster is started with."""
    number, flags = version_tuple(layout.state["version"]), list(JVM_FLAGS)
    if not layout.state["secure"]:
        return flags
    if "kdc" in layout.state:
        flags.append(f"-Djava.security.krb5.conf={layout.dir}/krb5/krb5.conf")
        if number < (3, 0):  # they ask the JDK's insides for the default realm, and without it refuse every principal
            flags.append("--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED")
    if number < (1, 1) and jaas_modules(layout):
        flags += [f"-Djava.security.auth.login.config={jaas_file(layout)}", "-Dzookeeper.sasl.client=false"]
    if "oidc" in layout.state:  # 3.9.1 and later talk to no other token endpoint (CVE-2025-27817)
        urls = ",".join(layout.state["oidc"][name] for name in ("jwks_url", "token_url", "tls_token_url"))
        flags.append(f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={urls}")
    return flags


# --- Kerberos and the token endpoint ----------------------------------------

def system_program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def kerberos_environment(layout):
    return {"KRB5_CONFIG": f"{layout.dir}/krb5/krb5.conf", "KRB5_KDC_PROFILE": f"{layout.dir}/krb5/kdc.conf",
            "KRB5CCNAME": f"FILE:{layout.dir}/krb5/ccache"}


def start_kdc(layout):
    """MIT's KDC for a realm of our own; leaves layout.state["kdc"] unset where it is not installed."""
    kdc, util, admin = (system_program(name) for name in ("krb5kdc", "kdb5_util", "kadmin.local"))
    if not (kdc and util and admin):
        return
    home, port = layout.dir / "krb5", layout.state["port"] + KDC_OFFSET
    home.mkdir(exist_ok=True)
    (home / "krb5.conf").write_text(
        f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
        " udp_preference_limit = 1\n ticket_lifetime = 600\n"
        f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n"
        f"[domain_realm]\n localhost = {REALM}\n 127.0.0.1 = {REALM}\n")
    (home / "kdc.conf").write_text(
        f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n"
        f"[realms]\n {REALM} = {{\n  database_name = {home}/principal\n  key_stash_file = {home}/stash\n"
        f"  acl_file = {home}/kadm5.acl\n  max_life = 1h\n  max_renewable_life = 1d\n"
        "  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal\n }\n"
        f"[logging]\n kdc = FILE:{home}/kdc.log\n")
    environment = {**os.environ, **kerberos_environment(layout)}
    quiet = {"env": environment, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([util, "create", "-s", "-r", REALM, "-P", "master-secret"], **quiet)
    wanted = {"kafka": ["kafka/localhost", "kafka/127.0.0.1"], "alice": ["alice"], "mallory": ["mallory"]}
    lines = "".join(f"addprinc -randkey {p}\nktadd -k {home}/{file}.keytab {p}\n" for file, ps in wanted.items() for p in ps)
    subprocess.run([admin, "-r", REALM], input=lines, text=True, **quiet)
    layout.state["pids"]["kdc"] = subprocess.Popen(
        [kdc, "-n", "-r", REALM], env=environment, stdin=subprocess.DEVNULL, stdout=open(home / "out.log", "a"),
        stderr=subprocess.STDOUT, start_new_session=True).pid
    layout.state["kdc"] = port
    layout.save()
    wait_for("the KDC listening", lambda: listening(port), 20)


def start_oidc(layout):
    """The token endpoint; leaves layout.state["oidc"] unset where its program is not there."""
    program, home = pathlib.Path(__file__).resolve().parent / "oidc_server.py", layout.dir / "oidc"
    if not program.exists() or version_tuple(layout.state["version"]) < LISTENERS["OIDC"][2]:
        return
    home.mkdir(exist_ok=True)
    port = 0 if needs_zookeeper(layout.state["version"]) else layout.state["port"] - 1  # ZooKeeper's place
    layout.state["pids"]["oidc"] = subprocess.Popen(
        [sys.executable, str(program), str(home), "--port", str(port), "--cert", str(layout.dir / "tls/broker.pem"),
         "--key", str(layout.dir / "tls/broker.key")],
        stdin=subprocess.DEVNULL, stdout=open(home / "log", "a"), stderr=subprocess.STDOUT, start_new_session=True).pid
    layout.save()
    wait_for("the token endpoint listening", lambda: (home / "oidc.json").exists(), 20)
    layout.state["oidc"] = json.loads((home / "oidc.json").read_text())
    layout.save()


def add_scram_users(layout):
    """Before KRaft, SCRAM credentials lie in ZooKeeper. One JVM for each user."""
    for user, password in {**USERS, **DENIED}.items():
        secrets = ",".join(f"SCRAM-SHA-{bits}=[password={password}]" for bits in (256, 512))
        subprocess.run(["java", *java_flags(layout), "-cp", f"{jars(layout.state['version'])}/*", "kafka.admin.ConfigCommand",
                        "--zookeeper", f"127.0.0.1:{layout.state['port'] - 1}", "--alter", "--add-config", secrets,
                        "--entity-type", "users", "--entity-name", user],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def client_files(layout):
    """clients/LISTENER[-MECHANISM].properties for Java's tools (2.7 and later; earlier ones without OAUTHBEARER)."""
    home, tls = layout.dir / "clients", layout.dir / "tls"
    home.mkdir(exist_ok=True)
    trust = f"ssl.truststore.type=PKCS12\nssl.truststore.location={tls}/trust.p12\nssl.truststore.password={TLS_PASSWORD}\n"
    identity = "".join(f"ssl.{key}={value}\n" for key, value in (
        ("keystore.type", "PKCS12"), ("keystore.location", f"{tls}/client.p12"), ("keystore.password", TLS_PASSWORD),
        ("key.password", TLS_PASSWORD)))
    module = "sasl.jaas.config=org.apache.kafka.common.security."
    for listener in layout.secure_listeners():
        protocol = LISTENERS[listener][1]
        base = f"security.protocol={protocol}\n" + (trust if protocol.endswith("SSL") else "")
        if protocol == "SSL":
            (home / f"{listener}.properties").write_text(base + (identity if listener == "MTLS" else ""))
            continue
        for mechanism in ["OAUTHBEARER"] if listener == "OIDC" else layout.mechanisms():
            if listener == "REAUTH" and mechanism == "GSSAPI":
                continue
            for user, password in {"alice": USERS["alice"], **DENIED}.items():
                if mechanism == "GSSAPI":
                    login = ("sasl.kerberos.service.name=kafka\nsasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule "
                             f'required useKeyTab=true storeKey=true keyTab="{layout.dir}/krb5/{user}.keytab" '
                             f'principal="{user}@{REALM}";\n')
                elif mechanism == "PLAIN":
                    login = f'{module}plain.PlainLoginModule required username="{user}" password="{password}";\n'
                elif mechanism.startswith("SCRAM"):
                    login = f'{module}scram.ScramLoginModule required username="{user}" password="{password}";\n'
                elif listener == "OIDC":
                    login = (f'{module}oauthbearer.OAuthBearerLoginModule required clientId="{user}" clientSecret="{password}" '
                             f'scope="kafka";\nsasl.oauthbearer.token.endpoint.url={layout.state["oidc"]["token_url"]}\n'
                             "sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer."
                             "OAuthBearerLoginCallbackHandler\n")
                else:
                    login = f'{module}oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="{user}";\n'
                name = f"{listener}-{mechanism}" + ("" if user == "alice" else f"-{user}")
                (home / f"{name}.properties").write_text(base + f"sasl.mechanism={mechanism}\n" + login)


def broker_settings(layout, node):
    version, count = layout.state["version"], layout.state["nodes"]
    copies = min(3, count)
    settings = {"log.dirs": str(layout.node_dir(node) / "data"), "num.partitions": 3,
                "offsets.topic.replication.factor": copies, "offsets.topic.num.partitions": 3,
                "default.replication.factor": copies, "controlled.shutdown.enable": "true"}
    if version_tuple(version) >= (0, 11):
        settings.update({"transaction.state.log.replication.factor": copies, "transaction.state.log.num.partitions": 3,
                         "transaction.state.log.min.isr": min(2, copies), "min.insync.replicas": min(2, copies),
                         "group.initial.rebalance.delay.ms": 0})
    listeners = ["PLAINTEXT"] + layout.secure_listeners()
    if needs_zookeeper(version):
        settings["broker.id"] = node
        settings["zookeeper.connect"] = f"127.0.0.1:{layout.state['port'] - 1}"
        if version_tuple(version) < (0, 9):
            settings.update({"port": layout.port(node, "PLAINTEXT"), "host.name": "127.0.0.1",
                             "advertised.host.name": "127.0.0.1"})
        else:
            settings["listeners"] = ",".join(f"{l}://127.0.0.1:{layout.port(node, l)}" for l in listeners)
            if layout.state["secure"] and version_tuple(version) >= (0, 10, 2):
                settings["listener.security.protocol.map"] = ",".join(f"{l}:{LISTENERS[l][1]}" for l in listeners)
    else:
        shown = listeners + ["CONTROLLER"]
        settings.update({
            "process.roles": "broker,controller", "node.id": node,
            "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{layout.port(n, 'CONTROLLER')}" for n in layout.nodes()),
            "listeners": ",".join(f"{l}://127.0.0.1:{layout.port(node, l)}" for l in shown),
            "advertised.listeners": ",".join(f"{l}://127.0.0.1:{layout.port(node, l)}" for l in listeners),
            "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(f"{l}:{LISTENERS[l][1]}" for l in shown)})
        if version_tuple(version) >= (4, 1):
            settings.update({"share.coordinator.state.topic.replication.factor": copies,
                             "share.coordinator.state.topic.num.partitions": 3,
                             "share.coordinator.state.topic.min.isr": 1})
    if layout.state["secure"]:
        settings.update(secure_settings(layout, layout.dir / "tls"))
    settings.update(pair.split("=", 1) for pair in layout.state["set"])
    return settings


# --- processes --------------------------------------------------------------

def java(layout, arguments, log, heap="512m"):
    (layout.dir / "log4j.properties").write_text(LOG4J1)
    command = ["java", *java_flags(layout), f"-Xmx{heap}", f"-Dlog4j.configuration=file:{layout.dir}/log4j.properties",
               "-Dorg.slf4j.simpleLogger.logFile=System.out", "-cp", f"{jars(layout.state['version'])}/*", *arguments]
    return subprocess.Popen(command, cwd=layout.dir, stdin=subprocess.DEVNULL, stdout=open(log, "a"),
                            stderr=subprocess.STDOUT, start_new_session=True).pid


def listening(port):
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alive(pid):
    try:
        os.kill(pid, 0)
        stat = pathlib.Path(f"/proc/{pid}/stat")  # a zombie nobody reaps is gone all the same
        return not (stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z")
    except (ProcessLookupError, TypeError, FileNotFoundError):
        return False


def wait_for(what, holds, seconds=60):
    deadline = time.time() + seconds
    while not holds():
        if time.time() > deadline:
            raise SystemExit(f"kafka_cluster: {what} did not happen in {seconds} s")
        time.sleep(0.1)


def start_node(layout, node):
    log = layout.node_dir(node) / "broker.log"
    pid = java(layout, ["kafka.Kafka", str(layout.node_dir(node) / "server.properties")], log)
    layout.state["pids"][str(node)] = pid
    layout.save()
    for listener in ["PLAINTEXT", *layout.secure_listeners()]:  # one whose port is taken ends the broker a little later
        wait_for(f"node {node} listening (see {log})", lambda: listening(layout.port(node, listener)) or not alive(pid))
    if not alive(pid):
        raise SystemExit(f"kafka_cluster: node {node} ended while starting; its log is {log}")


def end(pid, sig=signal.SIGTERM, seconds=20):
    """Sends sig to one process of ours and waits until it is gone (SIGKILL past `seconds`)."""
    if not alive(pid):
        return
    os.kill(pid, signal.SIGCONT)
    os.kill(pid, sig)
    deadline = time.time() + seconds
    while alive(pid) and time.time() < deadline:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass
        time.sleep(0.05)
    if alive(pid):
        os.kill(pid, signal.SIGKILL)


reserved = []  # kept open: other processes of these tests leave the blocks alone while this one runs


def reserve(block):
    lock = open(pathlib.Path(tempfile.gettempdir()) / f"uvkafka-ports-{block}", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    reserved.append(lock)
    return True


def free_base_port(nodes):
    """A base port with the whole block of a cluster (ZooKeeper at base - 1, ten ports per node) free just now."""
    for _ in range(100):
        base = random.randrange(2000, 3200) * 10 + 1  # below the range the kernel hands to outgoing connections
        if not all(reserve(base + 10 * node) for node in range(nodes)):
            continue
        if not any(listening(port) for port in range(base - 1, base + nodes * 10)):
            return base
    raise SystemExit("kafka_cluster: no free block of ports found")


def up(options):
    layout = Layout(options.dir)
    layout.dir.mkdir(parents=True, exist_ok=True)
    if options.port is None:
        options.port = free_base_port(options.nodes)
    layout.state = {"version": options.version, "nodes": options.nodes, "port": options.port,
                    "secure": options.secure, "reauth": getattr(options, "reauth", SESSION_MS), "set": options.set, "pids": {}}
    jars(options.version)
    if options.secure:
        certificates(layout)
        start_kdc(layout)
        start_oidc(layout)
        client_files(layout)
    layout.save()
    if needs_zookeeper(options.version):
        (layout.dir / "zookeeper.properties").write_text(
            f"dataDir={layout.dir}/zookeeper\nclientPort={options.port - 1}\nclientPortAddress=127.0.0.1\n"
            "maxClientCnxns=0\nadmin.enableServer=false\n")
        layout.state["pids"]["zookeeper"] = java(
            layout, ["org.apache.zookeeper.server.quorum.QuorumPeerMain", str(layout.dir / "zookeeper.properties")],
            layout.dir / "zookeeper.log")
        layout.save()
        wait_for("ZooKeeper listening", lambda: listening(options.port - 1))
        if options.secure and version_tuple(options.version) >= (0, 10, 2):
            add_scram_users(layout)
    for node in layout.nodes():
        layout.node_dir(node).mkdir(exist_ok=True)
        properties = layout.node_dir(node) / "server.properties"
        properties.write_text("".join(f"{k}={v}\n" for k, v in broker_settings(layout, node).items()))
        if not needs_zookeeper(options.version):
            scram = [argument for user, password in {**USERS, **DENIED}.items() for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                     for argument in ("--add-scram", f"{mechanism}=[name={user},password={password}]")]
            subprocess.run(["java", *java_flags(layout), "-cp", f"{jars(options.version)}/*", "kafka.tools.StorageTool", "format",
                            "-t", CLUSTER_ID, "-c", str(properties), "--ignore-formatted",
                            *(scram if options.secure and version_tuple(options.version) >= (3, 5) else [])],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if needs_zookeeper(options.version):
        for node in layout.nodes():
            start_node(layout, node)
    else:  # a KRaft quorum needs a majority before any of its nodes listens
        for node in layout.nodes():
            layout.state["pids"][str(node)] = java(
                layout, ["kafka.Kafka", str(layout.node_dir(node) / "server.properties")],
                layout.node_dir(node) / "broker.log")
        layout.save()
        for node in layout.nodes():
            for listener in ["PLAINTEXT", *layout.secure_listeners()]:
                wait_for(f"node {node} listening", lambda: listening(layout.port(node, listener))
                         or not alive(layout.state["pids"][str(node)]))
            if not alive(layout.state["pids"][str(node)]):
                raise SystemExit(f"kafka_cluster: node {node} ended while starting; its log is "
                                 f"{layout.node_dir(node) / 'broker.log'}")
    print(f"bootstrap={layout.bootstrap('PLAINTEXT')}")
    if options.secure:
        for listener in layout.secure_listeners():
            print(f"{listener.lower()}_bootstrap={layout.bootstrap(listener)}")
        print(f"ca={layout.dir}/tls/ca.pem\nclient_cert={layout.dir}/tls/client.pem\nclient_key={layout.dir}/tls/client.key")
        print(f"client_p12={layout.dir}/tls/client.p12\nclient_encrypted_key={layout.dir}/tls/client-encrypted.key")
        print(f"tls_password={TLS_PASSWORD}\nmechanisms={','.join(layout.mechanisms())}\nclients={layout.dir}/clients")
        print("users=" + ",".join(f"{u}:{p}" for u, p in USERS.items()))
        print("denied_user=" + ",".join(f"{u}:{p}" for u, p in DENIED.items()))
        if "kdc" in layout.state:
            print(f"realm={REALM}\nkrb5_conf={layout.dir}/krb5/krb5.conf\nkeytab={layout.dir}/krb5/alice.keytab")
        for name in ("token_url", "tls_token_url", "log_url") if "oidc" in layout.state else ():
            print(f"{name}={layout.state['oidc'][name]}")


def node(options):
    layout = Layout(options.dir)
    pid = layout.state["pids"].get(str(options.id))
    if options.action == "start":
        start_node(layout, options.id)
    elif options.action == "kill":
        end(pid, signal.SIGKILL)
    elif options.action == "stop":
        end(pid)
    else:
        os.kill(pid, signal.SIGSTOP if options.action == "pause" else signal.SIGCONT)


# --- Kafka's own tools -------------------------------------------------------

def tool_command(layout, java_class, arguments):
    (layout.dir / "tools-log4j.properties").write_text(LOG4J1.replace("INFO, stdout", "OFF, stdout"))
    return ["java", *java_flags(layout), "-Xmx256m", f"-Dlog4j.configuration=file:{layout.dir}/tools-log4j.properties",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{jars(layout.state['version'])}/*",
            java_class, *arguments]


def run_tool(layout, java_class, *arguments, timeout=60, text_in=None):
    """Runs one tool to its end; returns its standard output, raises RuntimeError with everything it said otherwise."""
    done = subprocess.run(tool_command(layout, java_class, arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          input=text_in, stdin=subprocess.DEVNULL if text_in is None else None, text=True,
                          timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"{java_class} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def zookeeper(layout):
    return f"127.0.0.1:{layout.state['port'] - 1}"


def make_topic(layout, name, partitions=1, replication=1, config=()):
    """Creates a topic. A broker listens before it has registered with ZooKeeper, so the first tries may find no broker."""
    number = version_tuple(layout.state["version"])
    java_class = "org.apache.kafka.tools.TopicCommand" if number >= (3, 7) else "kafka.admin.TopicCommand"
    where = ["--bootstrap-server", layout.bootstrap("PLAINTEXT")] if number >= (2, 2) \
        else ["--zookeeper", zookeeper(layout)]
    words = [*where, "--create", "--topic", name, "--partitions", str(partitions), "--replication-factor", str(replication),
             *(word for one in config for word in ("--config", one))]
    deadline = time.monotonic() + 60
    while True:
        try:
            return run_tool(layout, java_class, *words)
        except RuntimeError as failed:
            if "larger than available brokers" not in str(failed) or time.monotonic() > deadline:
                raise
        time.sleep(1)


def group_command(layout, *arguments):
    """ConsumerGroupCommand, which looks at groups whose offsets lie in Kafka."""
    number = version_tuple(layout.state["version"])
    java_class = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand" if number >= (3, 8) \
        else "kafka.admin.ConsumerGroupCommand"
    consumer = ["--new-consumer"] if number < (1, 0) else []
    return run_tool(layout, java_class, "--bootstrap-server", layout.bootstrap("PLAINTEXT"), *consumer, *arguments)


def group_offsets(layout, group, topic):
    """{partition: next offset} as Kafka's own tool of this version shows it; partitions without a commit are absent.

    Before 0.10.2 the tool is ConsumerOffsetChecker: it asks the coordinator first, and falls back to ZooKeeper (where
    it fails) for a partition without a commit, so every partition has to have one.
    """
    if version_tuple(layout.state["version"]) < (0, 10, 2):
        text = run_tool(layout, "kafka.tools.ConsumerOffsetChecker", "--zookeeper", zookeeper(layout),
                        "--group", group, "--topic", topic)
    else:
        text = group_command(layout, "--describe", "--group", group)
    found = re.findall(rf"(?:^|\s){re.escape(topic)}\s+(\d+)\s+(\d+)\s", text)
    return {int(partition): int(offset) for partition, offset in found}


def topic(options):
    make_topic(Layout(options.dir), options.name, options.partitions, options.replication)


def offsets(options):
    for partition, offset in sorted(group_offsets(Layout(options.dir), options.group, options.topic).items()):
        print(partition, offset)
def tool(options):
    layout = Layout(options.dir)
    sys.exit(subprocess.run(tool_command(layout, options.java_class, options.arguments)).returncode)


def env(options):
    layout = Layout(options.dir)
    for name, value in kerberos_environment(layout).items() if "kdc" in layout.state else ():
        print(f"export {name}={value}")


def down(options):
    layout = Layout(options.dir)
    pids = layout.state.get("pids", {})
    for name in sorted(pids, key=lambda name: (name in ("kdc", "oidc"), name == "zookeeper")):
        end(pids[name], signal.SIGKILL)
    shutil.rmtree(layout.dir, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("up")
    command.add_argument("dir")
    command.add_argument("--version", default="4.3.1")
    command.add_argument("--nodes", type=int, default=1)
    command.add_argument("--port", type=int)
    command.add_argument("--secure", action="store_true", help="add listeners with TLS and SASL, see above")
    command.add_argument("--reauth", type=int, default=SESSION_MS, metavar="MS", help="session lifetime of listener REAUTH")
    command.add_argument("--set", action="append", default=[], metavar="key=value")
    command.set_defaults(run=up)
    command = commands.add_parser("node")
    command.add_argument("dir")
    command.add_argument("id", type=int)
    command.add_argument("action", choices=["kill", "stop", "start", "pause", "resume"])
    command.set_defaults(run=node)
    command = commands.add_parser("topic")
    command.add_argument("dir")
    command.add_argument("name")
    command.add_argument("--partitions", type=int, default=1)
    command.add_argument("--replication", type=int, default=1)
    command.set_defaults(run=topic)
    command = commands.add_parser("offsets")
    command.add_argument("dir")
    command.add_argument("group")
    command.add_argument("topic")
    command.set_defaults(run=offsets)
    command = commands.add_parser("tool")
    command.add_argument("dir")
    command.add_argument("java_class")
    command.add_argument("arguments", nargs=argparse.REMAINDER)
    command.set_defaults(run=tool)
    command = commands.add_parser("env")
    command.add_argument("dir")
    command.set_defaults(run=env)
    command = commands.add_parser("down")
    command.add_argument("dir")
    command.set_defaults(run=down)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
