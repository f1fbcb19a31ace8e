"""Shipments without a parcel on pages: who sees what, in which words, and what comes into the queue."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from httpx import Client

from tests.console.beneath import NOW, copied, open_beneath
from tests.console.parcels_shown import ASKER, FOUND_AT, NUMBERS, OPERATOR, keep_made_up, made_up
from tests.console.test_reviews import ProgressSink
from tests.console.world import World, text
from wayseal.cases import load_pseudonyms
from wayseal.cases.breaches import breach_lead
from wayseal.cases.ledger.arrivals import parcel_leads
from wayseal.cases.types import Source
from wayseal.cases.views import ItemFilter
from wayseal.console import Role
from wayseal.console.jobs.kinds import KINDS
from wayseal.console.jobs.types import JobContext
from wayseal.console.reading import PARCELS, CaseReader, load_parcels
from wayseal.console.settings import ConsoleSettings
from wayseal.console.web._case_words import name_of_reason
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.page.programs import dump_row, load_row
from wayseal.parcels import ParcelsResult

PATHS = ("/parcels", "/parcels/askers", "/parcels/reads", "/parcels/skills")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(tmp_path_factory.mktemp("parcels") / "L")
    keep_made_up(folder)
    return folder


@pytest.fixture(scope="module")
def world(ledger: Path) -> Iterator[World]:
    with open_beneath(ledger.parent, ledger) as made:
        made.person("ann", Role.ANALYST)
        yield made


@pytest.fixture(scope="module")
def ann(world: World) -> Client:
    return world.signed_in("ann")


def rows_of(browser: Client, path: str) -> list[dict[str, str]]:
    answer = browser.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def group_of(browser: Client, place: int = 0) -> str:
    return str(re.findall(r'href="(/parcels/[0-9a-f]{16})"', browser.get("/parcels").text)[place])


def test_what_is_kept_is_read_again_and_nothing_else(tmp_path: Path) -> None:
    found = made_up()
    assert load_row(ParcelsResult, json.loads(json.dumps(dump_row(found)))) == found
    keep_made_up(tmp_path)
    path = tmp_path / "detect/parcels/result.json"
    kept = load_parcels(tmp_path / "detect")
    assert kept is not None
    assert (kept.at, kept.result) == (FOUND_AT, found)
    content = json.loads(path.read_bytes())
    for wrong in ({"groups": 1}, {"at": None}, {"coverage": [{"outlet": "x", "day": "7", "share": 1, "parcels": 1}]}):
        path.write_text(json.dumps({**content, **wrong}), "utf-8")
        assert load_parcels(tmp_path / "detect") is None
    path.write_bytes(b"[")
    assert load_parcels(tmp_path / "detect") is None
    with CaseReader(tmp_path, tmp_path / "detect") as reader:
        assert reader.parcels() is None
        keep_made_up(tmp_path)
        assert (reader.parcels() or kept).result == found
        assert reader.parcels() is reader.parcels(), "it is read once"
        path.unlink()
        assert reader.parcels() is None


def test_nobody_is_named_on_any_page(world: World, ann: Client, ledger: Path) -> None:
    alias = load_pseudonyms(ledger / "detect").of
    paths = (*PATHS, group_of(ann), "/parcels.csv", "/parcels/askers.csv", "/parcels/reads.csv")
    for path in paths:
        page = ann.get(path)
        assert page.status_code == 200, path
        assert ASKER not in page.text
        assert OPERATOR not in page.text
        assert path.endswith(".csv") or "c-sends<b>" not in page.text, "names are escaped"
    assert alias(OPERATOR) in ann.get("/parcels").text
    assert alias(ASKER) in ann.get("/parcels/askers").text
    assert rows_of(ann, "/parcels/reads.csv")[0]["account"] == alias(ASKER)


def test_groups_stand_with_their_reasons_and_what_was_not_judged(ann: Client) -> None:
    page = text(ann.get("/parcels"))
    assert "Machines read 0 of 3 passages, at places that read 97% of what passes. · ×1.1 thousand" in page
    assert "×0" not in page, "what speaks against it isn't told as a reason"
    assert "900 of 1,000 parcels could be judged" in page
    assert "Not judged: machines read too little (90), no scan says how it came in (10)" in page
    assert ">99.9%" in page
    rows = rows_of(ann, "/parcels.csv")
    assert [row["customer"] for row in rows] == ["c-sends<b>", ""]
    assert "Machines read 0 of 3" in rows[0]["reasons"]


def test_groups_are_filtered_and_sorted(ann: Client) -> None:
    def days(query: str) -> list[str]:
        return [row["day"] for row in rows_of(ann, f"/parcels.csv?{query}")]

    one, two = days("")
    assert days("from=90") == days(f"customer={quote('c-sends<b>')}") == days(f"day={one}") == [one]
    assert days("outlet=SH-0002") == []
    assert "No row fits" in text(ann.get("/parcels?outlet=SH-0002"))
    for sort in ("day", "customer", "outlet", "operator", "probability", "waybills", "expected"):
        assert sorted(days(f"sort={sort}")) == sorted(days(f"sort=-{sort}")) == [one, two]
    assert days("sort=probability") == [two, one]
    assert ann.get("/parcels?sort=none").status_code == ann.get("/parcels?from=1").status_code == 400


def test_a_group_has_its_parcels_and_goes_into_the_queue_once(world: World, ann: Client) -> None:
    path = group_of(ann)
    page = ann.get(path)
    assert page.text.count('class="picture strength"') == 1
    assert [n for n in NUMBERS if n in page.text] == list(NUMBERS[:25])
    assert [n for n in NUMBERS if n in ann.get(f"{path}?after=25").text] == list(NUMBERS[25:28])
    assert "Of its 9 scans" not in text(page)
    assert ann.get("/parcels/0123456789abcdef").status_code == 404
    assert ann.post("/parcels/0123456789abcdef/queue").status_code == 404
    came = ann.post(f"{path}/queue").headers["location"]
    assert re.search(r"queued=q-\d+$", came)
    assert "It is in the queue" in text(ann.get(came))
    assert "stood=" in ann.post(f"{path}/queue").headers["location"]
    assert world.cases is not None
    (item,) = world.cases.queue(1 << 60, ItemFilter(source=Source.PARCELS)).rows
    assert (item.reason, item.count) == ("parcels_without", 30)
    queue = text(ann.get("/queue?source=parcels"))
    assert "Shipments with a history and probably no parcel" in queue
    assert OPERATOR not in queue
    assert 'href="/parcels"' in ann.get("/queue?source=parcels").text
    bare = ann.get(group_of(ann, 1))
    assert bare.status_code == 200, "no sender and nobody who collected"


def test_who_asks_early_leads_to_what_they_asked_for(ann: Client, ledger: Path) -> None:
    alias = load_pseudonyms(ledger / "detect").of
    rows = rows_of(ann, "/parcels/askers.csv?sort=-reads")
    assert [(row["account"], row["reads"], row["expected"]) for row in rows] == [
        (alias(OPERATOR), "60", "36.0"),
        (alias(ASKER), "40", "4.0"),
    ]
    link = f"/parcels/reads?account={alias(ASKER)}"
    assert link in ann.get("/parcels/askers").text
    mine = rows_of(ann, link.replace("reads?", "reads.csv?"))
    assert [row["waybill"] for row in mine] == list(NUMBERS[::2])
    assert mine[0]["at"][11:16] == "18:30"
    assert [row["waybill"] for row in rows_of(ann, "/parcels/reads.csv?sort=-first_seen")] == list(NUMBERS[::-1])
    assert "18:43" in text(ann.get("/parcels/reads"))
    assert "Nothing stands here" in text(ann.get("/parcels/reads?account=p-none"))


def test_what_cannot_be_found_is_said(ann: Client) -> None:
    page = ann.get("/parcels/skills")
    can_not, _, can = text(page).partition("What is found, with what this ledger says")
    assert "can't be found. Whoever can write rows of machines" in can_not
    assert "Invented times: found." in can
    assert "Invented times: found." not in can_not
    assert page.text.count('class="picture coverage"') == 1
    assert "scans.trip" in can


def test_what_was_never_looked_for_can_be_asked_for(tmp_path: Path) -> None:
    ledger = copied(tmp_path / "L")
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        for path in PATHS:
            assert "Nobody has looked" in text(browser.get(path)), path
        assert rows_of(browser, "/parcels.csv") == []
        assert browser.get("/parcels/0123456789abcdef").status_code == 404
        answer = browser.post("/parcels").headers["location"]
        assert "It waits for a worker" in text(browser.get(answer))
        keep_made_up(ledger)
        assert "As of" in text(browser.get("/parcels"))
    settings, sink = ConsoleSettings(folder=tmp_path / "console", ledger=ledger), ProgressSink()
    work = JobContext(id="j-1", who="li", folder=tmp_path, settings=settings, at=NOW, sink=sink, stopping=Event())
    told = KINDS[PARCELS].do({}, work)
    kept = load_parcels(ledger / "detect")
    assert kept is not None
    assert (kept.at, told["groups"]) == (NOW, str(len(kept.result.groups)))
    assert kept.result.parcels_seen > 0
    assert "judge" in sink.stages


def test_whatever_numbers_and_parcels_put_into_the_queue_has_words() -> None:
    leads = [breach_lead(Breach(kind=kind, number="1", at=1, asker="a", holder="b")) for kind in BreachKind]
    for lead in (*leads, *parcel_leads(made_up().groups)):
        assert name_of_reason(lead.reason, "en") != lead.reason, lead.reason
        assert name_of_reason(lead.source.value, "en") != lead.source.value
