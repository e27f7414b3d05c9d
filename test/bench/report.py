"""Turns the figures of the bench into lines on the terminal, RESULTS.md, and the chart beside it.

Not here: measuring (run.py), the works and their targets (works.py).
"""
import pathlib
import statistics

import chart
import instructions
import works as all_of

MET, MISSED = "met", "**missed**"
PART = "**A part of the works**"  # stands in results that must not pass for those of all works
EQUAL = 0.95  # above this ratio two speeds count as equal if the broker limits both
SHOWN = {"CPU µs": 3, "CPU ms": 1, "messages/s": 0, "peak MB": 1, "wakeups": 0, "p50 µs": 0, "p99 µs": 0, "p99.9 µs": 0}


def number(value, digits):
    return f"{value:,.{digits}f}"


def holds(target, value):
    sign, bound = target
    return value <= bound if sign == "≤" else value >= bound


def verdict(figure, target, value):
    sign, bound = target
    return f"{figure} {sign} {bound:.2f}: {MET if holds(target, value) else MISSED}"


def broker_is_limit(entry):
    """The broker used more CPU than our client, so the client waited for the broker."""
    client = statistics.median(one["ours"]["cpu_seconds"] / one["ours"]["seconds"] for one in entry["rounds"])
    return entry["broker_cores"]["ours"] > client


def judged(entry, figure):
    """Whether one figure has reached its target."""
    target, ratio = entry["targets"][figure], entry["figures"][figure]["ratio"]
    if figure == "messages/s" and EQUAL <= ratio < target[1] and broker_is_limit(entry):
        return f"{figure}: equal, the broker is the limit: {MET}"
    return verdict(figure, target, ratio)


def verdicts(entry):
    found = [judged(entry, figure) for figure in entry["targets"] if figure in entry["figures"]]
    limit = entry.get("limit")
    if limit and limit["target"]:
        found.append(verdict("of the limit", ("≤", limit["target"]), limit["ratio"]))
    if "tls" in entry:
        found.append(verdict("ns a byte above plaintext", ("≤", all_of.TLS_TARGET), entry["tls"]["ns per byte"]))
    return found


def plain(text):
    return text.replace("**", "")


# --- terminal ---------------------------------------------------------------

def heading(whole):
    facts = whole["facts"]
    return (f"Kafka {facts['kafka']}, librdkafka {facts['librdkafka']}, {facts['machine']['cpu']}, "
            f"{facts['machine']['cores']} cores, {facts['rounds']} rounds: ours, theirs, ratio")


def lines(entry):
    if "skipped" in entry:
        return [f"SKIPPED {entry['name']}: {entry['skipped']}"]
    if "failed" in entry:
        return [f"FAILED {entry['name']}: {entry['failed']}"]
    found = [entry["name"]]
    for figure, of in entry["figures"].items():
        digits = SHOWN[figure]
        said = plain(judged(entry, figure)) if figure in entry["targets"] else ""
        found.append(f"    {figure:12} {number(of['ours'], digits):>12} {number(of['theirs'], digits):>12} "
                     f"{of['ratio']:8.2f} {said}".rstrip())
    if limit := entry.get("limit"):
        said = plain(verdict("of the limit", ("≤", limit["target"]), limit["ratio"])) if limit["target"] else ""
        found.append(f"    {'bare limit':12} {limit['CPU µs']:12.3f} {'':12} {limit['ratio']:8.2f} {said}".rstrip())
    if "tls" in entry:
        value = entry["tls"]["ns per byte"]
        said = plain(verdict("above plaintext", ("≤", all_of.TLS_TARGET), value))
        found.append(f"    {'ns a byte':12} {value:12.2f} {'':12} {'':8} {said}")
    cores = entry["broker_cores"]
    found.append(f"    {'broker cores':12} {cores['ours']:12.2f} {cores['theirs']:12.2f}")
    return found


def growth_lines(whole):
    for of in whole["growth"]:
        yield (f"{of['group']}: cost at {of['many']:,} partitions / at {of['few']}: ours {of['ours']:.2f}, theirs "
               f"{of['theirs']:.2f}; {plain(verdict('ours', ('≤', of['target']), of['ours']))}")


def summary(whole):
    said = [(entry["name"], text) for entry in whole["works"] if "rounds" in entry for text in verdicts(entry)]
    said += [(f"{of['group']}, {of['many']:,} partitions / {of['few']}", verdict("cost", ("≤", of["target"]), of["ours"]))
             for of in whole["growth"]]
    missed = [f"{name}: {plain(text)}" for name, text in said if not text.endswith(MET)]
    yield f"{len(said) - len(missed)} of {len(said)} targets met" + (", not these:" if missed else ".")
    yield from (f"- {text}" for text in missed)
    for word in ("skipped", "failed"):
        names = [entry["name"] for entry in whole["works"] if word in entry]
        if names:
            yield f"- {len(names)} works {word}: " + "; ".join(names)


# --- RESULTS.md -------------------------------------------------------------

class Refused(Exception):
    pass


def not_run(names):
    """The names of the usual works that are not among these."""
    return [work.name for work in all_of.all_works(False, False) if work.name not in names]


