"""Which looks are due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wayseal.market.sources import Source
from wayseal.model.times import SECOND_US

_MOST_WAIT = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A look that is to be made. target: the shop that is looked for; "": all that the source shows."""

    source: str
    at: int
    target: str = ""


def first_look(source: Source, since: int, drawn: float) -> int:
    """When a source is looked at first: within its interval, so that not all begin at once."""
    return since + int(min(source.every, 600) * drawn * SECOND_US)


def look_after(source: Source, planned_at: int, now: int, failed_since: int | None = None) -> int:
    """When a source is looked at next: by its interval from when it was due; what was slept through is let go.

    One whose looks fail is let alone for as long again as they have failed, for a day at most.
    """
    every = source.every * SECOND_US
    at = planned_at + every
    at = at if at > now else now + every - (now - planned_at) % every
    return at if failed_since is None else max(at, now + min(now - failed_since, _MOST_WAIT))


def due(
    sources: Mapping[str, Source],
    next_of: Mapping[str, int],
    shops: Iterable[tuple[str, str, int]],
    now: int,
) -> tuple[Planned, ...]:
    """Looks that are due.

    Args:
        sources: By name.
        next_of: When each is due.
        shops: Shops that are gone, as (source, shop, when they are looked for next).
        now: The time (µs).

    Returns:
        They, the longest overdue first.
    """
    found = [Planned(source=name, at=at) for name, at in next_of.items() if at <= now and name in sources]
    found += [
        Planned(source=source, at=at, target=shop) for source, shop, at in shops if at <= now and source in sources
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.source, one.target)))
