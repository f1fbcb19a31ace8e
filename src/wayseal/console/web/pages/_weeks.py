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
from datetime import datetime, time, timedelta
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from wayseal.cases.views import CaseWeek, Loss
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
_DIGITS = {"median": 1, "most": 1, "before": 0, "after": 0}
Row = Mapping[str, Any]


@PAGES.get("/overview/weeks", CASE_ROLES)
def show_weeks(ask: Ask) -> Response:
    """The page."""
    count = _count(ask)
    start, found = _find(ask, count)
    weeks, losses = _weeks(start, found), [one for week in found for one in week.losses]
    return ask.page(
        "weeks",
        count=count,
        counts=sorted(COUNTS),
        weeks=weeks,
        pictures=_draw(ask, weeks),
        tables={"reasons": _by_reason(ask, losses), "outlets": _by_outlet(ask, losses)},
        heads=_HEADS,
    )


@PAGES.get("/overview/weeks.csv", CASE_ROLES, recorded=True)
def export_weeks(ask: Ask) -> Response:
    """A table of it as a file."""
    part = ask.query.get("part") or PARTS[0]
    if part not in PARTS:
        raise AccessError("choose one of the list", key="part")
    start, found = _find(ask, _count(ask))
    losses = [one for week in found for one in week.losses]
    tables = {"reasons": _by_reason, "outlets": _by_outlet}
    rows = _weeks(start, found) if part == "weeks" else tables[part](ask, losses)
    names, say = (part, *(_HEADS if part == "weeks" else _LOST)), translator_of(ask.lang, html=False).say
    cells = ([_cell(name, row[name]) for name in names] for row in rows)
    return send_table(f"weeks-{part}.csv", csv_lines([say(f"weeks.head_{one}") for one in names], cells))


def _cell(name: str, value: Any) -> object:
    """A value as a file has it."""
    return "" if value is None else f"{value:.{_DIGITS[name]}f}" if name in _DIGITS else value


def _count(ask: Ask) -> int:
    given = ask.number("weeks") or COUNTS[0]
    if given not in COUNTS:
        raise AccessError("choose one of the list", key="weeks")
    return given


def _find(ask: Ask, count: int) -> tuple[int, Sequence[CaseWeek]]:
    """The first Monday, and the weeks from then on."""
    now = ask.access.now()
    today = datetime.fromtimestamp(now / 1e6, clock()).date()
    monday = datetime.combine(today - timedelta(days=today.weekday(), weeks=count - 1), time(), clock())
    start, cases = round(monday.timestamp() * 1_000_000), ask.cases
    return start, [CaseWeek()] * count if cases is None else cases.weeks(start, count, now)


def _weeks(start: int, found: Sequence[CaseWeek]) -> Sequence[Row]:
    """A row a week, by its Monday; of weeks in which nothing was closed no hours are known."""
    return [
        {
            "weeks": datetime.fromtimestamp((start + n * _WEEK) / 1e6, clock()).strftime("%Y-%m-%d"),
            "opened": week.opened,
            "closed": sum(week.closed.values()),
            "true": week.closed.get("true", 0),
            "median": statistics.median(week.hours) if week.hours else None,
            "most": week.hours[math.ceil(0.9 * len(week.hours)) - 1] if week.hours else None,
            "before": sum(one.before for one in week.losses),
            "after": sum(one.after for one in week.losses),
        }
        for n, week in enumerate(found)
    ]


def _by_reason(ask: Ask, losses: Sequence[Loss]) -> Sequence[Row]:
    names = sorted({name for one in losses for name in one.detectors})
    words = {name: reasons_of([name], ask.lang)[0].name for name in names}
    parts = ((words[name], one.before, one.after) for one in losses for name in one.detectors)
    return _summed("reasons", parts)


def _by_outlet(ask: Ask, losses: Sequence[Loss]) -> Sequence[Row]:
    known: Mapping[str, str] = {}
    if ask.site.ledger is not None:
        known = ask.site.ledger.outlets_of({account for one in losses for account in one.accounts})
    parts = (
        (known.get(account, ""), one.before / len(one.accounts), one.after / len(one.accounts))
        for one in losses
        for account in one.accounts
    )
    return _summed("outlets", parts)


def _summed(part: str, parts: Iterable[tuple[str, float, float]]) -> Sequence[Row]:
    """Sums by name ("" for accounts without an outlet), the highest first."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for name, before, after in parts:
        sums[name][0] += before
        sums[name][1] += after
    rows = sorted(sums.items(), key=lambda row: (-sum(row[1]), row[0]))[:_MOST_ROWS]
    return [{part: name, "before": before, "after": after} for name, (before, after) in rows]


def _draw(ask: Ask, weeks: Sequence[Row]) -> Mapping[str, Markup | None]:
    say = translator_of(ask.lang).say

    def whole(value: float) -> str:
        return f"{value:,.0f}"

    drawn = {"cases": ("opened", "closed"), "hours": ("median", "most"), "lost": _LOST}
    rows = {
        name: [(row["weeks"][5:], float(row[one] or 0), float(row[other] or 0)) for row in weeks]
        for name, (one, other) in drawn.items()
    }
    return {
        name: pairs_chart(name, say(f"weeks.{name}"), say(f"weeks.{name}_desc"), some, whole)
        for name, some in rows.items()
    }
