"""How many canaries find one leaker of 20,000, beside the bound and beside random halves.

    python -m benchmarks.planner [--campaigns 200]

The leaker is drawn uniformly; a canary that it meets comes out with the sensitivity s, any other is taken for a hit
with probability .002. A campaign ends when one account has a probability of .99. One canary at a time, or up to ten a
round before any answer is known; every canary sent out counts. A campaign that was computed is kept in the cache.
"""

import argparse
import sys
from functools import partial
from math import log2
from pathlib import Path

import numpy as np

from benchmarks._cases import Cache, Row, code_digest, mean_se, table
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


def main() -> None:
    """Run the campaigns that are missing and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--campaigns", type=int, default=200)
    options.add_argument("--cache", type=Path, default=Path(".cache/planner.jsonl"))
    chosen = options.parse_args()
    cache = Cache(chosen.cache, code_digest(Path(__file__).resolve(), Path(str(_planner.__file__))))
    lines = []
    for sensitivity in SENSITIVITIES:
        for name, most in PLANS.items():
            rows = []
            for number in range(chosen.campaigns):
                job = partial(campaign, sensitivity, most, (SEED, most, number))
                rows.append(cache.get(f"{sensitivity}/{name}/{number}", job))
            lines.append(_line(sensitivity, name, rows))
            print(f"{sensitivity} {name}", file=sys.stderr)
    head = ("sensitivity", "plan", "campaigns", "canaries", "bound", "ratio", "rounds", "the leaker")
    print("\n".join(table(head, lines)))


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


if __name__ == "__main__":
    main()
