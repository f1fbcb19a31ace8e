"""Runs of the trace workspace and their jobs: beginning them, and how they stand.

1. Where a job stands is asked while it may still change; what it gave is kept with the run then (`Runs.settle`).
2. A page asks after `LOOKS` jobs at most; others are shown as they stood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wayseal.console.errors import TraceWorkError
from wayseal.console.jobs import Job
from wayseal.console.jobs.types import WAITING
from wayseal.console.tracing import MOST, Baskets, Runs, leaks_lines
from wayseal.console.tracing.types import Basket, Run, RunKind
from wayseal.console.web._ask import Ask
from wayseal.model.times import clock_hours, offset_text

LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNow:
    """A run and how its job stands. job: None where it wasn't asked, or is gone."""

    run: Run
    job: Job | None = None


def baskets_of(ask: Ask) -> Baskets:
    """The baskets of the console."""
    return Baskets(ask.access.database, ask.access.now)


def runs_of(ask: Ask) -> Runs:
    """The runs of the console."""
    return Runs(ask.access.database, ask.access.now)


def can_run(ask: Ask) -> bool:
    """Whether there is a ledger to trace in."""
    return ask.site.ledger is not None and ask.site.casebook is not None


def begin(ask: Ask, basket: Basket, kind: RunKind, *, seed: int = 7, of: str = "") -> str:
    """Begins a run over a basket as it is now; the id of its job. TraceWorkError: it can't be."""
    rows = baskets_of(ask).rows(basket, limit=MOST)
    if not rows:
        raise TraceWorkError("the basket is empty: add the numbers that turned up first", key="basket")
    return _begin(ask, kind, basket.id, basket.version, seed, of, _values(ask, [row.number for row in rows], seed))


def begin_again(ask: Ask, run: Run, kind: RunKind) -> str:
    """Begins a run over the same version of the same basket, with the same seed, as an earlier one."""
    basket = baskets_of(ask).find(run.basket)
    if basket is None:
        raise TraceWorkError("there is no such basket", key="basket")
    rows = baskets_of(ask).rows(basket, limit=MOST, version=run.version)
    values = _values(ask, [row.number for row in rows], run.seed)
    return _begin(ask, kind, run.basket, run.version, run.seed, run.job, values)


def _values(ask: Ask, numbers: Sequence[Any], seed: int) -> dict[str, str]:
    if not can_run(ask):
        raise TraceWorkError("no ledger is set: name one when the console is started")
    hours = clock_hours()
    return {"leaks": leaks_lines(numbers, hours), "offset": offset_text(hours), "seed": str(seed)}


def _begin(ask: Ask, kind: RunKind, basket: str, version: int, seed: int, of: str, values: Mapping[str, str]) -> str:
    who = ask.whose.person.login
    job = ask.site.jobs.start(kind.value, values, who, subject=basket)
    runs_of(ask).note(job, kind, basket, version, seed, who, of)
    return job


def look(ask: Ask, run: Run) -> RunNow:
    """A run as it stands now (rule 1)."""
    job = ask.site.jobs.find(run.job)
    if job is None:
        return RunNow(run=replace(run, state="gone") if run.open else run)
    state = job.state.value
    if job.state in WAITING or state == run.state:
        return RunNow(run=replace(run, state=state), job=job)
    runs_of(ask).settle(run.job, state, job.result)
    return RunNow(run=replace(run, state=state, told=job.result), job=job)


def look_at_all(ask: Ask, runs: Sequence[Run]) -> list[RunNow]:
    """Runs as they stand now (rule 2)."""
    left, out = LOOKS, []
    for run in runs:
        if run.open and left:
            left -= 1
            out.append(look(ask, run))
        else:
            out.append(RunNow(run=run))
    return out
