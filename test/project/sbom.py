#!/usr/bin/env python3
"""Writes what a build consists of as CycloneDX 1.5 (JSON), for people who have to account for what they ship.

    sbom.py BUILD_DIR [FILE]        without FILE: to standard output
    sbom.py --self-test BUILD_DIR

The main component is uvkafka. Its components are the libraries that this build links, with the versions that meson found,
and what they are used for. Tools and libraries of the tests alone are not in it. The same build gives the same bytes.
"""
import json
import pathlib
import subprocess
import sys
import uuid

# Name of the dependency in meson.build: (name, licence in SPDX, what it is for).
LIBRARIES = {
    "libuv": ("libuv", "MIT", "the event loop, sockets and name look-ups"),
    "zlib": ("zlib", "Zlib", "compression with gzip"),
    "spdlog": ("spdlog", "MIT", "log lines"),
    "liblz4": ("lz4", "BSD-2-Clause", "compression with lz4"),
    "libzstd": ("zstd", "BSD-3-Clause", "compression with zstd"),
    "snappy": ("snappy", "BSD-3-Clause", "compression with snappy"),
    "re2": ("re2", "BSD-3-Clause", "patterns over topic names"),
    "openssl": ("openssl", "Apache-2.0", "TLS and SCRAM"),
    "libcurl": ("curl", "curl", "requests to token endpoints"),
    "krb5-gssapi": ("krb5", "MIT", "logins with Kerberos"),
}


def introspect(build, what):
    done = subprocess.run(["meson", "introspect", build, what], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{build} is no build directory of meson: {done.stdout.strip() or done.stderr.strip()}")
    return json.loads(done.stdout)


def component(kind, name, version, licence, description):
    return {"type": kind, "bom-ref": f"{name}@{version}", "name": name, "version": version, "description": description,
            "licenses": [{"license": {"id": licence}}], "purl": f"pkg:generic/{name}@{version}"}


def bill(build):
    project = introspect(build, "--projectinfo")
    found = {each["name"]: each for each in introspect(build, "--dependencies")}
    parts = []
    for dependency, (name, licence, use) in LIBRARIES.items():
        # One that was asked for and not found has the version "not found" or none.
        version = str(found.get(dependency, {}).get("version", ""))
        if version and version != "unknown" and "not found" not in version:
            parts.append(component("library", name, version, licence, use))
        elif dependency in found and found[dependency].get("link_args"):
            parts.append(component("library", name, "unknown", licence, use))
    main = component("library", "uvkafka", project["version"], "BSD-2-Clause", "Apache Kafka client on libuv")
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": main},
        "components": parts,
        "dependencies": [{"ref": main["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}] +
                        [{"ref": part["bom-ref"], "dependsOn": []} for part in parts],
    }
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return document


def self_test(build):
    first = bill(build)
    names = [part["name"] for part in first["components"]]
    checks = {
        "the same bytes twice": first == bill(build),
        "libuv, zlib and spdlog are in it": {"libuv", "zlib", "spdlog"} <= set(names),
        "each once": len(names) == len(set(names)),
        "references are of components": set(first["dependencies"][0]["dependsOn"]) ==
                                        {part["bom-ref"] for part in first["components"]},
        "nothing of the tests": not any("catch" in name.lower() for name in names),
    }
    for name, good in checks.items():
        print(f"{'ok  ' if good else 'FAIL'} {name}")
    return 0 if all(checks.values()) else 1


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--self-test"] and len(arguments) == 2:
        sys.exit(self_test(arguments[1]))
    if not 1 <= len(arguments) <= 2 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    text = json.dumps(bill(arguments[0]), indent=2) + "\n"
    if len(arguments) == 2:
        pathlib.Path(arguments[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
