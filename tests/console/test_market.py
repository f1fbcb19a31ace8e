"""The market's watch in the console: how it stands, for whom what is shown, sources, sellers, requests, and records
that are away.
"""

import json
import re
from pathlib import Path

import pytest

from tests.console.casework import said, send
from tests.console.market_shown import fill_market
from tests.console.stall import PHONE, Stall
from tests.console.world import World, statements
from tests.market.log.lines_of import looked
from wayseal.console import ConsoleError, Role, read_console_settings
from wayseal.console.texts import TEXTS
from wayseal.market.drawn import spread
from wayseal.market.log import LineKind, open_market
from wayseal.market.types import FailureReason, HandleKind, Kind
from wayseal.merkle import verify_inclusion
from wayseal.merkle.hashing import leaf_hash
from wayseal.page.words import times

DAY, HOUR = 86_400_000_000, 3_600_000_000
PLACES = ("/market", "/market/offers", "/market/sellers", "/market/sources", "/market/removals", "/market/acts")


@pytest.fixture
def stall(world: World, tmp_path: Path) -> Stall:
    return Stall(world, tmp_path)


def test_every_figure_opens_its_list_and_the_weeks_are_drawn_and_told(stall: Stall) -> None:
    page, totals = stall.browser("ann").get("/market"), stall.reads.totals()
    assert f"{totals.waiting} offers wait for a decision" in said(page)
    weeks = [week for week in stall.reads.weeks(stall.now) if week.offers]
    flagged = [sum(n for kind, n in week.offers.items() if kind not in ("logistics", "other")) for week in weeks]
    assert sum(flagged) > 30
    rows = re.findall(r'<tr><th scope="row" class="when">[^<]*</th><td class="num"><b>(\d+)</b>', page.text)
    assert [int(n) for n in reversed(rows) if int(n)] == [n for n in flagged if n]
    assert page.text.count('class="picture weeks"') == 1
    assert 'class="picture prices-number"' in page.text
    # Nothing of a page needs a script.
    assert "<script>" not in page.text


def test_medians_and_quartiles_are_those_of_the_prices() -> None:
    assert spread(()) is None
    one = spread((2.0,))
    assert one is not None
    assert (one.low, one.middle, one.high, one.count) == (2.0, 2.0, 2.0, 1)
    five = spread((1.0, 2.0, 3.0, 4.0, 10.0))
    assert five is not None
    assert (five.low, five.middle, five.high) == (2.0, 3.0, 4.0)


def test_what_changed_is_told_against_the_last_visit(stall: Stall) -> None:
    assert "your last visit" not in said(stall.browser("ann").get("/market"))
    stall.add_hostile()
    first = stall.browser("ann")
    for _ in range(2):
        page = first.get("/market")
        assert re.search(r"62\s*Offers\s*\+2", said(page)), said(page)
    assert "Nothing changed since your last visit" in said(stall.browser("ann").get("/market"))


