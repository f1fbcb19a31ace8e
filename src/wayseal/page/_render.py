"""A report of blocks in any of its forms: text for a terminal, one static page, JSON.

Lines break between Chinese characters, and none starts with a comma. A table whose columns don't fit a terminal even
with their cells wrapped is shown as records, so that no figure and no id is cut.

Obligations of the page, cited by the tests:
1. The page refers to nothing outside itself, and its content security policy allows nothing but its own style sheet.
2. Text from logs reaches the page only through autoescape, a translator or the SVG writer, with every hidden character
   made visible.
"""

import base64
import hashlib
import itertools
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import ClassVar, Generic, TypeVar

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from wayseal.page._blocks import Document, Section, Table
from wayseal.page.languages import HTML_LANG, known_lang
from wayseal.page.programs import as_json
from wayseal.page.visible import cells
from wayseal.page.words import AreaTranslator, Translator, catalogue

_CLOSING = "，。、；：！？）》」』”’…—·%,.;:!?)]}"
_OPENING = "（《「『“‘([{"
_ATOMS = re.compile(r"[ ]+|[^\s\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’]+|.", re.DOTALL)


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """A text in lines; an atom that is wider than a line is cut.

    Args:
        text: What is wrapped.
        width: Cells a line at most; a Chinese character has two.
        first: What stands before the first line, counted in the width.
        rest: What stands before every other line, counted in the width.

    Returns:
        The lines.
    """
    lines: list[str] = []
    begun = cells(rest)
    line, used, empty = first, cells(first), True
    for atom in _atoms(text, max(width - max(used, begun), 8)):
        if not empty and used + cells(atom.rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line, used = rest, begun
        line, used, empty = line + atom, used + cells(atom), False
    return [*lines, line.rstrip(" ")]


def _atoms(text: str, room: int) -> list[str]:
    """Pieces that must not be broken, in order; none wider than `room`."""
    found: list[str] = []
    for piece in _ATOMS.findall(text):
        glued = found and not found[-1].isspace() and (piece[0] in _CLOSING or found[-1][-1] in _OPENING)
        if glued and cells(found[-1]) + cells(piece) <= room:
            found[-1] += piece
        else:
            found.extend(cut(piece, room))
    return found


def widest_atom(text: str) -> int:
    """Cells of the widest piece of a text that must not be broken."""
    return max(map(cells, _atoms(text, cells(text))), default=0)


def cut(piece: str, room: int) -> list[str]:
    """A piece in lines of at most `room` cells."""
    if cells(piece) <= room:
        return [piece]
    parts, used = [""], 0
    for char in piece:
        if used + cells(char) > room:
            parts.append("")
            used = 0
        parts[-1] += char
        used += cells(char)
    return parts


_BAR = 24
_LEAST_WIDTH = 40
_WORD = 20
"""Of a longer word of the origin, a digest mostly, its beginning is shown."""
_BOLD, _DIM, _TITLE = "1", "2", "1;36"
_BANNERS = {"strong": "1;7;36", "middle": "1;7;34", "weak": "1;7;37"}
"""Parameters of ANSI's escape for colours and weights (SGR)."""


def render_lines(document: Document, translator: Translator, *, color: bool = False, width: int = 88) -> str:
    """The report as text of at most `width` cells a line (at least 40), with ANSI colours if asked."""
    writer = _Writer(translator.say("unit.colon"), color, max(width, _LEAST_WIDTH))
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


_RECT = '<rect width="{}" height="5" rx="2.5"{}></rect>'
_MANY = 5
"""From so many columns on, a narrow page gives each cell a line."""
_STYLES = ("tokens.css", "page.css", "pictures.css")
"""One sheet of a page. The console has the first and the last too."""


def render_page(document: Document, translator: Translator) -> str:
    """The report as one self-contained page; everything that is no Markup is escaped."""
    style = "".join(map(_read, _STYLES))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        page=document,
        say=translator.say,
        html_lang=HTML_LANG[translator.lang],
        style=Markup(style),  # noqa: S704 (our own style sheet)
        style_hash=f"sha256-{digest}",
        table=_table,
    )


def _table(table: Table, bars: bool) -> Markup:
    """The table as markup, written here because a template takes three times as long for many rows."""
    layout = "brief" if table.places else "stack" if len(table.head) >= _MANY else "plain"
    named = table.places.index("name") if "name" in table.places else 0
    heads, tags = [], []
    for index, title in enumerate(table.head):
        place = table.places[index] if table.places else ""
        style = " ".join(filter(None, ("num" if index in table.numbers else "", place)))
        style = f' class="{style}"' if style else ""
        heads.append(f'<th scope="col"{style}>{escape(title)}</th>')
        style += f' data-label="{escape(title)}"' if layout == "stack" or place == "value" else ""
        tags.append(f'th scope="row"{style}' if index == named else f"td{style}")
    behind = table.barred % len(heads) + 1
    if bars:
        heads.insert(behind, '<td class="meter"></td>')
    rows = []
    for index, row in enumerate(table.rows):
        cells = [f"<{tag}>{escape(cell)}</{tag[:2]}>" for tag, cell in zip(tags, row, strict=False)]
        missing = len(tags) - len(row)
        if missing:
            cells[-1] = f'<td class="rest" colspan="{missing + 1}">{escape(row[-1])}</td>'
        if bars:
            cells.insert(behind, _meter(table.bars[index]))
        rows.append('<tr class="void">' if missing else "<tr>")
        rows += [*cells, "</tr>\n"]
    head, body = "".join(heads), "".join(rows)
    return Markup(f'<table class="{layout}"><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>')  # noqa: S704


def _meter(share: float) -> str:
    width = f"{100 * share:.2f}%" if 0 <= share <= 1 else "0%"
    track, filled = _RECT.format("100%", ' class="track"'), _RECT.format(width, "")
    return f'<td class="meter"><svg aria-hidden="true">{track}{filled}</svg></td>'


@cache
def _read(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2")


R = TypeVar("R")

FORMS = ("text", "json", "html")


class Report(AreaTranslator, Generic[R]):
    """Compose the document of a result: a page's translator gives Markup, in which ids look like ids.

    Attributes:
        texts: Package of its texts.
        r: The result.
    """

    texts: ClassVar[str]

    def __init__(self, result: R, translator: Translator) -> None:
        """Of this result, by this translator."""
        super().__init__(translator)
        self.r = result

    @abstractmethod
    def document(self) -> Document:
        """The whole report.

        Returns:
            Its blocks.
        """

    @abstractmethod
    def keys(self) -> Mapping[str, object]:
        """The report for programs.

        Returns:
            What JSON has of it.
        """

    @classmethod
    def render(cls, result: R, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
        """The report.

        Args:
            result: What it is about.
            format: "text", "json" or "html".
            lang: "en" or "zh".
            color: Whether text has ANSI colours.
            width: Cells a line of text.

        Returns:
            The report.

        Raises:
            ValueError: The format or language isn't known.
        """
        language = known_lang(lang)
        if format not in FORMS:
            raise ValueError("format must be one of " + ", ".join(FORMS))
        translator = Translator(language, html=format == "html", more=catalogue(language, cls.texts))
        said = cls(result, translator)
        if format == "json":
            return as_json(said.keys())
        if format == "text":
            return render_lines(said.document(), translator, color=color, width=width)
        return render_page(said.document(), translator)
