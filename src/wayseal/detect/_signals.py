"""Signals of accounts on each day: what scores are made of.

Obligations (code and tests cite the numbers):
1. A signal of a day hangs on that day and those before it, but for who is whose peer and who is linked with whom.
2. Measured are accounts of whom a detector says LEAST nats or more, that are linked with others, that read far above
   their role on several days, or that read more than before, whatever explains their reads: what is learnt of an
   account, few peers, or an interface of its own hide nobody.
3. What counted once counts for four weeks: of each detector the most nats of these days are a signal. So what a suspect
   does after an alert teaches nothing, and a reason that counted stays.
4. The story is told by that of STORIES which says most as of the day: its nats, on how many days it goes on, its
   share, how probable innocent causes are and how many of the role stand out alike (both apart for what is no person).
   Besides, how much more of the unexplained first reads than in the middle of all are of fresh parcels: ordinary oddity
   looks back, and what is sold is new. What is known of too few is the middle.
5. Whoever reads far more than all of its role on several days (e² times the third of it; e³ times, if it is no person)
   is worth a look whatever else there is to say: of 21 such people of whom nothing else was said four pulled. So is who
   has CLEAR nats of fresh reads: 159 of 167 pulled. What somebody has said was work is what an account usually reads.
6. Of what is no person, and of accounts most of whose reads a mandate explains: how much more they read since some day
   (rules 7 to 9), of what isn't explained read by read. Who reads so much more from where, or when, it never did
   (TAKEN_OVER, _TAKEN nats together) is worth a look: no table forbids what a login with wide rights does in the hands
   of somebody else.

Whether an account reads more since some day than it did before, and than others of its role read meanwhile.

What work explains read by read isn't looked at: what is left rises when somebody reads through an interface that tables
let read anything, or since the log's first day read others' parcels.
7. What is said of a day hangs on that day and those before it.
8. Growth is the difference of the means of the logarithms (of AS_FEW and a day's reads) before and since a day, over
   its standard error, of the day since which it is greatest: a t statistic. LEAST_DAYS days each; the day on which an
   account began is none.
9. What PEERS others of the role do meanwhile is no growth, nor, where there are fewer, what those of all roles do:
   the middle of their days, each against its own mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wayseal.detect._judge import FRESH, STORIES, Finding, Group
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._view import Suspects, View
from wayseal.detect.peers import WEEKS
from wayseal.model.arrays import Flags, Floats, Ints, Longs

AS_FEW, LEAST_DAYS, PEERS = 100.0, 2, 5
_SPREAD, _KNOWN = 0.1, 4
"""How far days lie apart at the least, as known from so many days."""
_BUSY = 5.0
"""Reads a day from which on an account tells what others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Of n accounts on d days. score: float64 (n, d), the t statistic; more: float64 (n, d), reads beyond what it was
    before, up to the day; since: int64 (n, d), the day since which."""  # noqa: D205, D209

    score: Floats
    more: Floats
    since: Longs


def measure_growth(reads: Longs, role: Ints) -> Growth:
    """How much more accounts read. reads: int64 (n, d); role: int32 (n,)."""
    n, days = reads.shape
    out = Growth(score=np.zeros((n, days)), more=np.zeros((n, days)), since=np.zeros((n, days), np.int64))
    if not reads.size:
        return out
    first = np.where(reads.any(axis=1), np.argmax(reads > 0, axis=1), days)[:, None] + 1
    logs, rows = np.log(reads + AS_FEW), np.arange(n)
    for day in range(int(first.min()) + 2 * LEAST_DAYS - 1, days):
        apart = logs[:, : day + 1] - _meanwhile(reads[:, : day + 1], logs[:, : day + 1], role, first[:, 0])
        sums, squares, many = (_sums(each) for each in (apart, apart**2, reads[:, : day + 1].astype(float)))
        start = np.minimum(first, day + 1)
        since = np.arange(LEAST_DAYS, day + 2 - LEAST_DAYS)[None]
        before, later = np.maximum(since - start, 1), day + 1 - since
        old = sums[:, since[0]] - np.take_along_axis(sums, start, axis=1)
        new = sums[:, [day + 1]] - sums[:, since[0]]
        step = new / later - old / before
        left = squares[:, [day + 1]] - np.take_along_axis(squares, start, axis=1) - old**2 / before - new**2 / later
        spread = np.sqrt((np.maximum(left, 0.0) + _KNOWN * _SPREAD**2) / (before + later - 2 + _KNOWN))
        score = np.where(since - start >= LEAST_DAYS, step / (spread * np.sqrt(1 / before + 1 / later)), 0.0)
        best = np.argmax(score, axis=1)
        out.score[:, day], out.since[:, day] = np.maximum(score[rows, best], 0.0), since[0, best]
        read = many[:, day + 1] - many[rows, since[0, best]] + AS_FEW * later[0, best]
        out.more[:, day] = read * -np.expm1(-np.maximum(step[rows, best], 0.0)) * (score[rows, best] > 0)
    return out


def _sums(values: Floats) -> Floats:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _meanwhile(reads: Longs, logs: Floats, role: Ints, first: Longs) -> Floats:
    """float64 (n, d): what others of the role do from day to day (obligation 9)."""
    telling = (first == first.min()) & (reads.mean(axis=1) >= _BUSY)
    apart = logs - logs.mean(axis=1, keepdims=True)
    every = np.median(apart[telling], axis=0) if telling.sum() >= PEERS else np.zeros(logs.shape[1])
    out = np.broadcast_to(every, logs.shape).copy()
    for one in np.unique(role).tolist():
        others = telling & (role == one)
        if others.sum() >= PEERS:
            out[role == one] = np.median(apart[others], axis=0)
    return out


LEAST, CLEAR = 1.0, 12.0
_FAR, _FAR_DAYS, _ALONE, _ALONE_SERVICE, _GROWN = 0.7, 2, 2.0, 3.0, 2.0
"""Logarithms of how far above its role's third an account reads to be measured, or worth a look; days; growth."""
TAKEN_OVER, _TAKEN = ("new_device_or_address", "unusual_hour", "two_places_at_once"), 8.0
"""Circumstances of a login in other hands, and their nats together."""
_GOES_ON, _PART = 4, 0.25
"""Odd reads of a day on which a story goes on, and of what share of its usual day."""
_FEW, _RECENT, _SOME = 4, 5, 3
_LEAST_USUAL, NEVER = 5.0, 1e-6
NOW, GROWN = "now", "grown"
TOLD_BY = "told_by"
"""Which of STORIES tells the story; no signal."""
UNDATED = "undated"
"""1 where of most unexplained reads no table says since when there is a parcel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Signals of c accounts. actors: places in the view, sorted; values: float64 (c, d), by name.

    Those by a detector's name are the most nats of four weeks (obligation 3); `now` are those of the story as of the
    day. odd: int64 (c, d), reads of the story up to each day, or what was read more than before. growth: theirs.
    middle: float64 (d,), share of fresh parcels among the unexplained reads of people in the middle.
    """

    actors: Longs
    odd: Longs
    values: Mapping[str, Floats]
    growth: Growth
    middle: Floats

    def row_of(self, actor: int) -> int:
        """Where an account stands in `actors`."""
        return int(np.searchsorted(self.actors, self.actors.dtype.type(actor)))

    def of(self, actor: int, day: int) -> dict[str, float]:
        """An account's signals on a day's end."""
        row = self.row_of(actor)
        return {name: float(value[row, day]) for name, value in self.values.items()}


