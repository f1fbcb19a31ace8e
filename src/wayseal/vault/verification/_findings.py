"""What a verification of tables and records finds; the command line has the words."""

from enum import StrEnum


class RecordCode(StrEnum):
    """A fault of a record."""

    CHANGED = "record-changed"
    """Sealed bytes or wrapped key aren't what was written, or belong to another number."""
    NO_KEY = "record-no-key"
    """It has no wrapped key, and wasn't erased."""
    KEYRING = "record-keyring"
    """Its data key was wrapped by a key that the keyring hasn't got."""
    NOT_ERASED = "record-not-erased"
    """It counts as erased, and its key or its sealed bytes are still there."""
    STALE = "record-stale"
    """It was revised since: an older revision lies there."""
    COUNT = "records-count"
    """The log says that another number of records was sealed."""
    PHONES = "record-phones"
    """The blind index doesn't have the tags of its phones, or has others under its number."""


class TableCode(StrEnum):
    """A fault of a table or a row."""

    TABLE_MISSING = "table-missing"
    COLUMN_MISSING = "column-missing"
    TYPE = "row-type"
    """A column holds what it can't hold: another type, text that is none, a number below zero."""
    MARK = "row-mark"
    """Somebody else than the vault wrote this row, or changed it."""
    UNTOLD = "row-untold"
    """No entry of the log tells of this row."""
    GONE = "row-gone"
    """An entry of the log tells of a row that isn't there."""
    DIFFERS = "row-differs"
    """The log says something else: a row of before was put back, or the log's entry was written by somebody else."""
    SCANS = "scans-report"
    """Of a report of scans other rows are there than its entry says."""
    PLACE = "row-place"
    """A waybill isn't where its scans say."""
    STEP = "entry-step"
    """An act was done on something else than the log says was there: older rows were put back before it, or deleted."""
    BEHIND = "log-behind"
    """The log ends before, or goes another way at, an entry that this vault has seen."""
