"""Exceptions. Each has the code, what and where (`detail`), and whether it is worth another try.

A class of its own have the errors that programs tell apart; every other one is a plain KafkaError with its code.
"""
from __future__ import annotations

from typing import Any, Dict, Optional, Type

from .codes import Code

NO, MAYBE, YES = 0, 1, 2
"""`KafkaError.persistence` of a record that failed: whether it is in the log."""


class KafkaError(Exception):
    """Why an operation failed."""

    code: int
    """One of Code, or a broker's code that it does not have."""
    name: str
    """The code's name, for example "not_leader_or_follower"."""
    detail: str
    """What and where: the option, topic, partition, address or limit; "" if there is none."""
    retriable: bool
    """The same operation may succeed later without a change by the program."""
    fatal: bool
    """The object that reported it can no longer be used."""
    persistence: Optional[int] = None
    """Of a record: NO, MAYBE or YES; else None."""
    result: Any = None
    """What is valid all the same of an answer with several entries."""
    taken: Optional[int] = None
    """Of Topic.send_many(): how many records before it were taken; else None."""

    def __init__(self, code: int, message: str, detail: str = "", retriable: bool = False, fatal: bool = False) -> None:
        super().__init__(message)
        from ._native import code_name
        self.code, self.detail, self.retriable, self.fatal = code, detail, retriable, fatal
        self.name = code_name(code)

    def __reduce__(self) -> Any:
        return type(self), (self.code, str(self), self.detail, self.retriable, self.fatal), self.__dict__


class Closed(KafkaError):
    """The session, producer or consumer was closed before the operation ended."""


class Cancelled(KafkaError):
    """The record was given up by abort()."""


class InvalidArgument(KafkaError, ValueError):
    """An argument is out of its range; the text names it and the range."""


class InvalidOption(KafkaError, ValueError):
    """An option is unknown or out of its range; the text names it and the range."""


class QueueFull(KafkaError):
    """buffer.memory is full, and nothing was queued: Producer.drained() waits for room."""


class TimedOut(KafkaError):
    """The deadline of the operation passed."""


class ConnectFailed(KafkaError):
    """No connection could be made."""


class AlreadyAnswered(KafkaError):
    """The envelope was answered before."""


class Lost(KafkaError):
    """The consumer does not wait for this answer any more; it changes nothing."""


class EnvelopeDropped(KafkaError):
    """An envelope went without an answer. The next consumption begins with it."""


class WrongThread(KafkaError, RuntimeError):
    """The call belongs to the thread that made the session."""


_CLASSES: Dict[int, Type[KafkaError]] = {
    Code.CLOSED: Closed,
    Code.CANCELLED: Cancelled,
    Code.INVALID_ARGUMENT: InvalidArgument,
    Code.INVALID_OPTION: InvalidOption,
    Code.QUEUE_FULL: QueueFull,
    Code.TIMED_OUT: TimedOut,
    Code.CONNECT_FAILED: ConnectFailed,
    Code.ALREADY_ANSWERED: AlreadyAnswered,
    Code.LOST: Lost,
    Code.ENVELOPE_DROPPED: EnvelopeDropped,
    Code.WRONG_THREAD: WrongThread,
}


def make_error(code: int, message: str, detail: str, retriable: int, fatal: int) -> KafkaError:
    return _CLASSES.get(code, KafkaError)(code, message, detail, bool(retriable), bool(fatal))
