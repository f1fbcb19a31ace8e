"""A simulated market: sites with sellers, shops and traps, and the truth about them in files of its own.

`generate_market` makes one; `Sites.answer` says what a site answers to a path at a time, `serve_market` does so over
HTTP, `write_exports` writes chats, `write_sources` the sources of both. What it is made from and of stands in
`wayseal.simulate.market.parts`.
"""

from wayseal.simulate.market._exports import write_exports
from wayseal.simulate.market._plan import MarketPlan
from wayseal.simulate.market._serve import Clock, serve_market
from wayseal.simulate.market._sites import Sites
from wayseal.simulate.market._sources import write_sources
from wayseal.simulate.market._truth import write_truth
from wayseal.simulate.market._world import generate_market

__all__ = [
    "Clock",
    "MarketPlan",
    "Sites",
    "generate_market",
    "serve_market",
    "write_exports",
    "write_sources",
    "write_truth",
]
