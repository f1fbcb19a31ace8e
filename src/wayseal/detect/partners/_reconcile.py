"""Both sides' logs of one partner, put side by side, key range by key range.

Obligations (code and tests cite the numbers):
1. Compared is the time that both logs cover, from the first to the last call of each, by our clock; what lies beyond it
   is counted apart and accuses nobody.
2. Every compared call is matched (5 to 7), only ours or only theirs, and stands under exactly one of these.
3. A matched call counts by our time, a call of theirs alone by its own, the clock skew taken out; all times are ours.
4. Fields and addresses are compared where both logs say them.

Which call of our log is which of theirs.
5. A call is matched at most once, with one call on the same waybill.
6. Where both carry a request id of a common kind, only equal ids match: the first with the first, and so on.
7. Others match in order of time, once the clock skew is taken out, when they stand no further apart than
   `TOLERANCE_US`; what is nearest goes first (`STEPS_US`). Two calls that both carry an id of a common kind never match
   by time.

How far a partner's clock stands from ours.
8. A pair is one call in both logs: the same request id and waybill, or, where requests carry no common ids, any of ours
   with any of theirs on one waybill. Wrong pairs scatter, right ones agree.
9. The skew is the median of the densest minute of the differences (theirs minus ours), day by day where that can be
   told (10). It counts only where at least `LEAST` waybills and a fifth of all agree; else it can't be told.
10. A day's own skew counts where half of its waybills agree, near the whole's (clocks drift), or far from it with
   `MANY` of them (a clock was set anew) and twice as many as agree with the whole's: regular polls agree with each
   other, too. Days without one take the nearest day's.
11. A drift is said where it adds up to `VISIBLE_S` and to more than the days scatter; it is the median of the slopes
   between days.
12. A skew within `ZONE_SLACK_S` of a multiple of half an hour is another time zone; what is left is the clock.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wayseal.detect.partners._judge import KindTally
from wayseal.detect.partners._reads import DAY_US, Calls, Reads, count_pairs, count_values, least, most
from wayseal.detect.partners._result import Skew
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.period import Period
from wayseal.model.runtime import kernel

WINDOW_US = 60_000_000
LEAST, SHARE = 3, 0.2
MANY, DAY_LEAST, DAY_SHARE = 20, 5, 0.5
NEAR_US = 1_800_000_000
JUMP_US = 600_000_000
VISIBLE_S = 5.0
ZONE_SLACK_S, HALF_HOUR_S, WIDEST_ZONE_S = 300.0, 1800, 26 * 3600
_MOST_DAYS = 400
_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPairs:
    """p pairs: at[p] µs (ours), diff[p] µs (theirs minus ours), waybill[p]."""

    at: Longs
    diff: Longs
    waybill: UInts


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """day[d]: UTC days, sorted, skew[d]: µs on each; `whole` before any is known. skew of a moment by its day."""

    summary: Skew | None
    whole: int = 0
    day: Longs
    skew: Longs

    def at(self, moment: Longs, days: int = 0) -> Longs:
        """The skew at moments of our clock, or of so many days later."""
        if not len(self.day):
            return np.full(len(moment), self.whole, np.int64)
        wanted = moment // DAY_US + days
        after = np.minimum(np.searchsorted(self.day, wanted), len(self.day) - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(self.day[before] - wanted) < np.abs(self.day[after] - wanted)
        return self.skew[np.where(nearer, before, after)]

    @property
    def jumps(self) -> bool:
        """True if the clock was set anew on the way."""
        return self.summary is not None and bool(self.summary.jumps)


NO_CLOCK = Clock(summary=None, day=np.zeros(0, np.int64), skew=np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mode:
    """The densest minute: its median, how many waybills agree, of how many."""

    middle: int
    agreeing: int
    of: int


def clock_of(pairs: CallPairs) -> Clock:
    """The partner's clock (obligations 9 to 12)."""
    if not len(pairs.diff):
        return NO_CLOCK
    whole = _mode(pairs.diff, pairs.waybill)
    day, skew = _days(pairs, whole)
    made = Clock(summary=None, whole=whole.middle, day=day, skew=skew)
    right = np.abs(pairs.diff - made.at(pairs.at)) <= WINDOW_US
    agreeing = len(np.unique(pairs.waybill[right]))
    if agreeing < LEAST or agreeing < SHARE * whole.of:
        return NO_CLOCK
    jumps = _jumps(day, skew)
    seconds = float(whole.middle if jumps else np.median(pairs.diff[right])) / _S
    summary = Skew(
        seconds=seconds,
        zone=_zone(seconds),
        waybills=whole.of,
        agreeing=agreeing / whole.of,
        drift=None if jumps else _drift(day, skew),
        jumps=jumps,
    )
    return replace(made, summary=summary)


