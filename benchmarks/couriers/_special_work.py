"""Work that only some couriers have: an order hall, two persons, searches by a phone's last digits, and the like.

1. As in `_work`, what is read follows from the work: a look at an order that is open, a parcel that was sent from here.
2. Nothing is drawn for a plan that has none of these.
"""

import numpy as np

from benchmarks.couriers._clock import hours, opened
from benchmarks.couriers._plan import Role
from benchmarks.couriers._staff import NIGHT
from benchmarks.couriers._teams import do_teams
from benchmarks.couriers._work import at_outlet, looks, next_door, recent
from benchmarks.couriers._world import PURPOSES, Draft, Reads, Ticket
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Ints, hour_of_day

Rng = np.random.Generator
_LAST_MILE = ("arrival", "counter", "delivery", "signed")
_APART = 4 * 10**15  # more than any time, so that (city, time) is one number
_FEW_DAYS = 2 * DAY


def do_special_work(draft: Draft, rng: Rng) -> None:
    """All that the plan has of these."""
    w = draft.plan.work
    for share, do in (
        (w.hall, _hall), (w.tail, _by_last_digits), (w.follow_up, _follow_up), (w.preview, _preview),
        (w.survey, _survey), (w.disputes, _disputes), (w.notices, _notices), (draft.plan.staffing.night, _unload),
        (draft.plan.staffing.several, _far_regions), (len(draft.staff.teams), do_teams),
    ):  # fmt: skip
        if share:
            do(draft, rng)
    if len(draft.flooded):
        _ask_after_flood(draft, rng)
    if w.witness:
        _witness(draft, rng)


def _hall(draft: Draft, rng: Rng) -> None:
    """Couriers of the neighbourhood look at an order that is open; one takes it."""
    p = draft.parcels
    some = np.repeat(np.arange(len(p)), rng.poisson(draft.plan.work.hall, len(p)))
    at = p.issued[some] + ((p.pickup[some] - p.issued[some]) * rng.random(len(some)) ** 2).astype(np.int64)
    near = np.where(rng.random(len(some)) < 0.7, p.origin[some], next_door(draft, p.origin[some], rng))
    draft.read_as_usual(at, at_outlet(draft, Role.COURIER, near, at, rng), some)


def _by_last_digits(draft: Draft, rng: Rng) -> None:
    """Who comes for a parcel names four digits: they show others that lie in the city these days, too."""
    p = draft.parcels
    some = np.flatnonzero(rng.random(len(p)) < draft.plan.work.tail)
    at = opened(p.arrive[some] + ((p.done[some] - p.arrive[some]) * rng.random(len(some))).astype(np.int64), rng)
    who = at_outlet(draft, Role.CLERK, p.destination[some], at, rng)
    draft.reads.add(at, who, some, "counter")
    city = draft.places.city[p.destination]
    key = city * _APART + p.arrive
    order = np.argsort(key, kind="stable")
    shown = np.repeat(np.arange(len(some)), rng.poisson(0.8, len(some)))
    here = city[some[shown]] * _APART + at[shown]
    low, high = np.searchsorted(key[order], [here - _FEW_DAYS, here])
    fit = np.flatnonzero(high > low)
    chosen = order[low[fit] + ((high - low)[fit] * rng.random(len(fit))).astype(np.int64)]
    when = at[shown[fit]] + (rng.uniform(1, 20, len(fit)) * SECOND).astype(np.int64)
    draft.reads.add(when, who[shown[fit]], chosen, "counter")


def _follow_up(draft: Draft, rng: Rng) -> None:
    """Senders ask the outlet that they sent from where a parcel is."""
    p = draft.parcels
    some = np.repeat(np.arange(len(p)), rng.poisson(draft.plan.work.follow_up, len(p)))
    at = opened(p.left[some] + ((p.done[some] - p.left[some]) * rng.random(len(some))).astype(np.int64), rng)
    draft.reads.add(at, at_outlet(draft, Role.CLERK, p.origin[some], at, rng), some, "counter")


def _preview(draft: Draft, rng: Rng) -> None:
    """Couriers plan tomorrow's round with what is still on its way to them."""
    p = draft.parcels
    some = np.flatnonzero(rng.random(len(p)) < draft.plan.work.preview)
    at = p.hub2_out[some] - hours(rng, len(some), 0, 3)
    draft.reads.add(at, draft.deliverer[some], some, "delivery")


def _survey(draft: Draft, rng: Rng) -> None:
    """Agents call recipients a day after delivery; half of the calls are on record."""
    p = draft.parcels
    some = np.flatnonzero(rng.random(len(p)) < draft.plan.work.survey)
    at = opened(p.done[some] + hours(rng, len(some), 14, 40), rng)
    unit = draft.places.centre[draft.places.region[p.destination[some]]]
    who = draft.staff.pick(rng, Role.AGENT, unit, draft.span.day_of(at), at)
    draft.reads.add(at, who, some, "inquiry")
    kept = np.flatnonzero((rng.random(len(some)) < 0.5) & (who >= 0))
    draft.tickets.append(
        Ticket(parcel=some[kept], account=who[kept], opened=at[kept], closed=at[kept] + HOUR, kind="survey")
    )


