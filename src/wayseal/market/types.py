"""What the market's folders hand to one another: captures, listings, readings, looks.

Places in a text are half-open, in code points of the text as it was seen. Times are UTC microseconds. Values that can
be somebody's (handles, numbers, texts) never stand in an error or a log, and `__repr__` leaves them out.

A reading for programs: the public JSON of `wayseal market read`, and what the record keeps of an offer's text.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The subject of a text."""

    WAYBILL = "waybill"
    """Sells or seeks waybill numbers, labels, addresses of parcels."""
    PERSONAL = "personal"
    """Sells or seeks records of people, or look-ups of them."""
    INSIDER = "insider"
    """Seeks people inside a courier or an authority who can look things up."""
    EMPTY_PARCELS = "empty_parcels"
    """Sells histories of parcels that are not there (空包)."""
    LOGISTICS = "logistics"
    """Honest logistics: printing of labels, tracking, software, complaints, news."""
    OTHER = "other"


FLAGGED = frozenset({Kind.WAYBILL, Kind.PERSONAL, Kind.INSIDER, Kind.EMPTY_PARCELS})
"""Kinds that somebody is to look at."""
FLAGS = tuple(kind.value for kind in Kind if kind in FLAGGED)
"""The same, in the order in which they are told."""


class HandleKind(StrEnum):
    """The kind of a handle's address."""

    QQ = "qq"
    WECHAT = "wechat"
    TELEGRAM = "telegram"
    PHONE = "phone"
    EMAIL = "email"
    INVITE = "invite"
    """A link or code that lets one into a group."""
    PAYMENT = "payment"
    """A payment address: Alipay account, wallet, the payload of a payment code."""
    LINK = "link"
    SHOP = "shop"
    """The source's own id of the seller, as `SOURCE/ID`."""
    QR = "qr"
    """A QR payload that is none of the above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """An address under which a seller is reached. value: in its one clean spelling; at: its place, if in a text."""

    kind: HandleKind
    value: str = field(repr=False)
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A price. yuan: for one `unit` (`number`, `label`, `record`, `parcel`, `lookup`; "": not said)."""

    yuan: float
    unit: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """How many, of what (units as in `Price`). daily: a day's."""

    count: int
    unit: str
    daily: bool
    at: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """From where to where goods go; "" where a text leaves it open."""

    origin: str
    destination: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCandidate:
    """A possible waybill number. number: its clean spelling; couriers: codes whose formats it has, likeliest first;
    probability: that this is what is written; at: where it stands, if in a text."""  # noqa: D205, D209

    number: str = field(repr=False)
    couriers: tuple[str, ...]
    probability: float
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A stretch of the text that speaks for its kind (weight > 0) or against it; text: as it was seen."""

    text: str = field(repr=False)
    at: tuple[int, int]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The reading of a text.

    Attributes:
        kind: The likeliest kind.
        probability: Of that kind.
        probabilities: Of each kind; they sum to 1.
        numbers: Waybill numbers in the text.
        handles: Addresses in the text.
        prices: Prices.
        quantities: Quantities.
        routes: Routes.
        couriers: Codes of couriers that are named.
        freshness: `realtime`, `same_day`, `history` or "" if the text doesn't say.
        sells: How likely it sells, if a number in it is the courier's own; else it mentions it.
        reasons: Heaviest first.
    """

    kind: Kind
    probability: float
    probabilities: tuple[tuple[Kind, float], ...]
    numbers: tuple[NumberCandidate, ...]
    handles: tuple[Handle, ...]
    prices: tuple[Price, ...]
    quantities: tuple[Quantity, ...]
    routes: tuple[Route, ...]
    couriers: tuple[str, ...]
    freshness: str
    sells: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRead:
    """The reading of a picture.

    Attributes:
        codes: Payloads of barcodes and QR codes, as (format, payload).
        lines: Lines of text, top to bottom, as (text, probability); empty if text isn't read here.
        numbers: Waybill numbers, likeliest first, out of codes and lines.
        handles: Addresses in QR codes and lines.
        hash: 64 bits that near-same pictures share (pHash).
        mirror_hash: The same of the picture mirrored left to right.
    """

    codes: tuple[tuple[str, str], ...] = field(repr=False)
    lines: tuple[tuple[str, float], ...] = field(repr=False)
    numbers: tuple[NumberCandidate, ...]
    handles: tuple[Handle, ...]
    hash: int
    mirror_hash: int


