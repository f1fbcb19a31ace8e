"""What was seen, as entries of the record: one spelling for whoever writes and whoever reads them."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from wayseal.market.log.types import Entry, EntryKind
from wayseal.market.types import Capture, Handle, HandleKind, Listing, Look, PictureRead, Reading


def offer_id(source: str, key: str) -> str:
    """The record's id of a source's offer, the same at every look."""
    return hashlib.sha256(f"{source}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()[:24]


def captured(capture: Capture, who: str) -> Entry:
    """A capture."""
    return Entry(at=capture.at, kind=EntryKind.CAPTURED, who=who, body=asdict(capture))


def looked(look: Look, way: str, who: str) -> Entry:
    """A look. way: how it was looked for. Offers that it saw are written by `offered`, once or when they changed."""
    body: dict[str, Any] = {
        "source": look.source,
        "target": look.target,
        "way": way,
        "planned_at": look.planned_at,
        "at": look.at,
        "sight": look.sight.value,
        "hindrance": None if look.hindrance is None else look.hindrance.value,
        "captures": list(look.captures),
        "offers": [offer_id(listing.source, listing.key) for listing in look.listings],
    }
    return Entry(at=look.at, kind=EntryKind.LOOKED, who=who, body=body)


def not_looked(source: str, target: str, way: str, planned_at: int, at: int, reason: str) -> Entry:
    """A planned look that was not made."""
    body = {"source": source, "target": target, "way": way, "planned_at": planned_at, "reason": reason}
    return Entry(at=at, kind=EntryKind.NOT_LOOKED, who="market", body=body)


def offered(
    listing: Listing, reading: Reading, pictures: Sequence[PictureRead], capture: str, at: int, who: str
) -> Entry:
    """An offer with what was read of it.

    Args:
        listing: As the source shows it.
        reading: What its text says.
        pictures: What its pictures show.
        capture: Id of the capture behind it.
        at: When it was seen.
        who: What recorded it.

    Returns:
        The entry; its handles are those of text and pictures, each once.
    """
    handles: list[Handle] = [*reading.handles, *(handle for picture in pictures for handle in picture.handles)]
    known = dict.fromkeys((handle.kind.value, handle.value) for handle in handles if handle.kind is not HandleKind.SHOP)
    body: dict[str, Any] = {
        "offer": offer_id(listing.source, listing.key),
        "capture": capture,
        "at": at,
        "listing": {**asdict(listing), "pictures": list(listing.pictures)},
        "reading": _reading(reading),
        "handles": [list(handle) for handle in known],
        "pictures": [[f"{picture.hash:016x}", f"{picture.mirror_hash:016x}"] for picture in pictures],
    }
    return Entry(at=at, kind=EntryKind.OFFERED, who=who, body=body)


def _reading(reading: Reading) -> dict[str, Any]:
    found: dict[str, Any] = _plain(asdict(reading))
    return found


def _plain(value: Any) -> Any:
    """Tuples as lists and words of closed lists as texts, as JSON has them."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value
