#!/usr/bin/env python3
"""Gives wire_check lines by hand, most of them malformed. Needs no java.

    wire_check_lines.py WIRE_CHECK
"""
import subprocess
import sys

# ApiVersions v0 request: no field at all, so no byte.
EMPTY = "18\tApiVersions\t0\trequest\t0\t\t{}\n"
# FindCoordinator v1 request: key "ab", keyType 1.
COORDINATOR = '10\tFindCoordinator\t1\trequest\t0\t0002616201\t{"key":"ab","keyType":1}\n'

# Name, lines in, exit status, lines out, what stderr must say.
CASES = [
    ("nothing gives nothing", "", 0, "", ""),
    ("a message without fields", EMPTY, 0, EMPTY, ""),
    ("a message is printed as it came", COORDINATOR, 0, COORDINATOR, ""),
    ("the last line needs no line feed", COORDINATOR[:-1], 0, COORDINATOR, ""),
    ("the JSON is our own, not the one that came in", COORDINATOR.replace('"ab"', '"zz"'), 0, COORDINATOR, ""),
    ("capital digits are read", EMPTY + COORDINATOR.replace("0002616201", "000261620A"), 0,
     EMPTY + COORDINATOR.replace("0002616201", "000261620a").replace('keyType":1', 'keyType":10'), ""),
    ("an API that is not here is unsupported", "25\tAddOffsetsToTxn\t0\trequest\t0\t00\t{}\n", 0,
     "25\tAddOffsetsToTxn\t0\trequest\tunsupported\n", ""),
    ("a version that is too new is unsupported", "18\tApiVersions\t99\tresponse\t1\t00\t{}\n", 0,
     "18\tApiVersions\t99\tresponse\tunsupported\n", ""),
    ("lines behind an unsupported one are read", "77\tX\t0\trequest\t0\t\t{}\n" + EMPTY, 0,
     "77\tX\t0\trequest\tunsupported\n" + EMPTY, ""),

    ("malformed: an empty line", EMPTY + "\n" + EMPTY, 2, EMPTY, "line 2: malformed: it has 1 columns, not 7"),
    ("malformed: a column too few", EMPTY + EMPTY + COORDINATOR.rsplit("\t", 1)[0], 2, EMPTY + EMPTY,
     "line 3: malformed: it has 6 columns, not 7"),
    ("malformed: a column too many", COORDINATOR[:-1] + "\tx\n", 2, "", "line 1: malformed: it has 8 columns, not 7"),
    ("malformed: a key that is no number", EMPTY.replace("18", "x8"), 2, "", "line 1: malformed: API_KEY `x8`"),
    ("malformed: a key with more behind it", EMPTY.replace("18", "18x"), 2, "", "line 1: malformed: API_KEY `18x`"),
    ("malformed: a key beyond int16", EMPTY.replace("18", "32768"), 2, "", "line 1: malformed: API_KEY `32768`"),
    ("malformed: no name", EMPTY.replace("ApiVersions", ""), 2, "", "line 1: malformed: NAME is empty"),
    ("malformed: a negative version", EMPTY.replace("\t0\treq", "\t-1\treq"), 2, "", "line 1: malformed: VERSION `-1`"),
    ("malformed: an empty version", EMPTY.replace("\t0\treq", "\t\treq"), 2, "", "line 1: malformed: VERSION ``"),
    ("malformed: no direction", EMPTY.replace("request", "both"), 2, "", "line 1: malformed: direction `both`"),
    ("malformed: neither flexible nor not", EMPTY.replace("\t0\t\t", "\t2\t\t"), 2, "",
     "line 1: malformed: FLEXIBLE `2`"),
    ("malformed: an odd number of digits", COORDINATOR.replace("6201\t", "620\t"), 2, "",
     "line 1: malformed: HEX `000261620`"),
    ("malformed: digits that are none", COORDINATOR.replace("6162", "61g2"), 2, "",
     "line 1: malformed: HEX `000261g201`"),
    ("malformed: no JSON", COORDINATOR.split("{")[0] + "\n", 2, "", "line 1: malformed: JSON is empty"),
    ("malformed lines are named for unsupported APIs too", EMPTY + "77\tX\t0\trequest\t0\t0\t{}\n", 2, EMPTY,
     "line 2: malformed: HEX `0`"),

    ("bytes that end too early are refused, and the next line is read", COORDINATOR.replace("6201", "62") + EMPTY, 2,
     None, "line 1: FindCoordinator v1 request: decode: "),
    ("bytes that are too many are refused", EMPTY + COORDINATOR.replace("6201", "620177"), 2, None,
     "line 2: FindCoordinator v1 request: 1 bytes left after the last field"),
]


def wrong(program, text, status, out, said):
    """What is wrong, or nothing."""
    done = subprocess.run([program], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10)
    got_out, got_said = done.stdout.decode(), done.stderr.decode()
    if done.returncode != status:
        return f"exit status {done.returncode}, not {status}; stderr {got_said!r}"
    if out is not None and got_out != out:
        return f"printed {got_out!r}, not {out!r}"
    if out is None and len(got_out.splitlines()) != len(text.splitlines()):
        return f"not one line out for each line in: {got_out!r}"
    if said == "" and got_said:
        return f"said {got_said!r}"
    if said not in got_said:
        return f"said {got_said!r}, without {said!r}"
    return None


def wrong_usage(program):
    done = subprocess.run([program, "--nonsense"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=10)
    if done.returncode != 2 or not done.stderr.startswith("usage: ") or done.stdout:
        return f"exit status {done.returncode}, stdout {done.stdout!r}, stderr {done.stderr!r}"
    return None


def main():
    failed = 0
    checks = [(name, wrong(sys.argv[1], *case)) for name, *case in CASES]
    checks.append(("an unknown argument is wrong usage", wrong_usage(sys.argv[1])))
    for name, problem in checks:
        failed += problem is not None
        print(f"FAIL {name}: {problem}" if problem else f"ok   {name}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
