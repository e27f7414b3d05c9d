#!/usr/bin/env python3
"""Holds what comments and texts say of the tree itself.

    comments.py [ROOT]         exit status 0: held; 1: each place that does not hold is named
    comments.py --self-test    made-up trees, some that must be caught and some that must not

  - A file that a comment names, perhaps with *, is there: in the folder of the comment, or at that path below the root,
    lib/ or include/. Comments in test/, and Markdown files, may also name paths below test/, and a Markdown file any file
    by its bare name.
  - "Not here:" and what follows it up to the full stop names, in each pair of brackets, files of the same folder with or
    without their ending, rooms, or room/file. Words with spaces between them are taken for prose.
  - Nothing is left to do, no path of one machine is named, and no package registry.
"""
import pathlib
import re

import tree

NAMED = re.compile(r"(?<![\w/.*<-])((?:[\w.*-]+/)*[\w*-]+\.(?:hpp|cpp|py|sh|def|md|java|build|wrap))(?![\w*/-])")
NOT_HERE = re.compile(r"Not here:(.*?)(?:\.(?:\s|$)|$)", re.DOTALL)
BRACKETS = re.compile(r"\(([^()]*)\)")
WORD = re.compile(r"[\w./*-]+$")
# Written so that this file does not match itself.
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")
MACHINE = re.compile(r"(?<![\w.$}~-])/(?:ho[m]e|ro[o]t|Us[e]rs|wo[r]k|workspa[c]e|m[n]t|s[r]v)/[\w.-]")
REGISTRY = re.compile(r"\b(py[p]i\.org|pythonhos[t]ed\.org|registry\.np[m]js|rep[o]1?\.maven|centra[l]\.sonatype|"
                      r"de[b]\.debian\.org|archiv[e]\.ubuntu\.com|crate[s]\.io|prox[y]\.golang|rubygem[s]\.org|"
                      r"hu[b]\.docker\.com)")


def places(root, folder, markdown=False):
    """Where a comment of a file in `folder` may point."""
    bases = ["", "lib", "include", "include/kafka"]
    if markdown or folder.relative_to(root).as_posix().split("/")[0] == "test":
        bases.append("test")
    return [folder] + [root / base for base in bases]


def found(root, folder, name, markdown, names):
    for place in places(root, folder, markdown):
        if "*" in name:
            if any(place.glob(name)):
                return True
        elif (place / name).exists():
            return True
    return markdown and "/" not in name and name in names


def named_in_brackets(root, folder, part):
    """`part` of such a sentence: a file with or without its ending, or a room."""
    if "." in part or "*" in part:
        return True  # the general rule has judged it
    for place in places(root, folder):
        if (place / part).is_dir() or any((place / (part + ending)).is_file()
                                          for ending in (".hpp", ".cpp", ".py", ".h", ".java")):
            return True
    return False


def check_comment(root, folder, words, markdown, names):
    for match in NAMED.finditer(words):
        if "://" in words[max(0, match.start() - 60):match.start()].split(" ")[-1]:
            continue  # an address on the web
        if "NAME" not in match.group(1) and not found(root, folder, match.group(1), markdown, names):
            yield f"names {match.group(1)}, which is not there"
    for sentence in [] if markdown else NOT_HERE.findall(words):
        for inside in BRACKETS.findall(sentence):
            for part in (part.strip() for part in inside.split(",")):
                if WORD.match(part) and not named_in_brackets(root, folder, part):
                    yield f'a "Not here" names {part}, which is neither a file of this folder nor a room'


def check_text(text):
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in (("something is left to do", UNFINISHED), ("a path of one machine", MACHINE),
                              ("a package registry", REGISTRY)):
            match = pattern.search(line)
            if match:
                yield number, f"{what}: {match.group()}"


def check(root):
    wrong, count = [], 0
    shown_files = list(tree.files(root))
    names = {pathlib.PurePosixPath(shown).name for shown in shown_files}
    for shown in shown_files:
        try:
            text = (root / shown).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        count += 1
        wrong += [f"{shown}:{number}: {what}" for number, what in check_text(text)]
        for number, words in tree.comments(shown, text):
            wrong += [f"{shown}:{number}: {what}" for what in check_comment(
                root, (root / shown).parent, words, shown.endswith(".md"), names)]
    return count, wrong


# name -> (files, how many places must be named)
SELF_TEST = {
    "files that are there": ({
        "lib/room/a.hpp": "// One (b.cpp), two (lib/room/b.cpp), three (room/b.cpp, test/sim), `b_*.cpp`, builder.hpp.\n"
                          "// Not here: this (b), that (room, other/c), prose (as far as it goes), a pair (b.cpp, room).\n",
        "lib/room/b.cpp": 'auto text = "// not a comment: nowhere.cpp";\n', "lib/room/b_c.cpp": "", "lib/other/c.hpp": "",
        "lib/room/builder.hpp": "// Not here: it (a)\n", "build-x/a.hpp": "// gone.cpp\n",
        "test/sim/x_test.cpp": "", "a.py": '"""See test/sim/x_test.cpp."""\nname = "nowhere.cpp"\n',
        "README.md": "`b.cpp` and https://example.org/nowhere.md\n"}, 0),
    "a file that is gone": ({"lib/room/a.hpp": "// Asking is elsewhere (gone.cpp).\nint x;  ///< see gone.hpp\n"}, 2),
    "a file whose name begins like that of a build": ({"lib/room/builder.hpp": "// gone.cpp\n"}, 1),
    "a room of the tests": ({"lib/room/a.hpp": "// Not here: it (broker).\n", "test/broker/a.py": "",
                             "test/sim/b.hpp": "// Not here: it (broker).\n"}, 1),
    "a file of another folder": ({"lib/room/a.hpp": "// Asking (b.cpp).\n", "lib/other/b.cpp": ""}, 1),
    "a pattern that nothing fits": ({"lib/room/a.hpp": "// Tests: test/sim/b_*_test.cpp.\n"}, 1),
    "Not here, over two lines": ({"lib/room/a.hpp": "// Owns it. Not here: asking (gone),\n// waiting (lost/room). Asked (once).\n"},
                                 2),
    "a docstring": ({"test/a.py": '"""Not here: starting (gone.py)."""\n'}, 1),
    "a script": ({"test/a.sh": "#!/bin/sh\n# Uses gone.py.\n"}, 1),
    "a document": ({"lib/a.md": "See `gone.hpp`.\n"}, 1),
    "texts": ({"lib/room/a.cpp": "// TO" + "DO: more\nauto path = \"/ho" + "me/me/x\";\n", "a.sh": "curl https://py" + "pi.org\n",
               "b.md": "a/work/b, $HOME/work/x, ../work/x\n"}, 3),
}


if __name__ == "__main__":
    tree.run(SELF_TEST, check, "{} files, {} places that do not hold")
