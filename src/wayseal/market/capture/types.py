"""What looking after captures finds, as data; the command line has the words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wayseal.merkle.findings import Finding
from wayseal.proofs.stamps import Stamped


class Code(StrEnum):
    """What is wrong with a folder of captures."""

    CHANGED = "capture-changed"
    """A file isn't what its list says; `record` and `offset` tell the first record that is wrong."""
    MISSING = "capture-missing"
    """A file of a list isn't there, and no tombstone stands for it."""
    EXTRA = "capture-extra"
    """A file that no list knows, in a day that is over."""
    CUT = "capture-cut"
    """A file ends in the middle of a record; the next opening repairs it."""
    LIST = "capture-list"
    """A day's list can't be read."""
    SIGNATURE = "capture-signature"
    """A list isn't what was signed, or isn't signed, or by none of the keys that were given."""
    STAMP = "capture-stamp"
    """A day's time stamp doesn't hold."""
    TOMBSTONE = "capture-tombstone"
    """A tombstone says another hash than the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturesVerification:
    """What looking at a folder of captures found.

    Attributes:
        days: Days that were looked at.
        files: Files whose bytes are what their lists say.
        open_files: Files that no list knows yet, looked at record by record.
        records: Records in them all.
        purged: Files for which a tombstone stands.
        signed: Days whose lists are signed by a key that was given.
        stamped: The stamp of each day that has one that holds.
        waiting: Days without a stamp.
        unchecked: Days whose stamp was not checked, as no certificate was given.
        findings: What is wrong.
    """

    days: int
    files: int
    open_files: int
    records: int
    purged: int
    signed: int
    stamped: Mapping[str, Stamped]
    waiting: tuple[str, ...]
    unchecked: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """A file that had been cut: name, and how many bytes behind its last whole record were put aside."""

    name: str
    aside: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """A file that was removed as its time was over: name, bytes, and how many records the tombstone tells of."""

    name: str
    size: int
    records: int
