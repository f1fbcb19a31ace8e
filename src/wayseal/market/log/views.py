"""Views of the record for pages and commands."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar, get_origin, get_type_hints

from wayseal.market.errors import RecordError
from wayseal.market.types import Capture, read_text

T = TypeVar("T")
_LONGEST = 18
"""Digits of a place in a list."""


_READS: Mapping[Any, Callable[[Any], Any]] = {Mapping: json.loads, bool: bool, int: int, float: float}
"""What makes a field's value of a column's, where they aren't the same on each database."""


@cache
def _reads(row: type) -> Mapping[str, Callable[[Any], Any] | None]:
    return {name: _READS.get(get_origin(kind) or kind) for name, kind in get_type_hints(row).items()}


def names_of(row: type) -> str:
    """The columns of a row, as a statement has them."""
    return ", ".join(get_type_hints(row))


def row_of(row: type[T], values: Sequence[Any]) -> T:
    """A row out of the values of its columns (`names_of`)."""
    fields: type = row
    made = zip(_reads(fields).items(), values, strict=True)
    return row(**{name: value if read is None else read(value) for (name, read), value in made})


def place_of(after: str) -> int:
    """The place with which a part of a list ended. RecordError: it is none."""
    if not after.isdecimal() or len(after) > _LONGEST:
        raise RecordError("this is no place in a list", key="after")
    return int(after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A part of a list. after: with what the next part begins; None: this was the last."""

    rows: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source and how it is seen. planned, made: looks at it as a whole; unseen_since: since when it can't be
    seen; failure: of a last look that failed, what was raised."""  # noqa: D205, D209

    source: str
    kind: str
    settings: Mapping[str, Any] = field(repr=False)
    since: int
    planned: int
    made: int
    looked_at: int | None
    sight: str | None
    hindrance: str | None
    failure: str | None
    seen_at: int | None
    unseen_since: int | None
    next_at: int | None
    offers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """An offer as a list tells it. ours: how many of its numbers are the courier's; gone_at: since when it is away."""

    offer: str
    seq: int
    source: str
    shop: str
    shop_name: str = field(repr=False)
    title: str = field(repr=False)
    text: str = field(repr=False)
    url: str
    kind: str
    probability: float
    first_at: int
    last_at: int
    gone_at: int | None
    seller: str | None
    state: str
    ours: int

    @property
    def said(self) -> str:
        """The text read of it."""
        return read_text(self.title, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """A number of the courier's own that was on offer."""

    waybill: str = field(repr=False)
    offer: str
    at: int
    canary: bool
    capture: str
    expected_false: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A number of the courier's own in an offer.

    Attributes:
        waybill: The number.
        offer: Where it stands.
        shop: Whose that is.
        seller: Who is taken for one; None: nobody yet.
        at: When it was seen first there.
        canary: Whether it is one.
        sells: Whether the text sells, as it was read or as somebody decided.
        priced: Whether it stands beside a price, and nobody threw it out.
        routes: Routes that the offer names.
    """

    waybill: str = field(repr=False)
    offer: str
    shop: str
    seller: str | None
    at: int
    canary: bool
    sells: bool
    priced: bool
    routes: tuple[tuple[str, str], ...]

    @property
    def on_offer(self) -> bool:
        """It is on offer, and not only mentioned: nobody who doesn't sell knows a canary."""
        return self.sells or self.priced or self.canary


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """An offer in full. reading and pictures: as they were recorded."""

    row: OfferRow
    price: str
    posted_at: int | None
    reading: Mapping[str, Any] = field(repr=False)
    pictures: Sequence[Mapping[str, Any]] = field(repr=False)
    versions: int
    decided_by: str | None
    decided_at: int | None
    reason: str | None
    capture: Capture | None
    numbers: tuple[NumberRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerRow:
    """Who is taken for one. flagged: offers of a kind that somebody is to look at."""

    seller: str
    offers: int
    flagged: int
    shops: int
    sources: int
    first_at: int
    last_at: int
    ours: int
    backs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A sign that two offers are one seller's; see `market.sellers.Link`."""

    a: str
    b: str
    signal: str
    detail: str
    weight: float
    capture_a: str
    capture_b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopRow:
    """A shop and its state."""

    shop: str
    source: str
    name: str = field(repr=False)
    state: str
    since: int
    first_at: int
    last_at: int
    gone_at: int | None
    next_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackRow:
    """A seller who is back. shop: where; was: the shop that was gone."""

    seq: int
    shop: str
    was: str
    seller: str
    at: int
    weight: float
    offer: str
    was_offer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """A person's word on two offers. word: `joined` or `split`; undone_by: the line that undid it."""

    seq: int
    word: str
    a: str
    b: str
    who: str
    why: str
    undone_by: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerView:
    """A seller in full: its offers (up to `MOST`, newest first), shops, links between its shops, come-backs."""

    row: SellerRow
    offers: tuple[OfferRow, ...]
    shops: tuple[ShopRow, ...]
    links: tuple[LinkRow, ...]
    backs: tuple[BackRow, ...]
    judged: tuple[JudgedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRow:
    """A word that a person decided on. state: `accepted`, `refused`, or `new` where that was taken back."""

    word: str
    kind: str
    meaning: str
    state: str
    who: str
    at: int
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntRow:
    """A lesson of decisions, as somebody put it in force. seq: the line's place; body: as it was recorded."""

    seq: int
    at: int
    who: str
    why: str = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of the market. at: when it begins; prices: of all that were said in it, in yuan, by unit, sorted."""

    at: int
    offers: Mapping[str, int]
    prices: Mapping[str, tuple[float, ...]]
    freshness: Mapping[str, int]
    routes: tuple[tuple[str, int], ...]
    backs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is, and how much of it waits for a decision."""

    sources: int
    unseen: int
    offers: int
    waiting: int
    ours: int
    sellers: int
    backs: int
    requests_open: int
