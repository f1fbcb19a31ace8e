"""How a ledger stands to what it was at an unsigned checkpoint, such as a report quotes."""

from dataclasses import dataclass
from pathlib import Path

from wayseal.ledger._manifest import Manifest
from wayseal.ledger._purged import PurgeEntry
from wayseal.ledger._tiles import stored_tree
from wayseal.ledger.integrity._findings import Code
from wayseal.merkle import Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """code: why the tree doesn't go on from the checkpoint, None if it does; then what leads from its root to today's.

    digest: the ledger's digest at that time; None where no commit ended there. purges: those since then.
    """

    code: Code | None
    proof: tuple[bytes, ...] = ()
    digest: str | None = None
    purges: tuple[PurgeEntry, ...] = ()


def since(ledger: Path, manifest: Manifest, point: Checkpoint) -> Since:
    """Compares a checkpoint with the tree as its tiles hold it."""
    if point.origin != manifest.origin:
        return Since(code=Code.CHECKPOINT_ORIGIN)
    if point.size > manifest.size:
        return Since(code=Code.CHECKPOINT_AHEAD)
    tree = stored_tree(ledger, manifest.size)
    if tree.root(point.size) != point.root:
        return Since(code=Code.CHECKPOINT_HISTORY)
    ends, size, later = {}, 0, set()
    for commit in manifest.commits:
        size += commit.pages + 1
        ends[size] = commit.digest
        if size > point.size:
            later.add(commit.generation)
    purges = tuple(p for p in manifest.purges if p.generation in later)
    return Since(code=None, proof=tuple(tree.consistency(point.size)), digest=ends.get(point.size), purges=purges)
