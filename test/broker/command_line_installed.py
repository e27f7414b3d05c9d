#!/usr/bin/env python3
"""What is installed with the command line program: the manual page and the completions name every option of every
command and no other, and `meson install` puts all of them where they belong.

    command_line_installed.py [--uvkafka PROGRAM] [--source FOLDER]

Exit status: 0 if all checks hold, 1 if one does not.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

from harness import Checks, default_program, expect, expect_equal, run

COMMANDS = ("produce", "consume", "topics", "groups", "offsets", "query", "broker", "perf", "top")
INSTALLED = ("{bindir}/uvkafka", "{mandir}/man1/uvkafka.1", "{datadir}/bash-completion/completions/uvkafka",
             "{datadir}/zsh/site-functions/_uvkafka")


class Installed:
    def __init__(self, program, source):
        self.program, self.source = program, source

    def options(self, command):
        """The options in the help text of a command."""
        found = set()
        for line in run([self.program, command, "--help"]).splitlines():
            entry = re.match(r"  (?:(-\w)(?:, )?|    )(--[a-z0-9-]+)?(?= )", line)
            found |= {name for name in (entry.groups() if entry else ()) if name}
        expect(len(found) > 3, f"{command} --help: {found}")
        return found

    def text(self, name):
        return (self.source / name).read_text()

    def manual_page(self):
        text = self.text("uvkafka.1").replace(r"\-", "-")
        sections = dict(re.findall(r"^\.SH (.*?)\n(.*?)(?=^\.SH |\Z)", text, re.MULTILINE | re.DOTALL))
        shared = sections["OPTIONS OF EVERY COMMAND THAT TALKS TO A CLUSTER"]
        for command in COMMANDS:
            part = shared + sections[command.upper()]
            named = {word for line in re.findall(r"^\.TP\n(.*)$", part, re.MULTILINE)
                     for word in re.findall(r"\\fB(--?[A-Za-z0-9-]+)\\fR", line)}
            wanted = self.options(command)
            expect_equal(sorted(wanted - named), [], f"{command}: not in the manual page")
            extra = set() if command != "broker" else named - set(re.findall(r"\\fB(--?[A-Za-z0-9-]+)\\fR", sections["BROKER"]))
            expect_equal(sorted(named - wanted - extra), [], f"{command}: only in the manual page")
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", self.source / "uvkafka.1"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
            expect_equal(done.stderr, "", "groff")

    def bash_completion(self):
        script = f"""
            source {self.source / 'uvkafka.bash'}
            compopt() {{ :; }}
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _uvkafka
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """

        def complete(*words):
            return run(["bash", "-c", script, "bash", self.program, *words]).split()
        expect(set(COMMANDS) <= set(complete("")), "commands")
        for command in COMMANDS:
            words = [command, "produce"] if command == "perf" else [command]
            expect_equal(sorted(word for word in complete(*words, "-") if word.startswith("-")),
                         sorted(self.options(command)), command)
        expect_equal(complete("produce", "-X", "linger"), ["linger.ms="], "-X")
        expect_equal(complete("perf", "p"), ["produce"], "perf")

    def zsh_completion(self):
        text = self.text("_uvkafka")
        shared = text[text.index("  client=("):text.index("  if ((CURRENT")]
        for command in COMMANDS:
            part = re.search(rf"^    {command}\)\n(.*?)^      ;;", text, re.MULTILINE | re.DOTALL).group(1)
            part += shared if "$client" in part else ""
            named = set(re.findall(r"^\s+(?:'[^']*')?(--?[A-Za-z0-9-]+)[=+]?'\[", part, re.MULTILINE))
            expect_equal(sorted(named), sorted(self.options(command)), command)
        if not shutil.which("zsh"):
            return "no zsh here: it was not run"
        run(["zsh", "-n", self.source / "_uvkafka"])

    def where_it_goes(self):
        build = self.program.parent.parent
        if not shutil.which("meson") or not (build / "meson-info").is_dir():
            return "no build of meson: not looked at"
        plan = json.loads(run(["meson", "introspect", "--install-plan", build]))
        places = {entry["destination"] for kind in plan.values() for entry in kind.values()}
        for place in INSTALLED:
            expect(place in places, f"{place} is not installed: {sorted(p for p in places if 'uvkafka' in p)}")

    def all(self, checks):
        for check in (self.manual_page, self.bash_completion, self.zsh_completion, self.where_it_goes):
            checks.run(check.__name__.replace("_", " "), check)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    parser.add_argument("--source", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2] / "samples" / "uvkafka")
    options = parser.parse_args()
    checks = Checks("command line, installed")
    Installed(options.uvkafka.resolve(), options.source).all(checks)
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
