"""Honest work: who reads which parcel because of what happens to it.

1. People read what passes their hands: intake, collection, sorting, arrival, delivery, the counter.
2. Agents read what callers ask for, by number or by a search of a phone, with a ticket or without.
3. Managers look at their region, the head office at samples, desks at what is theirs; systems at what they carry on.
"""

import numpy as np

from benchmarks.couriers._clock import hours, opened
from benchmarks.couriers._plan import Role
from benchmarks.couriers._world import Draft, Ticket
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Ints, Mask, hour_of_day

Rng = np.random.Generator


def do_work(draft: Draft, rng: Rng) -> None:
    """Adds all honest reads and tickets of a plan's work, and says whose hands each parcel went through."""
    _issue(draft, rng)
    _couriers(draft, rng)
    _outlets(draft, rng)
    _hubs(draft, rng)
    _asides(draft, rng)
    _calls(draft, rng)
    _claims(draft, rng)
    _managers(draft, rng)
    _head_office(draft, rng)
    _desks(draft, rng)
    _systems(draft, rng)
    _partners(draft, rng)


def _some(n: int, share: float, rng: Rng) -> Ints:
    out: Ints = np.flatnonzero(rng.random(n) < share)
    return out


def _few(mean: float, n: int, rng: Rng) -> Ints:
    """How often each of n is done."""
    out: Ints = rng.poisson(mean, n)
    return out


def _soon(rng: Rng, n: int, minutes: float) -> Ints:
    out: Ints = (rng.exponential(minutes, n) * MINUTE).astype(np.int64)
    return out


def at_outlet(draft: Draft, role: Role, unit: Ints, at: Ints, rng: Rng) -> Ints:
    day = draft.span.day_of(at)
    if role is Role.CLERK and draft.plan.staffing.clerks_at == "office":
        return draft.staff.pick(rng, role, draft.places.office[draft.places.region[unit]], day, at)
    return draft.staff.pick(rng, role, draft.staff.site(unit, day), day, at)


def next_door(draft: Draft, unit: Ints, rng: Rng) -> Ints:
    """Another outlet of each one's city, or itself where there is none."""
    city = draft.places.city[: draft.places.outlets]
    order = np.argsort(city, kind="stable")
    start = np.searchsorted(city[order], np.arange(len(draft.places.city_names) + 1))
    mine = city[unit]
    many = start[mine + 1] - start[mine]
    out: Ints = order[start[mine] + (many * rng.random(len(unit))).astype(np.int64)]
    return out


def _issue(draft: Draft, rng: Rng) -> None:
    p = draft.parcels
    some = _some(len(p), draft.plan.work.issue, rng)
    at = p.issued[some] + (rng.random(len(some)) * 5 * SECOND).astype(np.int64)
    draft.reads.add(at, draft.staff.issuer[p.channel[some]], some, "order")


def _couriers(draft: Draft, rng: Rng) -> None:
    p, w = draft.parcels, draft.plan.work
    draft.collector = at_outlet(draft, Role.COURIER, p.origin, p.pickup, rng)
    away = np.where(rng.random(len(p)) < w.joint, next_door(draft, p.destination, rng), p.destination)
    draft.deliverer = at_outlet(draft, Role.COURIER, away, p.out, rng)
    if w.hall:  # who takes an order brings it
        draft.collector = draft.deliverer
    some = _some(len(p), w.collect, rng)
    at = p.pickup[some] - _soon(rng, len(some), 15)
    at = np.maximum(at, p.issued[some]) if w.pace < 1 else at
    draft.reads.add(at, draft.collector[some], some, "collect")
    some = _some(len(p), min(1.0, w.out), rng)
    draft.reads.add(p.out[some] + _soon(rng, len(some), 10), draft.deliverer[some], some, "delivery")
    some = _some(len(p), w.done, rng)
    draft.reads.add(p.done[some], draft.deliverer[some], some, "signed")


