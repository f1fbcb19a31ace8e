"""Offers on the market: lists, reasons where they stand, what is hidden, and what is decided."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.console.casework import said, seen, send, values_of
from tests.console.stall import HOSTILE, PHONE, Stall
from tests.console.world import World, text
from tests.market.log.lines_of import offered, reading
from wayseal.cases.types import Source
from wayseal.cases.views import ItemFilter
from wayseal.console.access.types import ActKind
from wayseal.console.web._market_view import pieces, spot
from wayseal.market.log import Line, LineKind
from wayseal.market.masks import mask_text

MINUTE_AND_MORE = 61


@pytest.fixture
def stall(world: World, tmp_path: Path) -> Stall:
    return Stall(world, tmp_path)


def ids(page: str) -> list[str]:
    return re.findall(r'data-open[^>]*>|href="/market/offers/([0-9a-f]{24})[^"]*" data-open', page)


def test_filters_stand_in_the_address_and_pages_hold_each_offer_once(stall: Stall) -> None:
    browser, listed = stall.browser("ann"), []
    path = "/market/offers?state=all&flagged=no"
    while path:
        page = browser.get(path)
        listed += [one for one in ids(page.text) if one]
        onward = re.search(r'href="(/market/offers\?[^"]*after=\d+)" rel="next"', page.text)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert len(listed) == len(set(listed)) == 60
    for query, wanted in (
        ("", {"state": "new", "flagged": True}),
        ("state=kept", {"state": "kept", "flagged": True}),
        ("state=all&kind=logistics", {"kind": "logistics"}),
        ("state=all&ours=1", {"ours": True, "flagged": True}),
        ("state=all&source=flea-a", {"source": "flea-a", "flagged": True}),
    ):
        rows = stall.reads.offers(**wanted).rows
        assert rows, query
        assert [one for one in ids(browser.get(f"/market/offers?{query}").text) if one] == [row.offer for row in rows]
    seller = stall.reads.sellers().rows[0].seller
    assert seller in browser.get(f"/market/offers?state=all&seller={seller}").text
    for wrong in ("state=odd", "kind=odd", "after=x", "after=-1", f"after={9 * 10**20}"):
        assert browser.get(f"/market/offers?{wrong}").status_code == 400, wrong
    assert "No offer fits" in said(browser.get("/market/offers?source=none"))


def test_a_row_says_why_in_a_line_and_names_no_bystander(stall: Stall) -> None:
    browser, row = stall.browser("ann"), stall.first(kind="personal")
    page = browser.get("/market/offers?kind=personal")
    assert re.search(r"收货人信息 · 料子 · 手拍 · ¥[\d.]+ a record", said(page))
    for path in ("/market/offers?kind=personal", f"/market/offers/{row.offer}", "/market/offers.csv?kind=personal"):
        assert PHONE not in browser.get(path).text, path
    assert "138********" in browser.get(f"/market/offers/{row.offer}").text


def test_the_file_holds_no_formula_and_is_an_act(stall: Stall) -> None:
    stall.add_hostile()
    answer = stall.browser("ann").get("/market/offers.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    mine = next(row for row in rows if row["shop"].lstrip("'") == HOSTILE)
    assert mine["title"].startswith("'=cmd")
    assert mine["seller"].startswith("'=cmd")
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())
    assert PHONE not in answer.text
    act = stall.world.access.acts()[0]
    assert (act.act, act.detail["file"]) == (ActKind.LIST_EXPORTED, "/market/offers.csv")


def test_what_a_seller_writes_is_text_and_nothing_else(stall: Stall) -> None:
    """Scripts, formulas and RTL signs, in every field, on every page; an id with signs of addresses is found."""
    offer = stall.add_hostile()
    browser = stall.browser("ann")
    seller = spot(HOSTILE)
    pages = (
        "/market",
        "/market/offers",
        f"/market/offers/{spot(offer)}",
        "/market/sellers",
        f"/market/sellers/{seller}",
    )
    pair = f"/market/sellers/{seller}?{urlencode({'a': offer, 'b': 'tame'})}"
    assert "Two offers side by side" in said(browser.get(pair))
    for path in (*pages, pair, "/market/sources", "/market/removals", "/market/acts"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "\u202e" not in page.text, path
        assert not re.search(r'(href|src|action)="(?!/|#|data:|\?)', page.text), path
    assert "‹U+202E›" in browser.get(pages[2]).text
    assert PHONE + "<" not in browser.get(pages[2]).text
    answer = send(browser, f"/market/offers/{spot(offer)}", act="dismiss", why="no goods")
    assert answer.status_code == 200
    assert stall.reads.offer(offer).row.state == "dismissed"


@example("出一手面单", [(1, 4, 2.0), (3, 5, -3.0), (0, 1, 1.0), (4, 9, 9.0)])
@given(
    st.text(min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(-1, 20), st.integers(0, 22), st.floats(-5, 5)), max_size=8),
)
def test_reasons_are_marked_where_they_stand_and_nothing_of_the_text_is_lost(
    text: str, spans: list[tuple[int, int, float]]
) -> None:
    made = pieces(text, [{"at": [a, b], "weight": w} for a, b, w in spans])
    assert "".join(one.text for one in made) == text
    at = 0
    for one in made:
        if one.weight is not None:
            assert (at, at + len(one.text), one.weight) in spans
        at += len(one.text)
    inside = [span for span in spans if 0 <= span[0] < span[1] <= len(text)]
    if inside:
        heaviest = max(abs(span[2]) for span in inside)
        assert heaviest in [abs(one.weight) for one in made if one.weight is not None]


def test_a_sellers_own_phone_stays(stall: Stall) -> None:
    other = "13900139000"
    assert mask_text(f"加我 {PHONE}，客户 {other}", ["138-0013-8000"]) == f"加我 {PHONE}，客户 139********"


def test_a_phone_of_a_sample_is_not_the_sellers(stall: Stall) -> None:
    """The reading takes it for a handle; it is hidden, and doesn't go into the casebook."""
    mine, other = "13900139000", PHONE
    text = f"出面单，样品：收件人 张** {other}\n联系电话 {mine}"
    whole = f"面单\n{text}"
    handles = [{"kind": "phone", "value": one, "at": [whole.find(one), whole.find(one) + 11]} for one in (other, mine)]
    body = reading(handles=handles)
    stall.market.append([offered("sample/1", stall.now, text=text, reading=body)])
    path = f"/market/offers/{spot('sample/1')}"
    page = stall.browser("ann").get(path)
    assert page.text.count(mine) == 2
    assert other not in page.text
    send(stall.browser("ann"), path, act="queue", why="sells samples")
    (item,) = stall.world.cases.queue(stall.now, ItemFilter(source=Source.LISTING)).rows
    assert [thing.name for thing in item.things] == [f"phone:{mine}"]


