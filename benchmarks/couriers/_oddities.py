"""What honest accounts do out of the ordinary, and what befalls a log. Moves of staff stand in `_staff`.

1. Each oddity is a function of the draft, by its name in `ODDITIES`; who does it stands in the draft's traps.
2. What is read is drawn as its reason has it: a report reads the region, an audit everything.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.couriers._plan import Role, scaled
from benchmarks.couriers._world import Draft
from wayseal_sim.types import DAY, HOUR, MINUTE, Ints, Mask

Rng = np.random.Generator
_PEOPLE_OF_OUTLETS = (Role.CLERK, Role.COURIER, Role.AGENT)


def do_oddities(draft: Draft, rng: Rng) -> None:
    """All oddities of the plan that are acts."""
    draft.traps.update({who: trap for who, trap in draft.staff.traps.items() if who not in draft.traps})
    for name in draft.plan.odd:
        if name in _ACTS:
            _ACTS[name](draft, scaled(draft.plan.odd[name], draft.accounts), rng)


def some_of(draft: Draft, rng: Rng, count: int, *roles: Role) -> list[int]:
    """Accounts of these roles that do nothing odd yet and are there all the time."""
    s = draft.staff
    there = s.of(*roles)
    free = [k for k in rng.permutation(there).tolist() if k not in draft.traps and not s.first[k]]
    return [k for k in free if s.last[k] == draft.span.days][:count]


def days_of(draft: Draft, rng: Rng, account: int, many: int, due: int | None = None) -> list[int]:
    """So many working days in a row, from the third on; around the day that it is due."""
    days = [d for d in draft.working_days(account) if d >= 2] or draft.working_days(account)
    if due is not None:
        return sorted(days, key=lambda d: (abs(d - due), d))[:many]
    at = int(rng.integers(0, max(1, len(days) - many + 1)))
    return days[at : at + many]


def sweep(draft: Draft, rng: Rng, account: int, day: int, among: Mask | None, many: int, back: int) -> None:
    """Reads so many parcels issued within so many days before a day's shift, in that shift."""
    begin, end = draft.shift_on(account, day)
    part = draft.issued_between(begin - back * DAY, begin)
    wanted = np.arange(part.start, part.stop)
    if among is not None:
        wanted = wanted[among[part]]
    chosen = rng.choice(wanted, min(many, len(wanted)), replace=False)
    first = begin + (rng.random() * 0.4 * (end - begin))
    at = np.sort(first + rng.random(len(chosen)) * (end - first)).astype(np.int64)
    draft.read_as_usual(at, account, np.sort(chosen))


