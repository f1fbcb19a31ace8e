"""Canaries can't be told from real waybills by the stated test; a generator without its rules can."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.canaries import Pairs, area, features, p_value, pairs

from wayseal.ledger import ingest, open_ledger
from wayseal.simulate import preset, simulate
from wayseal.store import open_source

SEED = 7


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    folder = tmp_path_factory.mktemp("apart")
    simulate(folder / "world", preset("demo", accesses=600_000, bought=5), seed=SEED)
    ingest(open_source(folder / "world/dataset"), folder / "L")
    with open_ledger(folder / "L") as snapshot:
        return pairs(snapshot, 200, SEED)


def told(found: Pairs) -> tuple[float, float, int]:
    """How far the area is from a half, in standard errors; the least p; features."""
    by_name = features(found)
    auc, error = area(np.column_stack(list(by_name.values())), len(found.canaries), SEED)
    p = [p_value(values, len(found.canaries), SEED) for values in by_name.values()]
    return abs(auc - 0.5) / error, min(p), len(p)


def test_nobody_can_tell(found: Pairs) -> None:
    assert len(found.canaries) == len(found.held) == 200
    assert len({r.waybill for r in (*found.canaries, *found.held)}) == 400
    errors, least, count = told(found)
    assert errors <= 2
    assert least > 0.05 / count


def test_numbers_of_nowhere_are_told(found: Pairs) -> None:
    rng = np.random.default_rng(SEED)
    numbers = rng.integers(10**12, 10**13, len(found.canaries)).tolist()
    canaries = [replace(c, waybill=f"YT{n:013d}") for c, n in zip(found.canaries, numbers, strict=True)]
    everything = np.array(sorted({*found.numbers.tolist(), *numbers}), np.int64)
    errors, least, _ = told(replace(found, canaries=canaries, numbers=everything))
    assert errors > 5
    assert least < 0.001
