"""A trace in words: text for a terminal, JSON for programs, one HTML page for people."""

from wayseal.page.languages import known_lang
from wayseal.trace._result import TraceResult
from wayseal.trace.report._html import render_html
from wayseal.trace.report._json import render_json
from wayseal.trace.report._text import render_text

FORMATS = ("text", "json", "html")

__all__ = ["FORMATS", "render"]


def render(
    result: TraceResult,
    format: str,  # noqa: A002 (the name of the command's option)
    lang: str,
    *,
    color: bool = False,
    width: int = 88,
) -> str:
    """The report on a trace: a function of its arguments alone.

    Args:
        result: The trace.
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
    match format:
        case "text":
            return render_text(result, language, color=color, width=width)
        case "json":
            return render_json(result, language)
        case "html":
            return render_html(result, language)
        case _:
            raise ValueError("format must be one of " + ", ".join(FORMATS))
