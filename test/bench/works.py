"""Every work of the bench: its counts, its options (the same for both clients) and its targets.

Not here: how a work is run (run.py), how figures are shown (report.py).
"""
import dataclasses

# The number of messages with which a run takes about a second.
COUNT = {10: 2_000_000, 100: 2_000_000, 1024: 400_000, 10240: 60_000}
SIZES = tuple(COUNT)
CODECS = ("none", "lz4", "zstd")
PARTITIONS = (1, 12, 100, 300, 1000, 3000)
BROKERS = (1, 3, 10, 30, 100)
BROKER_PARTITIONS = 300
BATCH = 16384  # bytes of the batches that the readers of the partition and broker works find in the log

# The largest ratio ours / theirs that a figure may have, where there is a target.
AT_MOST, AT_LEAST = "≤", "≥"
FASTER = {"messages/s": (AT_LEAST, 1.0)}
LEAN = {"peak MB": (AT_MOST, 0.5)}


@dataclasses.dataclass(frozen=True)
class Topic:
    """A topic is created before its first work and removed after its last one."""
    name: str
    partitions: int = 1
    fill: int = 0  # messages of `size` bytes to be read
    size: int = 100
    codec: str = "none"
    batch: int = 0  # bytes; 0: as large as the producer makes them, one partition after the other by its own choice
    brokers: int = 0  # > 0: on that many dev brokers, 3 with `real`: on a real cluster
    real: bool = False


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    mode: str
    topic: Topic
    size: int
    count: int
    options: tuple = ()
    ours: tuple = ()    # for our program alone
    theirs: tuple = ()  # for the other program alone
    targets: dict = dataclasses.field(default_factory=dict)
    limit: bool = False  # the bare limit is measured in the same round
    tls: bool = False  # over TLS, and ours in clear as well in the same round
    group: str = "main"
    at: int = 0  # place on the horizontal axis of its group's chart


def options(*, acks="1", linger=5, codec="none"):
    chosen = ["-X", f"linger.ms={linger}", "-X", f"acks={acks}"]
    if acks == "all":
        chosen += ["-X", "enable.idempotence=true"]
    if codec != "none":
        chosen += ["-X", f"compression.type={codec}"]
    return tuple(chosen)


def produce_targets(size, partitions, codec, acks, linger):
    if partitions != 1 or linger != 5:
        return {}
    if codec != "none":
        return {"CPU µs": (AT_MOST, 1.0), **FASTER} if size == 100 else {}
    if size == 100:
        return {"CPU µs": (AT_MOST, 0.25 if acks == "1" else 1 / 3), **FASTER, **LEAN}
    return {"CPU µs": (AT_MOST, 0.5), **FASTER} if size == 1024 else {}


def consume_targets(size, partitions, codec):
    if partitions != 1:
        return {}
    if codec != "none":
        return {"CPU µs": (AT_MOST, 1.0), **FASTER} if size == 100 else {}
    if size == 100:
        return {"CPU µs": (AT_MOST, 0.25), **FASTER, **LEAN}
    return {"CPU µs": (AT_MOST, 0.5), **FASTER} if size == 1024 else {}


def described(what, size, partitions, codec, rest=()):
    parts = [f"{what} {size:,} B"]
    if partitions != 1:
        parts.append(f"{partitions:,} partitions")
    if codec != "none":
        parts.append(codec)
    return ", ".join([*parts, *rest])


def produce(size, partitions=1, codec="none", acks="1", linger=5):
    acked = "acks all, idempotent" if acks == "all" else f"acks {acks}"
    return Work(described("produce", size, partitions, codec, [acked, f"linger {linger}"]), "produce",
                Topic(f"sink-{size}-{partitions}-{codec}-{acks}-{linger}", partitions), size, COUNT[size],
                options(acks=acks, linger=linger, codec=codec),
                targets=produce_targets(size, partitions, codec, acks, linger),
                limit=partitions == 1 and codec == "none" and acks == "1" and linger == 5)


def consume(size, partitions=1, codec="none"):
    topic = Topic(f"read-{size}-{partitions}-{codec}", partitions, COUNT[size], size, codec)
    return Work(described("consume", size, partitions, codec, ["each acked"]), "consume", topic, size, COUNT[size],
                targets=consume_targets(size, partitions, codec))


