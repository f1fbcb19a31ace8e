"""Sheets of a workbook (.xlsx), laid out as text, so that they are read and known again by what they hold.

1. Line n of the text is row n of the sheet: a line break inside a cell becomes a space.
2. Rows above the headings (a title, who exported it) are left blank. The headings are the first row with two thirds
   as many filled cells as the fullest row has. A column without a heading is called by its letter. Where headings span
   several columns and the row below names these and nothing else, its names count, and it is left blank. A cell that
   is merged with those below it stands in each of their rows.
3. A cell that holds a time is ISO 8601 without an offset; one that holds a day and no time is a day.
4. A spreadsheet keeps fifteen digits. A number that has more is written as it would show it, and so is turned away
   where a waybill number should stand.
5. A workbook is laid out in memory from its first row and column to its last: one whose cells lie far apart, or have
   more text than any, is refused before (`is_spread_out`).
6. Without a name the sheet called like the table is taken, else the first that is visible and has a row below headings.

How far apart the cells of a sheet lie, told from its XML before anybody lays it out.

What reads workbooks makes room for every cell from the first row and column to the last: two cells in two corners of a
sheet of a kilobyte would take half a terabyte, and the process with it. Here nothing is parsed: places of cells and
rows are found by what they look like, so that what is no sheet at all is only thought to be smaller or larger.
"""

import re
import string
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

import python_calamine as calamine

from wayseal.model.rows import csv_writer
from wayseal.store._column_plan import describe
from wayseal.store._write_table import LaidOut
from wayseal.store.errors import StoreError

