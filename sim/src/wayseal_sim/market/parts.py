"""What a simulated market is made from and of: its plan, sites and traps, and the records of its truth."""

from wayseal_sim.market._exports import GROUPS, ChatMessage, messages
from wayseal_sim.market._grammars import FORBIDDEN, Trade
from wayseal_sim.market._labels import draw_label
from wayseal_sim.market._pages import CLASSES
from wayseal_sim.market._plan import SITES, Form, Site, Spell, Trap
from wayseal_sim.market._sources import TERMS, Terms
from wayseal_sim.market._traps import Answer
from wayseal_sim.market._truth import known_numbers
from wayseal_sim.market._types import Comeback, KnownNumber, MarketWorld, Picture, Seller, Shop, Shown

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
