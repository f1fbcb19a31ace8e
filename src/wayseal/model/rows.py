"""Rows of small files, CSV and JSON Lines: how they are read and written everywhere.

1. What a row holds may be anybody's name: a row that can't be read is told by its line, in the caller's words, as the
   libraries' words may quote it.
2. Bulk logs have a reader of their own (`wayseal.store`), which is fast and reads nothing else.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

LONGEST = 1 << 20
"""Characters of a field of a CSV at most: what is longer is no row."""


class _Echo:
    def write(self, line: str) -> str:
        return line


def csv_writer(end: str = "\n") -> Callable[[Iterable[object]], str]:
    """Return what makes a line of a row; None is an empty cell, and a row of one empty cell is no blank line.

    end: of lines. Cells with a line break of any kind are quoted, for which Python 3.11 needs both in the end of lines.
    """
    write = csv.writer(_Echo(), lineterminator="\r\n").writerow
    return lambda row: str(write(row))[:-2] + end


def read_csv(
    lines: Iterable[str], *, between: str = ",", strict: bool = False
) -> Iterator[tuple[int, list[str] | None]]:
    """Read rows, each with the line at which it begins, from 1; None is one that can't be read, blank lines are [].

    lines: with their ends as they stand (`newline=""`). strict: what stands behind a closing quote is a fault.
    """
    csv.field_size_limit(LONGEST)
    rows = csv.reader(lines, delimiter=between, strict=strict)
    while True:
        line = rows.line_num + 1
        try:
            yield line, next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield line, None


def json_line(row: Any, *, ascii_only: bool = False) -> str:
    """A line of JSON Lines, with its end. ascii_only: no character in it ends a line for any reader (U+2028)."""
    return json.dumps(row, ensure_ascii=ascii_only) + "\n"


def read_json_line(line: str | bytes) -> dict[str, Any] | None:
    """Read the object of a line; None: it holds none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
