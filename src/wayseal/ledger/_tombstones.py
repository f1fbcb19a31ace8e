"""What a purge leaves of reads in the tree: tombstones of those whose page is still needed, and which pages are gone.

1. A page (`_pages`) of which a read is left is made again from it, so of the purged reads of that page their salted
   hash and their place stay: tombstones. They say nothing of the read to whoever doesn't hold the ledger's secret.
2. Of a page all of whose reads were purged nothing stays but its number and a hash over the leaves of its range, in
   which its own leaf is: that lies in the tiles. A later purge drops the tombstones of pages that it makes such.
3. Neither holds anything of a waybill: a place is counted in a commit and part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import GONE, TOMBSTONES
from wayseal.ledger._pages import NONE_GONE, Pages
from wayseal.ledger._part import column_values, run_starts
from wayseal.ledger._sorted import SortedFile
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.model.arrays import Bytes, Longs
from wayseal.proofs.reads import PAGE

TOMBSTONES_SCHEMA = pa.schema(
    [("generation", pa.int32()), ("part", pa.int32()), ("place", pa.int64()), ("hash", pa.binary(SIZE))]
)
"""place: of the read among those of its commit and part, from 0."""
GONE_SCHEMA = pa.schema(
    [
        ("generation", pa.int32()),
        ("part", pa.int32()),
        ("page", pa.int64()),
        ("pages", pa.int64()),
        ("reads", pa.int64()),
        ("hash", pa.binary(SIZE)),
    ]
)
"""A range of pages of one commit and part: the first, how many, their reads, SHA-256 over their leaves."""
_WHOSE = pa.schema([TOMBSTONES_SCHEMA.field(n) for n in ("generation", "part")])
_HALF = np.uint64(32)
Place = tuple[int, int]
"""Generation and part, or part and page."""


def hashes_of(rows: pa.RecordBatch) -> Digests:
    """The column `hash` as uint8 (n, 32)."""
    column = rows["hash"]
    data = np.frombuffer(column.buffers()[1], np.uint8) if len(column) else np.zeros(0, np.uint8)
    return data[column.offset * SIZE : (column.offset + len(column)) * SIZE].reshape(-1, SIZE)


def hash_column(hashes: Digests) -> pa.Array:
    """uint8 (n, 32) as a column."""
    buffer = pa.py_buffer(np.ascontiguousarray(hashes).tobytes())
    return pa.Array.from_buffers(pa.binary(SIZE), len(hashes), [None, buffer])


class Tombstones:
    """The tombstones and gone pages of one generation; hashes are read part by part, when they are asked for."""

    def __init__(self, finder: Finder) -> None:
        self._spans: dict[Place, list[tuple[SortedFile, int, int]]] = {}
        for file in finder.files(TOMBSTONES):
            for place, start, stop in _runs(file):
                self._spans.setdefault(place, []).append((file, start, stop))
        self.gone = finder.whole(GONE, GONE_SCHEMA)
        self._pages: dict[Place, list[Longs]] = {}
        for generation, part, page, pages in zip(
            *(self.gone[n].to_pylist() for n in GONE_SCHEMA.names[:4]), strict=True
        ):
            self._pages.setdefault((generation, part), []).append(np.arange(page, page + pages))

    @property
    def reads(self) -> int:
        """How many purged reads they stand for."""
        rows = sum(stop - start for spans in self._spans.values() for _, start, stop in spans)
        return rows + int(sum(self.gone["reads"].to_pylist()))

    @property
    def places(self) -> Sequence[Place]:
        """Commits and parts that have tombstones."""
        return sorted(self._spans)

    def pages(self, place: Place) -> Longs:
        """Numbers of a part's gone pages, sorted."""
        return np.sort(np.concatenate([NONE_GONE, *self._pages.get(place, ())]))

    def gone_of(self, generation: int) -> list[Place]:
        """(part, page) of all gone pages of a commit, sorted."""
        parts = sorted(part for which, part in self._pages if which == generation)
        return [(part, page) for part in parts for page in self.pages((generation, part)).tolist()]

    def rows_of(self, place: Place) -> tuple[Longs, Digests]:
        """Places and hashes of a part's tombstones, in order."""
        found = [_rows(file, start, stop) for file, start, stop in self._spans.get(place, ())]
        places = np.concatenate([NONE_GONE, *(column_values(rows, "place") for rows in found)])
        hashes = np.concatenate([np.zeros((0, SIZE), np.uint8), *(hashes_of(rows) for rows in found)])
        return places, hashes

    def merger(self, place: Place) -> "TombstoneMerger":
        """For putting the tombstones of a part among its reads."""
        return TombstoneMerger(*self.rows_of(place), self.pages(place))


def rank_pages(where: Sequence[Place], gone: Sequence[Place]) -> Longs:
    """The place of each page (part, number) that is left among all pages of its commit; both lists are sorted."""
    if not gone:
        return np.arange(len(where))
    left, away = _keyed(where), _keyed(gone)
    return np.arange(len(where)) + np.searchsorted(away, left)


