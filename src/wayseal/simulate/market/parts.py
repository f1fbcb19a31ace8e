"""What a simulated market is made from and of: its plan, sites and traps, and the records of its truth."""

from wayseal.simulate.market._grammars import FORBIDDEN, Trade
from wayseal.simulate.market._plan import SITES, Form, Site, Spell, Trap
from wayseal.simulate.market._traps import Answer
from wayseal.simulate.market._types import Comeback, KnownNumber, MarketWorld, Picture, Seller, Shop, Shown

__all__ = [
    "FORBIDDEN",
    "SITES",
    "Answer",
    "Comeback",
    "Form",
    "KnownNumber",
    "MarketWorld",
    "Picture",
    "Seller",
    "Shop",
    "Shown",
    "Site",
    "Spell",
    "Trade",
    "Trap",
]
