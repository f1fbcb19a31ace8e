"""What teams do: people with a task of their own, beside or across outlets. Where they sit stands in `_arrangements`.

1. Each team is a function of the draft and its accounts, by its name in `_TASKS`; all of them stand in the traps.
2. Who reads is somebody of the team on duty; a time at which nobody is there waits for the morning.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.couriers._clock import hours, opened
from benchmarks.couriers._world import PURPOSES, Draft, Ticket
from wayseal_sim.types import DAY, HOUR, SECOND, Ints, Mask

Rng = np.random.Generator
Task = Callable[[Draft, Ints, Rng], None]
_GROUP = 4  # people of a vendor who serve the same outlets
_A_DAY = 120  # what somebody can look after, one by one
_LISTED = 1_500  # and in lists
_GOT_OUT = 6_000  # rows that an analyst gets out at once


def do_teams(draft: Draft, rng: Rng) -> None:
    """The work of all teams."""
    for name, members in draft.staff.teams.items():
        _TASKS[name](draft, members, rng)


def _some(mask: Mask, share: float, rng: Rng) -> Ints:
    where = np.flatnonzero(mask)
    out: Ints = where[rng.random(len(where)) < share]
    return out


def _deal(
    draft: Draft, members: Ints, at: Ints, parcels: Ints, rng: Rng, ticketed: tuple[float, str] = (0, "")
) -> None:
    """Each read to one of the members, on duty where one is; a share of them with a ticket."""
    if not len(members) or not len(at):
        return
    day = draft.span.day_of(at)
    who = members[rng.integers(0, len(members), len(at))]
    for _ in range(6):
        away = np.flatnonzero(~draft.staff.on_duty(who, day, at))
        who[away] = members[rng.integers(0, len(members), len(away))]
    draft.reads.add(at, who, parcels, "desk")
    kept = np.flatnonzero(rng.random(len(at)) < ticketed[0])
    if len(kept):
        closed = at[kept] + hours(rng, len(kept), 1, 40)
        draft.tickets.append(
            Ticket(parcel=parcels[kept], account=who[kept], opened=at[kept], closed=closed, kind=ticketed[1])
        )


def _deal_by(
    draft: Draft, members: Ints, keys: tuple[Ints, Ints], at: Ints, parcels: Ints, rng: Rng,
    ticketed: tuple[float, str] = (0, ""),
) -> None:  # fmt: skip
    """As `_deal`, each read to members with the same key; keys: of members, of reads. Where there is none, to any."""
    mine, wanted = keys
    known = np.unique(mine)
    lost = ~np.isin(wanted, known)
    wanted = np.where(lost, known[wanted % len(known)], wanted)
    for key in known.tolist():
        some = np.flatnonzero(wanted == key)
        _deal(draft, members[mine == key], at[some], parcels[some], rng, ticketed)


def _region_of(draft: Draft, unit: Ints) -> Ints:
    out: Ints = draft.places.region[unit]
    return out


def _in_shift(draft: Draft, who: int, day: int, many: int, rng: Rng) -> Ints:
    begin, end = draft.shift_on(who, day)
    out: Ints = np.sort(begin + ((end - begin) * rng.random(many)).astype(np.int64))
    return out


def _finance(draft: Draft, members: Ints, rng: Rng) -> None:
    """Cash of yesterday's deliveries each day; once a month all that the owner's outlets sent is settled."""
    p, s, places = draft.parcels, draft.staff, draft.places
    due = int(rng.integers(3, draft.span.days))
    for who in members.tolist():
        near = np.flatnonzero(places.region[: places.outlets] == places.region[s.home[who]])
        mine = np.append(rng.choice(near, min(len(near), int(rng.integers(0, 3))), replace=False), s.home[who])
        gets, sends = np.flatnonzero(np.isin(p.destination, mine)), np.flatnonzero(np.isin(p.origin, mine))
        for day in draft.working_days(who):
            begin = draft.span.start + day * DAY
            cash = gets[(p.done[gets] >= begin - DAY) & (p.done[gets] < begin) & (rng.random(len(gets)) < 0.12)]
            draft.reads.add(_in_shift(draft, who, day, len(cash), rng), who, cash, "desk")
        days = sorted(draft.working_days(who), key=lambda d: (abs(d - due), d))[: int(rng.integers(2, 4))]
        settled = sends[rng.random(len(sends)) < min(0.8, _LISTED * len(days) / max(1, len(sends)))]
        for k, day in enumerate(sorted(days)):
            part = settled[k :: len(days)]
            part = part[p.issued[part] < draft.span.start + day * DAY]
            draft.reads.add(_in_shift(draft, who, day, len(part), rng), who, part, "desk")


def _planners(draft: Draft, members: Ints, rng: Rng) -> None:
    """Each morning, from five to eight, all that comes to the outlets of their region today; they share these."""
    p, s, places = draft.parcels, draft.staff, draft.places
    for region in np.unique(s.region[members]).tolist():
        mine = members[s.region[members] == region]
        comes = np.flatnonzero(places.region[p.destination] == region)
        for day in range(draft.span.days):
            there = mine[s.off[mine] != day % 7]
            there = there if len(there) else mine
            morning = draft.span.start + day * DAY
            today = (p.arrive[comes] >= morning - 14 * HOUR) & (p.arrive[comes] < morning + 10 * HOUR)
            some = comes[_some(today & (p.issued[comes] < morning), 0.85, rng)]
            at = morning + 5 * HOUR + (rng.random(len(some)) * 3 * HOUR).astype(np.int64)
            draft.reads.add(at, there[p.destination[some] % len(there)], some, "desk")


def _address(draft: Draft, members: Ints, rng: Rng) -> None:
    """Labels that the sorting machine can't read, from everywhere; many again the next day."""
    p = draft.parcels
    some = _some(~p.foreign, 0.012, rng)
    at = opened(p.hub1_in[some] + hours(rng, len(some), 0, 4), rng, close=22)
    _deal(draft, members, at, some, rng)
    again = rng.random(len(some)) < 0.3
    _deal(draft, members, opened(at[again] + hours(rng, int(again.sum()), 3, 20), rng, close=22), some[again], rng)


