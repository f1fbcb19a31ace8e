"""What a simulated market is made from and of: its plan, sites and traps, and the records of its truth."""

from wayseal.simulate.market._exports import GROUPS, ChatMessage, messages
from wayseal.simulate.market._grammars import FORBIDDEN, Trade
from wayseal.simulate.market._labels import draw_label
from wayseal.simulate.market._pages import CLASSES
from wayseal.simulate.market._plan import SITES, Form, Site, Spell, Trap
from wayseal.simulate.market._sources import TERMS, Terms
from wayseal.simulate.market._traps import Answer
from wayseal.simulate.market._truth import known_numbers
from wayseal.simulate.market._types import Comeback, KnownNumber, MarketWorld, Picture, Seller, Shop, Shown

__all__ = [
    "CLASSES",
    "FORBIDDEN",
    "GROUPS",
    "SITES",
    "TERMS",
    "Answer",
    "ChatMessage",
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
    "Terms",
    "Trade",
    "Trap",
    "draw_label",
    "known_numbers",
    "messages",
]
