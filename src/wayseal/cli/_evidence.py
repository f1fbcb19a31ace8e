"""What `wayseal detect` knows beside the reads: verdicts, reads of canaries, partners' breaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wayseal.cases.types import Casebook
from wayseal.cli._progress import ProgressCallback
from wayseal.detect import ExternalEvidence, ExternalVerdict, Options
from wayseal.detect.partners import Contract, PartnersResult
from wayseal.detect.window import DAY_US, window_of
from wayseal.ledger import Snapshot
from wayseal.model.period import Period

Row = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorCounts:
    """What is counted for one detector: (account, µs, count), and some or all of the reads: (account, µs, waybill)."""

    rows: Sequence[Row]
    reads: Sequence[tuple[str, int, str]]


def collect_evidence(book: Casebook, counts: dict[str, DetectorCounts]) -> ExternalEvidence:
    """Verdicts of a casebook, and what was counted, by detector."""
    verdicts = [ExternalVerdict(actors=v.actors, true=v.true, until=v.read_until) for v in book.verdicts]
    return ExternalEvidence(
        counted={name: one.rows for name, one in counts.items()},
        reads={name: one.reads for name, one in counts.items()},
        verdicts=verdicts,
    )


def count_canary_reads(snapshot: Snapshot, register: Path) -> DetectorCounts:
    """Reads of canaries by accounts that they were not made for. CanaryError, OSError."""
    from wayseal.trace.canary import read_state

    made = {c.waybill: set(c.pool) for c in read_state(register).watch.canaries}
    reads = snapshot.reads(np.unique(snapshot.keys(sorted(made))), ("waybill", "at", "actor"))
    waybills = snapshot.names("waybill", reads["waybill"].to_numpy())
    actors = snapshot.names("actor", reads["actor"].to_numpy())
    at = reads["at"].cast("int64").to_pylist()
    found = [(a, t, w) for w, a, t in zip(waybills, actors, at, strict=True) if a not in made.get(w, {a})]
    return DetectorCounts(rows=[(a, t, 1) for a, t, _ in found], reads=found)


def count_breaches(
    snapshot: Snapshot, contracts: Sequence[Contract], options: Options, progress: ProgressCallback
) -> DetectorCounts:
    """Partners' reads against their contracts, on the days that detection looks at, its past included."""
    from wayseal.detect.partners import check_partners

    window = window_of(snapshot.activity(), options.offset, options.since, options.until)
    if window is None:
        return DetectorCounts(rows=(), reads=())
    since, until = (day * DAY_US - options.offset for day in (window.past, window.last + 1))
    found = check_partners(snapshot, contracts, period=Period(since=since, until=until), progress=progress)
    return DetectorCounts(rows=_count_by_day(found, options.offset), reads=_collect_examples(found))


def _count_by_day(found: PartnersResult, offset: int) -> list[Row]:
    """The most reads of an account and day in breach of one thing: how many reads break several isn't known.

    That a partner has no contract here is no breach.
    """
    from wayseal.detect.partners import Kind, breaches_of

    most: dict[tuple[str, int], int] = {}
    for actor, rows in breaches_of(found).items():
        for day, kind, reads in rows:
            if kind is not Kind.NO_CONTRACT:
                most[actor, day] = max(most.get((actor, day), 0), reads)
    return [(actor, day * DAY_US - offset, reads) for (actor, day), reads in most.items()]


def _collect_examples(found: PartnersResult) -> list[tuple[str, int, str]]:
    from wayseal.detect.partners import Kind

    some_reads = [b.examples for p in found.partners for b in p.breaches if b.kind is not Kind.NO_CONTRACT]
    some_reads += [p.calls.only_ours.examples for p in found.partners if p.calls is not None]
    return list(dict.fromkeys((e.actor, e.at, e.waybill) for some in some_reads for e in some))
