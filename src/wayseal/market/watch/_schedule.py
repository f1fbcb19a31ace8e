"""When to look again (rules 4 and 7)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wayseal.market.watch.types import AWAY, DAY, HOUR, Policy, Target

_MOST_BACK_OFF = 24.0


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Planned:
    """A look that is to be made. at: when; way: how."""

    at: int
    source: str
    key: str
    way: str


def next_look(target: Target, policy: Policy, jitter: float) -> Planned | None:
    """When a target is looked at next; None: never again.

    Args:
        target: As it stands.
        policy: How often.
        jitter: -1 to 1: how much earlier or later than the interval says.

    Returns:
        The look.
    """
    hours = _interval(target, policy)
    if hours is None:
        return None
    at = target.last_look + int(hours * HOUR * (1 + policy.jitter * jitter))
    return Planned(at=at, source=target.source, key=target.key, way=target.ways[target.next_way])


def next_looks(
    targets: Iterable[Target], now: int, policy: Policy, jitter: Callable[[Target], float]
) -> tuple[Planned, ...]:
    """All looks that are due, the longest overdue first.

    Args:
        targets: As they stand.
        now: What is planned for later is left out.
        policy: How often.
        jitter: -1 to 1 for a target; the same until it is looked at, or it would never be due.

    Returns:
        Looks to be made now.
    """
    planned = (next_look(target, policy, jitter(target)) for target in targets)
    return tuple(sorted(look for look in planned if look is not None and look.at <= now))


def _interval(target: Target, policy: Policy) -> float | None:
    hours: float | None
    if target.state in AWAY:
        days = (target.last_look - target.since) / DAY
        hours = next((every for until, every in policy.away if days < until), None)
    elif target.missed:
        hours = policy.missed_every
    else:
        hours = policy.every
    if hours is not None and target.blind:
        hours = min(max(hours, _MOST_BACK_OFF), hours * 2.0 ** min(target.blind, 8))
    return hours