def _mode(diff: Longs, waybill: UInts) -> _Mode:
    """Obligation 9; of several densest minutes the one nearest to 0."""
    order = np.argsort(diff, kind="stable")
    value, owner = diff[order], waybill[order]
    end = np.searchsorted(value, value + WINDOW_US, side="right")
    size = end - np.arange(len(value))
    best = np.flatnonzero(size == size.max())
    start = int(best[np.argmin(np.abs(value[best]))])
    inside = slice(start, int(end[start]))
    return _Mode(
        middle=int(np.median(value[inside])), agreeing=len(np.unique(owner[inside])), of=len(np.unique(waybill))
    )


def _days(pairs: CallPairs, whole: _Mode) -> tuple[Longs, Longs]:
    """Obligation 10."""
    day = pairs.at // DAY_US
    order = np.argsort(day, kind="stable")
    found, start = np.unique(day[order], return_index=True)
    days, skews = [], []
    for one, rows in zip(found.tolist(), np.split(order, start[1:]), strict=True):
        mode = _mode(pairs.diff[rows], pairs.waybill[rows])
        near = abs(mode.middle - whole.middle) <= NEAR_US
        as_ever = np.abs(pairs.diff[rows] - whole.middle) <= WINDOW_US
        kept = 0 if near else 2 * len(np.unique(pairs.waybill[rows][as_ever]))
        if mode.agreeing >= max(DAY_LEAST if near else MANY, DAY_SHARE * mode.of, kept):
            days.append(one)
            skews.append(mode.middle)
    return np.array(days, np.int64), np.array(skews, np.int64)


def _jumps(day: Longs, skew: Longs) -> tuple[tuple[int, float], ...]:
    """Days on which the clock stood more than ten minutes from the day before."""
    far = np.flatnonzero(np.abs(np.diff(skew)) > JUMP_US) + 1
    return tuple((int(day[n]), float(skew[n] / _S)) for n in far.tolist())


def _drift(day: Longs, skew: Longs) -> float | None:
    """Obligation 11."""
    day, seconds = day[:_MOST_DAYS].astype(np.float64), skew[:_MOST_DAYS] / _S
    if len(day) < 3:
        return None
    one, other = np.triu_indices(len(day), 1)
    slope = float(np.median((seconds[other] - seconds[one]) / (day[other] - day[one])))
    left: npt.NDArray[np.float64] = seconds - slope * day
    scatter = float(np.median(np.abs(left - np.median(left))))
    whole = abs(slope) * float(day[-1] - day[0])
    return slope if whole >= max(VISIBLE_S, 4 * scatter) else None


def _zone(seconds: float) -> int:
    """Obligation 12: minutes."""
    zone = round(seconds / HALF_HOUR_S) * HALF_HOUR_S
    return zone // 60 if abs(seconds - zone) <= ZONE_SLACK_S and abs(zone) <= WIDEST_ZONE_S else 0


TOLERANCE_US = 120_000_000
STEPS_US = (2_000_000, 15_000_000, TOLERANCE_US)
MOST_PAIRS = 1 << 12
"""Of one waybill with more pairs than that, none is looked at."""
_NONE = np.uint64(0)


def match_by_id(ours: Reads, theirs: Calls) -> Longs:
    """For each of ours, the place of theirs with the same request id and waybill; -1 for none (obligations 5, 6)."""
    found = np.full(len(ours.at), -1, np.int64)
    left, right = (_by_name(side.waybill, side.request) for side in (ours, theirs))
    _join(ours.waybill, ours.request, theirs.waybill, theirs.request, left, right, found)
    return found


def _by_name(waybill: UInts, request: UInts) -> Longs:
    """Places of calls with an id, sorted by id and waybill; of the same, in the order in which they stand."""
    rows = np.flatnonzero(request != _NONE)
    rows = rows[np.argsort(request[rows], kind="stable")]
    same = request[rows][1:] == request[rows][:-1]
    if same.any():
        rows = rows[np.lexsort((waybill[rows], request[rows]))]
    return rows


