"""Rules 1 to 5 of retention: what goes, what stays as evidence, and that all still verifies."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import inside
from tests.market.fetching.site import START, serving
from wayseal.market.capture import verify_captures
from wayseal.market.crawling import CAPTURES, IMPORTS, SOURCES, Planned, holding, opened_watch
from wayseal.market.crawling.retention import purge_folder
from wayseal.market.errors import RecordBusyError
from wayseal.market.log import Line, LineKind, Market, open_market
from wayseal.market.log.reads import DAY, Reads

PAGE = """<ul><li id="{key}"><a href="/{key}">出一手面单 {key}</a><b>店 {key}</b></li></ul>"""
SOURCE = """
name = "site-{name}"
kind = "page"
contact = "security@courier.example"
start = "{url}/{name}"
allow_inside = true
retention = "30d"
pause = 1
items = "li"
[fields]
key = "@id"
title = "a"
shop = "b"
url = "a@href"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sites and an export were looked at on a day, a site a file of captures; nothing came since."""
    with serving(a=page("a1"), b=page("b1")) as site:
        (tmp_path / SOURCES).mkdir()
        (tmp_path / IMPORTS / "chat").mkdir(parents=True)
        (tmp_path / IMPORTS / "chat" / "one.csv").write_text("key,text\n1,收菜 面单\n", "utf-8")
        for name, days in (("a", 30), ("b", 31)):
            text = SOURCE.format(url=site.url, name=name).replace("30d", f"{days}d")
            (tmp_path / SOURCES / f"{name}.toml").write_text(text, "utf-8")
        chat = 'name = "chat"\nkind = "chat"\nformat = "csv"\nfiles = "../imports/chat/*"\nretention = "32d"\n'
        (tmp_path / SOURCES / "chat.toml").write_text(f'{chat}[fields]\nkey = "key"\ntext = "text"\n', "utf-8")
        look_at_all(tmp_path, START)
    return tmp_path


def page(key: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.format(key=key).encode()


def look_at_all(folder: Path, at: int) -> list[int]:
    with opened_watch(folder, now=lambda: at, sleep=lambda _: None) as watch:
        return [watch.visit(Planned(source=name, at=at)).new for name in sorted(watch.sources)]


def there(folder: Path) -> set[str]:
    with open_market(folder) as market:
        return {one.offer.partition("/")[0] for one in Reads(market).offers().rows}


def check(folder: Path, purged: int) -> None:
    with open_market(folder) as market:
        assert market.verify().purged == purged
    assert verify_captures(folder / CAPTURES, START + 400 * DAY).findings == []


def test_what_was_kept_long_enough_goes_and_the_rest_verifies(folder: Path) -> None:
    would = purge_folder(folder, START + 31 * DAY, dry=True)
    assert (len(would.files), would.captures, would.offers, would.lines) == (1, 1, 1, 0)
    assert there(folder) == {"site-a", "site-b", "chat"}
    gone = purge_folder(folder, START + 31 * DAY)
    assert replace(gone, lines=0) == would
    assert gone.lines == 2
    assert there(folder) == {"site-b", "chat"}
    check(folder, 2)
    assert purge_folder(folder, START + 31 * DAY).lines == 0


def test_an_export_goes_from_the_folder_and_is_not_taken_in_again(folder: Path) -> None:
    """Rule 4."""
    file = folder / IMPORTS / "chat" / "one.csv"
    whole = file.read_bytes()
    assert purge_folder(folder, START + 33 * DAY).imports == 1
    assert not file.exists()
    assert there(folder) == set()
    file.write_bytes(whole)
    (folder / SOURCES / "a.toml").unlink()
    (folder / SOURCES / "b.toml").unlink()
    assert look_at_all(folder, START + 34 * DAY) == [0]
    check(folder, 6)


@pytest.mark.parametrize("evidence", ["kept", "ours", "asked"])
def test_evidence_stays_with_its_file(folder: Path, evidence: str) -> None:
    """Rules 2 and 3."""
    with open_market(folder) as market:
        (offer,) = (one for one in Reads(market).offers(source="site-a").rows)
        capture = Reads(market).offer(offer.offer).capture
        assert capture is not None
        market.append([lines(offer.offer, offer.shop, capture.id)[evidence]])
    gone = purge_folder(folder, START + 40 * DAY)
    assert gone.stay == (capture.warc,)
    assert there(folder) == {"site-a"}
    with open_market(folder) as market:
        assert Reads(market).offer(offer.offer).capture == capture
    check(folder, 4)


def lines(offer: str, shop: str, capture: str) -> dict[str, Line]:
    ours = [{"number": "YT1234567890123", "canary": False}]
    found = {"offer": offer, "capture": capture, "ours": ours, "expected_false": 0.0}
    asked = {"request": "R1", "target": shop, "source": "site-a", "rule": "express", "captures": [capture]}
    asked |= {"url": "", "address": "abuse@site.example", "lang": "zh"}
    return {
        "kept": Line(
            kind=LineKind.TRIAGED, at=START, body={"offer": offer, "state": "kept"}, who="li", why="sells labels"
        ),
        "ours": Line(kind=LineKind.MATCHED, at=START, body=found),
        "asked": Line(kind=LineKind.ASKED, at=START, body=asked, who="li", why="sells labels"),
    }


def test_an_offer_that_is_still_there_outlives_its_capture(folder: Path) -> None:
    """Rule 3: it was seen within its source's retention."""
    with open_market(folder) as market:
        (offer,) = (one.offer for one in Reads(market).offers(source="site-a").rows)
        market.append([seen_again(offer, START + 20 * DAY)])
    purge_folder(folder, START + 31 * DAY)
    with open_market(folder) as market:
        assert Reads(market).offer(offer).capture is None
    purge_folder(folder, START + 51 * DAY)
    assert "site-a" not in there(folder)
    check(folder, 6)