def measure_signals(
    view: View, findings: Sequence[Finding], groups: Sequence[LinkedAccounts], first_day: int
) -> Signals:
    """Signals of the accounts that obligation 2 names. first_day: column of the first day that is asked about."""
    cleared = next((f.cleared for f in findings if f.cleared is not None), np.zeros(view.shape, np.bool_))
    beyond, beyond_days = _measure_beyond_role(view, cleared)
    growth = _measure_growth(view, cleared)
    nats = [f.evidence.total[:, first_day:].max(axis=1, initial=0.0) for f in findings]
    apart: Flags = np.any(((beyond >= _FAR) & (beyond_days >= _FAR_DAYS))[:, first_day:], axis=1)
    apart |= growth.score[:, first_day:].max(axis=1, initial=0.0) >= _GROWN
    apart[[actor for group in groups for actor in group.actors]] = True
    some = np.flatnonzero(apart | (np.max([*nats, np.zeros(view.shape[0])], axis=0) >= LEAST))
    growth = Growth(score=growth.score[some], more=growth.more[some], since=growth.since[some])
    person = view.maybe_people[some]
    values = {
        "role": np.broadcast_to(np.log(np.bincount(view.role)[view.role[some]])[:, None], beyond[some].shape),
        "service": np.broadcast_to(np.where(person, 0.0, 1.0)[:, None], beyond[some].shape),
        **_apart("beyond_role", beyond[some], person),
        **_apart("days_beyond_role", beyond_days[some], person),
        GROWN: growth.score,
        **{f.name: _most_of_weeks(f.evidence.total[some]) for f in findings},
    }
    stories = [f for f in findings if f.name in STORIES]
    more = growth.more.astype(np.int64)
    if not stories:
        return Signals(actors=some, odd=more, values=values, growth=growth, middle=np.zeros(view.shape[1]))
    story = _tell_story(view, stories, some, first_day)
    odd = story.pop("odd").astype(np.int64)
    values |= story
    for name, least in (("unknown", np.log(NEVER)), ("alike", 0.0)):
        values[f"{name}_service"] = np.where(person[:, None], least, values[name])
    fresh, middle = _fresh_shares(view, some, person)
    values["fresher"] = np.where(person[:, None], np.nan_to_num(fresh - middle), 0.0)
    s = view.suspects
    known = 2 * int(((s.plain | s.unknown) & s.dated).sum()) > int((s.plain | s.unknown).sum())
    values[UNDATED] = np.full(odd.shape, 0.0 if known else 1.0)
    return Signals(actors=some, odd=np.maximum(odd, more), values=values, growth=growth, middle=middle)


