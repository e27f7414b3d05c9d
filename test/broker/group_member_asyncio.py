#!/usr/bin/env python3
"""A member of a consumer group on asyncio (samples/python) that says what happens to it: a peer for mixed groups.

    group_member_asyncio.py BOOTSTRAP GROUP TOPIC [name=value]...

Values and lines are those of GroupMember.java, but:
    commit=each|batch   each: `async for` of envelopes, a commit each; batch: one commit for a batch by columns, with
                        ordering=unordered
    close=leave         there is no other way
All other values are options of the consumer. It ends at the end of standard input.
"""
import asyncio
import json
import os
import sys
import time

import uvkafka

OWN = {"name": f"asyncio-{os.getpid()}", "commit": "batch", "work_ms": "0"}


class Member:
    def __init__(self, words):
        self.bootstrap, self.group, self.topic, *pairs = words
        self.own, self.options = dict(OWN), {"auto.offset.reset": "earliest"}
        for name, value in (pair.split("=", 1) for pair in pairs):
            (self.own if name in self.own else self.options)[name] = value
        self.ending = False

    def say(self, event, **rest):  # one write for each line: nothing is lost with kill -9
        line = {"t": time.time_ns(), "m": self.own["name"], "e": event, **rest}
        os.write(1, (json.dumps(line, separators=(",", ":")) + "\n").encode())

    def places(self, event):
        return lambda places, *_: self.say(event, p=[[place.topic, place.partition] for place in places])

    async def store(self, answered, following):
        """Commits what was answered; `following` is [[topic, partition, offset], ...]."""
        self.say("commit", c=following)
        try:
            await answered.commit()
        except uvkafka.KafkaError as error:
            if not self.ending:
                self.say("failed", c=following, err=str(error))
                if not isinstance(error, uvkafka.Lost):
                    raise
        else:
            if not self.ending:
                self.say("committed", c=following)

    async def single(self, member):
        async for envelope in member:
            where = {"p": [envelope.topic, envelope.partition], "o": envelope.offset}
            self.say("record", **where, v=envelope.value.decode())
            await asyncio.sleep(float(self.own["work_ms"]) / 1000)
            self.say("answer", **where)
            await self.store(envelope, [[envelope.topic, envelope.partition, envelope.offset + 1]])

    async def batches(self, member):
        async for batch in member.batches(500):
            following = {}
            for message in batch:
                self.say("record", p=[message.topic, message.partition], o=message.offset, v=message.value.decode())
                following[message.topic, message.partition] = message.offset + 1
            for message in batch:
                self.say("answer", p=[message.topic, message.partition], o=message.offset)
            await self.store(batch, [[*place, offset] for place, offset in following.items()])

    @staticmethod
    def end_of_input():
        """A future that is done when nobody writes to this program any more."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        def read():
            if not os.read(0, 4096):
                loop.remove_reader(0)
                ended.set_result(None)

        loop.add_reader(0, read)
        return ended

    async def run(self):
        async with uvkafka.Session({"bootstrap.servers": self.bootstrap, "client.id": self.own["name"]}) as session:
            member = session.member(self.group, [self.topic], self.options)
            member.on_assigned(self.places("assigned"))
            member.on_revoked(self.places("revoked"))
            member.on_lost(self.places("lost"))
            self.say("start", client="uvkafka for Python", protocol=self.options.get("group.protocol", "classic"), pid=os.getpid())
            reading = asyncio.ensure_future(self.single(member) if self.own["commit"] == "each" else self.batches(member))
            await asyncio.wait([reading, self.end_of_input()], return_when=asyncio.FIRST_COMPLETED)
            self.ending = True
            if reading.done():
                reading.result()  # what ended it before its time
            self.say("closing")
            await member.close()
            self.say("closed")
            await asyncio.gather(reading, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(Member(sys.argv[1:]).run())