def _outlets(draft: Draft, rng: Rng) -> None:
    p, w = draft.parcels, draft.plan.work
    steps = ((w.intake, p.origin, p.pickup, "intake"), (w.arrival, p.destination, p.arrive, "arrival"))
    for share, unit, when, purpose in steps:
        some = _some(len(p), share, rng)
        at = opened(when[some] + _soon(rng, len(some), 30), rng, close=22)
        draft.reads.add(at, at_outlet(draft, Role.CLERK, unit[some], at, rng), some, purpose)
    some = _some(len(p), w.counter, rng)
    low, high = p.arrive[some], p.done[some] + DAY
    at = opened(low + ((high - low) * rng.random(len(some))).astype(np.int64), rng, close=21)
    unit = p.destination[some]
    unit = np.where(rng.random(len(some)) < w.neighbour, next_door(draft, unit, rng), unit)
    draft.reads.add(at, at_outlet(draft, Role.CLERK, unit, at, rng), some, "counter")


def _hubs(draft: Draft, rng: Rng) -> None:
    p, w = draft.parcels, draft.plan.work
    for hub, when in ((p.hub1, p.hub1_in), (p.hub2, p.hub2_in)):
        some = np.flatnonzero((rng.random(len(p)) < w.sort) & (hub >= 0))
        at = when[some] + _soon(rng, len(some), 20)
        who = draft.staff.pick(rng, Role.SORTER, hub[some].astype(np.int64), draft.span.day_of(at), at)
        draft.reads.add(at, who, some, "sort")
    if draft.plan.staffing.devices and draft.plan.staffing.devices_at == "hub":
        devices = draft.staff.of(Role.DEVICE)
        some = _some(len(p), 0.6, rng)
        own = devices[np.searchsorted(draft.staff.home[devices], p.hub1[some]).clip(0, len(devices) - 1)]
        draft.reads.add(p.hub1_in[some], own, some, "sort")


def _asides(draft: Draft, rng: Rng) -> None:
    """Beside work: people differ much in it, their days too; half of it stays in the region."""
    s, days = draft.staff, draft.span.days + 1
    often = rng.lognormal(-0.5, 1.0, len(s))[:, None] * rng.lognormal(-0.25, 0.7, (len(s), days))
    at, who = np.concatenate(draft.reads.at), np.concatenate(draft.reads.account).astype(np.int64)
    day = draft.span.day_of(at)
    mine = np.flatnonzero((s.role[who] <= Role.SORTER) & (day >= 0) & (day < days))
    odds = draft.plan.work.aside * often[who[mine], day[mine]]
    mine = mine[rng.random(len(mine)) < odds]
    when = at[mine] + _soon(rng, len(mine), 3)
    parcel = recent(draft, when, 6 * DAY, rng)
    near = rng.random(len(mine)) < 0.5
    for _ in range(6):
        other = np.flatnonzero(near & ~_touches(draft, parcel, s.region[who[mine]]))
        parcel[other] = recent(draft, when[other], 6 * DAY, rng)
    draft.read_as_usual(when, who[mine], parcel)


def _touches(draft: Draft, parcel: Ints, region: Ints) -> Mask:
    """Whether each parcel begins or ends in a region."""
    p, place = draft.parcels, draft.places.region
    out: Mask = (place[p.origin[parcel]] == region) | (place[p.destination[parcel]] == region)
    return out


def _calls(draft: Draft, rng: Rng) -> None:
    p, w = draft.parcels, draft.plan.work
    if not len(draft.staff.of(Role.AGENT)) or not w.calls:
        return
    odds = w.calls * np.where(p.problem, 6.0, 1.0)
    asked = np.flatnonzero(rng.random(len(p)) < odds)
    early = rng.random(len(asked)) < 0.1
    low, high = np.where(early, p.issued[asked], p.pickup[asked]), p.done[asked] + 2 * DAY
    at = low + ((high - low) * rng.random(len(asked))).astype(np.int64)
    late = (hour_of_day(at) < 7) & (rng.random(len(at)) < 0.9)
    at = np.where(late, opened(at, rng, close=22), at)
    unit = draft.places.centre[draft.places.region[p.destination[asked]]]
    if w.overflow:
        unit = np.where(rng.random(len(unit)) < w.overflow, rng.choice(draft.places.centre, len(unit)), unit)
    who = draft.staff.pick(rng, Role.AGENT, unit, draft.span.day_of(at), at)
    draft.reads.add(at, who, asked, "inquiry")
    again = _some(len(asked), 0.4, rng)
    draft.reads.add(at[again] + _soon(rng, len(again), 40), who[again], asked[again], "inquiry")
    _searches(draft, at, who, rng)
    kept = _some(len(asked), w.ticketed, rng)
    kept = kept[who[kept] >= 0]
    opened_at = at[kept] + (rng.uniform(-10, 20, len(kept)) * MINUTE).astype(np.int64)
    closed = opened_at + hours(rng, len(kept), 0.2, 48)
    draft.tickets.append(Ticket(parcel=asked[kept], account=who[kept], opened=opened_at, closed=closed, kind="inquiry"))


