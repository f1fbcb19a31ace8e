"""Rows of a log that the ledger has by another file, before it is taken in: they would count twice.

1. Compared are the first `COMPARED` rows of a sample that an ingest would keep. What it leaves out by itself counts
   once: a file that is there or is read again, the beginning of one that has grown, a read whose `access` id its
   waybill has.
2. A row is there where the same account, place or partner has one of the same waybill within a second of it. It is
   shifted where that one is whole hours away, as far as most others: one of the two was read with a wrong offset.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._ingest import new_files
from wayseal.ledger._input_files import InputFile, ReadSettings, count_known_lines
from wayseal.ledger._intake import known_by_content
from wayseal.ledger._layout import KEYED, kept_schema
from wayseal.ledger._lookup import Finder
from wayseal.ledger._part import column_values
from wayseal.ledger._snapshot import Snapshot, open_ledger
from wayseal.model.arrays import UInts
from wayseal.model.progress import Progress, silent
from wayseal.store.mapping import Format
from wayseal.store.preview import FilePreview
from wayseal.store.types import Source

COMPARED = 500
_WHO = {"accesses": "actor", "scans": "outlet", "tickets": "actor", "partner_calls": "partner"}
_SECOND, _HOUR, _MOST_HOURS = 1_000_000, 3600, 14
_Row = tuple[int, int, int, int]
"""Keys of waybill and account, the second, and the key of the `access` id or 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How much of a file's sample the ledger has already.

    Attributes:
        known: All of the file is there: taking it in changes nothing.
        compared: So many rows were compared, the first that would be kept.
        rows: So many are there by other files: the same account, waybill and second.
        shifted: So many are there `hours` later; 0 where more are there at their own time.
        hours: In the ledger, after what this file says; negative: before.
        files: That brought them, three at most.
    """

    known: bool = False
    compared: int = 0
    rows: int = 0
    shifted: int = 0
    hours: int = 0
    files: tuple[str, ...] = ()

    @property
    def most(self) -> bool:
        """True if half of the rows or more would count twice."""
        return 2 * max(self.rows, self.shifted) >= self.compared > 0


def find_repeats(
    source: Source, looks: Sequence[FilePreview], ledger: Path, progress: Progress = silent
) -> tuple[Repeats | None, ...]:
    """Find what of a log the ledger has already.

    Args:
        source: The log, as it would be taken in.
        looks: At each of its files.
        ledger: Folder of the ledger.
        progress: Called as by an ingest.

    Returns:
        Of each file; None: rows of its table replace one another, or it has none.

    Raises:
        LedgerError: There is no ledger, or it can't be read.
        StoreError: A file has grown, and where can't be told.
    """
    with open_ledger(ledger) as snapshot:
        pieces, _ = new_files(source, snapshot.manifest, ReadSettings.of(source), progress, again=False)
        new = {(one.file.table, one.file.path): one for one in pieces}
        return tuple(_compare(one, new.get((one.file.table, one.file.path)), snapshot) for one in looks)


def _compare(look: FilePreview, piece: InputFile | None, snapshot: Snapshot) -> Repeats | None:
    """Compare a file. piece: what of it an ingest would read; None: nothing."""
    table = look.file.table
    if piece is None:
        return Repeats(known=True)
    after = count_known_lines(piece, snapshot.manifest.sources)
    rows = look.batch.rows.filter(pa.array(look.batch.line > after)).slice(0, COMPARED)
    if table not in _WHO or not rows.num_rows:
        return None
    if look.file.format is Format.XLSX and table == "accesses":
        rows = known_by_content(rows, look.file.path.name, Counter())
    there = defaultdict[tuple[int, int], list[tuple[int, int, int]]](list)
    keys = np.unique(snapshot.hashed(rows["waybill"]))
    for (waybill, who, second, access), place in _kept(table, keys[keys > 0], snapshot):
        if place not in piece.replaces:
            there[waybill, who].append((second, access, place))
    same, hours, by = 0, Counter[int](), set[int]()
    for waybill, who, second, access in _mine(table, rows, snapshot):
        others = there[waybill, who]
        if access and any(one[1] == access for one in others):
            continue
        near = {place for at, _, place in others if abs(at - second) <= 1}
        same += bool(near)
        by |= near
        hours.update({far for at, _, _ in others if (far := _hours(at - second))})
    far, shifted = max(hours.items(), key=lambda one: one[1], default=(0, 0))
    names = tuple(dict.fromkeys(snapshot.manifest.sources[place].name for place in sorted(by)))
    return Repeats(
        compared=rows.num_rows, rows=same, shifted=shifted if shifted > same else 0, hours=far, files=names[:3]
    )


def _mine(table: str, rows: pa.RecordBatch, snapshot: Snapshot) -> Iterator[_Row]:
    hashed = snapshot.hashed
    access = hashed(rows["access"]) if table == "accesses" else np.zeros(rows.num_rows, np.uint64)
    seconds = column_values(rows, KEYED[table].time).astype(np.int64) // _SECOND
    columns = hashed(rows["waybill"]), hashed(rows[_WHO[table]]), seconds, access
    return zip(*(one.tolist() for one in columns), strict=True)


def _kept(table: str, keys: UInts, snapshot: Snapshot) -> Iterator[tuple[_Row, int]]:
    time, who = KEYED[table].time, _WHO[table]
    if table == "accesses":
        rows = snapshot.reads(keys, ("waybill", "at", "actor", "access", "source")).combine_chunks().to_batches()
    else:
        schema = pa.schema([one for one in kept_schema(KEYED[table]) if one.name in ("waybill", time, who, "source")])
        rows = [Finder(snapshot.path, snapshot.manifest).rows(f"table:{table}", keys, schema)]
    for batch in rows:
        seconds = column_values(batch, time).astype(np.int64) // _SECOND
        access = batch["access"].fill_null(0).to_pylist() if table == "accesses" else [0] * batch.num_rows
        plain = batch["waybill"].to_pylist(), batch[who].to_pylist(), seconds.tolist(), access
        yield from zip(zip(*plain, strict=True), batch["source"].to_pylist(), strict=True)


def _hours(seconds: int) -> int:
    """How many whole hours that is, 0: it isn't."""
    hours = round(seconds / _HOUR)
    return hours if abs(seconds - hours * _HOUR) <= 1 and abs(hours) <= _MOST_HOURS else 0
