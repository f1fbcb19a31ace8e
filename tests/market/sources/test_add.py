"""The address of a feed is taken in as a source, over HTTP on the simulated market; a page is not."""

from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.market.fetching.site import serving
from wayseal_sim.market import Clock, MarketPlan, generate_market, serve_market

PAGE = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<p>closed</p>")


@pytest.mark.usefixtures("hurried")
def test_a_feed_is_taken_in_and_what_is_none_is_said(tmp_path: Path) -> None:
    words = ("--contact", "security@courier.example", "--allow-inside", "--name")
    world = generate_market(MarketPlan(shops=40, days=8, spells=0.0), 5)
    with serve_market(world, Clock(world.plan.begins + 5 * 86_400_000_000)) as served:
        ran = inside("market", "add", tmp_path, served.roots["board"] + "/feed.rss", *words, "board")
    assert ran.code == 0, ran.err
    assert (tmp_path / "sources" / "board.toml").exists()
    with serving(page=PAGE, gone=(503, {}, b"")) as site:
        ran = inside("market", "add", tmp_path, f"{site.url}/page", *words, "empty")
        assert (ran.code, "no feed" in ran.err) == (3, True)
    ran = inside("market", "add", tmp_path, f"{site.url}/page", *words, "down", "--lang", "zh")
    assert ran.code == 3
    assert {one.name for one in (tmp_path / "sources").iterdir()} == {"board.toml"}
