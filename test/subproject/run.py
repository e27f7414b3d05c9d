#!/usr/bin/env python3
"""Builds the example of a user's project (test/subproject/example) in each way in which a user can get the library.

    run.py SOURCE_ROOT [--uvkafka PROGRAM]

First as a meson subproject, in a unity build. Then against the library that this build installs: with pkg-config through
meson, with CMake (also from a project of C alone), and the static library by hand; and against the build folder itself
(uvkafka-uninstalled.pc). The exported names have to be those of exports.txt. With --uvkafka the dev broker of that program
is started, and the example has to produce, consume and close.
Exit status: 0 if all of it works, 1 if a step does not.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BROKER_PORT = 9092  # the example's own


def step(name, command, env=None, cwd=None):
    print(f"--- {name}: {' '.join(map(str, command))}", flush=True)
    started = time.monotonic()
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=env, cwd=cwd)
    if done.returncode:
        print(done.stdout[-6000:])
        sys.exit(f"FAIL {name}: exit status {done.returncode}")
    print(f"ok   {name} ({time.monotonic() - started:.1f} s)", flush=True)
    return done.stdout


def expect(holds, what):
    if not holds:
        sys.exit(f"FAIL {what}")


def copy_project(source, target):
    """The project without its build folders, as in a fresh clone: links stay links, since one leads back to the project."""
    def ignored(folder, names):
        if pathlib.Path(folder) != source:
            return [name for name in names if name == "__pycache__"]
        return [name for name in names if name.startswith((".git", ".cache", "build"))]
    shutil.copytree(source, target, ignore=ignored, symlinks=True)


def exported(library):
    """The classes and free functions of namespace kafka that the shared library exports, and anything else as it is. Not
    the C functions, which test/project/c_names.py compares."""
    names = set()
    for line in step("list exported names", ["nm", "-D", "--defined-only", "-C", library]).splitlines():
        if line.split(None, 2)[2].startswith("kafka_"):
            continue
        name = re.sub(r"^(typeinfo name|typeinfo|vtable|guard variable) for ", "", line.split(None, 2)[2])
        parts = re.sub(r"\(.*|\[abi:.*", "", name).split("::")
        depth = 3 if parts[1:2] == ["consumer"] else 2
        names.add("::".join(parts[:depth]) if parts[0] == "kafka" else name)
    return names


def check_exports(source, libraries):
    """A name with `inline` behind it is exported only where the compiler does not put its functions into their callers."""
    lines = [line.split() for line in (source / "test/subproject/exports.txt").read_text().splitlines()]
    wanted = {words[0] for words in lines}
    always = {words[0] for words in lines if words[1:] != ["inline"]}
    found = set().union(*(exported(library) for library in libraries))
    expect(not found - wanted, f"the libraries export names that exports.txt does not have: {sorted(found - wanted)}")
    expect(not always - found, f"the libraries do not export what exports.txt has: {sorted(always - found)}")
    print(f"ok   {len(found)} exported names are those of exports.txt", flush=True)


def check_parents_choice(top, example):
    """A parent that wants static libraries gets no shared one."""
    build = top / "build-static"
    step("set up with the parent's default_library=static", ["meson", "setup", build, example,
         "--force-fallback-for=uvkafka", "-Ddefault_library=static"])
    targets = json.loads(step("list its targets", ["meson", "introspect", "--targets", build]))
    shared = [target["name"] for target in targets if target["type"].startswith("shared")]
    expect(not shared and "uvkafka" in [target["name"] for target in targets], f"shared libraries are built: {shared}")


def listening():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", BROKER_PORT)) == 0


def run_example(example, program, env, name):
    """One message produced, consumed, committed, everything closed."""
    if listening():
        print(f"SKIPPED running the example ({name}): port {BROKER_PORT} is taken", file=sys.stderr)
        return
    broker = subprocess.Popen([program, "broker", "--port", str(BROKER_PORT), "--topic", "orders:3"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not listening() and time.monotonic() < deadline:
            time.sleep(0.05)
        done = subprocess.run([example], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=40, env=env)
        print(done.stdout, end="")
        expect(done.returncode == 0 and done.stdout == "paid\nclosed\n",
               f"the example ({name}) ended with {done.returncode} and printed {done.stdout!r}")
        print(f"ok   the example runs ({name})", flush=True)
    except subprocess.TimeoutExpired as late:
        sys.exit(f"FAIL the example ({name}) did not end; it printed {late.stdout!r}")
    finally:
        broker.kill()
        broker.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--uvkafka", type=pathlib.Path)
    options = parser.parse_args()
    source = options.source.resolve()
    # The other compiler, where it is there: it takes half the time.
    if shutil.which("clang++") and shutil.which("clang"):
        os.environ.setdefault("CXX", "clang++")
        os.environ.setdefault("CC", "clang")
    with tempfile.TemporaryDirectory(prefix="uvkafka-packaging-") as directory:
        top = pathlib.Path(directory)
        example, prefix = top / "as-subproject", top / "prefix"
        shutil.copytree(source / "test/subproject/example", example)
        copy_project(source, example / "subprojects/uvkafka")

        check_parents_choice(top, example)
        step("set up as a subproject", ["meson", "setup", top / "build-sub", example, f"--prefix={prefix}",
                                        "--force-fallback-for=uvkafka", "-Dbuildtype=plain", "-Doptimization=0", "-Ddebug=false",
                                        "-Ddefault_library=both", "-Dunity=on", "-Dunity_size=23",
                                        "-Duvkafka:devbroker=enabled"])
        step("build as a subproject", ["ninja", "-C", top / "build-sub"])
        step("install", ["meson", "install", "-C", top / "build-sub", "--no-rebuild"])

        found = [path.parent for path in prefix.rglob("uvkafka.pc")]
        expect(len(found) == 1, f"uvkafka.pc is installed {len(found)} times")
        lib = found[0].parent
        env = {**os.environ, "PKG_CONFIG_PATH": str(found[0]), "LD_LIBRARY_PATH": str(lib)}
        step("set up against the installed library", ["meson", "setup", top / "build-installed",
             source / "test/subproject/example", "--wrap-mode=nofallback", "-Dbuildtype=debug"], env)
        step("build against the installed library", ["ninja", "-C", top / "build-installed"], env)
        linked = step("look at what it links", ["ldd", top / "build-installed/example"], env)
        expect("libuvkafka.so" in linked, f"the shared library is not used:\n{linked}")

        check_exports(source, [lib / "libuvkafka.so", lib / "libuvkafka-dev.so"])
        step("compare the C functions", [sys.executable, source / "test/project/c_names.py", source,
                                         lib / "libuvkafka.so", lib / "libuvkafka-dev.so"])

        compiler = os.environ.get("CXX", "c++").split()
        uninstalled = {**os.environ, "PKG_CONFIG_PATH": str(top / "build-sub/meson-uninstalled")}
        flags = step("ask pkg-config for the build folder", ["pkg-config", "--cflags", "--libs", "uvkafka"],
                     uninstalled).split()
        expect(any(str(top / "build-sub") in flag for flag in flags), f"not of the build folder: {flags}")
        step("build against the build folder", [*compiler, "-std=c++20", source / "test/subproject/example/main.cpp",
                                                *flags, "-o", top / "uninstalled-example"])

        if shutil.which("cmake"):
            for language in ("CXX", "C"):
                build = top / f"build-cmake-{language}"
                step(f"set up with CMake, {language}", ["cmake", "-S", source / "test/subproject/cmake", "-B", build,
                     f"-DCMAKE_PREFIX_PATH={prefix}", f"-DLANGUAGE={language}"])
                step(f"build with CMake, {language}", ["cmake", "--build", build])
                for program in ("app", "static_app"):
                    step(f"run {program}", [build / program], env)
            refused = subprocess.run(["cmake", "-S", source / "test/subproject/cmake", "-B", top / "build-cmake-refused",
                                      f"-DCMAKE_PREFIX_PATH={prefix}", "-DLANGUAGE=C", "-DWANTED=99.0"],
                                     capture_output=True, text=True)
            expect(refused.returncode != 0, "CMake takes this release for version 99.0")
        else:
            print("SKIPPED CMake: cmake is not installed", file=sys.stderr)

        def pkg_config(*arguments):
            return step("ask pkg-config", ["pkg-config", *arguments, "uvkafka"], env).split()
        step("build a program in C with pkg-config", [*os.environ.get("CC", "cc").split(), "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra",
             "-Wpedantic", "-Werror", source / "test/subproject/cmake/main.c", *pkg_config("--cflags", "--libs"),
             "-o", top / "c-example"], env)
        step("run the program in C", [top / "c-example"], env)
        # Without libuv: the host brings it.
        embedded = step("ask pkg-config for the embedded library", ["pkg-config", "--cflags", "--libs", "uvkafka-embed"], env)
        expect("-luv " not in embedded + " ", f"the embedded library links libuv: {embedded}")
        step("link a module with the embedded library", [*os.environ.get("CC", "cc").split(), "-shared", "-fPIC",
             source / "test/capi/embed_module.c", *embedded.split(), "-o", top / "module.so"], env)
        others = [word for word in pkg_config("--static", "--libs") if word != "-luvkafka"]
        # CXX may name another compiler, but the library was built with meson's choice of it: the same variable.
        step("link the static library", [*compiler, "-std=c++20",
             *pkg_config("--cflags", "--static"), source / "test/subproject/example/main.cpp", lib / "libuvkafka.a",
             *others, "-luv", "-o", top / "static-example"], env)
        linked = step("look at what it links", ["ldd", top / "static-example"], env)
        expect("libuvkafka.so" not in linked, f"the static library is not used:\n{linked}")

        if options.uvkafka:
            run_example(top / "build-sub/example", options.uvkafka, os.environ, "subproject")
            run_example(top / "build-installed/example", options.uvkafka, env, "installed, shared")
            run_example(top / "static-example", options.uvkafka, os.environ, "installed, static")


if __name__ == "__main__":
    main()
