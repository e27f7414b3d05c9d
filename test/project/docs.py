#!/usr/bin/env python3
"""Holds what the documents point to: links, headings, tests.

    docs.py [ROOT]         exit status 0: held; 1: each place that does not hold is named
    docs.py --self-test    made-up trees, some that must be caught and some that must not

  - A link to a place of the tree leads to a file or folder that is there, and `#heading` to a heading of that document.
  - A path in `code` that begins with a folder of the root is there, perhaps with * or {a,b}; NAME stands for any.
  - "Held by: `file`: name" names a test below test/ whose name contains these words.
"""
import pathlib
import re

import faults
import tree

LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
CODE = re.compile(r"`([^`\s]+)`")
HEADING = re.compile(r"(#{1,6}) +(.*?) *#*$")
HELD = re.compile(r"Held by: (.*)")
TEST = re.compile(r"`([^`]+)`: (.*?)\.?$")
PATH = re.compile(r"(?:include|lib|samples|test|\.ci)/[\w./*{},-]*$")


def anchors(text):
    """The anchors of a document's headings, as the usual hosts make them."""
    found = {}
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        match = HEADING.match(line)
        if not match or fenced:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match.group(2))
        name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        if count:
            found[f"{name}-{count}"] = 1
    return found


def expand(path):
    """The variants of a{b,c}d."""
    match = re.search(r"\{([^{}]*)\}", path)
    if not match:
        return [path]
    return [one for part in match.group(1).split(",") for one in expand(path[:match.start()] + part + path[match.end():])]


def exists(root, path):
    return any(root.glob(path)) if "*" in path else (root / path).exists()


def check_link(root, document, target, texts):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    file = (document.parent / path).resolve() if path else document
    if not file.exists():
        return f"links to {target}, which is not there"
    if root not in file.parents and file != root:
        return f"links to {target}, outside of the tree"
    if anchor and anchor not in anchors(texts(file)):
        return f"links to {target}: {file.name} has no such heading"
    return None


def check_test(root, words, texts):
    match = TEST.match(words)
    if not match:
        return f'"Held by" wants `file`: name, not {words}'
    file = root / "test" / match.group(1)
    if not file.is_file():
        return f"is held by {match.group(1)}, which is not there"
    names = faults.names_in(file, texts(file))
    if not any(match.group(2) in name for name in names):
        return f"is held by a test that {match.group(1)} does not have: {match.group(2)}"
    return None


def check(root):
    wrong, count, read = [], 0, {}

    def texts(file):
        if file not in read:
            read[file] = file.read_text(encoding="utf-8")
        return read[file]

    for shown in tree.files(root):
        if not shown.endswith(".md"):
            continue
        count += 1
        document = root / shown
        fenced = False
        for number, line in enumerate(texts(document).splitlines(), 1):
            if line.startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            found = [check_link(root, document, target, texts) for target in LINK.findall(line)]
            for path in CODE.findall(line):
                if PATH.match(path) and "NAME" not in path:
                    found += [f"names {path}, which is not there" for one in expand(path) if not exists(root, one)]
            found += [check_test(root, words, texts) for words in HELD.findall(line)]
            wrong += [f"{shown}:{number}: {what}" for what in found if what]
    return count, wrong


# name -> (files, how many places must be named)
SELF_TEST = {
    "all there": ({
        "README.md": "# A name: it's `code`\n[a](#a-name-its-code) [b](lib/D.md#two) [c](lib) [d](https://x.org/#y) `lib/{D,E}.md`\n"
                     "`lib/*.md` `lib/NAME.md` `-t/x` `test/FAULTS`\n```\n[e](gone.md)\n# no heading\n```\n",
        "lib/D.md": "## Two\n[up](../README.md)\nHeld by: `sim/a_test.cpp`: a frame breaks.\n", "lib/E.md": "",
        "test/sim/a_test.cpp": 'TEST_CASE("A1: a frame breaks in two") {}', "test/FAULTS": ""}, 0),
    "a file that is gone": ({"a.md": "[x](gone.md) and `lib/gone.hpp`\n"}, 2),
    "a heading that is gone": ({"a.md": "# One\n[x](#two) [y](b.md#one)\n", "b.md": "# Two\n"}, 2),
    "a link that leaves the tree": ({"a.md": "[x](../../etc)\n"}, 1),
    "a heading in code": ({"a.md": "```\n# One\n```\n[x](#one)\n"}, 1),
    "a test that is gone": ({"a.md": "Held by: `a.cpp`: one.\nHeld by: `b.cpp`: one.\nHeld by: nobody.\n",
                             "test/a.cpp": 'TEST_CASE("two") {}'}, 3),
    "half of a pair": ({"a.md": "`lib/{a,b}.hpp`\n", "lib/a.hpp": ""}, 1),
}


if __name__ == "__main__":
    tree.run(SELF_TEST, check, "{} documents, {} places that do not hold")
