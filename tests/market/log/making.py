"""Records with some of everything in them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.store.database.places import fresh
from wayseal.market.log import Entry, EntryKind, Market, open_market
from wayseal.market.log.entries import captured, looked, not_looked, offered
from wayseal.market.types import (
    Capture,
    Handle,
    HandleKind,
    Hindrance,
    Kind,
    Listing,
    Look,
    PictureRead,
    Reading,
    Reason,
    Sight,
)

HOUR = 3_600_000_000
NOW = 1_700_000_000_000_000


def listing(key: str, shop: str = "s1", text: str = "出单号，一手") -> Listing:
    return Listing(
        source="forum",
        key=key,
        url=f"https://forum.example/{key}",
        shop=shop,
        shop_name="=HYPERLINK(1)",
        title="单\0号",
        text=text,
        price="1元",
        posted_at=None,
        pictures=("p.png",),
    )


def reading(value: str = "q1", kind: Kind = Kind.WAYBILL) -> Reading:
    return Reading(
        kind=kind,
        probability=0.97,
        probabilities=((kind, 0.97), (Kind.OTHER, 0.03)),
        numbers=(),
        handles=(Handle(kind=HandleKind.QQ, value=value, at=(0, 2)),),
        prices=(),
        quantities=(),
        routes=(),
        couriers=("yto",),
        freshness="",
        reasons=(Reason(text="单号", at=(1, 3), weight=2.5),),
    )


def picture(hash_: int) -> PictureRead:
    return PictureRead(codes=(), lines=(), numbers=(), handles=(), hash=hash_, mirror_hash=hash_ ^ (1 << 63))


def capture(number: int) -> Capture:
    return Capture(
        id=f"{number:064x}",
        source="forum",
        url="https://forum.example/",
        at=NOW + number,
        status=200,
        media_type="text/html",
        sha256="0" * 64,
        size=10,
        warc="a.warc.gz",
        offset=0,
        length=100,
    )


def look(at: int, sight: Sight, target: str = "s1", hindrance: Hindrance | None = None) -> Look:
    listings = (listing("k1"),) if sight is Sight.SEEN else ()
    return Look(
        source="forum",
        target=target,
        planned_at=at,
        at=at,
        sight=sight,
        hindrance=hindrance,
        captures=(),
        listings=listings,
    )


def entry(kind: EntryKind, at: int = NOW, who: str = "Li", **body: object) -> Entry:
    return Entry(at=at, kind=kind, who=who, body=body)


def some(rng: random.Random) -> list[Entry]:
    """Entries of every kind that may be written."""
    number = rng.randrange(1000)
    offer = offered(
        listing(f"k{number}"), reading(f"q{number % 7}"), (picture(number),), capture(1).id, NOW + number, "market"
    )
    id_, other = offer.body["offer"], f"o{number}"
    asked: dict[str, Any] = {
        "source": "forum",
        "target": "s1",
        "url": "u",
        "address": "a",
        "rule": "express",
        "lang": "zh",
    }
    request = f"r{number}-{rng.random()}"
    return [
        entry(EntryKind.SOURCE_ADDED, source=f"forum{number % 3}", settings={"url": "u", "n": number}),
        entry(EntryKind.SOURCE_CHANGED, source="forum", settings={"url": "\ud800", "every": 1.5}),
        captured(capture(number), "market"),
        looked(look(NOW + number, Sight.SEEN), "page", "market"),
        looked(look(NOW + number, Sight.UNSEEN, hindrance=Hindrance.CAPTCHA), "list", "market"),
        not_looked("forum", "s1", "page", NOW + number, NOW + number, "budget"),
        offer,
        entry(EntryKind.TRIAGED, offer=id_, verdict="evidence", note="seen \0 twice"),
        entry(EntryKind.JOINED, a=id_, b=other),
        entry(EntryKind.SPLIT, a=id_, b=other),
        entry(EntryKind.UNDONE, line=number),
        entry(EntryKind.ASKED_REMOVAL, request=request, captures=[capture(1).id], **asked),
        entry(EntryKind.ANSWERED, request=request, answer="accepted", note=""),
        entry(EntryKind.REMINDED, request=request),
        entry(EntryKind.ACCUSED_ANSWER, request=request, said="不是我"),
        entry(EntryKind.HEARD, request=request, why="looked at"),
        entry(EntryKind.REMOVED, request=request, captures=[]),
        entry(EntryKind.WORD_ACCEPTED, word=f"料{number % 5}", means="data", source="seen"),
        entry(EntryKind.TOLD, notice="back", key=f"s{number}"),
    ]


@contextmanager
def record(kind: str, folder: Path) -> Iterator[tuple[Path, str | None, Market]]:
    """A new record on SQLite or PostgreSQL: its folder, its address, and itself."""
    with fresh(kind, folder) as url:
        address = None if kind == "sqlite" else url
        with open_market(folder / "market", url=address, at=NOW) as market:
            yield folder / "market", address, market
