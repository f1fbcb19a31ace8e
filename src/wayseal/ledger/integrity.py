"""Tamper evidence: whether a ledger is what its tree says, and its tree what was signed; proofs of single reads.

1. Everything is looked at: a finding ends nothing, and each names the file, page or commit at fault.
2. Files are compared by SHA-256 with the manifest, the manifest with the leaf of its last commit, reads with the leaves
   of their pages, tiles with the leaves, the tree with each checkpoint.
3. Where leaves made again and tiles disagree, the root decides which of them is at fault.
4. Of pages that were purged wholly the leaves are those that the purge took note of (`_tombstones`).
5. A checkpoint counts only with a signature by a given key, and if it is of this ledger.
6. Of a set (`sharding`) each shard is looked at as the ledger that it is, and must be the one that the set's manifest
   and tree say. One that is missing is named, and the others are looked at all the same.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from wayseal.ledger._manifest import (
    NAME,
    SHARDS,
    CommitEntry,
    Manifest,
    PurgeEntry,
    hash_shard,
    load_manifest,
    shard_folder,
)
from wayseal.ledger._prove import prove, prove_many
from wayseal.ledger._recount import recount
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._salts import Salts, load_salts
from wayseal.ledger._snapshot import open_ledger
from wayseal.ledger._tombstones import GoneRange, find_gone_ranges, is_complete, rank_pages
from wayseal.ledger._tree import FOLDER, open_tree, read_tile, with_commit_leaves
from wayseal.ledger.errors import LedgerChangedError, LedgerError
from wayseal.merkle import Checkpoint, MerkleError, Tree, VerifyKey
from wayseal.merkle.bulk import Digests
from wayseal.merkle.checkpoint import HeldCheckpoint, name_keys
from wayseal.merkle.errors import UnknownKeyError
from wayseal.merkle.hashing import SIZE
from wayseal.merkle.tiles import WIDTH, Tile, entries, grown, tiles
from wayseal.model.errors import Finding, exit_code_of
from wayseal.model.messages import N_
from wayseal.model.progress import Progress
from wayseal.store.durable import file_digest

__all__ = [
    "FINDING_TEXTS",
    "Code",
    "HistoryCheck",
    "Verification",
    "check_history",
    "present_checkpoint",
    "prove",
    "prove_many",
    "verify",
]


class Code(StrEnum):
    """The kinds of findings."""

    MANIFEST_SPELLING = "manifest-spelling"
    MANIFEST_DIGEST = "manifest-digest"
    MANIFEST_TREE = "manifest-tree"
    FILE_MISSING = "file-missing"
    FILE_CHANGED = "file-changed"
    SECRET = "secret"  # noqa: S105 (no secret, but what is said of one)
    TILE = "tile"
    PAGE = "page"
    COMMIT = "commit"
    COLUMNS = "columns"
    ROWS = "rows"
    TOMBSTONES = "tombstones"
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    CHECKPOINT_ORIGIN = "checkpoint-origin"
    CHECKPOINT_KEY = "checkpoint-key"
    CHECKPOINT_AHEAD = "checkpoint-ahead"
    CHECKPOINT_HISTORY = "checkpoint-history"


FINDING_TEXTS: Mapping[str, str] = {
    Code.MANIFEST_SPELLING: N_("was changed: it isn't spelled as Wayseal spells it"),
    Code.MANIFEST_DIGEST: N_("was changed: it isn't what its last commit says"),
    Code.MANIFEST_TREE: N_("was changed: size or root of the tree are wrong"),
    Code.FILE_MISSING: N_("is missing"),
    Code.FILE_CHANGED: N_("was changed: its SHA-256 is not the manifest's"),
    Code.SECRET: N_("is missing or was changed: reads can't be compared with the tree"),
    Code.TILE: N_("this tile of the tree is missing or was changed"),
    Code.PAGE: N_("reads were changed, added or removed: page {page} of part {part} of commit {generation}"),
    Code.COMMIT: N_("was changed: commit {generation} is not what the tree says"),
    Code.COLUMNS: N_("reads of commit {generation} have columns that it didn't bring"),
    Code.ROWS: N_("{rows:,} {rows:read is|reads are} of sources that no commit brought"),
    Code.TOMBSTONES: N_("what its purges removed is not what tombstones and gone pages stand for"),
    Code.CHECKPOINT_UNREADABLE: N_("is no checkpoint, or was changed ({reason})"),
    Code.CHECKPOINT_ORIGIN: N_("is a checkpoint of another ledger ({origin}; this one is {own})"),
    Code.CHECKPOINT_KEY: N_(
        "is signed by {keys}; no such key was given (give the older public key too if keys were rotated)"
    ),
    Code.CHECKPOINT_AHEAD: N_("the ledger was cut back: the checkpoint says {size:,} {size:leaf|leaves}, it has fewer"),
    Code.CHECKPOINT_HISTORY: N_(
        "history was rewritten: the first {size:,} {size:leaf is|leaves are} not what was signed"
    ),
}
"""What is wrong, in words; blanks are filled by the finding's values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of a verification.

    rows: reads that were hashed again; None where other findings made that pointless.
    """

    origin: str
    size: int
    root: str
    digest: str
    files: int
    tiles: int
    rows: int | None
    checkpoints: tuple[HeldCheckpoint, ...]
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 where all is as it should be; a changed ledger goes before a checkpoint that can't be used."""
        return exit_code_of(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCheck:
    """code: why the tree doesn't go on from the checkpoint, None if it does; then what leads from its root to today's.

    digest: the ledger's digest at that time; None where no commit ended there. purges: those since then.
    """

    code: Code | None
    proof: tuple[bytes, ...] = ()
    digest: str | None = None
    purges: tuple[PurgeEntry, ...] = ()


def check_history(ledger: Path, manifest: Manifest, point: Checkpoint) -> HistoryCheck:
    """Compares a checkpoint with the tree as its tiles hold it."""
    if point.origin != manifest.origin:
        return HistoryCheck(code=Code.CHECKPOINT_ORIGIN)
    if point.size > manifest.size:
        return HistoryCheck(code=Code.CHECKPOINT_AHEAD)
    tree = open_tree(ledger, manifest.size)
    if tree.root(point.size) != point.root:
        return HistoryCheck(code=Code.CHECKPOINT_HISTORY)
    ends = {end + 1: commit for commit, _, end in manifest.leaf_ranges()}
    later = {commit.generation for size, commit in ends.items() if size > point.size}
    purges = tuple(p for p in manifest.purges if p.generation in later)
    digest = ends[point.size].digest if point.size in ends else None
    return HistoryCheck(code=None, proof=tuple(tree.consistency(point.size)), digest=digest, purges=purges)


Note = tuple[Path, bytes]
"""A checkpoint's file and its content."""


def verify(ledger: Path, notes: Sequence[Note], keys: Sequence[VerifyKey], progress: Progress) -> Verification:
    """Looks at everything (rules 1 to 5). LedgerError where there is no ledger."""
    with open_ledger(ledger) as snapshot:
        made = _Verifier(snapshot.path, snapshot.manifest, progress).all(notes, keys)
        for place, _ in enumerate(snapshot.manifest.shards):
            made = _with_shard(made, snapshot.path / shard_folder(place), progress)
        return made


def _with_shard(made: Verification, shard: Path, progress: Progress) -> Verification:
    """The result with that of a shard (rule 6)."""
    try:
        one = verify(shard, (), (), progress)
    except LedgerError:
        return made  # its manifest was compared, and is among the findings
    rows = None if one.rows is None or made.rows is None else made.rows + one.rows
    files, tiles = made.files + one.files, made.tiles + one.tiles
    return replace(made, rows=rows, files=files, tiles=tiles, findings=(*made.findings, *one.findings))


Where = dict[int, tuple[int, int]]
"""Place of a leaf in the tree → the part and the number in it of the page that should stand there."""


class _Verifier:
    def __init__(self, ledger: Path, manifest: Manifest, progress: Progress) -> None:
        self._ledger = ledger
        self._manifest = manifest
        self._progress = progress
        self._findings: list[Finding] = []
        self._size = sum(c.pages + 1 for c in manifest.commits)
        self._tiles = list(tiles(self._size))
        self._unsure = False

    def all(self, notes: Sequence[Note], keys: Sequence[VerifyKey]) -> Verification:
        self._check_manifest()
        self._check_files()
        salts = self._salts()
        sound = not self._findings
        stored = self._stored()
        expected = self._without_rows(stored)
        rows: int | None = None
        where: Where = {}
        if self._manifest.shards:
            rows = 0
            self._check_shards(expected)
        elif salts is not None and sound:
            rows, where = self._check_rows(salts, expected)
        leaves = self._compare(stored, expected, where)
        kept = self._checkpoints(notes, keys, Tree.of(leaves))
        manifest = self._manifest
        return Verification(
            origin=manifest.origin, size=manifest.size, root=manifest.root, digest=manifest.digest,
            files=sum(not f.path.startswith(SHARDS) for f in manifest.files), tiles=len(self._tiles), rows=rows,
            checkpoints=tuple(kept), findings=tuple(self._findings),
        )  # fmt: skip

    def _find(self, code: Code, where: str | Path, **values: str | int) -> None:
        self._findings.append(Finding(code=code, where=str(self._ledger / where), values=values))

    def _check_manifest(self) -> None:
        manifest = self._manifest
        if (self._ledger / NAME).read_bytes() != manifest.to_json().encode() + b"\n":
            self._find(Code.MANIFEST_SPELLING, NAME)
        last = manifest.commits[-1:]
        if not last or (last[0].digest, last[0].sources) != (manifest.digest, len(manifest.sources)):
            self._find(Code.MANIFEST_DIGEST, NAME)
        if self._size != manifest.size:
            self._find(Code.MANIFEST_TREE, NAME)

    def _check_files(self) -> None:
        """Those that are its own: a shard's are looked at with it."""
        own = [f for f in self._manifest.files if not f.path.startswith(SHARDS)]
        total = sum(f.bytes for f in own)
        done = 0
        for entry in own:
            path = self._ledger / entry.path
            try:
                if file_digest(path) != entry.sha256 or path.stat().st_size != entry.bytes:
                    self._find(Code.FILE_CHANGED, entry.path)
            except FileNotFoundError:
                self._find(Code.FILE_MISSING, entry.path)
            done += entry.bytes
            self._progress("files", done, total)

    def _salts(self) -> Salts | None:
        try:
            return load_salts(self._ledger, self._manifest.secret)
        except LedgerError:
            self._find(Code.SECRET, SECRET)
            return None

    def _stored(self) -> list[Digests]:
        """Entries of each level as the tiles hold them; zeros where a tile can't be read."""
        levels: list[Digests] = []
        for tile in self._tiles:
            if tile.level == len(levels):
                levels.append(np.zeros((entries(self._size, tile.level), SIZE), np.uint8))
            try:
                levels[tile.level][tile.first : tile.first + tile.width] = read_tile(self._ledger, tile)
            except LedgerError:
                self._find(Code.TILE, f"{FOLDER}/{tile.path}")
        return levels

    def _check_shards(self, expected: Digests) -> None:
        """Puts the leaves of the shards' manifests among those of the last commit (rule 6)."""
        manifest, shards = self._manifest, self._manifest.shards
        commit, first, _ = list(manifest.leaf_ranges())[-1]
        if commit.pages != len(shards):
            self._find(Code.MANIFEST_TREE, NAME)
            return
        said = {f.path: (f.sha256, f.rows) for f in manifest.files if f.path.startswith(SHARDS)}
        for place, kept in enumerate(shards):
            name = f"{shard_folder(place)}/{NAME}"
            try:
                content = (self._ledger / name).read_bytes()
                shard = load_manifest(self._ledger / shard_folder(place))
            except (OSError, LedgerError):
                self._find(Code.FILE_MISSING, name)
                continue
            expected[first + place] = np.frombuffer(hash_shard(content), np.uint8)
            theirs = {f"{shard_folder(place)}/{f.path}": (f.sha256, f.rows) for f in shard.files}
            mine = {path: one for path, one in said.items() if path.startswith(f"{shard_folder(place)}/")}
            if hashlib.sha256(content).hexdigest() != kept.sha256 or not mine.items() <= theirs.items():
                self._find(Code.FILE_CHANGED, name)

    def _check_rows(self, salts: Salts, expected: Digests) -> tuple[int, Where]:
        """Makes all pages again and puts them among the leaves; returns how many reads there are, and what is where."""
        commits = self._manifest.commits
        made = recount(self._ledger, self._manifest, commits, salts, self._progress)
        where: Where = {}
        for (commit, first, _), pages in zip(self._manifest.leaf_ranges(), made.pages, strict=True):
            gone = made.tombstones.gone_of(commit.generation)
            rank = rank_pages(pages.where, gone)
            known = rank < commit.pages
            leaves = np.frombuffer(b"".join(pages.leaves), np.uint8).reshape(-1, SIZE)
            expected[first + rank[known]] = leaves[known]
            expected[first + len(rank) + len(gone) : first + commit.pages] = 0
            where |= {first + n: p for n, p in zip(rank[known].tolist(), pages.where, strict=False)}
            for part, page in pages.where[int(known.sum()) :][:1]:
                self._find(Code.PAGE, "data", generation=commit.generation, part=part, page=page)
            if gone and not is_complete(pages.where, gone, commit.parts):
                self._find(Code.TOMBSTONES, NAME)
            elif gone:
                self._check_gone(
                    find_gone_ranges(made.tombstones, pages.where, commit.generation), commit, first, expected
                )
        if made.misplaced or made.tombstones.reads != self._manifest.gone_reads:
            self._find(Code.TOMBSTONES, NAME)
        for place in sorted(made.stray):
            self._find(Code.COLUMNS, NAME, generation=commits[place].generation)
        if made.foreign:
            self._find(Code.ROWS, "data", rows=made.foreign)
        return made.rows, where

    def _check_gone(self, gone: Iterable[GoneRange], commit: CommitEntry, first: int, expected: Digests) -> None:
        """Names tiles whose leaves of gone pages are not those that were purged (rule 4)."""
        for pages in gone:
            low, high = first + pages.rank, first + pages.rank + pages.pages
            if not pages.fits or pages.rank + pages.pages > commit.pages:
                self._find(Code.TOMBSTONES, NAME)
            elif hashlib.sha256(expected[low:high].tobytes()).digest() != pages.leaves:
                self._unsure = True
                mine = self._tiles[low // WIDTH : (high - 1) // WIDTH + 1]
                fits = {tile: self._fits_above(tile, expected) for tile in mine}
                wrong = False if False in fits.values() else None
                for tile in (t for t in mine if fits[t] is wrong):
                    self._name_tile(tile)

    def _fits_above(self, tile: Tile, leaves: Digests) -> bool | None:
        """True if the next level says of a full tile of leaves what it holds; None where nothing says it."""
        above = [t for t in self._tiles if t.level == 1 and t.first <= tile.index < t.first + t.width]
        if not above:
            return None
        try:
            said = read_tile(self._ledger, above[0])[tile.index - above[0].first]
        except LedgerError:
            return None
        return bool(Tree.of(leaves[tile.first : tile.first + tile.width]).root() == said.tobytes())

    def _without_rows(self, stored: list[Digests]) -> Digests:
        """The leaves as they should be, with what is stored in place of pages."""
        return with_commit_leaves(self._manifest, stored[0] if stored else np.zeros((0, SIZE), np.uint8))

    def _compare(self, stored: list[Digests], expected: Digests, where: Where) -> Digests:
        """Names tiles, pages and commits that are not as the root says (rule 3); returns the leaves to go by."""
        root = self._manifest.root
        if Tree.of(expected).root().hex() == root:
            self._compare_tiles(stored, expected)
            return expected
        leaves = stored[0] if stored else expected
        for leaf in np.flatnonzero((leaves != expected).any(axis=1)).tolist():
            self._name_leaf(leaf, where)
        if Tree.of(leaves).root().hex() != root and not self._unsure:
            self._find(Code.MANIFEST_TREE, NAME)
        self._compare_tiles(stored, leaves)
        return leaves

    def _compare_tiles(self, stored: list[Digests], leaves: Digests) -> None:
        """Names tiles that don't follow from the leaves, if these are sure."""
        if self._unsure:
            return
        right = grown([], leaves)
        for tile in self._tiles:
            some = slice(tile.first, tile.first + tile.width)
            if not np.array_equal(stored[tile.level][some], right[tile.level][some]):
                self._name_tile(tile)

    def _name_tile(self, tile: Tile) -> None:
        path = self._ledger / FOLDER / tile.path
        if all(f.where != str(path) for f in self._findings):
            self._find(Code.TILE, f"{FOLDER}/{tile.path}")

    def _name_leaf(self, leaf: int, where: Where) -> None:
        for commit, first, end in self._manifest.leaf_ranges():
            if leaf == end:
                self._find(Code.COMMIT, NAME, generation=commit.generation)
            elif first <= leaf < end:
                part, page = where.get(leaf, (-1, leaf - first))
                self._find(Code.PAGE, "data", generation=commit.generation, part=part, page=page)

    def _checkpoints(self, notes: Sequence[Note], keys: Sequence[VerifyKey], tree: Tree) -> list[HeldCheckpoint]:
        kept = []
        for where, note in notes:
            try:
                point, by = Checkpoint.open(note, keys)
            except UnknownKeyError as error:
                self._find(Code.CHECKPOINT_KEY, where.absolute(), keys=", ".join(error.keys))
                continue
            except MerkleError as error:
                self._find(Code.CHECKPOINT_UNREADABLE, where.absolute(), reason=str(error))
                continue
            code = self._against(point, tree)
            if code is None:
                proof = tuple(tree.consistency(point.size))
                names = name_keys(by)
                kept.append(HeldCheckpoint(where=str(where), size=point.size, root=point.root, keys=names, proof=proof))
            else:
                self._find(code, where.absolute(), origin=point.origin, size=point.size, own=self._manifest.origin)
        return kept

    def _against(self, point: Checkpoint, tree: Tree) -> Code | None:
        if point.origin != self._manifest.origin:
            return Code.CHECKPOINT_ORIGIN
        if point.size > tree.size:
            return Code.CHECKPOINT_AHEAD
        return None if tree.root(point.size) == point.root else Code.CHECKPOINT_HISTORY


def present_checkpoint(ledger: Path) -> Checkpoint:
    """Return the present checkpoint of the ledger's tree; raises where manifest and tiles don't agree on it."""
    with open_ledger(ledger) as snapshot:
        point = snapshot.checkpoint
        if open_tree(ledger, point.size).root() != point.root:
            raise LedgerChangedError("manifest and tree don't agree: run `wayseal ledger verify`", file=ledger)
        return point
