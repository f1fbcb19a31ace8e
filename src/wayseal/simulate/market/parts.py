"""What a simulated market is made from and of: its plan, sites and traps, and the records of its truth."""

from wayseal.simulate.market._exports import GROUPS, Message, messages
from wayseal.simulate.market._grammars import FORBIDDEN, Trade
from wayseal.simulate.market._labels import draw_label
from wayseal.simulate.market._pages import CLASSES
from wayseal.simulate.market._plan import SITES, Form, Site, Spell, Trap
from wayseal.simulate.market._traps import Answer
from wayseal.simulate.market._types import Comeback, KnownNumber, MarketWorld, Picture, Seller, Shop, Shown

__all__ = [
    "CLASSES",
    "FORBIDDEN",
    "GROUPS",
    "SITES",
    "Answer",
    "Comeback",
    "Form",
    "KnownNumber",
    "MarketWorld",
    "Message",
    "Picture",
    "Seller",
    "Shop",
    "Shown",
    "Site",
    "Spell",
    "Trade",
    "Trap",
    "draw_label",
    "messages",
]
