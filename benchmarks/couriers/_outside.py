"""Firms that issue nothing and ask through interfaces: software houses of shops, owners of lockers, insurers.

1. Each account is one firm. What it may ask for follows from contracts: its shops, its lockers, what was claimed.
2. Contracts are in `assignments` where that names more than staff; a shop that changed houses stands under the old one.
"""

import numpy as np

from benchmarks.couriers._clock import hours
from benchmarks.couriers._world import Draft
from wayseal_sim.types import DAY, HOUR, Ints

Rng = np.random.Generator
_SHOPS_WITH_HOUSE = 0.65
_MOVES = 0.08
_IN_LOCKER = 0.45
_OUTLETS_WITH_LOCKER = 0.75


def do_outside(draft: Draft, rng: Rng) -> None:
    """What all such firms ask for."""
    for kind, do in (("house", _houses), ("locker", _lockers), ("insurer", _insurers)):
        if kind in draft.staff.outside:
            do(draft, draft.staff.outside[kind], rng)


def _houses(draft: Draft, members: Ints, rng: Rng) -> None:
    """A shop's software prints the label and asks where the parcel is; some shops change their software."""
    p, span = draft.parcels, draft.span
    customers = int(p.customer.max()) + 1
    share = rng.dirichlet(np.full(len(members), 1.5))
    before = np.where(rng.random(customers) < _SHOPS_WITH_HOUSE, rng.choice(members, customers, p=share), -1)
    moves = (rng.random(customers) < _MOVES) & (before >= 0)
    after = np.where(moves, rng.choice(members, customers), before)
    day = rng.integers(2, max(3, span.days - 2), customers)
    draft.asks_for = {int(who): (before == who) | (after == who) for who in members}
    draft.houses = before

    def asks(at: Ints, some: Ints) -> None:
        shop = p.customer[some]
        who = np.where(span.day_of(at) >= day[shop], after[shop], before[shop])
        draft.reads.add(at, who, some, "track")

    some = np.flatnonzero((before[p.customer] >= 0) & (rng.random(len(p)) < 0.6))
    asks(p.issued[some] + hours(rng, len(some), 0.005, 0.2), some)
    again = np.repeat(some, rng.poisson(1.2, len(some)))
    asks(p.issued[again] + ((p.done[again] - p.issued[again]) * rng.random(len(again))).astype(np.int64), again)


def _lockers(draft: Draft, members: Ints, rng: Rng) -> None:
    """Whose locker a parcel lies in asks when it is put in, when it stays too long and when it is taken out."""
    p, outlets = draft.parcels, draft.places.outlets
    owner = np.where(rng.random(outlets) < _OUTLETS_WITH_LOCKER, rng.choice(members, outlets), -1)
    draft.locker_owner = owner
    draft.locker = np.where(rng.random(len(p)) < _IN_LOCKER, owner[p.destination], -1)
    some = np.flatnonzero(draft.locker >= 0)
    draft.reads.add(p.out[some] + hours(rng, len(some), 0.1, 2), draft.locker[some], some, "track")
    stays = some[rng.random(len(some)) < 0.3]
    draft.reads.add(p.done[stays] + hours(rng, len(stays), 10, 22), draft.locker[stays], stays, "track")
    draft.reads.add(p.done[some] + hours(rng, len(some), 0.5, 30), draft.locker[some], some, "track")


def _insurers(draft: Draft, members: Ints, rng: Rng) -> None:
    """What was lost or broken, some days later and until it is paid; each night what was declared to be of value."""
    p = draft.parcels
    of = members[p.customer % len(members)]
    lost = np.flatnonzero(p.problem & (rng.random(len(p)) < 0.7))
    some = np.repeat(lost, rng.integers(1, 4, len(lost)))
    draft.reads.add(p.done[some] + hours(rng, len(some), 20, 150), of[some], some, "claim")
    worth = np.flatnonzero(p.special == 2)
    night = draft.span.start + (draft.span.day_of(p.issued[worth]) + 1) * DAY + 2 * HOUR
    draft.reads.add(night + hours(rng, len(worth), 0, 1), of[worth], worth, "track")


def contracts(draft: Draft) -> list[tuple[int, str, str]]:
    """Account, scope and value of each contract, as they were when the log began."""
    rows = [(int(who), "customer", f"c{shop:06d}") for shop, who in enumerate(draft.houses.tolist()) if who >= 0]
    ids = draft.places.ids
    rows += [(int(who), "outlet", ids[unit]) for unit, who in enumerate(draft.locker_owner.tolist()) if who >= 0]
    return rows
