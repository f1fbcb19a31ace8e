"""Leaks: accounts that pull, and what they pull. Schemes of a plan's `Leak.kind`.

1. What is pulled a day is log-normal around the figure (sigma SIGMA). A figure above a share CAP of a day's parcels is
   lowered to it; the truth says both.
2. Accounts pull on their working days, in their shift, from the second to the tenth day on, nothing twice, unless the
   scheme says otherwise (`Scheme`).
3. They read with the purpose that their role mostly has. Half of what `bulk` pulls is pulled when the market's stock
   grows (`RHYTHM_HOURS`), where that is in the shift.
4. Nobody who pulls is among the innocents, whatever else the account does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from wayseal.simulate._types import DAY, HOUR, MINUTE, Ints, Mask
from wayseal.simulate.couriers._plan import Leak, Role
from wayseal.simulate.couriers._world import Draft, Hand
from wayseal.simulate.insiders import RHYTHM_HOURS

Rng = np.random.Generator
SIGMA = 0.25
CAP = 0.2
_NIGHT = (0, 5)
_STAFF = (Role.CLERK, Role.COURIER, Role.SORTER, Role.AGENT)


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
    if leak.kind == "new_hire":
        who = s.of(*SCHEMES[leak.kind].roles)
        fit = who[(s.first[who] > 0) & (s.last[who] == draft.span.days)]
    else:
        roles = SCHEMES[leak.kind].roles
        role = roles[int(rng.integers(len(roles)))] if leak.kind != "ring" else None
        who = s.of(*roles) if role is None else s.of(role)
        who = who if len(who) > leak.accounts else s.of(*roles)
        fit = who[(s.first[who] == 0) & (s.last[who] == draft.span.days)]
        odd = np.array([k in draft.traps for k in fit.tolist()], np.bool_)
        fit = fit[~odd] if (~odd).sum() > leak.accounts else fit
    if leak.kind == "interface":
        fit = fit[s.owns[fit] >= 0]
        fit = fit if set(fit.tolist()) - taken else s.issuer
    chosen = [k for k in rng.permutation(fit).tolist() if k not in taken]
    return chosen[: leak.accounts]


def _pull_all(draft: Draft, leak: Leak, people: list[int], nth: int, rng: Rng) -> dict[str, object]:
    a_day = max(1, min(leak.a_day, int(CAP * draft.a_day)))
    days = draft.span.days
    begin = 0 if leak.kind == "before_log" else int(rng.integers(1, max(2, min(10, days - 3))))
    hands = _hands(draft, leak, people, nth, rng)
    lanes = _lanes(draft, leak, a_day, rng)
    pulled, first = 0, draft.span.end
    lists = _lists(draft, leak, people, a_day, begin, rng)
    for k, who in enumerate(people):
        since = int(draft.staff.first[who]) if leak.kind == "new_hire" else begin
        begun = _days(draft, leak, who, since, rng)
        known = np.zeros(0, np.int64)
        among = lanes if lanes is not None else _among(draft, leak, who)
        for day in begun:
            if lists is not None:
                at, parcel = _of_list(draft, who, day, lists[day][k :: len(people)], rng)
            else:
                many = max(1, round(a_day * rng.lognormal(0, SIGMA)))
                at, parcel = _draw(draft, leak, (who, day, many), among, known, rng)
            known = np.concatenate([known, parcel])
            draft.read_as_usual(at, who, parcel, insider=nth, hand=hands[k])
            pulled += len(at)
            first = min(first, int(at.min())) if len(at) else first
    return {
        "kind": leak.kind, "accounts": people, "meant_a_day": leak.a_day, "a_day": a_day, "link": leak.link,
        "odd_hours": leak.odd_hours, "once": leak.once, "since": first, "pulled": pulled,
        "roles": sorted({Role(int(draft.staff.role[who])).name.lower() for who in people}),
    }  # fmt: skip


def _days(draft: Draft, leak: Leak, who: int, since: int, rng: Rng) -> list[int]:
    days = [day for day in draft.working_days(who) if day >= since]
    if leak.kind == "interface" or leak.odd_hours:
        days = list(range(since, draft.span.days))
    if leak.once:
        return days[: 1 if rng.random() < 0.6 else 2]
    return days


def _hands(draft: Draft, leak: Leak, people: list[int], nth: int, rng: Rng) -> list[int]:
    """What each account comes in by: -1 for its own device and address; a thief hides it or not."""
    stolen = leak.kind == "stolen"
    if not stolen and leak.link not in ("address", "device"):
        return [-1] * len(people)
    new_device, new_address = (rng.random(2) < 0.7).tolist()
    device = f"x{int(rng.integers(16**8)):08x}" if leak.link == "device" or (stolen and new_device) else None
    address = f"198.51.100.{nth + 1}" if leak.link == "address" or (stolen and new_address) else None
    draft.hands.append(Hand(device=device, address=address))
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
            out: Mask = s.issuer[p.channel] != who
            return out
        case "manager":
            return draft.of_region(int(s.region[who]))
        case "own":
            home = int(draft.places.parent[s.home[who]])
            return np.isin(p.destination, [home, s.home[who]]) | np.isin(p.origin, [home, s.home[who]])
    return None


def _draw(
    draft: Draft, leak: Leak, how: tuple[int, int, int], among: Mask | None, known: Ints, rng: Rng
) -> tuple[Ints, Ints]:
    """Times and parcels of (account, day, how many)."""
    who, day, many = how
    begin, end = draft.shift_on(who, day)
    if leak.odd_hours:
        midnight = draft.span.start + day * DAY
        begin, end = midnight + _NIGHT[0] * HOUR, midnight + _NIGHT[1] * HOUR
    back = SCHEMES[leak.kind].hours * HOUR
    part = draft.issued_between(begin - back, end)
    wanted = np.arange(part.start, part.stop)
    if among is not None:
        wanted = wanted[among[part]]
    wanted = wanted[~np.isin(wanted, known)]
    issued, pickup = draft.parcels.issued, draft.parcels.pickup
    if leak.kind == "interface":
        wanted = wanted[(pickup[wanted] > begin) & (pickup[wanted] > issued[wanted] + 10 * MINUTE)]
    low = np.maximum(issued[wanted] + 2 * MINUTE, begin)
    high = np.minimum(np.minimum(issued[wanted] + back, end), pickup[wanted] if leak.kind == "interface" else end)
    fit = np.flatnonzero(high > low)
    chosen = rng.choice(fit, min(many, len(fit)), replace=False)
    at = low[chosen] + ((high - low)[chosen] * rng.random(len(chosen))).astype(np.int64)
    if leak.kind == "bulk":
        hour = rng.choice(RHYTHM_HOURS, len(at)) + rng.random(len(at)) * 0.7
        stock = draft.span.start + day * DAY + (hour * HOUR).astype(np.int64)
        fits = (stock >= low[chosen]) & (stock < high[chosen]) & (rng.random(len(at)) < 0.5)
        at = np.where(fits, stock, at)
    order = np.argsort(at, kind="stable")
    return at[order], wanted[chosen[order]]


def _lists(draft: Draft, leak: Leak, people: list[int], a_day: int, since: int, rng: Rng) -> dict[int, Ints] | None:
    """Of a ring that splits a list: each day's list, parcels that were issued one after another."""
    if leak.link != "list":
        return None
    lists = {}
    for day in range(since, draft.span.days):
        many = max(len(people), round(len(people) * a_day * rng.lognormal(0, SIGMA)))
        part = draft.issued_between(draft.span.start + (day - 1) * DAY, draft.span.start + day * DAY)
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
