"""A report for a terminal: text that depends on nothing but its arguments.

A table whose columns don't fit even with their cells wrapped is shown as records, so that no figure and no id is cut.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence

from wayseal.page._blocks import Document, Section, Table
from wayseal.page._wrap import widest_atom, wrap
from wayseal.page.visible import cells
from wayseal.page.words import Voice

_BAR = 24
_LEAST_WIDTH = 40
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
        widths = _column_wise(lines, cells, [cells] * len(right))
        room = self.width - len(widths) + 1
        if sum(widths) > room:
            least = _column_wise(lines, widest_atom, [cells if number else widest_atom for number in right])
            if sum(least) > room:
                self.records(table)
                return
            widths = _squeeze(widths, least, room)
        elif table.bars and sum(widths) + _BAR < room:
            behind = table.barred % len(widths) + 1
            right.insert(behind, False)
            for line, share in zip(lines, (0.0, *table.bars), strict=True):
                line.insert(behind, "█" * round(_BAR * share))
            widths.insert(behind, max(len(line[behind]) for line in lines))
        head, *rows = (_beside(line, widths, right) for line in lines)
        self.out += (self.styled(line, _BOLD) for line in head)
        self.out.append("─" * (sum(widths) + len(widths) - 1))
        self.out += itertools.chain(*rows)

    def records(self, table: Table) -> None:
        """Each row as its first cell and, below it, the others behind their titles, as many a line as it holds."""
        for first, *others in table.rows:
            self.lines([f"{table.head[0]}{self.colon}{first}" if 0 in table.numbers else first], style=_BOLD)
            bare = len(others) - 1 if len(others) < len(table.head) - 1 else -1
            titled = [
                cell if place == bare else f"{name}{self.colon}{cell}"
                for place, (name, cell) in enumerate(zip(table.head[1:], others, strict=False))
                if cell
            ]
            self.out += _packed(titled, self.width)


def _packed(texts: Iterable[str], width: int) -> list[str]:
    """Indented lines of texts; none is broken that one line holds, and what is broken has its lines for itself."""
    lines: list[str] = []
    open_ = False
    for text in texts:
        if open_ and cells(lines[-1]) + 3 + cells(text) <= width:
            lines[-1] += f" · {text}"
            continue
        broken = wrap(text, width, first="  ", rest="    ")
        lines += broken
        open_ = len(broken) == 1
    return lines


def _column_wise(
    lines: Sequence[Sequence[str]], title: Callable[[str], int], cell: Sequence[Callable[[str], int]]
) -> list[int]:
    """The most that a title or cell of each column measures.

    The last cell of a short row has all columns from its own on, and takes part with what can't be broken.
    """
    head, *rows = lines
    found = list(map(title, head))
    for row in rows:
        counted = row if len(row) == len(head) else row[:-1]
        for place, text in enumerate(counted):
            found[place] = max(found[place], cell[place](text))
    for row in rows:
        if len(row) < len(found):
            span = sum(found[len(row) - 1 :]) + len(found) - len(row)
            found[-1] += max(0, widest_atom(row[-1]) - span)
    return found


def _squeeze(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of columns that fit: the widest one that can gives way first, and none below what it needs."""
    widths = list(natural)
    while sum(widths) > room:
        free = [place for place, width in enumerate(widths) if width > least[place]]
        widths[max(free, key=widths.__getitem__)] -= 1
    return widths


def _beside(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """A row of cells as lines, each cell in its column."""
    if len(line) < len(widths):
        widths = [*widths[: len(line) - 1], sum(widths[len(line) - 1 :]) + len(widths) - len(line)]
        right = [*right[: len(line) - 1], False]
    columns = [[cell] if cells(cell) <= width else wrap(cell, width) for cell, width in zip(line, widths, strict=True)]
    found = []
    for pieces in itertools.zip_longest(*columns, fillvalue=""):
        placed = []
        for piece, width, number in zip(pieces, widths, right, strict=True):
            gap = " " * (width - cells(piece))
            placed.append(gap + piece if number else piece + gap)
        found.append(" ".join(placed).rstrip())
    return found
