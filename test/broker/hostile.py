#!/usr/bin/env python3
"""Runs `uvkafka topics`, `consume` and `produce` against servers that are hostile or dead.

    hostile.py [--uvkafka PROGRAM] [KIND ...]

For each kind and command: in 4 s fewer than 40 connections, little CPU, under 150 MB, stderr tells what is wrong,
and SIGINT ends the program with status 1. One line per check; exit status 0 all hold, 1 one does not.
"""
import argparse
import asyncio
import os
import pathlib
import random
import resource
import signal
import struct
import sys
import time

from harness import Checks, default_program, expect

WATCHED = 4.0           # seconds in which the costs are counted
ENDS_WITHIN = 8.0       # the flush after a signal takes at most 5 s
FULL_TOPICS = 20_000_000 // 26
AT_ONCE = 6             # kinds
HEAVY = {"full_of_topics": 7.0}  # seconds for kinds that come alone, because this script is busy with them
MOST_CONNECTIONS = 40
MOST_CPU = 1.0
MOST_MEMORY_KB = 150 * 1024
LINES = "".join(f"{i} {'x' * 90}\n" for i in range(20000)).encode()
COMMANDS = {"topics": [], "consume": ["-t", "t", "-e"], "produce": ["-t", "t"]}


async def request(reader):
    """(key, version, correlation id) of the next request."""
    size, = struct.unpack(">i", await reader.readexactly(4))
    body = await reader.readexactly(size)
    return struct.unpack(">hhi", body[:8])


def frame(correlation, body):
    return struct.pack(">ii", len(body) + 4, correlation) + body


async def garbage(reader, writer):
    writer.write(random.Random(7).randbytes(4096))
    await asyncio.sleep(3600)


async def silence(reader, writer):
    await asyncio.sleep(3600)


async def huge_length(reader, writer):
    """Announces 2 GB and goes on sending."""
    await request(reader)
    writer.write(struct.pack(">i", 0x7fffffff))
    for _ in range(2000):
        writer.write(b"\0" * 65536)
        await writer.drain()
        await asyncio.sleep(0.002)


async def negative_length(reader, writer):
    await request(reader)
    writer.write(struct.pack(">i", -5) + b"\0" * 64)
    await asyncio.sleep(3600)


async def trickle(reader, writer):
    """A frame that never ends, a byte at a time."""
    _, _, correlation = await request(reader)
    for byte in struct.pack(">ii", 1 << 20, correlation) + b"\0" * 100000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def closing(reader, writer):
    return


async def wrong_correlation(reader, writer):
    _, _, correlation = await request(reader)
    writer.write(frame(correlation + 77, b"\0" * 32))
    await asyncio.sleep(3600)


async def absurd_count(reader, writer):
    """An answer whose array claims 2^31 - 1 elements."""
    while True:
        _, _, correlation = await request(reader)
        writer.write(frame(correlation, struct.pack(">hi", 0, 0x7fffffff) + b"\xff" * 64))


async def web_server(reader, writer):
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def tls_server(reader, writer):
    """What a TLS port says to somebody who does not begin with a handshake."""
    await reader.read(1)
    writer.write(bytes([21, 3, 3, 0, 2, 2, 80]))


async def zeros(reader, writer):
    while True:
        writer.write(b"\0" * 65536)
        await writer.drain()
        await asyncio.sleep(0.001)


async def ones(reader, writer):
    while True:
        writer.write(b"\xff" * 65536)
        await writer.drain()
        await asyncio.sleep(0.001)


def versions(correlation):
    """A short answer to ApiVersions 0, as of a broker that knows nothing else."""
    keys = [(0, 3, 11), (1, 4, 16), (2, 1, 9), (3, 0, 12), (8, 2, 9), (9, 1, 9), (10, 0, 4), (18, 0, 0)]
    return frame(correlation, struct.pack(">hi", 35, len(keys)) + b"".join(struct.pack(">hhh", *key) for key in keys)), \
        frame(correlation, struct.pack(">hi", 0, len(keys)) + b"".join(struct.pack(">hhh", *key) for key in keys))


async def welcome(reader, writer):
    """A proper answer to ApiVersions, asked for again in version 0."""
    while True:
        key, version, correlation = await request(reader)
        if key != 18:
            return correlation
        writer.write(versions(correlation)[0 if version > 0 else 1])


async def silent_later(reader, writer):
    await welcome(reader, writer)
    await asyncio.sleep(3600)


async def garbage_later(reader, writer):
    correlation = await welcome(reader, writer)
    writer.write(frame(correlation, random.Random(9).randbytes(300)))
    await asyncio.sleep(3600)


async def closing_later(reader, writer):
    await welcome(reader, writer)


async def nobody_there(reader, writer):
    """Metadata that names no broker."""
    while True:
        writer.write(frame(await welcome(reader, writer), b"\0" * 40))