AT_ONCE, _LONGEST, _TAG = 1 << 20, 1 << 24, 256
"""Bytes that are read at a time, of a row that is looked at in one piece, and of a tag."""
_FEW, _MOST, _SPARSE = 1 << 20, 1 << 26, 8
"""Up to `_FEW` places are always laid out, and never more than `_MOST`; between, up to so many for each cell."""
_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,9})[0-9]""")
_PLACE = re.compile(rb"""\br\s*=\s*["'][A-Za-z]{0,9}([0-9]+)["']""")
_CELL, _ROW = (tuple(a + tag + z for a in (b"<", b":") for z in (b" ", b">", b"/", b"\n")) for tag in (b"c", b"row"))


def parts_of(path: Path) -> Iterator[Iterator[bytes]]:
    """The files in a workbook, each in pieces."""
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            with archive.open(item) as file:
                yield iter(partial(file.read, AT_ONCE), b"")


def is_spread_out(pieces: Iterable[bytes]) -> bool:
    """True if a sheet takes far more room than it has cells.

    Args:
        pieces: Of its XML.

    Returns:
        So.
    """
    rows = columns = cells = rows_begun = 0
    rest = b""
    for piece in chain(pieces, (b"",)):
        rest += piece
        end = max(rest.rfind(b"<row"), rest.rfind(b":row")) if piece else len(rest)
        if end < 0 or len(rest) - end > _LONGEST:
            end = max(len(rest) - _TAG, 0)
        taken, rest = rest[:end], rest[end:]
        letters, there = _COLUMN.findall(taken), _count(taken, _CELL)
        rows_begun += _count(taken, _ROW)
        rows = max(rows, rows_begun, max(map(int, set(_PLACE.findall(taken))), default=0))
        columns = max(columns, max(map(_number, set(letters)), default=0))
        if there > len(letters):  # some stand behind the one before, wherever that is
            columns = max(columns, *(_count(row, _CELL) for row in taken.split(b"row")))
        cells += max(there, len(letters))
    room = rows * columns
    return room > _MOST or (room > _FEW and room > _SPARSE * cells)


def _count(taken: bytes, tags: Sequence[bytes]) -> int:
    return sum(map(taken.count, tags))


def _number(letters: bytes) -> int:
    """A=1, Z=26, AA=27."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


_MOST_BYTES = 2 << 30
_MOST_DIGITS = 1e15
_DAMAGED = (
    calamine.CalamineError, zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OverflowError, EOFError,
    RuntimeError, zlib.error,
)  # fmt: skip
_BREAKS = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_Cell = int | float | str | bool | time | date | datetime | timedelta
_Rows = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet as text; others: names of the sheets that were not asked for."""

    name: str
    text: LaidOut
    others: tuple[str, ...]


def lay_out_sheets(path: Path, *, names: Sequence[str], table: str, headed: bool, origin: Path) -> tuple[Sheet, ...]:
    """The sheets of these names, or the one that rule 6 chooses, as text in CSV.

    Args:
        path: Where the workbook lies.
        names: Of sheets; empty: rule 6.
        table: Name of the table that they hold.
        headed: Whether they have headings.
        origin: What it is called.

    Raises:
        StoreError: It is no workbook that can be read, or has no such sheet.
    """
    book = _open(path, origin)
    there = tuple(book.sheet_names)
    for name in names:
        if name not in there:
            raise StoreError(
                "there is no such sheet; the workbook has {sheets}", file=origin, key=name, sheets=describe(there)
            )
    found = {name: _rows(book, name, origin) for name in names} or _chosen(book, table, origin)
    others = tuple(n for n in there if n not in found)
    return tuple(
        Sheet(name=name, text=LaidOut(_lines(rows, headed), origin=path if path == origin else None), others=others)
        for name, rows in found.items()
    )


def visible_sheets(path: Path) -> tuple[str, ...]:
    """The names of the sheets that a person sees; StoreError if it is no workbook that can be read."""
    visible = calamine.SheetVisibleEnum.Visible
    return tuple(s.name for s in _open(path, path).sheets_metadata if s.visible is visible)


def _open(path: Path, origin: Path) -> calamine.CalamineWorkbook:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size > _MOST_BYTES:
            raise StoreError("unpacks to more than 2 GiB; save the sheet as CSV", file=origin)
        if any(is_spread_out(_cells(item, origin)) for item in parts_of(path)):
            raise StoreError("its cells lie too far apart to be laid out; save the sheet as CSV", file=origin)
        return calamine.CalamineWorkbook.from_path(path)
    except _DAMAGED as error:
        raise _unreadable(origin) from error


def _cells(pieces: Iterator[bytes], origin: Path) -> Iterator[bytes]:
    """A part of a workbook. StoreError: a cell of it is longer than any (rule 5)."""
    for piece in pieces:
        if len(piece) == AT_ONCE and not any(byte in piece for byte in (b"<", b"\0", b"\xff")):  # that is no picture
            raise StoreError(
                "a cell holds more than a MiB of text; a sheet's longest has 32,767 characters", file=origin
            )
        yield piece


def _unreadable(origin: Path) -> StoreError:
    return StoreError("no workbook that can be read; save it anew as .xlsx without a password, or as CSV", file=origin)


def _chosen(book: calamine.CalamineWorkbook, table: str, origin: Path) -> dict[str, _Rows]:
    """Rule 6; the first visible sheet of all where none has a row below headings."""
    seen = [s.name for s in book.sheets_metadata if s.visible is calamine.SheetVisibleEnum.Visible]
    seen.sort(key=lambda name: name.strip().casefold() != table)
    first: dict[str, _Rows] = {}
    for name in seen:
        rows = _rows(book, name, origin)
        if sum(_filled(row) > 1 for row in rows) > 1:
            return {name: rows}
        first = first or {name: rows}
    if not first:
        raise _unreadable(origin)
    return first


def _rows(book: calamine.CalamineWorkbook, name: str, origin: Path) -> _Rows:
    try:
        sheet = book.get_sheet_by_name(name)
        rows = [[_text(cell) for cell in row] for row in sheet.iter_rows()]
        first = _headings_of(rows)
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
            for row in rows[top + 1 : bottom + 1] if top > first else ():
                row[left : left + 1] = [row[left] or rows[top][left]] if left < len(row) else []
        return rows
    except _DAMAGED as error:
        raise _unreadable(origin) from error


def _text(cell: _Cell) -> str:
    """A cell as text (rules 1, 3 and 4)."""
    if isinstance(cell, str):
        return _BREAKS.sub(" ", cell)
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        if abs(cell) >= _MOST_DIGITS:
            return f"{cell:.14E}"
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _headings_of(rows: _Rows) -> int:
    most = max(map(_filled, rows), default=0)
    return next((n for n, row in enumerate(rows) if _filled(row) * 3 >= most * 2), 0)


def _lines(rows: _Rows, headed: bool) -> Iterator[bytes]:
    """The text, a line a row (rule 2)."""
    write, first = csv_writer(), _headings_of(rows) if headed else 0
    two = rows[first : first + 2] if headed else []
    below = two[1] if len(two) == 2 and _names_spanned(*two) else []
    for number, row in enumerate(rows):
        cells: Sequence[str] = row
        if headed and number == first:
            both = zip(row, below or row, strict=False)
            cells = [under.strip() or cell.strip() or _letters(n) for n, (cell, under) in enumerate(both)]
        blank = number < first or not _filled(row) or (number == first + 1 and bool(below))
        yield write(() if blank else cells).encode()


def _names_spanned(top: Sequence[str], below: Sequence[str]) -> bool:
    """True if a row names the columns that headings above it span, and holds nothing else."""
    free = [not cell.strip() for cell in (*top, "-")]
    filled = [n for n, cell in enumerate(below) if cell.strip()]
    named = all((free[n] or free[n + 1]) and not re.search("[0-9]", below[n]) for n in filled)
    return named and len(filled) > 1 and any(free[n] for n in filled)


def _letters(place: int) -> str:
    """A column's letters in a spreadsheet, from its place: A, B, …, Z, AA."""
    ahead = _letters(place // 26 - 1) if place >= 26 else ""
    return ahead + string.ascii_uppercase[place % 26]
