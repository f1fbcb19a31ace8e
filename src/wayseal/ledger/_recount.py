"""The pages of every commit, made again from the reads as they lie in the segments, one range of keys after another.

Where reads were purged their tombstones are put among the others (`_tombstones`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import CATALOGUE_SCHEMA, KEYED, NUMBERS_SCHEMA, ROW_GROUP, kept_schema
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import CommitEntry, Manifest
from wayseal.ledger._pages import Pages, ReadHasher
from wayseal.ledger._part import column_values, ledger_order, run_starts
from wayseal.ledger._salts import Salts
from wayseal.ledger._sorted import EVERY_KEY, SortedFile, join_batches, open_sorted, ranges, read_range
from wayseal.ledger._tombstones import RestoredPages, Tombstones
from wayseal.merkle.bulk import Digests
from wayseal.model.arrays import Codes, Longs, UInts
from wayseal.model.progress import Progress
from wayseal.proofs.reads import COLUMNS

_LAYOUT = KEYED["accesses"]
_SCHEMA = pa.schema([f for f in kept_schema(_LAYOUT) if f.name != "first"])
_NONE = pa.RecordBatch.from_pylist([dict.fromkeys(CATALOGUE_SCHEMA.names, 0)], CATALOGUE_SCHEMA)
_FEWEST, _MOST = 1 << 20, 1 << 21
_SPREAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """Reads of one range of keys in the ledger's order, and for each the commit (its place) that brought it."""

    rows: pa.RecordBatch
    words: UInts
    texts: Sequence[pa.RecordBatch]
    commit: Longs

    def of(self, commit: int) -> tuple[pa.RecordBatch, UInts]:
        """Those of one commit, and the words of their numbers."""
        there = np.flatnonzero(self.commit == commit)
        return self.rows.take(pa.array(there)), self.words[there]


@dataclass(slots=True, kw_only=True)
class Recount:
    """pages: of each commit, less those that are gone. rows: how many reads there are. tombstones: what purges left.

    misplaced: commits (their places) whose tombstones stand where no read was. stray: those whose reads have columns
    that they don't hash. foreign: reads that no commit brought.
    """

    pages: list[Pages]
    tombstones: Tombstones
    misplaced: set[int] = field(default_factory=set)
    stray: set[int] = field(default_factory=set)
    foreign: int = 0
    rows: int = 0


class Segments:
    """The files that reads are made of again."""

    def __init__(self, ledger: Path, manifest: Manifest, commits: Sequence[CommitEntry]) -> None:
        of_kind = {k: [open_sorted(ledger, f) for f in manifest.files if f.kind == k] for k in ("catalogue", "numbers")}
        self._catalogue, self._numbers = of_kind["catalogue"], of_kind["numbers"]
        self._reads: list[SortedFile] = [open_sorted(ledger, f) for f in manifest.files if f.kind == "accesses"]
        self._ends = np.array([c.sources for c in commits], np.int64)

    @property
    def rows(self) -> int:
        """How many reads there are."""
        return int(sum(f.rows.sum() for f in self._reads))

    def key_ranges(self, first: int = 0, last: int = EVERY_KEY) -> Iterator[Reads]:
        """Reads with keys from `first` to `last`, both included, range after range of keys.

        Memory hangs on the number of files, not on that of reads.
        """
        size = min(max(_FEWEST, _SPREAD * ROW_GROUP * len(self._reads)), _MOST)
        for low, high in ranges(self._reads, size):
            if low <= last and high >= first:
                yield from self._between(max(low, first), min(high, last))

    def _between(self, low: int, high: int) -> Iterator[Reads]:
        parts = read_range(self._reads, low, high, _SCHEMA)
        if not parts:
            return
        rows = join_batches(parts, _SCHEMA)
        keys, source = column_values(rows, "waybill"), column_values(rows, "source")
        order: Codes = ledger_order(keys, column_values(rows, "at"), source, column_values(rows, "row"))
        keys = keys[order]
        yield Reads(
            rows=rows.take(pa.array(order)),
            words=look_up_words(self._catalogue, keys, low, high),
            texts=read_range(self._numbers, low, high, NUMBERS_SCHEMA),
            commit=np.searchsorted(self._ends, source[order], side="right"),
        )


def look_up_words(catalogue: Sequence[SortedFile], keys: UInts, low: int, high: int) -> UInts:
    """Packed form of the number of each key, all of them from `low` to `high`; 0 where the catalogue has none."""
    parts = [_NONE, *read_range(catalogue, low, high, CATALOGUE_SCHEMA)]
    rows = take_newest(join_batches(parts, CATALOGUE_SCHEMA))
    known, words = column_values(rows, "waybill"), column_values(rows, "word")
    place = np.searchsorted(known, keys, side="right") - 1
    return np.where(known[place] == keys, words[place], np.uint64(0))


def load_dictionaries(finder: Finder, key_bits: int) -> dict[str, Dictionary]:
    """The dictionaries of the ids of reads, by kind."""
    keyer = Keyer(key_bits)
    return {
        k: Dictionary(k, keyer, finder.whole(f"dictionary:{k}") if finder.entries(f"dictionary:{k}") else None)
        for k in sorted(set(_LAYOUT.ids.values()))
    }


def recount(
    ledger: Path, manifest: Manifest, commits: Sequence[CommitEntry], salts: Salts, progress: Progress
) -> Recount:
    """Makes the pages of all commits again."""
    segments = Segments(ledger, manifest, commits)
    finder = Finder(ledger, manifest)
    known = load_dictionaries(finder, manifest.key_bits)
    by = [ReadHasher(known, c.columns, salts) for c in commits]
    tombstones = Tombstones(finder)
    filled = [RestoredPages(c.generation, tombstones) for c in commits]
    out = Recount(pages=[f.pages for f in filled], tombstones=tombstones)
    total = segments.rows
    for reads in segments.key_ranges():
        for place in np.unique(reads.commit).tolist():
            rows, words = reads.of(place)
            if place == len(commits):
                out.foreign += rows.num_rows
            else:
                _add(filled[place], commits[place].parts, rows, by[place].kept(rows, words, reads.texts))
                if _strays(rows, commits[place]):
                    out.stray.add(place)
        out.rows += reads.rows.num_rows
        progress("rows", out.rows, total)
    for place, pages in enumerate(filled):
        pages.close()
        if not pages.fits:
            out.misplaced.add(place)
    return out


def find_parts(keys: UInts, parts: int) -> Longs:
    """Into which of so many parts each key falls."""
    bits = parts.bit_length() - 1
    return (keys >> np.uint64(64 - bits)).astype(np.int64) if bits else np.zeros(len(keys), np.int64)


def _add(pages: RestoredPages, parts: int, rows: pa.RecordBatch, hashes: Digests) -> None:
    for part, some in split_by_part(column_values(rows, "waybill"), parts):
        pages.add(part, hashes[some])


def split_by_part(keys: UInts, parts: int) -> Iterator[tuple[int, slice]]:
    """Ranges of sorted keys that fall into one part each."""
    part = find_parts(keys, parts)
    for start, stop in pairwise(run_starts(part.astype(np.uint64)).tolist()):
        yield int(part[start]), slice(start, stop)


def _strays(rows: pa.RecordBatch, commit: CommitEntry) -> bool:
    """True if reads have something in a column that their commit doesn't hash."""
    return any(column_values(rows, n).any() for n in COLUMNS if n in rows.schema.names and n not in commit.columns)
