"""Insiders: each kind does what it says, and the truth agrees with the log."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wayseal.simulate import SimulateError, generate, preset
from wayseal.simulate._run import World
from wayseal.simulate.insiders import FEW, MIX, Insider, planted, spelling

Make = Callable[..., World]
Row = dict[str, Any]
CHINA = timedelta(hours=8)
CLEAN = {"lost_rows": 0.0, "lost_outlet_days": 0.0}


@pytest.fixture(scope="module")
def watched() -> World:
    return generate(preset("watch", **CLEAN), seed=3)


def told(world: World) -> list[Row]:
    rows: Any = world.truth["insiders"]
    return list(rows)


def one(world: World, kind: str) -> tuple[Row, list[Row]]:
    """The first insider of a kind: what the truth says, and its pulls."""
    nth = next(k for k, row in enumerate(told(world)) if row["kind"] == kind)
    return told(world)[nth], [r for r in world.pulled.to_pylist() if r["insider"] == nth]


def log_rows(world: World, pulls: list[Row]) -> list[Row]:
    """The rows of the log that the pulls stand in."""
    wanted = {(r["actor"], r["waybill"], r["at"]) for r in pulls}
    rows = world.tables["accesses"].to_pylist()
    return [r for r in rows if (r["actor"], r["waybill"], r["at"]) in wanted]


def hour(row: Row) -> float:
    local: datetime = row["at"] + CHINA
    return local.hour + local.minute / 60


def days_of(pulls: list[Row]) -> dict[Any, list[Row]]:
    out = defaultdict(list)
    for row in pulls:
        out[(row["at"] + CHINA).date()].append(row)
    return out


@pytest.mark.parametrize(
    ("asked", "spelt"),
    [
        ("none", "none"),
        ((), "none"),
        ("all", "all"),
        ("stock, steady", "steady,stock"),
        (("partner", Insider.BULK), "bulk,partner"),
        ("all,steady", None),
        ("thieves", None),
        ("", None),
        (3, None),
    ],
)
def test_what_may_be_planted(asked: Any, spelt: str | None) -> None:
    assert spelling(asked) == spelt


def test_the_mix_is_what_was_agreed() -> None:
    assert {p.kind for p in MIX} == set(Insider)
    assert planted("all") is MIX
    assert planted("few") is FEW
    assert planted("none") == ()
    assert max(p.a_day for p in planted("bulk")) == 30_000
    assert sorted(p.a_day for p in planted("steady") for _ in range(p.count))[::5] == [20, 50, 100, 200, 500, 1_000]
    assert [(p.accounts, p.a_day) for p in planted("colluders")] == [(50, 20)]


def test_every_pull_stands_in_the_log(watched: World) -> None:
    known = Counter((r["actor"], r["waybill"], r["at"]) for r in watched.tables["accesses"].to_pylist())
    pulled = Counter((r["actor"], r["waybill"], r["at"]) for r in watched.pulled.to_pylist())
    assert pulled <= known
    counts = Counter(r["insider"] for r in watched.pulled.to_pylist())
    assert [counts[k] for k in range(len(told(watched)))] == [row["pulled"] for row in told(watched)]
    for r in watched.pulled.to_pylist():
        row = told(watched)[r["insider"]]
        assert r["actor"] in row["accounts"]
        assert r["at"] >= datetime.fromisoformat(row["since"])


def test_a_steady_account_keeps_to_its_figure_and_its_shift(watched: World) -> None:
    row, pulls = one(watched, "steady")
    days = days_of(pulls)
    assert len(days) == (datetime(2026, 3, 15, 16, tzinfo=UTC) - datetime.fromisoformat(row["since"])).days
    assert all(row["a_day"] * 0.4 < len(day) < row["a_day"] * 2.2 for day in days.values())
    assert sum(map(len, days.values())) / len(days) == pytest.approx(row["a_day"], rel=0.3)
    assert len({r["waybill"] for r in pulls}) == len(pulls)
    issued = {r["waybill"]: r["issued_at"] for r in watched.tables["waybills"].to_pylist()}
    for r in pulls:
        assert timedelta(0) < r["at"] - issued[r["waybill"]] < timedelta(hours=60)
    assert max(map(hour, pulls)) - min(map(hour, pulls)) < 12
    assert len({(r["device"], r["ip"]) for r in log_rows(watched, pulls)}) == 1


def test_a_world_too_small_for_them_says_so() -> None:
    with pytest.raises(SimulateError, match="insiders must be fewer"):
        generate(preset("tiny", insiders="all", accesses=3_000, cities=2), seed=1)
    with pytest.raises(SimulateError, match="insiders must be one of none, all, few, bulk"):
        preset("tiny", insiders="thieves")
