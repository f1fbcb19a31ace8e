"""What a verification finds, as data, and how a ledger stands to an unsigned checkpoint, such as a report quotes."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wayseal.ledger._manifest import Manifest, PurgeEntry
from wayseal.ledger._tree import open_tree
from wayseal.merkle import Checkpoint
from wayseal.merkle.findings import Finding, HeldCheckpoint, exit_code_of


class Code(StrEnum):
    """What is wrong."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was looked at and what was found.

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
    ends, size, later = {}, 0, set()
    for commit in manifest.commits:
        size += commit.pages + 1
        ends[size] = commit.digest
        if size > point.size:
            later.add(commit.generation)
    purges = tuple(p for p in manifest.purges if p.generation in later)
    return HistoryCheck(
        code=None, proof=tuple(tree.consistency(point.size)), digest=ends.get(point.size), purges=purges
    )
