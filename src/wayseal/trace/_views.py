"""What the leading accounts read besides the leaks, as a sample to compare the leaks with."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.trace._evidence import ACTOR, ViewSample
from wayseal.trace._exposures import Exposures
from wayseal.trace._leaks import LeakSet, hours
from wayseal.trace._likelihood import SURELY

MOST_ACCOUNTS = 5
SAMPLE = 300
"""Waybills drawn per account."""
ASKED = 4
"""So many times as many waybills are looked at where queries may have shown them."""


def view_samples(snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, sources: Sequence[int]) -> list[ViewSample]:
    """One sample for each account among the sources, from the strata of the leaks, without them."""
    wanted = [c for c in sources if exposures.evidence.kind[c] == ACTOR]
    out = []
    for place in wanted[:MOST_ACCOUNTS]:
        views = _views(snapshot, exposures, int(exposures.key[place]))
        keys = np.setdiff1d(views, leaks.key)
        sample = _sample(snapshot, exposures, leaks, place, keys)
        if len(sample.own_at):
            out.append(sample)
    return out


def _views(snapshot: Snapshot, exposures: Exposures, actor: int) -> NDArray[np.uint64]:
    """Waybills of the strata that an account read by the log, and such as its queries may have shown."""
    predicates = exposures.strata.predicates
    logged = snapshot.views(actor, predicates, SAMPLE)
    questions = [] if exposures.replayed is None else exposures.replayed.replay.questions(actor)
    if not questions:
        return logged
    inside = [p for p in predicates if not p.everything]
    asked = snapshot.fitting(questions)
    if len(inside) == len(predicates):
        asked = np.intersect1d(asked, snapshot.fitting(inside))
    return np.union1d(logged, asked[: ASKED * SAMPLE])[: ASKED * SAMPLE]


def _sample(
    snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, place: int, keys: NDArray[np.uint64]
) -> ViewSample:
    """Up to `SAMPLE` of the waybills, those that the account did read, and who else did."""
    reads = snapshot.reads(keys, ("waybill", "at", "actor"))
    waybill, actor = reads["waybill"].to_numpy(), reads["actor"].to_numpy()
    at = hours(reads["at"], leaks.epoch_us)
    if exposures.replayed is not None:
        rows = exposures.replayed.replay.exposures(keys).rows
        sure = rows.filter(pa.array(rows["weight"].to_numpy() >= SURELY))
        waybill = np.concatenate([waybill, sure["waybill"].to_numpy()])
        actor = np.concatenate([actor, sure["actor"].to_numpy()])
        at = np.concatenate([at, hours(sure["at"], leaks.epoch_us)])
    own = np.unique(waybill[actor == exposures.key[place]])[:SAMPLE]
    kept = np.isin(waybill, own)
    item, actor, at = np.searchsorted(own, waybill[kept]), actor[kept], at[kept]
    mine = actor == exposures.key[place]
    first = np.full(len(own), np.inf)
    np.minimum.at(first, item[mine], at[mine])
    return ViewSample(
        source=place,
        own_at=first,
        item=item[~mine].astype(np.int32),
        account=_account_numbers(exposures, actor[~mine]),
        at=at[~mine],
    )


def _account_numbers(exposures: Exposures, actor: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Places of accounts that are candidates; numbers from C on for the others."""
    kind = exposures.evidence.kind
    places = np.flatnonzero(kind == ACTOR)
    others, number = np.unique(actor, return_inverse=True)
    known = {int(key): int(place) for key, place in zip(exposures.key[places], places, strict=True)}
    code = [known.get(int(key), len(kind) + i) for i, key in enumerate(others)]
    return np.array(code, np.int32)[number] if len(actor) else np.zeros(0, np.int32)
