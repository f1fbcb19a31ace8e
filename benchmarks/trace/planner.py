"""How many canaries find one leaker of 20,000, beside the bound and beside random halves.

    python -m benchmarks run planner [--campaigns 200]

The leaker is drawn uniformly; a canary that it meets comes out with the sensitivity s, any other is taken for a hit
with probability .002. A campaign ends when one account has a probability of .99. One canary at a time, or up to ten a
round before any answer is known; every canary sent out counts. A campaign that was computed is kept in the cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import log2
from pathlib import Path

import numpy as np

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.cases import Cache, Row, code_digest, mean_se
from wayseal.trace import _planner
from wayseal.trace._evidence import Floats, Ints
from wayseal.trace._planner import CanaryOdds, capacity, plan_round, update_belief

ACCOUNTS = 20_000
SENSITIVITIES = (0.98, 0.8, 0.5, 0.2)
ENOUGH = 0.99
SEED = 20260303
PLANS = {"one at a time": 1, "ten a round": 10, "random halves": 0}


def campaign(sensitivity: float, most: int, seed: tuple[int, ...], accounts: int = ACCOUNTS) -> Row:
    """Canaries until somebody has .99, rounds, and whether it is the leaker. most: a round's size, 0 random halves."""
    canary, rng = CanaryOdds(sensitivity=sensitivity), np.random.default_rng(seed)
    belief = np.full(accounts, 1 / accounts)
    leaker = int(rng.integers(accounts))
    tests = rounds = 0
    while belief.max() < ENOUGH:
        rounds += 1
        for pool in _pools(belief, canary, most, rng):
            chance = canary.sensitivity if leaker in pool else canary.false_hit
            belief = update_belief(belief, pool, rng.random() < chance, canary)
            tests += 1
    return {"tests": tests, "rounds": rounds, "right": float(int(belief.argmax()) == leaker)}


def _pools(belief: Floats, canary: CanaryOdds, most: int, rng: np.random.Generator) -> tuple[Ints, ...]:
    if most:
        return plan_round(belief, canary, most, rng=rng).pools
    return (np.flatnonzero(rng.random(len(belief)) < 0.5).astype(np.int32),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many campaigns, and where they are kept."""

    campaigns: int = option(200)
    cache: Path = option(Path(".cache/planner.jsonl"), "campaigns that were done before, so that a run can go on")


@benchmark(
    minutes=240,
    kept=tuple(
        Kept(
            f"canaries beside the bound: sensitivity {s}, {name}",
            f"{s} · {name}",
            "ratio",
            most=1.15,
            beside=("random halves", f"{s} · random halves", "ratio"),
        )
        for s in SENSITIVITIES
        for name in PLANS
        if name != "random halves"
    ),
)
def measure(options: Options) -> Iterator[Said]:
    """Run the campaigns that are missing and make the table."""
    cache = Cache(options.cache, code_digest(Path(__file__).resolve(), Path(str(_planner.__file__))))
    lines = []
    for sensitivity in SENSITIVITIES:
        for name, most in PLANS.items():
            jobs = [partial(campaign, sensitivity, most, (SEED, most, number)) for number in range(options.campaigns)]
            lines.append(_line(sensitivity, name, cache.rows(f"{sensitivity}, {name}", SEED, jobs)))
    head = ("sensitivity", "plan", "campaigns", "canaries", "bound", "ratio", "rounds", "the leaker")
    yield Table(head, lines)


def _line(sensitivity: float, name: str, rows: list[Row]) -> tuple[str, ...]:
    least = ENOUGH * log2(ACCOUNTS) / capacity(CanaryOdds(sensitivity=sensitivity))[0]  # rule 3
    tests = [r["tests"] for r in rows]
    return (
        f"{sensitivity}",
        name,
        str(len(rows)),
        mean_se(tests, proportion=False),
        f"{least:.1f}",
        f"{np.mean(tests) / least:.2f}",
        f"{np.mean([r['rounds'] for r in rows]):.1f}",
        mean_se([r["right"] for r in rows]),
    )
