"""Who works when something is out of the ordinary: strikes, holidays, helpers at a peak, accounts given on, part time.

1. Nothing is drawn for a plan that has none of these.
2. Only who is there all the time, and in one place, is on a roster; whoever is keeps his days off.
3. None of it is in `assignments`: rosters hang on the wall.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.couriers._arrangements import Several
from benchmarks.couriers._clock import Span
from benchmarks.couriers._places import Places
from benchmarks.couriers._plan import Plan, Role, scaled
from wayseal_sim.types import Ints, Mask

Rng = np.random.Generator
HOLIDAY = 3  # days from the peak on
_GROUP = 4  # outlets of which one's people are on duty
_EACH_WAY = (Role.CLERK, Role.COURIER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """All accounts as their posts are made: role, home, first and last day of each; `free`: on no roster yet."""

    plan: Plan
    role: Ints
    home: Ints
    first: Ints
    last: Ints
    places: Places
    span: Span
    accounts: int
    free: Mask

    def of(self, role: Role) -> Ints:
        """Accounts of a role that are on no roster yet."""
        out: Ints = np.flatnonzero((self.role == role) & self.free)
        return out


def roster(several: Several, crew: Crew, rng: Rng) -> None:
    """Adds the posts of all rosters that the plan has."""
    odd = crew.plan.odd
    if crew.plan.staffing.townships:
        _townships(several, crew)
    if "holiday" in odd:
        _holiday(several, crew, rng)
    if "strike" in odd:
        _strike(several, crew, min(odd["strike"], len(crew.places.region_names)), rng)
    if "support" in odd:
        _support(several, crew, scaled(odd["support"], crew.accounts), rng)
    if "recycled" in odd:
        _recycle(several, crew, scaled(odd["recycled"], crew.accounts), rng)
    if "covers" in odd:
        _cover(several, crew, scaled(odd["covers"], crew.accounts), rng)


def _instead(several: Several, crew: Crew, who: int, trap: str = "") -> None:
    several.instead.add(who)
    crew.free[who] = False
    if trap:
        several.traps[who] = trap


def _townships(several: Several, crew: Crew) -> None:
    """Whoever serves a town serves all its outlets."""
    places = crew.places
    city = places.city[: places.outlets]
    of_city = {int(c): np.flatnonzero(city == c).tolist() for c in np.unique(city)}
    for role in _EACH_WAY:
        for who in crew.of(role).tolist():
            units, span = of_city[int(city[crew.home[who]])], (int(crew.first[who]), int(crew.last[who]))
            several.posts += [(int(role), unit, who, *span) for unit in units]
            _instead(several, crew, who)


def _holiday(several: Several, crew: Crew, rng: Rng) -> None:
    """Groups of outlets of a region; for the holiday a quarter of each group's people are on duty for all of it."""
    n, begin = crew.places.outlets, crew.span.peak
    end = min(begin + HOLIDAY, crew.span.days)
    group = np.arange(n) // _GROUP + crew.places.region[:n] * n
    units = {int(g): np.flatnonzero(group == g).tolist() for g in np.unique(group)}
    for role in _EACH_WAY:
        who = crew.of(role)
        who = who[(crew.first[who] < begin) & (crew.last[who] >= end)]
        for g, mine in units.items():
            people = rng.permutation(who[group[crew.home[who]] == g]).tolist()
            for k, one in enumerate(people):
                home, first, last = int(crew.home[one]), int(crew.first[one]), int(crew.last[one])
                several.posts += [(int(role), home, one, first, begin), (int(role), home, one, end, last)]
                duty = k < max(1, len(people) // _GROUP)
                several.posts += [(int(role), unit, one, begin, end) for unit in mine] if duty else []
                _instead(several, crew, one, "holiday" if duty else "")


def _strike(several: Several, crew: Crew, regions: int, rng: Rng) -> None:
    """Couriers of some regions are away for three or four days; clerks bring parcels, managers help at outlets."""
    places, days = crew.places, crew.span.days
    begin = int(rng.integers(2, max(3, days - 4)))
    end = min(days, begin + int(rng.integers(3, 5)))
    struck = rng.permutation(len(places.region_names))[:regions]
    outlets = np.flatnonzero(np.isin(places.region[: places.outlets], struck))
    here = np.isin(places.region[crew.home], struck)
    for who in crew.of(Role.COURIER).tolist():
        if here[who]:
            home, first, last = int(crew.home[who]), int(crew.first[who]), int(crew.last[who])
            several.posts += [(Role.COURIER, home, who, first, begin), (Role.COURIER, home, who, max(first, end), last)]
            _instead(several, crew, who)
    for role in (Role.CLERK, Role.MANAGER):
        for who in crew.of(role).tolist():
            if here[who]:
                near = outlets[places.region[outlets] == places.region[crew.home[who]]]
                unit = int(crew.home[who]) if role is Role.CLERK else int(rng.choice(near))
                several.posts.append((Role.COURIER, unit, who, begin, end))
                several.traps[who] = "strike"


def _support(several: Several, crew: Crew, count: int, rng: Rng) -> None:
    """On the peak's days people of the head office sort at a hub or deliver for an outlet."""
    places, begin = crew.places, max(0, crew.span.peak)
    hubs = np.unique(places.hub)
    for who in rng.permutation(crew.of(Role.HEAD))[:count].tolist():
        sorts = rng.random() < 0.5
        unit = int(rng.choice(hubs)) if sorts else int(rng.choice(places.outlets, p=places.size))
        role = Role.SORTER if sorts else Role.COURIER
        several.posts.append((role, unit, who, begin, min(begin + int(rng.integers(2, 5)), crew.span.days)))
        several.traps[who] = "support"


def _recycle(several: Several, crew: Crew, count: int, rng: Rng) -> None:
    """Until a day the account was a courier's elsewhere, who left; now it is a clerk's, or the other way round."""
    people = np.concatenate([crew.of(role) for role in _EACH_WAY])
    for who in rng.permutation(people)[:count].tolist():
        now, day = int(crew.role[who]), int(rng.integers(3, max(4, crew.span.days - 3)))
        before = int(Role.COURIER if now == Role.CLERK else Role.CLERK)
        several.posts += [
            (before, int(rng.integers(crew.places.outlets)), who, 0, day),
            (now, int(crew.home[who]), who, day, crew.span.days),
        ]
        _instead(several, crew, who, "recycled")


def _cover(several: Several, crew: Crew, count: int, rng: Rng) -> None:
    """Somebody next door is ill: for two to five days another outlet of the region is the account's, too."""
    region = crew.places.region[: crew.places.outlets]
    people = np.concatenate([crew.of(role) for role in _EACH_WAY])
    people = people[(crew.first[people] == 0) & (crew.last[people] == crew.span.days)]
    for who in rng.permutation(people)[:count].tolist():
        home, since = int(crew.home[who]), int(rng.integers(1, crew.span.days - 2))
        near = np.flatnonzero((region == region[home]) & (np.arange(len(region)) != home))
        if len(near):
            until = min(crew.span.days, since + int(rng.integers(2, 6)))
            several.posts.append((int(crew.role[who]), int(rng.choice(near)), who, since, until))
            several.traps[who] = "covers"


def part_time(share: float, role: Ints, shift: Ints, off: Ints, rng: Rng) -> Ints:
    """Gives a share of clerks and couriers shifts of four hours (in `shift`); their further days off, a bit each."""
    rest = np.zeros(len(role), np.int64)
    if not share:
        return rest
    who = np.flatnonzero(np.isin(role, [int(r) for r in _EACH_WAY]))
    who = who[rng.random(len(who)) < share]
    shift[who] = np.array([(8, 4), (11, 4), (15, 4), (18, 4)])[rng.integers(0, 4, len(who))]
    for one in who.tolist():
        free = rng.choice(np.delete(np.arange(7), int(off[one])), 3, replace=False)
        rest[one] = int((1 << free).sum())
    return rest
