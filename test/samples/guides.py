#!/usr/bin/env python3
"""Guides tell the truth: compiles every block of C++ and C in README.md and samples/guides/, runs every block of shell
commands there against the in-memory broker, and compares the pages that are generated from tables of the library.

    guides.py ROOT UVKAFKA [--compiler "g++ ARGUMENT..."]   exit status 0: all hold, 1: something does not
    guides.py ROOT UVKAFKA --write                          writes the pages of options and errors anew

A block of C++ with `int main(` is a file, a block that defines a coroutine stands by itself, and any other one is the body
of a function that has `session`, `producer`, `consumer`, `options`, `password`, `loop` and `fetch_token()`. In a block of
commands `uvkafka broker` starts a broker for the commands behind it.

Blocks that others run: Python (samples/python/tests/test_guides.py) and JavaScript (samples/node/test/readme.test.js).
Blocks that nobody can run here are in NOT_RUN, with the reason. A block of any other kind is an error, so that none is
forgotten.
"""
import argparse
import contextlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HEAD = """#include <kafka/kafka.hpp>
#include <kafka/coroutine.hpp>
#include <kafka/devbroker.hpp>
#include <uv.h>
#include <cassert>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
struct AllOptions : kafka::SessionOptions, kafka::ProducerOptions, kafka::ConsumerOptions {};
std::string fetch_token();
"""
# Two braces: a block may have a consumer of its own.
BODY = "void block_%d([[maybe_unused]] kafka::Session& session, [[maybe_unused]] kafka::Producer& producer,\n" \
       "              [[maybe_unused]] kafka::Consumer& consumer, [[maybe_unused]] AllOptions& options,\n" \
       "              [[maybe_unused]] const std::string& password, [[maybe_unused]] uv_loop_t* loop) {{\n"
ELSEWHERE = {"python": ["samples/guides/python.md", "samples/python/README.md"], "js": ["samples/node/README.md"]}
# They build and install what the tests need before they can begin.
NOT_RUN = {
    ("README.md", "sh"): ["samples/quickstart.sh", "test/run.sh",
                          "meson setup build-release -Dbuildtype=release -Ddefault_library=both -Dtests=disabled",
                          "ninja -C build-release && meson install -C build-release",
                          "cc first.c $(pkg-config --cflags --libs uvkafka)"],
    ("README.md", "meson"): None,  # test/subproject has such a project
    ("README.md", "cmake"): None,  # and test/subproject/cmake
    ("samples/guides/python.md", "console"): ["samples/python/install.sh venv"],
    ("samples/node/README.md", "sh"): ["samples/node/install.sh", "npm install"],
    ("samples/python/README.md", "sh"): ["samples/python/install.sh venv", "pip install ./samples/python",
                                         "ninja -C build && meson test -C build 'Python package'"],
}
NOTE = "<!-- Written by test/samples/guides.py --write; do not edit. -->\n"


def blocks(page, language):
    """The code blocks of a page, each with the number of its first line."""
    return [(line, text) for kind, line, text in all_blocks(page) if kind == language]


def all_blocks(page):
    """The code blocks of a page: (language, number of its first line, text)."""
    found, begin, kind, lines = [], None, None, page.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if begin is None and line.startswith("```"):
            begin, kind = number + 1, line[3:]
        elif begin is not None and line == "```":
            found.append((kind, begin, "\n".join(lines[begin - 1:number - 1]) + "\n"))
            begin = None
    return found


def none_is_forgotten(root, pages):
    """Each block is compiled or run here or elsewhere, or there is a reason."""
    good = True
    for page in pages:
        name = str(page.relative_to(root))
        for kind, line, text in all_blocks(page):
            if (name, kind) in NOT_RUN:
                wanted = NOT_RUN[name, kind]
                lines = [each.split("  #")[0].strip() for each in text.splitlines()]
                known = wanted is None or all(each in wanted for each in lines)
            elif kind in ELSEWHERE:
                known = name in ELSEWHERE[kind]
            else:
                known = kind in ("cpp", "c") or kind == "sh" and name.startswith("samples/guides/")
            if not known:
                print(f"{name}:{line}: nothing runs this block of {kind or 'no language'}")
                good = False
    return good


