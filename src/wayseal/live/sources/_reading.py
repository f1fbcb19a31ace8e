"""What all sources share: how they are read, lines out of messages, and what is done while a broker is away."""

import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wayseal.live.spool import Say, silent
from wayseal.model.messages import N_, Message

MOST_BYTES: Final = 64 << 20
"""What a source holds in memory, of what nobody took yet."""
_LONGEST_WAIT = 30.0
_AWAY = N_("{source} doesn't answer ({reason}); it is tried again until it does")
_BACK = N_("{source} answers again")


class Start(StrEnum):
    """Where to begin in a source of which nothing was taken yet."""

    BEGINNING = "beginning"
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a source is read.

    Attributes:
        until_end: Up to the end as it is at the start, and no further.
        start: Where to begin if nothing was taken yet.
        say: Is told that a broker is away, and that it is back.
    """

    until_end: bool = False
    start: Start = Start.BEGINNING
    say: Say = silent


def lines_of(message: bytes) -> bytes:
    """The lines of a message, each with its newline; blank ones are left out. What stands in them is not looked at."""
    if not message.endswith(b"\n"):
        message += b"\n"
    if message[0] in b"\r\n" or b"\n\n" in message or b"\n\r\n" in message:
        return b"".join(line + b"\n" for line in message.split(b"\n") if line.strip())
    return message


class Outage:
    """A broker that is away: said once, and tried again after pauses that grow.

    since: when it began, by the monotonic clock; None: it isn't away.
    """

    def __init__(self, source: str, say: Say) -> None:
        self._source = source
        self._say = say
        self._pause = 0.0
        self._until = 0.0
        self.since: float | None = None

    def note(self, reason: object) -> None:
        """It didn't answer. reason: a word for why, or a message."""
        if not self._pause:
            self._say(Message(_AWAY, {"source": self._source, "reason": reason}))
            self.since = time.monotonic()
        self._pause = min(_LONGEST_WAIT, 2 * self._pause or 0.05)
        self._until = time.monotonic() + self._pause

    def end(self) -> None:
        """It answered."""
        if self._pause:
            self._say(Message(_BACK, {"source": self._source}))
        self._pause, self.since = 0.0, None

    def wait(self, most: float) -> bool:
        """Waits for `most` seconds, or until it is to be tried again; whether it is."""
        left = self._until - time.monotonic() if self._pause else 0.0
        if left > 0:
            time.sleep(min(left, most))
        return left <= most
