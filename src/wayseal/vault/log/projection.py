"""The analytics ledger as a projection of the log: made of it, gone on with, made anew, and compared with it.

1. Only entries that disclosed become rows, and of them only what the data contract has a column for; a row's `access`
   is the log's origin and the entry's place.
2. Where the projection stands is known by the names of the sources in the ledger, and by nothing else: a ledger that is
   gone is made anew from the log.
3. An entry that isn't what its leaf says is projected no further.
4. Every entry that disclosed has exactly one row, with its account, waybill and time; of this log the ledger has no
   other row. What was erased from the log, purged from the ledger, or came in since the last projection is counted.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from wayseal import store
from wayseal.ledger import IngestReport, Snapshot, ingest, open_ledger
from wayseal.merkle.hashing import leaf_hash
from wayseal.store.database import Connection, Database
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log._spans import merge_spans
from wayseal.vault.log.entries import Entry, EntryKind, decode
from wayseal.vault.log.tiles import size

__all__ = ["Progress", "Projected", "origin_of", "project", "projected_to", "write_dataset"]

Progress = Callable[[str, int, int], None]
"""(stage, done, total)."""
_AT_ONCE = 16_384
_IN_FILE = 64
"""Portions in one file: about a million entries."""
_SCHEMA = store.arrow_schema("accesses")


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """What was done: entries from `first` up to `stop` (excluded) were looked at, `rows` of them disclosed something.

    report: of the ingest; None where there was nothing to take in.
    """

    first: int
    stop: int
    rows: int
    report: IngestReport | None


def project(database: Database, folder: Path, ledger: Path, *, progress: Progress = _silent) -> Projected:
    """Takes what the log has disclosed since the last time into a ledger, which is made if need be (rules 1 to 3).

    folder: where files are written meanwhile; they are gone afterwards. Running it twice changes nothing.
    """
    origin = database.read(origin_of)
    first, stop = projected_to(ledger, origin), database.read(size)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as made:
        rows = write_dataset(database, Path(made), first, stop, progress=progress)
        report = ingest(store.open_source(Path(made)), ledger, progress=progress) if rows else None
    return Projected(first=min(first, stop), stop=stop, rows=rows, report=report)


def write_dataset(
    database: Database, folder: Path, since: int = 0, stop: int | None = None, *, progress: Progress = _silent
) -> int:
    """Writes what entries from `since` up to `stop` disclosed as a dataset (`docs/data-contract.md`); how many rows.

    LogChangedError: an entry isn't what was written (rule 3).
    """
    origin, rows = database.read(origin_of), 0
    stop = database.read(size) if stop is None else stop
    for first in range(since, stop, _AT_ONCE * _IN_FILE):
        last = min(stop, first + _AT_ONCE * _IN_FILE)
        tables = _tables(database, origin, first, last, lambda done: progress("entries", done, stop))
        begun = list(islice(tables, 1))
        if begun:
            path = store.write_table(folder, "accesses", _joined(begun, tables))
            (folder / "accesses").mkdir(exist_ok=True)
            path = path.rename(folder / "accesses" / f"{_stem(origin)}-{first}-{last}.parquet")
            rows += pa.parquet.read_metadata(path).num_rows
    return rows


def projected_to(ledger: Path, origin: str) -> int:
    """Up to which entry (excluded) a ledger holds what the log disclosed (rule 2); 0 where there is no ledger."""
    if not (ledger / "manifest.json").exists():
        return 0
    with open_ledger(ledger) as snapshot:
        return covered(snapshot, origin)


def covered(snapshot: Snapshot, origin: str) -> int:
    """The same of an open ledger."""
    named = (_range(origin, source.name) for source in snapshot.manifest.sources)
    spans = merge_spans((first, stop - 1) for first, stop in (n for n in named if n))
    return spans[0][1] + 1 if spans else 0


def ours(snapshot: Snapshot, origin: str) -> list[bool]:
    """For each source of a ledger, whether a projection of this log brought it."""
    return [_range(origin, source.name) is not None for source in snapshot.manifest.sources]


def origin_of(connection: Connection) -> str:
    """The vault's name, as it stands in its checkpoints; VaultError where there is none yet."""
    origin: str | None = connection.execute(sa.select(t.facts.c.value).where(t.facts.c.name == "origin")).scalar()
    if origin is None:
        raise VaultError("the vault has no origin yet: run `wayseal vault init`")
    return origin


def access_of(origin: str, seq: int) -> str:
    """The `access` id of an entry's row."""
    return f"{origin}/{seq}"


def portions(database: Database, first: int, stop: int) -> Iterator[list[tuple[int, Entry | None]]]:
    """Places and entries from `first` up to `stop`, some thousands at a time; None: erased.

    LogChangedError: an entry isn't what its leaf says, or a place is empty.
    """
    for start in range(first, stop, _AT_ONCE):
        yield database.read(_portion, start, min(stop, start + _AT_ONCE))


def _portion(connection: Connection, start: int, stop: int) -> list[tuple[int, Entry | None]]:
    seq = t.entries.c.seq
    rows = connection.execute(sa.select(t.entries).where((seq >= start) & (seq < stop)).order_by(seq)).all()
    if [row.seq for row in rows] != list(range(start, stop)):
        raise LogChangedError("entries of the log are missing: verify it")
    return [(row.seq, _sound(row)) for row in rows]


def _sound(row: sa.Row[Any]) -> Entry | None:
    """Rule 3."""
    if row.salt is None and row.entry is None:
        return None
    if row.salt is None or row.entry is None or leaf_hash(row.salt + row.entry) != row.leaf:
        raise LogChangedError("an entry of the log isn't what was written: verify it")
    return decode(bytes(row.entry))


def _tables(database: Database, origin: str, first: int, stop: int, seen: Callable[[int], None]) -> Iterator[pa.Table]:
    """Rows of the entries that disclosed, a portion at a time; none for a portion without such."""
    for portion in portions(database, first, stop):
        rows = [_row(origin, seq, e) for seq, e in portion if e is not None and e.kind is EntryKind.DISCLOSED]
        if rows:
            yield pa.Table.from_pylist(rows, schema=_SCHEMA)
        seen(portion[-1][0] + 1)


def _row(origin: str, seq: int, entry: Entry) -> dict[str, Any]:
    """Rule 1."""
    return {
        "access": access_of(origin, seq), "at": entry.at, "actor": entry.actor, "waybill": entry.waybill,
        "action": "decrypt", "via": entry.via, "fields": [str(name) for name in sorted(entry.fields)],
        "request": entry.request, "ip": entry.ip, "purpose": entry.purpose,
    }  # fmt: skip


def _joined(begun: Sequence[pa.Table], more: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield from begun
    yield from more


def _stem(origin: str) -> str:
    return f"vault-{hashlib.sha256(origin.encode()).hexdigest()[:16]}"


def _range(origin: str, name: str) -> tuple[int, int] | None:
    """Which entries a source of the ledger brought; None where it isn't of this log."""
    found = re.fullmatch(rf"{_stem(origin)}-(\d{{1,18}})-(\d{{1,18}})\.parquet", name, re.ASCII)
    return (int(found[1]), int(found[2])) if found and int(found[1]) < int(found[2]) else None
