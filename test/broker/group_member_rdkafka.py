#!/usr/bin/env python3
"""A member of a consumer group, librdkafka, that says what happens to it: a peer for mixed groups.

    group_member_rdkafka.py BOOTSTRAP GROUP TOPIC[,TOPIC...]|^REGEX [name=value]...

Needs the wheel confluent-kafka (it brings its own librdkafka). Values and lines are those of GroupMember.java, but:
    assignor=range,...    range, roundrobin, cooperative-sticky; with group.protocol=consumer the server's
    close=leave|kill
All other values are librdkafka's settings. `revoked` with `lost` becomes the event `lost`.
"""
import json
import os
import signal
import sys
import threading
import time

import confluent_kafka as ck

OWN = {"name": "", "assignor": "", "commit": "batch", "work_ms": "0", "seconds": "0", "close": "leave"}


def main():
    bootstrap, group, topics = sys.argv[1:4]
    own = dict(OWN)
    settings = {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": "false",
                "enable.auto.offset.store": "false", "auto.offset.reset": "earliest"}
    for argument in sys.argv[4:]:
        key, value = argument.split("=", 1)
        (own if key in own else settings)[key] = value
    modern = settings.get("group.protocol") == "consumer"
    if own["assignor"]:
        settings["group.remote.assignor" if modern else "partition.assignment.strategy"] = own["assignor"]
    name = own["name"] or settings.get("client.id") or f"rdkafka-{os.getpid()}"
    settings.setdefault("client.id", name)
    work, when, how = float(own["work_ms"]) / 1000, own["commit"], own["close"]
    seconds = float(own["seconds"])
    out = sys.stdout.fileno()

    def say(event, **rest):  # one write per line: nothing is lost with kill -9
        line = {"t": time.time_ns(), "m": name, "e": event, **rest}
        os.write(out, (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode())

    done = {}  # (topic, partition) -> next offset
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    signal.signal(signal.SIGINT, lambda *_: ending.set())

    def watch():
        if seconds > 0:
            time.sleep(seconds)
        else:
            while os.read(0, 4096):
                pass
        ending.set()

    threading.Thread(target=watch, daemon=True).start()

    def on_error(error):
        say("error", err=error.str(), code=error.name(), fatal=error.fatal())

    settings["error_cb"] = on_error
    consumer = ck.Consumer(settings)
    say("start", client=f"librdkafka {ck.libversion()[0]}", protocol=settings.get("group.protocol", "classic"),
        instance=settings.get("group.instance.id"), pid=os.getpid())

    def identity():
        try:
            return {"id": consumer.memberid()}
        except Exception:  # closed, or not joined
            return {}

    def named(partitions):
        return sorted([p.topic, p.partition] for p in partitions)

    def commit(offsets):
        if not offsets:
            return
        said = [[topic, partition, offset] for (topic, partition), offset in sorted(offsets.items())]
        say("commit", c=said, **identity())
        try:
            answers = consumer.commit(offsets=[ck.TopicPartition(*entry) for entry in said], asynchronous=False)
            bad = [f"{a.topic}/{a.partition}: {a.error.str()}" for a in answers if a.error]
            if bad:
                say("failed", c=said, err="; ".join(bad))
            else:
                say("committed", c=said)
        except ck.KafkaException as e:
            say("failed", c=said, err=str(e))

    def on_assign(_, partitions):
        say("assigned", p=named(partitions), **identity())

    def on_revoke(_, partitions):
        if when == "batch":
            commit({(p.topic, p.partition): done[p.topic, p.partition] for p in partitions if (p.topic, p.partition) in done})
        for p in partitions:
            done.pop((p.topic, p.partition), None)
        say("revoked", p=named(partitions), **identity())

    def on_lost(_, partitions):
        for p in partitions:
            done.pop((p.topic, p.partition), None)
        say("lost", p=named(partitions), **identity())

    consumer.subscribe(topics.split(",") if not topics.startswith("^") else [topics],
                       on_assign=on_assign, on_revoke=on_revoke, on_lost=on_lost)
    status = 0
    try:
        since_commit = 0
        while not ending.is_set():
            message = consumer.poll(0.0 if since_commit else 0.2)
            if message is None:
                if when == "batch" and since_commit:
                    commit(dict(done))
                since_commit = 0
                continue
            if message.error():
                say("error", err=message.error().str(), code=message.error().name(), fatal=message.error().fatal())
                if message.error().fatal():
                    status = 1
                    break
                continue
            where = [message.topic(), message.partition()]
            value = message.value()
            say("record", p=where, o=message.offset(), v=None if value is None else value.decode("utf-8", "replace"))
            if work:
                time.sleep(work)
            say("answer", p=where, o=message.offset())
            done[where[0], where[1]] = message.offset() + 1
            since_commit += 1
            if when == "each":
                commit({(where[0], where[1]): message.offset() + 1})
            elif when == "batch" and since_commit >= 500:
                commit(dict(done))
                since_commit = 0
    except ck.KafkaException as e:
        say("error", err=str(e), code=e.args[0].name(), fatal=e.args[0].fatal())
        status = 1
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    say("closing")
    consumer.close()
    say("closed")
    return status


if __name__ == "__main__":
    sys.exit(main())