def compiles(pages, compiler, root, folder):
    """One file holds all bodies; a block with a main() is a file of its own. Says which lines of which page are wrong."""
    bodies, files, in_c = HEAD, [], []
    for page in pages:
        for line, code in blocks(page, "cpp"):
            mark = f'#line {line} "{page}"\n'
            if "int main(" in code:
                files.append(mark + code)
            elif re.match(r"kafka::co::Task \w+\(", code):
                bodies += mark + code
            else:
                bodies += BODY % len(bodies) + mark + re.sub(r"^#include.*$", "", code, flags=re.M) + "}}\n"  # HEAD has them
        in_c += [f'#line {line} "{page}"\n{code}' for line, code in blocks(page, "c")]
    good = True
    sources = [("c++20", text) for text in [bodies, *files]] + [("c11", text) for text in in_c]
    for number, (standard, text) in enumerate(sources):
        source = folder / f"block{number}"
        source.write_text(text)
        done = subprocess.run([*compiler, "-x", standard.rstrip("012"), f"-std={standard}", "-D_GNU_SOURCE", "-Wall", "-Wextra",
                               "-Wno-unused-parameter", "-Wno-unused-variable", "-Werror", "-fsyntax-only", "-I",
                               root / "include", source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout)
            good = False
    print(f"{'ok' if good else 'FAIL'}: {len(files) + len(in_c)} programs and the other blocks of C++ compile")
    return good


class Broker:
    """An in-memory broker in a process of its own."""

    def __init__(self, uvkafka, *words, **how):
        self.process = subprocess.Popen([uvkafka, "broker", "--port", "0", *words], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, **how)
        said = ""
        for line in self.process.stdout:
            said += line
            found = re.search(r"127\.0\.0\.1:\d+", line)
            if found:
                self.address = found.group(0)
                return
        raise RuntimeError(f"uvkafka broker {shlex.join(words)}: {said}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


class Commands:
    """Runs the blocks of commands. `broker` is what they find at localhost:9092."""

    def __init__(self, uvkafka, broker, folder):
        self.uvkafka, self.broker, self.folder = uvkafka, broker, folder
        self.count, self.good = 0, True
        self.environment = {**os.environ, "APP_PASSWORD": "a word"}

    def block(self, where, text):
        with contextlib.ExitStack() as started:
            address = self.broker.address
            for command in text.replace("\\\n", " ").splitlines():
                self.count += 1
                words = shlex.split(command.replace("localhost:9092", address))
                if words[0] != "uvkafka":
                    self.wrong(where, command, "only commands of uvkafka can be run")
                elif words[1] == "broker":
                    address = started.enter_context(Broker(self.uvkafka, *words[2:], cwd=self.folder, env=self.environment)).address
                else:
                    done = subprocess.run([self.uvkafka, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          text=True, timeout=60, cwd=self.folder, env=self.environment)
                    if done.returncode:
                        self.wrong(where, command, f"status {done.returncode}: {done.stdout}")

    def wrong(self, where, command, what):
        print(f"{where}: {command}: {what}")
        self.good = False


def commands_run(pages, uvkafka, folder):
    has_tls = "tls" in subprocess.run([uvkafka, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    with Broker(uvkafka, "--topic", "orders:3", "--topic", "payments") as broker:
        # The group exists, and has read everything.
        subprocess.run([uvkafka, "produce", "-q", "-b", broker.address, "-t", "orders"], input="paid\n", text=True, check=True)
        subprocess.run([uvkafka, "consume", "-q", "-b", broker.address, "-t", "orders", "-g", "billing", "-e"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        commands = Commands(uvkafka, broker, folder)
        for page in pages:
            for line, text in blocks(page, "sh"):
                if "--tls" in text and not has_tls:
                    print(f"SKIPPED {page.name}:{line}: this build has no TLS")
                else:
                    commands.block(f"{page}:{line}", text)
    print(f"{'ok' if commands.good else 'FAIL'}: {commands.count} commands run")
    return commands.good


def option_page(root, uvkafka):
    text = subprocess.run([uvkafka, "help", "options"], stdout=subprocess.PIPE, text=True, check=True).stdout
    table = re.search(r"kAliases\[\] = \{(.*?)\};", (root / "lib/session/config.cpp").read_text(), re.S).group(1)
    also = {}
    for other, name in re.findall(r'\{"([^"]+)", "([^"]+)"\}', table):
        also.setdefault(name, []).append(f"`{other}`")
    page = f"""# Options

{NOTE}
The names are those of the Java client. The second column has other names for the same option: those of librdkafka and of
newer Java clients. In C++ an option is a member of a struct, with its name in snake_case and without the unit:
`linger.ms` is `options.linger`. Every option can also be set by name, in C++ (`options.set("linger.ms", "5")`), in C, on
the command line (`-X linger.ms=5`) and in files (`-F`). Times are in milliseconds. A value that is wrong is refused, and
the error names the option and its range.
"""
    titles = {"Every command": "Of a session", "produce": "Of a producer", "consume": "Of a consumer"}
    for line in text.splitlines()[2:]:
        title = re.fullmatch(r"([A-Za-z ]+):", line)
        row = re.fullmatch(r"  (\S+) =(?: (\S+))?\s{2,}(.*)", line)
        if title:
            page += f"\n## {titles[title.group(1)]}\n\n| option | also called | default | |\n|---|---|---|---|\n"
        elif row:
            name, value, meaning = row.groups()
            page += f"| `{name}` | {', '.join(also.get(name, []))} | {value or ''} | {meaning.replace('|', chr(92) + '|')} |\n"
        elif line:
            sys.exit(f"FAIL: `uvkafka help options` has a line that this script cannot read: {line}")
    return page


def error_page(root):
    header = (root / "include/kafka/error.hpp").read_text()
    numbers = dict(re.findall(r"^  (\w+) = (-?\d+),", header, re.M))
    rows = re.findall(r'^E\((\w+), (\w+), (\w+), (\w+), (\w+), "(.*)"\)$', (root / "lib/base/errors.def").read_text(), re.M)
    page = f"""# Errors

{NOTE}
An error has a code and a text that says what and where. `error.retriable()` says whether the same operation may succeed
later without a change by you, `error.fatal()` that the object which reported it is of no more use. The client tries again
by itself what may succeed, until the deadline of the operation has passed: you see a retriable error only then.

The last column is for records that were sent: is the record in the log if its batch ended with this error?

"""
    head = "| code | name | means | tried again | in the log |\n|---:|---|---|---|---|\n"
    page += "## Of uvkafka\n\n" + head
    own = [row for row in rows if int(numbers[row[0]]) <= -1000]
    for name, retry, _, stored, _, text in own:
        page += f"| {numbers[name]} | `{name}` | {text} | {retry} | {stored} |\n"
    page += "\n## Of Kafka's brokers\n\nCodes that a broker may send and this list does not know are kept as they came.\n\n" + head
    for name, retry, _, stored, _, text in rows:
        if name != "none" and int(numbers[name]) > -1000:
            page += f"| {numbers[name]} | `{name}` | {text} | {retry} | {stored} |\n"
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("uvkafka", type=pathlib.Path)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    root, uvkafka = options.root.resolve(), options.uvkafka.resolve()
    guides = root / "samples/guides"
    good = True
    for name, text in (("options.md", option_page(root, uvkafka)), ("errors.md", error_page(root))):
        page = guides / name
        if options.write:
            page.write_text(text)
        elif not page.exists() or page.read_text() != text:
            print(f"FAIL: {page} does not say what the library's table says: guides.py --write writes it")
            good = False
    if options.write:
        return
    pages = sorted(guides.glob("*.md"))
    index = (guides / "README.md").read_text()
    for page in pages:
        if page.name != "README.md" and f"({page.name})" not in index:
            print(f"FAIL: samples/guides/README.md does not name {page.name}")
            good = False
    readme = root / "README.md"
    good = none_is_forgotten(root, sorted({readme, *pages, *root.glob("samples/*/README.md")})) and good
    with tempfile.TemporaryDirectory() as folder:
        good = compiles([readme, *pages], options.compiler.split(), root, pathlib.Path(folder)) and good
        good = commands_run(pages, uvkafka, pathlib.Path(folder)) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
