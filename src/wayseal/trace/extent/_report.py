"""An extent in words, as blocks that are shown as text or as a page."""

import math
from collections.abc import Mapping
from typing import Any

from wayseal.model.times import day_name
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.charts import intervals_chart
from wayseal.page.programs import dumped
from wayseal.trace.extent._estimate import EXACT_BELOW, Estimate
from wayseal.trace.extent._extent import SMALL_LIST, SMALL_OVERLAP
from wayseal.trace.extent._loglinear import WITHIN
from wayseal.trace.extent._result import ExtentResult, ModelRow, Status, spelled


def document(result: ExtentResult) -> dict[str, Any]:
    """The whole extent as JSON can hold it; null for no limit and for no value."""
    r = result
    daily = r.daily(r.total)
    share = None
    if daily is not None and r.waybills_a_day:
        n = r.waybills_a_day
        share = Estimate(value=daily.value / n, low=daily.low / n, high=daily.high / n)
    return {
        "wayseal": r.wayseal,
        "inputs": {"ledger": r.ledger_digest, "leaks": r.leaks_digest},
        "status": r.status.value,
        "method": r.method or None,
        "lists_by": r.by,
        "criterion": r.criterion,
        "period": {"from": _day(r.first_day), "to": _day(r.last_day), "days": r.days},
        "total": spelled(r.total),
        "daily": spelled(daily),
        "least": spelled(r.least),
        "stock": spelled(r.stock),
        "waybills_a_day": r.waybills_a_day,
        "share": spelled(share, 6),
        **{name: [dumped(row) for row in getattr(r, name)] for name in ("lists", "pairs", "models")},
        "rows": r.rows,
        "numbers": r.numbers,
        "purchases": {"rows": r.purchases, "numbers": r.bought},
        "left_out": {
            "repeated": r.repeated,
            "foreign": r.foreign,
            "unlisted": r.unlisted,
            "rejected": r.rejected,
        },
        "warnings": list(r.warnings),
    }


def _day(day: int | None) -> str | None:
    return None if day is None else day_name(day)


_LIMITS = {"small_list": SMALL_LIST, "small_overlap": SMALL_OVERLAP}


