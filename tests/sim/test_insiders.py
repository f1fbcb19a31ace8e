"""Insiders: each kind does what it says, and the truth agrees with the log."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.cli.running import here, inside
from wayseal_sim import SimulateError, generate, preset, simulate
from wayseal_sim.insiders import FEW, MIX, Insider, planted, spelling
from wayseal_sim.world import World

Make = Callable[..., World]
Row = dict[str, Any]
CHINA = timedelta(hours=8)
CLEAN = {"lost_rows": 0.0, "lost_outlet_days": 0.0}


@pytest.fixture(scope="module")
def watched() -> World:
    return generate(preset("watch", accesses=160_000, **CLEAN), seed=3)


_LISTS: list[tuple[World, list[Row]]] = []


def accesses(world: World) -> list[Row]:
    """Who read which waybill when and from where, made once for each world."""
    for known, rows in _LISTS:
        if known is world:
            return rows
    _LISTS.append((world, world.tables["accesses"].select(["actor", "waybill", "at", "device", "ip"]).to_pylist()))
    return _LISTS[-1][1]


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
    rows = reads_of(world, {r["actor"] for r in pulls})
    return [r for r in rows if (r["actor"], r["waybill"], r["at"]) in wanted]


def reads_of(world: World, actors: set[str]) -> list[Row]:
    """Whole rows of the log, of some accounts."""
    rows = world.tables["accesses"]
    out: list[Row] = rows.filter(pc.is_in(rows["actor"], pa.array(sorted(actors), rows["actor"].type))).to_pylist()
    return out


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
    known = Counter((r["actor"], r["waybill"], r["at"]) for r in accesses(watched))
    pulls = watched.pulled.to_pylist()
    pulled = Counter((r["actor"], r["waybill"], r["at"]) for r in pulls)
    assert pulled <= known
    counts = Counter(r["insider"] for r in pulls)
    assert [counts[k] for k in range(len(told(watched)))] == [row["pulled"] for row in told(watched)]
    for r in pulls:
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


def test_a_figure_too_large_for_the_world_is_lowered_and_the_truth_says_both(watched: World) -> None:
    row, pulls = one(watched, "stolen")
    a_day = len(watched.tables["waybills"]) / 14
    assert row["meant_a_day"] == 2_000
    assert row["a_day"] == pytest.approx(a_day / 5, abs=2)
    assert len(pulls) / len(days_of(pulls)) == pytest.approx(row["a_day"], rel=0.3)


def test_stock_follows_the_rhythm_of_the_market(watched: World) -> None:
    _, pulls = one(watched, "stock")
    batches = Counter(int(hour(r)) for r in pulls)
    assert set(batches) == {11, 13, 16}
    assert min(batches.values()) > len(pulls) / 5
    assert max(map(hour, pulls)) < 17


def test_bulk_follows_it_with_a_share(world: Make) -> None:
    w = world(insiders="bulk", accesses=60_000, **CLEAN)
    assert [row["meant_a_day"] for row in told(w)] == [30_000, 5_000, 5_000, 1_000, 1_000, 1_000]
    in_batches = [r for r in w.pulled.to_pylist() if int(hour(r)) in (11, 13, 16)]
    # Half of those whose shift has a batch, and what of the other half falls into these hours.
    assert 0.2 < len(in_batches) / len(w.pulled) < 0.85


def test_a_walker_reads_numbers_that_follow_one_another(watched: World) -> None:
    row, pulls = one(watched, "range")
    numbers = [int(r["waybill"].removeprefix("YT")) for r in pulls]
    steps = [b - a for a, b in pairwise(numbers)]
    assert sum(step == 1 for step in steps) / len(steps) > 0.9
    assert len(set(numbers)) == len(numbers)
    days = days_of(pulls)
    assert sum(map(len, days.values())) / len(days) == pytest.approx(row["a_day"], rel=0.35)
    issued = {r["waybill"]: r["issued_at"] for r in watched.tables["waybills"].to_pylist()}
    assert all(timedelta(0) < r["at"] - issued[r["waybill"]] < timedelta(days=6) for r in pulls)


def test_a_stolen_account_comes_at_night_from_where_it_never_was(watched: World) -> None:
    row, pulls = one(watched, "stolen")
    rows = log_rows(watched, pulls)
    assert {(r["device"], r["ip"], r["action"]) for r in rows} == {(row["device"], row["address"], "export")}
    assert all(1 <= hour(r) < 5 for r in pulls)
    assert all(set(r["fields"]) >= {"name", "phone", "address"} for r in rows)
    [account] = row["accounts"]
    actor = next(r for r in watched.tables["actors"].to_pylist() if r["actor"] == account)
    assert actor["kind"] == "person"
    assert "waybill.all" in actor["rights"]
    since = datetime.fromisoformat(row["since"])
    others = [r for r in accesses(watched) if r["at"] < since or r["actor"] != account]
    assert not any(r["device"] == row["device"] or r["ip"] == row["address"] for r in others)
    assert any(r["actor"] == account for r in others)


def test_colluders_split_a_list_begin_together_and_share_an_address(watched: World) -> None:
    row, pulls = one(watched, "colluders")
    assert len(row["accounts"]) == len(set(row["accounts"])) == 5
    assert len({r["waybill"] for r in pulls}) == len(pulls)
    for day in days_of(pulls).values():
        by = defaultdict(list)
        for r in day:
            by[r["actor"]].append(r["at"])
        assert set(by) == set(row["accounts"])
        starts = [min(at) for at in by.values()]
        assert max(starts) - min(starts) < timedelta(minutes=12)
        assert all(row["a_day"] * 0.3 < len(at) < row["a_day"] * 2.5 for at in by.values())
    through = {r["actor"] for r in log_rows(watched, pulls) if r["ip"] == row["address"]}
    assert len(through) == 3
    devices = {(r["actor"], r["device"]) for r in log_rows(watched, pulls)}
    assert len(devices) == 5


def test_a_partner_breaks_its_contract(watched: World) -> None:
    row, pulls = one(watched, "partner")
    [client] = row["accounts"]
    rows = log_rows(watched, pulls)
    channel = {r["waybill"]: r["channel"] for r in watched.tables["waybills"].to_pylist()}
    assert client.split("-track")[0].removeprefix("p-") not in {channel[r["waybill"]] for r in pulls}
    assert all(1 <= hour(r) < 5 for r in pulls)
    assert {r["ip"] for r in rows} == {row["address"]}
    assert all("phone" in r["fields"] for r in rows)
    usual = [r for r in reads_of(watched, {client}) if r["ip"] != row["address"]]
    assert usual
    assert {tuple(r["fields"]) for r in usual} == {("status",)}
    assert min(r["at"] for r in pulls) >= datetime.fromisoformat(row["since"])


def test_one_of_eight_at_a_login_pulls_on_a_device_of_its_own(world: Make) -> None:
    w = world(insiders="shared", accesses=60_000, **CLEAN)
    assert [row["meant_a_day"] for row in told(w)] == [100, 100]
    logins = [row["accounts"][0] for row in told(w)]
    assert len(set(logins)) == 2
    for row in told(w):
        mine = [r for r in accesses(w) if r["actor"] in row["accounts"]]
        assert 4 <= len({r["device"] for r in mine}) <= 8
        pulls = [r for r in w.pulled.to_pylist() if r["actor"] in row["accounts"]]
        assert {r["device"] for r in log_rows(w, pulls)} == {row["device"]}
        elsewhere = {r["actor"] for r in accesses(w) if r["device"] == row["device"]}
        assert elsewhere == set(row["accounts"])


def test_insiders_leave_the_rest_of_the_world_alone(world: Make) -> None:
    """Same staff, same work: only the number of parcels differs, by what is pulled."""
    plain, with_them = world(), world(insiders="steady")
    assert plain.tables["actors"].equals(with_them.tables["actors"])
    assert len(plain.pulled) == 0
    assert "insiders" not in plain.truth
    total = len(with_them.tables["accesses"])
    assert total == pytest.approx(30_000, rel=0.04)


def test_insiders_do_not_fall_together_with_the_market_leaker(world: Make) -> None:
    w = world(insiders="few", leaker="shared", accesses=60_000)
    rows: Any = w.truth["leakers"]
    assert {r["id"] for r in rows}.isdisjoint(a for row in told(w) for a in row["accounts"])
    assert sum(len(row["accounts"]) for row in told(w)) == 10


def test_what_is_pulled_is_written_beside_the_dataset(tmp_path: Path) -> None:
    scenario = preset("watch", accesses=60_000, outlets=60)
    folders = [tmp_path / name for name in ("one", "two")]
    one_, two = (simulate(folder, scenario, seed=4) for folder in folders)
    assert one_.pulled == tmp_path / "one" / "pulled.parquet"
    for path in ("pulled.parquet", "truth.json", "leaks.csv", "dataset/tickets.parquet", "dataset/partner_calls"):
        pairs = [sorted((folder / path).rglob("*")) or [folder / path] for folder in folders]
        assert [p.read_bytes() for p in pairs[0]] == [p.read_bytes() for p in pairs[1]]
    made = generate(scenario, seed=4)
    assert pq.read_table(tmp_path / "one" / "pulled.parquet").equals(made.pulled)
    assert one_.rows == two.rows == {name: len(table) for name, table in made.tables.items()}
    again = simulate(folders[0], preset("tiny", accesses=5_000, bought=5), seed=4, overwrite=True)
    assert again.pulled is None
    assert not (folders[0] / "pulled.parquet").exists()


def test_the_command_line_plants_them_too(tmp_path: Path) -> None:
    options = ("--scenario", "tiny", "--insiders", "stock,range", "--noise", 0.05, "--missing-scans", 0.3, "-q")
    assert here("simulate", tmp_path / "world", *options).code == 0
    truth = json.loads((tmp_path / "world" / "truth.json").read_text("utf-8"))
    assert {row["kind"] for row in truth["insiders"]} == {"stock", "range"}
    assert truth["scenario"]["noise"] == 0.05
    assert truth["scenario"]["missing_scans"] == 0.3
    assert truth["noise"]["curious"] > 0
    refused = inside("simulate", tmp_path / "none", "--insiders", "thieves", "-q")
    assert refused.code == 3
    assert "insiders must be one of none, all, few, bulk" in refused.err


def test_a_place_for_the_pulls_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "pulled.parquet").mkdir()
    with pytest.raises(SimulateError, match=r"pulled\.parquet can't be written"):
        simulate(tmp_path, preset("watch", accesses=30_000, outlets=60), seed=1)
