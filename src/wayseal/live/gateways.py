"""Counts of gateways: each numbers its events, so that what is missing, came twice or began anew can be told.

1. What is told hangs on which events came, never on their order; an event that comes late closes its hole.
2. Memory hangs on holes, not on events. Of a counter with too many, the oldest are written off, and counted. Where
   there are too many counters, one that begins anew takes the place of its gateway's oldest, whose holes are written
   off; others that come aren't followed, and their events are counted.
3. An event behind the last that came isn't missed before a later one of its gateway comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from wayseal.model.runtime import kernel

_Longs = npt.NDArray[np.int64]
_MOST = 1024
MOST_COUNTERS = 1000
_NAMES = ("heads", "gateway", "epoch", "older", "used", "doubled", "off", "first", "last")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Hole:
    """Events that a gateway numbered and that never came. first, last: counts, both included."""

    gateway: int
    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Restart:
    """A gateway's counter that began anew. epoch: since when; before: the epoch that it follows."""

    gateway: int
    epoch: int
    before: int


class GatewayCounts:
    """What came of each gateway, as stretches of its counts. passed: events of counters that aren't followed."""

    def __init__(self, most: int = _MOST, most_counters: int = MOST_COUNTERS) -> None:
        """Nothing came yet.

        Args:
            most: Stretches that are kept of a counter; what is missing between more is written off.
            most_counters: Counters that are followed.
        """
        self._most, self._most_counters = max(2, most), most_counters
        self.passed = 0
        self._of: dict[str, _Longs] = {name: np.zeros(0, np.int64) for name in _NAMES[:-2]}
        self._of |= {name: np.zeros((0, min(4, self._most)), np.int64) for name in _NAMES[-2:]}

    def take(self, gateways: npt.NDArray[np.integer], epochs: _Longs, counts: _Longs) -> None:
        """Takes events.

        gateways: codes of their gateways, from 0; epochs: when the counters began; counts: from 1 in each epoch.
        """
        codes, place = gateways.astype(np.int64, copy=False), 0
        while (place := int(_take(codes, epochs, counts, place, *map(self._of.__getitem__, _NAMES)))) < len(counts):
            if not self._make_room(int(codes[place]), int(epochs[place])):
                self.passed, place = self.passed + 1, place + 1

    def holes(self) -> tuple[Hole, ...]:
        """What is missing, by gateway, epoch and count."""
        of, found = self._of, []
        for slot in np.flatnonzero(of["used"] > 1).tolist():
            used, gateway, epoch = int(of["used"][slot]), int(of["gateway"][slot]), int(of["epoch"][slot])
            edges = zip(of["last"][slot, : used - 1].tolist(), of["first"][slot, 1:used].tolist(), strict=True)
            found += [Hole(gateway=gateway, epoch=epoch, first=low + 1, last=high - 1) for low, high in edges]
        return tuple(sorted(found))

    def restarts(self) -> tuple[Restart, ...]:
        """Counters that began anew, by gateway and epoch."""
        pairs = sorted(zip(self._of["gateway"].tolist(), self._of["epoch"].tolist(), strict=True))
        return tuple(
            Restart(gateway=gateway, epoch=epoch, before=before)
            for (other, before), (gateway, epoch) in pairwise(pairs)
            if other == gateway
        )

    def last(self, gateway: int, epoch: int) -> int:
        """The last count that came of a counter; 0: none."""
        of = self._of
        slots = np.flatnonzero((of["gateway"] == gateway) & (of["epoch"] == epoch))
        return max((int(of["last"][slot, of["used"][slot] - 1]) for slot in slots.tolist()), default=0)

    def doubled(self) -> Mapping[int, int]:
        """How many events came again, by gateway, of those of which any did."""
        return self._sums("doubled")

    def written_off(self) -> Mapping[int, int]:
        """How many missing events are no longer watched for, by gateway; one that comes yet counts as doubled."""
        return self._sums("off")

    def state(self) -> Mapping[str, _Longs]:
        """All that is known, as arrays; `of_state` goes on from it."""
        return {name: array.copy() for name, array in self._of.items()}

    @classmethod
    def of_state(cls, state: Mapping[str, _Longs], most: int = _MOST) -> Self:
        """Goes on from what was known. state: of `state`; most: stretches that are kept of a counter."""
        made = cls(most)
        made._of = {name: state[name].copy() for name in _NAMES}
        return made

    def _sums(self, name: str) -> dict[int, int]:
        sums: dict[int, int] = {}
        for gateway, value in zip(self._of["gateway"].tolist(), self._of[name].tolist(), strict=True):
            if value:
                sums[gateway] = sums.get(gateway, 0) + value
        return dict(sorted(sums.items()))

    def _make_room(self, gateway: int, epoch: int) -> bool:
        """A place for a counter, more stretches of all, or a hole less of a counter that has its fill; False: none."""
        of = self._of
        mine = np.flatnonzero(of["gateway"] == gateway)
        slot = next((s for s in mine.tolist() if of["epoch"][s] == epoch), None)
        if slot is None and len(of["epoch"]) < self._most_counters:
            self._add_counter(gateway, epoch)
        elif slot is None:
            return self._begin_anew(mine, epoch)
        elif (width := of["first"].shape[1]) < self._most:
            more = ((0, 0), (0, min(width, self._most - width)))
            of["first"], of["last"] = np.pad(of["first"], more), np.pad(of["last"], more)
        else:
            used = int(of["used"][slot])
            of["off"][slot] += of["first"][slot, 1] - of["last"][slot, 0] - 1
            of["first"][slot, 1 : used - 1] = of["first"][slot, 2:used].copy()
            of["last"][slot, : used - 1] = of["last"][slot, 1:used].copy()
            of["used"][slot] -= 1
        return True

    def _begin_anew(self, mine: _Longs, epoch: int) -> bool:
        """Gives a counter the place of its gateway's oldest; False where it has none, or all are newer."""
        of = self._of
        oldest = int(mine[np.argmin(of["epoch"][mine])]) if len(mine) else -1
        if oldest < 0 or of["epoch"][oldest] > epoch:
            return False
        used = of["used"][oldest]
        of["off"][oldest] += (of["first"][oldest, 1:used] - of["last"][oldest, : used - 1] - 1).sum()
        of["epoch"][oldest], of["used"][oldest] = epoch, 1
        of["first"][oldest, 0] = of["last"][oldest, 0] = 0
        return True

    def _add_counter(self, gateway: int, epoch: int) -> None:
        of = self._of
        slot, heads = len(of["epoch"]), of["heads"]
        if gateway >= len(heads):
            of["heads"] = heads = np.concatenate((heads, np.full(gateway + 1 - len(heads), -1)))
        # Nothing is numbered 0: that it came makes a hole of all before the first that comes.
        row = {"gateway": gateway, "epoch": epoch, "older": int(heads[gateway]), "used": 1, "doubled": 0, "off": 0}
        for name, value in row.items():
            of[name] = np.append(of[name], value)
        for name in ("first", "last"):
            of[name] = np.pad(of[name], ((0, 1), (0, 0)))
        heads[gateway] = slot


