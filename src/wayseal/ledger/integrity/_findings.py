"""What a verification finds, as data, and how a ledger stands to an unsigned checkpoint, such as a report quotes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from wayseal.ledger._manifest import Manifest, PurgeEntry
from wayseal.ledger._tree import open_tree
from wayseal.merkle import Checkpoint
from wayseal.merkle.findings import Finding, HeldCheckpoint, exit_code_of
from wayseal.model.messages import N_


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