def _weighing(draft: Draft, members: Ints, rng: Rng) -> None:
    """Weights of parcels that went through their hub."""
    p = draft.parcels
    some = _some(~p.foreign, 0.02, rng)
    at = opened(p.hub1_out[some] + hours(rng, len(some), 0, 16), rng, close=22)
    _deal_by(draft, members, (draft.staff.home[members], p.hub1[some]), at, some, rng)


def _key_accounts(draft: Draft, members: Ints, rng: Rng) -> None:
    """Each looks after three of the largest customers."""
    p, customers = draft.parcels, draft.key_customers
    for k, who in enumerate(members.tolist()):
        theirs = customers[3 * k : 3 * k + 3]
        mine = np.flatnonzero(np.isin(p.customer, theirs))
        often = min(0.35, _A_DAY * draft.span.days / max(1, len(mine)))
        some = np.repeat(mine, rng.poisson(often, len(mine)))
        at = p.issued[some] + ((p.done[some] + DAY - p.issued[some]) * rng.random(len(some))).astype(np.int64)
        _deal(draft, np.array([who]), opened(at, rng, close=18), some, rng)


def _legal(draft: Draft, members: Ints, rng: Rng) -> None:
    """What the police ask for: all that somebody sent or got within ten days."""
    p = draft.parcels
    for who in members.tolist():
        for day in draft.working_days(who):
            for _ in range(int(rng.poisson(2.0))):
                part = draft.issued_between(draft.span.start + (day - 10) * DAY, draft.span.start + day * DAY)
                about = rng.choice(p.customer[part])
                mine = part.start + np.flatnonzero(p.customer[part] == about)
                mine = rng.choice(mine, min(len(mine), int(rng.integers(1, 16))), replace=False)
                at = _in_shift(draft, who, day, 1, rng)[0] + hours(rng, len(mine), 0, 0.3)
                _deal(draft, np.array([who]), at, mine, rng, (0.9, "legal"))


