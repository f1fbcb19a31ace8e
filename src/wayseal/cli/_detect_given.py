"""What `wayseal detect` knows beside the reads: verdicts, touches of canaries, partners' breaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wayseal.cli._progress import ProgressCallback
from wayseal.detect import Given, Options, Verdict
from wayseal.detect.casebook import Casebook
from wayseal.detect.window import DAY_US, window_of
from wayseal.ledger import Snapshot
from wayseal.model.period import Period

if TYPE_CHECKING:
    from wayseal.detect.partners import Contract, PartnersResult

Row = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is counted for one detector: (account, µs, count), and some or all of the reads: (account, µs, waybill)."""

    rows: Sequence[Row]
    reads: Sequence[tuple[str, int, str]]


def given_of(book: Casebook, counted: dict[str, Counted]) -> Given:
    """Verdicts of a casebook, and what was counted, by detector."""
    verdicts = [Verdict(actors=v.actors, true=v.true, until=v.read_until) for v in book.verdicts]
    return Given(
        counted={name: one.rows for name, one in counted.items()},
        reads={name: one.reads for name, one in counted.items()},
        verdicts=verdicts,
    )


def touches(snapshot: Snapshot, register: Path) -> Counted:
    """Reads of canaries by accounts that they were not made for. CanaryError, OSError."""
    from wayseal.trace.canary import state_of  # noqa: PLC0415 (only where it is asked for)

    made = {c.row.waybill: set(c.pool) for c in state_of(register).watch.canaries}
    reads = snapshot.reads(np.unique(snapshot.keys(sorted(made))), ("waybill", "at", "actor"))
    waybills = snapshot.names("waybill", reads["waybill"].to_numpy())
    actors = snapshot.names("actor", reads["actor"].to_numpy())
    at = reads["at"].cast("int64").to_pylist()
    found = [(a, t, w) for w, a, t in zip(waybills, actors, at, strict=True) if a not in made.get(w, {a})]
    return Counted(rows=[(a, t, 1) for a, t, _ in found], reads=found)


def breaches(
    snapshot: Snapshot, contracts: Sequence["Contract"], options: Options, progress: ProgressCallback
) -> Counted:
    """Partners' reads against their contracts, on the days that detection looks at, its past included."""
    from wayseal.detect.partners import check_partners  # noqa: PLC0415 (only where it is asked for)

    window = window_of(snapshot.activity(), options.offset, options.since, options.until)
    if window is None:
        return Counted(rows=(), reads=())
    since, until = (day * DAY_US - options.offset for day in (window.past, window.last + 1))
    found = check_partners(snapshot, contracts, period=Period(since=since, until=until), progress=progress)
    return Counted(rows=_by_day(found, options.offset), reads=_examples(found))


def _by_day(found: "PartnersResult", offset: int) -> list[Row]:
    """The most reads of an account and day in breach of one thing: how many reads break several isn't known.

    That a partner has no contract here is no breach.
    """
    from wayseal.detect.partners import Kind, breaches_of  # noqa: PLC0415

    most: dict[tuple[str, int], int] = {}
    for actor, rows in breaches_of(found).items():
        for day, kind, reads in rows:
            if kind is not Kind.NO_CONTRACT:
                most[actor, day] = max(most.get((actor, day), 0), reads)
    return [(actor, day * DAY_US - offset, reads) for (actor, day), reads in most.items()]


def _examples(found: "PartnersResult") -> list[tuple[str, int, str]]:
    from wayseal.detect.partners import Kind  # noqa: PLC0415

    told = [b.examples for p in found.partners for b in p.breaches if b.kind is not Kind.NO_CONTRACT]
    told += [p.calls.only_ours.examples for p in found.partners if p.calls is not None]
    return list(dict.fromkeys((e.actor, e.at, e.waybill) for some in told for e in some))
