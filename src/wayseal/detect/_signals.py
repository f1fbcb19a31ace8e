"""What there is to say of accounts on each day: what scores are made of.

Obligations (code and tests cite the numbers):
1. A signal of a day hangs on that day and those before it, but for who is whose peer and who is linked with whom.
2. Measured are accounts of whom a detector says LEAST nats or more, that are linked with others, or that read far above
   their role on several days, whatever explains their reads: what is learnt of an account, few peers, or an interface
   of its own hide nobody.
3. What counted once counts for four weeks: of each detector the most nats of these days are a signal. So what a suspect
   does after an alert teaches nothing, and a reason that counted stays.
4. Of the unexplained first reads there are besides: the nats as of today, on how many days they go on, their share,
   since how many days none came, how probable innocent causes are and how many of the role stand out alike (both apart
   for what is no person), and how much more of them than in the middle of all are of fresh parcels: ordinary oddity
   looks back, and what is sold is new. What is known of too few is the middle.
5. Whoever reads far more than all of its role on several days (e² times the third of it; e³ times, if it is no person)
   is worth a look whatever else there is to say: of 21 such people of whom nothing else was said four pulled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wayseal.detect._judge import MAIN, Finding
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._unknown_work import Group
from wayseal.detect._view import Flags, Floats, Longs, View
from wayseal.detect.peers import WEEKS
from wayseal.model.kinds import ActorKind

LEAST = 1.0
_FAR, _FAR_DAYS, _ALONE, _ALONE_SERVICE = 0.7, 2, 2.0, 3.0
"""Logarithms of how far above the third of its role an account reads to be measured, and to be worth a look; days."""
_GOES_ON, _PART = 4, 0.25
"""Odd reads of a day on which a story goes on, and of what share of its usual day."""
_FEW, _RECENT, _SOME = 4, 5, 3
_LEAST_USUAL, _NEVER = 5.0, 1e-6
NOW = "now"
UNDATED = "undated"
"""1 where of most unexplained reads no table says since when there is a parcel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Signals of c accounts. actors: places in the view, sorted; values: float64 (c, d), by name.

    Those by a detector's name are the most nats of four weeks (obligation 3); `now` are those of the main one as of the
    day. odd: int64 (c, d), unexplained first reads of the story up to each day.
    """

    actors: Longs
    odd: Longs
    values: Mapping[str, Floats]

    def row_of(self, actor: int) -> int:
        """Where an account stands in `actors`."""
        return int(np.searchsorted(self.actors, actor))

    def of(self, actor: int, day: int) -> dict[str, float]:
        """An account's signals on a day's end."""
        row = self.row_of(actor)
        return {name: float(value[row, day]) for name, value in self.values.items()}


def measure_signals(
    view: View, findings: Sequence[Finding], groups: Sequence[LinkedAccounts], first_day: int
) -> Signals:
    """Signals of the accounts that obligation 2 names. first_day: column of the first day that is asked about."""
    beyond, beyond_days = _measure_beyond_role(view)
    nats = [f.evidence.total[:, first_day:].max(axis=1, initial=0.0) for f in findings]
    apart: Flags = np.any(((beyond >= _FAR) & (beyond_days >= _FAR_DAYS))[:, first_day:], axis=1)
    apart[[actor for group in groups for actor in group.actors]] = True
    some = np.flatnonzero(apart | (np.max([*nats, np.zeros(view.shape[0])], axis=0) >= LEAST))
    person = np.array([kind in ("", ActorKind.PERSON) for kind in view.kinds])[view.kind[some]]
    values = {
        "role": np.broadcast_to(np.log(np.bincount(view.role)[view.role[some]])[:, None], beyond[some].shape),
        "service": np.broadcast_to(np.where(person, 0.0, 1.0)[:, None], beyond[some].shape),
        **_apart("beyond_role", beyond[some], person),
        **_apart("days_beyond_role", beyond_days[some], person),
        **{f.name: _most_of_weeks(f.evidence.total[some]) for f in findings},
    }
    main = next((f for f in findings if f.name == MAIN), None)
    if main is None:
        return Signals(actors=some, odd=np.zeros(beyond[some].shape, np.int64), values=values)
    odd, base, since = main.odd.odd[some], main.odd.base[some], main.evidence.since[some]
    values |= {NOW: main.evidence.total[some], **_stories(odd, base, since), "quiet": _quiet_days(odd)}
    values["steady"] = np.log(main.causes.steady[some])
    for name, value, least in (
        ("unknown", np.log(np.maximum(main.causes.unknown[some], _NEVER)), np.log(_NEVER)),
        ("alike", _count_alike(view, main, some, first_day), 0.0),
    ):
        values |= {name: value, f"{name}_service": np.where(person[:, None], least, value)}
    values |= _apart("fresher", _fresher(view, some, person), person)
    s = view.suspects
    known = 2 * int(((s.plain | s.unknown) & s.dated).sum()) > int((s.plain | s.unknown).sum())
    values[UNDATED] = np.full(odd.shape, 0.0 if known else 1.0)
    many = np.concatenate([np.zeros((len(some), 1), np.int64), np.cumsum(odd, axis=1)], axis=1)
    return Signals(actors=some, odd=many[:, 1:] - np.take_along_axis(many, since, axis=1), values=values)


def stand_out(values: Mapping[str, Floats]) -> Flags:
    """Bool, of signals of any shape: who does what none of its kind does, whatever explains it (obligation 5)."""
    far = (values["beyond_role"] >= _ALONE) & (values["days_beyond_role"] >= _FAR_DAYS)
    service = (values["beyond_role_service"] >= _ALONE_SERVICE) & (values["days_beyond_role_service"] >= _FAR_DAYS)
    out: Flags = far | service
    return out


def _apart(name: str, value: Floats, person: Flags) -> dict[str, Floats]:
    """A signal of people, and the same of what is no person; 0 of the others."""
    mine = person[:, None]
    return {name: np.where(mine, value, 0.0), f"{name}_service": np.where(mine, 0.0, value)}


def describe_story(odd: Longs, base: Floats, days: Longs) -> dict[str, Floats]:
    """What the counts of a story say, float64 (c,) each, by name.

    odd, base: (c, t), 0 before it began; days: (c,), since it began.
    """
    many = odd.sum(axis=1).astype(np.float64)
    on = (odd >= np.maximum(_GOES_ON, _PART * many / days)[:, None]).sum(axis=1).astype(np.float64)
    return {
        "days": on,
        "share": many / np.maximum(many + base.sum(axis=1), 1.0),
    }


def _stories(odd: Longs, base: Floats, since: Longs) -> dict[str, Floats]:
    """`describe_story` of every day."""
    out: dict[str, Floats] = {}
    days = np.arange(odd.shape[1])
    for day in days.tolist():
        inside = days[: day + 1] >= since[:, day, None]
        told = describe_story(odd[:, : day + 1] * inside, base[:, : day + 1] * inside, day + 1 - since[:, day])
        for name, value in told.items():
            out.setdefault(name, np.zeros(odd.shape))[:, day] = value
    return out


def _most_of_weeks(nats: Floats) -> Floats:
    """Of each day the most of the four weeks up to it."""
    out = nats.copy()
    for back in range(1, min(WEEKS, nats.shape[1])):
        np.maximum(out[:, back:], nats[:, :-back], out=out[:, back:])
    return out


def _quiet_days(odd: Longs) -> Floats:
    """Days since the last odd read; 0 before the first."""
    days = np.arange(odd.shape[1])
    last = np.maximum.accumulate(np.where(odd > 0, days, -1), axis=1)
    return np.where(last >= 0, days - last, 0).astype(np.float64)


def _measure_beyond_role(view: View) -> tuple[Floats, Floats]:
    """float64 (a, d) each: how far first reads are above the third of the role, in logarithms, and on how many days.

    Recent active days of one's own; of the others all of theirs, and _LEAST_USUAL beside, so that few are never far
    above none. Of few of a role: above the third of the kind; of few of a kind again: 0.
    """
    lone, few = (np.bincount(codes)[codes] <= _FEW for codes in (view.kind, view.role))
    active = (view.first > 0).astype(np.int64)
    typical = np.cumsum(view.first, axis=1) / np.maximum(np.cumsum(active, axis=1), 1)
    of_role, of_kind = (Group(codes.astype(np.int64)).third_of_others(typical) for codes in (view.role, view.kind))
    usual = np.where(few[:, None], of_kind, of_role)
    usual += _LEAST_USUAL
    read, lately = _of_last(view.first, _RECENT), _of_last(active, _RECENT)
    far = np.log((read / np.maximum(lately, 1) + 1.0) / usual)
    often = np.cumsum(view.first + 1 > 2 * usual, axis=1).astype(np.float64)
    none = lone[:, None]
    return np.where(none | (lately == 0), 0.0, np.maximum(far, 0.0)), np.where(none, 0.0, often)


def _of_last(counts: Longs, days: int) -> Longs:
    out: Longs = np.cumsum(counts, axis=1)
    out[:, days:] = out[:, days:] - out[:, :-days]
    return out


def _count_alike(view: View, main: Finding, some: Longs, first_day: int) -> Floats:
    """float64 (c, d): logarithm of 1 and how many others of the role stand out half as much or more."""
    best = main.evidence.total.copy()
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


def _fresher(view: View, some: Longs, person: Flags) -> Floats:
    """float64 (c, d): share of fresh parcels among the unexplained reads so far, less the middle of people's."""
    s = view.suspects
    odd = (s.plain | s.unknown) & s.dated
    fresh, all_ = (np.cumsum(view.count(which)[some], axis=1) for which in (odd & s.fresh, odd))
    share = np.where(all_ >= _SOME, fresh / np.maximum(all_, 1), np.nan)
    told = share[person]
    middle = np.array([np.median(day[~np.isnan(day)]) if (~np.isnan(day)).any() else 0.0 for day in told.T])
    out: Floats = np.nan_to_num(share - middle)
    return out
