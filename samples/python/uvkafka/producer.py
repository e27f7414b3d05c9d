"""Producers, and topics of one producer."""
from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Type, Union

from . import _native
from .options import Options
from .values import Bytes

if TYPE_CHECKING:
    from .session import Session


class Producer(_native.Producer):
    """Sends records. send() gives a future for each; a Topic sends with tokens, whose reports come as arrays."""

    _session: Session

    def __new__(cls, session: Session, options: Optional[Options] = None) -> Producer:
        self = super().__new__(cls, session.native(), {} if options is None else options)
        self._session = session
        session.made(self)
        return self

    def topic(self, name: str) -> Topic:
        """A topic to send many records to: its name is checked and looked up once."""
        return Topic(self, name)

    async def drained(self) -> None:
        """Waits until there is room again after a full queue: until half of buffer.memory is free."""
        drained = self._drained()
        if drained is not None:
            await asyncio.shield(drained)

    async def close(self, deadline: Optional[float] = None) -> None:
        """Takes no more records, flushes within `deadline` seconds (None: delivery.timeout.ms), and fails the rest."""
        await self._close(-1 if deadline is None else int(deadline * 1000))
        self._session.unmade(self)

    async def __aenter__(self) -> Producer:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()


class Topic(_native.Topic):
    """A topic of one producer."""

    def __new__(cls, producer: Producer, name: str) -> Topic:
        return super().__new__(cls, producer, name)

    def send_packed(self, values: Bytes, value_ends: Bytes, first_token: int = 0, *, keys: Optional[Bytes] = None,
                    key_ends: Optional[Bytes] = None, partition: Optional[int] = None) -> int:
        """As send_many(), of values that lie one behind the other: value k begins where k - 1 ends, and ends at
        value_ends[k] (numbers of 4 bytes, for example an array("I")). The bit 0x80000000 makes an item null."""
        return self._send_packed(values, value_ends, first_token, keys, key_ends, partition)

    async def produce(self, values: Sequence[Optional[Bytes]], partitions: Union[int, Sequence[int]],
                      keys: Optional[Sequence[Optional[Bytes]]] = None) -> List[Dict[str, Any]]:
        """Sends them all to a partition, or each to one of its own, or none if they do not fit into buffer.memory
        (QueueFull). Waits until the last partition has its outcome. A row for each: topic, partition, offset of its
        first record, persistence. The exception is the first one of a partition; it has the rows as `result`."""
        if isinstance(partitions, int):
            partitions = [partitions] * len(values)
        error, answer = await self._produce(values, keys, partitions)
        rows: List[Dict[str, Any]] = json.loads(answer)["partitions"]
        if error is not None:
            error.result = rows
            raise error
        return rows
