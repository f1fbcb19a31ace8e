"""Runs of the trace workspace: beginning them, how their jobs stand, and what pages show of a trace.

Everything comes out of results that name accounts by pseudonyms.

1. Where a job stands is asked while it may still change; what it gave is kept with the run then (`Runs.settle`).
2. A page asks after `LOOKS` jobs at most; others are shown as they stood.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wayseal.cases.types import Source
from wayseal.cases.views import ItemRow
from wayseal.console.errors import TraceWorkError
from wayseal.console.jobs import Job
from wayseal.console.jobs.types import WAITING
from wayseal.console.tracing import MOST, Baskets, Runs, leaks_lines
from wayseal.console.tracing.types import Basket, Number, Row, Run, RunKind
from wayseal.console.tracing.work import LeftOut, tell_traced
from wayseal.console.web._ask import Ask
from wayseal.model.times import HOUR_US, clock_hours, micros, offset_text
from wayseal.trace import TraceResult

LOOKS = 4
_LOOKED_UP = 50
"""So many numbers are looked up before a basket is made of them."""


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
    """Return whether there is a ledger to trace in."""
    return ask.site.ledger is not None and ask.site.casebook is not None


def begin(ask: Ask, basket: Basket, kind: RunKind, *, seed: int = 7, of: str = "") -> str:
    """Begins a run over a basket as it is now; the id of its job. TraceWorkError: it can't be."""
    rows = baskets_of(ask).rows(basket, limit=MOST)
    if not rows:
        raise TraceWorkError("the basket is empty: add the numbers that turned up first", key="basket")
    return _begin(ask, kind, basket.id, basket.version, seed, of, _values(ask, [row.number for row in rows], seed))


def collect(ask: Ask, numbers: Sequence[Number], name: str) -> str:
    """A basket with these numbers, which the ledger is asked about; one that holds them all already serves. Its id."""
    baskets, who = baskets_of(ask), ask.whose.person.login
    holding = [{one.basket for one in baskets.sightings(number.waybill)} for number in numbers[:_LOOKED_UP]]
    there = set.intersection(*holding) if len(holding) == len(numbers) else set()
    if there:
        return max(there, key=lambda id_: int(id_.partition("-")[2]))
    id_ = baskets.make(name, who, "")
    baskets.add(id_, numbers, who, "")
    basket = baskets.find(id_)
    if basket is not None and can_run(ask):
        begin(ask, basket, RunKind.CHECK)
    return id_


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


def look_at_all(ask: Ask, runs: Sequence[Run], looked: int = 0) -> list[RunNow]:
    """Runs as they stand now (rule 2). looked: so many others were looked at already."""
    left, out = LOOKS - looked, []
    for run in runs:
        if run.open and left:
            left -= 1
            out.append(look(ask, run))
        else:
            out.append(RunNow(run=run))
    return out


def trace_of(ask: Ask, item: ItemRow | None) -> Run | None:
    """The trace that put something into the queue; None: none did."""
    return None if item is None or item.source is not Source.TRACE else runs_of(ask).find_queued(item.id)


def tell_run(ask: Ask, run: Run) -> str:
    """A run as the job knows it that makes a pack."""
    basket = baskets_of(ask).find(run.basket)
    rows = () if basket is None else baskets_of(ask).rows(basket, limit=MOST, version=run.version)
    return tell_traced(run, basket.name, [row.number for row in rows]) if basket is not None and rows else ""


LISTED = 0.01
_SHAKEN = 0.05
_ROUTE_ONLY = "missing.no_reads_before_sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source in a list. letter: of its column, or ""; about: role and outlet; alike: those it can't be told from."""

    letter: str
    name: str
    kind: str
    about: tuple[str, ...]
    probability: float
    set_probability: float
    log10_lr: float
    share: float
    saw: int
    expected: float
    alike: tuple[str, ...]
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A candidate and a number. read_at: its last look before the sale; seen: it had it; points: it came from it."""

    read_at: int | None
    seen: bool
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A number and who had it. usable: it took part; missing: why not, a code of reports' texts."""

    line: int
    waybill: str
    seen_at: int | None
    day: bool
    usable: bool
    accounts: int
    unknown: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A candidate in two traces; None: that one doesn't list it."""

    name: str
    kind: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float:
        """By how much its probability grew."""
        return (self.after or 0.0) - (self.before or 0.0)


