"""Runs a private loop of the library from an asyncio loop: when its descriptor is readable, when its time is up, and
after calls from outside."""
from __future__ import annotations

import asyncio
from typing import Optional

from ._native import Loop

MOST_TURNS_TO_CLOSE = 100


class Driver:
    """Owns the private loop of one session, and everything that is registered for it with asyncio."""

    def __init__(self, asyncio_loop: asyncio.AbstractEventLoop) -> None:
        self.loop = Loop()
        self._asyncio = asyncio_loop
        self._timer: Optional[asyncio.TimerHandle] = None
        self._soon: Optional[asyncio.Handle] = None
        self._descriptor = self.loop.fd()
        self.loop.on_wake(self._wake)
        asyncio_loop.add_reader(self._descriptor, self._run)

    def close(self) -> None:
        """Everything that was on the loop has to be freed before. Nothing of it is registered afterwards."""
        if self._descriptor < 0:
            return
        if not self._asyncio.is_closed():
            self._asyncio.remove_reader(self._descriptor)
        self._descriptor = -1
        for handle in (self._timer, self._soon):
            if handle is not None:
                handle.cancel()
        self._timer = self._soon = None
        # Handles of a freed session end in the next turn.
        self.loop.run_once()
        self.loop.free()

    def _wake(self) -> None:
        if self._soon is None and not self._asyncio.is_closed():
            self._soon = self._asyncio.call_soon(self._run)

    def _run(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        try:
            left = self.loop.run_once()
        except BaseException:
            # A handler wants the program to end; if it goes on all the same, so does the loop.
            self._wake()
            raise
        self._run_in(left)

    def _run_in(self, milliseconds: int) -> None:
        if milliseconds == 0:
            return self._wake()
        if milliseconds < 0:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        due = self._asyncio.time() + milliseconds / 1000
        if self._timer is not None:
            # An earlier run does no harm: it asks again. So a timer is only ever made for an earlier time.
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._asyncio.call_at(due, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        self._run()
