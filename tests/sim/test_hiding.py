"""Leakers who hide: what the truth says and what the log holds agree."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pyarrow.compute as pc
import pytest

from wayseal_sim import SimulateError, generate, preset
from wayseal_sim.world import World

Make = Callable[..., World]
CLEAN = {"buyer": "anything", "unknown_share": 0.0, "lost_rows": 0.0, "lost_outlet_days": 0.0, "bought": 6}
BIG = {"accesses": 120_000, "cities": 6, "wide_accounts": 20}


def numbers(world: World) -> list[dict[str, Any]]:
    """What was sold: number, source, when it was read and sold."""
    sold = world.truth["numbers"]
    assert isinstance(sold, list)
    return sold


def leaker(world: World) -> str:
    rows: Any = world.truth["leakers"]
    return str(rows[0]["id"])


def hidden(world: World) -> dict[str, str]:
    told: Any = world.truth["hidden"]
    return dict(told)


def reads(world: World, waybill: str) -> Iterator[dict[str, Any]]:
    rows = world.tables["accesses"]
    yield from rows.filter(pc.equal(rows["waybill"], waybill)).to_pylist()


def test_one_of_a_shared_login_leaks_on_a_device_of_its_own(world: Make) -> None:
    made = world(leaker="shared", **CLEAN)
    account, device = leaker(made), hidden(made)["device"]
    rows = made.tables["accesses"]
    mine = rows.filter(pc.equal(rows["actor"], account))
    devices = set(mine["device"].to_pylist())
    assert device in devices
    assert 4 <= len(devices) <= 8
    assert len(set(mine["session"].to_pylist())) > len(devices)
    assert set(rows.filter(pc.equal(rows["device"], device))["actor"].to_pylist()) == {account}
    for sold in numbers(made):
        assert device in {row["device"] for row in reads(made, sold["waybill"]) if row["actor"] == account}


def test_a_framer_sells_only_what_its_victim_read_too(world: Make) -> None:
    made = world(leaker="framer", **BIG, **CLEAN)
    victim = hidden(made)["framed"]
    assert victim != leaker(made)
    for sold in numbers(made):
        assert {victim, leaker(made)} <= {row["actor"] for row in reads(made, sold["waybill"])}


def test_a_chooser_sells_one_city_and_nobody_says_so(world: Make) -> None:
    made = world(leaker="chooser", **BIG, **CLEAN)
    outlets = {row["outlet"]: row["city"] for row in made.tables["outlets"].to_pylist()}
    table = made.tables["waybills"]
    for sold in numbers(made):
        [origin] = table.filter(pc.equal(table["waybill"], sold["waybill"]))["origin_outlet"].to_pylist()
        assert outlets[origin] == hidden(made)["city"]
    assert made.leaks["asked"].null_count == len(made.leaks)


def test_to_order_looks_up_between_order_and_sale(world: Make) -> None:
    made = world(leaker="to-order", **CLEAN)
    assert made.leaks["asked_at"].null_count == 0
    truth = {row["waybill"]: row for row in numbers(made)}
    for row in made.leaks.to_pylist():
        own = [r["at"] for r in reads(made, row["waybill"]) if r["actor"] == leaker(made)]
        assert any(row["asked_at"] <= at <= row["seen_at"] for at in own)
        assert truth[row["waybill"]]["source"] == leaker(made)


def test_what_the_log_lost_of_it_is_not_there(world: Make) -> None:
    made = world(leaker="to-order", **(CLEAN | {"lost_rows": 0.5, "bought": 30}))
    found = 0
    for row in made.leaks.to_pylist():
        own = [r["at"] for r in reads(made, row["waybill"]) if r["actor"] == leaker(made)]
        found += any(row["asked_at"] <= at <= row["seen_at"] for at in own)
    assert 5 <= found <= 25


def test_a_buyer_of_few_outlets_may_keep_it_to_itself(world: Make) -> None:
    said, unsaid = (world(leaker="nobody", buyer=buyer, bought=30) for buyer in ("outlets", "outlets-unsaid"))
    table = unsaid.tables["waybills"]
    origins = set()
    for number in unsaid.leaks["waybill"].to_pylist():
        origins |= set(table.filter(pc.equal(table["waybill"], number))["origin_outlet"].to_pylist())
    assert len(origins) <= 4
    assert unsaid.leaks["asked"].null_count == 30
    assert origins <= set(json.loads(said.leaks["asked"].to_pylist()[0])["origin_outlet"])


@pytest.mark.parametrize("hours", [3.0, -3.0])
def test_clocks_that_are_off(world: Make, hours: float) -> None:
    right = world(**CLEAN)
    buyer, system = world(buyer_clock_h=hours, **CLEAN), world(system_clock_h=hours, **CLEAN)
    off = timedelta(hours=hours)
    for column in ("seen_at", "asked_at", "absent_at"):
        pairs = zip(right.leaks[column].to_pylist(), buyer.leaks[column].to_pylist(), strict=True)
        assert all((a is None and b is None) or b - a == off for a, b in pairs)
    assert buyer.tables["accesses"].equals(right.tables["accesses"])
    assert system.leaks.equals(right.leaks)
    clerk = {row["actor"] for row in right.tables["actors"].to_pylist() if row["role"] == "clerk"}
    columns = ("waybill", "actor", "at")
    keyed = [sorted(zip(*(w.tables["accesses"][c].to_pylist() for c in columns), strict=True)) for w in (right, system)]
    for before, after in islice(zip(*keyed, strict=True), 500):
        assert after[:2] == before[:2]
        moved: datetime = after[2]
        assert moved - before[2] == (off if before[1] in clerk else timedelta(0))


def test_what_cannot_be() -> None:
    with pytest.raises(SimulateError, match="buyer_clock_h must lie between"):
        preset("tiny", buyer_clock_h=25.0)
    with pytest.raises(SimulateError, match="leaker framer needs more wide_accounts"):
        generate(preset("tiny", leaker="framer", wide_accounts=2, accesses=2_000), seed=1)
