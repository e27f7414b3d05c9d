"""Consuming: envelopes, batches by columns, streams that are left and taken up again, positions."""
import asyncio

import pytest

import uvkafka

UNORDERED = {"ordering": "unordered", "commit.mode": "pipelined", "auto.offset.reset": "earliest"}


async def fill(session, topic, values, keys=None):
    producer = session.producer()
    assert producer.topic(topic).send_many(values, 0, keys) == len(values)
    await producer.close()


def numbers(count):
    return [b"%d" % k for k in range(count)]


def test_batches_by_columns(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(2000), keys=[b"k%d" % (k % 7) if k % 3 else None for k in range(2000)])
            consumer = session.consumer("billing", ["orders"], options=UNORDERED)
            values, commits = [], []
            async for batch in consumer.batches(500):
                assert 1 <= len(batch) <= 500
                first = len(values)
                assert list(batch.offsets) == list(range(first, first + len(batch)))
                assert set(batch.partitions) == {0} and batch.topics == ["orders"]
                assert batch.topic_indexes[0] == 0 and batch.timestamps[0] > 0
                assert batch.keys[0] == (b"k%d" % (first % 7) if first % 3 else None)
                packed = bytes(batch.packed_values)
                ends = [0, *batch.value_ends]
                assert [packed[a:b] for a, b in zip(ends, ends[1:])] == batch.values
                message = batch[len(batch) - 1]
                assert message.value == batch.values[-1] and message.offset == batch.offsets[-1]
                assert (message.topic, message.headers) == ("orders", [])
                with pytest.raises(IndexError):
                    batch[len(batch)]
                assert [each.value for each in batch] == batch.values
                values += batch.values
                commits.append(batch.commit())
                if len(values) == 2000:
                    break
            await asyncio.gather(*commits)
            assert values == numbers(2000)
            [place] = await session.offsets.stored("billing", [("orders", 0)])
            assert place.offset == 2000

    run(work())


def test_ranges_of_a_batch_are_answered_one_by_one(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(10))
            async for batch in session.consumer("billing", ["orders"], options=UNORDERED).batches():
                assert len(batch) == 10
                batch.ack(0, 4)
                with pytest.raises(uvkafka.AlreadyAnswered):
                    batch.ack(3, 2)
                with pytest.raises(uvkafka.InvalidArgument):
                    batch.commit(10)
                await batch.commit(4, 3, metadata=b"seven")
                [place] = await session.offsets.stored("billing", [("orders", 0)])
                assert (place.offset, place.metadata) == (7, b"seven")
                batch.ack(7)
                break

    run(work())


