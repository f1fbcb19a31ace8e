"""Leaks: accounts that pull, and what they pull. Schemes of a plan's `Leak.kind`.

1. What is pulled a day is log-normal around the figure (sigma SIGMA). A figure above a share CAP of a day's parcels is
   lowered to it; the truth says both.
2. Accounts pull on their working days, in their shift, from the second to the tenth day on, nothing twice, unless the
   scheme says otherwise (`Scheme`).
3. They read with the purpose that their role mostly has. Half of what `bulk` pulls is pulled when the market's stock
   grows (`RHYTHM_HOURS`), where that is in the shift.
4. Nobody who pulls is among the innocents, whatever else the account does.
5. Beside these: in the middle of the shift (lunch), of the largest senders alone (rich), in bursts as a search shows
   parcels (by_phone), a service at night (service), before leaving (last_days), ever more (growing), two days in five
   (pauses), by temporary staff (temp), with both accounts of one person (two_accounts), open orders (hall), on days off
   (off_day), by somebody of a team (team); a ring whose accounts pull in turns of two days, days off or not, from the
   second day on.
6. And: of the own region but not of the own outlet or town (nearby), one class of goods (goods), on every other working
   day (alternate), what was delivered already (aged), each time seconds after a read of work (shadow), by somebody
   elsewhere with a login that was sold, at any hour (sold_login), with an account whose owner has left (dormant), on
   the days of a peak alone (in_peak). Rings of one outlet (outlet), by regions (split), each in an hour of its own
   (hours), all of them the same parcels (copies). Interfaces: INTERFACES.
7. And: what nobody has picked up yet (unpicked), what is on its way (under_way), what some large outlets elsewhere
   send (places), a list a day, within minutes (listed), in the last two hours of the shift (last_hours). A ring of one
   region, each of what begins or ends there (region).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from benchmarks.couriers._plan import Leak, Role
from benchmarks.couriers._world import Draft, Hand
from wayseal_sim.insiders import RHYTHM_HOURS
from wayseal_sim.types import DAY, HOUR, MINUTE, SECOND, Ints, Mask

Rng = np.random.Generator
SIGMA = 0.25
CAP = 0.2
_NIGHT = (0, 5)
_TURN = 2  # days for which each account of a ring pulls, of those that take turns; fewer in a short log
_STAFF = (Role.CLERK, Role.COURIER, Role.SORTER, Role.AGENT)

INTERFACES: Mapping[str, int] = MappingProxyType(
    {"": 12, "key": 12, "late": 120, "house": 48, "locker": 120, "insurer": 120, "rival": 72}
)
"""Of `interface` by its link, how old parcels are at most (hours).

