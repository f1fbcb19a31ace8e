"""`wayseal market`: from a site on the simulated market to a named account, and what goes wrong on the way."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.running import inside
from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.types import Source
from wayseal.cases.views import ItemFilter
from wayseal.ledger import ingest, open_ledger
from wayseal.market.crawling import Planned, opened_watch
from wayseal.market.numbers import own_of_ledger
from wayseal.store import open_source
from wayseal_sim import preset, simulate
from wayseal_sim.market import Clock, MarketPlan, generate_market, serve_market, write_sources
from wayseal_sim.market.parts import known_numbers

DAY, HOUR = 86_400_000_000, 3_600_000_000


class Made(NamedTuple):
    """A watched market, the ledger of its courier, and who sold."""

    market: Path
    ledger: Path
    seller: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Every site of a small market was looked at once, over HTTP, an hour after the last sale."""
    folder = tmp_path_factory.mktemp("market")
    paths = simulate(folder / "sim", preset("tiny", leaker="clerk"), seed=7)
    ingest(open_source(paths.dataset), folder / "ledger")
    sold = known_numbers(folder / "sim")
    begins = (min(one.sold_at for one in sold) // DAY - 1) * DAY
    world = generate_market(MarketPlan(shops=25, days=10, begins=begins, spells=0.0, layouts=()), 3, sold)
    market = folder / "market"
    clock = Clock(max(one.sold_at for one in sold) + HOUR)
    with serve_market(world, clock) as served:
        written = write_sources(world, folder / "written", served.roots, begins)
        for file in written:
            if not file.stem.startswith(("chats", "purchases")):
                assert inside("market", "add", market, file).code == 0
        with (
            open_ledger(folder / "ledger") as snapshot,
            opened_watch(
                market, own=own_of_ledger(snapshot), now=clock.now, sleep=clock.advance, read_lines=False
            ) as watch,
        ):
            for name in watch.sources:
                watch.visit(Planned(source=name, at=clock.now()))
    (account,) = {one.source for one in sold if one.source is not None}
    return Made(market, folder / "ledger", account)


def test_from_an_offer_to_a_named_account(made: Made, tmp_path: Path) -> None:
    ran = inside("market", "offers", made.market, "--ours", "--format", "json")
    offers = json.loads(ran.out)
    assert offers
    assert all(one["kind"] == "waybill" for one in offers)
    ran = inside("market", "leaks", made.market, "--out", tmp_path)
    assert ran.code == 0
    leaks = (tmp_path / "leaks.csv").read_text("utf-8").splitlines()
    assert len(leaks) > 10
    ran = inside("trace", made.ledger, "--leaks", tmp_path / "leaks.csv", "--format", "json", "-q")
    report = json.loads(ran.out)
    assert (report["verdict"], report["sources"][0]["source"]) == ("named", made.seller)


def test_what_is_ours_comes_into_the_queue_once(made: Made, tmp_path: Path) -> None:
    leaks = inside("market", "leaks", made.market, "--out", tmp_path)
    assert leaks.code == 0
    number = (tmp_path / "leaks.csv").read_text("utf-8").splitlines()[1].split(",")[0]
    (tmp_path / "bought").mkdir()
    (tmp_path / "bought" / "sample.txt").write_text(f"出一手面单 {number}，3元一单，量大从优", "utf-8")
    bring = ("market", "import", tmp_path / "m", tmp_path / "bought", "--as", "pictures", "--name", "purchase-1")
    first = inside(*bring, "--own", made.ledger)
    assert "1 number of ours on offer" in first.out
    assert "1 thing in the queue" in first.out
    assert "in the queue" not in inside(*bring, "--own", made.ledger).out
    with open_cases(made.ledger / FOLDER) as cases:
        (item,) = cases.queue(0, ItemFilter(source=Source.LISTING)).rows
    assert item.reason == "market_ours"


def test_one_seller_is_shown_with_shops_and_links(made: Made) -> None:
    rows = json.loads(inside("market", "sellers", made.market, "--format", "json").out)
    most = max(rows, key=lambda row: row["shops"])
    shown = inside("market", "sellers", made.market, most["seller"])
    assert shown.out.startswith(most["seller"])
    assert shown.out.count("\n") >= 1 + most["shops"]
    assert inside("market", "sellers", made.market, "seller-0", "--lang", "zh").code == 3


def test_what_was_seen_is_verified_and_a_changed_byte_is_found(made: Made) -> None:
    assert inside("market", "verify", made.market).code == 0
    warc = next((made.market / "captures").rglob("*.warc.gz"))
    whole = warc.read_bytes()
    warc.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
    ran = inside("market", "verify", made.market)
    warc.write_bytes(whole)
    assert ran.code == 7
    assert warc.name in ran.err


def test_pictures_that_were_brought_are_read(made: Made, tmp_path: Path) -> None:
    (tmp_path / "bought").mkdir()
    (tmp_path / "bought" / "a.txt").write_text("收菜 面单 1元一个 QQ 123456789", "utf-8")
    (tmp_path / "bought" / "a.jpg").write_bytes(b"no picture")
    bring = ("market", "import", tmp_path / "m", tmp_path / "bought", "--as", "pictures", "--name", "hotline-1")
    assert "1 new" in inside(*bring).out
    assert "0 new" in inside(*bring).out
    assert "收菜" in inside("market", "offers", tmp_path / "m", "--all").out


def test_what_can_not_be_read_is_said_by_its_name_and_the_rest_is_taken(tmp_path: Path) -> None:
    export = {
        "name": "g",
        "messages": [{"id": 1, "type": "message", "date": "?", "text": "收面单", "photo": "p/1.jpg"}],
    }
    for name, content in {
        "e/result.json": json.dumps(export).encode(),
        "e/p/1.jpg": b"no picture",
        "e/style.css": b"",
        "e/.hidden.json": b"{}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "e" / "away.json").symlink_to(tmp_path / "e" / "result.json")
    bring = ("market", "import", tmp_path / "m", tmp_path / "e", "--as", "telegram", "--name", "group-7")
    ran = inside(*bring)
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "style.css is no such export; left out",
        "result.json: 1 offer",
        "result.json: 1 time that can't be read; these offers have none (first: number 1)",
        "p/1.jpg: no picture of a kind that is read here (JPEG, PNG, GIF, WebP, BMP); left out",
    ]
    assert "1 new" in ran.out
    assert {one.name for one in (tmp_path / "m" / "imports" / "group-7").rglob("*")} == {"result.json"}
    wrong = inside(*bring[:-3], "csv", "--name", "group-8")
    assert wrong.code == 3
    assert "was the right form chosen?" in wrong.err
    assert not (tmp_path / "m" / "imports" / "group-8").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("look", "M", "nobody"), "no source of this name"),
        (("add", "M", "https://site.example/feed"), "--name"),
        (("sellers", "M", "x"), "no such seller"),
    ],
)
def test_mistakes_are_told(made: Made, words: tuple[str, ...], said: str) -> None:
    ran = inside("market", *(made.market if one == "M" else one for one in words))
    assert ran.code != 0
    assert said in ran.err


def test_a_broken_source_names_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(
        'name = "a"\nkind = "page"\ncontact = "watch@courier.example"\nstart = "ftp://x"\nitems = "li"\n', "utf-8"
    )
    ran = inside("market", "add", tmp_path / "m", file)
    assert ran.code == 3
    assert "bad.toml" in ran.err
    assert "start" in ran.err
