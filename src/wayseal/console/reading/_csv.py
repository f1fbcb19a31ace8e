"""Tables for a spreadsheet, in which nothing is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_MARK = b"\xef\xbb\xbf"
"""Without it, Excel takes UTF-8 for the code page of its system."""


def harmless_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as CSV.

    Args:
        columns: The first line.
        rows: The others; what a spreadsheet would take for a formula begins with an apostrophe.

    Returns:
        UTF-8, with the mark that Excel needs.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULAS) else cell for cell in row])
    return _MARK + out.getvalue().encode()
