"""Outlets in the console: lists by name, a page of each, acts by the right people, a manager's own outlet alone."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Client, Response

from tests.console.beneath import copied, open_beneath, silent
from tests.console.browsing import LANGUAGES, Visitor, served
from tests.console.world import World, text
from wayseal.cases.outlets.acts import FOLDER, RECORD, OutletRecord
from wayseal.cases.outlets.month import Month, make_month
from wayseal.console import Role
from wayseal.ledger import open_ledger

MONTH = "2026-03"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copied(tmp_path_factory.mktemp("outlets") / "L")
    with open_ledger(made) as snapshot:
        make_month(snapshot, made, MONTH, silent)
    return made


@pytest.fixture(scope="module")
def month(ledger: Path) -> Month:
    with open_ledger(ledger) as snapshot:
        return make_month(snapshot, ledger, MONTH, silent)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, ledger: Path, month: Month) -> Iterator[World]:
    with open_beneath(tmp_path_factory.mktemp("console"), ledger) as made:
        made.clock.at = 1_775_000_000_000_000  # 2026-03-31
        for login, role in (("ann", Role.ANALYST), ("chen", Role.INVESTIGATOR), ("wu", Role.INVESTIGATOR)):
            made.person(login, role)
        made.person("mei", Role.OUTLET_MANAGER, outlet=usual(month))
        yield made


def usual(month: Month) -> str:
    return str(month.choose("usual").rows()[0]["outlet"])


@pytest.fixture(scope="module")
def of(world: World) -> dict[str, Client]:
    return {login: world.signed_in(login) for login in ("ann", "chen", "wu", "mei")}


def act(browser: Client, outlet: str, to: str = "", **form: str) -> Response:
    return browser.post(f"/outlets/{outlet}{to}", data=form)


def test_the_list_is_by_name_and_ranks_nobody(of: dict[str, Client], month: Month) -> None:
    rows = list(csv.DictReader(io.StringIO(of["ann"].get("/outlets.csv").content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == sorted(one["name"] for one in month.rows())
    assert of["ann"].get("/outlets?sort=-unexplained").status_code == 400
    page = of["ann"].get("/outlets?verdict=too_few&region=北京")
    assert all("北京" in row for row in page.text.split("data-row")[1:])
    assert usual(month) not in page.text
    assert of["ann"].get(f"/outlets?part={usual(month).lower()}").text.count("data-row") == 1
    assert "2026-03-15" in text(page)


def test_sums_of_regions_are_those_of_their_outlets(of: dict[str, Client], month: Month) -> None:
    said = text(of["ann"].get("/outlets")).replace(" PDF ", " ")
    for region in {one["region"] for one in month.rows()}:
        rows = month.choose(region=region).rows()
        assert f"{region} {len(rows)} 0 {sum(one['unexplained'] for one in rows):,}" in said
    worse = list(csv.DictReader(io.StringIO(of["ann"].get("/outlets.csv?verdict=worse").content.decode("utf-8-sig"))))
    assert worse == []


def test_a_page_takes_its_figure_apart(of: dict[str, Client], month: Month) -> None:
    row = month.choose("usual").rows()[0]
    page = of["ann"].get(f"/outlets/{usual(month)}")
    assert f"No work explains {row['unexplained']} of them" in text(page)
    for stratum in month.choose("usual").rows()[0]["strata"]:
        assert f"{stratum['expected']:.1f}" in page.text
    assert page.text.count("<circle") > 10
    others = [str(one["outlet"]) for one in month.rows() if one["outlet"] != usual(month)]
    assert not any(other in page.text for other in others)


def test_too_few_to_say_shows_no_interval_and_no_flag(of: dict[str, Client], month: Month) -> None:
    few = str(month.choose("too_few").rows()[0]["outlet"])
    said = text(of["ann"].get(f"/outlets/{few}"))
    assert "too few to say" in said
    assert "Weighed with all outlets" not in said
    assert 'class="picture funnel"' not in of["ann"].get(f"/outlets/{few}").text


def test_a_manager_sees_their_own_outlet_without_accounts_and_cases(of: dict[str, Client], month: Month) -> None:
    own = of["mei"].get(f"/outlets/{usual(month)}")
    assert own.status_code == 200
    assert "Reads that no work explains" in text(own)
    for hidden in ("Audit or mystery", "/accounts/", "/cases/", "Block"):
        assert hidden not in own.text, hidden
    neighbour = next(str(one["outlet"]) for one in month.rows() if one["outlet"] != usual(month))
    assert of["mei"].get(f"/outlets/{usual(month)}/report.pdf").content[:5] == b"%PDF-"
    for path in (f"/outlets/{neighbour}", f"/outlets/{neighbour}/report.pdf", "/outlets", "/outlets.csv"):
        assert of["mei"].get(path).status_code in (403, 404), path
    assert act(of["mei"], neighbour, "/objection", about=MONTH, why="no").status_code == 404
    assert act(of["mei"], usual(month), act="audit", what="label", tried="9", failed="1").status_code == 403
    assert act(of["mei"], usual(month), "/decision", of="m-1", yes="1", why="x").status_code == 403


def test_a_month_is_a_pdf_of_an_outlet_and_of_a_region_in_both_languages(of: dict[str, Client], month: Month) -> None:
    row = month.choose("usual").rows()[0]
    for lang, said in (("en", "Outlet"), ("zh", "网点")):
        for path in (f"/outlets/{row['outlet']}", f"/regions/{row['region']}"):
            answer = of["ann"].get(f"{path}/report.pdf", headers={"accept-language": lang})
            assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-"), text(answer)
            assert said.encode() in answer.content, path  # its title, in the metadata
    assert of["ann"].get("/regions/nowhere/report.pdf").status_code == 404


def test_a_measure_takes_two_and_ends_by_an_objection(of: dict[str, Client], month: Month, ledger: Path) -> None:
    outlet = usual(month)
    assert (
        act(of["ann"], outlet, act="audit", what="label", day="2026-03-20", tried="20", failed="2").status_code == 303
    )
    assert "2 of 20 failed (95 %: 1% to 32%)" in text(of["mei"].get(f"/outlets/{outlet}"))
    assert act(of["chen"], outlet, act="measure", what="fine", amount="500", why="labels again").status_code == 303
    assert act(of["ann"], outlet, "/decision", of="m-1", yes="1", why="yes").status_code == 403
    refused = act(of["chen"], outlet, "/decision", of="m-1", yes="1", why="yes")
    assert (refused.status_code, "another person has to decide" in refused.text) == (400, True)
    assert act(of["wu"], outlet, "/decision", of="m-1", yes="1", why="agreed").status_code == 303
    assert "in force" in text(of["mei"].get(f"/outlets/{outlet}"))
    assert act(of["mei"], outlet, "/objection", about="m-1", why="a courier of another outlet").status_code == 303
    assert act(of["ann"], outlet, act="answered", of="o-1", why="no word on which").status_code == 400
    for judge in ("chen", "wu"):
        assert act(of[judge], outlet, act="answered", of="o-1", yes="1", why="right").status_code == 400
    assert act(of["ann"], outlet, act="answered", of="o-1", yes="1", why="it was theirs").status_code == 303
    said = text(of["mei"].get(f"/outlets/{outlet}"))
    assert "upheld: it was theirs" in said
    assert "in force" not in said
    assert len((ledger / "detect" / FOLDER / RECORD).read_text("utf-8").splitlines()) == 6


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"act": "audit", "what": "label", "tried": "2", "failed": "3"}, "no more can fail"),
        ({"act": "audit", "what": "label", "tried": "0", "failed": "0"}, "something is missing"),
        ({"act": "audit", "what": "score", "tried": "2", "failed": "1"}, "choose one of the list"),
        ({"act": "audit", "what": "label", "tried": "2", "failed": "1", "day": "2999-01-01"}, "yet to come"),
        ({"act": "audit", "what": "label", "tried": "2", "failed": "1", "day": "1"}, "this is no day"),
        ({"act": "measure", "what": "warning", "amount": "5", "why": "x"}, "too much"),
        ({"act": "measure", "what": "fine", "why": "x"}, "something is missing"),
        ({"act": "fault", "why": ""}, "one line"),
        ({"act": "fixed", "of": "f-9", "why": "x"}, "no such thing"),
        ({"act": "decided"}, "choose what is to be done"),
    ],
)
def test_what_cannot_be_is_said_and_keeps_the_page(
    of: dict[str, Client], month: Month, form: dict[str, str], said: str
) -> None:
    answer = act(of["ann"], usual(month), **form)
    assert answer.status_code == 400
    assert said in text(answer)
    assert "Reads that no work explains" in text(answer)


def test_an_outlet_that_nobody_knows_gets_no_act(of: dict[str, Client]) -> None:
    assert act(of["ann"], "o-9999", act="fault", why="x").status_code == 404


def test_without_a_month_the_pages_say_what_makes_one(tmp_path: Path) -> None:
    with open_beneath(tmp_path, copied(tmp_path / "L")) as world:
        world.person("ann", Role.ANALYST)
        ann = world.signed_in("ann")
        assert "wayseal outlets month" in text(ann.get("/outlets"))
        with open_ledger(tmp_path / "L") as snapshot:
            outlet = snapshot.outlets()["outlet"][0].as_py()
        assert "No month of this outlet is kept yet" in text(ann.get(f"/outlets/{outlet}"))


def test_a_manager_reads_and_objects_by_the_keyboard_and_sees_no_neighbour(chromium: Any, tmp_path: Path) -> None:
    """In both languages, in a real browser."""
    ledger = copied(tmp_path / "L")
    with open_ledger(ledger) as snapshot:
        month = make_month(snapshot, ledger, MONTH, silent)
    own, neighbour = (str(row["outlet"]) for row in month.choose("usual").rows()[:2])
    record = OutletRecord(ledger / "detect" / FOLDER)
    with open_beneath(tmp_path, ledger) as world:
        world.person("mei", Role.OUTLET_MANAGER, outlet=own)
        with served(world) as base:
            for language in LANGUAGES:
                mei = Visitor(chromium, base, language)
                mei.sign_in(world, "mei")
                mei.follow(f"a[href='/outlets/{own}']")
                mei.check()
                assert mei.reads(mei.words("无业务依据的访问", "Reads that no work explains"))
                mei.reach("#why")
                mei.page.keyboard.type(mei.words("扫描枪坏了", "a broken scanner"))
                mei.open("Enter")
                assert mei.reads(mei.words("等待答复", "waits for an answer")) is True
                mei.page.goto(f"{base}/outlets/{neighbour}")
                assert not mei.shows(".picture")
                mei.end()
                answer = {"of": f"o-{LANGUAGES.index(language) + 1}", "yes": False, "why": "it wasn't"}
                record.add("answered", outlet=own, at=world.access.now(), who="ann", **answer)