def seen_again(offer: str, at: int) -> Line:
    body = {
        "source": "site-a", "target": "", "planned_at": at, "made": True, "sight": "seen", "hindrance": None,
        "captures": [], "offers": [offer], "gone": [], "problems": [], "next_at": at + DAY,
    }  # fmt: skip
    return Line(kind=LineKind.LOOKED, at=at, body=body)


def test_who_was_cut_off_finds_the_rest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 5."""

    def cut_off(*_: object) -> int:
        raise OSError("cut off")

    with monkeypatch.context() as cut:
        cut.setattr(Market, "purge", cut_off)
        with pytest.raises(OSError, match="cut off"):
            purge_folder(folder, START + 31 * DAY)
    assert "site-a" in there(folder)
    gone = purge_folder(folder, START + 31 * DAY)
    assert (gone.files, gone.captures, gone.offers) == ((), 1, 1)
    check(folder, 2)


def test_the_watch_lets_go_by_itself_and_takes_in_what_is_there_again(folder: Path) -> None:
    """What went and is seen again is new: the watch forgot it as well."""
    at = START + 31 * DAY
    with (
        serving(a=page("a1")) as site,
        opened_watch(folder, now=lambda: at, sleep=lambda _: None) as watch,
    ):
        source = watch.sources["site-a"]
        assert watch.purge(folder).offers == 1
        there_again = replace(source, start=(f"{site.url}/a",))
        watch._parts.sources["site-a"] = there_again  # type: ignore[index]
        assert watch.visit(Planned(source="site-a", at=at)).new == 1
        with pytest.raises(RecordBusyError):
            purge_folder(folder, at)
    assert "site-a" in there(folder)
    check(folder, 2)


def test_the_command_says_what_would_go_and_what_stays(folder: Path) -> None:
    dry = inside("market", "purge", folder, "--before", "2026-03-03", "--dry-run")
    assert "Would go (nothing was changed): 3 files with 3 captures, and 3 offers" in dry.out
    assert dry.out.count(".warc.gz") == 3
    assert "3 files with 3 captures went" in inside("market", "purge", folder, "--before", "2026-03-03").out
    assert "Nothing was kept for longer" in inside("market", "purge", folder).out
    assert inside("market", "purge", folder, "--before", "soon").code == 2
    with holding(folder):
        assert inside("market", "purge", folder).code == 4