def compact(count):
    """The count of a compact array."""
    count += 1
    out = bytearray()
    while count >= 128:
        out.append(count & 127 | 128)
        count >>= 7
    return bytes(out) + bytes([count])


TOPIC = struct.pack(">hB16sBBiB", 0, 0, b"", 0, 1, 0, 0)  # the smallest one of Metadata 12
FULL = b"\0" + struct.pack(">iBBi", 0, 1, 0, -1) + compact(FULL_TOPICS) + TOPIC * FULL_TOPICS + struct.pack(">B", 0)


async def full_of_topics(reader, writer):
    """An answer to Metadata of 20 MB, full of the smallest topics."""
    while True:
        writer.write(frame(await welcome(reader, writer), FULL))
        await writer.drain()


KINDS = {f.__name__: f for f in (garbage, silence, huge_length, negative_length, trickle, closing, wrong_correlation,
                                 absurd_count, web_server, tls_server, zeros, ones, silent_later, garbage_later,
                                 closing_later, nobody_there, full_of_topics)}
NAMED = {"web_server": "HTTP", "tls_server": "TLS", "refused": "refused", "silence": "still waiting",
         "silent_later": "still waiting", "trickle": "still waiting",
         "full_of_topics": "more entries than one message may have",
         "closing_later": "closed instead of an answer", "garbage_later": "protocol"}


async def drive(program, kind, command, checks):
    connections = 0

    async def serve(reader, writer):
        nonlocal connections
        connections += 1
        try:
            await KINDS[kind](reader, writer)
        except (OSError, asyncio.IncompleteReadError, struct.error, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = None
    if kind in KINDS:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
    else:
        port = 1  # nobody listens
    process = await asyncio.create_subprocess_exec(
        str(program), command, "-b", f"127.0.0.1:{port}", *COMMANDS[command], stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE)
    said = bytearray()

    async def listen():
        while chunk := await process.stderr.read(4096):
            said.extend(chunk)

    async def feed():
        try:
            process.stdin.write(LINES if command == "produce" else b"")
            await process.stdin.drain()
            process.stdin.close()
        except OSError:
            pass
    tasks = [asyncio.create_task(listen()), asyncio.create_task(feed())]
    watched = HEAVY.get(kind, WATCHED)
    await asyncio.sleep(watched)
    counted, usage = connections, cost(process.pid)
    told = bytes(said)
    interrupted = time.monotonic()
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        status = await asyncio.wait_for(process.wait(), ENDS_WITHIN)
    except asyncio.TimeoutError:
        process.kill()
        status = await process.wait()
    ended = time.monotonic() - interrupted
    for task in tasks:
        task.cancel()
    if server:
        server.close()

    def judge():
        expect(counted < MOST_CONNECTIONS, f"{counted} connections in {watched} s")
        if usage:
            expect(usage[0] < MOST_CPU, f"{usage[0]:.2f} s of CPU in {watched} s")
            expect(usage[1] < MOST_MEMORY_KB, f"{usage[1]} KB")
        expect(told.strip(), "nothing was said on stderr")
        expect(NAMED.get(kind, "").encode() in told, f"{NAMED.get(kind)} is not named: {told[-300:]!r}")
        expect(len(told.splitlines()) <= 2, f"{len(told.splitlines())} lines: {told[:600]!r}")
        expect(status == 1, f"exit status {status} {ended:.1f} s after SIGINT; it said {told[-300:]!r}")
        shown = f"{usage[0]:.2f} s CPU, {usage[1] // 1024} MB" if usage else f"ended by itself with {status}"
        return f"{counted} connections, {shown}, {told.decode(errors='replace').strip().splitlines()[0][:150]!r}"
    checks.run(f"{kind}: {command}", judge)


def cost(pid):
    """(CPU seconds, peak KB) of a running process; nothing once it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        peak = next((int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                     if line.startswith("VmHWM")), None)
    except FileNotFoundError:
        return None
    if peak is None:  # a zombie: the program ended by itself
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), peak


async def all_of_it(options, checks):
    kinds = options.kinds or [*KINDS, "refused"]
    light = [kind for kind in kinds if kind not in HEAVY]
    groups = [light[first:first + AT_ONCE] for first in range(0, len(light), AT_ONCE)]
    for group in groups + [[kind] for kind in kinds if kind in HEAVY]:
        await asyncio.gather(*(drive(options.uvkafka, kind, command, checks) for kind in group for command in COMMANDS))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=" ".join([*KINDS, "refused"]))
    parser.add_argument("--uvkafka", type=pathlib.Path, default=default_program())
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    checks = Checks("hostile")
    asyncio.run(all_of_it(options, checks))
    sys.exit(checks.end())


if __name__ == "__main__":
    main()
