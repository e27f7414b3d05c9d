#!/usr/bin/env python3
"""Counts methods, data members and lines with universal-ctags, and names everything that has grown too large.

    size.py [ROOT]         exit status 0: all held; 1: every breach is printed with its count; 77: no universal-ctags
    size.py --self-test    made-up sources, some that must be caught and some that must not
    size.py --all [ROOT]   the largest ones of each kind, whether too large or not

The rules hold in lib/, include/ and samples/:
  - a class has at most 40 methods: constructors, destructors, operators and each overload count;
  - a class has at most 20 data members: static constants do not count, the members of an unnamed union do;
  - a struct of plain data has at most 16 fields. Plain data: everything is public, and apart from constructors and
    operators there are only helpers of at most three lines, written inside the struct;
  - a file has at most 600 lines, a function at most 80 (the lines of lambdas inside it included).
A member belongs to the innermost class around it. What a class inherits counts in the base class only.
"""
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDERS = ("lib", "include", "samples")
SUFFIXES = (".hpp", ".h", ".cpp", ".c", ".def")
METHODS, MEMBERS, FIELDS, FILE_LINES, FUNCTION_LINES = 40, 20, 16, 600, 80
HELPER_LINES = 3
MOST_EXCEPTIONS = 8

# name of the breach as it is printed -> (the largest count that is allowed, why). An exception that is no longer needed
# is an error: the list shows what is there, not what once was.
EXCEPTIONS = {
    "methods of kafka::DevBroker": (
        51, "the public face of the dev broker: each is one thing a test does to it, and users call them"),
    "members of kafka::ConsumerOptions": (
        26, "a flat table: one member per option, named as the Java client names it"),
    "members of kafka::SessionOptions": (
        71, "a flat table: one member per option, named as the Java client names it"),
}

Breach = collections.namedtuple("Breach", "where what count limit")


