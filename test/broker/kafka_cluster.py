#!/usr/bin/env python3
"""Start, break and stop a real Apache Kafka cluster on loopback.

    kafka_cluster.py up DIR [--version 4.3.1] [--nodes 3] [--port 19092] [--secure] [--set key=value ...]
    kafka_cluster.py node DIR ID kill|stop|start|pause|resume
    kafka_cluster.py topic DIR NAME [--partitions N] [--replication N]
    kafka_cluster.py offsets DIR GROUP TOPIC           one `PARTITION OFFSET` line per committed partition
    kafka_cluster.py tool DIR JAVA_CLASS [ARG ...]     run one of Kafka's own command-line classes
    kafka_cluster.py down DIR

`up` prints one `name=value` line per fact a test needs (bootstrap=..., ssl_bootstrap=..., ca=...).
The brokers are the published Kafka jars, resolved by Maven once per version into
$KAFKA_JARS (default ~/.cache/kafka-jars); they run on whatever `java` (17+) is on PATH.
Versions before 3.3 run on ZooKeeper, later ones on KRaft (every node broker and controller).
Exit status: 0 done; 75 this machine cannot run brokers (no java, no mvn, or the jars
cannot be resolved), so that a caller can skip loudly; 1 anything else.
Without --port, free ports are looked for. test/broker's other scripts import this file.
Only the Python standard library is used.
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
        offset = {"PLAINTEXT": 0, "CONTROLLER": 1, "SSL": 2, "SASL_PLAINTEXT": 3, "SASL_SSL": 4}[listener]
        return self.state["port"] + (node - 1) * 10 + offset

    def nodes(self):
        return range(1, self.state["nodes"] + 1)

    def bootstrap(self, listener):
        return ",".join(f"127.0.0.1:{self.port(n, listener)}" for n in self.nodes())


def certificates(layout):
    """A CA, one broker certificate for 127.0.0.1/localhost, one client certificate; all PEM."""
    tls = layout.dir / "tls"
    tls.mkdir(exist_ok=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=tls, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=test-ca")
    for name, names in (("broker", "DNS:localhost,IP:127.0.0.1"), ("client", "DNS:client")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}")
        (tls / f"{name}.ext").write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "30", "-out", f"{name}.pem", "-extfile", f"{name}.ext")
        (tls / f"{name}-chain.pem").write_text((tls / f"{name}.key").read_text() + (tls / f"{name}.pem").read_text())
    return tls


def secure_settings(layout, tls):
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule required " + \
        " ".join(f'user_{u}="{p}"' for u, p in USERS.items()) + ";"
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = {
        "ssl.keystore.type": "PEM", "ssl.keystore.location": str(tls / "broker-chain.pem"),
        "ssl.truststore.type": "PEM", "ssl.truststore.location": str(tls / "ca.pem"),
        "ssl.client.auth": "requested",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    }
    for listener in ("sasl_plaintext", "sasl_ssl"):
        settings[f"listener.name.{listener}.plain.sasl.jaas.config"] = plain
        settings[f"listener.name.{listener}.scram-sha-256.sasl.jaas.config"] = scram
        settings[f"listener.name.{listener}.scram-sha-512.sasl.jaas.config"] = scram
    return settings


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
    listeners = ["PLAINTEXT"] + (["SSL", "SASL_PLAINTEXT", "SASL_SSL"] if layout.state["secure"] else [])
    if needs_zookeeper(version):
        settings["broker.id"] = node
        settings["zookeeper.connect"] = f"127.0.0.1:{layout.state['port'] - 1}"
        if version_tuple(version) < (0, 9):
            settings.update({"port": layout.port(node, "PLAINTEXT"), "host.name": "127.0.0.1",
                             "advertised.host.name": "127.0.0.1"})
        else:
            settings["listeners"] = ",".join(f"{l}://127.0.0.1:{layout.port(node, l)}" for l in listeners)
    else:
        shown = listeners + ["CONTROLLER"]
        settings.update({
            "process.roles": "broker,controller", "node.id": node,
            "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{layout.port(n, 'CONTROLLER')}" for n in layout.nodes()),
            "listeners": ",".join(f"{l}://127.0.0.1:{layout.port(node, l)}" for l in shown),
            "advertised.listeners": ",".join(f"{l}://127.0.0.1:{layout.port(node, l)}" for l in listeners),
            "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(f"{l}:{'PLAINTEXT' if l == 'CONTROLLER' else l}" for l in shown)})
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
    command = ["java", *JVM_FLAGS, f"-Xmx{heap}", f"-Dlog4j.configuration=file:{layout.dir}/log4j.properties",
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
    wait_for(f"node {node} listening (see {log})", lambda: listening(layout.port(node, "PLAINTEXT")) or not alive(pid))
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
                    "secure": options.secure, "set": options.set, "pids": {}}
    jars(options.version)
    if options.secure:
        certificates(layout)
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
    for node in layout.nodes():
        layout.node_dir(node).mkdir(exist_ok=True)
        properties = layout.node_dir(node) / "server.properties"
        properties.write_text("".join(f"{k}={v}\n" for k, v in broker_settings(layout, node).items()))
        if not needs_zookeeper(options.version):
            scram = [argument for user, password in USERS.items() for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                     for argument in ("--add-scram", f"{mechanism}=[name={user},password={password}]")]
            subprocess.run(["java", *JVM_FLAGS, "-cp", f"{jars(options.version)}/*", "kafka.tools.StorageTool", "format",
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
            wait_for(f"node {node} listening", lambda: listening(layout.port(node, "PLAINTEXT")))
    print(f"bootstrap={layout.bootstrap('PLAINTEXT')}")
    if options.secure:
        for listener in ("SSL", "SASL_PLAINTEXT", "SASL_SSL"):
            print(f"{listener.lower()}_bootstrap={layout.bootstrap(listener)}")
        print(f"ca={layout.dir}/tls/ca.pem\nclient_cert={layout.dir}/tls/client.pem\nclient_key={layout.dir}/tls/client.key")
        print("users=" + ",".join(f"{u}:{p}" for u, p in USERS.items()))


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
    return ["java", *JVM_FLAGS, "-Xmx256m", f"-Dlog4j.configuration=file:{layout.dir}/tools-log4j.properties",
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


def down(options):
    layout = Layout(options.dir)
    pids = layout.state.get("pids", {})
    for name in sorted(pids, key=lambda name: name == "zookeeper"):
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
    command.add_argument("--secure", action="store_true", help="add SSL, SASL_PLAINTEXT and SASL_SSL listeners")
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
    command = commands.add_parser("down")
    command.add_argument("dir")
    command.set_defaults(run=down)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
