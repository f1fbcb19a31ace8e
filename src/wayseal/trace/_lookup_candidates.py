"""Numbers of a ledger whose work is done, to ask a seller about, and how often such are read anyway.

1. A number is finished where its first sign lies `LIVES` typical lives and its last sign one life before the log's end.
2. The rate of late reads: those from `LIVES` lives after a first sign on, half a read added, over the time that the
   log covers. An account has its part of it by all that it reads.
3. The leaks themselves are left out: their buyers and sellers read them.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.store.columns import microseconds
from wayseal.trace._evidence import Floats
from wayseal.trace._exposures import Exposures
from wayseal.trace._leaks import HOUR_US
from wayseal.trace._lookups import WINDOW_H, LookupCandidates

SAMPLE = 400
"""Waybills of the ledger that are looked at."""

LIVES = 2.0

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signs:
    """keys[w], sorted; reads as (place, hour, account); first[w], last[w]: hours of the first and last sign."""

    keys: Keys
    place: Places
    at: Floats
    account: Keys
    first: Floats
    last: Floats


def find_lookup_candidates(
    snapshot: Snapshot, exposures: Exposures, places: Places, leaks: Keys
) -> tuple[Keys, LookupCandidates]:
    """Finished numbers (keys) and what each of the accounts at `places` has to do with them (rules 1 to 3)."""
    signs = _signs(snapshot, np.setdiff1d(snapshot.control(SAMPLE + len(leaks)), leaks)[:SAMPLE])
    end, life = float(signs.at.max(initial=-np.inf)), exposures.evidence.life_h
    done = (signs.first < end - LIVES * life) & (signs.last < end - life)
    late = signs.at > signs.first[signs.place] + LIVES * life
    watched = np.maximum(end - signs.first - LIVES * life, 0.0).sum()
    rate = (late.sum() + 0.5) / max(watched, 1.0)
    part = exposures.evidence.overall[places] / max(exposures.evidence.overall_reads, 1.0)
    keys, account = signs.keys[done], exposures.key[places]
    had = np.zeros((len(places), len(signs.keys)), bool)
    for row, key in enumerate(account.tolist()):
        had[row, signs.place[signs.account == key]] = True
    return keys, LookupCandidates(
        in_reach=_came(snapshot, [exposures.outlet[c] for c in places.tolist()], keys),
        was_read=had[:, done],
        idle=np.minimum(rate * WINDOW_H * part, 1.0),
    )


def _signs(snapshot: Snapshot, keys: Keys) -> _Signs:
    reads = snapshot.reads(keys)
    tables = [reads] + ([snapshot.scans(keys)] if "scans" in snapshot.tables else [])
    first, last = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
    for table in tables:
        place, at = _places(snapshot, table, keys), microseconds(table["at"]) / HOUR_US
        np.minimum.at(first, place, at)
        np.maximum.at(last, place, at)
    return _Signs(
        keys=keys,
        place=_places(snapshot, reads, keys),
        at=microseconds(reads["at"]) / HOUR_US,
        account=reads["actor"].to_numpy(),
        first=first,
        last=last,
    )


def _places(snapshot: Snapshot, table: pa.Table, keys: Keys) -> Places:
    """Place among the keys of each row; tables in the contract's form have numbers instead of keys."""
    column = table["waybill"]
    own = column.to_numpy() if pa.types.is_uint64(column.type) else snapshot.keys(column.to_pylist())
    return np.searchsorted(keys, own)


def _came(snapshot: Snapshot, homes: list[str | None], keys: Keys) -> NDArray[np.bool_]:
    """[K, W] whether each number is within reach of an account of each outlet for sure."""
    out = np.tile(np.array([not home for home in homes], bool)[:, None], (1, len(keys)))
    rows = snapshot.waybills(keys)
    place = _places(snapshot, rows, keys)
    for end in ("origin_outlet", "destination_outlet"):
        outlet = np.array(rows[end].to_pylist(), object)
        for row, home in enumerate(homes):
            out[row, place[outlet == home]] |= bool(home)
    return out
