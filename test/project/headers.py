#!/usr/bin/env python3
"""Compiles each public header alone, as a user's strictest build would, with every compiler that is there.

    headers.py [ROOT]      exit status 0: all compile; 1: one does not; 77: no compiler
"""
import pathlib
import shutil
import subprocess
import sys

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c++", "-"]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    headers = sorted(path.relative_to(root / "include").as_posix() for path in (root / "include/kafka").rglob("*.hpp"))
    compilers = [name for name in ("g++", "clang++") if shutil.which(name)]
    if not compilers:
        print("SKIPPED: neither g++ nor clang++ is installed", file=sys.stderr)
        sys.exit(77)
    failed = 0
    for compiler in compilers:
        for header in headers:
            # Twice: a header without a guard fails.
            text = f"#include <{header}>\n#include <{header}>\nint main() {{ return 0; }}\n"
            done = subprocess.run([compiler, f"-I{root}/include", *FLAGS], input=text, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode:
                failed += 1
                print(f"FAIL {compiler} <{header}>\n{done.stdout[:3000]}")
    print(f"{len(headers)} headers, {' and '.join(compilers)}: {failed} failed")
    sys.exit(1 if failed or not headers else 0)


if __name__ == "__main__":
    main()
