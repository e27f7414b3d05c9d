"""The library's log as a logger of the module logging."""
from __future__ import annotations

import logging

TRACE, DEBUG, INFO, WARNING, ERROR, OFF = range(6)
"""The library's levels."""

_OF_LOGGING = {TRACE: logging.DEBUG, DEBUG: logging.DEBUG, INFO: logging.INFO, WARNING: logging.WARNING,
               ERROR: logging.ERROR}


def level_of(logger: logging.Logger) -> int:
    """The least level that this logger does not ignore."""
    for level in (DEBUG, INFO, WARNING, ERROR):
        if logger.isEnabledFor(_OF_LOGGING[level]):
            return level
    return OFF


class Lines:
    """Writes each line of the library's log to a logger."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def __call__(self, level: int, line: str) -> None:
        self._logger.log(_OF_LOGGING.get(level, logging.ERROR), "%s", line)
