"""What is said of an outlet, or of a month of many, as blocks: pages, the command and the PDF show the same.

1. Every figure stands with what was counted, what was expected, and the strata that made it; where too little is known
   the words say so, and nothing else does.
2. Nothing here names an account or a case, and in the funnel nobody but the outlet itself is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from wayseal import __version__
from wayseal.cases.outlets.acts import Made, OutletState, Thing
from wayseal.cases.outlets.month import VOLUMES, About, Month, Row, months_of, read_month
from wayseal.cases.outlets.scores import FLAGGED, LEAST, LEVELS, PEOPLE, USUAL, WORSE, credible, funnel
from wayseal.cases.outlets.tails import exact_interval
from wayseal.model.times import clock, time_at
from wayseal.page import Document, Report, Section, Table
from wayseal.page.charts import funnel_chart, pairs_chart
from wayseal.page.programs import dump_row
from wayseal.page.words import AreaTranslator, headings

MOST_DOTS, MOST_MONTHS = 400, 12
_SAID = USUAL, FLAGGED
_EDGES = (0, *VOLUMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletView:
    """What there is of an outlet in a month. month: of all outlets; history: its own, the newest last."""

    row: Row
    month: Month
    history: Sequence[tuple[str, Row]]
    state: OutletState
    today: date


def view_outlet(folder: Path, outlet: str, month: Month, state: OutletState, today: date) -> OutletView | None:
    """What is kept of an outlet; None: the month doesn't know it. OutletError: a month can't be read."""
    names = [name for name in months_of(folder) if name <= month.about.month][-MOST_MONTHS:]
    found = [(name, row) for name in names for row in read_month(folder, name, outlet).rows()]
    if not found or found[-1][0] != month.about.month:
        return None
    return OutletView(row=found[-1][1], month=month, history=found, state=state, today=today)


def sums_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Sums over outlets that have a figure (`month`, rule 4); of how many, of all, and how many are flagged."""
    named = [one for one in rows if one["unexplained"] is not None]
    sums = {name: round(sum(one[name] for one in named), 1) for name in ("judged", "unexplained", "expected")}
    flagged = sum(one["verdict"] == FLAGGED for one in rows)
    return {**sums, "named": len(named), "outlets": len(rows), "flagged": flagged}


def _said_of(report: AreaTranslator, about: About) -> list[str]:
    """What holds for the figures of all outlets of a month."""
    say, t = report.say, report.translator
    found = [] if about.over else [say("until", until=about.until)]
    found += [say("lacking", tables=t.all_values(about.lacking))] if about.lacking else []
    return found + ([say("silent", roles=t.all_values(about.silent))] if about.silent else [])