def _month_reports(draft: Draft, count: int, rng: Rng) -> None:
    due = int(rng.integers(2, draft.span.days - 1)) if rng.random() < 0.5 else None
    for who in some_of(draft, rng, count, Role.MANAGER):
        many = int(rng.integers(1_000, 3_001))
        days = days_of(draft, rng, who, int(rng.integers(1, 3)), due)
        mine = draft.of_region(int(draft.staff.region[who]))
        for day in days:
            sweep(draft, rng, who, day, mine, many // len(days), 30)
        draft.traps[who] = "month_report"


def _audits(draft: Draft, count: int, rng: Rng) -> None:
    for who in some_of(draft, rng, count, Role.HEAD):
        for day in days_of(draft, rng, who, 2):
            sweep(draft, rng, who, day, None, int(rng.integers(400, 1_600)), 10)
        draft.traps[who] = "audit"


def _drills(draft: Draft, count: int, rng: Rng) -> None:
    for who in some_of(draft, rng, count, Role.IT):
        for day in days_of(draft, rng, who, int(rng.integers(1, 3))):
            sweep(draft, rng, who, day, None, int(rng.integers(200, 800)), 3)
        draft.traps[who] = "drill"


def _stocktakes(draft: Draft, count: int, rng: Rng) -> None:
    p = draft.parcels
    for who in some_of(draft, rng, count, Role.CLERK):
        home = int(draft.staff.home[who])
        for day in days_of(draft, rng, who, 1):
            sweep(draft, rng, who, day, (p.destination == home) | (p.origin == home), 400, 10)
        draft.traps[who] = "stocktake"


def _trainings(draft: Draft, count: int, rng: Rng) -> None:
    for who in some_of(draft, rng, count, Role.CLERK, Role.AGENT):
        for day in days_of(draft, rng, who, 2):
            sweep(draft, rng, who, day, None, int(rng.integers(15, 60)), 8)
        draft.traps[who] = "training"


def _vips(draft: Draft, count: int, rng: Rng) -> None:
    """One large customer's parcels, every working day."""
    p = draft.parcels
    large = np.argsort(-np.bincount(p.customer))[: 4 * count]
    for who, customer in zip(some_of(draft, rng, count, Role.CLERK, Role.AGENT), large.tolist(), strict=False):
        for day in draft.working_days(who):
            sweep(draft, rng, who, day, p.customer == customer, int(rng.integers(10, 60)), 2)
        draft.traps[who] = "vip"


def _aggregators(draft: Draft, count: int, rng: Rng) -> None:
    """Partners whose users ask for parcels of any interface, once they are on the way."""
    p, s = draft.parcels, draft.staff
    partners = s.of(Role.PARTNER)
    partners = partners[s.owns[partners] >= 0]
    for who in rng.permutation(partners)[:count].tolist():
        mine = np.flatnonzero(rng.random(len(p)) < rng.uniform(0.005, 0.03))
        at = p.pickup[mine] + ((p.done[mine] - p.pickup[mine]) * rng.random(len(mine))).astype(np.int64)
        draft.read_as_usual(at, who, mine)
        draft.traps[who] = "aggregator"


def _recent(draft: Draft, rng: Rng, at: Ints, days: int) -> Ints:
    low, high = np.searchsorted(draft.parcels.issued, [at - days * DAY, at])
    out: Ints = np.minimum(low + ((high - low) * rng.random(len(at))).astype(np.int64), len(draft.parcels) - 1)
    return out


def in_shift(draft: Draft, rng: Rng, who: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Times in the shifts of accounts on days, for those that work then; and which of them these are."""
    s = draft.staff
    works = np.flatnonzero(s.works_on(who, day) & (day >= s.first[who]) & (day < s.last[who]))
    begin = draft.span.start + day[works] * DAY + s.begins(who[works], day[works]) * HOUR
    return begin + (rng.random(len(works)) * s.shift[who[works], 1] * HOUR).astype(np.int64), works


def _curious(draft: Draft, count: int, rng: Rng) -> None:
    people = some_of(draft, rng, count, *_PEOPLE_OF_OUTLETS)
    for who in people:
        many = rng.poisson(rng.uniform(0.5, 4), draft.span.days) * (rng.random(draft.span.days) < 0.6)
        day = np.repeat(np.arange(draft.span.days), many)
        at, _ = in_shift(draft, rng, np.full(len(day), who), day)
        draft.read_as_usual(at, who, _recent(draft, rng, at, 4))
        draft.traps[who] = "curious"


def _celebrities(draft: Draft, count: int, rng: Rng) -> None:
    """Each of `count` celebrities gets two or three parcels that thirty people look up within two days."""
    for _ in range(count):
        who = np.array(some_of(draft, rng, scaled(40, draft.accounts), *_PEOPLE_OF_OUTLETS), np.int64)
        day = int(rng.integers(1, draft.span.days - 2))
        part = draft.issued_between(draft.span.start + (day - 1) * DAY, draft.span.start + day * DAY)
        parcels = rng.integers(part.start, part.stop, 3)
        account = np.repeat(who, rng.integers(1, 4, len(who)))
        at, works = in_shift(draft, rng, account, day + rng.integers(0, 2, len(account)))
        draft.read_as_usual(at, account[works], parcels[rng.integers(0, 3, len(works))])
        draft.traps.update(dict.fromkeys(who.tolist(), "celebrity"))


def _misdialled(draft: Draft, per_thousand: int, rng: Rng) -> None:
    """Numbers typed wrongly: so many in a thousand people's days (clerks and agents). No trap: everybody does it."""
    del per_thousand
    share = draft.plan.odd["misdialled"] / 1_000
    people = draft.staff.of(*_PEOPLE_OF_OUTLETS)
    many = rng.poisson(share * rng.lognormal(0, 0.6, len(people))[:, None], (len(people), draft.span.days))
    where, day = np.nonzero(many)
    account, when = np.repeat(people[where], many[where, day]), np.repeat(day, many[where, day])
    at, works = in_shift(draft, rng, account, when)
    draft.read_as_usual(at, account[works], _recent(draft, rng, at, 9))


def _retry_storms(draft: Draft, count: int, rng: Rng) -> None:
    """For some hours a service asks for the parcels of these hours again and again, and for as many others."""
    services = draft.staff.of(Role.SERVICE)
    for who in rng.permutation(services)[:count].tolist():
        begin = draft.span.start + int(rng.integers(2, draft.span.days)) * DAY + int(rng.integers(6, 18)) * HOUR
        length = int(rng.integers(2, 6)) * HOUR
        part = draft.issued_between(begin, begin + length)
        some = rng.choice(np.arange(part.start, part.stop), min(2_000, part.stop - part.start), replace=False)
        parcel = np.repeat(some, rng.integers(3, 12, len(some)))
        at = np.maximum(draft.parcels.issued[parcel], begin) + (rng.random(len(parcel)) * length).astype(np.int64)
        draft.reads.add(at, who, parcel, "push")
        more = rng.integers(part.start, part.stop, part.stop - part.start)
        late = np.maximum(draft.parcels.issued[more], begin) + (rng.random(len(more)) * length).astype(np.int64)
        draft.reads.add(late, who, more, "push")
        draft.traps.setdefault(who, "retry_storm")


def _outage(draft: Draft, count: int, rng: Rng) -> None:
    del count
    begin = draft.span.start + int(rng.integers(2, draft.span.days - 1)) * DAY + int(rng.integers(6, 12)) * HOUR
    draft.outage = (begin, begin + int(rng.integers(5, 11)) * HOUR)


def _clocks_off(draft: Draft, count: int, rng: Rng) -> None:
    """At some outlets reads are logged hours early or late; scans aren't."""
    for unit in rng.permutation(draft.places.outlets)[: min(count, draft.places.outlets // 3)].tolist():
        draft.clock_off[unit] = int(rng.choice([-8, -3, 2, 5, 8])) * HOUR + int(rng.integers(0, 30)) * MINUTE
        for who in np.flatnonzero(draft.staff.home == unit).tolist():
            draft.traps.setdefault(who, "clock_off")


_ACTS: Mapping[str, Callable[[Draft, int, Rng], None]] = MappingProxyType(
    {
        "month_report": _month_reports,
        "audit": _audits,
        "drill": _drills,
        "stocktake": _stocktakes,
        "training": _trainings,
        "vip": _vips,
        "aggregator": _aggregators,
        "curious": _curious,
        "celebrity": _celebrities,
        "misdialled": _misdialled,
        "retry_storm": _retry_storms,
        "outage": _outage,
        "clock_off": _clocks_off,
    }
)
