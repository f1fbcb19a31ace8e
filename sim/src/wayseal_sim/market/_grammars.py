"""What sellers say, by trade: phrases with blanks out of `grammars.toml`, which says where they come from."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class Trade(StrEnum):
    """What a seller sells."""

    NUMBERS = "numbers"
    LABELS = "labels"
    PERSONAL = "personal"
    INSIDER = "insider"
    EMPTY_PARCELS = "empty_parcels"
    PRINTING = "printing"
    SOFTWARE = "software"
    FORWARDING = "forwarding"
    PACKING = "packing"
    SECOND_HAND = "second_hand"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """Phrases of a trade.

    Attributes:
        kind: What a reader should call its texts.
        weight: How many of its half of the sellers (honest or not) are in it.
        forbidden: It sells what nobody may sell.
        tags: What a site's search finds its offers by: a category, which no seller can alter.
        names: Stems of shops' names.
        titles: Titles.
        offers: What is on offer; one to three of them.
        details: What more is said; up to three.
        prices: How a price is said.
        closers: The last words.
        yuan: Lowest and highest price of one.
    """

    kind: str
    weight: float
    forbidden: bool
    tags: tuple[str, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]
    offers: tuple[str, ...]
    details: tuple[str, ...]
    prices: tuple[str, ...]
    closers: tuple[str, ...]
    yuan: tuple[float, float]


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


_DATA = tomllib.loads((files("wayseal_sim.market") / "grammars.toml").read_text("utf-8"))
CITIES: tuple[str, ...] = tuple(_DATA["cities"])
COURIERS: tuple[str, ...] = tuple(_DATA["couriers"])
SORTS: tuple[str, ...] = tuple(_DATA["sorts"])
ABOUT: tuple[str, ...] = tuple(_DATA["about"])
"""What sellers say of themselves."""
CHATTER: tuple[str, ...] = tuple(_DATA["chatter"])
"""What bystanders say."""
GRAMMARS: Mapping[Trade, Grammar] = MappingProxyType(
    {trade: Grammar(**_frozen(_DATA["trade"][trade])) for trade in Trade}
)
FORBIDDEN = tuple(trade for trade in Trade if GRAMMARS[trade].forbidden)
HONEST = tuple(trade for trade in Trade if not GRAMMARS[trade].forbidden)
