"""From a leaks file to how many numbers leak.

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
from collections.abc import Callable, Sequence

import numpy as np

from wayseal import __version__
from wayseal.ledger import Snapshot
from wayseal.store.types import Leaks
from wayseal.trace.extent._captures import Captures, ListBasis, read_captures
from wayseal.trace.extent._estimate import CHI2, TAIL, Estimate, chao, chapman, disjoint_lower_bound
from wayseal.trace.extent._loglinear import WITHIN, Criterion, Model, histories, interval, models
from wayseal.trace.extent._result import ExtentResult, ListRow, ModelRow, PairRow, Status

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


Progress = Callable[[str, int, int], None]
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