def _quality(draft: Draft, members: Ints, rng: Rng) -> None:
    """They hear some of the agents' calls again and look at what these were about."""
    at, _, parcel, purpose, _, _ = draft.reads.columns()
    asked = _some(purpose == PURPOSES.index("inquiry"), 0.03, rng)
    when = opened(at[asked] + hours(rng, len(asked), 10, 60), rng, close=18)
    _deal(draft, members, when, parcel[asked].astype(np.int64), rng)


def _hold(draft: Draft, members: Ints, rng: Rng) -> None:
    """Each day what customs keep at their hub."""
    p = draft.parcels
    kept = np.flatnonzero(p.special == 1)
    some = np.repeat(kept, (p.hub1_out[kept] - p.hub1_in[kept]) // DAY + 1)
    turn = np.arange(len(some)) - np.searchsorted(some, some)
    at = opened(p.hub1_in[some] + turn * DAY + hours(rng, len(some), 0, 8), rng, close=18)
    _deal_by(draft, members, (draft.staff.home[members], p.hub1[some]), at, some, rng, (0.3, "customs"))


def _control_room(draft: Draft, members: Ints, rng: Rng) -> None:
    """Every four hours what is insured, from pickup to delivery, day and night."""
    p = draft.parcels
    kept = np.flatnonzero(p.special == 2)
    some = np.repeat(kept, (p.done[kept] - p.pickup[kept]) // (4 * HOUR) + 1)
    turn = np.arange(len(some)) - np.searchsorted(some, some)
    at = p.pickup[some] // (4 * HOUR) * (4 * HOUR) + (turn + 1) * 4 * HOUR + hours(rng, len(some), 0, 0.4)
    _deal(draft, members, at, some, rng)


def _outsourced(draft: Draft, members: Ints, rng: Rng) -> None:
    """A vendor's people answer for outlets that pay for it, wherever these are; few calls are on record here."""
    p, places = draft.parcels, draft.places
    groups = max(1, len(members) // _GROUP)
    order = rng.permutation(places.outlets)
    each = max(1, min(int(rng.integers(5, 12)), places.outlets // (2 * groups)))
    for k in range(groups):
        mine = order[k * each : (k + 1) * each]
        people = members[k::groups]
        of = np.flatnonzero((np.isin(p.origin, mine) | np.isin(p.destination, mine)) & ~p.foreign)
        room = rng.uniform(50, 110) * len(people) * draft.span.days
        some = of[rng.random(len(of)) < min(0.7, room / max(1, len(of)))]
        at = p.pickup[some] + ((p.done[some] + DAY - p.pickup[some]) * rng.random(len(some))).astype(np.int64)
        _deal(draft, people, opened(at, rng, close=22), some, rng, (0.3 * draft.plan.work.ticketed, "vendor"))


def _returns(draft: Draft, members: Ints, rng: Rng) -> None:
    """What comes back, and the parcel that once brought it."""
    p, s = draft.parcels, draft.staff
    some = np.flatnonzero(p.back >= 0)
    at = opened(p.arrive[some] + hours(rng, len(some), 0, 10), rng, close=18)
    both = np.concatenate([some, p.back[some]])
    when = np.concatenate([at, at + hours(rng, len(some), 0, 0.1)])
    wanted = np.tile(_region_of(draft, p.destination[some]), 2)
    _deal_by(draft, members, (_region_of(draft, s.home[members]), wanted), when, both, rng)


def _robots(draft: Draft, members: Ints, rng: Rng) -> None:
    """A program under a person's account asks every eight hours where its outlet's parcels are."""
    p, every = draft.parcels, 8 * HOUR
    for who in members.tolist():
        home = int(draft.staff.home[who])
        comes, goes = np.flatnonzero(p.destination == home), np.flatnonzero(p.origin == home)
        goes = goes[rng.random(len(goes)) < 0.7]
        mine = np.concatenate([comes, goes])
        since = np.concatenate([p.arrive[comes], p.pickup[goes]])
        many = (p.done[mine] - since) // every + 1
        some, first = np.repeat(mine, many), np.repeat(since, many)
        turn = np.arange(len(some)) - np.repeat(np.cumsum(many) - many, many)
        at = (first // every + 1 + turn) * every + hours(rng, len(some), 0, 0.2)
        draft.reads.add(at, who, some, "desk")


def _intercepts(draft: Draft, members: Ints, rng: Rng) -> None:
    """Shops call parcels back while these are on their way: two or three looks until they are found."""
    p, s = draft.parcels, draft.staff
    asked = _some(~p.foreign, 0.012, rng)
    start = p.pickup[asked] + ((p.out[asked] - p.pickup[asked]) * rng.random(len(asked))).astype(np.int64)
    some, first = np.repeat(asked, 2), np.repeat(start, 2)
    at = opened(first + hours(rng, len(some), 0, 16), rng)
    keys = (_region_of(draft, s.home[members]), _region_of(draft, p.origin[some]))
    _deal_by(draft, members, keys, at, some, rng, (0.4, "intercept"))


def _analysts(draft: Draft, members: Ints, rng: Rng) -> None:
    """Each has a question of their own (a region, a lane, customers, a class of goods), and gets it out every week."""
    p, places = draft.parcels, draft.places
    for k, who in enumerate(members.tolist()):
        region = int(rng.integers(len(places.region_names)))
        starts, ends = (places.region[unit] == region for unit in (p.origin, p.destination))
        about = (
            ends,
            starts & (places.region[p.destination] == int(rng.integers(len(places.region_names)))),
            np.isin(p.customer, rng.choice(int(p.customer.max()) + 1, 12)),
            (p.goods == int(rng.integers(1, draft.plan.work.goods + 1))) if draft.plan.work.goods else starts,
        )[k % 4]
        mine = np.flatnonzero(about & ~p.foreign)
        weekday = int(rng.integers(0, 7))
        for day in [d for d in draft.working_days(who) if d % 7 == weekday or (d + 1) % 7 == weekday][::2]:
            begin = draft.shift_on(who, day)[0]
            week = mine[(p.issued[mine] < begin) & (p.issued[mine] >= begin - 7 * DAY)]
            week = rng.choice(week, min(len(week), _GOT_OUT), replace=False)
            at = begin + hours(rng, 1, 0.2, 6)[0] + np.sort(hours(rng, len(week), 0, 0.2))
            draft.reads.add(at, who, np.sort(week), "desk")


def _inspectors(draft: Draft, members: Ints, rng: Rng) -> None:
    """A tour: every day another outlet, and much of what lay there in three days."""
    p, places = draft.parcels, draft.places
    for who in members.tolist():
        tour = rng.permutation(places.outlets)
        for day in draft.working_days(who):
            unit, begin = int(tour[day % len(tour)]), draft.shift_on(who, day)[0]
            lay = ((p.destination == unit) & (p.arrive < begin) & (p.done > begin - 3 * DAY)) | (
                (p.origin == unit) & (p.pickup < begin) & (p.left > begin - 3 * DAY)
            )
            seen = np.flatnonzero(lay)
            seen = rng.choice(seen, min(len(seen), int(rng.integers(60, 300))), replace=False)
            draft.reads.add(_in_shift(draft, who, day, len(seen), rng), who, np.sort(seen), "desk")


def _cold_watch(draft: Draft, members: Ints, rng: Rng) -> None:
    """Every three hours what is chilled (the first class of goods) in their hub, and once where it goes."""
    p = draft.parcels
    for hub, since, until in ((p.hub1, p.hub1_in, p.hub1_out), (p.hub2, p.hub2_in, p.hub2_out)):
        cold = np.flatnonzero((p.goods == 1) & (hub >= 0))
        some = np.repeat(cold, (until[cold] - since[cold]) // (3 * HOUR) + 1)
        turn = np.arange(len(some)) - np.searchsorted(some, some)
        at = since[some] + turn * 3 * HOUR + hours(rng, len(some), 0, 0.5)
        _deal_by(draft, members, (draft.staff.home[members], hub[some]), at, some, rng)
    after = _some(p.goods == 1, 0.15, rng)
    at = p.arrive[after] + hours(rng, len(after), 0, 2)
    _deal_by(draft, members, (draft.staff.home[members], p.hub1[after]), at, after, rng)


def _pharmacists(draft: Draft, members: Ints, rng: Rng) -> None:
    """What is chilled and goes to their region, before it goes out."""
    p, s = draft.parcels, draft.staff
    some = _some(p.goods == 1, 0.8, rng)
    at = opened(p.out[some] - hours(rng, len(some), 0, 1.5), rng, close=17)
    keys = (_region_of(draft, s.home[members]), _region_of(draft, p.destination[some]))
    _deal_by(draft, members, keys, at, some, rng)


def _adjusters(draft: Draft, members: Ints, rng: Rng) -> None:
    """What was broken or lost, three to twelve days later, and others of the same sender beside it."""
    p = draft.parcels
    some = _some(p.problem & ~p.foreign, 0.5, rng)
    at = opened(p.done[some] + hours(rng, len(some), 60, 280), rng, close=18)
    fit = np.flatnonzero(at < draft.span.end)
    some, at = some[fit], at[fit]
    _deal(draft, members, at, some, rng, (0.3, "adjust"))
    of = np.argsort(p.customer, kind="stable")
    start, stop = (np.searchsorted(p.customer[of], p.customer[some], side) for side in ("left", "right"))
    beside = of[start + ((stop - start) * rng.random(len(some))).astype(np.int64)]
    there = p.issued[beside] < at
    _deal(draft, members, at[there] + hours(rng, int(there.sum()), 0, 0.3), beside[there], rng)


def _rpa(draft: Draft, members: Ints, rng: Rng) -> None:
    """A program under a person's account checks addresses by night: one each seven seconds, from one."""
    p, days = draft.parcels, draft.span.day_of(draft.parcels.issued)
    strange = _some(~p.foreign, 0.03, rng)
    for day in range(draft.span.days):
        for k, who in enumerate(members.tolist()):
            mine = strange[days[strange] == day - 1][k :: len(members)][:_LISTED]
            begin = draft.span.start + day * DAY + HOUR + k * HOUR // 60
            draft.reads.add(begin + 7 * SECOND * np.arange(len(mine)), who, mine, "desk")


def _overseas(draft: Draft, members: Ints, rng: Rng) -> None:
    """On another side of the world, by our night: what is to cross the border, and the number that it gets there."""
    p = draft.parcels
    crossing = np.flatnonzero(p.order != np.arange(len(p)))
    some = crossing[rng.random(len(crossing)) < min(0.6, _A_DAY * len(members) * draft.span.days / len(p))]
    at = p.issued[some] + hours(rng, len(some), 0, 24)
    night = draft.span.start + draft.span.day_of(at) * DAY + 21 * HOUR + hours(rng, len(some), 0, 13)
    at = np.maximum(night, p.issued[some] + HOUR // 2)
    _deal(draft, members, at, some, rng)
    _deal(draft, members, at + hours(rng, len(some), 0.01, 0.1), p.order[some], rng)


_TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "finance": _finance,
        "planners": _planners,
        "address": _address,
        "weighing": _weighing,
        "key_accounts": _key_accounts,
        "legal": _legal,
        "quality": _quality,
        "hold": _hold,
        "control_room": _control_room,
        "outsourced": _outsourced,
        "returns": _returns,
        "robots": _robots,
        "intercepts": _intercepts,
        "analysts": _analysts,
        "inspectors": _inspectors,
        "cold_watch": _cold_watch,
        "pharmacists": _pharmacists,
        "adjusters": _adjusters,
        "overseas": _overseas,
        "rpa": _rpa,
    }
)
