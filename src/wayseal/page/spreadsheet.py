"""Tables as files that spreadsheets open, in which nothing is taken for a formula."""

from collections.abc import Iterable, Iterator, Sequence

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet takes for a formula: an apostrophe goes before it."""
_MARK = b"\xef\xbb\xbf"
"""Without it, Excel takes UTF-8 for the code page of its system."""
_QUOTED = ',"\r\n'


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A table as CSV, line by line.

    Args:
        head: The first line.
        rows: The others; None is an empty cell.

    Yields:
        UTF-8, the mark that Excel needs before the first line.
    """
    yield _MARK + _line(head)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[object]) -> bytes:
    return (",".join(_cell("" if cell is None else str(cell)) for cell in cells) + "\r\n").encode()


def _cell(text: str) -> str:
    safe = f"'{text}" if text.startswith(FORMULAS) else text
    quoted = safe.replace('"', '""')
    return f'"{quoted}"' if any(mark in safe for mark in _QUOTED) else safe
