"""The analytics ledger as a projection of the vault: made of it, gone on with, made anew, and compared with its log.

1. Only entries that disclosed become reads, and of them only what the data contract has a column for; a read's `access`
   is the log's origin and the entry's place.
2. Where the projection stands is known by the names of the sources in the ledger, and by nothing else: a ledger that is
   gone is made anew from the vault. A ledger with a position that isn't this log's is refused (rule 7).
3. An entry that isn't what its leaf says, or that somebody else than the vault wrote, is projected no further; nor is
   one that was erased, if no entry says so.
4. Every entry that disclosed has exactly one row, with its account, waybill and time; of this log the ledger has no
   other row. What was erased from the log, purged from the ledger, or came in since the last projection is counted.
5. What the vault knows of work comes along (`work_tables`), read after the entries, so that what opened a
   read is there with it.

Where a projection stands, the names of the sources that it brought into a ledger say:

6. A name says of which log the source is, which entries were looked at for it, and the leaf of the last of them.
7. A position holds where the log has that leaf at that place. One that doesn't hold is of another log of the same name,
   or of one that was cut back since: it is named, and nothing is built on it.
8. Names of this kind come from projections alone (`wayseal.ledger.reserved`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from wayseal import store
from wayseal.database import Connection, Database
from wayseal.ledger import IngestOptions, IngestReport, Snapshot, ingest, open_ledger
from wayseal.ledger.reserved import reserved_prefix
from wayseal.model.progress import Progress
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log._append import named_by
from wayseal.vault.log.entries import Entry, EntryKind, Span, merge_spans, subtract_spans
from wayseal.vault.log.sound_entries import read_origin, sound
from wayseal.vault.log.tiles import size
from wayseal.vault.log.work_tables import KnownWork, directory_of, write_source, write_work
from wayseal.vault.row_macs import RowMacs

_NAME = re.compile(r"(\d{1,18})-(\d{1,18})-([0-9a-f]{64})\.parquet", re.ASCII)
_AT_ONCE = 500
"""Places in one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A position read from a source's name: entries from `first` up to `stop` (excluded), and the last one's leaf.

    source: its place among the ledger's. A name that says nothing has `stop` 0 and never holds.
    """

    source: int
    name: str
    first: int = 0
    stop: int = 0
    leaf: bytes = b""


def source_name(origin: str, first: int, stop: int, leaf: bytes) -> str:
    """The name of a source that brings entries from `first` up to `stop` (rule 6)."""
    return f"{reserved_prefix(origin)}{first}-{stop}-{leaf.hex()}.parquet"


def positions_of(snapshot: Snapshot, origin: str) -> list[Position]:
    """List the positions of the sources that projections of this log brought, in the order of their coming."""
    prefix = reserved_prefix(origin)
    named = [(n, s.name) for n, s in enumerate(snapshot.manifest.sources) if s.table == "accesses"]
    return [_read(n, name, name.removeprefix(prefix)) for n, name in named if name.startswith(prefix)]


def _read(source: int, name: str, said: str) -> Position:
    found = _NAME.fullmatch(said)
    if found is None or int(found[1]) >= int(found[2]):
        return Position(source=source, name=name)
    return Position(source=source, name=name, first=int(found[1]), stop=int(found[2]), leaf=bytes.fromhex(found[3]))


def broken_positions(connection: Connection, positions: Sequence[Position]) -> list[Position]:
    """Those that don't hold (rule 7)."""
    leaves: dict[int, bytes] = {}
    places = sorted({p.stop - 1 for p in positions})
    for start in range(0, len(places), _AT_ONCE):
        some = t.entries.c.seq.in_(places[start : start + _AT_ONCE])
        rows = connection.execute(sa.select(t.entries.c.seq, t.entries.c.leaf).where(some))
        leaves |= {row.seq: row.leaf for row in rows}
    return [p for p in positions if leaves.get(p.stop - 1) != p.leaf]


def require_positions(connection: Connection, positions: Sequence[Position]) -> None:
    """Raises LogChangedError where one doesn't hold: it names the source and says what is wrong."""
    for broken in broken_positions(connection, positions):
        there = size(connection)
        if broken.stop > there:
            raise LogChangedError(
                "the ledger says that {name} brought entries up to {stop:,}, but the log has {size:,}: it was cut "
                "back, or the ledger is of another log. Verify the log, and make the ledger anew",
                name=broken.name,
                stop=broken.stop,
                size=there,
            )
        raise LogChangedError(
            "{name} of the ledger is of another log: its entries don't end as this log does there. Verify the log, "
            "and make the ledger anew",
            name=broken.name,
        )


