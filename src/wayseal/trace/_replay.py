"""Reads out of replayed queries, beside those of the access log.

1. What the log holds is never replayed a second time: a read of the same waybill by the same account under the same
   request is left out, whatever the query says.
2. A source's count in a stratum is what the log holds, in full, and what its queries showed beside it: the sum of the
   probabilities that any of them showed a waybill whose read by this source isn't logged. The sum is taken over all
   waybills of the stratum where they are few, else over a uniform sample and scaled up (Horvitz-Thompson), with one
   waybill of the sample added, so that no source counts as blind because the sample missed what it saw.
3. It is never more than the source's queries allow (their logged `rows`, limits, or the numbers they ask for), never
   less than the sample itself shows. Both ends err towards a larger count, which makes a source less suspect; the
   uncertainty in between is neglected.
4. The leaks themselves are in no sample.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.ledger.replay import Replay
from wayseal.trace._evidence import ACTOR, SESSION, Floats
from wayseal.trace._leaks import LeakSet
from wayseal.trace._strata import Sources, Strata

CONTROLS = 12_000
"""Waybills looked at to count what queries showed, over all questions together."""
CONTROLS_LEAST = 100
"""Waybills looked at for each question, at least, where there are so many."""

Keys = NDArray[np.uint64]
_COLUMNS = ("waybill", "at", "actor", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedReads:
    """Findings of replay on the leaks.

    reads: (waybill, at, actor, session, weight) that the log does not hold. also_logged: how many it does hold
    (rule 1). changes_left_out: changes of the leaks that could not be replayed.
    """

    replay: Replay
    reads: pa.Table
    also_logged: int
    changes_left_out: int


def replay_leaks(snapshot: Snapshot, leaks: LeakSet, logged: pa.Table) -> ReplayedReads | None:
    """Replay the queries on the leaks, of which `logged` are the reads; None where the ledger has no queries."""
    if "queries" not in snapshot.tables:
        return None
    replay = snapshot.replay()
    shown = replay.exposures(leaks.key)
    fresh = is_unlogged(shown.rows, logged)
    return ReplayedReads(
        replay=replay,
        reads=shown.rows.filter(pa.array(fresh)).select([*_COLUMNS, "weight"]),
        also_logged=int((~fresh).sum()),
        changes_left_out=shown.changes_left_out,
    )


def is_unlogged(shown: pa.Table, logged: pa.Table) -> NDArray[np.bool_]:
    """Which replayed reads the log doesn't hold under the same waybill, account and request (rule 1)."""
    out = ~np.isin(_keys(shown, "request"), _keys(logged, "request"))
    names = ("waybill", "actor", "request")
    held = set(zip(*(_keys(logged, name).tolist() for name in names), strict=True))
    maybe = np.flatnonzero(~out)
    rows = zip(*(_keys(shown, name)[maybe].tolist() for name in names), strict=True)
    out[maybe] = [row not in held for row in rows]
    return out


def merge_reads(logged: pa.Table, found: ReplayedReads | None) -> pa.Table:
    """All reads of the leaks: (waybill, at, actor, session, weight), the logged ones first."""
    sure = pa.array(np.ones(logged.num_rows))
    reads = logged.select(list(_COLUMNS)).append_column("weight", sure)
    return reads if found is None else pa.concat_tables([reads, found.reads]).combine_chunks()


def count_shown(snapshot: Snapshot, found: ReplayedReads, leaks: LeakSet, strata: Strata, sources: Sources) -> Floats:
    """[C, questions] waybills of each question that a source's queries showed beside its logged reads (rules 2 to 4).

    volumes and members as in `strata`.
    """
    sizes = np.array([v.waybills for v in strata.volumes]) - strata.member.sum(axis=0)
    groups = _controls(snapshot, leaks, strata)
    taken = np.array([len(group) for group in groups])
    scale = np.where(taken > 0, np.maximum(sizes, 0) / np.maximum(taken, 1), 0.0)
    whole = scale <= 1.0
    reads = snapshot.reads(np.unique(np.concatenate([np.zeros(0, np.uint64), *groups])))
    out = np.zeros((len(sources.kind), len(groups)))
    for kind, column in ((ACTOR, "actor"), (SESSION, "session")):
        mine = np.flatnonzero(sources.kind == kind)
        if len(mine):
            owners = sources.key[mine]
            there = np.isin(_keys(reads, column), owners)
            known = (_keys(reads, column)[there], _keys(reads, "waybill")[there])
            expected, most = found.replay.shown(column, owners, groups, known)
            scaled = expected * scale + np.where(whole, 0.0, scale)
            out[mine] = np.maximum(np.minimum(scaled, most[:, None]), expected)
    return out


def _controls(snapshot: Snapshot, leaks: LeakSet, strata: Strata) -> list[Keys]:
    """A uniform sample of each question's waybills without the leaks."""
    each = max(CONTROLS // max(len(strata.questions), 1), CONTROLS_LEAST)
    samples = snapshot.sample(strata.questions, each + len(leaks))
    return [sample[~np.isin(sample, leaks.key)][:each] for sample in samples]


def _keys(table: pa.Table, name: str) -> Keys:
    """A column of keys, 0 where null."""
    return np.asarray(table[name].combine_chunks().fill_null(0).to_numpy(), np.uint64)