def read_text(title: str, text: str) -> str:
    """Join title and text: places of a reading are places in this."""
    return f"{title}\n{text}" if title else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One offer or message as a source shows it, before it is read.

    Attributes:
        source: The source's name.
        key: The site's own id of it; the same at every look.
        url: Where it stands; "" in an export.
        shop: The site's own id of whoever offers it; "" if the source doesn't say.
        shop_name: As it is shown.
        title: Title; "" if it has none.
        text: All that is said of it.
        price: As it is written; "" if the source has no such field.
        posted_at: When it was put there, if the source says.
        pictures: Names of pictures: addresses, or paths in an export.
    """

    source: str
    key: str
    url: str
    shop: str
    shop_name: str = field(repr=False)
    title: str = field(repr=False)
    text: str = field(repr=False)
    price: str
    posted_at: int | None
    pictures: tuple[str, ...]

    @property
    def said(self) -> str:
        """The text read of it."""
        return read_text(self.title, self.text)


class VisitStatus(StrEnum):
    """The result of a look at its target."""

    SEEN = "seen"
    GONE = "gone"
    """The place answered in its usual shape, and what was looked for was not there."""
    UNSEEN = "unseen"
    """It can't be told; see `FailureReason`. Never counted as gone."""


class FailureReason(StrEnum):
    """Why a look could not see."""

    LOGIN = "login"
    CAPTCHA = "captcha"
    ERROR_PAGE = "error_page"
    CHANGED = "changed"
    """The source's shape is another one."""
    ROBOTS = "robots"
    BUDGET = "budget"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TOO_BIG = "too_big"
    REFUSED = "refused"
    """The site asks to come later (429, 503), or not at all (401, 403)."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    """It leads to an inside address."""
    UNREADABLE = "unreadable"
    FAILED = "failed"
    """Looking at it raised something that nobody thought of; what, stands in the record (`failure`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The capture of one answer, or of one file of an export.

    Attributes:
        id: SHA-256 of the record that describes it, in hex; what the log's leaf holds.
        source: The source's name.
        url: What was asked for; for a file `file:` and its name.
        at: When the answer had come.
        status: HTTP's; 0 for a file.
        media_type: As the answer said, without parameters.
        sha256: Of the answer's body, in hex.
        size: Bytes of the body.
        warc: The name of the WARC file that holds it.
        offset: Where its first record begins there.
        length: Bytes of all its records there.
    """

    id: str
    source: str
    url: str
    at: int
    status: int
    media_type: str
    sha256: str
    size: int
    warc: str
    offset: int
    length: int


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading with the keys that docs/explanation/market.md lists."""
    return {
        "kind": reading.kind,
        "probability": round(reading.probability, 4),
        "probabilities": {kind: round(value, 4) for kind, value in reading.probabilities},
        **{
            name: [part_json(one) for one in getattr(reading, name)]
            for name in ("numbers", "handles", "prices", "quantities", "routes")
        },
        "couriers": reading.couriers,
        "freshness": reading.freshness,
        "sells": round(reading.sells, 4),
        "reasons": [{"text": one.text, "at": one.at, "weight": round(one.weight, 2)} for one in reading.reasons],
    }


def part_json(one: NumberCandidate | Handle | Price | Quantity | Route) -> dict[str, Any]:
    """A part of a reading as JSON has it: its fields."""
    return {name: getattr(one, name) for name in one.__slots__}
