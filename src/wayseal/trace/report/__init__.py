"""A trace in words: text for a terminal, JSON for programs, one HTML page for people."""

from wayseal.trace.report._report import LEDGER_KEYS, ReportBuilder, Told, find_differences, tell

__all__ = ["LEDGER_KEYS", "Told", "find_differences", "render", "tell"]

render = ReportBuilder.render
"""The report on a trace as "text", "json" or "html"."""
