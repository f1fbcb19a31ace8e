"""Accounts of which only the questions were logged: from files to a verdict, on worlds made by hand."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.trace.rim import World, at, leaks, number, opened, sale, short_chains, traced
from wayseal.model.sources import SourceKind, VerdictKind
from wayseal.trace import TraceResult, render
from wayseal.trace._exposures import gather
from wayseal.trace._leaks import match_leaks
from wayseal.trace._likelihood import shares


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


OUTLETS, EACH = 12, 40
"""Outlets o-0 …, and how many parcels each sends in three days."""


def network(seed: int = 3) -> World:
    """At each outlet two clerks, of whom a's reads are logged: half of what the outlet sends."""
    world, chance = World(), random.Random(seed)
    for outlet in range(OUTLETS):
        world.outlet(f"o-{outlet}", f"city-{outlet // 2}", f"r-{outlet // 4}")
        for clerk in "ab":
            world.actor(f"o-{outlet}-{clerk}", f"o-{outlet}")
        for nth in range(EACH):
            waybill, hours = number(outlet * EACH + nth), 24 * (nth % 3) + chance.uniform(0, 20)
            world.issue(hours, waybill, f"o-{outlet}", f"o-{(outlet + 1 + nth % 5) % OUTLETS}")
            if chance.random() < 0.5:
                world.read(hours + chance.uniform(1, 4), f"o-{outlet}-a", waybill, request=f"read-{outlet}-{nth}")
    return world


def ask(world: World, hours: float, actor: str, asked: dict[str, Any], **more: Any) -> None:
    queries = len(world.tables.get("queries", []))
    row = {"request": f"q-{queries}", "at": at(hours), "actor": actor, "filter": json.dumps(asked)}
    world.add("queries", **(row | more))


def lists(world: World, **more: Any) -> None:
    """Every evening each clerk b looks at what the outlet sent that day."""
    for day in range(3):
        for outlet in range(OUTLETS):
            bounds = {"issued_from": at(24 * day).isoformat(), "issued_to": at(24 * day + 24).isoformat()}
            ask(world, 24 * day + 22, f"o-{outlet}-b", {"origin_outlet": f"o-{outlet}", **bounds}, **more)


def sold(outlet: int, count: int = 9) -> list[dict[str, Any]]:
    """Numbers of one outlet, sold four hours after its clerk b looked at them."""
    return [sale(number(outlet * EACH + nth), 24 * (nth % 3) + 26) for nth in range(count)]


def run(folder: Path, world: World, bought: list[dict[str, Any]]) -> TraceResult:
    return traced(world.ledger(folder), leaks(folder, bought))


def accused(result: TraceResult) -> dict[str, SourceKind]:
    return {row.source: row.kind for row in result.sources if row.probability > 0.9}


def notes(result: TraceResult) -> dict[str, dict[str, Any]]:
    return {note.code.removeprefix("quality."): dict(note.values) for note in result.quality}


def test_a_leaker_who_only_asks_is_found(tmp_path: Path) -> None:
    world = network()
    lists(world, rows=13)
    result = run(tmp_path, world, sold(5))
    assert accused(result) == {"o-5-b": SourceKind.ACTOR}
    first = result.sources[0]
    assert first.saw == 9
    assert first.expected == pytest.approx(9 * (EACH - 9 + 1) / (OUTLETS * EACH - 9 + 1), rel=0.01)
    assert sorted(first.delays_h) == pytest.approx([4.0] * 9)
    assert (first.role, first.outlet) == ("clerk", "o-5")
    assert result.queries is not None
    assert (result.queries.replayed, result.queries.soft, result.queries.useless) == (36, 12, 0)
    assert result.considered[SourceKind.ACTOR] == 2 * OUTLETS


def test_without_the_queries_it_is_not(tmp_path: Path) -> None:
    result = run(tmp_path, network(), sold(5))
    assert "o-5-b" not in accused(result)
    assert result.queries is None
    assert "queries_replayed" not in notes(result)
