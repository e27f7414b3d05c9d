"""Places: a partition, and an offset in it."""
from __future__ import annotations

from typing import NamedTuple, Optional, Sequence, Tuple, Union

from .errors import KafkaError

EARLIEST, LATEST = -2, -1
"""In place of an offset: the first record of the partition, and the end of it."""


class Place(NamedTuple):
    """Which members count is said by the call that takes it, or gives it."""

    topic: str
    partition: int
    offset: int = EARLIEST
    """In results -1: there is none."""
    timestamp: int = 0
    """Milliseconds since 1970; 0, and in results -1: none."""
    metadata: Optional[bytes] = None
    """Stored with an offset."""
    leader_epoch: Optional[int] = None
    """Of the record before `offset`; None: not known."""
    error: Optional[KafkaError] = None
    """In results only."""


Places = Sequence[Union[Place, Tuple[str, int], Tuple[str, int, int]]]
"""What calls take: places, or tuples (topic, partition) and (topic, partition, offset)."""
