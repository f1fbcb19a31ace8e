"""The scope of a breach: once a source is named, which waybills it had, and who must be told."""

from wayseal.model.period import Period, parse_period
from wayseal.trace.errors import ScopeError
from wayseal.trace.scope._listing import Listing
from wayseal.trace.scope._report import render_scope
from wayseal.trace.scope._result import ScopeResult
from wayseal.trace.scope._scope import scope

__all__ = ["Listing", "Period", "ScopeError", "ScopeResult", "parse_period", "render_scope", "scope"]
