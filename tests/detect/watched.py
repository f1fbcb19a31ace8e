"""Simulated couriers with insiders, each built once for all workers and runs; nobody writes to their ledgers."""

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.once import made_once
from wayseal import store
from wayseal.detect import DetectResult, detect
from wayseal.ledger import ingest, open_ledger
from wayseal_sim import Leaker, preset, simulate

ROOMS = ("detect", "ledger", "merkle", "model", "page", "sim", "store")
"""Those that simulation, ledger and detection are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """dataset and ledger of a world; insiders: account → kind; result: what detection says of it."""

    dataset: Path
    ledger: Path
    insiders: Mapping[str, str]
    result: DetectResult


def _build(folder: Path, accesses: int, outlets: int, seed: int) -> None:
    scenario = preset("watch", accesses=accesses, outlets=outlets, leaker=Leaker.NOBODY, bought=0)
    paths = simulate(folder, scenario, seed=seed)
    ingest(store.open_source(paths.dataset), folder / "L")
    with open_ledger(folder / "L") as snapshot:
        result = detect(snapshot)
    (folder / "result.pickle").write_bytes(pickle.dumps(result))


def built(name: str, accesses: int, outlets: int, seed: int) -> Watched:
    """A world, what detection says of it, and who was planted in it."""
    folder = made_once(
        f"watched-{name}", lambda into: _build(into, accesses, outlets, seed), rooms=ROOMS,
        key=f"{accesses} {outlets} {seed} {Path(__file__).read_text('utf-8')}",
    )  # fmt: skip
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    return Watched(
        dataset=folder / "dataset", ledger=folder / "L",
        insiders={a: i["kind"] for i in truth["insiders"] for a in i["accounts"]},
        result=pickle.loads((folder / "result.pickle").read_bytes()),
    )  # fmt: skip


def tables_of(world: Watched) -> list[str]:
    """The tables of its dataset."""
    return sorted(path.stem for path in world.dataset.iterdir() if path.suffix != ".json")


def rows_of(world: Watched, name: str) -> pa.Table:
    """A table of its dataset."""
    folder = world.dataset / name
    return pq.read_table(folder if folder.is_dir() else folder.with_suffix(".parquet"))


@pytest.fixture(scope="session")
def watched() -> Watched:
    """Nine hundred accounts, two weeks."""
    return built("large", 60_000, 120, 3)


@pytest.fixture(scope="session")
def small() -> Watched:
    """Three hundred accounts, two weeks."""
    return built("small", 12_000, 24, 5)
