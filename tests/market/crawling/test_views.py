"""A list, a feed and an API of one site are one market: what one of them shows is new, or back, once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.market.fetching.site import Answer, Clock, Site, serving
from tests.tables import each
from wayseal.market.crawling import Planned, Report, Watch, opened_watch
from wayseal.market.log.reads import Reads
from wayseal.model.times import HOUR_US, SECOND_US

pytestmark = pytest.mark.once

MINUTE = 60 * SECOND_US
VIEWS = ("list", "feed", "api")
KEYS = {
    "list": 'kind = "page"\nitems = ".o"\n[fields]\nkey = "@id"\nurl = "a@href"\nshop = "@data-shop"\nshop_name = "b"\n'
    'text = "p"\n[signs]\ngone = ["text:已下架"]\n',
    "feed": 'kind = "feed"\n',
    "api": 'kind = "json"\nitems = "items"\n[fields]\nkey = "id"\nurl = "url"\nshop = "shop"\nshop_name = "name"\n'
    'text = "text"\n',
}


@dataclass
class Bazaar:
    """A site. shops: id, name and texts of offers by their id; addresses: whether views say where an offer stands."""

    site: Site
    shops: dict[str, tuple[str, dict[int, str]]] = field(default_factory=dict)
    addresses: bool = True
    newest: int = 3

    def show(self) -> None:
        rows = [(n, shop, name, text) for shop, (name, offers) in self.shops.items() for n, text in offers.items()]
        url = {n: f"{self.site.url}/o/{n}" if self.addresses else "" for n, *_ in rows}
        page = "".join(
            f'<div class=o id=l{n} data-shop={shop}><a href="{url[n]}">x</a><b>{name}</b><p>{text}</p></div>'
            for n, shop, name, text in rows
        )
        feed = "".join(
            f"<item><guid>f{n}</guid><link>{url[n]}</link><author>{name}</author><description>{text}</description></item>"
            for n, _, name, text in sorted(rows)[-self.newest :]
        )
        api = [{"id": f"a{n}", "url": url[n], "shop": shop, "name": name, "text": text} for n, shop, name, text in rows]
        answers = {"list": page, "feed": f"<rss version='2.0'><channel>{feed}</channel></rss>"}
        answers["api"] = json.dumps({"items": api})
        gone: dict[str, Answer] = {
            path: (200, {}, "<p>已下架".encode()) for path in self.site.answers if path.startswith("/o/")
        }
        offers: dict[str, Answer] = {f"/o/{n}": (200, {}, page.encode()) for n, *_ in rows}
        self.site.answers.clear()
        self.site.answers |= gone | offers | {f"/{name}": (200, {}, body.encode()) for name, body in answers.items()}


@contextmanager
def a_bazaar(tmp_path: Path) -> Iterator[tuple[Bazaar, Watch, Clock]]:
    clock = Clock()
    with serving() as site:
        (tmp_path / "sources").mkdir()
        for name in VIEWS:
            head = f'name = "{name}"\ncontact = "a@courier.example"\nstart = "{site.url}/{name}"\nallow_inside = true\n'
            text = head + "pause = 1.0\njitter = 0.0\nbudget = 5000\n" + KEYS[name]
            (tmp_path / "sources" / f"{name}.toml").write_text(text, "utf-8")
        with opened_watch(tmp_path, now=clock.now, sleep=clock.sleep, read_lines=False) as watch:
            yield Bazaar(site), watch, clock


def look(bazaar: tuple[Bazaar, Watch, Clock], *views: str) -> list[Report]:
    """Looks at views, twenty minutes after each other."""
    place, watch, clock = bazaar
    place.show()
    out = []
    for name in views:
        out.append(watch.visit(Planned(source=name, at=clock.at)))
        assert out[-1].hindrance is None, out[-1]
        clock.at += 20 * MINUTE
    return out


def advert(handle: str, more: str) -> str:
    return f"出快递单号，实时更新，{more}，1.2元一个，微信：{handle}，量大从优"


@each(
    ("order", "addresses"),
    [((a, b, c), addresses) for addresses in (True, False) for a, b, c in (
        ("api", "list", "feed"), ("feed", "list", "api"), ("feed", "api", "list"), ("list", "api", "feed"),
        ("list", "feed", "api"), ("api", "feed", "list"),
    )],
)  # fmt: skip
def test_who_is_back_is_back_once_in_whichever_view(order: tuple[str, ...], addresses: bool) -> None:
    with TemporaryDirectory() as folder, a_bazaar(Path(folder)) as bazaar:
        backs = who_is_back(bazaar, order, addresses)
        assert len(backs) == 1, backs
        reads = Reads(bazaar[1]._parts.market)
        assert len(bazaar[1]._state.shops) == 3
        assert sum(not memory.get("same_as") for _, memory in reads.shops()) == 3
        (seller,) = {one.seller for one in reads.sellers().rows if one.backs}
        assert reads.seller(seller).row.shops == 2


def who_is_back(bazaar: tuple[Bazaar, Watch, Clock], order: tuple[str, ...], addresses: bool) -> list[tuple[str, str]]:
    """A seller's shop closes, and another one of his opens; those of whom looks say that they are back."""
    place, _, clock = bazaar
    place.addresses = addresses
    place.shops |= {"17": ("小王", {1: advert("wang8888", "当天"), 2: advert("wang8888", "昨天")})}
    place.shops |= {"18": ("小李", {3: advert("liliang77", "全国都有")})}
    backs = []
    for _ in range(4):
        backs += [one for report in look(bazaar, *VIEWS) for one in report.backs]
        clock.at += 5 * HOUR_US
    assert backs == []
    del place.shops["17"]
    for _ in range(12 if addresses else 16):
        look(bazaar, *VIEWS)
        clock.at += 5 * HOUR_US
    place.shops["23"] = ("老王", {5: advert("wang8888", "刚出的"), 6: advert("wang8888", "独家")})
    for _ in range(2):
        backs += [one for report in look(bazaar, *order) for one in report.backs]
    return backs