def covered(positions: Sequence[Position]) -> int:
    """Up to which entry (excluded) positions that hold reach without a gap; 0 where there is none."""
    spans = merge_spans((p.first, p.stop - 1) for p in positions)
    return spans[0][1] + 1 if spans and not spans[0][0] else 0


def leaf_at(connection: Connection, seq: int) -> bytes:
    """The leaf of an entry; LogChangedError where there is none."""
    leaf = connection.execute(sa.select(t.entries.c.leaf).where(t.entries.c.seq == seq)).scalar()
    if leaf is None:
        raise LogChangedError("entries of the log are missing: verify it")
    return bytes(leaf)


_PORTION = 16_384
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
    database: Database, marks: RowMacs, folder: Path, ledger: Path, *, progress: Progress = _silent
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
    database: Database, marks: RowMacs, folder: Path, since: int = 0, stop: int | None = None, *,
    progress: Progress = _silent, act: Callable[[Entry], None] = _no_act,
) -> int:  # fmt: skip
    """Writes what entries from `since` up to `stop` disclosed as a dataset (docs/reference/data-contract.md); how many.

    A file that holds no row still says by its name up to where was looked. act: told of each administrator's act.
    LogChangedError: an entry isn't what was written (rule 3).
    """
    origin, rows, erased = database.read(origin_of), 0, _ErasedPlaces()
    stop = database.read(size) if stop is None else stop
    for first in range(since, stop, _PORTION * _IN_FILE):
        last = min(stop, first + _PORTION * _IN_FILE)
        name = source_name(origin, first, last, database.read(leaf_at, last - 1))
        entries = _noted(portions(database, marks, first, last), erased, act)
        tables = _tables(origin, entries, lambda done: progress("entries", done, stop))
        rows += write_source(folder, "accesses", name, tables)
    if erased.unnamed():
        # Whoever erased meanwhile says so behind the end that was looked at.
        for portion in portions(database, marks, stop, database.read(size)):
            erased.add(portion)
    if erased.unnamed():
        raise LogChangedError("entries of the log were erased and no entry says so: verify it")
    return rows


class _ErasedPlaces:
    """Which entries were erased, and which of them later ones name."""

    def __init__(self) -> None:
        self._erased: list[Span] = []
        self._named: list[Span] = []

    def add(self, portion: _Portion) -> None:
        """Takes note of a portion of the log."""
        for seq, entry in portion:
            if entry is None:
                self._erased.append((seq, seq))
            else:
                self._named += named_by(entry)

    def unnamed(self) -> bool:
        """Check whether one was erased that no entry names."""
        return bool(subtract_spans(merge_spans(self._erased), merge_spans(self._named)))


def _noted(entries: Iterator[_Portion], erased: _ErasedPlaces, act: Callable[[Entry], None]) -> Iterator[_Portion]:
    """The same portions, once acts and erasures in them were told."""
    for portion in entries:
        erased.add(portion)
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


def portions(database: Database, marks: RowMacs, first: int, stop: int) -> Iterator[_Portion]:
    """Places and entries from `first` up to `stop`, some thousands at a time; None: erased.

    LogChangedError: an entry isn't what its leaf says or isn't the vault's, or a place is empty.
    """
    for start in range(first, stop, _PORTION):
        yield database.read(_portion, marks, start, min(stop, start + _PORTION))


def _portion(connection: Connection, marks: RowMacs, start: int, stop: int) -> list[tuple[int, Entry | None]]:
    seq = t.entries.c.seq
    rows = connection.execute(sa.select(t.entries).where((seq >= start) & (seq < stop)).order_by(seq)).all()
    if [row.seq for row in rows] != list(range(start, stop)):
        raise LogChangedError("entries of the log are missing: verify it")
    return [(row.seq, _sound(marks, row)) for row in rows]


def _sound(marks: RowMacs, row: sa.Row[Any]) -> Entry | None:
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
        yield pa.Table.from_pylist(disclosed_rows(origin, portion), schema=_SCHEMA)
        seen(portion[-1][0] + 1)


def disclosed_rows(origin: str, portion: Sequence[tuple[int, Entry | None]]) -> list[dict[str, Any]]:
    """Rows of `accesses` for the entries that disclosed; `at` in microseconds since 1970."""
    return [_row(origin, seq, e) for seq, e in portion if e is not None and e.kind is EntryKind.DISCLOSED]


def _row(origin: str, seq: int, entry: Entry) -> dict[str, Any]:
    """Rule 1."""
    return {
        "access": access_of(origin, seq), "at": entry.at, "actor": entry.actor, "waybill": entry.waybill,
        "action": "decrypt", "via": entry.via, "fields": [str(name) for name in sorted(entry.fields)],
        "request": entry.request, "ip": entry.ip, "purpose": entry.purpose,
    }  # fmt: skip
