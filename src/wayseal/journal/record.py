"""A record of acts as a chained file, read once and then followed: what every record of acts that is a file goes by.

1. An act is in the file, durably, before it counts.
2. A last line that a crash cut off was never acknowledged: it is passed over, and goes with the next act.
3. What can't be isn't in the record: what it comes to says so (`State.apply`), whoever wrote it.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from wayseal.journal.chain import MEMBERS, Code, Fault, Head, chain_line, check_lines, sum_of
from wayseal.journal.files import LockedJournal, lock_journal, read_journal
from wayseal.model.errors import WaysealError
from wayseal.model.schema import CLOSED, Moment, Name, parse_json, plain
from wayseal.store.durable import lock_folder

_TAIL = 80
"""Bytes at the end of what was read, the sum of its last line among them, by which a file is known again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What all acts say: when, and who."""

    __pydantic_config__: ClassVar = CLOSED
    at: Moment
    who: Name


class Record:
    """A record as far as it was read: only what came since is read again. mutex: held while acts are applied."""

    def __init__(
        self,
        path: Path,
        header: Mapping[str, object],
        kind: Any,
        begin: Callable[[], Callable[[Any], None]],
        changed: Callable[..., WaysealError],
    ) -> None:
        """Nothing was read yet.

        Args:
            path: The file; it need not be there.
            header: The first line: what record it is, and of which version.
            kind: What acts are.
            begin: Begins with nothing, and again where another file has taken the place of what was read; gives what
                is called with each act, in order. ValueError of that: the act can't be.
            changed: Makes the error, of file and line, where the file isn't what was written.
        """
        self.mutex = threading.RLock()
        self._path, self._header, self._kind = path, header, kind
        self._begin, self._changed = begin, changed
        self._start_anew()

    def _start_anew(self) -> None:
        self._apply = self._begin()
        self._seen: tuple[int, int] | None = None
        self._size, self._tail, self._torn = 0, b"", False
        self.head = Head(lines=0, sum="")
        self.sums: list[str] = []

    def read(self) -> None:
        """Reads what was added since, where there is a file. `changed`, StoreError, OSError."""
        with self.mutex:
            try:
                about = self._path.stat()
            except FileNotFoundError:
                return
            if self._seen != (about.st_ino, about.st_size):
                self._follow(read_journal(self._path))
                self._seen = about.st_ino, about.st_size

    @contextmanager
    def writing(self) -> Iterator[Callable[[object], None]]:
        """Holds the record, read up to its end, in a folder that is made if need be; what it gives adds an act.

        `changed`, JournalBusyError, StoreError, OSError.
        """
        folder = self._path.parent
        folder.mkdir(mode=0o700, exist_ok=True)
        with self.mutex, lock_folder(folder), self.held() as held:
            yield lambda act: self.add(held, [act])

    @contextmanager
    def held(self) -> Iterator[LockedJournal]:
        """Holds the file, read up to its end, for writing; made if need be. Raises what `writing` does."""
        with lock_journal(self._path, new=True) as held:
            self._follow(held.content)
            yield held

    def _follow(self, content: bytes) -> None:
        with self.mutex:
            if faults := self.take(content):
                raise self._changed(file=self._path, line=faults[0].line)

    def take(self, content: bytes) -> tuple[Fault, ...]:
        """Reads what was added to a file.

        content: all of the file. Gives what is wrong; then nothing counts as read.
        """
        whole = content[: content.rfind(b"\n") + 1]
        if not whole.endswith(self._tail, 0, self._size):
            self._start_anew()
        lines = whole[self._size :].decode("utf-8", "surrogateescape").split("\n")[:-1]
        checked = check_lines(enumerate(lines, start=self.head.lines + 1), self.head.lines + 1, self.head.sum)
        faults = list(checked.faults)
        for at, found in checked.entries:
            content_of = {key: value for key, value in found.items() if key not in MEMBERS}
            try:
                if at > 1:
                    self._apply(parse_json(json.dumps(content_of), self._kind))
                elif content_of != self._header:
                    raise ValueError("header")
            except ValueError:
                faults.append(Fault(line=at, code=Code.ACT))
        if faults:
            self._start_anew()
            return tuple(sorted(faults, key=lambda one: one.line))
        self._torn = len(whole) < len(content)
        self._move(whole[self._size :], checked.sums)
        return ()

    def add(self, held: LockedJournal, acts: Sequence[object]) -> None:
        """Adds acts, durably and all at once; they are applied then.

        held: the file, of which `held` came; acts: of the record's kind. OSError: the disk refuses; ValueError: an act
        has a field by a name of the chain's. Nothing was added then.
        """
        lines, before = [], self.head.sum
        for content in (*([] if self.head.lines else [self._header]), *map(plain, acts)):
            lines.append(chain_line(content, before, ensure_ascii=False))
            before = sum_of(lines[-1])
        added = "".join(f"{line}\n" for line in lines).encode()
        with self.mutex:
            if self._torn:
                held.replace(held.content[: self._size] + added)
            else:
                held.add(added)
            self._torn = False
            for act in acts:
                self._apply(act)
            self._move(added, [sum_of(line) for line in lines])

    def _move(self, added: bytes, sums: Sequence[str]) -> None:
        self._size += len(added)
        self._tail = (self._tail + added)[-_TAIL:]
        self.sums += sums
        self.head = Head(lines=len(self.sums), sum=self.sums[-1] if self.sums else "")


class State(Protocol):
    """What a record comes to."""

    def apply(self, act: Any) -> None:
        """Takes an act. ValueError: it can't be."""

    def copy(self) -> Self:
        """One that doesn't change with it."""


S = TypeVar("S", bound=State)


class StateRecord(Generic[S]):
    """A record, and what it comes to. Safe to use from many threads and processes."""

    def __init__(
        self, path: Path, header: Mapping[str, object], kind: Any, begin: Callable[[], S],
        changed: Callable[..., WaysealError],
    ) -> None:  # fmt: skip
        """Nothing was read yet. begin: what it comes to without an act; else as `Record` has it."""
        self._new = begin
        self._record = Record(path, header, kind, self._begin, changed)

    def _begin(self) -> Callable[[Any], None]:
        self._state, self._shown = self._new(), (Head(lines=0, sum=""), self._new())
        return self._state.apply

    def state(self) -> S:
        """What it comes to now; to be looked at only. `changed`, StoreError, OSError."""
        with self._record.mutex:
            self._record.read()
            if self._shown[0] != self._record.head:
                self._shown = self._record.head, self._state.copy()
            return self._shown[1]

    @contextmanager
    def writing(self) -> Iterator[tuple[S, Callable[[Any], None]]]:
        """Holds the record: what it comes to, and what adds an act, or raises what `apply` does (rule 3).

        Raises what `Record.writing` does; nothing was added then.
        """
        with self._record.writing() as write:

            def add(act: object) -> None:
                self._state.copy().apply(act)
                write(act)

            yield self._state, add


def same_person(one: str, other: str) -> bool:
    """Check whether two names are one person's, however they are spelled."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
