#!/usr/bin/env python3
"""The results of all works are never replaced by those of a part of them. Measures nothing.

Exit status: 0 if that holds, 1 if not.
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import report  # noqa: E402
import works  # noqa: E402

FACTS = {"date": "2026-01-01", "machine": {"cpu": "one", "cores": 2, "memory_gb": 8, "kernel": "6"}, "compiler": "c++",
         "commit": "0", "kafka": "4.3.1", "java": "17", "librdkafka": "2", "rounds": 1, "command": "run.py",
         "load_before": 0.0}
failures = []


def expect(holds, what):
    print("ok  " if holds else "FAIL", what)
    if not holds:
        failures.append(what)


def run_of(chosen):
    """A run in which every work was skipped."""
    return {"facts": FACTS, "growth": [], "works": [
        {"name": work.name, "group": work.group, "mode": work.mode, "targets": {}, "skipped": "a test"} for work in chosen]}


def is_refused(whole, results):
    try:
        report.write(whole, results)
    except report.Refused:
        return True
    return False


def main():
    every = works.all_works(False, False)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        results, chart = folder / "RESULTS.md", folder / "results.svg"
        report.write(run_of(every), results)
        expect(results.exists() and chart.exists(), "a whole run writes its results, and the chart beside them")
        before = results.read_text(), chart.read_text()

        expect(is_refused(run_of(every[:1]), results), "results of one work do not replace those of all works")
        expect(is_refused(run_of(works.all_works(True, False)), results), "nor do those of --quick")
        done = subprocess.run([sys.executable, HERE / "run.py", "--build", folder, "--only", every[0].name, "--results",
                               results], capture_output=True, text=True)
        expect(done.returncode == 2 and "another file" in done.stderr, "run.py refuses it before it measures anything")
        expect((results.read_text(), chart.read_text()) == before, "the files are as they were")

        part = folder / "PART.md"
        report.write(run_of(every[:1]), part)
        report.write(run_of(every[:2]), part)
        expect((folder / "part.svg").exists() and report.PART in part.read_text(), "a part has files of its own, and says so")
        expect((results.read_text(), chart.read_text()) == before, "the files of all works are still as they were")
        expect(not is_refused(run_of(every), part), "a whole run replaces a part")
        expect(not is_refused(run_of(every), results), "a whole run replaces a whole one")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
