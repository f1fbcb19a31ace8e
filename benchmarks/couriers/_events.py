"""Further things that honest accounts do out of the ordinary, and that befall a courier; as `_oddities`.

What changes parcels themselves (a flood) stands in `_detours`, new outlets in `_staff`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.couriers._clock import hours
from benchmarks.couriers._oddities import days_of, some_of, sweep
from benchmarks.couriers._plan import Role, scaled
from benchmarks.couriers._world import Draft
from wayseal_sim.types import DAY, HOUR, Ints

Rng = np.random.Generator


def do_events(draft: Draft, rng: Rng) -> None:
    """All of the plan's events that are acts."""
    for name in draft.plan.odd:
        if name in _ACTS:
            _ACTS[name](draft, scaled(draft.plan.odd[name], draft.accounts), rng)


def _shifts(draft: Draft, rng: Rng, who: int, days: list[int], parcels: Ints) -> None:
    """Reads parcels once each, spread over the shifts of these days."""
    for k, day in enumerate(days):
        begin, end = draft.shift_on(who, day)
        part = parcels[k :: len(days)]
        part = part[draft.parcels.issued[part] < begin]
        at = np.sort(begin + ((end - begin) * rng.random(len(part))).astype(np.int64))
        draft.read_as_usual(at, who, part)


def _lost_search(draft: Draft, count: int, rng: Rng) -> None:
    """For three days outlets go through lists of what was lost behind their hub."""
    p, places = draft.parcels, draft.places
    due = int(rng.integers(3, max(4, draft.span.days - 2)))
    low = draft.span.start + (due - 8) * DAY
    lost = np.flatnonzero(p.problem & (p.issued >= low) & (p.done < low + 8 * DAY) & ~p.foreign)
    hub = np.where(p.hub2[lost] >= 0, p.hub2[lost], p.hub1[lost])
    for who in some_of(draft, rng, count, Role.CLERK):
        mine = lost[hub == places.hub[places.region[draft.staff.home[who]]]]
        chosen = rng.choice(mine, min(len(mine), int(rng.integers(80, 360))), replace=False)
        _shifts(draft, rng, who, days_of(draft, rng, who, 3, due), np.sort(chosen))
        draft.traps[who] = "lost_search"


def _claims_catch_up(draft: Draft, count: int, rng: Rng) -> None:
    """What was broken or lost in ten days is worked off in two, by claims clerks and by people lent to them."""
    p = draft.parcels
    due = int(rng.integers(4, max(5, draft.span.days - 1)))
    begin = draft.span.start + due * DAY
    open_ = rng.permutation(np.flatnonzero(p.problem & (p.done < begin) & (p.done > begin - 10 * DAY) & ~p.foreign))
    people = [*some_of(draft, rng, 3 * count, Role.CLAIMS), *some_of(draft, rng, count, Role.HEAD)]
    for k, who in enumerate(people):
        _shifts(draft, rng, who, days_of(draft, rng, who, 2, due), open_[k :: len(people)])
        draft.traps[who] = "claims_catch_up"


def _relabel(draft: Draft, count: int, rng: Rng) -> None:
    p = draft.parcels
    for who in some_of(draft, rng, count, Role.SORTER):
        for day in days_of(draft, rng, who, 1):
            begin, end = draft.shift_on(who, day)
            here = (p.hub1 == draft.staff.home[who]) & (p.hub1_in < end - 4 * HOUR) & (p.hub1_out > begin)
            wet = np.flatnonzero(here)
            wet = np.sort(rng.choice(wet, min(len(wet), int(rng.integers(400, 1_500))), replace=False))
            at = np.sort(end - 4 * HOUR + (rng.random(len(wet)) * 4 * HOUR).astype(np.int64))
            draft.read_as_usual(at, who, wet)
        draft.traps[who] = "relabel"


def _reread(draft: Draft, count: int, rng: Rng) -> None:
    """In two nights a service reads all that was issued in some days."""
    services = draft.staff.of(Role.SERVICE)
    services = services[draft.staff.owns[services] < 0]
    for who in rng.permutation(services)[:count].tolist():
        night = draft.span.start + int(rng.integers(3, max(4, draft.span.days - 2))) * DAY
        part = draft.issued_between(night - int(rng.integers(3, 6)) * DAY, night)
        parcels = np.arange(part.start, part.stop)
        second = rng.random(len(parcels)) < 0.5
        at = night + second * DAY + (rng.random(len(parcels)) * 5 * HOUR).astype(np.int64)
        draft.reads.add(at, who, parcels, "push")
        draft.traps[who] = "reread"


