"""The published jars of Kafka's releases, resolved by Maven once per version."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

from kafka_layout import version_tuple

CANNOT_RUN_HERE = 75


def cannot(reason):
    print(f"kafka_cluster: cannot run brokers here: {reason}", file=sys.stderr)
    sys.exit(CANNOT_RUN_HERE)


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
