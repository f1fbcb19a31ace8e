"""Requests for removal in the console: what is due first, letters, what is recorded, and counts by site."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Response

from tests.console.casework import said, seen, send
from tests.console.stall import PHONE, Stall
from tests.console.world import World
from tests.tables import each
from wayseal.market.log import Line, LineKind
from wayseal.market.log.acts import line_of
from wayseal.market.takedown import Outcome, Removed, count_by_source, find_due
from wayseal.page.words import catalogue

DAY = 86_400_000_000
WHO = {"name": "圆通 <信息安全部>", "contact": "abuse@courier.example"}


@pytest.fixture
def stall(world: World, tmp_path: Path) -> Stall:
    return Stall(world, tmp_path)


def form_of(stall: Stall) -> dict[str, str]:
    """What the form of a new request is sent with; of a shop that nothing was asked of."""
    asked = {one.asked.target for one in stall.reads.requests()}
    away = {row.shop for row, _ in stall.reads.shops() if row.state in ("gone", "removed")}
    rows = stall.reads.offers(state=None, limit=200).rows
    row = next(row for row in rows if row.shop not in asked | away)
    return {
        "target": row.offer,
        "rule": "personal_data",
        "address": "abuse@site.example",
        "letter_lang": "zh",
        "captures": "",
        "why": "form 12",
    }


def asked_for(stall: Stall) -> str:
    """The page of a request that was made just now."""
    return str(stall.browser("ann").post("/market/removals", data=form_of(stall)).headers["location"])


def test_what_is_due_comes_first_the_accused_before_all(stall: Stall) -> None:
    requests = stall.reads.requests()
    due = find_due(requests, stall.now)
    assert [one.todo.value for one in due] == ["hear", "answer", "remind"]
    page = stall.browser("ann").get("/market/removals")
    assert re.findall(r'href="/market/removals/(r-[0-9a-f]+)"', page.text) == [one.request for one in due]
    assert "hear the accused" in said(page)
    counts = [int(n) for n in re.findall(r'class="chip"[^>]*>[^<]*<b>(\d+)</b>', page.text)]
    settled = sum(one.outcome is not Outcome.OPEN for one in requests)
    assert counts[-4:] == [len(due), len(requests) - settled, settled, len(requests)]
    shown = stall.browser("ann").get("/market/removals?state=settled").text
    assert len(re.findall(r"<tr data-row>", shown)) == settled


@each(
    ("name", "value", "told"),
    [
        ("target", "nobody", "knows no such shop"),
        ("target", "", "knows no such shop"),
        ("rule", "anything", "no text for this rule"),
        ("letter_lang", "fr", "no text for this rule"),
        ("address", " ", "one line of up to 500"),
        ("captures", "0" * 64, "no such capture"),
        ("captures", " ".join(f"{n:064x}" for n in range(21)), "up to 20 captures"),
        ("why", "", "one line of up to 500"),
    ],
)
def test_a_request_that_cannot_be_is_refused_with_what_was_typed(
    stall: Stall, name: str, value: str, told: str
) -> None:
    size = stall.market.size()
    page = stall.browser("ann").post("/market/removals", data=form_of(stall) | {name: value})
    assert (page.status_code, told in said(page), stall.market.size()) == (400, True, size)
    assert "form 12" in page.text or name == "why"
    assert f'name="{name}"' in page.text


def test_a_request_from_its_beginning_to_its_end(stall: Stall) -> None:
    made, form = asked_for(stall), form_of(stall)
    browser = stall.browser("ann")
    asked = stall.reads.requests()[0].asked
    assert (asked.target, asked.captures != (), asked.who) == (form["target"], True, "ann")
    again = browser.post("/market/removals", data=form)
    assert (again.status_code, f"request {asked.request} asks for it already" in said(again)) == (400, True)
    assert "waiting 0.0 days" in said(browser.get(made))
    stall.world.clock.sleep(4 * 86_400)
    browser = stall.browser("ann")
    assert "can still be seen, and the site is silent" in said(browser.get(made))
    send(browser, made, act="reminded", why="by its form")
    page = send(browser, made, act="answered", answer="refused", text=f"no; call {PHONE}", why="by mail")
    assert ": It refuses no; call 138********" in said(page)
    assert "Somebody else has to decide" in said(page)
    page = send(browser, made, act="escalated", to="counsel", why="it refused")
    assert " on counsel it refused" in said(page)
    page = send(browser, made, act="withdrawn", why="the wrong shop")
    assert "withdrawn" in said(page)
    assert "The letter" not in said(page)
    late = {"act": "reminded", "why": "x", "seen": str(stall.market.size())}
    assert browser.post(made, data=late).status_code == 400
    assert browser.get("/market/removals/none").status_code == 404
    assert stall.market.verify().lines == stall.market.size()


def test_of_two_who_go_on_at_once_the_second_one_is_told_of_the_first(stall: Stall) -> None:
    """Both acts were recorded, whichever way they went."""
    made, ann, bo = asked_for(stall), stall.browser("ann"), stall.browser("bo")
    page = seen(bo, made)
    assert ann.post(made, data={"act": "reminded", "why": "by its form", "seen": page}).status_code == 303
    size = stall.market.size()
    late = bo.post(made, data={"act": "withdrawn", "why": "the wrong shop", "seen": page})
    assert (late.status_code, "meanwhile" in said(late), "by its form" in said(late)) == (409, True, True)
    assert "the wrong shop" in late.text
    assert stall.market.size() == size


def test_the_accused_are_heard_even_after_the_end(stall: Stall) -> None:
    made = asked_for(stall)
    browser, id_ = stall.browser("ann"), made.rpartition("/")[2]
    stall.market.append([line_of(Removed(request=id_, at=stall.now, captures=()))])
    page = send(browser, made, act="accused", text="not mine", why="by mail")
    assert "what the accused said of" in said(page)
    assert id_ in re.findall(r'href="/market/removals/(r-[0-9a-f]+)"', browser.get("/market/removals").text)
    page = send(browser, made, act="heard", why="the capture shows it")
    assert "ann heard the accused about" in said(page)
    assert not stall.reads.request(id_).unheard
    # What is back is asked for anew, with what was asked then.
    assert "can be seen again" in said(page)
    assert re.search(r'href="/market/removals\?target=[^"]+&amp;rule=personal_data&amp;address=abuse%40site', page.text)


@each(
    "sent",
    [
        {"act": "eat", "why": "x"},
        {"act": "heard", "why": "nobody spoke"},
        {"act": "removed", "why": "I say so"},
        {"act": "answered", "answer": "maybe", "text": "x", "why": "x"},
        {"act": "answered", "answer": "other", "text": "", "why": "x"},
        {"act": "accused", "text": "x" * 5001, "why": "x"},
        {"act": "escalated", "to": "", "why": "x"},
        {"act": "withdrawn", "why": ""},
    ],
)
def test_what_cannot_follow_is_refused(stall: Stall, sent: dict[str, str]) -> None:
    path = f"/market/removals/{stall.reads.requests(open_only=True)[0].id}"
    size = stall.market.size()
    assert stall.browser("ann").post(path, data=sent | {"seen": str(size)}).status_code == 400
    assert stall.market.size() == size


def letter(page: Response) -> str:
    found = re.search(r'id="letter-body"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    return "" if found is None else found[1]


def test_a_letter_is_written_in_either_language_and_saved_on_record(stall: Stall) -> None:
    made, browser = asked_for(stall), stall.browser("ann")
    page = browser.get(made)
    assert letter(page) == ""
    assert "Say in whose name" in said(page)
    assert "Counsel checks what is cited" in said(page)
    wrong = browser.post(f"{made}/letter", data=WHO | {"contact": " "})
    assert (wrong.status_code, letter(wrong)) == (400, "")
    zh = letter(browser.post(f"{made}/letter", data=WHO | {"letter": "request", "letter_lang": "zh"}))
    assert "圆通 &lt;信息安全部&gt; 发现贵平台上" in zh
    en = letter(browser.post(f"{made}/letter", data=WHO | {"letter": "reminder", "letter_lang": "en"}))
    assert "can still be seen" in en
    saved = browser.post(f"{made}/letter", data=WHO | {"letter": "reminder", "letter_lang": "en", "save": "1"})
    assert saved.headers["content-disposition"].endswith(f'{made.rpartition("/")[2]}-reminder.en.txt"')
    assert saved.text.startswith("Again: request to remove an offer")
    assert stall.world.access.acts()[0].detail["file"] == f"{made}/letter"
    assert browser.post(f"{made}/letter", data=WHO | {"contact": "", "save": "1"}).status_code == 400
    assert stall.last_line().kind is LineKind.ASKED, "a letter is no act"


def test_who_writes_stands_in_the_settings_and_what_is_due_says_which_letter(stall: Stall) -> None:
    settings = replace(stall.world.site.settings, unit="圆通信息安全部", contact="abuse@courier.example")
    stall.world.site = replace(stall.world.site, settings=settings)
    made = asked_for(stall)
    assert "请在三个工作日内答复" in letter(stall.browser("ann").get(made))
    stall.world.clock.sleep(4 * 86_400)
    assert "至今仍可看到" in letter(stall.browser("ann").get(made))


def test_counts_of_each_site_stand_below_the_list(stall: Stall) -> None:
    page = stall.browser("ann").get("/market/removals")
    counts = count_by_source(stall.reads.requests())
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', page.text.partition('class="table stack sites"')[2])
    assert len(rows) == len(counts) > 2
    for one, row in zip(counts, rows, strict=True):
        cells = re.findall(r'<td class="num"[^>]*>([^<]*)</td>', row)
        assert cells == [str(one.requests), str(one.removed), str(one.open or "–")]


def test_the_list_is_saved_with_what_is_due(stall: Stall) -> None:
    stall.market.append(
        [
            Line(kind=LineKind.HEARD, at=stall.now, body={"request": due.request}, who="ann", why="seen")
            for due in find_due(stall.reads.requests(), stall.now)
            if due.todo == "hear"
        ]
    )
    rows = list(csv.DictReader(io.StringIO(stall.browser("ann").get("/market/removals.csv").text.lstrip("\ufeff"))))
    requests, words = stall.reads.requests(), catalogue("en", "wayseal.console")
    due = {one.request: one.todo.value for one in find_due(requests, stall.now)}
    assert [(row["request"], row["outcome"], row["due"]) for row in rows] == [
        (one.id, words[f"market_outcome.{one.outcome}"], words.get(f"market_due.{due.get(one.id)}", ""))
        for one in requests
    ]
    assert "It refuses" in {row["answer"] for row in rows}
