"""The report in both languages and all forms: everything has words, nothing hostile gets through."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.detect.rights.test_shared import TWO, day_of
from tests.detect.rights.world import DAY, FOREIGN, OWN, courier, reads, result_of, staff
from tests.page.reports import check_catalogue, check_reports
from tests.trace.rim import World, at
from wayseal.detect.rights import Right, RightsResult, load_map, render_rights
from wayseal.detect.rights._map import Reach
from wayseal.detect.rights._report import MOST
from wayseal.model.kinds import Action
from wayseal.page.languages import LANGS

NASTY = '<script>alert(1)</script>"&\u202eevil'
WORDS = {"search.all": Right(name="search.all", actions=frozenset({Action.SEARCH, Action.VIEW}), scope=Reach.ALL)}


def everything(folder: Path) -> RightsResult:
    """All lists have something to say; names are hostile."""
    world = courier()
    for k in range(MOST + 10):
        staff(world, f"c-{k:02d}", ("waybill.view", "label.print", "waybill.search"), trained_until=at(1))
        reads(world, f"c-{k:02d}", OWN[k], 2 * DAY)
    reads(world, "c-00", OWN[0], 9 * DAY, "print")
    reads(world, "c-01", OWN[0], 9 * DAY, "api")
    held = ("waybill.view", "waybill.all", NASTY, "ticket.write", "search.all", "waybill.export")
    staff(world, NASTY, held, role=NASTY, valid_to=None)
    staff(world, "u-wide", held, region="x")
    for name in (NASTY, "u-wide"):
        reads(world, name, FOREIGN[0], 3 * DAY, "export")
    for day in range(4):
        for column in ("device", "ip", "session"):
            ways = {f"{way}{day}{NASTY}": ends for way, ends in TWO.items()}
            day_of(world, NASTY, day, ways, column)
    day_of(world, "c-00", 5, {"d": (1.0, 2.0)}, "device")
    staff(world, "u-never", valid_from=at(-DAY))
    staff(world, "u-quiet")
    reads(world, "u-quiet", OWN[0], 0.5)
    staff(world, "u-late", valid_to=at(DAY))
    reads(world, "u-late", OWN[0], 2 * DAY)
    staff(world, "s-other", ("waybill.api",), role="system", kind="service")
    reads(world, "s-other", FOREIGN[0], 3 * DAY, "api")
    reads(world, NASTY + "unlisted", OWN[0], 4 * DAY)
    return result_of(world, folder, days=9, map_={**load_map(None), **WORDS})


def bare(folder: Path) -> RightsResult:
    """Hardly anything is known."""
    world = World()
    staff(world, "u-1", None)
    reads(world, "u-1", OWN[0], action=None)
    return result_of(world, folder)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RightsResult]:
    made = {
        "everything": everything(tmp_path_factory.mktemp("all")),
        "bare": bare(tmp_path_factory.mktemp("bare")),
    }
    empty = courier()
    staff(empty, "u-1")
    made["empty"] = result_of(empty, tmp_path_factory.mktemp("empty"))
    alone = courier()
    reads(alone, "u-1", OWN[0])
    made["no_actors"] = result_of(alone, tmp_path_factory.mktemp("alone"))
    return made


def test_what_is_said(results: dict[str, RightsResult], snapshot: SnapshotAssertion) -> None:
    r = results["everything"]
    for name in ("rights", "roles", "people", "dormant", "wider", "shared", "untrained", "mandates", "beyond"):
        assert getattr(r, name), name
    (one,) = r.shared
    assert one.devices is not None
    with_peers = replace(one, devices=replace(one.devices, peers=1.0), sessions=None)
    for name, result in (results | {"peers": replace(r, shared=(with_peers,))}).items():
        same = replace(result, ledger_digest="0" * 64, wayseal="0")
        for lang in LANGS:
            assert render_rights(same, "text", lang) == snapshot(name=f"{name} {lang}")
        if name != "peers":
            assert json.loads(render_rights(same, "json", "en")) == snapshot(name=f"{name} json")


def test_every_form_of_every_result(results: dict[str, RightsResult]) -> None:
    check_reports(render_rights, results.values(), widths=(40, 88))


def test_every_text_is_asked_for_and_there() -> None:
    check_catalogue("wayseal.detect.rights", "lacks_", "permits_", "why_", "apart_")
