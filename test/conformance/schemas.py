"""Compares the fields of our messages with the schemas in Kafka's jars: type, versions, nullability, tags,
whether a version may drop the value, defaults. Random messages cannot show the last two: they only matter for values
that are not sent.

It compares what is true in each version, not how the schema is written: "0+" inside a structure that begins with version 4 is "4+".
Not here: messages (wire_oracle.py, which calls this).
"""
import json
import re
import subprocess
import zipfile

INT = re.compile(r"u?int\d+$")
SCALARS = {"bool", "string", "uuid", "bytes", "records", "float64"}


def version_set(text, valid):
    """The versions of `valid` that "0-12", "3+", "5", "none" or "-" means."""
    if text in (None, "none", "-"):
        return frozenset()
    first, dash, last = text.rstrip("+").partition("-")
    highest = float("inf") if text.endswith("+") else int(last if dash else first)
    return frozenset(version for version in valid if int(first) <= version <= highest)


def default_of(kind, text, nullable):
    """How wire_check prints a default that a schema gives as `text`, or leaves out (None)."""
    if text == "null" and (kind in ("string", "struct") or kind.startswith("[]")):
        return "null"
    if kind.startswith("[]"):
        return "[]"
    if kind == "string":
        return f'"{text or ""}"'
    if kind == "bool":
        return str(text or "false").lower()
    if kind == "uuid":
        return text or "A" * 22
    if INT.match(kind):
        return str(int(str(text or 0), 0))
    return "-"  # structures; bytes and records, whose null and empty we do not tell apart here


def field_facts(kind, has, nullable, tagged, tag, ignorable, default):
    """The facts that are compared; `has` and the other sets are versions."""
    return {"type": kind, "versions": sorted(has), "nullable": sorted(nullable & has), "tagged": sorted(tagged & has),
            "tag": tag if tagged & has else None, "ignorable": ignorable, "default": default}


def kafka_fields(schema, valid):
    """{path: facts} of one message of Kafka's."""
    structs = {each["name"]: each["fields"] for each in schema.get("commonStructs", [])}
    found = {}

    def walk(fields, prefix, around):
        for field in fields:
            has = version_set(field["versions"], valid) & around
            if not has:
                continue
            kind, array = field["type"], field["type"].startswith("[]")
            element = kind[2:] if array else kind
            inner = None
            if element not in SCALARS and not INT.match(element):
                inner = field.get("fields") or structs[element]
                kind = "[]struct" if array else "struct"
            nullable = version_set(field.get("nullableVersions"), valid)
            name = prefix + field["name"][0].lower() + field["name"][1:]
            found[name] = field_facts(
                kind, has, nullable, version_set(field.get("taggedVersions"), valid), field.get("tag"),
                field.get("ignorable", False) in (True, "true"), default_of(kind, field.get("default"), nullable))
            if inner:
                walk(inner, name + ".", has)

    walk(schema["fields"], "", frozenset(valid))
    return found


def our_fields(lines, valid):
    """The same of one message of ours, from the columns that wire_check prints."""
    found, has_of = {}, {"": frozenset(valid)}
    for path, kind, versions, nullable, tag, tagged, ignorable, default in lines:
        has = version_set(versions, valid) & has_of[path.rpartition(".")[0]]
        has_of[path] = has
        if not has:
            continue
        tagged_in = version_set("-" if tagged == "-" else tagged + "+", valid)
        found[path] = field_facts(kind, has, version_set(nullable, valid), tagged_in,
                                  None if tag == "-" else int(tag), ignorable == "ignorable",
                                  "-" if kind in ("bytes", "records") else default)
    return found


def kafka_schema(jar, name, direction):
    """The message's schema in the jar of kafka-clients, None if it is not there. It is JSON with comments."""
    try:
        text = jar.read(f"common/message/{name}{direction.capitalize()}.json").decode("utf-8")
    except KeyError:
        return None
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))


def compare(libraries, release, wire_check, with_ignorable):
    """How many fields were compared, and what differs, as lines of text.

    `with_ignorable`: also what may be dropped, of which releases think differently (OffsetFetch's topic names); the
    newest is followed.
    """
    printed = subprocess.run([wire_check, "--schemas"], stdout=subprocess.PIPE, text=True, check=True).stdout
    ours = {}
    for line in printed.splitlines():
        key, name, direction, *columns = line.split("\t")
        ours.setdefault((int(key), name, direction), []).append(columns)
    failed, compared = [], 0
    with zipfile.ZipFile(libraries / f"kafka-clients-{release}.jar") as jar:
        for (key, name, direction), lines in ours.items():
            title = f"Kafka {release}: schema of {name} {direction}"
            schema = kafka_schema(jar, name, direction)
            if schema is None or schema["apiKey"] != key:
                failed.append(f"{title}: not there under key {key}")
                continue
            first, _, last = schema["validVersions"].partition("-")
            valid = range(int(first), int(last or first) + 1)
            kafka, mine = kafka_fields(schema, valid), our_fields(lines, valid)
            for path in list(kafka) + [path for path in mine if path not in kafka]:
                compared += 1
                if path not in kafka or path not in mine:
                    failed.append(f"{title}: {path} is only in {'ours' if path in mine else 'Kafka'}")
                    continue
                for what, wanted in kafka[path].items():
                    if what == "ignorable" and (not with_ignorable or len(kafka[path]["versions"]) == len(valid)):
                        continue  # in the second case no version can drop it
                    if mine[path][what] != wanted:
                        failed.append(f"{title}: {path}: {what}: Kafka {wanted}, ours {mine[path][what]}")
            if [path for path in kafka if path in mine] != [path for path in mine if path in kafka]:
                failed.append(f"{title}: the fields stand in another order")
    if not compared:
        failed.append(f"Kafka {release}: no schema was compared")
    return compared, failed
