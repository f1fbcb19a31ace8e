"""Looking whether every sealed record still opens: a changed byte of any ciphertext or wrapped key is found.

1. Every field of every record is opened, in memory and portion by portion; nothing of it is kept, shown or counted on.
2. Everything is looked at: a finding ends nothing, and each names the number at fault and nothing else of it.
3. The vault may be used meanwhile: what looks wrong is read once more before it is told.
4. What was erased must be gone: no sealed bytes, no wrapped key.
5. As many records as the log says were sealed must be there: nobody takes a row away unseen.
6. Each is of the revision that the log says, and has a key that wasn't superseded: nobody puts an old one back unseen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from wayseal.store.database import Connection, Database
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen
from wayseal.vault.errors import KeyringError, LogChangedError, VaultError
from wayseal.vault.keyring import KeyService, Wrapped
from wayseal.vault.log import Entry, EntryKind
from wayseal.vault.log.entries import decode
from wayseal.vault.sealing import SealedItem, open_parcels

PORTION = 1000
"""Records that are looked at together."""
_ENTRIES = 5000
_SEALED, _REVISED = b'"kind":"sealed"', b'"kind":"revised"'
Progress = Callable[[str, int, int], None]
"""(stage, done, total)."""
_Rows = Sequence[sa.Row[Any]]


class RecordCode(StrEnum):
    """What is wrong with a record."""

    CHANGED = "record-changed"
    """Sealed bytes or wrapped key aren't what was written, or belong to another number."""
    NO_KEY = "record-no-key"
    """It has no wrapped key, and wasn't erased."""
    KEYRING = "record-keyring"
    """Its data key was wrapped by a key that the keyring hasn't got."""
    NOT_ERASED = "record-not-erased"
    """It counts as erased, and its key or its sealed bytes are still there."""
    STALE = "record-stale"
    """It was revised since: an older revision lies there."""
    COUNT = "records-count"
    """The log says that another number of records was sealed; this finding has no waybill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFinding:
    """One record that is not as it should be. values: what the words need, never of what was sealed."""

    code: RecordCode
    waybill: str
    values: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTotals:
    """What was looked at: records that opened, numbers that were erased, wrapped keys; and what was found."""

    opened: int
    erased: int
    keys: int
    findings: tuple[RecordFinding, ...]


def verify_records(main: Database, keys: Database, service: KeyService, progress: Progress) -> RecordTotals:
    """Opens every record (rules 1 to 5)."""
    return _RecordVerifier(main, keys, service).all(progress)


class _RecordVerifier:
    def __init__(self, main: Database, keys: Database, service: KeyService) -> None:
        self._main, self._keys, self._service = main, keys, service
        self._findings: list[RecordFinding] = []
        self._opened = self._erased = 0
        self._revised: dict[str, int] = {}

    def all(self, progress: Progress) -> RecordTotals:
        there, sealed, self._revised = self._main.read(_counts)
        if sealed is not None and sealed != there:
            values = {"sealed": sealed, "there": there}
            self._findings.append(RecordFinding(code=RecordCode.COUNT, waybill="", values=values))
        done, last = 0, ""
        while rows := self._main.read(_portion, last):
            for row, wrong in self._looked(rows):
                # Rule 3.
                again = self._looked(self._main.read(_one, row.waybill)) if wrong else [(row, wrong)]
                for each, code in again:
                    self._count(each, code)
            done, last = done + len(rows), rows[-1].waybill
            progress("records", done, max(there, done))
        wrapped = self._keys.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(t.data_keys)).scalar_one())
        return RecordTotals(opened=self._opened, erased=self._erased, keys=wrapped, findings=tuple(self._findings))

    def _count(self, row: sa.Row[Any], wrong: RecordCode | None) -> None:
        if wrong is not None:
            self._findings.append(RecordFinding(code=wrong, waybill=row.waybill))
        elif row.erased_at is None:
            self._opened += 1
        self._erased += row.erased_at is not None

    def _looked(self, rows: _Rows) -> list[tuple[sa.Row[Any], RecordCode | None]]:
        """Each record, and what is wrong with it."""
        numbers = [row.waybill for row in rows]
        keys = self._keys.read(lambda c: chosen(c, t.data_keys, "waybill", numbers))
        found = {(k.waybill, bytes(k.key_id)): k for k in keys}
        wrong: dict[str, RecordCode] = {}
        items: list[SealedItem] = []
        for row in rows:
            key = found.get((row.waybill, bytes(row.key_id)))
            if row.erased_at is not None:
                if key is not None or row.sealed:
                    wrong[row.waybill] = RecordCode.NOT_ERASED
            elif row.revision < self._revised.get(row.waybill, 1) or (key and key.superseded_by is not None):
                wrong[row.waybill] = RecordCode.STALE
            elif key is None:
                wrong[row.waybill] = RecordCode.NO_KEY
            else:
                wrapped = Wrapped(key.key_version, bytes(key.wrapped))
                items.append(SealedItem(row.waybill, bytes(row.sealed), wrapped, revision=row.revision))
        wrong |= self._closed(items)
        return [(row, wrong.get(row.waybill)) for row in rows]

    def _closed(self, items: Sequence[SealedItem]) -> dict[str, RecordCode]:
        """Records that don't open."""
        out: dict[str, RecordCode] = {}
        for item, opened in zip(items, open_parcels(self._service, items), strict=True):
            if isinstance(opened, VaultError):
                known = isinstance(opened, KeyringError)
                out[item.waybill] = RecordCode.KEYRING if known else RecordCode.CHANGED
        return out


def _one(connection: Connection, number: str) -> _Rows:
    return connection.execute(sa.select(t.waybills).where(t.waybills.c.waybill == number)).all()


def _portion(connection: Connection, last: str) -> _Rows:
    number = t.waybills.c.waybill
    return connection.execute(sa.select(t.waybills).where(number > last).order_by(number).limit(PORTION)).all()


def _counts(connection: Connection) -> tuple[int, int | None, dict[str, int]]:
    """Records that are there, how many the log says were sealed (rule 5), and the last revision of those revised (6).

    None where it can't say any more how many were sealed.
    Records first: what is sealed between the two statements counts in the log alone only where a transaction isn't one
    snapshot, so there it is made one.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    there = connection.execute(sa.select(sa.func.count()).select_from(t.waybills)).scalar_one()
    sealed: int | None = 0
    revised: dict[str, int] = {}
    last = -1
    columns = t.entries.c
    while True:
        which = sa.select(columns.seq, columns.entry).where(columns.seq > last).order_by(columns.seq).limit(_ENTRIES)
        rows = connection.execute(which).all()
        if not rows:
            return there, sealed, revised
        last = rows[-1].seq
        for row in rows:
            content = None if row.entry is None else bytes(row.entry)
            if content is None or sealed is None:
                sealed = None
            elif _SEALED in content:
                sealed += _sealed_by(content)
            if content is not None and _REVISED in content:
                revised |= _revised_by(content)


def _sealed_by(content: bytes) -> int:
    """How many records an entry says were sealed."""
    entry = _entry(content)
    return int(entry.more.get("waybills", 0)) if entry is not None and entry.kind is EntryKind.SEALED else 0


def _revised_by(content: bytes) -> dict[str, int]:
    """Which revision of a record an entry says was made."""
    entry = _entry(content)
    if entry is None or entry.kind is not EntryKind.REVISED or entry.waybill is None:
        return {}
    return {entry.waybill: int(entry.more["revision"])}


def _entry(content: bytes) -> Entry | None:
    """An entry; None where it isn't one, which is for the log's own verification."""
    try:
        return decode(content)
    except LogChangedError:
        return None