def _nightly_report(draft: Draft, count: int, rng: Rng) -> None:
    p, regions = draft.parcels, len(draft.places.region_names)
    for who in some_of(draft, rng, count, Role.IT):
        region, minute = int(rng.integers(regions)), int(rng.integers(0, 180))
        mine = np.flatnonzero((draft.places.region[p.destination] == region) & ~p.foreign)
        night = draft.span.start + (draft.span.day_of(p.done[mine]) + 1) * DAY + HOUR + minute * HOUR // 60
        at = night + (rng.random(len(mine)) * 0.3 * HOUR).astype(np.int64)
        draft.read_as_usual(at, who, mine)
        draft.traps[who] = "nightly_report"


def _on_call(draft: Draft, count: int, rng: Rng) -> None:
    """What went wrong anywhere, on one day."""
    p = draft.parcels
    for who in some_of(draft, rng, count, Role.MANAGER):
        for day in days_of(draft, rng, who, 1):
            wrong = p.problem & ~p.foreign & (p.done < draft.shift_on(who, day)[0])
            sweep(draft, rng, who, day, wrong, int(rng.integers(40, 160)), 6)
        draft.traps[who] = "on_call"


def _mystery(draft: Draft, count: int, rng: Rng) -> None:
    """Test parcels from everywhere, looked at once or twice a day until they are there."""
    p = draft.parcels
    own = np.flatnonzero(~p.foreign & (draft.span.day_of(p.issued) >= 0))
    for who in some_of(draft, rng, count, Role.HEAD):
        mine = rng.choice(own, min(len(own), int(rng.integers(40, 120))), replace=False)
        for day in draft.working_days(who):
            begin, end = draft.shift_on(who, day)
            some = np.repeat(mine, rng.integers(1, 3, len(mine)))
            at = begin + ((end - begin) * rng.random(len(some))).astype(np.int64)
            there = (p.issued[some] < at) & (p.done[some] + DAY > at)
            draft.read_as_usual(at[there], who, some[there])
        draft.traps[who] = "mystery"


def _handed_over(draft: Draft, count: int, rng: Rng) -> None:
    p, places = draft.parcels, draft.places
    region = places.region[: places.outlets]
    for who in some_of(draft, rng, count, Role.CLERK):
        home = int(draft.staff.home[who])
        near = np.flatnonzero(region == places.region[home])
        other = int(rng.choice(near[near != home])) if len(near) > 1 else home
        for day in days_of(draft, rng, who, 5):
            begin = draft.shift_on(who, day)[0]
            lies = (p.destination == other) & (p.arrive < begin) & (p.done > begin - DAY)
            sweep(draft, rng, who, day, lies, int(rng.integers(20, 60)), 8)
        draft.traps[who] = "handed_over"


def _stray_bag(draft: Draft, count: int, rng: Rng) -> None:
    """What is in it is of one way, and on its way."""
    p, region = draft.parcels, draft.places.region
    for who in some_of(draft, rng, count, Role.CLERK):
        for day in days_of(draft, rng, who, 1):
            begin = draft.shift_on(who, day)[0] + int(rng.integers(1, 5)) * HOUR
            going = np.flatnonzero((p.hub1_out < begin) & (p.arrive > begin) & ~p.foreign)
            going = going[p.destination[going] != draft.staff.home[who]]
            if not len(going):
                continue
            one = going[int(rng.integers(len(going)))]
            bag = going[(p.hub1[going] == p.hub1[one]) & (region[p.destination[going]] == region[p.destination[one]])]
            bag = rng.choice(bag, min(len(bag), int(rng.integers(30, 90))), replace=False)
            at = np.sort(begin + (rng.random(len(bag)) * 0.4 * HOUR).astype(np.int64))
            draft.read_as_usual(at, who, bag)
        draft.traps[who] = "stray_bag"


def _probe(draft: Draft, count: int, rng: Rng) -> None:
    span, every = draft.span, HOUR // 6
    for who in some_of(draft, rng, count, Role.IT):
        part = draft.issued_between(span.start - DAY, span.start)
        watched = rng.integers(part.start, part.stop, 6)
        at = np.arange(span.start, span.end, every)
        draft.read_as_usual(np.repeat(at, 2), who, watched[np.arange(2 * len(at)) % 6])
        for night in range(span.start + DAY, span.end, DAY):
            part = draft.issued_between(night - DAY, night)
            some = rng.integers(part.start, part.stop, int(rng.integers(20, 60)))
            draft.read_as_usual(np.full(len(some), night + 3 * HOUR), who, some)
        draft.traps[who] = "probe"


