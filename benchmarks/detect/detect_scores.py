"""Learns what scores of detection are made of, and judges that on families that it didn't learn from.

    python -m benchmarks run detect_scores --work W [--seeds 1,2] [--write]

Sets: every family of couriers (`benchmarks.couriers`, 4,000 accounts, two weeks) with each seed, and the scenario
`insiders` (2 million accesses, seeds 11 to 13), whose accounts weigh INSIDERS each, as they are many of few kinds. Each
is made, ingested and measured unless it lies in W: the signals of all accounts that detection measures, on each day.
Who sells what work explains (`own`, `manager`) is left out. Those of the first seed are measured once more, as if no
table said when parcels began: from these the scores of couriers without such tables are learnt.

The model: logistic regression on curves, straight between the knots of KNOTS, whose slopes can't turn against RISING
and FALLING; the slopes of a detail are drawn towards those of all details, circumstances likewise (PULL), each towards
its neighbours (SMOOTH) and to none (RIDGE). It learns from an account's last day, and from all others on which it
stands out, together as much again; whoever pulls is right from the day of the first pull on. Of innocents of whom
nearly nothing is said one in QUIET is learnt from, for all. Innocents weigh INNOCENT each, as there are more of them in
life than in these couriers.

Tables: families in FIFTHS, each judged by a model of the others, as detection does (alerts at `ALERT`, linked accounts
as one case): who is found by group at several scores, innocents a world, worlds without a leaker that stay clean,
expected calibration error over ten bins, parcels lost that stand in the first ten cases, innocents among what people
are asked to look at first; `--draw FILE` draws the bins as SVG. `--write` puts the model of all sets into
`src/wayseal/detect/score.json`.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.couriers import FAMILIES
from benchmarks.detect import _unseen_world
from benchmarks.detect import _world as _detect_world
from benchmarks.detect._unseen_judge import APART, GROUPS, group_of
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.detect._detect import measure
from wayseal.detect._judge import FRESH, MAIN, RESPONSIBILITY
from wayseal.detect._score import ALERT, floor
from wayseal.detect._signals import GROWN, NOW, UNDATED
from wayseal.detect.policy import FALSE_ALARM, is_worth
from wayseal.ledger import open_ledger

Floats = npt.NDArray[np.float64]
ASKED = {"fast": 0.95, "slow": 0.8, "ring": 0.85, "interface": 0.7}
"""Shares of pullers at a score of .5 or more."""
CALIBRATION = "expected calibration error"
LOST, WRONG = "lost parcels in the first cases", "wrong among the first cases that are worth acting on"
TABLE = Path(__file__).resolve().parents[2] / "src/wayseal/detect/score.json"
INSIDERS, INSIDER_SEEDS, ACCESSES = 0.2, (11, 12, 13), 2_000_000
FIFTHS, TENTHS, QUIET, FIRST = 5, 10, 4, 10
LEVELS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
INNOCENT = 1.5
RIDGE, SMOOTH, PULL = 0.1, 3.0, 4.0
_DAY = 86_400_000_000
_NATS = (0.0, 1.0, 2.5, 5.0, 10.0, 20.0)
_MAIN_NATS = (0, 2.5, 5, 7.5, 10, 15, 25, 60)
DETAILS = ("before_pickup", "inhuman_tempo", "number_walks")
CIRCUMSTANCES = (
    "fields_beyond_purpose", "heavy_actions", "new_device_or_address", "own_tickets",
    "two_places_at_once", "unusual_hour",
)  # fmt: skip
RISING: Mapping[str, Sequence[float]] = {
    MAIN: _MAIN_NATS,
    NOW: _MAIN_NATS,
    "days": (0, 1, 2, 3, 4, 5, 7, 10, 14),
    "share": (0, 0.1, 0.2, 0.3, 0.45, 0.7, 1),
    "fresher": (-0.6, -0.4, -0.25, -0.1, 0, 0.1, 0.25, 0.4, 0.6),
    RESPONSIBILITY: _MAIN_NATS,
    FRESH: _MAIN_NATS,
    GROWN: (0, 1, 2, 3, 4.5, 7, 12),
    "beyond_role": (0, 0.7, 1.5, 3, 5, 8),
    "days_beyond_role": (0, 1, 2, 3, 5, 8, 14),
    **dict.fromkeys((*DETAILS, *CIRCUMSTANCES), _NATS),
}
FALLING: Mapping[str, Sequence[float]] = {
    "steady": (-10.8, -7, -4.5, -3, -2, -1, 0),
    "unknown": (-13.8, -9, -6, -4, -2, 0),
    "alike": (0, 0.7, 1.4, 2.3, 3.5, 5),
}
FALLING = {**FALLING, **{f"{name}_service": FALLING[name] for name in ("unknown", "alike")}}
FREE: Mapping[str, Sequence[float]] = {"role": (0, 1.6, 3, 4.5, 6, 7, 8.3), "service": (0, 1)}
KNOTS = {**RISING, **FALLING, **FREE}
UNDATED_KNOTS = {name: knots for name, knots in KNOTS.items() if name != "fresher"}
"""Where no table says how fresh parcels are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Puller:
    """An account that pulls. since: day of the log on which it began; lost: pulls by each day's end."""

    kind: str
    a_day: int
    since: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A set: its family and seed, who pulls, accounts that were measured, and of these by (account, day) the signals.

    links: int64 (c,), place of the group of linked accounts, -1 for none. odd: int64 (c, d), unexplained reads.
    """

    family: str
    seed: int
    pullers: Mapping[str, Puller]
    accounts: tuple[str, ...]
    links: npt.NDArray[np.int64]
    odd: npt.NDArray[np.int64]
    signals: Mapping[str, npt.NDArray[np.float32]]

    @property
    def days(self) -> int:
        """Of how many days it is."""
        return int(self.signals["role"].shape[1])

    @property
    def undated(self) -> bool:
        """Whether no table says how fresh its parcels are."""
        return UNDATED not in self.signals or bool(self.signals[UNDATED].any())

    def kind_of(self, account: str) -> str:
        """How an account pulls; "" for innocents."""
        return self.pullers[account].kind if account in self.pullers else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The couriers, and what is done with what is learnt."""

    work: Path = option(text="folder for couriers and what was measured of them, unless it lies there")
    seeds: tuple[int, ...] = option((1, 2))
    write: bool = option(False, "put the model of all sets into src/wayseal/detect/score.json")
    draw: Path | None = option(None, "file for the bins, as SVG")


