#!/usr/bin/env python3
"""The package for Node (samples/node) on real brokers; a person runs it, after `npm install` there.

    node.py [VERSION]...          UVKAFKA_NODE_ADDON names another addon than that of `npm install`

A program in Node sends messages one by one and in batches, and two members of a group read and commit them: over
plaintext, over TLS, and while the broker is killed and started again. Each message has to be there once, at the offset
that was told, and be committed.
Exit status: 0 if all checks hold, 1 if one does not, 77 if this machine cannot run brokers or has no node.
"""
import pathlib
import subprocess
import sys
import time
import types

import kafka_cluster
from harness import CheckFailed, expect, on_clusters, run, skip_unless, skip_unless_kafka, versions_parser

VERSIONS = ["0.11.0.3", "4.3.1"]
PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "samples/node/test/programs/real.js"
COUNT = 20000


def there_and_back(bootstrap, topic, *options):
    expect(f"{COUNT} messages" in run(["node", PROGRAM, bootstrap, topic, COUNT, *options], timeout=120), "what it says")


def killed(layout, cluster, bootstrap):
    process = subprocess.Popen(["node", str(PROGRAM), bootstrap, "killed", str(COUNT), "slowly"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    for action in ("kill", "start"):
        if process.poll() is not None:
            raise CheckFailed(f"it ended before the broker was killed: {process.communicate()}")
        kafka_cluster.node(types.SimpleNamespace(dir=cluster.dir, id=1, action=action))
    said, errors = process.communicate(timeout=180)
    expect(process.returncode == 0 and f"{COUNT} messages" in said, f"status {process.returncode}: {said} {errors[-600:]}")


def drive(checks, layout, options):
    checks.run("plaintext", there_and_back, layout.bootstrap("PLAINTEXT"), "plain")
    checks.run("TLS", there_and_back, layout.bootstrap("SSL"), "tls", "security.protocol=ssl",
               f"ssl.ca.location={layout.dir / 'tls/ca.pem'}")
    checks.run("a broker that is killed", killed, layout, options, layout.bootstrap("PLAINTEXT"))


def main():
    given = versions_parser(__doc__, VERSIONS).parse_args()
    skip_unless(["node", "openssl", "keytool"])
    skip_unless_kafka(given.versions)
    return on_clusters("Node, Kafka", "node", given.versions, drive, secure=True)


if __name__ == "__main__":
    sys.exit(main())
