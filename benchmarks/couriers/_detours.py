"""What befalls parcels before anybody reads them: new outlets, returns, holds for customs, a flooded hub.

Further pieces, second numbers, other ways and days stand in `_journeys`.


1. Everything is done to the parcels in place, before work is drawn, so that scans and reads follow from it.
2. Nothing is drawn for a plan that has none of these.
"""

import numpy as np

from benchmarks.couriers._clock import hours
from benchmarks.couriers._journeys import do_journeys
from benchmarks.couriers._parcels import delay
from benchmarks.couriers._world import Draft
from wayseal_sim.types import DAY, HOUR, Mask

Rng = np.random.Generator


def do_detours(draft: Draft, rng: Rng) -> None:
    """All that the plan has of these."""
    if draft.staff.opens_on:
        _open_outlets(draft)
    if draft.plan.work.returns:
        _bring_back(draft, rng)
    if draft.plan.work.holds:
        some = np.flatnonzero(draft.parcels.special == 1)
        delay(draft.parcels, some, "hub1_out", hours(rng, len(some), 12, 130) // DAY * DAY)
    if "flood" in draft.plan.odd:
        _flood(draft, rng)
    do_journeys(draft, rng)


def _open_outlets(draft: Draft) -> None:
    """Until an outlet opens, its parcels are the other one's."""
    p, s = draft.parcels, draft.staff
    for unit, at in ((p.origin, p.pickup), (p.destination, p.arrive)):
        early = draft.span.day_of(at) < s.opens_on
        unit[early] = s.before[unit[early]]


def _bring_back(draft: Draft, rng: Rng) -> None:
    """Some parcels bring back what an earlier one of the same sender brought, the other way."""
    p, places = draft.parcels, draft.places
    far = p.hub2 >= 0
    for kind in (far, ~far):
        done = np.flatnonzero(kind)
        done = done[np.argsort(p.done[done], kind="stable")]
        mine = np.flatnonzero(kind & (rng.random(len(p)) < draft.plan.work.returns))
        until = np.searchsorted(p.done[done], p.issued[mine])
        since = np.searchsorted(p.done[done], p.issued[mine] - 5 * DAY)
        fit = until > since
        mine, since, until = mine[fit], since[fit], until[fit]
        first = done[since + ((until - since) * rng.random(len(mine))).astype(np.int64)]
        fit = p.back[first] < 0
        p.back[mine[fit]] = first[fit]
    mine = np.flatnonzero(p.back >= 0)
    first = p.back[mine]
    mine, first = mine[p.back[first] < 0], first[p.back[first] < 0]
    p.back[:] = -1
    p.back[mine] = first
    start, end = p.destination[first].copy(), p.origin[first].copy()
    p.origin[mine], p.destination[mine], p.customer[mine] = start, end, p.customer[first]
    hub1, hub2 = places.hub[places.region[start]], places.hub[places.region[end]]
    p.hub1[mine], p.hub2[mine] = hub1, np.where(hub1 != hub2, hub2, -1)


def _flood(draft: Draft, rng: Rng) -> None:
    """A hub is shut: what would come in goes through another one, some hours or a day later."""
    p, span = draft.parcels, draft.span
    hubs = np.unique(draft.places.hub)
    shut = int(rng.choice(hubs))
    begin = span.start + int(rng.integers(3, max(4, span.days - 5))) * DAY + int(rng.integers(0, 12)) * HOUR
    end = begin + int(rng.integers(40, 80)) * HOUR
    others = hubs[hubs != shut] if len(hubs) > 1 else hubs
    met: Mask = np.zeros(len(p), np.bool_)
    for unit, when, step in ((p.hub1, p.hub1_in, "hub1_in"), (p.hub2, p.hub2_in, "hub2_in")):
        some = np.flatnonzero((unit == shut) & (when >= begin) & (when < end))
        met[some] = True
        delay(p, some, step, hours(rng, len(some), 4, 30))
        unit[some] = rng.choice(others, len(some))
    draft.flooded = np.flatnonzero(met)
