"""Whether canaries can be told from real waybills by whoever sees both.

    python -m benchmarks run canaries [--scenario demo] [--accesses 1000000] [--count 200] [--seed 7]

A simulated ledger is cut at a time. The planner knows what was issued before it. One account after another gets a
canary, and beside it one real waybill that it read and that was issued in the day after the cut: as many of each.
Two days later somebody who sees all numbers compares. Where a canary took a number, the real ones behind it in its run
have moved up by one, as the courier's system would have dealt them. For each feature: Kolmogorov-Smirnov, by 4,999
permutations. For all together: a logistic regression, area under the curve out of five folds.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.store import open_source
from wayseal.trace.canary._plan import DAY, WEEK, Dealer, draw, regions, rows_of
from wayseal.trace.canary._register import Row
from wayseal_sim import preset, simulate

Floats = NDArray[np.float64]
PERMUTATIONS = 4_999
FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Canaries, held-out real rows, and the real numbers that stand two days after the cut, canaries among them."""

    canaries: list[Row]
    held: list[Row]
    numbers: NDArray[np.int64]
    routes: Counter[tuple[str, str]]


def serial(row: Row) -> int:
    """The digits of a simulated number."""
    return int(row.waybill[2:])


def _route(row: Row) -> tuple[str, str]:
    return row.origin_outlet, row.destination_outlet


def pairs(snapshot: Snapshot, count: int, seed: int) -> Pairs:
    """Canaries and held-out real waybills of a simulated ledger, as the module says."""
    rng = np.random.default_rng(seed)
    rows = {row.waybill: row for row in rows_of(snapshot, snapshot.control(snapshot.size()))}
    cut = int(np.quantile([r.issued_at for r in rows.values()], 0.6))
    before = [r for r in rows.values() if r.issued_at < cut]
    used = {r.waybill for r in before}
    recent = [r for r in before if r.issued_at >= cut - WEEK * DAY]
    dealers = {
        channel: Dealer(rows=[r for r in recent if r.channel == channel], known=used.intersection)
        for channel in {r.channel for r in before}
    }
    canaries: list[Row] = []
    held: dict[str, Row] = {}
    region = regions(snapshot)
    actors = snapshot.actors()["actor"].to_pylist()
    reads: dict[str, list[Row]] = {}
    for turn in range(20 * count):
        if len(canaries) == count:
            break
        if turn % len(actors) == 0:
            rng.shuffle(actors)
        actor = actors[turn % len(actors)]
        if actor not in reads:
            keys = snapshot.views(int(snapshot.keys([actor])[0]), [], 2_000)
            reads[actor] = [rows[name] for name in snapshot.names("waybill", keys) if name in rows]
        donors = [r for r in reads[actor] if r.issued_at < cut]
        real = [r for r in reads[actor] if cut <= r.issued_at < cut + DAY and r.waybill not in held]
        if donors and real:
            canaries.append(draw(donors, dealers.__getitem__, region, cut, rng))
            used.add(canaries[-1].waybill)
            chosen = real[int(rng.integers(len(real)))]
            held[chosen.waybill] = chosen
    later = [serial(r) for r in rows.values() if r.issued_at < cut + 2 * DAY]
    moved, numbers = _moved(canaries, list(held.values()), set(later))
    routes = Counter(_route(r) for r in rows.values() if r.issued_at < cut + 2 * DAY)
    routes.update(map(_route, canaries))
    return Pairs(canaries=canaries, held=moved, numbers=numbers, routes=routes)


def _moved(canaries: list[Row], held: list[Row], real: set[int]) -> tuple[list[Row], NDArray[np.int64]]:
    """Real rows after the canaries took their numbers, and all numbers."""
    own = np.array([serial(r) for r in held], np.int64)
    for taken in sorted(serial(r) for r in canaries):
        end = taken
        while end in real:
            end += 1
        own[(own >= taken) & (own < end)] += 1
        real.add(end)  # the run that began here, or the canary itself, fills one place more
    rows = [
        Row(
            waybill=f"YT{n:013d}",
            issued_at=r.issued_at,
            channel=r.channel,
            origin_outlet=r.origin_outlet,
            destination_outlet=r.destination_outlet,
            customer=r.customer,
            goods_class=r.goods_class,
            weight_g=r.weight_g,
        )
        for n, r in zip(own.tolist(), held, strict=True)
    ]
    return rows, np.array(sorted(real), np.int64)


