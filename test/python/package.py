#!/usr/bin/env python3
"""Runs the tests of the package for Python with the extension of a build, against the in-memory broker.

    package.py ROOT UVKAFKA EXTENSION [TEST...]     exit status: that of pytest
    package.py ROOT UVKAFKA --missing REASON        77: skipped

The package is put together in a scratch folder: its files, and the extension, as links. Its typings are checked if mypy
is installed.
"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77


def skip(reason):
    print(f"SKIPPED, NOTHING OF THE PYTHON PACKAGE WAS TESTED: {reason}", file=sys.stderr, flush=True)
    sys.exit(SKIPPED)


def put_together(root, extension, folder):
    """The package `uvkafka` in `folder`."""
    package = folder / "uvkafka"
    package.mkdir()
    for file in [*(root / "samples/python/uvkafka").iterdir(), extension]:
        if file.is_file():
            (package / file.name).symlink_to(file.resolve())


def check_typings(root, folder):
    if importlib.util.find_spec("mypy") is None:
        print("SKIPPED typings: mypy is not installed", flush=True)
        return 0
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "typings"), "uvkafka"],
                          cwd=root / "samples/python").returncode


def main():
    root, program = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if sys.argv[3] == "--missing":
        skip(sys.argv[4])
    if importlib.util.find_spec("pytest") is None:
        skip(f"pytest is not installed for {sys.executable}")
    tests = root / "samples/python/tests"
    chosen = [str(tests / name) for name in sys.argv[4:]] or [str(tests)]
    with tempfile.TemporaryDirectory(prefix="uvkafka-python-") as name:
        folder = pathlib.Path(name)
        put_together(root, pathlib.Path(sys.argv[3]), folder)
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "UVKAFKA_PROGRAM": str(program)}
        status = subprocess.run([sys.executable, "-X", "dev", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
                                 "--rootdir", str(tests), *chosen], env=environment).returncode
        sys.exit(check_typings(root, folder) or status)


if __name__ == "__main__":
    main()
