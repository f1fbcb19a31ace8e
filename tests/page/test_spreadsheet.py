"""Tables for spreadsheets: read again as they were written, and nothing in them is a formula."""

import csv
import io
from collections.abc import Sequence

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from wayseal.page.spreadsheet import FORMULAS, csv_blocks, csv_lines

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


def read(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[list[str]]:
    content = b"".join(csv_lines(head, rows)).decode("utf-8-sig")
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    blocks = ([pa.array(column, pa.string()) for column in zip(*texts, strict=True)],) if rows else ()
    assert b"".join(csv_blocks(head, blocks)).decode("utf-8-sig") == content, "of columns, the same"
    return list(csv.reader(io.StringIO(content, newline="")))


def test_what_a_spreadsheet_takes_for_a_formula_begins_with_an_apostrophe() -> None:
    rows = [(f"{mark}cmd|'/C calc'!A0", "a=b", None, 7) for mark in FORMULAS]
    assert read(("a", "b", "c", "d"), rows) == [
        ["a", "b", "c", "d"],
        *([f"'{mark}cmd|'/C calc'!A0", "a=b", "", "7"] for mark in FORMULAS),
    ]
    assert next(csv_lines(("=a",), ())).startswith(b"\xef\xbb\xbf'=a"), "heads, too, behind the mark that Excel needs"


@examples(100)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_all_else_is_read_as_it_was_written(rows: list[list[str]]) -> None:
    wanted = [[f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in row] for row in rows]
    assert read(("a", "b"), rows)[1:] == wanted