"": who issues reads what others issued, before pickup; key: so does somebody elsewhere, with a stolen key; late: on the
way. house: a software house, of shops that aren't its. locker: an owner of lockers, of parcels that aren't out yet.
insurer: of parcels that nothing happened to. rival: of one other issuer.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How a scheme differs: whose accounts, how old parcels are at most (hours)."""

    roles: tuple[Role, ...]
    hours: int = 48


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "bulk": Scheme(roles=_STAFF),
        "steady": Scheme(roles=_STAFF),
        "lanes": Scheme(roles=(Role.CLERK, Role.AGENT, Role.CLAIMS, Role.HEAD), hours=120),
        "ring": Scheme(roles=(Role.CLERK, Role.COURIER)),
        "interface": Scheme(roles=(Role.PARTNER, Role.SERVICE), hours=12),
        "stolen": Scheme(roles=(Role.HEAD, Role.IT, Role.MANAGER)),
        "agent": Scheme(roles=(Role.AGENT,), hours=72),
        "manager": Scheme(roles=(Role.MANAGER,), hours=72),
        "own": Scheme(roles=(Role.CLERK,), hours=72),
        "fresh": Scheme(roles=_STAFF, hours=3),
        "new_hire": Scheme(roles=(Role.CLERK, Role.COURIER)),
        "before_log": Scheme(roles=_STAFF),
        "lunch": Scheme(roles=(Role.CLERK, Role.COURIER, Role.AGENT), hours=36),
        "rich": Scheme(roles=(Role.CLERK, Role.AGENT, Role.HEAD), hours=96),
        "by_phone": Scheme(roles=(Role.AGENT, Role.CLERK), hours=96),
        "service": Scheme(roles=(Role.SERVICE,), hours=24),
        "last_days": Scheme(roles=(Role.CLERK, Role.COURIER), hours=96),
        "growing": Scheme(roles=_STAFF),
        "pauses": Scheme(roles=_STAFF),
        "temp": Scheme(roles=(Role.CLERK, Role.COURIER), hours=36),
        "two_accounts": Scheme(roles=_STAFF),
        "hall": Scheme(roles=(Role.COURIER,), hours=6),
        "off_day": Scheme(roles=(Role.CLERK, Role.COURIER, Role.SORTER)),
        "team": Scheme(roles=(Role.DESK,), hours=72),
        "nearby": Scheme(roles=(Role.CLERK, Role.COURIER), hours=72),
        "goods": Scheme(roles=(Role.CLERK, Role.AGENT), hours=72),
        "alternate": Scheme(roles=_STAFF),
        "aged": Scheme(roles=(Role.CLERK, Role.AGENT, Role.CLAIMS), hours=200),
        "shadow": Scheme(roles=(Role.CLERK, Role.COURIER, Role.SORTER)),
        "sold_login": Scheme(roles=_STAFF),
        "dormant": Scheme(roles=(Role.CLERK, Role.COURIER)),
        "in_peak": Scheme(roles=_STAFF, hours=36),
        "unpicked": Scheme(roles=(Role.CLERK, Role.AGENT, Role.HEAD), hours=24),
        "under_way": Scheme(roles=_STAFF, hours=120),
        "places": Scheme(roles=(Role.CLERK, Role.COURIER, Role.AGENT), hours=72),
        "listed": Scheme(roles=(Role.CLERK, Role.CLAIMS, Role.MANAGER, Role.HEAD)),
        "last_hours": Scheme(roles=_STAFF),
    }
)


def do_leaks(draft: Draft, rng: Rng) -> list[dict[str, object]]:
    """Adds all pulls; what the truth says of each leak."""
    told: list[dict[str, object]] = []
    taken: set[int] = set()
    for leak in draft.plan.leaks:
        people = _accounts(draft, leak, taken, rng)
        taken.update(people)
        if people:
            told.append(_pull_all(draft, leak, people, len(told), rng))
    for who in taken:
        draft.traps.pop(who, None)
    return told


def _accounts(draft: Draft, leak: Leak, taken: set[int], rng: Rng) -> list[int]:
    s = draft.staff
    if leak.kind in _PASSING:
        who = s.of(*SCHEMES[leak.kind].roles)
        fit = who[_PASSING[leak.kind](draft, who)]
    else:
        roles = SCHEMES[leak.kind].roles
        role = roles[int(rng.integers(len(roles)))] if leak.kind != "ring" else None
        who = s.of(*roles) if role is None else s.of(role)
        who = who if len(who) > leak.accounts else s.of(*roles)
        fit = who[(s.first[who] == 0) & (s.last[who] == draft.span.days)]
        odd = np.array([k in draft.traps for k in fit.tolist()], np.bool_)
        fit = fit[~odd] if (~odd).sum() > leak.accounts and not leak.anyone else fit
    if leak.link in s.outside:
        fit = s.outside[leak.link]
    elif leak.kind == "interface":
        fit = fit[s.owns[fit] >= 0]
        fit = fit if set(fit.tolist()) - taken else s.issuer
    if leak.link in ("outlet", "region"):
        place = (s.home if leak.link == "outlet" else s.region)[fit]
        homes, many = np.unique(place, return_counts=True)
        large = homes[many >= min(leak.accounts, int(many.max()))]
        fit = fit[place == rng.choice(large)]
    if leak.kind == "service":
        fit = s.of(Role.SERVICE)
        fit = fit[s.owns[fit] < 0]
        fit = fit[1:-1] if len(fit) > 2 else fit  # neither who pushes each scan nor who reads all each night
    chosen = [k for k in rng.permutation(fit).tolist() if k not in taken]
    if leak.kind == "two_accounts":
        return [account for k in chosen[: leak.accounts] for account in (k, int(s.twin[k]))]
    return chosen[: leak.accounts]


def _leaves(draft: Draft, who: Ints) -> Mask:
    left: Mask = np.array([draft.traps.get(k) == "leaver" for k in who.tolist()], np.bool_)
    return left & (draft.staff.last[who] > 3)


def _helps_for_days(draft: Draft, who: Ints) -> Mask:
    return np.array([draft.traps.get(k) == "temporary" for k in who.tolist()], np.bool_)


_PASSING: Mapping[str, Callable[[Draft, Ints], Mask]] = MappingProxyType(
    {
        "new_hire": lambda draft, who: (
            (draft.staff.first[who] > 0) & (draft.staff.last[who] == draft.span.days) & ~np.isin(who, draft.staff.twin)
        ),
        "last_days": _leaves,
        "temp": _helps_for_days,
        "two_accounts": lambda draft, who: draft.staff.twin[who] >= 0,
        "dormant": _leaves,
    }
)
"""Of schemes of people who aren't there all the time: whose accounts are fit."""