def test_the_whole_text_is_on_record_before_it_is_seen(stall: Stall) -> None:
    row = stall.first(kind="personal")
    path = f"/market/offers/{row.offer}"
    ann, chen = stall.browser("ann"), stall.browser("chen")
    assert ann.post(f"{path}/whole", data={"why": "x"}).status_code == 403
    assert PHONE not in ann.get(f"{path}?whole=1").text
    assert PHONE not in chen.get(f"{path}?whole=1").text
    stall.world.clock.sleep(600)
    asked = chen.post(f"{path}/whole", data={"why": "case c-1"})
    assert (asked.status_code, 'name="proof"' in asked.text) == (401, True)
    assert all(act.act is not ActKind.MARKET_TEXT_SEEN for act in stall.world.access.acts())
    chen = stall.browser("chen")
    assert chen.post(f"{path}/whole", data={"why": " "}).status_code == 400
    answer = chen.post(f"{path}/whole", data={"why": "case c-1"})
    act = stall.world.access.acts()[0]
    assert (act.act, act.who, act.detail) == (ActKind.MARKET_TEXT_SEEN, "chen", {"offer": row.offer, "why": "case c-1"})
    assert PHONE in chen.get(answer.headers["location"]).text
    # Asked for without the query, of another offer, by another session, or later: hidden.
    assert PHONE not in chen.get(path).text
    assert PHONE not in stall.browser("chen").get(f"{path}?whole=1").text
    other = stall.reads.offers(kind="personal").rows[1].offer
    assert PHONE not in chen.get(f"/market/offers/{other}?whole=1").text
    stall.world.clock.sleep(901)
    assert PHONE not in chen.get(f"{path}?whole=1").text
    zhang = said(stall.browser("zhang").get("/acts"))
    assert "chen read the whole text of offer" in zhang
    assert "case c-1" not in zhang


def test_a_decision_leads_on_and_is_taken_back_within_a_minute(stall: Stall) -> None:
    browser = stall.browser("ann")
    first, second = stall.reads.offers(state="new", flagged=True).rows[:2]
    path = f"/market/offers/{first.offer}"
    for wrong in ({"act": "keep"}, {"act": "keep", "why": " "}, {"act": "eat", "why": "x"}, {"why": "x"}):
        assert browser.post(path, data=wrong).status_code == 400
    assert "typed twice" in browser.post(path, data={"act": "eat", "why": "typed twice"}).text
    assert stall.reads.offer(first.offer).row.state == "new"
    answer = browser.post(path, data={"act": "keep", "why": "sells labels"})
    assert answer.headers["location"].startswith(f"/market/offers/{second.offer}?")
    line = stall.last_line()
    assert (line.kind, line.who, line.why) == (LineKind.TRIAGED, "ann", "sells labels")
    assert line.body == {"offer": first.offer, "state": "kept"}
    assert 'value="undo" data-press="u"' in browser.get(answer.headers["location"]).text
    assert stall.browser("bo").post(path, data={"act": "undo"}).status_code == 400
    send(browser, path, act="undo")
    assert stall.reads.offer(first.offer).row.state == "new"
    send(browser, path, act="dismiss", why="talk")
    stall.world.clock.sleep(MINUTE_AND_MORE)
    assert browser.post(path, data={"act": "undo"}).status_code == 400
    assert stall.reads.offer(first.offer).row.state == "dismissed"
    assert stall.market.verify().lines == stall.market.size()


