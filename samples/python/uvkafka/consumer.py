"""Consumers: of partitions, of topics, members of groups, and fetchers, which have no group."""
from __future__ import annotations

import enum
import inspect
import json
from types import TracebackType
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict, List, Optional, Type

from . import _native
from ._native import Batch, Envelope, Revocation, Stream
from .options import Options
from .places import EARLIEST, Place, Places

if TYPE_CHECKING:
    from .session import Session

RevokedHandler = Callable[[List[Place]], Optional[Awaitable[object]]]


class Leaving(enum.IntEnum):
    """What a member does when it is closed."""

    BY_KIND = 0
    """A static member (group.instance.id) stays, any other one leaves."""
    LEAVE = 1
    """It leaves: the group shares its partitions out at once."""
    STAY = 2
    """Its partitions wait for it until its session ends."""


class Consumer(_native.Consumer):
    """Hands out envelopes: `async for envelope in consumer`, each to be answered with commit(), ack() or cancel().

    Leaving the loop does not end the consumption: the next `async for` goes on with it. stop() ends it."""

    _session: Session

    def __new__(cls, session: Session, kind: str, group: Optional[str], what: Any,
                options: Optional[Options] = None) -> Consumer:
        self = super().__new__(cls, session.native(), kind, group, what, {} if options is None else options)
        self._session = session
        session.made(self)
        return self

    def __aiter__(self) -> Stream[Envelope]:
        return self.messages()

    def messages(self, limit: int = 0) -> Stream[Envelope]:
        """Envelopes of one message. The option `ordering` says how many may be open at a time. `limit` 0: no end."""
        stream: Stream[Envelope] = self._begin(_native.MESSAGES, limit)
        return stream

    def partition_batches(self, most: int = 1000) -> Stream[Envelope]:
        """Envelopes of 1 to `most` messages of one partition."""
        stream: Stream[Envelope] = self._begin(_native.PARTITION_BATCHES, most)
        return stream

    def batches(self, most: int = 1000) -> Stream[Batch]:
        """What came in a turn of the loop together, 1 to `most` messages by columns. Needs ordering=unordered."""
        stream: Stream[Batch] = self._begin(_native.BATCHES, most)
        return stream

    def pause(self, partitions: Optional[Places] = None) -> None:
        """Stops handing out of these partitions, or of all, and of those that come later."""
        self._pause(partitions)

    def resume(self, partitions: Optional[Places] = None) -> None:
        self._resume(partitions)

    def seek(self, topic: str, partition: int, offset: int = EARLIEST, timestamp: int = 0) -> None:
        """Sets the position to an offset, or to a time (milliseconds since 1970) if that is above 0."""
        self._seek(topic, partition, offset, timestamp)

    async def close(self, leaving: Leaving = Leaving.BY_KIND) -> None:
        """Ends the consumption and finishes the commits of answered envelopes. Open envelopes are lost."""
        self._give_up()
        await self._close(int(leaving))
        self._free()
        self._session.unmade(self)

    async def __aenter__(self) -> Consumer:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()


class Member(Consumer):
    """A member of a group, which shares the partitions of its topics out among its members."""

    def group(self) -> Dict[str, Any]:
        """Its place in the group: state, member_id, generation, assignor, leader, and `owned` partitions."""
        tables = json.loads(self._group())
        return {**(tables["member"][0] if tables["member"] else {}), "owned": tables["owned"]}

    def on_revoked(self, handler: Optional[RevokedHandler]) -> None:
        """`handler` hears of partitions that have gone, when what was answered of them is stored. If it gives an
        awaitable, the group waits for that before others get them."""
        if handler is None:
            return self._on_revoked(None)
        function = handler

        def revoked(partitions: List[Place], revocation: Revocation) -> None:
            waits = function(partitions)
            if inspect.isawaitable(waits):
                self._session.keep(_release_after(waits, revocation))

        self._on_revoked(revoked)


async def _release_after(waits: Awaitable[object], revocation: Revocation) -> None:
    try:
        await waits
    finally:
        revocation.release()