def _pull_all(draft: Draft, leak: Leak, people: list[int], nth: int, rng: Rng) -> dict[str, object]:
    a_day = max(1, min(leak.a_day, int(CAP * draft.a_day)))
    days = draft.span.days
    begin = 0 if leak.early or leak.kind == "before_log" else int(rng.integers(1, max(2, min(10, days - 3))))
    hands = _hands(draft, leak, people, nth, rng)
    lanes = _lanes(draft, leak, a_day, rng)
    pulled, first = 0, draft.span.end
    lists = _lists(draft, leak, people, a_day, begin, rng)
    for k, who in enumerate(people):
        since = int(draft.staff.first[who]) if leak.kind in ("new_hire", "temp") else begin
        begun = _days(draft, leak, who, since, rng)
        begun = _turn_of(k, len(people), draft.span.days) if leak.link == "turns" else begun
        known = np.zeros(0, np.int64)
        among = lanes if lanes is not None else _among(draft, leak, who)
        for nth_day, day in enumerate(begun):
            if lists is not None:
                mine = lists[day] if leak.link == "copies" else lists[day][k :: len(people)]
                at, parcel = _of_list(draft, who, day, mine, rng)
            else:
                grown = 0.15 + 1.7 * nth_day / max(1, len(begun) - 1) if leak.kind == "growing" else 1.0
                many = max(1, round(a_day * grown * rng.lognormal(0, SIGMA)))
                at, parcel = _draw(draft, leak, (who, day, many), among, known, rng)
            at = _after_work(draft, who, at, parcel, rng) if leak.kind == "shadow" else at
            known = np.concatenate([known, parcel])
            draft.read_as_usual(at, who, parcel, insider=nth, hand=hands[k])
            pulled += len(at)
            first = min(first, int(at.min())) if len(at) else first
    return {
        "kind": leak.kind, "accounts": people, "meant_a_day": leak.a_day, "a_day": a_day, "link": leak.link,
        "odd_hours": leak.odd_hours, "once": leak.once, "since": first, "pulled": pulled,
        "roles": sorted({Role(int(draft.staff.role[who])).name.lower() for who in people}),
        **({"early": True} if leak.early else {}), **({"action": leak.action} if leak.action else {}),
    }  # fmt: skip


