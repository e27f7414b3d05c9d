import asyncio
from typing import (Any, AsyncIterator, Awaitable, Callable, Dict, Generic, List, Mapping, NamedTuple, Optional,
                    Sequence, Tuple, TypeVar, Union)

from typing_extensions import Self

from .errors import KafkaError
from .events import Event
from .places import Place, Places
from .values import Bytes, Headers

Item = TypeVar("Item", covariant=True)
JsonAnswer = Awaitable[Tuple[Optional[KafkaError], str]]
PlacesAnswer = Awaitable[Tuple[Optional[KafkaError], List[Place]]]
OptionValues = Mapping[str, Union[str, int, float, bool]]

MESSAGES: int
PARTITION_BATCHES: int
BATCHES: int

def version() -> str: ...
def code_name(code: int) -> str: ...
def options(kind: int) -> List[Tuple[str, str, str, Optional[str], str, int, int]]: ...

class Loop:
    def fd(self) -> int: ...
    def timeout(self) -> int: ...
    def run_once(self) -> int: ...
    def on_wake(self, handler: Optional[Callable[[], object]]) -> None: ...
    def free(self) -> None: ...

class Session:
    def __init__(self, loop: Loop, asyncio_loop: asyncio.AbstractEventLoop, options: OptionValues) -> None: ...
    def on_event(self, handler: Optional[Callable[[Event], object]]) -> None: ...
    def on_log(self, level: int, handler: Optional[Callable[[int, str], object]]) -> None: ...
    def close(self, deadline_ms: int) -> asyncio.Future[None]: ...
    def free(self) -> None: ...
    def closed(self) -> bool: ...
    def stats(self) -> str: ...
    def prometheus(self, prefix: Optional[str]) -> str: ...
    def topics(self) -> JsonAnswer: ...
    def metadata(self, topics: Sequence[str], create: bool) -> JsonAnswer: ...
    def offsets_at(self, partitions: Places, time: int) -> PlacesAnswer: ...
    def group_offsets(self, group: str, partitions: Places) -> PlacesAnswer: ...
    def group_commit(self, group: str, places: Sequence[Place]) -> PlacesAnswer: ...
    def group_reset_to_begin(self, group: str, partitions: Places) -> PlacesAnswer: ...
    def group_reset_to_end(self, group: str, partitions: Places) -> PlacesAnswer: ...
    def groups_list(self, states: Optional[str], types: Optional[str]) -> JsonAnswer: ...
    def groups_describe(self, names: Sequence[str]) -> JsonAnswer: ...
    def groups_lag(self, group: str) -> JsonAnswer: ...
    def groups_delete(self, names: Sequence[str]) -> JsonAnswer: ...
    def groups_delete_offsets(self, group: str, partitions: Places) -> JsonAnswer: ...
    def groups_remove_members(self, group: str, member_ids: Sequence[str], instance_ids: Sequence[str],
                              reason: Optional[str]) -> JsonAnswer: ...

class Delivery(NamedTuple):
    """Where a record is in the log."""

    partition: int
    offset: int
    """-1 with acks=0, or if the leader did not tell it."""
    timestamp: int

class Reports:
    """Outcomes of records with tokens, as arrays of the same length, in the order of the outcomes."""

    def __len__(self) -> int: ...
    @property
    def tokens(self) -> memoryview: ...
    @property
    def partitions(self) -> memoryview: ...
    @property
    def offsets(self) -> memoryview: ...
    @property
    def timestamps(self) -> memoryview: ...
    @property
    def codes(self) -> memoryview:
        """0, or why the record was not sent."""
    @property
    def persistences(self) -> memoryview:
        """0 not in the log, 1 maybe, 2 in the log."""
    @property
    def failed(self) -> int:
        """How many of them failed."""
    @property
    def errors(self) -> Dict[int, KafkaError]:
        """The exception of each token that failed."""

