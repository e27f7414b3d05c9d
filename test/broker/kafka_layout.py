"""Where everything of a real Kafka cluster lies, which ports it uses, and what its release can do."""
import json
import os
import pathlib
import socket
import time

# Short-lived JVMs: start-up counts for more than peak speed.
JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData"]
# Listener -> its place behind the node's port, the security protocol, and since when brokers can have it.
LISTENERS = {"PLAINTEXT": (0, "PLAINTEXT", (0, 8)), "CONTROLLER": (1, "PLAINTEXT", (3, 3)), "SSL": (2, "SSL", (0, 9)),
             "SASL_PLAINTEXT": (3, "SASL_PLAINTEXT", (0, 9)), "SASL_SSL": (4, "SASL_SSL", (0, 9)),
             "MTLS": (5, "SSL", (0, 10, 2)), "OIDC": (6, "SASL_SSL", (3, 1)), "REAUTH": (7, "SASL_SSL", (2, 2))}


def version_tuple(version):
    return tuple(int(part) for part in version.split("."))


def needs_zookeeper(version):
    return version_tuple(version) < (3, 3)


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


# --- processes --------------------------------------------------------------

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
