"""Canaries can hardly be told from real waybills by a small form of the stated test; numbers out of nowhere can."""

import pickle
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from benchmarks.trace import canaries as benchmark
from benchmarks.trace.canaries import Pairs, area, features, p_value, pairs

from tests.once import made_once
from wayseal.ledger import ingest, open_ledger
from wayseal.store import open_source
from wayseal_sim import preset, simulate

pytestmark = pytest.mark.once

SEED, COUNT = 7, 80
FAR = 3.0
"""Standard errors of the area that are allowed: once in 370 where nothing can be told."""
NOT_BY_CHANCE = 0.01
"""Least p that is allowed times the number of features."""


@pytest.fixture(scope="module")
def found() -> Pairs:
    sources = [Path(str(benchmark.__file__)), Path(__file__)]
    key = sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    rooms = ("model", "store", "merkle", "ledger", "sim", "trace")
    folder = made_once("canaries-apart", make, rooms=rooms, key=key)
    made: Pairs = pickle.loads((folder / "pairs").read_bytes())
    return made


def make(folder: Path) -> None:
    simulate(folder / "world", preset("demo", accesses=200_000, bought=5), seed=SEED)
    ingest(open_source(folder / "world/dataset"), folder / "L")
    with open_ledger(folder / "L") as snapshot:
        made = pairs(snapshot, COUNT, SEED)
    (folder / "pairs").write_bytes(pickle.dumps(made))
    for name in ("world", "L"):
        shutil.rmtree(folder / name)


def told(found: Pairs) -> tuple[float, dict[str, float]]:
    """How far the area is from a half, in standard errors; p of each feature."""
    by_name, n = features(found), len(found.canaries)
    auc, error = area(np.column_stack(list(by_name.values())), n, SEED)
    return abs(auc - 0.5) / error, {name: p_value(values, n, SEED) for name, values in by_name.items()}


def test_nobody_can_tell(found: Pairs) -> None:
    assert len(found.canaries) == len(found.held) == COUNT
    assert len({r.waybill for r in (*found.canaries, *found.held)}) == 2 * COUNT
    errors, p = told(found)
    assert errors <= FAR
    assert min(p.values()) > NOT_BY_CHANCE / len(p)


def test_numbers_of_nowhere_are_told(found: Pairs) -> None:
    rng = np.random.default_rng(SEED)
    numbers = rng.integers(10**12, 10**13, len(found.canaries)).tolist()
    canaries = [replace(c, waybill=f"YT{n:013d}") for c, n in zip(found.canaries, numbers, strict=True)]
    everything = np.array(sorted({*found.numbers.tolist(), *numbers}), np.int64)
    errors, p = told(replace(found, canaries=canaries, numbers=everything))
    assert errors > FAR
    assert p["nearest gap"] <= 0.001
