"""Texts with a number of the courier's own: who sells it, and who asks where a parcel is or found one.

    python -m benchmarks run market_mentions

Four weights over the reading's scores are learnt of the families `l-…` of `texts/mentions.tsv`, and judged on families
that were left out: each of these in turn, and `h-…`, of which nothing was learnt or chosen. What is shipped
(`SELLS` of the reading) is what comes out here. Beside it: what the reading takes for a kind to be looked at.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.market._composed import TEXTS
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.market.log.reads import SELLS as LEAST
from wayseal.market.reading._reader import OWN, SELLS, SELLS_BIAS, built_in, sells_facts
from wayseal.market.reading.learning import SIDES, judge_texts

Floats = npt.NDArray[np.float64]
SCALE, RIDGE = 5.0, 0.5
OURS, KIND = "learnt of own numbers", "kind to be looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How numbers and prices are drawn."""

    seed: int = option(1)


@benchmark(
    minutes=0.2,
    kept=[
        Kept("texts that sell own numbers found, families left out", OURS, "sells", beside=(KIND, KIND, "sells")),
        Kept("askers and finders taken for sellers", OURS, "asks, found", most=0.02),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Learn and judge."""
    rows = [line.split("\t") for line in (TEXTS / "mentions.tsv").read_text("utf-8").splitlines()[1:]]
    families = np.array([family for family, _, _ in rows])
    sells = np.array([kind == "sells" for _, kind, _ in rows])
    draws = (random.Random(options.seed * 1000 + place) for place in range(len(rows)))
    filled = [_fill(text, rng) for (_, _, text), rng in zip(rows, draws, strict=True)]
    judged = judge_texts(built_in(), filled)
    facts = np.concatenate([np.ones((len(rows), 1)), sells_facts(judged) / SCALE], axis=1)
    taught = np.array([family.startswith("l-") for family in families])
    found = _fit(facts[taught], sells[taught])
    nats = facts @ found
    for family in sorted(set(families[taught].tolist())):
        rest = taught & (families != family)
        nats[families == family] = facts[families == family] @ _fit(facts[rest], sells[rest])
    flagged = judged.kinds < len(SIDES[0])
    chosen = np.maximum(nats, judged.flags + OWN) >= np.log(LEAST / (1 - LEAST))
    for name, where in (("l-…, each left out", taught), ("h-…", ~taught)):
        yield Table(
            (f"texts of {name}", "sells", "asks, found"),
            [_row(OURS, chosen[where], sells[where]), _row(KIND, flagged[where], sells[where])],
        )
    weights = found[1:] / SCALE
    yield f"bias {found[0]:.2f}; " + ", ".join(f"{weight:.3f}" for weight in weights)
    shipped = np.array([SELLS_BIAS, *SELLS.values()])
    if np.abs(np.array([found[0], *weights]) - shipped).max() > 0.15:
        raise UnsoundError("what is shipped isn't what is learnt here")


def _row(name: str, chosen: npt.NDArray[np.bool_], sells: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    return name, *(f"{chosen[side].mean():.2f} of {side.sum()}" for side in (sells, ~sells))


def _fill(text: str, rng: random.Random) -> str:
    n, m, k = ("YT" + "".join(rng.choice("0123456789") for _ in range(13)) for _ in range(3))
    price, each = rng.choice((12, 18, 39)), rng.choice((0.5, 0.8))
    return text.format(n=n, m=m, k=k, p=price, q=each, city=rng.choice(("杭州", "成都", "郑州")))


def _fit(facts: Floats, sells: npt.NDArray[np.bool_]) -> Floats:
    """The likeliest weights, drawn towards nothing but for the bias."""
    side = np.where(sells, 1.0, -1.0)

    def loss(weights: Floats) -> tuple[float, Floats]:
        nats = side * (facts @ weights)
        slope = facts.T @ (-side / (1 + np.exp(np.clip(nats, -500, 500))))
        drawn = np.append(0.0, RIDGE * weights[1:])
        return float(np.logaddexp(0, -nats).sum() + RIDGE / 2 * (weights[1:] @ weights[1:])), slope + drawn

    found: Floats = minimize(loss, np.zeros(facts.shape[1]), jac=True, method="L-BFGS-B").x
    return found
