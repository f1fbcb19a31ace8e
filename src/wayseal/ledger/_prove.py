"""Making the proof of a read, or of many (`wayseal.proofs.reads`) out of a ledger."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import CATALOGUE_SCHEMA, KEYED
from wayseal.ledger._lookup import ACTION, Finder, TextLookup, decode_enum
from wayseal.ledger._manifest import CommitEntry, Manifest, refuse_set
from wayseal.ledger._pages import ReadHasher, number_pages
from wayseal.ledger._part import column_values
from wayseal.ledger._recount import Segments, find_parts, load_dictionaries
from wayseal.ledger._salts import load_salts
from wayseal.ledger._snapshot import open_ledger
from wayseal.ledger._sorted import conform
from wayseal.ledger._tombstones import TombstoneMerger, Tombstones
from wayseal.ledger._tree import open_tree
from wayseal.ledger.errors import LedgerChangedError, NoSuchReadError
from wayseal.merkle import Checkpoint, Tree
from wayseal.merkle.errors import OtherOriginError
from wayseal.merkle.hashing import SIZE
from wayseal.model import clean_waybill
from wayseal.model.arrays import Flags, UInts
from wayseal.proofs.reads import PAGE, PagePlace, ReadProof, hash_page, spell_time

_LAYOUT = KEYED["accesses"]
_FOUND = pa.schema([("waybill", pa.uint64()), ("access", pa.uint64()), ("source", pa.int32()), ("row", pa.int64())])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Which read: its waybill's key, source and row; the place of the commit that brought it, and its part there."""

    waybill: int
    source: int
    row: int
    commit: int
    part: int


def prove(
    ledger: Path, access: str | None, waybill: str | None, note: bytes, *, place: tuple[int, int] | None = None
) -> ReadProof:
    """The proof of the read with an `access` id (and of a waybill, where several have it), under a signed checkpoint.

    place: the read's source and row instead, as `Snapshot.reads` has them; the proof then holds the key of its id.

    NoSuchReadError: none or several; OtherOriginError: the checkpoint of another ledger; LedgerChangedError: the ledger
    is not what the checkpoint says, or the read came after it.
    """
    with open_ledger(ledger) as snapshot:
        manifest = snapshot.manifest
        refuse_set(ledger, manifest)
        point, tree = _checkpoint(ledger, manifest, note)
        finder = Finder(ledger, manifest)
        read = _find(ledger, manifest, finder, place or access or "", waybill)
        shown = access if place is None else None
        maker = _ProofMaker(ledger, manifest, finder, tree, point, note.decode())
        return next(maker.proofs([read], shown))


def prove_many(ledger: Path, reads: Sequence[tuple[str, int, int]], note: bytes) -> Iterator[ReadProof]:
    """The proofs of many reads, by waybill, source and row, in an order of their own: each part is hashed once.

    Errors are those of `prove`; none is given out before all reads were found.
    """
    with open_ledger(ledger) as snapshot:
        manifest = snapshot.manifest
        refuse_set(ledger, manifest)
        point, tree = _checkpoint(ledger, manifest, note)
        finder = Finder(ledger, manifest)
        maker = _ProofMaker(ledger, manifest, finder, tree, point, note.decode())
        grouped: dict[tuple[int, int], list[_Place]] = {}
        for place in _find_many(ledger, manifest, finder, reads):
            grouped.setdefault((place.commit, place.part), []).append(place)
        for places in grouped.values():
            yield from maker.proofs(places, None)


def _find_many(
    ledger: Path, manifest: Manifest, finder: Finder, reads: Sequence[tuple[str, int, int]]
) -> list[_Place]:  # fmt: skip
    """Where these reads are; NoSuchReadError where one isn't there."""
    wanted = {(source, row) for _, source, row in reads}
    keys = np.unique(Keyer(manifest.key_bits).of([clean_waybill(waybill) for waybill, _, _ in reads]))
    found = {}
    for batch in _of_one(finder, keys) if len(keys) else ():
        rows = zip(*(column_values(batch, name).tolist() for name in ("waybill", "source", "row")), strict=True)
        found.update({(source, row): (number, source, row) for number, source, row in rows if (source, row) in wanted})
    if missing := wanted - found.keys():
        raise _no_such_read(ledger, manifest, min(missing), several=False)
    return [_place_of(manifest, *one) for one in found.values()]


