"""Sessions: one cluster on one asyncio loop. Producers, consumers and all other objects are made from one."""
from __future__ import annotations

import asyncio
import json
import logging
import threading
import warnings
from types import TracebackType
from typing import Any, Callable, Coroutine, Dict, List, Optional, Sequence, Set, Type, Union

from . import _native
from .consumer import Consumer, Member
from .driver import Driver
from .errors import Closed
from .codes import Code
from .events import Event
from .groups import Groups, Offsets, Tables, tables
from .log import OFF, Lines, level_of
from .options import Options
from .places import Places
from .producer import Producer


class Session:
    """A session on the running loop, to be closed: `async with Session({"bootstrap.servers": ...}) as session`.

    It connects when it first needs to. Its log goes to `logger`, whose level counts as it is now."""

    def __init__(self, options: Options, logger: Optional[logging.Logger] = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._native: Optional[_native.Session] = None
        self._driver = Driver(self._loop)
        self._tasks: Set[asyncio.Task[object]] = set()
        # Producers and consumers until they are closed: what they have taken must not end with a forgotten variable.
        self._made: Set[object] = set()
        self._closing: Optional[asyncio.Future[None]] = None
        try:
            self._native = _native.Session(self._driver.loop, self._loop, options)
        except BaseException:
            self._driver.close()
            raise
        self.groups = Groups(self)
        self.offsets = Offsets(self)
        self.log_to(logging.getLogger("uvkafka") if logger is None else logger)

    def native(self) -> _native.Session:
        if self._native is None:
            raise Closed(Code.CLOSED, "The session is closed")
        return self._native

    def made(self, member: object) -> None:
        self._made.add(member)

    def unmade(self, member: object) -> None:
        self._made.discard(member)

    def producer(self, options: Optional[Options] = None) -> Producer:
        """A producer, which lives until it or the session is closed."""
        return Producer(self, options)

    def consumer(self, group: str, topics: Sequence[str] = (), *, partitions: Places = (),
                 options: Optional[Options] = None) -> Consumer:
        """Reads all partitions of topics, or fixed partitions, and stores offsets in the group without being a member
        of it."""
        if bool(topics) == bool(partitions):
            raise ValueError("consumer: either topics or partitions are wanted")
        if topics:
            return Consumer(self, "topics", group, topics, options)
        return Consumer(self, "partitions", group, partitions, options)

    def member(self, group: str, topics: Union[Sequence[str], str], options: Optional[Options] = None) -> Member:
        """A member of the group: of these topics, or, if `topics` is a str, of all whose whole names match that regular
        expression of RE2, now and later. It joins with the first consumption."""
        return Member(self, "pattern" if isinstance(topics, str) else "member", group, topics, options)

    def fetcher(self, topics: Sequence[str] = (), *, places: Places = (),
                options: Optional[Options] = None) -> Consumer:
        """Reads without a group: topics from where auto.offset.reset says, or from places: an offset, EARLIEST, LATEST,
        or a timestamp above 0. Commits store nothing."""
        if bool(topics) == bool(places):
            raise ValueError("fetcher: either topics or places are wanted")
        if topics:
            return Consumer(self, "fetcher", None, topics, options)
        return Consumer(self, "places", None, places, options)

    def on_event(self, handler: Optional[Callable[[Event], object]]) -> None:
        """`handler` gets changes of connections and leaders, and the events of consumers without a handler."""
        self.native().on_event(handler)

    def log_to(self, logger: Optional[logging.Logger]) -> None:
        """Writes the log to this logger from now on, at its level of now. None: nothing is logged."""
        if logger is None:
            return self.native().on_log(OFF, lambda level, line: None)
        self.native().on_log(level_of(logger), Lines(logger))

    async def topics(self) -> List[str]:
        """The names of all topics. Each call asks a broker."""
        return [row["name"] for row in (await tables(self.native().topics()))["topics"]]

    async def metadata(self, topics: Sequence[str] = (), create: bool = False) -> Tables:
        """Tables "cluster", "brokers", "topics", "partitions" and "replicas" of these topics, or of all. `create` lets
        a broker create those that do not exist."""
        return await tables(self.native().metadata(topics, create))

    def stats(self) -> Dict[str, Any]:
        """What the session has done and holds now: a list of rows for each table."""
        found: Dict[str, Any] = json.loads(self.native().stats())
        return found

    def prometheus(self, prefix: Optional[str] = None) -> str:
        """The same in the text format of Prometheus."""
        return self.native().prometheus(prefix)

    def keep(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs a coroutine of a handler as a task. What it raises goes to the loop's exception handler."""
        task: asyncio.Task[object] = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._loop.call_exception_handler({
                "message": "Exception in a handler of uvkafka", "exception": error, "task": task})

    async def close(self, deadline: Optional[float] = None) -> None:
        """Flushes producers, finishes the commits of answered envelopes, and fails what is left with Closed: all within
        `deadline` seconds (None: close.timeout.ms). A second call waits for the same end. If it is cancelled, what is
        left is aborted."""
        if self._native is None:
            return
        if self._closing is None:
            for member in self._made:
                if isinstance(member, Consumer):
                    member._give_up()
            self._closing = asyncio.ensure_future(
                self._native.close(-1 if deadline is None else int(deadline * 1000)))
        try:
            await asyncio.shield(self._closing)
        finally:
            self.abort()

    def abort(self) -> None:
        """Ends at once. What is under way is given up: those who wait for it are cancelled."""
        if self._native is None:
            return
        native, self._native = self._native, None
        native.free()
        self._made.clear()
        self._driver.close()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    def __del__(self) -> None:
        if getattr(self, "_native", None) is not None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            # On another thread nothing of it can be freed.
            if self._thread == threading.get_ident():
                self.abort()
