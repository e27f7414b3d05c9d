#!/usr/bin/env python3
"""One work of one client, in a process of its own. The last line is a JSON object.

    works.py CLIENT WORK BOOTSTRAP TOPIC COUNT     CLIENT: uvkafka, aiokafka, confluent; --list: which works each has

CPU is user and system of this process with all of its threads, from the first record to the last report.
"""
import asyncio
import json
import sys
import time

VALUE = b"x" * 100
WINDOW = 5000  # futures that are awaited together
LIST = 1000  # records of a list, and of a batch at most


class Meter:
    """CPU and time between start() and end()."""

    def start(self):
        self._cpu, self._time = time.process_time(), time.monotonic()

    def end(self, count, total):
        if total != count * len(VALUE):
            sys.exit(f"{total} bytes of {count} records")
        print(json.dumps({"cpu_us": (time.process_time() - self._cpu) * 1e6 / count,
                          "per_second": count / (time.monotonic() - self._time)}))


meter = Meter()


# --- uvkafka --------------------------------------------------------------------------------------------------------

UVKAFKA_CONSUMER = {"ordering": "unordered", "commit.mode": "pipelined", "auto.offset.reset": "earliest",
                    "max.open": 10000}


def with_session(work):
    async def run(bootstrap, topic, count):
        import uvkafka
        async with uvkafka.Session({"bootstrap.servers": bootstrap}) as session:
            await work(session, topic, count)
    return lambda *arguments: asyncio.run(run(*arguments))


def uvkafka_producer(session):
    return session.producer({"acks": "1", "linger.ms": 5, "buffer.memory": 33554432})


@with_session
async def uvkafka_send(session, topic, count):
    producer = uvkafka_producer(session)
    await producer.send(topic, VALUE)
    meter.start()
    for first in range(0, count, WINDOW):
        await asyncio.gather(*[producer.send(topic, VALUE) for _ in range(min(WINDOW, count - first))])
    meter.end(count, count * len(VALUE))


def counting(producer):
    told = [0]

    def on_reports(reports):
        if reports.failed:
            raise RuntimeError(next(iter(reports.errors.values())))
        told[0] += len(reports)
    producer.on_reports(on_reports)
    return told


@with_session
async def uvkafka_tokens(session, topic, count):
    import uvkafka
    producer = uvkafka_producer(session)
    told = counting(producer)
    orders = producer.topic(topic)
    await producer.send(topic, VALUE)
    meter.start()
    for token in range(1, count + 1):
        try:
            orders.send(VALUE, token)
        except uvkafka.QueueFull:
            await producer.drained()
            orders.send(VALUE, token)
        if token % LIST == 0:
            await asyncio.sleep(0)
    await producer.flush()
    meter.end(told[0], count * len(VALUE))


@with_session
async def uvkafka_lists(session, topic, count):
    producer = uvkafka_producer(session)
    told = counting(producer)
    orders = producer.topic(topic)
    await producer.send(topic, VALUE)
    values = [VALUE] * LIST
    meter.start()
    sent = 0
    while sent < count:
        taken = orders.send_many(values, sent + 1)
        sent += taken
        await (producer.drained() if taken < LIST else asyncio.sleep(0))
        values = [VALUE] * min(LIST, count - sent)
    await producer.flush()
    meter.end(told[0], count * len(VALUE))


@with_session
async def uvkafka_each(session, topic, count):
    seen = total = 0
    async for envelope in session.fetcher([topic], options=UVKAFKA_CONSUMER):
        if not seen:
            meter.start()
        total += len(envelope.value)
        envelope.ack()
        seen += 1
        if seen == count:
            break
    meter.end(count, total)


@with_session
async def uvkafka_batches(session, topic, count):
    seen = total = 0
    async for batch in session.fetcher([topic], options=UVKAFKA_CONSUMER).batches(LIST):
        if not seen:
            meter.start()
        for value in batch.values[:count - seen]:
            total += len(value)
        seen += min(len(batch), count - seen)
        batch.ack()
        if seen == count:
            break
    meter.end(count, total)