def stand_out(values: Mapping[str, Floats] | Mapping[str, float]) -> Flags:
    """Bool, of signals of any shape: who does what none of its kind does, whatever explains it (obligation 5)."""
    far = (values["beyond_role"] >= _ALONE) & (values["days_beyond_role"] >= _FAR_DAYS)
    service = (values["beyond_role_service"] >= _ALONE_SERVICE) & (values["days_beyond_role_service"] >= _FAR_DAYS)
    circumstances: Any = sum(values[name] for name in TAKEN_OVER if name in values)
    taken = (values.get(GROWN, 0.0) >= _GROWN) & (circumstances >= _TAKEN)
    out: Flags = far | service | taken | (values.get(FRESH, 0.0) >= CLEAR)
    return out


def _apart(name: str, value: Floats, person: Flags) -> dict[str, Floats]:
    """A signal of people, and the same of what is no person; 0 of the others."""
    return {name: np.where(person[:, None], value, 0.0), f"{name}_service": np.where(person[:, None], 0.0, value)}


def describe_story(odd: Longs, base: Floats, days: Longs) -> dict[str, Floats]:
    """The evidence in the counts of a story, float64 (c,) each, by name.

    odd, base: (c, t), 0 before it began; days: (c,), since it began.
    """
    many = odd.sum(axis=1).astype(np.float64)
    on = (odd >= np.maximum(_GOES_ON, _PART * many / days)[:, None]).sum(axis=1).astype(np.float64)
    return {"days": on, "share": many / np.maximum(many + base.sum(axis=1), 1.0)}


