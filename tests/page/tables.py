"""Whether everything that a table says can be read where a line is narrow."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from wayseal.page import Columns, Document, Section, Table, _render
from wayseal.page._render import _Writer
from wayseal.page.visible import cells

WIDTHS = (40, 60, 80)
_FIGURE = re.compile(r"[0-9]+(?:[.,:/-][0-9]+)*%?")


def documents_kept(monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """A list that documents of all reports written as text come into from now on."""
    found: list[Document] = []
    render: Callable[..., str] = _render.__dict__["render_lines"]

    def kept(document: Document, *given: object, **more: object) -> str:
        found.append(document)
        return render(document, *given, **more)

    monkeypatch.setattr(_render, "render_lines", kept)
    return found


def tables_of(document: Document) -> Iterator[Table]:
    """All tables of a report that have rows."""
    for block in document.sections:
        for section in (block,) if isinstance(block, Section) else _sections(block):
            yield from _tables(section)


def _sections(block: Columns) -> Iterator[Section]:
    for column in block.columns:
        yield from column


def _tables(section: Section) -> Iterator[Table]:
    if section.table and section.table.rows:
        yield section.table
    for part in section.parts:
        yield from _tables(part)


def lost(table: Table, width: int) -> tuple[Counter[str], Counter[str]]:
    """What a table of that width doesn't say: figures that aren't whole, and signs, however lines break."""
    writer = _Writer(": ", False, width)
    writer.table(table)
    assert all(cells(line) <= width for line in writer.out)
    said = [cell for row in table.rows for cell in row]
    figures = Counter(word for cell in said for word in _FIGURE.findall(cell) if len(word) < width // 4)
    signs = Counter(sign for cell in said for sign in cell if not sign.isspace())
    shown = "\n".join(writer.out)
    return figures - Counter(_FIGURE.findall(shown)), signs - Counter(shown)