def _place_of(manifest: Manifest, number: int, source: int, place: int) -> _Place:
    commit = int(np.searchsorted([c.sources for c in manifest.commits], source, side="right"))
    part = find_parts(np.array([number], np.uint64), manifest.commits[commit].parts)
    return _Place(waybill=number, source=source, row=place, commit=commit, part=int(part[0]))


def _checkpoint(ledger: Path, manifest: Manifest, note: bytes) -> tuple[Checkpoint, Tree]:
    """The checkpoint of a note, and the tree that goes on from it."""
    point, tree = Checkpoint.claimed(note), open_tree(ledger, manifest.size)
    if point.origin != manifest.origin:
        raise OtherOriginError(
            "the checkpoint is of {origin}, the ledger is {own}", origin=point.origin, own=manifest.origin
        )
    if point.size > tree.size or tree.root(point.size) != point.root:
        raise LedgerChangedError("its tree doesn't go on from the checkpoint", file=ledger)
    return point, tree


def _find(
    ledger: Path, manifest: Manifest, finder: Finder, which: str | tuple[int, int], waybill: str | None
) -> _Place:
    """The one read with an id, or of a source and row."""
    keyer = Keyer(manifest.key_bits)
    asked = None if waybill is None else keyer.of([clean_waybill(waybill)])
    batches = _everywhere(manifest, finder) if asked is None else _of_one(finder, asked)
    found = [
        [int(column_values(batch, n)[row]) for n in ("waybill", "source", "row")]
        for batch in batches
        for row in np.flatnonzero(_wanted(batch, keyer, which)).tolist()
    ]
    if len(found) != 1:
        raise _no_such_read(ledger, manifest, which, several=bool(found))
    return _place_of(manifest, *found[0])


def _no_such_read(
    ledger: Path, manifest: Manifest, which: str | tuple[int, int], *, several: bool
) -> NoSuchReadError:  # fmt: skip
    """That none or several are meant; and where reads were purged, that such a one can't be proved."""
    if several:
        return NoSuchReadError("several reads carry this id: name the waybill too", file=ledger)
    if manifest.purges:
        last = max(p.before for p in manifest.purges)
        return NoSuchReadError(
            "there is no such read; reads of waybills first seen before {last} were purged, and can't be proved any "
            "more",
            file=ledger,
            last=last,
        )
    if isinstance(which, str):
        return NoSuchReadError("no read carries this id", file=ledger)
    return NoSuchReadError("there is no such read", file=ledger)


def _wanted(batch: pa.RecordBatch, keyer: Keyer, which: str | tuple[int, int]) -> Flags:
    """Which rows are meant."""
    if isinstance(which, str):
        key = keyer.of([which])[0]
        return np.asarray((column_values(batch, "access") == key) & (key != 0), np.bool_)
    source, row = which
    return np.asarray((column_values(batch, "source") == source) & (column_values(batch, "row") == row), np.bool_)


def _everywhere(manifest: Manifest, finder: Finder) -> Iterator[pa.RecordBatch]:
    days = sorted({f.day for f in manifest.files if f.kind == "accesses" and f.day is not None})
    for day in days:
        for file in finder.files("accesses", day):
            for group in range(len(file.rows)):
                yield file.read([group], _FOUND)


def _of_one(finder: Finder, keys: UInts) -> Iterator[pa.RecordBatch]:
    for day in np.unique(column_values(take_newest(finder.rows("catalogue", keys, CATALOGUE_SCHEMA)), "day")).tolist():
        yield conform(pa.Table.from_batches([finder.rows("accesses", keys, _FOUND, day)]), _FOUND)