def _tell_story(view: View, stories: Sequence[Finding], some: Longs, first_day: int) -> dict[str, Floats]:
    """Signals of the story that says most, of every day (obligation 4)."""
    best = np.argmax([f.evidence.total[some] for f in stories], axis=0)
    told = [_describe_days(f, some) for f in stories]
    out = {name: np.choose(best, [one[name] for one in told]).astype(np.float64) for name in told[0]}
    most = np.max([f.evidence.total for f in stories], axis=0)
    by = np.array([STORIES.index(f.name) for f in stories])[best]
    return out | {"alike": _count_alike(view, most, some, first_day), TOLD_BY: by.astype(np.float64)}


def _describe_days(finding: Finding, some: Longs) -> dict[str, Floats]:
    """`describe_story` of every day, odd reads of the story and nats as of the day, and innocent causes."""
    odd, base, since = finding.odd.odd[some], finding.odd.base[some], finding.evidence.since[some]
    many = np.concatenate([np.zeros((len(some), 1), np.int64), np.cumsum(odd, axis=1)], axis=1)
    out = {
        "odd": (many[:, 1:] - np.take_along_axis(many, since, axis=1)).astype(np.float64),
        NOW: finding.evidence.total[some],
        "steady": np.log(finding.causes.steady[some]),
        "unknown": np.log(np.maximum(finding.causes.unknown[some], NEVER)),
    }
    days = np.arange(odd.shape[1])
    for day in days.tolist():
        inside = days[: day + 1] >= since[:, day, None]
        told = describe_story(odd[:, : day + 1] * inside, base[:, : day + 1] * inside, day + 1 - since[:, day])
        for name, value in told.items():
            out.setdefault(name, np.zeros(odd.shape))[:, day] = value
    return out


def count_left(view: View) -> Longs:
    """int64 (a, d): first reads that aren't explained read by read."""
    return view.count(np.ones(len(view.suspects), np.bool_)) + view.mandate


def _measure_growth(view: View, cleared: Flags) -> Growth:
    """Of all accounts, since what somebody has said was work; of most people nothing is said (obligation 6)."""
    mandated = 2 * view.mandate.sum(axis=1) > view.first.sum(axis=1)
    some = np.flatnonzero(~view.maybe_people | mandated)
    found = measure_growth((count_left(view) * ~cleared)[some], view.role[some])
    out = Growth(score=np.zeros(view.shape), more=np.zeros(view.shape), since=np.zeros(view.shape, np.int64))
    out.score[some], out.more[some], out.since[some] = found.score, found.more, found.since
    return out


def _most_of_weeks(nats: Floats) -> Floats:
    """Of each day the most of the four weeks up to it."""
    out = nats.copy()
    for back in range(1, min(WEEKS, nats.shape[1])):
        np.maximum(out[:, back:], nats[:, :-back], out=out[:, back:])
    return out


def _measure_beyond_role(view: View, cleared: Flags) -> tuple[Floats, Floats]:
    """float64 (a, d) each: how far first reads are above the third of the role, in logarithms, and on how many days.

    Recent active days of one's own; of the others all of theirs, and _LEAST_USUAL beside, so that few are never far
    above none. Of few of a role: above the third of the kind; of few of a kind again: 0. cleared: bool (a, d), days
    that somebody has said were work.
    """
    lone, few = (np.bincount(codes)[codes] <= _FEW for codes in (view.kind, view.role))
    active = (view.first > 0).astype(np.int64)
    typical = np.cumsum(view.first, axis=1) / np.maximum(np.cumsum(active, axis=1), 1)
    of_role, of_kind = (Group(codes.astype(np.int64)).third_of_others(typical) for codes in (view.role, view.kind))
    usual = np.where(few[:, None], of_kind, of_role)
    work = np.cumsum(view.first * cleared, axis=1) / np.maximum(np.cumsum(active * cleared, axis=1), 1)
    usual = np.maximum(usual, work) + _LEAST_USUAL
    read, lately = _of_last(view.first, _RECENT), _of_last(active, _RECENT)
    far = np.log((read / np.maximum(lately, 1) + 1.0) / usual)
    often = np.cumsum(view.first + 1 > 2 * usual, axis=1).astype(np.float64)
    none = lone[:, None]
    return np.where(none | (lately == 0), 0.0, np.maximum(far, 0.0)), np.where(none, 0.0, often)


