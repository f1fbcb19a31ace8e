"""How long sites take (rule 4): the estimate of Kaplan and Meier, with the interval of Brookmeyer and Crowley.

A request that is open counts for as long as it has been open, one that was withdrawn until then. The interval is found
on the log(-log) scale with Greenwood's variance, as it stays within 0 and 1 with few requests, too.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wayseal.market.removals.types import Outcome, Request

_NORMAL = 1.959963984540054
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is left from a day on. low, high: 95 %, by itself."""

    days: float
    left: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesToRemoval:
    """How long a site takes.

    Attributes:
        source: The source; "" for all.
        requests: How many requests.
        removed: How many came to a removal.
        open: How many are open.
        median: Days until half are removed; None: that isn't reached yet.
        low: Its lower bound, 95 %.
        high: Its upper bound; None: open.
        within_week: Share that is removed within seven days; None: nobody was watched for so long.
        watched: Days for which the one that ran longest was watched.
        steps: Share that is left, at each time at which something was removed.
    """

    source: str
    requests: int
    removed: int
    open: int
    median: float | None
    low: float | None
    high: float | None
    within_week: float | None
    watched: float
    steps: tuple[Step, ...]


def times_to_removal(requests: Iterable[Request], now: int) -> tuple[TimesToRemoval, ...]:
    """How long each site takes, and all together first.

    Args:
        requests: As they stand.
        now: The time.

    Returns:
        One for all, and one for each source by its name.
    """
    some = list(requests)
    sources = sorted({request.asked.source for request in some})
    of = [("", some), *((source, [one for one in some if one.asked.source == source]) for source in sources)]
    return tuple(_times(source, chosen, now) for source, chosen in of)


def _times(source: str, requests: Sequence[Request], now: int) -> TimesToRemoval:
    spans = [_span(request, now) for request in requests]
    steps = _bounded(survival(spans))
    watched = max((days for days, _ in spans), default=0.0)
    left = [one.left for one in steps if one.days <= 7.0]
    return TimesToRemoval(
        source=source,
        requests=len(requests),
        removed=sum(removed for _, removed in spans),
        open=sum(request.outcome is Outcome.OPEN for request in requests),
        median=next((one.days for one in steps if one.left <= _HALF), None),
        low=next((one.days for one in steps if one.low <= _HALF), None),
        high=next((one.days for one in steps if one.high <= _HALF), None),
        within_week=None if watched < 7.0 else 1.0 - (left[-1] if left else 1.0),
        watched=watched,
        steps=steps,
    )


def _bounded(steps: Sequence[tuple[float, float, float]]) -> tuple[Step, ...]:
    """Steps with their bounds; once nothing is left no variance says more than the step before did."""
    out: list[Step] = []
    low = high = 1.0
    for days, share, variance in steps:
        if share > 0.0:
            low, high = (_bound(share, variance, up=up) for up in (False, True))
        out.append(Step(days=days, left=share, low=low, high=high))
    return tuple(out)


def _span(request: Request, now: int) -> tuple[float, bool]:
    return request.days(now), request.outcome is Outcome.REMOVED


def survival(spans: Sequence[tuple[float, bool]]) -> list[tuple[float, float, float]]:
    """(days, share that is left, Greenwood's sum) at each time at which something was removed.

    spans: days, and whether it was removed then; else it was watched no longer.
    """
    steps = []
    share, variance = 1.0, 0.0
    for days in sorted({days for days, removed in spans if removed}):
        at_risk = sum(other >= days for other, _ in spans)
        gone = sum(other == days and removed for other, removed in spans)
        share *= 1.0 - gone / at_risk
        variance += gone / (at_risk * (at_risk - gone)) if gone < at_risk else math.inf
        steps.append((days, share, variance))
    return steps


def _bound(share: float, variance: float, *, up: bool) -> float:
    width = _NORMAL * math.sqrt(variance) / abs(math.log(share))
    return float(share ** math.exp(-width if up else width))
