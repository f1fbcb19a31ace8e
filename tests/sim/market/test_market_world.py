"""What a market is made of: the same twice, lives that hold together, traps; texts altered for machines alone."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from wayseal_sim import SimulateError
from wayseal_sim.market import MarketPlan, generate_market
from wayseal_sim.market._altered import alter, hide_digits
from wayseal_sim.market._appearances import WAYS
from wayseal_sim.market._shelves import Shelves
from wayseal_sim.market._texts import compose, draw_contact, draw_contacts, draw_style, written
from wayseal_sim.market.parts import FORBIDDEN, SITES, MarketWorld, Trade
from wayseal_sim.types import stream

DAY = 86_400_000_000
Make = Callable[..., MarketWorld]


def test_the_same_plan_and_seed_give_the_same_market(market: Make) -> None:
    world = market()
    assert generate_market(world.plan, 5) == world
    assert generate_market(world.plan, 6).shops != world.shops


def test_more_shops_leave_the_first_ones_as_they_were(market: Make) -> None:
    small, large = market(shops=40), market()
    assert large.sellers[: len(small.sellers)] == small.sellers
    assert large.shops[:40] == small.shops[:40]


def test_every_site_and_trade_is_there(market: Make) -> None:
    world = market(shops=400, days=40)
    assert len(world.shops) >= 400
    assert {shop.site for shop in world.shops} == {site.name for site in SITES}
    assert {seller.trade for seller in world.sellers} == set(Trade)
    ends = Counter(span.ended for shop in world.shops for span in shop.spans)
    assert set(ends) == {"", "closed", "removed", "resting"}
    assert {back.way for back in world.comebacks} == set(WAYS)
    assert any(seller.agency >= 0 for seller in world.sellers)
    assert any(seller.shared for seller in world.sellers)
    assert any(world.sellers[back.seller].trade not in FORBIDDEN for back in world.comebacks)


def test_a_comeback_is_of_one_seller_whose_shop_was_gone(market: Make) -> None:
    world = market(shops=400, days=40)
    for back in world.comebacks:
        old, new = world.shops[back.before], world.shops[back.after]
        assert old.seller == new.seller == back.seller
        assert back.gone_at in {span.until for span in old.spans}
        assert back.back_at in {span.since for span in new.spans}
        assert (old is new) == (back.way == "reopened") == ("shop" in back.kept)
        assert not old.open_at(back.gone_at)
        assert new.open_at(back.back_at)
        assert back.back_at - back.gone_at >= 2 * DAY // 24
        for span in old.spans:
            assert span.asked is None or span.since <= span.asked <= span.until


def test_what_is_kept_is_what_the_way_says(market: Make) -> None:
    kept = [(back.way, set(back.kept) - {"name"}) for back in market(shops=400, days=40).comebacks]
    allowed = {
        "style": set(),
        "code": {"code"},
        "picture": {"picture", "code"},
        "text": {"text"},
        "one_kept": {"contact"},
    }
    for way, what in kept:
        assert what <= allowed.get(way, {"contact", "text", "picture", "code", "shop"})
        assert "contact" in what or way not in ("same", "one_kept", "reopened")


def test_somebody_copies_and_has_nothing_else_in_common(market: Make) -> None:
    world = market(shops=400, days=40)
    copies = [seller for seller in world.sellers if seller.copied >= 0]
    assert copies
    for seller in copies:
        other = world.sellers[seller.copied]
        assert seller.trade is other.trade
        assert not set(seller.contacts) & set(other.contacts)


def test_an_agencys_footer_is_under_many_sellers_texts(market: Make) -> None:
    world = market(shops=400, days=40, through_agency=0.3)
    under: dict[int, set[int]] = {}
    for shop in world.shops:
        agency = world.sellers[shop.seller].agency
        for offer in shop.offers:
            for face in offer.faces:
                assert agency < 0 or world.footers[agency] in face.text
        if agency >= 0:
            under.setdefault(agency, set()).add(shop.seller)
    assert min(map(len, under.values())) > 5


def test_the_days_stock_is_the_reports(market: Make) -> None:
    world, shelves = market(), Shelves(market())
    for day in (3, 9, 14):
        noon = world.plan.begins + day * DAY + DAY // 2
        views = [v for site in SITES for v in (all_of(shelves, site.name, noon))]
        assert sum(v.stock for v in views) == pytest.approx(float(world.stocks[day].at(12.0)), abs=len(views))
        assert not any(v.stock for site in SITES for v in all_of(shelves, site.name, noon - 3 * DAY // 24))


def all_of(shelves: Shelves, site: str, at: int) -> list:  # type: ignore[type-arg]
    return list(shelves.views(site, at).part(0, 10**6))


def test_what_cannot_be_is_refused() -> None:
    for change, name in (
        ({"shops": 3}, "shops"),
        ({"days": 1}, "days"),
        ({"back": 1.5}, "back"),
        ({"layouts": ("x",)}, "site"),
    ):
        with pytest.raises(SimulateError, match=name):
            replace(MarketPlan(), **change)


TEXT = "长期出快递面单实时一手数据每天三千条要的联系微信客服在线秒回价格好说"
NOBODYS = {
    "qq": r"9\d{10}",
    "phone": r"154\d{8}",
    "wechat": r"[a-z]+[a-z0-9]{10}",
    "telegram": r"[a-z]+_[a-z0-9]{10}",
    "invite": r"t\.me/\+[a-z0-9]{16}",
    "email": r"[a-z0-9]{10}@mail\.example",
}


def test_altering_is_by_share_and_leaves_the_rest() -> None:
    assert alter(TEXT, 0.0, stream(1)) == TEXT
    shares = []
    for share in (0.1, 0.4):
        runs = [alter(TEXT, share, stream(k)) for k in range(40)]
        shares.append(sum(sum(c not in run for c in TEXT) + len(run) - len(TEXT) for run in runs))
    assert 0 < 2 * shares[0] < shares[1]
    assert alter("abc 123", 1.0, stream(1)) == "abc 123"


@pytest.mark.parametrize("seed", range(30))
def test_hidden_digits_are_the_same_to_a_reader(seed: int) -> None:
    shown = hide_digits("91234567890", stream(seed), words=True)
    back = str.maketrans("零一二三四五六七八九壹贰叁肆伍陆柒捌玖⓪", "01234567891234567890")
    plain = unicodedata.normalize("NFKC", shown.translate(back))
    assert re.sub(r"[^0-9]", "", plain) == "91234567890"


@pytest.mark.parametrize("kind", NOBODYS)
def test_no_address_can_be_anybodys(kind: str) -> None:
    for seed in range(50):
        assert re.fullmatch(NOBODYS[kind], draw_contact(stream(seed), kind).value)


@pytest.mark.parametrize("trade", Trade)
def test_texts_vary_and_every_blank_is_filled(trade: Trade) -> None:
    texts = set()
    for seed in range(40):
        rng = stream(seed)
        style = draw_style(rng, 0.0)
        title, text = written(rng, compose(rng, trade, style), draw_contacts(rng), style, footer="代发")
        assert not re.search(r"[{}\x00]", title + text)
        assert text.endswith("\n代发")
        texts.add(text)
    assert len(texts) == 40


def test_forbidden_kinds_are_the_markets() -> None:
    assert set(FORBIDDEN) == {Trade.NUMBERS, Trade.LABELS, Trade.PERSONAL, Trade.INSIDER, Trade.EMPTY_PARCELS}
