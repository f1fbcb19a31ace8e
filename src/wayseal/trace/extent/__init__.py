"""How many numbers leak: capture and recapture over purchases and reports.

From a leaks file to how many numbers leak.

Obligations (code and tests cite the numbers):
1. The population is all numbers of this courier that were to be had outside in the days from the first sighting to
   the last; a day's share of it is the total over the number of days.
2. Two lists: Chapman. Three or more: log-linear models. No overlap at all, no model that can be fitted, or
   models that set no upper limit: a lower limit alone, and said. Fewer than two lists: nothing, and said.
3. What hurts is said whenever it is in question: lists that are small (fewer than `SMALL_LIST` numbers) or overlap
   little (fewer than `SMALL_OVERLAP`), pairs of lists that share nothing; and always that numbers come and go, that
   lists may depend on each other, and that chances may differ.
4. There is no randomness: the same ledger, leaks and options give the same extent.

The size of the stock that purchases are drawn from, by how often the same number is sold twice.

5. d purchases, each a draw from S numbers that are all as likely and stay on sale; D of them differ. D is all that
   the data say of S (the birthday problem). The estimate is that of the likelihood, its interval the likelihood
   ratio's.
6. Without a repeat there is no estimate and no upper limit: the lower limit is the smallest stock under which d
   different numbers still have a probability of 2.5 %, exactly.
7. If all purchases are the same number the stock is at least 1; nothing below D is ever said.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wayseal import __version__
from wayseal.ledger import Snapshot
from wayseal.model.progress import Progress
from wayseal.model.times import day_name
from wayseal.page import Document, Report, Section, Table, numbers
from wayseal.page.charts import intervals_chart
from wayseal.page.programs import dump_row
from wayseal.store.types import Leaks
from wayseal.trace.extent._captures import Captures, ListBasis, read_captures
from wayseal.trace.extent._estimate import (
    CHI2,
    EXACT_BELOW,
    TAIL,
    WITHIN,
    Criterion,
    Estimate,
    ExtentResult,
    ListRow,
    Model,
    ModelRow,
    PairRow,
    Status,
    chao,
    chapman,
    disjoint_lower_bound,
    histories,
    interval,
    models,
    spelled,
)

__all__ = ["Criterion", "ExtentResult", "ListBasis", "extent", "render_extent"]


_FAR = 1e15


def estimate_stock(purchases: int, different: int) -> Estimate | None:
    """The stock by `purchases` of which `different` differ (rules 5 to 7); None for fewer than two purchases."""
    if purchases < 2:
        return None
    before = np.arange(different, dtype=np.float64)
    repeats = purchases - different

    def likelihood(size: float) -> float:
        return float(np.log1p(-before / size).sum()) - repeats * math.log(size)

    if not repeats:
        low = _root(lambda size: likelihood(size) - math.log(TAIL), different, _FAR)
        return Estimate(value=math.nan, low=float(max(different, math.ceil(low - 1e-6))), high=math.inf)

    def falling(size: float) -> float:
        return repeats - float((before / (size - before)).sum())

    value = float(different) if falling(different) >= 0 else _root(falling, different, _FAR)
    edge = likelihood(value) - CHI2 / 2
    low = float(different) if likelihood(different) >= edge else _root(lambda s: likelihood(s) - edge, different, value)
    return Estimate(value=value, low=low, high=_root(lambda s: edge - likelihood(s), value, _FAR))


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that rises from below 0 to above it crosses; bisection on a logarithmic scale."""
    low, high = math.log(low), math.log(high)
    for _ in range(80):
        middle = (low + high) / 2
        if rising(math.exp(middle)) < 0:
            low = middle
        else:
            high = middle
    return math.exp(high)


SMALL_LIST, SMALL_OVERLAP = 20, 7
MOST_MODELS = 8


def extent(
    snapshot: Snapshot,
    leaks: Leaks,
    *,
    by: ListBasis | None = None,
    criterion: Criterion = Criterion.AIC,
    progress: Progress,
) -> ExtentResult:
    """How many numbers leak, by the lists of a leaks file. by: what a list is; None: the first that there are two of.

    progress: called with ("extent", steps done, of all).
    """
    caught = read_captures(snapshot, leaks, by)
    status, method, total, rows = estimate(caught.count, caught.names, caught.sizes, criterion, progress)
    seen = histories(len(caught.names))
    both = _pairs(caught, seen)
    return ExtentResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        leaks_digest=leaks.digest,
        status=status,
        method=method,
        by=caught.by.value,
        criterion=criterion.value,
        total=total,
        least=_least(caught.count, len(caught.names)),
        stock=estimate_stock(caught.purchases, caught.bought),
        first_day=caught.days[0] if caught.days else None,
        last_day=caught.days[1] if caught.days else None,
        waybills_a_day=_volume(snapshot, caught.days),
        lists=_list_rows(caught, seen),
        pairs=both,
        models=rows,
        rows=caught.rows,
        numbers=caught.numbers,
        repeated=caught.repeated,
        foreign=caught.foreign,
        unlisted=caught.unlisted,
        rejected=len(leaks.rejected),
        purchases=caught.purchases,
        bought=caught.bought,
        warnings=tuple(_warnings(caught, both, status)),
    )


Answer = tuple[Status, str, Estimate | None, tuple[ModelRow, ...]]


