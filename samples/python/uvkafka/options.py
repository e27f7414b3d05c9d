"""Options by the Java client's names; librdkafka's names are understood too."""
from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional, Union

from . import _native

Options = Mapping[str, Union[str, int, float, bool]]

SESSION, PRODUCER, CONSUMER = range(3)


class Option(NamedTuple):
    name: str
    type: str
    """"text", "flag", "number", "milliseconds", "choice" or "secret"."""
    values: str
    """Of a choice: what it may be, separated by commas."""
    default: Optional[str]
    """None: unset."""
    documentation: str
    least: int
    most: int


def options(kind: int) -> List[Option]:
    """The options of sessions (SESSION), producers (PRODUCER) or consumers and fetchers (CONSUMER)."""
    return [Option(*option) for option in _native.options(kind)]
