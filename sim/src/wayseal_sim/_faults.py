"""What goes wrong between a gateway and its stream."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wayseal_sim._errors import SimulateError
from wayseal_sim.types import MINUTE, SECOND, Ints, Mask, stream

_LATE, _AGAIN = 10 * MINUTE, 2 * SECOND
_DOWN = (2 * MINUTE, 15 * MINUTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong. Shares are of events, 0 to 1, but for gateways.

    Attributes:
        late: Comes a minute late, and ten more on average.
        doubled: Comes again, seconds later.
        dropped: Never comes, so that its gateway's count has a hole.
        reordered: Seconds by which events may overtake each other.
        dying_gateways: Share of the gateways that stop once, for some minutes: what was in the journal by then comes
            once they are back, the rest is lost.
        skew: Seconds by which gateways' clocks are fast or slow at most.
    """

    late: float = 0.0
    doubled: float = 0.0
    dropped: float = 0.0
    reordered: float = 0.0
    dying_gateways: float = 0.0
    skew: float = 0.0

    def __post_init__(self) -> None:
        """Raises SimulateError where a share is none, or seconds are negative."""
        for name in ("late", "doubled", "dropped", "dying_gateways"):
            if not 0 <= getattr(self, name) <= 1:
                raise SimulateError("{name} is a share, from 0 to 1", name=name)
        if not (0 <= self.reordered < float("inf") and 0 <= self.skew < float("inf")):
            raise SimulateError("seconds are 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """A gateway that stops from `low` to `high`; what it reads from `cut` on isn't in its journal."""

    gateway: int
    low: int
    cut: int
    high: int


class Weather:
    """Faults of a stream as they happen. deaths: of gateways; skews: microseconds by which each clock is fast."""

    def __init__(self, faults: Faults, gateways: int, low: int, high: int, seed: int) -> None:
        self._faults, self._seed = faults, seed
        rng = stream(seed, 41)
        span = round(faults.skew * SECOND)
        self.skews: Ints = rng.integers(-span, span + 1, gateways)
        dying = np.sort(rng.permutation(gateways)[: round(faults.dying_gateways * gateways)])
        self.deaths = []
        for gateway in dying.tolist():
            begin, down = int(rng.integers(low, high)), int(rng.integers(*_DOWN))
            cut = begin + int(rng.integers(down + 1))
            self.deaths.append(Death(gateway=gateway, low=begin, cut=cut, high=begin + down))
        self.told: dict[str, Any] = {"late": 0, "doubled": 0, "lost": 0}

    def arrivals(self, nth: int, at: Ints, gateway: npt.NDArray[np.integer[Any]]) -> tuple[Ints, Ints, Mask]:
        """When events of the nth stretch arrive.

        Returns:
            Places of the events, some of them twice; when each arrives; and which events are lost.
        """
        faults, rng, n = self._faults, stream(self._seed, 42, nth), len(at)
        due = at.copy()
        lost, late, twice = (rng.random(n) < share for share in (faults.dropped, faults.late, faults.doubled))
        if faults.reordered:
            due += (rng.random(n) * faults.reordered * SECOND).astype(np.int64)
        if late.any():
            due[late] += MINUTE + rng.exponential(_LATE, np.count_nonzero(late)).astype(np.int64)
        for death in self.deaths:
            if death.low < at[-1] + 1 and death.high > at[0]:
                down = (gateway == death.gateway) & (at >= death.low) & (at < death.high)
                lost |= down & (at >= death.cut)
                # In their order, a thousand times as fast as they happened.
                due = np.where(down, np.maximum(due, death.high + (at - death.low) // 1000), due)
        twice &= ~lost
        again = np.flatnonzero(twice)
        place = np.concatenate((np.flatnonzero(~lost), again))
        delay = rng.exponential(_AGAIN, len(again)).astype(np.int64)
        due = np.concatenate((due[~lost], due[again] + delay))
        for name, which in (("late", late & ~lost), ("doubled", twice), ("lost", lost)):
            self.told[name] += int(np.count_nonzero(which))
        return place, due, lost
