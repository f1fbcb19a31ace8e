"""Notices that have to go out: kept beside the casebook until everybody who is to be told was told.

1. Told of are cases that are worth acting on, once they are. Before cases are registered it is written down for whom,
   up to which case there are any, and which of these are worth it not yet: what a crash leaves untold is found in the
   casebook by the next run.
2. A notice waits for every address that was given when its cases were new. Whatever address is given later gets what
   still waits, too: a secret may have been changed meanwhile. What waits only for addresses that are given no more is
   let go after `DAYS`.
3. That a notice went out is durable before the next one goes. A crash between the two sends it again, under its id.
4. No address stands here: each is known by a salted hash that is slow to make, as an address may hold a weak password.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

from wayseal.cases import Cases
from wayseal.cases.views import Noticeable
from wayseal.journal.files import LockedJournal, lock_journal
from wayseal.model import WaysealError
from wayseal.model.schema import CLOSED, parse_json, plain

FILE = "notices.json"
"""In the casebook's folder."""
DAYS = 30
_FOLDER_MODE = 0o700
_DAY = 86_400_000_000


class OutboxError(WaysealError):
    """An outbox that isn't what was written."""

    exit_code: ClassVar[int] = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedCase:
    """A case that is told of. alerted_at: microseconds since 1970."""

    __pydantic_config__: ClassVar = CLOSED
    id: str
    score: float
    expected_loss: float
    accounts: int
    alerted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """New cases of one run. at: microseconds since 1970; to: addresses it waits for; had: those that have it."""

    __pydantic_config__: ClassVar = CLOSED
    id: str
    at: int
    ledger: str
    host: str
    cases: tuple[NoticedCase, ...]
    to: tuple[str, ...]
    had: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The content of the file. after, below, to: rule 1; after None: no cases are being registered."""

    __pydantic_config__: ClassVar = CLOSED
    wayseal: Literal[2]
    salt: str
    after: int | None = None
    below: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    waiting: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Counts of notices that go on waiting for addresses that weren't given, and of those that were let go (rule 2)."""

    elsewhere: int
    let_go: int


class Outbox:
    """An outbox that is held for writing. What a method did is durable when it returns."""

    def __init__(self, held: LockedJournal, content: _Content) -> None:
        self._held = held
        self._content = content

    @property
    def expects(self) -> bool:
        """True if cases were to be registered of which nothing was made yet (rule 1)."""
        return self._content.after is not None

    def expect(self, cases: Cases, to: Sequence[str]) -> None:
        """Cases that the casebook doesn't have yet as worth acting on are to be told of (rule 1)."""
        after, below, names = self._content.after, self._content.below, tuple(map(self._name, to))
        if after is None:
            after, below = cases.last_case(), cases.never_worth()
        told = tuple(dict.fromkeys([*self._content.to, *names]))
        self._keep(replace(self._content, after=after, below=below, to=told))

    def collect(self, book: Cases, *, ledger: str, host: str, at: int) -> None:
        """Makes a notice of the cases that were expected."""
        after = self._content.after
        if after is None:
            return
        cases = [_noticed(case) for case in book.once_worth(after, self._content.below)]
        made = Notice(id=os.urandom(16).hex(), at=at, ledger=ledger, host=host, cases=tuple(cases), to=self._content.to)
        waiting = (*self._content.waiting, *([made] if cases else ()))
        self._keep(replace(self._content, after=None, below=(), to=(), waiting=waiting))

    def waiting_for(self, address: str) -> list[Notice]:
        """The notices that an address has not had, in their order."""
        return [notice for notice in self._content.waiting if self._name(address) not in notice.had]

    def sent(self, notice: Notice, address: str) -> None:
        """Writes down that an address has a notice (rule 3)."""
        name = self._name(address)
        waiting = [
            replace(one, had=(*one.had, name), to=tuple(to for to in one.to if to != name))
            if one.id == notice.id
            else one
            for one in self._content.waiting
        ]
        self._keep(replace(self._content, waiting=tuple(waiting)))

    def settle(self, to: Sequence[str], *, at: int) -> Left:
        """Lets go of what everybody has (rule 2). to: the addresses that were given."""
        given = set(map(self._name, to))
        kept, elsewhere, let_go = [], 0, 0
        for notice in self._content.waiting:
            if given <= {*notice.had}:
                if not notice.to:
                    continue
                if notice.at < at - DAYS * _DAY:
                    let_go += 1
                    continue
            elsewhere += bool({*notice.to} - given)
            kept.append(notice)
        if len(kept) < len(self._content.waiting):
            self._keep(replace(self._content, waiting=tuple(kept)))
        return Left(elsewhere=elsewhere, let_go=let_go)

    def _name(self, address: str) -> str:
        return _name_of(address, self._content.salt)

    def _keep(self, content: _Content) -> None:
        self._held.replace(json.dumps(plain(content), ensure_ascii=False).encode() + b"\n")
        self._content = content


@contextmanager
def open_outbox(folder: Path) -> Iterator[Outbox]:
    """The outbox of a casebook's folder, which is made where there is none.

    OutboxError: it is damaged; JournalBusyError: another process has it; OSError.
    """
    folder.mkdir(_FOLDER_MODE, exist_ok=True)
    path = folder / FILE
    with lock_journal(path, new=True) as held:
        yield Outbox(held, _read(held.content, path))


def count_waiting(folder: Path) -> int:
    """How many notices of a casebook's folder wait for somebody. OutboxError; OSError."""
    try:
        content = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return 0
    return sum(bool(one.to) for one in _read(content, folder / FILE).waiting)


def _read(content: bytes, path: Path) -> _Content:
    if not content:
        return _Content(wayseal=2, salt=os.urandom(16).hex())
    try:
        return parse_json(content, _Content)
    except ValueError as wrong:
        raise OutboxError(
            "the notices that wait can't be read; move the file away, and look through `wayseal case list --state new`",
            file=path,
            key=str(wrong) or None,
        ) from None


def _noticed(case: Noticeable) -> NoticedCase:
    loss = round(case.score * case.parcels_a_day, 3)
    told = {"score": round(case.score, 6), "expected_loss": loss}
    return NoticedCase(id=case.id, accounts=case.accounts, alerted_at=case.alerted_at, **told)


@cache
def _name_of(address: str, salt: str) -> str:
    """Rule 4."""
    return hashlib.scrypt(
        address.encode("utf-8", "surrogateescape"), salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=16
    ).hex()
