"""How probable it is that an account pulls, given all that its signals say: an additive model, learnt on couriers.

Obligations (code and tests cite the numbers):
1. The score's log odds are a base and one share a signal, which hangs on that signal alone: a curve of `score.json`,
   straight between its knots and level beyond them. So a reason's share can be told, and shares add up to the score.
2. Monotone: more odd reads, more days, more that speaks for pulling never lower a score; the more probable an innocent
   cause is, the more people of the role stand out alike, or the longer nothing came, never raise it.
3. Learnt, not chosen: base and curves are what `python -m benchmarks run detect_scores` found on couriers of many
   kinds, on every day of theirs, judged by leaving whole families out. What is sure by itself (canaries,
   contracts), and what none of these couriers logs (routes asked for), isn't learnt and counts its nats. Where no
   table says how fresh parcels are, base and curves are those learnt without it.
4. A signal that isn't there has the share 0.
5. Whoever stands out by what is read, whatever explains it (`_signals`), has no score below ALERT.
6. What verdicts have taught about an account's peers is taken off its log odds.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import TypeAlias

import numpy as np

from wayseal.detect._judge import FRESH, MAIN, RESPONSIBILITY, SURE
from wayseal.detect._signals import NOW, TOLD_BY, UNDATED, stand_out
from wayseal.model.arrays import Floats

STORY = frozenset((NOW, "days", "share", "steady", "unknown", "alike", "unknown_service", "alike_service"))
"""Signals of the story, told with the detector that tells it."""
_MAIN = frozenset((MAIN, FRESH, "fresher"))
"""Signals of the unexplained first reads, told as one."""
BEYOND = "beyond_role"
"""The reason that somebody reads far more than the role needs."""
_BEYOND = frozenset((BEYOND, "days_beyond_role", "beyond_role_service", "days_beyond_role_service"))
GROUND = frozenset(("role", "service"))
"""Signals of who somebody is: they move the base."""
ALERT = 0.1
"""Probability from which on somebody is worth a look: of ten such, nine are to be cleared."""
LEVEL = math.log(ALERT / (1.0 - ALERT))
_AS_SAID = SURE | {"route_sweeps"}
Curves: TypeAlias = Mapping[str, tuple[list[float], list[float]]]
"""By signal: knots, and what is added at each."""


def log_odds(signals: Mapping[str, Floats]) -> Floats:
    """Log odds of signals of any one shape."""
    base, curves = _table(undated=bool(np.any(signals.get(UNDATED, 0.0))))
    total: Floats = base + sum((_share(curves, name, value) for name, value in signals.items()), np.zeros(1))
    return total


def odds_of(signals: Mapping[str, float], lift: float) -> float:
    """The same as `find_odds` of one account at one time."""
    undated = signals.get(UNDATED, 0.0) > 0
    base, _ = _table(undated=undated)
    total = base + sum([_share_of(undated, name, value) for name, value in signals.items()]) - lift
    return max(total, LEVEL) if stand_out(signals) else total


def find_odds(signals: Mapping[str, Floats], lift: Floats | float = 0.0) -> Floats:
    """Log odds as alerts and scores go by them (obligations 5 and 6). lift: what is taken off."""
    return floor(signals, log_odds(signals) - lift)


def floor(signals: Mapping[str, Floats], odds: Floats) -> Floats:
    """Log odds that are no lower than obligation 5 says."""
    out: Floats = np.where(stand_out(signals), np.maximum(odds, LEVEL), odds)
    return out


def base_of(signals: Mapping[str, float]) -> float:
    """Log odds before anything that was read counts."""
    undated = signals.get(UNDATED, 0.0) > 0
    return _table(undated=undated)[0] + sum(_share_of(undated, name, signals.get(name, 0.0)) for name in GROUND)


def shares_of(signals: Mapping[str, float]) -> dict[str, float]:
    """Log odds that each reason adds, by detector (obligations 1 and 4)."""
    out: dict[str, float] = {}
    story = RESPONSIBILITY if signals.get(TOLD_BY, 0.0) > 0 else MAIN
    undated = signals.get(UNDATED, 0.0) > 0
    for name, value in signals.items():
        if name not in GROUND and name not in (UNDATED, TOLD_BY):
            reason = story if name in STORY else MAIN if name in _MAIN else BEYOND if name in _BEYOND else name
            out[reason] = out.get(reason, 0.0) + _share_of(undated, name, value)
    return out


def probability(log_odds: float) -> float:
    """The probability with these log odds."""
    return 1.0 / (1.0 + math.exp(min(max(-log_odds, -700.0), 700.0)))


def _share(curves: Curves, name: str, value: Floats | float) -> Floats:
    curve = curves.get(name)
    out: Floats = np.asarray(np.interp(value, *curve) if curve else value if name in _AS_SAID else np.zeros_like(value))
    return out


@lru_cache(maxsize=1 << 16)
def _share_of(undated: bool, name: str, value: float) -> float:
    curve = _table(undated=undated)[1].get(name)
    if curve is None:
        return value if name in _AS_SAID else 0.0
    at, share = curve
    k = bisect_right(at, value)
    if not 0 < k < len(at):
        return share[min(k, len(at) - 1)]
    return share[k - 1] + (share[k] - share[k - 1]) * (value - at[k - 1]) / (at[k] - at[k - 1])


@cache
def _table(*, undated: bool) -> tuple[float, Curves]:
    text = resources.files("wayseal.detect").joinpath("score.json").read_text("utf-8")
    made = json.loads(text)["undated" if undated else "dated"]
    return made["base"], {name: (curve["at"], curve["share"]) for name, curve in made["curves"].items()}
