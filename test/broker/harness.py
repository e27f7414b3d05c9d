"""What the scripts that drive real brokers share: checks that are counted, programs run with a limit, kcat's options.

Not here: starting and breaking brokers (kafka_cluster.py), the checks themselves (matrix.py, kill_restart.py, truncation.py,
recreated.py).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import types

SKIPPED = 77  # meson's exit status for "skipped"
TOPIC_READ = "%p\t%o\t%k\t%s\n"  # the same words in kcat's format and in ours


class CheckFailed(Exception):
    """A check that does not hold. Its text tells what was seen."""


class Checks:
    """Counts checks and prints one line for each as it ends."""

    def __init__(self, title):
        self.title, self.passed, self.failed = title, 0, 0

    def run(self, name, function, *arguments):
        """Runs one check; a failure is printed, counted, and does not stop the others."""
        started = time.monotonic()
        try:
            note = function(*arguments)
        except (CheckFailed, RuntimeError, subprocess.SubprocessError, OSError, ValueError, KeyError,
                SystemExit) as error:  # kafka_cluster.py ends with its reason
            self.failed += 1
            print(f"FAIL {self.title}: {name}: {error}", flush=True)
            return False
        self.passed += 1
        print(f"ok   {self.title}: {name} ({time.monotonic() - started:.1f} s){': ' + note if note else ''}", flush=True)
        return True

    def run_together(self, checks):
        """Runs checks, each (name, function, argument...), at the same time: for those that mostly wait."""
        threads = [threading.Thread(target=self.run, args=check) for check in checks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def end(self):
        """The exit status, after one line of sums."""
        print(f"{self.title}: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def expect(holds, what):
    if not holds:
        raise CheckFailed(what)


def expect_equal(got, wanted, what):
    if got != wanted:
        raise CheckFailed(f"{what}: got {shorten(got)}, wanted {shorten(wanted)}")


def eventually(what, holds, seconds=60):
    """Waits; a failed check if it does not come to hold in this time."""
    import kafka_cluster
    try:
        kafka_cluster.wait_for(what, holds, seconds)
    except SystemExit as late:
        raise CheckFailed(str(late))


def shorten(value, limit=300):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + f"... ({len(text)} characters)"


def run(command, text_in="", timeout=60, status=0):
    """Runs a program to its end and returns its standard output; anything but `status` is a failed check."""
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, input=text_in, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              encoding="utf-8", errors="replace", timeout=timeout)
    except subprocess.TimeoutExpired as late:
        said = (late.stderr or b"").decode("utf-8", "replace") if isinstance(late.stderr, bytes) else late.stderr or ""
        read = len(late.stdout or b"")
        raise CheckFailed(f"`{' '.join(command)}` did not end in {timeout} s ({read} bytes out): {said[-600:]}")
    if done.returncode != status:
        raise CheckFailed(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr[-600:]}")
    return done.stdout


def skip_unless(programs):
    """Ends with `skipped`, and says so, if a program is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        skip(f"{', '.join(missing)} not installed")


def skip_unless_kafka(versions):
    """Ends with `skipped` if kcat or a JVM is missing, or if one of these Kafka releases cannot be had."""
    import kafka_cluster
    skip_unless(["java", "kcat"])
    for version in versions:
        try:
            kafka_cluster.jars(version)
        except SystemExit:
            skip(f"Kafka {version} cannot run on this machine (see above)")


def skip(reason):
    print(f"SKIPPED, NOTHING WAS CHECKED AGAINST A REAL BROKER: {reason}", file=sys.stderr, flush=True)
    sys.exit(SKIPPED)


def default_program():
    """The newest build of the command line program, for runs by hand."""
    root = pathlib.Path(__file__).resolve().parents[2]
    found = sorted(root.glob("build*/samples/uvkafka"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else root / "build/samples/uvkafka"


def kcat_options(version):
    """The options that kcat needs for a broker without ApiVersions."""
    if version >= (0, 10):
        return []
    return ["-X", "api.version.request=false", "-X", "broker.version.fallback=" + ".".join(map(str, version))]


def scratch(name):
    return pathlib.Path(tempfile.mkdtemp(prefix=f"uvkafka-{name}-", dir=os.environ.get("TMPDIR")))


def on_clusters(title, name, versions, drive, nodes=1, settings=(), secure=False, reauth=None):
    """Runs drive(checks, layout, options) on a cluster of each of the versions; `options` are those that started it. With
    `secure` the cluster has TLS and logins; a login at the listener REAUTH holds `reauth` milliseconds. Returns the exit
    status."""
    import kafka_cluster
    status = 0
    for version in versions:
        directory = scratch(f"{name}-{version}")
        options = types.SimpleNamespace(dir=directory, version=version, nodes=nodes, port=None, secure=secure,
                                        set=list(settings), **({"reauth": reauth} if reauth else {}))
        checks = Checks(f"{title} {version}")
        try:
            kafka_cluster.up(options)
            drive(checks, kafka_cluster.Layout(directory), options)
        finally:
            kafka_cluster.down(options)
            shutil.rmtree(directory, ignore_errors=True)
        status = max(status, checks.end())
    return status


def versions_parser(text, versions):
    """The command line of a script: the versions of Kafka. `text`: what the script says of itself."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", metavar="VERSION", default=versions, help="default: " + " ".join(versions))
    return parser


def program_parser(text, versions):
    """The same with our program, for scripts that drive it."""
    parser = versions_parser(text, versions)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program(), help="the program to drive")
    return parser


def main_on_clusters(name, text, versions, drive, nodes=1, settings=()):
    """The whole program of a script: runs drive(checks, layout, directory, uvkafka) on a cluster of each of the versions, or
    of those that the command line names, and exits."""
    given = program_parser(text, versions).parse_args()
    skip_unless_kafka(given.versions)
    sys.exit(on_clusters("Kafka", name, given.versions,
                         lambda checks, layout, options: drive(checks, layout, options.dir, given.uvkafka), nodes, settings))


def skip_unless_secure(uvkafka, versions):
    """Ends with `skipped` if the program has no TLS, or if a cluster with TLS cannot run here."""
    if "tls (" not in run([uvkafka, "--version"]):
        skip("the program has no TLS")
    skip_unless(["openssl", "keytool"])
    skip_unless_kafka(versions)