class Producer:
    def __new__(cls, session: Session, options: OptionValues) -> Self: ...
    def send(self, topic: str, value: Optional[Bytes], key: Optional[Bytes] = None,
             headers: Optional[Headers] = None, partition: Optional[int] = None,
             timestamp: Optional[int] = None) -> asyncio.Future[Delivery]:
        """Sends one record; the future has its outcome. The record is on its way whether somebody awaits it or not, and
        also if the future is cancelled, unless it still waits for room. `value` None is a tombstone. While buffer.memory
        is full, records wait, in their order."""
    def on_reports(self, handler: Optional[Callable[[Reports], object]]) -> None:
        """`handler` gets the reports of records with tokens. While there is none they are dropped."""
    def set_partitioner(
            self, handler: Optional[Callable[[str, Optional[bytes], Optional[bytes], int], int]]) -> None:
        """`handler` (topic, key, value, partition count) chooses partitions in place of the option `partitioner`. It must
        not call the library. If it raises, or chooses none of them, the record fails."""
    def room(self, bytes: int = 0) -> asyncio.Future[None]:
        """Waits until a record with so many bytes of key and value finds room. Many may wait, in their order."""
    def _drained(self) -> Optional[asyncio.Future[None]]: ...
    def flush(self) -> asyncio.Future[None]:
        """Sends everything that waits. Done when every record that was sent before has its outcome."""
    def abort(self) -> None:
        """Gives up every record without an outcome: each fails with Cancelled."""
    def queued(self) -> Tuple[int, int]:
        """The number of records without an outcome, and what they use of buffer.memory."""
    def _close(self, deadline_ms: int) -> asyncio.Future[None]: ...

class Topic:
    def __new__(cls, producer: Producer, name: str) -> Self: ...
    @property
    def name(self) -> str: ...
    def send(self, value: Optional[Bytes], token: int = 0, key: Optional[Bytes] = None,
             partition: Optional[int] = None, /) -> None:
        """Sends one record; its report comes to Producer.on_reports() with this token; 0 wants none. QueueFull if there
        is no room: Producer.drained() waits for it."""
    def send_many(self, values: Sequence[Optional[Bytes]], first_token: int = 0,
                  keys: Optional[Sequence[Optional[Bytes]]] = None, partition: Optional[int] = None, /) -> int:
        """Sends many; record k has the token first_token + k. Returns how many were taken: fewer than all if the queue is
        full. An exception has that number as `taken`."""
    def _send_packed(self, values: Bytes, value_ends: Bytes, first_token: int, keys: Optional[Bytes],
                     key_ends: Optional[Bytes], partition: Optional[int]) -> int: ...
    def _produce(self, values: Sequence[Optional[Bytes]], keys: Optional[Sequence[Optional[Bytes]]],
                 partitions: Sequence[int]) -> JsonAnswer: ...

class Message(NamedTuple):
    """A message as it was read."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since 1970; -1: none."""
    key: Optional[bytes]
    value: Optional[bytes]
    """None: a tombstone."""
    headers: List[Tuple[str, Optional[bytes]]]

class Envelope:
    """One message, or the messages of one partition. It is open until commit(), ack() or cancel() answers it; one that
    goes without an answer ends the consumption. The bytes of the first message become objects when they are asked for."""

    def __len__(self) -> int: ...
    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970; -1: none."""
    @property
    def timestamp_type(self) -> int:
        """-1 none, 0 the producer's clock, 1 the broker's."""
    @property
    def key(self) -> Optional[bytes]: ...
    @property
    def value(self) -> Optional[bytes]: ...
    @property
    def headers(self) -> List[Tuple[str, Optional[bytes]]]: ...
    @property
    def answered(self) -> bool: ...
    @property
    def messages(self) -> List[Message]: ...
    def commit(self, metadata: Optional[Bytes] = None, /) -> asyncio.Future[None]:
        """Stores the offset behind the last message in the group. The future has the outcome; the commit is on its way
        whether somebody awaits it or not. AlreadyAnswered, Lost, Closed."""
    def ack(self) -> None:
        """Moves on and stores nothing. The commit of a later message covers this one."""
    def cancel(self) -> None:
        """Ends the consumption: the next one begins with this message."""

class Batch(Sequence[Message]):
    """Many messages by columns. Each is open until it is answered."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> Message: ...  # type: ignore[override]
    @property
    def values(self) -> List[Optional[bytes]]: ...
    @property
    def keys(self) -> List[Optional[bytes]]: ...
    @property
    def packed_values(self) -> memoryview:
        """All values, one behind the other; they end at `value_ends`, and 0x80000000 in an end says that it is null."""
    @property
    def packed_keys(self) -> memoryview: ...
    @property
    def value_ends(self) -> memoryview: ...
    @property
    def key_ends(self) -> memoryview: ...
    @property
    def offsets(self) -> memoryview: ...
    @property
    def timestamps(self) -> memoryview: ...
    @property
    def partitions(self) -> memoryview: ...
    @property
    def topics(self) -> List[str]: ...
    @property
    def topic_indexes(self) -> memoryview:
        """Into `topics`."""
    def commit(self, first: int = 0, count: Optional[int] = None,
               metadata: Optional[Bytes] = None) -> asyncio.Future[None]:
        """Answers `count` messages from `first` on, or all that follow it, and stores their offsets."""
    def ack(self, first: int = 0, count: Optional[int] = None) -> None: ...

