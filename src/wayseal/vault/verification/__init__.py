"""Looking whether a vault's tables and records are what was written; the log has a verification of its own.

Looking whether every sealed record still opens: a changed byte of any ciphertext or wrapped key is found.

1. Every field of every record is opened, in memory and portion by portion; nothing of it is kept, shown or counted on.
2. Everything is looked at: a finding ends nothing, and each names the number at fault and nothing else of it.
3. The vault may be used meanwhile: what looks wrong is read once more before it is told.
4. What was erased must be gone: no sealed bytes, no wrapped key, no tags.
5. Each is of the revision that the log says, and has a key of that revision that wasn't superseded: nobody puts an old
   one back unseen.
6. The blind index has the tags of the phones that are sealed, and no others.

Tables come first: records are looked at only where every table is there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.model.errors import Finding
from wayseal.model.fields import Field
from wayseal.model.progress import Progress
from wayseal.vault import tables as t
from wayseal.vault._seal import tags_of_values
from wayseal.vault.errors import KeyringError, LogChangedError, VaultError
from wayseal.vault.keyring import Keyring, KeyService, Wrapped
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.sealing import SealedItem, open_parcels
from wayseal.vault.verification._sound_rows import Portion, RecordCode, TableCode, name_of, read_chosen, read_portion
from wayseal.vault.verification._tables import TableTotals, verify_tables

__all__ = ["RecordCode", "RecordTotals", "TableCode", "TableTotals", "VaultTotals", "verify_vault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTotals:
    """The totals: records that opened, numbers that were erased, wrapped keys; and what was found."""

    opened: int
    erased: int
    keys: int
    findings: tuple[Finding, ...]


def verify_records(
    main: Database,
    keys: Database,
    keyring: Keyring,
    service: KeyService,
    revised: Mapping[str, int],
    progress: Progress,
) -> RecordTotals:
    """Opens every record (rules 1 to 6). revised: the last revision of those that the log says were revised."""
    return _RecordVerifier(main, keys, keyring, service, revised).all(progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """The other rows that stand under numbers: keys by (number, id), tags by number."""

    keys: dict[tuple[str, bytes], Any]
    numbers: frozenset[str]
    tags: Mapping[str, dict[bytes, int]]


class _RecordVerifier:
    def __init__(
        self, main: Database, keys: Database, keyring: Keyring, service: KeyService, revised: Mapping[str, int]
    ) -> None:
        self._main, self._keys, self._keyring, self._service = main, keys, keyring, service
        self._revised = revised
        self._findings: list[Finding] = []
        self._opened = self._erased = 0

    def all(self, progress: Progress) -> RecordTotals:
        total = self._main.read(_count, t.waybills)
        done, after = 0, None
        while portion := self._main.read(read_portion, t.waybills, after):
            for row, wrong in self._examine(portion.rows):
                # Rule 3.
                again = self._examine(self._main.read(_one, row.waybill).rows) if wrong else [(row, wrong)]
                for each, code in again:
                    self._report(each, code)
            done, after = done + len(portion), portion.after
            progress("records", done, max(total, done))
        wrapped = self._keys.read(_count, t.data_keys)
        return RecordTotals(opened=self._opened, erased=self._erased, keys=wrapped, findings=tuple(self._findings))

    def _report(self, row: Any, wrong: RecordCode | None) -> None:
        if wrong is not None:
            self._findings.append(Finding(code=wrong, where=name_of(t.waybills, row)))
        elif row.erased_at is None:
            self._opened += 1
        self._erased += row.erased_at is not None

    def _examine(self, rows: Sequence[Any]) -> list[tuple[Any, RecordCode | None]]:
        """Each record, and what is wrong with it."""
        beside = self._read_beside([row.waybill for row in rows])
        wrong: dict[str, RecordCode] = {}
        items: list[SealedItem] = []
        for row in rows:
            key = beside.keys.get((row.waybill, row.key_id))
            if row.erased_at is not None:
                if row.waybill in beside.numbers or row.sealed or row.waybill in beside.tags:
                    wrong[row.waybill] = RecordCode.NOT_ERASED
            elif row.revision < self._revised.get(row.waybill, 1) or (key and key.superseded_by is not None):
                wrong[row.waybill] = RecordCode.STALE
            elif key is None:
                wrong[row.waybill] = RecordCode.NO_KEY
            elif key.revision != row.revision:
                wrong[row.waybill] = RecordCode.CHANGED
            else:
                wrapped = Wrapped(key.key_version, key.wrapped)
                items.append(SealedItem(row.waybill, row.sealed, wrapped, revision=row.revision))
        wrong |= self._closed(items, beside)
        return [(row, wrong.get(row.waybill)) for row in rows]

    def _closed(self, items: Sequence[SealedItem], beside: _Beside) -> dict[str, RecordCode]:
        """Records that don't open, or whose phones are found by other tags (rule 6)."""
        out: dict[str, RecordCode] = {}
        for item, opened in zip(items, open_parcels(self._service, items), strict=True):
            if isinstance(opened, VaultError):
                known = isinstance(opened, KeyringError)
                out[item.waybill] = RecordCode.KEYRING if known else RecordCode.CHANGED
            elif not self._has_tags(opened, beside.tags.get(item.waybill, {})):
                out[item.waybill] = RecordCode.PHONES
        return out

    def _has_tags(self, values: Mapping[Field, str], tags: Mapping[bytes, int]) -> bool:
        version = next(iter(tags.values()), None)
        try:
            return tags_of_values(self._keyring, values, version) == tags
        except KeyringError:
            return False

    def _read_beside(self, numbers: Sequence[str]) -> _Beside:
        keys = self._keys.read(read_chosen, t.data_keys, "waybill", numbers).rows
        tags: defaultdict[str, dict[bytes, int]] = defaultdict(dict)
        for row in self._main.read(read_chosen, t.phones, "waybill", numbers).rows:
            tags[row.waybill][row.tag] = row.key_version
        return _Beside(
            keys={(k.waybill, k.key_id): k for k in keys}, numbers=frozenset(k.waybill for k in keys), tags=tags
        )


def _one(connection: Connection, number: str) -> Portion:
    return read_chosen(connection, t.waybills, "waybill", [number])


def _count(connection: Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultTotals:
    """The totals of a verification. records: None where a table or a column is missing, so that they couldn't be.

    behind: where the log isn't the one that was seen.
    """

    tables: TableTotals
    records: RecordTotals | None
    behind: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that is not as it should be."""
        return (*self.behind, *self.tables.findings, *(self.records.findings if self.records else ()))


def verify_vault(
    main: Database,
    keys: Database,
    keyring: Keyring,
    service: KeyService,
    progress: Progress,
    memory: LogMemory | None = None,
) -> VaultTotals:
    """Looks at every row, and opens every record. Nothing that stands in a table makes it raise.

    memory: what was seen of the log before.
    """
    tables = verify_tables(main, keys, keyring, progress)
    if not tables.whole:
        return VaultTotals(tables=tables, records=None, behind=())
    records = verify_records(main, keys, keyring, service, tables.revised, progress)
    behind = () if memory is None else tuple(main.read(_compare_seen, memory))
    return VaultTotals(tables=tables, records=records, behind=behind)


def _compare_seen(connection: Connection, memory: LogMemory) -> list[Finding]:
    found = []
    for check, size in ((memory.check, memory.seen.size), (memory.check_signed, memory.seen.signed_size)):
        try:
            check(connection)
        except LogChangedError:
            found.append(Finding(code=TableCode.BEHIND, where=f"entries/{size - 1}"))
    return found
