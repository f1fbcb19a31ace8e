"""What a source had of one stretch of the key space.

1. A waybill counts once, however often it was read.
2. Accounts, sessions and devices had what they read. An interface had what it issued, when it issued it. An outlet or
   region had the parcels that stayed there by `custody`; where the ledger has no scans, those that came from there,
   when issued.
3. Only what falls into the period counts; a stay falls into it if any of it does.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal import store
from wayseal.custody import stays
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.ledger.walk import Stretch
from wayseal.model.period import Period
from wayseal.store.columns import microseconds
from wayseal.trace.scope._places import Longs, UInts
from wayseal.trace.scope._source import READERS, Source

_KINDS = store.TABLES["scans"].column("kind").values
_TIME = pa.timestamp("us", tz="UTC")
_ROUTE = ("issued_at", "origin_outlet", "destination_outlet")
_WORK = ("channel", "origin_outlet", "destination_outlet", "customer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """w waybills and n events (reads, issues, stays).

    keys[w] sorted; first[w], last[w] µs; at[n] µs; run[n]: place of the event's waybill, increasing. reads: the rows
    of the events where they are reads. described: rows of `waybills` about the keys (kept form), sorted.
    """

    keys: UInts
    first: Longs
    last: Longs
    at: Longs
    run: Longs
    reads: pa.Table | None
    described: pa.Table

    @property
    def counts(self) -> Longs:
        """[w] events of each waybill."""
        return np.bincount(self.run, minlength=len(self.keys)).astype(np.int64)


def find_holdings(snapshot: Snapshot, source: Source, stretch: Stretch, period: Period) -> Holdings:
    """What the source had in a stretch (rules 1 to 3)."""
    if source.walk in READERS:
        return _read(snapshot, stretch, period)
    described = snapshot.kept("waybills", stretch.keys, _ROUTE)
    if source.walk == "outlet" and "scans" in snapshot.tables:
        return _stayed(snapshot, source, stretch, period, described)
    if source.walk == "outlet":
        there = np.isin(described["origin_outlet"].to_numpy(), source.keys)
        described = described.filter(pa.array(there))
    at = microseconds(described["issued_at"])
    then = (at >= period.since) & (at < period.until)
    return build_holdings(described["waybill"].to_numpy()[then], at[then], at[then], None, described)


def _read(snapshot: Snapshot, stretch: Stretch, period: Period) -> Holdings:
    at = microseconds(stretch.reads["at"])
    then = (at >= period.since) & (at < period.until)
    reads = stretch.reads if then.all() else stretch.reads.filter(pa.array(then))
    keys = stretch.keys if then.all() else np.unique(reads["waybill"].to_numpy())
    return build_holdings(
        reads["waybill"].to_numpy(), at[then], at[then], reads, snapshot.kept("waybills", keys, _WORK)
    )


def _stayed(snapshot: Snapshot, source: Source, stretch: Stretch, period: Period, described: pa.Table) -> Holdings:
    scans = snapshot.kept("scans", stretch.keys, ("at", "kind", "outlet"))
    kind = pa.array(_KINDS, pa.string()).take(pa.array(scans["kind"].to_numpy().astype(np.int64) - 1))
    found = stays(scans.set_column(scans.schema.get_field_index("kind"), "kind", kind), described)
    found = found.filter(pa.array(np.isin(found["outlet"].to_numpy(), source.keys))).sort_by("waybill")
    since = microseconds(found["since"])
    end = found["until"].cast(pa.int64()).fill_null(period.until).to_numpy()
    then = (since < period.until) & (np.maximum(end, since + 1) > period.since)
    until = found["until"].cast(pa.int64()).combine_chunks().fill_null(-1).to_numpy()
    last = np.where(until < 0, since, until)[then]
    return build_holdings(found["waybill"].to_numpy()[then], since[then], last, None, described)


def build_holdings(rows: UInts, at: Longs, last: Longs, reads: pa.Table | None, described: pa.Table) -> Holdings:
    """From events sorted by waybill: rows[n] its key, at[n], last[n] µs."""
    new = np.ones(len(rows), np.bool_)
    new[1:] = rows[1:] != rows[:-1]
    start = np.flatnonzero(new)
    keys = rows[start]
    there = find_rows(keys, described["waybill"].to_numpy()) >= 0
    return Holdings(
        keys=keys,
        first=np.minimum.reduceat(at, start) if len(keys) else at,
        last=np.maximum.reduceat(last, start) if len(keys) else last,
        at=at,
        run=np.cumsum(new) - 1,
        reads=reads,
        described=described if there.all() else described.filter(pa.array(there)),
    )
