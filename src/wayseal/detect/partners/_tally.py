"""Adding up one partner's breaches, stretch by stretch; a waybill is in one stretch, so distinct ones just add up."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from wayseal.detect.partners._arrays import DAY_US, HOUR_US, Longs, count_pairs, count_values, distinct_of, least, most
from wayseal.detect.partners._judge import BreachRows, What
from wayseal.detect.partners._reads import Calls, Reads
from wayseal.detect.partners._result import Kind

EXAMPLES = 3
Seen = tuple[int, int, int]
"""(at, waybill, actor) of a read."""


class KindTally:
    """Breaches of one kind while they grow."""

    def __init__(self) -> None:
        self.reads = 0
        self.waybills = 0
        self.first: int | None = None
        self.last: int | None = None
        self.what: dict[int | str, int] = {}
        self.by_day: Counter[tuple[int, int]] = Counter()
        self.examples: list[Seen] = []

    def add(self, reads: Reads | Calls, offset_us: int, what: What) -> None:
        """Takes reads in breach."""
        if not len(reads.at):
            return
        self.reads += len(reads.at)
        self.waybills += distinct_of(reads.waybill)
        self.first = least((self.first, int(reads.at.min())))
        self.last = most((self.last, int(reads.at.max())))
        for key, n in what.items():
            self.what[key] = self.what.get(key, 0) + n
        self.by_day.update(count_pairs(reads.actor, (reads.at + offset_us) // DAY_US))
        self.examples = first_of([*self.examples, *seen(reads, earliest(reads.at))])

    def days(self) -> dict[int, int]:
        """Local day → reads."""
        out: Counter[int] = Counter()
        for (_, day), n in self.by_day.items():
            out[day] += n
        return dict(out)


class VolumeTally:
    """How much was read by local hour and day, with some reads of each hour as evidence."""

    def __init__(self) -> None:
        self.hours: Counter[int] = Counter()
        self.waybills: Counter[int] = Counter()
        self.by_day: Counter[tuple[int, int]] = Counter()
        self._some: dict[int, list[Seen]] = {}

    def add(self, reads: Reads, offset_us: int) -> None:
        """Takes all reads in the contract's time."""
        local = reads.at + offset_us
        hour, day = local // HOUR_US, local // DAY_US
        self.hours.update(count_values(hour))
        self.waybills.update(count_values(_once(reads.waybill, day)))
        self.by_day.update(count_pairs(reads.actor, day))
        order = np.argsort(hour, kind="stable")
        found, start, count = np.unique(hour[order], return_index=True, return_counts=True)
        for one, first, n in zip(found.tolist(), start.tolist(), count.tolist(), strict=True):
            some = self._some.setdefault(one, [])
            if len(some) < EXAMPLES:
                some += seen(reads, order[first : first + min(n, EXAMPLES - len(some))])

    def days(self) -> dict[int, int]:
        """Local day → calls."""
        out: Counter[int] = Counter()
        for hour, n in self.hours.items():
            out[hour // 24] += n
        return dict(out)

    def of_hour(self, hour: int) -> list[Seen]:
        """Some reads of an hour."""
        return first_of(self._some.get(hour, ()))

    def of_day(self, day: int) -> list[Seen]:
        """Some reads of a day."""
        return first_of([one for hour in range(24 * day, 24 * day + 24) for one in self._some.get(hour, ())])

    def busiest(self) -> dict[int, int]:
        """Local day → the actor (a key) that read most."""
        best: dict[int, tuple[int, int]] = {}
        for (actor, day), n in self.by_day.items():
            best[day] = max(best.get(day, (0, 0)), (n, actor))
        return {day: actor for day, (_, actor) in best.items()}


class PartnerTally:
    """All that is counted of one partner."""

    def __init__(self) -> None:
        self.reads = 0
        self.waybills = 0
        self.first: int | None = None
        self.last: int | None = None
        self.kinds: dict[Kind, KindTally] = {}
        self.volume = VolumeTally()

    def add(self, reads: Reads) -> None:
        """Takes all reads of a stretch."""
        self.reads += len(reads.at)
        self.waybills += distinct_of(reads.waybill)
        if len(reads.at):
            self.first = least((self.first, int(reads.at.min())))
            self.last = most((self.last, int(reads.at.max())))

    def breaches(self, reads: Reads, found: Iterable[BreachRows], offset_us: int) -> None:
        """Takes what was found among those reads."""
        for one in found:
            self.kinds.setdefault(one.kind, KindTally()).add(reads.take(one.rows), offset_us, one.what)


def earliest(at: Longs) -> Longs:
    """Places of the first few in time, more where several share a moment."""
    if len(at) <= EXAMPLES:
        return np.arange(len(at))
    return np.flatnonzero(at <= np.partition(at, EXAMPLES - 1)[EXAMPLES - 1])[: 64 * EXAMPLES]


def seen(reads: Reads | Calls, rows: Longs) -> list[Seen]:
    """Some reads as numbers."""
    return list(zip(reads.at[rows].tolist(), reads.waybill[rows].tolist(), reads.actor[rows].tolist(), strict=True))


def first_of(some: Iterable[Seen]) -> list[Seen]:
    """The first few in time."""
    return sorted(some)[:EXAMPLES]


def _once(waybill: np.ndarray[tuple[int], np.dtype[np.uint64]], day: Longs) -> Longs:
    """The day of each pair (waybill, day), each pair once. waybill: sorted."""
    order = np.lexsort((day, waybill))
    waybill, day = waybill[order], day[order]
    new = np.ones(len(day), np.bool_)
    new[1:] = (waybill[1:] != waybill[:-1]) | (day[1:] != day[:-1])
    return day[new]
