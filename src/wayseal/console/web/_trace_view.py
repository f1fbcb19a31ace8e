"""What pages show of a trace: the candidates, which of them had which number when, and two traces side by side.

Pure: everything comes out of results that name accounts by pseudonyms.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wayseal.console.tracing.kept import LeftOut
from wayseal.console.tracing.types import Row
from wayseal.model.times import HOUR_US, micros
from wayseal.trace import TraceResult

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
    whole = next((row for row in result.sources if row.account is None), None)
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
