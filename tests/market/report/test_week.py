"""Rules 1 to 3 of a week's report, on a market that looks like one; the command that makes it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.console.market_shown import HIDDEN_PHONE, fill_market
from tests.page.pages import BANNED
from tests.page.reports import check_page
from wayseal.market.log import open_market
from wayseal.market.log.reads import DAY, Reads
from wayseal.market.log.views import BackRow
from wayseal.market.report import Requests, WeekResult, gather_week, render_week
from wayseal.page.languages import LANGS
from wayseal.page.words import blanks, catalogue

NOW = 1_790_000_000_000_000
PACKAGE = "wayseal.market.report"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("market")
    fill_market(made, NOW)
    return made


@pytest.fixture(scope="module")
def week(folder: Path) -> WeekResult:
    with open_market(folder) as market:
        return gather_week(market, NOW, 12)


def test_the_week_counts_what_the_record_has(folder: Path, week: WeekResult) -> None:
    with open_market(folder) as market:
        reads = Reads(market)
        fresh = [one for one in reads.numbers() if week.since <= one.at <= week.until]
        offers = reads.offers(flagged=True, limit=200).rows
        asked = reads.requests(open_only=True)
        tip = market.tip()
    new = sum(week.since <= one.first_at <= week.until for one in offers)
    assert week.until - week.since == 7 * DAY - 1
    assert week.own.numbers == len({one.waybill for one in fresh})
    assert sum(n for kind, n in week.weeks[-1].offers.items() if kind not in {"logistics", "other"}) == new
    assert week.requests.open == len(asked)
    assert (week.lines, week.root) == (tip.size, tip.root)
    assert [one.ours for one in week.sellers] == sorted((one.ours for one in week.sellers), reverse=True)


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_sound_and_shows_the_weeks(week: WeekResult, lang: str) -> None:
    html = render_week(week, "html", lang)
    page = check_page(html)
    pictures = {e.attributes["class"] for e in page.elements if e.attributes.get("class", "").startswith("picture")}
    assert pictures == {"picture weeks"}
    assert week.root.hex() in html
    assert not BANNED.search(html)


def test_nothing_of_an_offer_stands_in_it(folder: Path, week: WeekResult) -> None:
    """Rules 1 and 2, in every form."""
    with open_market(folder) as market:
        reads = Reads(market)
        rows = reads.offers(limit=200).rows
        numbers = {one.waybill for one in reads.numbers()}
        handles = {h["value"] for _, body, _ in reads.all_offers() for h in body["reading"]["handles"]}
    assert numbers
    assert handles
    secrets = {*numbers, *handles, HIDDEN_PHONE, *(one.title for one in rows), *(one.shop_name for one in rows)}
    for form in ("text", "json", "html"):
        told = render_week(week, form, "zh", width=200)
        assert not [one for one in secrets if one in told]


def test_a_phone_in_an_id_is_masked(week: WeekResult) -> None:
    back = BackRow(
        seq=1, shop=f"a/{HIDDEN_PHONE}", was="a/2", seller="seller-1", at=NOW, weight=1.0, offer="", was_offer=""
    )
    for form in ("text", "json", "html"):
        told = render_week(replace(week, backs=(back,)), form, "en")
        assert HIDDEN_PHONE not in told
        assert f"{HIDDEN_PHONE[:3]}********" in told


def test_what_could_not_be_seen_is_said(week: WeekResult) -> None:
    """Rule 3."""
    told = " ".join(render_week(week, "text", "en").split())
    blind = {one.row.source: one for one in week.sources if one.blind}
    assert set(blind) == {"board-b", "feed-e"}
    for name, one in blind.items():
        assert f"{name}: {one.blind} of {one.looks} looks saw nothing" in told
    assert told.startswith("Not all was seen")
    seen = tuple(replace(one, unseen={}) for one in week.sources)
    clear = " ".join(render_week(replace(week, sources=seen), "text", "en").split())
    assert "Each look at each source could see." in clear
    assert "Not all was seen" not in clear


def test_a_watch_that_stopped_is_said(folder: Path, week: WeekResult) -> None:
    with open_market(folder) as market:
        late = gather_week(market, NOW + 30 * DAY, 1)
    assert late.until == max(one.row.looked_at or 0 for one in late.sources)
    assert late.weeks[0].offers
    told = " ".join(render_week(late, "text", "en").split())
    assert "The watch stopped" in told
    assert "overdue: nobody looks" in told


def test_an_empty_market_says_that_nobody_looked(tmp_path: Path) -> None:
    ran = inside("market", "report", tmp_path / "m")
    assert ran.code == 0
    assert "Nobody looked at the market" in ran.out


def test_requests_are_counted_by_how_they_ended(folder: Path, week: WeekResult) -> None:
    told = render_week(
        replace(week, requests=Requests(open=1, asked=2, removed=3, withdrawn=4)), "text", "en", width=200
    )
    assert "In this week 2 were made, 3 came to a removal that was seen, 4 were withdrawn." in told
    assert "1 is open." in told


def test_the_form_goes_by_the_files_ending(folder: Path, tmp_path: Path) -> None:
    for name, begins in (("w.html", "<!doctype html>"), ("w.json", "{"), ("w.txt", "")):
        assert inside("market", "report", folder, "--out", tmp_path / name, "--weeks", "3", "--lang", "zh").code == 0
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
    told = json.loads((tmp_path / "w.json").read_text("utf-8"))
    assert len(told["weeks"]) == 3
    assert set(told) == {
        "wayseal", "record", "from", "to", "weeks", "totals", "sources", "sellers", "backs", "own", "own_ever",
        "removals",
    }  # fmt: skip
    assert "市场周报" in (tmp_path / "w.txt").read_text("utf-8")


def test_both_languages_hold_the_same_blanks() -> None:
    zh, en = catalogue("zh", PACKAGE), catalogue("en", PACKAGE)
    for code in en:
        assert blanks(zh[code]) == blanks(en[code]), code
        assert not re.search("[<>&]", zh[code] + en[code]), code
