"""Tracing at its public doors: a whole trace, what is known before one, and canaries from plan to answer."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.page.reports import rounded
from tests.trace.rim import World, at, leaks, number, office, opened, quiet, sale, short_chains
from wayseal.ledger import Snapshot
from wayseal.trace import render, trace
from wayseal.trace.canary import plan, record, to_json
from wayseal.trace.preview import preview

STOLEN = range(0, 56, 7)


def with_thief() -> World:
    """An office, and an account that sold eight of the numbers that it read; where they were issued is known."""
    world = office()
    for outlet in ("o-a", "o-b"):
        world.outlet(outlet, f"city-{outlet}", "north")
    world.actor("thief", "o-a")
    for clerk in range(40):
        world.actor(f"c-{clerk}", "o-b" if clerk % 2 else "o-a")
    for place in range(240):
        world.issue(place / 60, number(place), "o-a", "o-b")
    for turn, place in enumerate(STOLEN):
        world.read(40 + turn, "thief", number(place))
        world.read(41 + turn, "thief", number(place + 3))
    return world


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(with_thief(), tmp_path_factory.mktemp("golden")) as opened_:
        yield opened_


def test_a_trace(
    ledger: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    short_chains(monkeypatch)
    rows = [*(sale(number(place), 44 + turn) for turn, place in enumerate(STOLEN)), sale("YT0000000000001", 60)]
    result = trace(ledger, leaks(tmp_path, rows), seed=7, progress=quiet)
    result = replace(result, wayseal="", ledger_digest="", leaks_digest="", checkpoint=None)
    assert rounded(json.loads(render(result, "json", "en")), 2) == snapshot


def test_before_a_trace(ledger: Snapshot, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    rows = [sale(number(0), 60), sale(number(7), 1), sale(number(0), 61), sale("YT0000000000001", 60)]
    assert rounded(asdict(preview(ledger, leaks(tmp_path, rows)))) == snapshot


def test_canaries(ledger: Snapshot, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    register = tmp_path / "register.jsonl"
    moment = int(at(72).timestamp() * 1_000_000)
    people = [f"c-{clerk}" for clerk in range(8)]
    planned = plan(ledger, register, actors=people, count=3, sensitivity=0.8, at=moment, seed=3)
    assert rounded(json.loads(to_json(planned))) == snapshot(name="planned")
    answered = record(register, planned.watch.canaries[0].waybill, moment + 3_600_000_000, silent=False)
    assert rounded(json.loads(to_json(answered))) == snapshot(name="answered")
