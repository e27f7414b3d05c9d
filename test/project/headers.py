#!/usr/bin/env python3
"""Compiles each public header alone, as a user's strictest build would, with every compiler that is there. Headers for C
are compiled as C11 and as every C++ from C++11 on.

    headers.py [ROOT]      exit status 0: all compile; 1: one does not; 77: no compiler
"""
import pathlib
import shutil
import subprocess
import sys

FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
CXX = [("c++", "c++20")]
# As a program includes them; a record shows that the first value of a struct compiles without a warning.
C = [("c", "c11"), ("c++", "c++11"), ("c++", "c++14"), ("c++", "c++17"), ("c++", "c++20")]
C_BODY = "#include <kafka/kafka.h>\nkafka_record make(void) { kafka_record made = KAFKA_INIT(kafka_record); return made; }\n"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    headers = sorted(path.relative_to(root / "include").as_posix() for path in (root / "include/kafka").rglob("*.h*"))
    compilers = [name for name in ("g++", "clang++") if shutil.which(name)]
    if not compilers:
        print("SKIPPED: neither g++ nor clang++ is installed", file=sys.stderr)
        sys.exit(77)
    failed = 0
    for compiler in compilers:
        for header in headers:
            # Twice: a header without a guard fails.
            text = f"#include <{header}>\n#include <{header}>\nint main({'void' if header.endswith('.h') else ''}) {{ return 0; }}\n"
            if header.endswith(".h"):
                text += C_BODY
            for language, standard in C if header.endswith(".h") else CXX:
                done = subprocess.run([compiler, f"-I{root}/include", f"-std={standard}", *FLAGS, "-x", language, "-"],
                                      input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if done.returncode:
                    failed += 1
                    print(f"FAIL {compiler} -std={standard} <{header}>\n{done.stdout[:3000]}")
    print(f"{len(headers)} headers, {' and '.join(compilers)}: {failed} failed")
    sys.exit(1 if failed or not headers else 0)


if __name__ == "__main__":
    main()
