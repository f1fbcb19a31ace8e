"""Probabilities and likelihood ratios mean what they say (benchmarks/trace/calibration.py, small and with bounds)."""

from itertools import pairwise

import numpy as np
import pytest
from benchmarks.shared.cases import Row
from benchmarks.trace import calibration
from benchmarks.trace._world import World
from benchmarks.trace.calibration import KINDS, cllr, uniform_ranks

from tests.effort import DEEP

SEED = 515
# Whether probabilities are right needs the many; test_sampler has a small calibration that always runs.
MANY = {"out of the prior": 60, "placebo": 25, "null": 25, "one account": 25, "one account, counts off": 25}
FEW = {"placebo": 2, "null": 2, "one account": 4, "one account, counts off": 3}
CASES = MANY if DEEP else FEW


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Row]]:
    held: dict[int, World] = {}
    return {
        kind.name: [calibration.run(held, kind, (SEED, number, 4 * case)) for case in range(CASES[kind.name])]
        for number, kind in enumerate(KINDS)
        if kind.name in CASES
    }


@pytest.mark.deep
def test_stated_probabilities_are_right_as_often_as_they_say(rows: dict[str, list[Row]]) -> None:
    calls = [call for r in rows["out of the prior"] for call in r["calls"]]
    for low, high in pairwise((0.05, 0.5, 0.95, 1.0)):
        mine = np.array([(p, right) for p, right in calls if low < p <= high], np.float64)
        stated, right = mine.mean(axis=0)
        error = np.sqrt(max(stated * (1 - stated), 0.01) / len(mine))
        assert abs(right - stated) <= 0.03 + 3 * error, (low, high)


@pytest.mark.deep
def test_the_share_of_the_unknown_lies_anywhere_in_its_posterior(rows: dict[str, list[Row]]) -> None:
    assert uniform_ranks([r["rank"] for r in rows["out of the prior"]]) < 27.9  # once in a thousand


@pytest.mark.parametrize("kind", ["placebo", "null"])
def test_nobody_is_called_where_nobody_leaks(rows: dict[str, list[Row]], kind: str) -> None:
    assert sum(r["false"] for r in rows[kind]) == 0


@pytest.mark.parametrize("kind", ["one account", "one account, counts off"])
def test_one_account_is_found_even_with_wrong_counts(rows: dict[str, list[Row]], kind: str) -> None:
    assert np.mean([r["top"] for r in rows[kind]]) >= 0.9
    assert sum(r["false"] for r in rows[kind]) <= 1


def test_chains_agree(rows: dict[str, list[Row]]) -> None:
    apart = [r["disagreement"] > 0.1 for of in rows.values() for r in of]
    assert np.mean(apart) <= 0.05


def test_likelihood_ratios_are_worth_more_than_silence(rows: dict[str, list[Row]]) -> None:
    of = rows["one account"]
    target, other = (np.array([v for r in of for v in r[side]]) for side in ("target", "other"))
    assert cllr(target, other) < 0.5


def test_the_cost_of_likelihood_ratios() -> None:
    assert cllr(np.zeros(3), np.zeros(5)) == pytest.approx(1.0)
    assert cllr(np.full(2, 50.0), np.full(2, -50.0)) == pytest.approx(0.0, abs=1e-12)
    assert cllr(np.log([4.0]), np.log([0.25])) == pytest.approx(np.log2(1.25))


def test_ranks_that_pile_up_are_seen() -> None:
    assert uniform_ranks(list(range(100))) == 0
    assert uniform_ranks([3] * 100) == pytest.approx(900)
