"""What a report consists of. All texts are plain and made visible already; whoever shows them escapes them."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text.

    Attributes:
        head: Titles of the columns.
        rows: Cells, as many a row as there are titles.
        numbers: Places of columns that align to the right.
        bars: For each row a share from 0 to 1 that text shows as a bar at the end of its line; () without.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    bars: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with its title.

    Attributes:
        title: What it is about.
        note: A remark.
        chart: A picture, on pages alone.
        table: A table.
        points: A list.
        fold: The words under which a page hides the table behind the picture; "" shows both.
    """

    title: str
    note: str = ""
    chart: Markup | None = None
    table: Table | None = None
    points: tuple[str, ...] = ()
    fold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report.

    Attributes:
        title: What it is.
        headline: Its answer in a line.
        lede: Its answer in a few lines.
        facts: Pairs of name and value.
        sections: Its parts.
        origin: What it was made from, in short pieces.
        command: What gives it again.
        footer: What stands at its end.
    """

    title: str
    headline: str
    lede: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    origin: tuple[str, ...]
    command: str
    footer: str
