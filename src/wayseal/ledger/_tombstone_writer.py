"""Making the tombstones of a purge: for each commit that brought reads that go, one range of keys at a time.

What is needed of the reads that stay is their place alone, so only their order is read.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._generation import Generation
from wayseal.ledger._layout import NUMBERS_SCHEMA
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import GONE, TOMBSTONES, CommitEntry, Manifest
from wayseal.ledger._pages import NONE_GONE, ReadHasher, number_pages
from wayseal.ledger._part import column_values, ledger_order
from wayseal.ledger._recount import load_dictionaries, look_up_words, split_by_part
from wayseal.ledger._salts import load_salts
from wayseal.ledger._sorted import read_range
from wayseal.ledger._tombstones import GONE_SCHEMA, TOMBSTONES_SCHEMA, TombstoneMerger, Tombstones, hash_column
from wayseal.ledger._tree import read_leaves_between
from wayseal.ledger.errors import LedgerChangedError
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.model.arrays import Bytes, Flags, Longs, UInts
from wayseal.proofs.reads import PAGE

_WIDE = SIZE + 1
"""A read's hash, and whether it goes."""
_NO_READS = np.zeros((0, _WIDE), np.uint8)
Put = Callable[[pa.RecordBatch], None]


class CommitTombstones:
    """One commit: takes all its reads in the ledger's order and says which pages are gone and what stays of others."""

    def __init__(self, commit: CommitEntry, tombstones: Tombstones, put: Put) -> None:
        self.commit = commit
        self._tombstones = tombstones
        self._put = put
        self._part = -1
        self._page = 0
        self._held = _NO_READS
        self._merger = TombstoneMerger(NONE_GONE, _NO_READS[:, :SIZE], NONE_GONE)
        self.gone: dict[int, list[tuple[Longs, Longs]]] = {}
        self.left: dict[int, int] = {}

    def add(self, keys: UInts, going: Flags, hashes: Digests) -> None:
        """The next reads: their waybills' keys, which of them go, and the hashes of those (n, 32), as many as go."""
        rows = np.zeros((len(keys), _WIDE), np.uint8)
        rows[going, :SIZE], rows[going, SIZE] = hashes, 1
        for part, some in split_by_part(keys, self.commit.parts):
            if part != self._part:
                self.close()
                self._part, self._page = part, 0
                self._merger = self._tombstones.merger((self.commit.generation, part))
            self._take(self._merger.add(rows[some])[0])

    def close(self) -> None:
        """Ends the last part."""
        self._take(self._merger.rest(_NO_READS))
        if len(self._held):
            self._cut(self._held, len(self._held))
        self._held = _NO_READS

    def _take(self, rows: Bytes) -> None:
        rows = np.concatenate([self._held, rows])
        whole = len(rows) // PAGE * PAGE
        if whole:
            self._cut(rows[:whole], PAGE)
        self._held = rows[whole:]

    def _cut(self, rows: Bytes, size: int) -> None:
        """Pages of `size` reads each: those that are gone, and the tombstones of the others."""
        dead = rows[:, SIZE].reshape(-1, size) != 0
        page = number_pages(np.arange(self._page, self._page + len(dead)), self._merger.gone)
        self._page += len(dead)
        self.left[self._part] = self._page
        gone = dead.all(axis=1)
        if gone.any():
            self.gone.setdefault(self._part, []).append((page[gone], np.full(int(gone.sum()), size)))
        stays = (dead & ~gone[:, None]).reshape(-1)
        if stays.any():
            places = (page[:, None] * PAGE + np.arange(size)).reshape(-1)[stays]
            self._put(tombstone_rows(self.commit.generation, self._part, places, rows[stays, :SIZE]))


def tombstone_rows(generation: int, part: int, places: Longs, hashes: Digests) -> pa.RecordBatch:
    """Rows of tombstones."""
    n = len(places)
    arrays = [
        pa.array(np.full(n, generation, np.int32)),
        pa.array(np.full(n, part, np.int32)),
        pa.array(places),
        hash_column(hashes),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=TOMBSTONES_SCHEMA)


