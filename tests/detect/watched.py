"""Simulated couriers with insiders, each built once for all tests; nobody writes to their ledgers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from wayseal import store
from wayseal.detect import DetectResult, detect
from wayseal.ledger import ingest, open_ledger
from wayseal.simulate import Leaker, preset, simulate


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """dataset and ledger of a world; insiders: account → kind; result: what detection says of it."""

    dataset: Path
    ledger: Path
    insiders: Mapping[str, str]
    result: DetectResult


@cache
def built(folder: Path, accesses: int, outlets: int, seed: int) -> Watched:
    """A world in a folder of its own."""
    out = folder / f"{accesses}-{seed}"
    scenario = preset("watch", accesses=accesses, outlets=outlets, leaker=Leaker.NOBODY, bought=0)
    paths = simulate(out, scenario, seed=seed)
    ingest(store.open_source(paths.dataset), out / "L")
    truth = json.loads(paths.truth.read_text("utf-8"))
    with open_ledger(out / "L") as snapshot:
        result = detect(snapshot)
    insiders = {a: i["kind"] for i in truth["insiders"] for a in i["accounts"]}
    return Watched(dataset=paths.dataset, ledger=out / "L", insiders=insiders, result=result)


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Nine hundred accounts, two weeks."""
    return built(_folder(tmp_path_factory), 60_000, 120, 3)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Three hundred accounts, two weeks."""
    return built(_folder(tmp_path_factory), 12_000, 24, 5)


def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()
