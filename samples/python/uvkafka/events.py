"""Events: what happened and is not the result of a call."""
from __future__ import annotations

import enum
from typing import NamedTuple, Optional, Union

from .errors import KafkaError


class EventType(enum.IntEnum):
    BROKER_CONNECTED = 0
    BROKER_DISCONNECTED = 1
    CONNECT_FAILED = 2
    LEADER_CHANGED = 3
    OFFSET_RESET = 4
    LOG_TRUNCATED = 5
    TOPIC_RECREATED = 6
    PARTITION_STOPPED = 7
    PARTITION_RESUMED = 8
    MEMBER_SLOW = 9
    MEMBER_SUSPENDED = 10
    TOPIC_NOT_READ = 11
    REBOOTSTRAP = 12


class Event(NamedTuple):
    type: Union[EventType, int]
    """A number that EventType does not have comes from a newer library."""
    text: str
    """One line for people."""
    broker: str
    """"host:port"; "" for none."""
    broker_id: int
    """-1: a contact point."""
    topic: str
    """"" for none."""
    partition: int
    """-1: none."""
    offset: int
    """-1: none."""
    ordinary: bool
    """Of lost connections: the broker was well until a moment ago, and may just be restarting."""
    error: Optional[KafkaError]


def make_event(type: int, text: str, broker: str, broker_id: int, topic: str, partition: int, offset: int,
               ordinary: int, error: Optional[KafkaError]) -> Event:
    known = EventType(type) if type in EventType._value2member_map_ else type
    return Event(known, text, broker, broker_id, topic, partition, offset, bool(ordinary), error)
