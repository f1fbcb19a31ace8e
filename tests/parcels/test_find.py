"""Whole runs: rows in any order, twice, late or missing; abstention; who asks early; what is kept and said."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.helpers import at
from tests.parcels.world import DAY, World, courier, ledger_of
from tests.tables import each
from wayseal.cases.ledger.arrivals import parcel_leads
from wayseal.cases.types import Source
from wayseal.ledger import open_ledger
from wayseal.page.programs import dump_row
from wayseal.parcels import Options, ParcelsResult, find_parcels, keep_result, read_kept, render_parcels, with_names

Row = dict[str, Any]


def haunted(parcels: int = 500) -> tuple[World, set[str]]:
    """A courier with ghosts of one sender."""
    world = courier(parcels)
    ghosts = {world.parcel(2000 + k, DAY + 300.0 + 3 * k, 40, real=False, operator="insider") for k in range(20)}
    return world, ghosts


def found(path: Path) -> ParcelsResult:
    with open_ledger(path) as snapshot:
        return find_parcels(snapshot, Options(offset=8 * 3_600_000_000))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[ParcelsResult, set[str]]:
    world, ghosts = haunted()
    first = {row["waybill"]: row["at"] for row in reversed(world.scans)}
    numbers = list(first)
    for k, number in enumerate(numbers):
        actor, minutes = ("shop" if k % 2 else "holder"), -50
        world.accesses.append({"at": first[number] + timedelta(minutes=minutes), "actor": actor, "waybill": number})
        later = first[number] + timedelta(minutes=90)
        world.accesses.append({"at": later, "actor": f"clerk-{k % 5}", "waybill": number})
    for number in numbers[:40]:
        world.accesses.append({"at": first[number] - timedelta(minutes=13), "actor": "clerk-2", "waybill": number})
    actors = [{"actor": f"clerk-{k}", "kind": "person", "role": "clerk"} for k in range(5)]
    assigned = {"actor": "holder", "scope": "channel", "value": "shop", "from": at(-DAY)}
    tables = {**world.tables(), "actors": actors, "assignments": [assigned]}
    return found(ledger_of(tmp_path_factory.mktemp("result"), tables)), ghosts


def test_a_group_of_ghosts_is_told_with_its_parcels(result: tuple[ParcelsResult, set[str]]) -> None:
    r, ghosts = result
    told = {number for g in r.groups for number in g.parcels}
    assert told >= ghosts
    assert len(told - ghosts) <= 2
    top = r.groups[0]
    assert (top.sender, top.operator, str(top.reasons[0].code) != "") == ("c-40", "insider", True)
    assert top.probability > 0.9
    assert all(p.reasons for p in r.parcels)
    assert {p.waybill for p in r.parcels} >= ghosts


def test_rule_8_the_issuing_side_is_no_asker_and_a_clerk_is(result: tuple[ParcelsResult, set[str]]) -> None:
    r, _ = result
    assert [a.asker for a in r.askers] == ["clerk-2"]
    assert (r.askers[0].early, r.early_reads) == (40, 40)
    assert {round(e.minutes) for e in r.reads_before_pickup} == {13}


def test_rule_7_what_cannot_be_found_is_said(result: tuple[ParcelsResult, set[str]]) -> None:
    assert {str(s.skill) for s in result[0].skills if not s.found} == {"replay_machine", "borrowed", "unwatched"}


@each(("lang", "word"), [("en", "Shipments without a parcel"), ("zh", "")])
def test_the_report_is_text_page_and_json(result: tuple[ParcelsResult, set[str]], lang: str, word: str) -> None:
    r, _ = result
    assert word in render_parcels(r, "text", lang)
    assert "c-40" in render_parcels(r, "html", lang)
    told = json.loads(render_parcels(r, "json", lang))
    assert told["groups"][0]["sender"] == "c-40"
    assert set(told["parcels"][0]) == {"waybill", "probability", "kind", "reasons"}
    assert set(told["parcels"][0]["reasons"][0]) == {"code", "fact", "llr"}


def test_accounts_have_pseudonyms_where_they_must(result: tuple[ParcelsResult, set[str]]) -> None:
    masked = json.dumps(dump_row(with_names(result[0], lambda _: "p-1")))
    assert "insider" not in masked
    assert "clerk-2" not in masked


def test_a_result_is_kept_whole(result: tuple[ParcelsResult, set[str]], tmp_path: Path) -> None:
    assert read_kept(tmp_path) is None
    path = keep_result(result[0], tmp_path, 7)
    assert path.stat().st_mode & 0o777 == 0o600
    kept = read_kept(tmp_path)
    assert kept is not None
    assert kept["at"] == 7
    assert kept["groups"] == dump_row(result[0])["groups"]


def test_groups_become_leads(result: tuple[ParcelsResult, set[str]]) -> None:
    leads = parcel_leads(result[0].groups)
    assert {lead.source for lead in leads} == {Source.PARCELS}
    assert [thing.value for thing in leads[0].things[:2]] == [result[0].groups[0].outlet, "insider"]
    assert parcel_leads(()) == ()


def _plain(r: ParcelsResult) -> object:
    return {**dump_row(r), "ledger_digest": ""}


@pytest.mark.kernels
def test_rule_1_neither_order_nor_repetition_nor_lateness_of_rows_matters(tmp_path: Path) -> None:
    world, _ = haunted(300)
    tables = world.tables()
    plain = _plain(found(ledger_of(tmp_path / "a", tables)))
    order = world.rng.permutation(len(world.scans)).tolist()
    mixed = [world.scans[k] for k in order]
    twice = {**tables, "scans": mixed + mixed[:500]}
    assert _plain(found(ledger_of(tmp_path / "b", twice))) == plain
    late: list[dict[str, Any]] = [{**tables, "scans": mixed[:700]}, {"scans": mixed[700:]}]
    assert _plain(found(ledger_of(tmp_path / "c", *late))) == plain


def test_rule_2_nothing_is_said_where_machines_read_too_little(tmp_path: Path) -> None:
    world, _ = haunted(300)
    for k, row in enumerate(world.scans):
        if row.get("entered") == "machine" and k % 3 == 0:
            row["entered"] = "handheld"
    r = found(ledger_of(tmp_path, world.tables()))
    assert (r.judged, r.groups, r.parcels) == (0, (), ())
    assert {str(a.reason) for a in r.abstained} == {"coverage"}
    assert sum(a.parcels for a in r.abstained) == r.parcels_seen == 320
    assert all(c.share < 0.9 for c in r.coverage)
    assert "nine tenths" in render_parcels(r, "text", "en")


def test_a_parcel_that_met_no_machine_is_not_judged(tmp_path: Path) -> None:
    world = courier(200)
    world.scan("YT9000000009999", 500, "pickup", "o-0", operator="x", entered="handheld")
    r = found(ledger_of(tmp_path, world.tables()))
    assert [(str(a.reason), a.parcels, a.waybills) for a in r.abstained] == [("no_machine", 1, ("YT9000000009999",))]


@each("left_out", [("entered",), ("trip", "operator"), ("weight_g",)])
def test_missing_columns_are_named(tmp_path_factory: pytest.TempPathFactory, left_out: tuple[str, ...]) -> None:
    world, _ = haunted(120)
    scans = [{k: v for k, v in row.items() if k not in left_out} for row in world.scans]
    r = found(ledger_of(tmp_path_factory.mktemp("less"), {"scans": scans}))
    assert {f"scans.{name}" for name in left_out} <= set(r.lacking)
    assert {"waybills", "outlets", "accesses"} <= set(r.lacking)
    if "entered" in left_out:
        assert [str(a.reason) for a in r.abstained] == ["no_entries"]
        assert not r.judged
        assert "No parcel could be judged" in render_parcels(r, "text", "en")


@each("table", ["waybills", "accesses"])
def test_without_scans_there_is_nothing(tmp_path_factory: pytest.TempPathFactory, table: str) -> None:
    row: Row = {"waybill": "YT9000000000001", "issued_at": at(0), "channel": "x", "origin_outlet": "o-0",
                "destination_outlet": "o-1", "at": at(0), "actor": "u"}  # fmt: skip
    names = {"waybills": ("waybill", "issued_at", "channel", "origin_outlet", "destination_outlet"),
             "accesses": ("at", "actor", "waybill")}  # fmt: skip
    r = found(ledger_of(tmp_path_factory.mktemp("none"), {table: [{name: row[name] for name in names[table]}]}))
    assert (r.parcels_seen, r.judged, r.groups, r.abstained, r.askers) == (0, 0, (), (), ())
    assert "scans" in r.lacking


def test_honest_parcels_alone_give_no_group(tmp_path: Path) -> None:
    r = found(ledger_of(tmp_path, courier(600, seed=9).tables()))
    assert r.groups == ()
    assert "Nothing stands out" in render_parcels(r, "text", "en")
