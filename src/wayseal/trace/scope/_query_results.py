"""What a source was shown by queries of which only the question is logged, beside the reads that are.

1. The source's queries are replayed on every waybill of the ledger as it stood then (`ledger.replay`), range by range
   of keys: memory is bounded by the range.
2. A waybill that a whole result must have held (weight 1: a complete filter, no limit reached) was shown. It is listed.
3. A waybill that some result may have held (weight below 1) is counted, with the number that is to be expected of
   them: 1 less the product of the chances of not being shown. It is not listed.
4. A waybill that the source read in the period by the log is in the scope already and counts in neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.ledger import Snapshot
from wayseal.ledger.replay import Replay
from wayseal.model.period import Period
from wayseal.model.sources import SourceKind
from wayseal.store.columns import microseconds
from wayseal.trace.scope._holdings import Holdings, build_holdings
from wayseal.trace.scope._places import UInts
from wayseal.trace.scope._source import Source

RANGE = 1 << 18
_WORK = ("channel", "origin_outlet", "destination_outlet", "customer")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryResults:
    """A range of keys. holdings: the waybills of rule 2. soft: how many of rule 3; expected: how many of these."""

    holdings: Holdings
    soft: int
    expected: float


def replay_of(snapshot: Snapshot, source: Source) -> Replay | None:
    """The source's queries; None where it asks none, or can't."""
    if source.kind not in (SourceKind.ACTOR, SourceKind.SESSION) or "queries" not in snapshot.tables:
        return None
    replay = snapshot.replay(source.kind.value, source.id)
    return replay if replay.counts.replayed else None


def find_query_results(snapshot: Snapshot, replay: Replay, source: Source, period: Period) -> Iterator[QueryResults]:
    """What the queries showed in the period (rules 1 to 4)."""
    for keys in snapshot.everything(RANGE):
        rows = replay.exposures(keys).rows
        at = microseconds(rows["at"])
        waybill = rows["waybill"].to_numpy()
        then = (at >= period.since) & (at < period.until)
        then &= ~np.isin(waybill, _read(snapshot, source, period, np.unique(waybill[then])))
        if then.any():
            yield _query_results(snapshot, waybill[then], at[then], rows["weight"].to_numpy()[then])


def _query_results(
    snapshot: Snapshot,
    waybill: UInts,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    weight: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> QueryResults:
    hard = np.isin(waybill, waybill[weight >= 1.0])
    sure = weight >= 1.0
    keys, start = np.unique(waybill[~hard], return_index=True)
    missed = np.multiply.reduceat(1.0 - weight[~hard], start) if len(keys) else np.zeros(0)
    described = snapshot.kept("waybills", np.unique(waybill[sure]), _WORK)
    return QueryResults(
        holdings=build_holdings(waybill[sure], at[sure], at[sure], None, described),
        soft=len(keys),
        expected=float((1 - missed).sum()),
    )


def _read(snapshot: Snapshot, source: Source, period: Period, keys: UInts) -> UInts:
    """Which waybills the source read in the period by the log (rule 4)."""
    reads = snapshot.reads(keys)
    at = microseconds(reads["at"])
    owner = reads[source.kind.value].fill_null(0).to_numpy()
    mine = np.isin(owner, source.keys) & (at >= period.since) & (at < period.until)
    return np.unique(reads.filter(pa.array(mine))["waybill"].to_numpy())
