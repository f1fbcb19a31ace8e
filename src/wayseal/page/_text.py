"""A report for a terminal: text that depends on nothing but its arguments."""

import itertools
import re
from collections.abc import Iterable, Sequence

from wayseal.page._blocks import Document, Section, Table
from wayseal.page._wrap import cut, wrap
from wayseal.page.visible import cells
from wayseal.page.words import Voice

_BAR = 24
_LEAST_WIDTH = 40
_LEAST_COLUMN = 4
_WORD = 20
"""Of a longer word of the origin, a digest mostly, its beginning is shown."""
_BOLD, _DIM, _TITLE = "1", "2", "1;36"
_BANNERS = {"strong": "1;7;36", "middle": "1;7;34", "weak": "1;7;37"}
"""Parameters of ANSI's escape for colours and weights (SGR)."""


def render_lines(document: Document, voice: Voice, *, color: bool = False, width: int = 88) -> str:
    """The report as text of at most `width` cells a line (at least 40), with ANSI colours if asked."""
    writer = _Writer(voice.say("unit.colon"), color, max(width, _LEAST_WIDTH))
    writer.document(document)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(writer.out)) + "\n"


class _Writer:
    def __init__(self, colon: str, color: bool, width: int) -> None:
        self.colon, self.color, self.width = colon, color, width
        self.out: list[str] = []

    def document(self, document: Document) -> None:
        self.heading(document)
        self.lines([document.headline], style=_BOLD)
        self.lines(document.lede)
        self.out.append("")
        wide = max((cells(name) for name, _ in document.facts), default=0)
        for name, value in document.facts:
            if wide > self.width // 2:
                self.lines([f"{name}{self.colon}{value}"], first="  ", rest="    ")
            else:
                gap = " " * (wide - cells(name) + 2)
                self.lines([value], first=f"  {name}{gap}", rest=" " * (wide + 4))
        for block in document.sections:
            for section in (block,) if isinstance(block, Section) else itertools.chain(*block.columns):
                self.section(section)
        self.out.append("")
        origin = (f"{name} {' '.join(word[:_WORD] for word in value.split(' '))}" for name, value in document.origin)
        self.lines([" · ".join([f"Wayseal {document.version}", *origin])], style=_DIM)

    def heading(self, document: Document) -> None:
        """The title, behind the banner where a line holds both."""
        chip = f" {document.banner.text} " if document.banner else ""
        style = _BANNERS[document.banner.strength] if document.banner else ""
        if cells(chip) > self.width // 2:
            self.lines([chip.strip()], style=style)
            chip = ""
        first, *rest = wrap(document.title, self.width, first=f"{chip} " if chip else "")
        self.out.append(self.styled(chip, style) + self.styled(first[len(chip) :], _DIM))
        self.out += (self.styled(line, _DIM) for line in rest)

    def section(self, section: Section, style: str = _TITLE) -> None:
        self.out.append("")
        self.lines([section.title], style=style)
        if section.note:
            self.lines([section.note], first="  ", rest="  ")
        if section.table and section.table.rows:
            self.table(section.table)
        for number, point in enumerate(section.points, 1):
            mark = f"  {number}. " if section.steps else "  - "
            self.lines([point], first=mark, rest=" " * len(mark))
        self.lines((f"{name}{self.colon}{text}" for name, text in section.terms), first="  - ", rest="    ")
        self.lines(section.prose, first="  ", rest="  ")
        for part in section.parts:
            self.section(part, _BOLD)

    def lines(self, texts: Iterable[str], *, style: str = "", first: str = "", rest: str = "") -> None:
        for text in texts:
            self.out += (self.styled(line, style) for line in wrap(text, self.width, first=first, rest=rest))

    def styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and style and text else text

    def table(self, table: Table) -> None:
        lines = [list(table.short or table.head), *map(list, table.rows)]
        right = [place in table.numbers for place in range(len(lines[0]))]
        natural = [max(map(cells, column)) for column in itertools.zip_longest(*lines, fillvalue="")]
        if table.bars and sum(natural) + len(natural) + _BAR <= self.width:
            behind = table.barred % len(natural) + 1
            natural.insert(behind, 0)
            right.insert(behind, False)
            for line, share in zip(lines, (0.0, *table.bars), strict=True):
                line.insert(behind, "█" * round(_BAR * share))
            natural[behind] = max(len(line[behind]) for line in lines)
        widths = _squeeze(natural, right, self.width - len(natural) + 1)
        head, *rows = (_beside(line, widths, right) for line in lines)
        self.out += (self.styled(line, _BOLD) for line in head)
        self.out.append("─" * (sum(widths) + len(widths) - 1))
        self.out += itertools.chain(*rows)


def _squeeze(natural: Sequence[int], right: Sequence[bool], room: int) -> list[int]:
    """Widths of columns that fit: the widest column of words gives way first, and numbers only at last."""
    widths = list(natural)
    while sum(widths) > room:
        words = [place for place, number in enumerate(right) if not number and widths[place] > _LEAST_COLUMN]
        widest = max(words or range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _beside(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """A row of cells as lines, each cell in its column."""
    columns = [
        [cell] if cells(cell) <= width else wrap(cell, width) if width >= 8 else cut(cell, width)
        for cell, width in zip(line, widths, strict=False)
    ]
    found = []
    for pieces in itertools.zip_longest(*columns, fillvalue=""):
        placed = []
        for piece, width, number in zip(pieces, widths, right, strict=False):
            gap = " " * (width - cells(piece))
            placed.append(gap + piece if number else piece + gap)
        found.append(" ".join(placed).rstrip())
    return found
