"""Both sides' logs of one partner, put side by side, stretch by stretch.

Obligations (code and tests cite the numbers):
1. Compared is the time that both logs cover, from the first to the last call of each, by our clock; what lies beyond it
   is counted apart and accuses nobody.
2. Every compared call is matched (`_pairs`), only ours or only theirs, and stands under exactly one of these.
3. A matched call counts by our time, a call of theirs alone by its own, the clock skew taken out; all times are ours.
4. Fields and addresses are compared where both logs say them.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from wayseal.detect.partners._judge import KindTally
from wayseal.detect.partners._pairs import (
    NO_CLOCK,
    TOLERANCE_US,
    CallPairs,
    Clock,
    clock_of,
    correct_clock,
    id_pairs,
    match_by_id,
    match_by_time,
    time_pairs,
)
from wayseal.detect.partners._reads import (
    DAY_US,
    Calls,
    Flags,
    Longs,
    Reads,
    UInts,
    count_pairs,
    count_values,
    least,
    most,
)
from wayseal.model.period import Period

SAMPLE = 1 << 18
MOST_WAYBILLS = 10
_COMMON = 0.05
"""Share of the ids that could be common and are, from which on they are taken to be of one kind."""


class FirstPass:
    """The first walk over one partner: what tells its clock, and from when to when its log goes."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None
        self.calls = 0
        self._could = 0
        self._named = False
        self._ids: list[CallPairs] = []
        self._times: list[CallPairs] = []

    def add(self, ours: Reads, theirs: Calls) -> None:
        """Takes a stretch with at least one call of theirs."""
        self.calls += len(theirs.at)
        self.first = least((self.first, int(theirs.at.min())))
        self.last = most((self.last, int(theirs.at.max())))
        self._named |= bool((theirs.request != 0).any())
        if _size(self._ids) < SAMPLE:
            pairs, could = id_pairs(ours, theirs)
            self._could += could
            self._ids.append(pairs)
        if (room := SAMPLE - _size(self._times)) > 0:
            self._times.append(time_pairs(ours, theirs, room))

    @property
    def ids(self) -> str:
        """How request ids relate: "shared", "foreign" or "none" to compare."""
        if not self._could:
            return "none"
        return "shared" if _size(self._ids) >= _COMMON * self._could else "foreign"

    def clock(self) -> Clock:
        """The partner's clock, by ids where they are shared, else by times."""
        by_ids = clock_of(_joined(self._ids)) if self.ids == "shared" else NO_CLOCK
        return by_ids if by_ids.summary else clock_of(_joined(self._times))


def _size(some: list[CallPairs]) -> int:
    return sum(len(pairs.diff) for pairs in some)


