"""What was agreed with a partner. A part that a contract says nothing of is empty, or None, and isn't checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.model.kinds import Action
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Text, needs, one_or_more

Network = IPv4Network | IPv6Network
DEFAULT_OFFSET = timedelta(hours=8)
"""Of hours and days, where a contract names none: China's."""
PARTS = (
    *("valid_from", "valid_to", "fields", "purposes", "actions", "hours", "addresses"),
    *("volume.waybills_per_day", "volume.calls_per_day", "volume.calls_per_hour"),
    *("products.channels", "products.customers", "products.goods_classes"),
)
"""What a contract can bound, by key; a part that is not bounded is said to be so."""
NONE = N_("needs at least one; without the key nothing is checked")
Texts = Annotated[frozenset[Text], one_or_more(frozenset[Text], empty=NONE)]
Count = Annotated[int, Field(gt=0, lt=1 << 62), needs(N_("needs a whole number above 0"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """At most so much. A call is one read of one waybill; a day and an hour are local."""

    __pydantic_config__: ClassVar = CLOSED
    waybills_per_day: Count | None = None
    calls_per_day: Count | None = None
    calls_per_hour: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Which waybills: all that fit each part that is not empty."""

    __pydantic_config__: ClassVar = CLOSED
    channels: Texts = frozenset()
    customers: Texts = frozenset()
    goods_classes: Texts = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One partner's contract.

    partner: its name in reports. actors: its ids, as in `actors`. offset: of local days and hours from UTC. since,
    until: in force between these (µs since 1970, the second excluded). fields: shown for any purpose; by_purpose: what
    more for one. hours: (from, to) in minutes of the local day, the second excluded; from > to goes over midnight.
    """

    file: Path
    partner: str
    actors: tuple[str, ...]
    offset: timedelta = DEFAULT_OFFSET
    since: int | None = None
    until: int | None = None
    fields: frozenset[str] = frozenset()
    by_purpose: Mapping[str, frozenset[str]] = field(default_factory=dict)
    purposes: frozenset[str] = frozenset()
    actions: frozenset[Action] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()
    addresses: tuple[Network, ...] = ()
    volume: Volume = field(default_factory=Volume)
    products: Products = field(default_factory=Products)

    @property
    def offset_us(self) -> int:
        """The offset in microseconds."""
        return self.offset // timedelta(microseconds=1)

    @property
    def silent(self) -> tuple[str, ...]:
        """The keys of `PARTS` of which nothing was agreed."""
        v, p = self.volume, self.products
        said = {
            "valid_from": self.since is not None,
            "valid_to": self.until is not None,
            "fields": bool(self.fields or self.by_purpose),
            "purposes": bool(self.purposes),
            "actions": bool(self.actions),
            "hours": bool(self.hours),
            "addresses": bool(self.addresses),
            "volume.waybills_per_day": v.waybills_per_day is not None,
            "volume.calls_per_day": v.calls_per_day is not None,
            "volume.calls_per_hour": v.calls_per_hour is not None,
            "products.channels": bool(p.channels),
            "products.customers": bool(p.customers),
            "products.goods_classes": bool(p.goods_classes),
        }
        return tuple(key for key in PARTS if not said[key])
