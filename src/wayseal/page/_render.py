"""A report of blocks in any of its forms."""

from collections.abc import Callable, Mapping

from wayseal.page._blocks import Document
from wayseal.page._json import as_json
from wayseal.page._template import render_template
from wayseal.page._text import render_lines
from wayseal.page.languages import known_lang
from wayseal.page.words import Voice, catalogue


def render_blocks(
    told: Callable[[Voice], Document],
    keys: Callable[[], Mapping[str, object]],
    texts: str,
    form: str,
    lang: str,
    *,
    color: bool,
    width: int,
) -> str:
    """Renders a report.

    Args:
        told: Its blocks, in a voice.
        keys: What it is for programs.
        texts: Package of its messages.
        form: "text", "json" or "html".
        lang: "en" or "zh".
        color: Whether text has ANSI colours.
        width: Cells a line of text.

    Returns:
        The report.

    Raises:
        ValueError: Another form or language.
    """
    language = known_lang(lang)
    if form == "json":
        return as_json(keys())
    if form not in ("text", "html"):
        raise ValueError("format must be one of text, json, html")
    document = told(Voice(language, more=catalogue(language, texts)))
    if form == "html":
        return render_template(__package__, "page.html.j2", language, page=document)
    return render_lines(document, color=color, width=width)