class Stream(AsyncIterator[Item], Generic[Item]):
    """A consumption as an asynchronous iterator. Several tasks may iterate it: each item goes to one of them."""

    def __len__(self) -> int:
        """How many items have come and were not taken."""
    def __aiter__(self) -> Stream[Item]: ...
    def __anext__(self) -> Awaitable[Item]: ...
    def take(self) -> Optional[Item]:
        """The next item if there is one. StopAsyncIteration after the end, or why it ended."""
    def arrival(self) -> asyncio.Future[None]: ...
    def pass_on(self, arrival: asyncio.Future[None]) -> None: ...

class Revocation:
    def release(self) -> None: ...

class Consumer:
    def __new__(cls, session: Session, kind: str, group: Optional[str], what: Any, options: OptionValues) -> Self: ...
    def _begin(self, kind: int, most: int) -> Any: ...
    def stop(self) -> asyncio.Future[None]:
        """Ends the consumption gently: done when open envelopes are answered and stored. What was not taken out of the
        iteration is the beginning of the next one."""
    def _pause(self, partitions: Optional[Places]) -> None: ...
    def _resume(self, partitions: Optional[Places]) -> None: ...
    def _seek(self, topic: str, partition: int, offset: int, timestamp: int) -> None: ...
    def position(self, topic: str, partition: int) -> Optional[int]:
        """The offset of the oldest open envelope, or of the next message; None while it is not known."""
    def at_end(self, topic: str, partition: int) -> bool:
        """Every message up to the end that the last fetch saw was handed out."""
    def partitions(self) -> List[Place]:
        """The partitions that are read now."""
    def on_event(self, handler: Optional[Callable[[Event], object]]) -> None:
        """Resets, truncations, stopped and resumed partitions. Without it the session's handler gets them."""
    def on_partition_end(self, handler: Optional[Callable[[str, int, int], object]]) -> None:
        """`handler` (topic, partition, offset) hears each time the end of a partition is reached."""
    def subscribe(self, topics: Union[Sequence[str], str]) -> None:
        """Of members: other topics, or those whose names match a str, a regular expression of RE2."""
    def rebalance(self, reason: str = ...) -> None:
        """Of members: asks the group to share its partitions out anew."""
    def _group(self) -> str: ...
    def on_assigned(self, handler: Optional[Callable[[List[Place]], object]]) -> None:
        """`handler` hears of partitions before their first message. A seek() in it wins over the group's offset."""
    def on_revoking(self, handler: Optional[Callable[[List[Place], float], object]]) -> None:
        """`handler` hears of partitions that go, and how many seconds their open envelopes may still be answered."""
    def _on_revoked(self, handler: Optional[Callable[[List[Place], Revocation], object]]) -> None: ...
    def on_lost(self, handler: Optional[Callable[[List[Place], KafkaError], object]]) -> None:
        """`handler` hears of partitions that others may own already, and why."""
    def _give_up(self) -> None: ...
    def _close(self, leaving: int) -> asyncio.Future[None]: ...
    def _free(self) -> None: ...
