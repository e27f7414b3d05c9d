#!/usr/bin/env python3
"""Holds test/FAULTS.md against the tests: the numbers in their names, and the column that says where each is tested.

    faults.py [ROOT]           exit status 0: held; 1: every lie is named
    faults.py --write [ROOT]   writes the column "tested in" anew
    faults.py --self-test      made-up trees, some that must be caught and some that must not

A test carries numbers at the beginning of its name, before a colon: "C1, E4: what was executed ...". Names are those of
TEST_CASE in C++, of check("...") in Python, of test('...') in meson.build, and the first line of a Python file's text.
A row of FAULTS.md is `| number | what happens | what the library does | tested in |`. Its last column is written by
this script, unless no test has the number: then it has to begin with "not built", and may say what is missing for that.
"""
import ast
import pathlib
import re
import sys

import tree

LIST = "test/FAULTS.md"
NUMBERS = r"((?:[A-Z]\d{1,3}(?:, | and | )?)+)"
NAMED = re.compile(NUMBERS + r":\s*(.*)", re.DOTALL)
ROW = re.compile(r"\| ([A-Z]\d{1,3}) \| (.*?) \| (.*?) \|(.*)\|\s*$")
CASE = re.compile(r'\bTEST_CASE(?:_METHOD)?\s*\(\s*(?:\w+\s*,\s*)?((?:"(?:\\.|[^"\\])*"\s*)+)')
CHECK = re.compile(r'\bcheck\(\s*f?"((?:\\.|[^"\\])*)"')
MESON = re.compile(r"\btest\(\s*'([^']*)'")
NOT_BUILT = "not built"


def names_in(path, text):
    """The names of the tests in one file."""
    if path.suffix in (".cpp", ".hpp"):
        for match in CASE.finditer(text):
            yield "".join(ast.literal_eval(part) for part in re.findall(r'"(?:\\.|[^"\\])*"', match.group(1)))
    elif path.suffix == ".py":
        yield (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0].replace("\n", " ")
        yield from CHECK.findall(text)
    elif path.name == "meson.build":
        yield from MESON.findall(text)


def tested(root):
    """number -> "`file`: name" of each test that has it, in the order of the files."""
    found = {}
    for shown in tree.files(root):
        path = root / shown
        if not shown.startswith("test/") or shown.startswith("test/project/"):
            continue
        if path.suffix not in (".cpp", ".hpp", ".py") and path.name != "meson.build":
            continue
        for name in names_in(path, path.read_text(encoding="utf-8")):
            match = NAMED.match(name)
            if match:
                words = match.group(2).strip().replace("|", "\\|").replace("<", "&lt;").rstrip(".")
                for number in re.findall(r"[A-Z]\d+", match.group(1)):
                    found.setdefault(number, []).append(f"`{shown[len('test/'):]}`: {words}")
    return found


def column(number, places, present):
    """What the last column has to be."""
    if places:
        return "<br>".join(places)
    return present if present.startswith(NOT_BUILT) else ""


def check(root, write=False):
    path = root / LIST
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found, wrong, numbers = tested(root), [], []
    for index, line in enumerate(lines):
        match = ROW.match(line)
        if not match:
            if line.startswith("|") and re.match(r"\| *[A-Z]\d", line):
                wrong.append(f"{LIST}:{index + 1}: this row has not four columns")
            continue
        number, happens, does, present = (group.strip() for group in match.groups())
        places = found.get(number, [])
        wanted = column(number, places, present)
        if number in numbers:
            wrong.append(f"{LIST}:{index + 1}: {number} stands twice")
        numbers.append(number)
        if not happens or not does:
            wrong.append(f"{LIST}:{index + 1}: {number} does not say what happens, or what the library does")
        if not wanted:
            wrong.append(f"{LIST}:{index + 1}: {number} is neither tested nor `{NOT_BUILT}`")
        elif write:
            lines[index] = f"| {number} | {happens} | {does} | {wanted} |"
        elif places and present.startswith(NOT_BUILT):
            wrong.append(f"{LIST}:{index + 1}: {number} is said to be not built, and is tested: {places[0]}")
        elif present != wanted:
            wrong.append(f"{LIST}:{index + 1}: {number} is not tested where it says (faults.py --write)")
    for number in sorted(set(found) - set(numbers)):
        wrong.append(f"{LIST} has no row {number}: {found[number][0]}")
    if not numbers:
        wrong.append(f"{LIST} has no row")
    if write:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(numbers), len([number for number in numbers if number in found]), wrong


SOURCE = 'TEST_CASE("A1, B2: a frame\\" breaks") {}\nTEST_CASE_METHOD(Fixture,\n    "A1: two "\n    "lines") {}\nTEST_CASE("no number") {}\n'
# name -> (row(s) of the list, test sources, how many lies there are)
CASES = {
    "the truth": ("| A1 | x | y | `sim/a_test.cpp`: a frame\" breaks<br>`sim/a_test.cpp`: two lines |\n"
                  "| B2 | x | y | `sim/a_test.cpp`: a frame\" breaks |\n| H1 | x | y | not built (TLS) |\n",
                  {"sim/a_test.cpp": SOURCE}, 0),
    "a number that the list lacks": ("| A1 | x | y | `a.cpp`: b |\n", {"a.cpp": 'TEST_CASE("A1: b")', "b.cpp": 'TEST_CASE("A2: b")'}, 1),
    "a column that lies": ("| A1 | x | y | `a.cpp`: c |\n", {"a.cpp": 'TEST_CASE("A1: b")'}, 1),
    "a test that went": ("| A1 | x | y | `a.cpp`: b |\n", {"a.cpp": ""}, 1),
    "not built, and tested": ("| A1 | x | y | not built |\n", {"a.cpp": 'TEST_CASE("A1: b")'}, 1),
    "nothing at all": ("| A1 | x | y |  |\n", {}, 1),
    "a row twice, and one without words": ("| A1 | x | y | not built |\n| A1 |  | y | not built |\n", {}, 2),
    "a row that is cut": ("| A1 | x | y |\n| A2 | x | y | not built |\n", {}, 1),
    "an empty list": ("", {}, 1),
    "names in Python and meson": ("| A1 | x | y | `a.py`: why<br>`a.py`: one {more}<br>`meson.build`: a program |\n",
                                  {"a.py": '"""A1: why.\n\nMore."""\nself.check(\n    f"A1: one {more}", f)\n',
                                   "meson.build": "test('A1: a program', it)\n"}, 0),
}


SELF_TEST = {name: ({f"test/{shown}": text for shown, text in {**sources, "FAULTS.md": "# List\n\n" + rows}.items()}, lies)
             for name, (rows, sources, lies) in CASES.items()}


def main():
    if "--write" in sys.argv:
        roots = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
        check(pathlib.Path(roots[0] if roots else pathlib.Path(__file__).parents[2]).resolve(), write=True)
    tree.run(SELF_TEST, check, "{} faults, {} tested, {} lies")


if __name__ == "__main__":
    main()
