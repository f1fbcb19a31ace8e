"""Clerks with list screens: what the log holds of them, and that it is what they saw."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from wayseal.model.predicate import parse_predicate
from wayseal_sim import SimulateError, generate, preset, simulate
from wayseal_sim.world import World

Make = Callable[..., World]
Row = dict[str, Any]


def rows(world: World, table: str) -> list[Row]:
    out: list[Row] = world.tables[table].to_pylist()
    return out


@pytest.fixture(scope="module")
def asked(world: Make) -> World:
    return world(leaker="lister", lost_rows=0.0, lost_outlet_days=0.0)


@pytest.fixture(scope="module")
def told(world: Make) -> World:
    """The same world by a system that logs what its lists show."""
    return world(leaker="lister", lost_rows=0.0, lost_outlet_days=0.0, shown=True)


def on_list(query: Row, waybills: list[Row], changes: dict[str, Row]) -> set[str]:
    filter_ = parse_predicate(query["filter"])
    assert filter_.issued_from is not None
    assert filter_.issued_to is not None
    [(column, (outlet,))] = filter_.any_of.items()
    out = set()
    for row in waybills:
        change = changes.get(row["waybill"])
        held = (
            change["value"]
            if change and column == "destination_outlet" and change["at"] <= query["at"]
            else row[column]
        )
        there = filter_.issued_from <= row["issued_at"] < filter_.issued_to and row["issued_at"] <= query["at"]
        if there and held == outlet:
            out.add(row["waybill"])
    return out


def test_questions_and_what_they_showed(asked: World, told: World) -> None:
    """Whole lists show everything that fits, cut ones a part, and others what only the system knew."""
    waybills, changes = rows(asked, "waybills"), {r["waybill"]: r for r in rows(asked, "changes")}
    shown: dict[tuple[str, datetime], set[str]] = {}
    for row in rows(told, "accesses"):
        shown.setdefault((row["actor"], row["at"]), set()).add(row["waybill"])
    kinds = {"whole": 0, "limit": 0, "unknown": 0, "silent": 0}
    assert "queries" not in told.tables
    for query in rows(asked, "queries")[::7]:
        filter_ = parse_predicate(query["filter"])
        fits, seen = on_list(query, waybills, changes), shown.get((query["actor"], query["at"]), set())
        if filter_.unknown:
            assert seen <= fits
            assert query["rows"] in {None, len(seen)}
            kinds["unknown"] += 1
            kinds["silent"] += query["rows"] is None
            continue
        assert query["rows"] == len(seen) == min(len(fits), filter_.limit or len(fits))
        assert seen <= fits
        kinds["whole" if filter_.limit is None else "limit"] += 1
    assert all(kinds.values())


def test_who_asks_reads_nothing_else(asked: World) -> None:
    role = {r["actor"]: r["role"] for r in rows(asked, "actors")}
    asking = {r["actor"] for r in rows(asked, "queries")}
    assert {role[a] for a in asking} == {"clerk"}
    assert not asking & {r["actor"] for r in rows(asked, "accesses")}
    clerks = sum(r == "clerk" for r in role.values())
    assert 0.3 < len(asking) / clerks < 0.7
    leakers = asked.truth["leakers"]
    assert isinstance(leakers, list)
    assert leakers[0]["id"] in asking
    assert not any("leak" in json.dumps(r, default=str) for r in rows(asked, "queries")[:50])


def test_changes_stay_in_the_city(asked: World) -> None:
    city = {r["outlet"]: r["city"] for r in rows(asked, "outlets")}
    waybills = {r["waybill"]: r for r in rows(asked, "waybills")}
    changed = rows(asked, "changes")
    assert 0.01 < len(changed) / len(waybills) < 0.06
    for row in changed:
        issued = waybills[row["waybill"]]
        assert row["column"] == "destination_outlet"
        assert row["at"] > issued["issued_at"]
        assert row["value"] != issued["destination_outlet"]
        assert city[row["value"]] == city[issued["destination_outlet"]]


def test_the_two_logs_are_of_one_world(asked: World, told: World) -> None:
    for name in ("waybills", "scans", "changes", "actors"):
        assert asked.tables[name].equals(told.tables[name])
    assert asked.leaks.equals(told.leaks)


def test_part_of_the_questions_is_lost(world: Make, asked: World) -> None:
    lost = world(leaker="lister", lost_rows=0.2, lost_outlet_days=0.0)
    assert 0.75 < len(rows(lost, "queries")) / len(rows(asked, "queries")) < 0.85


def test_a_share_that_has_no_leaker() -> None:
    assert preset("tiny", leaker="lister").queries == 0.5
    assert preset("tiny", leaker="lister", queries=0.1).queries == 0.1
    with pytest.raises(SimulateError, match="larger share of queries"):
        generate(preset("tiny", leaker="lister", queries=0.0001), seed=1)
    with pytest.raises(SimulateError, match="queries must lie between"):
        preset("tiny", queries=1.5)


def test_files(tmp_path: Path) -> None:
    first, again = (simulate(tmp_path / n, preset("tiny", leaker="lister"), seed=3) for n in ("a", "b"))
    assert first.rows["queries"] > 100
    assert first.rows["changes"] > 10
    for name in ("queries", "changes", "waybills"):
        one, two = (p.dataset / f"{name}.parquet" for p in (first, again))
        assert one.read_bytes() == two.read_bytes()
    told = simulate(tmp_path / "c", preset("tiny", leaker="lister", shown=True), seed=3)
    assert pq.read_table(told.dataset / "accesses" / "lists.parquet").num_rows > 1000
