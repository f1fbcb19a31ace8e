"""A trace in words: text for a terminal, JSON for programs, one HTML page for people."""

from wayseal.trace._result import TraceResult
from wayseal.trace.report._report import ReportBuilder
from wayseal.trace.report._told import Told, tell

__all__ = ["Told", "render", "tell"]


def render(result: TraceResult, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
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
    return ReportBuilder.render(result, format, lang, color=color, width=width)
