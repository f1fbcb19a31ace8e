"""Rights against use, partners against contracts, the ledger verified: what was found last, and what comes of it."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from threading import Event

import pytest
from httpx import Client

from tests.console.beneath import NOW, beneath, copied, open_beneath, silent
from tests.console.casework import send
from tests.console.world import World, open_world, text
from wayseal.cases import load_pseudonyms, read_casebook
from wayseal.cases.decisions import Lead
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.types import CaseState, Observable, ObservableKind, Source
from wayseal.cases.views import CaseFilter, CaseSort, ItemFilter
from wayseal.console import Role
from wayseal.console.jobs.kinds import KINDS
from wayseal.console.jobs.types import JobContext
from wayseal.console.reading import PARTNERS, RIGHTS, CaseReader, Review, keep_review, review_partners, review_rights
from wayseal.console.reading._reviews import load_review
from wayseal.console.settings import ConsoleSettings
from wayseal.console.web.pages._reviews import LISTS
from wayseal.detect.timeline import load_timeline
from wayseal.model.messages import Message


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_beneath(tmp_path_factory.mktemp("reviews"), beneath()) as made:
        made.person("ann", Role.ANALYST)
        made.person("zhang", Role.AUDITOR)
        yield made


@pytest.fixture(scope="module")
def ann(world: World) -> Client:
    return world.signed_in("ann")


@pytest.fixture(scope="module")
def rights() -> Review:
    whole = json.loads((beneath() / "detect/reviews/rights.json").read_bytes())
    return Review(at=whole["at"], document=whole["document"])


def rows_of(browser: Client, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(browser.get(path).content.decode("utf-8-sig"))))


def test_each_list_of_rights_is_whole_and_names_nobody(ann: Client, rights: Review) -> None:
    names = {row["actor"] for name in LISTS for row in rights.document[name] if "actor" in row}
    alias = load_pseudonyms(beneath() / "detect").of
    assert len(rights.document["people"]) > 50
    for name in LISTS:
        page = ann.get(f"/rights?list={name}")
        assert page.status_code == 200, name
        assert not any(re.search(rf"\b{re.escape(one)}\b", text(page)) for one in names), name
        rows = rows_of(ann, f"/rights.csv?list={name}")
        assert len(rows) == len(rights.document[name]), name
        if rows and "Account" in rows[0]:
            assert [row["Account"] for row in rows] == [alias(row["actor"]) for row in rights.document[name]]
    # An unknown list is the first one.
    assert ann.get("/rights?list=none").text.count('aria-current="true"') == 1


def test_lists_are_paged_filtered_and_sorted(ann: Client, rights: Review) -> None:
    people = rights.document["people"]
    alias = load_pseudonyms(beneath() / "detect").of
    for sort in ("", "&sort=-reads"):
        page, seen = ann.get(f"/rights?list=people{sort}"), list[str]()
        while True:
            seen += re.findall(r'<th scope="row"><a [^>]*><bdi[^>]*>([^<]*)', page.text)
            onward = re.search(r'href="([^"]*)" rel="next"', page.text)
            if onward is None:
                break
            page = ann.get(unescape(onward[1]))
        assert seen == [row["Account"] for row in rows_of(ann, f"/rights.csv?list=people{sort}")]
        assert sorted(seen) == sorted(alias(row["actor"]) for row in people)
    role = people[0]["role"]
    rows = rows_of(ann, f"/rights.csv?list=people&role={role}")
    assert len(rows) == sum(row["role"] == role for row in people)
    for sort, column in (("reads", "reads"), ("-reads", "reads"), ("-account", "account"), ("role", "role")):
        cells = [row[column.capitalize()] for row in rows_of(ann, f"/rights.csv?list=people&sort={sort}")]
        values = [int(cell.replace(",", "")) if column == "reads" else cell for cell in cells]
        assert values == sorted(values, reverse=sort.startswith("-")), sort
        assert f"sort={sort}" in ann.get(f"/rights?list=people&sort={sort}").text.partition('rel="next"')[0]
    assert ann.get("/rights?list=people&after=x&role=%3Cb%3E").status_code == 200
    # A page further on stays where it was when rows before it go, and says so when its own did.
    place = re.search(r'after=([0-9a-f]{16})"', ann.get("/rights?list=people").text)
    assert place is not None
    turned = ann.get(f"/rights?list=people&sort=-account&after={place[1]}")
    assert (turned.status_code, "another one by now" in text(turned)) == (200, False)
    gone = ann.get(f"/rights?list=people&after={'0' * 16}")
    assert "another one by now" in text(gone)
    assert alias(people[0]["actor"]) in gone.text
    for path in ("/rights", "/rights.csv", "/partners", "/partners.csv"):
        refused = ann.get(f"{path}?sort=none")
        assert (refused.status_code, "sort: this table can't be sorted by that" in text(refused)) == (400, True), path


def test_an_account_goes_into_the_queue_without_its_name(tmp_path: Path, rights: Review) -> None:
    ledger = copied(tmp_path / "L")
    row = rights.document["people"][0]
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        assert world.site.cases is not None
        cases = world.site.cases.need()
        alias = cases.pseudonyms.of(row["actor"])
        answer = browser.post("/rights/queue", data={"list": "people", "account": alias})
        assert answer.status_code == 303
        assert "list=people" in answer.headers["location"]
        items = cases.queue(NOW * 2, ItemFilter(source=Source.RIGHTS)).rows
        assert [[thing.name for thing in item.things] for item in items] == [[alias]]
        assert items[0].reason == "rights.people"
        assert f"It is in the queue, as {items[0].id}" in text(browser.get(answer.headers["location"]))
        assert "Rights that accounts didn't use" in text(browser.get("/queue"))
        again = browser.post("/rights/queue", data={"list": "people", "account": alias}).headers["location"]
        assert f"before, as {items[0].id}" in text(browser.get(again))
        assert "It is in the queue, as q-1" in text(browser.get("/rights?queued=evil,q-1"))
        # Neither by name, nor out of a list of no accounts.
        for data in ({"list": "people", "account": row["actor"]}, {"list": "roles", "account": alias}, {}):
            assert browser.post("/rights/queue", data=data).status_code == 404
        name = json.loads((ledger / "detect/reviews/partners.json").read_bytes())["document"]["partners"][0]["partner"]
        # Of a partner without a contract nothing goes anywhere.
        assert browser.post("/partners/queue", data={"partner": name}).status_code == 404
        assert browser.post("/partners/queue").status_code == 404
        assert "For the queue" not in text(browser.get("/partners"))
        assert browser.post("/partners/queue", data={"partner": "nobody"}).status_code == 404


def test_partners_are_told_one_at_a_time(ann: Client) -> None:
    document = json.loads((beneath() / "detect/reviews/partners.json").read_bytes())["document"]
    page = ann.get("/partners")
    said = text(page)
    assert "No contract is known" in said
    assert "<code>WAYSEAL_CONSOLE_CONTRACTS</code>" in page.text
    for row in document["partners"]:
        assert row["partner"] in said
    name = document["partners"][0]["partner"]
    one = ann.get(f"/partners?partner={name}")
    assert "Reads without a contract" in text(one)
    assert ann.get("/partners?partner=%3Cb%3Enobody").status_code == 404
    assert text(ann.get("/partners?only=breached")).count("Nothing stands here") == 1
    rows = rows_of(ann, "/partners.csv")
    assert len(rows) == sum(len(row["breaches"]) for row in document["partners"])
    assert rows_of(ann, "/partners.csv?only=breached") == []
    by_reads = sorted(document["partners"], key=lambda row: -row["reads"])
    links = re.findall(r'partner=([^"&]*)"', ann.get("/partners?sort=-reads&only=uncontracted").text)
    assert links == [row["partner"] for row in by_reads]


CONTRACT = """\
partner = "Platform A"
actors = ["{actor}"]
valid_from = 2026-01-01
hours = ["03:00-03:01"]
purposes = ["none"]
"""


def test_a_contract_that_was_broken_is_shown(tmp_path: Path) -> None:
    ledger = copied(tmp_path / "L")
    kept = ledger / "detect/reviews/partners.json"
    actor = json.loads(kept.read_bytes())["document"]["partners"][0]["actors"][0]
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/a.toml").write_text(CONTRACT.format(actor=actor), encoding="utf-8")
    kept.unlink()
    review_partners(ledger, ledger / "detect", tmp_path / "contracts", NOW, silent)
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        said = text(browser.get("/partners?only=breached&partner=Platform+A"))
        assert "Platform A" in said
        assert "Outside the hours" in said
        assert "Ids that fit nothing" in said


def test_what_was_never_made_can_be_asked_for(tmp_path: Path) -> None:
    ledger = copied(tmp_path / "L")
    for name in (RIGHTS, PARTNERS):
        (ledger / f"detect/reviews/{name}.json").write_bytes(b"{}")
    with open_beneath(tmp_path, ledger) as world:
        world.person("zhang", Role.AUDITOR)
        browser = world.signed_in("zhang")
        for name, kind in (("rights", RIGHTS), ("partners", PARTNERS), ("ledger", "verify")):
            page = browser.get(f"/{name}")
            assert page.status_code == 200
            if name != "ledger":
                assert "yet" in text(page)
                assert browser.get(f"/{name}.csv").status_code == 404
            answer = browser.post(f"/{name}")
            assert answer.status_code == 303
            job = world.site.jobs.find(answer.headers["location"].partition("job=")[2])
            assert job is not None
            assert job.kind == kind
            assert Role.AUDITOR in KINDS[kind].roles
            assert "It waits for a worker" in text(browser.get(answer.headers["location"]))
        # A job that isn't for a role isn't told of.
        job_id = world.site.jobs.start("reads", {"case": "c-1"}, "ann", subject="c-1")
        assert f"Job {job_id}" not in text(browser.get(f"/ledger?job={job_id}"))
        assert browser.get("/ledger?job=none").status_code == 200


class ProgressSink:
    """Hears how far a job is."""

    stages: set[str]

    def __init__(self) -> None:
        self.stages = set()

    def progress(self, stage: str, _done: int, _total: int) -> bool:
        self.stages.add(stage)
        return True

    def say(self, text: Message) -> None:
        raise AssertionError(text)


def test_the_kinds_make_what_the_pages_show(tmp_path: Path) -> None:
    ledger = copied(tmp_path / "L")
    before = {case.id: load_timeline(ledger / "detect", case.id) for case in read_casebook(ledger / "detect").cases}
    shutil.rmtree(ledger / "detect/lanes")
    shutil.rmtree(ledger / "detect/reviews")
    settings, sink = ConsoleSettings(folder=tmp_path / "console", ledger=ledger), ProgressSink()
    case = next(iter(before))

    def run(kind: str, **values: str) -> Mapping[str, str]:
        work = JobContext(
            id="j-1", who="li", folder=tmp_path, settings=settings, at=NOW, sink=sink, stopping=Event()
        )  # fmt: skip
        return KINDS[kind].do(values, work)

    told = run("reads", case=case)
    again = load_timeline(ledger / "detect", case)
    assert again == before[case]
    assert again is not None
    assert told == {"case": case, "reads": str(len(again.reads))}
    assert int(run(RIGHTS)["accounts"]) > 50
    assert int(run(PARTNERS)["partners"]) > 0
    assert sorted(path.name for path in (ledger / "detect/reviews").iterdir()) == ["partners.json", "rights.json"]
    with pytest.raises(NoSuchCaseError):
        run("reads", case="c-999")
    (ledger / "detect/casebook.db").unlink()
    with pytest.raises(NoSuchCaseError):
        run("reads", case=case)


def test_what_is_found_is_shown_first_grouped_and_put_in_once_and_a_verdict_is_learnt(tmp_path: Path) -> None:
    ledger = copied(tmp_path / "L")
    folder = ledger / "detect"
    partner = next(
        one
        for one in json.loads((folder / "reviews/partners.json").read_bytes())["document"]["partners"]
        if one["actors"]
    )
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/a.toml").write_text(CONTRACT.format(actor=partner["actors"][0]), encoding="utf-8")
    settings = ConsoleSettings(folder=tmp_path / "console", ledger=ledger, contracts=tmp_path / "contracts")

    def run(kind: str) -> Mapping[str, str]:
        work = JobContext(
            id="j-1", who="li", folder=tmp_path, settings=settings, at=NOW, sink=ProgressSink(), stopping=Event()
        )  # fmt: skip
        return KINDS[kind].do({}, work)

    for kind in (PARTNERS, RIGHTS):
        run(kind)
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        cases = world.cases
        assert not cases.queue(NOW * 2, ItemFilter(source=Source.PARTNER)).rows
        assert not cases.queue(NOW * 2, ItemFilter(source=Source.RIGHTS)).rows
        # What would go there is shown first: a line for a partner, and one for a list, whoever is on it.
        assert "1 partner breaks its contract 1 of them new in the queue" in text(browser.get("/partners"))
        would = re.findall(r'name="list" value="(\w+)"><input type="hidden" name="whole"', browser.get("/rights").text)
        assert would
        for _ in range(2):
            assert browser.post("/partners/queue").status_code == 303
            for name in would:
                assert browser.post("/rights/queue", data={"list": name, "whole": "1"}).status_code == 303
        items = cases.queue(NOW * 2, ItemFilter(source=Source.PARTNER)).rows
        found_by_rights = cases.queue(NOW * 2, ItemFilter(source=Source.RIGHTS)).rows
        assert (len(items), len(found_by_rights)) == (1, len(would))
        for path in ("/partners", "/rights"):
            assert "all of it stands in the queue" in text(browser.get(path))
        many = next(one for one in found_by_rights if one.count > 4)
        assert f"{many.count:,} in all" in text(browser.get("/queue?source=rights"))
        assert f"/rights?list={many.reason.partition('.')[2]}" in browser.get("/queue?source=rights").text
        # A later review's accounts come to the line that waits.
        things = (Observable(kind=ObservableKind.ACCOUNT, value="u-new"),)
        lead = Lead(source=Source.RIGHTS, things=things, reason=many.reason, score=0.3, since=NOW, about=0)
        assert cases.enqueue_once([lead], "li", NOW) == (many.id,)
        grown = cases.item(many.id)
        assert grown is not None
        assert grown.count == many.count + 1
        page = browser.get("/queue?source=partner")
        assert "Outside the hours" in text(page)
        assert partner["actors"][0] not in page.text
        # What somebody puts in by hand is known as what came by itself.
        now_called = next(
            one["partner"]
            for one in json.loads((folder / "reviews/partners.json").read_bytes())["document"]["partners"]
            if partner["actors"][0] in one["actors"]
        )
        for path, sent in (
            ("/partners/queue", {"partner": now_called}),
            *(
                ("/rights/queue", {"list": one.reason.partition(".")[2], "account": one.things[0].name})
                for one in found_by_rights[:2]
            ),
        ):
            put = browser.post(path, data=sent)
            assert put.status_code == 303, (path, sent)
            place = put.headers["location"]
            assert ("stood=q-" in place, "queued" in place) == (True, False), place
        # What was decided on doesn't come again; nor does a case whose reads were judged to be work.
        send(browser, f"/queue/items/{items[0].id}", act="dismiss", why="a known test")
        known = {row.id: cases.find(row.id).actors for row in cases.cases(sort=CaseSort.NUMBER, limit=200).rows}
        case = cases.cases(CaseFilter(source=Source.DETECTION), CaseSort.SCORE).rows[0].id
        assert send(browser, f"/cases/{case}/verdict", verdict="false", why="helped out").status_code == 200
        run("detect")
        later = cases.cases(sort=CaseSort.NUMBER, limit=200).rows
        assert not [row.id for row in later if row.id not in known and {*cases.find(row.id).actors} & {*known[case]}]
        assert cases.find(case).state is CaseState.FALSE
        assert browser.post("/partners/queue").status_code == 303
        assert not cases.queue(NOW * 2, ItemFilter(source=Source.PARTNER)).rows


def test_of_a_long_list_only_what_stands_first_is_kept(
    rights: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, most = copied(tmp_path / "L"), 3
    monkeypatch.setattr("wayseal.console.reading._reviews.MOST_ROWS", most)
    review_rights(ledger, ledger / "detect", 90, NOW, lambda *_: None)
    kept = load_review(ledger / "detect", RIGHTS)
    assert kept is not None
    long = {name: len(rights.document[name]) for name in LISTS if len(rights.document[name]) > most}
    assert "people" in long
    assert {name: kept.whole[name] for name in long} == long
    assert kept.document["people"] == rights.document["people"][:most]


def test_hostile_words_of_a_log_stay_words(tmp_path: Path) -> None:
    ledger = copied(tmp_path / "L")
    wild = "<script>alert(1)</script>=cmd\u202e"
    row = {"actor": wild, "role": wild, "kind": "person", "why": "closed", "last": wild, "closed": wild, "reads": 3}
    lists = dict.fromkeys(LISTS, ()) | {"dormant": [row], "mandates": [], "not_judged": ["actors.rights"]}
    document = {**lists, "period": None, "accounts": 1, "reads": 3}
    keep_review(ledger / "detect", RIGHTS, Review(at=NOW, document=document, whole={"dormant": 12_345}))
    with open_beneath(tmp_path, ledger) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        page = browser.get("/rights")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
        assert "`actors` names no rights" not in text(page)
        assert "names no rights" in text(page)
        assert "Here are the first 1 of 12,345" in text(page)
        assert not browser.get("/rights.csv").content.decode("utf-8-sig").splitlines()[1].startswith("=")


def test_the_ledgers_days_are_drawn_and_its_gaps_told(ann: Client) -> None:
    page = ann.get("/ledger")
    said = text(page)
    assert "Reads by day" in said
    assert "It was never verified from here" in said
    assert page.text.count('class="bar') >= 13


def test_without_a_ledger_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.person("ann", Role.ANALYST)
        browser = world.signed_in("ann")
        for path in ("/rights", "/partners", "/ledger", "/waybills"):
            assert browser.get(path).status_code == 200, path
        for path in ("/rights.csv", "/partners.csv", "/waybills.csv?number=YT1", "/waybills?number=YT1"):
            assert browser.get(path).status_code == 404, path
        with CaseReader(tmp_path / "none", tmp_path / "none/detect") as reading:
            world.site = replace(world.site, reading=reading)
            world._app = None
            assert browser.get("/rights").status_code == 200
            reading.warm()
            assert world.signed_in("ann").get("/waybills?number=YT1").status_code == 503
