"""Members of groups: partitions that come and go."""
import asyncio
import time

import pytest

import uvkafka

FAST = {"heartbeat.interval.ms": 100, "auto.offset.reset": "earliest"}


def partitions(places):
    return sorted((place.topic, place.partition) for place in places)


ALL = [("wide", 0), ("wide", 1), ("wide", 2)]


def test_two_members_share_and_hand_over(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            told = []
            first = session.member("shop", ["wide"], FAST)
            first.on_assigned(lambda places: told.append(("first has", partitions(places))))
            first.on_revoking(lambda places, left: told.append(("first gives", partitions(places))) or left > 0)
            gone = asyncio.Event()

            async def revoked(places):
                await asyncio.sleep(0.05)
                told.append(("first gave", partitions(places)))
                gone.set()

            first.on_revoked(revoked)
            first_stream = first.messages()
            task = asyncio.ensure_future(first_stream.__anext__())
            while not told:
                await asyncio.sleep(0.01)
            assert told == [("first has", ALL)]
            assert first.group()["state"] != "" and partitions_of_rows(first.group()["owned"]) == ALL

            second = session.member("shop", ["wide"], FAST)
            taken = asyncio.get_running_loop().create_future()
            second.on_assigned(lambda places: taken.done() or not places or taken.set_result(partitions(places)))
            second_task = asyncio.ensure_future(second.messages().__anext__())
            await gone.wait()
            theirs = await taken
            given = [places for what, places in told if what == "first gave"][-1]
            assert set(theirs) <= set(given) and 1 <= len(theirs) < 3

            await first.close()
            await second.close()
            for each in (task, second_task):
                with pytest.raises(StopAsyncIteration):
                    await each

    run(work())


def partitions_of_rows(rows):
    return sorted((row["topic"], row["partition"]) for row in rows)


def test_a_seek_on_assignment_wins(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            for k in range(5):
                await session.producer().send("orders", str(k))
            member = session.member("shop", ["orders"], FAST)
            member.on_assigned(lambda places: [member.seek(place.topic, place.partition, 3) for place in places])
            async for envelope in member:
                assert envelope.value == b"3"
                await envelope.commit()
                break

    run(work())


def test_a_pattern_and_another_subscription(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            await session.producer().send("orders", b"by pattern")
            member = session.member("shop", "ord.*", FAST)
            stream = member.messages()
            envelope = await stream.__anext__()
            assert envelope.value == b"by pattern"
            await envelope.commit()
            assigned = asyncio.Queue()
            member.on_assigned(lambda places: assigned.put_nowait(partitions(places)))
            member.subscribe(["wide"])
            while await assigned.get() != ALL:
                pass
            await session.producer().send("wide", b"by name")
            envelope = await stream.__anext__()
            assert envelope.value == b"by name"
            envelope.ack()
            member.rebalance("the test asks")

    try:
        run(work())
    except uvkafka.KafkaError as error:
        if error.code == uvkafka.Code.UNSUPPORTED_FEATURE:
            pytest.skip("SKIPPED: this build has no RE2")
        raise


def test_a_member_that_is_put_out_hears_what_it_lost(run, start_broker):
    broker = start_broker("--topic", "wide:3", "--fault", "Heartbeat:error=UNKNOWN_MEMBER_ID")

    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            member = session.member("shop", ["wide"], {**FAST, "group.protocol": "classic"})
            lost = asyncio.get_running_loop().create_future()
            member.on_lost(lambda places, error: lost.done() or lost.set_result((partitions(places), error)))
            task = asyncio.ensure_future(member.messages().__anext__())
            places, error = await lost
            assert places == ALL and error.code == uvkafka.Code.UNKNOWN_MEMBER_ID
            await member.close()
            with pytest.raises(StopAsyncIteration):
                await task

    run(work())


def test_closing_does_not_wait_for_answers(run, broker):
    async def work():
        kinds = [lambda member: member.messages(), lambda member: member.partition_batches(),
                 lambda member: member.batches()]
        for number, kind in enumerate(kinds):
            async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
                await session.producer().send("orders", b"x")
                options = {**FAST, "ordering": "unordered" if number == 2 else "consumer"}
                member = session.member(f"shop{number}", ["orders"], options)
                item = await kind(member).__anext__()
                began = time.monotonic()
                if number:
                    await member.close()
                else:
                    await session.close()
                assert time.monotonic() - began < 5
                with pytest.raises(uvkafka.Lost):
                    item.commit()
                with pytest.raises(uvkafka.Lost):
                    item.ack()

    run(work())


def test_a_handler_that_fails_lets_the_group_go_on(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            first = session.member("shop", ["wide"], FAST)

            async def fails(places):
                raise LookupError("of the program")

            first.on_revoked(fails)
            assigned = asyncio.Event()
            first.on_assigned(lambda places: assigned.set())
            task = asyncio.ensure_future(first.messages().__anext__())
            await assigned.wait()
            second = session.member("shop", ["wide"], FAST)
            taken = asyncio.Event()
            second.on_assigned(lambda places: places and taken.set())
            other = asyncio.ensure_future(second.messages().__anext__())
            await taken.wait()
            await first.close()
            await second.close()
            await asyncio.gather(task, other, return_exceptions=True)

    run(work(), expect_errors=True)
    assert LookupError in {type(context["exception"]) for context in run.contexts}


def test_consumers_that_are_no_members_refuse_what_members_have(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            consumer = session.consumer("billing", ["orders"])
            with pytest.raises(uvkafka.InvalidArgument):
                consumer.subscribe(["wide"])
            with pytest.raises(uvkafka.InvalidArgument):
                consumer.rebalance()

    run(work())
