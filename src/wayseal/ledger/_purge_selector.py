"""Which waybills a purge removes, range after range of keys.

1. A waybill goes if it was first seen before the boundary. One that was only mentioned (tickets, changes) goes if all
   that is known of it is older.
2. A waybill one of whose reads is younger than the legal minimum is held: it stays with all its rows, until a purge
   after that read has come of age.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._layout import CATALOGUE_SCHEMA, DAY_US, KEYED, NO_DAY, ROW_GROUP
from wayseal.ledger._manifest import FileEntry, Manifest
from wayseal.ledger._part import column_values
from wayseal.ledger._sorted import SortedFile, contains, join_batches, open_sorted, ranges, read_range
from wayseal.model.arrays import Longs, UInts
from wayseal.model.progress import Progress

_FEWEST, _MOST = 1 << 19, 1 << 21
_SPREAD = 2
_TIMES = pa.schema([("waybill", pa.uint64()), ("at", pa.timestamp("us", tz="UTC"))])
_KEYS = pa.schema([("waybill", pa.uint64())])
MENTIONS = tuple(name for name, layout in KEYED.items() if not layout.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """day: what was first seen before it goes. young: reads from this moment on (µs) hold their waybill; None: none."""

    day: int
    young: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeSelection:
    """In one range of keys: waybills that go, and that are held (keys, sorted)."""

    keys: UInts
    held: UInts


@dataclass(slots=True, kw_only=True)
class PurgePlan:
    """The extent of a purge: reads a day of their buckets, waybills, those held, queries; bytes of the day's files."""

    days: dict[int, int]
    waybills: int = 0
    held: int = 0
    queries: int = 0
    bytes: int = 0

    @property
    def reads(self) -> int:
        """Reads in all."""
        return sum(self.days.values())

    @property
    def nothing(self) -> bool:
        """True if there is nothing to remove."""
        return not (self.waybills or self.queries)


class PurgeSelector:
    """Says which waybills go."""

    def __init__(self, ledger: Path, manifest: Manifest, boundary: Boundary) -> None:
        self.boundary = boundary
        self.entries: list[FileEntry] = [f for f in manifest.files if _old(f, boundary.day)]
        self.old: list[tuple[int, SortedFile]] = [(f.day or 0, open_sorted(ledger, f)) for f in self.entries]
        self.catalogue = [open_sorted(ledger, f) for f in manifest.files if f.kind == "catalogue"]
        self._mentions = {
            n: [open_sorted(ledger, f) for f in manifest.files if f.kind == f"table:{n}"] for n in MENTIONS
        }
        self._queries = [open_sorted(ledger, f) for f in manifest.files if f.kind == "table:queries"]

    def of(self, low: int, high: int) -> PurgeSelection:
        """Waybills with keys from `low` to `high`, both included (rules 1 and 2)."""
        parts = read_range(self.catalogue, low, high, CATALOGUE_SCHEMA)
        if not parts:
            return PurgeSelection(keys=np.zeros(0, np.uint64), held=np.zeros(0, np.uint64))
        rows = take_newest(join_batches(parts, CATALOGUE_SCHEMA))
        keys, days = column_values(rows, "waybill"), column_values(rows, "day").astype(np.int64)
        if (days == NO_DAY).any():
            days = np.where(days == NO_DAY, self._mentioned(keys, low, high), days)
        gone = (days != NO_DAY) & (days < self.boundary.day)
        held = gone & contains(self._younger(low, high), keys)
        return PurgeSelection(keys=keys[gone & ~held], held=keys[held])

    def _mentioned(self, keys: UInts, low: int, high: int) -> Longs:
        """Day of the newest row that mentions each waybill; NO_DAY where none does."""
        out = np.full(len(keys), NO_DAY, np.int64)
        for name, files in self._mentions.items():
            schema = pa.schema([_TIMES.field("waybill"), _TIMES.field("at").with_name(KEYED[name].time)])
            for rows in read_range(files, low, high, schema):
                place = np.searchsorted(keys, column_values(rows, "waybill"))
                np.maximum.at(out, place, column_values(rows, KEYED[name].time) // DAY_US)
        return out

    def _younger(self, low: int, high: int) -> UInts:
        """Waybills with a young read."""
        if self.boundary.young is None:
            return np.zeros(0, np.uint64)
        parts = read_range([f for _, f in self.old], low, high, _TIMES)
        found = [column_values(rows, "waybill")[column_values(rows, "at") >= self.boundary.young] for rows in parts]
        return np.unique(np.concatenate([np.zeros(0, np.uint64), *found]))

    def plan(self, progress: Progress) -> PurgePlan:
        """Count what would go, without changing anything."""
        out = PurgePlan(days={}, bytes=sum(f.bytes for f in self.entries), queries=self._old_queries())
        walked = [*self.catalogue, *(f for _, f in self.old)]
        total, done = sum(int(f.rows.sum()) for f in walked), 0
        for low, high in ranges(walked, rows_of_range(len(walked))):
            selected = self.of(low, high)
            out.waybills += len(selected.keys)
            out.held += len(selected.held)
            for day, file in self.old:
                for rows in read_range([file], low, high, _KEYS):
                    gone = int(contains(selected.keys, column_values(rows, "waybill")).sum())
                    done += rows.num_rows
                    if gone:
                        out.days[day] = out.days.get(day, 0) + gone
            progress("look", min(done, total), total)
        progress("look", total, total)
        return out

    def _old_queries(self) -> int:
        limit = self.boundary.day * DAY_US
        return sum(
            int((column_values(rows, "at") < limit).sum()) for rows in self.queries(pa.schema([_TIMES.field("at")]))
        )

    def queries(self, schema: pa.Schema | None = None) -> Iterator[pa.RecordBatch]:
        """Queries, portion by portion, in their order."""
        for file in self._queries:
            for group in range(len(file.rows)):
                yield file.read([group], schema or file.schema)


def rows_of_range(files: int) -> int:
    """How many rows a range of keys holds, so that little is read twice and memory stays bounded."""
    return min(max(_FEWEST, _SPREAD * ROW_GROUP * files), _MOST)


def _old(entry: FileEntry, day: int) -> bool:
    return entry.kind == "accesses" and entry.day is not None and entry.day < day
