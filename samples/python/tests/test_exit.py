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


@pytest.mark.parametrize("end", ENDS)
def test_exit(broker, end):
    closed, statement, wanted = ENDS[end]
    around = "    async with uvkafka.Session({'bootstrap.servers': address}) as session:\n" if closed else \
        "    session = uvkafka.Session({'bootstrap.servers': address})\n    if True:\n"
    status, said = run_script(START + f"""
async def main():
{around}        held = await busy(session)
        print("working", flush=True)
        {statement}

asyncio.run(main())
""", broker.address)
    assert "working\n" in said, said
    assert status in wanted, said
    for word in ("Segmentation", "Fatal Python", "Exception ignored", "assert"):
        assert word not in said, said


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
