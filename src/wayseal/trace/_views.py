"""What the leading accounts read besides the leaks, as a sample to compare the leaks with."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.trace._evidence import ACTOR, ViewSample
from wayseal.trace._exposures import Exposures
from wayseal.trace._leaks import LeakSet, hours

MOST_ACCOUNTS = 5
SAMPLE = 300
"""Waybills drawn per account."""


def view_samples(snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, sources: Sequence[int]) -> list[ViewSample]:
    """One sample for each account among the sources, from the strata of the leaks, without them."""
    wanted = [c for c in sources if exposures.evidence.kind[c] == ACTOR]
    out = []
    for place in wanted[:MOST_ACCOUNTS]:
        views = snapshot.views(int(exposures.key[place]), exposures.strata.predicates, SAMPLE)
        keys = np.setdiff1d(views, leaks.key)
        if len(keys):
            out.append(_sample(snapshot, exposures, leaks, place, keys))
    return out


def _sample(
    snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, place: int, keys: NDArray[np.uint64]
) -> ViewSample:
    reads = snapshot.reads(keys)
    item = np.searchsorted(keys, reads["waybill"].to_numpy())
    at = hours(reads["at"], leaks.epoch_us)
    actor = reads["actor"].to_numpy()
    mine = actor == exposures.key[place]
    own = np.full(len(keys), np.inf)
    np.minimum.at(own, item[mine], at[mine])
    return ViewSample(
        source=place,
        own_at=own,
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
