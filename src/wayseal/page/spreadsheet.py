"""Tables as files that spreadsheets open, in which nothing is taken for a formula."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet takes for a formula: an apostrophe goes before it."""
_MARK = b"\xef\xbb\xbf"
"""Without it, Excel takes UTF-8 for the code page of its system."""
_QUOTED = ',"\r\n'
_PIECE = 65_536
"""Bytes that are handed over at once: whoever sends them pays for each piece, and a line is a small one."""


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A table as CSV, in pieces of whole lines, as its rows come.

    Args:
        head: The first line.
        rows: The others; None is an empty cell.

    Yields:
        UTF-8, the mark that Excel needs before the first line.
    """
    lines, size = [_MARK + _line(head)], 0
    for row in rows:
        lines.append(_line(row))
        size += len(lines[-1])
        if size >= _PIECE:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)


def csv_blocks(head: Sequence[str], blocks: Iterable[Sequence[pa.Array]]) -> Iterator[bytes]:
    """The same table as `csv_lines` writes, of columns: for many rows whose cells are often the same.

    Args:
        head: The first line.
        blocks: Some rows at a time: their columns, as texts.

    Yields:
        UTF-8, a piece for each block.
    """
    yield _MARK + _line(head)
    for columns in blocks:
        cells = [_safe_cells(column) for column in columns]
        lines = pc.binary_join_element_wise(*cells, ",")
        if len(lines):
            yield "\r\n".join((*lines.to_pylist(), "")).encode()


def _safe_cells(column: pa.Array) -> pa.Array:
    """Cells of a column; each text is looked at once."""
    coded = column.dictionary_encode()
    return pa.array([_cell(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _line(cells: Sequence[object]) -> bytes:
    return (",".join(_cell("" if cell is None else str(cell)) for cell in cells) + "\r\n").encode()


def _cell(text: str) -> str:
    safe = f"'{text}" if text.startswith(FORMULAS) else text
    quoted = safe.replace('"', '""')
    return f'"{quoted}"' if any(mark in safe for mark in _QUOTED) else safe
