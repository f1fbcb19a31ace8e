"""Each fact fires where something is planted, and says nothing against honest parcels that look alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from tests.parcels.world import DAY, Seen, courier, ledger_of, see
from tests.tables import each
from wayseal.parcels._facts import _kilometres
from wayseal.parcels.result import Code


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A judged courier, the numbers of what was planted, and those of honest ones that must not stand out."""

    seen: Seen
    odd: Mapping[Code, str]
    plain: Mapping[Code, str]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    world = courier()
    odd: dict[Code, str] = {}
    plain: dict[Code, str] = {}
    ghosts = [world.parcel(2000 + k, DAY + 300.0 + k, 40, real=False, operator="insider") for k in range(25)]
    odd |= dict.fromkeys((Code.UNREAD, Code.TYPED_IN, Code.APART, Code.TRUCK), ghosts[3])
    honest = world.parcel(3000, DAY + 300.0, 3)
    plain |= dict.fromkeys(Code, honest)
    slow = world.parcel(3001, DAY + 300.0, 3)
    for row in world.mine(slow):
        row["at"] += timedelta(hours=40) * (row["outlet"] not in ("o-1", "h-0"))
    odd[Code.LANE_TIME] = slow
    light = [world.parcel(3100 + k, DAY + 420.0 + k, 41, weight_g=2000) for k in range(8)]
    paper = [world.parcel(3500 + k, DAY + 420.0 + k, 43, weight_g=50) for k in range(100)]
    for k, number in enumerate(light + paper):
        for row in world.mine(number, "arrive"):
            row["weight_g"] = (30 if number in light else 20 + k % 70) if "weight_g" in row else None
    odd |= {Code.WEIGHT: light[0], Code.SAME_WEIGHT: light[1]}
    plain[Code.SAME_WEIGHT] = paper[1]
    quick = [world.parcel(3200 + k, DAY + 480.0, 5, operator="fast") for k in range(60)]
    for number in quick:
        next(world.mine(number, "pickup"))["at"] = next(world.mine(quick[0], "pickup"))["at"]
    odd[Code.BURST] = quick[7]
    torn = [world.parcel(3300 + 2 * k, DAY + 500.0 + k, 6, operator="torn") for k in range(2)]
    next(world.mine(torn[1], "pickup"))["outlet"] = "o-3"
    odd[Code.TWO_PLACES] = torn[0]
    agents = [row for row in world.scans if row["kind"] == "delivered"][:480]
    for k, row in enumerate(agents):
        row["at"], row["operator"] = agents[k // 20 * 20]["at"], f"agent-{k // 20}"
    plain[Code.BUNCH] = agents[100]["waybill"]
    bunch = [world.parcel(3400 + 4 * k, DAY + 100.0 + k, 42) for k in range(30)]
    for number in bunch[:10]:
        row = next(world.mine(number, "delivered"))
        row["at"], row["operator"] = next(world.mine(bunch[0], "delivered"))["at"], "courier-o-2"
    odd[Code.BUNCH] = bunch[5]
    sent = {one["waybill"]: one["customer"] for one in world.waybills}
    for sender in range(10, 14):
        mine = [n for n, who in sent.items() if who == f"c-{sender}"][-5:]
        for number in mine:
            next(world.mine(number, "delivered"))["operator"] = "stranger"
    odd[Code.STRANGER] = mine[0]
    first, second = (world.parcel(5000 + k, DAY + 60.0, 7, order_ref="twice") for k in range(2))
    odd[Code.TAG] = first
    after, before = world.parcel(5100, DAY + 60.0, 8), world.parcel(5101, DAY + 60.0, 8)
    for number, hours in ((after, 3), (before, -3)):
        when = next(world.mine(number, "pickup"))["at"] + timedelta(hours=hours)
        world.changes.append({"waybill": number, "at": when, "column": "order_ref", "value": "other"})
    odd[Code.REBOUND], plain[Code.REBOUND] = after, before
    assert first != second
    return Planted(
        seen=see(ledger_of(tmp_path_factory.mktemp("planted"), world.tables())), odd=odd, plain=plain
    )  # fmt: skip


@pytest.mark.kernels
@each("code", list(Code))
def test_a_fact_fires_where_it_is_planted_and_only_there(planted: Planted, code: Code) -> None:
    assert planted.seen.nats(planted.odd[code], code) > 0.5
    assert planted.seen.nats(planted.plain[code], code) < 0.5


def test_rule_4_no_cause_alone_makes_a_ghost(planted: Planted) -> None:
    for code in (Code.LANE_TIME, Code.TWO_PLACES, Code.TAG):
        assert planted.seen.chance(planted.odd[code]) < 0.5
    assert planted.seen.chance(planted.odd[Code.UNREAD]) > 0.5


def test_distances_are_those_of_a_globe() -> None:
    assert _kilometres(np.array([[31.23, 121.47]]), np.array([[39.9, 116.4]]))[0] == pytest.approx(1068, abs=10)
