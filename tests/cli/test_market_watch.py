"""`wayseal market look` and `watch`, over HTTP on sites of this machine."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.market.fetching.site import Answer, Handler, Site, serving
from wayseal.market.crawling import SOURCES, Planned, opened_watch
from wayseal.market.log import LineKind, open_market
from wayseal.market.log.reads import DAY, Reads
from wayseal_sim.market import Clock, MarketPlan, generate_market, serve_market

PAGE: Answer = (200, {"Content-Type": "text/html; charset=utf-8"}, "<ul><li id=a><b>出一手面单</b></li></ul>".encode())
SOURCE = """
name = "{name}"
kind = "page"
contact = "security@courier.example"
start = "{url}/{name}"
allow_inside = true
pause = 1
retention = "30d"
items = "li"
[fields]
key = "@id"
title = "b"
[signs]
captcha = "text:验证码"
"""


def watched(folder: Path, site: Site, *names: str) -> Path:
    (folder / SOURCES).mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / SOURCES / f"{name}.toml").write_text(SOURCE.format(url=site.url, name=name), "utf-8")
    return folder


def past(folder: Path, ago: int, *looks: str) -> None:
    """A watch so long ago: its sources are due now."""
    at = time.time_ns() // 1000 - ago
    with opened_watch(folder, now=lambda: at, sleep=lambda _: None) as watch:
        for name in looks:
            watch.visit(Planned(source=name, at=at))


@pytest.mark.usefixtures("hurried")
def test_each_source_is_a_line_and_what_hinders_is_said(tmp_path: Path) -> None:
    captcha = (200, PAGE[1], "<p>请输入验证码</p>".encode())
    with serving(page=PAGE, robot=captcha) as site:
        folder = watched(tmp_path / "m", site, "page", "robot")
        ran = inside("market", "look", folder, "-q")
        assert ran.code == 0
        assert "page: seen; 1 offer there, 1 new, 0 changed" in ran.out
        assert "robot: can't be seen: it shows a captcha" in ran.out
        assert "1 offer there, 0 new" in inside("market", "look", folder, "page", "-q").out
    assert "can't be seen: the site can't be reached" in inside("market", "look", folder, "page", "-q").out
    assert inside("market", "verify", folder).code == 0


def test_a_site_that_was_never_reached_is_unreachable_not_forbidden(tmp_path: Path) -> None:
    folder = watched(tmp_path / "m", Site("http://127.0.0.1:9", {}), "page")
    ran = inside("market", "look", folder, "--lang", "zh", "-q")
    assert ran.code == 0
    with open_market(folder) as market:
        (row,) = Reads(market).sources()
    assert row.hindrance == "unreachable"


FORUM = """\
name = "forum"
kind = "page"
contact = "security@courier.example"
start = "{start}"
allow_inside = true
pause = 1
items = "article.thread"
usual = "div.threadlist"
time_format = "%Y-%m-%d %H:%M"

[fields]
key = "@data-key"
url = "a.subject@href"
title = "a.subject"
shop = "a.poster@href"
shop_name = "a.poster"
price = "span.ask"
text = "div.message"
posted_at = "time:nth-child(5)"
"""


@pytest.mark.usefixtures("hurried")
def test_a_site_of_the_simulated_market_is_looked_at(tmp_path: Path) -> None:
    world = generate_market(MarketPlan(shops=40, days=8, spells=0.0, layouts=()), 5)
    folder, file = tmp_path / "m", tmp_path / "forum.toml"
    with serve_market(world, Clock(world.plan.begins + 5 * DAY)) as served:
        file.write_text(FORUM.format(start=served.roots["forum"] + "/board?page=1"), "utf-8")
        assert inside("market", "add", folder, file).code == 0
        ran = inside("market", "look", folder, "-q")
        again = inside("market", "look", folder, "-q")
    new = int(ran.out.partition("seen; ")[2].partition(" ")[0])
    assert new >= 3
    assert f"forum: seen; {new} offers there, 0 new, 0 changed" in again.out
    with open_market(folder) as market:
        assert [bool(line.body["unchanged"]) for _, line in market.lines(LineKind.LOOKED)] == [False, True]


@pytest.mark.usefixtures("hurried")
def test_what_is_due_is_looked_at_and_what_was_kept_long_enough_goes(tmp_path: Path) -> None:
    with serving(page=PAGE) as site:
        folder = watched(tmp_path / "m", site, "page")
        past(folder, 40 * DAY, "page")
        ran = inside("market", "watch", folder, "--once")
        assert ran.code == 0
        assert "Kept long enough: 1 file with 1 capture went, and 1 offer" in ran.out
        assert "page: seen; 1 offer there, 1 new" in ran.out
        assert "Watching 1 sources" in ran.err
        again = inside("market", "watch", folder, "--once", "--no-purge")
        assert again.out == ""
    assert inside("market", "verify", folder).code == 0


@pytest.mark.parametrize("later", [0.0, 1.0])
def test_it_stops_when_it_is_told_to(tmp_path: Path, later: float) -> None:
    """In the middle of a look, which is then made again; or while it waits for what is due next."""
    timers: list[threading.Timer] = []

    def stop_and_answer(handler: Handler) -> None:
        timers.append(threading.Timer(later, os.kill, (os.getpid(), signal.SIGTERM)))
        timers[-1].start()
        if not later:
            timers[-1].join()
        handler.send_response(PAGE[0])
        for name, value in PAGE[1].items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(PAGE[2])

    name = "page" if later else "robots"
    answers: dict[str, Answer | Callable[[Handler], None]] = {"page": PAGE, name: stop_and_answer}
    with serving(**answers) as site:
        folder = watched(tmp_path / "m", site, "page")
        past(folder, DAY)
        began = time.monotonic()
        ran = inside("market", "watch", folder)
        for one in timers:
            one.join()
    assert (ran.code, len(timers)) == (0, 1)
    assert time.monotonic() - began < 30
    assert ("page: seen" in ran.out) == bool(later)
    with open_market(folder) as market:
        assert Reads(market).sources()[0].planned == int(bool(later))