def _searches(draft: Draft, at: Ints, who: Ints, rng: Rng) -> None:
    """A search of the caller's phone shows more: up to four parcels of these days, from anywhere."""
    found = _some(len(at), draft.plan.work.phone, rng)
    many = rng.integers(1, 5, len(found))
    place = np.repeat(found, many)
    low, high = np.searchsorted(draft.parcels.issued, [at[place] - 4 * DAY, at[place]])
    parcel = low + ((high - low) * rng.random(len(place))).astype(np.int64)
    parcel = np.minimum(parcel, len(draft.parcels) - 1)
    when = at[place] + (rng.uniform(5, 90, len(place)) * SECOND).astype(np.int64)
    draft.reads.add(when, who[place], parcel, "inquiry")


def _claims(draft: Draft, rng: Rng) -> None:
    p = draft.parcels
    lost = np.flatnonzero(p.problem & (rng.random(len(p)) < 0.6))
    at = opened(p.done[lost] + hours(rng, len(lost), 2, 60), rng, close=18)
    unit = draft.places.office[draft.places.region[p.destination[lost]]]
    who = draft.staff.pick(rng, Role.CLAIMS, unit, draft.span.day_of(at), at)
    draft.reads.add(at, who, lost, "claim")
    again = _some(len(lost), 0.7, rng)
    draft.reads.add(at[again] + hours(rng, len(again), 1, 50), who[again], lost[again], "claim")
    kept = _some(len(lost), min(1.0, draft.plan.work.ticketed + 0.2), rng)
    kept = kept[who[kept] >= 0]
    closed = at[kept] + hours(rng, len(kept), 24, 120)
    draft.tickets.append(
        Ticket(parcel=lost[kept], account=who[kept], opened=at[kept] - _soon(rng, len(kept), 60), closed=closed,
               kind="claim")
    )  # fmt: skip


def looks(draft: Draft, who: Ints, mean: float, rng: Rng) -> tuple[Ints, Ints]:
    """Times at which accounts look at something, and who, on each of their working days and in their shift."""
    s, days = draft.staff, draft.span.days
    account, day = np.repeat(who, days), np.tile(np.arange(days), len(who))
    works = s.works_on(account, day) & (day >= s.first[account]) & (day < s.last[account])
    account, day = account[works], day[works]
    much = mean * rng.lognormal(0, 0.5, len(s))[account]
    many = rng.poisson(much)
    account, day = np.repeat(account, many), np.repeat(day, many)
    begin = draft.span.start + day * DAY + s.shift[account, 0] * HOUR
    at = begin + (rng.random(len(account)) * s.shift[account, 1] * HOUR).astype(np.int64)
    over = rng.random(len(account)) < 0.04  # some of it is done at home, late
    return np.where(over, begin + s.shift[account, 1] * HOUR + hours(rng, len(account), 0, 5), at), account


def recent(draft: Draft, at: Ints, back: int, rng: Rng) -> Ints:
    """A parcel for each time, issued within so long before it."""
    low, high = np.searchsorted(draft.parcels.issued, [at - back, at])
    out: Ints = np.minimum(low + ((high - low) * rng.random(len(at))).astype(np.int64), len(draft.parcels) - 1)
    return out


