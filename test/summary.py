#!/usr/bin/env python3
"""Sums one `meson test` run: Catch2 programs by their test cases, every other test as one.

    summary.py TESTLOG.json

With UVKAFKA_CANARY set, which is part of the passwords that tests log in with, one check more is that no test printed it.

Prints a line per program, then again which failed, with the end of what they printed; the last line is
`N passed, N failed, N skipped`. Exit status: 1 if something failed or nothing ran.
"""
import base64
import json
import os
import re
import sys

ALL_PASSED = re.compile(r"All tests passed \([\d,]+ assertions? in (\d+) test cases?\)")
LINES_OF_A_FAILURE = 30
SOME = re.compile(r"^test cases:(.*)$", re.MULTILINE)  # test cases: 10 | 8 passed | 1 failed | 1 skipped


def count(entry):
    """(passed, failed, skipped) of one test."""
    result, text = entry["result"], entry.get("stdout", "")
    if result == "SKIP":
        return 0, 0, 1
    failed = result not in ("OK", "EXPECTEDFAIL")
    cases = ALL_PASSED.findall(text)
    if cases:
        return int(cases[-1]), int(failed), 0  # all cases passed, but the program failed after them
    some = SOME.findall(text)
    if some:
        numbers = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped)", some[-1])}
        broken = numbers.get("failed", 0)
        return numbers.get("passed", 0), max(broken, int(failed)), numbers.get("skipped", 0)
    return int(not failed), int(failed), 0


def failure(entry):
    """What a failed test printed about it: Catch2's report of the first failed case, or else the end."""
    lines = (entry.get("stdout", "") + entry.get("stderr", "")).splitlines()
    marks = [number for number, line in enumerate(lines) if "FAILED" in line]
    first = max(0, marks[0] - LINES_OF_A_FAILURE // 3) if marks else max(0, len(lines) - LINES_OF_A_FAILURE)
    return lines[first : first + LINES_OF_A_FAILURE]


def traces(canary):
    """The canary and what gives it away: its base64, wherever it begins in what was encoded."""
    text = canary.encode()
    encoded = {base64.b64encode(b"x" * skipped + text).decode()[4:-4] for skipped in range(3)}
    return [canary, *encoded]


def showing(entries, canary):
    """Names of tests that printed a password."""
    forms = traces(canary)
    return [entry["name"] for entry in entries if any(form in entry.get("stdout", "") + entry.get("stderr", "") for form in forms)]


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines if line.strip()]
    sums, failures = [0, 0, 0], []
    for entry in entries:
        passed, failed, skipped = numbers = count(entry)
        sums = [a + b for a, b in zip(sums, numbers)]
        word = "FAIL" if failed else "SKIP" if skipped and not passed else "ok  "
        print(f"{word} {entry['name']} ({entry['duration']:.1f} s): {passed} passed, {failed} failed, {skipped} skipped")
        if failed:
            failures.append(entry)
        if word == "SKIP":
            reasons = [line for line in (entry.get("stderr", "") + entry.get("stdout", "")).splitlines() if "SKIP" in line]
            print("     " + (reasons[-1] if reasons else "no reason given"))
    canary = os.environ.get("UVKAFKA_CANARY")
    if canary:
        shown = showing(entries, canary)
        sums[1 if shown else 0] += 1
        print(f"FAIL passwords: printed by {', '.join(shown)}" if shown else "ok   no test printed a password")
    for entry in failures:
        print(f"\nFAIL {entry['name']}: {entry['result']}")
        for line in failure(entry):
            print("     " + line)
    print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    sys.exit(1 if sums[1] or not sums[0] else 0)


if __name__ == "__main__":
    main()
