"""What linking is given, and what it tells."""

from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.market.types import Handle


class Signal(StrEnum):
    """What two offers have in common."""

    PERSON = "person"
    """A person says so."""
    SHOP = "shop"
    """The site's own id of whoever offers."""
    HANDLE = "handle"
    """A handle; which kind, the link's detail says."""
    QR = "qr"
    """What a QR code leads to."""
    LINK = "link"
    """A place in the web; less than a handle, as it may be anybody's."""
    PICTURE = "picture"
    MIRROR = "mirror"
    """A picture, mirrored left to right."""
    TEXT = "text"
    STYLE = "style"
    """How it is written: how addresses are introduced, what stands between phrases, the name, the words."""
    RHYTHM = "rhythm"
    """When: one begins where the other ends. Less than nothing where both stand side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer as linking needs it.

    Attributes:
        id: The record's id of it.
        shop: The site's own id of whoever offers it, as `SOURCE/ID`; "" if the source doesn't say.
        at: When it was first seen, or put there if the source says; microseconds.
        last_at: When it was last seen.
        capture: Id of the capture behind it.
        text: All that is said of it.
        handles: Addresses out of text, QR codes and pictures.
        pictures: (hash, hash of the mirror) of each picture, 64 bits.
        name: Under which it is offered; "" if the source doesn't say.
    """

    id: str
    shop: str
    at: int
    last_at: int
    capture: str
    text: str = field(repr=False)
    handles: tuple[Handle, ...] = ()
    pictures: tuple[tuple[int, int], ...] = ()
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What speaks for (weight > 0) or against two offers being one seller's (rule 6).

    Attributes:
        a: An offer's id.
        b: Another's.
        signal: What they have in common.
        weight: In nats.
        captures: Behind `a` and behind `b`.
        detail: Kind of handle, bits between pictures, likeness of texts; never a value.
    """

    a: str
    b: str
    signal: Signal
    weight: float
    captures: tuple[str, str]
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A person says that two offers are one seller's."""

    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A person says that two offers are not one seller's."""

    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Who is taken for one.

    Attributes:
        id: Made of the earliest offer: it stays when others join.
        offers: Ids, earliest first.
        shops: The sites' own ids, earliest first.
        links: What holds them together, between shops; for each two that were joined, all their links.
    """

    id: str
    offers: tuple[str, ...]
    shops: tuple[str, ...]
    links: tuple[Link, ...]