@kernel
def _take(
    gateways: _Longs,
    epochs: _Longs,
    counts: _Longs,
    place: int,
    heads: _Longs,
    gateway: _Longs,
    epoch: _Longs,
    older: _Longs,
    used: _Longs,
    doubled: _Longs,
    off: _Longs,
    first: _Longs,
    last: _Longs,
) -> int:
    """Takes events from `place` on; returns where it had to stop because there was no room, else their number."""
    for i in range(place, len(counts)):
        if gateways[i] >= len(heads):
            return i
        s = heads[gateways[i]]
        while s >= 0 and epoch[s] != epochs[i]:
            s = older[s]
        if s < 0:
            return i
        count, n = counts[i], used[s]
        k = n if count >= first[s, n - 1] else np.searchsorted(first[s, :n], count, side="right")
        if k == 0 or count <= last[s, k - 1]:
            doubled[s] += 1
        elif last[s, k - 1] + 1 == count:
            last[s, k - 1] = count
            if k < n and first[s, k] == count + 1:
                last[s, k - 1] = last[s, k]
                for j in range(k, n - 1):
                    first[s, j], last[s, j] = first[s, j + 1], last[s, j + 1]
                used[s] = n - 1
        elif k < n and first[s, k] == count + 1:
            first[s, k] = count
        else:
            if n == first.shape[1]:
                return i
            for j in range(n, k, -1):
                first[s, j], last[s, j] = first[s, j - 1], last[s, j - 1]
            first[s, k] = last[s, k] = count
            used[s] = n + 1
    return len(counts)