class _ReportBuilder(Report[ExtentResult]):
    texts, area = __package__, "extent"

    def keys(self) -> Mapping[str, object]:
        return document(self.r)

    def document(self) -> Document:
        r = self.r
        sections = [self._warnings()]
        if r.status is not Status.NOTHING:
            sections += [self._method(), self._estimates()]
        sections += [self._lists(), *([self._pairs()] if r.pairs else []), *([self._models()] if r.models else [])]
        if r.stock is not None:
            line = self.say("stock_line", purchases=r.purchases, bought=r.bought)
            points = (line, self.voice.joined((self.say("stock"), self._range(r.stock)), self.voice.say("unit.colon")))
            sections.append(Section(title=self.say("stock_title"), note=self.say("stock_note"), points=points))
        left = [
            self.say(f"left_{k}", n=n) for k in ("repeated", "foreign", "unlisted", "rejected") if (n := getattr(r, k))
        ]
        if left:
            sections.append(Section(title=self.say("quality"), points=tuple(left)))
        by = "" if r.by == "found_by" else f" --lists {r.by}"
        return Document(
            title=self.say("title"),
            headline=self._headline(),
            lede=(self._lede(),),
            facts=tuple(self._facts()),
            sections=tuple(sections),
            version=r.wayseal,
            origin=(
                (self.say("ledger_digest"), self.voice.id(r.ledger_digest)),
                (self.say("leaks_digest"), self.voice.id(r.leaks_digest)),
            ),
            command=f"wayseal extent LEDGER --leaks LEAKS{by} --criterion {r.criterion} --format html --out out.html",
            footer=self.say("footer"),
        )

    def _headline(self) -> str:
        daily = self.r.daily(self.r.total)
        if daily is None:
            return self.say("headline_nothing")
        if math.isnan(daily.value):
            return self.say("headline_lower_bound", low=whole(daily.low))
        return self.say("headline_estimate", value=whole(daily.value), low=whole(daily.low), high=whole(daily.high))

    def _lede(self) -> str:
        r, total = self.r, self.r.total
        shared = {"days": r.days, "lists": len(r.lists), "numbers": r.numbers}
        if total is None:
            return self.say("lede_nothing", **shared)
        if math.isnan(total.value):
            return self.say("lede_lower_bound", low=whole(total.low), **shared)
        return self.say(
            "lede_estimate", total=whole(total.value), low=whole(total.low), high=self._high(total), **shared
        )

    def _facts(self) -> list[tuple[str, str]]:
        r = self.r
        rows = [(self.say("numbers"), f"{r.numbers:,}")]
        if r.total is not None:
            rows += [(self.say("total"), self._range(r.total)), (self.say("daily"), self._range(r.daily(r.total)))]
        if r.least is not None:
            rows.append((self.say("least"), f"{whole(r.daily(r.least).value if r.days else r.least.value):,}"))  # type: ignore[union-attr]
        daily = r.daily(r.total)
        if daily is not None and r.waybills_a_day:
            value, low, high = (numbers.share(x / r.waybills_a_day) for x in (daily.value, daily.low, daily.high))
            key = "at_least" if math.isnan(daily.value) else "range"
            rows.append((self.say("share"), self.say(key, value=value, low=low, high=high)))
        if r.first_day is not None and r.last_day is not None:
            first, last = (day_name(day) for day in (r.first_day, r.last_day))
            rows.append((self.say("period"), self.say("period_value", first=first, last=last, days=r.days)))
        return rows

    def _range(self, e: Estimate | None) -> str:
        if e is None:
            return numbers.DASH
        if math.isnan(e.value):
            return self.say("at_least", low=whole(e.low))
        return self.say("range", value=whole(e.value), low=whole(e.low), high=self._high(e))

    def _high(self, e: Estimate) -> str:
        return f"{whole(e.high):,}" if math.isfinite(e.high) else self.say("no_limit")

    def _method(self) -> Section:
        r = self.r
        key = f"method_{r.method}"
        text = self.say(key, lists=len(r.lists), criterion=r.criterion.upper(), within=f"{WITHIN:g}", few=EXACT_BELOW)
        return Section(title=self.say("method"), note=text)

    def _estimates(self) -> Section:
        r = self.r
        rows = [(self.say("name_total"), r.total)]
        rows += [(self._model(m), m.estimate) for m in r.models if m.worse <= WITHIN]
        rows += [(self.say("name_least"), r.least), (self.say("name_stock"), r.stock)]
        known = [(name, e) for name, e in rows if e is not None]
        desc = self.say("estimates_desc", numbers=r.numbers)
        points = [(name, e.low, e.value, e.high) for name, e in known]
        chart = intervals_chart("extent", self.say("estimates"), desc, points, float(r.numbers))
        head = tuple(self.say(k) for k in ("estimate", "value", "low", "high"))
        table = Table(head=head, rows=tuple((n, *self._cells(e)) for n, e in known), numbers=frozenset({1, 2, 3}))
        return Section(title=self.say("estimates"), note=self.say("estimates_note"), chart=chart, table=table)

    def _cells(self, e: Estimate | None) -> tuple[str, str, str]:
        if e is None:
            return (numbers.DASH,) * 3
        value = f"{whole(e.value):,}" if math.isfinite(e.value) else numbers.DASH
        return value, f"{whole(e.low):,}", self._high(e)

    def _model(self, model: ModelRow) -> str:
        if model.uneven:
            return self.say("name_model_uneven")
        if not model.pairs:
            return self.say("name_model_none")
        pairs = self.voice.all_of(self._pair(a, b) for a, b in model.pairs)
        return self.say("name_model", pairs=pairs)

    def _pair(self, first: str, second: str) -> str:
        return self.say("name_pair", first=self.voice.id(first), second=self.voice.id(second))

    def _lists(self) -> Section:
        head = tuple(self.say(k) for k in ("list", "list_numbers", "list_shared"))
        rows = tuple((self.voice.id(x.name), f"{x.numbers:,}", f"{x.shared:,}") for x in self.r.lists)
        note = self.say(f"lists_note_{self.r.by}")
        table = Table(head=head, rows=rows, numbers=frozenset({1, 2}))
        return Section(title=self.say("lists"), note=note, table=table)

    def _pairs(self) -> Section:
        head = tuple(self.say(k) for k in ("list", "pair_both", "value", "low", "high"))
        rows = tuple((self._pair(p.first, p.second), f"{p.both:,}", *self._cells(p.estimate)) for p in self.r.pairs)
        table = Table(head=head, rows=rows, numbers=frozenset({1, 2, 3, 4}))
        return Section(title=self.say("pairs"), note=self.say("pairs_note"), table=table)

    def _models(self) -> Section:
        head = tuple(self.say(k) for k in ("models", "worse", "value", "low", "high"))
        rows = tuple((self._model(m), f"{m.worse:.1f}", *self._cells(m.estimate)) for m in self.r.models)
        table = Table(head=head, rows=rows, numbers=frozenset({1, 2, 3, 4}))
        return Section(title=self.say("models"), note=self.say("models_note"), table=table)

    def _warnings(self) -> Section:
        points = tuple(self.say(f"warn_{code}", n=_LIMITS.get(code, 0)) for code in self.r.warnings)
        return Section(title=self.say("warnings"), points=points)


render_extent = _ReportBuilder.render


def whole(value: float) -> int:
    """A count, rounded."""
    return round(value)
