"""What the extension takes from the Python part."""
from __future__ import annotations

from typing import Any

from ._native import Stream
from .errors import make_error
from .events import make_event
from .places import Place as make_place

__all__ = ["make_error", "make_event", "make_place", "wait_for_next"]


async def wait_for_next(stream: Stream[Any]) -> Any:
    """The next item of a stream that has none yet. Who is cancelled here takes nothing along."""
    while True:
        arrival = stream.arrival()
        try:
            await arrival
        except BaseException:
            stream.pass_on(arrival)
            raise
        item = stream.take()
        if item is not None:
            return item