def test_batches_need_unordered(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            with pytest.raises(uvkafka.InvalidArgument, match="ordering"):
                session.consumer("billing", ["orders"]).batches()

    run(work())


def test_columns_outlive_their_batch(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(10))
            async for batch in session.fetcher(["orders"], options=UNORDERED).batches():
                values, offsets = batch.packed_values, batch.offsets
                batch.ack()
                break
            del batch
        return bytes(values), list(offsets)

    assert run(work()) == (b"0123456789", list(range(10)))


def test_batches_of_a_partition(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "wide", numbers(300), keys=numbers(300))
            seen = []
            async for envelope in session.consumer("billing", ["wide"]).partition_batches(50):
                messages = envelope.messages
                assert 1 <= len(envelope) == len(messages) <= 50
                assert {each.partition for each in messages} == {envelope.partition}
                assert messages[0].offset == envelope.offset and messages[0].value == envelope.value
                seen += [each.value for each in messages]
                await envelope.commit()
                if len(seen) == 300:
                    break
            assert sorted(seen, key=int) == numbers(300)

    run(work())


def test_leaving_the_iteration_does_not_end_it(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(20))
            consumer = session.consumer("billing", ["orders"], options=UNORDERED)
            seen = []
            for _ in range(20):
                async for envelope in consumer:
                    seen.append(envelope.value)
                    envelope.ack()
                    break
            assert seen == numbers(20)

    run(work())


def test_stop_gives_up_what_was_not_taken(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(20))
            consumer = session.consumer("billing", ["orders"], options=UNORDERED)
            stream = consumer.messages()
            envelope = await stream.__anext__()
            await envelope.commit()
            assert len(stream) > 0
            await consumer.stop()
            assert [each async for each in stream] == []
            rest = []
            async for envelope in consumer:
                rest.append(envelope.value)
                envelope.ack()
                if len(rest) == 19:
                    break
            assert rest == numbers(20)[1:]

    run(work())


def test_batches_that_nobody_took_come_again_after_stop(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(20))
            consumer = session.consumer("billing", ["orders"], options=UNORDERED)
            stream = consumer.batches(5)
            batch = await stream.__anext__()
            batch.ack()
            await asyncio.sleep(0.1)
            await consumer.stop()
            assert [each async for each in stream] == []
            rest = []
            async for batch in consumer.batches():
                rest += batch.values
                batch.ack()
                if len(rest) == 15:
                    break
            assert rest == numbers(20)[5:]

    run(work())


def test_a_limit_ends_the_iteration(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(20))
            seen = []
            async for envelope in session.fetcher(["orders"], options=UNORDERED).messages(7):
                seen.append(envelope.value)
                envelope.ack()
            assert seen == numbers(7)

    run(work())


def test_an_envelope_without_an_answer_ends_the_iteration(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(3))
            consumer = session.consumer("billing", ["orders"])
            stream = consumer.messages()
            await stream.__anext__()  # and nobody holds it
            with pytest.raises(uvkafka.EnvelopeDropped) as raised:
                await stream.__anext__()
            assert "orders" in raised.value.detail
            async for envelope in consumer:
                assert envelope.value == b"0"
                envelope.cancel()
            async for envelope in consumer:
                assert envelope.value == b"0"
                envelope.ack()
                with pytest.raises(uvkafka.AlreadyAnswered):
                    envelope.ack()
                break

    run(work())


def test_several_tasks_share_a_stream(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(200))
            consumer = session.consumer("billing", ["orders"], options=UNORDERED)
            seen = []

            async def worker():
                async for envelope in consumer:
                    await asyncio.sleep(0)
                    seen.append(int(envelope.value))
                    await envelope.commit()
                    if len(seen) == 200:
                        await consumer.stop()

            await asyncio.gather(*[worker() for _ in range(5)])
            assert sorted(seen) == list(range(200))

    run(work())


def test_a_task_that_is_cancelled_while_it_waits_takes_nothing_along(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            consumer = session.consumer("billing", ["orders"], options=UNORDERED)
            stream = consumer.messages()
            producer = session.producer()
            seen = []

            async def take():
                seen.append(await stream.__anext__())

            for k in range(50):
                waiting = asyncio.ensure_future(take())
                other = asyncio.ensure_future(take())
                await asyncio.sleep(0)
                sent = producer.send("orders", str(k))
                if k % 2:
                    await sent
                waiting.cancel()  # before its message, or when it was woken for it
                await asyncio.gather(waiting, return_exceptions=True)
                if waiting.cancelled():
                    await other
                else:
                    other.cancel()
                    await asyncio.gather(other, return_exceptions=True)
                await sent
            assert [int(each.value) for each in seen] == list(range(50))
            for each in seen:
                each.ack()

    run(work())


def test_a_cancelled_commit_is_stored_all_the_same(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(2))
            consumer = session.consumer("billing", ["orders"])
            async for envelope in consumer:
                envelope.commit().cancel()
                break
            await consumer.close()
            [place] = await session.offsets.stored("billing", [("orders", 0)])
            assert place.offset == 1

    run(work())


def test_positions_pauses_and_seeks(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", numbers(10))
            consumer = session.consumer("billing", partitions=[("orders", 0)])
            ends = []
            consumer.on_partition_end(lambda *place: ends.append(place))
            assert consumer.position("orders", 0) is None
            stream = consumer.messages()
            envelope = await stream.__anext__()
            assert consumer.position("orders", 0) == 0
            assert [place[:2] for place in consumer.partitions()] == [("orders", 0)]
            consumer.pause([("orders", 0)])
            envelope.ack()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 0.2)
            consumer.seek("orders", 0, 7)
            consumer.resume()
            for k in (7, 8, 9):
                envelope = await stream.__anext__()
                assert envelope.offset == k
                envelope.ack()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 0.2)
            assert consumer.at_end("orders", 0) and ends[-1] == ("orders", 0, 10)
            with pytest.raises(uvkafka.InvalidArgument):
                consumer.pause([("nobody", 0)])

    run(work())


def test_closing_ends_the_iteration(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            consumer = session.consumer("billing", ["orders"])

            async def iterate():
                return [envelope async for envelope in consumer]

            task = asyncio.ensure_future(iterate())
            await asyncio.sleep(0.05)
            await consumer.close()
            assert await task == []
            with pytest.raises(uvkafka.Closed):
                consumer.messages()

    run(work())


def test_an_envelope_may_outlive_its_session(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await fill(session, "orders", [b"kept"])
            async for envelope in session.consumer("billing", ["orders"]):
                break
        assert (envelope.value, envelope.topic) == (b"kept", "orders")
        with pytest.raises(uvkafka.KafkaError):
            envelope.commit()

    run(work())
