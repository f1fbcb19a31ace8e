"""The analytics ledger as a projection of the vault: made of it, gone on with, made anew, and compared with its log.

1. Only entries that disclosed become reads, and of them only what the data contract has a column for; a read's `access`
   is the log's origin and the entry's place.
2. Where the projection stands is known by the names of the sources in the ledger, and by nothing else: a ledger that is
   gone is made anew from the vault. A ledger with a position that isn't this log's is refused (`_positions`).
3. An entry that isn't what its leaf says, or that somebody else than the vault wrote, is projected no further; nor is
   one that was erased, if no entry says so.
4. Every entry that disclosed has exactly one row, with its account, waybill and time; of this log the ledger has no
   other row. What was erased from the log, purged from the ledger, or came in since the last projection is counted.
5. What the vault knows of work comes along (`work_tables`), read after the entries, so that what opened a
   read is there with it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from wayseal import store
from wayseal.ledger import IngestOptions, IngestReport, Snapshot, ingest, open_ledger
from wayseal.ledger.reserved import reserved_prefix
from wayseal.store.database import Connection, Database
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log._positions import (
    covered,
    leaf_at,
    positions_of,
    require_positions,
    source_name,
    write_source,
)
from wayseal.vault.log._spans import Span, merge_spans, subtract_spans
from wayseal.vault.log.entries import Entry, EntryKind
from wayseal.vault.log.erasure import named_by
from wayseal.vault.log.sound_entries import read_origin, sound
from wayseal.vault.log.tiles import size
from wayseal.vault.log.work_tables import KnownWork, directory_of, write_work
from wayseal.vault.row_marks import RowMarks

__all__ = ["Progress", "Projected", "origin_of", "project", "projected_to", "write_dataset"]

Progress = Callable[[str, int, int], None]
"""(stage, done, total)."""
_AT_ONCE = 16_384
_IN_FILE = 64
"""Portions in one file: about a million entries."""
_Portion = list[tuple[int, Entry | None]]
"""Places and entries; None: erased."""
_SCHEMA = store.arrow_schema("accesses")


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""


def _no_act(_entry: Entry) -> None:
    """Takes no notice of an act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """A projection's result: entries from `first` up to `stop` (excluded) were read, `rows` of them disclosures.

    work: table → rows that the ledger lacked. unmarked: rows of work that somebody else than the vault wrote; they stay
    out. report: of the ingest; None where there was nothing to take in.
    """

    first: int
    stop: int
    rows: int
    work: Mapping[str, int] = field(default_factory=dict)
    unmarked: int = 0
    report: IngestReport | None


def project(
    database: Database, marks: RowMarks, folder: Path, ledger: Path, *, progress: Progress = _silent
) -> Projected:
    """Takes what was disclosed since the last time, and what explains it, into a ledger; makes one if need be.

    folder: where files are written meanwhile; they are gone afterwards. Running it twice changes nothing.
    LogChangedError: an entry isn't what was written, or the ledger stands where this log never stood.
    """
    stop, people = database.read(_present)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as made:
        if not (ledger / "manifest.json").exists():
            done = _write(database, Path(made), None, stop, KnownWork(None, marks, people), progress)
        else:
            with open_ledger(ledger) as snapshot:
                known = KnownWork(snapshot, marks, people)
                done = _write(database, Path(made), snapshot, stop, known, progress)
        if done.first == done.stop and not done.work:
            return done
        options = IngestOptions(projection=True)
        report = ingest(store.open_source(Path(made)), ledger, progress=progress, options=options)
    return replace(done, report=report)


def _present(connection: Connection) -> tuple[int, Sequence[sa.Row[Any]]]:
    """The log's size and the directory, of one moment: what changes later is told by later entries."""
    return size(connection), directory_of(connection)


def _write(
    database: Database, made: Path, snapshot: Snapshot | None, stop: int, known: KnownWork, progress: Progress
) -> Projected:
    """Writes what a ledger lacks as a dataset."""
    first = 0 if snapshot is None else projected_to(database, snapshot)
    rows = write_dataset(database, known.marks, made, first, stop, progress=progress, act=known.take_act)
    stem = reserved_prefix(database.read(origin_of))
    work = write_work(database, made, known, stem, stop, progress)
    return Projected(first=first, stop=stop, rows=rows, work=work, unmarked=known.unmarked, report=None)


