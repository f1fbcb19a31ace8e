"""What reading hands on: files, batches, rejected rows and notices, with the words for these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.model.messages import N_, Message
from wayseal.store._write_table import LaidOut
from wayseal.store.mapping import Format, LogMapping


class Reason(StrEnum):
    """Why a row went to quarantine; public interface, as in the quarantine file; each a text of the catalogue."""

    EMPTY = N_("empty")
    CONTROL_CHARACTER = N_("control-character")
    TOO_LONG = N_("too-long")
    NOT_A_TIME = N_("not-a-time")
    TIME_OUT_OF_RANGE = N_("time-out-of-range")
    NOT_A_NUMBER = N_("not-a-number")
    NOT_WHOLE = N_("not-a-whole-number")
    NUMBER_OUT_OF_RANGE = N_("number-out-of-range")
    ROUNDED_NUMBER = N_("rounded-number")
    NOT_A_WAYBILL = N_("not-a-waybill-number")
    UNKNOWN_VALUE = N_("unknown-value")
    NOT_A_LIST = N_("not-a-list")
    NOT_AN_OBJECT = N_("not-an-object")
    WRONG_TYPE = N_("wrong-type")
    TOO_FEW_FIELDS = N_("too-few-fields")
    TOO_MANY_FIELDS = N_("too-many-fields")
    STRAY_QUOTE = N_("stray-quote")
    UNTERMINATED_QUOTE = N_("unterminated-quote")
    STRAY_CARRIAGE_RETURN = N_("stray-carriage-return")
    NUL_BYTE = N_("nul-byte")
    UNDECODABLE = N_("undecodable")
    NOT_JSON = N_("not-json")
    DUPLICATE_KEY = N_("duplicate-key")
    SAME_KEY = N_("same-key")
    PURGED = N_("purged")


class NoticeCode(StrEnum):
    """The kinds of notices on a file as a whole."""

    UNKNOWN_COLUMNS = "unknown-columns"
    TIMES_WITHOUT_OFFSET = "times-without-offset"
    EMPTIED_CELLS = "emptied-cells"
    DAYS_ALONE = "days-alone"
    ENCODING = "encoding"
    DELIMITER = "delimiter"
    EMPTY_FILE = "empty-file"
    OTHER_FILES = "other-files"
    OTHER_SHEETS = "other-sheets"
    LEFT_OUT = "left-out"
    WIDER_FILTERS = "wider-filters"


_FIRST = 5
"""Lines that a notice names."""
_MEANS: Mapping[tuple[str, str], str] = {
    **dict.fromkeys((("assignments", "to"), ("tickets", "closed_at"), ("actors", "valid_to")), "no-end"),
    **{("accesses", name): "untold" for name in ("session", "ip", "device", "via", "fields", "purpose")},
    ("accesses", "access"): "twice",
}
"""Columns whose empty cells could hide something, and what."""


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
    text, where none lies under that name. wrapped: what its lines stand in (`Unwrapper`); "": they are the log's own.
    searches: of a raw log: what the pass for one table found for the other one (`logs/_row_builder`).
    """

    path: Path
    table: str
    format: Format
    size: int
    gzipped: bool = False
    laid_out: LaidOut | None = None
    wrapped: str = ""
    searches: "list[object]" = field(default_factory=list, compare=False, repr=False)

    @property
    def content(self) -> Path:
        """Where its bytes lie."""
        return self.laid_out.path if self.laid_out else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """Cells of an optional column that can't be read: they are empty, the rows stay. lines: int64, of those rows."""

    column: str
    reason: Reason
    lines: npt.NDArray[np.int64]

    def notice(self, file: SourceFile) -> Notice:
        """How many they are and where the first stand. means: what else an empty cell of this column says."""
        first = ", ".join(map(str, self.lines[:_FIRST].tolist()))
        values: dict[str, str | int] = {"column": self.column, "reason": self.reason.value, "rows": len(self.lines)}
        values |= {"lines": first, "means": _MEANS.get((file.table, self.column), "")}
        return Notice(
            code=NoticeCode.EMPTIED_CELLS,
            file=file.path,
            values=values,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read.

    offset: from UTC to what a time without an offset means; None assumes UTC, and a notice says so either way.
    block_bytes: how much text is parsed at once; batch_rows: the most rows of a Parquet batch; groups: the row groups
    of a Parquet file that are read (`cut_file`), None: all.
    """

    offset: timedelta | None = None
    block_bytes: int = 16 << 20
    batch_rows: int = 1 << 19
    groups: range | None = None


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
    notices: each said once a file, but DAYS_ALONE in every batch that has some, with their number.
    emptied: cells of the good rows that could not be read and stay empty (`Emptied.notice`).
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
    emptied: tuple[Emptied, ...] = ()
    days: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """A leaks file, read: `rows` in the contract's schema, `line` (int64) of each, and what was wrong with others.

    digest: SHA-256 in hex of the file's bytes. by_day: of which rows `seen_at` is a day, and any moment of it is meant.
    emptied: cells that could not be read and stay empty.
    """

    digest: str
    rows: pa.Table
    line: npt.NDArray[np.int64]
    by_day: npt.NDArray[np.bool_]
    rejected: tuple[Rejection, ...]
    notices: tuple[Notice, ...]
    emptied: tuple[Emptied, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBlock:
    """Rows as they stand in a file, before any check, from one reader.

    columns: of one length each; text columns as strings, Parquet columns in their own type. rejected: rows that the
    reader itself gave up. raws: the rows' texts, when asked for. dropped: lines of
    records that are no rows, and why is said. others: lines of records that make no row of this table. wrong: of a
    column, which cells hold a value of a type that no column can have; they are null.
    """

    columns: Mapping[str, pa.Array]
    line: npt.NDArray[np.int64]
    rejected: tuple[Rejection, ...]
    bytes_read: int
    raws: "tuple[str, ...] | None" = None
    wrong: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    dropped: npt.NDArray[np.int64] = field(default_factory=_no_lines)
    others: npt.NDArray[np.int64] = field(default_factory=_no_lines)


NOTICES: Mapping[NoticeCode, str] = {
    NoticeCode.UNKNOWN_COLUMNS: N_(
        "{columns} {columns:column|columns} that the table doesn't have {columns:was|were} left out"
    ),
    NoticeCode.TIMES_WITHOUT_OFFSET: N_("times without an offset were read as {offset} ({column})"),
    NoticeCode.EMPTIED_CELLS: N_(
        "{rows:,} {rows:cell|cells} of {column} can't be read and {rows:was|were} left empty: {reason} "
        "({rows:line|lines from} {lines}){means}"
    ),
    NoticeCode.DAYS_ALONE: N_(
        "{rows:,} {rows:row gives|rows give} a day and no time, and {rows:counts|count} as at its first moment "
        "({column}); what came before what on that day can't be told"
    ),
    NoticeCode.ENCODING: N_("read as {encoding}"),
    NoticeCode.DELIMITER: N_("fields are separated by {delimiter}"),
    NoticeCode.EMPTY_FILE: N_("the file is empty"),
    NoticeCode.OTHER_FILES: N_("{files} other {files:file was|files were} left alone"),
    NoticeCode.OTHER_SHEETS: N_("the sheet {sheet} was read; left alone: {names}"),
    NoticeCode.LEFT_OUT: N_("{rows:,} {rows:record is no read|records are no reads} of waybills: {why}"),
    NoticeCode.WIDER_FILTERS: N_(
        "{rows:,} {rows:search counts|searches count} as wider than {rows:it was|they were}: {why}"
    ),
}

_WHY: Mapping[str, str] = {
    "other-record": N_("records of other kinds"),
    "not-a-read": N_("writes, definitions, plans"),
    "other-table": N_("tables without waybills"),
    "repeated": N_("further records of a statement that counts already"),
    "no-rows": N_("nothing was found"),
    "only-counted": N_("only the number of rows was shown"),
    "other-path": N_("paths that the mapping doesn't name"),
    "method": N_("methods that don't read"),
    "status": N_("refused or failed"),
    "redirected": N_("sent elsewhere (redirects)"),
    "unreadable": N_("can't be parsed"),
    "not-logged": N_("the statement itself was not logged"),
    "form": N_("not a plain SELECT (UNION, WITH, HAVING, several statements)"),
    "subquery": N_("a query within the query"),
    "join": N_("joins with tables that the mapping doesn't name, or not on the number"),
    "or": N_("OR"),
    "like": N_("LIKE and other patterns"),
    "function": N_("functions"),
    "comparison": N_("comparisons that a filter doesn't know"),
    "column": N_("columns that the mapping doesn't name"),
    "parameter": N_("parameters that are not logged, or that the mapping doesn't name"),
    "value": N_("values that are no time in the mapping's format, or no number or code"),
    "personal": N_("what looks like a phone or identity number stands where a number should"),
}
"""What a raw log's records were left out, or taken as wider, for."""
_NAMED = N_("{why} ({names})")
_MEANING: Mapping[str, str] = {
    "": "",
    "no-end": N_("; these count as without an end, and may explain reads that they shouldn't"),
    "untold": N_("; these reads count, but whoever can write such a cell can hide what it would have shown"),
    "twice": N_("; these reads count again if they come from another file, too"),
}
"""What an empty cell could hide."""


def notice_message(notice: Notice) -> Message:
    """A notice as a message, without the file's name.

    Args:
        notice: What a reader said.

    Returns:
        The message; blanks as in the reports' catalogue.
    """
    values: dict[str, object] = dict(notice.values)
    if "why" in values:
        why = Message(_WHY[str(values["why"])])
        values["why"] = Message(_NAMED, {"why": why, "names": values["names"]}) if values["names"] else why
    if "means" in values:
        means = _MEANING[str(values["means"])]
        values |= {"reason": Message(str(values["reason"])), "means": Message(means) if means else ""}
    return Message(NOTICES[notice.code], values)
