"""What a report consists of. All texts are plain and made visible already; whoever shows them escapes them."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text. head: titles of the columns. numbers: places of columns that align to the right.

    bars: for each row a share from 0 to 1 that text shows as a bar at the end of its line; () without.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    bars: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with its title: a remark, a picture (pages only), a table, points.

    fold: the words under which a page hides the table behind the picture; "" shows both.
    """

    title: str
    note: str = ""
    chart: Markup | None = None
    table: Table | None = None
    points: tuple[str, ...] = ()
    fold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report. facts: (name, value). origin: what it was made from, in short pieces."""

    title: str
    headline: str
    lede: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    origin: tuple[str, ...]
    command: str
    footer: str
