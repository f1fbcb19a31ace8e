"""Weeks of casework: cases opened and closed, how long a decision took, and what was lost before and after one.

1. Weeks begin on Monday, on the console's clock; the last one isn't over.
2. Parcels lost are an estimate of what is on record: the rate that a case's last alert told, until the case was judged
   true, and that of later cases of the same accounts from then on. A case counts under each of its reasons, and under
   the outlets of its accounts in equal parts.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.views import Loss, WeeksOfCases
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._case_words import reasons_of
from wayseal.console.web._lists import send_table
from wayseal.console.web._render import translator_of
from wayseal.model.times import clock
from wayseal.page.charts import pairs_chart
from wayseal.page.spreadsheet import csv_lines

PAGES = Pages()
COUNTS = (13, 4, 26)
"""How many weeks are shown; the first one where an address says nothing."""
PARTS = ("weeks", "reasons", "outlets")
_WEEK, _MOST_ROWS = 7 * 86_400_000_000, 200
_LOST = ("before", "after")
_HEADS = ("opened", "closed", "true", "median", "most", *_LOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """A week. day: its Monday; median, most: hours, None where nothing was closed."""

    day: str
    opened: int
    closed: int
    true: int
    median: float | None
    most: float | None
    before: float
    after: float

    @property
    def cells(self) -> Sequence[object]:
        """As a file has them."""
        hours = ("" if one is None else f"{one:.1f}" for one in (self.median, self.most))
        return self.day, self.opened, self.closed, self.true, *hours, f"{self.before:.0f}", f"{self.after:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """The loss under a reason or an outlet. name: "" for accounts without an outlet."""

    name: str
    before: float
    after: float

    @property
    def cells(self) -> Sequence[object]:
        """As a file has them."""
        return self.name, f"{self.before:.0f}", f"{self.after:.0f}"


@PAGES.get("/overview/weeks", CASE_ROLES)
def show_weeks(ask: Ask) -> Response:
    """The page."""
    count = _count(ask)
    start, found = _find(ask, count)
    weeks = _weeks(start, found)
    return ask.page(
        "weeks",
        count=count,
        counts=sorted(COUNTS),
        weeks=weeks,
        pictures=_draw(ask, weeks),
        tables={"reasons": _by_reason(ask, found.losses), "outlets": _by_outlet(ask, found.losses)},
        heads=_HEADS,
    )


@PAGES.get("/overview/weeks.csv", CASE_ROLES, recorded=True)
def export_weeks(ask: Ask) -> Response:
    """A table of it as a file."""
    part = ask.query.get("part") or PARTS[0]
    if part not in PARTS:
        raise AccessError("choose one of the list", key="part")
    start, found = _find(ask, _count(ask))
    rows: Sequence[WeekRow | LossRow] = _weeks(start, found)
    heads: Sequence[str] = _HEADS
    if part != "weeks":
        rows, heads = (_by_reason if part == "reasons" else _by_outlet)(ask, found.losses), _LOST
    say = translator_of(ask.lang, html=False).say
    said = [say(f"weeks.head_{one}") for one in (part, *heads)]
    return send_table(f"weeks-{part}.csv", csv_lines(said, (row.cells for row in rows)))


def _count(ask: Ask) -> int:
    given = ask.number("weeks") or COUNTS[0]
    if given not in COUNTS:
        raise AccessError("choose one of the list", key="weeks")
    return given


def _find(ask: Ask, count: int) -> tuple[int, WeeksOfCases]:
    """The first Monday, and the weeks from then on."""
    now = ask.access.now()
    today = datetime.fromtimestamp(now / 1e6, clock()).date()
    monday = datetime.combine(today - timedelta(days=today.weekday(), weeks=count - 1), time(), clock())
    start, cases = round(monday.timestamp() * 1_000_000), ask.cases
    if cases is None:
        return start, WeeksOfCases(opened=(0,) * count, closed=({},) * count, hours=((),) * count, losses=())
    return start, cases.weeks(start, count, now)


def _weeks(start: int, found: WeeksOfCases) -> Sequence[WeekRow]:
    lost: defaultdict[int, list[Loss]] = defaultdict(list)
    for one in found.losses:
        lost[(one.closed_at - start) // _WEEK].append(one)
    return [
        WeekRow(
            day=datetime.fromtimestamp((start + n * _WEEK) / 1e6, clock()).strftime("%Y-%m-%d"),
            opened=opened,
            closed=sum(closed.values()),
            true=closed.get("true", 0),
            median=statistics.median(hours) if hours else None,
            most=hours[math.ceil(0.9 * len(hours)) - 1] if hours else None,
            before=sum(one.before for one in lost[n]),
            after=sum(one.after for one in lost[n]),
        )
        for n, (opened, closed, hours) in enumerate(zip(found.opened, found.closed, found.hours, strict=True))
    ]


def _by_reason(ask: Ask, losses: Sequence[Loss]) -> Sequence[LossRow]:
    names = sorted({name for one in losses for name in one.detectors})
    words = {name: reasons_of([name], ask.lang)[0].name for name in names}
    return _summed((words[name], one.before, one.after) for one in losses for name in one.detectors)


def _by_outlet(ask: Ask, losses: Sequence[Loss]) -> Sequence[LossRow]:
    known: Mapping[str, str] = {}
    if ask.site.ledger is not None:
        known = ask.site.ledger.outlets_of({account for one in losses for account in one.accounts})
    return _summed(
        (known.get(account, ""), one.before / len(one.accounts), one.after / len(one.accounts))
        for one in losses
        for account in one.accounts
    )


def _summed(parts: Iterable[tuple[str, float, float]]) -> Sequence[LossRow]:
    """Sums by name, the highest first."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, before, after in parts:
        sums[name][0] += before
        sums[name][1] += after
    rows = [LossRow(name=name, before=before, after=after) for name, (before, after) in sums.items()]
    return sorted(rows, key=lambda row: (-row.before - row.after, row.name))[:_MOST_ROWS]


def _draw(ask: Ask, weeks: Sequence[WeekRow]) -> Mapping[str, Markup | None]:
    say = translator_of(ask.lang).say

    def whole(value: float) -> str:
        return f"{value:,.0f}"

    drawn = {
        "cases": [(row.day[5:], float(row.opened), float(row.closed)) for row in weeks],
        "hours": [(row.day[5:], row.median or 0.0, row.most or 0.0) for row in weeks],
        "lost": [(row.day[5:], row.before, row.after) for row in weeks],
    }
    return {
        name: pairs_chart(name, say(f"weeks.{name}"), say(f"weeks.{name}_desc"), rows, whole)
        for name, rows in drawn.items()
    }
