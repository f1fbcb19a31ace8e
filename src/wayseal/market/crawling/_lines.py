"""Bodies of the record's lines, out of what a look brought.

What an offer says, as the record has it and as linking needs it.
"""

import hashlib
import traceback
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayseal.market.crawling._visit import Gathered
from wayseal.market.log import Line, LineKind
from wayseal.market.numbers import Own, match
from wayseal.market.sellers import Offer
from wayseal.market.sources import Source
from wayseal.market.types import (
    Capture,
    Handle,
    HandleKind,
    Listing,
    NumberCandidate,
    PictureRead,
    Reading,
    part_json,
    read_text,
    reading_json,
)
from wayseal.model.errors import WaysealError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """A picture of an offer, read. capture: what was kept of it."""

    name: str
    sha256: str
    capture: str
    read: PictureRead


def digest_of(listing: Listing) -> str:
    """By what an offer is known to say the same as before."""
    parts = (listing.title, listing.text, listing.price, listing.shop, listing.shop_name, *listing.pictures)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def offer_id(listing: Listing) -> str:
    """The record's id of an offer."""
    return f"{listing.source}/{listing.key}"


def shop_id(listing: Listing) -> str:
    """The record's id of whoever offers it; an offer by itself where the source doesn't say."""
    return f"{listing.source}/{listing.shop or listing.key}"


def offered_body(
    listing: Listing, shop: str, capture: str, reading: Reading, pictures: Sequence[Pictured]
) -> dict[str, Any]:
    """The body of an `offered` line."""
    names = ("source", "shop_name", "title", "text", "url", "price", "posted_at")
    return {
        "offer": offer_id(listing),
        "shop": shop,
        **{name: getattr(listing, name) for name in names},
        "capture": capture,
        "digest": digest_of(listing),
        "reading": reading_json(reading),
        "pictures": [picture_body(one) for one in pictures],
    }


def picture_body(one: Pictured) -> dict[str, Any]:
    """A picture as JSON has it. Hashes are hex: JSON's numbers have 53 bits."""
    return {
        "name": one.name,
        "sha256": one.sha256,
        "capture": one.capture,
        "hash": f"{one.read.hash:016x}",
        "mirror_hash": f"{one.read.mirror_hash:016x}",
        "codes": [list(code) for code in one.read.codes],
        "lines": [line for line, _ in one.read.lines],
        "numbers": [part_json(number) for number in one.read.numbers],
        "handles": [part_json(handle) for handle in one.read.handles],
    }


def to_link(offer: str, version: int, body: Mapping[str, Any], at: int, last_at: int) -> Offer:
    """An offer as linking needs it, out of its line's body. Another version is another offer of the same shop."""
    handles = [_handle(one, one["at"]) for one in body["reading"].get("handles", ())]
    handles += [_handle(one, None) for picture in body["pictures"] for one in picture["handles"]]
    return Offer(
        id=f"{offer}#{version}",
        shop=body["shop"],
        at=at,
        last_at=last_at,
        capture=body["capture"],
        text=read_text(body["title"], body["text"]),
        handles=tuple(handles),
        pictures=tuple((int(one["hash"], 16), int(one["mirror_hash"], 16)) for one in body["pictures"]),
        name=body["shop_name"],
    )


def _handle(body: Mapping[str, Any], at: Sequence[int] | None) -> Handle:
    place = None if at is None else (at[0], at[1])
    return Handle(kind=HandleKind(body["kind"]), value=body["value"], at=place)


def numbers_of(body: Mapping[str, Any]) -> tuple[NumberCandidate, ...]:
    """All that may be waybill numbers in an offer."""
    told = [*body["reading"].get("numbers", ()), *(n for one in body["pictures"] for n in one["numbers"])]
    return tuple(
        NumberCandidate(number=one["number"], couriers=tuple(one["couriers"]), probability=one["probability"])
        for one in told
    )


def settings_of(source: Source) -> dict[str, Any]:
    """How a source is watched, as the record has it; addresses and manners, no paths of this machine."""
    names = ("contact", "every", "budget", "pause", "retention", "robots_ignored", "allow_inside", "note")
    return {"start": list(source.start), **{name: getattr(source, name) for name in names}}


def failure_of(error: Exception) -> str:
    """Describe an error, and where: its own words only if they are ours, as others' may be of what was sent."""
    if isinstance(error, WaysealError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}, {Path(place.filename).name}:{place.lineno}"


def once(captures: Iterable[Capture]) -> list[Capture]:
    """Each capture once."""
    return list({one.id: one for one in captures}.values())


def problems_of(gathered: Gathered) -> list[dict[str, Any]]:
    """Count the flaws in parts of what was seen."""
    counts: Counter[str] = Counter()
    for one in gathered.problems:
        counts[one.flaw.value] += one.count
    return [{"flaw": flaw, "count": count} for flaw, count in sorted(counts.items())]


def matched_lines(
    offers: Mapping[str, Mapping[str, Any]], own: Own | None, canaries: Collection[str], at: int
) -> list[Line]:
    """Numbers of offers, given with their bodies, that are the courier's own."""
    out: list[Line] = []
    for offer, body in offers.items():
        candidates = numbers_of(body)
        if own is None or not candidates:
            continue
        matches = match(candidates, own, canaries=canaries)
        ours = [{"number": one.number, "canary": one.canary} for one in matches.ours]
        if ours:
            expected = round(matches.by_chance, 6)
            said = {"offer": offer, "capture": body["capture"], "ours": ours, "expected_false": expected}
            out.append(Line(kind=LineKind.MATCHED, at=at, body=said))
    return out
