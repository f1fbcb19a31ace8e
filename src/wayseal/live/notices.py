"""Notices, once: a record of what was told, and to whom.

1. A notice is in the record, durably, before anybody is told. Its id is a function of the arrival log, so one that
   comes again after a crash is known.
2. Who has a notice is in the record, too. A crash between telling and writing that down tells again, under its id.
3. Each receiver gets notices in their order; where one can't be told, those behind it wait.
4. The record is a chain of lines (`wayseal.journal.record`). It holds ids of accounts: it is its owner's alone.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wayseal.journal.files import LockedJournal, lock_journal, read_journal
from wayseal.journal.record import Record
from wayseal.live.errors import NoticeRecordError
from wayseal.live.types import Notice
from wayseal.model.schema import parse_json, plain

FILE = "notices.jsonl"
_HEADER = {"wayseal": "notices", "version": 1}
Send = Callable[[Notice], bool]
"""Tells somebody; False where that failed."""


class NoticeRecord:
    """What was told. Read by anybody; written by who holds it (`open_notices`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: LockedJournal | None = None
        self._record = Record(_HEADER, self._begin, self._apply)

    def _begin(self) -> None:
        self.notices: dict[str, Notice] = {}
        self._had: dict[str, int] = {}

    def _apply(self, act: Mapping[str, Any]) -> None:
        match act:
            case {"notice": content}:
                notice = parse_json(json.dumps(content), Notice)
                self.notices[notice.id] = notice
            case {"told": str(receiver), "up_to": int(number)}:
                self._had[receiver] = number
            case _:
                raise ValueError("act")

    def take(self, content: bytes) -> None:
        """Reads what was added to the file. NoticeRecordError: it was changed."""
        if faults := self._record.take(content):
            raise NoticeRecordError("the record of notices was changed", file=self._path, line=faults[0].line)

    def hold(self, held: LockedJournal) -> None:
        """Takes the file for writing."""
        self.take(held.content)
        self._held = held

    def add(self, notices: Iterable[Notice]) -> list[Notice]:
        """Writes notices down, durably (rule 1).

        Args:
            notices: In their order.

        Returns:
            Those that weren't known.

        Raises:
            OSError: The disk refuses; none of them was written.
        """
        new = [notice for notice in notices if notice.id not in self.notices]
        self._write([{"notice": plain(notice)} for notice in new])
        return new

    def waiting(self, receiver: str) -> list[Notice]:
        """The notices that a receiver has not had, in their order."""
        return list(self.notices.values())[self._had.get(receiver, 0) :]

    def deliver(self, receivers: Mapping[str, Send]) -> Mapping[str, int]:
        """Tells receivers what they have not had (rules 2 and 3).

        Args:
            receivers: How each of them is told, by name. A new one gets what comes from now on.

        Returns:
            How many notices wait for each.
        """
        left = {}
        for name, send in receivers.items():
            waiting = self.waiting(name)
            told = next((k for k, notice in enumerate(waiting) if not send(notice)), len(waiting))
            if told:
                self._write([{"told": name, "up_to": len(self.notices) - len(waiting) + told}])
            left[name] = len(waiting) - told
        return left

    def welcome(self, receivers: Sequence[str]) -> None:
        """Receivers that are new have had what was told before they came."""
        new = [name for name in receivers if name not in self._had]
        self._write([{"told": name, "up_to": len(self.notices)} for name in new])

    def _write(self, acts: list[Mapping[str, object]]) -> None:
        assert self._held is not None  # noqa: S101 (who writes holds it)
        if acts:
            self._record.add(self._held, acts)


@contextmanager
def open_notices(folder: Path) -> Iterator[NoticeRecord]:
    """The record of a folder, held for writing; made if need be.

    JournalBusyError: another process writes to it; NoticeRecordError: it was changed; OSError.
    """
    path = folder / FILE
    record = NoticeRecord(path)
    with lock_journal(path, new=True) as held:
        record.hold(held)
        yield record


def read_notices(folder: Path) -> NoticeRecord:
    """The record of a folder, to look at. NoticeRecordError: it was changed; OSError."""
    record = NoticeRecord(folder / FILE)
    if (folder / FILE).exists():
        record.take(read_journal(folder / FILE))
    return record
