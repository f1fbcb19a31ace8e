"""Tables as files that spreadsheets open, in which nothing is taken for a formula."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.rows import csv_writer

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet takes for a formula: an apostrophe goes before it."""
_MARK = b"\xef\xbb\xbf"
"""Without it, Excel takes UTF-8 for the code page of its system."""
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
    write = csv_writer("\r\n")
    lines, size = [_MARK + write(map(_safe, head)).encode()], 0
    for row in rows:
        lines.append(write(map(_safe, row)).encode())
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
    yield from csv_lines(head, ())
    for columns in blocks:
        cells = [_safe_cells(column) for column in columns]
        lines = pc.binary_join_element_wise(*cells, ",")
        if len(lines):
            yield "\r\n".join((*lines.to_pylist(), "")).encode()


def _safe_cells(column: pa.Array) -> pa.Array:
    """Cells of a column; each text is looked at once."""
    coded = column.dictionary_encode()
    write = csv_writer("")
    # A cell behind each, as an empty one alone would be quoted.
    cells = [write((_safe(text), ""))[:-1] for text in coded.dictionary.to_pylist()]
    return pa.array(cells, pa.string()).take(coded.indices)


def _safe(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULAS) else text
