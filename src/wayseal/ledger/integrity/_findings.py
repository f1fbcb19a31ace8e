"""What a verification finds, as data, and how a ledger stands to an unsigned checkpoint, such as a report quotes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from wayseal.ledger._manifest import Manifest, PurgeEntry
from wayseal.ledger._tree import open_tree
from wayseal.ledger.errors import LedgerChangedError
from wayseal.merkle import Checkpoint
from wayseal.merkle.errors import OtherOriginError, UnknownKeyError


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


_CODES = {
    Code.CHECKPOINT_ORIGIN: OtherOriginError.exit_code,
    Code.CHECKPOINT_KEY: UnknownKeyError.exit_code,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be. where: path of the file at fault; values: what the words need."""

    code: Code
    where: Path
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """What the command ends with if nothing worse was found."""
        return _CODES.get(self.code, LedgerChangedError.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCheckpoint:
    """A checkpoint that holds: where it is, the size and root that it says, who signed it, and how the tree goes on.

    proof: hashes that lead from its root to the present one (RFC 9162, 2.1.4).
    """

    where: Path
    size: int
    root: bytes
    keys: tuple[str, ...]
    proof: tuple[bytes, ...]


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
        return min((f.exit_code for f in self.findings), default=0)


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
