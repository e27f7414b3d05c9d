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
    7 REAUTH          2.2    SASL_SSL, connections.max.reauth.ms=--reauth (KIP-368): what SASL_SSL offers
    8                        node 1 only: the Kerberos KDC, where Debian's krb5-kdc is installed; otherwise no GSSAPI

Users alice and admin may do everything, and so may certificates CN=client, CN=alice and everybody without a name.
mallory (denied_user=; a password for PLAIN and SCRAM, a keytab, a certificate, a client of the token endpoint) can log
in and may do nothing at all: every topic, group, transactional id and cluster operation is denied.
tls/ has PEM, PKCS#12 and encrypted forms of the client's key (the password is tls_password=), clients/ one properties
file for Java's tools per listener and mechanism (3.x and 4.x tools take them all).
"""
import argparse
import fcntl
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# The other scripts take from this module whatever they need of the cluster.
from kafka_jars import CANNOT_RUN_HERE, jars  # noqa: F401
from kafka_layout import JVM_FLAGS, LISTENERS, Layout, alive, listening, needs_zookeeper, version_tuple, wait_for  # noqa: F401
from kafka_security import (CANARY, DENIED, REALM, TLS_PASSWORD, USERS, add_scram_users, certificates, client_files, java_flags,
                            kerberos_environment, secure_settings, start_kdc, start_oidc, system_program)

CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
SESSION_MS = 10000  # of listener REAUTH

LOG4J1 = """log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
"""


# --- configuration ----------------------------------------------------------

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
        print(f"mechanisms={','.join(layout.mechanisms())}\nclients={layout.dir}/clients")
        if not CANARY:
            print(f"tls_password={TLS_PASSWORD}")
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
