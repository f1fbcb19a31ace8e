"""Bodies of the record's lines, out of what a look brought."""

import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wayseal.market.log import Line, LineKind
from wayseal.market.looking._gather import Gathered
from wayseal.market.looking._state import memory_body
from wayseal.market.looking._views import KnownShop
from wayseal.market.sources import Source
from wayseal.market.types import Capture
from wayseal.model.errors import WaysealError


def shop_line(shop: KnownShop, at: int) -> Line:
    """A shop as it is now."""
    memory = shop.memory
    body = {
        "shop": memory.shop,
        "source": shop.source,
        "name": shop.name,
        "state": memory.state.value,
        "since": memory.since,
        "first_at": memory.first_at,
        "last_at": memory.last_at,
        "gone_at": memory.gone_at,
        "next_at": shop.next_at,
        "memory": memory_body(memory),
    }
    return Line(kind=LineKind.SHOP, at=at, body=body)


def settings_of(source: Source) -> dict[str, Any]:
    """How a source is watched, as the record has it; addresses and manners, no paths of this machine."""
    return {
        "contact": source.contact,
        "start": list(source.start),
        "every": source.every,
        "budget": source.budget,
        "pause": source.pause,
        "retention": source.retention,
        "robots_ignored": source.robots_ignored,
        "allow_inside": source.allow_inside,
        "note": source.note,
    }


def capture_body(one: Capture) -> dict[str, Any]:
    """A capture as JSON has it."""
    return {name: getattr(one, name) for name in Capture.__slots__}


def failure_of(error: Exception) -> str:
    """What was raised, and where: its own words only if they are ours, as others' may be of what was sent."""
    if isinstance(error, WaysealError):
        return str(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}, {Path(place.filename).name}:{place.lineno}"


def once(captures: Iterable[Capture]) -> list[Capture]:
    """Each capture once."""
    return list({one.id: one for one in captures}.values())


def problems_of(gathered: Gathered) -> list[dict[str, Any]]:
    """What is wrong with parts of what was seen, counted."""
    counts: dict[str, int] = {}
    for one in gathered.problems:
        counts[one.flaw.value] = counts.get(one.flaw.value, 0) + one.count
    return [{"flaw": flaw, "count": count} for flaw, count in sorted(counts.items())]