@benchmark(
    minutes=180,
    kept=[
        Kept("expected calibration error of scores, families left out", CALIBRATION, "measured", most=0.04),
        Kept("lost parcels that stand in the first ten cases, families left out", LOST, "measured", least=0.95),
        Kept("wrong among cases worth acting on, families left out", WRONG, "measured", most=0.2),
        Kept("innocents at a score of .5 or more, a courier, families left out", "0.5", "innocents a world", most=0.5),
        *(
            Kept(f"found at a score of .5 or more, families left out: {group}", "0.5", group, least=ASKED.get(group))
            for group in GROUPS
        ),
    ],
)
def learn(options: Options) -> Iterator[Said]:
    """Judge, and keep the model if that is asked."""
    seeds = options.seeds
    seen, hidden = list(_sets(options.work, seeds)), list(_sets(options.work, seeds[:1], dated=False))
    yield "as if no table said how fresh parcels are"
    undated = list(_scored(hidden, hidden))
    yield from _lines(undated, _bins(undated))
    yield "as couriers are"
    scores = list(_scored(seen, hidden))
    bins = _bins(scores)
    yield from _lines(scores, bins)
    if options.draw:
        options.draw.write_text(_drawn(bins), "utf-8")
    if options.write:
        dated, without = fit(_rows([one for one in seen if not one.undated])), fit(_rows(hidden), UNDATED_KNOTS)
        head = f' "made_by": "python -m benchmarks run detect_scores",\n "sets": {len(seen)},\n'
        TABLE.write_text(f'{{\n{head} "dated": {dated.written()},\n "undated": {without.written()}\n}}\n', "utf-8")


