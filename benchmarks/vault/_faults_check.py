"""Whether the log and the records are what clients were told."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar, TypeVarTuple

import sqlalchemy as sa

from benchmarks.vault._faults_load import Books, Told
from wayseal.database import Connection, Database, DatabaseGoneError
from wayseal.vault import tables as t
from wayseal.vault._sql import chosen
from wayseal.vault.keyring import Keyring, LocalKeys
from wayseal.vault.keyring.keys import LogKey
from wayseal.vault.log import EntryKind
from wayseal.vault.log.entries import Entry, decode
from wayseal.vault.log.integrity import verify
from wayseal.vault.sealing import open_reason
from wayseal.vault.verification import verify_vault

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_PORTION = 5000


@dataclass(frozen=True, slots=True)
class _Stands:
    seq: int
    leaf: str
    shown: bool
    request: str


@dataclass(slots=True)
class Flaws:
    """What is wrong. lost: answers that the log or the records don't hold; doubled: requests that stand there twice."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.lost or self.doubled or self.findings)


class Checker:
    """Reads the log on from where it was, and compares it with what clients were told since."""

    def __init__(self, main: Database, keys: Database, keyring: Keyring) -> None:
        self.flaws = Flaws()
        self.entries = 0
        self._main, self._keys, self._keyring = main, keys, keyring
        self._stands: dict[tuple[str, str], _Stands] = {}
        self._shown: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._told = self._sealed = 0

    def look(self, books: Books) -> None:
        """Every answer so far is in the log at its place, and no request stands there twice."""
        # First the answers: what was told stands in the log already.
        told, sealed = books.told[self._told :], books.sealed[self._sealed :]
        self._told, self._sealed = self._told + len(told), self._sealed + len(sealed)
        while rows := self._read(self._main, _entries, self.entries):
            for seq, leaf, content in rows:
                self._enter(seq, leaf.hex(), decode(content))
            self.entries = rows[-1][0] + 1
        self.flaws.lost += [f"{one.ask} {one.waybill}: {said}" for one in told if (said := self._said(one))]
        self.flaws.lost += [f"{number}: sealed, and not there" for number in self._missing(sealed)]

    def finish(self, notes: Sequence[str]) -> None:
        """The log verifies, also under checkpoints taken before, every record opens, and what was shown was counted."""
        name = str(self._read(self._main, _origin))
        keys = [key.verifying(name) for key in self._keyring.keys(LogKey)]
        given = [(f"note {n}", note.encode()) for n, note in enumerate(notes)]
        log = verify(self._main, given, keys, lambda stage, done, total: None)
        self.flaws.findings += [f"{f.code} {f.where}" for f in log.findings]
        if len(log.checkpoints) < len(notes):
            self.flaws.findings.append("a checkpoint that was given holds no more")
        records = verify_vault(
            self._main, self._keys, self._keyring, LocalKeys(self._keyring, name), lambda stage, done, total: None
        )
        self.flaws.findings += [f"{f.code} {f.where}" for f in records.findings]
        used = self._read(self._main, _used)
        for (actor, purpose), numbers in self._shown.items():
            if not len(set(numbers)) <= used.get((f"actor:{actor}", purpose), 0) <= len(numbers):
                self.flaws.findings.append(f"budget of {actor} for {purpose}")

    def _read(self, database: Database, work: Callable[[Connection, *Ts], T], *args: *Ts) -> T:
        """What it reads; connections of its own are ended with the service's."""
        for _ in range(10):
            with suppress(DatabaseGoneError):
                return database.read(work, *args)
        return database.read(work, *args)

    def _enter(self, seq: int, leaf: str, entry: Entry) -> None:
        if entry.kind is EntryKind.SEALED and entry.more["refused"]:
            self.flaws.doubled.append(f"entry {seq}: a request seals what it sealed before")
        if entry.waybill is None or entry.reason is None:
            return
        ask = open_reason(self._keyring, entry.request.encode(), entry.reason)
        shown = entry.kind is EntryKind.DISCLOSED
        first = self._stands.get((ask, entry.waybill))
        if first is not None and entry.more.get("replay") == first.seq:
            return
        if first is not None:
            self.flaws.doubled.append(f"{ask} {entry.waybill}: entry {seq} is another one of it")
        self._stands[ask, entry.waybill] = _Stands(seq, leaf, shown, entry.request)
        if shown and entry.purpose is not None:
            self._shown[entry.actor, entry.purpose].append(entry.waybill)

    def _said(self, one: Told) -> str:
        """What is wrong with an answer; "" if nothing."""
        stands = self._stands.get((one.ask, one.waybill))
        if stands is None:
            return "no entry"
        if stands.seq != one.seq or (one.leaf is not None and one.leaf != stands.leaf):
            return f"another place or leaf than entry {stands.seq}"
        if one.disclosed and not stands.shown:
            return f"shown, and refused in entry {stands.seq}"
        if not one.keyed and (one.request != stands.request or one.disclosed != stands.shown):
            return f"another request or answer than entry {stands.seq}"
        return ""

    def _missing(self, sealed: Sequence[str]) -> set[str]:
        rows = self._read(self._main, lambda c: chosen(c, t.waybills, "waybill", sealed))
        keys = self._read(self._keys, lambda c: chosen(c, t.data_keys, "waybill", sealed))
        there = {(row.waybill, bytes(row.key_id)) for row in keys}
        return set(sealed) - {row.waybill for row in rows if (row.waybill, bytes(row.key_id)) in there}


def _entries(connection: Connection, first: int) -> list[tuple[int, bytes, bytes]]:
    columns = t.entries.c
    rows = connection.execute(sa.select(t.entries).where(columns.seq >= first).order_by(columns.seq).limit(_PORTION))
    return [(row.seq, bytes(row.leaf), bytes(row.entry)) for row in rows]


def _origin(connection: Connection) -> object:
    return connection.execute(sa.select(t.facts.c.value).where(t.facts.c.name == "origin")).scalar()


def _used(connection: Connection) -> dict[tuple[str, str], int]:
    columns = t.budgets.c
    sums = sa.select(columns.of, columns.purpose, sa.func.sum(columns.used)).group_by(columns.of, columns.purpose)
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(sums)}
