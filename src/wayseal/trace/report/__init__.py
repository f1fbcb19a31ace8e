"""A trace in words: text for a terminal, JSON for programs, one HTML page for people."""

from wayseal.page import render_blocks
from wayseal.trace._result import TraceResult
from wayseal.trace.report._json import document as json_document
from wayseal.trace.report._report import ReportBuilder

__all__ = ["render"]


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
    return render_blocks(
        lambda voice: ReportBuilder(result, voice).document(),
        lambda voice: json_document(result, voice),
        __package__,
        format,
        lang,
        color=color,
        width=width,
    )
