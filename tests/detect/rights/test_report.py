"""The report in both languages and all forms: everything has words, nothing hostile gets through."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import wayseal
from tests.detect.rights.test_shared import TWO, day_of
from tests.detect.rights.world import DAY, FOREIGN, OWN, courier, reads, result_of, staff
from tests.page.pages import BANNED, Page
from tests.trace.rim import World, at
from wayseal.detect.rights import Right, RightsResult, render_rights
from wayseal.detect.rights._map import Reach, built_in
from wayseal.detect.rights._report import MOST
from wayseal.model.kinds import Action
from wayseal.page.languages import LANGS
from wayseal.page.visible import cells
from wayseal.page.words import catalogue

PACKAGE = "wayseal.detect.rights"
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
    return result_of(world, folder, days=9, map_={**built_in(), **WORDS})


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


NAMES = ("everything", "bare", "empty", "no_actors")


def test_every_text_is_asked_for_and_there() -> None:
    folder = Path(wayseal.__file__).parent / "detect" / "rights"
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    texts = {code.removeprefix("rights.") for code in catalogue("en", PACKAGE)}
    made = ("lacks_", "permits_", "why_", "apart_")
    for code in texts:
        assert f'"{code}"' in source or code.startswith(made) or code.removesuffix("_note") in texts, code
    assert set(re.findall(r'say\("([a-z_]+)"', source)) <= texts


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lang", LANGS)
def test_every_form(results: dict[str, RightsResult], name: str, lang: str) -> None:
    for width in (40, 88):
        text = render_rights(results[name], "text", lang, width=width)
        assert max(map(cells, text.splitlines())) <= width
        assert "\u202e" not in text
    html = render_rights(results[name], "html", lang)
    page = Page(html)
    assert "<script>" not in html
    assert "\u202e" not in html
    for words in (text, page.text):
        assert not BANNED.search(words)
        assert "rights." not in words.replace("wayseal rights", "").replace("rights.html", "")


def test_all_that_is_said(results: dict[str, RightsResult]) -> None:
    """Every list, and every way to say a thing, is in the page of the world that has everything."""
    r = results["everything"]
    for name in ("rights", "roles", "people", "dormant", "wider", "shared", "untrained", "mandates", "beyond"):
        assert getattr(r, name), name
    said = Page(render_rights(r, "html", "en")).text
    titles = [e.text for e in Page(render_rights(r, "html", "en")).all("h2")]
    assert titles == [
        "Rights", "Rights by role", "The smallest set for each role", "Rights that accounts didn't use",
        "Rights over all waybills", "Dormant accounts", "Wider than peers", "Logins that look shared", "Training",
        "Reads that no right permits", "Not judged", "To reproduce",
    ]  # fmt: skip
    for part in (
        "print (own work)", "view · search (all waybills)", "widens the others to all waybills",
        "no read of a waybill", "unknown to the file of rights", "no read in the log", "no read in the period",
        "read after it was closed (2026-03-03)", "not in `actors`", "0 of 62 hold it",
        f"none of {MOST + 9} who hold it uses it", "3 of 3 days, up to 2", "Days without any read",
        "‹U+202E›evil", "And 10 more; the JSON report lists all.",
    ):  # fmt: skip
        assert part in said, part


def test_the_end_of_the_days_is_said(results: dict[str, RightsResult]) -> None:
    whole, short = (render_rights(results[n], "text", "zh") for n in ("everything", "bare"))
    assert "日志最后 9 天" in whole
    assert "日志只有 1 天，90 天的情况无从判断" in short
    assert "没有访问记录" in render_rights(results["empty"], "text", "zh")
    assert "（UTC" not in whole


def test_what_the_ledger_lacks_is_said(results: dict[str, RightsResult]) -> None:
    said = " ".join(render_rights(results["bare"], "text", "en").split())
    for part in ("names no rights", "Some reads name no action", "`scans` is missing", "Reads name no devices"):
        assert part in said
    assert "`actors` is missing" in render_rights(results["no_actors"], "text", "en")


def test_peers_are_said_where_there_are_some(results: dict[str, RightsResult]) -> None:
    r = results["everything"]
    (one,) = r.shared
    assert one.devices is not None
    with_peers = replace(one, devices=replace(one.devices, peers=1.0), sessions=None)
    said = Page(render_rights(replace(r, shared=(with_peers,)), "html", "en")).text
    assert "3 of 3 days, up to 2; a day 2, peers 1" in said


def test_json(results: dict[str, RightsResult]) -> None:
    r = results["everything"]
    told = json.loads(render_rights(r, "json", "zh"))
    assert told["period"] == {"from": "2026-03-03", "to": "2026-03-11", "covered": 9, "silent": 3, "whole": True}
    assert [p["actor"] for p in told["people"]] == [p.actor for p in r.people]
    assert told["mandates"][0].keys() >= {"own", "mandate", "unexplained", "needless"}
    assert {d["why"] for d in told["dormant"]} == {"closed", "unlisted", "quiet", "never"}
    assert {w["why"] for w in told["wider"]} == {"rare", "alone"}
    assert json.loads(render_rights(results["empty"], "json", "en"))["period"] is None
    assert json.loads(render_rights(results["bare"], "json", "en"))["roles"][0]["smallest"] is None


def test_other_forms_are_refused(results: dict[str, RightsResult]) -> None:
    with pytest.raises(ValueError, match="format must be one of"):
        render_rights(results["bare"], "pdf", "en")
