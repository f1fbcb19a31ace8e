"""Notices, once: a record of what was told, and to whom.

1. A notice is in the record, durably, before anybody is told. Its id is a function of the arrival log, so one that
   comes again after a crash is known.
2. Who has a notice is in the record, too. A crash between telling and writing that down tells again, under its id.
3. Each receiver gets notices in their order; where one can't be told, those behind it wait.
4. What follows from notices (a case, a block) comes first, and at once. Whoever else is told has a thread of its own,
   so that nobody waits for anybody; after a failure it is tried again after pauses that grow.
5. Whether a notice is muted is decided when it is written down, and stands beside it: what follows from it does so,
   and nobody else is told. A withdrawal is muted where nothing was told of what it withdraws.
6. The record is a chain of lines (`wayseal.journal.record`). It holds ids of accounts: it is its owner's alone.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

from wayseal.journal.files import LockedJournal
from wayseal.journal.record import Record
from wayseal.live.errors import RecordError
from wayseal.live.types import Notice, NoticeKind
from wayseal.model.messages import N_, Message
from wayseal.model.runtime import Closing
from wayseal.model.schema import CLOSED

FILE = "notices.jsonl"
_HEADER = {"wayseal": "notices", "version": 1}
Send = Callable[[Notice], bool]
"""Tells somebody; False where that failed."""
SendAll = Callable[[Sequence[Notice]], int]
"""Tells somebody of notices, in their order; how many before one with which that failed."""
_AT_ONCE: Final = 64
"""Notices after which it is written down who has them."""
_LONGEST_PAUSE: Final = 60.0
LAST: Final = 15.0
"""Seconds that receivers have at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """Why nobody is told of a notice. mute: id of what mutes it; why: its reason."""

    __pydantic_config__: ClassVar = CLOSED
    mute: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A notice was made, and whether anybody is told of it."""

    __pydantic_config__: ClassVar = CLOSED
    notice: Notice
    muted: Muted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """A receiver has so many notices, from the first on. told: its name."""

    __pydantic_config__: ClassVar = CLOSED
    told: str
    up_to: int


Mute = Callable[[Notice], Muted | None]
"""What mutes a notice now; None: nothing."""
Tell = Callable[[Message], None]


def each(send: Send) -> SendAll:
    """Tells somebody of one after the other."""
    return lambda notices: next((k for k, notice in enumerate(notices) if not send(notice)), len(notices))


class NoticeRecord:
    """What was told. Read by anybody; written by who holds it (`open_notices`), from any of its threads.

    notices: All, by id; muted: why nobody was told, by id of the notice.
    """

    def __init__(self, path: Path) -> None:
        changed = partial(RecordError, N_("the record of notices was changed"))
        self._held: LockedJournal | None = None
        self._record = Record(path, _HEADER, Noted | Had, self._begin, changed)
        self._mutex = self._record.mutex

    def _begin(self) -> Callable[[Noted | Had], None]:
        self.notices: dict[str, Notice] = {}
        self.muted: dict[str, Muted] = {}
        self._had: dict[str, int] = {}
        return self._apply

    def _apply(self, act: Noted | Had) -> None:
        if isinstance(act, Had):
            self._had[act.told] = act.up_to
            return
        self.notices[act.notice.id] = act.notice
        if act.muted is not None:
            self.muted[act.notice.id] = act.muted

    def read(self) -> None:
        """Reads what was added to the file. RecordError: it was changed; OSError."""
        self._record.read()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the file for writing; made if need be. JournalBusyError: another process does; RecordError; OSError."""
        with self._record.held() as held:
            self._held = held
            try:
                yield
            finally:
                with self._mutex:
                    self._held = None

    def add(self, notices: Iterable[Notice], mute: Mute = lambda _notice: None) -> list[Notice]:
        """Writes notices down, durably (rule 1).

        Args:
            notices: In their order.
            mute: What mutes them (rule 5).

        Returns:
            Those that weren't known.

        Raises:
            OSError: The disk refuses; none of them was written.
        """
        new = [notice for notice in notices if notice.id not in self.notices]
        acts: list[Noted | Had] = []
        muted, told = dict(self.muted), {n.raised or n.id for n in self.notices.values() if n.id not in self.muted}
        for notice in new:
            root = notice.raised or notice.id
            why = mute(notice)
            if notice.kind is NoticeKind.WITHDRAWN:
                why = None if root in told else muted.get(root)
            if why is None:
                told.add(root)
            else:
                muted[notice.id] = why
            acts.append(Noted(notice=notice, muted=why))
        self._write(acts)
        return new

    def waiting(self, receiver: str) -> list[Notice]:
        """The notices that a receiver has not had, in their order."""
        with self._mutex:
            return list(islice(self.notices.values(), self._had.get(receiver, 0), None))

    def tell(self, name: str, send: SendAll) -> int:
        """Tells one receiver what it has not had (rules 2 and 3); of each, one thread at a time.

        Args:
            name: Of the receiver.
            send: How it is told.

        Returns:
            How many notices wait for it, since it failed; what comes meanwhile, after it had all, is no failure.
        """
        while some := self.waiting(name)[:_AT_ONCE]:
            told = send(some)
            with self._mutex:
                if told and self._held is not None:
                    self._write([Had(told=name, up_to=self._had.get(name, 0) + told)])
            if told < len(some):
                return len(self.waiting(name))
        return 0

    def welcome(self, receivers: Iterable[str]) -> None:
        """Receivers that are new have had what was told before they came."""
        new = [name for name in receivers if name not in self._had]
        self._write([Had(told=name, up_to=len(self.notices)) for name in new])

    def _write(self, acts: Sequence[Noted | Had]) -> None:
        with self._mutex:
            assert self._held is not None  # noqa: S101 (who writes holds it)
            if acts:
                self._record.add(self._held, acts)


