"""Two explanations that no template can say, since a parcel alone doesn't tell them: mining tries them all the same.

colleague: somebody of the same team had an explained read of the parcel within a day before. lane: an outlet of the
account is usual for parcels between the two cities of the route, and the read falls into the time of custody; where
scans are missing, such reads lack an explanation.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.explain import OUTLET
from wayseal.detect.facts import ExplanationContext, Tables
from wayseal.detect.reasons._sample import Flags, Longs, ReadPairs, UInts
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.kinds import Action

WITHIN = 86_400_000_000
"""How long before a read a colleague's makes it likely that work was handed over (µs)."""
USUAL, SOME = 0.2, 5
"""An outlet is usual for a lane where it scanned such a share of its parcels; of lanes with so many parcels."""
_HOUR, _LIFE, _AFTER = 3_600_000_000, 3 * 86_400_000_000, 10 * 86_400_000_000


def reads_of(snapshot: Snapshot, keys: UInts, context: ExplanationContext) -> ReadPairs:
    """All reads of some waybills."""
    rows = snapshot.reads(keys, ("waybill", "at", "actor", "action"))
    code = pc.fill_null(pc.index_in(rows["action"], pa.array([str(a) for a in Action])), -1)
    return ReadPairs(
        waybill=rows["waybill"].to_numpy(),
        actor=context.staff.actors.places(rows["actor"].to_numpy()),
        at=rows["at"].cast(pa.int64()).to_numpy(),
        action=(code.to_numpy() + 1).astype(np.uint8),
    )


def by_colleague(pairs: ReadPairs, reads: ReadPairs, tables: Tables, context: ExplanationContext) -> Flags:
    """Which pairs, bool (n,), follow an explained read of the parcel by the account's team. reads: of these parcels."""
    why = reads.why(tables, context, context.rules)
    team = context.staff.posts.of[:, 2]
    theirs = reads.take(np.flatnonzero((why >= context.mandates) & (why < context.strong)))
    theirs = theirs.take(np.flatnonzero(team[theirs.actor] >= 0))
    n = len(pairs)
    waybill, at = np.concatenate([pairs.waybill, theirs.waybill]), np.concatenate([pairs.at, theirs.at])
    group = np.concatenate([team[pairs.actor], team[theirs.actor]])
    real = np.arange(len(at)) >= n
    order = np.lexsort((real, at, group, waybill))
    last = np.maximum.accumulate(np.where(real[order], np.arange(len(order)), -1))
    source = order[np.maximum(last, 0)]
    same = (last >= 0) & (waybill[source] == waybill[order]) & (group[source] == group[order]) & (group[order] >= 0)
    near = same & (at[order] - at[source] <= WITHIN)
    out = np.zeros(len(at), np.bool_)
    out[order] = near
    return out[:n]


def by_lane(pairs: ReadPairs, tables: Tables, controls: UInts, context: ExplanationContext) -> Flags:
    """Which pairs, bool (n,), are of parcels on a lane of an outlet of the account's."""
    if not len(tables.routes.key):
        return np.zeros(len(pairs), np.bool_)
    lane, known = _lanes(tables, context)
    outlets = max(len(context.staff.outlets), 1)
    usual = _usual(tables, lane, controls, outlets)
    row = find_rows(tables.routes.key, pairs.waybill)
    there = np.flatnonzero((row >= 0) & known[row])
    issued, own = tables.routes.issued[row[there]], lane[row[there]]
    at = pairs.at[there]
    fresh = (at >= issued - _HOUR) & (at <= issued + _LIFE + _AFTER)
    there, own = there[fresh], own[fresh]
    out = np.zeros(len(pairs), np.bool_)
    posts = context.staff.posts
    first, end = posts.of[pairs.actor[there], 0], posts.of[pairs.actor[there], 1]
    for step in range(int((end - first).max(initial=0))):
        at_post = np.minimum(first + step, len(posts.rows) - 1)
        kind, outlet, since, until = posts.rows[at_post].T
        held = (first + step < end) & (kind == OUTLET) & (since <= pairs.at[there]) & (pairs.at[there] < until)
        out[there] |= held & np.isin(own * outlets + outlet, usual)
    return out


def _lanes(tables: Tables, context: ExplanationContext) -> tuple[Longs, Flags]:
    """A number for the two cities of each route, and whether both are known."""
    city = np.append(context.staff.posts.city, np.int32(-1)).astype(np.int64)
    origin, destination = city[tables.routes.origin], city[tables.routes.destination]
    return origin * (int(city.max(initial=0)) + 1) + destination, (origin >= 0) & (destination >= 0)


def _usual(tables: Tables, lane: Longs, controls: UInts, outlets: int) -> Longs:
    """Lane and outlet (as one number) where an outlet is usual, by the scans of parcels that were drawn by chance."""
    drawn = np.isin(tables.routes.key, controls)
    parcels = np.bincount(lane[drawn & (lane >= 0)], minlength=int(lane.max(initial=0)) + 1)
    row = find_rows(tables.routes.key, tables.scans.key)
    good = (row >= 0) & (tables.scans.outlet >= 0) & drawn[row] & (lane[row] >= 0)
    pairs = np.unique(np.column_stack([row[good], tables.scans.outlet[good]]), axis=0).astype(np.int64)
    which, count = np.unique(lane[pairs[:, 0]] * outlets + pairs[:, 1], return_counts=True)
    total = parcels[which // outlets]
    out: Longs = which[(total >= SOME) & (count >= USUAL * total)]
    return out