def _recall(draft: Draft, count: int, rng: Rng) -> None:
    """One of the larger senders, all of ten days, in a day or two."""
    p = draft.parcels
    senders = np.argsort(-np.bincount(p.customer))[: 8 * count]
    for sender in rng.choice(senders, min(count, len(senders)), replace=False).tolist():
        people = some_of(draft, rng, int(rng.integers(4, 11)), Role.AGENT, Role.CLAIMS)
        due = int(rng.integers(3, max(4, draft.span.days - 1)))
        since = draft.span.start + due * DAY
        batch = np.flatnonzero((p.customer == sender) & (p.issued < since) & (p.issued > since - 10 * DAY))
        batch = rng.permutation(batch)[: 150 * len(people)]
        for k, who in enumerate(people):
            _shifts(draft, rng, who, days_of(draft, rng, who, 2, due), batch[k :: len(people)])
            draft.traps[who] = "recall"


def _broken_chiller(draft: Draft, count: int, rng: Rng) -> None:
    p = draft.parcels
    for who in some_of(draft, rng, count, Role.HEAD, Role.CLAIMS):
        days = days_of(draft, rng, who, 3)
        begin = draft.shift_on(who, days[0])[0]
        cold = np.flatnonzero((p.goods == 1) & (p.hub2 >= 0) & (p.hub1_out < begin) & (p.hub1_out > begin - DAY))
        way = p.hub1[cold] * len(draft.places.ids) + p.hub2[cold]
        lorry = cold[way == way[int(rng.integers(len(way)))]][:400] if len(way) else cold
        for day in days:
            for _ in range(int(rng.integers(1, 4))):
                at = draft.shift_on(who, day)[0] + int(rng.integers(0, 7)) * HOUR
                draft.read_as_usual(at + (rng.random(len(lorry)) * HOUR).astype(np.int64), who, lorry)
        draft.traps[who] = "broken_chiller"


def _weekly_report(draft: Draft, count: int, rng: Rng) -> None:
    weekday = int(rng.integers(0, 7))
    for who in some_of(draft, rng, count, Role.MANAGER):
        mine = draft.of_region(int(draft.staff.region[who]))
        days = draft.working_days(who)
        for day in [d for d in days if d % 7 == weekday] or days[:1]:
            sweep(draft, rng, who, day, mine, int(rng.integers(150, 500)), 7)
        draft.traps[who] = "weekly_report"


def _list_check(draft: Draft, count: int, rng: Rng) -> None:
    """One of the outlet's customers, of ten days, on one day or two."""
    p, places = draft.parcels, draft.places
    for who in some_of(draft, rng, count, Role.CLERK):
        sent = p.customer[p.origin == places.parent[draft.staff.home[who]]]
        about = rng.choice(sent) if len(sent) else -1
        for day in days_of(draft, rng, who, int(rng.integers(1, 3))):
            sweep(draft, rng, who, day, p.customer == about, int(rng.integers(50, 300)), 10)
        draft.traps[who] = "list_check"


def _apprentice(draft: Draft, count: int, rng: Rng) -> None:
    s = draft.staff
    at, account, parcel, *_ = draft.reads.columns()
    for who in some_of(draft, rng, count, Role.CLERK, Role.AGENT, Role.SORTER):
        peers = np.flatnonzero((s.role == s.role[who]) & (s.home == s.home[who]) & (np.arange(len(s)) != who))
        if len(peers):
            mine = np.flatnonzero(account == rng.choice(peers))
            mine = mine[np.isin(draft.span.day_of(at[mine]), days_of(draft, rng, who, 3))]
            mine = mine[rng.random(len(mine)) < 0.7]
            draft.read_as_usual(at[mine] + hours(rng, len(mine), 0.01, 0.2), who, parcel[mine].astype(np.int64))
            draft.traps[who] = "apprentice"


def _overtime(draft: Draft, count: int, rng: Rng) -> None:
    p = draft.parcels
    for who in some_of(draft, rng, count, Role.CLERK, Role.COURIER):
        home = int(draft.staff.home[who])
        for day in days_of(draft, rng, who, 4):
            end = draft.shift_on(who, day)[1]
            lies = np.flatnonzero((p.destination == home) & (p.arrive < end) & (p.done > end - DAY))
            lies = rng.choice(lies, min(len(lies), int(rng.integers(30, 100))), replace=False)
            draft.read_as_usual(np.sort(end + hours(rng, len(lies), 0, 3)), who, np.sort(lies))
        draft.traps[who] = "overtime"


_ACTS: Mapping[str, Callable[[Draft, int, Rng], None]] = MappingProxyType(
    {
        "lost_search": _lost_search,
        "claims_catch_up": _claims_catch_up,
        "relabel": _relabel,
        "reread": _reread,
        "nightly_report": _nightly_report,
        "on_call": _on_call,
        "mystery": _mystery,
        "handed_over": _handed_over,
        "stray_bag": _stray_bag,
        "probe": _probe,
        "recall": _recall,
        "broken_chiller": _broken_chiller,
        "weekly_report": _weekly_report,
        "list_check": _list_check,
        "apprentice": _apprentice,
        "overtime": _overtime,
    }
)