def estimate(
    count: np.ndarray[tuple[int], np.dtype[np.float64]],
    names: Sequence[str],
    sizes: Sequence[int],
    criterion: Criterion,
    progress: Progress,
) -> Answer:
    """Status, method, total and models of counts by history (obligation 2)."""
    if len(names) < 2:
        return Status.NOTHING, "", None, ()
    overlap = count @ (histories(len(names)).sum(axis=1) > 1)
    if not overlap:
        return Status.LOWER_BOUND, "apart", disjoint_lower_bound(sizes), ()
    if len(names) == 2:
        return Status.ESTIMATE, "chapman", chapman(sizes[0], sizes[1], int(count[2])), ()
    found = models(count, criterion)[:MOST_MODELS]
    if not found:
        least = _least(count, len(names))
        bound = None if least is None else Estimate(value=math.nan, low=least.low, high=math.inf)
        return Status.LOWER_BOUND, "chao", bound, ()
    rows = tuple(_model_rows(count, names, found, progress))
    near = [row for row in rows if row.worse <= WITHIN]
    plain = min(near, key=lambda row: len(row.pairs) + row.uneven).estimate
    low, high = min(row.estimate.low for row in near), max(row.estimate.high for row in near)
    if math.isinf(high):
        return Status.LOWER_BOUND, "loglinear", Estimate(value=math.nan, low=low, high=high), rows
    return Status.ESTIMATE, "loglinear", Estimate(value=plain.value, low=low, high=high), rows


def _model_rows(
    count: np.ndarray[tuple[int], np.dtype[np.float64]],
    names: Sequence[str],
    found: Sequence[Model],
    progress: Progress,
) -> list[ModelRow]:
    rows = []
    for done, model in enumerate(found):
        progress("extent", done, len(found))
        pairs = tuple((names[a], names[b]) for a, b in model.pairs)
        worse = model.score - found[0].score
        rows.append(ModelRow(pairs=pairs, uneven=model.uneven, worse=worse, estimate=interval(count, model)))
    progress("extent", len(found), len(found))
    return rows


def _least(count: np.ndarray[tuple[int], np.dtype[np.float64]], lists: int) -> Estimate | None:
    """Chao's bound; None for fewer than two lists, or without overlap."""
    if lists < 2:
        return None
    times = histories(lists).sum(axis=1)
    if not count @ (times > 1):
        return None
    return chao(int(count.sum()), int(count @ (times == 1)), int(count @ (times == 2)), lists)


def _list_rows(caught: Captures, seen: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[ListRow, ...]:
    shared = caught.count @ (seen * (seen.sum(axis=1) > 1)[:, None])
    rows = zip(caught.names, caught.sizes, shared.tolist(), strict=True)
    return tuple(ListRow(name=name, numbers=size, shared=int(n)) for name, size, n in rows)


def _pairs(caught: Captures, seen: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[PairRow, ...]:
    out = []
    for a, b in itertools.combinations(range(len(caught.names)), 2):
        both = int(caught.count @ (seen[:, a] * seen[:, b]))
        found = chapman(caught.sizes[a], caught.sizes[b], both) if both else None
        out.append(PairRow(first=caught.names[a], second=caught.names[b], both=both, estimate=found))
    return tuple(out)


def _warnings(caught: Captures, pairs: Sequence[PairRow], status: Status) -> list[str]:
    """Obligation 3."""
    out = []
    if status is Status.NOTHING:
        return ["one_list"] if caught.names else ["no_list"]
    if any(size < SMALL_LIST for size in caught.sizes):
        out.append("small_list")
    if status is Status.LOWER_BOUND:
        out.append("no_overlap" if all(not p.both for p in pairs) else "no_upper")
    elif sum(p.both for p in pairs) < SMALL_OVERLAP:
        out.append("small_overlap")
    if status is Status.ESTIMATE and len(pairs) == 1:
        out.append("two_lists")
    if status is Status.ESTIMATE and any(not p.both for p in pairs):
        out.append("pairs_apart")
    return [*out, "open", "dependence", "chances"]


def _volume(snapshot: Snapshot, days: tuple[int, int] | None) -> float | None:
    """Waybills that the ledger first saw on a day: the median of the leaks' days, or of all if it has none of them."""
    seen = snapshot.first_seen()
    day, count = seen["day"].to_numpy(), seen["waybills"].to_numpy()
    if days is None or not len(day):
        return None
    inside = (day >= days[0]) & (day <= days[1])
    return float(np.median(count[inside] if inside.any() else count))


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
        **{name: [dump_row(row) for row in getattr(r, name)] for name in ("lists", "pairs", "models")},
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
            points = (
                line,
                self.translator.joined((self.say("stock"), self._range(r.stock)), self.translator.say("unit.colon")),
            )
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
                (self.say("ledger_digest"), self.translator.id(r.ledger_digest)),
                (self.say("leaks_digest"), self.translator.id(r.leaks_digest)),
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
        pairs = self.translator.all_of(self._pair(a, b) for a, b in model.pairs)
        return self.say("name_model", pairs=pairs)

    def _pair(self, first: str, second: str) -> str:
        return self.say("name_pair", first=self.translator.id(first), second=self.translator.id(second))

    def _lists(self) -> Section:
        head = tuple(self.say(k) for k in ("list", "list_numbers", "list_shared"))
        rows = tuple((self.translator.id(x.name), f"{x.numbers:,}", f"{x.shared:,}") for x in self.r.lists)
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