def _sets(work: Path, seeds: Sequence[int], *, dated: bool = True) -> Iterator[Seen]:
    folder = work / ("seen" if dated else "undated")
    for seed in seeds:
        for family in FAMILIES:
            yield _kept(folder / f"{family}-{seed}.npz", partial(_courier, work, family, seed, dated=dated))
    for seed in INSIDER_SEEDS:
        yield _kept(folder / f"insiders-{seed}.npz", partial(_insiders, work, seed, dated=dated))


def _kept(file: Path, make: Callable[[], dict[str, Any]]) -> Seen:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = make()
        np.savez_compressed(file, told=json.dumps(made["told"]), odd=made["odd"], **made["signals"])
        print(f"measured {file.stem}", file=sys.stderr, flush=True)
    kept = np.load(file)
    told = json.loads(str(kept["told"]))
    pullers = {a: Puller(kind=k, a_day=n, since=s, lost=tuple(lost)) for a, (k, n, s, lost) in told["pullers"].items()}
    return Seen(
        family=told["family"],
        seed=told["seed"],
        pullers=pullers,
        accounts=tuple(told["accounts"]),
        links=np.array(told["links"], np.int64),
        odd=kept["odd"],
        signals={n: kept[n] for n in kept.files if n not in ("told", "odd")},
    )


def _courier(work: Path, family: str, seed: int, *, dated: bool) -> dict[str, Any]:
    where = _unseen_world.prepare(work / "worlds", family, seed, (4_000, 14))
    told = _unseen_world.told_of(where.world)
    pullers = {a: (i.kind, i.meant, i.pulls[a]) for i in told.insiders for a in i.accounts if len(i.pulls[a])}
    return _measured(where.ledger, where.facts, (family, seed), pullers, dated=dated)


def _insiders(work: Path, seed: int, *, dated: bool) -> dict[str, Any]:
    place = _detect_world.prepare(work / "insiders", ACCESSES, seed)
    truth = _detect_world.truth_of(place / "world").pullers
    pullers = {a: (p.kind, p.a_day, p.pulls) for a, p in truth.items()}
    return _measured(place / "ledger", place / "facts", ("insiders", seed), pullers, dated=dated)


