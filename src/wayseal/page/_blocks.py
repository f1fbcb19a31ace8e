"""Blocks of a report. A text is plain or, where a page's translator made it, Markup; who shows it escapes it."""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

Place = Literal["mark", "name", "value", "below", "aside", "then", "drop"]
"""Where a narrow page puts a cell: first line from the left (mark, name, value), second (below, aside or, after an
arrow, then), or nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """How far the answer carries, in a word or two above it.

    Attributes:
        text: The words.
        strength: How much they stand out.
        tag: What a page puts beside them, more quietly.
    """

    text: str
    strength: Literal["strong", "middle", "weak"]
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells as text.

    Attributes:
        head: Titles of the columns.
        rows: Cells, as many a row as there are titles; of a row with fewer the last one takes the rest, and a page
            shows it quietly.
        numbers: Places of columns that align to the right.
        bars: For each row a share from 0 to 1, shown as a bar where a line of text has room for it, and on a page
            where no picture stands above; () without.
        barred: The column behind which bars stand; the last one by default.
        short: Titles of the columns in text, where those are too long for it; () for the same.
        places: Where a narrow page puts each column in two lines; () for a line each, or for none where they are few.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    bars: tuple[float, ...] = ()
    barred: int = -1
    short: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part with its title; whatever it holds is shown in this order.

    Attributes:
        title: What it is about.
        note: A remark.
        chart: A picture with its legend, on pages alone.
        table: A table.
        fold: The words under which a page hides the table behind the picture; "" shows both.
        points: A list.
        steps: Whether the list is one of steps, numbered.
        terms: Pairs of a name and what is said of it.
        prose: Paragraphs.
        parts: Smaller sections within it.
        closed: Whether a page shows its title alone until it is opened.
    """

    title: str
    note: str = ""
    chart: Markup | None = None
    table: Table | None = None
    fold: str = ""
    points: tuple[str, ...] = ()
    steps: bool = False
    terms: tuple[tuple[str, str], ...] = ()
    prose: tuple[str, ...] = ()
    parts: "tuple[Section, ...]" = ()
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Sections beside each other where a page is wide; in text one after the other.

    Attributes:
        columns: From left to right; those in one stand below each other.
    """

    columns: tuple[tuple[Section, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report.

    Attributes:
        title: What it is.
        headline: Its answer in a line.
        lede: Its answer in a few sentences: a line each in text, one paragraph on a page.
        facts: Pairs of name and value.
        sections: Its parts.
        version: Of the program that made it.
        origin: What it was made from, as pairs of name and value; text cuts long values.
        command: What gives it again.
        footer: What stands at its end.
        banner: How far its answer carries, where it is a verdict.
        origin_note: A remark on what it was made from.
    """

    title: str
    headline: str
    lede: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section | Columns, ...]
    version: str
    origin: tuple[tuple[str, str], ...]
    command: str
    footer: str
    banner: Banner | None = None
    origin_note: str = ""
