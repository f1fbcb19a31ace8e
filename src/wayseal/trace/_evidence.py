"""The evidence that a trace weighs, as plain arrays, filled from a ledger or from a benchmark's world.

Times are hours (float64) after one epoch of the caller's choice; NaN means "not known". A
*candidate* is any source that had, or by the parcel's route could have had, at least one leaked
number before us; sources that had none enter through `universe` alone. A *stratum* is the set of
waybills that one leak was a draw from (what the buyer asked for).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wayseal.model.kinds import SourceKind

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int32]

KINDS: tuple[SourceKind, ...] = (
    SourceKind.ACTOR,
    SourceKind.SESSION,
    SourceKind.CHANNEL,
    SourceKind.OUTLET,
    SourceKind.REGION,
    SourceKind.DEVICE,
)
"""`Evidence.kind` holds places in this tuple."""

ACTOR, SESSION, CHANNEL, OUTLET, REGION, DEVICE = range(6)
UNLOGGED = (CHANNEL, OUTLET, REGION)
"""Kinds that are known by a parcel's route alone; their evidence is `Evidence.touches`, never
`Evidence.reads`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Who had which leak, and when.

    source[m]: places among the candidates; leak[m]: places among the leaks; at[m]: hours. weight[m]: probability, above
    0, that it happened; None: all did.
    """

    source: Ints
    leak: Ints
    at: Floats
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.source)

    @property
    def chance(self) -> Floats:
        """[m] probability that each event happened."""
        return np.ones(len(self)) if self.weight is None else self.weight

    def take(self, kept: NDArray[np.bool_]) -> "Events":
        """Those of the events that a mask chooses."""
        weight = None if self.weight is None else self.weight[kept]
        return Events(source=self.source[kept], leak=self.leak[kept], at=self.at[kept], weight=weight)

    @staticmethod
    def none() -> "Events":
        """No event at all."""
        nothing = np.zeros(0, np.int32)
        return Events(source=nothing, leak=nothing, at=np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything known about n leaks and C candidates, with X strata.

    sold_at[n]: when it was seen on sale. absent_at[n]: last look that did not show it yet; where
    known, the sale lies between the two. asked_at[n]: when the buyer ordered it. born[n]: first
    known sign of the parcel (issue, first scan, first read). life_h: typical hours from a parcel's
    first sign to its last. stratum[n]: 0 … X-1.

    kind[C]: place in `KINDS`. group[C]: number of the candidate's outlet (any numbering), -1
    without. parent[C]: place of the actor of which a session or a device is a part, -1 otherwise; a device without one
    stands for itself, under whichever logins it was used.

    size[X]: waybills of the stratum that were counted. volume[C, X]: how many of them the source
    had read (actors, sessions, devices; any time, distinct waybills). touch_volume[C, X]: how many of
    them came by it (channel: issued by it; outlet, region: passed through it; actor with an
    outlet: passed through that outlet; a head-office actor whose work is everything: size; 0:
    nothing is known). overall[C], overall_size: the same counts of reads over the whole ledger;
    overall_reads: their sum over all accounts, candidates or not (0: not known).

    reads: every read of a leaked parcel by an actor, logged or replayed from a query, also those after the sale
    (repeats allowed); a session's or device's reads stand once more under these. Counts hold soft reads
    by their weights. touches: first time that the
    leaked parcel was at the outlet, in the region, or was issued by the channel, and, for actors,
    came to their outlet (then their read may have been lost). universe: how many sources of each
    kind there are in all. lost: share of reads that the log does not hold. chosen[n]: whether
    its buyer had named the number (None: none). by_day[n]: whether only the day of the sighting is known: `sold_at`
    is its end (None: of none).
    """

    sold_at: Floats
    absent_at: Floats
    asked_at: Floats
    born: Floats
    life_h: float
    stratum: Ints
    kind: NDArray[np.uint8]
    group: Ints
    parent: Ints
    size: Floats
    volume: Floats
    touch_volume: Floats
    overall: Floats
    overall_size: float
    reads: Events
    touches: Events
    universe: Mapping[SourceKind, int]
    overall_reads: float = 0.0
    lost: float = 0.05
    chosen: NDArray[np.bool_] | None = None
    by_day: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        n, c, x = len(self.sold_at), len(self.kind), len(self.size)
        shapes: dict[str, tuple[NDArray[Any], tuple[int, ...]]] = {
            "absent_at": (self.absent_at, (n,)),
            "asked_at": (self.asked_at, (n,)),
            "born": (self.born, (n,)),
            "stratum": (self.stratum, (n,)),
            "group": (self.group, (c,)),
            "parent": (self.parent, (c,)),
            "volume": (self.volume, (c, x)),
            "touch_volume": (self.touch_volume, (c, x)),
            "overall": (self.overall, (c,)),
        }
        if self.chosen is not None:
            shapes["chosen"] = (self.chosen, (n,))
        if self.by_day is not None:
            shapes["by_day"] = (self.by_day, (n,))
        wrong = [name for name, (array, shape) in shapes.items() if array.shape != shape]
        if wrong:
            raise ValueError(f"evidence arrays of the wrong shape: {', '.join(wrong)}")

    @property
    def leaks(self) -> int:
        """How many leaks there are (n)."""
        return len(self.sold_at)

    @property
    def candidates(self) -> int:
        """How many candidates there are (C)."""
        return len(self.kind)

    @property
    def part(self) -> NDArray[np.bool_]:
        """[C] which candidates are a part of an account: sessions, and devices of one account."""
        out: NDArray[np.bool_] = (self.kind == SESSION) | ((self.kind == DEVICE) & (self.parent >= 0))
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSample:
    """A sample of other waybills that one source had read: what else it could have sold.

    source: place among the candidates. own_at[v]: when the source had read each of the v waybills.
    item[m], account[m], at[m]: every logged read of those waybills by anybody else: which of the v,
    by whom, when. `account` is a place among the candidates, or, for accounts that are no
    candidates, any number ≥ C, the same for the same account. Drawn from the strata of the leaks,
    without the leaks themselves; 200 to 1,000 waybills do.
    """

    source: int
    own_at: Floats
    item: Ints
    account: Ints
    at: Floats