class Delivery(Closing):
    """Tells receivers what is in a record (rules 3 to 5)."""

    def __init__(
        self, record: NoticeRecord, first: Mapping[str, SendAll], beside: Mapping[str, Send], say: Tell
    ) -> None:
        """Begins.

        Args:
            record: Held for writing.
            first: What follows from notices, in its order. What it raises is raised by `deliver`.
            beside: Whoever else is told.
            say: Is told that one can't be told, and that it is again.
        """
        self._record, self._first, self._say = record, first, say
        self._down: set[str] = set()
        self._end, self._until = threading.Event(), math.inf
        self._failed: OSError | None = None
        self._some = {name: threading.Event() for name in beside}
        record.welcome([*first, *beside])
        self._threads = [
            threading.Thread(target=self._serve, args=one, name=f"tell {one[0]}", daemon=True) for one in beside.items()
        ]
        for thread in self._threads:
            thread.start()

    def deliver(self) -> bool:
        """Does what follows, and has everybody else told. Whether anything that follows has to be tried again.

        OSError: The disk refuses, here or in a thread.
        """
        if self._failed is not None:
            raise self._failed
        left = [self._note(name, self._record.tell(name, send)) for name, send in self._first.items()]
        for event in self._some.values():
            event.set()
        return any(left)

    def close(self) -> None:
        """Gives receivers `LAST` seconds for what waits; what they haven't had then, they get after the next start."""
        self._until = time.monotonic() + LAST
        self._end.set()
        for event in self._some.values():
            event.set()
        for thread in self._threads:
            thread.join(max(0.0, self._until - time.monotonic()))

    def _serve(self, name: str, send: Send) -> None:
        """Rule 4, of one receiver."""
        pause = 0.0

        def told(notice: Notice) -> bool:
            # Whatever goes wrong with a receiver is its own failure, and the watch goes on.
            with suppress(Exception):
                return not self._late() and (notice.id in self._record.muted or send(notice))
            return False

        while True:
            ending = self._end.is_set()
            self._some[name].clear()
            try:
                left = self._record.tell(name, each(told))
            except OSError as error:
                self._failed = error
                return
            if ending:
                return
            pause = min(_LONGEST_PAUSE, 2 * pause or 1.0) if self._note(name, left) else 0.0
            if pause:
                self._end.wait(pause)
            else:
                self._some[name].wait()

    def _late(self) -> bool:
        return time.monotonic() > self._until

    def _note(self, name: str, left: int) -> int:
        """Says it once that one can't be told."""
        if left and name not in self._down:
            self._down.add(name)
            self._say(Message("{receiver} can't be told; it is tried again until it can", {"receiver": name}))
        elif not left and name in self._down:
            self._down.remove(name)
            self._say(Message("{receiver} has been told of everything again", {"receiver": name}))
        return left


@contextmanager
def open_notices(folder: Path) -> Iterator[NoticeRecord]:
    """The record of a folder, held for writing, as `NoticeRecord.held` does."""
    record = NoticeRecord(folder / FILE)
    with record.held():
        yield record


def read_notices(folder: Path) -> NoticeRecord:
    """The record of a folder, to look at. RecordError: it was changed; OSError."""
    record = NoticeRecord(folder / FILE)
    record.read()
    return record
