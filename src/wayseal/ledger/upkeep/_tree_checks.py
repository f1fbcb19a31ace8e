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
from wayseal.ledger._manifest import NAME, Manifest, hash_commit, load_manifest
from wayseal.ledger._recount import recount
from wayseal.ledger._report import Progress
from wayseal.ledger._salts import load_salts
from wayseal.ledger._tombstones import Tombstones, rank_pages
from wayseal.ledger._tree import FOLDER, read_leaves, tile_contents, tile_paths
from wayseal.ledger.errors import LedgerError, LedgerVersionError
from wayseal.ledger.upkeep._diagnosis import Affected, Diagnosis, Fault, Remedy
from wayseal.ledger.upkeep._inventory import find_manifest_fault, tree_matches
from wayseal.merkle import Tree
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE


def load_own_manifest(ledger: Path) -> tuple[Manifest | None, Fault | None]:
    """The manifest as it lies there, and what is wrong with it by itself. LedgerError: it is of another layout."""
    if not (ledger / NAME).exists():
        return None, Fault.MANIFEST_MISSING
    try:
        made = load_manifest(ledger)
    except LedgerVersionError:
        raise
    except LedgerError:
        return None, Fault.MANIFEST_CHANGED
    spelled = (ledger / NAME).read_bytes() == made.to_json().encode() + b"\n"
    return made, None if spelled and not find_manifest_fault(made) else Fault.MANIFEST_CHANGED


def find_proven_manifest(ledger: Path, source: Path | None) -> Manifest | None:
    """The manifest of a backup, if the ledger's tiles are its tree and no tile is left over (rule 3)."""
    if source is None:
        return None
    try:
        made = load_manifest(source)
    except LedgerError:
        return None
    if find_manifest_fault(made):
        return None
    there = {p.relative_to(ledger).as_posix() for p in (ledger / FOLDER).rglob("*") if p.is_file()}
    leaves, _ = read_leaves(ledger, made.size)
    if there != tile_paths(made.size) or not tree_matches(made, leaves) or find_wrong_tiles(ledger, made, leaves):
        return None
    return made


def diagnose_manifest(ledger: Path, fault: Fault, source: Path | None, *, proven: bool) -> Diagnosis:
    """That the manifest is missing or was changed, and whether the backup's is the right one."""
    remedy = Remedy.GIVE if source is None else Remedy.BACKUP if proven else Remedy.LOST
    return Diagnosis(fault=fault, remedy=remedy, where=ledger / NAME, affected=Affected(kind="manifest"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeCheck:
    """leaves: those that are right, None where that can't be said; at_fault: it is the manifest that is wrong."""

    leaves: Digests | None
    at_fault: bool = False


def check_tree(
    ledger: Path, manifest: Manifest, source: Path | None, progress: Progress, *, readable: bool
) -> TreeCheck:
    """The leaves of a manifest's tree (rules 1 and 2).

    readable: files and secret are what they were, so that the reads can be hashed again.
    """
    stored, lost = read_leaves(ledger, manifest.size)
    if tree_matches(manifest, stored):
        return TreeCheck(leaves=stored)
    if not lost and Tree.of(stored).root().hex() == manifest.root:
        return TreeCheck(leaves=None, at_fault=True)
    beside = _with_commit_leaves(manifest, _leaves_of_backup(manifest, stored, source))
    if tree_matches(manifest, beside):
        return TreeCheck(leaves=beside)
    if not readable:
        return TreeCheck(leaves=None)
    again = _recounted_leaves(ledger, manifest, stored, progress)
    if tree_matches(manifest, again):
        return TreeCheck(leaves=again)
    return TreeCheck(leaves=None, at_fault=np.array_equal(again, stored))


def _leaves_of_backup(manifest: Manifest, leaves: Digests, source: Path | None) -> Digests:
    """The leaves as a backup has them, where it has the same tiles."""
    if source is None:
        return leaves
    made, lost = read_leaves(source, manifest.size)
    for tile in lost:
        some = slice(tile.first, tile.first + tile.width)
        made[some] = leaves[some]
    return made


def _with_commit_leaves(manifest: Manifest, leaves: Digests) -> Digests:
    """The leaves with those of the commits as the manifest has them."""
    made = leaves.copy()
    at = -1
    for commit in manifest.commits:
        at += commit.pages + 1
        made[at] = np.frombuffer(hash_commit(manifest, commit), np.uint8)
    return made


def _recounted_leaves(ledger: Path, manifest: Manifest, stored: Digests, progress: Progress) -> Digests:
    """The leaves made again from reads and manifest; zeros for pages that there are too few of.

    Of pages that were purged whole, which nothing makes again, those that are stored.
    """
    made = recount(ledger, manifest, manifest.commits, load_salts(ledger, manifest.secret), progress)
    tombstones = Tombstones(Finder(ledger, manifest))
    leaves = np.zeros((manifest.size, SIZE), np.uint8)
    first = 0
    for commit, pages in zip(manifest.commits, made.pages, strict=True):
        gone = tombstones.gone_of(commit.generation)
        place = rank_pages(pages.where, gone)
        known = np.frombuffer(b"".join(pages.leaves), np.uint8).reshape(-1, SIZE)
        leaves[first + place[place < commit.pages]] = known[place < commit.pages]
        away = first + rank_pages(gone, pages.where)
        leaves[away] = stored[away]
        first += commit.pages + 1
    return _with_commit_leaves(manifest, leaves)


def find_wrong_tiles(ledger: Path, manifest: Manifest, leaves: Digests) -> dict[str, bytes]:
    """Tiles that don't hold what follows from the leaves, and what does."""
    return {p: c for p, c in tile_contents(manifest.size, leaves).items() if _bytes(ledger / p) != c}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