class _ProofMaker:
    """Makes proofs of reads of a ledger under one checkpoint."""

    def __init__(
        self, ledger: Path, manifest: Manifest, finder: Finder, tree: Tree, point: Checkpoint, note: str
    ) -> None:  # fmt: skip
        self._ledger, self._manifest, self._finder = ledger, manifest, finder
        self._tree, self._point, self._note = tree, point, note
        self._salts = load_salts(ledger, manifest.secret)
        self._dictionaries = load_dictionaries(finder, manifest.key_bits)

    def proofs(self, places: Sequence[_Place], access: str | None) -> Iterator[ReadProof]:
        """The proofs of reads of one commit and part. access: the id that the proof of one shows."""
        manifest, point = self._manifest, self._point
        which, part = places[0].commit, places[0].part
        commit = manifest.commits[which]
        hasher = ReadHasher(self._dictionaries, commit.columns, self._salts)
        merger = Tombstones(self._finder).merger((commit.generation, part))
        found, hashes = _part(self._ledger, manifest, places, hasher, merger)
        leaves = _leaves(manifest, which, self._tree)
        for place in places:
            row, at = found[place.source, place.row]
            turn, within = divmod(at, PAGE)
            own = hashes[turn * PAGE * SIZE : (turn + 1) * PAGE * SIZE]
            page = int(number_pages(np.array([turn]), merger.gone)[0])
            leaf = leaves.get(hash_page(commit.generation, part, page, own))
            if leaf is None:
                raise LedgerChangedError(
                    "a page is not what the tree says: run `wayseal ledger verify`", file=self._ledger
                )
            if leaf >= point.size:
                raise LedgerChangedError("this read came after the checkpoint: take a newer one", file=self._ledger)
            salt = self._salts.of(np.array([place.source], np.int32), np.array([place.row], np.int64))
            yield ReadProof(
                read=_texts(row, commit, self._finder, access),
                salt=salt.tobytes(),
                page=PagePlace(generation=commit.generation, part=part, page=page, place=within),
                others=own[: within * SIZE] + own[(within + 1) * SIZE :],
                leaf=leaf,
                path=tuple(self._tree.inclusion(leaf, point.size)),
                note=self._note,
            )


def _part(
    ledger: Path, manifest: Manifest, places: Sequence[_Place], hasher: ReadHasher, merger: TombstoneMerger
) -> tuple[dict[tuple[int, int], tuple[pa.RecordBatch, int]], bytes]:
    """The reads, each with its place among all of its commit and part, and the hashes of these but for gone pages."""
    which, part = places[0].commit, places[0].part
    wanted = {(place.source, place.row) for place in places}
    width = (1 << 64) // manifest.commits[which].parts
    segments = Segments(ledger, manifest, manifest.commits)
    hashes, found = bytearray(), dict[tuple[int, int], tuple[pa.RecordBatch, int]]()
    for reads in segments.key_ranges(part * width, (part + 1) * width - 1):
        rows, words = reads.of(which)
        sources, numbers = column_values(rows, "source"), column_values(rows, "row")
        mine = np.isin(sources, [s for s, _ in wanted]) & np.isin(numbers, [r for _, r in wanted])
        merged, where = merger.add(hasher.kept(rows, words, reads.texts))
        maybe = {n: (int(sources[n]), int(numbers[n])) for n in np.flatnonzero(mine).tolist()}
        before = len(hashes) // SIZE
        found |= {r: (rows.slice(n, 1), before + int(where[n])) for n, r in maybe.items() if r in wanted}
        hashes += merged.tobytes()
    hashes += merger.rest(np.zeros((0, SIZE), np.uint8)).tobytes()
    if len(found) < len(wanted):
        raise LedgerChangedError("a read is not where its key says: run `wayseal ledger verify`", file=ledger)
    return found, bytes(hashes)


def _leaves(manifest: Manifest, which: int, tree: Tree) -> dict[bytes, int]:
    """Where a commit's pages stand in the tree, by their hashes; the first of equal ones."""
    first = sum(c.pages + 1 for c in manifest.commits[:which])
    places = range(first, first + manifest.commits[which].pages)
    return {tree.leaf(n): n for n in reversed(places)}


def _texts(row: pa.RecordBatch, commit: CommitEntry, finder: Finder, access: str | None) -> dict[str, str | int | None]:
    """A read in texts, with what its commit hashes."""
    text_lookup = TextLookup(finder)
    read: dict[str, str | int | None] = {
        "waybill": text_lookup.names("waybill", column_values(row, "waybill"))[0].as_py(),
        "at": spell_time(int(column_values(row, "at")[0])),
        "source": int(column_values(row, "source")[0]),
        "row": int(column_values(row, "row")[0]),
        "action": decode_enum(ACTION, row["action"])[0].as_py() if "action" in row.schema.names else None,
    }
    if access is not None:
        read["access"] = access
    for name in ("actor", *commit.columns):
        there = name in row.schema.names
        if name in _LAYOUT.ids:
            read[name] = text_lookup.names(_LAYOUT.ids[name], column_values(row, name))[0].as_py() if there else None
        elif name != "access" or access is None:
            read[f"{name}_key"] = f"{int(column_values(row, name)[0]) if there else 0:016x}"
    return read
