"""Every reference that is taken is given back: objects die when nobody holds them, and counts return to where they were."""
import asyncio
import gc
import sys
import weakref

import uvkafka

UNORDERED = {"ordering": "unordered", "commit.mode": "pipelined", "auto.offset.reset": "earliest"}


class Value(bytes):
    """Bytes that can be watched."""


async def rounds(session, count, watched):
    """Some of everything, with `watched` as value, key, header, metadata and handler."""
    producer = session.producer()
    producer.on_reports(watched)
    topic = producer.topic("orders")
    consumer = session.consumer("billing", ["orders"], options=UNORDERED)
    consumer.on_event(watched)
    consumer.on_partition_end(watched)
    value = watched.value
    for k in range(count):
        sent = [producer.send("orders", value, value, [("h", value)]), producer.send("orders", value, partition=0)]
        sent[1].cancel()
        topic.send(value, 1, value)
        topic.send_many([value, value], 5, [value, None])
        await topic.produce([value], 0, [value])
        await sent[0]
        for wrong in (lambda: producer.send("orders", 5), lambda: producer.send("no/name", value),
                      lambda: topic.send(value, "x"), lambda: consumer.seek("nobody", 0, 1),
                      lambda: session.producer({"acks": "none of these"})):
            try:
                wrong()
            except (TypeError, ValueError, uvkafka.KafkaError):
                pass
    await producer.flush()
    taken = 0
    async for envelope in consumer:
        assert envelope.value is not None and envelope.headers is not None and envelope.messages and envelope.topic
        if taken % 2:
            await envelope.commit(value)
        else:
            envelope.ack()
        taken += 1
        if taken == 3 * count:
            break
    await consumer.stop()
    async for batch in consumer.batches():
        taken += len(batch)
        assert batch.values and batch.keys and batch.offsets[0] >= 0 and batch[0].headers is not None
        batch.ack()
        if taken >= 6 * count:
            break
    await session.offsets.stored("billing", [("orders", 0)])
    await session.groups.lag("billing")
    await producer.close()
    await consumer.close()


class Watched:
    def __init__(self):
        self.value = Value(b"watched" * 10)

    def __call__(self, *_):
        pass


def test_reference_counts_return_to_where_they_were(run, broker):
    watched = Watched()

    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await rounds(session, 5, watched)
            await rounds(session, 5, watched)

    # Not inside of an assert: pytest keeps the parts of those.
    def counts():
        return sys.getrefcount(watched), sys.getrefcount(watched.value)

    before, nones = counts(), sys.getrefcount(None)
    run(work())
    gc.collect()
    after, more = counts(), sys.getrefcount(None) - nones
    assert after == before
    assert abs(more) < 500  # immortal from Python 3.12 on


def test_blocks_do_not_grow_with_rounds(run, broker):
    watched = Watched()
    counts = []

    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            for _ in range(4):
                await rounds(session, 20, watched)
                gc.collect()
                counts.append(sys.getallocatedblocks())

    run(work())
    # Each round takes thousands of objects.
    assert counts[-1] - counts[1] < 300, counts


def test_a_closed_session_is_collected_with_all_it_made(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            producer.on_reports(lambda reports: producer)  # a cycle through a handler
            consumer = session.consumer("billing", ["orders"])
            stream = consumer.messages()
            consumer.on_event(lambda event: (consumer, stream))
            await producer.send("orders", b"x")
            await stream.__anext__()
            found = [weakref.ref(each) for each in (session, producer, consumer)]
        del session, producer, consumer, stream
        return found

    found = run(work())
    gc.collect()
    assert [each() for each in found] == [None, None, None]
