"""Sessions: options, log, events, stats, closing, handlers that raise, other threads."""
import asyncio
import logging
import pathlib
import pickle
import threading

import pytest

import uvkafka

ERROR_HEADER = pathlib.Path(__file__).resolve().parents[3] / "include/kafka/c/error.h"


def test_wrong_options_are_named(run):
    async def work():
        for options, named, kind in (({}, "bootstrap.servers", uvkafka.InvalidOption),
                                     ({"bootstrap.servers": "a:1", "linger.ms": 5}, "linger.ms", uvkafka.InvalidOption),
                                     ({"bootstrap.servers": "a:1", "request.timeout.ms": -7}, "request.timeout.ms",
                                      uvkafka.InvalidOption),
                                     ({"bootstrap.servers": b"a:1"}, "bootstrap.servers", TypeError),
                                     ({"bootstrap.servers": "a:1\0"}, "bootstrap.servers", ValueError),
                                     ({1: "a"}, "1", TypeError)):
            with pytest.raises(kind, match=named):
                uvkafka.Session(options)
        async with uvkafka.Session({"bootstrap.servers": "127.0.0.1:1"}) as session:
            with pytest.raises(uvkafka.InvalidOption, match="acks") as raised:
                session.producer({"acks": "some"})
            assert raised.value.code == uvkafka.Code.INVALID_OPTION and "acks" in raised.value.detail
            with pytest.raises(uvkafka.InvalidOption, match="ordering"):
                session.consumer("group", ["orders"], options={"ordering": "none"})
            for wrong in ({}, {"topics": ["a"], "partitions": [("a", 0)]}):
                with pytest.raises(ValueError):
                    session.consumer("group", **wrong)
            with pytest.raises(TypeError):
                session.consumer("group", "orders")

    run(work())


def test_options_may_be_numbers_and_flags(run):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": "127.0.0.1:1", "request.timeout.ms": 5000}) as session:
            session.producer({"linger.ms": 5, "enable.idempotence": True, "acks": "all"})

    run(work())
    names = {option.name for kind in range(3) for option in uvkafka.options(kind)}
    assert {"bootstrap.servers", "linger.ms", "auto.offset.reset"} <= names


def test_a_session_needs_a_running_loop():
    with pytest.raises(RuntimeError):
        uvkafka.Session({"bootstrap.servers": "127.0.0.1:1"})


def test_codes_are_those_of_the_header():
    import re
    known = {name: int(number) for name, number in re.findall(r"^  KAFKA_(\w+) = (-?\d+),", ERROR_HEADER.read_text(), re.M)}
    assert {code.name: code.value for code in uvkafka.Code} == known


def test_exceptions_can_be_copied(run):
    from uvkafka.errors import make_error
    error = make_error(-1004, "full", "buffer.memory", 1, 0)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, again.name, again.detail, again.retriable, again.fatal, str(again)) == \
        (uvkafka.QueueFull, -1004, "queue_full", "buffer.memory", True, False, "full")
    assert isinstance(make_error(-1003, "", "", 0, 0), ValueError)
    assert make_error(4711, "new", "", 0, 0).name == "unknown_code"


