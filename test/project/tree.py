"""What the tests of the tree share: its files, the comments in them, and how such a test runs and tests itself."""
import ast
import io
import pathlib
import re
import sys
import tempfile
import tokenize

LEFT_OUT = re.compile(r"(^|/)(build[^/]*|\.mesonpy[^/]*|\.git|\.cache|__pycache__|subprojects/[^/]+)/")
C_LIKE = (".hpp", ".h", ".cpp", ".c", ".def", ".java")
HASH_LIKE = (".sh", ".build", ".wrap", ".options")
TEXT = C_LIKE + HASH_LIKE + (".py", ".md", ".txt", ".svg", ".clang-format", ".gitignore")


def files(root):
    """Every text file of the tree, as paths relative to `root`, in order; what was built is left out."""
    for path in sorted(root.rglob("*")):
        shown = path.relative_to(root).as_posix()
        if LEFT_OUT.search(shown) or not path.is_file():
            continue
        if path.suffix in TEXT or path.name in TEXT or not path.suffix:
            yield shown


def c_comments(text):
    """(first line, text) of each run of // lines, and of each /* */; what stands in strings is none."""
    token = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.DOTALL)
    last_line, block = None, None
    for match in token.finditer(text):
        if not match.group().startswith(("//", "/*")):
            continue
        line = text.count("\n", 0, match.start()) + 1
        words = match.group().strip("/*!<").strip()
        alone = not text[text.rfind("\n", 0, match.start()) + 1:match.start()].strip()
        if block and alone and line == last_line + 1 and match.group().startswith("//"):
            block[1] += " " + words
        else:
            if block:
                yield tuple(block)
            block = [line, words]
        last_line = line + match.group().count("\n")
    if block:
        yield tuple(block)


def python_comments(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            yield node.body[0].lineno, ast.get_docstring(node)
    yield from runs((token.start[0], token.string[1:].strip())
                    for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT)


def runs(lines):
    """Comments on consecutive lines are one text."""
    last_line, block = None, None
    for line, words in lines:
        if block and line == last_line + 1:
            block[1] += " " + words
        else:
            if block:
                yield tuple(block)
            block = [line, words]
        last_line = line
    if block:
        yield tuple(block)


def hash_comments(text):
    yield from runs((number, match.group(1).strip()) for number, line in enumerate(text.splitlines(), 1)
                    if (match := re.match(r"\s*#(.*)", line)))


def comments(shown, text):
    """(line, text) of the comments of a file; a Markdown file is all comment."""
    suffix = pathlib.PurePosixPath(shown).suffix
    if suffix in C_LIKE:
        return c_comments(text)
    if suffix == ".py":
        return python_comments(text)
    if suffix in HASH_LIKE or not suffix:
        return hash_comments(text)
    if suffix == ".md":
        return ((number, line) for number, line in enumerate(text.splitlines(), 1))
    return ()


def self_test(cases, check):
    """How many made-up trees `check(root)` judges wrongly. name -> ({path: text}, how many complaints it must have)."""
    failed = 0
    for name, (contents, expected) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for shown, text in contents.items():
                (root / shown).parent.mkdir(parents=True, exist_ok=True)
                (root / shown).write_text(text, encoding="utf-8")
            wrong = check(root)[-1]
        if len(wrong) != expected:
            failed += 1
            print(f"FAIL self-test, {name}: expected {expected}, found {wrong}")
    return failed


def run(cases, check, said):
    """The whole program: the self-test, then `check(root)` of the tree, whose results `said` puts into words."""
    roots = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    root = pathlib.Path(roots[0] if roots else pathlib.Path(__file__).parents[2]).resolve()
    failed = self_test(cases, check)
    if failed or "--self-test" in sys.argv:
        print(f"self-test: {len(cases)} trees, {failed} failed")
        sys.exit(1 if failed else 0)
    *counts, wrong = check(root)
    print("\n".join(wrong + [said.format(*counts, len(wrong))]))
    sys.exit(1 if wrong or not counts[0] else 0)