def _managers(draft: Draft, rng: Rng) -> None:
    managers = draft.staff.of(Role.MANAGER)
    at, who = looks(draft, managers, draft.plan.work.oversight, rng)
    parcel = recent(draft, at, 3 * DAY, rng)
    for _ in range(12):  # until it is one of the own region, or nearly always
        other = ~_touches(draft, parcel, draft.staff.region[who])
        parcel[other] = recent(draft, at[other], 3 * DAY, rng)
    mine = _touches(draft, parcel, draft.staff.region[who])
    draft.reads.add(at[mine], who[mine], parcel[mine], "oversight")


def _head_office(draft: Draft, rng: Rng) -> None:
    for role, mean in ((Role.HEAD, draft.plan.work.sample), (Role.IT, draft.plan.work.sample / 3)):
        at, who = looks(draft, draft.staff.of(role), mean, rng)
        draft.reads.add(at, who, recent(draft, at, 5 * DAY, rng), "sample")


def _desks(draft: Draft, rng: Rng) -> None:
    """Customs and insurance ask for parcels of their kind, fraud for those with problems, from everywhere."""
    p, accounts = draft.parcels, draft.staff.of(Role.DESK)
    for k, desk in enumerate(draft.plan.work.desks):
        mine = accounts[k :: len(draft.plan.work.desks)]
        wanted = {"customs": p.special == 1, "insurance": p.special == 2}.get(desk, p.problem)
        room = 120 * len(mine) * draft.span.days
        some = np.flatnonzero(wanted)
        some = some[rng.random(len(some)) < min(0.9, room / max(len(some), 1))]
        when = p.done[some] if desk == "fraud" else p.hub1_in[some]
        at = opened(when + hours(rng, len(some), 0, 10), rng, close=18)
        who = mine[rng.integers(0, len(mine), len(some))]
        draft.reads.add(at, who, some, "desk")
        draft.traps.update(dict.fromkeys(mine.tolist(), f"{desk}_desk"))


def _systems(draft: Draft, rng: Rng) -> None:
    p, w = draft.parcels, draft.plan.work
    own = draft.staff.of(Role.SERVICE)
    own = own[draft.staff.owns[own] < 0]
    if not len(own):
        return
    for when in (p.issued, p.pickup, p.arrive, p.done):
        some = _some(len(p), w.push, rng)
        at = -(-when[some] // HOUR) * HOUR + (rng.random(len(some)) * 5 * MINUTE).astype(np.int64)
        draft.reads.add(at, int(own[0]), some, "push")
    if w.sync:
        night = draft.span.start + (draft.span.day_of(p.issued) + 1) * DAY + HOUR
        at = night + (rng.random(len(p)) * 2 * HOUR).astype(np.int64)
        draft.reads.add(at, int(own[-1]), np.arange(len(p)), "sync")
        draft.traps[int(own[-1])] = "nightly_sync"
    for who in own[1:-1]:
        some = _some(len(p), rng.uniform(0.005, 0.05), rng)
        draft.reads.add(p.hub1_in[some] + _soon(rng, len(some), 5), int(who), some, "push")


def _partners(draft: Draft, rng: Rng) -> None:
    p, w, s = draft.parcels, draft.plan.work, draft.staff
    theirs = np.flatnonzero(s.role[s.issuer[p.channel]] == Role.PARTNER)
    some = np.repeat(theirs, _few(w.track, len(theirs), rng))
    low, high = p.issued[some] + HOUR, p.done[some] + DAY
    at = low + ((high - low) * rng.random(len(some))).astype(np.int64)
    draft.reads.add(at, s.issuer[p.channel[some]], some, "track")
    for who in np.flatnonzero(s.crawls >= 0).tolist():
        first = int(s.crawls[who])
        mine = np.flatnonzero((p.customer >= first) & (p.customer < first + 3))
        many = np.maximum(1, (p.done[mine] - p.issued[mine]) // (6 * HOUR))
        turn = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        at = p.issued[np.repeat(mine, many)] // (6 * HOUR) * (6 * HOUR) + (turn + 1) * 6 * HOUR
        at = at + (rng.random(len(at)) * 10 * MINUTE).astype(np.int64)
        draft.reads.add(at, who, np.repeat(mine, many), "track")
        draft.traps[who] = "crawler"