class OutletReport(AreaTranslator):
    """The sections of an outlet by a translator that knows the texts of `texts`."""

    area = "outlets"

    def sections(self, v: OutletView) -> list[Section]:
        """All that have something to say."""
        found = [self._figure(v), self._strata(v), self._trend(v), self._acts(v)]
        return [one for one in found if one.prose or one.terms or (one.table and one.table.rows)]

    def _table(self, head: str, rows: Sequence[tuple[str, ...]], numbers: Sequence[int] = ()) -> Table:
        heads = headings(head.split(), self.translator.lang)
        return Table(head=tuple(heads), rows=tuple(rows), numbers=frozenset(numbers))

    def _figure(self, v: OutletView) -> Section:
        row, about, title = v.row, v.month.about, self.say("figure")
        prose, chart = _said_of(self, about), None
        if row["unexplained"] is not None:
            prose.append(self.say("counted", month=about.month, **row))
        if not about.lacking:
            prose.append(self.say(row["verdict"], people=PEOPLE, least=LEAST))
        if row["verdict"] in _SAID:
            odd, expected = row["unexplained"], row["expected"]
            low, high = (f"{x[0]:.1f}" for x in credible(np.array([odd]), np.array([expected]), about.prior))
            prose.append(self.say("rate", rate=f"{row['rate']:.1f}", low=low, high=high, worse=WORSE, p=row["worse"]))
            chart = self._funnel(v.month, odd, expected)
        beside = {self.say(name): row[name] for name in ("shared", "trained", "expired") if row[name] is not None}
        terms = tuple((name, f"{n:,}") for name, n in beside.items())
        return Section(title=title, prose=tuple(prose), chart=chart, terms=terms)

    def _funnel(self, month: Month, odd: int, expected: float) -> Markup | None:
        table = month.table.filter(pc.is_in(month.table["verdict"], pa.array(_SAID)))
        step = max(len(table) // MOST_DOTS, 1)
        others = zip(*(table[name].to_pylist()[::step] for name in ("expected", "unexplained")), strict=True)
        rows = [*((e, o / e, "") for e, o in others), (expected, odd / expected, "lead")]
        grid = np.geomspace(LEAST, max(row[0] for row in rows) * 1.1, 40)
        curves = [side for level in LEVELS for side in funnel(grid, level, month.about.spread)]
        limits = [(float(e), [float(curve[k]) for curve in curves]) for k, e in enumerate(grid)]
        return funnel_chart("funnel", self.say("figure"), self.say("funnel_desc"), rows, limits)

    def _strata(self, v: OutletView) -> Section:
        t = self.translator
        rows = [
            (t.value(s["role"]), t.say(f"outlet_part.{s['part']}"), f"{_EDGES[s['volume']]:,} +", f"{s['judged']:,}",
             f"{s['unexplained']:,}", self.say("alone") if s["expected"] is None else f"{s['expected']:.1f}")
            for s in v.row["strata"]
        ]  # fmt: skip
        table = self._table("role part volume judged unexplained expected", rows, (2, 3, 4, 5))
        return Section(title=self.say("strata"), table=table, closed=True)

    def _trend(self, v: OutletView) -> Section:
        rows = [(name, row["expected"], row["unexplained"]) for name, row in v.history if row["expected"]]
        if not rows or v.row["unexplained"] is None:
            return Section(title="")
        about, title = v.month.about, self.say("trend")
        values = {"since": about.since, "run": f"{abs(v.row['run']):.1f}", "limit": f"{about.limit:.1f}"}
        chart = pairs_chart("trend", title, self.say("trend_desc"), rows, lambda x: f"{x:,.0f}")
        table = self._table("month expected unexplained", [(m, f"{e:.1f}", f"{o:,}") for m, e, o in rows], (1, 2))
        prose = (self.say("alarm" if v.row["trend"] else "run", **values),)
        return Section(title=title, chart=chart, table=table, prose=prose, fold=self.translator.say("ui.as_table"))

    def _acts(self, v: OutletView) -> Section:
        """What people did about it, the newest first."""
        rows = []
        for one in v.state.of(v.row["outlet"]):
            what, state = self._told(one, one.made, v.today)
            if one.ended and one.ended.kind == "answered":
                state = self.translator.joined([state, self.say("struck")])
            day = one.made.day or time_at(one.made.at).astimezone(clock()).date()
            rows.append((one.made.id, what, str(day), one.made.why and self.translator.joined([one.made.why]), state))
        return Section(title=self.say("acts"), table=self._table("id what day why state", rows))

    def _told(self, one: Thing, made: Made, today: date) -> tuple[str, str]:
        """What something is, and how it stands."""
        t, then = self.translator, one.then
        if made.kind == "audit":
            low, high = (f"{share:.0%}" for share in exact_interval(made.failed, made.tried))
            return self.say(f"audit_{made.what}", tried=made.tried, failed=made.failed, low=low, high=high), ""
        if made.kind == "fault":
            days = ((then.day if then and then.day else today) - (made.day or today)).days
            return self.say("fault"), self.say("open_for" if then is None else "fixed_in", n=days)
        if made.kind == "objection":
            answer = self.say("upheld" if then.yes else "rejected", why=then.why) if then else self.say("unanswered")
            return self.say("objection", about=made.about), answer
        what, state = (
            t.say(f"outlet_what.{made.what}"),
            "waiting" if then is None else "over" if then.yes else "declined",
        )
        said = [self.say("in_force" if one.in_force(today) else state)]
        said += [self.say("last_day", day=made.until.isoformat())] if made.until else []
        return what if made.amount is None else self.say("amount", what=what, amount=made.amount), t.joined(said)


class MonthReport(Report[Month]):
    """A month of many outlets, by name: sums over those that have a figure (`month`, rule 4), and each by itself."""

    texts, area = __package__, "outlets"

    def sections(self) -> list[Section]:
        """Sums, and outlets."""
        t, rows = self.translator, sorted(self.r.rows(), key=lambda one: (one["name"] or "", one["outlet"]))
        sums, names = sums_of(rows), "outlet name verdict unexplained expected trend"
        cells = tuple(
            (t.id(one["outlet"]), t.joined([one["name"] or ""]), t.say(f"outlet_verdict.{one['verdict']}"),
             *("" if one[name] is None else f"{round(one[name], 1):,}" for name in ("unexplained", "expected")),
             one["trend"] and t.say("outlet_verdict.worse"))
            for one in rows
        )  # fmt: skip
        prose = (*_said_of(self, self.r.about), self.say("counted", month=self.r.about.month, **sums))
        table = Table(head=tuple(headings(names.split(), t.lang)), rows=cells, numbers=frozenset((3, 4)))
        prose += (self.say("sums", n=sums["named"], all=sums["outlets"]),)
        return [Section(title=self.say("figure"), prose=prose), Section(title=self.say("by_outlet"), table=table)]

    def document(self) -> Document:
        """The whole report."""
        about, command = self.r.about, f"wayseal outlets month LEDGER --month {self.r.about.month}"
        return Document(
            title=self.say("all", month=about.month), headline=self.say("all", month=about.month), lede=(), facts=(),
            sections=tuple(self.sections()), version=__version__, origin=(("ledger", about.ledger),), command=command,
            footer="",
        )  # fmt: skip

    def keys(self) -> Mapping[str, object]:
        """The same for programs, with what each figure is made of."""
        return {**dump_row(self.r.about), "outlets": self.r.rows()}


def lay_out_paper(title: str, sections: Sequence[Section], about: About, report: AreaTranslator) -> dict[str, object]:
    """The data of the template `outlet`, for `Typesetter.pdf`: sections without their drawings."""
    tables = [one.table or Table(head=(), rows=()) for one in sections]
    return {
        "words": {}, "lang": report.translator.lang, "title": title, "author": "Wayseal", "number": about.month,
        "made_by": report.say("made", version=__version__, ledger=about.ledger[:16]),
        "sections": [
            {"title": one.title, "prose": one.prose, "terms": one.terms, "head": table.head, "rows": table.rows}
            for one, table in zip(sections, tables, strict=True)
        ],
    }  # fmt: skip
