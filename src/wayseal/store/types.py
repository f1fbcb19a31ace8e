"""What reading hands on: files, batches, rejected rows and notices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.store._laid_out import LaidOut
from wayseal.store.formats import Format
from wayseal.store.mapping import LogMapping


class Reason(StrEnum):
    """Why a row went to quarantine; public interface, as it stands in the quarantine file."""

    EMPTY = "empty"
    CONTROL_CHARACTER = "control-character"
    TOO_LONG = "too-long"
    NOT_A_TIME = "not-a-time"
    TIME_OUT_OF_RANGE = "time-out-of-range"
    NOT_A_NUMBER = "not-a-number"
    NUMBER_OUT_OF_RANGE = "number-out-of-range"
    ROUNDED_NUMBER = "rounded-number"
    UNKNOWN_VALUE = "unknown-value"
    NOT_A_LIST = "not-a-list"
    NOT_AN_OBJECT = "not-an-object"
    WRONG_TYPE = "wrong-type"
    TOO_FEW_FIELDS = "too-few-fields"
    TOO_MANY_FIELDS = "too-many-fields"
    STRAY_QUOTE = "stray-quote"
    UNTERMINATED_QUOTE = "unterminated-quote"
    STRAY_CARRIAGE_RETURN = "stray-carriage-return"
    NUL_BYTE = "nul-byte"
    UNDECODABLE = "undecodable"
    NOT_JSON = "not-json"
    DUPLICATE_KEY = "duplicate-key"
    SAME_KEY = "same-key"
    PURGED = "purged"


class NoticeCode(StrEnum):
    """What a reader says about a file as a whole."""

    UNKNOWN_COLUMNS = "unknown-columns"
    TIMES_WITHOUT_OFFSET = "times-without-offset"
    UNKNOWN_VALUES = "unknown-values"
    DAYS_ALONE = "days-alone"
    ENCODING = "encoding"
    DELIMITER = "delimiter"
    EMPTY_FILE = "empty-file"
    OTHER_FILES = "other-files"
    OTHER_SHEETS = "other-sheets"
    LEFT_OUT = "left-out"
    WIDER_FILTERS = "wider-filters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that a person should know about a file and that stops nothing; `values` fills the message's blanks."""

    code: NoticeCode
    file: Path
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A row in quarantine: its line (row in Parquet) from 1, the column that is at fault ("" for the whole row), why.

    raw is the row's text, held only when it was asked for.
    """

    line: int
    column: str
    reason: Reason
    raw: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a dataset and the table whose rows it holds; size in bytes as it lies on disk.

    path: what it is called: `-` for standard input, `book.xlsx#sheet` for one of a workbook's sheets. laid_out: its
    text, where none lies under that name.
    """

    path: Path
    table: str
    format: Format
    size: int
    gzipped: bool = False
    laid_out: LaidOut | None = None

    @property
    def content(self) -> Path:
        """Where its bytes lie."""
        return self.laid_out.path if self.laid_out else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read.

    offset: from UTC to what a time without an offset means; None assumes UTC, and a notice says so either way.
    block_bytes: how much text is parsed at once; batch_rows: the most rows of a Parquet batch.
    """

    offset: timedelta | None = None
    block_bytes: int = 16 << 20
    batch_rows: int = 1 << 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A dataset, a folder of logs or a single file, opened: its files in a fixed order, and how they are read."""

    path: Path
    files: tuple[SourceFile, ...]
    mapping: LogMapping | None = None
    options: ReadOptions = field(default_factory=ReadOptions)
    notices: tuple[Notice, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files on disk."""
        return sum(f.size for f in self.files)

    @property
    def offset(self) -> timedelta:
        """From UTC to what a time without an offset means, as it is asked for here, in the mapping, or assumed."""
        asked = self.options.offset
        if asked is None and self.mapping is not None:
            asked = self.mapping.offset
        return asked or timedelta(0)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that have at least one file."""
        return frozenset(f.table for f in self.files)


def _no_lines() -> npt.NDArray[np.int64]:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A stretch of a file, checked.

    rows: the good rows, in the table's arrow_schema. line: int64, for each of them its line (Parquet: row) from 1.
    rejected: the others, in line order. bytes_read: how much of the file on disk is done, for progress.
    notices: each said once a file, but UNKNOWN_VALUES and DAYS_ALONE in every batch that has some, with their number.
    dropped: int64, lines of the rows that the mapping left out, and of records of a raw log that are no reads. others:
    int64, lines of records of a raw log that make no row of this table. days: of columns of times, which of the rows
    give a day and no time of it; a column that is not there has none.
    """

    rows: pa.RecordBatch
    line: npt.NDArray[np.int64]
    rejected: tuple[Rejection, ...]
    bytes_read: int
    notices: tuple[Notice, ...] = ()
    dropped: npt.NDArray[np.int64] = field(default_factory=_no_lines)
    others: npt.NDArray[np.int64] = field(default_factory=_no_lines)
    days: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """A leaks file, read: `rows` in the contract's schema, `line` (int64) of each, and what was wrong with others.

    digest: SHA-256 in hex of the file's bytes. by_day: of which rows `seen_at` is a day, and any moment of it is meant.
    """

    digest: str
    rows: pa.Table
    line: npt.NDArray[np.int64]
    by_day: npt.NDArray[np.bool_]
    rejected: tuple[Rejection, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBlock:
    """Rows as they stand in a file, before any check, from one reader.

    columns: of one length each; text columns as strings, Parquet columns in their own type. rejected: rows that the
    reader itself gave up. raws: the rows' texts, when asked for. dropped: lines of
    records that are no rows, and why is said. others: lines of records that make no row of this table.
    """

    columns: Mapping[str, pa.Array]
    line: npt.NDArray[np.int64]
    rejected: tuple[Rejection, ...]
    bytes_read: int
    raws: "tuple[str, ...] | None" = None
    dropped: npt.NDArray[np.int64] = field(default_factory=_no_lines)
    others: npt.NDArray[np.int64] = field(default_factory=_no_lines)
