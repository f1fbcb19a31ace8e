"""How people are set up beside plain posts: teams, fleets, two roles at once, new accounts, managers of more regions.

1. Nothing is drawn for a plan that has none of these: other families' numbers stay as they are.
2. Of a person with two accounts the second begins on the day on which the first one ends, in the same post and shift.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from benchmarks.couriers._places import Places
from benchmarks.couriers._plan import Plan, Role, scaled
from wayseal_sim.types import Ints

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where a team sits (outlet, hub, office, centre, head), its shifts, and what its role is called."""

    at: str
    shifts: tuple[tuple[int, int], ...]
    english: str
    chinese: str


SEATS: Mapping[str, Seat] = MappingProxyType(
    {
        "finance": Seat(at="outlet", shifts=((9, 9),), english="outlet_finance", chinese="网点财务"),
        "planners": Seat(at="office", shifts=((5, 8),), english="dispatcher", chinese="调度员"),
        "address": Seat(at="centre", shifts=((8, 8), (14, 8)), english="address_desk", chinese="地址纠错"),
        "weighing": Seat(at="hub", shifts=((9, 9), (15, 9)), english="weight_audit", chinese="重量稽核"),
        "key_accounts": Seat(at="office", shifts=((9, 9),), english="key_account", chinese="大客户经理"),
        "legal": Seat(at="head", shifts=((9, 9),), english="legal", chinese="法务协查"),
        "quality": Seat(at="centre", shifts=((9, 9),), english="call_quality", chinese="质检员"),
        "hold": Seat(at="hub", shifts=((8, 10),), english="customs_hold", chinese="关务扣件"),
        "control_room": Seat(at="head", shifts=((0, 8), (8, 8), (16, 8)), english="control_room", chinese="监控室"),
        "outsourced": Seat(at="centre", shifts=((8, 8), (14, 8)), english="cs_vendor", chinese="外包客服"),
        "returns": Seat(at="outlet", shifts=((9, 9),), english="returns", chinese="退货处理"),
        "robots": Seat(at="outlet", shifts=((0, 24),), english="robot", chinese="客服机器人"),
        "intercepts": Seat(at="office", shifts=((8, 9), (12, 9)), english="intercept", chinese="拦截专员"),
        "analysts": Seat(at="head", shifts=((9, 10),), english="analyst", chinese="数据分析"),
        "inspectors": Seat(at="head", shifts=((9, 8),), english="inspector", chinese="巡检专员"),
        "cold_watch": Seat(at="hub", shifts=((0, 12), (12, 12)), english="cold_watch", chinese="温控值守"),
        "pharmacists": Seat(at="outlet", shifts=((7, 10),), english="pharmacist", chinese="药师"),
        "adjusters": Seat(at="head", shifts=((9, 9),), english="adjuster", chinese="公估"),
        "rpa": Seat(at="head", shifts=((0, 24),), english="rpa", chinese="流程机器人"),
        "overseas": Seat(at="centre", shifts=((21, 9), (3, 8)), english="overseas", chinese="海外仓客服"),
    }
)
"""Teams by name; what each does stands in `_teams`."""


@dataclass(slots=True, kw_only=True)
class Several:
    """Posts beside or instead of an account's own: (role, unit, account, first day, day after the last)."""

    posts: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    instead: set[int] = field(default_factory=set)
    traps: dict[int, str] = field(default_factory=dict)


def seat_teams(
    plan: Plan, roles: Ints, home: Ints, shift: Ints, places: Places, accounts: int, rng: Rng
) -> dict[str, Ints]:
    """Gives each team its accounts, places and shifts (in `home`, `shift`); the accounts of each."""
    teams: dict[str, Ints] = {}
    free = np.flatnonzero(roles == Role.DESK)
    for team in plan.staffing.teams:
        seat, count = SEATS[team.name], max(2, scaled(team.count, accounts))
        mine, free = free[:count], free[count:]
        among = {
            "outlet": rng.permutation(np.argsort(-places.crew)[: max(count, places.outlets // 2)]),
            "hub": rng.permutation(np.unique(places.hub)),
            "office": rng.permutation(places.office),
            "centre": rng.permutation(np.unique(places.centre)),
            "head": np.array([places.head]),
        }[seat.at]
        home[mine] = among[np.arange(len(mine)) % len(among)]
        shift[mine] = np.array(seat.shifts)[rng.integers(0, len(seat.shifts), len(mine))]
        teams[team.name] = mine
    return teams


def further_posts(plan: Plan, roles: Ints, home: Ints, away: set[int], places: Places, days: int, rng: Rng) -> Several:
    """Couriers of fleets, each day at another outlet of the region; couriers who stand at the counter, too."""
    out, t = Several(), plan.staffing
    couriers = [k for k in np.flatnonzero(roles == Role.COURIER).tolist() if k not in away]
    lot = dict(zip(couriers, rng.random(len(couriers)).tolist(), strict=True)) if t.fleet or t.double else {}
    region = places.region[: places.outlets]
    for who, u in lot.items():
        if u < t.fleet:
            near = np.flatnonzero(region == places.region[home[who]])
            rounds = rng.choice(near, min(len(near), 5), replace=False)
            out.posts += [(Role.COURIER, int(rng.choice(rounds)), who, day, day + 1) for day in range(days)]
            out.instead.add(who)
            out.traps[who] = "fleet"
        elif u < t.fleet + t.double:
            out.posts.append((Role.CLERK, int(home[who]), who, 0, days))
            out.traps[who] = "double_role"
    return out


def further_regions(share: float, roles: Ints, region: Ints, rng: Rng) -> dict[int, tuple[int, ...]]:
    """One or two further regions of a share of managers; region: each account's own."""
    regions = np.unique(region)
    managers = np.flatnonzero(roles == Role.MANAGER).tolist() if share and len(regions) > 2 else []
    return {
        who: tuple(int(k) for k in rng.choice(regions[regions != region[who]], int(rng.integers(1, 3)), replace=False))
        for who in managers
        if rng.random() < share
    }


def new_accounts(
    share: float, posts: tuple[Ints, Ints, Ints, Ints], spans: tuple[Ints, Ints], places: Places, rng: Rng
) -> Ints:
    """Makes a share of people's accounts two of one person each, region by region; the new account of each old one.

    posts: role, home, shift, day off of all; spans: first day, day after the last. All but role and home are changed.
    """
    roles, home, shift, off = posts
    first, last = spans
    days = int(last.max())
    twin = np.full(len(roles), -1)
    day_of = rng.integers(2, max(3, days - 3), len(places.region_names))
    for role in (Role.CLERK, Role.COURIER, Role.SORTER, Role.AGENT):
        who = np.flatnonzero(roles == role)
        who = who[np.argsort(home[who], kind="stable")]
        for old, new in zip(who[:-1:2].tolist(), who[1::2].tolist(), strict=False):
            if home[old] == home[new] and rng.random() < share:
                twin[old] = new
                shift[new], off[new] = shift[old], off[old]
                first[new] = last[old] = day_of[places.region[home[old]]]
    return twin