def ctags_program():
    """A ctags that is universal-ctags with JSON output, or None."""
    for name in ("ctags-universal", "universal-ctags", "ctags"):
        if shutil.which(name):
            features = subprocess.run([name, "--list-features"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                      text=True)
            if features.returncode == 0 and re.search(r"^json\b", features.stdout, re.MULTILINE):
                return name
    return None


def read_tags(program, root, paths):
    """path -> its tags, in the order of their lines."""
    macros = ["-I", "UVKAFKA_API"]  # stands between `class` and the name
    command = [program, "--options=NONE", "--output-format=json", "--languages=C++", "--langmap=C++:.hpp.h.cpp.c.def",
               "--kinds-C++=+p", "--fields=+neKsSaZt", "--fields-C++=+{properties}", *macros, "-L", "-", "-o", "-"]
    done = subprocess.run(command, cwd=root, input="\n".join(paths) + "\n", text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True)
    tags = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if tag.get("_type") == "tag":
            tags[tag["path"]].append(tag)
    for list_of_file in tags.values():
        list_of_file.sort(key=lambda tag: (tag["line"], -tag.get("end", tag["line"])))
    return tags


def full_name(tag):
    return f"{tag['scope']}::{tag['name']}" if "scope" in tag else tag["name"]


def unnamed(name):
    return name.startswith("__anon")


def shown(name):
    """Without the number that ctags gives to what has no name."""
    return "::".join("(unnamed)" if unnamed(part) else part for part in name.split("::"))


def is_static_constant(tag):
    if "static" not in tag.get("properties", ""):
        return False
    text = tag.get("pattern", "") + tag.get("typeref", "")
    return re.search(r"\bconst(expr|init)?\b", text) is not None


class Class:
    def __init__(self, tag):
        self.tag = tag
        self.methods, self.members = [], []

    def name(self):
        return shown(full_name(self.tag))

    def is_plain_data(self):
        if self.tag["kind"] == "class":
            return False
        if any(tag.get("access", "public") != "public" for tag in self.methods + self.members):
            return False
        own = self.tag["name"]
        for tag in self.methods:
            if tag["name"].startswith("operator") or tag["name"] in (own, "~" + own):
                continue
            if tag["kind"] != "function" or tag["end"] - tag["line"] + 1 > HELPER_LINES:
                return False
        return True


def classes_of(tags):
    """The classes of one file with what is declared inside their bodies; definitions elsewhere do not count again."""
    classes = [Class(tag) for tag in tags if tag["kind"] in ("class", "struct", "union") and "end" in tag]
    bodies = collections.defaultdict(list)  # by full name: the branches of an #if may declare one twice
    for found in classes:
        bodies[full_name(found.tag)].append(found)
    for tag in tags:
        if tag["kind"] not in ("member", "function", "prototype") or "scope" not in tag:
            continue
        if tag["kind"] != "member" and unnamed(tag["name"]):
            continue  # a lambda
        owners = [found for found in bodies.get(tag["scope"], [])
                  if found.tag["line"] <= tag["line"] <= found.tag["end"]]
        if not owners:
            continue
        owner = owners[-1]
        # An unnamed union's or struct's members are used as members of the class around it.
        while unnamed(owner.tag["name"]) and owner.tag.get("scope") in bodies:
            owner = bodies[owner.tag["scope"]][-1]
        if tag["kind"] == "member":
            if not is_static_constant(tag):
                owner.members.append(tag)
        else:
            owner.methods.append(tag)
    return classes


def measure(program, root):
    """Everything that is counted, as breaches of limits that need not be broken."""
    paths = sorted(path.relative_to(root).as_posix() for folder in FOLDERS for path in (root / folder).rglob("*")
                   if path.suffix in SUFFIXES and path.is_file())
    tags = read_tags(program, root, paths)
    counted = []
    for path in paths:
        for tag in tags[path]:
            if tag["kind"] in ("class", "struct", "union", "function") and "end" not in tag:
                sys.exit(f"FAIL {path}:{tag['line']}: ctags does not find where {full_name(tag)} ends: nothing is counted")
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        counted.append(Breach(path, f"lines of {path}", lines, FILE_LINES))
        for found in classes_of(tags[path]):
            where = f"{path}:{found.tag['line']}"
            counted.append(Breach(where, f"methods of {found.name()}", len(found.methods), METHODS))
            plain = found.is_plain_data()
            counted.append(Breach(where, f"{'fields' if plain else 'members'} of {found.name()}", len(found.members),
                                  FIELDS if plain else MEMBERS))
        for tag in tags[path]:
            if tag["kind"] == "function" and "end" in tag:
                counted.append(Breach(f"{path}:{tag['line']}", f"lines of {shown(full_name(tag))}()",
                                      tag["end"] - tag["line"] + 1, FUNCTION_LINES))
    return len(paths), counted


def judge(counted, exceptions):
    """(what is wrong, what an exception allows)."""
    wrong, allowed, needed = [], [], set()
    for breach in counted:
        if breach.count <= breach.limit:
            continue
        line = f"{breach.where}: {breach.what}: {breach.count}, at most {breach.limit}"
        limit, reason = exceptions.get(breach.what, (0, ""))
        if breach.what in exceptions:
            needed.add(breach.what)
        if breach.count <= limit:
            allowed.append(f"{line} (exception up to {limit}: {reason})")
        else:
            wrong.append(line + (f", its exception allows {limit}" if limit else ""))
    for what, (_, reason) in exceptions.items():
        if what not in needed:
            wrong.append(f"the exception for the {what} is not needed: take it out of size.py")
        if not reason:
            wrong.append(f"the exception for the {what} gives no reason")
    if len(exceptions) > MOST_EXCEPTIONS:
        wrong.append(f"{len(exceptions)} exceptions, at most {MOST_EXCEPTIONS}")
    return wrong, allowed


def numbered(count, text):
    return "".join("  " + text.replace("#", str(k)) + "\n" for k in range(count))


# name -> (source, the breaches it must show as "what: count", in any order)
SELF_TEST = {
    "methods: declarations, definitions, overloads, constructors, operators, templates": (
        "namespace kafka {\nclass UVKAFKA_API Wide final : public Base {\n public:\n  Wide();\n  explicit Wide(int a) : a_(a) {}\n"
        "  ~Wide();\n  Wide& operator=(Wide&&) noexcept = default;\n  template <class F>\n  void each(F&& f) { f(a_); }\n"
        "  [[nodiscard]] bool f(int) const noexcept;\n  bool f(long) const;\n  static Wide make();\n"
        + numbered(33, "void g#(const Error& error);") + " private:\n  int a_ = 0;\n};\nvoid Wide::g0(const Error&) {}\n}\n",
        {"methods of kafka::Wide: 41"}),
    "forty methods and what is none": (
        "class Full {\n public:\n" + numbered(40, "void g#();") +
        "  using Done = Function<void(const Error&)>;\n  enum class State { one, two };\n  friend class Other;\n"
        "  Function<void(int, const std::vector<int>&)> done;\n  void (*pointer)(int);\n"
        "  Timer timer_{[this] { g0(); }};\n};\n" + "".join(f"void Full::g{k}() {{}}\n" for k in range(40)), set()),
    "twenty-one members": (
        "struct Busy {\n  void work();\n" + numbered(20, "std::map<int, std::pair<int, int>> m#_;") + "  int a_{5};\n};\n",
        {"members of Busy: 21"}),
    "twenty members and constants": (
        "class Calm {\n" + numbered(18, "std::array<int, 3> m#{};") +
        "  int a_ = 0, b_ = 0;\n  static constexpr int most = 3;\n  static const int least;\n"
        "  static inline constexpr std::string_view name = \"x\";\n};\n", set()),
    "a static variable is a member": ("class Calm {\n" + numbered(20, "int m#;") + "  static int count_;\n};\n",
                                      {"members of Calm: 21"}),
    "plain data": ("struct Plain {\n" + numbered(17, "int f#;") +
                   "  Plain() = default;\n  bool operator==(const Plain&) const = default;\n  bool any() const { return f0 > 0; }\n};\n",
                   {"fields of Plain: 17"}),
    "a union without a name": ("struct Plain {\n" + numbered(15, "int f#;") + "  union {\n    int a;\n    long b;\n  };\n};\n",
                               {"fields of Plain: 17"}),
    "a nested struct counts for itself": ("struct Outer {\n  struct Inner {\n" + numbered(16, "int f#;") + "  };\n" +
                                          numbered(16, "Inner g#;") + "};\n", set()),
    "a long function": ("void A::f() {\n" + numbered(79, "call(#);") + "}\nvoid g() {\n" + numbered(78, "call(#);") + "}\n",
                        {"lines of A::f(): 81"}),
    "a long function in a namespace without a name": ("namespace {\nvoid f() {\n" + numbered(79, "call(#);") + "}\n}\n",
                                                      {"lines of (unnamed)::f(): 81"}),
    "a long file": ("\n" * 601, {"lines of lib/room/source.hpp: 601"}),
    "six hundred lines": ("\n" * 600, set()),
}


def self_test(program):
    failed = 0
    for name, (source, expected) in SELF_TEST.items():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "lib/room/source.hpp"
            path.parent.mkdir(parents=True)
            path.write_text(source, encoding="utf-8")
            _, counted = measure(program, pathlib.Path(folder))
        found = {f"{breach.what}: {breach.count}" for breach in counted if breach.count > breach.limit}
        if found != expected:
            failed += 1
            print(f"FAIL self-test, {name}: expected {sorted(expected)}, found {sorted(found)}")
    big = [Breach("a.hpp:1", "methods of A", 50, 40)]
    for name, exceptions, wrong in (
            ("an exception allows its count", {"methods of A": (50, "a reason")}, 0),
            ("no more than that", {"methods of A": (49, "a reason")}, 1),
            ("and needs a reason", {"methods of A": (50, "")}, 1),
            ("one that is not needed is wrong", {"methods of A": (50, "a reason"), "methods of B": (50, "a reason")}, 1),
            ("and more than eight are", {f"methods of {k}": (50, "a reason") for k in "ABCDEFGHI"}, 9)):
        count = len(judge(big, exceptions)[0])
        if count != wrong:
            failed += 1
            print(f"FAIL self-test, {name}: expected {wrong} complaints, found {count}")
    return failed


def main():
    arguments = sys.argv[1:]
    modes = [argument for argument in arguments if argument.startswith("--")]
    roots = [argument for argument in arguments if not argument.startswith("--")]
    root = pathlib.Path(roots[0] if roots else pathlib.Path(__file__).parents[2]).resolve()
    program = ctags_program()
    if not program:
        print("SKIPPED: universal-ctags is not installed (test/install.sh test)", file=sys.stderr)
        sys.exit(77)
    failed = self_test(program)
    if failed or "--self-test" in modes:
        print(f"self-test: {len(SELF_TEST) + 5} cases, {failed} failed")
        sys.exit(1 if failed else 0)
    files, counted = measure(program, root)
    if "--all" in modes:
        for kind in ("methods", "members", "fields", "lines"):
            of_kind = sorted((breach for breach in counted if breach.what.startswith(kind)), key=lambda breach: -breach.count)
            print("\n".join(f"{breach.count:5} {breach.what} ({breach.where})" for breach in of_kind[:25]) + "\n")
    wrong, allowed = judge(counted, EXCEPTIONS)
    print("\n".join(wrong + allowed))
    print(f"{files} files, {len(wrong)} too large, {len(allowed)} allowed by name")
    sys.exit(1 if wrong or not files else 0)


if __name__ == "__main__":
    main()
