#!/usr/bin/env python3
"""Guides tell the truth: compiles every block of C++ in samples/guides/, runs every block of shell commands against the
in-memory broker, and compares the pages that are generated from tables of the library.

    guides.py ROOT UVKAFKA [--compiler "g++ ARGUMENT..."]   exit status 0: all hold, 1: something does not
    guides.py ROOT UVKAFKA --write                          writes the pages of options and errors anew

A block of C++ with `int main(` is a file. Any other one is the body of a function that has `session`, `producer` and
`consumer`.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

HEAD = """#include <kafka/kafka.hpp>
#include <kafka/devbroker.hpp>
#include <uv.h>
#include <cassert>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
"""
BODY = "void block_%d([[maybe_unused]] kafka::Session& session, [[maybe_unused]] kafka::Producer& producer,\n" \
       "              [[maybe_unused]] kafka::Consumer& consumer) {\n"
NOTE = "<!-- Written by test/samples/guides.py --write; do not edit. -->\n"


def blocks(page, language):
    """The code blocks of a page, each with the number of its first line."""
    found, begin, lines = [], None, page.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if begin is None and line == f"```{language}":
            begin = number + 1
        elif begin is not None and line == "```":
            found.append((begin, "\n".join(lines[begin - 1:number - 1]) + "\n"))
            begin = None
    return found


def compiles(pages, compiler, root, folder):
    """One file holds all bodies; a block with a main() is a file of its own. Says which lines of which page are wrong."""
    bodies, files = HEAD, []
    for page in pages:
        for line, code in blocks(page, "cpp"):
            mark = f'#line {line} "{page}"\n'
            if "int main(" in code:
                files.append(mark + code)
            else:
                bodies += BODY % len(bodies) + mark + code + "}\n"
    good = True
    for number, text in enumerate([bodies] + files):
        source = folder / f"block{number}.cpp"
        source.write_text(text)
        done = subprocess.run([*compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", root / "include",
                               source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout)
            good = False
    print(f"{'ok' if good else 'FAIL'}: {len(files)} programs and the other blocks of C++ compile")
    return good


class Broker:
    """An in-memory broker in a process of its own, with the topics and the group that the guides speak of."""

    def __init__(self, uvkafka):
        self.process = subprocess.Popen([uvkafka, "broker", "--port", "0", "--topic", "orders:3", "--topic", "payments"],
                                        stdout=subprocess.PIPE, text=True)
        self.address = re.search(r"127\.0\.0\.1:\d+", self.process.stdout.readline()).group(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def commands_run(pages, uvkafka):
    good, count = True, 0
    with Broker(uvkafka) as broker:
        # The group exists, and has read everything.
        subprocess.run([uvkafka, "produce", "-q", "-b", broker.address, "-t", "orders"], input="paid\n", text=True, check=True)
        subprocess.run([uvkafka, "consume", "-q", "-b", broker.address, "-t", "orders", "-g", "billing", "-e"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
        for page in pages:
            for line, text in blocks(page, "sh"):
                for offset, command in enumerate(text.splitlines()):
                    count += 1
                    words = command.replace("localhost:9092", broker.address).split()
                    if words[0] != "uvkafka":
                        print(f"{page}:{line + offset}: only commands of uvkafka can be run")
                        good = False
                        continue
                    done = subprocess.run([uvkafka, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                          timeout=60)
                    if done.returncode:
                        print(f"{page}:{line + offset}: status {done.returncode}: {done.stdout}")
                        good = False
    print(f"{'ok' if good else 'FAIL'}: {count} commands run")
    return good


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
    with tempfile.TemporaryDirectory() as folder:
        good = compiles(pages, options.compiler.split(), root, pathlib.Path(folder)) and good
    good = commands_run(pages, uvkafka) and good
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
