"""A whole world: its tables fit together, reads follow from work, and the truth is true."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from wayseal.store.tables import TABLES, arrow_schema
from wayseal_sim import Buyer, Leaker, generate, preset
from wayseal_sim.world import World

Make = Callable[..., World]
LEAKERS = [str(leaker) for leaker in Leaker]
HOUR = timedelta(hours=1)


def rows(world: World, table: str, *columns: str) -> list[dict[str, Any]]:
    """Rows of a table; of the columns named, or of all."""
    whole = world.tables[table]
    out: list[dict[str, Any]] = whole.select(columns or whole.column_names).to_pylist()
    return out


def numbers(world: World) -> list[dict[str, Any]]:
    found = world.truth["numbers"]
    assert isinstance(found, list)
    return found


def leakers(world: World) -> list[dict[str, Any]]:
    found = world.truth["leakers"]
    assert isinstance(found, list)
    return found


def test_tables_fit_the_contract_and_each_other(world: Make) -> None:
    w = world()
    assert set(w.tables) == {"actors", "outlets", "assignments", "waybills", "scans", "accesses", "tickets"}
    assert set(w.tables) <= set(TABLES)
    for name, table in w.tables.items():
        assert table.schema == arrow_schema(name)
    actors = {r["actor"] for r in rows(w, "actors")}
    outlets = {r["outlet"] for r in rows(w, "outlets")}
    waybills = {r["waybill"] for r in rows(w, "waybills")}
    assert len(actors) == len(rows(w, "actors"))
    assert len(waybills) == len(rows(w, "waybills"))
    for r in rows(w, "waybills"):
        assert r["origin_outlet"] in outlets
        assert r["destination_outlet"] in outlets
    for r in rows(w, "scans", "outlet", "operator", "waybill"):
        assert r["outlet"] in outlets
        assert r["operator"] in actors
        assert r["waybill"] in waybills
    for r in rows(w, "accesses", "actor", "waybill", "session", "device"):
        assert r["actor"] in actors
        assert r["waybill"] in waybills
        assert (r["session"] is None) == (r["device"] is None)
    assert {r["actor"] for r in rows(w, "tickets")} | {r["actor"] for r in rows(w, "assignments")} <= actors


def test_the_log_has_its_size_and_stands_in_order_of_time(world: Make) -> None:
    w = world()
    at = w.tables["accesses"]["at"].to_pylist()
    assert len(at) == pytest.approx(30_000, rel=0.03)
    assert at == sorted(at)
    assert at[0] >= datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert at[-1] < datetime(2026, 3, 5, 16, tzinfo=UTC)


@pytest.mark.parametrize("exposure", [9, 15, 20])
def test_a_parcel_is_read_as_often_as_asked(world: Make, exposure: float) -> None:
    w = world(exposure=exposure, lost_rows=0.0, lost_outlet_days=0.0, days=9)
    old = datetime(2026, 3, 4, tzinfo=UTC)
    young = {r["waybill"] for r in rows(w, "waybills") if r["issued_at"] < old}
    reads = sum(waybill in young for waybill in w.tables["accesses"]["waybill"].to_pylist())
    assert reads / len(young) == pytest.approx(exposure, rel=0.06)


def test_lost_rows_are_lost(world: Make) -> None:
    def outlet_days(w: World) -> Counter[Any]:
        of = {r["actor"]: r["outlet"] for r in rows(w, "actors")}
        found = Counter((of[r["actor"]], (r["at"] + 8 * HOUR).date()) for r in rows(w, "accesses", "actor", "at"))
        return Counter({k: v for k, v in found.items() if k[0] is not None})

    whole, holed = outlet_days(world(lost_outlet_days=0.0)), outlet_days(world(lost_outlet_days=0.3))
    missing = [k for k in whole if whole[k] >= 20 and holed[k] == 0]
    assert 0.15 < len(missing) / sum(v >= 20 for v in whole.values()) < 0.45


def unexplained(w: World) -> tuple[int, int]:
    """Reads by staff of an outlet, hub or region that the parcel's route doesn't touch; all reads by such staff."""
    place = {r["actor"]: (r["outlet"], r["region"], r["kind"]) for r in rows(w, "actors")}
    region = {r["outlet"]: r["region"] for r in rows(w, "outlets")}
    hubs = defaultdict(set)
    for r in rows(w, "outlets"):
        if r["kind"] == "hub":
            hubs[r["region"]].add(r["outlet"])
    ends = {r["waybill"]: (r["origin_outlet"], r["destination_outlet"]) for r in rows(w, "waybills")}
    strange = total = 0
    for r in rows(w, "accesses", "actor", "waybill"):
        outlet, at_region, kind = place[r["actor"]]
        if kind != "person" or at_region is None:
            continue
        total += 1
        regions = {region[e] for e in ends[r["waybill"]]}
        fits = set(ends[r["waybill"]]).union(*(hubs[g] for g in regions))
        strange += outlet not in fits if outlet else at_region not in regions
    return strange, total


def test_every_read_of_staff_is_work_but_for_the_browsing(world: Make) -> None:
    assert unexplained(world(browsing=0.0))[0] == 0
    strange, total = unexplained(world(browsing=0.1))
    # Ten per cent of all reads; some of them happen to fall on parcels of the place.
    assert 0.1 < strange / total < 0.3


def test_people_read_at_work_and_in_sessions(world: Make) -> None:
    role = {r["actor"]: r["role"] for r in rows(world(), "actors")}
    hours: dict[str, Counter[int]] = defaultdict(Counter)
    sessions = defaultdict(set)
    for r in rows(world(), "accesses", "actor", "at", "session"):
        local = r["at"] + 8 * HOUR
        hours[role[r["actor"]]][local.hour] += 1
        if r["session"]:
            sessions[r["session"]].add((r["actor"], local.date(), local.hour // 4))
    assert set(hours["analyst"]) <= set(range(9, 18))
    assert sum(hours["courier"][h] for h in range(7)) < 0.02 * hours["courier"].total()
    assert all(len(s) == 1 for s in sessions.values())


@pytest.mark.parametrize("leaker", LEAKERS)
def test_the_truth_is_what_happened(world: Make, leaker: str) -> None:
    w = world(leaker=leaker, lost_rows=0.0, lost_outlet_days=0.0, shown=True)
    known, sold = leakers(w), numbers(w)
    assert len(known) == {"nobody": 0, "colluders": 3}.get(leaker, 1)
    assert w.truth["unknown"] == sum(n["source"] is None for n in sold)
    assert [n["waybill"] for n in sold] == w.leaks["waybill"].to_pylist()
    assert len(sold) == len(set(w.leaks["waybill"].to_pylist())) == 20
    ids = {(k["kind"], k["id"]) for k in known}
    reads = {(r["actor"], r["waybill"], r["at"]) for r in rows(w, "accesses", "actor", "waybill", "at")}
    parcels = {r["waybill"]: r for r in rows(w, "waybills")}
    for n, leak in zip(sold, w.leaks.to_pylist(), strict=True):
        read, sale = (datetime.fromisoformat(n[k]) for k in ("read_at", "sold_at"))
        assert parcels[n["waybill"]]["issued_at"] <= read < sale <= leak["seen_at"]
        assert leak["asked_at"] is None or leak["asked_at"] < leak["seen_at"]
        assert leak["absent_at"] is None or leak["absent_at"] < sale
        if n["source"] is None:
            continue
        assert (n["kind"], n["source"]) in ids
        if n["kind"] == "actor":
            assert (n["source"], n["waybill"], read) in reads


def test_an_issuing_interface_sells_before_pickup(world: Make) -> None:
    w = world(leaker="channel", unknown_share=0.0)
    pickup = {r["waybill"]: r["at"] for r in rows(w, "scans", "waybill", "at", "kind") if r["kind"] == "pickup"}
    channel = {r["waybill"]: r["channel"] for r in rows(w, "waybills")}
    (known,) = leakers(w)
    assert sum(leak in pickup for leak in w.leaks["waybill"].to_pylist()) >= 5
    for leak in w.leaks.to_pylist():
        # Parcels still waiting when the log ends have no pickup in it.
        assert leak["waybill"] not in pickup or leak["seen_at"] < pickup[leak["waybill"]]
        assert channel[leak["waybill"]] == known["id"]


def test_labels_photographed_at_an_outlet_lay_there(world: Make) -> None:
    w = world(leaker="outlet", unknown_share=0.0)
    (known,) = leakers(w)
    ends = {r["waybill"]: (r["origin_outlet"], r["destination_outlet"]) for r in rows(w, "waybills")}
    assert all(known["id"] in ends[n["waybill"]] for n in numbers(w))


def test_a_wide_account_sees_more_than_any_clerk(world: Make) -> None:
    w = world(leaker="wide")
    (known,) = leakers(w)
    seen = Counter(w.tables["accesses"]["actor"].to_pylist())
    assert seen[known["id"]] > 5 * np.median(list(seen.values()))
    role = {r["actor"]: r["role"] for r in rows(w, "actors")}
    assert role[known["id"]] in ("analyst", "it")


@pytest.mark.parametrize("buyer", [str(b) for b in Buyer])
def test_the_buyer_gets_what_was_asked_for(world: Make, buyer: str) -> None:
    w = world(leaker="wide", buyer=buyer)
    city = {r["outlet"]: r["city"] for r in rows(w, "outlets")}
    parcels = {r["waybill"]: r for r in rows(w, "waybills")}
    keys = {"anything": None, "origin": {"origin_city"}, "outlets": {"origin_outlet"}}
    for leak in w.leaks.to_pylist():
        if buyer in ("anything", "outlets-unsaid"):
            assert leak["asked"] is None
            continue
        asked, parcel = json.loads(leak["asked"]), parcels[leak["waybill"]]
        assert set(asked) == keys.get(buyer, {"origin_city", "destination_city"})
        got = {
            "origin_city": city[parcel["origin_outlet"]],
            "destination_city": city[parcel["destination_outlet"]],
            "origin_outlet": parcel["origin_outlet"],
        }
        for key, value in asked.items():
            assert got[key] == value or got[key] in value


def test_the_same_seed_makes_the_same_world_and_another_another() -> None:
    one, same, other = (generate(preset("tiny"), seed=s) for s in (3, 3, 4))
    assert one.truth == same.truth
    for name, table in one.tables.items():
        assert table.equals(same.tables[name])
    assert one.leaks.equals(same.leaks)
    assert not one.tables["accesses"].equals(other.tables["accesses"])


def test_a_small_market_and_no_scans(world: Make) -> None:
    w = world(bought=0, scans=False)
    assert "scans" not in w.tables
    assert len(w.leaks) == 0
    assert w.truth["numbers"] == []