def _keyed(pages: Sequence[Place]) -> Longs:
    pairs = np.array(pages, np.int64).reshape(-1, 2)
    return pairs[:, 0] << 40 | pairs[:, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneRange:
    """Gone pages that follow one another. rank: place of the first among its commit's; leaves: SHA-256 over theirs."""

    rank: int
    pages: int
    reads: int
    leaves: bytes

    @property
    def fits(self) -> bool:
        """True if so many reads fill so many pages."""
        return self.pages * PAGE - PAGE < self.reads <= self.pages * PAGE


def find_gone_ranges(tombstones: Tombstones, where: Sequence[Place], generation: int) -> Iterator[GoneRange]:
    """The gone ranges of a commit of which these pages (part, number), sorted, are left."""
    gone = tombstones.gone_of(generation)
    left = _keyed(where)
    rank = dict(zip(gone, (np.arange(len(gone)) + np.searchsorted(left, _keyed(gone))).tolist(), strict=True))
    for row in tombstones.gone.to_pylist():
        if row["generation"] == generation:
            place = rank[row["part"], row["page"]]
            yield GoneRange(rank=place, pages=row["pages"], reads=row["reads"], leaves=row["hash"])


def is_complete(where: Sequence[Place], gone: Sequence[Place], parts: int) -> bool:
    """True if the pages (part, number) that are left and those that are gone are all of a commit's, each once."""
    every = np.array([*where, *gone], np.int64).reshape(-1, 2)
    every = every[np.lexsort((every[:, 1], every[:, 0]))]
    part, page = every[:, 0], every[:, 1]
    starts = np.concatenate([[True], part[1:] != part[:-1]])[: len(part)]
    wanted = np.arange(len(part)) - np.maximum.accumulate(np.where(starts, np.arange(len(part)), 0))
    return bool(np.all(page == wanted) and np.all(part < parts))


def _runs(file: SortedFile) -> Iterator[tuple[Place, int, int]]:
    """Ranges of a file's rows that are of one commit and part."""
    done = 0
    for group in range(len(file.rows)):
        rows = file.read([group], _WHOSE)
        generation, part = column_values(rows, "generation"), column_values(rows, "part")
        starts = run_starts(generation.astype(np.uint64) << _HALF | part.astype(np.uint64))
        for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
            yield (int(generation[start]), int(part[start])), done + start, done + stop
        done += rows.num_rows


def _rows(file: SortedFile, start: int, stop: int) -> pa.RecordBatch:
    ends = np.cumsum(file.rows)
    groups = range(int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(ends, stop, side="left")) + 1)
    rows = file.read(groups, TOMBSTONES_SCHEMA)
    first = int(ends[groups[0]] - file.rows[groups[0]])
    return rows.slice(start - first, stop - start)


class TombstoneMerger:
    """Puts tombstones among the reads of a part as these come, portion by portion, in their order."""

    def __init__(self, places: Longs, hashes: Digests, gone: Longs) -> None:
        page = places // PAGE
        left = places - np.searchsorted(gone, page) * PAGE  # its place if gone pages had never been
        self.gone = gone
        self._before = left - np.arange(len(left))
        self._hashes = hashes
        self._reads = 0
        self._taken = 0
        self.fits = True

    def add(self, reads: Bytes) -> tuple[Bytes, Longs]:
        """The next reads (a row each) with the tombstones that belong before them, and where each read is there."""
        stop = int(np.searchsorted(self._before, self._reads + len(reads), side="left"))
        before = self._before[self._taken : stop] - self._reads
        made = self._with(reads, before, self._hashes[self._taken : stop])
        place = np.arange(len(reads))
        self._reads, self._taken = self._reads + len(reads), stop
        return made, place + np.searchsorted(before, place, side="right")

    def rest(self, reads: Bytes) -> Bytes:
        """The tombstones behind the last read; `reads`: none, of the same form. `fits`: whether they belong there."""
        left = self._hashes[self._taken :]
        self.fits = bool(np.all(self._before[self._taken :] == self._reads))
        self._taken += len(left)
        return self._with(reads, np.zeros(len(left), np.int64), left)

    @staticmethod
    def _with(reads: Bytes, before: Longs, hashes: Digests) -> Bytes:
        """Rows with tombstones among them; what a row has behind its hash is 1 in a tombstone."""
        if not len(hashes):
            return reads
        dead = np.ones((len(hashes), reads.shape[1]), np.uint8)
        dead[:, :SIZE] = hashes
        made: Bytes = np.insert(reads, before, dead, axis=0)
        return made


class RestoredPages:
    """The pages of one commit, made of the reads that are left and of tombstones."""

    def __init__(self, generation: int, tombstones: Tombstones) -> None:
        self.pages = Pages(generation)
        self._generation = generation
        self._tombstones = tombstones
        self.fits = True
        self._part = -1
        self._merger = TombstoneMerger(NONE_GONE, np.zeros((0, SIZE), np.uint8), NONE_GONE)

    def add(self, part: int, hashes: Digests) -> None:
        """Hashes of the next reads of a part, as `Pages.add` takes them."""
        if part != self._part:
            self.close()
            self._part, self._merger = part, self._tombstones.merger((self._generation, part))
        self.pages.add(part, self._merger.add(hashes)[0], self._merger.gone)

    def close(self) -> None:
        """Ends the last part."""
        self.pages.add(self._part, self._merger.rest(np.zeros((0, SIZE), np.uint8)), self._merger.gone)
        self.pages.close()
        self.fits &= self._merger.fits
