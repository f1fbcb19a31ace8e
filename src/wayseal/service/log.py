"""Logs: one JSON object a line, made of names and kinds of values that are allowed, and of nothing else.

1. A key that isn't in `KEYS` is left out; so is a value that isn't a number or a short plain word.
2. What libraries log is told by who said it and how bad it is, never by its text; errors by their type and place.
"""

import logging
import re
import sys
import time
import traceback
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final, TextIO

import structlog
from pydantic_core import to_json

KEYS: Final = frozenset(
    {
        "at",
        "client",
        "error",
        "event",
        "group",
        "level",
        "logger",
        "method",
        "ms",
        "place",
        "port",
        "receiver",
        "request",
        "route",
        "rule",
        "seconds",
        "size",
        "source",
        "status",
        "version",
    }
)
"""All that a line of the log can hold."""
_PLAIN = re.compile(r"[A-Za-z0-9_.:/{}<>+-]{1,128}")
LIBRARIES = ("uvicorn", "asyncio", "sqlalchemy")
"""Whose logs are handed on."""
Log = structlog.typing.FilteringBoundLogger


def make_log(stream: TextIO | None = None) -> Log:
    """A log.

    Args:
        stream: Where it is written; standard error where none is given.

    Returns:
        It.
    """
    logger: Log = structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stderr),
        processors=[structlog.stdlib.add_log_level, _allowed, _stamp, _rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind()
    return logger


def forward_library_logs(log: Log) -> None:
    """Hands what the service's libraries log to our log (rule 2).

    Args:
        log: Ours.
    """
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = [LibraryLogHandler(log)]
        logger.propagate = False


def where(error: BaseException) -> dict[str, str]:
    """An error as a line may tell it (rule 2): its type, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    module = "" if last is None else "/".join(last.filename.split("/")[-3:])
    return {"error": type(error).__name__, "place": "" if last is None else f"{module}:{last.lineno}"}


class LibraryLogHandler(logging.Handler):
    """Hands what libraries log to our log (rule 2)."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Who said it, how bad it is, and the error."""
        raised = record.exc_info[1] if record.exc_info else None
        told = {} if raised is None else where(raised)
        self._log.log(record.levelno, "library", logger=record.name, **told)


def _allowed(logger: object, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Rule 1."""
    return {key: value for key, value in event.items() if key in KEYS and _plain(value)}


def _plain(value: object) -> bool:
    return _word(value) if isinstance(value, str) else isinstance(value, int | float)


@lru_cache(maxsize=512)
def _word(text: str) -> bool:
    """Remembered: but for ids of requests, lines are made of the same few words."""
    return _PLAIN.fullmatch(text) is not None


def _stamp(logger: object, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
    event["at"] = f"{_second(seconds)}.{milliseconds:03d}+00:00"
    return event


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    """Remembered: many lines are of the same second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _rendered(logger: object, name: str, event: MutableMapping[str, Any]) -> str:
    return to_json(event).decode()