def write_dataset(
    database: Database, marks: RowMarks, folder: Path, since: int = 0, stop: int | None = None, *,
    progress: Progress = _silent, act: Callable[[Entry], None] = _no_act,
) -> int:  # fmt: skip
    """Writes what entries from `since` up to `stop` disclosed as a dataset of the data contract; how many rows.

    A file that holds no row still says by its name up to where was looked. act: told of each administrator's act.
    LogChangedError: an entry isn't what was written (rule 3).
    """
    origin, rows, erased = database.read(origin_of), 0, _ErasedPlaces()
    stop = database.read(size) if stop is None else stop
    for first in range(since, stop, _AT_ONCE * _IN_FILE):
        last = min(stop, first + _AT_ONCE * _IN_FILE)
        name = source_name(origin, first, last, database.read(leaf_at, last - 1))
        entries = _heard(portions(database, marks, first, last), erased, act)
        tables = _tables(origin, entries, lambda done: progress("entries", done, stop))
        rows += write_source(folder, "accesses", name, tables)
    if erased.unnamed():
        # Whoever erased meanwhile says so behind the end that was looked at.
        for portion in portions(database, marks, stop, database.read(size)):
            erased.hear(portion)
    if erased.unnamed():
        raise LogChangedError("entries of the log were erased and no entry says so: verify it")
    return rows


class _ErasedPlaces:
    """Which entries were erased, and which of them later ones name."""

    def __init__(self) -> None:
        self._erased: list[Span] = []
        self._named: list[Span] = []

    def hear(self, portion: _Portion) -> None:
        """Takes note of a portion of the log."""
        for seq, entry in portion:
            if entry is None:
                self._erased.append((seq, seq))
            else:
                self._named += named_by(entry)

    def unnamed(self) -> bool:
        """Check whether one was erased that no entry names."""
        return bool(subtract_spans(merge_spans(self._erased), merge_spans(self._named)))


def _heard(entries: Iterator[_Portion], erased: _ErasedPlaces, act: Callable[[Entry], None]) -> Iterator[_Portion]:
    """The same portions, once acts and erasures in them were told."""
    for portion in entries:
        erased.hear(portion)
        for _, entry in portion:
            if entry is not None and entry.kind is EntryKind.ADMIN:
                act(entry)
        yield portion


def projected_to(database: Database, snapshot: Snapshot) -> int:
    """Up to which entry (excluded) a ledger holds what the log disclosed. LogChangedError: rule 2."""
    positions = positions_of(snapshot, database.read(origin_of))
    database.read(require_positions, positions)
    return covered(positions)


def origin_of(connection: Connection) -> str:
    """The vault's name, as it stands in its checkpoints; VaultError where there is none yet."""
    origin = read_origin(connection)
    if origin is None:
        raise VaultError("the vault has no origin yet: run `wayseal vault init`")
    return origin


def access_of(origin: str, seq: int) -> str:
    """The `access` id of an entry's row."""
    return f"{origin}/{seq}"


def portions(database: Database, marks: RowMarks, first: int, stop: int) -> Iterator[_Portion]:
    """Places and entries from `first` up to `stop`, some thousands at a time; None: erased.

    LogChangedError: an entry isn't what its leaf says or isn't the vault's, or a place is empty.
    """
    for start in range(first, stop, _AT_ONCE):
        yield database.read(_portion, marks, start, min(stop, start + _AT_ONCE))


def _portion(connection: Connection, marks: RowMarks, start: int, stop: int) -> list[tuple[int, Entry | None]]:
    seq = t.entries.c.seq
    rows = connection.execute(sa.select(t.entries).where((seq >= start) & (seq < stop)).order_by(seq)).all()
    if [row.seq for row in rows] != list(range(start, stop)):
        raise LogChangedError("entries of the log are missing: verify it")
    return [(row.seq, _sound(marks, row)) for row in rows]


def _sound(marks: RowMarks, row: sa.Row[Any]) -> Entry | None:
    """Rule 3."""
    own = marks.holds(t.entries, row)
    if own and row.salt is None and row.entry is None:
        return None
    found = sound(row.leaf, row.salt, row.entry) if own else None
    if found is None:
        raise LogChangedError("an entry of the log isn't what was written: verify it")
    return found


def _tables(origin: str, entries: Iterator[_Portion], seen: Callable[[int], None]) -> Iterator[pa.Table]:
    """Rows of the entries that disclosed, a portion at a time."""
    for portion in entries:
        rows = [_row(origin, seq, e) for seq, e in portion if e is not None and e.kind is EntryKind.DISCLOSED]
        yield pa.Table.from_pylist(rows, schema=_SCHEMA)
        seen(portion[-1][0] + 1)


def _row(origin: str, seq: int, entry: Entry) -> dict[str, Any]:
    """Rule 1."""
    return {
        "access": access_of(origin, seq), "at": entry.at, "actor": entry.actor, "waybill": entry.waybill,
        "action": "decrypt", "via": entry.via, "fields": [str(name) for name in sorted(entry.fields)],
        "request": entry.request, "ip": entry.ip, "purpose": entry.purpose,
    }  # fmt: skip