def candidates(result: TraceResult) -> tuple[Candidate, ...]:
    """The listed sources, the most probable first; letters as in reports."""
    rows = [row for row in result.sources if row.probability > LISTED]
    rows.sort(key=lambda r: (-r.probability, r.account is not None, -_known(r.log10_lr), r.source, r.kind))
    letters = dict(zip(dict.fromkeys(row.source for row in rows), "ABCDEF", strict=False))
    return tuple(
        Candidate(
            letter=letters.get(row.source, ""),
            name=row.source,
            kind=row.kind.value,
            about=tuple(text for text in (row.role, row.outlet) if text),
            probability=row.probability,
            set_probability=row.set_probability,
            log10_lr=row.log10_lr,
            share=row.share,
            saw=row.saw,
            expected=row.expected,
            alike=tuple(name for name in row.set if name != row.source),
            account=row.account,
        )
        for row in rows
    )


def columns_of(found: Sequence[Candidate]) -> list[Candidate]:
    """Those that stand beside the numbers: with a letter, and no part of an account."""
    return [one for one in found if one.letter and one.account is None]


def evidence(result: TraceResult, found: Sequence[Candidate]) -> tuple[Evidence, ...]:
    """Every number against the leading candidates."""
    columns = [one.name for one in columns_of(found)]
    looks = {row.source: dict(zip(row.leaks, row.delays_h, strict=False)) for row in reversed(result.sources)}
    out = []
    for row in result.leak_rows:
        seen_at = _micros(row.seen_until or row.seen_at)
        points = dict(row.points_at)
        cells = []
        usable = row.found and (row.missing is None or row.missing.code == _ROUTE_ONLY)
        for name in columns:
            hours = looks.get(name, {}).get(row.waybill)
            known = hours is not None and math.isfinite(hours) and seen_at is not None and usable
            read_at = round(seen_at - hours * HOUR_US) if known and hours is not None and seen_at is not None else None
            cells.append(Cell(read_at=read_at, seen=hours is not None and usable, points=points.get(name, 0.0)))
        one = Evidence(
            line=row.line,
            waybill=row.waybill,
            seen_at=_micros(row.seen_at),
            day=row.seen_until is not None,
            usable=usable,
            accounts=row.accounts,
            unknown=row.unknown,
            cells=tuple(cells),
        )
        out.append(one)
    return tuple(out)


def shaken(result: TraceResult, left_out: Sequence[LeftOut]) -> tuple[LeftOut, ...]:
    """Numbers without which the trace says something else: another verdict or leader, or much less sure."""
    whole = result.lead
    lead, chance = ("", 0.0) if whole is None else (whole.source, whole.set_probability)
    return tuple(
        one
        for one in left_out
        if one.verdict is not result.verdict or one.lead != lead or chance - one.chances.get(lead, 0.0) > _SHAKEN
    )


def shifts(before: TraceResult, after: TraceResult) -> tuple[Shift, ...]:
    """Candidates of two traces, those that moved most first."""
    left, right = (
        {row.source: row for row in reversed(r.sources) if row.probability > LISTED} for r in (before, after)
    )
    rows = [
        Shift(
            name=name,
            kind=(right.get(name) or left[name]).kind.value,
            before=left[name].probability if name in left else None,
            after=right[name].probability if name in right else None,
        )
        for name in left.keys() | right.keys()
    ]
    return tuple(sorted(rows, key=lambda one: (-abs(one.change), -(one.after or 0.0), one.name)))


def compare_rows(before: Sequence[Row], after: Sequence[Row]) -> Mapping[str, list[str]]:
    """Numbers of two versions: only in one, changed in what a trace uses, the same."""
    left, right = (
        {row.number.waybill: replace(row.number, price="", bought_by="") for row in rows} for rows in (before, after)
    )
    both = left.keys() & right.keys()
    return {
        "only_before": sorted(left.keys() - right.keys()),
        "only_after": sorted(right.keys() - left.keys()),
        "changed": sorted(name for name in both if left[name] != right[name]),
        "same": sorted(name for name in both if left[name] == right[name]),
    }


def _micros(text: str) -> int | None:
    return micros(text) if text else None


def _known(value: float) -> float:
    return value if math.isfinite(value) else -math.inf
