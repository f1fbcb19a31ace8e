"""Chats as people export them, and the sources that describe them and the sites."""

import json
import re
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.sim.market.conftest import NOON
from wayseal_sim import SimulateError
from wayseal_sim.market import write_exports, write_sources
from wayseal_sim.market.parts import CLASSES, GROUPS, TERMS, MarketWorld, messages

Make = Callable[..., MarketWorld]
ROOTS = {site: f"http://127.0.0.1:{9_000 + k}" for k, site in enumerate(TERMS)}


def test_sellers_speak_as_long_as_their_account_is_there(market: Make) -> None:
    world = market()
    accounts = {shop.id: shop for shop in world.shops if shop.site == "chats"}
    spoke = set()
    for group in range(len(GROUPS)):
        for day in range(world.plan.days):
            said = messages(world, group, day)
            assert said == messages(world, group, day)
            assert [m.at for m in said] == sorted(m.at for m in said)
            for message in said:
                assert message.face is None or accounts[message.author].open_at(message.at)
                spoke |= {message.author} if message.face else set()
    assert len(spoke) > len(accounts) * 0.7


def test_an_export_is_what_the_programs_write(market: Make, tmp_path: Path) -> None:
    world = market()
    files = write_exports(world, tmp_path, range(8, 10))
    assert len(files) == 2 * len(GROUPS)
    chat = json.loads((tmp_path / "group-1/2026-03-10.json").read_text("utf-8"))
    said = messages(world, 0, 8)
    rows = [row for row in chat["messages"] if row["type"] == "message"]
    assert chat["name"] == GROUPS[0]
    assert [row["from_id"] for row in rows] == [m.author for m in said]
    for row, message in zip(rows, said, strict=True):
        parts = row["text"] if isinstance(row["text"], list) else [row["text"]]
        assert "".join(p if isinstance(p, str) else p["text"] for p in parts) == message.text
        assert int(row["date_unixtime"]) == message.at // 10**6
        assert datetime.fromisoformat(row["date"] + "+08:00").timestamp() == int(row["date_unixtime"])
    assert len({row["id"] for row in rows}) == len(rows)
    log = (tmp_path / "group-3/2026-03-10.txt").read_text("utf-8")
    assert len(re.findall(r"^2026-03-1\d \d\d:\d\d:\d\d .+\(\d+\)$", log, re.MULTILINE)) == len(messages(world, 2, 8))


def test_photos_and_samples_come_on_request(market: Make, tmp_path: Path) -> None:
    world = market()
    write_exports(world, tmp_path, range(6), pictures=True)
    chat = (tmp_path / "group-1/2026-03-07.json").read_text("utf-8")
    photos = {row["photo"] for row in json.loads(chat)["messages"] if "photo" in row}
    samples = list((tmp_path / "purchases").glob("*.jpg"))
    assert photos
    assert samples
    assert all((tmp_path / "group-1" / photo).read_bytes()[:2] == b"\xff\xd8" for photo in photos)
    assert all(sample.with_suffix(".txt").read_text("utf-8").startswith("样品 ") for sample in samples)


def test_sources_describe_the_pages_of_their_time(market: Make, tmp_path: Path) -> None:
    world = market(layouts=("bazaar",))
    change = world.layouts["bazaar"]
    for at, layout in ((change - 1, 0), (change, 1)):
        files = write_sources(world, tmp_path, ROOTS, at)
        tables = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in files}
        assert set(tables) == {*TERMS, "chats-1", "chats-2", "chats-3", "purchases"}
        assert tables["bazaar"]["items"] == "." + CLASSES["bazaar"][layout]["item"]
        assert all(table["name"] == name for name, table in tables.items())
        for site, terms in TERMS.items():
            assert tables[site]["budget"] == terms.budget
            assert tables[site]["start"].startswith(ROOTS[site])
        line = re.compile(tables["chats-3"]["pattern"])
        assert line.fullmatch("2026-03-10 11:05:33 路人(1)(7000000001)")
    text = "".join(path.read_text("utf-8") for path in files)
    assert not [word for word in ("seller-", "comeback", "forbidden") if word in text]


def test_a_place_that_cannot_be_written_is_an_error(market: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulateError, match="can't be written"):
        write_exports(market(), tmp_path / "file", range(1))
    with pytest.raises(SimulateError, match="can't be written"):
        write_sources(market(), tmp_path / "file", ROOTS, NOON)