def _of_last(counts: Longs, days: int) -> Longs:
    out: Longs = np.cumsum(counts, axis=1)
    out[:, days:] = out[:, days:] - out[:, :-days]
    return out


def _count_alike(view: View, nats: Floats, some: Longs, first_day: int) -> Floats:
    """float64 (c, d): logarithm of 1 and how many others of the role stand out half as much or more."""
    best = nats.copy()
    best[:, :first_day] = 0.0
    np.maximum.accumulate(best, axis=1, out=best)
    out, role = np.zeros((len(some), view.shape[1])), view.role[some]
    for one in np.unique(role).tolist():
        mine, all_ = np.flatnonzero(role == one), np.sort(best[view.role == one], axis=0)
        own = best[some[mine]]
        for day in range(first_day, view.shape[1]):
            above = len(all_) - np.searchsorted(all_[:, day], np.maximum(own[:, day] / 2, 2.0))
            out[mine, day] = np.maximum(above - (own[:, day] >= 2.0), 0)
    return np.log1p(out)


def _fresh_shares(view: View, some: Longs, person: Flags) -> tuple[Floats, Floats]:
    """float64 (c, d): share of fresh parcels among the unexplained reads so far; (d,): that of people in the middle."""
    s = view.suspects
    odd = (s.plain | s.unknown) & s.dated
    fresh, all_ = (np.cumsum(view.count(which)[some], axis=1) for which in (odd & s.fresh, odd))
    share: Floats = np.where(all_ >= _SOME, fresh / np.maximum(all_, 1), np.nan)
    told = share[person]
    middle = np.array([np.median(day[~np.isnan(day)]) if (~np.isnan(day)).any() else 0.0 for day in told.T])
    return share, middle


def count_fresh(s: Suspects, low: int, high: int, before: int) -> tuple[int, int]:
    """How many unexplained reads from row `low` to `high` are of fresh parcels, and of dated ones, before a day."""
    some = slice(low, high)
    odd = (s.plain[some] | s.unknown[some]) & s.dated[some] & (s.day[low:high] < before)
    return int((odd & s.fresh[some]).sum()), int(odd.sum())


def fresher_than(signals: Signals, before: tuple[int, int], today: Suspects) -> float:
    """The signal `fresher` of an account on the last day. before: of `count_fresh`; today: its reads of the day."""
    fresh, all_ = np.add(before, count_fresh(today, 0, len(today), 1)).tolist()
    return fresh / all_ - float(signals.middle[-1]) if all_ >= _SOME else 0.0


class StandsOutAlike:
    """How many of a role stand out: the signal `alike` of one account as it stands now."""

    def __init__(self, view: View, nats: Floats, first_day: int) -> None:
        """nats: float64 (a, d) of the story that says most."""
        self._best: Floats = nats[:, first_day:].max(axis=1, initial=0.0)
        self._sorted = {role: np.sort(self._best[view.role == role]) for role in np.unique(view.role).tolist()}

    def count(self, row: int | None, role: int, nats: float) -> float:
        """row: of the account in the view, None: unknown."""
        known = -1.0 if row is None else float(self._best[row])
        all_, least = self._sorted[role], max(max(nats, known) / 2, 2.0)
        return float(np.log1p(len(all_) - int(np.searchsorted(all_, least)) - (known >= least)))
