"""A morning at the market, in a real browser, by the keyboard alone."""

from pathlib import Path

import pytest

from tests.console.browsing import LANGUAGES, Visitor, opened_browser, served
from tests.console.stall import Stall
from tests.console.world import World


@pytest.mark.needs("chromium")
@pytest.mark.slow
@pytest.mark.once
def test_offers_are_gone_through_by_the_keyboard(world: World, tmp_path: Path) -> None:
    """In Chinese, in a real browser: from the overview to a decision, its undo, and a link between two shops."""
    stall = Stall(world, tmp_path)
    with served(stall.world) as base, opened_browser() as chromium:
        ann = Visitor(chromium, f"{base}/market", LANGUAGES[0])
        ann.sign_in(stall.world, "ann")
        ann.check()
        ann.go("o", "/")
        ann.go("k", "/market")
        ann.check()
        ann.follow(".wanted .btn-main")
        ann.check()
        ann.press("j")
        ann.open("Enter")
        ann.check()
        first = ann.page.url.partition("?")[0].rpartition("/")[2]
        ann.press("a")
        ann.page.keyboard.type("出售面单")
        ann.press("Escape")
        ann.open("y")
        assert stall.reads.offer(first).row.state == "kept"
        assert ann.page.url.partition("?")[0].rpartition("/")[2] != first
        ann.open("u")
        assert stall.reads.offer(first).row.state == "new"
        seller = stall.reads.sellers(most="shops").rows[0].seller
        for path in ("/market/sources", "/market/import", "/market/words?word=糖单"):
            ann.page.goto(f"{base}{path}")
            ann.check()
        ann.press("a")
        ann.page.keyboard.type("三个群都这么说")
        ann.page.fill("#meaning", "面单")
        ann.press("Escape")
        ann.open("y")
        assert stall.reads.words() == (("糖单", "trade", "面单"),)
        ann.open("u")
        assert stall.reads.words() == ()
        ann.page.goto(f"{base}/market/sellers/{seller}")
        ann.check()
        ann.follow(".shop-graph a.edge")
        assert ann.shows("#pair .side-offer + .side-offer")
        ann.end()
