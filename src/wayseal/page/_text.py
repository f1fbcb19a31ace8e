"""A report for a terminal: text that depends on nothing but its arguments."""

import io
import re
from collections.abc import Callable, Iterable

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from wayseal.page._blocks import Document, Section, Table
from wayseal.page._wrap import wrap
from wayseal.page.visible import cells

_BAR = 24
_LEAST_WIDTH = 40


def print_to_text(write: Callable[[Console], None], *, color: bool, width: int) -> str:
    """Text of what is printed on a console.

    Args:
        write: Prints on the console that it is given.
        color: Whether with ANSI colours.
        width: Cells a line at most; at least 40.

    Returns:
        The text, with line ends.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, _LEAST_WIDTH),
        force_terminal=color,
        force_interactive=False,
        color_system="standard" if color else None,
        no_color=not color,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )
    write(console)
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def render_lines(document: Document, *, color: bool = False, width: int = 88) -> str:
    """The report as text of at most `width` cells a line (at least 40), with ANSI colours if asked."""
    return print_to_text(lambda console: _Writer(console).document(document), color=color, width=width)


class _Writer:
    def __init__(self, console: Console) -> None:
        self.console = console

    def document(self, document: Document) -> None:
        self.lines([document.title], style="dim")
        self.lines([document.headline], style="bold")
        self.lines([document.lede])
        self.console.print()
        wide = max((cells(name) for name, _ in document.facts), default=0)
        for name, value in document.facts:
            gap = " " * (wide - cells(name) + 2)
            self.lines([value], first=f"  {name}{gap}", rest=" " * (wide + 4))
        for section in document.sections:
            self.section(section)
        self.console.print()
        self.lines([" · ".join(document.origin)], style="dim")

    def section(self, section: Section) -> None:
        self.console.print()
        self.console.print(Text(section.title, style="bold cyan"))
        if section.note:
            self.lines([section.note], first="  ", rest="  ")
        if section.table and section.table.rows:
            self.table(section.table)
        self.lines(section.points, first="  - ", rest="    ")

    def lines(self, texts: Iterable[str], *, style: str = "", first: str = "", rest: str = "") -> None:
        for text in texts:
            for line in wrap(text, self.console.width, first=first, rest=rest):
                self.console.print(Text(line, style=style), no_wrap=True, crop=False)

    def table(self, table: Table) -> None:
        grid = Grid(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, header_style="bold")
        for place, title in enumerate(table.head):
            right = place in table.numbers
            least = max(cells(title), 4) if right else 4
            grid.add_column(
                title, justify="right" if right else "left", no_wrap=right, overflow="fold", min_width=least
            )
        if table.bars:
            grid.add_column("", no_wrap=True)
        for place, row in enumerate(table.rows):
            bar = ["█" * round(_BAR * table.bars[place])] if table.bars else []
            grid.add_row(*(Text(cell) for cell in (*row, *bar)))
        self.console.print(grid)