class TombstoneWriter:
    """All commits of a purge; those none of whose reads go keep the tombstones that they have."""

    def __init__(
        self, ledger: Path, manifest: Manifest, finder: Finder, commits: Sequence[int], to: Generation
    ) -> None:
        self._ledger = ledger
        self._manifest = manifest
        self._finder = finder
        self._tombstones = tombstones = Tombstones(finder)
        self._to = to
        self._ends = np.array([c.sources for c in manifest.commits], np.int64)
        salts, known = load_salts(ledger, manifest.secret), load_dictionaries(finder, manifest.key_bits)
        self._by = {n: ReadHasher(known, manifest.commits[n].columns, salts) for n in commits}
        self._of = {n: CommitTombstones(manifest.commits[n], tombstones, self._put) for n in commits}
        mine = {b.commit.generation for b in self._of.values()}
        for place in tombstones.places:
            if place[0] not in mine:
                self._put(tombstone_rows(*place, *tombstones.rows_of(place)))

    def _put(self, rows: pa.RecordBatch) -> None:
        self._to.write(TOMBSTONES, rows)

    def add(self, rows: pa.RecordBatch, goes: Flags, low: int, high: int) -> None:
        """All reads of one range of keys, of which some go: given to the commits that brought them, in order."""
        source = column_values(rows, "source")
        order = ledger_order(
            column_values(rows, "waybill"), column_values(rows, "at"), source, column_values(rows, "row")
        )
        rows, goes = rows.take(pa.array(order)), goes[order]
        keys = column_values(rows, "waybill")
        commit = np.searchsorted(self._ends, source[order], side="right")
        words = look_up_words(self._finder.files("catalogue"), keys[goes], low, high)
        texts = read_range(self._finder.files("numbers"), low, high, NUMBERS_SCHEMA)
        at = np.cumsum(goes) - 1
        for place in np.unique(commit).tolist():
            if place in self._by:
                mine = commit == place
                dead = np.flatnonzero(mine & goes)
                hashes = self._by[place].kept(rows.take(pa.array(dead)), words[at[dead]], texts)
                self._of[place].add(keys[mine], goes[mine], hashes)

    def close(self) -> None:
        """Writes which pages are gone. LedgerChangedError where reads and tree don't fit: then nothing may go."""
        mine = {b.commit.generation: b for b in self._of.values()}
        rows = []
        for one in self._of.values():
            one.close()
            rows += self._gone_ranges(one)
        kept = [row for row in self._tombstones.gone.to_pylist() if row["generation"] not in mine]
        if rows or kept:
            made = pa.Table.from_pylist([*kept, *rows], GONE_SCHEMA)
            self._to.write(GONE, made.combine_chunks().to_batches()[0])

    def _gone_ranges(self, one: CommitTombstones) -> list[dict[str, int | bytes]]:
        commit = one.commit
        at = sum(c.pages + 1 for c in self._manifest.commits[: self._manifest.commits.index(commit)])
        end, out = at + commit.pages, []
        before = _reads(self._tombstones, commit.generation)
        for part in sorted({*one.left, *before}):
            old = before.get(part, [])
            portions = [(NONE_GONE, NONE_GONE), *old, *one.gone.get(part, [])]
            pages, reads = (np.concatenate(c) for c in zip(*portions, strict=True))
            order = np.argsort(pages)
            out += self._cut(commit.generation, part, at, pages[order], reads[order])
            at += one.left.get(part, 0) + sum(len(p) for p, _ in old)
        if at != end:
            raise LedgerChangedError("reads and tree don't fit: run `wayseal ledger verify`", file=self._ledger)
        return out

    def _cut(self, generation: int, part: int, first: int, pages: Longs, reads: Longs) -> list[dict[str, int | bytes]]:
        """Pages as ranges that follow one another; first: leaf of the part's first page."""
        cuts = np.flatnonzero(np.diff(pages) != 1) + 1
        out: list[dict[str, int | bytes]] = []
        for some, count in zip(np.split(pages, cuts), np.split(reads, cuts), strict=True):
            if len(some):
                low, high = first + int(some[0]), first + int(some[-1]) + 1
                leaves = read_leaves_between(self._ledger, self._manifest.size, low, high)
                out.append(
                    {
                        "generation": generation, "part": part, "page": int(some[0]), "pages": len(some),
                        "reads": int(count.sum()), "hash": hashlib.sha256(leaves.tobytes()).digest(),
                    }
                )  # fmt: skip
        return out


def _reads(tombstones: Tombstones, generation: int) -> dict[int, list[tuple[Longs, Longs]]]:
    """Part → gone pages of a commit and the reads of each: all that matters is their sum a range."""
    out: dict[int, list[tuple[Longs, Longs]]] = {}
    for row in tombstones.gone.to_pylist():
        if row["generation"] == generation:
            pages = np.arange(row["page"], row["page"] + row["pages"])
            reads = np.zeros(len(pages), np.int64)
            reads[0] = row["reads"]
            out.setdefault(row["part"], []).append((pages, reads))
    return out