def _disputes(draft: Draft, rng: Rng) -> None:
    """Who is to blame for what went wrong: outlets at both ends look into it, with tickets or without."""
    p, w = draft.parcels, draft.plan.work
    wrong = np.flatnonzero(p.problem & ~p.foreign & (rng.random(len(p)) < w.disputes))
    for unit in (p.origin[wrong], p.destination[wrong]):
        at = opened(p.done[wrong] + hours(rng, len(wrong), 1, 40), rng, close=19)
        who = at_outlet(draft, Role.CLERK, unit, at, rng)
        draft.reads.add(at, who, wrong, "counter")
        kept = np.flatnonzero((rng.random(len(wrong)) < w.ticketed) & (who >= 0))
        begin, end = at[kept] - HOUR, at[kept] + 2 * DAY
        draft.tickets.append(Ticket(parcel=wrong[kept], account=who[kept], opened=begin, closed=end, kind="dispute"))


def _notices(draft: Draft, rng: Rng) -> None:
    """A service tells recipients every half hour what is out to them."""
    p, services = draft.parcels, draft.staff.of(Role.SERVICE)
    who = int(services[draft.staff.owns[services] < 0][1])
    some = np.flatnonzero((rng.random(len(p)) < draft.plan.work.notices) & ~p.foreign)
    at = -(-p.out[some] // (HOUR // 2)) * (HOUR // 2) + (rng.random(len(some)) * 3 * MINUTE).astype(np.int64)
    draft.reads.add(at, who, some, "push")
    draft.traps[who] = "notices"


def _unload(draft: Draft, rng: Rng) -> None:
    """Clerks of the night take in what lorries bring then."""
    p, s = draft.parcels, draft.staff
    hour = hour_of_day(p.arrive)
    some = np.flatnonzero(((hour >= NIGHT[0]) | (hour < sum(NIGHT) % 24)) & (rng.random(len(p)) < 0.6))
    at = p.arrive[some] + (rng.exponential(20, len(some)) * MINUTE).astype(np.int64)
    day = draft.span.day_of(at)
    who = at_outlet(draft, Role.CLERK, p.destination[some], at, rng)
    there = np.flatnonzero((who >= 0) & s.on_duty(who, day, at))
    draft.reads.add(at[there], who[there], some[there], "arrival")


def _far_regions(draft: Draft, rng: Rng) -> None:
    """Managers look at the further regions that they have."""
    for who, regions in draft.staff.also.items():
        at, account = looks(draft, np.array([who]), 0.6 * draft.plan.work.oversight * len(regions), rng)
        mine = np.flatnonzero(np.logical_or.reduce([draft.of_region(k) for k in regions]))
        parcel = recent(draft, at, 3 * DAY, rng)
        place = np.minimum(np.searchsorted(mine, parcel), len(mine) - 1)
        draft.reads.add(at, account, np.minimum(mine[place], parcel), "oversight")


def _ask_after_flood(draft: Draft, rng: Rng) -> None:
    """Recipients ask for what is late; a third of the calls is on record."""
    p = draft.parcels
    some = draft.flooded[rng.random(len(draft.flooded)) < 0.4]
    at = opened(p.hub1_in[some] + hours(rng, len(some), 6, 48), rng, close=22)
    unit = draft.places.centre[draft.places.region[p.destination[some]]]
    who = draft.staff.pick(rng, Role.AGENT, unit, draft.span.day_of(at), at)
    draft.reads.add(at, who, some, "inquiry")
    kept = np.flatnonzero((rng.random(len(some)) < 0.35) & (who >= 0))
    draft.tickets.append(
        Ticket(parcel=some[kept], account=who[kept], opened=at[kept], closed=at[kept] + DAY, kind="inquiry")
    )


def last_mile_alone(draft: Draft) -> None:
    """Of other couriers' parcels only what happens from the last outlet on is known here."""
    foreign = draft.parcels.foreign
    columns = draft.reads.columns()
    known = np.isin(columns[3], [PURPOSES.index(name) for name in _LAST_MILE])
    known &= columns[0] >= draft.parcels.arrive[columns[2]] - 2 * HOUR
    kept = known | ~foreign[columns[2]]
    draft.reads = Reads(**{name: [c[kept]] for name, c in zip(Reads.__slots__, columns, strict=True)})
    for k, t in enumerate(draft.tickets):
        own = ~foreign[t.parcel]
        draft.tickets[k] = Ticket(
            parcel=t.parcel[own], account=t.account[own], opened=t.opened[own], closed=t.closed[own], kind=t.kind
        )


def _witness(draft: Draft, rng: Rng) -> None:
    """A colleague of the same place and role confirms a read within minutes."""
    s = draft.staff
    at, who, parcel, purpose, _, _ = (c.astype(np.int64) for c in draft.reads.columns())
    some = np.flatnonzero((s.role[who] <= Role.SORTER) & (rng.random(len(at)) < draft.plan.work.witness))
    when = at[some] + (rng.uniform(0.3, 8, len(some)) * MINUTE).astype(np.int64)
    second: Ints = np.full(len(some), -1)
    for role in (Role.CLERK, Role.COURIER, Role.SORTER):
        mine = np.flatnonzero(s.role[who[some]] == role)
        unit = s.home[who[some[mine]]]
        second[mine] = s.pick(rng, role, unit, draft.span.day_of(when[mine]), when[mine])
    other = second != who[some]
    draft.reads.add(when[other], second[other], parcel[some[other]], purpose[some[other]])
