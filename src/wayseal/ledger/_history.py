"""How a ledger stands to what it was at an unsigned checkpoint, such as a report quotes."""

from dataclasses import dataclass
from pathlib import Path

from wayseal.ledger._findings import Code
from wayseal.ledger._manifest import Manifest
from wayseal.ledger._tiles import stored_tree
from wayseal.merkle import Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """code: why the tree doesn't go on from the checkpoint, None if it does; then what leads from its root to today's.

    digest: the ledger's digest at that time; None where no commit ended there.
    """

    code: Code | None
    proof: tuple[bytes, ...] = ()
    digest: str | None = None


def since(ledger: Path, manifest: Manifest, point: Checkpoint) -> Since:
    """Compares a checkpoint with the tree as its tiles hold it."""
    if point.origin != manifest.origin:
        return Since(code=Code.CHECKPOINT_ORIGIN)
    if point.size > manifest.size:
        return Since(code=Code.CHECKPOINT_AHEAD)
    tree = stored_tree(ledger, manifest.size)
    if tree.root(point.size) != point.root:
        return Since(code=Code.CHECKPOINT_HISTORY)
    ends, size = {}, 0
    for commit in manifest.commits:
        size += commit.pages + 1
        ends[size] = commit.digest
    return Since(code=None, proof=tuple(tree.consistency(point.size)), digest=ends.get(point.size))
