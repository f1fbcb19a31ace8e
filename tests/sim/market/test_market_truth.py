"""The truth in files of its own, and numbers of a simulated courier that come up as samples."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sim.market.conftest import NOON
from wayseal_sim import SimulateError, preset, simulate
from wayseal_sim.market import MarketPlan, generate_market, write_truth
from wayseal_sim.market.parts import FORBIDDEN, MarketWorld, known_numbers

Make = Callable[..., MarketWorld]
TABLES = ("sellers", "shops", "offers", "comebacks", "numbers", "pictures")


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


def test_the_truth_holds_together(market: Make, tmp_path: Path) -> None:
    world = market(shops=400, days=40)
    write_truth(world, tmp_path)
    told = {name: lines(tmp_path, name) for name in TABLES}
    sellers = {row["seller"]: row for row in told["sellers"]}
    shops = {(row["site"], row["shop"]): row for row in told["shops"]}
    assert len(shops) == len(world.shops)
    assert all(row["seller"] in sellers for row in told["shops"])
    assert all(shops[row["site"], row["shop"]]["seller"] == row["seller"] for row in told["offers"])
    for row in told["comebacks"]:
        assert row["forbidden"] == sellers[row["seller"]]["forbidden"]
        assert {shops[tuple(row[k])]["seller"] for k in ("before", "after")} == {row["seller"]}
    market_told = json.loads((tmp_path / "market.json").read_text("utf-8"))
    assert market_told["seed"] == 5
    assert len(market_told["stock"]) == 40
    write_truth(world, tmp_path / "again")
    for name in TABLES:
        assert (tmp_path / f"{name}.jsonl").read_bytes() == (tmp_path / "again" / f"{name}.jsonl").read_bytes()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    simulate(out, preset("tiny"), seed=11)
    return out


def test_known_numbers_come_up_once_they_were_sold(simulated: Path, tmp_path: Path) -> None:
    numbers = known_numbers(simulated)
    truth = {n["waybill"]: n for n in json.loads((simulated / "truth.json").read_text("utf-8"))["numbers"]}
    assert {n.waybill for n in numbers} == set(truth)
    world = generate_market(MarketPlan(shops=60, days=20), 3, numbers)
    shown = [s for s in world.shown if s.known]
    assert len(shown) >= 0.6 * len(numbers)
    for one in shown:
        assert one.known is not None
        assert (one.known.kind, one.known.source) == (truth[one.number]["kind"], truth[one.number]["source"])
        assert one.since >= one.known.sold_at
        shop = world.shops[one.shop]
        offer = next(o for o in shop.offers if o.key == one.offer)
        assert world.sellers[shop.seller].trade in FORBIDDEN
        assert shop.open_at(one.since)
        face = offer.face(one.since)
        there = [world.pictures[name].number for name in face.pictures] if one.where == "picture" else face.text.split()
        assert any(one.number in part for part in there)
    assert len({world.shops[s.shop].seller for s in shown}) <= len({n.seller for n in numbers})
    write_truth(world, tmp_path)
    told = [row for row in lines(tmp_path, "numbers") if row["known"]]
    assert [row["source"] for row in told] == [truth[row["number"]]["source"] for row in told]


def test_a_folder_that_holds_no_simulation_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match="can't be read"):
        known_numbers(tmp_path)
    (tmp_path / "leaks.csv").write_text("waybill,seller\n")
    for text in ("{", "[]", '{"numbers": [{}]}', '{"numbers": [{"waybill": "1", "sold_at": "x", "kind": 1}]}'):
        (tmp_path / "truth.json").write_text(text)
        with pytest.raises(SimulateError, match="not what a simulation writes"):
            known_numbers(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulateError, match="can't be written"):
        write_truth(generate_market(MarketPlan(shops=20, days=2), 1), tmp_path / "file")


def test_invented_numbers_are_in_a_couriers_format(market: Make) -> None:
    shown = market().shown
    assert shown
    assert all(s.known is None and s.number.startswith("YT") and len(s.number) == 15 for s in shown)
    assert NOON
