"""What the ledger gives for a canary: rows that a pool reads, real rows around a time, numbers that are taken."""

from collections.abc import Sequence, Set
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.model.predicate import Predicate
from wayseal.model.times import EPOCH
from wayseal.trace.canary._types import Row

DAY = 86_400_000_000
WEEK = 7
MANY = 50_000
"""More rows of a channel are not taken together: the time around is narrowed instead."""
READ = 400
ASKED = 20


def rows_of(snapshot: Snapshot, keys: NDArray[np.uint64]) -> list[Row]:
    """Rows of `waybills` of some keys, by key."""
    table = snapshot.waybills(keys)
    return [
        Row(
            waybill=row["waybill"],
            issued_at=(row["issued_at"] - EPOCH) // timedelta(microseconds=1),
            channel=row["channel"] or "",
            origin_outlet=row["origin_outlet"] or "",
            destination_outlet=row["destination_outlet"] or "",
            customer=row["customer"] or "",
            goods_class=row["goods_class"] or "",
            weight_g=row["weight_g"],
        )
        for row in table.to_pylist()
    ]


def read_by(snapshot: Snapshot, pool: Sequence[str]) -> list[Row]:
    """Rows of waybills that the pool's first accounts read; of any, where they read none."""
    keys = snapshot.keys(list(pool[:ASKED])).tolist()
    found = [snapshot.views(key, [], READ) for key in keys]
    rows = rows_of(snapshot, np.unique(np.concatenate(found))) if found else []
    return rows or rows_of(snapshot, snapshot.control(READ))


def rows_around(snapshot: Snapshot, channel: str, at: int) -> list[Row]:
    """Rows of a channel issued in the days before a time, or before the ledger's end where that is earlier."""
    days = snapshot.first_seen()["day"].to_numpy()
    end = min(at, (int(days[-1]) + 1) * DAY) if len(days) else at
    span = WEEK * DAY
    keys = _issued(snapshot, channel, end - span, end)
    while len(keys) > MANY and span > DAY // 24:
        span //= 2
        keys = _issued(snapshot, channel, end - span, end)
    if not len(keys):
        keys = snapshot.sample([Predicate(any_of={"channel": (channel,)})], MANY)[0]
    return rows_of(snapshot, keys[:MANY])


def _issued(snapshot: Snapshot, channel: str, since: int, until: int) -> NDArray[np.uint64]:
    start, end = (EPOCH + timedelta(microseconds=us) for us in (since, until))
    return snapshot.fitting([Predicate(any_of={"channel": (channel,)}, issued_from=start, issued_to=end)])


def taken_numbers(snapshot: Snapshot, numbers: Sequence[str]) -> Set[str]:
    """Those of some numbers that the ledger knows."""
    keys = snapshot.keys(list(numbers))
    found = set(snapshot.find(keys)["waybill"].to_pylist())
    return {number for number, key in zip(numbers, keys.tolist(), strict=True) if key in found}


def regions(snapshot: Snapshot) -> dict[str, str]:
    """Region of each outlet that the table `outlets` has."""
    table = snapshot.outlets()
    pairs = zip(table["outlet"].to_pylist(), table["region"].to_pylist(), strict=True)
    return {outlet: region for outlet, region in pairs if region}
