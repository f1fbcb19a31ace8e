"""What is remembered of each site, in a small file a site: how often it was asked today, when it may be asked again.

1. A site is a host and a port. Whoever asks it holds its file's lock from the pause before to the answer, so that it
   gets one request at a time from all processes and threads that share the folder.
2. A request is counted before it is sent: a crash never makes the budget larger.
3. Where a site asks to come later, it isn't asked before; where it doesn't say when, the wait doubles with each time,
   up to a day.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from wayseal.model.times import SECOND_US, micros_of
from wayseal.store.durable import MODE, replace_file

DAY_US = 86_400 * SECOND_US
LONGEST_WAIT = DAY_US
_FIRST_WAIT = 60 * SECOND_US


@dataclass(slots=True, kw_only=True)
class Site:
    """What is remembered of a site. Times in µs.

    Attributes:
        day: The day (of UTC, after 1970) that `asked` counts.
        asked: Requests of that day.
        last: When the last one ended.
        not_before: When it may be asked again.
        refusals: How often in a row it asked to come later.
        robots: Its robots.txt; None: not asked for, or not had.
        robots_at: When that was asked for.
        robots_good: Whether an answer came that says something.
        robots_missed: Why nothing came at all: the site is away, or too slow; "" otherwise.
    """

    day: int = 0
    asked: int = 0
    last: int = 0
    not_before: int = 0
    refusals: int = 0
    robots: str | None = None
    robots_at: int = 0
    robots_good: bool = False
    robots_missed: str = ""

    def asked_on(self, now: int) -> int:
        """Requests of the day of `now`."""
        return self.asked if self.day == now // DAY_US else 0

    def count(self, now: int) -> None:
        """One more request (rule 2)."""
        self.asked = self.asked_on(now) + 1
        self.day = now // DAY_US

    def refused(self, now: int, retry_after: str) -> None:
        """It asked to come later (rule 3)."""
        said = read_retry_after(retry_after, now)
        doubled = now + min(_FIRST_WAIT << min(self.refusals, 20), LONGEST_WAIT)
        self.refusals += 1
        self.not_before = max(doubled if said is None else min(said, now + LONGEST_WAIT), self.not_before)

    def answered(self) -> None:
        """It answered as usual."""
        self.refusals = 0


def read_retry_after(text: str, now: int) -> int | None:
    """The time that `Retry-After` means, in seconds or as a date; None: it says nothing that can be read."""
    if text.strip().isdecimal():
        return now + min(int(text.strip()[:12]), 10 * 86_400) * SECOND_US
    try:
        return micros_of(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class Sites:
    """The folder of what is remembered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def hold(self, name: str) -> Iterator["HeldSite"]:
        """A site that nobody else asks meanwhile (rule 1)."""
        path = _place(self._folder, name)
        handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield HeldSite(path, name)
        finally:
            os.close(handle)


def paused_until(folder: Path, starts: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Until when sites want to be left alone.

    Args:
        folder: Where they are remembered.
        starts: Addresses with which sources begin, by the source's name.

    Returns:
        By source the latest of such times (µs), also those that are over; 0: none is known.
    """
    sites = {name: [httpx.URL(url.replace("{", "").replace("}", "")) for url in urls] for name, urls in starts.items()}
    known = {
        name: [_read(_place(folder, one.netloc.decode())).not_before for one in urls] for name, urls in sites.items()
    }
    return {name: max(times, default=0) for name, times in known.items()}


def _place(folder: Path, name: str) -> Path:
    return folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"


class HeldSite:
    """A site whose lock is held. site: what is remembered; `save` writes it down."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self.site = _read(path)

    def save(self) -> None:
        """Writes it down, whole or not at all."""
        replace_file(self._path, json.dumps({"name": self._name, **asdict(self.site)}).encode())


def _read(path: Path) -> Site:
    """What a file says; a site that nobody asked yet, where there is none or it says nothing that can be read."""
    try:
        found = json.loads(path.read_bytes())
        return Site(**{one.name: found[one.name] for one in fields(Site)})
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Site()