def _joined(some: list[CallPairs]) -> CallPairs:
    none = np.zeros(0, np.int64)
    return CallPairs(
        at=np.concatenate([none, *(p.at for p in some)]),
        diff=np.concatenate([none, *(p.diff for p in some)]),
        waybill=np.concatenate([np.zeros(0, np.uint64), *(p.waybill for p in some)]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonTerms:
    """How one partner's logs are compared. since, until: the time that both cover (µs, ours; the end excluded)."""

    clock: Clock
    ids: str
    since: int
    until: int
    period: Period
    offset_us: int

    def inside(self, at: Longs) -> Flags:
        """The calls that are compared (obligation 1)."""
        return (at >= self.since) & (at < self.until)

    def asked(self, at: Longs) -> Flags:
        """The part in the period that was asked for."""
        return (at >= self.period.since) & (at < self.period.until)


def terms_of(gather: FirstPass, span: tuple[int, int], period: Period, offset_us: int) -> ComparisonTerms:
    """span: of our log (µs, the end excluded). The partner's log covers a little more than its calls: the tolerance."""
    clock = gather.clock()
    ends = np.array([gather.first or 0, gather.last or 0], np.int64)
    first, last = (ends - clock.at(ends - clock.whole)).tolist()
    return ComparisonTerms(
        clock=clock,
        ids=gather.ids,
        since=max(span[0], first - TOLERANCE_US, period.since),
        until=min(span[1], last + TOLERANCE_US + 1, period.until),
        period=period,
        offset_us=offset_us,
    )


class CallTally:
    """The second walk: what both sides have, and what one has alone."""

    def __init__(self, terms: ComparisonTerms) -> None:
        self.terms = terms
        self.ours = self.theirs = self.by_id = self.by_time = 0
        self.outside = [0, 0]
        self.only_ours, self.only_theirs = KindTally(), KindTally()
        self.repeats = [0, 0]
        self.days: dict[str, Counter[int]] = {side: Counter() for side in ("both", "only_ours", "only_theirs")}
        self.ips: Counter[int] = Counter()
        self.known_ips: set[int] = set()
        self.differ = 0
        self.worst: list[tuple[int, int, int, int]] = []
        self.fields: Counter[tuple[int, int]] = Counter()
        self.addresses: Counter[tuple[int, int]] = Counter()

    def add(self, ours: Reads, theirs: Calls) -> None:
        """Takes a stretch: all calls on its waybills, of both sides."""
        terms, shared = self.terms, self.terms.ids == "shared"
        none = np.full(len(ours.at), -1, np.int64)
        named = match_by_id(ours, theirs) if shared else none
        found = match_by_time(ours, theirs, named, terms.clock, shared)
        then = correct_clock(theirs, terms.clock)
        left = np.ones(len(theirs.at), np.bool_)
        left[found[found >= 0]] = False
        self._outside(0, ours.at[terms.asked(ours.at) & (found < 0)])
        self._outside(1, then[terms.asked(then) & left])
        both = (found >= 0) & terms.asked(ours.at)
        mine = (found < 0) & terms.inside(ours.at)
        other = left & terms.inside(then)
        self.by_id += int((both & (named >= 0)).sum())
        self.by_time += int((both & (named < 0)).sum())
        self.ours += int(both.sum() + mine.sum())
        self.theirs += int(both.sum() + other.sum())
        self._one_side(ours, mine, other, theirs, then)
        self._counts(ours.waybill[both], ours.waybill[mine], theirs.waybill[other])
        rows = np.flatnonzero(both)
        self._compare(ours, theirs, rows, found[rows])
        self.days["both"].update(count_values((ours.at[rows] + terms.offset_us) // DAY_US))

    def _outside(self, side: int, at: Longs) -> None:
        self.outside[side] += int((~self.terms.inside(at)).sum())

    def _one_side(self, ours: Reads, mine: Flags, other: Flags, theirs: Calls, then: Longs) -> None:
        """Calls of one side alone, with their addresses where they are ours."""
        offset = self.terms.offset_us
        self.only_ours.add(ours.take(mine), offset, {})
        self.only_theirs.add(replace(theirs, at=then).take(other), offset, {})
        self.repeats[0] += _repeats(ours, mine)
        self.repeats[1] += _repeats(theirs, other)
        self.ips.update(count_values(ours.ip[mine]))
        self.days["only_ours"].update(count_values((ours.at[mine] + offset) // DAY_US))
        self.days["only_theirs"].update(count_values((then[other] + offset) // DAY_US))

    def _counts(self, both: UInts, mine: UInts, other: UInts) -> None:
        """Waybills with another count here than there."""
        keys, place = np.unique(np.concatenate([both, mine, other]), return_inverse=True)
        ends = np.cumsum([len(both), len(mine), len(other)])
        n = [np.bincount(part, minlength=len(keys)) for part in np.split(place, ends[:2])]
        here, there = n[0] + n[1], n[0] + n[2]
        differ = np.flatnonzero(here != there)
        self.differ += len(differ)
        size = np.abs(here - there)[differ]
        top = differ[np.argsort(-size, kind="stable")[:MOST_WAYBILLS]]
        columns = (-np.abs(here - there)[top], keys[top], here[top], there[top])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        self.worst = sorted([*self.worst, *rows])[:MOST_WAYBILLS]

    def _compare(self, ours: Reads, theirs: Calls, rows: Longs, places: Longs) -> None:
        """Obligation 4: pairs (our key, place of their text), with 0 and -1 for what isn't said."""
        self.fields.update(count_pairs(ours.fields[rows], theirs.fields[places]))
        self.addresses.update(count_pairs(ours.ip[rows], theirs.ip[places]))
        self.known_ips.update(np.unique(ours.ip[rows]).tolist())


def _repeats(side: Reads | Calls, alone: Flags) -> int:
    """How many of these calls say the same as one before them: waybill, moment and request."""
    rows = np.flatnonzero(np.isin(side.waybill, side.waybill[alone]))
    columns = [column[rows] for column in (side.request, side.at, side.waybill)]
    order = np.lexsort((alone[rows], *columns))
    same = np.ones(max(len(order) - 1, 0), np.bool_)
    for column in columns:
        same &= column[order][1:] == column[order][:-1]
    return int((same & alone[rows][order][1:]).sum())