def _measured(
    ledger: Path,
    facts: Path,
    whose: tuple[str, int],
    pullers: Mapping[str, tuple[str, int, npt.NDArray[np.int64]]],
    *,
    dated: bool,
) -> dict[str, Any]:
    with open_ledger(ledger) as snapshot:
        view, first, groups, signals = measure(snapshot, facts, dated=dated)
        accounts = snapshot.names("actor", view.keys[signals.actors])
    links = np.full(view.shape[0], -1, np.int64)
    for place, group in enumerate(groups):
        links[list(group.actors)] = place
    ends = (view.day + 1 + np.arange(first, view.shape[1])) * _DAY - view.offset
    return {
        "told": {
            "family": whose[0],
            "seed": whose[1],
            "pullers": {
                a: (kind, n, int(np.searchsorted(ends, at[0], side="right")), np.searchsorted(at, ends).tolist())
                for a, (kind, n, at) in pullers.items()
            },
            "accounts": accounts,
            "links": links[signals.actors].tolist(),
        },
        "odd": signals.odd[:, first:],
        "signals": {n: v[:, first:].astype(np.float32) for n, v in signals.values.items()},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A base and curves, by signal: what is added at each of its knots."""

    base: float
    curves: dict[str, Floats]

    def share(self, name: str, values: npt.NDArray[Any]) -> Floats:
        """What a signal adds."""
        return np.interp(values, KNOTS[name], self.curves[name]) if name in self.curves else np.zeros(values.shape)

    def written(self) -> str:
        """As `score.json` has it, a line a curve."""
        curves = (
            f'   "{name}": {json.dumps({"at": list(KNOTS[name]), "share": [round(float(y), 4) for y in curve]})}'
            for name, curve in self.curves.items()
        )
        return f'{{\n  "base": {self.base:.4f},\n  "curves": {{\n' + ",\n".join(curves) + "\n  }\n }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Days of accounts that are learnt from: basis (n, k), right and weight (n,), family (n,)."""

    basis: npt.NDArray[np.float32]
    right: Floats
    weight: Floats
    family: npt.NDArray[np.str_]

    def but(self, families: set[str]) -> "Rows":
        """Without those of some families."""
        keep = ~np.isin(self.family, sorted(families))
        return Rows(basis=self.basis[keep], right=self.right[keep], weight=self.weight[keep], family=self.family[keep])


def _rows(seen: Sequence[Seen]) -> Rows:
    rng = np.random.default_rng(1)
    parts: list[tuple[Any, ...]] = []
    for one in seen:
        kinds = np.array([one.kind_of(a) for a in one.accounts])
        since = np.array([one.pullers[a].since if a in one.pullers else one.days for a in one.accounts])
        nats = np.maximum(one.signals.get(NOW, np.zeros(one.signals["role"].shape)), one.signals[GROWN])
        beyond, days = (one.signals[n] + one.signals[f"{n}_service"] for n in ("beyond_role", "days_beyond_role"))
        told = (nats >= 1.0) | ((beyond > 0.7) & (days >= 2))
        told[:, -1] = True
        hushed = (kinds == "") & (nats.max(axis=1) < 2.0)
        told &= (~np.isin(kinds, APART) & (~hushed | (rng.random(len(kinds)) < 1 / QUIET)))[:, None]
        row, day = np.nonzero(told)
        others = np.maximum(told.sum(axis=1) - 1, 1)[row]
        weight = np.where(day == one.days - 1, 1.0, 1.0 / others) * np.where(hushed, QUIET, 1.0)[row]
        weight *= np.where(kinds == "", INNOCENT, 1.0)[row]
        weight *= INSIDERS if one.family == "insiders" else 1.0
        parts.append((_basis(one, row, day), day >= since[row], weight, np.full(len(row), one.family)))
    basis, right, weight, family = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Rows(basis=basis, right=right.astype(float), weight=weight, family=family)


def _basis(one: Seen, row: npt.NDArray[np.int64], day: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    columns = []
    for name, knots in KNOTS.items():
        values = one.signals[name][row, day] if name in one.signals else np.full(len(row), _none(knots), np.float32)
        low, high = np.array(knots[:-1], np.float32), np.array(knots[1:], np.float32)
        columns.append(np.clip((values[:, None] - low) / (high - low), 0.0, 1.0))
    return np.concatenate(columns, axis=1)


def _none(knots: Sequence[float]) -> float:
    """The value of a signal that says nothing: the first knot, or the middle of what speaks for both."""
    return 0.0 if knots[0] < 0.0 < knots[-1] else knots[0]


def fit(rows: Rows, by: Mapping[str, Sequence[float]] = KNOTS) -> Model:
    """The model that fits best. by: the signals that it is made of, and their knots."""
    right, weight = rows.right, rows.weight
    columns = np.concatenate([np.full(len(knots) - 1, name in by) for name, knots in KNOTS.items()])
    basis = np.ascontiguousarray(rows.basis[:, columns])
    parts, start = {}, 0
    for name, knots in by.items():
        parts[name] = slice(start, start + len(knots) - 1)
        start += len(knots) - 1

    def loss(at: Floats) -> tuple[float, Floats]:
        odds = at[0] + basis @ at[1:].astype(np.float32)
        off = weight * (1 / (1 + np.exp(-odds)) - right)
        cost, slope = _penalty(at[1:], parts)
        return float((weight * (np.logaddexp(0, odds) - right * odds)).sum()) + cost, np.append(
            off.sum(), off.astype(np.float32) @ basis + slope
        )

    free, up, down = (None, None), (0, None), (None, 0)
    bounds = [up if n in RISING else down if n in FALLING else free for n, k in by.items() for _ in k[1:]]
    found = minimize(
        loss, np.zeros(start + 1), jac=True, method="L-BFGS-B", bounds=[free, *bounds], options={"maxiter": 500}
    )
    curves = {n: np.append(0.0, np.cumsum(found.x[1:][part])) for n, part in parts.items()}
    middle = {n: float(np.interp(_none(KNOTS[n]), KNOTS[n], curve)) for n, curve in curves.items()}
    base = float(found.x[0]) + sum(middle.values())
    return Model(base=base, curves={n: curve - middle[n] for n, curve in curves.items()})


def _penalty(steps: Floats, parts: Mapping[str, slice]) -> tuple[float, Floats]:
    cost, slope = RIDGE / 2 * float(steps @ steps), RIDGE * steps
    for name, part in parts.items():
        wide = np.diff(KNOTS[name]) / np.mean(np.diff(KNOTS[name]))
        bend = np.diff(steps[part] / wide)
        cost += SMOOTH / 2 * float(bend @ bend)
        slope[part] += SMOOTH * (np.append(0.0, bend) - np.append(bend, 0.0)) / wide
    for names in (DETAILS, CIRCUMSTANCES):
        apart = np.stack([steps[parts[n]] for n in names])
        apart -= apart.mean(axis=0)
        cost += PULL / 2 * float((apart**2).sum())
        for name, row in zip(names, apart, strict=True):
            slope[parts[name]] += PULL * row
    return cost, slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A case: accounts, score now, day of the alert, expected loss a day, whether it is worth acting on."""

    people: tuple[str, ...]
    score: float
    day: int
    loss: float
    worth: bool


Scored = tuple[Seen, list[Found]]
Bin = tuple[int, int, float, float]
"""A tenth: its place, how many cases, their mean score, how many of them are right."""


def _scored(seen: Sequence[Seen], hidden: Sequence[Seen]) -> Iterator[Scored]:
    """Each courier with its cases, by a model that learned from no courier of its family.

    hidden: couriers of which no table says how fresh parcels are; what is like them is judged by a model of these.
    """
    families = np.random.default_rng(0).permutation(sorted({one.family for one in seen})).tolist()
    for undated in {one.undated for one in seen}:
        mine = [one for one in seen if one.undated == undated]
        rows, knots = _rows(hidden if undated else mine), UNDATED_KNOTS if undated else KNOTS
        for fifth in range(FIFTHS):
            out = set(families[fifth::FIFTHS])
            model = fit(rows.but(out), knots)
            for one in mine:
                if one.family in out and one.family != "insiders":
                    yield one, sorted(_cases(one, model), key=lambda found: -found.loss)


def _cases(one: Seen, model: Model) -> Iterator[Found]:
    """As detection makes them."""
    none = np.zeros(one.signals["role"].shape)
    odds = sum((model.share(n, v) for n, v in one.signals.items()), none + model.base)
    odds = floor({n: v.astype(np.float64) for n, v in one.signals.items()}, odds)
    scores = 1 / (1 + np.exp(-odds))
    links = np.where(one.links >= 0, one.links, one.links.max(initial=0) + 1 + np.arange(len(one.links)))
    for link in np.unique(links[(scores >= ALERT).any(axis=1)]).tolist():
        mine = np.flatnonzero(links == link)
        best = scores[mine].max(axis=0)
        a_day = float(one.odd[mine, -1].sum() / 7)
        score = float(best[-1])
        yield Found(
            people=tuple(one.accounts[k] for k in mine),
            score=score,
            day=int(np.argmax(best >= ALERT)),
            loss=score * a_day,
            worth=is_worth(score, a_day, FALSE_ALARM),
        )


def _bins(scores: Sequence[Scored]) -> list[Bin]:
    told: list[tuple[float, bool]] = []
    for one, cases in scores:
        for found in cases:
            kinds = {one.kind_of(a) for a in found.people}
            if not kinds & set(APART):
                told.append((found.score, kinds != {""}))
    out = []
    for place in range(TENTHS):
        some = [(s, r) for s, r in told if min(int(s * TENTHS), TENTHS - 1) == place]
        if some:
            mean, right = (float(np.mean([x[k] for x in some])) for k in (0, 1))
            out.append((place, len(some), mean, right))
    return out


def _lines(scores: Sequence[Scored], bins: Sequence[Bin]) -> Iterator[Said]:
    yield f"{len(scores)} couriers of {len({one.family for one, _ in scores})} families"
    yield Table(["score from", *GROUPS, "innocents a world", "clean"], [_found(scores, level) for level in LEVELS])
    yield Table(["", *GROUPS], [_alerted(scores)])
    rows = [[f"{place / TENTHS:.1f}", str(n), f"{mean:.2f}", f"{right:.2f}"] for place, n, mean, right in bins]
    yield Table(["score from", "cases", "mean", "right"], rows)
    every = sum(n for _, n, _, _ in bins)
    off = sum(n / every * abs(mean - right) for _, n, mean, right in bins)
    yield Table(("", "measured"), [(CALIBRATION, f"{off:.3f}"), *_first(scores)])


def _alerted(scores: Sequence[Scored]) -> list[str]:
    """Who is in any case, and before that lost no more than 300 by the end of the day before the alert."""
    there: Counter[str] = Counter()
    found: Counter[str] = Counter()
    soon: Counter[str] = Counter()
    for one, cases in scores:
        day_of = {a: case.day for case in cases for a in case.people}
        for account, puller in one.pullers.items():
            group = group_of(puller.kind, puller.a_day)
            there[group] += 1
            if account in day_of:
                found[group] += 1
                soon[group] += (puller.lost[day_of[account] - 1] if day_of[account] else 0) <= 300
    shares = [f"{found[g] / max(there[g], 1):.2f}, {soon[g] / max(there[g], 1):.2f}" for g in GROUPS]
    return ["in any case, before 300 were lost (by whole days)", *shares]


def _first(scores: Sequence[Scored]) -> list[tuple[str, str]]:
    """What share of all that is lost stands in the first cases; of those worth acting on, how many are wrong."""
    lost = inside = wrong = asked = 0
    for one, cases in scores:
        of = {a: p.lost[-1] for a, p in one.pullers.items() if p.kind not in APART}
        first = cases[:FIRST]
        lost += sum(of.values())
        inside += sum(of.get(a, 0) for found in first for a in found.people)
        worth = [found for found in cases if found.worth][:FIRST]
        asked += len(worth)
        wrong += sum({one.kind_of(a) for a in found.people} == {""} for found in worth)
    return [
        (LOST, f"{inside / max(lost, 1):.3f} of {lost:,}"),
        (WRONG, f"{wrong / max(asked, 1):.2f} ({wrong} of {asked})"),
    ]


def _drawn(bins: Sequence[Bin]) -> str:
    """How often cases are right (upwards) by their score (to the right): on the line a score is what it says."""
    dots = "".join(
        f'<circle cx="{40 + 300 * mean:.0f}" cy="{320 - 300 * right:.0f}" r="{2 + math.sqrt(n) / 2:.1f}">'
        f"<title>{n} cases, {mean:.2f}, {right:.2f} right</title></circle>"
        for _, n, mean, right in bins
    )
    ticks = "".join(
        f'<text x="{40 + 300 * x:.0f}" y="338" text-anchor="middle">{x:g}</text>'
        f'<text x="32" y="{324 - 300 * x:.0f}" text-anchor="end">{x:g}</text>'
        for x in (0, 0.5, 1)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 360" width="360" font-family="sans-serif" '
        'font-size="12"><rect width="360" height="360" fill="#fff"/><path d="M40 20V320H340" fill="none" '
        'stroke="#888"/><path d="M40 320L340 20" stroke="#bbb" stroke-dasharray="4 4"/>'
        f'<g fill="#0b6b5f" fill-opacity=".75">{dots}</g><g fill="#444">{ticks}'
        '<text x="190" y="355" text-anchor="middle">score · 得分</text>'
        '<text x="52" y="30">right · 正确</text></g></svg>\n'
    )


def _found(scores: Sequence[Scored], level: float) -> list[str]:
    there: Counter[str] = Counter()
    found: Counter[str] = Counter()
    innocents, clean, quiet = 0, 0, 0
    for one, cases in scores:
        likely = {a for case in cases if case.score >= level for a in case.people}
        wrong = len(likely - set(one.pullers))
        innocents += wrong
        if not one.pullers:
            quiet += 1
            clean += not wrong
        for account, puller in one.pullers.items():
            group = group_of(puller.kind, puller.a_day)
            there[group] += 1
            found[group] += account in likely
    shares = [f"{found[g] / max(there[g], 1):.2f} ({found[g]} of {there[g]})" for g in GROUPS]
    return [f"{level:.1f}", *shares, f"{innocents / max(len(scores), 1):.2f}", f"{clean} of {quiet}"]
