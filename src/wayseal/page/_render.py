"""A report of blocks in any of its forms."""

from collections.abc import Callable, Mapping

from wayseal.page._blocks import Document
from wayseal.page._html import render_page
from wayseal.page._json import as_json
from wayseal.page._text import render_lines
from wayseal.page.languages import known_lang
from wayseal.page.words import Voice, catalogue

FORMS = ("text", "json", "html")


def render_blocks(
    told: Callable[[Voice], Document],
    keys: Callable[[Voice], Mapping[str, object]],
    texts: str,
    form: str,
    lang: str,
    *,
    color: bool,
    width: int,
) -> str:
    """Renders a report.

    Args:
        told: Its blocks, in a voice: a page's voice gives Markup, in which ids look like ids.
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
    if form not in FORMS:
        raise ValueError("format must be one of " + ", ".join(FORMS))
    voice = Voice(language, html=form == "html", more=catalogue(language, texts))
    if form == "json":
        return as_json(keys(voice))
    if form == "text":
        return render_lines(told(voice), voice, color=color, width=width)
    return render_page(told(voice), voice)