def main_works(full):
    """All combinations, or each dimension varied alone from 100 bytes in one partition, and with the sizes."""
    if full:
        for partitions in (1, 12, 300):
            for size in SIZES:
                for codec in CODECS:
                    for acks in ("1", "all"):
                        for linger in (0, 5):
                            yield produce(size, partitions, codec, acks, linger)
                    yield consume(size, partitions, codec)
        return
    for size in SIZES:
        for acks in ("1", "all"):
            for linger in (0, 5):
                yield produce(size, acks=acks, linger=linger)
        for codec in ("lz4", "zstd"):
            yield produce(size, codec=codec)
        for partitions in (12, 300):
            yield produce(size, partitions)
    for size in SIZES:
        for codec in CODECS:
            yield consume(size, codec=codec)
        for partitions in (12, 300):
            yield consume(size, partitions)


def tls_works():
    """What encryption costs. librdkafka takes OpenSSL, too."""
    for size, produced, consumed in ((100, 0.35, 0.40), (1024, 0.60, 0.95)):
        for work, most in ((produce(size), produced), (consume(size), consumed)):
            yield dataclasses.replace(work, name=f"{work.name}, TLS", tls=True, limit=False,
                                      topic=dataclasses.replace(work.topic, name=f"{work.topic.name}-tls"),
                                      targets={"CPU µs": (AT_MOST, most)})


def latency_works():
    topic = Topic("latency")
    below = {"p50 µs": (AT_MOST, 1.0), "p99 µs": (AT_MOST, 1.0)}
    yield Work("one message at a time, acks 1, linger 0", "latency", topic, 100, 5000, options(linger=0), targets=below)
    yield Work("one message at a time, acks all, idempotent, linger 0", "latency", topic, 100, 5000,
               options(acks="all", linger=0))
    yield Work("1,000 messages a second, acks 1, linger 0", "latency", topic, 100, 5000,
               (*options(linger=0), "-r", "1000"))


def commit_works():
    topic = Topic("commits", 1, 200_000, 100, batch=BATCH)
    yield Work("each committed, confirmed before the next (theirs: rd_kafka_commit_message, sync)", "commit", topic, 100,
               2000, theirs=("-c", "sync"))
    pipelined = ("-X", "commit.mode=pipelined")
    yield Work("each committed, pipelined (theirs: rd_kafka_commit_message, async)", "commit", topic, 100, 20_000,
               ours=pipelined, theirs=("-c", "async"))
    yield Work("each committed, pipelined (theirs: offsets stored one by one, committed in the background)", "commit",
               topic, 100, 200_000, ours=pipelined, theirs=("-c", "store"))


def idle_works():
    topic = Topic("idle", 3, brokers=3, real=True)
    yield Work("idle for 10 s, 3 brokers connected", "idle", topic, 100, 1, ("-d", "10"),
               targets={"CPU ms": (AT_MOST, 1.0), "wakeups": (AT_MOST, 1.0)})


def partition_works(partitions=PARTITIONS):
    """One topic for reading and writing: the records to be read lie before those that are written."""
    count = COUNT[100]
    for number in partitions:
        topic = Topic(f"of-{number}", number, count, batch=BATCH)
        name = f"{number:,} partition{'s' * (number > 1)}"
        yield Work(f"consume 100 B, {name}, batches of 16 KB", "consume", topic, 100, count, group="consume", at=number)
        yield Work(f"produce 100 B, {name}, the client chooses", "produce", topic, 100, count, options(),
                   group="produce", at=number)
        yield Work(f"produce 100 B, {name}, each in turn", "produce", topic, 100, count // 2, (*options(), "-u", "1"),
                   group="produce in turn", at=number)


def broker_works():
    for number in BROKERS:
        topic = Topic("spread", BROKER_PARTITIONS, 500_000, batch=BATCH, brokers=number)
        name = f"{number} dev broker{'s' * (number > 1)}, {BROKER_PARTITIONS} partitions"
        yield Work(f"consume 100 B, {name}", "consume", topic, 100, 500_000, group="consume, brokers", at=number)
        yield Work(f"produce 100 B, {name}, each in turn", "produce", topic, 100, 500_000, (*options(), "-u", "1"),
                   group="produce in turn, brokers", at=number)


# Cost at the second, divided by the cost at the first.
GROWTH = [(group, 12, 3000, 1.5) for group in ("produce", "produce in turn", "consume")]
LIMIT_TARGETS = {100: 2.5}
TLS_TARGET = 0.7  # ns a byte above plaintext


def all_works(quick=False, full=False):
    if quick:
        works = [work for work in main_works(False) if work.targets]
        works += [*tls_works(), *(work for work in latency_works() if work.targets)]
        return [*works, *partition_works((12, 3000)), *idle_works()]  # three more brokers last: they take memory and CPU
    return [*main_works(full), *tls_works(), *latency_works(), *commit_works(), *partition_works(), *broker_works(), *idle_works()]
