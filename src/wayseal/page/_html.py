"""A report as one static page: one style sheet, whose hash is all that the page's policy lets through.

Obligations, cited by the tests:
1. The page refers to nothing outside itself, and its content security policy allows nothing but its own style sheet.
2. Text from logs reaches the page only through autoescape, a voice or the SVG writer, with every hidden character made
   visible.
"""

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from wayseal.page._blocks import Document, Table
from wayseal.page.words import Voice

_HTML_LANG = {"zh": "zh-CN", "en": "en"}
_RECT = '<rect width="{}" height="5" rx="2.5"{}></rect>'
_MANY = 5
"""From so many columns on, a narrow page gives each cell a line."""
_STYLES = ("tokens.css", "page.css", "pictures.css")
"""One sheet of a page. The console has the first and the last too."""


def render_page(document: Document, voice: Voice) -> str:
    """The report as one self-contained page; everything that is no Markup is escaped."""
    style = "".join(map(_read, _STYLES))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        page=document,
        say=voice.say,
        html_lang=_HTML_LANG[voice.lang],
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
