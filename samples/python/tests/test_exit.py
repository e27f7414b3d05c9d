"""Programs that end in the middle of their work: no crash, no hang, nothing said that is not true."""
import pytest

from conftest import run_script

START = """
import asyncio, gc, signal, sys, threading, os
import uvkafka
address = sys.argv[1]

async def busy(session):
    producer = session.producer({"linger.ms": 1})
    stream = session.consumer("billing", ["orders"], options={"ordering": "unordered"}).messages()
    futures = [producer.send("orders", b"x" * 100) for _ in range(500)]
    envelopes = [await stream.__anext__() for _ in range(10)]
    waiting = asyncio.ensure_future(session.consumer("other", ["nothing"]).messages().__anext__())
    await asyncio.sleep(0)
    return producer, stream, futures, envelopes, waiting
"""

# How it ends: (whether the session is closed on the way, the statement, the exit statuses that are right)
ENDS = {
    "an exception": (True, "raise LookupError('of the program')", [1]),
    "a signal": (True, "os.kill(os.getpid(), signal.SIGINT); await asyncio.sleep(10)", [-2, 130, 1]),
    "the loop is stopped": (True, "asyncio.get_running_loop().stop(); await asyncio.sleep(10)", [1]),
    "the task returns": (False, "return", [0]),
    "sys.exit": (False, "sys.exit(7)", [7]),
    "os._exit": (False, "sys.stdout.flush(); os._exit(7)", [7]),
}


def assert_clean(said):
    for word in ("Segmentation", "Fatal Python", "Exception ignored", "assert"):
        assert word not in said, said


@pytest.mark.parametrize("killed", [False, True], ids=["", "its broker was killed"])
@pytest.mark.parametrize("end", ENDS)
def test_exit(broker, end, killed):
    closed, statement, wanted = ENDS[end]
    options = "{'bootstrap.servers': address, 'close.timeout.ms': 1000}"
    around = f"    async with uvkafka.Session({options}) as session:\n" if closed else \
        f"    session = uvkafka.Session({options})\n    if True:\n"
    kill = f"os.kill({broker.pid}, signal.SIGKILL); await asyncio.sleep(0.3)" if killed else "pass"
    status, said = run_script(START + f"""
async def main():
{around}        held = await busy(session)
        print("working", flush=True)
        {kill}
        {statement}

asyncio.run(main())
""", broker.address)
    assert "working\n" in said, said
    assert status in wanted, said
    assert_clean(said)


# Where the program is called from the library's loop: what has it called there.
PLACES = {
    "events": "session.on_event(end)",
    "the log": "logging.getLogger('uvkafka').addFilter(end)",
    "an outcome": "session.producer().send('orders', b'x').add_done_callback(end)",
    "reports": "producer = session.producer(); producer.on_reports(end); producer.topic('orders').send(b'x', 1)",
    "an assignment": "member.on_assigned(end)",
    "a revocation": "member.on_assigned(lambda _: asyncio.ensure_future(member.close())); member.on_revoked(end)",
    "the end of a partition": "member.on_partition_end(end)",
    "a commit": "stream = session.consumer('one', ['orders']).messages();"
                " (await stream.__anext__()).commit().add_done_callback(end)",
}


@pytest.mark.parametrize("place", PLACES)
def test_sys_exit_wherever_the_program_is_called(broker, place):
    status, said = run_script(START + f"""
import logging

def end(*_):
    print("ends", flush=True)
    sys.exit(7)

async def main():
    logging.getLogger("uvkafka").setLevel(logging.DEBUG)
    session = uvkafka.Session({{"bootstrap.servers": address}})
    held = await busy(session)
    member = session.member("members", ["orders"], {{"auto.offset.reset": "earliest"}})

    async def read():
        async for envelope in member:
            envelope.ack()

    reading = asyncio.ensure_future(read())
    {PLACES[place]}
    await asyncio.sleep(20)
    print("it went on", flush=True)

asyncio.run(main())
""", broker.address)
    assert status == 7 and "ends\n" in said, said  # perhaps again while asyncio cancels what is left
    assert "it went on" not in said, said
    assert_clean(said)


def test_a_loop_that_is_closed_early(broker):
    status, said = run_script(START + """
async def begin():
    global session, held
    session = uvkafka.Session({"bootstrap.servers": address})
    held = await busy(session)

loop = asyncio.new_event_loop()
loop.run_until_complete(begin())
loop.close()
producer, stream, futures, envelopes, waiting = held
for work in (lambda: producer.send("orders", b"x"), envelopes[0].ack, envelopes[1].commit, session.topics, session.stats):
    try:
        result = work()
        if hasattr(result, "close"):
            result.close()  # a coroutine that nobody can run
    except (RuntimeError, uvkafka.KafkaError) as error:
        print(type(error).__name__, error, flush=True)
waiting._log_destroy_pending = False
del work, result, producer, stream, futures, envelopes, waiting, held
gc.collect()
session.abort()
del session
gc.collect()
print("done", flush=True)
""", broker.address)
    assert status == 0 and said.strip().endswith("done"), said
    assert_clean(said)


def test_everything_is_global(broker):
    status, said = run_script(START + """
loop = asyncio.new_event_loop()
async def begin():
    global session, held
    session = uvkafka.Session({"bootstrap.servers": address})
    held = await busy(session)
loop.run_until_complete(begin())
print("working", flush=True)
""", broker.address)
    assert status == 0 and "working" in said and "Fatal" not in said, said


def test_a_loop_of_each_thread(broker):
    status, said = run_script(START + """
async def main():
    async with uvkafka.Session({"bootstrap.servers": address}) as session:
        await busy(session)

threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("done", flush=True)
""", broker.address)
    assert status == 0 and said.strip().endswith("done"), said


def test_a_thread_that_ends_with_a_session_open(broker):
    status, said = run_script(START + """
kept = []
async def main():
    session = uvkafka.Session({"bootstrap.servers": address})
    kept.append((session, await busy(session)))

thread = threading.Thread(target=lambda: asyncio.run(main()))
thread.start()
thread.join()
kept.clear()
gc.collect()
print("done", flush=True)
""", broker.address)
    assert status == 0 and "done" in said and "Fatal" not in said, said
