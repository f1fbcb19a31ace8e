"""Bodies of the record's lines, out of what a look brought."""

from collections.abc import Iterable
from typing import Any

from wayseal.market.log import Line, LineKind
from wayseal.market.looking._gather import Gathered
from wayseal.market.looking._state import KnownShop, memory_body
from wayseal.market.sources import Source
from wayseal.market.types import Capture


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


def once(captures: Iterable[Capture]) -> list[Capture]:
    """Each capture once."""
    return list({one.id: one for one in captures}.values())


def problems_of(gathered: Gathered) -> list[dict[str, Any]]:
    """What is wrong with parts of what was seen, counted."""
    counts: dict[str, int] = {}
    for one in gathered.problems:
        counts[one.flaw.value] = counts.get(one.flaw.value, 0) + one.count
    return [{"flaw": flaw, "count": count} for flaw, count in sorted(counts.items())]