def test_an_offer_goes_into_the_queue_once(stall: Stall) -> None:
    browser = stall.browser("ann")
    own = stall.reads.offers(ours=True).rows[0]
    path = f"/market/offers/{own.offer}"
    answer = send(browser, path, act="queue", why="own numbers on sale")
    assert answer.status_code == 200
    send(browser, path, act="queue", why="own numbers on sale")
    (item,) = stall.world.cases.queue(stall.now, ItemFilter(source=Source.LISTING)).rows
    view = stall.reads.offer(own.offer)
    names = {thing.name for thing in item.things}
    assert {own.seller, *(one.waybill for one in view.numbers)} <= names
    assert {f"{one['kind']}:{one['value']}" for one in view.reading["handles"]} <= names
    assert item.score >= 0.95
    assert view.row.state == "kept"


def test_own_numbers_of_a_seller_go_into_one_basket(stall: Stall) -> None:
    browser = stall.browser("ann")
    own = next(one for one in stall.reads.offers(ours=True).rows if one.seller)
    theirs = {one.waybill for one in stall.reads.on_offer() if one.seller == own.seller}
    first, again = (browser.post(f"/market/offers/{own.offer}/basket").headers["location"] for _ in range(2))
    assert first == again
    page = browser.get(first)
    assert theirs
    assert all(waybill in page.text for waybill in theirs)
    assert f'href="/market/sellers/{own.seller}"' in page.text
    without = next(one for one in stall.reads.offers(state=None).rows if not one.ours)
    if not (without.seller and without.seller == own.seller):
        assert "no number of ours" in text(browser.post(f"/market/offers/{without.offer}/basket"))


def test_a_canary_is_said_nowhere_here(stall: Stall) -> None:
    row = stall.first()
    body = {"offer": row.offer, "capture": "0" * 64, "ours": [{"number": "YT1234567890123", "canary": True}]}
    browser = stall.browser("ann")
    pages = ("/market", "/market/offers?ours=1", "/market/offers.csv?ours=1", f"/market/offers/{row.offer}")
    stall.market.append([Line(kind=LineKind.MATCHED, at=stall.now, body={**body, "expected_false": 0.1})])
    with_canary = [browser.get(path).text for path in pages]
    body["ours"] = [{"number": "YT1234567890123", "canary": False}]
    stall.market.append([Line(kind=LineKind.MATCHED, at=stall.now, body={**body, "expected_false": 0.1})])
    for path, before in zip(pages, with_canary, strict=True):
        without = browser.get(path).text
        assert re.sub(r"\d+ of \d+|name=\"(?:csrf|seen)\" value=\"[^\"]*\"|Small figures[^<]*", "", without) == re.sub(
            r"\d+ of \d+|name=\"(?:csrf|seen)\" value=\"[^\"]*\"|Small figures[^<]*", "", before
        ), path


def test_of_two_opposite_decisions_the_second_one_is_told_of_the_first(stall: Stall) -> None:
    """Both were recorded, and the later one stood."""
    offer = stall.first(kind="waybill").offer
    path = f"/market/offers/{spot(offer)}"
    ann, bo = stall.browser("ann"), stall.browser("bo")
    page = seen(bo, path)
    assert ann.post(path, data={"act": "keep", "why": "sells labels", "seen": seen(ann, path)}).status_code == 303
    for act in ("dismiss", "queue"):
        late = bo.post(path, data={"act": act, "why": "only talk", "seen": page})
        assert late.status_code == 409, act
        assert all(one in said(late) for one in ("meanwhile", "sells labels"))
        assert "only talk" in late.text
        assert stall.reads.offer(offer).row.state == "kept"
    assert bo.post(path, data={"act": "dismiss", "why": "no page"}).status_code == 409
    assert bo.post(path, data={"act": "dismiss", "why": "x", "seen": values_of(late, "seen")[0]}).status_code == 303
    assert stall.reads.offer(offer).row.state == "dismissed"


def test_so_it_is_with_sellers_and_removals(stall: Stall) -> None:
    ann, bo = stall.browser("ann"), stall.browser("bo")
    mine = stall.reads.seller(stall.reads.sellers().rows[0].seller)
    path = f"/market/sellers/{mine.row.seller}"
    pair = {"a": mine.offers[0].offer, "b": mine.offers[1].offer}
    page = seen(bo, path)
    assert ann.post(path, data=pair | {"act": "split", "why": "two voices", "seen": page}).status_code == 303
    late = bo.post(path, data={"a": pair["b"], "b": pair["a"], "act": "join", "why": "one voice", "seen": page})
    assert (late.status_code, "meanwhile" in said(late), "two voices" in said(late)) == (409, True, True)
