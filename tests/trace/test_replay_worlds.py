"""From a simulated courier to a verdict, where a leaker's lists are known by their questions alone."""

import json
from pathlib import Path

import pytest

from tests.effort import DEEP
from tests.once import made_once
from tests.trace.rim import short_chains, traced
from wayseal.ledger import ingest
from wayseal.model.kinds import SourceKind
from wayseal.store import open_source, read_leaks
from wayseal.trace import TraceResult
from wayseal_sim import preset, simulate

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


def run(name: str, seed: int, *, without: bool = False, **changes: object) -> tuple[TraceResult, set[str]]:
    """What a trace says of a world, and who leaked in it."""

    def make(folder: Path) -> None:
        simulate(folder, preset("tiny", bought=20, buyer="anything", **changes), seed=seed)
        if without:
            (folder / "dataset" / "queries.parquet").unlink()
        ingest(open_source(folder / "dataset"), folder / "ledger")

    rooms = ("model", "store", "merkle", "ledger", "sim")
    folder = made_once(f"asked-{name}", make, rooms=rooms, key=f"{seed} {without} {changes}")
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    result = traced(folder / "ledger", read_leaks(folder / "leaks.csv"))
    return result, {row["id"] for row in truth["leakers"]}


@pytest.mark.parametrize("seed", [1, 2, 3] if DEEP else [1])
def test_a_leaker_who_only_asks_is_found(seed: int) -> None:
    result, [leaker] = run(f"lister{seed}", seed, leaker="lister")
    first = next(row for row in result.sources if row.kind is not SourceKind.SESSION)
    assert first.source == leaker
    assert first.probability > 0.85  # in one of these worlds a colleague opened nearly the same lists
    assert result.queries is not None
    assert 0 < result.queries.soft < result.queries.replayed
    assert result.queries.useless == 0
    assert not [row for row in result.sources if row.probability > 0.95 and row.source != leaker]


def test_a_ledger_without_the_questions_accuses_no_account_in_its_place() -> None:
    result, [leaker] = run("bare", 1, leaker="lister", without=True)
    assert leaker not in {row.source for row in result.sources}
    assert not [row for row in result.sources if row.probability > 0.95 and row.kind is SourceKind.ACTOR]


def test_lists_accuse_nobody_where_nobody_leaks() -> None:
    result, nobody = run("nobody", 1, leaker="nobody", queries=0.5)
    assert not nobody
    assert not [row for row in result.sources if row.probability > 0.5]