def test_an_auditor_sees_counts_and_acts_and_nothing_of_an_offer(stall: Stall) -> None:
    stall.add_hostile()
    send(stall.browser("ann"), f"/market/offers/{stall.first(kind='waybill').offer}", act="keep", why="a secret word")
    browser = stall.browser("zhang")
    pages = [browser.get(path) for path in ("/market", "/market/sources", "/market/acts")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "ann decided on something of the market" in said(pages[2])
    offers = stall.reads.offers(state=None, limit=200).rows
    secrets = {one for row in offers for one in (row.offer, row.seller, row.shop, row.shop_name, row.title, row.text)}
    secrets |= {number.waybill for number in stall.reads.numbers()} | {PHONE, "a secret word"}
    assert not [word for word in secrets if word and any(word in page.text for page in pages)]
    for page in pages:
        assert not re.findall(r'href="(/market/(?:offers|sellers|removals|captures)[^"]*)"', page.text)
    for path in ("/market/offers", "/market/sellers", "/market/removals", f"/market/offers/{offers[0].offer}"):
        assert browser.get(path).status_code == 403


def test_each_source_that_cannot_be_seen_says_why_and_what_to_do(stall: Stall) -> None:
    for hindrance in FailureReason:
        for area in ("market_hindrance", "market_todo"):
            assert TEXTS.get(f"{area}.{hindrance.value}"), hindrance
    for kind in Kind:
        assert TEXTS.get(f"market_kind.{kind.value}"), kind
    for handle in HandleKind:
        assert TEXTS.get(f"market_handle.{handle.value}"), handle
    browser = stall.browser("zhang")
    page = said(browser.get("/market/sources"))
    assert "shows a captcha" in page
    assert "The watch answers no captcha" in page
    assert "39 / 40 1 not made" in page
    assert "200 a day every 6 h" in page
    assert "robots.txt isn't obeyed: counsel, 2 September" in page
    assert "overdue" not in page
    stall.market.append([looked([], stall.now, "unseen", source="flea-a", hindrance="login", next_at=stall.now + HOUR)])
    assert "The watch signs in nowhere" in said(browser.get("/market/sources"))
    stall.world.clock.sleep(9 * 3600)
    browser = stall.browser("zhang")
    assert "overdue" in said(browser.get("/market/sources"))
    assert "Nobody watches" in said(browser.get("/market"))


def test_both_sides_of_a_link_stand_side_by_side(stall: Stall) -> None:
    browser = stall.browser("ann")
    seller = next(row.seller for row in stall.reads.sellers(most="shops").rows if stall.reads.seller(row.seller).links)
    view = stall.reads.seller(seller)
    page = browser.get(f"/market/sellers/{seller}")
    edges = set(re.findall(r'<a href="(/market/sellers/[^"]*#pair)" class="edge"', page.text))
    assert edges
    assert page.text.count('class="lane-picture shop"') == len(view.shops) > 1
    for edge in edges:
        shown = browser.get(edge.replace("&amp;", "&").partition("#")[0])
        a, b = re.findall(r'<h4><a href="/market/offers/([0-9a-f]+)', shown.text)
        links = [one for one in view.links if {one.a, one.b} == {a, b}]
        assert f"together {times(sum(one.weight for one in links), 'en')} times as likely one seller" in said(shown)
        captures = set(re.findall(r'href="/market/captures/([0-9a-f]{64})"', shown.text))
        assert captures >= {links[0].capture_a, links[0].capture_b}
    assert "Two offers side by side" not in said(browser.get(f"/market/sellers/{seller}?a=x&b=y"))


def test_a_persons_word_is_a_line_and_can_be_taken_back(stall: Stall) -> None:
    browser = stall.browser("ann")
    rows = stall.reads.sellers(most="shops").rows
    mine, other = (stall.reads.seller(row.seller) for row in rows[:2])
    path = f"/market/sellers/{mine.row.seller}"
    a, b = mine.offers[0].offer, other.offers[0].offer
    size = stall.market.size()
    for wrong in (
        {"act": "join", "a": a, "b": a, "why": "x"},
        {"act": "join", "a": a, "b": "none", "why": "x"},
        {"act": "join", "a": "none", "b": b, "why": "x"},
        {"act": "join", "a": a, "b": b, "why": ""},
        {"act": "take_back", "seq": "1", "why": "x"},
        {"act": "eat", "a": a, "b": b, "why": "x"},
    ):
        assert browser.post(path, data=wrong).status_code == 400, wrong
    assert stall.market.size() == size
    page = send(browser, path, act="join", a=a, b=other.row.seller, why="same voice")
    assert "changes at the watch's next look" in said(page)
    line = stall.last_line()
    assert (line.kind, dict(line.body), line.who, line.why) == (LineKind.JOINED, {"a": a, "b": b}, "ann", "same voice")
    seq = str(stall.market.size() - 1)
    send(browser, path, act="take_back", seq=seq, why="a mistake")
    assert stall.last_line().kind is LineKind.TAKEN_BACK
    assert browser.post(path, data={"act": "take_back", "seq": seq, "why": "again"}).status_code == 400
    send(browser, path, act="split", a=a, b=mine.offers[1].offer, why="two people")
    assert stall.last_line().kind is LineKind.SPLIT
    assert stall.market.verify().lines == stall.market.size()


def test_a_proof_holds_without_us(stall: Stall) -> None:
    browser, row = stall.browser("ann"), stall.first()
    capture = stall.reads.offer(row.offer).capture
    assert capture is not None
    page = browser.get(f"/market/captures/{capture.id}")
    assert capture.sha256 in page.text
    proof = json.loads(browser.get(f"/market/captures/{capture.id}/proof").content)
    leaf, path, root = leaf_hash(proof["line"].encode()), [bytes.fromhex(one) for one in proof["path"]], proof["root"]
    assert verify_inclusion(leaf, proof["seq"], proof["tree_size"], path, bytes.fromhex(root))
    assert json.loads(proof["line"])["body"]["id"] == capture.id
    changed = leaf_hash(proof["line"].replace(capture.sha256, "0" * 64).encode())
    assert not verify_inclusion(changed, proof["seq"], proof["tree_size"], path, bytes.fromhex(root))
    assert stall.world.access.acts()[0].detail["file"] == f"/market/captures/{capture.id}/proof"
    assert browser.get(f"/market/captures/{'1' * 64}").status_code == 404


def test_acts_go_by_pages_and_each_stands_once(stall: Stall) -> None:
    browser, path, seen = stall.browser("ann"), "/market/acts", []
    while path:
        page = browser.get(path).text
        seen += re.findall(r'<td class="num soft"[^>]*>(\d+)</td></tr>', page)
        onward = re.search(r'href="(/market/acts\?after=\d+)"', page)
        path = onward[1] if onward else ""
    by_hand = [str(seq) for seq, line in stall.market.lines() if line.who != "wayseal"]
    assert seen == by_hand[::-1]
    assert browser.get("/market/acts?after=x").status_code == 400


def test_no_page_asks_much(stall: Stall, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 12 statements a page, at the first visit and later."""
    row = stall.first(kind="waybill")
    seller = stall.reads.sellers(most="shops").rows[0].seller
    link = stall.reads.seller(seller).links[0]
    stall.holder.close()
    with statements(monkeypatch) as asked:
        browser = stall.browser("ann")
        browser.get("/market/acts")
        more = (
            f"/market/offers/{row.offer}",
            f"/market/sellers/{seller}",
            f"/market/sellers/{seller}?a={link.a}&b={link.b}",
            f"/market/captures/{link.capture_a}",
            f"/market/removals/{stall.reads.requests()[0].id}",
        )
        for path in ("/", *PLACES, "/market", "/market/words", "/market/import", *more):
            asked.clear()
            assert browser.get(path).status_code == 200
            assert 0 < len(asked) <= 12, (path, asked)
        answer = browser.post(f"/market/offers/{row.offer}", data={"act": "keep", "why": "x"})
        asked.clear()
        assert browser.get(answer.headers["location"]).status_code == 200
        assert 0 < len(asked) <= 12, asked


def test_without_a_record_pages_say_what_to_do(world: World, tmp_path: Path) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    for path in PLACES:
        assert "No market is watched here" in said(browser.get(path)), path
    assert browser.post("/market/offers/x", data={"act": "keep", "why": "x"}).status_code == 404
    world.give_market(tmp_path / "later")
    browser = world.signed_in("ann")
    assert "wayseal market add" in said(browser.get("/market"))
    assert not (tmp_path / "later").exists()
    fill_market(tmp_path / "later", world.clock.at, offers=3, sellers=1)
    assert "offers wait" in said(browser.get("/market"))


def test_an_empty_market_says_what_comes_next(world: World, tmp_path: Path) -> None:
    with open_market(tmp_path / "empty"):
        pass
    world.person("ann", Role.ANALYST)
    world.give_market(tmp_path / "empty")
    browser = world.signed_in("ann")
    told = (
        "No source is watched yet",
        "No offer has been seen",
        "Nobody is taken for a seller",
        "No source is watched yet",
        "No site was asked",
        "Nothing was done by hand",
    )
    for path, words in zip(PLACES, told, strict=True):
        assert words in said(browser.get(path)), path


def test_texts_that_went_by_retention_are_said(stall: Stall) -> None:
    row = stall.first(kind="waybill")
    capture = stall.reads.offer(row.offer).capture
    assert capture is not None
    stall.market.purge(stall.now, [capture.id], [])
    browser = stall.browser("ann")
    assert "as retention says" in said(browser.get(f"/market/offers/{row.offer}"))
    assert browser.get(f"/market/captures/{capture.id}/proof").status_code == 404


def test_the_record_of_a_database_needs_its_folder() -> None:
    def read(**given: str) -> object:
        return read_console_settings({f"WAYSEAL_CONSOLE_{name}": value for name, value in given.items()})

    assert "secret" not in repr(read(MARKET="m", MARKET_DATABASE="postgresql://a:secret@b/c"))
    for wrong in ({"MARKET_DATABASE": "postgresql://b/c"}, {"MARKET": "m", "MARKET_DATABASE": "sqlite:///x"}):
        with pytest.raises(ConsoleError, match="market_database"):
            read(**wrong)
