#!/usr/bin/env python3
"""Compares the C functions of the headers with those that the maps export, that the tests use, and that libraries have.

    c_names.py [ROOT] [--update] [LIBRARY ...]

  - lib/exports.map has the functions of <kafka/kafka.h>, lib/devbroker/exports.map those of <kafka/devbroker.h>, each
    sorted. --update writes them.
  - Every function stands behind a comment that begins with ///, and the programs of test/capi use each of them.
  - libuvkafka.so and libuvkafka-dev.so, if they are given, export these names in C and no others.

Exit status 0: all the same; 1: each difference is named.
"""
import pathlib
import re
import subprocess
import sys

FUNCTION = re.compile(r"^UVKAFKA_API [^;(]*\b(kafka_\w+)\(", re.MULTILINE)
SECTION = re.compile(r"(    /\* C functions[^\n]*\*/\n)(.*?)(  local:)", re.DOTALL)
MAPS = {"libuvkafka.so": "lib/exports.map", "libuvkafka-dev.so": "lib/devbroker/exports.map"}


def headers(root, library):
    if library == "libuvkafka-dev.so":
        return [root / "include/kafka/devbroker.h"]
    return sorted([root / "include/kafka/kafka.h", *(root / "include/kafka/c").glob("*.h")])


def undocumented(path):
    """Functions of a header without a comment before them. One comment may be for functions that follow each other."""
    lines, documented = path.read_text(encoding="utf-8").splitlines(), False
    for line in lines:
        match = FUNCTION.match(line)
        if match and not documented:
            yield match.group(1)
        if line.startswith("///"):
            documented = True
        elif not line.strip() or line.startswith(("typedef", "}")):
            documented = False


def exported(library):
    lines = subprocess.run(["nm", "-D", "--defined-only", library], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {line.split()[2].split("@")[0] for line in lines.splitlines() if not line.split()[2].startswith("_Z")}


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    arguments = [argument for argument in arguments if argument != "--update"]
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2]).resolve()
    wrong, count = [], 0

    def differences(place, have, want):
        wrong.extend(f"{place} lacks {name}" for name in sorted(want - have))
        wrong.extend(f"{place} has {name}, which no header has" for name in sorted(have - want))

    declared = {}
    for library, name in MAPS.items():
        found = [function for path in headers(root, library) for function in FUNCTION.findall(path.read_text())]
        declared[library] = set(found)
        count += len(found)
        wrong += [f"{function} is declared twice" for function in sorted(declared[library]) if found.count(function) > 1]
        wrong += [f"{function} has no text" for path in headers(root, library) for function in undocumented(path)]
        path = root / name
        text = path.read_text()
        if update:
            listed = "".join(f"    {function};\n" for function in sorted(declared[library]))
            path.write_text(SECTION.sub(lambda match: match.group(1) + listed + match.group(3), text))
            text = path.read_text()
        differences(name, set(re.findall(r"\b(kafka_\w+);", SECTION.search(text).group(2))), declared[library])
    for library in map(pathlib.Path, arguments[1:]):
        differences(library.name, exported(library), declared[library.name.split(".so")[0] + ".so"])
    everything = set().union(*declared.values())
    for kind in ("use", "wrong"):
        sources = sorted((root / "test/capi").glob(f"{kind}*.[ch]"))
        used = set(re.findall(r"\b(kafka_\w+)\(", "".join(path.read_text() for path in sources)))
        wrong += [f"the programs test/capi/{kind}* do not use {name}" for name in sorted(everything - used)]
    print("\n".join(wrong + [f"{count} functions, {len(wrong)} differences"]))
    sys.exit(1 if wrong or not count else 0)


if __name__ == "__main__":
    main()