def match_by_time(ours: Reads, theirs: Calls, found: Longs, clock: Clock, shared: bool) -> Longs:
    """The same for what `found` (from `match_by_id`, or all -1) leaves open (obligations 5 and 7).

    shared: ids are common.
    """
    out = found.copy()
    guess = correct_clock(theirs, clock)
    days = (0, -1, 1) if clock.jumps else (0,)
    for shift in days:
        then = theirs.at - clock.at(guess, shift) if shift else guess
        for step in STEPS_US:
            for named_ours, named_theirs in ((False, None), (None, False)) if shared else ((None, None),):
                left = np.flatnonzero((out < 0) & _named(ours.request, named_ours))
                right = np.flatnonzero(_free(out, len(theirs.at)) & _named(theirs.request, named_theirs))
                right = _in_order(theirs.waybill, then, right)
                _near(ours.waybill, ours.at, theirs.waybill, then, left, right, step, out)
    return out


def _in_order(waybill: UInts, at: Longs, rows: Longs) -> Longs:
    """Places sorted by (waybill, at). They mostly are: a skew that changes from day to day can move some."""
    late = at[rows][1:] < at[rows][:-1]
    if not (late & (waybill[rows][1:] == waybill[rows][:-1])).any():
        return rows
    return rows[np.lexsort((at[rows], waybill[rows]))]


def _named(request: UInts, wanted: bool | None) -> Flags:
    return np.ones(len(request), np.bool_) if wanted is None else (request != _NONE) == wanted


def _free(found: Longs, n: int) -> Flags:
    """Which of theirs are not matched."""
    free = np.ones(n, np.bool_)
    free[found[found >= 0]] = False
    return free


def correct_clock(theirs: Calls, clock: Clock) -> Longs:
    """Their times by our clock."""
    return theirs.at - clock.at(theirs.at - clock.whole)


def id_pairs(ours: Reads, theirs: Calls) -> tuple[CallPairs, int]:
    """Pairs of equal ids, and how many of ours could have had one: both logs carry an id on their waybill."""
    found = match_by_id(ours, theirs)
    rows = np.flatnonzero(found >= 0)
    could = (ours.request != _NONE) & np.isin(ours.waybill, theirs.waybill[theirs.request != _NONE])
    at = ours.at[rows]
    pairs = CallPairs(at=at, diff=theirs.at[found[rows]] - at, waybill=ours.waybill[rows])
    return pairs, int(could.sum())


def time_pairs(ours: Reads, theirs: Calls, most: int) -> CallPairs:
    """Every one of ours with every one of theirs on the same waybill, of as many waybills as make `most` pairs."""
    key, left, m = np.unique(ours.waybill, return_index=True, return_counts=True)
    other, right, n = np.unique(theirs.waybill, return_index=True, return_counts=True)
    _, one, two = np.intersect1d(key, other, assume_unique=True, return_indices=True)
    left, m, right, n = left[one], m[one], right[two], n[two]
    few = (m * n <= MOST_PAIRS) & (np.cumsum(np.minimum(m * n, MOST_PAIRS)) <= most + MOST_PAIRS)
    left, m, right, n = left[few], m[few], right[few], n[few]
    size = m * n
    run = np.repeat(np.arange(len(size)), size)
    inside = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    a, b = left[run] + inside // n[run], right[run] + inside % n[run]
    return CallPairs(at=ours.at[a], diff=theirs.at[b] - ours.at[a], waybill=ours.waybill[a])


@kernel
def _join(key_a: UInts, id_a: UInts, key_b: UInts, id_b: UInts, order_a: Longs, order_b: Longs, found: Longs) -> None:
    """Fills `found` with equal (key, id), the k-th with the k-th; both orders are by (id, key)."""
    i, j = 0, 0
    while i < len(order_a) and j < len(order_b):
        a, b = order_a[i], order_b[j]
        if key_a[a] == key_b[b] and id_a[a] == id_b[b]:
            found[a] = b
            i += 1
            j += 1
        elif id_a[a] < id_b[b] or (id_a[a] == id_b[b] and key_a[a] < key_b[b]):
            i += 1
        else:
            j += 1


@kernel
def _near(
    key_a: UInts, at_a: Longs, key_b: UInts, at_b: Longs, order_a: Longs, order_b: Longs, step: int, found: Longs
) -> None:
    """Fills `found` with equal keys no more than `step` apart; both orders are by (key, at)."""
    i, j = 0, 0
    while i < len(order_a) and j < len(order_b):
        a, b = order_a[i], order_b[j]
        if key_a[a] == key_b[b] and abs(at_a[a] - at_b[b]) <= step:
            found[a] = b
            i += 1
            j += 1
        elif key_a[a] < key_b[b] or (key_a[a] == key_b[b] and at_a[a] < at_b[b]):
            i += 1
        else:
            j += 1


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
        """Takes a key range with at least one call of theirs."""
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
        """Takes a key range: all calls on its waybills, of both sides."""
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
