"""Tickets: each form has one, and a form that nobody could have read yet, or that comes in a flood, waits.

1. A ticket says when its form was given out, which nobody but this process reads. It holds for `LIFE` and once.
2. While few come, `LEAST` seconds of age are enough. When the budget of a while is used up, those go on who have waited
   for `wait_minutes`, so many in a minute; who doesn't wait uses up nothing of that.
3. What came of a ticket is shown again for `AGAIN`, to whoever pressed twice; not to whoever finds the form later.
4. Nothing is kept of tickets that weren't let in, and of those that were no more than the budgets let in within `LIFE`.
"""

import base64
import hashlib
import math
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LEAST: Final = 2
LIFE: Final = 12 * 3600
AGAIN: Final = 15 * 60
_NONCE, _TIME = 12, 8
_Budget = tuple[int, int, deque[float]]
"""So many in so many seconds, and when those of them came."""


class Purpose(StrEnum):
    """What a ticket is used for."""

    REPORT = "report"
    LOOKUP = "lookup"


@dataclass(frozen=True, slots=True)
class Admitted:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Come again with the same ticket."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Again:
    """Come again with another ticket. unknown: this process was started since; used: look for what came of it first."""

    reason: Literal["unknown", "old", "used"]


class Gate:
    """Lets in whom the budgets allow. clock: seconds, which never go back. Safe to use from many threads."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        reports_an_hour: int = 60,
        lookups_a_minute: int = 60,
        waiting_a_minute: int = 20,
        wait_minutes: int = 3,
    ) -> None:
        self._clock, self._lock = clock, Lock()
        self._cipher, self._wait = AESGCM(AESGCM.generate_key(256)), 60 * wait_minutes
        self._quick: dict[Purpose, _Budget] = {
            Purpose.REPORT: (reports_an_hour, 3600, deque()),
            Purpose.LOOKUP: (lookups_a_minute, 60, deque()),
        }
        self._waited: dict[Purpose, _Budget] = {one: (waiting_a_minute, 60, deque()) for one in Purpose}
        self._used: dict[bytes, float] = {}

    def new_ticket(self) -> str:
        """A ticket."""
        nonce, now = secrets.token_bytes(_NONCE), int(self._clock())
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, now.to_bytes(_TIME, "big"), None)).decode()

    def admit(self, purpose: Purpose, ticket: str) -> Admitted | Wait | Again:
        """Whether somebody may go on; then the ticket is used up."""
        read, now = self._read(ticket), self._clock()
        if read is None:
            return Again("unknown")
        name, age = read[0], now - read[1]
        with self._lock:
            while self._used and next(iter(self._used.values())) < now - LIFE:
                del self._used[next(iter(self._used))]
            if age > LIFE:
                return Again("old")
            if name in self._used:
                return Again("used" if now <= self._used[name] + AGAIN else "old")
            quick, waited = self._quick[purpose], self._waited[purpose]
            if not (age >= LEAST and _take(quick, now)) and not (age >= self._wait and _take(waited, now)):
                return Wait(max(1, math.ceil((self._wait - age) / 60) if _is_full(quick, now) else 1))
            self._used[name] = now
        return Admitted()

    def release(self, ticket: str) -> None:
        """What it was used for broke off: it may be used again, if the budgets allow."""
        if (read := self._read(ticket)) is not None:
            with self._lock:
                self._used.pop(read[0], None)

    def name_of(self, ticket: str) -> bytes | None:
        """What a ticket is known by, however it is spelled; random, and kept for used ones alone."""
        read = self._read(ticket)
        return None if read is None else read[0]

    def _read(self, ticket: str) -> tuple[bytes, int] | None:
        """By what a ticket is known, and when it was given out."""
        try:
            raw = base64.b64decode(ticket, b"-_", validate=True)
            made = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None)
        except (ValueError, InvalidTag):
            return None
        return hashlib.sha256(raw).digest(), int.from_bytes(made, "big")


def _is_full(budget: _Budget, now: float) -> bool:
    most, seconds, taken = budget
    while taken and taken[0] <= now - seconds:
        taken.popleft()
    return len(taken) >= most


def _take(budget: _Budget, now: float) -> bool:
    full = _is_full(budget, now)
    if not full:
        budget[2].append(now)
    return not full
