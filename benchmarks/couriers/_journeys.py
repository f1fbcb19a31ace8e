"""Parcels that go another way than most: by rounds, to another outlet than booked, in pieces, under a second number.

1. As in `_detours`, all of it is done in place before work is drawn; nothing is drawn for a plan that has none of it.
2. Where a parcel was booked to stands in `Draft.booked`: that is what `waybills` knows.
"""

import numpy as np

from benchmarks.couriers._clock import hours
from benchmarks.couriers._parcels import CUSTOMERS, delay
from benchmarks.couriers._plan import scaled
from benchmarks.couriers._world import Draft
from wayseal_sim.types import DAY, Ints

Rng = np.random.Generator
_LIKE_MOTHER = (
    "pickup", "left", "hub1_in", "hub1_out", "hub2_in", "hub2_out", "arrive", "out", "done", "origin", "destination",
    "hub1", "hub2", "channel", "customer", "goods",
)  # fmt: skip
_TERM_SHARE = 0.25


def do_journeys(draft: Draft, rng: Rng) -> None:
    """All that the plan has of these."""
    w, p = draft.plan.work, draft.parcels
    if w.goods:
        customers = draft.places.outlets * CUSTOMERS
        usual = rng.integers(1, w.goods + 1, customers)
        p.goods[:] = np.where(rng.random(len(p)) < 0.85, usual[p.customer], rng.integers(1, w.goods + 1, len(p)))
    if "term" in draft.plan.odd:
        _begin_term(draft, scaled(draft.plan.odd["term"], draft.accounts), rng)
    if w.legs:
        _join_legs(draft, rng)
    if w.pieces:
        _split(draft, rng)
    draft.booked = p.destination.copy()
    if w.redirect:
        _redirect(draft, rng)
    if w.rounds:
        day = draft.span.day_of(p.out)
        delay(p, np.arange(len(p)), "out", (-(day + p.destination) % w.rounds) * DAY)


def _go_to(draft: Draft, some: Ints, destination: Ints) -> None:
    """Gives parcels another destination, and the hub of its region."""
    p, places = draft.parcels, draft.places
    p.destination[some] = destination
    last = places.hub[places.region[destination]]
    p.hub2[some] = np.where(last != p.hub1[some], last, -1)


def _begin_term(draft: Draft, count: int, rng: Rng) -> None:
    p, places = draft.parcels, draft.places
    draft.term = rng.choice(places.outlets, min(count, places.outlets // 4), replace=False, p=places.size)
    begin = draft.span.start + int(rng.integers(2, max(3, draft.span.days - 4))) * DAY
    some = np.flatnonzero((p.issued >= begin) & (rng.random(len(p)) < _TERM_SHARE))
    _go_to(draft, some, rng.choice(draft.term, len(some)))


def _join_legs(draft: Draft, rng: Rng) -> None:
    """A warehouse's parcel came in under another number: one that ends there shortly before the second is issued."""
    p, places = draft.parcels, draft.places
    senders = np.argsort(-places.sends, kind="stable")[: scaled(draft.plan.shape.warehouses or 4, draft.accounts)]
    second = np.flatnonzero(np.isin(p.origin, senders) & (rng.random(len(p)) < draft.plan.work.legs))
    first = np.flatnonzero(~np.isin(p.origin, senders))
    first = first[np.argsort(p.done[first], kind="stable")]
    place = np.searchsorted(p.done[first], p.issued[second]) - 1 - rng.integers(0, 400, len(second))
    fit = place >= 0
    second, chosen = second[fit], first[np.maximum(place, 0)[fit]]
    chosen, where = np.unique(chosen, return_index=True)
    second = second[where]
    _go_to(draft, chosen, p.origin[second])
    p.customer[chosen] = p.customer[second]
    p.order[second] = chosen


def _split(draft: Draft, rng: Rng) -> None:
    """Pieces of one order: like the one before in all but number, time of issue and luck."""
    p = draft.parcels
    piece = (rng.random(len(p)) < draft.plan.work.pieces) & (p.order == np.arange(len(p)))
    piece[np.unique(p.order[p.order != np.arange(len(p))])] = False
    piece[0] = False
    near = np.flatnonzero(piece)
    near = near[p.issued[near] - p.issued[near - 1] < DAY // 24]
    piece[:] = False
    piece[near] = True
    own = np.arange(len(p))
    mother = np.maximum.accumulate(np.where(piece, 0, own))
    mother = np.where(p.pickup[mother] > p.issued, mother, own)  # none is issued once the first is gone
    for name in _LIKE_MOTHER:
        values = getattr(p, name)
        values[:] = values[mother]
    p.order[near] = p.order[mother[near]]


def _redirect(draft: Draft, rng: Rng) -> None:
    """Recipients have parcels sent elsewhere while these are on their way: in the city, or anywhere."""
    p, places = draft.parcels, draft.places
    some = np.flatnonzero((rng.random(len(p)) < draft.plan.work.redirect) & (p.hub2 >= 0))
    city = places.city[: places.outlets]
    order = np.argsort(city, kind="stable")
    start = np.searchsorted(city[order], np.arange(len(places.city_names) + 1))
    mine = city[p.destination[some]]
    near = order[start[mine] + ((start[mine + 1] - start[mine]) * rng.random(len(some))).astype(np.int64)]
    to = np.where(rng.random(len(some)) < 0.6, near, rng.integers(0, places.outlets, len(some)))
    at = p.pickup[some] + hours(rng, len(some), 0.5, 5)
    far = places.hub[places.region[to]] != p.hub1[some]
    some, to, at = some[far], to[far], at[far]
    _go_to(draft, some, to)
    moved = p.destination[some] != draft.booked[some]
    draft.redirected = (some[moved], at[moved])
