#!/usr/bin/env python3
"""Reads the #include lines of the library and holds its layers (lib/DESIGN.md, "Rooms").

    layers.py [ROOT]       exit status 0: held; 1: each line that breaks them is named
"""
import pathlib
import re
import sys

# What each room may include besides itself and include/kafka; transitive use is spelled out, so a new line is a decision.
CODEC = ["base"]
PROTOCOL = ["base", "codec"]
RECORDS = PROTOCOL + ["protocol"]
CLUSTER = PROTOCOL + ["protocol", "net", "auth"]
SESSION = CLUSTER + ["cluster", "records"]
HIGH = SESSION + ["session"]
ROOMS = {
    "base": [],
    "codec": CODEC,
    "protocol": PROTOCOL,
    "records": RECORDS,
    "net": ["base"],
    "auth": ["base"],
    "cluster": CLUSTER,
    "session": SESSION,
    "producer": HIGH,
    "group": HIGH,
    "admin": HIGH + ["group", "consumer"],
    "consumer": HIGH + ["group"],
    "devbroker": RECORDS + ["records", "net", "auth"],
    "capi": [],  # what the C API needs, every user of the C++ API has
}
SYSTEM_ONLY_IN = {
    "uv.h": re.compile(r"lib/net/uv_[^/]*$|lib/capi/"),
    "zlib.h": re.compile(r"lib/records/"),
    "lz4.h": re.compile(r"lib/records/lz4\.cpp$"),
    "lz4frame.h": re.compile(r"lib/records/lz4\.cpp$"),
    "snappy-c.h": re.compile(r"lib/records/snappy\.cpp$"),
    "zstd.h": re.compile(r"lib/records/zstd\.cpp$"),
    "krb5.h": re.compile(r"lib/auth/gssapi_krb5\.cpp$"),
    "zstd_errors.h": re.compile(r"lib/records/zstd\.cpp$"),
}
SYSTEM_FOLDERS_ONLY_IN = {
    "curl/": re.compile(r"lib/net/(uv_http\.cpp|curl_library\.hpp)$"),
    "gssapi/": re.compile(r"lib/auth/gssapi_krb5\.cpp$"),
    "openssl/": re.compile(r"lib/net/tls_[^/]*$|lib/auth/crypto_openssl\.cpp$|samples/msk_iam\.cpp$"),
}
C_LIBRARY = ("stddef.h", "stdint.h")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == "<", match.group(2)


def check_public(root, path):
    """Public headers: the standard library and each other; those for C include each other and C's library."""
    for number, _, name in includes(path):
        if path.suffix == ".h":
            if not name.endswith(".h") or not (name in C_LIBRARY or (root / "include" / name).exists()):
                yield number, f"a header for C includes {name}"
            continue
        if name.startswith("kafka/"):
            if not (root / "include" / name).exists():
                yield number, f"{name} is no public header"
        elif "/" in name or "." in name:
            yield number, f"a public header includes {name}"


def check_lib(root, path):
    shown = path.relative_to(root).as_posix()
    room = shown.split("/")[1]
    if room not in ROOMS:
        yield 1, f"room {room} has no layer; give it one in test/project/layers.py"
        return
    for number, system, name in includes(path):
        only = SYSTEM_ONLY_IN.get(name)
        for folder, rule in SYSTEM_FOLDERS_ONLY_IN.items():
            only = rule if name.startswith(folder) else only
        if only and not only.match(shown):
            yield number, f"<{name}> does not belong here"
        if system or name.startswith("kafka/"):
            continue
        target = root / "lib" / name
        if not target.exists() and (root / "lib" / f"{name}.in").exists():  # meson writes it
            target = root / "lib" / f"{name}.in"
        if not target.exists():
            target = path.parent / name
        if not target.exists():
            yield number, f"{name} is not in lib/"
            continue
        other = target.resolve().relative_to((root / "lib").resolve()).parts[0]
        if other != room and other not in ROOMS[room]:
            yield number, f"{room} may not include {other} ({name})"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    broken, count = [], 0
    for folder, check in (("include", check_public), ("lib", check_lib)):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".h", ".cpp", ".def"):
                count += 1
                broken += [f"{path.relative_to(root)}:{number}: {what}" for number, what in check(root, path)]
    print("\n".join(broken + [f"{count} files, {len(broken)} includes against the layers"]))
    sys.exit(1 if broken or not count else 0)


if __name__ == "__main__":
    main()
