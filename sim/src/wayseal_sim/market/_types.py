"""What a simulated market is made of. Times are UTC microseconds, spans half-open."""

from collections.abc import Mapping
from dataclasses import dataclass

from wayseal_sim._market import Stock
from wayseal_sim.market._grammars import GRAMMARS, Trade
from wayseal_sim.market._plan import MarketPlan, Spell
from wayseal_sim.market._texts import Contact, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNumber:
    """A number that a simulated courier's market sold: when, out of which source (kind and id; None: nobody knows)."""

    waybill: str
    sold_at: int
    seller: str
    kind: str | None
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of labels.

    Attributes:
        motif: What it is drawn from: the same motif, the same picture.
        variant: `plain`, `mirrored`, `cropped` or `dimmed`.
        number: The waybill number on it; "" for none.
        code: What its QR code holds; "" for none, "-" where it was painted over.
    """

    motif: int
    variant: str
    number: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What an offer looks like from a time on, until its next face."""

    since: int
    title: str
    text: str
    yuan: float
    pictures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing on offer: its key, its faces in order of time. weight: in the day's stock, 0 for none."""

    key: str
    faces: tuple[Face, ...]
    weight: float

    def face(self, at: int) -> Face:
        """How it looks at a time after its first face."""
        faces = self.faces
        for face in reversed(faces):
            if face.since <= at:
                return face
        return faces[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A shop is open from one time to another. ended: `closed`, `removed`, `resting`; "" where the market ends first.

    asked: when a request for removal was made, if one ended it.
    """

    since: int
    until: int
    ended: str
    asked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop. seller: whose it is, a place among the sellers; names: each with when it began."""

    id: str
    site: str
    seller: int
    names: tuple[tuple[int, str], ...]
    spans: tuple[Span, ...]
    offers: tuple[Offer, ...]

    def open_at(self, at: int) -> bool:
        """It can be seen."""
        return any(span.since <= at < span.until for span in self.spans)

    def name(self, at: int) -> str:
        """What it is called then."""
        return next((name for since, name in reversed(self.names) if since <= at), self.names[0][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Somebody who sells. agency: which agency glues its footer to their adverts, -1 for none; shared: a handle that
    many name; copied: whose text or picture they took, -1 for nobody's."""  # noqa: D205, D209

    id: str
    trade: Trade
    style: Style
    contacts: tuple[Contact, ...]
    agency: int
    shared: Contact | None
    copied: int

    @property
    def kind(self) -> str:
        """What a reader should call their texts."""
        return GRAMMARS[self.trade].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Comeback:
    """A seller of the trade whose shop was gone is back. before, after: shops' places; after may be the same shop.

    way: what they did about it; kept: what of the old shop can be seen at the new one.
    """

    seller: int
    before: int
    after: int
    gone_at: int
    back_at: int
    way: str
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A number that can be seen on an offer from a time on. where: `picture` or `text`."""

    number: str
    shop: int
    offer: str
    since: int
    where: str
    known: KnownNumber | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketWorld:
    """A simulated market with all that is hidden about it.

    Attributes:
        plan: What it was made from.
        seed: Same plan, seed and numbers: same market.
        sellers: Who sells.
        shops: Their shops.
        comebacks: Who came back, in order of time.
        shown: Numbers that can be seen.
        pictures: Pictures by the names under which sites serve them.
        footers: Agencies' footers.
        stocks: Each day's curve of numbers on offer.
        weights: Of all offers that are open at each day's noon, summed.
        spells: What sites do to whoever looks, in order of time.
        layouts: When a site's pages change for good.
    """

    plan: MarketPlan
    seed: int
    sellers: tuple[Seller, ...]
    shops: tuple[Shop, ...]
    comebacks: tuple[Comeback, ...]
    shown: tuple[Shown, ...]
    pictures: Mapping[str, Picture]
    footers: tuple[str, ...]
    stocks: tuple[Stock, ...]
    weights: tuple[float, ...]
    spells: tuple[Spell, ...]
    layouts: Mapping[str, int]
