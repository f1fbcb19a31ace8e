"""Attribution: who had the leaked numbers, how much else they had, and what that makes probable."""

from wayseal.trace._result import TraceResult
from wayseal.trace._trace import TraceError, trace
from wayseal.trace.report import LEDGER_KEYS, find_differences, render

__all__ = ["LEDGER_KEYS", "TraceError", "TraceResult", "find_differences", "render", "trace"]
