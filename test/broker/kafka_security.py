"""What `kafka_cluster.py up --secure` adds: certificates, logins, Kerberos, a token endpoint, and files for clients."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

from kafka_jars import jars
from kafka_layout import JVM_FLAGS, LISTENERS, listening, needs_zookeeper, version_tuple, wait_for

# Part of all passwords, made anew by test/run.sh. What a test prints must not have it (test/summary.py).
CANARY = os.environ.get("UVKAFKA_CANARY", "")
USERS = {name: f"{name}-secret{CANARY}" for name in ("alice", "admin")}
DENIED = {"mallory": f"mallory-secret{CANARY}"}
TLS_PASSWORD = f"key-secret{CANARY}"
REALM = "UVKAFKA.TEST"
KDC_OFFSET = 8


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
            per_listener["REAUTH"] = modules
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


# --- clients ----------------------------------------------------------------

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
