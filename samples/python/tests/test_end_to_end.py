"""One record there and back, with its commit."""
import uvkafka


def test_a_record_is_sent_consumed_and_committed(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            delivery = await session.producer().send("orders", b"paid", key=b"42", headers={"trace": b"7"})
            assert (delivery.partition, delivery.offset) == (0, 0)
            async for envelope in session.consumer("billing", ["orders"]):
                assert (envelope.topic, envelope.partition, envelope.offset) == ("orders", 0, 0)
                assert (envelope.key, envelope.value) == (b"42", b"paid")
                assert envelope.headers == [("trace", b"7")]
                assert envelope.timestamp == delivery.timestamp
                assert not envelope.answered
                await envelope.commit("done by me")
                assert envelope.answered
                break
            [place] = await session.offsets.stored("billing", [("orders", 0)])
            assert (place.offset, place.metadata) == (1, b"done by me")

    run(work())


def test_messages_come_one_after_another(run, broker):
    async def work():
        async with uvkafka.Session({"bootstrap.servers": broker.address}) as session:
            producer = session.producer({"linger.ms": 5})
            for sent in [producer.send("orders", str(k)) for k in range(20)]:
                await sent
            seen = []
            async for envelope in session.consumer("billing", ["orders"]):
                seen.append(int(envelope.value))
                await envelope.commit()
                if len(seen) == 20:
                    break
            assert seen == list(range(20))

    run(work())
