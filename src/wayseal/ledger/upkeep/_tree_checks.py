"""Which manifest of a ledger to go by, and what its tiles hold: read only.

1. Tiles follow from the leaves, and leaves are right if the root and the leaf of every commit say so; they are taken
   from the tiles themselves, from the tiles of a backup, or made again from the reads, whichever is right first.
2. Where the leaves of the tiles have the manifest's root and its commits don't fit, or the reads give the leaves of the
   tiles and the root doesn't fit, the manifest is at fault.
3. A manifest is never made up: one out of a backup is taken only if the ledger's own tiles are exactly its tree.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import NAME, Manifest, load_manifest
from wayseal.ledger._recount import recount
from wayseal.ledger._report import Progress
from wayseal.ledger._salts import load_salts
from wayseal.ledger._tombstones import Holes, ranks
from wayseal.ledger._tree import FOLDER, commit_leaf, contents, stored_leaves, tile_paths
from wayseal.ledger.errors import LedgerError, LedgerVersionError
from wayseal.ledger.upkeep._diagnosis import Cure, Diagnosis, Hanging, Ill
from wayseal.ledger.upkeep._inventory import manifest_fault, of_one_piece
from wayseal.merkle import Tree
from wayseal.merkle.hashing import SIZE, Digests


def own_manifest(ledger: Path) -> tuple[Manifest | None, Ill | None]:
    """The manifest as it lies there, and what is wrong with it by itself. LedgerError: it is of another layout."""
    if not (ledger / NAME).exists():
        return None, Ill.MANIFEST_MISSING
    try:
        made = load_manifest(ledger)
    except LedgerVersionError:
        raise
    except LedgerError:
        return None, Ill.MANIFEST_CHANGED
    spelled = (ledger / NAME).read_bytes() == made.to_json().encode() + b"\n"
    return made, None if spelled and not manifest_fault(made) else Ill.MANIFEST_CHANGED


def proven_manifest(ledger: Path, source: Path | None) -> Manifest | None:
    """The manifest of a backup, if the ledger's tiles are its tree and no tile is left over (rule 3)."""
    if source is None:
        return None
    try:
        made = load_manifest(source)
    except LedgerError:
        return None
    if manifest_fault(made):
        return None
    there = {p.relative_to(ledger).as_posix() for p in (ledger / FOLDER).rglob("*") if p.is_file()}
    leaves, _ = stored_leaves(ledger, made.size)
    if there != tile_paths(made.size) or not of_one_piece(made, leaves) or wrong_tiles(ledger, made, leaves):
        return None
    return made


def manifest_ill(ledger: Path, ill: Ill, source: Path | None, *, proven: bool) -> Diagnosis:
    """That the manifest is missing or was changed, and whether the backup's is the right one."""
    cure = Cure.GIVE if source is None else Cure.BACKUP if proven else Cure.LOST
    return Diagnosis(ill=ill, cure=cure, where=ledger / NAME, hanging=Hanging(kind="manifest"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """leaves: those that are right, None where that can't be said; at_fault: it is the manifest that is wrong."""

    leaves: Digests | None
    at_fault: bool = False


def judge_tree(ledger: Path, manifest: Manifest, source: Path | None, progress: Progress, *, readable: bool) -> Grown:
    """The leaves of a manifest's tree (rules 1 and 2).

    readable: files and secret are what they were, so that the reads can be hashed again.
    """
    stored, lost = stored_leaves(ledger, manifest.size)
    if of_one_piece(manifest, stored):
        return Grown(leaves=stored)
    if not lost and Tree.of(stored).root().hex() == manifest.root:
        return Grown(leaves=None, at_fault=True)
    beside = _with_commits(manifest, _beside(manifest, stored, source))
    if of_one_piece(manifest, beside):
        return Grown(leaves=beside)
    if not readable:
        return Grown(leaves=None)
    again = _again(ledger, manifest, stored, progress)
    if of_one_piece(manifest, again):
        return Grown(leaves=again)
    return Grown(leaves=None, at_fault=np.array_equal(again, stored))


def _beside(manifest: Manifest, leaves: Digests, source: Path | None) -> Digests:
    """The leaves as a backup has them, where it has the same tiles."""
    if source is None:
        return leaves
    made, lost = stored_leaves(source, manifest.size)
    for tile in lost:
        some = slice(tile.first, tile.first + tile.width)
        made[some] = leaves[some]
    return made


def _with_commits(manifest: Manifest, leaves: Digests) -> Digests:
    """The leaves with those of the commits as the manifest has them."""
    made = leaves.copy()
    at = -1
    for commit in manifest.commits:
        at += commit.pages + 1
        made[at] = np.frombuffer(commit_leaf(manifest, commit), np.uint8)
    return made


def _again(ledger: Path, manifest: Manifest, stored: Digests, progress: Progress) -> Digests:
    """The leaves made again from reads and manifest; zeros for pages that there are too few of.

    Of pages that were purged whole, which nothing makes again, those that are stored.
    """
    made = recount(ledger, manifest, manifest.commits, load_salts(ledger, manifest.secret), progress)
    holes = Holes(Finder(ledger, manifest))
    leaves = np.zeros((manifest.size, SIZE), np.uint8)
    first = 0
    for commit, pages in zip(manifest.commits, made.pages, strict=True):
        gone = holes.gone_of(commit.generation)
        place = ranks(pages.where, gone)
        known = np.frombuffer(b"".join(pages.leaves), np.uint8).reshape(-1, SIZE)
        leaves[first + place[place < commit.pages]] = known[place < commit.pages]
        away = first + ranks(gone, pages.where)
        leaves[away] = stored[away]
        first += commit.pages + 1
    return _with_commits(manifest, leaves)


def wrong_tiles(ledger: Path, manifest: Manifest, leaves: Digests) -> dict[str, bytes]:
    """Tiles that don't hold what follows from the leaves, and what does."""
    return {p: c for p, c in contents(manifest.size, leaves).items() if _bytes(ledger / p) != c}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