# --- aiokafka -------------------------------------------------------------------------------------------------------

def aiokafka_send(bootstrap, topic, count):
    async def work():
        import aiokafka
        producer = aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap, acks=1, linger_ms=5)
        await producer.start()
        await producer.send_and_wait(topic, VALUE)
        meter.start()
        for first in range(0, count, WINDOW):
            await asyncio.gather(*[await producer.send(topic, VALUE) for _ in range(min(WINDOW, count - first))])
        meter.end(count, count * len(VALUE))
        await producer.stop()
    asyncio.run(work())


def aiokafka_each(bootstrap, topic, count):
    async def work():
        import aiokafka
        consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        seen = total = 0
        async for message in consumer:
            if not seen:
                meter.start()
            total += len(message.value)
            seen += 1
            if seen == count:
                break
        meter.end(count, total)
        await consumer.stop()
    asyncio.run(work())


def aiokafka_batches(bootstrap, topic, count):
    async def work():
        import aiokafka
        consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        seen = total = 0
        while seen < count:
            for messages in (await consumer.getmany(timeout_ms=1000, max_records=LIST)).values():
                if not seen:
                    meter.start()
                for message in messages[:count - seen]:
                    total += len(message.value)
                seen += min(len(messages), count - seen)
        meter.end(count, total)
        await consumer.stop()
    asyncio.run(work())


# --- confluent-kafka ------------------------------------------------------------------------------------------------

def confluent_tokens(bootstrap, topic, count):
    """A callback for each report; so with every record that wants one."""
    import confluent_kafka
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap, "acks": 1, "linger.ms": 5,
                                         "queue.buffering.max.messages": 100000})
    told = 0

    def on_report(error, message):
        nonlocal told
        if error is not None:
            raise RuntimeError(error)
        told += 1

    producer.produce(topic, VALUE)
    producer.flush()
    meter.start()
    for number in range(count):
        while True:
            try:
                producer.produce(topic, VALUE, on_delivery=on_report)
                break
            except BufferError:
                producer.poll(0.01)
        if number % LIST == 0:
            producer.poll(0)
    producer.flush()
    meter.end(told, count * len(VALUE))


def confluent_consumer(bootstrap, topic):
    import confluent_kafka
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": f"bench-{time.time_ns()}",
                                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    return consumer


def confluent_each(bootstrap, topic, count):
    consumer = confluent_consumer(bootstrap, topic)
    seen = total = 0
    while seen < count:
        message = consumer.poll(1)
        if message is None or message.error() is not None:
            continue
        if not seen:
            meter.start()
        total += len(message.value())
        seen += 1
    meter.end(count, total)
    consumer.close()


def confluent_batches(bootstrap, topic, count):
    consumer = confluent_consumer(bootstrap, topic)
    seen = total = 0
    while seen < count:
        messages = consumer.consume(LIST, 1)
        if messages and not seen:
            meter.start()
        for message in messages[:count - seen]:
            if message.error() is not None:
                raise RuntimeError(message.error())
            total += len(message.value())
        seen += min(len(messages), count - seen)
    meter.end(count, total)
    consumer.close()


WORKS = {
    "uvkafka": {"send": uvkafka_send, "tokens": uvkafka_tokens, "lists": uvkafka_lists, "each": uvkafka_each,
                "batches": uvkafka_batches},
    "aiokafka": {"send": aiokafka_send, "each": aiokafka_each, "batches": aiokafka_batches},
    "confluent": {"tokens": confluent_tokens, "each": confluent_each, "batches": confluent_batches},
}


def main():
    if sys.argv[1:] == ["--list"]:
        print(json.dumps({client: sorted(works) for client, works in WORKS.items()}))
    else:
        client, work, bootstrap, topic, count = sys.argv[1:]
        WORKS[client][work](bootstrap, topic, int(count))


if __name__ == "__main__":
    main()
