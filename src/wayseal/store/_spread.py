"""How far apart the cells of a sheet lie, told from its XML before anybody lays it out.

What reads workbooks makes room for every cell from the first row and column to the last: two cells in two corners of a
sheet of a kilobyte would take half a terabyte, and the process with it. Here nothing is parsed: places of cells and
rows are found by what they look like, so that what is no sheet at all is only thought to be smaller or larger.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

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
    """Whether a sheet takes far more room than it has cells.

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
