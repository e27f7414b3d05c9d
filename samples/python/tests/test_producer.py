"""Sending: futures, tokens, lists, packed values, room, and what fails."""
import array
import asyncio

import pytest

import uvkafka


def numbers(count):
    return [b"%d" % k for k in range(count)]


async def read_all(session, topic, count, **options):
    """The messages of a topic from its beginning, as (partition, key, value)."""
    found = []
    consumer = session.fetcher([topic], options={"auto.offset.reset": "earliest", **options})
    async for envelope in consumer:
        found.append((envelope.partition, envelope.key, envelope.value))
        envelope.ack()
        if len(found) == count:
            break
    await consumer.close()
    return found


def test_every_kind_of_value_arrives_as_it_was(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            values = [b"bytes", bytearray(b"array"), memoryview(b"view"), "ä", b"", None]
            await asyncio.gather(*[producer.send("orders", value, value) for value in values])
            wanted = [b"bytes", b"array", b"view", "ä".encode(), b"", None]
            assert [(key, value) for _, key, value in await read_all(session, "orders", 6)] == list(zip(wanted, wanted))

    run(work())


def test_headers_partition_and_timestamp_are_kept(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            headers = [("a", b"1"), ("a", None), ("b", "text")]
            delivery = await session.producer().send("wide", b"x", headers=headers, partition=2, timestamp=1234567890123)
            assert delivery.partition == 2 and delivery.timestamp == 1234567890123
            async for envelope in session.fetcher(places=[("wide", 2)]):
                assert envelope.headers == [("a", b"1"), ("a", None), ("b", b"text")]
                assert envelope.timestamp == 1234567890123
                envelope.ack()
                break

    run(work())


def test_wrong_arguments_name_what_is_wrong(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            for arguments, named, kind in (
                    (((1, b"x"), {}), "topic", TypeError), ((("orders", 7), {}), "value", TypeError),
                    ((("orders", b"x"), {"key": 1.5}), "key", TypeError), ((("orders",), {}), "value", TypeError),
                    ((("orders", b"x"), {"partition": -1}), "partition -1", ValueError),
                    ((("orders", b"x"), {"colour": 1}), "colour", TypeError),
                    ((("orders", b"x"), {"headers": [b"a"]}), "headers", TypeError),
                    ((("orders", b"x"), {"timestamp": "now"}), "int", TypeError)):
                with pytest.raises(kind, match=named):
                    producer.send(*arguments[0], **arguments[1])
            with pytest.raises(uvkafka.KafkaError) as raised:
                producer.send("no such/name", b"x")
            assert raised.value.code == uvkafka.Code.INVALID_TOPIC
            assert producer.queued() == (0, 0)

    run(work())


def test_a_record_that_fails_raises_code_place_and_persistence(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            with pytest.raises(uvkafka.KafkaError) as raised:
                await session.producer({"delivery.timeout.ms": 500}).send("orders", b"x", partition=9)
            assert raised.value.code != 0 and "orders" in str(raised.value)
            assert raised.value.name == uvkafka.Code(raised.value.code).name.lower()
            assert raised.value.persistence == 0

    run(work())


def test_a_broker_that_refuses_is_an_exception_with_its_code(run, start_broker):
    broker = start_broker("--topic", "orders", "--fault", "Produce:times=always:error=TOPIC_AUTHORIZATION_FAILED")

    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            with pytest.raises(uvkafka.KafkaError) as raised:
                await session.producer().send("orders", b"x")
            assert raised.value.code == uvkafka.Code.TOPIC_AUTHORIZATION_FAILED
            assert not raised.value.retriable

    run(work())


def test_records_wait_for_room_in_their_order(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer({"buffer.memory": 65536, "batch.size": 16384, "linger.ms": 0})
            values = [b"%05d" % k + b"x" * 10000 for k in range(40)]
            outcomes = await asyncio.gather(*[producer.send("orders", value) for value in values])
            assert [each.offset for each in outcomes] == list(range(40))
            assert [value for _, _, value in await read_all(session, "orders", 40)] == values

    run(work())


def test_a_future_that_is_cancelled_disturbs_nothing(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer({"linger.ms": 20, "buffer.memory": 65536})
            first = producer.send("orders", b"first")
            filler = [producer.send("orders", b"x" * 10000) for _ in range(10)]
            waiting = producer.send("orders", b"never sent" + b"x" * 10000)
            last = producer.send("orders", b"last")
            first.cancel()
            waiting.cancel()
            await asyncio.gather(*filler, last)
            values = [value for _, _, value in await read_all(session, "orders", 12)]
            assert values[0] == b"first" and values[-1] == b"last"  # the one was on its way, the other was not
            assert not any(value.startswith(b"never") for value in values)

    run(work())


def test_reports_of_tokens_come_as_arrays(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            got = []
            producer.on_reports(lambda reports: got.extend(zip(reports.tokens, reports.partitions, reports.offsets,
                                                               reports.codes, reports.persistences)))
            orders = producer.topic("orders")
            assert orders.name == "orders"
            for token in range(1, 101):
                orders.send(b"x", token)
            orders.send(b"no report")
            orders.send(b"with a key", 101, b"key", 0)
            await producer.flush()
            assert [row[0] for row in got] == list(range(1, 102))
            assert [row[2] for row in got] == [*range(100), 101]
            assert {row[3:] for row in got} == {(0, 2)}

    run(work())


def test_reports_of_failed_tokens_have_their_exceptions(run, start_broker):
    broker = start_broker("--topic", "orders", "--fault", "Produce:error=INVALID_RECORD")

    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            got = []
            producer.on_reports(got.append)
            producer.topic("orders").send(b"x", 2**63 + 5)
            await producer.flush()
            [reports] = got
            assert len(reports) == reports.failed == 1 and reports.tokens[0] == 2**63 + 5
            assert reports.errors[2**63 + 5].code == uvkafka.Code.INVALID_RECORD == reports.codes[0]
            with pytest.raises(TypeError):
                reports.codes[0] = 0

    run(work())


def test_lists_and_packed_values_are_the_same_records(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            tokens = []
            producer.on_reports(lambda reports: tokens.extend(reports.tokens))
            orders = producer.topic("orders")
            values, keys = [b"one", None, b"", b"four"], [b"k1", b"k2", None, b""]
            assert orders.send_many(values, 10, keys) == 4
            null = 0x80000000
            assert orders.send_packed(b"onefour", array.array("I", [3, 3 | null, 3, 7]), 20,
                                      keys=b"k1k2", key_ends=array.array("I", [2, 4, 4 | null, 4])) == 4
            await producer.flush()
            assert tokens == [10, 11, 12, 13, 20, 21, 22, 23]
            read = [(key, value) for _, key, value in await read_all(session, "orders", 8)]
            assert read == list(zip(keys, values)) * 2
            for ends in (array.array("I", [4, 3]), array.array("I", [99]), b"123"):
                with pytest.raises((ValueError, uvkafka.InvalidArgument)):
                    orders.send_packed(b"onefour", ends)
            with pytest.raises(ValueError, match="2 values and 1 keys"):
                orders.send_many([b"a", b"b"], 0, [b"k"])
            with pytest.raises(TypeError) as raised:
                orders.send_many([b"taken", 5, b"not"])
            assert raised.value.taken == 1

    run(work())


def test_a_full_queue_says_how_many_were_taken_and_when_there_is_room(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer({"buffer.memory": 65536, "batch.size": 16384})
            orders = producer.topic("orders")
            values = [b"%05d" % k + b"x" * 3000 for k in range(100)]
            done, rounds = 0, 0
            while done < len(values):
                done += orders.send_many(values[done:])
                rounds += 1
                if done < len(values):
                    with pytest.raises(uvkafka.QueueFull):
                        orders.send(b"x" * 60000)
                    await asyncio.gather(producer.drained(), producer.drained())
            await producer.flush()
            assert rounds > 1
            assert [value for _, _, value in await read_all(session, "orders", 100)] == values
            await producer.drained()  # of a queue that is not full: at once
            await producer.room(60000)

    run(work())


def test_many_records_as_one_have_one_outcome(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            topic = session.producer({"delivery.timeout.ms": 500}).topic("wide")
            rows = await topic.produce(numbers(300), [k % 2 for k in range(300)], numbers(300))
            assert sorted((row["partition"], row["offset"], row["persistence"]) for row in rows) == [(0, 0, 2), (1, 0, 2)]
            assert [row["offset"] for row in await topic.produce([b"x", None], 1)] == [150]
            with pytest.raises(uvkafka.KafkaError) as raised:
                await topic.produce([b"x"], 7)
            assert raised.value.result[0]["partition"] == 7
            for wrong in (([b"x"], [0, 1]), ([b"x"], 0, [b"a", b"b"]), ([b"x"], -1)):
                with pytest.raises(ValueError):
                    await topic.produce(*wrong)

    run(work())


def test_a_partitioner_of_the_program(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            seen = []

            def partitioner(topic, key, value, count):
                seen.append((topic, key, value, count))
                return int(key)

            producer.set_partitioner(partitioner)
            assert (await producer.send("wide", b"x", b"2")).partition == 2
            assert seen == [("wide", b"2", b"x", 3)]
            with pytest.raises(uvkafka.KafkaError):
                await producer.send("wide", b"x", b"not a number")

    run(work(), expect_errors=True)
    [context] = run.contexts
    assert isinstance(context["exception"], ValueError) and "partitioner" in context["message"]


def test_abort_and_close_tell_every_record(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer({"linger.ms": 10000})
            producer.send("orders", b"so that the leader is known")
            await producer.flush()
            waiting = producer.send("orders", b"x")
            assert producer.queued()[0] == 1
            producer.abort()
            with pytest.raises(uvkafka.Cancelled):
                await waiting
            flushed = producer.send("orders", b"y")
            await producer.close()
            assert flushed.result().offset == 1
            with pytest.raises(uvkafka.Closed):
                producer.send("orders", b"z")

    run(work())


def test_a_producer_that_nobody_holds_delivers(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            session.producer().send("orders", b"x")
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            assert await read_all(session, "orders", 1) == [(0, None, b"x")]

    run(work())