def check(names, results):
    """Raises Refused if results of these works would replace results of all works."""
    path = pathlib.Path(results)
    if not_run(names) and path.exists() and PART not in path.read_text(encoding="utf-8"):
        raise Refused(f"{path} has the results of all works, and this run lacks {len(not_run(names))} of them: "
                      "give --results another file")


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(entries, figures):
    heads, rule = ["work"], ["---"]
    for figure in figures:
        heads += [figure, "librdkafka", "ratio"]
        rule += ["---:"] * 3
    yield row([*heads, "broker's cores", "targets (of the ratio)"])
    yield row([*rule, "---:", "---"])
    for entry in entries:
        if "rounds" not in entry:
            reason = entry.get("skipped") or entry.get("failed")
            word = "skipped" if "skipped" in entry else "**failed**"
            yield row([entry["name"], *[""] * (3 * len(figures) + 1), f"{word}: {reason.splitlines()[0][:120]}"])
            continue
        cells = [entry["name"]]
        for figure in figures:
            of = entry["figures"][figure]
            cells += [number(of["ours"], SHOWN[figure]), number(of["theirs"], SHOWN[figure]), f"{of['ratio']:.2f}"]
        cores = entry["broker_cores"]
        yield row([*cells, f"{cores['ours']:.2f} / {cores['theirs']:.2f}", "; ".join(verdicts(entry))])


SPEED, LATENCY, IDLE = (["CPU µs", "messages/s", "peak MB"], ["p50 µs", "p99 µs", "p99.9 µs", "CPU µs"],
                        ["CPU ms", "wakeups", "peak MB"])


def machine_lines(facts):
    on = facts["machine"]
    yield (f"{facts['date']}; {on['cpu']}, {on['cores']} cores, {on['memory_gb']} GB, Linux {on['kernel']}; "
           f"{facts['compiler']}, `-Dbuildtype=release`; uvkafka at {facts['commit']}; Kafka {facts['kafka']} on the same "
           f"machine ({facts['java']}); librdkafka {facts['librdkafka']}; {facts['rounds']} rounds"
           + (f" in {facts['minutes']} min" if "minutes" in facts else "") + ".")
    yield ""
    yield f"    {facts['command']}"
    if facts["load_before"] > 0.5:
        yield ""
        yield (f"**Other work was on the machine** (load {facts['load_before']:.1f} before the first work): the ratios "
               "mean more than the figures, and neither is final.")


HOW = """Both clients do the same work with the same options, in turn, each in a process of its own; medians of the rounds,
ratios (ours / theirs) paired by round. CPU is user and system of the client's process per message; peak MB is VmHWM; the
broker's cores are the CPU of its process while the client ran (ours / theirs): near the number of the machine's cores,
less what the client takes, the broker is the limit. Batches of up to 1,000,000 bytes and 32 MiB of buffer on both sides;
one partition where nothing else is said. What is read was written with the same settings, against partitions and brokers in
batches of 16 KB, so that all of them read the same. librdkafka: `rd_kafka_produce_batch` without copies, report callback,
`rd_kafka_consume_batch_queue`, which checks no CRC (ours does)."""


def markdown(whole, chart_name):
    works = whole["works"]
    yield "# Results"
    yield ""
    yield "Written by `test/bench/run.py --results`; how to run it stands in its head."
    yield ""
    yield from machine_lines(whole["facts"])
    yield ""
    if missing := not_run([entry["name"] for entry in works]):
        yield f"{PART}: {len(missing)} others were not run."
        yield ""
    yield HOW
    yield ""
    yield from summary(whole)
    yield ""
    yield f"![ratios of CPU per message, and cost against partitions and brokers]({chart_name})"
    sections = [("Producing and consuming", ("main",), ("produce", "consume"), SPEED),
                ("Committed one by one", ("main",), ("commit",), SPEED),
                ("Latency from send to report", ("main",), ("latency",), LATENCY),
                ("Idle", ("main",), ("idle",), IDLE),
                ("Against partitions", ("produce", "produce in turn", "consume"), None, SPEED),
                ("Against brokers", ("produce in turn, brokers", "consume, brokers"), None, SPEED)]
    for title, groups, modes, figures in sections:
        entries = [e for e in works if e["group"] in groups and (modes is None or e["mode"] in modes)]
        if not entries:
            continue
        yield from ("", f"## {title}", "")
        yield from table(entries, figures)
        if title == "Against partitions" and whole["growth"]:
            yield from ("", "Cost per message, as a multiple of that at few partitions:", "")
            yield row(["work", "partitions", "uvkafka", "librdkafka", "target"])
            yield row(["---", "---", "---:", "---:", "---"])
            for of in whole["growth"]:
                yield row([of["group"], f"{of['many']:,} / {of['few']}", f"{of['ours']:.2f}", f"{of['theirs']:.2f}",
                           verdict("uvkafka", ("≤", of["target"]), of["ours"])])
    limits = [entry for entry in works if "limit" in entry]
    if limits:
        yield from ("", "## Against the bare limit", "", "Encoding, CRC-32C and one `write()` per batch to a loopback "
                    "socket that another process reads (`limit_bench.cpp`), measured in the same rounds.", "")
        yield row(["work", "limit, CPU µs", "uvkafka / limit", "target"])
        yield row(["---", "---:", "---:", "---"])
        for entry in limits:
            limit = entry["limit"]
            target = verdict("", ("≤", limit["target"]), limit["ratio"]).strip() if limit["target"] else ""
            yield row([entry["name"], f"{limit['CPU µs']:.3f}", f"{limit['ratio']:.2f}", target])
    if whole.get("instructions"):
        yield from ("", "## Instructions per message", "", "`test/bench/instructions.py` (valgrind, callgrind): 100 B; "
                    "produce with acks 1 and linger 5, consume with each message acked.", "", "```")
        yield from instructions.lines(whole["instructions"])
        yield "```"


def write(whole, results):
    """RESULTS.md, and results.svg beside it: the chart has the name of the results file. Raises Refused, see check()."""
    results = pathlib.Path(results)
    check([entry["name"] for entry in whole["works"]], results)
    drawing = results.with_name(results.stem.lower() + ".svg")
    drawing.write_text(chart.draw(whole), encoding="utf-8")
    results.write_text("\n".join(markdown(whole, drawing.name)) + "\n", encoding="utf-8")