def _days(draft: Draft, leak: Leak, who: int, since: int, rng: Rng) -> list[int]:
    days = [day for day in draft.working_days(who) if day >= since]
    if leak.kind in ("interface", "service", "sold_login") or leak.odd_hours:
        days = list(range(since, draft.span.days))
    if leak.kind == "dormant":
        days = list(range(int(draft.staff.last[who]), draft.span.days))
    if leak.kind == "alternate":
        days = days[::2]
    if leak.kind == "in_peak":
        peak = draft.span.peak
        days = [day for day in draft.working_days(who) if peak - 1 <= day <= peak + 2] or days[:1]
    if leak.kind == "last_days":
        days = draft.working_days(who)[-3:]
    if leak.kind == "two_accounts":
        days = days or draft.working_days(who)[-2:]
    if leak.kind == "pauses":
        days = [day for day in days if (day - since) % 5 < 2] or days[:1]
    if leak.kind == "off_day":
        days = [day for day in range(since, draft.span.days) if day % 7 == int(draft.staff.off[who])] or days[:1]
    if leak.once:
        return days[: 1 if rng.random() < 0.6 else 2]
    return days


def _turn_of(k: int, many: int, days: int) -> list[int]:
    """The days of one account of a ring whose accounts pull in turns, from the second day on, days off or not."""
    turn = max(1, min(_TURN, (days - 1) // many))
    return [day for day in range(1, days) if (day - 1) // turn % many == k]


def _hands(draft: Draft, leak: Leak, people: list[int], nth: int, rng: Rng) -> list[int]:
    """What each account comes in by: -1 for its own device and address; a thief hides it or not."""
    stolen, sold = leak.kind in ("stolen", "service"), leak.kind == "sold_login" or leak.link == "key"
    if not (stolen or sold or leak.action or leak.link in ("address", "device")):
        return [-1] * len(people)
    new_device, new_address = (rng.random(2) < 0.7).tolist()
    another = leak.link == "device" or sold or (stolen and new_device)
    device = f"x{int(rng.integers(16**8)):08x}" if another else None
    elsewhere = leak.link == "address" or sold or (stolen and new_address)
    address = f"198.51.100.{nth + 1}" if elsewhere else None
    draft.hands.append(Hand(device=device, address=address, action=leak.action))
    return [len(draft.hands) - 1] * len(people)


def _lanes(draft: Draft, leak: Leak, a_day: int, rng: Rng) -> Mask | None:
    """Of `lanes`: parcels of some pairs of cities, enough for the figure."""
    if leak.kind != "lanes":
        return None
    p, city = draft.parcels, draft.places.city
    lane = city[p.origin] * len(draft.places.city_names) + city[p.destination]
    size = np.bincount(lane)
    order = rng.permutation(np.flatnonzero(size >= np.quantile(size[size > 0], 0.7)))
    enough = np.searchsorted(np.cumsum(size[order]), a_day * draft.span.days * 1.5) + 1
    out: Mask = np.isin(lane, order[:enough])
    return out


def _among(draft: Draft, leak: Leak, who: int) -> Mask | None:
    """Which parcels a scheme is about; None for all."""
    p, s = draft.parcels, draft.staff
    match leak.kind:
        case "interface":
            return _not_theirs(draft, leak.link, who)
        case "ring" if leak.link == "split":
            start: Mask = draft.places.region[p.origin] == who % len(draft.places.region_names)
            return start
        case "ring" if leak.link == "region":
            return draft.of_region(int(s.region[who]))
        case "places":
            sent = np.bincount(p.origin, minlength=len(draft.places.ids))
            sent[draft.places.region == s.region[who]] = 0
            large = np.argsort(-sent)[: max(8, draft.places.outlets // 3)]
            return np.isin(p.origin, large[(who + 7 * np.arange(8)) % len(large)])
        case "nearby":
            of = draft.places.city if draft.plan.staffing.townships else np.arange(len(draft.places.ids))
            home = of[s.home[who]]
            apart: Mask = (of[p.origin] != home) & (of[p.destination] != home)
            return draft.of_region(int(s.region[who])) & apart
        case "goods":
            kind: Mask = p.goods == 1 + who % draft.plan.work.goods
            return kind
        case "hall":
            mine: Mask = draft.places.region[p.origin] == draft.staff.region[who]
            return mine
        case "rich":
            sent = np.bincount(p.customer)
            large = np.argsort(-sent)[: max(3, int(0.03 * len(sent)))]
            return np.isin(p.customer, large)
        case "manager":
            return draft.of_region(int(s.region[who]))
        case "own":
            home = int(draft.places.parent[s.home[who]])
            return np.isin(p.destination, [home, s.home[who]]) | np.isin(p.origin, [home, s.home[who]])
    return None


def _not_theirs(draft: Draft, link: str, who: int) -> Mask:
    """Which parcels are none of an interface's business."""
    p = draft.parcels
    out: Mask
    match link:
        case "house":
            out = ~draft.asks_for[who][p.customer]
        case "locker":
            out = draft.locker != who
        case "insurer":
            out = ~p.problem & (p.special != 2)
        case "rival":
            others = np.flatnonzero(draft.staff.issuer != who)
            out = p.channel == others[who % len(others)]
        case _:
            out = draft.staff.issuer[p.channel] != who
    return out


def _window(draft: Draft, leak: Leak, who: int, day: int) -> tuple[int, int]:
    """From when to when an account pulls on a day."""
    begin, end = draft.shift_on(who, day)
    midnight = draft.span.start + day * DAY
    if leak.odd_hours:
        return midnight + _NIGHT[0] * HOUR, midnight + _NIGHT[1] * HOUR
    if leak.kind == "sold_login":
        return midnight, midnight + DAY
    if leak.kind == "lunch":
        return begin + (end - begin) * 2 // 5, begin + (end - begin) * 3 // 5
    if leak.kind == "last_hours":
        return end - 2 * HOUR, end
    if leak.link == "hours":
        begin += who % max(1, (end - begin) // HOUR) * HOUR
        return begin, min(begin + HOUR, end)
    return begin, end


def _bounds(draft: Draft, leak: Leak, wanted: Ints, within: tuple[int, int], back: int) -> tuple[Ints, Ints]:
    """From when and until when each parcel is pulled."""
    p, (begin, end) = draft.parcels, within
    low = np.maximum(p.issued[wanted] + 2 * MINUTE, begin)
    high = np.minimum(p.issued[wanted] + back, end)
    if leak.kind in ("hall", "unpicked") or (leak.kind == "interface" and leak.link in ("", "key")):
        high = np.minimum(high, p.pickup[wanted])
    elif leak.link in ("late", "insurer") or leak.kind == "under_way":
        low, high = np.maximum(low, p.pickup[wanted]), np.minimum(high, p.done[wanted])
    elif leak.link == "locker":
        high = np.minimum(high, p.out[wanted])
    elif leak.kind == "aged":
        low = np.maximum(low, p.done[wanted] + HOUR)
    return low, high


def _draw(
    draft: Draft, leak: Leak, how: tuple[int, int, int], among: Mask | None, known: Ints, rng: Rng
) -> tuple[Ints, Ints]:
    """Times and parcels of (account, day, how many)."""
    who, day, many = how
    begin, end = _window(draft, leak, who, day)
    if leak.kind == "listed":
        begin += int((end - begin) * rng.uniform(0.2, 0.9))
        end = begin + 10 * MINUTE
    back = (INTERFACES[leak.link] if leak.kind == "interface" else SCHEMES[leak.kind].hours) * HOUR
    part = draft.issued_between(begin - back, end)
    wanted = np.arange(part.start, part.stop)
    if among is not None:
        wanted = wanted[among[part]]
    wanted = wanted[~np.isin(wanted, known)]
    issued, pickup = draft.parcels.issued, draft.parcels.pickup
    if draft.parcels.foreign.any():
        wanted = wanted[~draft.parcels.foreign[wanted]]
    if leak.kind == "interface" and leak.link in ("", "key"):
        wanted = wanted[(pickup[wanted] > begin) & (pickup[wanted] > issued[wanted] + 10 * MINUTE)]
    low, high = _bounds(draft, leak, wanted, (begin, end), back)
    fit = np.flatnonzero(high > low)
    chosen = rng.choice(fit, min(many, len(fit)), replace=False)
    at = low[chosen] + ((high - low)[chosen] * rng.random(len(chosen))).astype(np.int64)
    if leak.kind == "bulk":
        hour = rng.choice(RHYTHM_HOURS, len(at)) + rng.random(len(at)) * 0.7
        stock = draft.span.start + day * DAY + (hour * HOUR).astype(np.int64)
        fits = (stock >= low[chosen]) & (stock < high[chosen]) & (rng.random(len(at)) < 0.5)
        at = np.where(fits, stock, at)
    if leak.kind in ("lunch", "by_phone"):
        at = _in_bursts(at, 12 if leak.kind == "lunch" else 4, rng)
    order = np.argsort(at, kind="stable")
    return at[order], wanted[chosen[order]]


def _after_work(draft: Draft, who: int, at: Ints, parcel: Ints, rng: Rng) -> Ints:
    """Times put to seconds after the account's last read for work, where the parcel was there by then."""
    own = np.sort(np.concatenate([t[a == who] for t, a in zip(draft.reads.at, draft.reads.account, strict=True)]))
    if not len(own):
        return at
    near = own[np.maximum(np.searchsorted(own, at) - 1, 0)] + (rng.uniform(4, 40, len(at)) * SECOND).astype(np.int64)
    there = (near > draft.parcels.issued[parcel] + MINUTE) & (draft.span.day_of(near) == draft.span.day_of(at))
    out: Ints = np.where(there, near, at)
    return out


def _in_bursts(at: Ints, most: int, rng: Rng) -> Ints:
    """Times put off to the last of their burst, of up to so many parcels, and seconds apart."""
    order = np.argsort(at, kind="stable")
    which = np.cumsum(rng.random(len(at)) < 2 / (most + 1))
    last = at[order][np.searchsorted(which, which, side="right") - 1]
    out = np.empty_like(at)
    out[order] = last + (rng.random(len(at)) * 20 * SECOND).astype(np.int64)
    return out


def _lists(draft: Draft, leak: Leak, people: list[int], a_day: int, since: int, rng: Rng) -> dict[int, Ints] | None:
    """Of a ring that splits a list: each day's list, parcels that were issued one after another."""
    if leak.link not in ("list", "copies"):
        return None
    lists = {}
    for day in range(since, draft.span.days):
        many = max(len(people), round(len(people) * a_day * rng.lognormal(0, SIGMA)))
        part = draft.issued_between(draft.span.start + (day - 1) * DAY, draft.span.start + day * DAY)
        if leak.link == "copies":
            lists[day] = np.sort(rng.choice(np.arange(part.start, part.stop), many // len(people), replace=False))
            continue
        first = int(rng.integers(part.start, max(part.start + 1, part.stop - many)))
        lists[day] = np.arange(first, min(first + many, part.stop))
    return lists


def _of_list(draft: Draft, who: int, day: int, mine: Ints, rng: Rng) -> tuple[Ints, Ints]:
    """They begin within minutes of each other, at ten in the morning or with their shift."""
    begin, end = draft.shift_on(who, day)
    first = max(begin, draft.span.start + day * DAY + 10 * HOUR) + int(rng.integers(0, 8 * MINUTE))
    first = min(first, end - HOUR)
    at = np.sort(first + (rng.random(len(mine)) * 90 * MINUTE).astype(np.int64))
    return at, mine
