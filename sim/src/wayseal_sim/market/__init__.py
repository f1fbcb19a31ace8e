"""A simulated market: sites with sellers, shops and traps, and the truth about them in files of its own.

`generate_market` makes one; `Sites.answer` says what a site answers to a path at a time, `serve_market` does so over
HTTP, `write_exports` writes chats, `write_sources` the sources of both. What it is made from and of stands in
`wayseal_sim.market.parts`.
"""

from wayseal_sim.market._exports import write_exports
from wayseal_sim.market._plan import MarketPlan
from wayseal_sim.market._serve import Clock, serve_market
from wayseal_sim.market._sites import Sites
from wayseal_sim.market._sources import write_sources
from wayseal_sim.market._truth import write_truth
from wayseal_sim.market._world import generate_market

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
