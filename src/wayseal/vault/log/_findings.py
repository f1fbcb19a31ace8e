"""What a verification of the log finds, as data; the command line has the words."""

from dataclasses import dataclass
from enum import StrEnum

from wayseal.merkle.checkpoint import HeldCheckpoint
from wayseal.model.errors import Finding, exit_code_of


class Code(StrEnum):
    """A kind of fault."""

    ENTRY = "entry"
    """Entry, salt and leaf of one row don't fit each other; `column` says which was changed, where that is known."""
    ENTRY_UNREADABLE = "entry-unreadable"
    """It is what was hashed, but no entry."""
    ENTRY_MISSING = "entry-missing"
    ENTRY_EXTRA = "entry-extra"
    """A row at a place that the log doesn't have."""
    ENTRY_ERASED = "entry-erased"
    """Entries were dropped, and no entry of the log says so."""
    ENTRIES_REWRITTEN = "entries-rewritten"
    """Entries fit their leaves, but nodes and a signed checkpoint say that other ones stood there."""
    NODE = "node"
    NODE_MISSING = "node-missing"
    NODE_EXTRA = "node-extra"
    CHECKPOINT_ROW = "checkpoint-row"
    """A stored checkpoint's size or time isn't what its note says."""
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    CHECKPOINT_ORIGIN = "checkpoint-origin"
    CHECKPOINT_KEY = "checkpoint-key"
    CHECKPOINT_AHEAD = "checkpoint-ahead"
    CHECKPOINT_HISTORY = "checkpoint-history"
    ROW_MISSING = "row-missing"
    """An entry that disclosed has no row in the analytics ledger."""
    ROW_EXTRA = "row-extra"
    """The ledger has a row that the log has no entry for, or more than one for an entry."""
    ROW_CHANGED = "row-changed"
    """A row says another account, waybill or time than its entry."""
    POSITION = "position"
    """The ledger says that a source brought entries up to `stop`, and the log never ended there as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of verifying the log: what was looked at and what was found.

    size, root (hex): of the log as its entries say. origin: the vault's, None where it doesn't say. erased: entries
    that were dropped. disclosed: entries that show something. checkpoints: those that hold.
    """

    origin: str | None
    size: int
    root: str
    disclosed: int
    erased: int
    nodes: int
    checkpoints: tuple[HeldCheckpoint, ...]
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 where all is as it should be; a changed log goes before a checkpoint that can't be used."""
        return exit_code_of(self.findings)