def test_metadata_topics_and_stats(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            assert sorted(await session.topics()) == ["orders", "wide"]
            tables = await session.metadata(["wide"])
            assert sorted(row["partition"] for row in tables["partitions"]) == [0, 1, 2]
            rows = (await session.metadata(["wide", "nowhere"]))["topics"]
            assert {row["name"]: row.get("error") for row in rows} == {
                "wide": None, "nowhere": "unknown_topic_or_partition"}
            await session.metadata(["new"], create=True)
            producer = session.producer()
            await producer.send("orders", b"x")
            assert session.stats()["producers"][0]["queued"] == 0
            assert "shop_" in session.prometheus("shop")

    run(work())


def test_offsets_of_partitions_and_groups(run, broker):
    async def work():
        options = {"bootstrap.servers": broker.address, "default.api.timeout.ms": 1000}
        async with uvkafka.Session(options) as session:
            for k in range(5):
                await session.producer().send("orders", b"x", timestamp=1000 + k)
            partition = [("orders", 0)]
            assert [place.offset for place in await session.offsets.earliest(partition)] == [0]
            assert [place.offset for place in await session.offsets.latest(partition)] == [5]
            [place] = await session.offsets.at_time(partition, 1003)
            assert (place.offset, place.timestamp) == (3, 1003)
            await session.offsets.store("billing", [place._replace(metadata=b"here")])
            [stored] = await session.offsets.stored("billing", partition)
            assert (stored.offset, stored.metadata) == (3, b"here")
            [row] = await session.groups.lag("billing")
            assert (row["committed"], row["end"], row["lag"]) == (3, 5, 2)
            await session.offsets.reset("billing", partition, to_end=True)
            assert (await session.offsets.stored("billing", partition))[0].offset == 5
            await session.offsets.reset("billing", partition)
            assert (await session.offsets.stored("billing", partition))[0].offset == 0
            with pytest.raises(uvkafka.KafkaError) as raised:
                await session.offsets.latest([("orders", 0), ("orders", 7)])
            good, bad = raised.value.result
            assert good.offset == 5 and bad.error.code == raised.value.code
            assert [row["name"] for row in (await session.groups.list())["groups"]] == ["billing"]
            assert (await session.groups.describe(["billing"]))["groups"][0]["name"] == "billing"
            await session.groups.delete_offsets("billing", partition)
            await session.groups.delete(["billing"])
            assert (await session.groups.list())["groups"] == []

    run(work())


def test_the_log_goes_to_logging(run, caplog):
    logger = logging.getLogger("uvkafka.test")
    logger.setLevel(logging.DEBUG)

    async def work():
        async with uvkafka.Session({"bootstrap.servers": "127.0.0.1:1"}, logger) as session:
            session.on_event(None)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(session.topics(), 0.3)

    run(work())
    assert any(record.name == "uvkafka.test" and "127.0.0.1:1" in record.getMessage() for record in caplog.records)


def test_events_are_told(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            events = []
            session.on_event(events.append)
            await session.topics()
            await session.producer().send("orders", b"x")
            assert uvkafka.EventType.BROKER_CONNECTED in {event.type for event in events}
            assert all(isinstance(event, uvkafka.Event) and event.text for event in events)
            assert any(event.broker == broker.address for event in events)
            session.on_event(None)

    run(work())


def test_exceptions_in_handlers_go_to_the_loop(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            def fails(*_):
                raise LookupError("of the program")
            session.on_event(fails)
            producer = session.producer()
            producer.on_reports(fails)
            producer.topic("orders").send(b"x", 1)
            await producer.flush()
            consumer = session.consumer("billing", ["orders"])
            consumer.on_partition_end(fails)
            async for envelope in consumer:
                await envelope.commit()
                break
            await asyncio.sleep(0.1)

    run(work(), expect_errors=True)
    said = " ".join(context["message"] for context in run.contexts)
    assert "handler of events" in said and "handler of reports" in said and "partitions' ends" in said
    assert {type(context["exception"]) for context in run.contexts} == {LookupError}


def test_what_is_no_error_of_a_handler_ends_the_run(run, broker):
    async def work():
        session = uvkafka.Session({"bootstrap.servers": broker.address})
        try:
            def fails(_):
                session.on_event(None)
                raise KeyboardInterrupt
            session.on_event(fails)
            await session.topics()
        finally:
            session.abort()

    with pytest.raises(KeyboardInterrupt):
        run(work())


def test_calls_from_another_thread_are_refused(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer()
            raised = []

            def call():
                try:
                    producer.send("orders", b"x")
                except uvkafka.WrongThread as error:
                    raised.append(error)

            thread = threading.Thread(target=call)
            thread.start()
            thread.join()
            assert len(raised) == 1

    run(work())


def test_an_envelope_that_is_let_go_of_on_another_thread_is_freed_on_its_own(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await session.producer().send("orders", b"x")
            stream = session.consumer("billing", ["orders"]).messages()
            held = [await stream.__anext__()]
            thread = threading.Thread(target=held.clear)
            thread.start()
            thread.join()
            with pytest.raises(uvkafka.EnvelopeDropped):
                await stream.__anext__()

    run(work())


def test_closing_flushes_and_everything_says_closed_afterwards(run, broker):
    async def work():
        session = uvkafka.Session({"bootstrap.servers": broker.address})
        producer = session.producer({"linger.ms": 10000})
        sent = producer.send("orders", b"x")
        await asyncio.gather(session.close(), session.close())
        assert sent.result().offset == 0
        await session.close()
        for call in (session.producer, session.stats, lambda: session.consumer("a", ["b"]),
                     lambda: producer.send("orders", b"x"), producer.flush, lambda: producer.topic("orders")):
            with pytest.raises(uvkafka.Closed):
                call()

    run(work())


def test_a_deadline_fails_what_is_left(run, start_broker):
    broker = start_broker("--topic", "orders", "--fault", "Produce:times=always:delay=20000")

    async def work():
        session = uvkafka.Session({"bootstrap.servers": broker.address})
        sent = session.producer().send("orders", b"x")
        await session.close(0.2)
        with pytest.raises(uvkafka.KafkaError) as raised:
            await sent
        assert raised.value.persistence in (0, 1)

    run(work())


def test_who_waits_is_cancelled_by_abort(run, start_broker):
    broker = start_broker("--topic", "orders", "--fault", "Produce:times=always:delay=20000")

    async def work():
        session = uvkafka.Session({"bootstrap.servers": broker.address})
        sent = session.producer().send("orders", b"x")
        waiting = asyncio.ensure_future(session.consumer("billing", ["other"]).messages().__anext__())
        await asyncio.sleep(0.2)
        session.abort()
        with pytest.raises(asyncio.CancelledError):
            await sent
        with pytest.raises(StopAsyncIteration):
            await waiting

    run(work())


def test_a_session_that_nobody_closed_warns(run, broker):
    async def work():
        uvkafka.Session({"bootstrap.servers": broker.address})

    with pytest.warns(ResourceWarning, match="unclosed"):
        run(work())


def test_a_broker_that_is_killed_and_comes_back_is_a_delay(run, broker):
    async def work():
        options = {"bootstrap.servers": broker.address, "retry.backoff.ms": 20, "reconnect.backoff.ms": 20,
                   "reconnect.backoff.max.ms": 100}
        async with uvkafka.Session(options) as session:
            producer = session.producer({"enable.idempotence": False, "acks": 1})
            await producer.send("orders", b"before")
            await asyncio.get_running_loop().run_in_executor(None, broker.restart)
            assert (await producer.send("orders", b"after")).offset == 0

    run(work())
