"""Offsets of partitions and of groups, and the administration of groups."""
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Awaitable, Dict, List, Optional, Sequence, Tuple

from .errors import KafkaError
from .places import EARLIEST, LATEST, Place, Places

if TYPE_CHECKING:
    from .session import Session

Rows = List[Dict[str, Any]]
Tables = Dict[str, Rows]


async def tables(answer: Awaitable[Tuple[Optional[KafkaError], str]]) -> Tables:
    """The tables of an answer. The exception is the first one of a row; it has all tables as `result`."""
    error, text = await answer
    found: Tables = json.loads(text)
    if error is not None:
        error.result = found
        raise error
    return found


async def places(answer: Awaitable[Tuple[Optional[KafkaError], List[Place]]]) -> List[Place]:
    error, found = await answer
    if error is not None:
        error.result = found
        raise error
    return found


class Offsets:
    """Where partitions begin and end, and the offsets that groups have stored. Entries that failed raise the first
    error; the others are its `result`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def earliest(self, partitions: Places) -> List[Place]:
        return await places(self._session.native().offsets_at(partitions, EARLIEST))

    async def latest(self, partitions: Places) -> List[Place]:
        return await places(self._session.native().offsets_at(partitions, LATEST))

    async def at_time(self, partitions: Places, timestamp: int) -> List[Place]:
        """The first record of each whose timestamp (milliseconds since 1970) is this one or later."""
        return await places(self._session.native().offsets_at(partitions, timestamp))

    async def stored(self, group: str, partitions: Places) -> List[Place]:
        """What the group has stored: offset (-1: nothing), metadata, leader_epoch."""
        return await places(self._session.native().group_offsets(group, partitions))

    async def store(self, group: str, to: Sequence[Place]) -> List[Place]:
        """Stores offset, metadata and leader_epoch of each. A group with live members refuses it."""
        return await places(self._session.native().group_commit(group, to))

    async def reset(self, group: str, partitions: Places, to_end: bool = False) -> List[Place]:
        """Stores the beginning of each partition, or its end."""
        native = self._session.native()
        return await places(native.group_reset_to_end(group, partitions) if to_end
                            else native.group_reset_to_begin(group, partitions))


class Groups:
    """Administers groups. Answers are rows; those that failed have "error" and "message"."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, states: Sequence[str] = (), types: Sequence[str] = ()) -> Tables:
        """Tables "groups": name, protocol_type, state, type; "failures": broker, address."""
        return await tables(self._session.native().groups_list(",".join(states) or None, ",".join(types) or None))

    async def describe(self, names: Sequence[str]) -> Tables:
        """Tables "groups", "members", "subscriptions", "assigned" and "target"."""
        return await tables(self._session.native().groups_describe(names))

    async def lag(self, group: str) -> Rows:
        """How far the group is behind: topic, partition, committed, end, lag, member_id."""
        return (await tables(self._session.native().groups_lag(group)))["partitions"]

    async def delete(self, names: Sequence[str]) -> Rows:
        return (await tables(self._session.native().groups_delete(names)))["groups"]

    async def delete_offsets(self, group: str, partitions: Places) -> Rows:
        return (await tables(self._session.native().groups_delete_offsets(group, partitions)))["partitions"]

    async def remove_members(self, group: str, member_ids: Sequence[str] = (), instance_ids: Sequence[str] = (),
                             reason: Optional[str] = None) -> Rows:
        answer = self._session.native().groups_remove_members(group, member_ids, instance_ids, reason)
        return (await tables(answer))["members"]
