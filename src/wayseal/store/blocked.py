"""The list of blocked accounts: a file that is swapped at once, between those who write it and who enforce it.

1. Whoever enforces looks at the file on every request: a change counts from the next one on.
2. A file that can't be read changes nothing for whoever read it before; who has never read it refuses all or lets all
   through, as was chosen (`Fails`), and never by accident.
3. An entry ends by its own time, whoever is away.
4. Of several entries of an account the hardest counts. `step_up` is met by a second factor that was shown after the
   entry began; under `slow_down` an account has one read in `SLOW_SECONDS`, and a request for many waits for all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from wayseal.model.schema import CLOSED, Moment, Name, parse_json, plain
from wayseal.model.times import SECOND_US, iso
from wayseal.store.errors import StoreError

SLOW_SECONDS: Final = 10
"""Of an account that is slowed down: seconds between two reads."""
MODE: Final = 0o640
"""Of the file: its group may read it, so that a vault under another user can; its folder says who gets there."""


class Measure(StrEnum):
    """What is done about an account, the mildest first."""

    STEP_UP = "step_up"
    SLOW_DOWN = "slow_down"
    BLOCK = "block"


class Fails(StrEnum):
    """What whoever can't know the list does: lets all through, or refuses all."""

    OPEN = "open"
    CLOSED = "closed"


_HARD = {measure: number for number, measure in enumerate(Measure)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An account and what is done about it.

    Attributes:
        id: Names the entry, such as b-17.
        actor: Id of the account.
        measure: What is done.
        since: From when, microseconds after 1970.
        until: Up to when, which is not included.
        reason: Why, without names.
        case: The case or notice that it is about.
    """

    __pydantic_config__: ClassVar = CLOSED
    id: Name
    actor: Name = field(repr=False)
    measure: Measure
    since: Moment
    until: Moment
    reason: Name = field(repr=False)
    case: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedList:
    """The list. version: grows with each change; at: when it was changed last, microseconds after 1970."""

    __pydantic_config__: ClassVar = CLOSED
    wayseal: Literal[1] = 1
    version: Annotated[int, Field(ge=0)]
    at: Moment
    entries: tuple[Entry, ...] = ()

    @property
    def tag(self) -> str:
        """Tells the list from others, those of a record that was brought back among them."""
        return f"{self.version}-{self.at}"

    def to_bytes(self) -> bytes:
        """The list as its file has it."""
        return _line(plain(self))

    def changes(self, before: "BlockedList | None") -> bytes:
        """What whoever has another list needs to have this one: entries that came, and ids of those that went.

        Args:
            before: That list; None: it isn't known, and so this one has to be fetched.

        Returns:
            A line of JSON: `wayseal`, `before` (null, or `version` and `at` of that list), `version`, `at`, and after a
            list that is known `added` and `removed`.
        """
        head: dict[str, object] = {"wayseal": 1, "before": None, "version": self.version, "at": iso(self.at)}
        if before is None:
            return _line(head)
        head["before"] = {"version": before.version, "at": iso(before.at)}
        had, has = {one.id for one in before.entries}, {one.id for one in self.entries}
        added = [plain(one) for one in self.entries if one.id not in had]
        return _line({**head, "added": added, "removed": [one.id for one in before.entries if one.id not in has]})


def _line(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a read may not be now. wait: seconds until it may, of `slow_down`."""

    entry: Entry
    wait: float = 0.0


def read_blocked(path: Path) -> BlockedList:
    """Read the list. StoreError: the file is missing, can't be read, or is none; never says what stands in it."""
    try:
        return parse_json(path.read_bytes(), BlockedList)
    except OSError as error:
        raise StoreError("the list of blocked accounts can't be read", file=path) from error
    except ValueError:
        raise StoreError("this is no list of blocked accounts", file=path) from None


class BlockedFile:
    """The list as it is now (rules 1 and 2)."""

    def __init__(self, path: Path, *, fails: Fails) -> None:
        """Takes the file, and what holds while it was never read. fails: open or closed."""
        self.path = path
        self.fails = fails
        self.trouble: StoreError | None = None
        self._seen = (-1, 0, 0, 0)
        self._list: BlockedList | None = None
        self._by_actor: Mapping[str, tuple[Entry, ...]] = {}

    def current(self) -> BlockedList | None:
        """The last list that could be read; None: none, and it fails open. StoreError: none, and it fails closed."""
        try:
            found = self.path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
        except OSError:
            seen = (0, 0, 0, 0)
        if seen != self._seen:
            self._read(seen)
        if self._list is None and self.fails is Fails.CLOSED and self.trouble is not None:
            raise self.trouble.with_traceback(None)
        return self._list

    @property
    def version(self) -> int:
        """The version that was read last; -1: none was."""
        return -1 if self._list is None else self._list.version

    def measure_for(self, actor: str, now: int) -> Entry | None:
        """Find the hardest entry of an account that counts at a time (rules 3 and 4).

        Args:
            actor: Id of the account.
            now: Microseconds after 1970.

        Returns:
            The entry; None: nothing is done about the account.

        Raises:
            StoreError: The list was never read, and it fails closed.
        """
        self.current()
        counting = [one for one in self._by_actor.get(actor, ()) if now < one.until]
        return max(counting, key=lambda one: (_HARD[one.measure], one.until), default=None)

    def _read(self, seen: tuple[int, int, int, int]) -> None:
        self._seen = seen
        try:
            self._list = read_blocked(self.path)
        except StoreError as error:
            self.trouble = error
            return
        self.trouble = None
        by_actor: dict[str, tuple[Entry, ...]] = {}
        for one in self._list.entries:
            by_actor[one.actor] = (*by_actor.get(one.actor, ()), one)
        self._by_actor = by_actor


class Enforcer:
    """Says of each request whether it may be, by a list (rule 4)."""

    def __init__(self, file: BlockedFile) -> None:
        """Takes the list. file: it."""
        self.file = file
        self._free: dict[str, tuple[int, int]] = {}

    def check(self, actor: str, now: int, *, reads: int = 1, verified: int | None = None) -> Refusal | None:
        """Decide a request.

        Args:
            actor: Id of the account that asks.
            now: Microseconds after 1970.
            reads: How many reads it asks for.
            verified: When the account last showed a second factor, microseconds after 1970.

        Returns:
            Why not; None: it may be.

        Raises:
            StoreError: The list was never read, and it fails closed.
        """
        entry = self.file.measure_for(actor, now)
        if entry is None or (entry.measure is Measure.STEP_UP and verified is not None and entry.since <= verified):
            return None
        if entry.measure is not Measure.SLOW_DOWN:
            return Refusal(entry=entry)
        since, free = self._free.get(actor, (0, 0))
        if since <= now < free:
            return Refusal(entry=entry, wait=(free - now) / SECOND_US)
        self._free = {name: span for name, span in self._free.items() if span[0] <= now < span[1]}
        self._free[actor] = now, now + reads * SLOW_SECONDS * SECOND_US
        return None