def features(found: Pairs) -> dict[str, Floats]:
    """[2n] for each feature: canaries first."""
    rows = [*found.canaries, *found.held]
    numbers = np.array([serial(r) for r in rows], np.int64)
    place = np.searchsorted(found.numbers, numbers)
    padded = np.concatenate([[-(10**13)], found.numbers, [10**14]])
    below, above = numbers - padded[place], padded[place + 2] - numbers
    channels = sorted({r.channel for r in rows})
    goods = sorted({r.goods_class for r in rows})
    out = {f"digit {n + 1}": (numbers // 10 ** (12 - n) % 10).astype(float) for n in range(13)}
    out |= {f"number modulo {m}": (numbers % m).astype(float) for m in (7, 9, 11)}
    out["gap below"] = np.log(below.astype(float))
    out["gap above"] = np.log(above.astype(float))
    out["nearest gap"] = np.log(np.minimum(below, above).astype(float))
    out["minute of the day"] = np.array([r.issued_at // 60_000_000 % 1440 for r in rows], float)
    out["weight"] = np.log([float(r.weight_g or 1) for r in rows])
    out["goods"] = np.array([goods.index(r.goods_class) for r in rows], float)
    for channel in channels:
        out[f"channel {channel}"] = np.array([r.channel == channel for r in rows], float)
    out["parcels of the route"] = np.log([float(found.routes[_route(r)]) for r in rows])
    return out


def ks(values: Floats, canary: NDArray[np.bool_]) -> Floats:
    """Kolmogorov-Smirnov distance for each row of labels [k, 2n]."""
    order = np.argsort(values, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
    inside = np.cumsum(canary[:, order], axis=1)[:, ends]
    n = canary[0].sum()
    return np.asarray(np.abs(inside / n - (ends + 1 - inside) / (len(values) - n)).max(axis=1))


def p_value(values: Floats, n: int, seed: int) -> float:
    """How often labels at random part the values as far as the real ones do. n: canaries, which come first."""
    rng = np.random.default_rng(seed)
    label = np.arange(len(values)) < n
    own = ks(values, label[None, :])[0]
    others = ks(values, rng.permuted(np.tile(label, (PERMUTATIONS, 1)), axis=1))
    return float((1 + (others >= own - 1e-12).sum()) / (1 + PERMUTATIONS))


def area(columns: Floats, n: int, seed: int) -> tuple[float, float]:
    """Area under the curve out of five folds, and its standard error if nothing can be told. columns: [2n, f]."""
    rng = np.random.default_rng(seed)
    label = (np.arange(len(columns)) < n).astype(float)
    spread = columns.std(axis=0)
    x = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)
    x = np.column_stack([np.ones(len(x)), x])
    fold = np.empty(len(x), int)
    for part in (np.flatnonzero(label == 1), np.flatnonzero(label == 0)):
        fold[rng.permutation(part)] = np.arange(len(part)) % FOLDS
    areas = []
    for f in range(FOLDS):
        weight = _fitted(x[fold != f], label[fold != f])
        score, truth = x[fold == f] @ weight, label[fold == f]
        beyond = score[truth == 1][:, None] - score[truth == 0][None, :]
        areas.append(float(((beyond > 0) + 0.5 * (beyond == 0)).mean()))
    each = n / FOLDS
    return float(np.mean(areas)), float(np.sqrt((2 * each + 1) / (12 * each * each) / FOLDS))


def _fitted(x: Floats, label: Floats) -> Floats:
    """Logistic regression with a slight ridge, by Newton's steps."""
    weight = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-np.clip(x @ weight, -30, 30)))
        bend = (x * (p * (1 - p))[:, None]).T @ x + np.eye(len(weight))
        weight = weight + np.linalg.solve(bend, x.T @ (label - p) - weight)
    return weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The simulated ledger, and how many canaries."""

    scenario: str = option("demo")
    accesses: int = option(1_000_000)
    count: int = option(200)
    seed: int = option(7)


@benchmark(
    minutes=3,
    kept=(
        Kept("least p of a feature", "least p", "measured", least=0.0017),
        Kept("area of all features, off .5 by standard errors", "area, off .5 by standard errors", "measured", most=2),
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Simulate, plan, compare."""
    with tempfile.TemporaryDirectory() as folder:
        world, ledger = Path(folder) / "world", Path(folder) / "ledger"
        simulate(world, preset(options.scenario, accesses=options.accesses), seed=options.seed)
        ingest(open_source(world / "dataset"), ledger)
        with open_ledger(ledger) as snapshot:
            found = pairs(snapshot, options.count, options.seed)
    by_name = features(found)
    n = len(found.canaries)
    lines = [(name, f"{p_value(values, n, options.seed):.4f}") for name, values in by_name.items()]
    yield Table(("feature", "p"), lines)
    auc, error = area(np.column_stack(list(by_name.values())), n, options.seed)
    yield f"{n} canaries, {len(found.held)} real ones"
    yield Table(
        ("", "measured", "asked"),
        [
            ("least p", f"{min(float(p) for _, p in lines):.4f}", f"≥ {0.05 / len(lines):.4f}"),
            ("area", f"{auc:.3f}", f".5 ± {2 * error:.3f}"),
            ("area, off .5 by standard errors", f"{abs(auc - 0.5) / error:.2f}", "≤ 2"),
        ],
    )
