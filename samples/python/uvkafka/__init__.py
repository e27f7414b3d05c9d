"""A client of Apache Kafka for asyncio: producers, consumers with envelopes, groups.

    async with uvkafka.Session({"bootstrap.servers": "127.0.0.1:9092"}) as session:
        await session.producer().send("orders", b"paid", key=b"42")
        async for envelope in session.consumer("billing", ["orders"]):
            print(envelope.value)
            await envelope.commit()

It has no thread: everything runs on the asyncio loop that was running when the session was made.
"""
from ._native import Batch, Delivery, Envelope, Message, Reports, Revocation, Stream, version
from .codes import Code
from .consumer import Consumer, Leaving, Member
from .errors import (AlreadyAnswered, Cancelled, Closed, ConnectFailed, EnvelopeDropped, InvalidArgument, InvalidOption,
                     KafkaError, Lost, QueueFull, TimedOut, WrongThread)
from .events import Event, EventType
from .groups import Groups, Offsets
from .options import Option, options
from .places import EARLIEST, LATEST, Place
from .producer import Producer, Topic
from .session import Session
from .values import Bytes, Headers

__version__ = version()
__all__ = [
    "AlreadyAnswered", "Batch", "Cancelled", "Closed", "Code", "ConnectFailed", "Consumer", "Delivery", "EARLIEST",
    "Envelope", "EnvelopeDropped", "Event", "EventType", "Groups", "InvalidArgument", "InvalidOption", "KafkaError",
    "LATEST", "Leaving", "Lost", "Member", "Message", "Offsets", "Option", "Place", "Producer", "QueueFull", "Reports",
    "Revocation", "Session", "Stream", "TimedOut", "Topic", "WrongThread", "options", "version",
]
