"""The record of the market's watch: lines, their tree of RFC 9162, and tables that are made of them (ADR 65).

What is recorded is a `Line` (`log.lines`); what pages and commands ask stands in `log.reads`.
"""

from wayseal.market.log._market import FILE, Market, Proof, Verified, open_market
from wayseal.market.log.lines import WATCH, Line, LineKind

__all__ = ["FILE", "WATCH", "Line", "LineKind", "Market", "Proof", "Verified", "open_market"]
